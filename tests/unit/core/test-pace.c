/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The concurrency controller, step by step. */
#include "roampost/pace.h"

#define MS G_TIME_SPAN_MILLISECOND
#define OCTETS 2048

/* Everything at one moment; sessions are there until the test ends. */
typedef struct {
	RpPace *pace;
	RpPaceSession *sessions[RP_PACE_MOST];
	guint n;
	gint64 now, rtt;
	guint trips;
} Play;

static void
play_init(Play *p, gint64 rtt, gboolean streams)
{
	*p = (Play){
		.pace = rp_pace_new(), .now = G_TIME_SPAN_SECOND, .rtt = rtt, .trips = !streams};
}

static void
play_clear(Play *p)
{
	while (p->n)
		rp_pace_closed(p->sessions[--p->n], RP_PACE_DONE);
	rp_pace_free(p->pace);
}

static guint
wanted(const Play *p, guint waiting)
{
	const RpPaceWork work = {.n = waiting, .octets = waiting * OCTETS};

	return rp_pace_wanted(p->pace, &work);
}

/* So many sessions, up. */
static void
come_up(Play *p, guint n)
{
	while (p->n < n) {
		RpPaceSession *session = rp_pace_begun(p->pace, p->now, NULL);

		rp_pace_reached(session, p->rtt);
		rp_pace_ready(session, p->now + 3 * p->rtt, p->trips);
		rp_pace_could_take(session, TRUE);
		p->sessions[p->n++] = session;
	}
	p->now += 3 * p->rtt;
}

static guint
hand_over(Play *p, guint waiting)
{
	RpPaceWork work = {.n = waiting, .octets = waiting * OCTETS};
	RpPaceSession *session;

	while (work.n && (session = rp_pace_choose(p->pace, &work))) {
		rp_pace_given(session, p->now, OCTETS);
		rp_pace_could_take(session, TRUE);
		work.n--;
	}
	return waiting - work.n;
}

/* Each session answers one; the next one had arrived before. */
static void
answer(Play *p, gint64 after, gint64 rtt_now)
{
	p->now += after;
	for (guint i = 0; i < p->n; i++) {
		const RpPaceLine line = {.rtt = p->rtt, .rtt_now = rtt_now, .window = 14600};

		rp_pace_line(p->sessions[i], &line);
	}
	for (guint i = 0; i < p->n; i++)
		if (!rp_pace_is_idle(p->sessions[i]))
			rp_pace_answered(p->sessions[i], p->now, 1, 1, TRUE);
}

static void
test_first(void)
{
	RpPaceWork work = {.n = 50};
	Play p;

	play_init(&p, 120 * MS, TRUE);
	g_assert_cmpuint(wanted(&p, 50), ==, 4);
	p.sessions[p.n++] = rp_pace_begun(p.pace, p.now, NULL);
	g_assert_cmpuint(wanted(&p, 50), ==, 4);
	rp_pace_reached(p.sessions[0], p.rtt);
	g_assert_cmpuint(wanted(&p, 50), ==, 4);
	g_assert_cmpuint(wanted(&p, 3), ==, 3);
	g_assert_cmpuint(wanted(&p, 1), ==, 1);
	work.slow = TRUE;
	g_assert_cmpuint(rp_pace_wanted(p.pace, &work), ==, 1);
	work.slow = FALSE;
	work.most = 2;
	g_assert_cmpuint(rp_pace_wanted(p.pace, &work), ==, 2);
	play_clear(&p);
}

/* Nobody knows yet how long the server takes: half of a few stay here, for the sessions that come
 * when it takes its time. */
static void
test_few(void)
{
	static const struct {
		guint n, given;
	} rows[] = {{4, 4}, {10, 8}, {20, 8}, {30, 12}, {50, 16}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Play p;

		play_init(&p, 60 * MS, TRUE);
		g_assert_cmpuint(wanted(&p, rows[i].n), ==, 4);
		come_up(&p, 4);
		g_assert_cmpuint(hand_over(&p, rows[i].n), ==, rows[i].given);
		play_clear(&p);
	}
}

/* All has arrived and nothing is answered: the server is what is waited for, and the longer it is
 * silent, the more is that worth. But not while octets are on their way, and not where there is so
 * much to send that the first answer comes soon enough. */
static void
test_silent(void)
{
	static const struct {
		guint waiting;
		guint64 unarrived;
		guint after[4]; /* each look */
	} rows[] = {{40, 0, {4, 16, 16, 16}}, {40, 2000, {4, 4, 4, 4}}, {400, 0, {4, 4, 4, 4}}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Play p;

		play_init(&p, MS, TRUE);
		come_up(&p, 4);
		hand_over(&p, rows[i].waiting);
		for (guint look = 0; look < G_N_ELEMENTS(rows[i].after); look++) {
			const RpPaceLine line = {.rtt = MS,
				.rtt_now = MS,
				.arrived = OCTETS,
				.unarrived = rows[i].unarrived,
				.window = 14600};

			p.now = rp_pace_look_at(p.pace);
			for (guint k = 0; k < p.n; k++)
				rp_pace_line(p.sessions[k], &line);
			rp_pace_waited(p.pace, p.now);
			g_assert_cmpuint(wanted(&p, rows[i].waiting), ==, rows[i].after[look]);
			come_up(&p, rows[i].after[look]);
			hand_over(&p, rows[i].waiting);
		}
		answer(&p, 250 * MS, MS);
		g_assert_cmpint(rp_pace_look_at(p.pace), ==, 0);
		play_clear(&p);
	}
}

/* On a line of 120 ms it is known a round trip and a quarter after all had arrived, not when a
 * look that comes half as often each time happens to come. */
