/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tell-private.h"

#include "roampost/base.h"

/* Where the machine is, as the bus has it. */

/* ---- the place ---- */

static gboolean
has_portal(const RpNetwork *network)
{
	for (guint i = 0; i < network->links->len; i++)
		if (((RpLink *)network->links->pdata[i])->connectivity == RP_CONNECTIVITY_PORTAL)
			return TRUE;
	return FALSE;
}

gboolean
rp_tell_is_at_portal(const RpTell *tell)
{
	const RpWhereabouts *whereabouts = tell->ground->whereabouts;

	return rp_whereabouts_is_known(whereabouts) && !rp_whereabouts_is_online(whereabouts) &&
	       has_portal(rp_whereabouts_network(whereabouts));
}

static const char *
place_state(const RpWhereabouts *whereabouts)
{
	const RpNetwork *network = rp_whereabouts_network(whereabouts);

	if (!rp_whereabouts_is_known(whereabouts))
		return "starting";
	if (rp_whereabouts_is_online(whereabouts))
		return "online";
	if (network->checking)
		return "checking";
	if (!network->links->len)
		return "offline";
	return has_portal(network) ? "portal" : "limited";
}

static const char *
provider_name(const RpTell *tell, const RpInside *inside)
{
	return rp_catalogue_provider(rp_ground_catalogue(tell->ground), inside->provider)->name;
}

static const char *
provider_title(const RpTell *tell, const RpInside *inside)
{
	return rp_catalogue_provider(rp_ground_catalogue(tell->ground), inside->provider)->title;
}

static GVariant *
evidence_value(const RpTell *tell, const RpInside *inside)
{
	const RpNetwork *network = rp_whereabouts_network(tell->ground->whereabouts);
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "provider", provider_name(tell, inside));
	rp_dict_add_text(&dict, "by", rp_evidence_name(inside->evidence));
	rp_dict_add_text(&dict, "link", ((RpLink *)network->links->pdata[inside->link])->interface);
	rp_dict_add_text(&dict, "family", rp_family_name(inside->family));
	return g_variant_builder_end(&dict);
}

/* Several addresses of a link may say the same. */
static gboolean
is_said(const RpPlace *place, guint until)
{
	const RpInside *inside = &g_array_index(place->inside, RpInside, until);

	for (guint i = 0; i < until; i++) {
		const RpInside *before = &g_array_index(place->inside, RpInside, i);

		if (before->provider == inside->provider && before->evidence == inside->evidence &&
			before->link == inside->link && before->family == inside->family)
			return TRUE;
	}
	return FALSE;
}

/* Each provider once, in the catalogue's order; and by what it is known. */
static void
add_inside(const RpTell *tell, GVariantBuilder *dict)
{
	const RpPlace *place = rp_whereabouts_place(tell->ground->whereabouts);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GPtrArray) titles = g_ptr_array_new();
	GVariantBuilder evidence;

	g_variant_builder_init(&evidence, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);

		if (!rp_place_is_inside(place, inside->provider))
			continue;
		if (!is_said(place, i))
			g_variant_builder_add_value(&evidence, evidence_value(tell, inside));
		if (g_ptr_array_find(names, provider_name(tell, inside), NULL))
			continue;
		g_ptr_array_add(names, (gpointer)provider_name(tell, inside));
		g_ptr_array_add(titles, (gpointer)provider_title(tell, inside));
	}
	rp_dict_add(dict, "inside",
		g_variant_new_strv((const char *const *)names->pdata, (gssize)names->len));
	rp_dict_add(dict, "titles",
		g_variant_new_strv((const char *const *)titles->pdata, (gssize)titles->len));
	rp_dict_add(dict, "evidence", g_variant_builder_end(&evidence));
}

static GVariant *
address_list(const GArray *addresses)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
	for (guint i = 0; i < addresses->len; i++) {
		g_autofree char *text = rp_address_format(&g_array_index(addresses, RpAddress, i));

		g_variant_builder_add(&builder, "s", text);
	}
	return g_variant_builder_end(&builder);
}

static gboolean
has_address(const GArray *addresses, const RpAddress *address)
{
	for (guint i = 0; i < addresses->len; i++)
		if (rp_address_equal(&g_array_index(addresses, RpAddress, i), address))
			return TRUE;
	return FALSE;
}

static GVariant *
public_address_list(const GArray *addresses)
{
	g_autoptr(GArray) plain = g_array_new(FALSE, FALSE, sizeof(RpAddress));

	for (guint i = 0; i < addresses->len; i++) {
		RpAddress address = g_array_index(addresses, RpPublicAddress, i).address;

		if (!has_address(plain, &address)) /* by several links */
			g_array_append_val(plain, address);
	}
	return address_list(plain);
}

GVariant *
rp_tell_place_value(const RpTell *tell)
{
	const RpWhereabouts *whereabouts = tell->ground->whereabouts;
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "state", place_state(whereabouts));
	add_inside(tell, &dict);
	rp_dict_add_text(&dict, "key", rp_whereabouts_place(whereabouts)->key);
	rp_dict_add(&dict, "public-addresses",
		public_address_list(rp_whereabouts_network(whereabouts)->public_addresses));
	rp_dict_add(&dict, "networks", rp_tell_networks_value(tell));
	return g_variant_builder_end(&dict);
}

/* ---- links ---- */

static GVariant *
link_value(const RpLink *link)
{
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "interface", link->interface);
	rp_dict_add_text(&dict, "kind", rp_link_kind_name(link->kind));
	rp_dict_add(&dict, "addresses", address_list(link->addresses));
	rp_dict_add_text(&dict, "nm-connection", link->connection_id);
	rp_dict_add_text(&dict, "ssid", link->ssid);
	rp_dict_add_text(&dict, "ppp-peer", link->ppp_peer);
	rp_dict_add_text(&dict, "gateway", link->gateway_hwaddr);
	rp_dict_add_text(&dict, "operator", link->operator_code);
	rp_dict_add_flag(&dict, "roaming", link->roaming);
	rp_dict_add_flag(&dict, "open", link->open);
	rp_dict_add_flag(&dict, "metered", link->metered);
	rp_dict_add_text(&dict, "connectivity", rp_connectivity_name(link->connectivity));
	rp_dict_add_flag(
		&dict, "default-route", link->default_route_ipv4 || link->default_route_ipv6);
	return g_variant_builder_end(&dict);
}

GVariant *
rp_tell_links_value(const RpTell *tell)
{
	const RpNetwork *network = rp_whereabouts_network(tell->ground->whereabouts);
	GVariantBuilder array;

	g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < network->links->len; i++)
		g_variant_builder_add_value(&array, link_value(network->links->pdata[i]));
	return g_variant_builder_end(&array);
}
