/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* What follows from what was measured: how many sessions are worth it, and which one a message
 * goes to. */

/* Messages in a session before anything was answered. */
#define AHEAD_FIRST 4
#define AHEAD_FIRST_LONG_LINE 8
/* It doubles so often at most, while answers don't show what takes the time. */
#define DOUBLES 2
/* Answers, until more sessions than that are begun. */
#define ANSWERS_LEAST 3
/* From this round trip on what is waited for is at first TCP's beginning: each session has one, and
 * with so many messages it is worth it. */
#define LONG_LINE (300 * G_TIME_SPAN_MILLISECOND)
#define MESSAGES_EACH 6
#define MOST_LONG_LINE 8
/* From this round trip on a line may be a modem's: it has no room for four handshakes and four
 * times what TCP begins with. The first session shows whether it is. */
#define MAY_BE_THIN (150 * G_TIME_SPAN_MILLISECOND)
/* For less no connection is begun. */
#define WORTH_LEAST (20 * G_TIME_SPAN_MILLISECOND)
/* What TCP begins with. */
#define WINDOW_FIRST 14600

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
	return set_up + (left > 0 ? MAX(ceiling(left / n - 0.1), 1) * model->turn : 0);
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
	if (pace->rtt < MAY_BE_THIN || pace->rtt >= LONG_LINE)
		return FALSE;
	return pace->thin || !count_up(pace);
}

static guint
first_number(const RpPace *pace, const RpPaceWork *work, guint n_left)
{
	guint n = CLAMP(n_left / 3, 1, RP_PACE_MOST_UNPROVEN);

	if (!pace->rtt || work->slow || is_thin(pace))
		return 1;
	return pace->rtt < LONG_LINE ? n : CLAMP(n_left / MESSAGES_EACH, n, MOST_LONG_LINE);
}

/* The line was seen to carry not much less than what so many would give it; it may carry more than
 * was seen. */
static gboolean
is_carried(const RpPace *pace, const Model *model, guint n)
{
	double each = model->left.n ? model->left.octets / model->left.n : 0;

	return model->turn > 0 && n * each / model->turn < 3 * pace->rate;
}

/* More than a few only while answers show that the server is what is waited for, and at most twice
 * as many at a time. */
static guint
grown(const RpPace *pace, const Model *model, guint most)
{
	guint up = count_up(pace), n = MAX(up, pace->target);

	if (rp_pace_sets_up_often(pace))
		up = pace->sessions->len;
	if (!rp_pace_server_is_limit(pace) || !rp_pace_scales(pace) || up < pace->sessions->len ||
		(pace->level_answers < MIN(up, MAX(up / 2, ANSWERS_LEAST)) &&
			!is_carried(pace, model, 2 * up)))
		return MIN(most, MAX(n, RP_PACE_MOST_UNPROVEN));
	return MIN(most, MAX(2 * up, RP_PACE_MOST_UNPROVEN));
}

static gboolean
streams(const RpPace *pace)
{
	const RpPaceSession *first = pace->sessions->len ? pace->sessions->pdata[0] : NULL;

	return first && first->streams;
}

static guint
best_number(const RpPace *pace, const RpPaceWork *work)
{
	gboolean sure, by_server = rp_pace_server_is_limit(pace);
	gint64 turn = rp_pace_turn(pace, &sure);
	Model model = {.pace = pace,
		.left = count_left(pace, work),
		.n = MAX(pace->sessions->len, 1),
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
	if (best > model.n && !is_worth_it(&model, best))
		best = model.n;
	return best;
}

guint
rp_pace_wanted(RpPace *pace, const RpPaceWork *work)
{
	Left left = count_left(pace, work);
	guint there = pace->sessions->len, ending = count_ending(pace, &left), n;

	n = pace->n_answers ? best_number(pace, work) : first_number(pace, work, left.n);
	n = MIN(n, most_of(pace, work));
	n = MIN(n + ending, MAX(n, most_of(pace, work)));
	n = MIN(n, there + work->n); /* each has something to do */
	/* While there is more to come those that are there get it. */
	if (work->n)
		n = MAX(n, there);
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
	guint first = pace->rtt < LONG_LINE ? AHEAD_FIRST : AHEAD_FIRST_LONG_LINE, ahead;

	if (!session->streams)
		return 2;
	if (!pace->n_answers)
		return first;
	ahead = 2 + (guint)MIN((pace->rtt * 3 / 2 + turn - 1) / MAX(turn, 1), 998);
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
	guint share = MAX((count_left(pace, work).n + n - 1) / n, 1);

	return pace->n_answers && !rp_pace_server_is_limit(pace) ? share + share / 2 + 1 : share;
}

static gboolean
has_room(const RpPaceSession *session, guint share)
{
	guint careful = rp_pace_messages_careful(session->pace);

	return session->up && session->could_take && !rp_pace_is_spent(session) &&
	       (!careful || session->n_given < careful || !session->given.length) &&
	       session->given.length < MIN(ahead_of(session), share);
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