static void
test_silent_at_once(void)
{
	const RpPaceLine line = {
		.rtt = 120 * MS, .rtt_now = 120 * MS, .arrived = OCTETS, .window = 14600};
	gint64 arrived = 0;
	guint looks = 0;
	Play p;

	play_init(&p, 120 * MS, TRUE);
	come_up(&p, 4);
	hand_over(&p, 40);
	for (; wanted(&p, 40) == 4 && looks < 10; looks++) {
		p.now = rp_pace_look_at(p.pace);
		arrived = arrived ? arrived : p.now;
		for (guint k = 0; k < p.n; k++)
			rp_pace_line(p.sessions[k], &line);
		rp_pace_waited(p.pace, p.now);
	}
	g_assert_cmpuint(wanted(&p, 40), >, 4);
	g_assert_cmpint(p.now - arrived, <=, 155 * MS);
	play_clear(&p);
}

static void
look(Play *p, guint n, guint64 arrived)
{
	const RpPaceLine line = {
		.rtt = 120 * MS, .rtt_now = 120 * MS, .arrived = arrived, .window = 14600};

	p->now = rp_pace_look_at(p->pace);
	for (guint k = 0; k < n; k++)
		rp_pace_line(p->sessions[k], &line);
	rp_pace_waited(p->pace, p->now);
}

/* Those that are not up yet say nothing of the server, and those that have come since don't make
 * the others' silence shorter. */
static void
test_silent_on(void)
{
	gint64 before, after;
	Play p;

	play_init(&p, 120 * MS, TRUE);
	come_up(&p, 4);
	hand_over(&p, 40);
	while (wanted(&p, 40) == 4)
		look(&p, 4, OCTETS);
	before = rp_pace_server_time(p.pace);
	for (guint i = 0; i < 8; i++)
		p.sessions[p.n++] = rp_pace_begun(p.pace, p.now, NULL);
	for (guint looks = 0; looks < 5; looks++)
		look(&p, 4, OCTETS);
	after = rp_pace_server_time(p.pace);
	g_assert_cmpint(after, >, 2 * before);
	for (guint i = 4; i < p.n; i++) {
		rp_pace_ready(p.sessions[i], p.now, 0);
		rp_pace_could_take(p.sessions[i], TRUE);
	}
	hand_over(&p, 28);
	while (p.now < rp_pace_look_at(p.pace) && rp_pace_look_at(p.pace) < 20 * G_TIME_SPAN_SECOND)
		look(&p, p.n, OCTETS);
	g_assert_cmpint(rp_pace_server_time(p.pace), >=, after);
	play_clear(&p);
}

/* While octets arrive it is looked soon whether all have. */
static void
test_silent_behind_much(void)
{
	Play p;

	play_init(&p, 120 * MS, TRUE);
	come_up(&p, 4);
	hand_over(&p, 40);
	for (guint looks = 1; looks < 10; looks++) {
		const RpPaceLine line = {.rtt = 120 * MS,
			.rtt_now = 120 * MS,
			.arrived = looks * OCTETS,
			.unarrived = OCTETS,
			.window = 14600};

		p.now = rp_pace_look_at(p.pace);
		for (guint k = 0; k < p.n; k++)
			rp_pace_line(p.sessions[k], &line);
		rp_pace_waited(p.pace, p.now);
		g_assert_cmpint(rp_pace_look_at(p.pace) - p.now, <=, 120 * MS);
	}
	play_clear(&p);
}

/* Without CHUNKING each message waits for a round trip of its own, without PIPELINING for four,
 * which is known before any answer: where they are long. */
static void
test_round_trips(void)
{
	static const struct {
		gint64 rtt;
		guint trips, left, wanted;
	} rows[] = {{120 * MS, 1, 50, 12}, {120 * MS, 0, 50, 4}, {20 * MS, 1, 50, 4},
		{120 * MS, 1, 200, 4}, {600 * MS, 1, 50, 16}, {600 * MS, 1, 200, 20},
		{120 * MS, 4, 50, 17}, {120 * MS, 4, 20, 19}, {120 * MS, 4, 200, 20}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Play p;

		play_init(&p, rows[i].rtt, TRUE);
		p.trips = rows[i].trips;
		come_up(&p, 1);
		g_assert_cmpuint(wanted(&p, rows[i].left), ==, rows[i].wanted);
		play_clear(&p);
	}
}

/* Few are left, so that a try with twice as many would take much of the time: all at once, as many
 * as the line was seen to carry, or not much more. */
static void
test_at_once(void)
{
	static const struct {
		guint64 rate;
		gint64 rtt_now;
		guint wanted;
	} rows[] = {{1000000, 0, 15}, {10000, 0, 9},
		{10000, 20 * MS, 8}}; /* octets wait on it: it may carry three times that */

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const RpPaceLine line = {.rtt = MS,
			.rtt_now = rows[i].rtt_now,
			.rate = rows[i].rate,
			.window = 14600};
		Play p;

		play_init(&p, MS, TRUE);
		come_up(&p, 4);
		hand_over(&p, 100);
		p.now += 500 * MS;
		for (guint k = 0; k < 4; k++) {
			rp_pace_line(p.sessions[k], &line);
			rp_pace_answered(p.sessions[k], p.now, 1, 1, TRUE);
		}
		g_assert_cmpuint(wanted(&p, 40), ==, rows[i].wanted);
		play_clear(&p);
	}
}

/* The second time it begins as it ended, if that was seen to be worth it. */
static void
test_again(void)
{
	Play p;

	play_init(&p, MS, TRUE);
	come_up(&p, 4);
	hand_over(&p, 500);
	answer(&p, 250 * MS, MS);
	while (p.n)
		rp_pace_closed(p.sessions[--p.n], RP_PACE_DONE);
	p.now += G_TIME_SPAN_DAY;
	p.sessions[p.n++] = rp_pace_begun(p.pace, p.now, NULL);
	g_assert_cmpuint(wanted(&p, 500), ==, RP_PACE_MOST);
	rp_pace_forget(p.pace);
	rp_pace_reached(p.sessions[0], p.rtt);
	g_assert_cmpuint(wanted(&p, 500), ==, 4);
	play_clear(&p);
}

