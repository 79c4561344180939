/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "roampost/dial.h"

#include "roampost/bussocket.h"

#include <NetworkManager.h>

/* Dialling and hanging up by NetworkManager: one call after the other, with an answer in any case.
 */

/* Longer than a modem dials, and shorter than D-Bus callers wait. */
#define TIMEOUT_SECONDS 55

typedef struct {
	char **names; /* NULL: all that was dialled */
	gboolean hang_up;
	RpDialDone done;
	gpointer user;
} RpDialCall;

struct RpDialler {
	char *address;
	GPtrArray *dialled; /* of char*: UUIDs of what was dialled, the last one last */
	GHashTable *ids;    /* of these: UUID -> id */
	GQueue waiting;     /* of RpDialCall: those after the one under way */

	/* the call under way */
	char **names;
	gboolean hang_up;
	RpDialDone done;
	gpointer user;
	GCancellable *cancellable;
	GDBusConnection *connection;
	NMClient *client;
	NMActiveConnection *active;
	NMActiveConnection *leaving; /* what holds the port that is wanted, or is hung up */
	char *again;                 /* UUID of what was hung up for it */
	GError *failure;             /* what the call ends with once that is dialled again */
	guint n_hung_up;
	guint timeout;
};

RpDialler *
rp_dialler_new(const char *system_bus)
{
	RpDialler *dialler = g_new0(RpDialler, 1);

	dialler->dialled = g_ptr_array_new_with_free_func(g_free);
	dialler->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_queue_init(&dialler->waiting);
	dialler->address = system_bus ? g_strdup(system_bus) : rp_dbus_system_address();
	return dialler;
}

/* Lets go of everything that the call needed. */
static void
end_call(RpDialler *dialler)
{
	g_clear_handle_id(&dialler->timeout, g_source_remove);
	if (dialler->active)
		g_signal_handlers_disconnect_by_data(dialler->active, dialler);
	g_clear_object(&dialler->active);
	if (dialler->leaving)
		g_signal_handlers_disconnect_by_data(dialler->leaving, dialler);
	g_clear_object(&dialler->leaving);
	g_clear_pointer(&dialler->again, g_free);
	g_clear_error(&dialler->failure);
	g_cancellable_cancel(dialler->cancellable);
	g_clear_object(&dialler->cancellable);
	g_clear_object(&dialler->client);
	if (dialler->connection)
		g_dbus_connection_close(dialler->connection, NULL, NULL, NULL);
	g_clear_object(&dialler->connection);
	g_clear_pointer(&dialler->names, g_strfreev);
}

static void
call_free(gpointer data)
{
	RpDialCall *call = data;

	g_strfreev(call->names);
	g_free(call);
}

void
rp_dialler_free(RpDialler *dialler)
{
	if (!dialler)
		return;
	end_call(dialler);
	g_queue_clear_full(&dialler->waiting, call_free);
	g_ptr_array_unref(dialler->dialled);
	g_hash_table_unref(dialler->ids);
	g_free(dialler->address);
	g_free(dialler);
}

static void begin(RpDialler *dialler, RpDialCall *call);

/* Takes the error. The next one begins before this one's end is told: who hears of it may dial. */
static void
finish(RpDialler *dialler, GError *error)
{
	g_autoptr(GError) owned = error;
	RpDialDone done = dialler->done;
	gpointer user = dialler->user;

	end_call(dialler);
	dialler->done = NULL;
	if (!g_queue_is_empty(&dialler->waiting))
		begin(dialler, g_queue_pop_head(&dialler->waiting));
	done(owned, user);
}

static void
fail(RpDialler *dialler, RpErrorCode code, const char *sentence)
{
	finish(dialler, g_error_new_literal(RP_ERROR, (gint)code, sentence));
}

static gboolean
on_timeout(gpointer user)
{
	RpDialler *dialler = user;

	dialler->timeout = 0;
	fail(dialler, RP_ERROR_UNAVAILABLE, "The connection did not come up in time.");
	return G_SOURCE_REMOVE;
}

