/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* What follows from what was measured: how many sessions are worth it, and which one a message
 * goes to. */

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
/* Answers, until more sessions than that are begun. */
#define ANSWERS_LEAST 3
/* On a long line what is waited for is at first TCP's beginning: each session has one, and with as
 * many messages it is worth it, with so many at the least, or with more than it can begin with
 * twice over; but not where there is so much that its beginning counts for little. */
#define MESSAGES_EACH 5
#define WINDOWS_EACH 2
#define WINDOWS_MOST 80
/* From this round trip on a line may be a modem's: it has no room for four handshakes and four
 * times what TCP begins with. The first session shows whether it is. */
#define MAY_BE_THIN (150 * G_TIME_SPAN_MILLISECOND)
/* For less no connection is begun. */
#define WORTH_LEAST (20 * G_TIME_SPAN_MILLISECOND)
/* Of the time that is left so much may be spent on seeing what twice as many sessions do. */
#define PATIENCE 0.15
/* With more messages the time until the first answer counts for little. */
#define MESSAGES_FEW 120
/* A line may carry so many times what it was seen to. */
#define UNSEEN 4
#define SEEN 3
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
/* What TCP begins with. */
#define WINDOW_FIRST 14600
#define PACKETS_FIRST 10
#define PACKET 1448
/* MAIL, RCPT and BDAT. */
#define ENVELOPE 100

/* What has no answer yet, handed over or not. */
typedef struct {
	guint n;
	double octets;
} Left;

static Left
count_left(const RpPace *pace, const RpPaceWork *work)
{
	Left left = {work->n, (double)work->octets};

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		left.n += session->given.length;
		for (const GList *l = session->given.head; l; l = l->next)
			left.octets += (double)((RpPaceMessage *)l->data)->octets;
	}
	return left;
}

static guint
count_up(const RpPace *pace)
{
	guint n = 0;

	for (guint i = 0; i < pace->sessions->len; i++)
		n += ((RpPaceSession *)pace->sessions->pdata[i])->up;
	return n;
}

/* Messages that a session carries while another is set up; two at least. */
static guint
count_meanwhile(const RpPace *pace, const Left *left)
{
	double octets = pace->rate * (double)pace->set_up / MAX(pace->sessions->len, 1);

	return 2 + (guint)MIN(left->n ? octets * left->n / MAX(left->octets, 1) : 0, 100);
}

/* Those that will have had their number soon: others are made meanwhile. */
static guint
count_ending(const RpPace *pace, const Left *left)
{
	guint each = rp_pace_messages_careful(pace), n = 0;

	for (guint i = 0; each && i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		n += session->n_given && session->n_given + count_meanwhile(pace, left) >= each;
	}
	return n;
}

static double
mean_window(const RpPace *pace)
{
	double sum = 0;
	guint n = 0;

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		if (!session->up || !session->line.window)
			continue;
		sum += (double)session->line.window;
		n++;
	}
	return n ? sum / n : WINDOW_FIRST;
}

/* ---- what so many sessions would take ---- */

typedef struct {
	const RpPace *pace;
	Left left;
	guint n; /* that there are */
	double turn;
	double line; /* octets a microsecond; 0: not known */
	double window;
} Model;

/* TCP doubles what it sends each round trip, until something is lost. */
static double
line_time(const Model *model, guint n)
{
	double rtt = (double)MAX(model->pace->rtt, 1);
	double in_window = model->window * MIN(n, model->n) + WINDOW_FIRST * (n - MIN(n, model->n));
	double full = model->line > 0 ? model->left.octets / model->line : 0;
	double rounds = 0, octets = model->left.octets;

	if (model->pace->loses)
		return MAX(full, octets / in_window * rtt);
	for (; octets > in_window && rounds < 20; rounds++) {
		octets -= in_window;
		in_window *= 2;
	}
	rounds += octets / in_window;
	return MAX(full, rounds > 1 ? rounds * rtt : full);
}

static double
ceiling(double value)
{
	gint64 whole = (gint64)value;

	return (double)whole < value ? (double)(whole + 1) : (double)whole;
}

