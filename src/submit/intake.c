/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-submit"
#include "submit-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct RpIntake {
	RpFd fd;
	char *maildir; /* NULL: for the mail delivery command */
	char *name;
	char *temporary;
	char *mda;
	gboolean cr; /* held back until it is known whether an LF follows */
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
open_in_maildir(RpIntake *delivery, RpIdentity *identity, GError **error)
{
	delivery->maildir = rp_identity_maildir(identity, error);
	if (!delivery->maildir || !make_maildir(delivery->maildir, error))
		return FALSE;
	delivery->name = unique_name();
	delivery->temporary = g_build_filename(delivery->maildir, "tmp", delivery->name, NULL);
	delivery->fd = open(delivery->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (delivery->fd < 0)
		rp_error_set_errno(error, errno, "%s", delivery->temporary);
	return delivery->fd >= 0;
}

static gboolean
open_for_mda(RpIntake *delivery, const char *mda, GError **error)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "roampost-XXXXXX", NULL);

	delivery->mda = g_strdup(mda);
	delivery->fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
	if (delivery->fd < 0)
		rp_error_set_errno(error, errno, "%s", path);
	else
		g_unlink(path);
	return delivery->fd >= 0;
}

RpIntake *
rp_intake_new(RpIdentity *identity, const char *sender, GError **error)
{
	g_autoptr(RpIntake) delivery = g_new0(RpIntake, 1);
	const char *mda = rp_identity_mda(identity);

	delivery->fd = -1;
	if (mda ? !open_for_mda(delivery, mda, error) : !open_in_maildir(delivery, identity, error))
		return NULL;
	/* RFC 5321 section 4.4: final delivery keeps the envelope sender so. */
	g_autofree char *path = g_strdup_printf("Return-Path: <%s>\r\n", sender);
	if (!rp_intake_write(delivery, path, strlen(path), error))
		return NULL;
	return g_steal_pointer(&delivery);
}

static gboolean
write_all(RpIntake *delivery, const char *data, gsize size, GError **error)
{
	while (size > 0) {
		ssize_t n = write(delivery->fd, data, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rp_error_set_errno(error, errno, "local delivery");
			return FALSE;
		}
		data += n;
		size -= n;
	}
	return TRUE;
}

gboolean
rp_intake_write(RpIntake *delivery, const void *data, gsize size, GError **error)
{
	const char *at = data, *end = at + size;

	while (at < end) {
		if (delivery->cr && *at != '\n' && !write_all(delivery, "\r", 1, error))
			return FALSE;
		delivery->cr = FALSE;
		const char *cr = memchr(at, '\r', end - at);
		if (!write_all(delivery, at, (cr ? cr : end) - at, error))
			return FALSE;
		delivery->cr = cr != NULL;
		at = cr ? cr + 1 : end;
	}
	return TRUE;
}

static gboolean
run_mda(RpIntake *delivery, GError **error)
{
	const char *const argv[] = {"/bin/sh", "-c", delivery->mda, NULL};
	g_autoptr(GError) failure = NULL;
	int status = 0;

	if (lseek(delivery->fd, 0, SEEK_SET) != 0) {
		rp_error_set_errno(error, errno, "local delivery");
		return FALSE;
	}
	GPid pid;
	if (!g_spawn_async_with_fds(NULL, (char **)argv, NULL,
		    G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &pid,
		    delivery->fd, -1, -1, &failure)) {
		g_set_error(error, RP_ERROR, RP_ERROR_IO, "mda: %s", failure->message);
		return FALSE;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	g_spawn_close_pid(pid);
	if (g_spawn_check_wait_status(status, &failure))
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_IO, "mda: %s", failure->message);
	return FALSE;
}

static gboolean
sync_dir(const char *path, GError **error)
{
	g_auto(RpFd) fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && fsync(fd) == 0)
		return TRUE;
	rp_error_set_errno(error, errno, "%s", path);
	return FALSE;
}

static gboolean
move_to_new(RpIntake *delivery, GError **error)
{
	g_autofree char *dir = g_build_filename(delivery->maildir, "new", NULL);
	g_autofree char *path = g_build_filename(dir, delivery->name, NULL);

	if (fsync(delivery->fd) != 0 || rename(delivery->temporary, path) != 0) {
		rp_error_set_errno(error, errno, "%s", path);
		return FALSE;
	}
	g_clear_pointer(&delivery->temporary, g_free);
	return sync_dir(dir, error);
}

gboolean
rp_intake_finish(RpIntake *delivery, GError **error)
{
	return delivery->mda ? run_mda(delivery, error) : move_to_new(delivery, error);
}

void
rp_intake_free(RpIntake *delivery)
{
	if (!delivery)
		return;
	if (delivery->temporary && delivery->fd >= 0)
		g_unlink(delivery->temporary);
	rp_fd_clear(&delivery->fd);
	g_free(delivery->maildir);
	g_free(delivery->name);
	g_free(delivery->temporary);
	g_free(delivery->mda);
	g_free(delivery);
}
