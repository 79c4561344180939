/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-dbus"
#include "dbusloop-private.h"

#include <string.h>

/* One connection that comes back by itself: made, greeted,
 * lost, and tried again as soon as there is a bus. */

static const char *const state_names[] = {"offline", "greeting", "connected"};

static void
bus_set_state(RpDBus *bus, RpDBusState state, const char *reason)
{
	if (bus->state == state)
		return;
	g_debug("bus %s: %s -> %s (%s)", bus->address ? bus->address : "none",
		state_names[bus->state], state_names[state], reason);
	bus->state = state;
}

static void
cancel_hello(RpDBus *bus)
{
	if (!bus->hello)
		return;
	dbus_pending_call_cancel(bus->hello);
	g_clear_pointer(&bus->hello, dbus_pending_call_unref);
}

static DBusHandlerResult
bus_filter(DBusConnection *connection, DBusMessage *message, void *data)
{
	RpDBus *bus = data;

	if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_SIGNAL &&
		bus->state == RP_DBUS_CONNECTED && dbus_message_get_sender(message))
		rp_dbus_entries_notify(bus, RP_DBUS_EVENT_SIGNAL, message);
	return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

static void
drop_connection(RpDBus *bus)
{
	cancel_hello(bus);
	if (!bus->connection)
		return;
	dbus_connection_remove_filter(bus->connection, bus_filter, bus);
	g_clear_pointer(&bus->loop, rp_dbus_loop_free);
	dbus_connection_close(bus->connection);
	g_clear_pointer(&bus->connection, dbus_connection_unref);
}

static void
bus_lost(RpDBus *bus, const char *reason)
{
	gboolean was_connected = bus->state == RP_DBUS_CONNECTED;

	rp_dbus_ref(bus);
	bus_set_state(bus, RP_DBUS_OFFLINE, reason);
	if (was_connected)
		rp_dbus_entries_notify(bus, RP_DBUS_EVENT_DISCONNECTED, NULL);
	drop_connection(bus);
	if (bus->address)
		rp_dbus_socket_retry(bus->socket);
	rp_dbus_unref(bus);
}

static void
on_lost(gpointer user)
{
	bus_lost(user, "the connection ended");
}

static void
bus_greeted(RpDBus *bus, DBusMessage *reply)
{
	const char *name = NULL;

	if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR ||
		!dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID)) {
		const char *why = dbus_message_get_error_name(reply);
		bus_lost(bus, why ? why : "no name in the answer to Hello");
		return;
	}
	dbus_bus_set_unique_name(bus->connection, name);
	rp_dbus_socket_connected(bus->socket);
	bus_set_state(bus, RP_DBUS_CONNECTED, name);
	rp_dbus_entries_notify(bus, RP_DBUS_EVENT_CONNECTED, NULL);
}

static void
on_hello(DBusPendingCall *pending, void *data)
{
	RpDBus *bus = data;
	g_autoptr(RpDBusMessage) reply = dbus_pending_call_steal_reply(pending);
	g_clear_pointer(&bus->hello, dbus_pending_call_unref);
	bus_greeted(bus, reply);
}

/* Hello is sent as an ordinary call: dbus_bus_register would block on a bus that is slow to start.
 */
static void
bus_try(RpDBus *bus, int timeout_ms)
{
	rp_source_clear(&bus->first_try);
	if (bus->connection || !bus->address)
		return;
	DBusError error = DBUS_ERROR_INIT;
	bus->connection = dbus_connection_open_private(bus->address, &error);
	if (!bus->connection) {
		g_debug("bus %s: %s", bus->address, error.message);
		dbus_error_free(&error);
		rp_dbus_socket_retry(bus->socket);
		return;
	}
	dbus_connection_set_exit_on_disconnect(bus->connection, FALSE);
	bus->loop = rp_dbus_loop_new(bus->connection, bus->context, on_lost, bus);
	dbus_connection_add_filter(bus->connection, bus_filter, bus, NULL);
	bus_set_state(bus, RP_DBUS_GREETING, "the socket answers");
	g_autoptr(RpDBusMessage) hello = rp_dbus_driver_call("Hello", NULL);
	if (!dbus_connection_send_with_reply(bus->connection, hello, &bus->hello, timeout_ms) ||
		!bus->hello) {
		bus_lost(bus, "Hello could not be sent");
		return;
	}
	dbus_pending_call_set_notify(bus->hello, on_hello, bus, NULL);
}

static void
on_socket(gpointer user)
{
	bus_try(user, -1);
}

static gboolean
on_first_try(gpointer user)
{
	bus_try(user, -1);
	return G_SOURCE_REMOVE;
}

