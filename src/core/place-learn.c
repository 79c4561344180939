/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "place-private.h"

/* What is kept of a place of which the user says that it is inside a provider. */

void
rp_learned_free(RpLearned *learned)
{
	if (!learned)
		return;
	g_free(learned->provider);
	g_free(learned->connection_uuid);
	g_free(learned->gateway_hwaddr);
	g_free(learned);
}

static RpPrefix
learnable_prefix(const RpNetwork *network, const RpLink *link)
{
	const RpAddress *best = NULL;

	for (guint i = 0; i < network->public_addresses->len && !best; i++) {
		const RpPublicAddress *public =
			&g_array_index(network->public_addresses, RpPublicAddress, i);

		if (g_strcmp0(public->interface, link->interface) == 0 &&
			rp_address_is_global(&public->address))
			best = &public->address;
	}
	for (guint i = 0; i < link->addresses->len && !best; i++) {
		const RpAddress *address = &g_array_index(link->addresses, RpAddress, i);

		if (rp_address_is_global(address))
			best = address;
	}
	return best ? rp_prefix_around(best, best->family == RP_FAMILY_IPV4 ? RP_PLACE_BITS_IPV4
									    : RP_PLACE_BITS_IPV6)
		    : (RpPrefix){0};
}

RpLearned *
rp_place_learn(const RpPlace *place, const char *provider)
{
	const RpNetwork *network = place->network;
	gint index = rp_place_default_link(place, RP_FAMILY_ANY);

	if (index < 0 && network->links->len == 1)
		index = 0;
	if (index < 0)
		return NULL;
	const RpLink *link = network->links->pdata[index];
	RpPrefix prefix = learnable_prefix(network, link);
	gboolean has_gateway =
		link->gateway_hwaddr && !rp_gateway_is_of_a_group(link->gateway_hwaddr);
	if (!link->connection_uuid && !has_gateway && prefix.base.family == RP_FAMILY_ANY)
		return NULL;

	RpLearned *learned = g_new0(RpLearned, 1);
	learned->provider = g_strdup(provider);
	learned->connection_uuid = g_strdup(link->connection_uuid);
	learned->gateway_hwaddr = g_strdup(link->gateway_hwaddr);
	learned->prefix = prefix;
	return learned;
}
