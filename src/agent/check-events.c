/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where checks of mail and lanes meet: neither knows of the other. */
#include "lane.h"

void
rp_lane_begin_check(const RpLane *lane)
{
	RpCheckOrder order = {
		.catalogue = lane->catalogue,
		.set = lane->set,
		.route = {lane->interface, lane->family, lane->source},
	};

	rp_checks_begin(lane->agent->checks, &order);
}

static void
on_login(const char *set, const RpSessionReport *report, gpointer user)
{
	RpAgent *agent = user;

	rp_session_end_pop_login(rp_lanes_find(agent, set), report);
	if (report->result == RP_SESSION_OK)
		rp_agent_try_set(agent, set);
}

static void
on_done(const char *set, guint n_fetched, const char *error, gpointer user)
{
	RpAgent *agent = user;
	RpLane *lane = rp_lanes_find(agent, set);

	rp_bus_service_check_done(agent->bus, set, n_fetched, error ? error : "");
	/* What asked for a login meanwhile and was not let in. */
	if (lane->awaits_check)
		rp_agent_try_set(agent, set);
	lane->awaits_check = FALSE;
	rp_announce_state(agent);
}

const RpCheckEvents rp_agent_check_events = {.login = on_login, .done = on_done};
