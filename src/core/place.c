/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/place.h"

#include "names-private.h"
#include "place-private.h"

#include <string.h>

/* Links and the network that they make: what can be compared,
 * to tell whether we are somewhere else. */

static const char *const link_kind_names[] = {
	"other",
	"ppp",
	"wifi",
	"ethernet",
	"cellular",
	"vpn",
};

static const char *const connectivity_names[] = {
	"unknown",
	"none",
	"portal",
	"limited",
	"full",
};

static const char *const evidence_names[] = {
	"prefix",
	"public-address",
	"nm-connection",
	"ssid",
	"dns-domain",
	"dhcp-option",
	"ppp-peer",
	"operator",
	"gateway",
	"asn",
	"reachable",
	"learned",
};

const char *
rp_link_kind_name(RpLinkKind kind)
{
	return rp_names_get(link_kind_names, G_N_ELEMENTS(link_kind_names), kind);
}

gboolean
rp_link_kind_from_name(const char *name, RpLinkKind *kind)
{
	guint value;

	if (!rp_names_find(link_kind_names, G_N_ELEMENTS(link_kind_names), name, &value))
		return FALSE;
	*kind = (RpLinkKind)value;
	return TRUE;
}

const char *
rp_connectivity_name(RpConnectivity connectivity)
{
	return rp_names_get(connectivity_names, G_N_ELEMENTS(connectivity_names), connectivity);
}

gboolean
rp_connectivity_from_name(const char *name, RpConnectivity *connectivity)
{
	guint value;

	if (!rp_names_find(connectivity_names, G_N_ELEMENTS(connectivity_names), name, &value))
		return FALSE;
	*connectivity = (RpConnectivity)value;
	return TRUE;
}

const char *
rp_evidence_name(RpEvidence evidence)
{
	return rp_names_get(evidence_names, G_N_ELEMENTS(evidence_names), evidence);
}

gboolean
rp_dhcp_option_counts(const char *name)
{
	/* The site's own options have numbers alone (RFC 3942); others are told by name. */
	static const char *const names[] = {"domain_name", "domain_search", "domain_name_servers",
		"dhcp_server_identifier", "routers", "ntp_servers", "nis_domain", "wpad",
		"dhcp6_domain_search", "dhcp6_name_servers", "dhcp6_server_id", NULL};

	return g_strv_contains(names, name) || g_str_has_prefix(name, "private_") ||
	       g_str_has_prefix(name, "unknown_");
}

RpLink *
rp_link_new(const char *interface, RpLinkKind kind)
{
	RpLink *link = g_new0(RpLink, 1);

	link->interface = g_strdup(interface);
	link->kind = kind;
	link->addresses = g_array_new(FALSE, FALSE, sizeof(RpAddress));
	link->preferred = g_array_new(FALSE, FALSE, sizeof(RpAddress));
	return link;
}

static GArray *
copy_addresses(const GArray *addresses)
{
	GArray *copy = g_array_sized_new(FALSE, FALSE, sizeof(RpAddress), addresses->len);

	return g_array_append_vals(copy, addresses->data, addresses->len);
}

RpLink *
rp_link_copy(const RpLink *link)
{
	RpLink *copy = g_memdup2(link, sizeof *link);

	copy->interface = g_strdup(link->interface);
	copy->addresses = copy_addresses(link->addresses);
	copy->preferred = copy_addresses(link->preferred);
	copy->carrier = g_strdup(link->carrier);
	copy->connection_id = g_strdup(link->connection_id);
	copy->connection_uuid = g_strdup(link->connection_uuid);
	copy->ssid = g_strdup(link->ssid);
	copy->dns_domains = g_strdupv(link->dns_domains);
	copy->dns_servers = g_strdupv(link->dns_servers);
	copy->dhcp_options = g_strdupv(link->dhcp_options);
	copy->gateway_hwaddr = g_strdup(link->gateway_hwaddr);
	copy->ppp_peer = g_strdup(link->ppp_peer);
	copy->port = g_strdup(link->port);
	copy->operator_code = g_strdup(link->operator_code);
	return copy;
}

void
rp_link_free(RpLink *link)
{
	if (!link)
		return;
	g_free(link->interface);
	g_array_unref(link->addresses);
	g_array_unref(link->preferred);
	g_free(link->carrier);
	g_free(link->connection_id);
	g_free(link->connection_uuid);
	g_free(link->ssid);
	g_strfreev(link->dns_domains);
	g_strfreev(link->dns_servers);
	g_strfreev(link->dhcp_options);
	g_free(link->gateway_hwaddr);
	g_free(link->ppp_peer);
	g_free(link->port);
	g_free(link->operator_code);
	g_free(link);
}

/* Kept in order and once each, so that equal links compare equal whatever order they were told in.
 */
