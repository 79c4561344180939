/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "merge-private.h"

/* One network out of what each source sees of it: who is
 * believed where two of them tell the same thing differently. */

RpModem *
rp_modem_new(void)
{
	RpModem *modem = g_new0(RpModem, 1);
	modem->ports = g_ptr_array_new_with_free_func(g_free);
	return modem;
}

void
rp_modem_free(RpModem *modem)
{
	if (!modem)
		return;
	g_ptr_array_unref(modem->ports);
	g_free(modem->operator_code);
	g_free(modem);
}

RpLinkView *
rp_link_view_new(void)
{
	RpLinkView *view = g_new0(RpLinkView, 1);
	view->network = rp_network_new();
	view->unusable = rp_network_new();
	view->ignored = g_ptr_array_new_with_free_func(g_free);
	view->modems = g_ptr_array_new_with_free_func((GDestroyNotify)rp_modem_free);
	view->awaited = g_ptr_array_new_with_free_func(g_free);
	return view;
}

void
rp_link_view_free(RpLinkView *view)
{
	if (!view)
		return;
	rp_network_free(view->network);
	rp_network_free(view->unusable);
	g_ptr_array_unref(view->ignored);
	g_ptr_array_unref(view->modems);
	g_ptr_array_unref(view->awaited);
	g_free(view);
}

gboolean
rp_names_contain(const GPtrArray *names, const char *name)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL);
}

RpLink *
rp_network_find_link(const RpNetwork *network, const char *interface)
{
	for (guint i = 0; i < network->links->len; i++) {
		RpLink *link = g_ptr_array_index(network->links, i);
		if (g_strcmp0(link->interface, interface) == 0)
			return link;
	}
	return NULL;
}

static void
fill_string(char **into, const char *from)
{
	if (!*into)
		*into = g_strdup(from);
}

static void
fill_family(RpLink *into, const RpLink *from, RpFamily family)
{
	if (rp_link_has_family(into, family))
		return;
	for (guint i = 0; i < from->addresses->len; i++) {
		const RpAddress *address = &g_array_index(from->addresses, RpAddress, i);
		if (address->family == family)
			rp_link_add_address(into, address);
	}
}

static void
fill_link(RpLink *into, const RpLink *from)
{
	/* NetworkManager takes for a VPN every tunnel that it does not know; pppd knows its own
	 * line. */
	if (into->kind == RP_LINK_OTHER ||
		(into->kind == RP_LINK_VPN && from->kind == RP_LINK_PPP && !into->connection_uuid))
		into->kind = from->kind;
	/* The kernel knows what a tunnel is for. */
	into->extends = into->extends || from->extends;
	if (into->extends && into->kind == RP_LINK_VPN)
		into->kind = RP_LINK_OTHER;
	into->idle = into->idle || from->idle;
	fill_string(&into->carrier, from->carrier);
	if (!into->preferred->len)
		g_array_append_vals(into->preferred, from->preferred->data, from->preferred->len);
	fill_family(into, from, RP_FAMILY_IPV4);
	fill_family(into, from, RP_FAMILY_IPV6);
	fill_string(&into->connection_id, from->connection_id);
	fill_string(&into->connection_uuid, from->connection_uuid);
	fill_string(&into->ssid, from->ssid);
	if (into->gateway.family == RP_FAMILY_ANY)
		into->gateway = from->gateway;
	fill_string(&into->gateway_hwaddr, from->gateway_hwaddr);
	fill_string(&into->ppp_peer, from->ppp_peer);
	fill_string(&into->port, from->port);
	fill_string(&into->operator_code, from->operator_code);
	into->roaming = into->roaming || from->roaming;
	into->open = into->open || from->open;
	if (!into->dns_domains)
		into->dns_domains = g_strdupv(from->dns_domains);
	if (!into->dns_servers)
		into->dns_servers = g_strdupv(from->dns_servers);
	if (!into->dhcp_options)
		into->dhcp_options = g_strdupv(from->dhcp_options);
	if (into->connectivity == RP_CONNECTIVITY_UNKNOWN)
		into->connectivity = from->connectivity;
	into->metered = into->metered || from->metered;
}

static gboolean
is_ignored(RpLinkView *const *views, gsize n_views, const char *interface)
{
	for (gsize i = 0; i < n_views; i++)
		if (views[i] && rp_names_contain(views[i]->ignored, interface))
			return TRUE;
	return FALSE;
}

static gboolean *
default_flag(RpLink *link, RpFamily family)
{
	return family == RP_FAMILY_IPV6 ? &link->default_route_ipv6 : &link->default_route_ipv4;
}

static RpLink *
find_default(const RpNetwork *network, RpFamily family)
{
	for (guint i = 0; i < network->links->len; i++) {
		RpLink *link = g_ptr_array_index(network->links, i);
		if (*default_flag(link, family))
			return link;
	}
	return NULL;
}

