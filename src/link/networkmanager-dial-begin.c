/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "networkmanager-dial-call-private.h"

/* A call begins with a client of NetworkManager's; then a line is dialled, or lines are hung up. */

/* ---- hanging up ---- */

static void deactivate(RpDialCall *call);

static void
on_deactivated(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	gboolean ok = nm_client_deactivate_connection_finish(NM_CLIENT(object), result, &error);
	RpDialCall *call = user;

	if (rp_dial_was_cancelled(error))
		return;
	rp_dial_forget(call, call->leaving);
	g_clear_object(&call->leaving);
	call->n_hung_up++;
	if (ok)
		deactivate(call);
	else
		rp_dial_finish(call, g_error_new(RP_ERROR, RP_ERROR_UNAVAILABLE,
					     "NetworkManager refuses: %s", error->message));
}

static void
deactivate(RpDialCall *call)
{
	const char *const *names = (const char *const *)call->names;
	const GPtrArray *lines = nm_client_get_active_connections(call->client);

	for (guint i = 0; i < lines->len; i++) {
		NMActiveConnection *line = lines->pdata[i];

		if (!rp_dialled_has(call->dialled, call->client, line) ||
			!rp_dialled_is_named(line, names))
			continue;
		call->leaving = g_object_ref(line);
		nm_client_deactivate_connection_async(
			call->client, line, call->cancellable, on_deactivated, call);
		return;
	}
	if (rp_dialled_remove_gone(call->dialled, call->client, names))
		call->events->changed(call->user);
	if (call->n_hung_up)
		rp_dial_finish(call, NULL);
	else
		rp_dial_fail(
			call, RP_ERROR_STATE, "the connection that was dialled is gone already");
}

/* ---- the client ---- */

static void
on_client(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	GObject *client = g_async_initable_new_finish(G_ASYNC_INITABLE(object), result, &error);
	RpDialCall *call = user;

	if (rp_dial_was_cancelled(error))
		return;
	call->client = client ? NM_CLIENT(client) : NULL;
	if (!client || !nm_client_get_nm_running(call->client))
		rp_dial_fail(call, RP_ERROR_UNAVAILABLE, "NetworkManager is not running");
	else if (call->hang_up)
		deactivate(call);
	else
		rp_dial_activate(call);
}

static void
on_connection(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_for_address_finish(result, &error);
	RpDialCall *call = user;

	if (rp_dial_was_cancelled(error))
		return;
	if (!connection) {
		rp_dial_fail(call, RP_ERROR_UNAVAILABLE,
			"there is no system bus to reach NetworkManager by");
		return;
	}
	call->connection = connection;
	g_dbus_connection_set_exit_on_close(connection, FALSE);
	g_async_initable_new_async(NM_TYPE_CLIENT, G_PRIORITY_DEFAULT, call->cancellable, on_client,
		call, NM_CLIENT_DBUS_CONNECTION, connection, NM_CLIENT_INSTANCE_FLAGS,
		(guint)NM_CLIENT_INSTANCE_FLAGS_NO_AUTO_FETCH_PERMISSIONS, NULL);
}

RpDialCall *
rp_dial_call_new(const char *system_bus, RpDialled *dialled, const char *const *names,
	gboolean hang_up, const RpDialCallEvents *events, gpointer user)
{
	RpDialCall *call = g_new0(RpDialCall, 1);

	call->names = g_strdupv((char **)names);
	call->hang_up = hang_up;
	call->dialled = dialled;
	call->events = events;
	call->user = user;
	call->cancellable = g_cancellable_new();
	rp_dial_start_timeout(call);
	g_dbus_connection_new_for_address(system_bus,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, call->cancellable, on_connection, call);
	return call;
}
