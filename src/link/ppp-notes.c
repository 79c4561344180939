/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "ppp-notes-private.h"

#include "roampost/base.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* Inotify by hand: GFileMonitor looks every four seconds for what does not exist yet. */

/* Each may appear while the one above is looked at. */
#define MOST_LEVELS 8

struct RpPppNotes {
	char *directory;
	RpFd inotify;
	GSource *readable;
	RpPppNotesChanged changed;
	gpointer user;
};

static gboolean
watch(const RpPppNotes *notes, const char *path)
{
	return inotify_add_watch(notes->inotify, path,
		       IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_DELETE_SELF |
			       IN_ONLYDIR) >= 0;
}

/* The directory, or the nearest one above that is there. FALSE: what was not there a moment ago is
 * there now, and nothing will tell of it. */
static gboolean
watch_nearest(const RpPppNotes *notes)
{
	g_autofree char *path = g_strdup(notes->directory);
	g_autofree char *below = NULL;

	while (!watch(notes, path) && !g_str_equal(path, "/")) {
		g_free(below);
		below = g_steal_pointer(&path);
		path = g_path_get_dirname(below);
	}
	return !below || access(below, F_OK) < 0;
}

static void
watch_notes(const RpPppNotes *notes)
{
	/* One that is there and can't be watched stays so. */
	for (guint i = 0; i < MOST_LEVELS && !watch_nearest(notes); i++)
		;
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
	RpPppNotes *notes = user;
	char events[4096];

	while (read(fd, events, sizeof events) > 0)
		;
	watch_notes(notes);
	notes->changed(notes->user);
	return G_SOURCE_CONTINUE;
}

RpPppNotes *
rp_ppp_notes_new(const char *directory, RpPppNotesChanged changed, gpointer user)
{
	RpPppNotes *notes = g_new0(RpPppNotes, 1);

	notes->directory = g_strdup(directory);
	notes->changed = changed;
	notes->user = user;
	notes->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (notes->inotify < 0)
		return notes;
	watch_notes(notes);
	notes->readable = g_unix_fd_source_new(notes->inotify, G_IO_IN);
	g_source_set_callback(
		notes->readable, (GSourceFunc)(void (*)(void))on_readable, notes, NULL);
	g_source_attach(notes->readable, g_main_context_get_thread_default());
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
