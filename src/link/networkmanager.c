/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "networkmanager-private.h"

#include "roampost/base.h"
#include "roampost/bussocket.h"

/* NetworkManager as a source: a client of libnm that is remade when the bus has gone and is back.
 *
 * libnm's own connection would end the process when the bus goes: so we bring one. What is followed
 * are properties of many objects; each change only says "look again", in the next turn of the loop.
 */

typedef struct {
	RpLinkSource source;
	char *address;
	RpDBusSocket *socket;
	GCancellable *cancellable; /* of whatever is being set up */
	GDBusConnection *connection;
	NMClient *client;
	GHashTable *followed; /* of GObject, owned: those whose properties we hear of */
	GSource *look;
} NmSource;

/* ---- Following ---- */

static const char *const client_properties[] = {"nm-running", "devices", "active-connections",
	"connectivity-check-enabled", "connectivity-check-uri", NULL};
static const char *const device_properties[] = {"state", "ip4-config", "ip6-config",
	"active-connection", "dhcp4-config", "dhcp6-config", "interface", "ip-interface", "metered",
	"ip4-connectivity", "ip6-connectivity", NULL};
static const char *const wifi_properties[] = {"active-access-point", NULL};
static const char *const modem_properties[] = {"operator-code", NULL};
static const char *const point_properties[] = {"ssid", "wpa-flags", "rsn-flags", NULL};
static const char *const active_properties[] = {"state", "state-flags", "default", "default6", "id",
	"uuid", "type", "vpn", "ip4-config", "ip6-config", NULL};
/* NMIPConfig's own: an address that changes on a live connection is told of nowhere else. */
static const char *const config_properties[] = {
	"addresses", "gateway", "routes", "domains", "searches", "nameservers", NULL};

static const char *const lease_properties[] = {"options", NULL};

static gboolean on_look(gpointer user_data);

static void
look_soon(NmSource *nm)
{
	if (nm->look || !nm->client)
		return;
	nm->look = g_idle_source_new();
	g_source_set_priority(nm->look, G_PRIORITY_DEFAULT);
	g_source_set_callback(nm->look, on_look, nm, NULL);
	g_source_attach(nm->look, g_main_context_get_thread_default());
}

static void
on_notify(GObject *object, GParamSpec *property, gpointer user_data)
{
	look_soon(user_data);
}

static void
connect_all(NmSource *nm, gpointer object, const char *const *properties)
{
	for (; *properties; properties++) {
		g_autofree char *signal = g_strconcat("notify::", *properties, NULL);
		g_signal_connect(object, signal, G_CALLBACK(on_notify), nm);
	}
}

/* Objects seen in this look go from `before` to nm->followed; the rest of `before` is let go. */
static gboolean
follow(NmSource *nm, GHashTable *before, gpointer object)
{
	if (!object || g_hash_table_contains(nm->followed, object))
		return FALSE;
	g_hash_table_add(nm->followed, g_object_ref(object));
	return !g_hash_table_remove(before, object);
}

static void
follow_configs(NmSource *nm, GHashTable *before, NMIPConfig *const *configs, guint n)
{
	for (guint i = 0; i < n; i++)
		if (follow(nm, before, configs[i]))
			connect_all(nm, configs[i], config_properties);
}

static void
follow_device(NmSource *nm, GHashTable *before, NMDevice *device)
{
	NMIPConfig *configs[2];
	NMDhcpConfig *leases[2];
	guint n;
	if (follow(nm, before, device)) {
		connect_all(nm, device, device_properties);
		if (NM_IS_DEVICE_WIFI(device))
			connect_all(nm, device, wifi_properties);
		if (NM_IS_DEVICE_MODEM(device))
			connect_all(nm, device, modem_properties);
	}
	NMAccessPoint *point = NM_IS_DEVICE_WIFI(device) ? nm_device_wifi_get_active_access_point(
								   NM_DEVICE_WIFI(device))
							 : NULL;
	if (follow(nm, before, point))
		connect_all(nm, point, point_properties);
	rp_nm_device_configs(device, configs, &n);
	follow_configs(nm, before, configs, n);
	rp_nm_device_leases(device, leases, &n);
	for (guint i = 0; i < n; i++)
		if (follow(nm, before, leases[i]))
			connect_all(nm, leases[i], lease_properties);
}

static void
follow_active(NmSource *nm, GHashTable *before, NMActiveConnection *active)
{
	NMIPConfig *configs[2];
	guint n;
	if (follow(nm, before, active))
		connect_all(nm, active, active_properties);
	rp_nm_active_configs(active, configs, &n);
	follow_configs(nm, before, configs, n);
}

static void
let_go(NmSource *nm, GHashTable *objects)
{
	GHashTableIter iter;
	gpointer object;
	g_hash_table_iter_init(&iter, objects);
	while (g_hash_table_iter_next(&iter, &object, NULL))
		g_signal_handlers_disconnect_by_data(object, nm);
}

static GHashTable *
object_set_new(void)
{
	return g_hash_table_new_full(NULL, NULL, g_object_unref, NULL);
}

