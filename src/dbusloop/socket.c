/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/bussocket.h"

#include "dbusloop-private.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* inotify on the socket's directory rather than GIO's monitor: that one loads the desktop's modules
 * (which bring bus connections of their own) and polls for a directory that is missing. */

enum {
	FIRST_WAIT_MS = 30,
	/* Between bind and listen, and while a daemon is starting, connecting fails: so a few more
	 * tries follow each appearance of the file (30 ms, 60 ms, ... 1.9 s), then only the file is
	 * waited for. */
	TRIES_AFTER_FILE = 7,
	LONGEST_WAIT_MS = 30000, /* where there is no file to watch */
};

struct RpDBusSocket {
	char *path; /* NULL: no file to watch */
	RpDBusSocketFunc func;
	gpointer user;
	GMainContext *context;
	gboolean waiting;
	guint tries; /* since it was lost, or since the file appeared */
	GSource *timer;
	GSource *watch;
	RpFd inotify;
};

static char *
address_path(const char *address)
{
	DBusAddressEntry **entries = NULL;
	int n = 0;
	char *path = NULL;

	if (!address || !dbus_parse_address(address, &entries, &n, NULL))
		return NULL;
	for (int i = 0; i < n && !path; i++)
		if (strcmp(dbus_address_entry_get_method(entries[i]), "unix") == 0)
			path = g_strdup(dbus_address_entry_get_value(entries[i], "path"));
	dbus_address_entries_free(entries);
	return path;
}

RpDBusSocket *
rp_dbus_socket_new(const char *address, RpDBusSocketFunc func, gpointer user)
{
	RpDBusSocket *socket = g_new0(RpDBusSocket, 1);

	socket->path = address_path(address);
	socket->func = func;
	socket->user = user;
	socket->context = g_main_context_ref_thread_default();
	socket->inotify = -1;
	return socket;
}

static void
socket_unwatch(RpDBusSocket *socket)
{
	rp_source_clear(&socket->watch);
	rp_fd_clear(&socket->inotify);
}

void
rp_dbus_socket_free(RpDBusSocket *socket)
{
	if (!socket)
		return;
	rp_dbus_socket_connected(socket);
	g_main_context_unref(socket->context);
	g_free(socket->path);
	g_free(socket);
}

static gboolean
on_timer(gpointer user)
{
	RpDBusSocket *socket = user;

	rp_source_clear(&socket->timer);
	socket->func(socket->user);
	return G_SOURCE_REMOVE;
}

static void
socket_schedule(RpDBusSocket *socket)
{
	if (socket->timer || (socket->watch && socket->tries >= TRIES_AFTER_FILE))
		return;
	guint wait = MIN(FIRST_WAIT_MS << MIN(socket->tries, 12), LONGEST_WAIT_MS);
	socket->tries++;
	socket->timer =
		rp_dbus_attach(g_timeout_source_new(wait), socket->context, on_timer, socket);
}

static gboolean
event_is_ours(const RpDBusSocket *socket, const struct inotify_event *event, gboolean *gone)
{
	g_autofree char *name = g_path_get_basename(socket->path);

	*gone = *gone || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0;
	return event->len && strcmp(event->name, name) == 0;
}

static gboolean
on_inotify(gint fd, GIOCondition condition, gpointer user)
{
	RpDBusSocket *socket = user;

	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	gboolean appeared = FALSE, gone = FALSE;
	gssize length = read(fd, buffer, sizeof buffer);
	for (gssize at = 0; at < length;) {
		const struct inotify_event *event = (gconstpointer)(buffer + at);
		appeared |= event_is_ours(socket, event, &gone);
		at += (gssize)(sizeof *event + event->len);
	}
	if (gone)
		socket_unwatch(socket);
	if (appeared || gone) {
		socket->tries = 0;
		rp_source_clear(&socket->timer);
		socket_schedule(socket);
	}
	return G_SOURCE_CONTINUE;
}

static void
socket_watch(RpDBusSocket *socket)
{
	if (!socket->path || socket->watch)
		return;
	g_autofree char *directory = g_path_get_dirname(socket->path);
	socket->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (socket->inotify < 0 ||
		inotify_add_watch(socket->inotify, directory,
			IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) < 0) {
		rp_fd_clear(&socket->inotify);
		return; /* no such directory yet: the timer goes on */
	}
	socket->watch = g_unix_fd_source_new(socket->inotify, G_IO_IN);
	rp_dbus_attach(
		socket->watch, socket->context, (GSourceFunc)(void (*)(void))on_inotify, socket);
}

void
rp_dbus_socket_retry(RpDBusSocket *socket)
{
	if (!socket->waiting)
		socket->tries = 0;
	socket->waiting = TRUE;
	socket_watch(socket);
	socket_schedule(socket);
}

void
rp_dbus_socket_connected(RpDBusSocket *socket)
{
	socket->waiting = FALSE;
	rp_source_clear(&socket->timer);
	socket_unwatch(socket);
}
