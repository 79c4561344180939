/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A state directory that is removed, moved or replaced under programs that have it open. */
#include "../scratch.h"
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* ---- the directory taken away under who has it open ---- */

static void
remove_all(const char *dir, const char *aside)
{
	scratch_remove(dir);
}

static void
move_away(const char *dir, const char *aside)
{
	g_assert_cmpint(g_rename(dir, aside), ==, 0);
}

/* Another queue has its name. */
static void
replace(const char *dir, const char *aside)
{
	move_away(dir, aside);
	rp_queue_close(rp_queue_open(dir, RP_QUEUE_WRITER, NULL));
}

/* As a restored backup does. */
static void
replace_file(const char *dir, const char *aside)
{
	g_autofree char *file = g_build_filename(dir, "queue.db", NULL);
	g_autofree char *text = NULL;
	gsize size;

	g_assert_true(g_file_get_contents(file, &text, &size, NULL));
	g_assert_true(g_file_set_contents(file, text, (gssize)size, NULL)); /* by renaming */
}

/* What is stored where nobody looks any more is not stored. */
typedef struct {
	void (*take)(const char *dir, const char *aside);
} Way;

static void
test_taken_away(gconstpointer data)
{
	const Way *way = data;
	g_autofree char *dir = g_dir_make_tmp("roampost-queue-XXXXXX", NULL);
	g_autofree char *aside = g_strconcat(dir, ".aside", NULL);
	g_autoptr(GError) error = NULL;
	RpQueue *queue = rp_queue_open(dir, RP_QUEUE_WRITER, &error);
	RpSubmission *submission;
	const char *const to[] = {"c@d", NULL};
	const RpEnvelope envelope = {.sender = "a@b", .recipients = to, .n_recipients = 1};
	RpMessageId id = 0;

	g_assert_no_error(error);
	submission = rp_submission_new(queue);
	rp_submission_write(submission, "x\r\n", 3, &error);
	g_assert_no_error(error);
	way->take(dir, aside);
	g_assert_false(rp_submission_commit(submission, &envelope, &id, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_IO);
	g_assert_nonnull(strstr(error->message, "moved, removed or replaced"));
	rp_submission_free(submission);
	g_clear_error(&error);
	g_assert_false(rp_queue_apply(queue, fixture_change(), &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_IO);
	rp_queue_close(queue);
	scratch_remove(dir);
	scratch_remove(aside);
}

/* ---- and the agent is told: by whatever name on the way to it that changed ---- */

static void
note(gpointer user)
{
	*(gboolean *)user = TRUE;
}

static void
assert_told(const char *dir, void (*take)(const char *base), const char *base)
{
	g_autoptr(GError) error = NULL;
	RpQueue *queue = rp_queue_open(dir, RP_QUEUE_AGENT, &error);
	gboolean told = FALSE;

	g_assert_no_error(error);
	rp_queue_set_replaced(queue, note, &told);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_false(told);
	take(base);
	while (!told)
		g_main_context_iteration(NULL, TRUE);
	rp_queue_close(queue);
}

static void
move_parent(const char *base)
{
	g_autofree char *from = g_build_filename(base, "over", NULL);
	g_autofree char *to = g_build_filename(base, "other", NULL);

	g_assert_cmpint(g_rename(from, to), ==, 0);
}

static void
turn_link(const char *base)
{
	g_autofree char *link = g_build_filename(base, "link", NULL);
	g_autofree char *other = g_build_filename(base, "new", NULL);

	g_assert_cmpint(symlink("nowhere", other), ==, 0);
	g_assert_cmpint(g_rename(other, link), ==, 0);
}

static void
test_told_of_the_way(void)
{
	g_autofree char *base = g_dir_make_tmp("roampost-queue-XXXXXX", NULL);
	g_autofree char *state = g_build_filename(base, "over", "state", NULL);
	g_autofree char *other = g_build_filename(base, "other", NULL);
	g_autofree char *moved = g_build_filename(other, "state", NULL);
	g_autofree char *link = g_build_filename(base, "link", NULL);

	assert_told(state, move_parent, base);
	g_assert_cmpint(symlink("other", link), ==, 0);
	g_autofree char *by_link = g_build_filename(link, "state", NULL);
	assert_told(by_link, turn_link, base);
	scratch_remove(moved);
	scratch_remove(other);
	scratch_remove(base);
}

int
main(int argc, char **argv)
{
	static const Way removed = {remove_all}, moved = {move_away}, other = {replace},
			 file = {replace_file};

	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/replaced/removed", &removed, test_taken_away);
	g_test_add_data_func("/replaced/moved", &moved, test_taken_away);
	g_test_add_data_func("/replaced/directory", &other, test_taken_away);
	g_test_add_data_func("/replaced/file", &file, test_taken_away);
	g_test_add_func("/replaced/told-of-the-way", test_told_of_the_way);
	return g_test_run();
}
