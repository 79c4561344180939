/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "networkmanager-dial-call-private.h"

/* What NetworkManager is asked to bring one line up, and what has to go for it. */

static void
on_dialled_again(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(NMActiveConnection) line =
		nm_client_activate_connection_finish(NM_CLIENT(object), result, &error);
	RpDialCall *call = user;

	if (rp_dial_was_cancelled(error))
		return;
	if (line)
		rp_dial_note(call, line);
	rp_dial_finish(call, g_steal_pointer(&call->failure));
}

/* What had to go for one that did not come up is dialled again, and NetworkManager has heard it
 * when the call ends: not before, since the connection to the bus ends with it. Takes the error. */
static void
fail_and_dial_again(RpDialCall *call, GError *error)
{
	if (!call->again) {
		rp_dial_finish(call, error);
		return;
	}
	call->failure = error;
	nm_client_activate_connection_async(call->client, NM_CONNECTION(call->again), NULL, NULL,
		call->cancellable, on_dialled_again, call);
}

static void
look_at_state(RpDialCall *call)
{
	NMActiveConnectionState state = nm_active_connection_get_state(call->active);

	if (state == NM_ACTIVE_CONNECTION_STATE_ACTIVATED)
		rp_dial_finish(call, NULL);
	else if (state == NM_ACTIVE_CONNECTION_STATE_DEACTIVATED) {
		g_signal_handlers_disconnect_by_data(call->active, call);
		rp_dial_forget(call, call->active);
		fail_and_dial_again(
			call, g_error_new_literal(RP_ERROR, RP_ERROR_UNAVAILABLE,
				      "NetworkManager could not bring the connection up"));
	}
}

static void
on_state(GObject *object, GParamSpec *property, gpointer user)
{
	look_at_state(user);
}

/* Takes the line. */
static void
wait_for_line(RpDialCall *call, NMActiveConnection *line)
{
	call->active = line;
	g_signal_connect(line, "notify::state", G_CALLBACK(on_state), call);
	look_at_state(call);
}

static void
on_activated(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	NMActiveConnection *line =
		nm_client_activate_connection_finish(NM_CLIENT(object), result, &error);
	RpDialCall *call = user;

	if (rp_dial_was_cancelled(error))
		return;
	if (!line) {
		fail_and_dial_again(call, g_error_new(RP_ERROR, RP_ERROR_UNAVAILABLE,
						  "NetworkManager refuses: %s", error->message));
		return;
	}
	rp_dial_note(call, line);
	wait_for_line(call, line);
}

static NMRemoteConnection *
find_connection(const RpDialCall *call)
{
	for (char **name = call->names; *name; name++) {
		NMRemoteConnection *found = nm_client_get_connection_by_uuid(call->client, *name);

		if (!found)
			found = nm_client_get_connection_by_id(call->client, *name);
		if (found)
			return found;
	}
	return NULL;
}

/* The port below PPPoE, or the interface, that a connection needs for itself; NULL: none is named.
 */
static const char *
port_of(NMConnection *connection)
{
	NMSettingPppoe *pppoe = nm_connection_get_setting_pppoe(connection);
	const char *parent = pppoe ? nm_setting_pppoe_get_parent(pppoe) : NULL;

	return parent ? parent : nm_connection_get_interface_name(connection);
}

static gboolean
is_for_modem(NMConnection *connection)
{
	return nm_connection_get_setting_gsm(connection) ||
	       nm_connection_get_setting_cdma(connection);
}

/* Whether the two can't be up at once. */
static gboolean
share_a_port(NMConnection *connection, NMConnection *other)
{
	const char *port = port_of(connection);

	return (port && g_strcmp0(port, port_of(other)) == 0) ||
	       (is_for_modem(connection) && is_for_modem(other));
}

