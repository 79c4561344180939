/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

#include "roampost/language.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The state directory: whose it is, its lock files, the bell, and who has the turn to write. */

char *
rp_queue_state_dir(GError **error)
{
	const char *moved = g_getenv("ROAMPOST_STATE");

	if (moved && *moved && !g_path_is_absolute(moved)) {
		g_set_error(error, RP_ERROR, RP_ERROR_CONFIG,
			_("ROAMPOST_STATE is “%s”: it must be an absolute path, so that every "
			  "program finds the same queue"),
			moved);
		return NULL;
	}
	if (moved && *moved)
		return g_canonicalize_filename(moved, NULL);

	/* Not $HOME and not $XDG_STATE_HOME: cron and daemons do not see the session's. */
	g_autofree char *home = rp_account_home();
	if (!home) {
		g_set_error(error, RP_ERROR, RP_ERROR_CONFIG,
			_("user %u has no home directory in the password database: set "
			  "ROAMPOST_STATE"),
			(guint)geteuid());
		return NULL;
	}
	return g_build_filename(home, ".local", "state", "roampost", NULL);
}

static void
sync_parent(const char *dir)
{
	g_autofree char *parent = g_path_get_dirname(dir);
	g_auto(RpFd) fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fsync(fd);
}

/* SQLite takes paths of 512 octets, with what it appends to the database's name. */
#define LONGEST_DIR (512 - (int)sizeof "/queue.db-journal")

/* What can't be written now in a folder that is ours: the file system may be read-only for the
 * moment, as after an error of the disk. That is waited for like a full one. */
void
rp_files_set_errno(GError **error, int number, const char *path)
{
	g_autoptr(GError) failure = NULL;

	rp_error_set_errno(&failure, number, "%s", path);
	if (failure->code == RP_ERROR_PERMISSION)
		g_set_error(error, RP_ERROR, RP_ERROR_FULL,
			_("%s can't be written for now (%s): “roampost doctor” has what helps"),
			path, rp_text_errno(number));
	else
		g_propagate_error(error, g_steal_pointer(&failure));
}

int
rp_queue_dir_try(const char *dir, gboolean to_disk)
{
	g_auto(RpFd) fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return pwrite(fd, "", 1, 0) < 0 || (to_disk && fsync(fd) != 0) ? errno : 0;
	switch (errno) {
	case EROFS:
	case EACCES:
	case EPERM:
	case ENOSPC:
	case EDQUOT:
	case EIO:
		return errno;
	default: /* no such files there */
		return faccessat(AT_FDCWD, dir, W_OK, AT_EACCESS) != 0 ? errno : 0;
	}
}

/* With its parents. A umask keeps others out, and not ourselves. */
static gboolean
make_dir(const char *dir, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(dir);
	gboolean made = mkdir(dir, 0700) == 0;

	if (!made && errno == ENOENT && strcmp(parent, dir) != 0) {
		if (!make_dir(parent, error))
			return FALSE;
		made = mkdir(dir, 0700) == 0;
	}
	if (made ? chmod(dir, 0700) == 0 : errno == EEXIST)
		return TRUE;
	rp_files_set_errno(error, errno, dir);
	return FALSE;
}

gboolean
rp_files_check_dir(const char *dir, gboolean create, GError **error)
{
	struct stat status;

	if (strlen(dir) > LONGEST_DIR) {
		g_set_error(error, RP_ERROR, RP_ERROR_CONFIG,
			_("the state directory's path has %u octets, and may have %d: %s"),
			(guint)strlen(dir), LONGEST_DIR, dir);
		return FALSE;
	}
	if (stat(dir, &status) != 0) {
		if (errno == ENOENT && !create) {
			g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
				_("there is no queue in %s"), dir);
			return FALSE;
		}
		if (errno == ENOENT && !make_dir(dir, error))
			return FALSE;
		if (stat(dir, &status) != 0) {
			rp_error_set_errno(error, errno, "%s", dir);
			return FALSE;
		}
		sync_parent(dir);
	}
	if (!S_ISDIR(status.st_mode)) {
		g_set_error(error, RP_ERROR, RP_ERROR_IO, _("%s is not a directory"), dir);
		return FALSE;
	}
	if (status.st_uid != geteuid()) {
		g_set_error(error, RP_ERROR, RP_ERROR_PERMISSION,
			_("%s belongs to user %u, not to %u"), dir, (guint)status.st_uid,
			(guint)geteuid());
		return FALSE;
	}
	if (status.st_mode & 077) {
		g_set_error(error, RP_ERROR, RP_ERROR_PERMISSION,
			_("%s is open to others: chmod 700 it"), dir);
		return FALSE;
	}
	return TRUE;
}

RpFd
rp_files_open(const char *dir, const char *name, gboolean create, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 && errno == ENOENT && create) {
		fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT, 0600);
		if (fd >= 0)
			fchmod(fd, 0600);
	}
	if (fd < 0)
		rp_files_set_errno(error, errno, path);
	return fd;
}

