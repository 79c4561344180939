/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* Which way a lane goes: the interface, family and address of what it opens, whether only small
 * packets get through there, and whether the way it took is still the right one. */

static const char *
plan_interface(const RpPlace *place, const RpRecipientPlan *plan)
{
	return plan->link < 0 ? NULL
			      : ((RpLink *)place->network->links->pdata[plan->link])->interface;
}

/* What the plan is bound to, so that POP and SMTP share it: what a login fixed, what the evidence
 * names; on a link that is bound to for another reason, the kernel's preferred one. */
static RpAddress
plan_source(const RpPlace *place, const RpRecipientPlan *plan)
{
	if (plan->source.family != RP_FAMILY_ANY)
		return plan->source;
	if (plan->bind.family != RP_FAMILY_ANY)
		return plan->bind;
	if (plan->link < 0 || plan->family == RP_FAMILY_ANY)
		return (RpAddress){.family = RP_FAMILY_ANY};
	return rp_link_source(place->network->links->pdata[plan->link], plan->family, NULL);
}

RpRoute
rp_lane_route(const RpPlace *place, const RpRecipientPlan *plan)
{
	return (RpRoute){plan_interface(place, plan), plan->family, plan_source(place, plan)};
}

void
rp_lane_set_route(RpLane *lane, const RpRecipientPlan *best)
{
	const RpPlace *place = rp_whereabouts_place(lane->lanes->ground->whereabouts);
	RpRecipientPlan plan = *best;
	RpRoute route;

	/* One that did not do is not tried again here. */
	if (lane->login_family != RP_FAMILY_ANY && plan.family != lane->login_family) {
		plan.family = lane->login_family;
		plan.source.family = plan.bind.family = RP_FAMILY_ANY;
	}
	/* What the kernel chose for the login, the server is open for. */
	if (plan.pop_login_first && !lane->force_pop && plan.link < 0)
		plan.source = rp_lane_login_source(lane, plan.family);
	route = rp_lane_route(place, &plan);
	g_free(lane->interface);
	lane->interface = g_strdup(route.interface);
	g_free(lane->place_key);
	lane->place_key = g_strdup(place->key);
	lane->family = route.family;
	lane->plan_family = best->family;
	lane->without_login = best->without_login;
	lane->source = route.source;
	lane->local = (RpAddress){.family = RP_FAMILY_ANY};
}

RpRoute
rp_lane_own_route(const RpLane *lane)
{
	return (RpRoute){lane->interface, lane->family, lane->source, lane->small_segments};
}

/* Whoever sends small packets loses next to nothing, and gets through everywhere. */
void
rp_lane_note_stall(RpLane *lane, const RpSessionReport *report)
{
	if (!report->stalled || lane->small_segments)
		return;
	lane->small_segments = TRUE;
	g_message("%s: larger packets seem to get lost on the way: it goes on with small ones",
		lane->set_name);
}

gboolean
rp_lane_route_stands(const RpLane *lane)
{
	const RpWhereabouts *whereabouts = lane->lanes->ground->whereabouts;
	const RpAddress *address =
		lane->local.family != RP_FAMILY_ANY ? &lane->local : &lane->source;

	if ((lane->state == RP_LANE_CONNECTING || lane->state == RP_LANE_LOGGING_IN) &&
		!rp_whereabouts_may_begin(whereabouts, lane->set, lane->interface))
		return FALSE;
	return rp_whereabouts_route_stands(whereabouts, lane->interface, address);
}

/* A session that is bound keeps its way while its link is there; one that is not, while the default
 * route leads there by which it began. */
static gboolean
is_astray(const RpLane *lane)
{
	const RpLink *link = rp_whereabouts_link_of(lane->lanes->ground->whereabouts, &lane->local);

	if (lane->local.family == RP_FAMILY_ANY)
		return FALSE;
	return !link || (!lane->interface && lane->local_default &&
				!rp_link_is_default(link, lane->local.family));
}

void
rp_lane_look_at_route(RpLane *lane)
{
	gboolean astray = is_astray(lane);

	for (guint i = 0; i < lane->sessions->len; i++) {
		const RpLaneSession *session = lane->sessions->pdata[i];

		if (session->up)
			rp_delivery_astray(session->delivery, astray);
	}
}
