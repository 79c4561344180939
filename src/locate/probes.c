/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-locate"
#include "locate-private.h"

/* Which hosts of providers are tried by which links, and which of them answered. */

/* One that was tried; it stays until the link is another one, or the configuration names it no
 * longer. */
typedef struct {
	RpProbes *probes;
	RpLink *link;
	char *where;
	RpReach *reach;  /* NULL: done */
	gboolean repeat; /* once more then: it began before the wish */
	RpFamily family; /* any: it did not answer, the last time that is over */
} Probe;

struct RpProbes {
	const RpGround *ground;
	const RpLocatorEvents *events;
	gpointer user;
	GPtrArray *all;  /* of Probe */
	GArray *reached; /* of RpReached, with strings of `all` */
};

static void
probe_free(gpointer data)
{
	Probe *probe = data;

	rp_reach_free(probe->reach);
	rp_link_free(probe->link);
	g_free(probe->where);
	g_free(probe);
}

static void on_reach(RpFamily family, const char *why, gpointer user);

static void
try_host(Probe *probe)
{
	probe->repeat = FALSE;
	probe->reach = rp_reach_new(probe->where, probe->link, on_reach, probe);
}

static void
on_reach(RpFamily family, const char *why, gpointer user)
{
	Probe *probe = user;
	RpProbes *probes = probe->probes;
	gboolean same = probe->family == family;

	g_clear_pointer(&probe->reach, rp_reach_free);
	probe->family = family;
	g_message("%s: %s %s%s%s", probe->link->interface, probe->where,
		why ? "can't be reached: " : "answers over ", why ? why : rp_family_name(family),
		why ? "" : ": the provider is taken to be this one");
	if (probe->repeat)
		try_host(probe);
	if (!same) /* this may drop it */
		probes->events->changed(probes->user);
	probes->events->answered(probes->user);
}

/* ---- which matter ---- */

static gboolean
is_inside_by(const RpPlace *place, guint provider, guint link)
{
	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);

		if (inside->provider == provider && inside->link == link)
			return TRUE;
	}
	return FALSE;
}

static gboolean
is_wanted(const RpCatalogue *catalogue, guint provider)
{
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++)
		if (rp_catalogue_set_provider(catalogue, i) == (gint)provider &&
			rp_locate_wants_inside(rp_catalogue_set(catalogue, i)))
			return TRUE;
	return FALSE;
}

/* A line on demand would be dialled for it; behind a portal everything answers. */
static gboolean
may_carry(const RpLink *link)
{
	return rp_link_is_usable(link) && !link->idle;
}

static Probe *
find(const RpProbes *probes, const RpLink *link, const char *where)
{
	for (guint i = 0; i < probes->all->len; i++) {
		Probe *probe = probes->all->pdata[i];

		if (g_str_equal(probe->where, where) && rp_locate_is_same_link(probe->link, link))
			return probe;
	}
	return NULL;
}

static void
begin(RpProbes *probes, const RpLink *link, const char *where)
{
	Probe *probe = g_new0(Probe, 1);

	probe->probes = probes;
	probe->link = rp_link_copy(link);
	probe->where = g_strdup(where);
	g_ptr_array_add(probes->all, probe);
	try_host(probe);
}

void
rp_probes_look(RpProbes *probes)
{
	const RpPlace *place = rp_whereabouts_place(probes->ground->whereabouts);
	const RpCatalogue *catalogue = rp_ground_catalogue(probes->ground);

	for (guint p = 0; p < rp_catalogue_n_providers(catalogue); p++) {
		char *const *where = rp_catalogue_provider(catalogue, p)->reachable;

		for (; *where && is_wanted(catalogue, p); where++)
			for (guint i = 0; i < place->network->links->len; i++) {
				const RpLink *link = place->network->links->pdata[i];

				if (may_carry(link) && !is_inside_by(place, p, i) &&
					!find(probes, link, *where))
					begin(probes, link, *where);
			}
	}
}

gboolean
rp_probes_lack(const RpProbes *probes)
{
	for (guint i = 0; i < probes->all->len; i++)
		if (((const Probe *)probes->all->pdata[i])->family == RP_FAMILY_ANY)
			return TRUE;
	return FALSE;
}

void
rp_probes_ask_again(RpProbes *probes)
{
	for (guint i = probes->all->len; i-- > 0;) {
		Probe *probe = probes->all->pdata[i];

		if (probe->reach)
			probe->repeat = TRUE;
		else if (probe->family == RP_FAMILY_ANY) /* if it still matters */
			g_ptr_array_remove_index(probes->all, i);
		else
			try_host(probe);
	}
	rp_probes_look(probes);
}

/* ---- what is known ---- */

static gboolean
is_named(const RpCatalogue *catalogue, const char *where)
{
	for (guint i = 0; i < rp_catalogue_n_providers(catalogue); i++)
		if (g_strv_contains(
			    (const char *const *)rp_catalogue_provider(catalogue, i)->reachable,
			    where))
			return TRUE;
	return FALSE;
}

static gboolean
stands(const RpProbes *probes, const Probe *probe)
{
	const GPtrArray *links = rp_whereabouts_network(probes->ground->whereabouts)->links;

	if (!is_named(rp_ground_catalogue(probes->ground), probe->where))
		return FALSE;
	for (guint i = 0; i < links->len; i++)
		if (rp_locate_is_same_link(probe->link, links->pdata[i]))
			return may_carry(links->pdata[i]);
	return FALSE;
}

const GArray *
rp_probes_reached(RpProbes *probes)
{
	g_array_set_size(probes->reached, 0);
	for (guint i = probes->all->len; i-- > 0;)
		if (!stands(probes, probes->all->pdata[i]))
			g_ptr_array_remove_index(probes->all, i);
	for (guint i = 0; i < probes->all->len; i++) {
		const Probe *probe = probes->all->pdata[i];
		RpReached reached = {probe->where, probe->link->interface, probe->family};

		if (probe->family != RP_FAMILY_ANY)
			g_array_append_val(probes->reached, reached);
	}
	return probes->reached;
}

void
rp_probes_forget(RpProbes *probes)
{
	g_ptr_array_set_size(probes->all, 0);
}

gboolean
rp_probes_are_idle(const RpProbes *probes)
{
	for (guint i = 0; i < probes->all->len; i++)
		if (((const Probe *)probes->all->pdata[i])->reach)
			return FALSE;
	return TRUE;
}

RpProbes *
rp_probes_new(const RpGround *ground, const RpLocatorEvents *events, gpointer user)
{
	RpProbes *probes = g_new0(RpProbes, 1);

	probes->ground = ground;
	probes->events = events;
	probes->user = user;
	probes->all = g_ptr_array_new_with_free_func(probe_free);
	probes->reached = g_array_new(FALSE, FALSE, sizeof(RpReached));
	return probes;
}

void
rp_probes_free(RpProbes *probes)
{
	if (!probes)
		return;
	g_ptr_array_unref(probes->all);
	g_array_unref(probes->reached);
	g_free(probes);
}
