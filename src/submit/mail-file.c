/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-submit"
#include "roampost/mail-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "roampost/base.h"
#include "roampost/language.h"

/* A mail that has arrived: into a maildir, in steps that a
 * crash may come between, or through the delivery command. */

#define MDA_TIMEOUT_MS (10 * 60 * 1000)
#define BUFFER (32 * 1024)

struct RpMailFile {
	RpFd fd;
	char *maildir; /* NULL: for the mail delivery command */
	char *name;
	char *temporary;
	char *mda;
	GByteArray *buffer; /* not yet written: lines are short, and a write for each takes long */
	gboolean cr;        /* held back until it is known whether an LF follows */
};

static gboolean
make_maildir(const char *maildir, GError **error)
{
	static const char *const parts[] = {"tmp", "new", "cur"};

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *path = g_build_filename(maildir, parts[i], NULL);
		if (g_mkdir_with_parents(path, 0700) != 0) {
			rp_error_set_errno(error, errno, "%s", path);
			return FALSE;
		}
	}
	return TRUE;
}

/* As the maildir convention wants it: unique in time, process, number and host. */
static char *
unique_name(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	g_autofree char *host = g_strdelimit(g_strdup(g_get_host_name()), "/:", '_');
	return g_strdup_printf("%lld.M%ldP%dR%08x.%s", (long long)now.tv_sec, now.tv_nsec / 1000,
		(int)getpid(), g_random_int(), host);
}

static gboolean
open_in_maildir(RpMailFile *file, const char *maildir, GError **error)
{
	file->maildir = g_strdup(maildir);
	if (!make_maildir(file->maildir, error))
		return FALSE;
	file->name = unique_name();
	file->temporary = g_build_filename(file->maildir, "tmp", file->name, NULL);
	file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file->fd < 0)
		rp_error_set_errno(error, errno, "%s", file->temporary);
	return file->fd >= 0;
}

static gboolean
open_for_mda(RpMailFile *file, const char *mda, GError **error)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "roampost-XXXXXX", NULL);

	file->mda = g_strdup(mda);
	file->fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
	if (file->fd < 0)
		rp_error_set_errno(error, errno, "%s", path);
	else
		g_unlink(path);
	return file->fd >= 0;
}

RpMailFile *
rp_mail_file_new(const char *maildir, const char *mda, GError **error)
{
	g_autoptr(RpMailFile) file = g_new0(RpMailFile, 1);

	file->fd = -1;
	file->buffer = g_byte_array_sized_new(BUFFER);
	if (mda ? !open_for_mda(file, mda, error) : !open_in_maildir(file, maildir, error))
		return NULL;
	return g_steal_pointer(&file);
}

static gboolean
write_out(RpMailFile *file, GError **error)
{
	if (!rp_write_all(file->fd, file->buffer->data, file->buffer->len)) {
		rp_error_set_errno(error, errno, _("local delivery"));
		return FALSE;
	}
	g_byte_array_set_size(file->buffer, 0);
	return TRUE;
}

static void
put(RpMailFile *file, const char *data, gsize size)
{
	g_byte_array_append(file->buffer, (const guint8 *)data, (guint)size);
}

/* A piece of at most BUFFER octets. */
static void
put_lines(RpMailFile *file, const char *at, const char *end)
{
	while (at < end) {
		if (file->cr && *at != '\n')
			put(file, "\r", 1);
		const char *cr = memchr(at, '\r', end - at);
		put(file, at, (cr ? cr : end) - at);
		file->cr = cr != NULL;
		at = cr ? cr + 1 : end;
	}
}

gboolean
rp_mail_file_write(RpMailFile *file, const void *data, gsize size, GError **error)
{
	const char *at = data, *end = at + size;

	while (at < end) {
		const char *next = at + MIN(end - at, BUFFER);

		put_lines(file, at, next);
		if (file->buffer->len >= BUFFER && !write_out(file, error))
			return FALSE;
		at = next;
	}
	return TRUE;
}

/* ---- the command ---- */

