/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalogue-private.h"
#include "place-private.h"

#include <string.h>

/* Which providers a network is inside, by which evidence; and what to show of it. */

/* Evidence that anybody there can make up: whoever answers for the gateway or a STUN server, or
 * gives his own network the name or the domain of another. */
static gboolean
is_hearsay(RpEvidence evidence)
{
	switch (evidence) {
	case RP_EVIDENCE_PUBLIC_ADDRESS:
	case RP_EVIDENCE_SSID:
	case RP_EVIDENCE_DNS_DOMAIN:
	case RP_EVIDENCE_DHCP_OPTION:
	case RP_EVIDENCE_REACHABLE:
		return TRUE;
	case RP_EVIDENCE_PREFIX:
	case RP_EVIDENCE_NM_CONNECTION:
	case RP_EVIDENCE_PPP_PEER:
	case RP_EVIDENCE_OPERATOR:
	case RP_EVIDENCE_GATEWAY:
	case RP_EVIDENCE_ASN: /* of an address of the link's own */
	case RP_EVIDENCE_LEARNED:
		return FALSE;
	}
	return TRUE;
}

static void
add(GArray *inside, const GArray *providers, RpEvidence evidence, guint link)
{
	for (guint i = 0; providers && i < providers->len; i++) {
		RpInside entry = {
			.provider = g_array_index(providers, guint, i),
			.evidence = evidence,
			.link = link,
			.family = RP_FAMILY_ANY,
			.hearsay = is_hearsay(evidence),
		};
		g_array_append_val(inside, entry);
	}
}

static void
add_address(GArray *inside, const RpCatalogue *catalogue, const RpAddress *address,
	RpEvidence evidence, guint link, GArray *found)
{
	g_array_set_size(found, 0);
	rp_catalogue_lookup(catalogue, address, found);
	for (guint i = 0; i < found->len; i++) {
		const RpPrefixEntry *match = &g_array_index(found, RpPrefixEntry, i);
		RpInside entry = {
			.provider = match->value,
			.evidence = evidence,
			.link = link,
			.family = address->family,
			.prefix = match->prefix,
			.hearsay = is_hearsay(evidence),
		};
		g_array_append_val(inside, entry);
	}
}

/* Overlay networks number their members out of RFC 6598's range: that says nothing of a carrier. */
static gboolean
is_overlay_address(const RpLink *link, const RpAddress *address)
{
	static const RpPrefix shared = {{{100, 64}, RP_FAMILY_IPV4}, 10};

	return link->kind == RP_LINK_VPN && rp_prefix_contains(&shared, address);
}

static void
add_each(GArray *inside, const RpCatalogue *catalogue, RpEvidence kind, char *const *values,
	guint link)
{
	for (; values && *values; values++)
		add(inside, rp_catalogue_evidence(catalogue, kind, *values), kind, link);
}

static void
add_link(GArray *inside, const RpCatalogue *catalogue, const RpLink *link, guint index,
	GArray *found)
{
	for (guint i = 0; i < link->addresses->len; i++) {
		const RpAddress *address = &g_array_index(link->addresses, RpAddress, i);

		if (!is_overlay_address(link, address))
			add_address(inside, catalogue, address, RP_EVIDENCE_PREFIX, index, found);
	}

	const struct {
		RpEvidence kind;
		const char *value;
	} names[] = {
		{RP_EVIDENCE_NM_CONNECTION, link->connection_id},
		{RP_EVIDENCE_NM_CONNECTION, link->connection_uuid},
		{RP_EVIDENCE_SSID, link->ssid},
		{RP_EVIDENCE_PPP_PEER, link->ppp_peer},
		/* A guest's packets go home before they go anywhere else. */
		{RP_EVIDENCE_OPERATOR, link->roaming ? NULL : link->operator_code},
		{RP_EVIDENCE_GATEWAY, rp_gateway_is_of_a_group(link->gateway_hwaddr)
					      ? NULL
					      : link->gateway_hwaddr},
	};
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		add(inside, rp_catalogue_evidence(catalogue, names[i].kind, names[i].value),
			names[i].kind, index);
	add_each(inside, catalogue, RP_EVIDENCE_DNS_DOMAIN, link->dns_domains, index);
	add_each(inside, catalogue, RP_EVIDENCE_DHCP_OPTION, link->dhcp_options, index);
}

static void
add_asn(GArray *inside, const RpCatalogue *catalogue, const RpAddress *address, guint32 asn,
	gboolean hearsay, guint link)
{
	guint before = inside->len;

	add(inside, rp_catalogue_asn(catalogue, asn), RP_EVIDENCE_ASN, link);
	for (; before < inside->len; before++) {
		RpInside *entry = &g_array_index(inside, RpInside, before);

		entry->family = address->family;
		entry->hearsay = hearsay;
	}
}

static void
add_own_asns(GArray *inside, const RpCatalogue *catalogue, const RpPlace *place, guint index)
{
	const RpLink *link = place->network->links->pdata[index];

	for (guint i = 0; i < link->addresses->len; i++) {
		const RpAddress *address = &g_array_index(link->addresses, RpAddress, i);

		add_asn(inside, catalogue, address, rp_place_origin(place, address), FALSE, index);
	}
}

