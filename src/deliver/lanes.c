/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include "roampost/language.h"

/* All lanes: what concerns them together. They are few, as the server sets are. */

#define COPIES_MOST (64 * 1024 * 1024)

RpLane *
rp_lanes_get(RpLanes *lanes, const char *set_name)
{
	RpLane *lane = rp_lanes_find(lanes, set_name);

	if (!lane) {
		lane = rp_lane_new(lanes, set_name);
		g_ptr_array_add(lanes->all, lane);
		rp_lane_waits_load(lane);
	}
	return lane;
}

static gboolean
note_wanted(gint64 class_id, const RpDecision *decision, guint n_ready, gpointer user)
{
	RpLanes *lanes = user;

	for (guint i = 0; n_ready && i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];

		if (plan->verdict == RP_VERDICT_SEND)
			rp_lanes_get(lanes,
				rp_catalogue_set(rp_ground_catalogue(lanes->ground), plan->set)
					->name)
				->wanted = TRUE;
	}
	return TRUE;
}

void
rp_lanes_update(RpLanes *lanes)
{
	/* It ends, or wakes up and does not know where it is. */
	if (!rp_whereabouts_is_known(lanes->ground->whereabouts))
		return;
	rp_planner_foreach(lanes->planner, note_wanted, lanes);
	for (guint i = 0; i < lanes->all->len; i++) {
		RpLane *lane = lanes->all->pdata[i];

		if (lane->wanted)
			rp_lane_wake(lane);
		else
			rp_lane_go_on(lane);
		lane->wanted = FALSE;
	}
}

void
rp_lanes_try_now(RpLanes *lanes, const char *set)
{
	for (guint i = 0; i < lanes->all->len; i++) {
		RpLane *lane = lanes->all->pdata[i];

		if (set && !g_str_equal(lane->set_name, set))
			continue;
		rp_lane_forget_waits(lane);
		lane->try_again = lane->state == RP_LANE_CONNECTING;
		if (lane->state == RP_LANE_WAITING)
			rp_lane_enter(lane, RP_LANE_IDLE, "it is tried now");
		rp_lane_waits_save(lane);
	}
}

void
rp_lanes_arrived(RpLanes *lanes)
{
	rp_transport_place_changed(
		lanes->transport, rp_whereabouts_place(lanes->ground->whereabouts)->key);
	for (guint i = 0; i < lanes->all->len; i++) {
		RpLane *lane = lanes->all->pdata[i];

		lane->pop_login_at = 0;
		lane->was_up = lane->gave_password = FALSE;
		lane->takes_most = 0;
		lane->quit_unheard = FALSE;
		lane->force_pop = lane->small_segments = FALSE;
		lane->login_family = RP_FAMILY_ANY;
		rp_lane_forget_shut(lane);
		rp_pace_forget(lane->pace);
		rp_lane_end_elsewhere(lane);
		rp_lane_leave(lane, "the place has changed");
	}
	rp_lanes_try_now(lanes, NULL);
}

void
rp_lanes_came_back(RpLanes *lanes)
{
	for (guint i = 0; i < lanes->all->len; i++)
		((RpLane *)lanes->all->pdata[i])->pop_login_at = 0;
	rp_lanes_try_now(lanes, NULL);
}

void
rp_lanes_reconsider(RpLanes *lanes)
{
	for (guint i = 0; i < lanes->all->len; i++) {
		RpLane *lane = lanes->all->pdata[i];

		rp_feed_drop(lane, 0);
		lane->exhausted = lane->state == RP_LANE_LEAVING;
		lane->cursor = RP_QUEUE_CURSOR_INIT;
	}
	rp_planner_request(lanes->planner, TRUE, "what may be sent has changed");
}

