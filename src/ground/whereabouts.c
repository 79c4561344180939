/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "roampost/whereabouts.h"

#include "captive-private.h"

#include "roampost/asn-file.h"
#include "roampost/policy.h"

/* The configuration, the network, the place, the override: what holds now. */

/* How long the place stays when nothing tells where it is. */
#define PLACE_KEPT (30 * G_USEC_PER_SEC)

struct RpWhereabouts {
	RpConfig *config;
	char *config_error; /* or NULL */
	RpNetwork *told;    /* by the links */
	RpNetwork *network; /* with the public addresses that were found */
	gboolean leaving;   /* another place is coming */
	gboolean known;
	guint n_networks;
	RpPlace *place;
	RpTime kept_until; /* the key of a place that no link tells any more; 0: one does, or none
			      did */
	RpCaptive captive;
	RpOverride override;
	RpAsnFile *asns; /* NULL: none */
};

/* ---- reading ---- */

const RpConfig *
rp_whereabouts_config(const RpWhereabouts *whereabouts)
{
	return whereabouts->config;
}

const char *
rp_whereabouts_config_error(const RpWhereabouts *whereabouts)
{
	return whereabouts->config_error;
}

const RpCatalogue *
rp_whereabouts_catalogue(const RpWhereabouts *whereabouts)
{
	return rp_config_catalogue(whereabouts->config);
}

const RpServerSet *
rp_whereabouts_find_set(const RpWhereabouts *whereabouts, const char *name)
{
	const RpCatalogue *catalogue = rp_whereabouts_catalogue(whereabouts);
	gint index = rp_catalogue_find_set(catalogue, name);

	return index < 0 ? NULL : rp_catalogue_set(catalogue, (guint)index);
}

gboolean
rp_whereabouts_set_stands(const RpWhereabouts *whereabouts, const RpServerSet *set)
{
	const RpServerSet *now = rp_whereabouts_find_set(whereabouts, set->name);

	return now && g_str_equal(now->revision, set->revision);
}

const RpNetwork *
rp_whereabouts_network(const RpWhereabouts *whereabouts)
{
	return whereabouts->network;
}

gboolean
rp_whereabouts_is_told(const RpWhereabouts *whereabouts, const RpNetwork *network)
{
	return whereabouts->known && rp_network_equal(whereabouts->told, network);
}

gboolean
rp_whereabouts_is_leaving(const RpWhereabouts *whereabouts)
{
	return whereabouts->leaving;
}

gboolean
rp_whereabouts_is_known(const RpWhereabouts *whereabouts)
{
	return whereabouts->known;
}

guint
rp_whereabouts_n_networks(const RpWhereabouts *whereabouts)
{
	return whereabouts->n_networks;
}

const RpPlace *
rp_whereabouts_place(const RpWhereabouts *whereabouts)
{
	return whereabouts->place;
}

gboolean
rp_whereabouts_is_online(const RpWhereabouts *whereabouts)
{
	const RpPlace *place = whereabouts->place;

	if (rp_place_has_way_out(place))
		return TRUE;
	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);

		if (rp_place_inside_families(place, inside) &&
			rp_link_is_usable(place->network->links->pdata[inside->link]))
			return TRUE;
	}
	return FALSE;
}

static const RpLink *
find_link(const RpWhereabouts *whereabouts, const char *interface)
{
	const GPtrArray *links = whereabouts->network->links;

	for (guint i = 0; i < links->len; i++)
		if (g_str_equal(((const RpLink *)links->pdata[i])->interface, interface))
			return links->pdata[i];
	return NULL;
}

gboolean
rp_whereabouts_may_begin(
	const RpWhereabouts *whereabouts, const RpServerSet *set, const char *interface)
{
	const char *near;

	if (interface) {
		const RpLink *link = find_link(whereabouts, interface);

		return link && rp_link_is_usable(link);
	}
	return rp_place_has_way_out(whereabouts->place) ||
	       rp_set_is_near(whereabouts->place, set, &near);
}

gboolean
rp_whereabouts_route_stands(
	const RpWhereabouts *whereabouts, const char *interface, const RpAddress *source)
{
	if (source->family != RP_FAMILY_ANY)
		return rp_address_is_loopback(source) ||
		       rp_network_holds(whereabouts->network, interface, source);
	return !interface || find_link(whereabouts, interface);
}

gboolean
rp_whereabouts_may_check(const RpWhereabouts *whereabouts, const RpServerSet *set)
{
	const char *near;

	return rp_whereabouts_is_online(whereabouts) ||
	       (set->pop && rp_endpoint_is_near(whereabouts->place, set->pop, &near));
}