/* There is one default route of a family; the kernel's own word for it beats NetworkManager's. */
static void
choose_default(RpNetwork *merged, RpLinkView *const *views, gsize n_views, RpFamily family)
{
	RpLink *holder = NULL;
	for (gsize i = 0; i < n_views && !holder; i++) {
		RpLink *link = views[i] && views[i]->knows_routes
				       ? find_default(views[i]->network, family)
				       : NULL;
		holder = link ? rp_network_find_link(merged, link->interface) : NULL;
	}
	for (guint i = 0; holder && i < merged->links->len; i++) {
		RpLink *link = g_ptr_array_index(merged->links, i);
		*default_flag(link, family) = link == holder;
	}
}

static void
drop_unusable(RpNetwork *merged, const RpNetwork *unusable)
{
	for (guint i = 0; i < unusable->links->len; i++) {
		const RpLink *out = g_ptr_array_index(unusable->links, i);
		RpLink *link = rp_network_find_link(merged, out->interface);
		for (guint j = link ? link->addresses->len : 0; j-- > 0;)
			if (rp_link_has_address(out, &g_array_index(link->addresses, RpAddress, j)))
				g_array_remove_index(link->addresses, j);
	}
}

/* A link that has no address (left) can't be used, and tells nothing of where we are. */
static void
drop_addressless(RpNetwork *merged)
{
	for (guint i = merged->links->len; i-- > 0;) {
		const RpLink *link = g_ptr_array_index(merged->links, i);
		if (!link->addresses->len)
			g_ptr_array_remove_index(merged->links, i);
	}
}

/* NetworkManager has a modem's operator from the same source, and later. Data of a guest is dear,
 * whatever a connection that was made at home says of it. */
static void
apply_modem(RpNetwork *merged, const RpModem *modem)
{
	for (guint i = 0; i < merged->links->len; i++) {
		RpLink *link = merged->links->pdata[i];
		if (!rp_names_contain(modem->ports, link->interface) &&
			!(link->port && rp_names_contain(modem->ports, link->port)))
			continue;
		if (link->kind != RP_LINK_VPN)
			link->kind = RP_LINK_CELLULAR;
		link->roaming = modem->roaming;
		link->metered = link->metered || modem->roaming;
		if (!modem->operator_code)
			continue;
		g_free(link->operator_code);
		link->operator_code = g_strdup(modem->operator_code);
	}
}

/* What one source alone tells, beside its links. */
static void
add_surroundings(RpNetwork *merged, const RpNetwork *from)
{
	for (guint i = 0; i < from->routes->len; i++) {
		const RpNetRoute *route = &g_array_index(from->routes, RpNetRoute, i);

		rp_network_add_route(merged, &route->destination, route->interface);
	}
	for (guint i = 0; i < from->held->len; i++) {
		const RpHeldAddress *held = &g_array_index(from->held, RpHeldAddress, i);

		rp_network_add_held(merged, &held->address, held->interface);
	}
	fill_string(&merged->portal_page, from->portal_page);
	merged->tunnels_alone = merged->tunnels_alone || from->tunnels_alone;
}

RpNetwork *
rp_link_merge(RpLinkView *const *views, gsize n_views)
{
	RpNetwork *merged = rp_network_new();
	for (gsize i = 0; i < n_views; i++) {
		for (guint j = 0; views[i] && j < views[i]->network->links->len; j++) {
			const RpLink *link = g_ptr_array_index(views[i]->network->links, j);
			RpLink *above = rp_network_find_link(merged, link->interface);
			if (above)
				fill_link(above, link);
			else if (!is_ignored(views, i, link->interface))
				rp_network_add_link(merged, rp_link_copy(link));
		}
	}
	for (gsize i = 0; i < n_views; i++) {
		if (!views[i])
			continue;
		drop_unusable(merged, views[i]->unusable);
		add_surroundings(merged, views[i]->network);
	}
	for (gsize i = 0; i < n_views; i++)
		for (guint j = 0; views[i] && j < views[i]->modems->len; j++)
			apply_modem(merged, views[i]->modems->pdata[j]);
	drop_addressless(merged);
	choose_default(merged, views, n_views, RP_FAMILY_IPV4);
	choose_default(merged, views, n_views, RP_FAMILY_IPV6);
	return merged;
}

GPtrArray *
rp_link_merge_awaited(RpLinkView *const *views, gsize n_views)
{
	GPtrArray *awaited = g_ptr_array_new_with_free_func(g_free);
	for (gsize i = 0; i < n_views; i++)
		for (guint j = 0; views[i] && j < views[i]->awaited->len; j++)
			g_ptr_array_add(awaited, g_strdup(g_ptr_array_index(views[i]->awaited, j)));
	return awaited;
}
