/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* What follows from what was measured: how many sessions are worth it. */

/* Answers, until more sessions than that are begun. */
#define ANSWERS_LEAST 3
/* For less no connection is begun. */
#define WORTH_LEAST (20 * G_TIME_SPAN_MILLISECOND)
/* Of the time that is left so much may be spent on seeing what twice as many sessions do. */
#define PATIENCE 0.15
/* With more messages the time until the first answer counts for little. */
#define MESSAGES_FEW 120
/* A line may carry so many times what it was seen to. */
#define UNSEEN 4
#define SEEN 3

RpPaceLeft
rp_pace_count_left(const RpPace *pace, const RpPaceWork *work)
{
	RpPaceLeft left = {work->n, (double)work->octets};

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		left.n += session->given.length;
		for (const GList *l = session->given.head; l; l = l->next)
			left.octets += (double)((RpPaceMessage *)l->data)->octets;
	}
	return left;
}

/* Messages that a session carries while another is set up; two at least. */
static guint
count_meanwhile(const RpPace *pace, const RpPaceLeft *left)
{
	double octets = pace->rate * (double)pace->set_up / MAX(pace->sessions->len, 1);

	return 2 + (guint)MIN(left->n ? octets * left->n / MAX(left->octets, 1) : 0, 100);
}

/* Those that will have had their number soon: others are made meanwhile. */
static guint
count_ending(const RpPace *pace, const RpPaceLeft *left)
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
	return n ? sum / n : PACE_WINDOW_FIRST;
}

/* ---- what so many sessions would take ---- */

typedef struct {
	const RpPace *pace;
	RpPaceLeft left;
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
	double in_window =
		model->window * MIN(n, model->n) + PACE_WINDOW_FIRST * (n - MIN(n, model->n));
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

/* But for those that have had as many as the server takes of one. */
static guint
count_given(const RpPace *pace)
{
	guint n = 0;

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		n += session->n_given > 0 && !rp_pace_is_spent(session);
	}
	return n;
}

/* Where a message waits for round trips, the line would wait with it. */
static guint
least_on_thin(const RpPace *pace)
{
	return rp_pace_streams(pace) || pace->rtt < PACE_SHORT_TRIP ? 1 : 2;
}

gboolean
rp_pace_is_superfluous(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;

	return !session->n_given && (session->streams || pace->rtt < PACE_MAY_BE_THIN) &&
	       !pace->silent && rp_pace_line_is_thin(pace) &&
	       (!pace->n_answers || rp_pace_line_is_slow(pace)) &&
	       count_given(pace) >= least_on_thin(pace);
}

/* Where the round trip is short the line may still show that it is not. */
static guint
count_superfluous(const RpPace *pace)
{
	guint n = 0;

	if (!pace->n_answers && pace->rtt < PACE_MAY_BE_THIN)
		return 0;
	for (guint i = 0; i < pace->sessions->len; i++)
		n += rp_pace_is_superfluous(pace->sessions->pdata[i]);
	return n;
}

static guint
first_number(RpPace *pace, const RpPaceWork *work, const RpPaceLeft *left)
{
	guint n = CLAMP(left->n, 1, RP_PACE_MOST_UNPROVEN);

	if (work->slow || rp_pace_line_is_thin(pace))
		return 1;
	return pace->rtt < PACE_LONG_LINE ? n : rp_pace_begin_on_long_line(pace, left, n);
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

/* With more messages the time until the first answer is waited for; but not where the round trips
 * of each take long. */
static guint
most_unanswered(const RpPace *pace, const Model *model)
{
	gboolean trips = !rp_pace_streams(pace) && pace->silent >= PACE_LONG_LINE;

	return trips || model->left.n <= MESSAGES_FEW ? pace->most_silent : 0;
}

/* More than a few only while answers show that the server is what is waited for, and not for each
 * other; or that they don't come. Twice as many at a time, but all at once where that counts. A
 * long and thin line is soon full, and answers that come seconds late are its doing. */
static guint
grown(const RpPace *pace, const Model *model, guint most)
{
	guint up = rp_pace_count_up(pace), n = MAX(up, pace->target);

	if (!up && pace->again)
		return most;
	if (!pace->n_answers)
		return MIN(most, MAX(n, most_unanswered(pace, model)));
	if (rp_pace_line_is_slow(pace))
		return MIN(most, MAX(n, least_on_thin(pace)));
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

/* Where octets wait on the line though the server is what is waited for, it has not much more. */
static double
rate_behind_server(const RpPace *pace)
{
	return rp_pace_line_is_waited_on(pace) ? SEEN * pace->rate : 0;
}

static guint
best_number(const RpPace *pace, const RpPaceWork *work)
{
	gboolean sure, by_server = rp_pace_server_is_limit(pace);
	gint64 turn = rp_pace_turn(pace, &sure);
	Model model = {.pace = pace,
		.left = rp_pace_count_left(pace, work),
		.n = pace->sessions->len,
		.turn = (double)(turn + rp_pace_set_up_each(pace)),
		.line = by_server && !rp_pace_sets_up_often(pace) ? rate_behind_server(pace)
								  : pace->rate,
		.window = mean_window(pace)};
	/* Of a message that was sent ahead no more is known than what it took with the line. */
	if (!sure && rp_pace_streams(pace))
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
	RpPaceLeft left = rp_pace_count_left(pace, work);
	guint there = pace->sessions->len, ending = count_ending(pace, &left), n;

	pace->n_waiting = work->n;
	n = pace->n_answers || pace->silent ? best_number(pace, work)
					    : first_number(pace, work, &left);
	/* What was known before is no reason to begin with less than one who knows nothing. */
	if (!rp_pace_count_up(pace) || pace->n_answers == pace->n_answers_before)
		n = MAX(n, first_number(pace, work, &left));
	n = MIN(n, most_of(pace, work));
	n = MIN(n + ending, MAX(n, most_of(pace, work)));
	n = MIN(n, there + work->n); /* each has something to do */
	if (work->n)
		n = MAX(n, MIN(rp_pace_beside(pace), most_of(pace, work)));
	/* While there is more to come those that are there get it; but for those that were begun
	 * before the line was known, and it has no use for. */
	if (work->n)
		n = MAX(n, there - count_superfluous(pace));
	pace->target = MAX(n, 1);
	return pace->target;
}