/* A server that takes a quarter of a second for each: twice as many at a time. */
static void
test_server(void)
{
	RpPaceWork work = {.n = 500, .octets = 500 * OCTETS, .most = 6};
	Play p;

	play_init(&p, MS, TRUE);
	come_up(&p, 4);
	hand_over(&p, 500);
	answer(&p, 250 * MS, MS);
	g_assert_cmpint(rp_pace_server_time(p.pace), ==, 249 * MS);
	g_assert_cmpuint(rp_pace_wanted(p.pace, &work), ==, 6);
	g_assert_cmpuint(wanted(&p, 500), ==, 8);
	come_up(&p, 8);
	hand_over(&p, 500);
	answer(&p, 250 * MS, MS);
	g_assert_cmpuint(wanted(&p, 500), ==, 16);
	/* No more than there is to do. */
	g_assert_cmpuint(wanted(&p, 0), <=, 8);
	play_clear(&p);
}

/* The line is what the first answers wait for: it is full, and the server's TCP holds them back for
 * a round trip. */
static void
test_full_line(void)
{
	RpPaceLine line = {.rtt = 120 * MS, .rtt_now = 132 * MS, .window = 14600, .rate = 35000};
	Play p;

	play_init(&p, 120 * MS, TRUE);
	come_up(&p, 4);
	hand_over(&p, 500);
	p.now += 320 * MS;
	line.unarrived = 4000;
	for (guint i = 0; i < 4; i++) {
		rp_pace_line(p.sessions[i], &line);
		rp_pace_answered(p.sessions[i], p.now, 2000, 3000, TRUE);
	}
	g_assert_cmpuint(wanted(&p, 500), ==, 4);
	play_clear(&p);
}

/* The answers of one that is alone are held back until it is heard, behind what is on the line,
 * that those before have come: what the line carries in a round trip is given behind it each time.
 */
static void
test_alone_on_full_line(void)
{
	RpPaceLine line = {
		.rtt = 200 * MS, .rtt_now = 900 * MS, .window = 14600, .unarrived = 6000};
	Play p;

	play_init(&p, 200 * MS, TRUE);
	come_up(&p, 1);
	hand_over(&p, 500);
	for (guint round = 0; round < 12; round++) {
		p.now += 300 * MS;
		line.arrived += round ? OCTETS : OCTETS / 3; /* the line was empty first */
		rp_pace_line(p.sessions[0], &line);
		rp_pace_answered(p.sessions[0], p.now, line.arrived, line.arrived, TRUE);
		g_assert_cmpuint(hand_over(&p, round < 2 ? 1 : 500), ==, 1);
	}
	play_clear(&p);
}

/* Answers that come when those before can have been acknowledged may have been held back for that;
 * those that come still later have not. */
static void
answer_late(gint64 after, guint most)
{
	const RpPaceLine line = {.rtt = 100 * MS, .rtt_now = 300 * MS, .window = 14600};
	Play p;

	play_init(&p, 100 * MS, TRUE);
	come_up(&p, 4);
	hand_over(&p, 500);
	for (gint64 round = 0; round < 4; round++) {
		guint64 end = (guint64)MAX(round * 2000 + after, 1);

		p.now += 320 * MS;
		for (guint i = 0; i < 4; i++) {
			rp_pace_line(p.sessions[i], &line);
			rp_pace_answered(
				p.sessions[i], p.now, end, (guint64)round * 2000 + 3000, TRUE);
		}
		hand_over(&p, 500);
	}
	g_assert_cmpuint(wanted(&p, 500), ==, most);
	play_clear(&p);
}

static void
test_held_back(void)
{
	answer_late(1000, 4);
	answer_late(-2000, 8);
}

/* A round trip that may be a modem's: the first session shows what it is. */
static void
test_thin(void)
{
	static const struct {
		gint64 took;
		guint wanted;
	} rows[] = {{235 * MS, 1}, {202 * MS, 4}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		RpPaceSession *session;
		Play p;

		play_init(&p, 200 * MS, TRUE);
		session = rp_pace_begun(p.pace, p.now, NULL);
		rp_pace_reached(session, p.rtt);
		g_assert_cmpuint(wanted(&p, 50), ==, 1);
		rp_pace_greeted(session, rows[i].took, 200);
		rp_pace_ready(session, p.now + 3 * p.rtt, 0);
		g_assert_cmpuint(wanted(&p, 50), ==, rows[i].wanted);
		p.sessions[p.n++] = session;
		play_clear(&p);
	}
}

static guint
count_busy(const Play *p)
{
	guint n = 0;

	for (guint i = 0; i < p->n; i++)
		n += !rp_pace_is_idle(p->sessions[i]);
	return n;
}

/* Sessions that were begun together, each connected so much later than the one before it. */
static void
come_up_apart(Play *p, guint n, gint64 between, gint64 ehlo)
{
	for (; p->n < n; p->n++)
		p->sessions[p->n] = rp_pace_begun(p->pace, p->now, NULL);
	for (guint i = 0; i < n; i++)
		rp_pace_reached(p->sessions[i], p->rtt + i * between);
	rp_pace_greeted(p->sessions[0], p->rtt + ehlo, 200);
	for (guint i = 0; i < n; i++) {
		rp_pace_ready(p->sessions[i], p->now + 3 * p->rtt, 0);
		rp_pace_could_take(p->sessions[i], TRUE);
	}
}

/* A telephone that has used up what it may: the round trip is short, handshakes wait for each other
 * and the greeting takes its time. Sessions at once would each send again what only waits there, so
 * one has all; the others stay until it is seen what the line carries. */