/* Of what was dialled, one that is up where the connection has to go; or NULL. */
static NMActiveConnection *
find_holder(const RpDialCall *call, NMConnection *connection)
{
	const GPtrArray *lines = nm_client_get_active_connections(call->client);

	for (guint i = 0; i < lines->len; i++) {
		NMActiveConnection *line = lines->pdata[i];
		NMRemoteConnection *profile = nm_active_connection_get_connection(line);

		if (profile && NM_CONNECTION(profile) != connection &&
			rp_dialled_has(call->dialled, call->client, line) &&
			share_a_port(connection, NM_CONNECTION(profile)))
			return line;
	}
	return NULL;
}

/* The connection as it is up, or coming up, by whomever; or NULL. */
static NMActiveConnection *
find_line(const RpDialCall *call, NMRemoteConnection *connection)
{
	const GPtrArray *lines = nm_client_get_active_connections(call->client);

	for (guint i = 0; i < lines->len; i++) {
		NMActiveConnection *line = lines->pdata[i];
		NMActiveConnectionState state = nm_active_connection_get_state(line);

		if (nm_active_connection_get_connection(line) == connection &&
			(state == NM_ACTIVE_CONNECTION_STATE_ACTIVATED ||
				state == NM_ACTIVE_CONNECTION_STATE_ACTIVATING))
			return line;
	}
	return NULL;
}

static void
activate_now(RpDialCall *call)
{
	nm_client_activate_connection_async(call->client, NM_CONNECTION(call->wanted), NULL, NULL,
		call->cancellable, on_activated, call);
}

static void
on_holder_state(GObject *object, GParamSpec *property, gpointer user)
{
	RpDialCall *call = user;

	if (nm_active_connection_get_state(NM_ACTIVE_CONNECTION(object)) !=
		NM_ACTIVE_CONNECTION_STATE_DEACTIVATED)
		return;
	g_signal_handlers_disconnect_by_data(object, call);
	activate_now(call);
}

/* What is up stays as it is: to activate it anew would cut what goes by it. */
static void
activate_by_port(RpDialCall *call)
{
	NMActiveConnection *line = find_line(call, call->wanted);
	NMActiveConnection *holder = find_holder(call, NM_CONNECTION(call->wanted));

	if (line) {
		wait_for_line(call, g_object_ref(line));
	} else if (holder) {
		call->leaving = g_object_ref(holder);
		call->again = g_object_ref(nm_active_connection_get_connection(holder));
		rp_dial_forget(call, holder);
		g_signal_connect(holder, "notify::state", G_CALLBACK(on_holder_state), call);
		nm_client_deactivate_connection_async(
			call->client, holder, call->cancellable, NULL, NULL);
	} else {
		activate_now(call);
	}
}

static char *
make_port(NMConnection *connection)
{
	const char *port = port_of(connection);

	if (is_for_modem(connection))
		return g_strdup("modem");
	return g_strdup(port ? port : nm_connection_get_uuid(connection));
}

static void
take_port(RpDialCall *call)
{
	g_autofree char *port = make_port(NM_CONNECTION(call->wanted));

	call->waits = !call->events->is_free(call, port, call->user);
	if (call->waits)
		return;
	call->port = g_steal_pointer(&port);
	rp_dial_start_timeout(call);
	activate_by_port(call);
}

void
rp_dial_activate(RpDialCall *call)
{
	NMRemoteConnection *connection = find_connection(call);

	if (!connection) {
		rp_dial_fail(call, RP_ERROR_NOT_FOUND,
			"NetworkManager has none of the provider's nm-connections");
		return;
	}
	call->wanted = g_object_ref(connection);
	take_port(call);
}

static gboolean
on_going_on(gpointer user)
{
	RpDialCall *call = user;

	call->timeout = 0;
	take_port(call);
	return G_SOURCE_REMOVE;
}

void
rp_dial_call_go_on(RpDialCall *call)
{
	if (!call->waits)
		return;
	call->waits = FALSE;
	g_clear_handle_id(&call->timeout, g_source_remove);
	call->timeout = g_idle_add(on_going_on, call);
}
