/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* What answers say of the server, kept apart from what the line does. */

/* Answers that come within so long of each other were sent together. */
#define BUNDLE (2 * G_TIME_SPAN_MILLISECOND)
/* Of fewer nothing is usual. */
#define TURNS_LEAST 3
/* A server that has not answered so long after it could have is looked at. */
#define LOOK (10 * G_TIME_SPAN_MILLISECOND)
/* Where it has not, so many times as many sessions are worth a try. */
#define SILENT_GROWTH 5
/* Sessions that are begun for round trips, where these are not long. */
#define MOST_FOR_ROUND_TRIPS 12
/* A thin one with what TCP begins with: a second of it, or two. */
#define ENOUGH_THIN PACE_WINDOW_FIRST

static void
turns_add(RpPaceTurns *turns, gint64 turn, gboolean seen)
{
	turns->turns[turns->at] = (RpPaceTurn){MAX(turn, 1), seen};
	turns->at = (turns->at + 1) % PACE_TURNS;
	turns->n = MIN(turns->n + 1, PACE_TURNS);
}

/* Of those that were seen, or of all: the one that has so many hundredths of them below it. 0:
 * there are none. */
static gint64
quantile(const RpPaceTurns *turns, gboolean seen, guint percent)
{
	gint64 sorted[PACE_TURNS];
	guint n = 0;

	for (guint i = 0; i < turns->n; i++) {
		guint at = n;

		if (seen && !turns->turns[i].seen)
			continue;
		for (; at > 0 && sorted[at - 1] > turns->turns[i].time; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = turns->turns[i].time;
		n++;
	}
	return n ? sorted[(n - 1) * percent / 100] : 0;
}

static guint
count_seen(const RpPaceTurns *turns)
{
	guint n = 0;

	for (guint i = 0; i < turns->n; i++)
		n += turns->turns[i].seen;
	return n;
}

gint64
rp_pace_turn(const RpPace *pace, gboolean *sure)
{
	if (!pace->turns.n) {
		*sure = pace->silent > 0;
		return pace->silent;
	}
	*sure = pace->turns.n && count_seen(&pace->turns) * 2 >= pace->turns.n;
	return quantile(&pace->turns, *sure, 50);
}

gint64
rp_pace_server_time(const RpPace *pace)
{
	gboolean sure;

	return rp_pace_turn(pace, &sure);
}

/* What the line takes of a message's time, beside a round trip: its octets wait there for others,
 * or here for what went before. */
static gint64
on_line(const RpPaceSession *session, gint64 octets)
{
	const RpPaceLine *line = &session->line;
	double windows = line->window ? (double)octets / (double)line->window : 1;

	return MAX((gint64)((double)line->rtt_now * MAX(windows, 1)) - session->pace->rtt, 0);
}

/* Answers come in bundles: a server's TCP holds a small one back until the one before is
 * acknowledged (RFC 896), which on a full line takes long. Those of a bundle share its time. */
static void
note_bundle(RpPaceSession *session, gint64 now, guint64 arrived)
{
	if (session->answered_at && now - session->answered_at < BUNDLE) {
		session->n_bundle++;
		return;
	}
	session->arrived_long_before = session->arrived_before;
	session->arrived_before = session->arrived;
	session->answered_before_at = session->answered_at;
	session->answered_at = now;
	session->arrived = arrived;
	session->given_since_answer = 0;
	session->n_bundle = 1;
	session->n_bundles++;
}

/* All that it was given is at the server, so that the line is not what it waits for; but for the
 * round trip that the server's TCP may wait by itself. */
static gboolean
first_turn(const RpPaceSession *session, const RpPaceMessage *message, gint64 now, gint64 *turn)
{
	const RpPace *pace = session->pace;
	gint64 rtt = MAX(session->line.rtt_now, pace->rtt);
	gint64 line = pace->rate > 0 ? (gint64)((double)message->octets / pace->rate)
				     : on_line(session, message->octets);

	*turn = now - message->at - rtt;
	if (session->line.unarrived > 0 && !session->had_all)
		return *turn > 4 * rtt + 2 * line * pace->sessions->len;
	return *turn - rtt - line > pace->rtt / 4;
}

/* On a full line an answer that was held back looks like one that took long; but it goes with the
 * next ones, not with those after them. */
static gboolean
may_be_held(const RpPaceSession *session, gint64 now)
{
	gint64 rtt_now = session->line.rtt_now, span = now - session->answered_before_at;

	return rtt_now > session->pace->rtt * 5 / 4 && span < rtt_now * 5 / 4;
}

/* While the server has a message already when it sends the answers before, the time from there to
 * its own is the server's. Else it is what is left of the time since the message was given, less
 * the way there and back: no more than that the server took. */
static gboolean
streamed_turn(const RpPaceSession *session, const RpPaceMessage *message, gint64 now, guint64 end,
	gint64 *turn)
{
	const RpPace *pace = session->pace;

	if (!session->answered_before_at && session->n_bundle == 1)
		return first_turn(session, message, now, turn);
	if (session->answered_before_at && end && end <= session->arrived_before) {
		*turn = (now - session->answered_before_at) / session->n_bundle;
		return end <= session->arrived_long_before || !may_be_held(session, now);
	}
	*turn = now - MAX(session->answered_before_at, message->at) -
		MAX(session->line.rtt_now, pace->rtt);
	return FALSE;
}

/* Each message waits for the answer before it: the round trip is part of its time. */
static gboolean
waiting_turn(const RpPaceSession *session, const RpPaceMessage *message, gint64 now, gint64 *turn)
{
	gint64 before = session->answered_before_at;
	gboolean ahead = before && message->at <= before;

	*turn = ahead ? now - before : now - message->at - session->pace->rtt;
	return on_line(session, message->octets) * 5 < *turn;
}

void
rp_pace_note_turn(RpPace *pace, gint64 turn, gboolean seen)
{
	gint64 usual;

	turns_add(&pace->turns, turn, seen);
	usual = quantile(&pace->turns, TRUE, 25);
	if (count_seen(&pace->turns) >= TURNS_LEAST && usual > pace->rtt * 5 / 4)
		pace->least = pace->least ? MIN(pace->least, usual) : usual;
	/* What is longer ago counts less. */
	if (pace->level_answers >= 2 * MAX(pace->sessions->len, TURNS_LEAST)) {
		pace->level_answers /= 2;
		pace->level_waited /= 2;
		pace->level_span /= 2;
	}
	pace->level_answers++;
	pace->level_waited += seen;
	pace->level_span += MAX(turn, 0);
}

void
rp_pace_measure_answer(RpPaceSession *session, const RpPaceMessage *message, gint64 now,
	guint64 end, guint64 arrived)
{
	gint64 turn = 0;
	gboolean seen;

	note_bundle(session, now, arrived);
	seen = session->streams ? streamed_turn(session, message, now, end, &turn)
				: waiting_turn(session, message, now, &turn);
	rp_pace_note_turn(session->pace, turn, seen);
}

/* ---- before anything was answered ---- */

/* Without CHUNKING a message's content waits for the answer to DATA, which comes with the one to
 * the message before (RFC 2920 section 3.1): where that is long, and the line not thin, it is known
 * before the first answer that sessions wait for it, and not for the line. */
void
rp_pace_expect_round_trips(RpPace *pace, guint trips)
{
	guint most;

	if (rp_pace_looks_thin(pace) || pace->rtt * trips < PACE_SHORT_TRIP)
		return;
	pace->silent = pace->rtt * trips;
	most = pace->silent < PACE_LONG_LINE ? MOST_FOR_ROUND_TRIPS : RP_PACE_MOST;
	pace->most_silent = MAX(pace->most_silent, most);
}

void
rp_pace_begin_look(RpPace *pace, gint64 now)
{
	if (pace->n_answers)
		return;
	pace->look_span = LOOK;
	pace->look_at = now + pace->rtt + LOOK;
}

gint64
rp_pace_look_at(const RpPace *pace)
{
	return pace->n_answers ? 0 : pace->look_at;
}

static gint64
silence(const RpPace *pace)
{
	return pace->rtt * 5 / 4 + LOOK / 2;
}

/* All that it was given is there, and was so when it was looked at before: from then on it waits
 * for the server; but for the round trip that its answer takes, if others hold it back. */
static gboolean
waits_for_server(RpPaceSession *session, gint64 now, gint64 *turn)
{
	const RpPaceLine *line = &session->line;

	if (!session->up || !session->given.length || line->unarrived > 0)
		return FALSE;
	if (!session->quiet_at || session->quiet_arrived != line->arrived)
		session->quiet_at = now;
	session->quiet_arrived = line->arrived;
	*turn = now - session->quiet_at;
	return *turn >= silence(session->pace);
}

/* As soon as the silence of those that are quiet now says something; and while octets arrive, soon
 * enough to see when all of them have. */
static void
look_again(RpPace *pace, gint64 now)
{
	if (pace->look_carried != pace->carried)
		pace->look_span = MIN(pace->look_span, MAX(pace->rtt, LOOK));
	pace->look_carried = pace->carried;
	pace->look_at = now + pace->look_span;
	pace->look_span *= 2;
	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];
		gint64 due = session->quiet_at + silence(pace);

		if (session->quiet_at && due > now)
			pace->look_at = MIN(pace->look_at, due);
	}
}