static void
test_short_and_thin(void)
{
	static const struct {
		gint64 between, ehlo;
		guint64 rate; /* octets a second that it carries then */
		guint first, then;
	} rows[] = {
		{8 * MS, 60 * MS, 8000, 1, 1},
		{8 * MS, 60 * MS, 80000, 1, 4}, /* jitter, and a server that takes its time */
		{0, 60 * MS, 80000, 4, 4},
		{8 * MS, MS, 80000, 4, 4},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Play p;

		play_init(&p, 40 * MS, TRUE);
		come_up_apart(&p, 4, rows[i].between, rows[i].ehlo);
		hand_over(&p, 50);
		g_assert_cmpuint(count_busy(&p), ==, rows[i].first);
		g_assert_cmpuint(wanted(&p, 40), ==, 4);
		const RpPaceLine line = {.rtt = p.rtt,
			.rtt_now = 10 * p.rtt,
			.window = 14600,
			.arrived = rows[i].rate * 3 / 10,
			.unarrived = 6000};
		p.now += 350 * MS;
		for (guint k = 0; k < p.n; k++)
			if (!rp_pace_is_idle(p.sessions[k]))
				rp_pace_line(p.sessions[k], &line);
		rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
		hand_over(&p, 40);
		g_assert_cmpuint(count_busy(&p), ==, rows[i].then);
		g_assert_cmpuint(wanted(&p, 40), ==, rows[i].then);
		play_clear(&p);
	}
}

/* A line of 32 KB/s has octets waiting: what comes behind has room where they are few. */
static void
test_has_enough(void)
{
	static const struct {
		gint64 rtt_now;
		guint64 unarrived;
		gboolean more;
	} rows[] = {
		{400 * MS, 6000, FALSE}, {400 * MS, 4000, TRUE},
		{40 * MS, 6000, TRUE}, /* none wait: it may carry more than was seen */
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const RpPaceLine line = {.rtt = 40 * MS,
			.rtt_now = rows[i].rtt_now,
			.window = 14600,
			.rate = 32000,
			.unarrived = rows[i].unarrived};
		const RpPaceWork work = {.n = 34, .octets = 34 * OCTETS};
		Play p;

		play_init(&p, 40 * MS, TRUE);
		come_up(&p, 4);
		hand_over(&p, 16);
		p.now += 300 * MS;
		for (guint k = 0; k < 4; k++)
			rp_pace_line(p.sessions[k], &line);
		rp_pace_answered(p.sessions[0], p.now, 2000, 3000, TRUE);
		g_assert_true((rp_pace_choose(p.pace, &work) != NULL) == rows[i].more);
		play_clear(&p);
	}
}

/* Where the server is waited for, and several come up one after another, each has its first message
 * before one has its second; one that has answered does not wait for them. */
static void
test_breadth(void)
{
	const RpPaceWork work = {.n = 30, .octets = 30 * OCTETS};
	Play p;

	play_init(&p, 120 * MS, TRUE);
	come_up(&p, 4);
	hand_over(&p, 50);
	for (guint i = 0; i < 2; i++)
		answer(&p, 300 * MS, 120 * MS);
	while (p.n < 8)
		p.sessions[p.n++] = rp_pace_begun(p.pace, p.now, NULL);
	rp_pace_ready(p.sessions[4], p.now, 0);
	rp_pace_could_take(p.sessions[4], TRUE);
	g_assert_true(rp_pace_may_take(p.sessions[4], &work));
	rp_pace_given(p.sessions[4], p.now, OCTETS);
	rp_pace_could_take(p.sessions[4], TRUE);
	g_assert_false(rp_pace_may_take(p.sessions[4], &work));
	for (guint i = 5; i < 8; i++)
		rp_pace_ready(p.sessions[i], p.now, 0);
	g_assert_true(rp_pace_may_take(p.sessions[4], &work));
	play_clear(&p);
}

/* On a satellite's line all sessions begin with what they may; a telephone's, where handshakes come
 * one after the other and the greeting takes its time, gets one message and the next. */
static void
test_long_and_thin(void)
{
	static const struct {
		gint64 between, ehlo;
		guint given, wanted; /* of 50; where answers take long, of many */
	} rows[] = {
		{15 * MS, 50 * MS, 2, 8},
		{0, 50 * MS, 50, 16}, /* a server that takes its time */
		{15 * MS, MS, 50, 16},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Play p;

		play_init(&p, 700 * MS, TRUE);
		come_up_apart(&p, 8, rows[i].between, rows[i].ehlo);
		g_assert_cmpuint(hand_over(&p, 50), ==, rows[i].given);
		for (guint k = 0; k < 8; k++) {
			answer(&p, 3000 * MS, 700 * MS);
			hand_over(&p, 200);
		}
		g_assert_cmpuint(wanted(&p, 200), ==, rows[i].wanted);
		play_clear(&p);
	}
}

/* It serves one after another: more sessions wait longer. */
static void
test_in_turn(void)
{
	Play p;

	play_init(&p, MS, TRUE);
	come_up(&p, 4);
	hand_over(&p, 500);
	for (guint i = 0; i < 4; i++) {
		p.now += 250 * MS;
		rp_pace_answered(p.sessions[i], p.now, 1, 1, TRUE);
	}
	g_assert_cmpuint(wanted(&p, 500), ==, 4);
	play_clear(&p);
}

/* What answers wait for is the line: no more than four. */
static void
test_line(void)
{
	Play p;

	play_init(&p, 100 * MS, FALSE);
	come_up(&p, 4);
	hand_over(&p, 500);
	answer(&p, 900 * MS, 700 * MS);
	answer(&p, 800 * MS, 700 * MS);
	g_assert_cmpuint(wanted(&p, 500), <=, 4);
	play_clear(&p);
}

