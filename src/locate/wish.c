/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locate-private.h"

/* Whether a link's public address is worth a question. */

gboolean
rp_locate_wants_inside(const RpServerSet *set)
{
	for (guint i = 0; i < set->relay->len; i++) {
		const RpRule *rule = set->relay->pdata[i];

		for (guint k = 0; k < rule->n_terms; k++)
			if (rule->terms[k] == RP_TERM_INSIDE)
				return TRUE;
	}
	return FALSE;
}

/* Of a link that the machine takes only where it is told to nothing is to be found out that another
 * one says already. */
static gboolean
is_inside_by(const RpPlace *place, guint provider, guint link)
{
	gboolean any = !rp_link_is_default(place->network->links->pdata[link], RP_FAMILY_IPV4);

	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);

		if (inside->provider == provider && (any || inside->link == link) &&
			inside->family != RP_FAMILY_IPV6)
			return TRUE;
	}
	return FALSE;
}

static gboolean
is_known_by_address(const RpProvider *provider, gboolean has_asns)
{
	return provider->prefixes->len > 0 || (has_asns && provider->asns->len > 0);
}

/* An address would tell of this provider; and it is not known already. */
static gboolean
is_open(const RpPlace *place, const RpCatalogue *catalogue, gboolean has_asns, guint set,
	guint link)
{
	gint provider = rp_catalogue_set_provider(catalogue, set);

	return provider >= 0 &&
	       is_known_by_address(rp_catalogue_provider(catalogue, (guint)provider), has_asns) &&
	       !is_inside_by(place, (guint)provider, link) &&
	       rp_locate_wants_inside(rp_catalogue_set(catalogue, set));
}

gboolean
rp_locate_is_same_link(const RpLink *a, const RpLink *b)
{
	RpAddress x = rp_link_source(a, RP_FAMILY_IPV4, NULL);
	RpAddress y = rp_link_source(b, RP_FAMILY_IPV4, NULL);

	return g_str_equal(a->interface, b->interface) && rp_address_equal(&x, &y) &&
	       rp_address_equal(&a->gateway, &b->gateway) &&
	       g_strcmp0(a->gateway_hwaddr, b->gateway_hwaddr) == 0 &&
	       g_strcmp0(a->connection_uuid, b->connection_uuid) == 0;
}

gboolean
rp_locate_wants(const RpPlace *place, const RpCatalogue *catalogue, gboolean has_asns, guint link)
{
	if (!rp_link_is_behind_nat(place->network->links->pdata[link]))
		return FALSE;
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++)
		if (is_open(place, catalogue, has_asns, i, link))
			return TRUE;
	return FALSE;
}
