/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* What answers and acknowledgements say of the server and of the line, kept apart. */

/* Of fewer nothing is usual. */
#define TURNS_LEAST 3
/* A sample of the line's rate takes as long, or a round trip. */
#define SAMPLE_LEAST (200 * G_TIME_SPAN_MILLISECOND)

void
rp_pace_turns_add(RpPaceTurns *turns, gint64 turn)
{
	turns->turns[turns->at] = MAX(turn, 1);
	turns->at = (turns->at + 1) % PACE_TURNS;
	turns->n = MIN(turns->n + 1, PACE_TURNS);
}

/* The one that has so many hundredths of all below it. */
static gint64
quantile(const RpPaceTurns *turns, guint percent)
{
	gint64 sorted[PACE_TURNS];

	if (!turns->n)
		return 0;
	for (guint i = 0; i < turns->n; i++) {
		guint at = i;

		for (; at > 0 && sorted[at - 1] > turns->turns[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = turns->turns[i];
	}
	return sorted[(turns->n - 1) * percent / 100];
}

gint64
rp_pace_turns_median(const RpPaceTurns *turns)
{
	return quantile(turns, 50);
}

gint64
rp_pace_turn(const RpPace *pace, gboolean *sure)
{
	*sure = pace->turns.n > 0;
	return rp_pace_turns_median(*sure ? &pace->turns : &pace->guesses);
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

/* While the server has the next message already, the time between two answers is its own. Else it
 * is what is left of the time since the message was given, less the way there and back: much more
 * than the line takes, or it says nothing. */
static gboolean
streamed_turn(const RpPaceSession *session, const RpPaceMessage *message, gint64 now, guint64 end,
	gint64 *turn)
{
	const RpPace *pace = session->pace;

	if (session->answered_at && end && end <= session->arrived) {
		*turn = now - session->answered_at;
		return TRUE;
	}
	*turn = now - MAX(session->answered_at, message->at) -
		MAX(session->line.rtt_now, pace->rtt);
	/* A round trip more it may be by itself: servers whose TCP waits for an acknowledgement
	 * before it sends the second of two small answers (RFC 896). */
	return !session->answered_at && *turn > pace->rtt * 5 / 4 &&
	       *turn > 2 * on_line(session, message->octets);
}

/* Each message waits for the answer before it: the round trip is part of its time. */
static gboolean
waiting_turn(const RpPaceSession *session, const RpPaceMessage *message, gint64 now, gint64 *turn)
{
	gboolean ahead = session->answered_at && message->at <= session->answered_at;

	*turn = ahead ? now - session->answered_at : now - message->at - session->pace->rtt;
	return on_line(session, message->octets) * 5 < *turn * 2;
}

void
rp_pace_measure_answer(
	RpPaceSession *session, const RpPaceMessage *message, gint64 now, guint64 end)
{
	RpPace *pace = session->pace;
	gint64 turn = 0, usual;
	gboolean waited = session->streams ? streamed_turn(session, message, now, end, &turn)
					   : waiting_turn(session, message, now, &turn);

	rp_pace_turns_add(waited ? &pace->turns : &pace->guesses, turn);
	usual = quantile(&pace->turns, 25);
	if (pace->turns.n >= TURNS_LEAST)
		pace->least = pace->least ? MIN(pace->least, usual) : usual;
	/* What is longer ago counts less. */
	if (pace->level_answers >= 2 * MAX(pace->sessions->len, TURNS_LEAST)) {
		pace->level_answers /= 2;
		pace->level_waited /= 2;
		pace->level_span /= 2;
	}
	pace->level_answers++;
	pace->level_waited += waited;
	pace->level_span += MAX(turn, 0);
}

gboolean
rp_pace_line_is_full(const RpPace *pace)
{
	return pace->waits && pace->rate_now > pace->rate * 0.6;
}

/* The smallest, if it was seen twice: once it may have been anything. */
guint
rp_pace_messages_each(const RpPace *pace)
{
	guint least = 0, seen = 0;

	for (guint i = 0; i < pace->n_hints; i++)
		least = least ? MIN(least, pace->hints[i]) : pace->hints[i];
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
	if (!pace->level_answers)
		return pace->was_limit;
	return pace->level_waited * 5 >= pace->level_answers * 3;
}

gboolean
rp_pace_scales(const RpPace *pace)
{
	return !pace->level_answers || !pace->least || rp_pace_sets_up_often(pace) ||
	       (pace->level_span / pace->level_answers * 2 < pace->least * 3);
}

void
rp_pace_begin_level(RpPace *pace)
{
	pace->was_limit = rp_pace_server_is_limit(pace) && rp_pace_scales(pace);
	pace->level_answers = pace->level_waited = 0;
	pace->level_span = 0;
}

void
rp_pace_measure_line(RpPace *pace, gint64 now)
{
	gint64 span = now - pace->sample_at;
	gint64 rtt_now = 0;
	guint n = 0;

	if (!pace->sample_at || pace->carried < pace->sample_carried) {
		pace->sample_at = now;
		pace->sample_carried = pace->carried;
		return;
	}
	if (span < MAX(SAMPLE_LEAST, pace->rtt))
		return;
	pace->rate_now = (double)(pace->carried - pace->sample_carried) / (double)span;
	pace->rate = MAX(pace->rate, pace->rate_now);
	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		if (session->up && session->line.rtt_now) {
			rtt_now += session->line.rtt_now;
			n++;
		}
	}
	pace->waits = n && rtt_now / n > pace->rtt * 5 / 4 + 5 * G_TIME_SPAN_MILLISECOND;
	pace->loses = pace->retransmitted > pace->sample_retransmitted;
	pace->sample_at = now;
	pace->sample_carried = pace->carried;
	pace->sample_retransmitted = pace->retransmitted;
}
