/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include "roampost/retry.h"

/* What a lane is at, and what can be said of it without doing anything about it. */

RpLane *
rp_lanes_find(const RpLanes *lanes, const char *set_name)
{
	for (guint i = 0; i < lanes->all->len; i++)
		if (g_str_equal(((RpLane *)lanes->all->pdata[i])->set_name, set_name))
			return lanes->all->pdata[i];
	return NULL;
}

static const char *const state_names[] = {
	[RP_LANE_IDLE] = "idle",
	[RP_LANE_LOGGING_IN] = "logging-in",
	[RP_LANE_CONNECTING] = "connecting",
	[RP_LANE_SENDING] = "sending",
	[RP_LANE_LEAVING] = "leaving",
	[RP_LANE_WAITING] = "waiting",
};

void
rp_lane_enter(RpLane *lane, RpLaneState state, const char *reason)
{
	if (lane->state == state)
		return;
	g_info("%s: %s -> %s: %s", lane->set_name, state_names[lane->state], state_names[state],
		reason);
	lane->state = state;
	if (state != RP_LANE_WAITING)
		lane->retry_at = G_MAXINT64;
	if (state == RP_LANE_IDLE)
		lane->disk_fails = FALSE;
	if (state == RP_LANE_CONNECTING)
		lane->try_again = FALSE;
	if (state != RP_LANE_SENDING && state != RP_LANE_LEAVING)
		lane->renew_at = G_MAXINT64;
	rp_timer_changed(lane->lanes->ground->timer);
}

gboolean
rp_lane_is_leaving(const RpLane *lane)
{
	const RpWhereabouts *whereabouts = lane->lanes->ground->whereabouts;
	const RpServerSet *set = rp_ground_find_set(lane->lanes->ground, lane->set_name);
	const char *interface;

	if (!rp_whereabouts_is_leaving(whereabouts))
		return FALSE;
	return !set || !rp_set_is_near(rp_whereabouts_place(whereabouts), set, &interface) ||
	       interface;
}

gboolean
rp_lane_is_modem(const RpLane *lane)
{
	const RpWhereabouts *whereabouts = lane->lanes->ground->whereabouts;
	const RpPlace *place = rp_whereabouts_place(whereabouts);
	const GPtrArray *links = place->network->links;
	const RpLink *link = rp_whereabouts_link_of(whereabouts, &lane->local);
	gint route = rp_place_default_link(place, lane->family);

	for (guint i = 0; lane->interface && i < links->len; i++)
		if (g_str_equal(((const RpLink *)links->pdata[i])->interface, lane->interface))
			link = links->pdata[i];
	if (!link && route >= 0)
		link = links->pdata[route];
	return link && link->kind == RP_LINK_PPP;
}

RpSpan
rp_lane_window(const RpLane *lane)
{
	RpSpan window = lane->set->pop_window;

	if (!rp_set_learns(lane->set))
		return window;
	return MIN(window, rp_learning_window(rp_records_observations(lane->lanes->ground->records),
				   lane->set_name));
}

/* A login that this lane made itself counts even where the plan can't see that it fits (a server on
 * this machine, an address that changed its scope): it is made once, not in a circle. */
gboolean
rp_lane_has_fresh_login(const RpLane *lane)
{
	RpSpan age = rp_ground_now(lane->lanes->ground) - lane->pop_login_at;

	/* One from the future (the clock was put back) proves nothing, as in the plan. */
	return lane->pop_login_at && age >= 0 && age < rp_lane_window(lane);
}

void
rp_lane_logged_in(RpLane *lane, const RpAddress *from)
{
	lane->pop_login_at = rp_ground_now(lane->lanes->ground);
	lane->pop_login_from = *from;
}

RpAddress
rp_lane_login_source(const RpLane *lane, RpFamily family)
{
	const GPtrArray *links = rp_whereabouts_network(lane->lanes->ground->whereabouts)->links;
	const RpAddress *from = &lane->pop_login_from;

	for (guint i = 0; rp_lane_has_fresh_login(lane) && i < links->len; i++)
		if ((family == RP_FAMILY_ANY || family == from->family) &&
			rp_link_has_address(links->pdata[i], from))
			return *from;
	return (RpAddress){.family = RP_FAMILY_ANY};
}

gboolean
rp_lane_has_family(const RpLane *lane, RpFamily family)
{
	const GPtrArray *links = rp_whereabouts_network(lane->lanes->ground->whereabouts)->links;

	for (guint i = 0; i < links->len; i++) {
		const RpLink *link = links->pdata[i];

		if ((!lane->interface || g_str_equal(link->interface, lane->interface)) &&
			rp_link_has_family(link, family))
			return TRUE;
	}
	return FALSE;
}

