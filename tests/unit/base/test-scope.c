/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
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
on_signal(int number)
{
}

/* More than a pipe holds, by a process that is interrupted all the time, so that writes are short;
 * then to nobody. */
static void
test_write_all(void)
{
	enum { SIZE = 300000 };
	g_autofree char *data = g_malloc(SIZE), *got = g_malloc(SIZE);
	const struct sigaction interrupt = {.sa_handler = on_signal};
	int ends[2];

	sigaction(SIGUSR1, &interrupt, NULL);
	for (int i = 0; i < SIZE; i++)
		data[i] = (char)(i * 7);
	g_assert_cmpint(pipe(ends), ==, 0);
	pid_t writer = fork();
	if (writer == 0)
		_exit(rp_write_all(ends[1], data, SIZE) ? 0 : 1);
	close(ends[1]);
	gsize n = 0;
	gssize piece;
	while ((piece = read(ends[0], got + n, MIN(SIZE - n, 1000))) > 0) {
		n += (gsize)piece;
		kill(writer, SIGUSR1);
	}
	g_assert_cmpmem(got, n, data, SIZE);
	int status = -1;
	g_assert_cmpint(waitpid(writer, &status, 0), ==, writer);
	g_assert_cmpint(status, ==, 0);
	close(ends[0]);

	g_assert_cmpint(pipe(ends), ==, 0);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	g_assert_true(rp_write_all(ends[1], data, 0));
	g_assert_false(rp_write_all(ends[1], data, SIZE));
	g_assert_cmpint(errno, ==, EPIPE);
	close(ends[1]);
}

static gboolean
on_source(gpointer data)
{
	GSource **source = data;

	rp_source_clear(source); /* from within its own function */
	return G_SOURCE_CONTINUE;
}

static void
test_source_clear(void)
{
	GSource *none = NULL, *early = g_idle_source_new(), *source = g_idle_source_new();

	rp_source_clear(&none);
	g_source_set_callback(early, on_source, &early, NULL);
	g_source_attach(early, NULL);
	rp_source_clear(&early);
	g_assert_null(early);
	g_assert_false(g_main_context_iteration(NULL, FALSE));
	g_source_set_callback(source, on_source, &source, NULL);
	g_source_attach(source, NULL);
	g_assert_true(g_main_context_iteration(NULL, FALSE));
	g_assert_null(source);
	g_assert_false(g_main_context_iteration(NULL, FALSE));
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
	g_test_add_func("/base/write-all", test_write_all);
	g_test_add_func("/base/source-clear", test_source_clear);
	g_test_add_func("/base/wipe", test_wipe);
	g_test_add_func("/base/errno", test_errno);
	g_test_add_func("/base/log/quiet", test_log_quiet);
	g_test_add_func("/base/log/verbose", test_log_verbose);
	return g_test_run();
}
