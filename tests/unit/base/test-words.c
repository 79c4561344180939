/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <errno.h>
#include <glib/gstdio.h>

/* What is said where a file is not to be had, and an error as a sentence. */

static void
test_sentence(void)
{
	static const char *const rows[][2] = {
		{"no usable link is up", "No usable link is up."},
		{"the agent ends!", "The agent ends!"},
		{"Mail waits.", "Mail waits."},
		{"not-before is a time", "not-before is a time."},
		{"m:25 said: no", "m:25 said: no."},
		{"/etc/x: it is empty", "/etc/x: it is empty."},
		{"“zz” is no id", "“zz” is no id."},
		{"", "."},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = rp_text_sentence(rows[i][0]);

		g_assert_cmpstr(got, ==, rows[i][1]);
	}
}

/* A full stop of Japanese has its blank in it; a command that ends a sentence has none. */
static void
test_sentences(void)
{
	static const char *const rows[][4] = {
		{"It waits.", "Next try in 5min.", "", "It waits. Next try in 5min."},
		{"", "It waits.", "", "It waits."},
		{"待っています。", "5分後に試します。", "To free it: x.",
			"待っています。5分後に試します。To free it: x."},
		{"次を実行: roampost flush", "5分後に試します。", "",
			"次を実行: roampost flush 5分後に試します。"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		for (guint j = 0; j < 3; j++)
			rp_text_add_sentence(text, rows[i][j]);
		g_assert_cmpstr(text->str, ==, rows[i][3]);
	}
}

/* By a folder, so that root fails too. */
static void
test_files(void)
{
	g_autofree char *folder = g_dir_make_tmp("roampost-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(folder, "file", NULL);
	g_autofree char *absent = g_build_filename(folder, "absent", NULL);
	g_autofree char *within = g_build_filename(absent, "file", NULL);
	g_autofree char *text = NULL;
	gsize length = 0;
	const struct {
		gboolean writing;
		const char *path;
		int code;
		const char *end;
	} rows[] = {
		{FALSE, absent, RP_ERROR_NOT_FOUND,
			": there is no such file: see how its name is written"},
		{FALSE, folder, RP_ERROR_IO, ": it is a folder: name a file in it"},
		{TRUE, folder, RP_ERROR_IO, ": it is a folder: name a file in it"},
		{TRUE, within, RP_ERROR_IO,
			": there is no such folder: make it, or name another place"},
	};

	g_assert_true(rp_file_write(file, "one", NULL));
	g_assert_true(rp_file_read(file, &text, &length, NULL));
	g_assert_cmpstr(text, ==, "one");
	g_assert_cmpuint(length, ==, 3);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *want = g_strconcat(rows[i].path, rows[i].end, NULL);
		g_autofree char *nothing = NULL;
		g_autoptr(GError) error = NULL;

		g_assert_false(rows[i].writing
				       ? rp_file_write(rows[i].path, "x", &error)
				       : rp_file_read(rows[i].path, &nothing, NULL, &error));
		g_assert_error(error, RP_ERROR, rows[i].code);
		g_assert_cmpstr(error->message, ==, want);
	}
	g_unlink(file);
	g_rmdir(folder);
}

static void
test_errno(void)
{
	g_autofree char *full = rp_file_why_not_written(ENOSPC);
	g_autofree char *other = rp_file_why_not_written(EIO);

	g_assert_cmpstr(full, ==, "its disk is full: make room on it");
	g_assert_cmpstr(other, ==, "it can't be written (Input/output error)");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/words/sentence", test_sentence);
	g_test_add_func("/base/words/sentences", test_sentences);
	g_test_add_func("/base/words/files", test_files);
	g_test_add_func("/base/words/errno", test_errno);
	return g_test_run();
}