RpFailure
rp_lane_failure(const RpLane *lane, RpFailureKind kind, const char *detail)
{
	return (RpFailure){
		.kind = kind,
		.set = (char *)lane->set->name,
		.revision = (char *)lane->set->revision,
		.place_key = lane->place_key,
		.detail = (char *)detail,
	};
}

gboolean
rp_lane_sessions_any_up(const RpLane *lane, const RpLaneSession *but)
{
	for (guint i = 0; i < lane->sessions->len; i++) {
		const RpLaneSession *session = lane->sessions->pdata[i];

		if (session != but && session->up)
			return TRUE;
	}
	return FALSE;
}

guint
rp_lane_sessions_count_outgoing(const RpLane *lane)
{
	guint count = 0;

	for (guint i = 0; i < lane->sessions->len; i++)
		count += ((RpLaneSession *)lane->sessions->pdata[i])->outgoing.length;
	return count;
}

void
rp_lane_session_finish(RpLaneSession *session)
{
	session->wants = FALSE;
	session->finished = TRUE;
	rp_pace_could_take(session->pace, FALSE);
	rp_delivery_finish(session->delivery);
}

void
rp_lane_sessions_finish(RpLane *lane)
{
	for (guint i = 0; i < lane->sessions->len; i++)
		rp_lane_session_finish(lane->sessions->pdata[i]);
}

/* What is put off for it says that a login did not help, which the server's words alone don't. */
static void
note_refusal(RpLane *lane, const char *words)
{
	g_autofree char *after = lane->pop_login_at && words
					 ? rp_refused_after_pop(lane->pop_login_at, words)
					 : NULL;

	rp_lane_set_wait_words(lane, after ? after : words);
}

/* Where it never opened a login is given a moment to be heard of, not minutes each time. */
static RpTime
not_open_from(const RpLane *lane, RpTime now)
{
	RpSpan window = lane->set->pop_window;

	return now - (rp_retry_open_most(window) - rp_retry_open_again(window));
}

gboolean
rp_lane_not_open(RpLane *lane, const char *words)
{
	RpTime now = rp_ground_now(lane->lanes->ground);

	if (lane->pop_refused)
		return lane->force_pop;
	lane->pop_refused = TRUE;
	if (!lane->set->pop)
		return FALSE;
	if (!lane->not_open_since)
		lane->not_open_since = lane->stays_shut ? not_open_from(lane, now) : now;
	if (now - lane->not_open_since >= rp_retry_open_most(lane->set->pop_window)) {
		lane->not_open_since = 0;
		lane->n_not_open = 0;
		lane->stays_shut = lane->pop_login_at != 0;
		return FALSE;
	}
	note_refusal(lane, words);
	lane->force_pop = TRUE;
	rp_records_drop_pop_logins(lane->lanes->ground->records, lane->set_name);
	return TRUE;
}

void
rp_lane_look_again(RpLane *lane)
{
	if ((lane->state != RP_LANE_CONNECTING && lane->state != RP_LANE_SENDING) ||
		lane->disk_failed)
		return;
	lane->exhausted = FALSE;
	lane->cursor = RP_QUEUE_CURSOR_INIT;
}

gboolean
rp_lane_stops(const RpLane *lane)
{
	return lane->pop_refused || lane->limited || lane->slowed;
}

void
rp_lane_is_open(RpLane *lane)
{
	rp_lane_forget_shut(lane);
	lane->n_limited = 0;
	lane->probing = FALSE;
}

void
rp_lane_forget_shut(RpLane *lane)
{
	lane->not_open_since = 0;
	lane->n_not_open = 0;
	lane->stays_shut = FALSE;
}

void
rp_lane_forget_waits(RpLane *lane)
{
	lane->failures = lane->n_disk_failed = 0;
	lane->n_not_open = 0;
	/* The time that its server has for a login does not begin anew. */
	if (lane->not_open_since && lane->set)
		lane->not_open_since = MAX(lane->not_open_since,
			not_open_from(lane, rp_ground_now(lane->lanes->ground)));
}

void
rp_lane_set_wait_words(RpLane *lane, const char *words)
{
	char *copy = g_strdup(words);

	g_free(lane->wait_words);
	lane->wait_words = copy;
}

void
rp_lane_tell_checked(const RpLane *lane, const char *error)
{
	const RpLanes *lanes = lane->lanes;

	lanes->events.checked(lane->set_name, error, lanes->user);
}
