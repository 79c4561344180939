/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The first line that a command prints. Its output is kept in one buffer that is wiped; it is done
 * when it has exited and its first line is there, whoever else still holds the pipe. */

#define SECRET_SIZE (16 * 1024)
/* What a command may say on its standard error, and how much of that is shown. */
#define COMPLAINT_SIZE (64 * 1024)
#define COMPLAINT_SHOWN 300

struct RpPassword {
	RpPasswordDone done;
	gpointer user;
	GSubprocess *process;
	GCancellable *cancellable;
	GSource *timer;
	char *buffer;
	gsize length;
	RpFd complaint; /* its standard error, in memory; or -1 */
	gboolean ended; /* of the output */
	gboolean exited;
	gboolean failed;
	gint exit_status;
};

static void
become_session_leader(gpointer user)
{
	setsid();
}

static void
password_free(RpPassword *password)
{
	g_cancellable_cancel(password->cancellable);
	g_object_unref(password->cancellable);
	g_clear_object(&password->process);
	rp_source_clear(&password->timer);
	rp_fd_clear(&password->complaint);
	rp_secret_free(password->buffer);
	g_free(password);
}

/* The command and all that it started. */
static void
kill_session(RpPassword *password)
{
	const char *id = password->process ? g_subprocess_get_identifier(password->process) : NULL;
	if (!id || password->exited)
		return;
	gint64 pid = g_ascii_strtoll(id, NULL, 10);
	if (pid > 1)
		kill((pid_t)-pid, SIGKILL);
	g_subprocess_force_exit(password->process);
}

/* In one line: its first words tell most. NULL: it said nothing. */
static char *
read_complaint(const RpPassword *password)
{
	char text[COMPLAINT_SHOWN + 1] = "";
	gssize got =
		password->complaint >= 0 ? pread(password->complaint, text, COMPLAINT_SHOWN, 0) : 0;
	g_autofree char *clean = NULL;

	text[MAX(got, 0)] = '\0';
	g_strchomp(g_strdelimit(text, "\r\n\t", ' '));
	clean = rp_text_neutral(text, -1);
	return *clean ? g_steal_pointer(&clean) : NULL;
}

static void
finish(RpPassword *password, const char *secret, const char *why)
{
	RpPasswordDone done = password->done;
	g_autofree char *complaint = secret ? NULL : read_complaint(password);
	g_autofree char *words =
		complaint ? g_strdup_printf("%s: %s", why, complaint) : g_strdup(why);

	password->done = NULL;
	done(secret ? RP_PASSWORD_GIVEN : RP_PASSWORD_LACKING, secret, words, password->user);
	password_free(password);
}

static void
conclude(RpPassword *password)
{
	char *feed = memchr(password->buffer, '\n', password->length);
	if (!password->exited || (!password->ended && !feed))
		return;
	if (password->failed) {
		g_autofree char *why = g_strdup_printf(
			"the password command failed (status %d)", password->exit_status);
		finish(password, NULL, why);
		return;
	}
	gsize length = feed ? (gsize)(feed - password->buffer) : password->length;
	if (length > 0 && password->buffer[length - 1] == '\r')
		length--;
	password->buffer[length] = '\0';
	if (strlen(password->buffer) == 0)
		finish(password, NULL, "the password command printed nothing");
	else
		finish(password, password->buffer, NULL);
}

static void read_more(RpPassword *password);

static void
on_read(GObject *stream, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	gssize got = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, &error);
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	RpPassword *password = user;
	if (got > 0)
		password->length += (gsize)got;
	if (got <= 0 || password->length == SECRET_SIZE - 1)
		password->ended = TRUE;
	else
		read_more(password);
	conclude(password);
}

static void
read_more(RpPassword *password)
{
	g_input_stream_read_async(g_subprocess_get_stdout_pipe(password->process),
		password->buffer + password->length, SECRET_SIZE - 1 - password->length,
		G_PRIORITY_DEFAULT, password->cancellable, on_read, password);
}

static void
on_ended(GObject *process, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	if (!g_subprocess_wait_finish(G_SUBPROCESS(process), result, &error))
		return; /* cancelled */
	RpPassword *password = user;
	password->exited = TRUE;
	password->failed = !g_subprocess_get_successful(G_SUBPROCESS(process));
	if (g_subprocess_get_if_exited(G_SUBPROCESS(process)))
		password->exit_status = g_subprocess_get_exit_status(G_SUBPROCESS(process));
	if (password->failed)
		password->ended = TRUE;
	conclude(password);
}

static gboolean
on_timeout(gpointer user)
{
	kill_session(user);
	finish(user, NULL, "the password command did not end in time (does it need a terminal?)");
	return G_SOURCE_REMOVE;
}

static void
arm(RpPassword *password, guint ms, GSourceFunc func)
{
	password->timer = g_timeout_source_new(ms);
	g_source_set_callback(password->timer, func, password, NULL);
	g_source_attach(password->timer, g_main_context_get_thread_default());
}

static gboolean
on_no_start(gpointer user)
{
	finish(user, NULL, "the password command could not be started");
	return G_SOURCE_REMOVE;
}

/* A file in memory that grows no further: nobody has to read it while the command runs, and who
 * writes for ever fills nothing. */
static int
make_complaint(void)
{
	g_auto(RpFd) fd = memfd_create("password-command", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, COMPLAINT_SIZE) != 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0)
		return -1;
	return rp_fd_steal(&fd);
}

/* A copy shares its offset, and begins at the start. */
static void
catch_complaint(RpPassword *password, GSubprocessLauncher *launcher)
{
	int copy = password->complaint >= 0 ? fcntl(password->complaint, F_DUPFD_CLOEXEC, 3) : -1;

	if (copy >= 0)
		g_subprocess_launcher_take_stderr_fd(launcher, copy);
	else
		g_subprocess_launcher_set_flags(launcher,
			G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
}

RpPassword *
rp_password_run(const char *command, guint timeout_ms, RpPasswordDone done, gpointer user)
{
	RpPassword *password = g_new0(RpPassword, 1);
	password->done = done;
	password->user = user;
	password->buffer = rp_secret_alloc(SECRET_SIZE);
	password->complaint = make_complaint();
	password->cancellable = g_cancellable_new();
	g_autoptr(GSubprocessLauncher) launcher =
		g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	catch_complaint(password, launcher);
	/* Without a controlling terminal it can't ask there, and fails instead of hanging. */
	g_subprocess_launcher_set_child_setup(launcher, become_session_leader, NULL, NULL);
	const char *argv[] = {"/bin/sh", "-c", command, NULL};
	password->process = g_subprocess_launcher_spawnv(launcher, argv, NULL);
	if (!password->process) {
		arm(password, 0, on_no_start);
		return password;
	}
	arm(password, timeout_ms, on_timeout);
	g_subprocess_wait_async(password->process, password->cancellable, on_ended, password);
	read_more(password);
	return password;
}

void
rp_password_cancel(RpPassword *password)
{
	if (!password)
		return;
	kill_session(password);
	password_free(password);
}
