/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-locate"
#include "locate-private.h"

#include "roampost/base.h"

/* Which links are asked for, way after way, and what came of it. */

/* A link that was asked for; it stays until the link is another one. */
typedef struct {
	RpLocator *locator;
	RpLink *link;
	char **ways; /* of the configuration then */
	guint next;  /* of the ways */
	RpAsk *ask;  /* NULL: done */
} Asked;

struct RpLocator {
	const RpGround *ground;
	const RpLocatorEvents *events;
	gpointer user;
	GPtrArray *asked;  /* of Asked */
	GArray *addresses; /* of RpPublicAddress, with interfaces of `asked` */
	RpProbes *probes;
};

static void
asked_free(gpointer data)
{
	Asked *asked = data;

	rp_ask_free(asked->ask);
	rp_link_free(asked->link);
	g_strfreev(asked->ways);
	g_free(asked);
}

/* ---- one link ---- */

static void ask_next(Asked *asked);

static void
take(Asked *asked, const RpAddress *address)
{
	RpLocator *locator = asked->locator;
	RpPublicAddress public = {.address = *address, .interface = asked->link->interface};

	g_array_append_val(locator->addresses, public);
	locator->events->changed(locator->user);
}

static void
on_answer(const RpAddress *address, const char *why, gpointer user)
{
	Asked *asked = user;
	const char *way = asked->ways[asked->next++];
	g_autofree char *text = rp_address_format(address);
	gboolean found = rp_address_is_global(address);

	g_clear_pointer(&asked->ask, rp_ask_free);
	g_message("%s: the public address by %s: %s", asked->link->interface, way,
		found   ? text
		: *text ? "behind another NAT"
			: why);
	if (found)
		take(asked, address);
	else
		ask_next(asked);
}

static void
ask_next(Asked *asked)
{
	const char *way = asked->ways[asked->next];

	if (way)
		asked->ask = rp_ask_new(way, asked->link, on_answer, asked);
}

static void
begin(RpLocator *locator, const RpLink *link)
{
	Asked *asked = g_new0(Asked, 1);

	asked->locator = locator;
	asked->link = rp_link_copy(link);
	asked->ways = g_strdupv(rp_ground_options(locator->ground)->public_address);
	g_ptr_array_add(locator->asked, asked);
	ask_next(asked);
}

/* ---- all ---- */

static void
drop(RpLocator *locator, guint index)
{
	const Asked *asked = locator->asked->pdata[index];

	for (guint i = locator->addresses->len; i-- > 0;)
		if (g_array_index(locator->addresses, RpPublicAddress, i).interface ==
			asked->link->interface)
			g_array_remove_index(locator->addresses, i);
	g_ptr_array_remove_index(locator->asked, index);
}

/* Its link is as it was, and the ways are those of now. */
static gboolean
stands(const RpLocator *locator, const Asked *asked)
{
	const GPtrArray *links = rp_whereabouts_network(locator->ground->whereabouts)->links;
	const char *const *ways =
		(const char *const *)rp_ground_options(locator->ground)->public_address;

	if (!g_strv_equal((const char *const *)asked->ways, ways))
		return FALSE;
	for (guint i = 0; i < links->len; i++)
		if (rp_locate_is_same_link(asked->link, links->pdata[i]))
			return TRUE;
	return FALSE;
}

static gboolean
is_asked(const RpLocator *locator, const RpLink *link)
{
	for (guint i = 0; i < locator->asked->len; i++)
		if (rp_locate_is_same_link(((const Asked *)locator->asked->pdata[i])->link, link))
			return TRUE;
	return FALSE;
}

void
rp_locator_look(RpLocator *locator)
{
	const RpPlace *place = rp_whereabouts_place(locator->ground->whereabouts);
	const RpCatalogue *catalogue = rp_ground_catalogue(locator->ground);
	gboolean has_asns = rp_whereabouts_asns(locator->ground->whereabouts) != NULL;

	for (guint i = 0; i < place->network->links->len; i++) {
		const RpLink *link = place->network->links->pdata[i];

		if (!is_asked(locator, link) && rp_locate_wants(place, catalogue, has_asns, i))
			begin(locator, link);
	}
	rp_probes_look(locator->probes);
}

void
rp_locator_forget(RpLocator *locator)
{
	g_array_set_size(locator->addresses, 0);
	g_ptr_array_set_size(locator->asked, 0);
	rp_probes_forget(locator->probes);
}

const GArray *
rp_locator_reached(RpLocator *locator)
{
	return rp_probes_reached(locator->probes);
}

const GArray *
rp_locator_addresses(RpLocator *locator)
{
	for (guint i = locator->asked->len; i-- > 0;)
		if (!stands(locator, locator->asked->pdata[i]))
			drop(locator, i);
	return locator->addresses;
}

gboolean
rp_locator_is_idle(const RpLocator *locator)
{
	for (guint i = 0; i < locator->asked->len; i++)
		if (((const Asked *)locator->asked->pdata[i])->ask)
			return FALSE;
	return rp_probes_are_idle(locator->probes);
}

RpLocator *
rp_locator_new(const RpGround *ground, const RpLocatorEvents *events, gpointer user)
{
	RpLocator *locator = g_new0(RpLocator, 1);

	locator->ground = ground;
	locator->events = events;
	locator->user = user;
	locator->probes = rp_probes_new(ground, events, user);
	locator->asked = g_ptr_array_new_with_free_func(asked_free);
	locator->addresses = g_array_new(FALSE, FALSE, sizeof(RpPublicAddress));
	return locator;
}

void
rp_locator_free(RpLocator *locator)
{
	if (!locator)
		return;
	g_ptr_array_unref(locator->asked);
	g_array_unref(locator->addresses);
	rp_probes_free(locator->probes);
	g_free(locator);
}
