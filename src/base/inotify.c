/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include "roampost/language.h"

#include <errno.h>
#include <sys/inotify.h>

/* What a user has of it he shares among all his programs, and some take it all: 128 instances, and
 * as many watches as fs.inotify.max_user_watches says. */

typedef struct {
	const RpInotify *kind;
	gpointer user;
} Look;

static gboolean
on_time(gpointer data)
{
	const Look *look = data;

	return look->kind->look(-1, 0, look->user);
}

static void
warn_of(const RpInotify *kind, int number)
{
	const char *limit = number == EMFILE   ? " (fs.inotify.max_user_instances)"
			    : number == ENOSPC ? " (fs.inotify.max_user_watches)"
					       : "";

	g_warning("%s: looked for every %u s, since nobody tells of it: %s%s", kind->what,
		kind->seconds, rp_text_errno(number), limit);
}

static GSource *
look_instead(const RpInotify *kind, gpointer user)
{
	GSource *source = g_timeout_source_new_seconds(kind->seconds);
	Look *look = g_new(Look, 1);

	*look = (Look){kind, user};
	g_source_set_callback(source, on_time, look, g_free);
	return source;
}

GSource *
rp_inotify_attach(RpFd *fd, const RpInotify *kind, gpointer user)
{
	GSource *source;

	*fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (*fd >= 0 && kind->watch(*fd, user)) {
		source = g_unix_fd_source_new(*fd, G_IO_IN);
		g_source_set_callback(source, G_SOURCE_FUNC(kind->look), user, NULL);
	} else {
		warn_of(kind, errno);
		rp_fd_clear(fd);
		source = look_instead(kind, user);
	}
	g_source_attach(source, g_main_context_get_thread_default());
	return source;
}