static void
follow_all(NmSource *nm)
{
	g_autoptr(GHashTable) before = g_steal_pointer(&nm->followed);
	nm->followed = object_set_new();
	if (follow(nm, before, nm->client))
		connect_all(nm, nm->client, client_properties);
	const GPtrArray *devices = nm_client_get_devices(nm->client);
	for (guint i = 0; i < devices->len; i++)
		follow_device(nm, before, g_ptr_array_index(devices, i));
	const GPtrArray *actives = nm_client_get_active_connections(nm->client);
	for (guint i = 0; i < actives->len; i++)
		follow_active(nm, before, g_ptr_array_index(actives, i));
	let_go(nm, before);
}

static void
nm_look(NmSource *nm)
{
	rp_source_clear(&nm->look);
	follow_all(nm);
	nm->source.report(&nm->source, rp_nm_view_new(nm->client), nm->source.report_data);
}

static gboolean
on_look(gpointer user_data)
{
	nm_look(user_data);
	return G_SOURCE_REMOVE;
}

/* ---- The client's life ---- */

static void on_closed(
	GDBusConnection *connection, gboolean vanished, GError *error, gpointer user_data);

static void
drop_client(NmSource *nm)
{
	rp_source_clear(&nm->look);
	let_go(nm, nm->followed);
	g_hash_table_remove_all(nm->followed);
	g_cancellable_cancel(nm->cancellable);
	g_clear_object(&nm->cancellable);
	g_clear_object(&nm->client);
	if (!nm->connection)
		return;
	g_signal_handlers_disconnect_by_data(nm->connection, nm);
	if (!g_dbus_connection_is_closed(nm->connection))
		g_dbus_connection_close(nm->connection, NULL, NULL, NULL);
	g_clear_object(&nm->connection);
}

static void
nm_lost(NmSource *nm, const char *reason)
{
	g_debug("NetworkManager is out of reach: %s", reason);
	drop_client(nm);
	RpLinkView *view = rp_link_view_new();
	view->complete = view->absent = TRUE;
	rp_dbus_socket_retry(nm->socket);
	nm->source.report(&nm->source, view, nm->source.report_data);
}

static void
on_closed(GDBusConnection *connection, gboolean vanished, GError *error, gpointer user_data)
{
	nm_lost(user_data, error ? error->message : "the bus connection was closed");
}

/* Callbacks of what was cancelled come when the source may be gone. */
static gboolean
was_cancelled(const GError *error)
{
	return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
on_client(GObject *object, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GObject) client =
		g_async_initable_new_finish(G_ASYNC_INITABLE(object), result, &error);
	if (was_cancelled(error))
		return;
	NmSource *nm = user_data;
	if (!client) {
		nm_lost(nm, error->message);
		return;
	}
	nm->client = NM_CLIENT(g_steal_pointer(&client));
	nm_look(nm);
}

static void
on_connection(GObject *object, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_for_address_finish(result, &error);
	if (was_cancelled(error))
		return;
	NmSource *nm = user_data;
	if (!connection) {
		nm_lost(nm, error->message);
		return;
	}
	nm->connection = connection;
	g_dbus_connection_set_exit_on_close(connection, FALSE);
	g_signal_connect(connection, "closed", G_CALLBACK(on_closed), nm);
	rp_dbus_socket_connected(nm->socket);
	g_async_initable_new_async(NM_TYPE_CLIENT, G_PRIORITY_DEFAULT, nm->cancellable, on_client,
		nm, NM_CLIENT_DBUS_CONNECTION, connection, NM_CLIENT_INSTANCE_FLAGS,
		(guint)NM_CLIENT_INSTANCE_FLAGS_NO_AUTO_FETCH_PERMISSIONS, NULL);
}

static void
nm_connect(NmSource *nm)
{
	if (nm->cancellable)
		return;
	nm->cancellable = g_cancellable_new();
	g_dbus_connection_new_for_address(nm->address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, nm->cancellable, on_connection, nm);
}

static void
on_socket(gpointer user_data)
{
	nm_connect(user_data);
}

static void
nm_start(RpLinkSource *source)
{
	nm_connect((NmSource *)source);
}

static void
nm_rescan(RpLinkSource *source)
{
	look_soon((NmSource *)source);
}

static void
nm_free(RpLinkSource *source)
{
	NmSource *nm = (NmSource *)source;
	drop_client(nm);
	rp_dbus_socket_free(nm->socket);
	g_hash_table_unref(nm->followed);
	g_free(nm->address);
	g_free(nm);
}

static const RpLinkSourceClass nm_class = {
	.name = "networkmanager",
	.start = nm_start,
	.rescan = nm_rescan,
	.free = nm_free,
};

RpLinkSource *
rp_link_source_networkmanager_new(const char *system_bus)
{
	NmSource *nm = g_new0(NmSource, 1);
	nm->source.class = &nm_class;
	nm->address = system_bus ? g_strdup(system_bus) : rp_dbus_system_address();
	nm->socket = rp_dbus_socket_new(nm->address, on_socket, nm);
	nm->followed = object_set_new();
	return &nm->source;
}