static gboolean
was_cancelled(const GError *error)
{
	return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* ---- dialling ---- */

static void
forget_dialled(RpDialler *dialler, const char *uuid)
{
	guint index;

	if (g_ptr_array_find_with_equal_func(dialler->dialled, uuid, g_str_equal, &index))
		g_ptr_array_remove_index(dialler->dialled, index);
}

static void
note_dialled(RpDialler *dialler, const char *uuid)
{
	forget_dialled(dialler, uuid);
	g_ptr_array_add(dialler->dialled, g_strdup(uuid));
}

static void
on_dialled_again(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(NMActiveConnection) active =
		nm_client_activate_connection_finish(NM_CLIENT(object), result, &error);
	RpDialler *dialler = user;

	if (!was_cancelled(error))
		finish(dialler, g_steal_pointer(&dialler->failure));
}

/* What had to go for one that did not come up is dialled again, and NetworkManager has heard it
 * when the call ends: not before, since the connection to the bus ends with it. Takes the error. */
static void
fail_and_dial_again(RpDialler *dialler, GError *error)
{
	NMRemoteConnection *connection =
		dialler->again ? nm_client_get_connection_by_uuid(dialler->client, dialler->again)
			       : NULL;

	if (!connection) {
		finish(dialler, error);
		return;
	}
	dialler->failure = error;
	note_dialled(dialler, dialler->again);
	nm_client_activate_connection_async(dialler->client, NM_CONNECTION(connection), NULL, NULL,
		dialler->cancellable, on_dialled_again, dialler);
}

static void
look_at_state(RpDialler *dialler)
{
	NMActiveConnectionState state = nm_active_connection_get_state(dialler->active);

	if (state == NM_ACTIVE_CONNECTION_STATE_ACTIVATED)
		finish(dialler, NULL);
	else if (state == NM_ACTIVE_CONNECTION_STATE_DEACTIVATED) {
		g_signal_handlers_disconnect_by_data(dialler->active, dialler);
		forget_dialled(dialler, nm_active_connection_get_uuid(dialler->active));
		fail_and_dial_again(
			dialler, g_error_new_literal(RP_ERROR, RP_ERROR_UNAVAILABLE,
					 "NetworkManager could not bring the connection up."));
	}
}

static void
on_state(GObject *object, GParamSpec *property, gpointer user)
{
	look_at_state(user);
}

static void
on_activated(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	NMActiveConnection *active =
		nm_client_activate_connection_finish(NM_CLIENT(object), result, &error);
	RpDialler *dialler = user;

	if (was_cancelled(error))
		return;
	if (!active) {
		fail_and_dial_again(dialler, g_error_new(RP_ERROR, RP_ERROR_UNAVAILABLE,
						     "NetworkManager refuses: %s", error->message));
		return;
	}
	dialler->active = active;
	note_dialled(dialler, nm_active_connection_get_uuid(active));
	g_hash_table_replace(dialler->ids, g_strdup(nm_active_connection_get_uuid(active)),
		g_strdup(nm_active_connection_get_id(active)));
	g_signal_connect(active, "notify::state", G_CALLBACK(on_state), dialler);
	look_at_state(dialler);
}

static NMRemoteConnection *
find_connection(RpDialler *dialler)
{
	for (char **name = dialler->names; *name; name++) {
		NMRemoteConnection *found =
			nm_client_get_connection_by_uuid(dialler->client, *name);

		if (!found)
			found = nm_client_get_connection_by_id(dialler->client, *name);
		if (found)
			return found;
	}
	return NULL;
}

/* The modem, or the port below PPPoE, that a connection needs for itself; NULL: none is named. */
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

/* Of what was dialled, one that is up where the connection has to go; or NULL. */
static NMActiveConnection *
find_holder(const RpDialler *dialler, NMConnection *connection)
{
	const GPtrArray *actives = nm_client_get_active_connections(dialler->client);
	const char *port = port_of(connection);

	for (guint i = 0; i < actives->len; i++) {
		NMActiveConnection *active = g_ptr_array_index(actives, i);
		NMRemoteConnection *profile = nm_active_connection_get_connection(active);
		const char *uuid = nm_active_connection_get_uuid(active);

		if (!profile || g_strcmp0(uuid, nm_connection_get_uuid(connection)) == 0 ||
			!g_ptr_array_find_with_equal_func(
				dialler->dialled, uuid, g_str_equal, NULL))
			continue;
		if ((port && g_strcmp0(port, port_of(NM_CONNECTION(profile))) == 0) ||
			(is_for_modem(connection) && is_for_modem(NM_CONNECTION(profile))))
			return active;
	}
	return NULL;
}

static void
activate_now(RpDialler *dialler, NMRemoteConnection *connection)
{
	nm_client_activate_connection_async(dialler->client, NM_CONNECTION(connection), NULL, NULL,
		dialler->cancellable, on_activated, dialler);
}

static void
on_holder_state(GObject *object, GParamSpec *property, gpointer user)
{
	RpDialler *dialler = user;

	if (nm_active_connection_get_state(NM_ACTIVE_CONNECTION(object)) !=
		NM_ACTIVE_CONNECTION_STATE_DEACTIVATED)
		return;
	g_signal_handlers_disconnect_by_data(object, dialler);
	activate_now(dialler, find_connection(dialler));
}

static void
activate(RpDialler *dialler)
{
	NMRemoteConnection *connection = find_connection(dialler);
	NMActiveConnection *holder =
		connection ? find_holder(dialler, NM_CONNECTION(connection)) : NULL;

	if (!connection) {
		fail(dialler, RP_ERROR_NOT_FOUND,
			"NetworkManager has none of the provider's nm-connections.");
	} else if (holder) {
		dialler->leaving = g_object_ref(holder);
		dialler->again = g_strdup(nm_active_connection_get_uuid(holder));
		forget_dialled(dialler, dialler->again);
		g_signal_connect(holder, "notify::state", G_CALLBACK(on_holder_state), dialler);
		nm_client_deactivate_connection_async(
			dialler->client, holder, dialler->cancellable, NULL, NULL);
	} else {
		activate_now(dialler, connection);
	}
}

/* ---- hanging up ---- */

static void deactivate(RpDialler *dialler);

static gboolean
is_named(const RpDialler *dialler, const char *const *names, const char *uuid)
{
	const char *id = g_hash_table_lookup(dialler->ids, uuid);

	return !names || g_strv_contains(names, uuid) || (id && g_strv_contains(names, id));
}

gboolean
rp_dialler_has_dialled(const RpDialler *dialler, const char *const *connections)
{
	for (guint i = 0; i < dialler->dialled->len; i++)
		if (is_named(dialler, connections, dialler->dialled->pdata[i]))
			return TRUE;
	return FALSE;
}

static gboolean
is_to_go(const RpDialler *dialler, const char *uuid)
{
	return g_ptr_array_find_with_equal_func(dialler->dialled, uuid, g_str_equal, NULL) &&
	       is_named(dialler, (const char *const *)dialler->names, uuid);
}

static void
on_deactivated(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	gboolean ok = nm_client_deactivate_connection_finish(NM_CLIENT(object), result, &error);
	RpDialler *dialler = user;

	if (was_cancelled(error))
		return;
	forget_dialled(dialler, nm_active_connection_get_uuid(dialler->leaving));
	g_clear_object(&dialler->leaving);
	dialler->n_hung_up++;
	if (ok)
		deactivate(dialler);
	else
		finish(dialler, g_error_new(RP_ERROR, RP_ERROR_UNAVAILABLE,
					"NetworkManager refuses: %s", error->message));
}

static void
deactivate(RpDialler *dialler)
{
	const GPtrArray *actives = nm_client_get_active_connections(dialler->client);

	for (guint i = 0; i < actives->len; i++) {
		NMActiveConnection *active = g_ptr_array_index(actives, i);

		if (!is_to_go(dialler, nm_active_connection_get_uuid(active)))
			continue;
		dialler->leaving = g_object_ref(active);
		nm_client_deactivate_connection_async(
			dialler->client, active, dialler->cancellable, on_deactivated, dialler);
		return;
	}
	for (guint i = dialler->dialled->len; i-- > 0;)
		if (is_to_go(dialler, dialler->dialled->pdata[i]))
			g_ptr_array_remove_index(dialler->dialled, i);
	if (dialler->n_hung_up)
		finish(dialler, NULL);
	else
		fail(dialler, RP_ERROR_STATE, "The connection that was dialled is gone already.");
}

/* ---- the client ---- */

static void
on_client(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	GObject *client = g_async_initable_new_finish(G_ASYNC_INITABLE(object), result, &error);
	RpDialler *dialler = user;

	if (was_cancelled(error))
		return;
	dialler->client = client ? NM_CLIENT(client) : NULL;
	if (!client || !nm_client_get_nm_running(dialler->client))
		fail(dialler, RP_ERROR_UNAVAILABLE, "NetworkManager is not running.");
	else if (dialler->hang_up)
		deactivate(dialler);
	else
		activate(dialler);
}

static void
on_connection(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_for_address_finish(result, &error);
	RpDialler *dialler = user;

	if (was_cancelled(error))
		return;
	if (!connection) {
		fail(dialler, RP_ERROR_UNAVAILABLE,
			"There is no system bus to reach NetworkManager by.");
		return;
	}
	dialler->connection = connection;
	g_dbus_connection_set_exit_on_close(connection, FALSE);
	g_async_initable_new_async(NM_TYPE_CLIENT, G_PRIORITY_DEFAULT, dialler->cancellable,
		on_client, dialler, NM_CLIENT_DBUS_CONNECTION, connection, NM_CLIENT_INSTANCE_FLAGS,
		(guint)NM_CLIENT_INSTANCE_FLAGS_NO_AUTO_FETCH_PERMISSIONS, NULL);
}

/* ---- a call that can't even begin is answered like any other: later ---- */

typedef struct {
	RpDialDone done;
	gpointer user;
	const char *sentence;
} RpRefusedDial;

static gboolean
on_refused(gpointer data)
{
	RpRefusedDial *refused = data;
	g_autoptr(GError) error = g_error_new_literal(RP_ERROR, RP_ERROR_STATE, refused->sentence);

	refused->done(error, refused->user);
	return G_SOURCE_REMOVE;
}

static void
refuse(RpDialDone done, gpointer user, const char *sentence)
{
	RpRefusedDial *refused = g_new(RpRefusedDial, 1);

	*refused = (RpRefusedDial){done, user, sentence};
	g_idle_add_full(G_PRIORITY_DEFAULT, on_refused, refused, g_free);
}

/* Takes the call. */
static void
begin(RpDialler *dialler, RpDialCall *call)
{
	dialler->n_hung_up = 0;
	dialler->names = g_steal_pointer(&call->names);
	dialler->hang_up = call->hang_up;
	dialler->done = call->done;
	dialler->user = call->user;
	call_free(call);
	dialler->cancellable = g_cancellable_new();
	dialler->timeout = g_timeout_add_seconds(TIMEOUT_SECONDS, on_timeout, dialler);
	g_dbus_connection_new_for_address(dialler->address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, dialler->cancellable, on_connection, dialler);
}

static void
queue_call(RpDialler *dialler, const char *const *names, gboolean hang_up, RpDialDone done,
	gpointer user)
{
	RpDialCall *call = g_new(RpDialCall, 1);

	*call = (RpDialCall){g_strdupv((char **)names), hang_up, done, user};
	if (dialler->done)
		g_queue_push_tail(&dialler->waiting, call);
	else
		begin(dialler, call);
}

void
rp_dialler_dial(RpDialler *dialler, const char *const *connections, RpDialDone done, gpointer user)
{
	queue_call(dialler, connections, FALSE, done, user);
}

void
rp_dialler_hang_up(
	RpDialler *dialler, const char *const *connections, RpDialDone done, gpointer user)
{
	/* One that is being dialled now may be up by then. */
	if (dialler->done || rp_dialler_has_dialled(dialler, connections))
		queue_call(dialler, connections, TRUE, done, user);
	else
		refuse(done, user, "Nothing was dialled with `roampost dial`.");
}
