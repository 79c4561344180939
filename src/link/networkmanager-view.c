/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "networkmanager-private.h"

#include "interfaces-private.h"
#include "merge-private.h"

#include <string.h>
#include <sys/socket.h>

/* Devices are gone through by their IP configurations: an external pppd's ppp0 has one, but neither
 * an active connection nor a state that says so. */

typedef struct {
	NMDeviceType type;
	RpLinkKind kind;
} DeviceKind;

static const DeviceKind device_kinds[] = {
	{NM_DEVICE_TYPE_ETHERNET, RP_LINK_ETHERNET},
	{NM_DEVICE_TYPE_VETH, RP_LINK_ETHERNET},
	{NM_DEVICE_TYPE_BOND, RP_LINK_ETHERNET},
	{NM_DEVICE_TYPE_TEAM, RP_LINK_ETHERNET},
	{NM_DEVICE_TYPE_BRIDGE, RP_LINK_ETHERNET},
	{NM_DEVICE_TYPE_VLAN, RP_LINK_ETHERNET},
	{NM_DEVICE_TYPE_MACVLAN, RP_LINK_ETHERNET},
	{NM_DEVICE_TYPE_MACSEC, RP_LINK_ETHERNET},
	{NM_DEVICE_TYPE_WIFI, RP_LINK_WIFI},
	{NM_DEVICE_TYPE_OLPC_MESH, RP_LINK_WIFI},
	{NM_DEVICE_TYPE_MODEM, RP_LINK_CELLULAR},
	{NM_DEVICE_TYPE_PPP, RP_LINK_PPP},
	{NM_DEVICE_TYPE_ADSL, RP_LINK_PPP},
	{NM_DEVICE_TYPE_TUN, RP_LINK_VPN},
	{NM_DEVICE_TYPE_WIREGUARD, RP_LINK_VPN},
};

typedef struct {
	const char *type;
	RpLinkKind kind;
} ConnectionKind;

/* The connection's type says more than the device's where both are known. */
static const ConnectionKind connection_kinds[] = {
	{"pppoe", RP_LINK_PPP},
	{"adsl", RP_LINK_PPP},
	{"gsm", RP_LINK_CELLULAR},
	{"cdma", RP_LINK_CELLULAR},
	{"vpn", RP_LINK_VPN},
	{"wireguard", RP_LINK_VPN},
};

/* 6in4, 6rd and DS-Lite carry a family over the other; what carries its own is private. */
static RpLinkKind
tunnel_kind(NMIPTunnelMode mode)
{
	return mode == NM_IP_TUNNEL_MODE_SIT || mode == NM_IP_TUNNEL_MODE_IPIP6 ? RP_LINK_OTHER
										: RP_LINK_VPN;
}

static RpLinkKind
find_kind(NMDevice *device, NMActiveConnection *active)
{
	const char *type = active ? nm_active_connection_get_connection_type(active) : NULL;
	for (guint i = 0; i < G_N_ELEMENTS(connection_kinds); i++)
		if (g_strcmp0(connection_kinds[i].type, type) == 0)
			return connection_kinds[i].kind;
	if (NM_IS_DEVICE_IP_TUNNEL(device))
		return tunnel_kind(nm_device_ip_tunnel_get_mode(NM_DEVICE_IP_TUNNEL(device)));
	for (guint i = 0; i < G_N_ELEMENTS(device_kinds); i++)
		if (device_kinds[i].type == nm_device_get_device_type(device))
			return device_kinds[i].kind;
	return RP_LINK_OTHER;
}

static void
keep_configs(NMIPConfig *ipv4, NMIPConfig *ipv6, NMIPConfig *configs[2], guint *n)
{
	*n = 0;
	if (ipv4)
		configs[(*n)++] = ipv4;
	if (ipv6)
		configs[(*n)++] = ipv6;
}

void
rp_nm_device_configs(NMDevice *device, NMIPConfig *configs[2], guint *n)
{
	keep_configs(
		nm_device_get_ip4_config(device), nm_device_get_ip6_config(device), configs, n);
}

void
rp_nm_active_configs(NMActiveConnection *active, NMIPConfig *configs[2], guint *n)
{
	keep_configs(nm_active_connection_get_ip4_config(active),
		nm_active_connection_get_ip6_config(active), configs, n);
}

