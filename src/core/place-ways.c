/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "place-private.h"

/* Ways out of a place: default routes, and what tunnels do to them, a family at a time. */

guint
rp_families_of(RpFamily family)
{
	switch (family) {
	case RP_FAMILY_ANY:
		return RP_FAMILIES_BOTH;
	case RP_FAMILY_IPV4:
		return RP_FAMILIES_IPV4;
	case RP_FAMILY_IPV6:
		return RP_FAMILIES_IPV6;
	}
	return RP_FAMILIES_NONE;
}

static const RpLink *
link_at(const RpPlace *place, guint index)
{
	return place->network->links->pdata[index];
}

static guint
own_families(const RpLink *link)
{
	return (rp_link_has_family(link, RP_FAMILY_IPV4) ? RP_FAMILIES_IPV4 : 0u) |
	       (rp_link_has_family(link, RP_FAMILY_IPV6) ? RP_FAMILIES_IPV6 : 0u);
}

guint
rp_place_replaced_families(const RpPlace *place, guint link)
{
	guint replaced = RP_FAMILIES_NONE;

	if (link >= place->network->links->len || link_at(place, link)->kind == RP_LINK_VPN)
		return replaced;
	for (guint i = 0; i < place->network->links->len; i++) {
		const RpLink *other = link_at(place, i);

		if (other->kind != RP_LINK_VPN)
			continue;
		replaced |= other->default_route_ipv4 ? RP_FAMILIES_IPV4 : 0u;
		replaced |= other->default_route_ipv6 ? RP_FAMILIES_IPV6 : 0u;
	}
	return replaced;
}

guint
rp_place_inside_families(const RpPlace *place, const RpInside *inside)
{
	return rp_place_bypass_families(place, inside) &
	       ~rp_place_replaced_families(place, inside->link);
}

guint
rp_place_bypass_families(const RpPlace *place, const RpInside *inside)
{
	return rp_families_of(inside->family) & own_families(link_at(place, inside->link));
}

gint
rp_place_default_link(const RpPlace *place, RpFamily family)
{
	if (family == RP_FAMILY_ANY) {
		gint ipv4 = rp_place_default_link(place, RP_FAMILY_IPV4);
		return ipv4 >= 0 ? ipv4 : rp_place_default_link(place, RP_FAMILY_IPV6);
	}
	for (guint i = 0; i < place->network->links->len; i++)
		if (rp_link_is_default(link_at(place, i), family))
			return (gint)i;
	return -1;
}

/* A default route by it, be it the second best; or a route to a single host, as a VPN that took the
 * default route leaves it for its own server. */
static gboolean
leads_out(const RpPlace *place, const RpLink *link)
{
	const GArray *routes = place->network->routes;

	for (guint i = 0; i < routes->len; i++) {
		const RpPrefix *to = &g_array_index(routes, RpNetRoute, i).destination;
		gboolean host = to->length == (to->base.family == RP_FAMILY_IPV6 ? 128 : 32);

		if ((to->length == 0 || host) &&
			g_str_equal(
				g_array_index(routes, RpNetRoute, i).interface, link->interface))
			return TRUE;
	}
	return rp_link_is_default(link, RP_FAMILY_ANY);
}

static gboolean
is_tunnel(const RpLink *link)
{
	return link->kind == RP_LINK_VPN || link->carrier || link->extends;
}

/* A tunnel outlives what carries it, and looks as before. */
static gboolean
is_carried(const RpPlace *place)
{
	if (place->network->tunnels_alone)
		return TRUE;
	for (guint i = 0; i < place->network->links->len; i++) {
		const RpLink *link = link_at(place, i);

		if (!is_tunnel(link) && (leads_out(place, link) || !place->network->routes->len))
			return TRUE;
	}
	return FALSE;
}

gboolean
rp_place_is_way_out(const RpPlace *place, guint index)
{
	const RpLink *link = link_at(place, index);

	return rp_link_is_default(link, RP_FAMILY_ANY) && rp_link_is_usable(link) &&
	       (!is_tunnel(link) || is_carried(place));
}

gboolean
rp_place_has_way_out(const RpPlace *place)
{
	for (guint i = 0; i < place->network->links->len; i++)
		if (rp_place_is_way_out(place, i))
			return TRUE;
	return FALSE;
}

gint
rp_place_link_below(const RpPlace *place)
{
	gint other = -1;

	for (guint i = 0; i < place->network->links->len; i++) {
		const RpLink *link = link_at(place, i);

		if (is_tunnel(link) || !rp_link_is_usable(link))
			continue;
		if (leads_out(place, link))
			return (gint)i;
		if (other < 0)
			other = (gint)i;
	}
	return other;
}

static gint
next_below(const RpPlace *place, const RpLink *tunnel)
{
	for (guint i = 0; tunnel->carrier && i < place->network->links->len; i++)
		if (g_str_equal(link_at(place, i)->interface, tunnel->carrier))
			return (gint)i;
	return is_tunnel(tunnel) ? rp_place_link_below(place) : -1;
}

guint
rp_place_carrier(const RpPlace *place, guint link)
{
	enum { DEEPEST = 8 }; /* tunnels in tunnels; never round and round */

	for (guint depth = 0; depth < DEEPEST; depth++) {
		gint below = next_below(place, link_at(place, link));

		if (below < 0 || below == (gint)link)
			break;
		link = (guint)below;
	}
	return link;
}

static gboolean
has_public_address(const RpNetwork *network, const RpLink *link)
{
	for (guint i = 0; i < network->public_addresses->len; i++) {
		const RpPublicAddress *public =
			&g_array_index(network->public_addresses, RpPublicAddress, i);

		if (g_str_equal(public->interface, link->interface))
			return TRUE;
	}
	return FALSE;
}

gboolean
rp_place_lacks_address(const RpPlace *place, const RpCatalogue *catalogue, guint provider)
{
	const RpProvider *inside = rp_catalogue_provider(catalogue, provider);
	const RpNetwork *network = place->network;

	if (!inside->prefixes->len && !inside->asns->len)
		return FALSE;
	for (guint i = 0; i < network->links->len; i++) {
		const RpLink *link = network->links->pdata[i];

		if (rp_link_is_behind_nat(link) && !has_public_address(network, link))
			return TRUE;
	}
	return FALSE;
}

GArray *
rp_place_list_taught(const RpCatalogue *catalogue, const GPtrArray *learned)
{
	GArray *taught = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; learned && i < learned->len; i++) {
		const RpLearned *one = learned->pdata[i];
		gint provider = rp_catalogue_find_provider(catalogue, one->provider);

		if (provider >= 0)
			g_array_append_val(taught, provider);
	}
	return taught;
}

static gboolean
has_evidence(const RpProvider *provider)
{
	char *const *const lists[] = {provider->nm_connections, provider->ssids,
		provider->dns_domains, provider->dhcp_options, provider->ppp_peers,
		provider->operators, provider->gateways, provider->reachable};

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		if (lists[i][0])
			return TRUE;
	return provider->prefixes->len || provider->asns->len;
}

gboolean
rp_place_lacks_evidence(const RpPlace *place, const RpCatalogue *catalogue, guint provider)
{
	for (guint i = 0; i < place->taught->len; i++)
		if (g_array_index(place->taught, guint, i) == provider)
			return FALSE;
	return !has_evidence(rp_catalogue_provider(catalogue, provider));
}

gboolean
rp_place_is_inside(const RpPlace *place, guint provider)
{
	for (guint i = 0; i < place->shown->len; i++) {
		if (g_array_index(place->shown, guint, i) == provider)
			return TRUE;
	}
	return FALSE;
}