RpDBus *
rp_dbus_new_address(const char *address)
{
	RpDBus *bus = g_new0(RpDBus, 1);

	bus->refs = 1;
	bus->address = g_strdup(address);
	bus->context = g_main_context_ref_thread_default();
	bus->entries = g_ptr_array_new();
	bus->drop_connection = drop_connection;
	bus->socket = rp_dbus_socket_new(address, on_socket, bus);
	bus->first_try = g_idle_source_new();
	g_source_set_priority(bus->first_try, G_PRIORITY_DEFAULT);
	rp_dbus_attach(bus->first_try, bus->context, on_first_try, bus);
	return bus;
}

char *
rp_dbus_session_address(void)
{
	const char *address = g_getenv("DBUS_SESSION_BUS_ADDRESS");

	if (address && *address && !g_str_has_prefix(address, "autolaunch:"))
		return g_strdup(address);
	g_autofree char *path = g_build_filename(g_get_user_runtime_dir(), "bus", NULL);
	g_autofree char *escaped = dbus_address_escape_value(path);
	return g_strconcat("unix:path=", escaped, NULL);
}

char *
rp_dbus_system_address(void)
{
	const char *address = g_getenv("DBUS_SYSTEM_BUS_ADDRESS");

	return g_strdup(address && *address ? address : "unix:path=/run/dbus/system_bus_socket");
}

RpDBus *
rp_dbus_new_session(void)
{
	g_autofree char *address = rp_dbus_session_address();

	return rp_dbus_new_address(address);
}

RpDBus *
rp_dbus_new_system(void)
{
	g_autofree char *address = rp_dbus_system_address();

	return rp_dbus_new_address(address);
}

const char *
rp_dbus_unique_name(const RpDBus *bus)
{
	return rp_dbus_is_connected(bus) ? dbus_bus_get_unique_name(bus->connection) : NULL;
}

char *
rp_dbus_server_id(const RpDBus *bus)
{
	char *id =
		rp_dbus_is_connected(bus) ? dbus_connection_get_server_id(bus->connection) : NULL;
	char *copy = g_strdup(id);

	dbus_free(id);
	return copy;
}

/* Not dbus_pending_call_block: that writes first, without a limit of time, and a daemon that is
 * stopped takes the connection and never the first word of it. */
static void
await_hello(RpDBus *bus, int timeout_ms)
{
	gint64 end = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;
	DBusConnection *connection = dbus_connection_ref(bus->connection);

	while (bus->hello && g_get_monotonic_time() < end &&
		dbus_connection_read_write_dispatch(connection,
			(int)((end - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND) + 1))
		;
	dbus_connection_unref(connection);
	if (bus->hello)
		bus_lost(bus, "no answer to Hello");
}

gboolean
rp_dbus_connect_sync(RpDBus *bus, int timeout_ms, GError **error)
{
	bus_try(bus, timeout_ms);
	if (bus->hello)
		await_hello(bus, timeout_ms);
	if (rp_dbus_is_connected(bus))
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE, "no message bus answers at %s",
		bus->address ? bus->address : "any address");
	return FALSE;
}

void
rp_dbus_flush(RpDBus *bus)
{
	if (rp_dbus_is_connected(bus))
		dbus_connection_flush(bus->connection);
}

gboolean
rp_dbus_send(RpDBus *bus, DBusMessage *message)
{
	g_autoptr(RpDBusMessage) owned = message;
	if (!rp_dbus_is_connected(bus))
		return FALSE;
	return dbus_connection_send(bus->connection, owned, NULL);
}

/* ---- State watches ---- */

struct RpDBusStateWatch {
	RpDBusEntry entry;
	RpDBusStateFunc func;
	gpointer user;
};

static void
state_notify(RpDBusEntry *entry)
{
	RpDBusStateWatch *watch = (RpDBusStateWatch *)entry;

	rp_source_clear(&entry->soon);
	watch->func(rp_dbus_is_connected(entry->bus), watch->user);
}

static gboolean
state_soon(gpointer user)
{
	state_notify(user);
	return G_SOURCE_REMOVE;
}

static const RpDBusEntryClass state_class = {
	.connected = state_notify, .disconnected = state_notify};

RpDBusStateWatch *
rp_dbus_watch_state(RpDBus *bus, RpDBusStateFunc func, gpointer user)
{
	RpDBusStateWatch *watch = g_new0(RpDBusStateWatch, 1);

	rp_dbus_entry_init(&watch->entry, bus, &state_class);
	watch->func = func;
	watch->user = user;
	if (rp_dbus_is_connected(bus))
		rp_dbus_entry_soon(&watch->entry, state_soon);
	return watch;
}

void
rp_dbus_state_watch_free(RpDBusStateWatch *watch)
{
	if (!watch)
		return;
	rp_dbus_entry_clear(&watch->entry);
	g_free(watch);
}
