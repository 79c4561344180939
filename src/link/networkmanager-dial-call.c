/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "networkmanager-dial-private.h"

#include "roampost/base.h"

/* What NetworkManager is asked to bring one line up or down, from the connection to the bus on. */

/* Longer than a modem dials, and shorter than D-Bus callers wait. */
#define TIMEOUT_SECONDS 55

struct RpDialCall {
	char **names;
	gboolean hang_up;
	RpDialled *dialled;
	const RpDialCallEvents *events;
	gpointer user;

	GCancellable *cancellable;
	GDBusConnection *connection;
	NMClient *client;
	guint timeout;
	guint n_hung_up;
	char *port;                  /* ours alone while we dial; NULL: not yet */
	gboolean waits;              /* until whose it is has done */
	NMActiveConnection *active;  /* what is to come up */
	NMActiveConnection *leaving; /* what holds the port that is wanted, or is hung up */
	NMRemoteConnection *wanted;
	NMRemoteConnection *again; /* of what was hung up for it */
	GError *failure;           /* what it ends with once that is dialled again */
};

void
rp_dial_call_free(RpDialCall *call)
{
	if (!call)
		return;
	g_clear_handle_id(&call->timeout, g_source_remove);
	if (call->active)
		g_signal_handlers_disconnect_by_data(call->active, call);
	g_clear_object(&call->active);
	if (call->leaving)
		g_signal_handlers_disconnect_by_data(call->leaving, call);
	g_clear_object(&call->leaving);
	g_clear_object(&call->wanted);
	g_clear_object(&call->again);
	g_clear_error(&call->failure);
	g_cancellable_cancel(call->cancellable);
	g_clear_object(&call->cancellable);
	g_clear_object(&call->client);
	if (call->connection)
		g_dbus_connection_close(call->connection, NULL, NULL, NULL);
	g_clear_object(&call->connection);
	g_strfreev(call->names);
	g_free(call->port);
	g_free(call);
}

const char *
rp_dial_call_port(const RpDialCall *call)
{
	return call->port;
}

/* Takes the error. The call is gone then. */
static void
finish(RpDialCall *call, GError *error)
{
	call->events->done(call, error, call->user);
}

static void
fail(RpDialCall *call, RpErrorCode code, const char *sentence)
{
	finish(call, g_error_new_literal(RP_ERROR, (gint)code, sentence));
}

static gboolean
on_timeout(gpointer user)
{
	RpDialCall *call = user;

	call->timeout = 0;
	fail(call, RP_ERROR_UNAVAILABLE, "The connection did not come up in time.");
	return G_SOURCE_REMOVE;
}

static void
start_timeout(RpDialCall *call)
{
	g_clear_handle_id(&call->timeout, g_source_remove);
	call->timeout = g_timeout_add_seconds(TIMEOUT_SECONDS, on_timeout, call);
}

static gboolean
was_cancelled(const GError *error)
{
	return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
note_dialled(RpDialCall *call, NMActiveConnection *line)
{
	if (rp_dialled_add(call->dialled, call->client, line))
		call->events->changed(call->user);
}

static void
forget_dialled(RpDialCall *call, NMActiveConnection *line)
{
	if (rp_dialled_remove(call->dialled, call->client, line))
		call->events->changed(call->user);
}

/* ---- dialling ---- */

static void
on_dialled_again(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(NMActiveConnection) line =
		nm_client_activate_connection_finish(NM_CLIENT(object), result, &error);
	RpDialCall *call = user;

	if (was_cancelled(error))
		return;
	if (line)
		note_dialled(call, line);
	finish(call, g_steal_pointer(&call->failure));
}

/* What had to go for one that did not come up is dialled again, and NetworkManager has heard it
 * when the call ends: not before, since the connection to the bus ends with it. Takes the error. */
static void
fail_and_dial_again(RpDialCall *call, GError *error)
{
	if (!call->again) {
		finish(call, error);
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
		finish(call, NULL);
	else if (state == NM_ACTIVE_CONNECTION_STATE_DEACTIVATED) {
		g_signal_handlers_disconnect_by_data(call->active, call);
		forget_dialled(call, call->active);
		fail_and_dial_again(
			call, g_error_new_literal(RP_ERROR, RP_ERROR_UNAVAILABLE,
				      "NetworkManager could not bring the connection up."));
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

	if (was_cancelled(error))
		return;
	if (!line) {
		fail_and_dial_again(call, g_error_new(RP_ERROR, RP_ERROR_UNAVAILABLE,
						  "NetworkManager refuses: %s", error->message));
		return;
	}
	note_dialled(call, line);
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
		forget_dialled(call, holder);
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
	start_timeout(call);
	activate_by_port(call);
}

static void
activate(RpDialCall *call)
{
	NMRemoteConnection *connection = find_connection(call);

	if (!connection) {
		fail(call, RP_ERROR_NOT_FOUND,
			"NetworkManager has none of the provider's nm-connections.");
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

/* ---- hanging up ---- */

static void deactivate(RpDialCall *call);

static void
on_deactivated(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	gboolean ok = nm_client_deactivate_connection_finish(NM_CLIENT(object), result, &error);
	RpDialCall *call = user;

	if (was_cancelled(error))
		return;
	forget_dialled(call, call->leaving);
	g_clear_object(&call->leaving);
	call->n_hung_up++;
	if (ok)
		deactivate(call);
	else
		finish(call, g_error_new(RP_ERROR, RP_ERROR_UNAVAILABLE,
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
		finish(call, NULL);
	else
		fail(call, RP_ERROR_STATE, "The connection that was dialled is gone already.");
}

/* ---- the client ---- */

static void
on_client(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	GObject *client = g_async_initable_new_finish(G_ASYNC_INITABLE(object), result, &error);
	RpDialCall *call = user;

	if (was_cancelled(error))
		return;
	call->client = client ? NM_CLIENT(client) : NULL;
	if (!client || !nm_client_get_nm_running(call->client))
		fail(call, RP_ERROR_UNAVAILABLE, "NetworkManager is not running.");
	else if (call->hang_up)
		deactivate(call);
	else
		activate(call);
}

static void
on_connection(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_for_address_finish(result, &error);
	RpDialCall *call = user;

	if (was_cancelled(error))
		return;
	if (!connection) {
		fail(call, RP_ERROR_UNAVAILABLE,
			"There is no system bus to reach NetworkManager by.");
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
	start_timeout(call);
	g_dbus_connection_new_for_address(system_bus,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, call->cancellable, on_connection, call);
	return call;
}