/* ---- Addresses and routes ---- */

static gboolean
parse_prefix(const char *address, guint length, RpPrefix *prefix)
{
	if (!address || !rp_address_parse(address, &prefix->base))
		return FALSE;
	prefix->length = (guint8)length;
	return TRUE;
}

static void
add_addresses(NMIPConfig *config, RpLink *link, GArray *connected)
{
	GPtrArray *addresses = nm_ip_config_get_addresses(config);
	for (guint i = 0; addresses && i < addresses->len; i++) {
		NMIPAddress *given = g_ptr_array_index(addresses, i);
		RpPrefix prefix;
		if (!parse_prefix(nm_ip_address_get_address(given), nm_ip_address_get_prefix(given),
			    &prefix))
			continue;
		g_array_append_val(connected, prefix);
		if (!rp_address_is_link_local(&prefix.base) &&
			!rp_address_is_loopback(&prefix.base))
			rp_link_add_address(link, &prefix.base);
	}
}

static gboolean
route_leads_beyond(NMIPRoute *route, const GArray *connected)
{
	RpPrefix destination;
	return parse_prefix(
		       nm_ip_route_get_dest(route), nm_ip_route_get_prefix(route), &destination) &&
	       rp_route_leads_beyond(
		       &destination, nm_ip_route_get_next_hop(route) != NULL, connected);
}

static gboolean
config_leads_beyond(NMIPConfig *config, const GArray *connected)
{
	GPtrArray *routes = nm_ip_config_get_routes(config);
	if (nm_ip_config_get_gateway(config))
		return TRUE;
	for (guint i = 0; routes && i < routes->len; i++)
		if (route_leads_beyond(g_ptr_array_index(routes, i), connected))
			return TRUE;
	return FALSE;
}

static void
add_domains(GPtrArray *domains, const char *const *more)
{
	for (; more && *more; more++) {
		const char *name = **more == '~' ? *more + 1 : *more; /* "~": for routing only */
		if (*name && !rp_names_contain(domains, name))
			g_ptr_array_add(domains, g_strdup(name));
	}
}

static void
read_dns_servers(RpLink *link, NMIPConfig *const *configs, guint n)
{
	GStrvBuilder *servers = g_strv_builder_new();
	for (guint i = 0; i < n; i++) {
		const char *const *names = nm_ip_config_get_nameservers(configs[i]);
		if (names)
			g_strv_builder_addv(servers, (const char **)names);
	}
	link->dns_servers = g_strv_builder_end(servers);
	g_strv_builder_unref(servers);
	if (!link->dns_servers[0])
		g_clear_pointer(&link->dns_servers, g_strfreev);
}

/* FALSE: no route beyond the link itself. */
static gboolean
read_configs(RpLink *link, NMIPConfig *const *configs, guint n)
{
	g_autoptr(GArray) connected = g_array_new(FALSE, FALSE, sizeof(RpPrefix));
	GPtrArray *domains = g_ptr_array_new();
	gboolean beyond = link->kind == RP_LINK_PPP; /* leads to its peer, whatever the routes */
	for (guint i = 0; i < n; i++) {
		add_addresses(configs[i], link, connected);
		add_domains(domains, nm_ip_config_get_domains(configs[i]));
		add_domains(domains, nm_ip_config_get_searches(configs[i]));
	}
	for (guint i = 0; i < n; i++)
		beyond = beyond || config_leads_beyond(configs[i], connected);
	read_dns_servers(link, configs, n);
	g_ptr_array_add(domains, NULL);
	if (domains->len > 1)
		link->dns_domains = (char **)g_ptr_array_steal(domains, NULL);
	g_ptr_array_free(domains, TRUE);
	return beyond && link->addresses->len;
}

/* ---- Connectivity ---- */

static RpConnectivity
map_connectivity(NMConnectivityState state)
{
	switch (state) {
	case NM_CONNECTIVITY_UNKNOWN:
		return RP_CONNECTIVITY_UNKNOWN;
	case NM_CONNECTIVITY_NONE:
		return RP_CONNECTIVITY_NONE;
	case NM_CONNECTIVITY_PORTAL:
		return RP_CONNECTIVITY_PORTAL;
	case NM_CONNECTIVITY_LIMITED:
		return RP_CONNECTIVITY_LIMITED;
	case NM_CONNECTIVITY_FULL:
		return RP_CONNECTIVITY_FULL;
	}
	return RP_CONNECTIVITY_UNKNOWN;
}

