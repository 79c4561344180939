/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "ppp-notes-private.h"

#include "roampost/base.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* Inotify by hand: GFileMonitor looks every four seconds for what does not exist yet. */

/* Each may appear while the one above is looked at. */
#define MOST_LEVELS 8

/* Where nothing tells: of a line that comes or goes somebody knows soon. */
#define LOOK_S 5

struct RpPppNotes {
	char *directory;
	RpFd inotify;
	GSource *readable;
	RpPppNotesChanged changed;
	gpointer user;
};

static gboolean
watch(int fd, const char *path)
{
	return inotify_add_watch(fd, path,
		       IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_DELETE_SELF |
			       IN_ONLYDIR) >= 0;
}

typedef enum {
	WATCHED,
	APPEARED, /* what was not there a moment ago is there now, and nothing will tell of it */
	REFUSED,
} Watched;

/* The directory, or the nearest one above that is there. */
static Watched
watch_nearest(int fd, const char *directory)
{
	g_autofree char *path = g_strdup(directory);
	g_autofree char *below = NULL;

	while (!watch(fd, path)) {
		if (errno == ENOSPC || g_str_equal(path, "/"))
			return REFUSED;
		g_free(below);
		below = g_steal_pointer(&path);
		path = g_path_get_dirname(below);
	}
	return !below || access(below, F_OK) < 0 ? WATCHED : APPEARED;
}

static gboolean
watch_notes(int fd, gpointer user)
{
	const RpPppNotes *notes = user;
	Watched watched = APPEARED;

	/* One that is there and can't be watched stays so. */
	for (guint i = 0; i < MOST_LEVELS && watched == APPEARED; i++)
		watched = watch_nearest(fd, notes->directory);
	return watched != REFUSED;
}

static gboolean
look(gint fd, GIOCondition condition, gpointer user)
{
	RpPppNotes *notes = user;
	char events[4096];

	if (fd >= 0) {
		while (read(fd, events, sizeof events) > 0)
			;
		watch_notes(fd, notes);
	}
	notes->changed(notes->user);
	return G_SOURCE_CONTINUE;
}

RpPppNotes *
rp_ppp_notes_new(const char *directory, RpPppNotesChanged changed, gpointer user)
{
	static const RpInotify kind = {"notes of pppd's hook", LOOK_S, watch_notes, look};
	RpPppNotes *notes = g_new0(RpPppNotes, 1);

	notes->directory = g_strdup(directory);
	notes->changed = changed;
	notes->user = user;
	notes->readable = rp_inotify_attach(&notes->inotify, &kind, notes);
	return notes;
}

void
rp_ppp_notes_free(RpPppNotes *notes)
{
	if (!notes)
		return;
	rp_source_clear(&notes->readable);
	rp_fd_clear(&notes->inotify);
	g_free(notes->directory);
	g_free(notes);
}

/* A note counts only if it is root's. */
char **
rp_ppp_notes_read(const RpPppNotes *notes, const char *interface)
{
	enum { LONGEST = 1024, PARTS = 4 };
	g_autofree char *path = g_build_filename(notes->directory, interface, NULL);
	g_auto(RpFd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;
	char text[LONGEST];
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_uid != 0 ||
		(status.st_mode & (S_IWGRP | S_IWOTH)))
		return NULL;
	gssize length = read(fd, text, sizeof text);
	if (length <= 0 || !g_utf8_validate(text, length, NULL))
		return NULL;
	g_autofree char *whole = g_strndup(text, (gsize)length);
	char **lines = g_strsplit(whole, "\n", PARTS + 1);
	if (g_strv_length(lines) >= 3)
		return lines;
	g_strfreev(lines);
	return NULL;
}
