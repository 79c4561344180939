/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "place-private.h"
#include "roampost/learning.h"

#include <string.h>

/* As what a server sees us: the public prefix where that is known, the place where it is not. */

void
rp_vantage_clear(RpVantage *vantage)
{
	g_clear_pointer(&vantage->place, g_free);
	g_clear_pointer(&vantage->label, g_free);
}

void
rp_vantage_copy(RpVantage *to, const RpVantage *from)
{
	*to = *from;
	to->place = g_strdup(from->place ? from->place : "");
	to->label = g_strdup(from->label ? from->label : "");
}

/* What of the key stays the same when the public address becomes known. */
static char *
key_without_prefixes(const char *key)
{
	g_auto(GStrv) links = g_strsplit(key, ";", -1);
	g_autoptr(GString) kept = g_string_new(NULL);

	for (guint i = 0; links[i]; i++) {
		g_auto(GStrv) parts = g_strsplit(links[i], ",", -1);

		for (guint k = 0; parts[k]; k++)
			if (g_str_has_prefix(parts[k], "uuid=") ||
				g_str_has_prefix(parts[k], RP_PLACE_KEY_GATEWAY))
				g_string_append_printf(
					kept, "%s%s", kept->len ? "," : "", parts[k]);
	}
	return kept->len ? g_string_free(g_steal_pointer(&kept), FALSE) : g_strdup(key);
}

static gboolean
find_public(
	const RpPlace *place, const RpLink *link, RpFamily family, RpAddress *address, guint32 *asn)
{
	const GArray *known = place->network->public_addresses;

	*address = rp_link_source(link, family, NULL);
	*asn = rp_place_origin(place, address);
	if (address->family == family && rp_address_is_global(address))
		return TRUE;
	for (guint i = 0; i < known->len; i++) {
		const RpPublicAddress *public = &g_array_index(known, RpPublicAddress, i);

		if (public->address.family != family ||
			g_strcmp0(public->interface, link->interface) != 0)
			continue;
		*address = public->address;
		*asn = public->asn ? public->asn : rp_place_origin(place, address);
		return rp_address_is_global(address);
	}
	return FALSE;
}

static const char *
link_label(const RpLink *link)
{
	return link->connection_id ? link->connection_id
	       : link->ssid        ? link->ssid
	       : link->ppp_peer    ? link->ppp_peer
				   : "";
}

void
rp_vantage_init(RpVantage *vantage, const RpPlace *place, gint index, RpFamily family)
{
	const RpLink *link = index < 0 ? NULL : place->network->links->pdata[index];
	RpAddress address;
	guint32 asn = 0;

	*vantage = (RpVantage){
		.family = family,
		.place = key_without_prefixes(place->key),
		.label = g_strdup(link ? link_label(link) : ""),
	};
	if (!link || !find_public(place, link, family, &address, &asn))
		return;
	vantage->asn = asn;
	vantage->prefix = rp_prefix_around(
		&address, family == RP_FAMILY_IPV4 ? RP_PLACE_BITS_IPV4 : RP_PLACE_BITS_IPV6);
}

static gboolean
is_known(const RpPrefix *prefix)
{
	return prefix->base.family != RP_FAMILY_ANY;
}

gboolean
rp_vantage_matches(const RpVantage *a, const RpVantage *b)
{
	if (a->family != b->family)
		return FALSE;
	if (is_known(&a->prefix) && is_known(&b->prefix))
		return a->prefix.length == b->prefix.length &&
		       rp_address_equal(&a->prefix.base, &b->prefix.base);
	return g_strcmp0(a->place, b->place) == 0;
}

static const char *
gateway_of(const RpVantage *vantage)
{
	const char *gateway = vantage->place ? strstr(vantage->place, RP_PLACE_KEY_GATEWAY) : NULL;

	return gateway ? gateway + strlen(RP_PLACE_KEY_GATEWAY) : NULL;
}

/* As for a place (place-inside.c). */
static gboolean
has_gateway(const RpProvider *provider, const char *gateway)
{
	if (rp_gateway_is_of_a_group(gateway))
		return FALSE;
	for (char **one = provider->gateways; gateway && *one; one++)
		if (g_ascii_strncasecmp(*one, gateway, strlen(*one)) == 0)
			return TRUE;
	return FALSE;
}

static gboolean
has_prefix(const RpProvider *provider, const RpPrefix *prefix)
{
	for (guint i = 0; i < provider->prefixes->len; i++)
		if (rp_prefix_contains(
			    &g_array_index(provider->prefixes, RpPrefix, i), &prefix->base))
			return TRUE;
	return FALSE;
}

static gboolean
is_of(const RpVantage *vantage, const RpProvider *provider)
{
	if (vantage->label && *vantage->label)
		return g_strv_contains(
			(const char *const *)provider->nm_connections, vantage->label);
	return (is_known(&vantage->prefix) && has_prefix(provider, &vantage->prefix)) ||
	       (vantage->asn && rp_provider_has_asn(provider, vantage->asn)) ||
	       has_gateway(provider, gateway_of(vantage));
}

gint
rp_vantage_provider(const RpVantage *vantage, const RpCatalogue *catalogue)
{
	for (guint i = 0; catalogue && i < rp_catalogue_n_providers(catalogue); i++)
		if (is_of(vantage, rp_catalogue_provider(catalogue, i)))
			return (gint)i;
	return -1;
}

char *
rp_vantage_text(const RpVantage *vantage, const RpCatalogue *catalogue)
{
	gint provider = rp_vantage_provider(vantage, catalogue);

	if (provider >= 0)
		return g_strdup(rp_catalogue_provider(catalogue, (guint)provider)->title);
	if (vantage->label && *vantage->label)
		return g_strdup(vantage->label);
	if (is_known(&vantage->prefix))
		return rp_prefix_format(&vantage->prefix);
	return g_strdup(vantage->place && *vantage->place ? vantage->place : "this machine");
}
