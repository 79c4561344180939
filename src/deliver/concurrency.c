/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* What a lane's sessions tell the concurrency controller (core/pace.c), and what there is to do. */

/* Octets of a message of which nothing is known. */
#define SIZE_USUAL 4096
/* Messages refused in a session, behind which its end is about them. */
#define ERRORS_LEAST 3
/* MAIL, RCPT, DATA and the content. */
#define TRIPS_IN_TURN 4

/* Of those whose size is known, those that are not come from the same hands. */
static gint64
mean_size(const RpLane *lane)
{
	gint64 octets = 0;
	guint n = lane->outgoing.length;

	for (const GList *link = lane->outgoing.head; link; link = link->next)
		octets += rp_outgoing_size(link->data);
	for (guint i = 0; i < lane->sessions->len; i++) {
		const RpLaneSession *session = lane->sessions->pdata[i];

		n += session->outgoing.length;
		for (const GList *link = session->outgoing.head; link; link = link->next)
			octets += rp_outgoing_size(link->data);
	}
	return n ? octets / n : SIZE_USUAL;
}

/* Asked for at each message: with thousands of classes they are not counted each time. */
static guint
n_ready(RpLane *lane)
{
	const RpPlanner *planner = lane->lanes->planner;
	guint64 version = rp_planner_n_ready_version(planner);

	if (lane->n_ready_version == version)
		return lane->n_ready;
	lane->n_ready_version = version;
	lane->n_ready = 0;
	for (guint i = 0; i < lane->classes->len; i++)
		lane->n_ready +=
			rp_planner_n_ready(planner, g_array_index(lane->classes, gint64, i));
	return lane->n_ready;
}

void
rp_concurrency_count_out(RpLane *lane, gint64 class_id)
{
	RpPlanner *planner = lane->lanes->planner;
	guint before = n_ready(lane), waited = rp_planner_n_ready(planner, class_id);

	rp_planner_count_out(planner, class_id);
	lane->n_ready = before - (waited - rp_planner_n_ready(planner, class_id));
	lane->n_ready_version = rp_planner_n_ready_version(planner);
}

/* 0: it is left to us. */
static guint
most_of(const RpLane *lane)
{
	guint most = lane->set->connections, silent = lane->silent->len;

	return most > silent ? most - silent : MIN(most, 1);
}

static RpPaceWork
work_of(RpLane *lane)
{
	RpPaceWork work = {
		.n = lane->outgoing.length,
		.most = most_of(lane),
		.slow = rp_lane_is_modem(lane),
	};

	if (!lane->exhausted)
		work.n += n_ready(lane);
	work.octets = work.n * mean_size(lane);
	return work;
}

/* A login that is refused is refused once. */
static gboolean
logs_in_alone(const RpServerSet *set)
{
	return set->smtp_login.user != NULL;
}

static gboolean
goes_alone(const RpLane *lane)
{
	return lane->probing || (logs_in_alone(lane->set) && !rp_lane_sessions_any_up(lane, NULL));
}

guint
rp_concurrency_begin_with(const RpServerSet *set, RpPace *pace, guint n, gboolean modem)
{
	const RpPaceWork work = {
		.n = n,
		.octets = n * SIZE_USUAL,
		.most = set->connections,
		.slow = modem,
	};

	if (logs_in_alone(set))
		return 1;
	return CLAMP(rp_pace_wanted(pace, &work), 1, RP_PACE_MOST_UNPROVEN);
}

guint
rp_concurrency_wanted(RpLane *lane)
{
	RpPaceWork work = work_of(lane);
	guint n;

	if (goes_alone(lane)) {
		n = rp_pace_beside(lane->pace);
		return MAX(MAX(lane->sessions->len, 1), work.most ? MIN(n, work.most) : n);
	}
	n = rp_pace_wanted(lane->pace, &work);
	if (n > lane->sessions->len)
		g_info("%s: %u session(s), round trip %" G_GINT64_FORMAT
		       " ms, a message waits for the server for %" G_GINT64_FORMAT
		       " ms, line %" G_GUINT64_FORMAT " octets/s",
			lane->set_name, n, rp_pace_rtt(lane->pace) / G_TIME_SPAN_MILLISECOND,
			rp_pace_server_time(lane->pace) / G_TIME_SPAN_MILLISECOND,
			rp_pace_rate(lane->pace));
	return n;
}

RpLaneSession *
rp_concurrency_choose(RpLane *lane)
{
	RpPaceWork work = work_of(lane);
	RpPaceSession *session = rp_pace_choose(lane->pace, &work);

	return session ? rp_pace_owner(session) : NULL;
}

gboolean
rp_concurrency_may_take(const RpLaneSession *session)
{
	RpPaceWork work = work_of(session->lane);

	return session->pace && rp_pace_may_take(session->pace, &work);
}

/* ---- what is heard ---- */

void
rp_concurrency_begun(RpLaneSession *session)
{
	RpLane *lane = session->lane;

	session->pace = rp_pace_begun(lane->pace, rp_ground_now(lane->lanes->ground), session);
}

void
rp_concurrency_reached(RpLaneSession *session)
{
	RpLineMeasure measure;

	rp_delivery_measure(session->delivery, &measure);
	rp_pace_reached(session->pace, measure.rtt);
}

void
rp_concurrency_started(RpLaneSession *session)
{
	RpLineMeasure measure;

	rp_delivery_measure(session->delivery, &measure);
	if (!measure.prepared)
		return;
	rp_pace_prepared(session->pace);
	if (measure.rtt > 0)
		rp_pace_reached(session->pace, measure.rtt);
}

