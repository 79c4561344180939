/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

/* Where we are, and the server set that the user chose to use there. */

static void
set_override(RpAgent *agent, RpOverride *override)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_change_save_override(change, override->set, override->keep, override->place_key);
	rp_whereabouts_set_override(agent->whereabouts, override);
	rp_agent_write(agent, change, NULL, NULL);
}

static char *
place_key(const RpAgent *agent)
{
	return g_strdup(rp_whereabouts_place(agent->whereabouts)->key);
}

void
rp_agent_use(RpAgent *agent, const char *set, gboolean keep)
{
	RpOverride override = {.set = g_strdup(set), .keep = keep};

	/* Said while offline, it is for the place where one arrives next. */
	if (rp_whereabouts_is_online(agent->whereabouts))
		override.place_key = place_key(agent);
	g_message("override: %s%s", override.set ? override.set : "auto", keep ? ", kept" : "");
	set_override(agent, &override);
	rp_lanes_reconsider(agent->lanes);
	rp_tell_state(agent->tell);
}

void
rp_agent_pause_changed(RpAgent *agent)
{
	g_message("%s", rp_ground_is_paused(&agent->ground) ? "paused: nothing is sent"
							    : "resumed: mail goes again");
	rp_lanes_reconsider(agent->lanes);
	rp_tell_state(agent->tell);
}

gboolean
rp_agent_work_out_place(RpAgent *agent)
{
	rp_whereabouts_set_public_addresses(
		agent->whereabouts, rp_locator_addresses(agent->locator));
	rp_whereabouts_set_reached(agent->whereabouts, rp_locator_reached(agent->locator));
	rp_records_find_origins(agent->ground.records);
	return rp_whereabouts_work_out_place(
		agent->whereabouts, rp_records_learned(agent->ground.records), rp_agent_now(agent));
}

gboolean
rp_agent_is_asking(RpAgent *agent)
{
	if (!rp_locator_is_idle(agent->locator))
		agent->asking = TRUE;
	else if (rp_planner_is_idle(agent->planner) && rp_writes_is_idle(agent->ground.writes))
		agent->asking = FALSE;
	return agent->asking;
}

/* What a server put off or could not be reached for is tried at once. */
static void
try_all(RpAgent *agent)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_change_undefer_all(change);
	rp_queue_change_leave_unsynced(change); /* another agent arrives anew */
	rp_agent_write_and_plan(agent, change);
}

static void
arrive(RpAgent *agent)
{
	try_all(agent);
	rp_records_arrived(agent->ground.records);
	rp_lanes_arrived(agent->lanes);
}

void
rp_agent_came_back(RpAgent *agent)
{
	try_all(agent);
	rp_lanes_came_back(agent->lanes);
}

/* An override holds at one place. */
static void
check_override(RpAgent *agent)
{
	const RpOverride *now = rp_whereabouts_override(agent->whereabouts);

	if (!now->set || now->keep)
		return;
	if (!now->place_key) {
		RpOverride here = {.set = g_strdup(now->set)};

		if (rp_whereabouts_is_online(agent->whereabouts)) {
			here.place_key = place_key(agent);
			set_override(agent, &here);
		}
		rp_override_clear(&here);
	} else if (!g_str_equal(now->place_key, rp_whereabouts_place(agent->whereabouts)->key)) {
		rp_agent_use(agent, NULL, FALSE);
	}
}

gboolean
rp_agent_is_at_portal(const RpAgent *agent)
{
	const GPtrArray *links = rp_whereabouts_network(agent->whereabouts)->links;

	for (guint i = 0; i < links->len; i++)
		if (((const RpLink *)links->pdata[i])->connectivity == RP_CONNECTIVITY_PORTAL)
			return !rp_whereabouts_is_online(agent->whereabouts);
	return FALSE;
}

void
rp_agent_forget_intercepted(RpAgent *agent)
{
	rp_records_forget(agent->ground.records, NULL, RP_FAILURE_INTERCEPTED);
}

void
rp_agent_set_network(RpAgent *agent, const RpNetwork *network)
{
	gboolean was_online = rp_whereabouts_is_online(agent->whereabouts);
	gboolean was_portal = rp_agent_is_at_portal(agent);

	rp_whereabouts_set_network(agent->whereabouts, network);
	if (rp_agent_work_out_place(agent))
		arrive(agent);
	else if (!was_online && rp_whereabouts_is_online(agent->whereabouts)) {
		rp_records_arrived(agent->ground.records);
		rp_agent_came_back(agent);
	}
	if (was_portal && rp_whereabouts_is_online(agent->whereabouts))
		rp_agent_forget_intercepted(agent);
	check_override(agent);
	rp_lanes_cut(agent->lanes, FALSE);
	rp_checks_cut(agent->checks, FALSE);
	rp_tell_place(agent->tell);
	rp_lanes_reconsider(agent->lanes);
	rp_locator_look(agent->locator);
	rp_agent_look_for_arrivals(agent);
}

void
rp_agent_place_taught(RpAgent *agent)
{
	if (rp_agent_work_out_place(agent))
		arrive(agent);
	check_override(agent);
	rp_tell_place(agent->tell);
	rp_lanes_reconsider(agent->lanes);
	rp_locator_look(agent->locator);
	rp_agent_look_for_arrivals(agent);
}

void
rp_agent_resolver_changed(RpAgent *agent)
{
	rp_agent_coming_names_changed(agent);
	rp_records_resolver_changed(agent->ground.records);
}

void
rp_agent_load_override(RpAgent *agent)
{
	g_auto(RpOverride) override = {0};
	g_autoptr(GError) error = NULL;

	if (!rp_queue_load_override(agent->ground.queue, &override, &error))
		g_warning("the override can't be read: %s", error->message);
	rp_whereabouts_set_override(agent->whereabouts, &override);
}
