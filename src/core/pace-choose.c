/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* What follows from what was measured: which session a message goes to, and how much lies ahead in
 * each. */

/* Messages in a session before anything was answered. */
#define AHEAD_FIRST 4
#define AHEAD_FIRST_LONG_LINE 8
/* And in all of them, where the line is thin: the next one is there when this one has gone. */
#define AHEAD_THIN 2
/* There is little to be had by more where the round trip is short, and they wait for each other
 * where the server takes its time. */
#define AHEAD_FIRST_SHORT 2
#define SHORT_LINE (10 * G_TIME_SPAN_MILLISECOND)
/* It doubles so often at most, while answers don't show what takes the time. */
#define DOUBLES 2
/* Messages by which sessions differ, until so many were given to one. */
#define STEP 3
#define STEP_MOST 100
/* Messages that a session is given before it is known that a server takes so many in one. */
#define UNPROVEN 6
#define UNPROVEN_LONG_LINE 50
/* What is usual where a server takes so many and no more. */
static const guint usual_limits[] = {10, 20, 25, 50, 100, 200, 250, 500, 1000};
/* So many answers may be on their way. */
#define ON_WAY 2

/* On a long line it is seen late whether a server or the line takes the time. Where nothing waits
 * on the line, it is rather the server. */
static gboolean
may_be_slow(const RpPace *pace, gint64 turn)
{
	return pace->rtt >= PACE_LONG_LINE && turn * 2 > pace->rtt &&
	       !rp_pace_line_is_waited_on(pace);
}

/* What a session may have, of what is left. */
typedef struct {
	guint share;
	guint unanswered; /* on a long line, before anything was answered */
} Bounds;

static guint
ahead_of(const RpPaceSession *session, const Bounds *bounds)
{
	const RpPace *pace = session->pace;
	gboolean sure;
	gint64 turn = rp_pace_turn(pace, &sure);
	gboolean is_long = pace->rtt >= PACE_LONG_LINE;
	guint first = pace->rtt < SHORT_LINE ? AHEAD_FIRST_SHORT
		      : is_long              ? AHEAD_FIRST_LONG_LINE
					     : AHEAD_FIRST;
	guint ahead;

	if (pace->doubted && !pace->n_hints) /* nothing at all was heard */
		return 1;
	if (!session->streams)
		return 2;
	if (!pace->n_answers)
		return is_long ? MIN(first, MAX(bounds->unanswered, pace->share_first)) : first;
	ahead = 1 + (guint)MIN((pace->rtt * 3 / 2 + turn - 1) / MAX(turn, 1), 999);
	/* A round trip that the server's time hides leaves no gap behind one that waits. */
	ahead += pace->rtt * 6 > turn;
	/* What is not sure is the line's time too: twice as many, each time that it answers; where
	 * the line is full they would only wait there. */
	if (!may_be_slow(pace, turn))
		first <<= MIN(session->n_bundles, rp_pace_line_is_full(pace) ? 1 : DOUBLES);
	return sure ? ahead : MAX(ahead, first);
}

/* What is left is shared evenly: none is to be the last with many. Where it is not the server that
 * is waited for, less evenly: answers are a round trip old, and the last messages shall not wait
 * for another. */
static guint
share_of(const RpPace *pace, const RpPaceLeft *left)
{
	gboolean sure;
	guint n = MAX(MAX(pace->sessions->len, pace->target), 1);
	guint share = MAX((left->n + n - 1) / n, 1);

	if (!pace->n_answers && pace->rtt < PACE_LONG_LINE)
		return MIN(share, MAX(left->n / 2 / n, 2));
	if (!pace->n_answers || rp_pace_server_is_limit(pace) ||
		may_be_slow(pace, rp_pace_turn(pace, &sure)) ||
		rp_pace_count_up(pace) < pace->sessions->len)
		return share;
	return share + share / 2 + 1;
}

static Bounds
bounds_of(const RpPace *pace, const RpPaceWork *work)
{
	RpPaceLeft left = rp_pace_count_left(pace, work);

	guint share = share_of(pace, &left);

	return (Bounds){share, MAX(share, rp_pace_ahead_unanswered(&left))};
}

/* The server is what is waited for: what all of them begin with goes before what one has next. */
static gboolean
lets_others_begin(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;

	return pace->n_answers && !session->n_answered && session->given.length &&
	       rp_pace_count_up(pace) < pace->sessions->len && rp_pace_server_is_limit(pace);
}

/* On a long line those that come later shall find something, and no more than they can begin with.
 */
static gboolean
has_its_share(const RpPaceSession *session, guint share)
{
	guint first = rp_pace_share_at_beginning(session);

	if (lets_others_begin(session))
		return TRUE;
	return first ? session->given.length && session->n_given >= first
		     : session->given.length >= share;
}

/* That we have the answers is heard behind what is on the line, and the next ones are held back
 * until then (RFC 896): a round trip's octets behind that, or it runs dry for one. */
static gboolean
is_supplied(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;
	double since = (double)session->given_since_answer;

	return rp_pace_line_is_supplied(pace) &&
	       (pace->sessions->len > 1 || since >= pace->rate * (double)pace->rtt);
}

