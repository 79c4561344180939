/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What programs that hand a message over without an agent have the disk sync: the log for each, its
 * name once, and the database seldom. */

#define ADD(path, func)                                                                            \
	g_test_add("/log/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

static int n_files, n_folders;
static gboolean folders_fail;

/* In the place of the C library's, for SQLite too. */
int
fdatasync(int fd)
{
	struct stat status;

	g_assert_cmpint(fstat(fd, &status), ==, 0);
	g_atomic_int_inc(S_ISDIR(status.st_mode) ? &n_folders : &n_files);
	if (!S_ISDIR(status.st_mode) || !folders_fail)
		return (int)syscall(SYS_fdatasync, fd);
	errno = EINVAL;
	return -1;
}

/* By a program of its own, as it were. */
static void
hand_over(const char *dir)
{
	const char *const recipients[] = {"c@d", NULL};
	const RpEnvelope envelope = {.sender = "a@b", .recipients = recipients, .n_recipients = 1};
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueue) queue = rp_queue_open(dir, RP_QUEUE_WRITER, &error);

	g_assert_no_error(error);
	g_autoptr(RpSubmission) submission = rp_submission_new(queue);
	g_assert_true(rp_submission_write(submission, "x\r\n", 3, &error));
	rp_submission_commit(submission, &envelope, NULL, &error);
	g_assert_no_error(error);
}

static void
assert_syncs(const char *dir, int n, int files, int folders)
{
	n_files = n_folders = 0;
	for (int i = 0; i < n; i++)
		hand_over(dir);
	g_assert_cmpint(n_files, ==, files);
	g_assert_cmpint(n_folders, ==, folders);
}

/* Where it is not known, each names the log again. */
static gboolean
knows_births(const char *dir)
{
	struct statx status;

	if (statx(AT_FDCWD, dir, 0, STATX_BTIME, &status) == 0 && status.stx_mask & STATX_BTIME)
		return TRUE;
	g_test_skip("this file system does not say when a file was made");
	return FALSE;
}

static void
close_all(Fixture *f)
{
	rp_queue_close(g_steal_pointer(&f->agent));
	rp_queue_close(g_steal_pointer(&f->writer));
}

static void
test_named_once(Fixture *f, gconstpointer data)
{
	if (!knows_births(f->dir))
		return;
	close_all(f);
	hand_over(f->dir);
	assert_syncs(f->dir, 3, 3, 0);
}

/* The note is of a log that is no more: this one's name is not on the disk yet. */
static void
test_another_log(Fixture *f, gconstpointer data)
{
	g_autofree char *log = g_build_filename(f->dir, "queue.db-wal", NULL);

	if (!knows_births(f->dir))
		return;
	close_all(f);
	hand_over(f->dir);
	g_assert_true(g_file_test(log, G_FILE_TEST_EXISTS));
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, NULL);
	rp_queue_close(g_steal_pointer(&f->agent)); /* it takes the log away */
	g_assert_false(g_file_test(log, G_FILE_TEST_EXISTS));
	n_folders = 0;
	hand_over(f->dir);
	g_assert_cmpint(n_folders, ==, 2); /* SQLite's own with the log's head, and the one noted */
	assert_syncs(f->dir, 1, 1, 0);
}

/* It was not brought to the disk, so it is not noted; the message is there all the same. */
static void
test_folder_fails(Fixture *f, gconstpointer data)
{
	close_all(f);
	folders_fail = TRUE;
	hand_over(f->dir);
	assert_syncs(f->dir, 2, 2, 2);
	folders_fail = FALSE;
	assert_syncs(f->dir, 1, 1, 1);
}

/* While others are there the log grows, and nobody waits for what would make it short again; who is
 * left alone with it takes it away. */
static void
test_grows_in_company(Fixture *f, gconstpointer data)
{
	g_autofree char *log = g_build_filename(f->dir, "queue.db-wal", NULL);

	if (!knows_births(f->dir))
		return;
	rp_queue_close(g_steal_pointer(&f->agent));
	hand_over(f->dir);
	assert_syncs(f->dir, 40, 40, 0);
	rp_queue_close(g_steal_pointer(&f->writer));
	g_assert_false(g_file_test(log, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("named-once", test_named_once);
	ADD("another-log", test_another_log);
	ADD("folder-fails", test_folder_fails);
	ADD("grows-in-company", test_grows_in_company);
	return g_test_run();
}