void
rp_lanes_cut(RpLanes *lanes, gboolean all)
{
	for (guint i = 0; i < lanes->all->len; i++) {
		RpLane *lane = lanes->all->pdata[i];

		if (lane->silent->len && (all || !rp_lane_route_stands(lane)))
			rp_lane_cut_silent(lane);
		if (lane->state == RP_LANE_IDLE || lane->state == RP_LANE_WAITING ||
			(!all && rp_lane_route_stands(lane))) {
			rp_lane_look_at_route(lane);
			continue;
		}
		rp_lane_cut(lane);
		rp_lane_enter(lane, RP_LANE_IDLE, all ? "it was cut" : "its link is gone");
	}
}

void
rp_lanes_reconfigured(RpLanes *lanes)
{
	for (guint i = 0; i < lanes->all->len; i++) {
		RpLane *lane = lanes->all->pdata[i];

		if (!lane->catalogue ||
			rp_whereabouts_set_stands(lanes->ground->whereabouts, lane->set))
			continue;
		rp_lane_cut(lane);
		rp_lane_forget_waits(lane);
		rp_lane_is_open(lane);
		lane->takes_most = 0;
		lane->pop_login_at = 0;
		lane->force_pop = FALSE;
		rp_lane_enter(lane, RP_LANE_IDLE, "its server set was changed");
		rp_lane_waits_save(lane);
	}
}

RpTime
rp_lanes_next_deadline(const RpLanes *lanes)
{
	RpTime next = G_MAXINT64;

	for (guint i = 0; i < lanes->all->len; i++) {
		const RpLane *lane = lanes->all->pdata[i];

		next = MIN(next, MIN(lane->retry_at, lane->renew_at));
		next = MIN(next, rp_concurrency_look_at(lane));
	}
	return next;
}

void
rp_lanes_due(RpLanes *lanes)
{
	RpTime now = rp_ground_now(lanes->ground);

	for (guint i = 0; i < lanes->all->len; i++)
		rp_lane_due(lanes->all->pdata[i], now);
}

gboolean
rp_lanes_are_idle(const RpLanes *lanes)
{
	for (guint i = 0; i < lanes->all->len; i++) {
		const RpLane *lane = lanes->all->pdata[i];

		if ((lane->state != RP_LANE_IDLE && lane->state != RP_LANE_WAITING) ||
			lane->pop_login || lane->silent->len)
			return FALSE;
	}
	return TRUE;
}

gboolean
rp_lanes_disk_fails(const RpLanes *lanes)
{
	for (guint i = 0; i < lanes->all->len; i++)
		if (((const RpLane *)lanes->all->pdata[i])->disk_fails)
			return TRUE;
	return FALSE;
}

static void
note_progress(gpointer outgoing, const RpSmtpProgress *progress, gpointer user)
{
	((RpOutgoing *)outgoing)->progress = *progress;
}

static void
each_of_session(const RpLaneSession *session, RpActiveFunc func, gpointer user)
{
	if (session->delivery)
		rp_delivery_each_progress(session->delivery, note_progress, NULL);
	for (const GList *link = session->outgoing.head; link; link = link->next) {
		const RpOutgoing *outgoing = link->data;
		const RpSmtpProgress *progress = &outgoing->progress;
		RpActive active = {outgoing->id, session->lane->set_name,
			rp_smtp_at_name(progress->at), (guint64)progress->done,
			(guint64)progress->total};

		func(&active, user);
	}
}

void
rp_lanes_each_active(const RpLanes *lanes, RpActiveFunc func, gpointer user)
{
	for (guint i = 0; i < lanes->all->len; i++) {
		const RpLane *lane = lanes->all->pdata[i];

		for (guint k = 0; k < lane->sessions->len; k++)
			each_of_session(lane->sessions->pdata[k], func, user);
		for (guint k = 0; k < lane->silent->len; k++)
			each_of_session(lane->silent->pdata[k], func, user);
	}
}

static gboolean
is_in_clear(const RpServerSet *set)
{
	return set->pop && set->pop_tls == RP_TLS_OFF && !set->pop->implicit_tls;
}