void
rp_link_add_address(RpLink *link, const RpAddress *address)
{
	guint at = 0;

	for (; at < link->addresses->len; at++) {
		int order =
			rp_address_compare(&g_array_index(link->addresses, RpAddress, at), address);

		if (order == 0)
			return;
		if (order > 0)
			break;
	}
	g_array_insert_val(link->addresses, at, *address);
}

void
rp_link_add_preferred(RpLink *link, const RpAddress *address)
{
	for (guint i = 0; i < link->preferred->len; i++)
		if (rp_address_equal(&g_array_index(link->preferred, RpAddress, i), address))
			return;
	g_array_append_val(link->preferred, *address);
}

static gboolean
addresses_equal(const GArray *a, const GArray *b)
{
	if (a->len != b->len)
		return FALSE;
	for (guint i = 0; i < a->len; i++) {
		if (!rp_address_equal(
			    &g_array_index(a, RpAddress, i), &g_array_index(b, RpAddress, i)))
			return FALSE;
	}
	return TRUE;
}

static gboolean
lists_equal(char **a, char **b)
{
	static char *const none[] = {NULL};

	return g_strv_equal(
		(const char *const *)(a ? a : none), (const char *const *)(b ? b : none));
}

gboolean
rp_link_equal(const RpLink *a, const RpLink *b)
{
	return g_strcmp0(a->interface, b->interface) == 0 && a->kind == b->kind &&
	       addresses_equal(a->addresses, b->addresses) &&
	       g_strcmp0(a->connection_id, b->connection_id) == 0 &&
	       g_strcmp0(a->connection_uuid, b->connection_uuid) == 0 &&
	       g_strcmp0(a->ssid, b->ssid) == 0 && lists_equal(a->dns_domains, b->dns_domains) &&
	       lists_equal(a->dns_servers, b->dns_servers) &&
	       lists_equal(a->dhcp_options, b->dhcp_options) &&
	       rp_address_equal(&a->gateway, &b->gateway) &&
	       g_strcmp0(a->gateway_hwaddr, b->gateway_hwaddr) == 0 &&
	       g_strcmp0(a->ppp_peer, b->ppp_peer) == 0 &&
	       g_strcmp0(a->operator_code, b->operator_code) == 0 && a->roaming == b->roaming &&
	       a->open == b->open && a->connectivity == b->connectivity &&
	       a->metered == b->metered && a->default_route_ipv4 == b->default_route_ipv4 &&
	       a->default_route_ipv6 == b->default_route_ipv6 &&
	       addresses_equal(a->preferred, b->preferred) &&
	       g_strcmp0(a->carrier, b->carrier) == 0 && a->extends == b->extends &&
	       a->idle == b->idle;
}

gboolean
rp_link_has_family(const RpLink *link, RpFamily family)
{
	for (guint i = 0; i < link->addresses->len; i++) {
		RpFamily has = g_array_index(link->addresses, RpAddress, i).family;

		if (family == RP_FAMILY_ANY || has == family)
			return TRUE;
	}
	return FALSE;
}

static gboolean
has_private_alone(const RpLink *link)
{
	for (guint i = 0; i < link->addresses->len; i++) {
		const RpAddress *address = &g_array_index(link->addresses, RpAddress, i);

		if (address->family == RP_FAMILY_IPV4 && rp_address_is_global(address))
			return FALSE;
	}
	return rp_link_has_family(link, RP_FAMILY_IPV4);
}

/* Of several default routes the machine takes one; who sends by the link itself takes its own. */
static gboolean
leads_out(const RpLink *link)
{
	return rp_link_is_default(link, RP_FAMILY_IPV4) || link->gateway.family == RP_FAMILY_IPV4;
}

gboolean
rp_link_is_behind_nat(const RpLink *link)
{
	return rp_link_is_usable(link) && leads_out(link) && link->kind != RP_LINK_VPN &&
	       !link->idle && has_private_alone(link);
}

gboolean
rp_link_is_usable(const RpLink *link)
{
	switch (link->connectivity) {
	case RP_CONNECTIVITY_UNKNOWN:
	case RP_CONNECTIVITY_FULL:
	case RP_CONNECTIVITY_LIMITED:
		return link->addresses->len > 0;
	case RP_CONNECTIVITY_NONE:
	case RP_CONNECTIVITY_PORTAL:
		return FALSE;
	}
	return FALSE;
}

gboolean
rp_link_has_address(const RpLink *link, const RpAddress *address)
{
	for (guint i = 0; i < link->addresses->len; i++)
		if (rp_address_equal(&g_array_index(link->addresses, RpAddress, i), address))
			return TRUE;
	return FALSE;
}