/* Where most of those that have something wait for it, more are worth a try; and more again when it
 * has been silent for twice as long, which those that have come since don't make shorter. */
void
rp_pace_waited(RpPace *pace, gint64 now)
{
	guint seen = 0, asked = 0;
	gint64 least = G_MAXINT64, turn;

	if (pace->n_answers || !pace->look_at || now < pace->look_at)
		return;
	for (guint i = 0; i < pace->sessions->len; i++) {
		RpPaceSession *session = pace->sessions->pdata[i];

		asked += session->given.length > 0;
		if (!waits_for_server(session, now, &turn))
			continue;
		seen++;
		least = MIN(least, turn);
	}
	look_again(pace, now);
	if (!seen || seen * 5 < asked * 3)
		return;
	pace->silent = MAX(pace->silent, least);
	pace->most_silent = SILENT_GROWTH * pace->sessions->len;
}

/* It looked thin when the server greeted, and carries no more since; octets wait on it, and several
 * sessions at once would each send again what only waits there. Whether a server that is waited for
 * in turn takes the time is not seen then: round trips that something was sent again in count for
 * nothing (RFC 6298 section 3). */
gboolean
rp_pace_line_is_slow(const RpPace *pace)
{
	return rp_pace_line_is_thin(pace) && !pace->silent && pace->rate_now > 0 &&
	       pace->rate_now * G_TIME_SPAN_MILLISECOND < PACE_THIN &&
	       (pace->loses || rp_pace_line_is_waited_on(pace)) &&
	       !(rp_pace_streams(pace) && rp_pace_server_is_limit(pace));
}