gboolean
rp_files_check_data(const char *dir, gboolean create, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "queue.db", NULL);
	struct stat status;

	if (create) {
		g_auto(RpFd) fd = open(path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0600);
		if (fd >= 0) {
			fchmod(fd, 0600);
			return TRUE;
		}
		if (errno != EEXIST) {
			rp_files_set_errno(error, errno, path);
			return FALSE;
		}
	}
	if (lstat(path, &status) != 0) {
		rp_error_set_errno(error, errno, "%s", path);
		return FALSE;
	}
	if (!S_ISREG(status.st_mode)) {
		g_set_error(error, RP_ERROR, RP_ERROR_IO, _("%s is not a regular file"), path);
		return FALSE;
	}
	return TRUE;
}

RpFd
rp_files_lock_agent(const char *dir, GError **error)
{
	char text[32] = "";
	g_auto(RpFd) fd = rp_files_open(dir, "agent.lock", TRUE, error);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno != EWOULDBLOCK) {
		g_set_error(error, RP_ERROR, RP_ERROR_IO,
			_("%s is on a file system without locks (%s), which a queue needs: set "
			  "ROAMPOST_STATE to a folder on another one"),
			dir, rp_text_errno(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
		text[MAX(n, 0)] = '\0';
		g_set_error(error, RP_ERROR, RP_ERROR_BUSY,
			_("another agent has the queue in %s: process %s"), dir,
			*text ? g_strchomp(text) : "unknown");
		return -1;
	}
	/* The lock counts; whose it is is only information, and a full disk has no room for it. */
	g_snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, strlen(text), 0) < 0)
		g_debug("%s/agent.lock: %s", dir, rp_text_errno(errno));
	return rp_fd_steal(&fd);
}

RpFd
rp_files_open_bell(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "bell", NULL);
	struct stat status;

	if (mkfifo(path, 0600) == 0 ? chmod(path, 0600) != 0 : errno != EEXIST) {
		rp_files_set_errno(error, errno, path);
		return -1;
	}
	/* Open for writing too: then there is always a writer, and no end of file is ever seen. */
	g_auto(RpFd) fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &status) != 0) {
		rp_error_set_errno(error, errno, "%s", path);
		return -1;
	}
	if (!S_ISFIFO(status.st_mode)) {
		g_set_error(error, RP_ERROR, RP_ERROR_IO, _("%s is not a FIFO: remove it"), path);
		return -1;
	}
	return rp_fd_steal(&fd);
}

/* -1 with ENXIO: no agent listens, and it will read the queue when it starts. */
static RpFd
open_to_ring(const char *path)
{
	g_auto(RpFd) fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode))
		return -1;
	return rp_fd_steal(&fd);
}

static void
ring(const char *dir, guint8 how)
{
	g_autofree char *path = g_build_filename(dir, "bell", NULL);
	g_auto(RpFd) fd = open_to_ring(path);

	/* A full pipe: it has rings enough. */
	if (fd >= 0 && write(fd, &how, 1) < 0 && errno != EAGAIN)
		g_debug("%s: %s", path, rp_text_errno(errno));
}

void
rp_files_ring(const char *dir)
{
	ring(dir, 0);
}

/* Its size as one octet: how many bits it has, and the two behind the first. */
static guint8
size_as_ring(guint64 octets)
{
	guint bits = 0;

	octets = CLAMP(octets, 4, G_MAXINT64 / 4);
	for (guint64 left = octets; left; left >>= 1)
		bits++;
	return (guint8)(bits << 2 | (octets >> (bits - 3) & 3));
}

/* The next size above all that have this ring. */
static guint64
ring_as_size(guint8 ring)
{
	guint bits = ring >> 2;

	return bits < 3 ? 0 : (guint64)(4 + (ring & 3) + 1) << (bits - 3);
}

void
rp_files_ring_for_room(const char *dir, guint64 octets)
{
	ring(dir, size_as_ring(octets));
}

gboolean
rp_files_has_listener(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "bell", NULL);
	g_auto(RpFd) fd = open_to_ring(path);

	return fd >= 0;
}

guint64
rp_files_drain_bell(int fd)
{
	guint8 rings[512], most = 0;
	ssize_t n;

	do {
		n = read(fd, rings, sizeof(rings));
		for (ssize_t i = 0; i < n; i++)
			most = MAX(most, rings[i]);
	} while (n == (ssize_t)sizeof(rings));
	return ring_as_size(most);
}

gboolean
rp_files_take_turn(int turn_fd, GError **error)
{
	while (flock(turn_fd, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		rp_error_set_errno(error, errno, _("the queue's turn file"));
		return FALSE;
	}
	return TRUE;
}

void
rp_files_give_turn(int turn_fd)
{
	flock(turn_fd, LOCK_UN);
}

/* A lock on one octet whose place is the message's number: the kernel drops it with the process. */
static struct flock
incoming_lock(short type, RpMessageId id)
{
	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)id, .l_len = 1};
}

gboolean
rp_files_mark_incoming(int fd, RpMessageId id)
{
	struct flock lock = incoming_lock(F_WRLCK, id);
	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

void
rp_files_unmark_incoming(int fd, RpMessageId id)
{
	struct flock lock = incoming_lock(F_UNLCK, id);
	fcntl(fd, F_OFD_SETLK, &lock);
}

gboolean
rp_files_incoming_is_alive(int fd, RpMessageId id)
{
	struct flock lock = incoming_lock(F_WRLCK, id);
	return fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}
