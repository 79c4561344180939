/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* What acknowledgements say of the line. */

/* A sample of the line's rate takes as long, or a round trip. */
#define SAMPLE_LEAST (200 * G_TIME_SPAN_MILLISECOND)
/* Octets of a packet without content. */
#define HANDSHAKE 60
/* Differences of handshakes that may have any reason. */
#define HANDSHAKES_LEAST (1 * G_TIME_SPAN_MILLISECOND)
/* So long, beside two round trips, a line goes on with what it has. */
#define ENOUGH (200 * G_TIME_SPAN_MILLISECOND)
/* And with so many octets at the least: on a slow line answers are late, and come together. */
#define ENOUGH_OCTETS 20000

guint
rp_pace_count_up(const RpPace *pace)
{
	guint n = 0;

	for (guint i = 0; i < pace->sessions->len; i++)
		n += ((RpPaceSession *)pace->sessions->pdata[i])->up;
	return n;
}

gboolean
rp_pace_streams(const RpPace *pace)
{
	const RpPaceSession *first = pace->sessions->len ? pace->sessions->pdata[0] : NULL;

	return first && first->streams;
}

/* Round trips are longer than the way is: octets wait on it. */
gboolean
rp_pace_line_is_waited_on(const RpPace *pace)
{
	gint64 rtt_now = 0;
	guint n = 0;

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		if (!session->up || !session->line.rtt_now)
			continue;
		rtt_now += session->line.rtt_now;
		n++;
	}
	return n && rtt_now / n > pace->rtt * 5 / 4 + 5 * G_TIME_SPAN_MILLISECOND;
}

double
rp_pace_octets_on_line(const RpPace *pace)
{
	double octets = 0;

	for (guint i = 0; i < pace->sessions->len; i++)
		octets += (double)((RpPaceSession *)pace->sessions->pdata[i])->line.unarrived;
	return octets;
}

/* Octets are on their way for as long as the way takes, at least. */
static gboolean
is_busy(const RpPace *pace)
{
	return rp_pace_octets_on_line(pace) >= pace->rate * (double)pace->rtt;
}

/* Each as much later than the one before, about. Jitter holds up some and not others, and those
 * come together with the one before them, as nothing overtakes. */
static gboolean
come_evenly(gint64 least, gint64 span, guint n)
{
	return least * 2 * (n - 1) >= span;
}

void
rp_pace_note_handshakes(RpPace *pace)
{
	gint64 shortest = 0, before = 0, least = G_MAXINT64, span;
	guint n = 0;

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		if (!session->is_first || !session->handshake)
			continue;
		if (n++)
			least = MIN(least, session->handshake - before);
		else
			shortest = session->handshake;
		before = session->handshake;
	}
	span = before - shortest;
	pace->handshakes = (RpPaceHandshakes){.n = n};
	if (n > 1 && span >= HANDSHAKES_LEAST && come_evenly(least, span, n))
		pace->handshakes.rate = (double)(n - 1) * HANDSHAKE / (double)span;
}

/* Connections that were begun together waited for each other on it: longer than they would have on
 * one that is just not thin, by one of them. */
static gboolean
handshakes_waited(const RpPace *pace)
{
	guint n = pace->handshakes.n;
	double rate = pace->handshakes.rate * G_TIME_SPAN_MILLISECOND;

	return rate > 0 && rate * n < PACE_THIN * (n - 1);
}

gboolean
rp_pace_looks_thin(const RpPace *pace)
{
	return pace->thin && (pace->handshakes.n < 2 || handshakes_waited(pace));
}

gboolean
rp_pace_is_long_and_thin(const RpPace *pace)
{
	return pace->rtt >= PACE_LONG_LINE && pace->thin && handshakes_waited(pace);
}

/* Where the round trip is short it may also be the server that took long for EHLO. */
gboolean
rp_pace_line_is_thin(const RpPace *pace)
{
	if (pace->rtt >= PACE_LONG_LINE)
		return FALSE;
	if (pace->rtt < PACE_MAY_BE_THIN)
		return pace->thin && handshakes_waited(pace);
	if (pace->rate * G_TIME_SPAN_MILLISECOND > 2 * PACE_THIN)
		return FALSE;
	return rp_pace_looks_thin(pace) || !rp_pace_count_up(pace);
}

double
rp_pace_octets_given(const RpPace *pace)
{
	double octets = 0;

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		if (!session->stuck)
			octets += (double)(session->line.unarrived + session->given_since);
	}
	return octets;
}

/* It does not run dry before there are answers to what is given now, and what they let go. */
gboolean
rp_pace_line_is_supplied(const RpPace *pace)
{
	return rp_pace_octets_given(pace) >= pace->rate * (double)(2 * pace->rtt);
}

/* A line with a long queue takes all it is given, up to its room, and then loses what comes last,
 * of which TCP learns late: nothing comes behind it. */
gboolean
rp_pace_line_has_enough(const RpPace *pace)
{
	double octets = rp_pace_octets_given(pace);

	/* A thin one has no room for what comes until that is seen; but what it carries is not seen
	 * before it is given more. */
	if (rp_pace_is_long_and_thin(pace))
		return pace->rate > 0 && octets > pace->rate * (double)(4 * pace->rtt + ENOUGH);
	return pace->rate > 0 && rp_pace_line_is_waited_on(pace) &&
	       octets > MAX(pace->rate * (double)(2 * pace->rtt + ENOUGH), ENOUGH_OCTETS);
}

gboolean
rp_pace_line_is_full(const RpPace *pace)
{
	return pace->waits && pace->rate_now > pace->rate * 0.85 && is_busy(pace);
}

void
rp_pace_begin_sample(RpPace *pace, gint64 now)
{
	if (pace->sample_at)
		return;
	pace->sample_at = now + pace->rtt;
	pace->sample_carried = pace->carried;
}

void
rp_pace_measure_line(RpPace *pace, gint64 now)
{
	gint64 span = now - pace->sample_at;

	if (span < MAX(SAMPLE_LEAST, pace->rtt))
		return;
	pace->rate_now = (double)(pace->carried - pace->sample_carried) / (double)span;
	pace->rate = MAX(pace->rate, pace->rate_now);
	pace->thin &= pace->rate_now * G_TIME_SPAN_MILLISECOND <= PACE_THIN;
	pace->waits = rp_pace_line_is_waited_on(pace);
	pace->loses = pace->retransmitted > pace->sample_retransmitted;
	pace->sample_at = now;
	pace->sample_carried = pace->carried;
	pace->sample_retransmitted = pace->retransmitted;
}
