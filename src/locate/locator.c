/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-locate"
#include "locate-private.h"

#include "roampost/base.h"
#include "roampost/retry.h"

/* Which links are asked for, way after way, and what came of it. */

static void
asked_free(gpointer data)
{
	RpAsked *asked = data;

	rp_ask_free(asked->ask);
	rp_sent_mail_free(asked->sent);
	rp_link_free(asked->link);
	g_strfreev(asked->ways);
	g_free(asked);
}

/* ---- one link ---- */

static void ask_next(RpAsked *asked);
static void ask_all(RpAsked *asked);

gint
rp_locator_find_address(const RpLocator *locator, const char *interface)
{
	for (guint i = 0; i < locator->addresses->len; i++)
		if (g_array_index(locator->addresses, RpPublicAddress, i).interface == interface)
			return (gint)i;
	return -1;
}

void
rp_asked_take(RpAsked *asked, const RpAddress *address)
{
	RpLocator *locator = asked->locator;
	RpPublicAddress public = {.address = *address, .interface = asked->link->interface};
	gint old = rp_locator_find_address(locator, asked->link->interface);

	if (old >= 0) {
		const RpPublicAddress *known =
			&g_array_index(locator->addresses, RpPublicAddress, old);

		if (rp_address_equal(&known->address, address))
			return;
		g_array_remove_index(locator->addresses, (guint)old);
		locator->events->moved(locator->user);
	}
	g_array_append_val(locator->addresses, public);
	locator->events->changed(locator->user);
}

/* What had told an address tells now that it has none of the internet's (a router that fell back to
 * a telephone), and nobody else tells one: what is known is the past. Silence would say nothing. */
static void
forget_denied(RpAsked *asked)
{
	RpLocator *locator = asked->locator;
	gint known = rp_locator_find_address(locator, asked->link->interface);

	asked->told = -1;
	if (known < 0)
		return;
	g_array_remove_index(locator->addresses, (guint)known);
	locator->events->moved(locator->user);
	locator->events->changed(locator->user); /* may drop it */
}

static void
note_answer(RpAsked *asked, gint way, gboolean found, gboolean private)
{
	if (found) {
		asked->told = way;
		asked->heard = asked->denied = FALSE;
	} else if (private && asked->told == way) {
		asked->denied = TRUE;
	}
}

static void
on_answer(const RpAddress *address, const char *why, gpointer user)
{
	RpAsked *asked = user;
	RpLocator *locator = asked->locator;
	gint index = (gint)asked->next++;
	const char *way = asked->ways[index];
	g_autofree char *text = rp_address_format(address);
	gboolean found = rp_address_is_global(address);

	g_clear_pointer(&asked->ask, rp_ask_free);
	g_message("%s: the public address by %s: %s", asked->link->interface, way,
		found   ? text
		: *text ? "behind another NAT"
			: why);
	note_answer(asked, index, found, *text != '\0');
	if (!found)
		ask_next(asked);
	gboolean denied = !asked->ask && asked->denied;
	if (!asked->ask && asked->repeat)
		ask_all(asked);
	if (found)
		rp_asked_take(asked, address); /* may drop it */
	else if (denied)
		forget_denied(asked);
	locator->events->answered(locator->user);
}

static void
ask_next(RpAsked *asked)
{
	const char *way = asked->ways[asked->next];

	if (way)
		asked->ask = rp_ask_new(way, asked->link, on_answer, asked);
}

static void
ask_all(RpAsked *asked)
{
	asked->repeat = FALSE;
	asked->denied = FALSE;
	asked->next = 0;
	ask_next(asked);
}

static void
forget_times(RpLocator *locator)
{
	locator->again = 0;
	locator->n_again = 0;
}

static void
begin(RpLocator *locator, const RpLink *link)
{
	RpAsked *asked = g_new0(RpAsked, 1);

	asked->locator = locator;
	asked->link = rp_link_copy(link);
	asked->sent = rp_sent_mail_new();
	asked->told = -1;
	asked->ways = g_strdupv(rp_ground_options(locator->ground)->public_address);
	g_ptr_array_add(locator->asked, asked);
	forget_times(locator); /* this is another place */
	ask_next(asked);
}

/* ---- all ---- */

static void
drop(RpLocator *locator, guint index)
{
	const RpAsked *asked = locator->asked->pdata[index];
	gint known = rp_locator_find_address(locator, asked->link->interface);

	if (known >= 0)
		g_array_remove_index(locator->addresses, (guint)known);
	g_ptr_array_remove_index(locator->asked, index);
}

gboolean
rp_asked_stands(const RpAsked *asked)
{
	const RpLocator *locator = asked->locator;
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
		if (rp_locate_is_same_link(((const RpAsked *)locator->asked->pdata[i])->link, link))
			return TRUE;
	return FALSE;
}

/* ---- once more ---- */

static RpTime
next_time(RpLocator *locator)
{
	return rp_ground_now(locator->ground) + rp_retry_locate_wait(++locator->n_again);
}

void
rp_locator_look(RpLocator *locator)
{
	const RpPlace *place = rp_whereabouts_place(locator->ground->whereabouts);
	const RpCatalogue *catalogue = rp_ground_catalogue(locator->ground);
	gboolean has_asns = rp_whereabouts_asns(locator->ground->whereabouts) != NULL;
	gboolean lacks = FALSE;

	for (guint i = 0; i < place->network->links->len; i++) {
		const RpLink *link = place->network->links->pdata[i];

		if (!rp_locate_wants(place, catalogue, has_asns, i))
			continue;
		lacks = TRUE;
		if (!is_asked(locator, link))
			begin(locator, link);
	}
	rp_probes_look(locator->probes);
	if (!lacks && !rp_probes_lack(locator->probes))
		forget_times(locator);
	else if (!locator->again)
		locator->again = next_time(locator);
}

void
rp_locator_ask_again(RpLocator *locator)
{
	for (guint i = 0; i < locator->asked->len; i++) {
		RpAsked *asked = locator->asked->pdata[i];

		if (asked->ask)
			asked->repeat = TRUE;
		else
			ask_all(asked);
	}
	rp_probes_ask_again(locator->probes);
}

void
rp_locator_doubt(RpLocator *locator)
{
	RpTime now = rp_ground_now(locator->ground);

	if (ABS(now - locator->doubted) < rp_retry_locate_wait(1))
		return;
	locator->doubted = now;
	rp_locator_ask_again(locator);
}

RpTime
rp_locator_next_deadline(const RpLocator *locator)
{
	return locator->again ? locator->again : G_MAXINT64;
}

void
rp_locator_due(RpLocator *locator)
{
	RpTime now = rp_ground_now(locator->ground);

	/* A clock that was put back does not make it longer. */
	if (!locator->again || (now < locator->again && locator->again - now <= G_TIME_SPAN_HOUR))
		return;
	rp_locator_ask_again(locator);
	locator->again = next_time(locator);
}

void
rp_locator_forget(RpLocator *locator)
{
	g_array_set_size(locator->addresses, 0);
	g_ptr_array_set_size(locator->asked, 0);
	rp_probes_forget(locator->probes);
	forget_times(locator);
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
		if (!rp_asked_stands(locator->asked->pdata[i]))
			drop(locator, i);
	return locator->addresses;
}

gboolean
rp_locator_is_idle(const RpLocator *locator)
{
	for (guint i = 0; i < locator->asked->len; i++)
		if (((const RpAsked *)locator->asked->pdata[i])->ask)
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