static double
server_time(const Model *model, guint n)
{
	double set_up = n > model->n ? (double)model->pace->set_up : 0;
	double left = model->left.n;

	if (model->turn <= 0)
		return set_up;
	if (set_up > 0)
		left = MAX(left - set_up * model->n / model->turn, 0);
	return set_up + (left > 0 ? MAX(ceiling((left - 0.5) / n), 1) * model->turn : 0);
}

static double
cost(const Model *model, guint n)
{
	return MAX(line_time(model, n), server_time(model, n));
}

/* More sessions save some of the time, and some time at all. */
static gboolean
is_worth_it(const Model *model, guint n)
{
	double now = cost(model, model->n), then = cost(model, n);

	return then < 0.93 * now && now - then > WORTH_LEAST;
}

/* ---- how many ---- */

static guint
most_of(const RpPace *pace, const RpPaceWork *work)
{
	guint most = work->most ? work->most : RP_PACE_MOST;

	if (pace->limit)
		most = MIN(most, pace->limit);
	return MAX(most, 1);
}

static gboolean
is_thin(const RpPace *pace)
{
	if (pace->rtt < MAY_BE_THIN || pace->rtt >= PACE_LONG_LINE)
		return FALSE;
	return pace->thin || !count_up(pace);
}

static guint
count_given(const RpPace *pace)
{
	guint n = 0;

	for (guint i = 0; i < pace->sessions->len; i++)
		n += ((RpPaceSession *)pace->sessions->pdata[i])->n_given > 0;
	return n;
}

/* On a thin line one session has all, before anything is answered; but where each message waits for
 * round trips there is something to do for the others soon. */
static gboolean
is_superfluous(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;

	return !session->n_given && session->streams && !pace->n_answers && is_thin(pace) &&
	       count_given(pace);
}

static guint
count_superfluous(const RpPace *pace)
{
	guint n = 0;

	for (guint i = 0; i < pace->sessions->len; i++)
		n += is_superfluous(pace->sessions->pdata[i]);
	return n;
}

/* Each goes out as soon as it is there, and its last packet is not full. */
static guint
messages_in_window(const Left *left)
{
	double octets = left->octets / MAX(left->n, 1) + ENVELOPE;

	return MAX((guint)(PACKETS_FIRST / ceiling(octets / PACKET)), MESSAGES_EACH);
}

static guint
first_number(const RpPace *pace, const RpPaceWork *work, const Left *left)
{
	guint n = CLAMP(left->n, 1, RP_PACE_MOST_UNPROVEN);
	double windows = left->octets / WINDOW_FIRST;
	guint each;

	if (work->slow || is_thin(pace))
		return 1;
	if (pace->rtt < PACE_LONG_LINE || windows > WINDOWS_MOST)
		return n;
	each = messages_in_window(left);
	return CLAMP(MAX((left->n + each - 1) / each, (guint)windows / WINDOWS_EACH), n,
		MIN(RP_PACE_MOST_LONG_LINE, MAX(left->n, 1)));
}

/* Sessions that the line has room for, if each of them gives a message in `turn`; it may carry more
 * than was seen, so many times. */
static guint
count_carried(const RpPace *pace, const Model *model, guint times)
{
	double each = model->left.n ? model->left.octets / model->left.n : 0;
	double n = times * pace->rate * model->turn / MAX(each, 1);

	return (guint)MIN(n, RP_PACE_MOST);
}

/* To have so many first, and to see what they do, would take much of the time that is left. */
static gboolean
is_in_a_hurry(const RpPace *pace, const Model *model, guint n)
{
	double left = model->left.n * model->turn / n;

	return (double)pace->set_up + model->turn > PATIENCE * left;
}

/* Enough answers came since so many are up; or the line has room for twice as many. */
static gboolean
is_proven(const RpPace *pace, const Model *model, guint up)
{
	guint enough = MIN(up, MAX(up / 2, ANSWERS_LEAST));

	return pace->level_answers >= enough || count_carried(pace, model, SEEN) > 2 * up;
}