static gint
find_link(const RpNetwork *network, const char *interface)
{
	for (guint i = 0; i < network->links->len; i++) {
		const RpLink *link = network->links->pdata[i];

		if (g_strcmp0(link->interface, interface) == 0)
			return (gint)i;
	}
	return -1;
}

static void
add_public(GArray *inside, const RpCatalogue *catalogue, const RpPlace *place, GArray *found)
{
	const RpNetwork *network = place->network;

	for (guint i = 0; i < network->public_addresses->len; i++) {
		const RpPublicAddress *public =
			&g_array_index(network->public_addresses, RpPublicAddress, i);
		gint link = find_link(network, public->interface);

		if (link < 0)
			continue;
		add_address(inside, catalogue, &public->address, RP_EVIDENCE_PUBLIC_ADDRESS,
			(guint)link, found);
		add_asn(inside, catalogue, &public->address,
			public->asn ? public->asn : rp_place_origin(place, &public->address), TRUE,
			(guint)link);
	}
}

static void
add_reached(GArray *inside, const RpCatalogue *catalogue, const RpNetwork *network)
{
	for (guint i = 0; i < network->reached->len; i++) {
		const RpReached *reached = &g_array_index(network->reached, RpReached, i);
		gint link = find_link(network, reached->interface);
		guint before = inside->len;

		if (link < 0)
			continue;
		add(inside, rp_catalogue_evidence(catalogue, RP_EVIDENCE_REACHABLE, reached->where),
			RP_EVIDENCE_REACHABLE, (guint)link);
		for (; before < inside->len; before++)
			g_array_index(inside, RpInside, before).family = reached->family;
	}
}

static gboolean
same(const char *a, const char *b)
{
	return a && b && g_ascii_strcasecmp(a, b) == 0;
}

static gboolean
learned_by_name(const RpLearned *learned, const RpLink *link)
{
	gboolean connection = same(learned->connection_uuid, link->connection_uuid);

	/* Beside a connection it still tells its networks apart. */
	if (rp_gateway_is_of_a_group(learned->gateway_hwaddr) && !connection)
		return FALSE;
	if (learned->gateway_hwaddr)
		return same(learned->gateway_hwaddr, link->gateway_hwaddr) &&
		       (connection || !learned->connection_uuid || !link->connection_uuid);
	return connection;
}

static void
add_learned_address(GArray *inside, const RpLearned *learned, guint provider, guint link,
	const RpAddress *address, gboolean hearsay)
{
	RpInside entry = {
		.provider = provider,
		.evidence = RP_EVIDENCE_LEARNED,
		.link = link,
		.family = address->family,
		.prefix = learned->prefix,
		.hearsay = hearsay,
	};

	if (rp_prefix_contains(&learned->prefix, address) && rp_address_is_global(address))
		g_array_append_val(inside, entry);
}

static void
add_learned(GArray *inside, const RpCatalogue *catalogue, const RpNetwork *network,
	const RpLearned *learned)
{
	gint provider = rp_catalogue_find_provider(catalogue, learned->provider);

	for (guint i = 0; provider >= 0 && i < network->links->len; i++) {
		const RpLink *link = network->links->pdata[i];
		RpInside entry = {.provider = (guint)provider,
			.evidence = RP_EVIDENCE_LEARNED,
			.link = i,
			.family = RP_FAMILY_ANY};

		if (learned_by_name(learned, link))
			g_array_append_val(inside, entry);
		for (guint k = 0; k < link->addresses->len; k++)
			add_learned_address(inside, learned, (guint)provider, i,
				&g_array_index(link->addresses, RpAddress, k), FALSE);
	}
	for (guint i = 0; provider >= 0 && i < network->public_addresses->len; i++) {
		const RpPublicAddress *public =
			&g_array_index(network->public_addresses, RpPublicAddress, i);
		gint link = find_link(network, public->interface);

		if (link >= 0)
			add_learned_address(inside, learned, (guint)provider, (guint)link,
				&public->address, TRUE);
	}
}

static int
compare_subject(const RpInside *x, const RpInside *y)
{
	if (x->provider != y->provider)
		return x->provider < y->provider ? -1 : 1;
	if (x->link != y->link)
		return x->link < y->link ? -1 : 1;
	return (int)x->family - (int)y->family;
}

/* By provider, link and family; the strongest evidence and its longest prefix first: what anybody
 * could make up takes nothing from what else says the same. */
static int
compare_inside(const void *a, const void *b)
{
	const RpInside *x = a, *y = b;
	int order = compare_subject(x, y);

	if (order == 0)
		order = x->hearsay - y->hearsay;
	if (order == 0)
		order = (int)x->evidence - (int)y->evidence;
	if (order == 0)
		order = (int)y->prefix.length - (int)x->prefix.length;
	return order ? order : rp_address_compare(&x->prefix.base, &y->prefix.base);
}

