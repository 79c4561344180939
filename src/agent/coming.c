/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

/* Where we may soon be: a network settles for a third of a second at least, up to five where its
 * verdict is awaited, and sessions can come up meanwhile. */

/* What was begun is kept for so long: behind the last word of a network, as long as a verdict may
 * take and a plan with it. */
#define KEPT (10 * G_USEC_PER_SEC)

static void
keep_until(RpAgent *agent, RpTime until)
{
	agent->prepared_until = until;
	rp_agent_schedule(agent);
}

/* It was a moment's, and we stay: what was not begun meanwhile is. */
static void
stay(RpAgent *agent)
{
	if (!rp_whereabouts_is_leaving(agent->whereabouts))
		return;
	rp_whereabouts_set_leaving(agent->whereabouts, FALSE);
	rp_lanes_reconsider(agent->lanes);
}

static void
drop(RpAgent *agent)
{
	rp_lanes_prepare(agent->lanes, NULL);
	keep_until(agent, G_MAXINT64);
}

/* Names are looked up anew, and as the links of that network know them. */
static void
prepare(RpAgent *agent, const RpNetwork *network)
{
	g_autoptr(RpPlace) place = rp_whereabouts_preview(
		agent->whereabouts, network, rp_records_learned(agent->ground.records));

	if (g_strcmp0(place->key, rp_whereabouts_place(agent->whereabouts)->key) != 0) {
		rp_transport_place_changed(agent->transport, place->key);
		rp_whereabouts_set_leaving(agent->whereabouts, TRUE);
	} else {
		stay(agent);
	}
	rp_lanes_prepare(agent->lanes, place);
	keep_until(agent, rp_agent_now(agent) + KEPT);
}

void
rp_agent_network_coming(RpAgent *agent, const RpNetwork *network)
{
	if (agent->suspends)
		return;
	if (rp_whereabouts_is_told(agent->whereabouts, network)) {
		drop(agent);
		stay(agent);
	} else {
		prepare(agent, network);
	}
}

/* By the old servers the names may have led elsewhere. */
void
rp_agent_coming_names_changed(RpAgent *agent)
{
	if (agent->prepared_until != G_MAXINT64)
		drop(agent);
}

RpTime
rp_agent_coming_deadline(const RpAgent *agent)
{
	return agent->prepared_until;
}

void
rp_agent_coming_due(RpAgent *agent)
{
	RpTime now = rp_agent_now(agent);

	/* A clock that was put back does not keep it longer. */
	if (agent->prepared_until <= now ||
		(agent->prepared_until != G_MAXINT64 && agent->prepared_until - now > KEPT)) {
		drop(agent);
		stay(agent);
	}
}
