/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "roampost/dial.h"

#include "roampost/bussocket.h"

#include <NetworkManager.h>

/* Dialling and hanging up by NetworkManager: one call at a time, with an answer in any case. */

/* Longer than a modem dials, and shorter than D-Bus callers wait. */
#define TIMEOUT_SECONDS 55

struct RpDialler {
	char *address;
	char *dialled; /* UUID of what was dialled, or NULL */

	/* the call under way */
	char **names; /* to dial; NULL: to hang up */
	RpDialDone done;
	gpointer user;
	GCancellable *cancellable;
	GDBusConnection *connection;
	NMClient *client;
	NMActiveConnection *active;
	guint timeout;
};

RpDialler *
rp_dialler_new(const char *system_bus)
{
	RpDialler *dialler = g_new0(RpDialler, 1);

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
	g_cancellable_cancel(dialler->cancellable);
	g_clear_object(&dialler->cancellable);
	g_clear_object(&dialler->client);
	if (dialler->connection)
		g_dbus_connection_close(dialler->connection, NULL, NULL, NULL);
	g_clear_object(&dialler->connection);
	g_clear_pointer(&dialler->names, g_strfreev);
}

void
rp_dialler_free(RpDialler *dialler)
{
	if (!dialler)
		return;
	end_call(dialler);
	g_free(dialler->dialled);
	g_free(dialler->address);
	g_free(dialler);
}

/* Takes the error. */
static void
finish(RpDialler *dialler, GError *error)
{
	g_autoptr(GError) owned = error;
	RpDialDone done = dialler->done;
	gpointer user = dialler->user;

	end_call(dialler);
	dialler->done = NULL;
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
look_at_state(RpDialler *dialler)
{
	NMActiveConnectionState state = nm_active_connection_get_state(dialler->active);

	if (state == NM_ACTIVE_CONNECTION_STATE_ACTIVATED)
		finish(dialler, NULL);
	else if (state == NM_ACTIVE_CONNECTION_STATE_DEACTIVATED)
		fail(dialler, RP_ERROR_UNAVAILABLE,
			"NetworkManager could not bring the connection up.");
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
		finish(dialler, g_error_new(RP_ERROR, RP_ERROR_UNAVAILABLE,
					"NetworkManager refuses: %s", error->message));
		return;
	}
	dialler->active = active;
	g_free(dialler->dialled);
	dialler->dialled = g_strdup(nm_active_connection_get_uuid(active));
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

static void
activate(RpDialler *dialler)
{
	NMRemoteConnection *connection = find_connection(dialler);

	if (connection)
		nm_client_activate_connection_async(dialler->client, NM_CONNECTION(connection),
			NULL, NULL, dialler->cancellable, on_activated, dialler);
	else
		fail(dialler, RP_ERROR_NOT_FOUND,
			"NetworkManager has none of the provider's nm-connections.");
}

/* ---- hanging up ---- */

static void
on_deactivated(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	gboolean ok = nm_client_deactivate_connection_finish(NM_CLIENT(object), result, &error);
	RpDialler *dialler = user;

	if (was_cancelled(error))
		return;
	g_clear_pointer(&dialler->dialled, g_free);
	finish(dialler, ok ? NULL
			   : g_error_new(RP_ERROR, RP_ERROR_UNAVAILABLE,
				     "NetworkManager refuses: %s", error->message));
}

static void
deactivate(RpDialler *dialler)
{
	const GPtrArray *actives = nm_client_get_active_connections(dialler->client);

	for (guint i = 0; i < actives->len; i++) {
		NMActiveConnection *active = g_ptr_array_index(actives, i);

		if (g_strcmp0(nm_active_connection_get_uuid(active), dialler->dialled) != 0)
			continue;
		nm_client_deactivate_connection_async(
			dialler->client, active, dialler->cancellable, on_deactivated, dialler);
		return;
	}
	g_clear_pointer(&dialler->dialled, g_free);
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
	else if (dialler->names)
		activate(dialler);
	else
		deactivate(dialler);
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

static void
begin(RpDialler *dialler, const char *const *names, RpDialDone done, gpointer user)
{
	if (dialler->done) {
		refuse(done, user, "Another connection is being dialled or hung up just now.");
		return;
	}
	dialler->names = g_strdupv((char **)names);
	dialler->done = done;
	dialler->user = user;
	dialler->cancellable = g_cancellable_new();
	dialler->timeout = g_timeout_add_seconds(TIMEOUT_SECONDS, on_timeout, dialler);
	g_dbus_connection_new_for_address(dialler->address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, dialler->cancellable, on_connection, dialler);
}

void
rp_dialler_dial(RpDialler *dialler, const char *const *connections, RpDialDone done, gpointer user)
{
	begin(dialler, connections, done, user);
}

void
rp_dialler_hang_up(RpDialler *dialler, RpDialDone done, gpointer user)
{
	if (dialler->dialled)
		begin(dialler, NULL, done, user);
	else
		refuse(done, user, "Nothing was dialled with `roampost dial`.");
}