static void
test_ahead(void)
{
	Play p;

	play_init(&p, 120 * MS, TRUE);
	come_up(&p, 1);
	g_assert_cmpuint(hand_over(&p, 500), ==, 4);
	answer(&p, 420 * MS, 120 * MS);
	answer(&p, 300 * MS, 120 * MS);
	g_assert_cmpint(rp_pace_server_time(p.pace), ==, 300 * MS);
	/* 2 + ceil(1.5 * 120 / 300), of which two are there */
	g_assert_cmpuint(hand_over(&p, 500), ==, 1);
	/* What is left is shared. */
	come_up(&p, 3);
	g_assert_cmpuint(hand_over(&p, 3), ==, 3);
	play_clear(&p);
}

static void
test_refused(void)
{
	RpPaceSession *more;
	Play p;

	play_init(&p, MS, TRUE);
	come_up(&p, 2);
	more = rp_pace_begun(p.pace, p.now, NULL);
	rp_pace_closed(more, RP_PACE_REFUSED);
	g_assert_cmpuint(wanted(&p, 500), ==, 2);
	rp_pace_forget(p.pace);
	rp_pace_reached(p.sessions[0], p.rtt);
	g_assert_cmpuint(wanted(&p, 500), ==, 4);
	/* The line broke, for one after the other. */
	rp_pace_closed(p.sessions[--p.n], RP_PACE_REFUSED);
	g_assert_cmpuint(wanted(&p, 500), ==, 1);
	rp_pace_closed(p.sessions[--p.n], RP_PACE_LOST);
	come_up(&p, 1);
	g_assert_cmpuint(wanted(&p, 500), ==, 4);
	play_clear(&p);
}

/* What the server said stands, though the last one is lost without a word. */
static void
test_told(void)
{
	Play p;

	play_init(&p, MS, TRUE);
	come_up(&p, 1);
	while (p.n < 4)
		p.sessions[p.n++] = rp_pace_begun(p.pace, p.now, NULL);
	while (p.n > 1)
		rp_pace_closed(p.sessions[--p.n], RP_PACE_TOLD);
	rp_pace_closed(p.sessions[--p.n], RP_PACE_LOST);
	g_assert_cmpuint(wanted(&p, 500), ==, 1);
	/* But not where nobody is let in. */
	rp_pace_forget(p.pace);
	while (p.n < 4)
		p.sessions[p.n++] = rp_pace_begun(p.pace, p.now, NULL);
	while (p.n)
		rp_pace_closed(p.sessions[--p.n], RP_PACE_TOLD);
	g_assert_cmpuint(wanted(&p, 500), ==, 4);
	play_clear(&p);
}

/* Begun at once, and none of them is let in: meanwhile no others are begun, but the next time all
 * are. */
static void
test_nobody_let_in(void)
{
	Play p;

	play_init(&p, MS, TRUE);
	while (p.n < 4)
		p.sessions[p.n++] = rp_pace_begun(p.pace, p.now, NULL);
	while (p.n) {
		rp_pace_closed(p.sessions[--p.n], RP_PACE_REFUSED);
		if (p.n)
			g_assert_cmpuint(wanted(&p, 500), ==, p.n);
	}
	g_assert_cmpuint(wanted(&p, 500), ==, 4);
	play_clear(&p);
}

/* Where the line turns out to be a modem's one session has all, and the others go again; unless
 * each message waits for round trips of its own. */
static void
test_begun_on_thin_line(void)
{
	static const struct {
		gboolean streams;
		gint64 between;
		guint first, later, wanted;
	} rows[] = {
		{FALSE, 6 * MS, 2, 2, 4}, {TRUE, 6 * MS, 4, 0, 1},
		{TRUE, 0, 4, 4, 4}, /* a server that takes its time */
	};

	for (guint k = 0; k < G_N_ELEMENTS(rows); k++) {
		gboolean streams = rows[k].streams;
		Play p;

		play_init(&p, 200 * MS, streams);
		while (p.n < 4)
			p.sessions[p.n++] = rp_pace_begun(p.pace, p.now, NULL);
		for (guint i = 0; i < p.n; i++)
			rp_pace_reached(p.sessions[i], p.rtt + i * rows[k].between);
		p.now += 700 * MS;
		for (guint i = 0; i < p.n; i++) {
			if (i == 0)
				rp_pace_greeted(p.sessions[i], 230 * MS, 150);
			rp_pace_ready(p.sessions[i], p.now, p.trips);
			rp_pace_could_take(p.sessions[i], TRUE);
			g_assert_cmpuint(hand_over(&p, 50), ==, i ? rows[k].later : rows[k].first);
		}
		g_assert_cmpuint(wanted(&p, 42), ==, rows[k].wanted);
		play_clear(&p);
	}
}

/* One that has had all that the server takes of a session is no reason to give another nothing. */
static void
test_spent_on_thin_line(void)
{
	Play p;

	play_init(&p, 200 * MS, TRUE);
	while (p.n < 2) {
		p.sessions[p.n] = rp_pace_begun(p.pace, p.now, NULL);
		rp_pace_reached(p.sessions[p.n++], p.rtt);
	}
	rp_pace_greeted(p.sessions[0], 230 * MS, 150);
	rp_pace_told_messages(p.pace, 2);
	for (guint i = 0; i < p.n; i++) {
		rp_pace_ready(p.sessions[i], p.now, 0);
		rp_pace_could_take(p.sessions[i], TRUE);
		g_assert_cmpuint(hand_over(&p, 50), ==, 2);
	}
	play_clear(&p);
}

static void
limited_session(Play *p, guint n)
{
	RpPaceSession *session = rp_pace_begun(p->pace, p->now, NULL);

	rp_pace_ready(session, p->now, 0);
	for (guint i = 0; i < n; i++) {
		rp_pace_given(session, p->now, OCTETS);
		rp_pace_answered(session, p->now, 1, 1, TRUE);
	}
	rp_pace_closed(session, RP_PACE_LIMIT);
}

