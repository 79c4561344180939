/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dbusloop-private.h"

#include <glib-unix.h>

/* libdbus brings descriptors and timeouts and wants them
 * watched: here they become sources of GLib's loop. */

typedef struct {
	DBusWatch *watch;
	gpointer tag; /* NULL while the watch is disabled */
} Watched;

typedef struct {
	GSource source;
	RpDBusLoop *loop;
} LoopSource;

struct RpDBusLoop {
	GSource *source;
	GMainContext *context;
	DBusConnection *connection;
	GPtrArray *watched;
	RpDBusLostFunc lost;
	gpointer user;
};

static GIOCondition
watch_condition(DBusWatch *watch)
{
	unsigned int flags = dbus_watch_get_flags(watch);

	return (flags & DBUS_WATCH_READABLE ? G_IO_IN : 0) |
	       (flags & DBUS_WATCH_WRITABLE ? G_IO_OUT : 0) | G_IO_ERR | G_IO_HUP;
}

static void
watched_update(RpDBusLoop *loop, Watched *watched)
{
	if (watched->tag)
		g_source_remove_unix_fd(loop->source, watched->tag);
	watched->tag =
		dbus_watch_get_enabled(watched->watch)
			? g_source_add_unix_fd(loop->source, dbus_watch_get_unix_fd(watched->watch),
				  watch_condition(watched->watch))
			: NULL;
}

static dbus_bool_t
add_watch(DBusWatch *watch, void *data)
{
	RpDBusLoop *loop = data;
	Watched *watched = g_new0(Watched, 1);

	watched->watch = watch;
	g_ptr_array_add(loop->watched, watched);
	watched_update(loop, watched);
	return TRUE;
}

static Watched *
find_watched(RpDBusLoop *loop, DBusWatch *watch)
{
	for (guint i = 0; i < loop->watched->len; i++) {
		Watched *watched = g_ptr_array_index(loop->watched, i);
		if (watched->watch == watch)
			return watched;
	}
	return NULL;
}

static void
remove_watch(DBusWatch *watch, void *data)
{
	RpDBusLoop *loop = data;
	Watched *watched = find_watched(loop, watch);

	if (!watched)
		return;
	if (watched->tag)
		g_source_remove_unix_fd(loop->source, watched->tag);
	g_ptr_array_remove(loop->watched, watched);
}

static void
toggle_watch(DBusWatch *watch, void *data)
{
	RpDBusLoop *loop = data;
	Watched *watched = find_watched(loop, watch);

	if (watched)
		watched_update(loop, watched);
}

static gboolean
on_timeout(gpointer data)
{
	dbus_timeout_handle(data);
	return G_SOURCE_CONTINUE;
}

static void
timer_stop(DBusTimeout *timeout)
{
	GSource *source = dbus_timeout_get_data(timeout);

	dbus_timeout_set_data(timeout, NULL, NULL);
	rp_source_clear(&source);
}

static void
toggle_timeout(DBusTimeout *timeout, void *data)
{
	RpDBusLoop *loop = data;

	timer_stop(timeout);
	if (!dbus_timeout_get_enabled(timeout))
		return;
	GSource *source = g_timeout_source_new((guint)dbus_timeout_get_interval(timeout));
	dbus_timeout_set_data(
		timeout, rp_dbus_attach(source, loop->context, on_timeout, timeout), NULL);
}

static dbus_bool_t
add_timeout(DBusTimeout *timeout, void *data)
{
	toggle_timeout(timeout, data);
	return TRUE;
}

static void
remove_timeout(DBusTimeout *timeout, void *data)
{
	timer_stop(timeout);
}

static void
wake_up(void *data)
{
	RpDBusLoop *loop = data;

	g_main_context_wakeup(loop->context);
}

static gboolean
has_messages(RpDBusLoop *loop)
{
	return dbus_connection_get_dispatch_status(loop->connection) == DBUS_DISPATCH_DATA_REMAINS;
}

static gboolean
loop_prepare(GSource *source, gint *timeout)
{
	*timeout = -1;
	return has_messages(((LoopSource *)source)->loop);
}

