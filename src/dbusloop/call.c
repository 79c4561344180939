/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dbusloop-private.h"

#include <string.h>

/* A method is called and answered once, by a reply or by an
 * error of ours, whatever becomes of the bus meanwhile. */

struct RpDBusCall {
	RpDBusEntry entry;
	DBusPendingCall *pending;
	RpDBusReplyFunc func;
	gpointer user;
	RpDBusUidFunc uid_func; /* rp_dbus_call_get_uid's; func is on_uid then */
	gpointer uid_data;
};

static gboolean
means_unavailable(const char *name)
{
	static const char *const names[] = {DBUS_ERROR_NO_REPLY, DBUS_ERROR_TIMEOUT,
		DBUS_ERROR_TIMED_OUT, DBUS_ERROR_DISCONNECTED, DBUS_ERROR_SERVICE_UNKNOWN,
		DBUS_ERROR_NAME_HAS_NO_OWNER, DBUS_ERROR_NO_SERVER, NULL};

	return g_strv_contains(names, name) ||
	       g_str_has_prefix(name, "org.freedesktop.DBus.Error.Spawn.");
}

static GError *
error_new(const char *name, const char *text)
{
	return g_error_new_literal(RP_ERROR,
		means_unavailable(name) ? RP_ERROR_UNAVAILABLE : RP_ERROR_STATE,
		text && *text ? text : name);
}

/* RP_ERROR_UNAVAILABLE or RP_ERROR_STATE, as rp_dbus_call promises. */
static GError *
error_from_reply(DBusMessage *reply)
{
	const char *text = NULL;

	if (dbus_message_get_type(reply) != DBUS_MESSAGE_TYPE_ERROR)
		return NULL;
	if (!dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID))
		text = NULL;
	return error_new(dbus_message_get_error_name(reply), text);
}

DBusMessage *
rp_dbus_driver_call(const char *method, const char *argument)
{
	DBusMessage *message = dbus_message_new_method_call(
		DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, method);

	if (argument)
		dbus_message_append_args(message, DBUS_TYPE_STRING, &argument, DBUS_TYPE_INVALID);
	return message;
}

static void
call_forget_pending(RpDBusCall *call)
{
	if (!call->pending)
		return;
	dbus_pending_call_cancel(call->pending);
	g_clear_pointer(&call->pending, dbus_pending_call_unref);
}

static void
call_unavailable(RpDBusEntry *entry)
{
	RpDBusCall *call = (RpDBusCall *)entry;

	if (!call->pending && !entry->soon)
		return; /* answered before */
	rp_source_clear(&entry->soon);
	call_forget_pending(call);
	g_autoptr(GError) error =
		g_error_new_literal(RP_ERROR, RP_ERROR_UNAVAILABLE, "the message bus is not there");
	call->func(NULL, error, call->user);
}

static gboolean
on_unavailable(gpointer user)
{
	call_unavailable(user);
	return G_SOURCE_REMOVE;
}

static void
on_reply(DBusPendingCall *pending, void *data)
{
	RpDBusCall *call = data;
	g_autoptr(RpDBusMessage) reply = dbus_pending_call_steal_reply(pending);
	g_autoptr(GError) error = error_from_reply(reply);
	g_clear_pointer(&call->pending, dbus_pending_call_unref);
	call->func(reply, error, call->user);
}

static const RpDBusEntryClass call_class = {.disconnected = call_unavailable};

RpDBusCall *
rp_dbus_call(RpDBus *bus, DBusMessage *message, int timeout_ms, RpDBusReplyFunc func, gpointer user)
{
	g_autoptr(RpDBusMessage) owned = message;
	RpDBusCall *call = g_new0(RpDBusCall, 1);
	rp_dbus_entry_init(&call->entry, bus, &call_class);
	call->func = func;
	call->user = user;
	if (!rp_dbus_is_connected(bus) ||
		!dbus_connection_send_with_reply(
			bus->connection, owned, &call->pending, timeout_ms) ||
		!call->pending) {
		rp_dbus_entry_soon(&call->entry, on_unavailable);
		return call;
	}
	dbus_pending_call_set_notify(call->pending, on_reply, call, NULL);
	return call;
}

void
rp_dbus_call_free(RpDBusCall *call)
{
	if (!call)
		return;
	call_forget_pending(call);
	rp_dbus_entry_clear(&call->entry);
	g_free(call);
}

DBusMessage *
rp_dbus_call_sync(
	RpDBus *bus, DBusMessage *message, int timeout_ms, char **error_name, GError **error)
{
	g_autoptr(RpDBusMessage) owned = message;
	DBusError failure = DBUS_ERROR_INIT;
	if (!rp_dbus_is_connected(bus)) {
		g_set_error_literal(
			error, RP_ERROR, RP_ERROR_UNAVAILABLE, "the message bus is not there");
		return NULL;
	}
	DBusMessage *reply = dbus_connection_send_with_reply_and_block(
		bus->connection, owned, timeout_ms, &failure);
	if (reply)
		return reply;
	if (error_name)
		*error_name = g_strdup(failure.name);
	g_propagate_error(error, error_new(failure.name, failure.message));
	dbus_error_free(&failure);
	return NULL;
}

static void
on_uid(DBusMessage *reply, const GError *error, gpointer user)
{
	RpDBusCall *call = user;
	dbus_uint32_t uid = 0;
	gboolean told = !error && dbus_message_get_args(
					  reply, NULL, DBUS_TYPE_UINT32, &uid, DBUS_TYPE_INVALID);

	call->uid_func(told ? (gint64)uid : -1, call->uid_data);
}

RpDBusCall *
rp_dbus_call_get_uid(RpDBus *bus, const char *name, RpDBusUidFunc func, gpointer user)
{
	DBusMessage *message = rp_dbus_driver_call("GetConnectionUnixUser", name);
	RpDBusCall *call = rp_dbus_call(bus, message, -1, on_uid, NULL);

	call->user = call;
	call->uid_func = func;
	call->uid_data = user;
	return call;
}