static void
tell_line(const RpLaneSession *session)
{
	RpLineMeasure measure;

	rp_delivery_measure(session->delivery, &measure);
	const RpPaceLine line = {
		.rtt = measure.rtt,
		.rtt_now = measure.rtt_now,
		.arrived = measure.carried,
		.unarrived = measure.unarrived,
		.window = measure.window,
		.rate = measure.rate,
		.retransmitted = measure.again,
		.at = rp_ground_now(session->lane->lanes->ground),
		.quiet = measure.quiet,
		.waited = measure.waited,
	};
	rp_pace_line(session->pace, &line);
}

static void
tell_lines(const RpLane *lane, gboolean all)
{
	for (guint i = 0; i < lane->sessions->len; i++) {
		const RpLaneSession *session = lane->sessions->pdata[i];

		if (session->pace && (session->up || (all && session->delivery)))
			tell_line(session);
	}
}

/* Without PIPELINING each command waits for the answer to the one before it; without CHUNKING
 * content waits for the answer to DATA. */
static guint
trips_of(const RpServerSet *set, guint can)
{
	if (!(can & RP_SMTP_CAN_PIPELINING) || set->pipelining_off)
		return TRIPS_IN_TURN;
	return can & RP_SMTP_CAN_CHUNKING ? 0 : 1;
}

void
rp_concurrency_ready(RpLaneSession *session, const RpSessionReport *report)
{
	const RpLane *lane = session->lane;

	if (!rp_lane_sessions_any_up(lane, session))
		rp_pace_greeted(session->pace, report->ehlo_took, report->ehlo_octets);
	rp_pace_told_messages(lane->pace, report->capabilities.max_messages);
	rp_pace_ready(session->pace, rp_ground_now(lane->lanes->ground),
		trips_of(lane->set, report->capabilities.can));
}

/* Where it is later than it was, the timer sees that when it is due. */
static void
look_sooner(const RpLane *lane, RpTime before)
{
	if (rp_concurrency_look_at(lane) < before)
		rp_timer_changed(lane->lanes->ground->timer);
}

void
rp_concurrency_given(RpLaneSession *session, gint64 octets)
{
	RpLane *lane = session->lane;
	RpTime look_at = rp_concurrency_look_at(lane);

	rp_pace_given(session->pace, rp_ground_now(lane->lanes->ground), octets);
	look_sooner(lane, look_at);
}

RpTime
rp_concurrency_look_at(const RpLane *lane)
{
	RpTime look_at = lane->state == RP_LANE_SENDING ? rp_pace_look_at(lane->pace) : 0;
	RpTime silent_at = rp_pace_silent_at(lane->pace);

	if (lane->answered_elsewhere)
		return rp_ground_now(lane->lanes->ground);
	look_at = MIN(look_at ? look_at : G_MAXINT64, silent_at ? silent_at : G_MAXINT64);
	return lane->elsewhere ? look_at : MIN(look_at, rp_concurrency_elsewhere_at(lane));
}

/* Where none is up another session is begun beside them, if there may be one more. */
RpTime
rp_concurrency_elsewhere_at(const RpLane *lane)
{
	guint n = lane->sessions->len, most = n ? most_of(lane) : 0;
	RpTime at = n ? rp_pace_elsewhere_at(lane->pace, most && n >= most) : 0;

	return at ? at : G_MAXINT64;
}

gboolean
rp_concurrency_any_waits(RpLane *lane)
{
	return lane->outgoing.length || n_ready(lane);
}

RpLaneSession *
rp_concurrency_find_silent(const RpLane *lane, RpTime now)
{
	RpPaceSession *session = rp_pace_find_silent(lane->pace, now);

	return session ? rp_pace_owner(session) : NULL;
}

void
rp_concurrency_look(const RpLane *lane, RpTime now)
{
	tell_lines(lane, TRUE);
	rp_pace_waited(lane->pace, now);
}

static gboolean
any_is(const RpSmtpMessageResult *result, RpSmtpOutcome outcome)
{
	for (guint i = 0; i < result->n_recipients; i++)
		if (result->recipients[i].outcome == outcome)
			return TRUE;
	return FALSE;
}

void
rp_concurrency_outcome(RpLaneSession *session, const RpSmtpMessageResult *result)
{
	const RpLane *lane = session->lane;
	gboolean taken = any_is(result, RP_SMTP_ACCEPTED);
	gboolean refused = !taken && any_is(result, RP_SMTP_REFUSED);
	RpLineMeasure measure;
	RpTime look_at;

	session->n_taken += taken;
	session->n_refused += refused;
	if (!session->pace)
		return; /* it is being cut, or silent */
	if (!taken && !refused) {
		rp_pace_taken_back(session->pace);
		return;
	}
	tell_lines(lane, FALSE);
	rp_delivery_measure(session->delivery, &measure);
	look_at = rp_concurrency_look_at(lane);
	rp_pace_answered(session->pace, rp_ground_now(lane->lanes->ground), result->end,
		measure.arrived, taken);
	look_sooner(lane, look_at);
}

gboolean
rp_concurrency_was_served(const RpLaneSession *session)
{
	return session->n_taken || session->n_refused >= ERRORS_LEAST;
}

void
rp_concurrency_closed(RpLaneSession *session, RpPaceEnd end)
{
	rp_pace_closed(session->pace, end);
	session->pace = NULL;
}