/* Messages that a server takes in a session: the least of the last three, seen twice. */
static void
test_each(void)
{
	const RpPaceWork work = {.n = 500, .octets = 500 * OCTETS, .most = 8};
	guint before;
	Play p;

	play_init(&p, MS, TRUE);
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 0);
	limited_session(&p, 3);
	limited_session(&p, 10);
	/* Once it may have been anything. */
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 0);
	limited_session(&p, 11);
	limited_session(&p, 12);
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 10);
	come_up(&p, 1);
	for (guint i = 0; i < 7; i++)
		rp_pace_given(p.sessions[0], p.now, OCTETS);
	for (guint i = 0; i < 7; i++)
		rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	before = rp_pace_wanted(p.pace, &work);
	rp_pace_given(p.sessions[0], p.now, OCTETS);
	/* Two are left: the next one is made. */
	g_assert_cmpuint(rp_pace_wanted(p.pace, &work), ==, before + 1);
	g_assert_false(rp_pace_is_spent(p.sessions[0]));
	rp_pace_given(p.sessions[0], p.now, OCTETS);
	rp_pace_given(p.sessions[0], p.now, OCTETS);
	g_assert_true(rp_pace_is_spent(p.sessions[0]));
	g_assert_null(rp_pace_choose(p.pace, &work));
	play_clear(&p);
}

/* One session alone, of seven messages, that ends when it has taken so many. TRUE: it was at the
 * limit.
 */
static gboolean
cut_session(Play *p, guint n)
{
	come_up(p, 1);
	for (guint i = 0; i < 7; i++)
		rp_pace_given(p->sessions[0], p->now, OCTETS);
	for (guint i = 0; i < n; i++)
		rp_pace_answered(p->sessions[0], p->now, 1, 1, TRUE);
	gboolean at_limit = rp_pace_is_at_limit(p->sessions[0]);
	rp_pace_closed(p->sessions[--p->n], RP_PACE_CUT);
	return at_limit;
}

/* A line may break at any message, and does not do so at the same one twice. */
static void
test_each_cut(void)
{
	Play p;

	play_init(&p, MS, TRUE);
	g_assert_false(cut_session(&p, 4));
	g_assert_false(cut_session(&p, 3));
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 0);
	/* Nothing stands behind a message that may be one too many. */
	come_up(&p, 1);
	g_assert_cmpuint(hand_over(&p, 500), <=, 3);
	while (!rp_pace_is_idle(p.sessions[0]))
		rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	rp_pace_closed(p.sessions[--p.n], RP_PACE_DONE);
	/* Nothing was to be answered, or it had taken more: it begins anew. */
	come_up(&p, 1);
	for (guint i = 0; i < 3; i++) {
		rp_pace_given(p.sessions[0], p.now, OCTETS);
		rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	}
	rp_pace_closed(p.sessions[--p.n], RP_PACE_CUT);
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 0);
	come_up(&p, 1);
	for (guint i = 0; i < 5; i++) {
		rp_pace_given(p.sessions[0], p.now, OCTETS);
		rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	}
	rp_pace_closed(p.sessions[--p.n], RP_PACE_DONE);
	g_assert_false(cut_session(&p, 3));
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 0);
	g_assert_true(cut_session(&p, 3));
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 3);
	g_assert_false(cut_session(&p, 0));
	g_assert_false(cut_session(&p, 0));
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 3);
	g_assert_true(cut_session(&p, 3));
	play_clear(&p);
}

/* Whether it still holds is tried now and then, but not with the last messages: it may cost one of
 * them a set-up. */
static void
test_each_tried(void)
{
	Play p;

	play_init(&p, MS, TRUE);
	limited_session(&p, 1);
	limited_session(&p, 1);
	for (guint i = 0; i < 9; i++) {
		come_up(&p, 1);
		rp_pace_given(p.sessions[0], p.now, OCTETS);
		rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
		wanted(&p, 500);
		g_assert_cmpint(rp_pace_is_spent(p.sessions[0]), ==, i < 8);
		wanted(&p, 2);
		g_assert_true(rp_pace_is_spent(p.sessions[0]));
		p.n = 0;
		rp_pace_closed(p.sessions[0], RP_PACE_DONE);
	}
	/* It gave one of them two: it takes more. */
	come_up(&p, 1);
	for (guint i = 0; i < 2; i++) {
		rp_pace_given(p.sessions[0], p.now, OCTETS);
		rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	}
	wanted(&p, 500);
	g_assert_true(rp_pace_is_spent(p.sessions[0]));
	p.n = 0;
	rp_pace_closed(p.sessions[0], RP_PACE_DONE);
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 0);
	play_clear(&p);
}

/* What a session ended with once, the next ones are careful about: a message behind it is alone. */
static void
test_careful(void)
{
	const RpPaceWork work = {.n = 500, .octets = 500 * OCTETS};
	Play p;

	play_init(&p, MS, TRUE);
	limited_session(&p, 10);
	come_up(&p, 1);
	for (guint i = 0; i < 10; i++) {
		rp_pace_given(p.sessions[0], p.now, OCTETS);
		rp_pace_could_take(p.sessions[0], TRUE);
	}
	for (guint i = 0; i < 9; i++)
		rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	g_assert_null(rp_pace_choose(p.pace, &work));
	rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	g_assert_nonnull(rp_pace_choose(p.pace, &work));
	rp_pace_given(p.sessions[0], p.now, OCTETS);
	rp_pace_could_take(p.sessions[0], TRUE);
	g_assert_null(rp_pace_choose(p.pace, &work));
	rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	rp_pace_given(p.sessions[0], p.now, OCTETS);
	rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	/* It takes more. */
	rp_pace_given(p.sessions[0], p.now, OCTETS);
	rp_pace_could_take(p.sessions[0], TRUE);
	g_assert_nonnull(rp_pace_choose(p.pace, &work));
	play_clear(&p);
}

