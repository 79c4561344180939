/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/mail-file.h"

#include "roampost/base.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Local mail on a disk that fails: what is said is what is in the maildir. */

static int syncs_until_failure = G_MAXINT;

/* In the place of the C library's. */
int
fsync(int fd)
{
	if (syncs_until_failure-- != 0)
		return (int)syscall(SYS_fsync, fd);
	errno = EIO;
	return -1;
}

static guint
count(const char *maildir, const char *part)
{
	g_autofree char *path = g_build_filename(maildir, part, NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	guint n = 0;

	while (dir && g_dir_read_name(dir))
		n++;
	return n;
}

static gboolean
deliver(const char *maildir)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpMailFile) file = rp_mail_file_new(maildir, NULL, &error);
	gboolean stored;

	g_assert_no_error(error);
	g_assert_true(rp_mail_file_write(file, "Subject: x\r\n\r\nx\r\n", 17, &error));
	stored = rp_mail_file_deliver(file, -1, &error);
	g_assert_cmpint(stored, ==, error == NULL);
	return stored;
}

static void
test_syncs(void)
{
	g_autofree char *maildir = g_dir_make_tmp("rp-maildir-XXXXXX", NULL);
	g_autofree char *remove = g_strconcat("rm -r ", maildir, NULL);
	guint n = 0, n_failed = 0;

	for (int nth = 0;; nth++) {
		syncs_until_failure = nth;
		gboolean stored = deliver(maildir);
		gboolean over = syncs_until_failure >= 0;

		syncs_until_failure = G_MAXINT;
		n += stored;
		n_failed += !stored;
		g_assert_cmpuint(count(maildir, "new"), ==, n);
		g_assert_cmpuint(count(maildir, "tmp"), ==, 0);
		if (over)
			break;
	}
	g_assert_cmpuint(n, ==, 1);
	g_assert_cmpuint(n_failed, ==, 2); /* the file, and the directory */
	g_assert_true(g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail-file/syncs", test_syncs);
	return g_test_run();
}
