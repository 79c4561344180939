/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* How a flush begins on a long line, where TCP's own beginning (RFC 5681 section 3.1, RFC 6928) is
 * what is waited for: each session has one. */

/* Where there is more its beginning counts for little. */
#define WINDOWS_MOST 80
/* What TCP begins with, in packets. */
#define PACKETS_FIRST 10
#define PACKET 1448
/* MAIL, RCPT and BDAT. */
#define ENVELOPE 100
/* So many times what it holds may be on it. */
#define FULL 2
/* Where nothing shows whether the line is thin. */
#define UNSEEN 10
/* Answers that came together, of so many round trips. */
#define ANSWERS_MOST 2
/* Messages ahead where nobody knows whether BDAT works. */
#define UNTRIED 2
/* And before anything was answered. */
#define AHEAD_LEAST 2

/* What TCP has sent after so many round trips, in packets: it doubles that, and then less, as
 * several begin together. And messages, which wait for each other's answers. */
static const guint packets_after[] = {0, PACKETS_FIRST, 30, 54, 78, 102};
static const guint messages_after[] = {0, 8, 9, 16, 24, 40};

/* On a server that turns out to be slow they stay where they are: no more than each has if all
 * sessions that are begun have the same. */
guint
rp_pace_ahead_unanswered(const RpPaceLeft *left)
{
	guint each = (left->n + RP_PACE_MOST_LONG_LINE - 1) / RP_PACE_MOST_LONG_LINE;

	return CLAMP(each, AHEAD_LEAST, messages_after[1]);
}

/* Each goes out as soon as it is there, and its last packet is not full. */
static guint
packets_of(const RpPaceLeft *left)
{
	return 1 + (guint)((left->octets / MAX(left->n, 1) + ENVELOPE) / PACKET);
}

static guint
count_sent_after(const RpPaceLeft *left, guint trips)
{
	return MIN(packets_after[trips] / packets_of(left), messages_after[trips]);
}

/* Nobody knows yet whether BDAT works, so that there are two in the first round trip; and where TCP
 * sends less than it may it does not double it. */
static guint
count_sent_by_first(const RpPaceLeft *left, guint trips)
{
	guint most = count_sent_after(left, trips);

	if (UNTRIED * packets_of(left) >= PACKETS_FIRST)
		return most;
	return MIN(UNTRIED + count_sent_after(left, trips - 1), most);
}

static guint
count_first(const RpPace *pace)
{
	guint n = 0;

	for (guint i = 0; i < pace->sessions->len; i++)
		n += ((RpPaceSession *)pace->sessions->pdata[i])->is_first;
	return n;
}

/* A line that carries no more than the first can give it has no use for others; whether it does
 * their handshakes show, if there are several. */
static guint
most_of(const RpPace *pace, guint n_first)
{
	guint n = pace->handshakes.n;
	double rate = pace->handshakes.rate;
	double windows = rate * (double)pace->rtt / PACE_WINDOW_FIRST;

	if (!rp_pace_count_up(pace) && pace->n_reached && n < n_first)
		return n_first;
	if (rate > 0)
		return (guint)CLAMP(FULL * windows, n_first, RP_PACE_MOST_LONG_LINE);
	return n < RP_PACE_MOST_UNPROVEN ? UNSEEN : RP_PACE_MOST_LONG_LINE;
}

/* What the first are not to have is what the others can send. */
static guint
share_of_first(guint n_first, guint n_late, guint trips, const RpPaceLeft *left)
{
	guint each = rp_pace_ahead_unanswered(left), most = count_sent_by_first(left, trips);
	guint late = MIN(each, count_sent_after(left, trips - 1));

	return n_first * each + n_late * late >= left->n ? MIN(most, each) : most;
}

/* Those that are begun now, when the round trip is known, are one behind the first. */
static void
plan(RpPace *pace, guint n_first, guint n_late, guint trips, const RpPaceLeft *left)
{
	if (pace->n_answers || !pace->n_reached)
		return;
	pace->share_first = pace->share_late = 0;
	if (!n_late)
		return;
	pace->share_first = share_of_first(n_first, n_late, trips, left);
	guint by_late = left->n - MIN(n_first * pace->share_first, left->n);
	pace->share_late = (by_late + n_late - 1) / n_late;
}

/* As many as have all of it sent in as few round trips as there can be; and have it though nothing
 * is answered. */
static guint
count_sessions(RpPace *pace, const RpPaceLeft *left, guint n_first)
{
	guint most = most_of(pace, n_first), each = rp_pace_ahead_unanswered(left);

	for (guint trips = 2; trips < G_N_ELEMENTS(packets_after); trips++) {
		guint by_first = n_first * count_sent_by_first(left, trips);
		guint by_late = left->n - MIN(by_first, left->n);
		guint one = count_sent_after(left, trips - 1), n_late = 0;

		if (by_late && !one)
			continue;
		if (by_late)
			n_late = (by_late + one - 1) / one;
		if (n_first + n_late > most)
			continue;
		guint n = MAX(n_first + n_late, MIN((left->n + each - 1) / each, most));
		plan(pace, n_first, n - n_first, trips, left);
		return n;
	}
	return most;
}

guint
rp_pace_begin_on_long_line(RpPace *pace, const RpPaceLeft *left, guint least)
{
	guint n_first = pace->n_reached ? count_first(pace) : least;

	if (left->octets > (double)WINDOWS_MOST * PACE_WINDOW_FIRST)
		return least;
	return CLAMP(count_sessions(pace, left, n_first), least, MAX(left->n, least));
}

/* Where a first one has had answers twice the others should have come, and are not waited for. */
guint
rp_pace_share_at_beginning(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;

	if (session->n_bundles >= ANSWERS_MOST)
		return 0;
	for (guint i = 0; pace->share_first && i < pace->sessions->len; i++) {
		const RpPaceSession *other = pace->sessions->pdata[i];

		if (!other->is_first && other->n_given < pace->share_late)
			return session->is_first ? pace->share_first : pace->share_late;
	}
	return 0;
}
