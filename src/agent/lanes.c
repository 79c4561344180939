/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane-private.h"

/* All lanes: what concerns them together. They are few, as the server sets are. */

#define COPIES_MOST (64 * 1024 * 1024)

void
rp_lanes_init(RpAgent *agent)
{
	agent->copies_most = COPIES_MOST;
	agent->lanes = g_ptr_array_new();
}

void
rp_lanes_clear(RpAgent *agent)
{
	/* One by one: what comes back while one ends looks for its lane. */
	while (agent->lanes->len)
		rp_lane_free(g_ptr_array_steal_index(agent->lanes, agent->lanes->len - 1));
}

RpLane *
rp_lanes_find(const RpAgent *agent, const char *set_name)
{
	for (guint i = 0; i < agent->lanes->len; i++)
		if (g_str_equal(((RpLane *)agent->lanes->pdata[i])->set_name, set_name))
			return agent->lanes->pdata[i];
	return NULL;
}

static RpLane *
get_lane(RpAgent *agent, const char *set_name)
{
	RpLane *lane = rp_lanes_find(agent, set_name);

	if (!lane) {
		lane = rp_lane_new(agent, set_name);
		g_ptr_array_add(agent->lanes, lane);
	}
	return lane;
}

static gboolean
note_wanted(gint64 class_id, const RpDecision *decision, guint n_ready, gpointer user)
{
	RpAgent *agent = user;

	for (guint i = 0; n_ready && i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];

		if (plan->verdict == RP_VERDICT_SEND)
			get_lane(
				agent, rp_catalogue_set(rp_agent_catalogue(agent), plan->set)->name)
				->wanted = TRUE;
	}
	return TRUE;
}

void
rp_lanes_update(RpAgent *agent)
{
	/* It ends, or wakes up and does not know where it is. */
	if (!rp_whereabouts_is_known(agent->ground.whereabouts))
		return;
	rp_planner_foreach(agent->planner, note_wanted, agent);
	for (guint i = 0; i < agent->lanes->len; i++) {
		RpLane *lane = agent->lanes->pdata[i];

		if (lane->wanted)
			rp_lane_wake(lane);
		lane->wanted = FALSE;
	}
}

void
rp_lanes_try_now(RpAgent *agent, const char *set)
{
	for (guint i = 0; i < agent->lanes->len; i++) {
		RpLane *lane = agent->lanes->pdata[i];

		if (set && !g_str_equal(lane->set_name, set))
			continue;
		lane->failures = lane->pop_asked = 0;
		if (lane->state == RP_LANE_WAITING)
			rp_lane_enter(lane, RP_LANE_IDLE, "it is tried now");
	}
}

void
rp_lanes_arrived(RpAgent *agent)
{
	rp_transport_place_changed(agent->transport);
	for (guint i = 0; i < agent->lanes->len; i++) {
		RpLane *lane = agent->lanes->pdata[i];

		lane->pop_login_at = 0;
		lane->force_pop = FALSE;
		lane->login_family = RP_FAMILY_ANY;
		rp_width_arrived(lane);
		rp_lane_leave_place(lane);
	}
	rp_lanes_try_now(agent, NULL);
}

void
rp_lanes_reconsider(RpAgent *agent)
{
	for (guint i = 0; i < agent->lanes->len; i++) {
		RpLane *lane = agent->lanes->pdata[i];

		rp_haul_drop(lane, 0);
		lane->exhausted = lane->state == RP_LANE_LEAVING;
		lane->cursor = (RpQueueCursor)RP_QUEUE_CURSOR_INIT;
	}
	rp_planner_request(agent->planner, TRUE, "what may be sent has changed");
}

void
rp_lanes_cut(RpAgent *agent, gboolean all)
{
	for (guint i = 0; i < agent->lanes->len; i++) {
		RpLane *lane = agent->lanes->pdata[i];

		if (lane->state == RP_LANE_IDLE || lane->state == RP_LANE_WAITING ||
			(!all && rp_lane_route_stands(lane)))
			continue;
		rp_lane_cut(lane);
		rp_lane_enter(lane, RP_LANE_IDLE, all ? "it was cut" : "its link is gone");
	}
}

void
rp_lanes_reconfigured(RpAgent *agent)
{
	for (guint i = 0; i < agent->lanes->len; i++) {
		RpLane *lane = agent->lanes->pdata[i];

		if (!lane->catalogue ||
			rp_whereabouts_set_stands(agent->ground.whereabouts, lane->set))
			continue;
		rp_lane_cut(lane);
		lane->failures = lane->pop_asked = 0;
		lane->pop_login_at = 0;
		lane->force_pop = FALSE;
		rp_lane_enter(lane, RP_LANE_IDLE, "its server set was changed");
	}
}

RpTime
rp_lanes_next_deadline(const RpAgent *agent)
{
	RpTime next = G_MAXINT64;

	for (guint i = 0; i < agent->lanes->len; i++) {
		const RpLane *lane = agent->lanes->pdata[i];

		next = MIN(next, MIN(lane->retry_at, lane->renew_at));
	}
	return next;
}

void
rp_lanes_due(RpAgent *agent)
{
	RpTime now = rp_agent_now(agent);

	for (guint i = 0; i < agent->lanes->len; i++)
		rp_lane_due(agent->lanes->pdata[i], now);
}

gboolean
rp_lanes_are_idle(const RpAgent *agent)
{
	for (guint i = 0; i < agent->lanes->len; i++) {
		const RpLane *lane = agent->lanes->pdata[i];

		if ((lane->state != RP_LANE_IDLE && lane->state != RP_LANE_WAITING) ||
			lane->pop_login)
			return FALSE;
	}
	return TRUE;
}

void
rp_lanes_each_active(const RpAgent *agent, RpActiveFunc func, gpointer user)
{
	for (guint i = 0; i < agent->lanes->len; i++) {
		const RpLane *lane = agent->lanes->pdata[i];

		for (guint k = 0; k < lane->trains->len; k++) {
			const RpTrain *train = lane->trains->pdata[k];

			for (const GList *load = train->loads.head; load; load = load->next)
				func(((const RpLoad *)load->data)->id, lane->set_name, user);
		}
	}
}

gboolean
rp_lanes_check(RpAgent *agent, const RpServerSet *set)
{
	if (!set->pop || !rp_whereabouts_is_known(agent->ground.whereabouts) ||
		!rp_whereabouts_is_online(agent->ground.whereabouts))
		return FALSE;
	if (!rp_checks_is_under_way(agent->checks, set->name))
		rp_lane_check(get_lane(agent, set->name), set);
	return TRUE;
}