gboolean
rp_link_is_default(const RpLink *link, RpFamily family)
{
	return (family != RP_FAMILY_IPV6 && link->default_route_ipv4) ||
	       (family != RP_FAMILY_IPV4 && link->default_route_ipv6);
}

static gboolean
source_fits(const RpAddress *address, RpFamily family, const RpPrefix *prefix)
{
	return address->family == family && (!prefix || rp_prefix_contains(prefix, address));
}

RpAddress
rp_link_source(const RpLink *link, RpFamily family, const RpPrefix *prefix)
{
	for (guint i = 0; i < link->preferred->len; i++) {
		const RpAddress *address = &g_array_index(link->preferred, RpAddress, i);

		if (source_fits(address, family, prefix) && rp_link_has_address(link, address))
			return *address;
	}
	for (guint i = 0; i < link->addresses->len; i++) {
		const RpAddress *address = &g_array_index(link->addresses, RpAddress, i);

		if (source_fits(address, family, prefix))
			return *address;
	}
	return (RpAddress){.family = RP_FAMILY_ANY};
}

static void
public_address_clear(gpointer data)
{
	g_free(((RpPublicAddress *)data)->interface);
}

static void
reached_clear(gpointer data)
{
	RpReached *reached = data;

	g_free(reached->where);
	g_free(reached->interface);
}

RpNetwork *
rp_network_new(void)
{
	RpNetwork *network = g_new0(RpNetwork, 1);

	network->links = g_ptr_array_new_with_free_func((GDestroyNotify)rp_link_free);
	network->public_addresses = g_array_new(FALSE, FALSE, sizeof(RpPublicAddress));
	g_array_set_clear_func(network->public_addresses, public_address_clear);
	network->reached = g_array_new(FALSE, FALSE, sizeof(RpReached));
	g_array_set_clear_func(network->reached, reached_clear);
	network->routes = g_array_new(FALSE, FALSE, sizeof(RpNetRoute));
	network->held = g_array_new(FALSE, FALSE, sizeof(RpHeldAddress));
	return network;
}

RpNetwork *
rp_network_copy(const RpNetwork *network)
{
	RpNetwork *copy = rp_network_new();

	for (guint i = 0; i < network->links->len; i++)
		g_ptr_array_add(copy->links, rp_link_copy(network->links->pdata[i]));
	for (guint i = 0; i < network->public_addresses->len; i++) {
		RpPublicAddress public =
			g_array_index(network->public_addresses, RpPublicAddress, i);

		public.interface = g_strdup(public.interface);
		g_array_append_val(copy->public_addresses, public);
	}
	for (guint i = 0; i < network->reached->len; i++) {
		const RpReached *reached = &g_array_index(network->reached, RpReached, i);

		rp_network_add_reached(copy, reached->interface, reached->where, reached->family);
	}
	g_array_append_vals(copy->routes, network->routes->data, network->routes->len);
	g_array_append_vals(copy->held, network->held->data, network->held->len);
	copy->portal_page = g_strdup(network->portal_page);
	copy->checking = network->checking;
	copy->tunnels_alone = network->tunnels_alone;
	return copy;
}

void
rp_network_free(RpNetwork *network)
{
	if (!network)
		return;
	g_ptr_array_unref(network->links);
	g_array_unref(network->public_addresses);
	g_array_unref(network->reached);
	g_free(network->portal_page);
	g_array_unref(network->routes);
	g_array_unref(network->held);
	g_free(network);
}

void
rp_network_add_link(RpNetwork *network, RpLink *link)
{
	guint at = 0;

	for (; at < network->links->len; at++) {
		const RpLink *other = network->links->pdata[at];

		if (g_strcmp0(other->interface, link->interface) > 0)
			break;
	}
	g_ptr_array_insert(network->links, (gint)at, link);
}

static int
compare_public(const RpPublicAddress *a, const RpPublicAddress *b)
{
	int order = g_strcmp0(a->interface, b->interface);

	return order ? order : rp_address_compare(&a->address, &b->address);
}

void
rp_network_add_public_address_asn(
	RpNetwork *network, const char *interface, const RpAddress *address, guint32 asn)
{
	RpPublicAddress public = {*address, g_strdup(interface), asn};
	guint at = 0;

	for (; at < network->public_addresses->len; at++) {
		RpPublicAddress *other =
			&g_array_index(network->public_addresses, RpPublicAddress, at);
		int order = compare_public(other, &public);

		if (order == 0) {
			other->asn = asn;
			g_free(public.interface);
			return;
		}
		if (order > 0)
			break;
	}
	g_array_insert_val(network->public_addresses, at, public);
}

void
rp_network_add_reached(
	RpNetwork *network, const char *interface, const char *where, RpFamily family)
{
	RpReached reached = {g_strdup(where), g_strdup(interface), family};

	g_array_append_val(network->reached, reached);
}