/* What the server says of itself is neither tried nor waited for. */
static void
test_told_messages(void)
{
	g_autofree char *memory = NULL;
	g_auto(GStrv) words = NULL;
	Play p;

	play_init(&p, 40 * MS, TRUE);
	come_up(&p, 1);
	rp_pace_told_messages(p.pace, 3);
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 3);
	for (guint i = 0; i < 12; i++) {
		come_up(&p, 1);
		rp_pace_told_messages(p.pace, 3);
		g_assert_cmpuint(hand_over(&p, 500), ==, 3);
		g_assert_true(rp_pace_is_spent(p.sessions[0]));
		while (!rp_pace_is_idle(p.sessions[0]))
			rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
		wanted(&p, 500);
		g_assert_true(rp_pace_is_spent(p.sessions[0]));
		rp_pace_closed(p.sessions[--p.n], RP_PACE_DONE);
	}
	/* It says something else, or nothing any more: its last word counts, and is not remembered.
	 */
	rp_pace_told_messages(p.pace, 100);
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 100);
	rp_pace_told_messages(p.pace, 0);
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 0);
	rp_pace_told_messages(p.pace, 3);
	memory = rp_pace_memory(p.pace);
	words = g_strsplit(memory, " ", -1);
	g_assert_cmpstr(words[7], ==, "0");
	/* It ends one sooner, and says the same again. */
	limited_session(&p, 2);
	rp_pace_told_messages(p.pace, 3);
	g_assert_cmpuint(rp_pace_messages_each(p.pace), ==, 2);
	play_clear(&p);
}

/* Gives all that may be given; how many sessions have had more than `known` by then. */
static guint
give_all(Play *p, guint *given, guint known)
{
	const RpPaceWork work = {.n = 500, .octets = 500 * OCTETS};
	RpPaceSession *session;
	guint beyond = 0;

	while ((session = rp_pace_choose(p->pace, &work))) {
		rp_pace_given(session, p->now, OCTETS);
		rp_pace_could_take(session, TRUE);
		for (guint i = 0; i < p->n; i++)
			given[i] += p->sessions[i] == session;
	}
	for (guint i = 0; i < p->n; i++)
		beyond += given[i] > known;
	return beyond;
}

/* A server that ends a session with more to come in it takes the answers of the last round trip
 * with it: one session alone goes ahead of what is known to be taken in one. */
static void
check_unproven(gboolean taken)
{
	guint given[RP_PACE_MOST] = {0}, known = 6;
	Play p;

	play_init(&p, 120 * MS, TRUE);
	g_assert_cmpuint(wanted(&p, 500), ==, 4);
	come_up(&p, 4);
	g_assert_cmpuint(give_all(&p, given, known), ==, 0);
	for (guint round = 0; round < 6; round++) {
		p.now += 120 * MS;
		for (guint i = 0; i < p.n; i++)
			while (!rp_pace_is_idle(p.sessions[i]))
				rp_pace_answered(p.sessions[i], p.now, 1, 1, taken);
		known = MAX(known, given[0]);
		g_assert_cmpuint(give_all(&p, given, known), ==, 1);
		g_assert_cmpuint(given[0], >, known);
	}
	play_clear(&p);
}

static void
test_unproven(void)
{
	check_unproven(TRUE);
	check_unproven(FALSE);
}

/* Nothing stands behind the message that meets a usual limit: what it says is heard then. */
static void
check_usual_limits(guint known, guint given)
{
	static const guint limits[] = {10, 20, 25, 50};

	for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
		if (known < limits[i])
			g_assert_cmpuint(given, <=, limits[i]);
		if (known == limits[i])
			g_assert_cmpuint(given, ==, limits[i] + 1);
	}
}

static void
test_usual_limits(void)
{
	guint given[RP_PACE_MOST] = {0};
	Play p;

	play_init(&p, 120 * MS, TRUE);
	come_up(&p, 1);
	for (guint known = 0; known < 60; known = given[0]) {
		p.now += 120 * MS;
		while (!rp_pace_is_idle(p.sessions[0]))
			rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
		give_all(&p, given, known);
		g_assert_cmpuint(given[0], >, known);
		check_usual_limits(known, given[0]);
	}
	play_clear(&p);
}

/* All of them end without a word, and nothing was answered. */
static void
test_unheard(void)
{
	guint given[RP_PACE_MOST] = {0};
	Play p;

	play_init(&p, 40 * MS, TRUE);
	come_up(&p, 4);
	g_assert_cmpuint(give_all(&p, given, 3), ==, 4);
	while (p.n) {
		g_assert_true(rp_pace_is_unheard(p.sessions[p.n - 1]));
		rp_pace_closed(p.sessions[--p.n], RP_PACE_UNHEARD);
	}
	come_up(&p, 4);
	for (guint round = 1; round < 6; round++) {
		memset(given, 0, sizeof given);
		g_assert_cmpuint(give_all(&p, given, 0), ==, 4);
		g_assert_cmpuint(give_all(&p, given, 1), ==, 0);
		g_assert_false(rp_pace_is_unheard(p.sessions[0]));
		p.now += 40 * MS;
		for (guint i = 0; i < p.n; i++)
			rp_pace_answered(p.sessions[i], p.now, 1, 1, TRUE);
	}
	/* It takes as many as those were given, and one. */
	give_all(&p, given, 0);
	g_assert_cmpuint(given[0], >, 2);
	play_clear(&p);
}

/* One that ended had four, and one was answered: of the others it may have taken some. */
static void
test_doubted(void)
{
	guint given[RP_PACE_MOST] = {0};
	Play p;

	play_init(&p, 40 * MS, TRUE);
	come_up(&p, 1);
	g_assert_cmpuint(give_all(&p, given, 3), ==, 1);
	rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	rp_pace_closed(p.sessions[--p.n], RP_PACE_LIMIT);
	come_up(&p, 1);
	for (guint round = 0; round < 5; round++) {
		given[0] = 0;
		give_all(&p, given, 0);
		g_assert_cmpuint(given[0], ==, 1);
		rp_pace_answered(p.sessions[0], p.now, 1, 1, TRUE);
	}
	given[0] = 0;
	give_all(&p, given, 0);
	g_assert_cmpuint(given[0], >, 1);
	play_clear(&p);
}