/* A server may end each session after so many messages, and nobody knows yet. Where the line is
 * what is waited for they are not to get there together: each stays behind the one before it, so
 * that the others go on while the first is replaced; but not so that the line runs dry. */
static gboolean
is_in_step(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;
	guint before = 0, most = session->n_given;
	gboolean seen = FALSE;

	if (pace->n_hints || !pace->n_answers || session->given.length < 2 ||
		!rp_pace_line_is_full(pace) || !is_supplied(session))
		return TRUE;
	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *other = pace->sessions->pdata[i];

		seen |= other == session;
		before += other->n_given > session->n_given ||
			  (other->n_given == session->n_given && !seen);
		most = MAX(most, other->n_given);
	}
	return most > STEP_MOST || session->n_given + before * STEP < most;
}

static gboolean
is_foremost(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;
	gboolean seen = FALSE;

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *other = pace->sessions->pdata[i];

		seen |= other == session;
		if (!other->stuck && (other->n_given > session->n_given ||
					     (other->n_given == session->n_given && !seen)))
			return FALSE;
	}
	return TRUE;
}

/* Up to where the foremost may go: nothing is to stand behind the message that meets a usual limit,
 * so that what the server says of it is heard; where another number ends it, not much. */
static guint
goes_on_to(guint proven)
{
	guint most = proven + MAX(proven / 2, AHEAD_FIRST);

	for (guint i = 0; i < G_N_ELEMENTS(usual_limits); i++)
		if (proven <= usual_limits[i])
			return MIN(most, MAX(usual_limits[i], proven));
	return most;
}

/* No more than a few answers of a session are on their way at once: the line is slow, as octets
 * wait on it; or what was given first is still on it when the first answers come, though TCP could
 * let it all go. */
static gboolean
few_are_on_way(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;
	const RpPaceMessage *last = g_queue_peek_tail((GQueue *)&session->given);
	double octets = (double)MAX(last->octets, 1), each = octets * pace->sessions->len;

	if (pace->rate * (double)pace->rtt >= ON_WAY * each)
		return FALSE;
	return rp_pace_line_is_waited_on(pace) || (session->n_given * octets <= PACE_WINDOW_FIRST &&
							  rp_pace_octets_on_line(pace) > each);
}

/* Where a server ends a session that has more to come, its TCP throws away what it had not sent:
 * the answers to messages that it took in the last round trip (RFC 1122 section 4.2.2.13, RFC 896).
 * So one session alone goes on to a number that none has reached, and the others have what follows
 * one by one; but not where an answer takes longer than a round trip or a message longer on the
 * line, so that an answer is gone before the next. */
static gboolean
is_unproven(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;
	guint most = pace->rtt < PACE_LONG_LINE ? UNPROVEN : UNPROVEN_LONG_LINE;
	gboolean sure;

	if (!session->streams || pace->n_hints || session->n_given < most || !session->given.length)
		return FALSE;
	if (pace->rtt < SHORT_LINE || (rp_pace_turn(pace, &sure) > pace->rtt && sure))
		return FALSE;
	return !few_are_on_way(session) &&
	       session->n_given >= (is_foremost(session) ? goes_on_to(pace->proven) : pace->proven);
}

/* Else each session may have one: it might have to begin anew. */
static gboolean
has_enough(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;
	guint n = 0;

	if (session->given.length >= AHEAD_THIN && rp_pace_thin_line_has_enough(pace))
		return TRUE;
	if (!rp_pace_is_long_and_thin(pace))
		return pace->n_answers && session->given.length && rp_pace_line_has_enough(pace);
	for (guint i = 0; i < pace->sessions->len; i++)
		n += ((const RpPaceSession *)pace->sessions->pdata[i])->given.length;
	return n >= AHEAD_THIN && (!pace->n_answers || rp_pace_line_has_enough(pace));
}

/* What the last session ended with may be the server's limit, also where it may be the line. */
static guint
careful_from(const RpPace *pace)
{
	guint careful = rp_pace_messages_careful(pace);

	return pace->cut_at ? MIN(pace->cut_at, careful ? careful : pace->cut_at) : careful;
}

static gboolean
has_room(const RpPaceSession *session, const Bounds *bounds)
{
	guint careful = careful_from(session->pace);

	return session->up && session->could_take && !rp_pace_is_spent(session) &&
	       !rp_pace_is_superfluous(session) && !is_unproven(session) &&
	       (!careful || session->n_given < careful || !session->given.length) &&
	       !has_enough(session) && session->given.length < ahead_of(session, bounds) &&
	       !has_its_share(session, bounds->share) && is_in_step(session);
}

gboolean
rp_pace_may_take(const RpPaceSession *session, const RpPaceWork *work)
{
	Bounds bounds = bounds_of(session->pace, work);

	return has_room(session, &bounds);
}

RpPaceSession *
rp_pace_choose(const RpPace *pace, const RpPaceWork *work)
{
	Bounds bounds = bounds_of(pace, work);
	RpPaceSession *best = NULL;

	for (guint i = 0; i < pace->sessions->len; i++) {
		RpPaceSession *session = pace->sessions->pdata[i];

		if (has_room(session, &bounds) &&
			(!best || session->given.length < best->given.length))
			best = session;
	}
	return best;
}