/* One family that works is enough; else a portal says more than nothing. */
static RpConnectivity
better_connectivity(RpConnectivity a, RpConnectivity b)
{
	static const RpConnectivity order[] = {RP_CONNECTIVITY_FULL, RP_CONNECTIVITY_PORTAL,
		RP_CONNECTIVITY_LIMITED, RP_CONNECTIVITY_NONE};
	for (guint i = 0; i < G_N_ELEMENTS(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return RP_CONNECTIVITY_UNKNOWN;
}

static RpConnectivity
device_connectivity(NMDevice *device, const RpLink *link)
{
	RpConnectivity result = RP_CONNECTIVITY_UNKNOWN;
	if (rp_link_has_family(link, RP_FAMILY_IPV4))
		result = map_connectivity(nm_device_get_connectivity(device, AF_INET));
	if (rp_link_has_family(link, RP_FAMILY_IPV6))
		result = better_connectivity(
			result, map_connectivity(nm_device_get_connectivity(device, AF_INET6)));
	return result;
}

/* NetworkManager checks what it has activated itself; of an external device it says "none" without
 * having looked. Without the check it says "full" of everything: that is unknown, too. */
static gboolean
is_checked(NMClient *client, NMDevice *device)
{
	return nm_client_connectivity_check_get_enabled(client) &&
	       nm_device_get_active_connection(device) &&
	       nm_device_get_state(device) > NM_DEVICE_STATE_DISCONNECTED;
}

/* "None" is no verdict: it is what a device begins with, and the check itself says "limited". */
static void
read_connectivity(NMClient *client, NMDevice *device, RpLink *link, RpLinkView *view)
{
	if (!is_checked(client, device))
		return;
	RpConnectivity verdict = device_connectivity(device, link);
	if (verdict == RP_CONNECTIVITY_UNKNOWN || verdict == RP_CONNECTIVITY_NONE)
		g_ptr_array_add(view->awaited, g_strdup(link->interface));
	else
		link->connectivity = verdict;
}

/* ---- Devices ---- */

static void
read_active(NMActiveConnection *active, RpLink *link)
{
	link->default_route_ipv4 = nm_active_connection_get_default(active);
	link->default_route_ipv6 = nm_active_connection_get_default6(active);
	/* A profile made up for what others configured has a new uuid each time. */
	if (nm_active_connection_get_state_flags(active) & NM_ACTIVATION_STATE_FLAG_EXTERNAL)
		return;
	link->connection_id = g_strdup(nm_active_connection_get_id(active));
	link->connection_uuid = g_strdup(nm_active_connection_get_uuid(active));
}

/* OWE hides from others, and proves nothing of who the network is. WEP is known to everybody. */
static gboolean
proves_itself(NM80211ApSecurityFlags flags)
{
	return flags &
	       (NM_802_11_AP_SEC_KEY_MGMT_PSK | NM_802_11_AP_SEC_KEY_MGMT_802_1X |
		       NM_802_11_AP_SEC_KEY_MGMT_SAE | NM_802_11_AP_SEC_KEY_MGMT_EAP_SUITE_B_192);
}

static void
read_wifi(NMDevice *device, RpLink *link)
{
	NMAccessPoint *point = nm_device_wifi_get_active_access_point(NM_DEVICE_WIFI(device));
	GBytes *ssid = point ? nm_access_point_get_ssid(point) : NULL;

	if (ssid)
		link->ssid =
			nm_utils_ssid_to_utf8(g_bytes_get_data(ssid, NULL), g_bytes_get_size(ssid));
	link->open = point && !proves_itself(nm_access_point_get_wpa_flags(point)) &&
		     !proves_itself(nm_access_point_get_rsn_flags(point));
}

static const char *
device_interface(NMDevice *device)
{
	const char *interface = nm_device_get_ip_iface(device);
	return interface && *interface ? interface : nm_device_get_iface(device);
}

static RpLink *
read_device(NMClient *client, NMDevice *device, RpLinkView *view)
{
	NMActiveConnection *active = nm_device_get_active_connection(device);
	NMMetered metered = nm_device_get_metered(device);
	NMIPConfig *configs[2];
	guint n;
	g_autoptr(RpLink) link = rp_link_new(device_interface(device), find_kind(device, active));
	rp_nm_device_configs(device, configs, &n);
	if (!read_configs(link, configs, n))
		return NULL;
	if (active)
		read_active(active, link);
	rp_nm_read_leases(device, link);
	if (NM_IS_DEVICE_WIFI(device))
		read_wifi(device, link);
	if (g_strcmp0(nm_device_get_iface(device), link->interface) != 0)
		link->port = g_strdup(nm_device_get_iface(device));
	if (NM_IS_DEVICE_MODEM(device))
		link->operator_code =
			g_strdup(nm_device_modem_get_operator_code(NM_DEVICE_MODEM(device)));
	link->metered = metered == NM_METERED_YES || metered == NM_METERED_GUESS_YES;
	read_connectivity(client, device, link, view);
	return g_steal_pointer(&link);
}

/* On its way up or down: what the kernel still or already has of it does not count. */
static gboolean
is_in_transition(NMDevice *device)
{
	NMDeviceState state = nm_device_get_state(device);
	return state > NM_DEVICE_STATE_DISCONNECTED && state != NM_DEVICE_STATE_ACTIVATED;
}

static gboolean
is_going_down(NMDevice *device)
{
	NMDeviceState state = nm_device_get_state(device);
	return state == NM_DEVICE_STATE_DEACTIVATING || state == NM_DEVICE_STATE_FAILED;
}

static void
add_device(NMClient *client, NMDevice *device, RpLinkView *view)
{
	const char *interface = device_interface(device);
	if (!interface || nm_device_get_device_type(device) == NM_DEVICE_TYPE_LOOPBACK)
		return;
	RpLink *link = is_going_down(device) ? NULL : read_device(client, device, view);
	if (link)
		rp_network_add_link(view->network, link);
	else if (is_in_transition(device))
		g_ptr_array_add(view->ignored, g_strdup(interface));
}

/* ---- VPN plugins ----
 * Their active connection names the device below it, not the tunnel: the tunnel is the device that
 * has its addresses. */

static gboolean
has_address_of(const RpLink *link, NMIPConfig *config)
{
	GPtrArray *addresses = nm_ip_config_get_addresses(config);
	for (guint i = 0; addresses && i < addresses->len; i++) {
		RpAddress wanted;
		if (!rp_address_parse(
			    nm_ip_address_get_address(g_ptr_array_index(addresses, i)), &wanted))
			continue;
		for (guint j = 0; j < link->addresses->len; j++)
			if (rp_address_equal(
				    &wanted, &g_array_index(link->addresses, RpAddress, j)))
				return TRUE;
	}
	return FALSE;
}

static void
add_vpn(NMActiveConnection *active, RpLinkView *view)
{
	NMIPConfig *configs[2];
	guint n;
	rp_nm_active_configs(active, configs, &n);
	for (guint i = 0; i < view->network->links->len; i++) {
		RpLink *link = g_ptr_array_index(view->network->links, i);
		if (link->connection_uuid || n == 0 ||
			!(has_address_of(link, configs[0]) ||
				(n > 1 && has_address_of(link, configs[1]))))
			continue;
		link->kind = RP_LINK_VPN;
		read_active(active, link);
	}
}

RpLinkView *
rp_nm_view_new(NMClient *client)
{
	RpLinkView *view = rp_link_view_new();
	view->complete = TRUE;
	view->absent = !nm_client_get_nm_running(client);
	if (view->absent)
		return view; /* its objects are gone, but some properties keep their old values */
	view->network->portal_page = rp_portal_page(nm_client_connectivity_check_get_uri(client));
	const GPtrArray *devices = nm_client_get_devices(client);
	for (guint i = 0; i < devices->len; i++)
		add_device(client, g_ptr_array_index(devices, i), view);
	const GPtrArray *actives = nm_client_get_active_connections(client);
	for (guint i = 0; i < actives->len; i++)
		if (nm_active_connection_get_vpn(g_ptr_array_index(actives, i)))
			add_vpn(g_ptr_array_index(actives, i), view);
	return view;
}