static gboolean
streams(const RpPace *pace)
{
	const RpPaceSession *first = pace->sessions->len ? pace->sessions->pdata[0] : NULL;

	return first && first->streams;
}

/* With more messages the time until the first answer is waited for; but not where each of them
 * costs a long round trip. */
static guint
most_unanswered(const RpPace *pace, const Model *model)
{
	gboolean trips = !streams(pace) && pace->rtt >= PACE_LONG_LINE;

	return trips || model->left.n <= MESSAGES_FEW ? pace->most_silent : 0;
}

/* More than a few only while answers show that the server is what is waited for, and not for each
 * other; or that they don't come. Twice as many at a time, but all at once where that counts. A
 * long and thin line is soon full, and answers that come seconds late are its doing. */
static guint
grown(const RpPace *pace, const Model *model, guint most)
{
	guint up = count_up(pace), n = MAX(up, pace->target);

	if (!up && pace->again)
		return most;
	if (!pace->n_answers)
		return MIN(most, MAX(n, most_unanswered(pace, model)));
	if (rp_pace_sets_up_often(pace))
		up = pace->sessions->len;
	if (!rp_pace_server_is_limit(pace) || !rp_pace_scales(pace) || up < pace->sessions->len ||
		!is_proven(pace, model, up) || rp_pace_is_long_and_thin(pace))
		n = MAX(n, RP_PACE_MOST_UNPROVEN);
	else if (up >= RP_PACE_MOST_UNPROVEN && is_in_a_hurry(pace, model, 2 * up))
		n = MAX(count_carried(pace, model, UNSEEN), RP_PACE_MOST_UNPROVEN);
	else
		n = MAX(2 * up, RP_PACE_MOST_UNPROVEN);
	return MIN(most, n);
}

static guint
best_number(const RpPace *pace, const RpPaceWork *work)
{
	gboolean sure, by_server = rp_pace_server_is_limit(pace);
	gint64 turn = rp_pace_turn(pace, &sure);
	Model model = {.pace = pace,
		.left = count_left(pace, work),
		.n = pace->sessions->len,
		.turn = (double)(turn + rp_pace_set_up_each(pace)),
		.line = by_server && !rp_pace_sets_up_often(pace) ? 0 : pace->rate,
		.window = mean_window(pace)};
	/* Of a message that was sent ahead no more is known than what it took with the line. */
	if (!sure && streams(pace))
		model.turn = (double)rp_pace_set_up_each(pace);
	guint most = grown(pace, &model, most_of(pace, work)), best = 1;
	double least = 0;

	for (guint n = 1; n <= most; n++)
		if (n == 1 || cost(&model, n) < least)
			least = cost(&model, n);
	while (best < most && cost(&model, best) > least * 1.05)
		best++;
	if (model.n && best > model.n && !is_worth_it(&model, best))
		best = model.n;
	return best;
}

guint
rp_pace_wanted(RpPace *pace, const RpPaceWork *work)
{
	Left left = count_left(pace, work);
	guint there = pace->sessions->len, ending = count_ending(pace, &left), n;

	pace->n_waiting = work->n;
	n = pace->n_answers || pace->silent ? best_number(pace, work)
					    : first_number(pace, work, &left);
	/* What was known before is no reason to begin with less than one who knows nothing. */
	if (!count_up(pace) || pace->n_answers == pace->n_answers_before)
		n = MAX(n, first_number(pace, work, &left));
	n = MIN(n, most_of(pace, work));
	n = MIN(n + ending, MAX(n, most_of(pace, work)));
	n = MIN(n, there + work->n); /* each has something to do */
	/* While there is more to come those that are there get it; but for those that were begun
	 * before the line was known, and it has no use for. */
	if (work->n)
		n = MAX(n, there - count_superfluous(pace));
	pace->target = MAX(n, 1);
	return pace->target;
}

/* ---- which one ---- */

