/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room that is kept for what becomes of messages which are being sent: a file that is given up when
 * the disk is full. */

/* Of sixteen messages that end one by one (each costs at most 16 KiB), or of many more that end
 * together and share pages. More would keep what is left of a small disk from being used. */
#define ROOM (256 * 1024)

struct RpReserve {
	RpFd fd; /* -1: there can't be one */
	gboolean held;
};

RpReserve *
rp_reserve_new(const char *dir)
{
	g_autoptr(GError) error = NULL;
	RpReserve *reserve = g_new0(RpReserve, 1);

	reserve->fd = rp_files_open(dir, "reserve", TRUE, &error);
	if (error)
		g_debug("no room is kept: %s", error->message);
	return reserve;
}

void
rp_reserve_free(RpReserve *reserve)
{
	if (!reserve)
		return;
	rp_fd_clear(&reserve->fd);
	g_free(reserve);
}

/* Others may have given it up. */
static gboolean
is_whole(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_size >= ROOM;
}

/* A file system that has no such thing is none that is full. */
gboolean
rp_reserve_hold(RpReserve *reserve)
{
	int number = 0;

	if (reserve->fd >= 0 && !is_whole(reserve->fd))
		number = posix_fallocate(reserve->fd, 0, ROOM);
	reserve->held = number != ENOSPC && number != EDQUOT;
	if (!reserve->held && ftruncate(reserve->fd, 0) != 0)
		g_debug("the reserve: %s", g_strerror(errno));
	return reserve->held;
}

gboolean
rp_reserve_spend(RpReserve *reserve)
{
	if (!reserve->held || reserve->fd < 0)
		return FALSE;
	if (ftruncate(reserve->fd, 0) != 0)
		return FALSE; /* it is not room that is missing */
	reserve->held = FALSE;
	g_message("the disk is full: what was kept for it takes what becomes of mail under way");
	return TRUE;
}

gboolean
rp_reserve_give_up(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "reserve", NULL);
	struct stat status;

	return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
	       truncate(path, 0) == 0;
}

gint64
rp_reserve_missing(const char *database)
{
	g_autofree char *dir = g_path_get_dirname(database);
	g_autofree char *path = g_build_filename(dir, "reserve", NULL);
	struct stat status;

	return stat(path, &status) == 0 ? MAX(ROOM - status.st_size, 0) : ROOM;
}