static char *
waiting_text(const RpLane *lane)
{
	g_autofree char *time = NULL;
	g_autofree char *sentence = NULL;

	switch (lane->state) {
	case RP_LANE_WAITING:
		time = rp_time_format(lane->retry_at);
		sentence = rp_deferral_sentence(lane->set_name, lane->wait_words);
		return g_strdup_printf(
			_("%1$s Next try at %2$s, or now: roampost flush."), sentence, time);
	case RP_LANE_CONNECTING:
		return g_strdup(
			lane->reached ? _("It is connected, and waiting for its greeting and what "
					  "follows, which a server may take minutes for.")
				      : _("It is being connected to."));
	case RP_LANE_LOGGING_IN:
		return g_strdup(
			is_in_clear(lane->set)
				? _("A POP login is being made; before its password goes without "
				    "encryption its SMTP server is asked who it is, which may take "
				    "45 s.")
				: _("A POP login is being made."));
	case RP_LANE_IDLE:
	case RP_LANE_SENDING:
	case RP_LANE_LEAVING:
		return NULL;
	}
	return NULL;
}

char *
rp_lanes_waiting(const RpLanes *lanes, const char *set)
{
	const RpLane *lane = rp_lanes_find(lanes, set);

	return lane ? waiting_text(lane) : NULL;
}

gboolean
rp_lanes_is_checking(const RpLanes *lanes, const char *set)
{
	const RpLane *lane = rp_lanes_find(lanes, set);

	return lane && lane->check;
}

void
rp_lanes_leave(RpLanes *lanes, const char *reason)
{
	for (guint i = 0; i < lanes->all->len; i++)
		rp_lane_leave(lanes->all->pdata[i], reason);
}

gboolean
rp_lanes_check(RpLanes *lanes, const RpServerSet *set)
{
	if (!set->pop || !rp_whereabouts_is_known(lanes->ground->whereabouts) ||
		!rp_whereabouts_may_check(lanes->ground->whereabouts, set))
		return FALSE;
	if (!lanes->events.is_fetching(set->name, lanes->user))
		rp_lane_check(rp_lanes_get(lanes, set->name), set);
	return TRUE;
}

void
rp_lanes_check_login(RpLanes *lanes, const char *set, const RpSessionReport *report)
{
	rp_session_end_pop_login(rp_lanes_find(lanes, set), report);
}

gboolean
rp_lanes_check_done(RpLanes *lanes, const char *set)
{
	RpLane *lane = rp_lanes_find(lanes, set);
	gboolean awaited = lane->awaits_check;

	lane->awaits_check = FALSE;
	return awaited;
}

/* ---- life ---- */

RpLanes *
rp_lanes_new(const RpGround *ground, RpPlanner *planner, RpTransport *transport,
	const RpLanesEvents *events, gpointer user)
{
	RpLanes *lanes = g_new0(RpLanes, 1);

	lanes->ground = ground;
	lanes->planner = planner;
	lanes->transport = transport;
	lanes->events = *events;
	lanes->user = user;
	lanes->all = g_ptr_array_new();
	lanes->put_off = rp_put_off_new();
	lanes->doubts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	lanes->moved = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	lanes->busy = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	lanes->copies_most = COPIES_MOST;
	return lanes;
}

void
rp_lanes_close(RpLanes *lanes)
{
	/* One by one: what comes back while one ends looks for its lane. */
	while (lanes->all->len)
		rp_lane_free(g_ptr_array_steal_index(lanes->all, lanes->all->len - 1));
}

void
rp_lanes_free(RpLanes *lanes)
{
	if (!lanes)
		return;
	g_ptr_array_unref(lanes->all);
	g_hash_table_unref(lanes->put_off);
	g_hash_table_unref(lanes->doubts);
	g_hash_table_unref(lanes->moved);
	g_hash_table_unref(lanes->busy);
	g_free(lanes);
}
