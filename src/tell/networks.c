/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tell-private.h"

#include "roampost/base.h"

/* Whose networks the links are in, by the table of AS numbers; as the bus has it. */

typedef struct {
	const RpTell *tell;
	RpAsnTable *asns;
	GHashTable *said; /* "LINK ASN" */
	GVariantBuilder list;
} Naming;

/* The provider's proper name, where the address or the link is inside one. */
static const char *
provider_title(const Naming *naming, const char *interface, RpFamily family)
{
	const RpPlace *place = rp_whereabouts_place(naming->tell->ground->whereabouts);

	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);
		const RpLink *link = place->network->links->pdata[inside->link];

		if (g_str_equal(link->interface, interface) &&
			(inside->family == family || inside->family == RP_FAMILY_ANY))
			return rp_catalogue_provider(
				rp_ground_catalogue(naming->tell->ground), inside->provider)
				->title;
	}
	return NULL;
}

static void
add_network(Naming *naming, const char *interface, const RpAddress *address, guint32 asn)
{
	const char *title = provider_title(naming, interface, address->family);
	g_autofree char *name = title ? g_strdup(title) : rp_asn_table_name(naming->asns, address);
	g_autofree char *text = rp_address_format(address);
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "link", interface);
	rp_dict_add_text(&dict, "address", text);
	rp_dict_add(&dict, "asn", g_variant_new_uint32(asn));
	rp_dict_add_text(&dict, "name", name);
	g_variant_builder_add_value(&naming->list, g_variant_builder_end(&dict));
}

/* Each AS of a link once. */
static void
name_address(Naming *naming, const char *interface, const RpAddress *address)
{
	guint32 asn;

	if (!naming->asns || !rp_address_is_global(address) ||
		rp_asn_table_look_up(naming->asns, address, &asn) != RP_ASN_FOUND)
		return;
	if (g_hash_table_add(naming->said, g_strdup_printf("%s %u", interface, asn)))
		add_network(naming, interface, address, asn);
}

GVariant *
rp_tell_networks_value(const RpTell *tell)
{
	const RpNetwork *network = rp_whereabouts_network(tell->ground->whereabouts);
	g_autoptr(GHashTable) said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Naming naming = {tell, rp_whereabouts_asns(tell->ground->whereabouts), said, {{{0}}}};

	g_variant_builder_init(&naming.list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < network->links->len; i++) {
		const RpLink *link = network->links->pdata[i];

		for (guint k = 0; k < link->addresses->len; k++)
			name_address(&naming, link->interface,
				&g_array_index(link->addresses, RpAddress, k));
	}
	for (guint i = 0; i < network->public_addresses->len; i++) {
		const RpPublicAddress *public =
			&g_array_index(network->public_addresses, RpPublicAddress, i);

		name_address(&naming, public->interface, &public->address);
	}
	return g_variant_builder_end(&naming.list);
}
