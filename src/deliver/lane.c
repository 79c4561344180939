/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include <string.h>

/* One server set's way out: when it wakes up, whether a POP login comes before the session, and
 * what happens to it when the place or the plan is another. */

/* ---- life ---- */

RpLane *
rp_lane_new(RpLanes *lanes, const char *set_name)
{
	RpLane *lane = g_new0(RpLane, 1);

	lane->lanes = lanes;
	lane->set_name = g_strdup(set_name);
	lane->classes = g_array_new(FALSE, FALSE, sizeof(gint64));
	lane->retry_at = lane->renew_at = G_MAXINT64;
	g_queue_init(&lane->outgoing);
	lane->sessions = g_ptr_array_new();
	lane->silent = g_ptr_array_new();
	lane->pace = rp_pace_new();
	return lane;
}

void
rp_lane_cut(RpLane *lane)
{
	if (lane->check && lane->pop_login)
		rp_lane_tell_checked(lane, "the network has changed meanwhile");
	lane->check = FALSE;

	g_clear_pointer(&lane->pop_login, rp_pop_login_cancel);
	lane->cutting = TRUE;
	rp_lane_end_elsewhere(lane);
	rp_lane_sessions_cut(lane);
	rp_lane_cut_silent(lane);
	lane->cutting = FALSE;
	rp_feed_drop(lane, 0);
	lane->fetching = lane->exhausted = FALSE;
}

void
rp_lane_free(RpLane *lane)
{
	rp_lane_cut(lane);
	g_ptr_array_unref(lane->sessions);
	g_ptr_array_unref(lane->silent);
	rp_pace_free(lane->pace);
	g_array_unref(lane->classes);
	g_clear_pointer(&lane->catalogue, rp_catalogue_unref);
	g_free(lane->interface);
	g_free(lane->place_key);
	g_free(lane->wait_words);
	rp_login_origin_clear(&lane->login_origin);
	g_free(lane->set_name);
	g_free(lane);
}

/* ---- what a session is made for ---- */

static gboolean
is_for_lane(const RpLane *lane, const RpRecipientPlan *plan)
{
	const RpCatalogue *catalogue = rp_ground_catalogue(lane->lanes->ground);

	return plan->verdict == RP_VERDICT_SEND &&
	       g_str_equal(rp_catalogue_set(catalogue, plan->set)->name, lane->set_name);
}

/* The cheapest way first: what needs no POP login does not wait for one. */
typedef struct {
	const RpLane *lane;
	const RpRecipientPlan *best;
} RpBest;

static gboolean
note_best(gint64 class_id, const RpDecision *decision, guint n_ready, gpointer user)
{
	RpBest *best = user;

	for (guint i = 0; n_ready && i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];

		if (is_for_lane(best->lane, plan) && (!best->best || plan->cost < best->best->cost))
			best->best = plan;
	}
	return TRUE;
}

typedef struct {
	RpLane *lane;
	const RpRecipientPlan *best;
} RpCollect;

/* It goes by the same session as the best. */
static gboolean
goes_with_best(const RpCollect *collect, const RpRecipientPlan *plan)
{
	const RpRecipientPlan *best = collect->best;

	if (plan->link != best->link || plan->family != best->family ||
		plan->without_login != best->without_login)
		return FALSE;
	if (plan->pop_login_first && !best->pop_login_first &&
		!rp_lane_has_fresh_login(collect->lane))
		return FALSE;
	return best->source.family == RP_FAMILY_ANY || plan->source.family == RP_FAMILY_ANY ||
	       rp_address_equal(&plan->source, &best->source);
}

static gboolean
collect_class(gint64 class_id, const RpDecision *decision, guint n_ready, gpointer user)
{
	const RpCollect *collect = user;
	RpLane *lane = collect->lane;

	for (guint i = 0; n_ready && i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];

		if (!is_for_lane(lane, plan) || !goes_with_best(collect, plan))
			continue;
		lane->pop_needed |= plan->pop_login_needed;
		g_array_append_val(lane->classes, class_id);
		return TRUE;
	}
	return TRUE;
}

static void
take_plan(RpLane *lane, const RpRecipientPlan *best)
{
	RpCollect collect = {lane, best};
	RpLanes *lanes = lane->lanes;

	g_clear_pointer(&lane->catalogue, rp_catalogue_unref);
	lane->catalogue = rp_catalogue_ref((RpCatalogue *)rp_ground_catalogue(lanes->ground));
	lane->set = rp_ground_find_set(lanes->ground, lane->set_name);
	rp_lane_set_route(lane, best);
	rp_lane_pace_recall(lane);
	lane->pop_needed = FALSE;
	lane->pop_refused = lane->limited = lane->slowed = FALSE;
	lane->n_accepted = lane->n_in_doubt = 0;
	lane->refused_by = NULL;
	lane->exhausted = lane->disk_failed = FALSE;
	lane->cursor = RP_QUEUE_CURSOR_INIT;
	g_array_set_size(lane->classes, 0);
	lane->n_ready_version = 0;
	rp_planner_foreach(lane->lanes->planner, collect_class, &collect);
}

/* ---- the POP login ---- */

static void
on_pop_login(RpPopLogin *login, const RpSessionReport *report, gpointer user)
{
	RpLane *lane = user;

	lane->pop_login = NULL;
	rp_lane_note_stall(lane, report);
	rp_session_end_pop_login(lane, report);
}

/* Where the lane is as it logs in: by the answer the network may be another. */
static void
note_origin(RpLane *lane)
{
	rp_login_origin_note(
		&lane->login_origin, lane->lanes->ground->whereabouts, lane->place_key);
}