/* ---- what is kept ---- */

static void
test_memory(void)
{
	static const char seen[] = "120000 400000 125000 250000 1 250000 5 10 1 16";
	g_autoptr(RpPace) pace = rp_pace_new();
	g_autofree char *nothing = rp_pace_memory(pace);
	g_autofree char *unchanged = NULL;

	g_assert_null(nothing);
	g_assert_true(rp_pace_recall(pace, seen));
	g_assert_cmpint(rp_pace_rtt(pace), ==, 120000);
	g_assert_cmpuint(rp_pace_rate(pace), ==, 125000);
	g_assert_cmpint(rp_pace_server_time(pace), ==, 250000);
	g_assert_cmpuint(rp_pace_messages_each(pace), ==, 10);
	/* Nothing was seen since, which is no reason to know it for longer. */
	unchanged = rp_pace_memory(pace);
	g_assert_null(unchanged);
	g_assert_false(rp_pace_recall(pace, seen));
}

/* A round trip that may be a modem's, and what was carried the last time. */
static void
test_memory_of_thin(void)
{
	static const struct {
		const char *seen;
		guint wanted;
	} rows[] = {{"200000 700000 100000 5000 0 0 0 0 0 16", RP_PACE_MOST_UNPROVEN},
		{"200000 700000 7000 5000 0 0 0 0 0 16", 1}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpPace) pace = rp_pace_new();
		const RpPaceWork work = {.n = 50, .octets = 50 * OCTETS};

		g_assert_true(rp_pace_recall(pace, rows[i].seen));
		g_assert_cmpuint(rp_pace_wanted(pace, &work), ==, rows[i].wanted);
	}
}

static void
test_memory_unreadable(void)
{
	static const char *const rows[] = {"", "1 2 3", "a b c d e f g h i j",
		"-1 1 1 1 1 1 1 1 1 1", "1 1 1 1 1 1 1 1 1 1 1",
		"99999999999999999999 1 1 1 1 1 1 1 1 1"};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpPace) pace = rp_pace_new();

		g_assert_false(rp_pace_recall(pace, rows[i]));
		g_assert_cmpint(rp_pace_rtt(pace), ==, 0);
	}
}

static void
test_memory_news(void)
{
	static const char before[] = "120000 400000 125000 250000 1 250000 0 0 1 0";
	static const struct {
		const char *now;
		gboolean news;
	} rows[] = {
		{"120000 400000 125000 250000 1 250000 0 0 1 0", FALSE},
		{"130000 500000 110000 200000 1 210000 0 0 1 0", FALSE},
		{"320000 400000 125000 250000 1 250000 0 0 1 0", TRUE},
		{"120000 400000 12500 250000 1 250000 0 0 1 0", TRUE},
		{"120000 400000 125000 250000 1 250000 5 0 1 0", TRUE},
		{"120000 400000 125000 250000 1 250000 0 10 1 0", TRUE},
		{"120000 400000 125000 250000 1 250000 0 0 0 0", TRUE},
		{"120000 400000 125000 250000 1 250000 0 0 1 2", TRUE},
		{"nonsense", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(rp_pace_memory_is_news(before, rows[i].now), ==, rows[i].news);
	g_assert_true(rp_pace_memory_is_news("of an older version", before));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pace/first", test_first);
	g_test_add_func("/pace/few", test_few);
	g_test_add_func("/pace/silent", test_silent);
	g_test_add_func("/pace/silent-at-once", test_silent_at_once);
	g_test_add_func("/pace/silent/on", test_silent_on);
	g_test_add_func("/pace/silent/behind-much", test_silent_behind_much);
	g_test_add_func("/pace/at-once", test_at_once);
	g_test_add_func("/pace/round-trips", test_round_trips);
	g_test_add_func("/pace/again", test_again);
	g_test_add_func("/pace/memory", test_memory);
	g_test_add_func("/pace/memory/thin", test_memory_of_thin);
	g_test_add_func("/pace/memory/unreadable", test_memory_unreadable);
	g_test_add_func("/pace/memory/news", test_memory_news);
	g_test_add_func("/pace/server", test_server);
	g_test_add_func("/pace/in-turn", test_in_turn);
	g_test_add_func("/pace/line", test_line);
	g_test_add_func("/pace/ahead", test_ahead);
	g_test_add_func("/pace/refused", test_refused);
	g_test_add_func("/pace/told", test_told);
	g_test_add_func("/pace/nobody-let-in", test_nobody_let_in);
	g_test_add_func("/pace/begun-on-thin-line", test_begun_on_thin_line);
	g_test_add_func("/pace/spent-on-thin-line", test_spent_on_thin_line);
	g_test_add_func("/pace/each", test_each);
	g_test_add_func("/pace/each-tried", test_each_tried);
	g_test_add_func("/pace/careful", test_careful);
	g_test_add_func("/pace/each-cut", test_each_cut);
	g_test_add_func("/pace/told-messages", test_told_messages);
	g_test_add_func("/pace/unproven", test_unproven);
	g_test_add_func("/pace/usual-limits", test_usual_limits);
	g_test_add_func("/pace/unheard", test_unheard);
	g_test_add_func("/pace/doubted", test_doubted);
	g_test_add_func("/pace/full-line", test_full_line);
	g_test_add_func("/pace/alone-on-full-line", test_alone_on_full_line);
	g_test_add_func("/pace/held-back", test_held_back);
	g_test_add_func("/pace/thin", test_thin);
	g_test_add_func("/pace/has-enough", test_has_enough);
	g_test_add_func("/pace/short-and-thin", test_short_and_thin);
	g_test_add_func("/pace/breadth", test_breadth);
	g_test_add_func("/pace/long-and-thin", test_long_and_thin);
	return g_test_run();
}
