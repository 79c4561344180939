/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real Received fields, and who gave the mail to whom by them. Every file *.tsv of this folder has
 * a field a line, in five columns separated by tabs: what the client called itself, its address,
 * the server ("-" each: not said), the server's software with where the field was seen, the field.
 * In that "\n" is a line end of its folding. Each is read as it stands, with CR LF, and unfolded.
 * Lines that begin with # are comments; the first names the source. */
#include "roampost/received.h"

#include <string.h>

static guint n_cases, n_failures;

static gboolean
is_same(const char *got, const char *want)
{
	return g_str_equal(want, "-") ? !got : g_strcmp0(got, want) == 0;
}

static gboolean
reads_as(char **column, const char *fold)
{
	g_auto(GStrv) lines = g_strsplit(column[4], "\\n", -1);
	g_autofree char *text = g_strjoinv(fold, lines);
	g_auto(RpReceived) got = {0};
	g_autofree char *from = NULL;

	rp_received_parse(text, strlen(text), &got);
	from = rp_address_format(&got.from);
	if (is_same(got.helo, column[0]) && is_same(*from ? from : NULL, column[1]) &&
		is_same(got.by, column[2]))
		return TRUE;
	g_print("# %s, %s, %s: %s\n", got.helo ? got.helo : "-", from, got.by ? got.by : "-", text);
	return FALSE;
}

static void
try_field(const char *file, guint number, const char *line)
{
	static const char *const folds[] = {"\n ", "\r\n\t", " "};
	g_auto(GStrv) column = g_strsplit(line, "\t", 5);
	gboolean good = TRUE;

	if (g_strv_length(column) != 5)
		g_error("%s:%u: not five columns: %s", file, number, line);
	for (guint i = 0; i < G_N_ELEMENTS(folds); i++)
		good = reads_as(column, folds[i]) && good;
	n_cases++;
	n_failures += !good;
	g_print("%s %u - %s\n", good ? "ok" : "not ok", n_cases, column[3]);
}

static void
try_file(const char *folder, const char *file)
{
	g_autofree char *path = g_build_filename(folder, file, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	if (!g_file_get_contents(path, &text, NULL, &error))
		g_error("%s", error->message);
	if (!g_str_has_prefix(text, "# source: "))
		g_error("%s: it names no source", path);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++)
		if (*lines[i] && *lines[i] != '#')
			try_field(file, i + 1, lines[i]);
}

int
main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : ".";
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	g_assert_nonnull(dir);
	while ((name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".tsv"))
			try_file(folder, name);
	g_print("1..%u\n# cases: %u, failures: %u\n", n_cases, n_cases, n_failures);
	return n_failures != 0 || n_cases == 0;
}
