/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include <string.h>

/* A lane's sessions: how many, what each one says, and what is then done. */

/* Octets a second that a line is taken to carry before it was measured: a modem, anything else. */
#define RATE_MODEM 7000
#define RATE_OTHER 64000
/* Messages that one session may refuse, where it takes none and others do. */
#define REFUSED_MOST 3

static void
session_free(RpLaneSession *session)
{
	g_queue_clear_full(&session->outgoing, (GDestroyNotify)rp_outgoing_free);
	g_hash_table_unref(session->domains);
	g_free(session->client_address);
	g_free(session->server);
	g_free(session->greeted);
	g_free(session);
}

static void session_start(RpLane *lane);

static void
finish_spent(const RpLane *lane)
{
	for (guint i = 0; i < lane->sessions->len; i++) {
		RpLaneSession *session = lane->sessions->pdata[i];

		if (session->up && rp_pace_is_spent(session->pace))
			rp_lane_session_finish(session);
	}
}

static void
finish_idle(const RpLane *lane, guint n)
{
	for (guint i = lane->sessions->len; i > 0 && n > 0; i--) {
		RpLaneSession *session = lane->sessions->pdata[i - 1];

		if (!rp_pace_is_idle(session->pace))
			continue;
		rp_lane_session_finish(session);
		n--;
	}
}

void
rp_lane_sessions_adjust(RpLane *lane)
{
	guint n;

	if (lane->cutting || rp_lane_is_leaving(lane) ||
		(lane->state != RP_LANE_CONNECTING && lane->state != RP_LANE_SENDING))
		return;
	finish_spent(lane);
	n = rp_concurrency_wanted(lane);
	if (rp_pace_beside(lane->pace) > lane->sessions->len)
		rp_lane_shun(lane);
	while (lane->sessions->len < n)
		session_start(lane);
	if (lane->sessions->len > n)
		finish_idle(lane, lane->sessions->len - n);
}

/* ---- what a session says ---- */

static void
on_reached(RpDelivery *delivery, gpointer user)
{
	RpLaneSession *session = user;

	session->lane->reached = TRUE;
	rp_feed_prepare(session->lane);
	rp_concurrency_reached(session);
	rp_lane_sessions_adjust(session->lane);
}

static void
note_login(RpLane *lane, const RpSessionReport *report)
{
	const RpPopLoginRecord *login = rp_records_find_pop_login(
		lane->lanes->ground->records, lane->set_name, &report->local);

	if (lane->pop_needed && login)
		lane->renew_at = login->at + rp_lane_window(lane) / 4 * 3;
}

static void
note_local(RpLane *lane, const RpAddress *local)
{
	const RpWhereabouts *whereabouts = lane->lanes->ground->whereabouts;
	const RpLink *link = rp_whereabouts_link_of(whereabouts, local);

	if (!rp_network_holds(rp_whereabouts_network(whereabouts), lane->interface, local))
		return;
	lane->local = *local;
	lane->local_default = link && rp_link_is_default(link, local->family);
}

static void
on_ready(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	RpLaneSession *session = user;
	RpLane *lane = session->lane;

	session->up = lane->was_up = TRUE;
	session->port = report->port;
	session->verified = report->verified;
	session->capabilities = report->capabilities;
	lane->takes_most = MAX(lane->takes_most,
		report->capabilities.max_size ? report->capabilities.max_size : G_MAXINT64);
	session->client_address = rp_address_format(&report->local);
	session->server = g_strdup(report->host);
	session->greeted = g_strdup(report->banner_host);
	session->peer = report->peer;
	note_local(lane, &report->local);
	if (!rp_lane_is_leaving(lane))
		rp_lane_note_greeting(lane, RP_FACT_GREETINGS, report);
	rp_records_reached(lane->lanes->ground->records, lane->set_name);
	if (lane->state == RP_LANE_CONNECTING) {
		/* How long what was marked meanwhile lasts is seen from now on. */
		lane->fetched_at = rp_ground_now(lane->lanes->ground);
		rp_lane_enter(
			lane, RP_LANE_SENDING, report->encrypted ? "session with TLS" : "session");
	}
	note_login(lane, report);
	rp_concurrency_ready(session, report);
	rp_lane_sessions_adjust(lane);
	rp_timer_changed(lane->lanes->ground->timer);
}

static void
on_chunking_works(RpDelivery *delivery, gpointer user)
{
	RpLaneSession *session = user;

	rp_lane_chunking_works(session->lane);
}

static void
on_want(RpDelivery *delivery, gpointer user)
{
	RpLaneSession *session = user;

	if (session->finished)
		return;
	session->wants = TRUE;
	rp_pace_could_take(session->pace, TRUE);
	rp_feed_next(session->lane);
	rp_lane_sessions_adjust(session->lane);
}

