/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "place-private.h"

#include <string.h>

/* What makes two places the same, as text: a list of what each link is known by, in byte order, so
 * that the interface's name does not count ("wlan0" today is "wlp2s0" tomorrow). */

/* An address inside a provider changes with every dial-up: the provider's own prefix stands for it.
 */
static RpPrefix
public_prefix(const RpPlace *place, guint link, const RpAddress *address)
{
	RpPrefix widest = rp_prefix_around(address,
		address->family == RP_FAMILY_IPV4 ? RP_PLACE_BITS_IPV4 : RP_PLACE_BITS_IPV6);

	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);

		if (inside->link == link && rp_prefix_contains(&inside->prefix, address) &&
			inside->prefix.length < widest.length)
			widest = inside->prefix;
	}
	return widest;
}

static void
add_part(GPtrArray *parts, const char *tag, const char *value)
{
	if (value && *value)
		g_ptr_array_add(parts, g_strconcat(tag, value, NULL));
}

/* What leads out by another link says nothing of this one. */
static gboolean
leads_out(const RpLink *link, RpFamily family)
{
	return rp_link_is_default(link, family) || !rp_link_is_default(link, RP_FAMILY_ANY);
}

static void
add_prefix(GPtrArray *parts, const RpPlace *place, guint link, const RpAddress *address)
{
	if (!rp_address_is_global(address)) /* two cafés share 192.168.1.5 */
		return;
	if (!leads_out(place->network->links->pdata[link], address->family))
		return;
	RpPrefix prefix = public_prefix(place, link, address);
	g_autofree char *text = rp_prefix_format(&prefix);
	add_part(parts, "net=", text);
}

static void
add_providers(GPtrArray *parts, const RpPlace *place, guint link, const RpCatalogue *catalogue)
{
	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);

		if (inside->link == link && rp_place_inside_families(place, inside))
			add_part(parts,
				"in=", rp_catalogue_provider(catalogue, inside->provider)->name);
	}
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts, drops repetitions, joins. */
static char *
join_sorted(GPtrArray *parts, const char *separator)
{
	GString *joined = g_string_new(NULL);

	g_ptr_array_sort(parts, compare_text);
	for (guint i = 0; i < parts->len; i++) {
		if (i > 0 && strcmp(parts->pdata[i], parts->pdata[i - 1]) == 0)
			continue;
		if (i > 0)
			g_string_append(joined, separator);
		g_string_append(joined, parts->pdata[i]);
	}
	return g_string_free(joined, FALSE);
}

static char *
link_key(const RpPlace *place, guint index, const RpCatalogue *catalogue)
{
	g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
	const RpNetwork *network = place->network;
	const RpLink *link = network->links->pdata[index];

	add_part(parts, "uuid=", link->connection_uuid);
	add_part(parts, RP_PLACE_KEY_GATEWAY, link->gateway_hwaddr);
	add_providers(parts, place, index, catalogue);
	for (guint i = 0; i < link->addresses->len; i++)
		add_prefix(parts, place, index, &g_array_index(link->addresses, RpAddress, i));
	for (guint i = 0; i < network->public_addresses->len; i++) {
		const RpPublicAddress *public =
			&g_array_index(network->public_addresses, RpPublicAddress, i);

		if (g_strcmp0(public->interface, link->interface) == 0)
			add_prefix(parts, place, index, &public->address);
	}
	if (parts->len == 0) { /* nothing better is known */
		add_part(parts, "ssid=", link->ssid);
		add_part(parts, "kind=", rp_link_kind_name(link->kind));
	}
	return join_sorted(parts, ",");
}

/* Which links tell where we are: those with a default route; without one those that are inside a
 * provider; without one all that are no tunnels. So what comes and goes beside the way out, a
 * tunnel to some network, does not make another place of it. */
typedef gboolean (*Tells)(const RpPlace *place, guint link);

static gboolean
tells_by_route(const RpPlace *place, guint index)
{
	const RpLink *link = place->network->links->pdata[index];

	return rp_link_is_default(link, RP_FAMILY_ANY) && !link->extends;
}

static gboolean
tells_by_provider(const RpPlace *place, guint link)
{
	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);

		if (inside->link == link && rp_place_inside_families(place, inside))
			return TRUE;
	}
	return FALSE;
}

static gboolean
tells_at_all(const RpPlace *place, guint link)
{
	return ((const RpLink *)place->network->links->pdata[link])->kind != RP_LINK_VPN;
}

char *
rp_place_make_key(const RpPlace *place, const RpCatalogue *catalogue)
{
	static const Tells tells[] = {tells_by_route, tells_by_provider, tells_at_all};
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);

	for (guint k = 0; k < G_N_ELEMENTS(tells) && !keys->len; k++)
		for (guint i = 0; i < place->network->links->len; i++)
			if (tells[k](place, i))
				g_ptr_array_add(keys, link_key(place, i, catalogue));
	return join_sorted(keys, ";");
}
