/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/link.h"

#include "roampost/base.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Tells when names may resolve that did not: the files that the C library's resolver reads. */

/* Where the C library's resolver finds its servers, and where those who write that file keep
 * theirs: /etc/resolv.conf is often a link that never changes, to a file that does. */
static const char *const directories[] = {
	"/etc", "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf", NULL};

struct RpResolverWatch {
	RpFd inotify;
	GSource *readable;
	RpResolverChanged changed;
	gpointer user;
};

static gboolean
is_about_resolver(const struct inotify_event *event)
{
	return event->len && g_str_has_suffix(event->name, "resolv.conf");
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
	RpResolverWatch *watch = user;
	_Alignas(struct inotify_event) char events[4096];
	gboolean any = FALSE;
	gssize length;

	while ((length = read(fd, events, sizeof events)) > 0) {
		for (char *at = events; at < events + length;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			any = any || is_about_resolver(event);
			at += sizeof *event + event->len;
		}
	}
	if (any)
		watch->changed(watch->user);
	return G_SOURCE_CONTINUE;
}

RpResolverWatch *
rp_resolver_watch_new(RpResolverChanged changed, gpointer user)
{
	RpResolverWatch *watch = g_new0(RpResolverWatch, 1);
	const char *chosen = g_getenv("ROAMPOST_RESOLV_DIR"); /* for tests */

	watch->changed = changed;
	watch->user = user;
	watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->inotify < 0)
		return watch;
	for (guint i = 0; directories[i]; i++)
		inotify_add_watch(watch->inotify, chosen ? chosen : directories[i],
			IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
	watch->readable = g_unix_fd_source_new(watch->inotify, G_IO_IN);
	g_source_set_callback(
		watch->readable, (GSourceFunc)(void (*)(void))on_readable, watch, NULL);
	g_source_attach(watch->readable, g_main_context_get_thread_default());
	return watch;
}

void
rp_resolver_watch_free(RpResolverWatch *watch)
{
	if (!watch)
		return;
	rp_source_clear(&watch->readable);
	rp_fd_clear(&watch->inotify);
	g_free(watch);
}