const RpLink *
rp_whereabouts_link_of(const RpWhereabouts *whereabouts, const RpAddress *address)
{
	const GPtrArray *links = whereabouts->network->links;

	for (guint i = 0; i < links->len; i++)
		if (rp_link_has_address(links->pdata[i], address))
			return links->pdata[i];
	return NULL;
}

const RpOverride *
rp_whereabouts_override(const RpWhereabouts *whereabouts)
{
	return &whereabouts->override;
}

RpAsnTable *
rp_whereabouts_asns(const RpWhereabouts *whereabouts)
{
	return whereabouts->asns ? rp_asn_file_table(whereabouts->asns) : NULL;
}

RpPlace *
rp_whereabouts_preview(
	const RpWhereabouts *whereabouts, const RpNetwork *network, const GPtrArray *learned)
{
	return rp_place_new_learned(network, rp_whereabouts_catalogue(whereabouts), learned,
		rp_whereabouts_asns(whereabouts));
}

const char *
rp_whereabouts_override_at(const RpWhereabouts *whereabouts, const char *place_key)
{
	const RpOverride *override = &whereabouts->override;

	return override->keep || !override->place_key || g_str_equal(override->place_key, place_key)
		       ? override->set
		       : NULL;
}

/* ---- changing ---- */

void
rp_whereabouts_set_asn_file(RpWhereabouts *whereabouts, RpAsnFile *file)
{
	rp_asn_file_free(whereabouts->asns);
	whereabouts->asns = file;
}

void
rp_whereabouts_set_config(RpWhereabouts *whereabouts, RpConfig *config)
{
	rp_config_ref(config);
	rp_config_unref(whereabouts->config);
	whereabouts->config = config;
	rp_whereabouts_set_config_error(whereabouts, NULL);
}

void
rp_whereabouts_set_config_error(RpWhereabouts *whereabouts, const char *error)
{
	g_free(whereabouts->config_error);
	whereabouts->config_error = g_strdup(error);
}

void
rp_whereabouts_set_leaving(RpWhereabouts *whereabouts, gboolean leaving)
{
	whereabouts->leaving = leaving;
}

void
rp_whereabouts_set_network(RpWhereabouts *whereabouts, const RpNetwork *network)
{
	RpNetwork *old = whereabouts->told;

	whereabouts->told = rp_network_copy(network);
	rp_network_free(old);
	rp_network_free(whereabouts->network);
	whereabouts->network = rp_network_copy(whereabouts->told);
	whereabouts->known = TRUE;
	whereabouts->leaving = FALSE;
	whereabouts->n_networks++;
}

void
rp_whereabouts_set_public_addresses(RpWhereabouts *whereabouts, const GArray *addresses)
{
	rp_network_free(whereabouts->network);
	whereabouts->network = rp_network_copy(whereabouts->told);
	for (guint i = 0; i < addresses->len; i++) {
		const RpPublicAddress *public = &g_array_index(addresses, RpPublicAddress, i);

		if (find_link(whereabouts, public->interface))
			rp_network_add_public_address_asn(whereabouts->network, public->interface,
				&public->address, public->asn);
	}
}

void
rp_whereabouts_set_reached(RpWhereabouts *whereabouts, const GArray *reached)
{
	for (guint i = 0; i < reached->len; i++) {
		const RpReached *one = &g_array_index(reached, RpReached, i);

		if (find_link(whereabouts, one->interface))
			rp_network_add_reached(
				whereabouts->network, one->interface, one->where, one->family);
	}
}

void
rp_whereabouts_forget_network(RpWhereabouts *whereabouts)
{
	whereabouts->known = FALSE;
}

static void
log_place(const RpWhereabouts *whereabouts)
{
	g_autoptr(GString) inside = g_string_new(NULL);
	const RpPlace *place = whereabouts->place;

	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *entry = &g_array_index(place->inside, RpInside, i);

		g_string_append_printf(inside, "%s%s", inside->len ? ", " : "",
			rp_catalogue_provider(
				rp_whereabouts_catalogue(whereabouts), entry->provider)
				->name);
	}
	g_message("place: %u link(s), inside %s%s%s", whereabouts->network->links->len,
		inside->len ? inside->str : "no provider", *place->key ? ", " : "", place->key);
}

/* A way out tells, be it a portal's, and so does a provider. */
static gboolean
tells_where(const RpPlace *place)
{
	for (guint i = 0; i < place->network->links->len; i++) {
		const RpLink *link = place->network->links->pdata[i];

		if (rp_link_is_default(link, RP_FAMILY_ANY) &&
			(link->kind != RP_LINK_VPN || rp_place_is_way_out(place, i)))
			return TRUE;
	}
	return place->shown->len > 0;
}