static void
keep_strongest(GArray *inside)
{
	guint kept = 0;

	if (inside->len > 1)
		g_array_sort(inside, compare_inside);
	for (guint i = 0; i < inside->len; i++) {
		RpInside *entry = &g_array_index(inside, RpInside, i);

		if (kept == 0 ||
			compare_subject(&g_array_index(inside, RpInside, kept - 1), entry) != 0)
			g_array_index(inside, RpInside, kept++) = *entry;
	}
	g_array_set_size(inside, kept);
}

typedef struct {
	guint provider;
	gint length; /* of the longest prefix; -1: inside by something else */
} Shown;

static int
compare_shown(const void *a, const void *b)
{
	const Shown *x = a, *y = b;

	if (x->length != y->length)
		return x->length > y->length ? -1 : 1;
	return x->provider < y->provider ? -1 : x->provider > y->provider;
}

static GArray *
list_shown(const RpPlace *place)
{
	g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(Shown));
	GArray *shown = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);
		gint length = inside->prefix.base.family ? inside->prefix.length : -1;
		Shown *last = order->len ? &g_array_index(order, Shown, order->len - 1) : NULL;

		if (!rp_place_inside_families(place, inside))
			continue;
		if (last && last->provider == inside->provider) {
			last->length = MAX(last->length, length);
		} else {
			Shown entry = {inside->provider, length};
			g_array_append_val(order, entry);
		}
	}
	g_array_sort(order, compare_shown);
	for (guint i = 0; i < order->len; i++)
		g_array_append_val(shown, g_array_index(order, Shown, i).provider);
	return shown;
}

static RpFamily
carried_family(const RpLink *tunnel)
{
	if (!rp_link_has_family(tunnel, RP_FAMILY_IPV6))
		return RP_FAMILY_IPV4;
	return rp_link_has_family(tunnel, RP_FAMILY_IPV4) ? RP_FAMILY_ANY : RP_FAMILY_IPV6;
}

/* What the provider carries over its own link is inside where that is. */
static void
add_extensions(RpPlace *place)
{
	guint known = place->inside->len;

	for (guint i = 0; i < place->network->links->len; i++) {
		if (!((const RpLink *)place->network->links->pdata[i])->extends)
			continue;
		guint below = rp_place_carrier(place, i);
		for (guint k = 0; below != i && k < known; k++) {
			RpInside entry = g_array_index(place->inside, RpInside, k);

			if (entry.link != below)
				continue;
			entry.link = i;
			entry.family = carried_family(place->network->links->pdata[i]);
			entry.prefix = (RpPrefix){0};
			g_array_append_val(place->inside, entry);
		}
	}
}

/* Whoever sets up an open Wi-Fi of that name gives out the addresses too, and is its gateway. */
static void
doubt_open(RpPlace *place)
{
	for (guint i = 0; i < place->inside->len; i++) {
		RpInside *inside = &g_array_index(place->inside, RpInside, i);

		inside->hearsay |= ((RpLink *)place->network->links->pdata[inside->link])->open;
	}
}

static void
drop_idle(RpPlace *place)
{
	for (guint i = place->inside->len; i-- > 0;) {
		guint link = g_array_index(place->inside, RpInside, i).link;

		if (((const RpLink *)place->network->links->pdata[link])->idle)
			g_array_remove_index(place->inside, i);
	}
}

RpPlace *
rp_place_new_learned(const RpNetwork *network, const RpCatalogue *catalogue,
	const GPtrArray *learned, RpAsnTable *asns)
{
	RpPlace *place = g_new0(RpPlace, 1);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));

	place->network = rp_network_copy(network);
	place->inside = g_array_new(FALSE, FALSE, sizeof(RpInside));
	place->origins = g_array_new(FALSE, FALSE, sizeof(RpOrigin));
	if (asns && rp_catalogue_has_asns(catalogue))
		rp_place_find_origins(place, asns);
	for (guint i = 0; i < network->links->len; i++) {
		add_link(place->inside, catalogue, network->links->pdata[i], i, found);
		add_own_asns(place->inside, catalogue, place, i);
	}
	add_public(place->inside, catalogue, place, found);
	add_reached(place->inside, catalogue, place->network);
	for (guint i = 0; learned && i < learned->len; i++)
		add_learned(place->inside, catalogue, network, learned->pdata[i]);
	drop_idle(place);
	doubt_open(place);
	add_extensions(place);
	keep_strongest(place->inside);
	place->shown = list_shown(place);
	place->taught = rp_place_list_taught(catalogue, learned);
	place->key = rp_place_make_key(place, catalogue);
	return place;
}

RpPlace *
rp_place_new(const RpNetwork *network, const RpCatalogue *catalogue)
{
	return rp_place_new_learned(network, catalogue, NULL, NULL);
}

void
rp_place_free(RpPlace *place)
{
	if (!place)
		return;
	rp_network_free(place->network);
	g_array_unref(place->origins);
	g_array_unref(place->inside);
	g_array_unref(place->shown);
	g_array_unref(place->taught);
	g_free(place->key);
	g_free(place);
}
