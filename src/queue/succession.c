/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "roampost/succession.h"

#include "queue-private.h"

#include "roampost/language.h"

#include <errno.h>
#include <fcntl.h>

/* Who of two agents has the queue next, by marks that the kernel keeps. */

struct RpSuccession {
	char *dir;
	RpFd fd;
};

/* The marks want no more of it, and the disk may be read-only. */
static RpFd
open_to_read(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "succession", NULL);

	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

RpSuccession *
rp_succession_open(const char *state_dir, gboolean create)
{
	g_autofree char *dir = state_dir ? g_strdup(state_dir) : rp_queue_state_dir(NULL);
	g_autoptr(GError) error = NULL;
	g_auto(RpFd) fd = dir ? rp_files_open(dir, "succession", create, &error) : -1;

	if (fd < 0 && dir)
		fd = open_to_read(dir);
	if (fd < 0) {
		g_debug("no marks: %s", error ? error->message : "there is no state directory");
		return NULL;
	}
	RpSuccession *succession = g_new0(RpSuccession, 1);
	succession->dir = g_steal_pointer(&dir);
	succession->fd = rp_fd_steal(&fd);
	return succession;
}

void
rp_succession_free(RpSuccession *succession)
{
	if (!succession)
		return;
	rp_fd_clear(&succession->fd);
	g_free(succession->dir);
	g_free(succession);
}

static struct flock
lock_of(RpSuccessionMark mark, short type)
{
	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)mark, .l_len = 1};
}

/* Several may wait: a lock for reading, which many can have. */
void
rp_succession_mark(RpSuccession *succession, RpSuccessionMark mark, gboolean set)
{
	struct flock lock = lock_of(mark, set ? F_RDLCK : F_UNLCK);

	if (fcntl(succession->fd, F_OFD_SETLK, &lock) != 0)
		g_debug("%s/succession: %s", succession->dir, rp_text_errno(errno));
}

gboolean
rp_succession_is_marked(RpSuccession *succession, RpSuccessionMark mark)
{
	struct flock lock = lock_of(mark, F_WRLCK);

	return fcntl(succession->fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

gboolean
rp_succession_would_yield(RpSuccession *succession, gboolean to_supervised)
{
	return rp_succession_is_marked(succession, RP_MARK_HAS_NO_BUS) ||
	       (to_supervised && rp_succession_is_marked(succession, RP_MARK_BY_HAND));
}

gboolean
rp_succession_may_yield(RpSuccession *succession)
{
	return rp_succession_is_marked(succession, RP_MARK_SEEKS_BUS);
}

gboolean
rp_succession_is_wanted(RpSuccession *succession, gboolean has_bus, gboolean supervised)
{
	if (!has_bus)
		return rp_succession_is_marked(succession, RP_MARK_WAITS);
	return !supervised && rp_succession_is_marked(succession, RP_MARK_WAITS_SUPERVISED);
}

gboolean
rp_succession_waits_for_room(const char *state_dir)
{
	g_autoptr(RpSuccession) succession = rp_succession_open(state_dir, FALSE);

	return succession && rp_succession_is_marked(succession, RP_MARK_WAITS_FOR_ROOM);
}

void
rp_succession_ring(RpSuccession *succession)
{
	rp_files_ring(succession->dir);
}