static void
keep_key(RpWhereabouts *whereabouts, const RpPlace *old, RpTime now)
{
	RpPlace *place = whereabouts->place;

	if (tells_where(place) || !old) {
		whereabouts->kept_until = 0;
		return;
	}
	if (!whereabouts->kept_until && tells_where(old))
		whereabouts->kept_until = now + PLACE_KEPT;
	/* A clock that was put back does not keep it longer. */
	if (now >= whereabouts->kept_until || whereabouts->kept_until - now > PLACE_KEPT) {
		whereabouts->kept_until = 0;
		return;
	}
	g_free(place->key);
	place->key = g_strdup(old->key);
}

/* ---- portals that nobody tells of ---- */

gboolean
rp_whereabouts_suspect_portal(RpWhereabouts *whereabouts, const char *heard, RpTime now)
{
	const char *key = whereabouts->place->key;

	if (whereabouts->captive.key || !*key || !rp_captive_links(whereabouts->network, FALSE))
		return FALSE;
	rp_captive_suspect(&whereabouts->captive, key, heard, now);
	return TRUE;
}

const char *
rp_whereabouts_portal_heard(const RpWhereabouts *whereabouts)
{
	return whereabouts->captive.key ? whereabouts->captive.heard : NULL;
}

gboolean
rp_whereabouts_clear_portal(RpWhereabouts *whereabouts)
{
	return rp_captive_clear(&whereabouts->captive);
}

gboolean
rp_whereabouts_end_portal(RpWhereabouts *whereabouts, RpTime due)
{
	return rp_captive_end(&whereabouts->captive, due);
}

RpTime
rp_whereabouts_next_deadline(const RpWhereabouts *whereabouts)
{
	RpTime kept = whereabouts->kept_until ? whereabouts->kept_until : G_MAXINT64;

	return whereabouts->captive.key ? MIN(kept, whereabouts->captive.until) : kept;
}

static RpPlace *
make_place(const RpWhereabouts *whereabouts, const GPtrArray *learned)
{
	return rp_place_new_learned(whereabouts->network, rp_whereabouts_catalogue(whereabouts),
		learned, rp_whereabouts_asns(whereabouts));
}

/* The same place, with the same key, behind a portal. */
static void
make_captive(RpWhereabouts *whereabouts, const GPtrArray *learned)
{
	g_autofree char *key = g_strdup(whereabouts->place->key);

	rp_captive_links(whereabouts->network, TRUE);
	rp_place_free(whereabouts->place);
	whereabouts->place = make_place(whereabouts, learned);
	g_free(whereabouts->place->key);
	whereabouts->place->key = g_steal_pointer(&key);
}

gboolean
rp_whereabouts_work_out_place(RpWhereabouts *whereabouts, const GPtrArray *learned, RpTime now)
{
	g_autoptr(RpPlace) old = whereabouts->place;
	gboolean moved;

	whereabouts->place = make_place(whereabouts, learned);
	keep_key(whereabouts, old, now);
	if (rp_captive_is_at(&whereabouts->captive, whereabouts->place->key))
		make_captive(whereabouts, learned);
	log_place(whereabouts);
	moved = !old || !g_str_equal(old->key, whereabouts->place->key);
	if (moved)
		rp_captive_moved(&whereabouts->captive);
	return moved;
}

void
rp_whereabouts_set_override(RpWhereabouts *whereabouts, RpOverride *override)
{
	rp_override_clear(&whereabouts->override);
	whereabouts->override = *override;
	*override = (RpOverride){0};
}

/* ---- life ---- */

RpWhereabouts *
rp_whereabouts_new(RpConfig *config)
{
	RpWhereabouts *whereabouts = g_new0(RpWhereabouts, 1);

	whereabouts->config = config;
	whereabouts->told = rp_network_new();
	whereabouts->network = rp_network_new();
	return whereabouts;
}

void
rp_whereabouts_free(RpWhereabouts *whereabouts)
{
	if (!whereabouts)
		return;
	rp_place_free(whereabouts->place);
	rp_network_free(whereabouts->network);
	rp_network_free(whereabouts->told);
	rp_captive_free_members(&whereabouts->captive);
	rp_override_clear(&whereabouts->override);
	rp_asn_file_free(whereabouts->asns);
	rp_config_unref(whereabouts->config);
	g_free(whereabouts->config_error);
	g_free(whereabouts);
}