static guint
ahead_of(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;
	gboolean sure;
	gint64 turn = rp_pace_turn(pace, &sure);
	guint first = pace->rtt < SHORT_LINE       ? AHEAD_FIRST_SHORT
		      : pace->rtt < PACE_LONG_LINE ? AHEAD_FIRST
						   : AHEAD_FIRST_LONG_LINE;
	guint ahead;

	if (pace->doubted && !pace->n_hints) /* nothing at all was heard */
		return 1;
	if (!session->streams)
		return 2;
	if (!pace->n_answers)
		return first;
	ahead = 1 + (guint)MIN((pace->rtt * 3 / 2 + turn - 1) / MAX(turn, 1), 999);
	/* A round trip that the server's time hides leaves no gap behind one that waits. */
	ahead += pace->rtt * 6 > turn;
	/* What is not sure is the line's time too: twice as many, each time that it answers; where
	 * the line is full they would only wait there. */
	first <<= MIN(session->n_bundles, rp_pace_line_is_full(pace) ? 1 : DOUBLES);
	return sure ? ahead : MAX(ahead, first);
}

/* What is left is shared evenly: none is to be the last with many. Where it is not the server that
 * is waited for, less evenly: answers are a round trip old, and the last messages shall not wait
 * for another. */
static guint
share_of(const RpPace *pace, const RpPaceWork *work)
{
	guint n = MAX(MAX(pace->sessions->len, pace->target), 1);
	guint left = count_left(pace, work).n, share = MAX((left + n - 1) / n, 1);

	if (!pace->n_answers && pace->rtt < PACE_LONG_LINE)
		return MIN(share, MAX(left / 2 / n, 2));
	if (!pace->n_answers || rp_pace_server_is_limit(pace) ||
		count_up(pace) < pace->sessions->len)
		return share;
	return share + share / 2 + 1;
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
		!rp_pace_line_is_full(pace) || !rp_pace_line_is_supplied(pace))
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
line_is_slow(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;
	const RpPaceMessage *last = g_queue_peek_tail((GQueue *)&session->given);
	double octets = (double)MAX(last->octets, 1), each = octets * pace->sessions->len;

	if (pace->rate * (double)pace->rtt >= ON_WAY * each)
		return FALSE;
	return rp_pace_line_is_waited_on(pace) ||
	       (session->n_given * octets <= WINDOW_FIRST && rp_pace_octets_on_line(pace) > each);
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
	return !line_is_slow(session) &&
	       session->n_given >= (is_foremost(session) ? goes_on_to(pace->proven) : pace->proven);
}

/* Else each session may have one: it might have to begin anew. */
static gboolean
has_enough(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;
	guint n = 0;

	if (!rp_pace_is_long_and_thin(pace))
		return pace->n_answers && session->given.length && rp_pace_line_has_enough(pace);
	for (guint i = 0; i < pace->sessions->len; i++)
		n += ((const RpPaceSession *)pace->sessions->pdata[i])->given.length;
	return n >= AHEAD_THIN && (!pace->n_answers || rp_pace_line_has_enough(pace));
}

static gboolean
has_room(const RpPaceSession *session, guint share)
{
	guint careful = rp_pace_messages_careful(session->pace);

	return session->up && session->could_take && !rp_pace_is_spent(session) &&
	       !is_superfluous(session) && !is_unproven(session) &&
	       (!careful || session->n_given < careful || !session->given.length) &&
	       !has_enough(session) && session->given.length < MIN(ahead_of(session), share) &&
	       is_in_step(session);
}

gboolean
rp_pace_may_take(const RpPaceSession *session, const RpPaceWork *work)
{
	return has_room(session, share_of(session->pace, work));
}

RpPaceSession *
rp_pace_choose(const RpPace *pace, const RpPaceWork *work)
{
	guint share = share_of(pace, work);
	RpPaceSession *best = NULL;

	for (guint i = 0; i < pace->sessions->len; i++) {
		RpPaceSession *session = pace->sessions->pdata[i];

		if (has_room(session, share) &&
			(!best || session->given.length < best->given.length))
			best = session;
	}
	return best;
}