gboolean
rp_pace_thin_line_has_enough(const RpPace *pace)
{
	return pace->rtt < PACE_MAY_BE_THIN && rp_pace_line_is_thin(pace) &&
	       (!pace->n_answers || rp_pace_line_is_slow(pace)) &&
	       rp_pace_octets_given(pace) > ENOUGH_THIN;
}

guint
rp_pace_messages_careful(const RpPace *pace)
{
	guint least = 0;

	for (guint i = 0; i < pace->n_hints; i++)
		least = least ? MIN(least, pace->hints[i]) : pace->hints[i];
	return least;
}

/* The smallest, if it was seen twice: once it may have been anything. */
guint
rp_pace_messages_each(const RpPace *pace)
{
	guint least = rp_pace_messages_careful(pace), seen = 0;

	for (guint i = 0; i < pace->n_hints; i++)
		seen += pace->hints[i] <= least + 1;
	return seen > 1 ? least : 0;
}

gint64
rp_pace_set_up_each(const RpPace *pace)
{
	guint each = rp_pace_messages_each(pace);

	return each ? pace->set_up / each : 0;
}

gboolean
rp_pace_sets_up_often(const RpPace *pace)
{
	return rp_pace_set_up_each(pace) > rp_pace_server_time(pace);
}

gboolean
rp_pace_server_is_limit(const RpPace *pace)
{
	if (rp_pace_line_is_full(pace))
		return FALSE;
	if (rp_pace_sets_up_often(pace))
		return TRUE;
	if (!pace->n_answers)
		return pace->silent > 0;
	if (!pace->level_answers)
		return pace->was_limit;
	return pace->level_waited * 5 >= pace->level_answers * 3;
}

gboolean
rp_pace_scales(const RpPace *pace)
{
	return !pace->level_answers || !pace->least || rp_pace_sets_up_often(pace) ||
	       (pace->level_span / pace->level_answers * 4 < pace->least * 7);
}

void
rp_pace_begin_level(RpPace *pace)
{
	pace->was_limit = rp_pace_server_is_limit(pace) && rp_pace_scales(pace);
	pace->level_answers = pace->level_waited = 0;
	pace->level_span = 0;
}