/* Waits for its end, the stop, or too long a time; FALSE: it was not the end. */
static gboolean
wait_for(GPid pid, int stop, int *status)
{
	g_auto(RpFd) process = (RpFd)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[] = {{.fd = process, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
	int n = 0;

	while (process >= 0 && (n = poll(fds, 2, MDA_TIMEOUT_MS)) < 0 && errno == EINTR)
		;
	gboolean ended = process < 0 || (n > 0 && fds[0].revents);
	if (!ended)
		kill(-pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return ended;
}

/* A group of its own, so that it can be ended with what it has started. */
static void
lead_group(gpointer user)
{
	setpgid(0, 0);
}

static gboolean
run_mda(RpMailFile *file, int stop, GError **error)
{
	const char *const argv[] = {"/bin/sh", "-c", file->mda, NULL};
	g_autoptr(GError) failure = NULL;
	int status = 0;
	GPid pid;

	if (!write_out(file, error))
		return FALSE;
	if (lseek(file->fd, 0, SEEK_SET) != 0) {
		rp_error_set_errno(error, errno, _("local delivery"));
		return FALSE;
	}
	if (!g_spawn_async_with_fds(NULL, (char **)argv, NULL,
		    G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, lead_group, NULL, &pid,
		    file->fd, -1, -1, &failure)) {
		g_set_error(error, RP_ERROR, RP_ERROR_IO, _("mda: %s"), failure->message);
		return FALSE;
	}
	gboolean ended = wait_for(pid, stop, &status);
	g_spawn_close_pid(pid);
	if (!ended)
		g_set_error_literal(
			error, RP_ERROR, RP_ERROR_IO, _("mda: it did not end and was ended"));
	else if (!g_spawn_check_wait_status(status, &failure))
		g_set_error(error, RP_ERROR, RP_ERROR_IO, _("mda: %s"), failure->message);
	else
		return TRUE;
	return FALSE;
}

/* ---- the maildir ---- */

static gboolean
sync_dir(const char *path, GError **error)
{
	g_auto(RpFd) fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && fsync(fd) == 0)
		return TRUE;
	rp_error_set_errno(error, errno, "%s", path);
	return FALSE;
}

/* By the time the first of many is synced the others are on their way too, and one commit of the
 * file system's journal does for all. */
gboolean
rp_mail_file_flush(RpMailFile *file, GError **error)
{
	if (!write_out(file, error))
		return FALSE;
	sync_file_range(file->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return TRUE;
}

char *
rp_mail_file_park(RpMailFile *file, GError **error)
{
	if (!write_out(file, error))
		return NULL;
	if (fsync(file->fd) != 0) {
		rp_error_set_errno(error, errno, "%s", file->temporary);
		return NULL;
	}
	return g_steal_pointer(&file->temporary);
}

gboolean
rp_mail_file_sync_parked(const char *maildir, GError **error)
{
	g_autofree char *dir = g_build_filename(maildir, "tmp", NULL);

	return sync_dir(dir, error);
}

/* MAILDIR/tmp/NAME becomes MAILDIR/new/NAME; `new` is that directory. */
static char *
shown_path(const char *path, char **new)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *tmp = g_path_get_dirname(path);
	g_autofree char *maildir = g_path_get_dirname(tmp);

	*new = g_build_filename(maildir, "new", NULL);
	return g_build_filename(*new, name, NULL);
}

static gboolean
show_one(const char *path, char **new, GError **error)
{
	g_autofree char *to = shown_path(path, new);

	if (rename(path, to) == 0 || errno == ENOENT)
		return TRUE;
	rp_error_set_errno(error, errno, "%s", to);
	return FALSE;
}

gboolean
rp_mail_file_show(const char *const *paths, GError **error)
{
	g_autofree char *last = NULL;
	gboolean good = TRUE;

	for (; *paths && good; paths++) {
		char *new = NULL;

		good = show_one(*paths, &new, error);
		if (good && last && !g_str_equal(last, new))
			good = sync_dir(last, error);
		g_free(last);
		last = new;
	}
	return good && (!last || sync_dir(last, error));
}

static gboolean
show_now(RpMailFile *file, GError **error)
{
	g_autofree char *path = rp_mail_file_park(file, error);
	const char *const paths[] = {path, NULL};

	if (!path)
		return FALSE;
	if (rp_mail_file_show(paths, error))
		return TRUE;
	/* Whoever hands it over hears that it failed, and does so again. */
	g_autofree char *new = NULL;
	g_autofree char *shown = shown_path(path, &new);
	g_unlink(path);
	g_unlink(shown);
	return FALSE;
}

gboolean
rp_mail_file_deliver(RpMailFile *file, int stop, GError **error)
{
	return file->mda ? run_mda(file, stop, error) : show_now(file, error);
}

void
rp_mail_file_free(RpMailFile *file)
{
	if (!file)
		return;
	if (file->temporary && file->fd >= 0)
		g_unlink(file->temporary);
	rp_fd_clear(&file->fd);
	g_byte_array_unref(file->buffer);
	g_free(file->maildir);
	g_free(file->name);
	g_free(file->temporary);
	g_free(file->mda);
	g_free(file);
}