/* It refuses each message, while another takes them, or has refused none yet: behind one address
 * there may be several hosts, and the one that refuses is done with each so soon that most would go
 * to it. */
static gboolean
is_of_no_use(const RpLaneSession *session)
{
	const GPtrArray *all = session->lane->sessions;

	if (session->n_taken || session->n_refused < REFUSED_MOST)
		return FALSE;
	for (guint i = 0; i < all->len; i++) {
		const RpLaneSession *other = all->pdata[i];

		if (other->n_taken || (other->outgoing.length && !other->n_refused))
			return TRUE;
	}
	return FALSE;
}

static void
on_outcome(RpDelivery *delivery, const RpSmtpMessageResult *result, gpointer user)
{
	RpLaneSession *session = user;
	RpOutgoing *outgoing = result->user;
	RpLane *lane = session->lane;
	gboolean asked = outgoing->asks;

	g_queue_remove(&session->outgoing, outgoing);
	rp_concurrency_outcome(session, result);
	rp_outcome_message(session, outgoing, result);
	rp_outgoing_free(outgoing);
	if (asked) /* what waited for the answer was passed over */
		rp_lane_look_again(lane);
	if (lane->cutting)
		return;
	if (session->pace && is_of_no_use(session))
		rp_lane_session_finish(session);
	/* An answer makes room for more ahead. */
	rp_feed_next(lane);
	rp_lane_sessions_adjust(lane);
}

/* It was closed after it had taken messages, or refused many: so many it takes, or forgives, in a
 * session, and no fault. Where we were still sending, the 421 may be lost, and what is left of it
 * is a reset; so may be what it looks like when the line breaks, but then it breaks for all. */
static gboolean
is_at_limit(const RpLaneSession *session, const RpSessionReport *report)
{
	if (report->result == RP_SESSION_TRY_LATER)
		return rp_concurrency_was_served(session) && !rp_lane_is_to_slow_down(report);
	return session->n_taken && report->result == RP_SESSION_LOST &&
	       session->lane->sessions->len > 1;
}

/* A line that broke says nothing of how many the server lets us have: after it had carried
 * something. */
static gboolean
is_turned_away(const RpLaneSession *session, const RpSessionReport *report)
{
	return report->result != RP_SESSION_OK &&
	       !(session->n_taken && report->result == RP_SESSION_LOST);
}

/* It ended without a word, and was not waited for. */
static gboolean
is_unheard(const RpLaneSession *session, const RpSessionReport *report)
{
	return report->result == RP_SESSION_LOST && !report->reply && !report->silent &&
	       rp_pace_is_unheard(session->pace);
}

static RpPaceEnd
pace_end(const RpLaneSession *session, const RpSessionReport *report)
{
	if (report->result == RP_SESSION_OK)
		return RP_PACE_DONE;
	/* One that hangs tells nothing of what a server takes, nor of how many it lets in. */
	if (report->stalled || report->silent)
		return RP_PACE_LOST;
	if (is_at_limit(session, report))
		return session->n_taken ? RP_PACE_LIMIT : RP_PACE_DONE;
	if (is_unheard(session, report))
		return RP_PACE_UNHEARD;
	/* The line broke for all of them; by the server's will, if it does so again. */
	if (report->result == RP_SESSION_LOST && session->lane->sessions->len == 1)
		return report->reply || report->silent ? RP_PACE_LOST : RP_PACE_CUT;
	if (!is_turned_away(session, report))
		return RP_PACE_LOST;
	return report->reply ? RP_PACE_TOLD : RP_PACE_REFUSED;
}

/* Others go on. Where it was turned away they are what this server lets us have, for as long as we
 * are here. */
static void
one_less(RpLane *lane, RpPaceEnd end, const RpSessionReport *report)
{
	if ((end == RP_PACE_REFUSED || end == RP_PACE_TOLD) && lane->reached)
		g_message("%s: %s with %u beside it: so many from now on: %s", lane->set_name,
			rp_session_result_name(report->result), lane->sessions->len,
			report->detail ? report->detail : "");
	rp_lane_note_server(lane, report);
	rp_planner_request(lane->lanes->planner, FALSE, "a session has ended");
	rp_feed_next(lane);
	rp_lane_sessions_adjust(lane);
}

/* It was ended by us, as its server takes no more of what waits in one session: the next one has
 * that. */