static void
start_pop_login(RpLane *lane)
{
	RpRoute route = rp_lane_own_route(lane);
	const RpRecords *records = lane->lanes->ground->records;
	RpPopLoginOptions options = {
		.greetings = rp_records_fact(records, lane->set_name, RP_FACT_POP_GREETINGS),
		/* It goes on with whom it has, or had here. */
		.smtp_greetings = lane->was_up || lane->sessions->len
					  ? NULL
					  : rp_records_unproven_greetings(records, lane->set_name),
		.for_smtp = !lane->check,
	};

	if (lane->pop_login)
		return;
	note_origin(lane);
	lane->pop_login = rp_transport_pop_login(
		lane->lanes->transport, lane->set, &route, &options, on_pop_login, lane);
}

static void
start(RpLane *lane, const RpRecipientPlan *best)
{
	take_plan(lane, best);
	lane->for_check = FALSE;
	if (lane->set->pop &&
		(lane->force_pop || (best->pop_login_first && !rp_lane_has_fresh_login(lane)))) {
		lane->force_pop = FALSE;
		rp_lane_enter(lane, RP_LANE_LOGGING_IN, "its server wants a POP login first");
		start_pop_login(lane);
	} else {
		rp_lane_enter(lane, RP_LANE_CONNECTING, "there is mail for it");
		rp_lane_sessions_start(lane);
	}
}

/* ---- what happens to it ---- */

void
rp_lane_wake(RpLane *lane)
{
	RpBest best = {lane, NULL};

	switch (lane->state) {
	case RP_LANE_IDLE:
		rp_planner_foreach(lane->lanes->planner, note_best, &best);
		if (best.best && !rp_lane_is_leaving(lane))
			start(lane, best.best);
		break;
	case RP_LANE_SENDING:
		if (lane->disk_failed)
			break;
		/* New mail for a session that is up. */
		rp_lane_look_again(lane);
		rp_feed_next(lane);
		rp_lane_sessions_adjust(lane);
		break;
	case RP_LANE_WAITING:
		rp_feed_defer_waiting(lane, lane->retry_at);
		break;
	case RP_LANE_CONNECTING:
		rp_lane_look_again(lane);
		break;
	case RP_LANE_LOGGING_IN:
	case RP_LANE_LEAVING: /* its end asks for a plan */
		break;
	}
}

void
rp_lane_go_on(RpLane *lane)
{
	if (lane->state == RP_LANE_SENDING)
		rp_feed_next(lane);
}

void
rp_lane_leave(RpLane *lane, const char *reason)
{
	switch (lane->state) {
	case RP_LANE_LOGGING_IN:
	case RP_LANE_CONNECTING:
		rp_lane_cut(lane);
		rp_lane_enter(lane, RP_LANE_IDLE, reason);
		break;
	case RP_LANE_SENDING:
		rp_feed_drop(lane, 0);
		rp_lane_enter(lane, RP_LANE_LEAVING, reason);
		rp_lane_sessions_finish(lane);
		break;
	case RP_LANE_IDLE:
	case RP_LANE_LEAVING:
	case RP_LANE_WAITING:
		break;
	}
}

/* Nothing was answered for a while: that may be reason for more sessions, or for fewer. */
static void
look(RpLane *lane, RpTime now)
{
	rp_concurrency_look(lane, now);
	rp_lane_look_elsewhere(lane, now);
	rp_lane_sessions_leave_silent(lane, now);
	rp_feed_next(lane);
	rp_lane_sessions_adjust(lane);
	rp_timer_changed(lane->lanes->ground->timer);
}

void
rp_lane_due(RpLane *lane, RpTime now)
{
	if (lane->state == RP_LANE_WAITING && lane->retry_at <= now) {
		rp_lane_enter(lane, RP_LANE_IDLE, "its time has come");
		rp_planner_request(lane->lanes->planner, FALSE, "a lane may go on");
	}
	/* Further off than its window it was set by a clock that has been put back. */
	if (lane->renew_at <= now ||
		(lane->renew_at != G_MAXINT64 && lane->renew_at - now > rp_lane_window(lane))) {
		/* A long queue on a slow line outlasts the window: log in again beside it. */
		lane->renew_at = G_MAXINT64;
		start_pop_login(lane);
	}
	if (rp_concurrency_look_at(lane) <= now)
		look(lane, now);
}

static void
begin_fetch(const RpLane *lane)
{
	const RpLanes *lanes = lane->lanes;
	RpLaneCheck check = {
		.catalogue = lane->catalogue,
		.set = lane->set,
		.route = rp_lane_own_route(lane),
	};

	lanes->events.fetch(&check, lanes->user);
}

void
rp_lane_check(RpLane *lane, const RpServerSet *set)
{
	if (lane->pop_login && set->fetch == RP_FETCH_OFF) {
		lane->check = TRUE;
		return;
	}
	if (lane->state == RP_LANE_IDLE || lane->state == RP_LANE_WAITING) {
		RpRecipientPlan plan = {
			.verdict = RP_VERDICT_SEND,
			.link = -1,
			.family = RP_FAMILY_ANY,
		};

		take_plan(lane, &plan);
		lane->for_check = TRUE;
		rp_lane_enter(lane, RP_LANE_LOGGING_IN, "the user checks mail");
	}
	if (set->fetch == RP_FETCH_OFF) {
		lane->check = TRUE;
		start_pop_login(lane);
		return;
	}
	/* Its login takes the place of one that is under way: most servers let in one at a time. */
	g_clear_pointer(&lane->pop_login, rp_pop_login_cancel);
	note_origin(lane);
	begin_fetch(lane);
}
