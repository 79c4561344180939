/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static gboolean
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void
test_fd(void)
{
	int number, stolen;

	{
		g_auto(RpFd) fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		number = fd;
		g_assert_true(is_open(number));
	}
	g_assert_false(is_open(number));
	{
		g_auto(RpFd) fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		stolen = rp_fd_steal(&fd);
		g_assert_cmpint(fd, ==, -1);
	}
	g_assert_true(is_open(stolen));
	errno = EAGAIN;
	rp_fd_clear(&stolen);
	rp_fd_clear(&stolen);
	g_assert_cmpint(errno, ==, EAGAIN);
	g_assert_cmpint(stolen, ==, -1);
}

static void
test_wipe(void)
{
	char secret[] = "hunter2";
	const char zeros[sizeof secret] = {0};
	g_autoptr(RpSecret) none = NULL;

	rp_wipe(secret, sizeof secret);
	g_assert_cmpmem(secret, sizeof secret, zeros, sizeof zeros);
	rp_wipe(NULL, 0);
	rp_secret_free(NULL);
	rp_secret_free(g_strdup("hunter2"));
}

static void
test_errno(void)
{
	static const struct {
		int number;
		RpErrorCode want;
	} rows[] = {
		{ENOENT, RP_ERROR_NOT_FOUND},
		{EACCES, RP_ERROR_PERMISSION},
		{ENOSPC, RP_ERROR_FULL},
		{EBUSY, RP_ERROR_BUSY},
		{EIO, RP_ERROR_IO},
		{ECONNREFUSED, RP_ERROR_UNAVAILABLE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *want =
			g_strdup_printf("open queue 7: %s", g_strerror(rows[i].number));

		rp_error_set_errno(&error, rows[i].number, "open queue %d", 7);
		g_assert_error(error, RP_ERROR, (int)rows[i].want);
		g_assert_cmpstr(error->message, ==, want);
	}
	rp_error_set_errno(NULL, EIO, "nobody asks");
}

/* Runs in a child, so that what the log writes can be read. */
static void
log_child(gboolean verbose)
{
	rp_log_setup("tester", FALSE);
	rp_log_setup("tester", verbose);
	g_log("roampost-x", G_LOG_LEVEL_DEBUG, "a detail");
	g_log("roampost-x", G_LOG_LEVEL_INFO, "an info");
	g_log("GLib-other", G_LOG_LEVEL_DEBUG, "foreign detail");
	g_log("roampost-x", G_LOG_LEVEL_MESSAGE, "reply: 250\r\nforged\x1b[2J");
	g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
	g_log("roampost-x", G_LOG_LEVEL_WARNING, "mind this");
}

static void
test_log_quiet(void)
{
	if (g_test_subprocess()) {
		log_child(FALSE);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr_unmatched("*a detail*");
	g_test_trap_assert_stderr_unmatched("*an info*");
	g_test_trap_assert_stderr("*tester: reply: 250?x0d?x0aforged?x1b?2J\n*");
	g_test_trap_assert_stderr("*tester: warning: mind this\n*");
}

static void
test_log_verbose(void)
{
	if (g_test_subprocess()) {
		log_child(TRUE);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("*tester: roampost-x: a detail\n*");
	g_test_trap_assert_stderr("*tester: roampost-x: an info\n*");
	g_test_trap_assert_stderr_unmatched("*foreign detail*");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/fd", test_fd);
	g_test_add_func("/base/wipe", test_wipe);
	g_test_add_func("/base/errno", test_errno);
	g_test_add_func("/base/log/quiet", test_log_quiet);
	g_test_add_func("/base/log/verbose", test_log_verbose);
	return g_test_run();
}