static gboolean
another_follows(const RpLane *lane, const RpLaneSession *session, const RpSessionReport *report)
{
	return session->finished && report->result == RP_SESSION_OK && lane->outgoing.length &&
	       lane->state == RP_LANE_SENDING && !lane->disk_failed && !rp_lane_stops(lane) &&
	       !rp_lane_is_leaving(lane);
}

static void
start_another(RpLane *lane, const RpSessionReport *report)
{
	rp_lane_note_server(lane, report);
	lane->failures = lane->n_accepted = lane->n_in_doubt = 0;
	rp_lane_enter(lane, RP_LANE_CONNECTING, "the next session has what is left");
	rp_lane_sessions_start(lane);
}

static void
end_session(RpLaneSession *session, const RpSessionReport *report)
{
	RpLane *lane = session->lane;
	RpSessionReport done = *report;
	RpPaceEnd end = pace_end(session, report);
	gboolean cut_at_limit = end == RP_PACE_CUT && rp_pace_is_at_limit(session->pace);
	gboolean no_fault = is_at_limit(session, report) || end == RP_PACE_UNHEARD || cut_at_limit;

	if (end == RP_PACE_LIMIT || cut_at_limit)
		g_message("%s: its server takes %u messages in a session", lane->set_name,
			session->n_taken);
	rp_lane_note_stall(lane, report);
	rp_concurrency_closed(session, end);
	g_ptr_array_remove_fast(lane->sessions, session);
	if (lane->sessions->len) {
		one_less(lane, end, report);
	} else if (another_follows(lane, session, report)) {
		start_another(lane, report);
	} else {
		/* One that never came up says nothing of those that did; a limit is no fault, and
		 * what was sent too fast is tried again more slowly. */
		if ((!session->up && lane->state != RP_LANE_CONNECTING) || no_fault)
			done.result = RP_SESSION_OK;
		rp_session_end(lane, &done);
	}
	session_free(session);
}

/* The lane had gone on without it. */
static void
end_silent(RpLaneSession *session, const RpSessionReport *report)
{
	RpLane *lane = session->lane;

	rp_lane_note_server(lane, report);
	session_free(session);
	rp_planner_request(lane->lanes->planner, FALSE, "a silent session has ended");
	rp_lanes_tell_changed(lane->lanes);
}

static void
on_closed(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	RpLaneSession *session = user;

	if (g_ptr_array_remove_fast(session->lane->silent, session))
		end_silent(session, report);
	else
		end_session(session, report);
}

/* ---- life ---- */

static void
session_start(RpLane *lane)
{
	static const RpDeliveryCallbacks callbacks = {
		on_ready, on_want, on_outcome, on_closed, on_reached, on_chunking_works};
	RpLanes *lanes = lane->lanes;
	RpRoute route = rp_lane_own_route(lane);
	RpDeliveryOptions options = {
		.without_login = lane->without_login,
		.await_rcpt = !rp_records_was_reached(lanes->ground->records, lane->set_name),
		.rate = rp_pace_rate(lane->pace) ? rp_pace_rate(lane->pace)
			: rp_lane_is_modem(lane) ? RATE_MODEM
						 : RATE_OTHER,
	};
	RpLaneSession *session = g_new0(RpLaneSession, 1);

	rp_lane_known_server(lane, &options);
	session->lane = lane;
	lane->reached = FALSE;
	g_queue_init(&session->outgoing);
	session->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_ptr_array_add(lane->sessions, session);
	rp_concurrency_begun(session);
	session->delivery = rp_delivery_start(
		lanes->transport, lane->set, &route, &options, &callbacks, session);
	rp_concurrency_started(session);
}

void
rp_lane_sessions_start(RpLane *lane)
{
	session_start(lane);
	if (!lane->failures)
		rp_lane_sessions_adjust(lane); /* as it was the last time here */
}

void
rp_lane_session_cut(RpLaneSession *session, RpPaceEnd end)
{
	g_ptr_array_remove_fast(session->lane->sessions, session);
	rp_concurrency_closed(session, end);
	rp_delivery_cancel(session->delivery);
	session_free(session);
}

void
rp_lane_sessions_cut(RpLane *lane)
{
	lane->exhausted = TRUE; /* nothing is begun while the ends are heard */
	while (lane->sessions->len)
		rp_lane_session_cut(lane->sessions->pdata[lane->sessions->len - 1], RP_PACE_LOST);
}

void
rp_lane_cut_silent(RpLane *lane)
{
	gboolean cutting = lane->cutting;

	lane->cutting = TRUE;
	while (lane->silent->len) {
		RpLaneSession *session =
			g_ptr_array_steal_index_fast(lane->silent, lane->silent->len - 1);

		rp_delivery_cancel(session->delivery);
		session_free(session);
	}
	lane->cutting = cutting;
}