static unsigned int
watched_ready(RpDBusLoop *loop, const Watched *watched)
{
	if (!watched->tag)
		return 0;
	GIOCondition got = g_source_query_unix_fd(loop->source, watched->tag);
	return (got & G_IO_IN ? DBUS_WATCH_READABLE : 0) |
	       (got & G_IO_OUT ? DBUS_WATCH_WRITABLE : 0) |
	       (got & G_IO_ERR ? DBUS_WATCH_ERROR : 0) | (got & G_IO_HUP ? DBUS_WATCH_HANGUP : 0);
}

static gboolean
loop_check(GSource *source)
{
	RpDBusLoop *loop = ((LoopSource *)source)->loop;

	for (guint i = 0; i < loop->watched->len; i++)
		if (watched_ready(loop, g_ptr_array_index(loop->watched, i)))
			return TRUE;
	return has_messages(loop);
}

/* Handling one watch may remove others: the list is walked by what it was, and asked again. */
static void
handle_watches(RpDBusLoop *loop)
{
	g_autofree DBusWatch **ready = g_new0(DBusWatch *, loop->watched->len + 1);
	g_autofree unsigned int *flags = g_new0(unsigned int, loop->watched->len + 1);
	guint n = 0;

	for (guint i = 0; i < loop->watched->len; i++) {
		Watched *watched = g_ptr_array_index(loop->watched, i);
		flags[n] = watched_ready(loop, watched);
		if (flags[n])
			ready[n++] = watched->watch;
	}
	for (guint i = 0; i < n; i++)
		if (find_watched(loop, ready[i]) && dbus_watch_get_enabled(ready[i]))
			dbus_watch_handle(ready[i], flags[i]);
}

/* One message a turn, so that a busy bus leaves room for the other sources. */
static gboolean
loop_dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	RpDBusLoop *loop = ((LoopSource *)source)->loop;
	DBusConnection *connection = dbus_connection_ref(loop->connection);

	handle_watches(loop);
	DBusDispatchStatus status = dbus_connection_dispatch(connection);
	gboolean alive = !g_source_is_destroyed(source);
	if (alive && status == DBUS_DISPATCH_COMPLETE &&
		!dbus_connection_get_is_connected(connection))
		loop->lost(loop->user);
	dbus_connection_unref(connection);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs loop_funcs = {
	.prepare = loop_prepare,
	.check = loop_check,
	.dispatch = loop_dispatch,
};

RpDBusLoop *
rp_dbus_loop_new(
	DBusConnection *connection, GMainContext *context, RpDBusLostFunc lost, gpointer user)
{
	RpDBusLoop *loop = g_new0(RpDBusLoop, 1);

	loop->context = g_main_context_ref(context);
	loop->connection = dbus_connection_ref(connection);
	loop->watched = g_ptr_array_new_with_free_func(g_free);
	loop->lost = lost;
	loop->user = user;
	loop->source = g_source_new(&loop_funcs, sizeof(LoopSource));
	((LoopSource *)loop->source)->loop = loop;
	g_source_set_static_name(loop->source, "roampost-dbus");
	g_source_attach(loop->source, context);
	dbus_connection_set_watch_functions(
		connection, add_watch, remove_watch, toggle_watch, loop, NULL);
	dbus_connection_set_timeout_functions(
		connection, add_timeout, remove_timeout, toggle_timeout, loop, NULL);
	dbus_connection_set_wakeup_main_function(connection, wake_up, loop, NULL);
	return loop;
}

void
rp_dbus_loop_free(RpDBusLoop *loop)
{
	if (!loop)
		return;
	dbus_connection_set_watch_functions(loop->connection, NULL, NULL, NULL, NULL, NULL);
	dbus_connection_set_timeout_functions(loop->connection, NULL, NULL, NULL, NULL, NULL);
	dbus_connection_set_wakeup_main_function(loop->connection, NULL, NULL, NULL);
	rp_source_clear(&loop->source);
	g_ptr_array_unref(loop->watched);
	dbus_connection_unref(loop->connection);
	g_main_context_unref(loop->context);
	g_free(loop);
}
