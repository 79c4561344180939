/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The concurrency controller: a host that hangs, told from a server that is slow. */
#include "roampost/pace.h"

#define S G_TIME_SPAN_SECOND
#define N 3

typedef struct {
	RpPace *pace;
	RpPaceSession *sessions[N];
	gint64 now;
} Play;

static void
begin(Play *p)
{
	for (guint i = 0; i < N; i++) {
		p->sessions[i] = rp_pace_begun(p->pace, p->now, GUINT_TO_POINTER(i + 1));
		rp_pace_reached(p->sessions[i], 1000);
	}
}

static void
give(Play *p, guint i, guint n)
{
	for (guint k = 0; k < n; k++)
		rp_pace_given(p->sessions[i], p->now, 2048);
}

static void
answer(Play *p, guint i, gint64 waited)
{
	const RpPaceLine line = {.rtt = 1000, .at = p->now, .waited = waited};

	rp_pace_line(p->sessions[i], &line);
	rp_pace_answered(p->sessions[i], p->now, 1, 1, TRUE);
}

/* Up, with two messages each. */
static void
play_init(Play *p)
{
	*p = (Play){.pace = rp_pace_new(), .now = S};
	begin(p);
	for (guint i = 0; i < N; i++) {
		rp_pace_ready(p->sessions[i], p->now, 0);
		give(p, i, 2);
	}
}

static void
play_clear(Play *p)
{
	for (guint i = 0; i < N; i++)
		if (p->sessions[i])
			rp_pace_closed(p->sessions[i], RP_PACE_DONE);
	rp_pace_free(p->pace);
}

/* Which one hangs; 0: none. */
static guint
silent(const Play *p)
{
	RpPaceSession *session = rp_pace_find_silent(p->pace, p->now);

	return session ? GPOINTER_TO_UINT(rp_pace_owner(session)) : 0;
}

static void
end(Play *p, guint i, RpPaceEnd how)
{
	rp_pace_closed(p->sessions[i], how);
	p->sessions[i] = NULL;
}

/* All that the others were given is answered, and they may have gone: the time is told, and comes
 * no sooner. */
static void
test_one_hangs(void)
{
	Play p;

	for (guint gone = 0; gone < 2; gone++) {
		play_init(&p);
		g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 0);
		p.now += S;
		for (guint k = 0; k < 4; k++)
			answer(&p, k / 2, S);
		for (guint i = 0; gone && i < 2; i++)
			end(&p, i, RP_PACE_DONE);
		g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 31 * S);
		p.now = 31 * S - 1;
		g_assert_cmpuint(silent(&p), ==, 0);
		p.now++;
		g_assert_cmpuint(silent(&p), ==, 3);
		rp_pace_excuse(p.sessions[2]);
		g_assert_cmpuint(silent(&p), ==, 0);
		g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 0);
		play_clear(&p);
	}
}

/* Octets went out, or an answer to a command came, that is none to a message. */
static void
test_heard(void)
{
	Play p;

	play_init(&p);
	p.now += 29 * S;
	answer(&p, 0, S);
	answer(&p, 0, S);
	const RpPaceLine line = {.rtt = 1000, .at = p.now, .quiet = 2 * S};
	rp_pace_line(p.sessions[2], &line);
	p.now += 2 * S;
	g_assert_cmpuint(silent(&p), ==, 2);
	end(&p, 1, RP_PACE_SILENT);
	g_assert_cmpuint(silent(&p), ==, 0);
	p.now += 27 * S;
	g_assert_cmpuint(silent(&p), ==, 3);
	play_clear(&p);
}

/* An answer took 20 s: 100 s are no more than five times that. */
static void
test_slow_answers(void)
{
	Play p;

	play_init(&p);
	p.now += 20 * S;
	for (guint k = 0; k < 4; k++)
		answer(&p, k / 2, 20 * S);
	p.now = 100 * S;
	g_assert_cmpuint(silent(&p), ==, 0);
	p.now = 101 * S;
	g_assert_cmpuint(silent(&p), ==, 3);
	play_clear(&p);
}

/* They fell silent together, one a little later than the others; or the line broke for it. Where
 * one of them goes on it was not the server. */
static void
test_all_are_slow(void)
{
	Play p;

	for (guint broken = 0; broken < 2; broken++) {
		play_init(&p);
		for (guint i = 0; i < N; i++)
			answer(&p, i, S);
		p.now += S;
		give(&p, 0, 3);
		answer(&p, 0, S);
		if (broken)
			end(&p, 0, RP_PACE_LOST);
		p.now += 200 * S;
		g_assert_cmpuint(silent(&p), ==, 0);
		g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 0);
		if (!broken) {
			answer(&p, 0, S);
			g_assert_cmpint(rp_pace_silent_at(p.pace), <=, p.now);
			g_assert_cmpuint(silent(&p), ==, 2);
		}
		play_clear(&p);
	}
}

/* Nothing was ever answered. */
static void
test_never_answered(void)
{
	Play p;

	play_init(&p);
	p.now += 3600 * S;
	g_assert_cmpuint(silent(&p), ==, 0);
	g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 0);
	play_clear(&p);
}

/* Where one hung the next may, and be alone: twice; then it is the server that is slow, until it
 * answers, or it is another place. */
static void
test_alone(void)
{
	Play p;

	play_init(&p);
	p.now += S;
	answer(&p, 0, S);
	answer(&p, 0, S);
	end(&p, 0, RP_PACE_DONE);
	end(&p, 1, RP_PACE_DONE);
	p.now += 29 * S;
	g_assert_cmpuint(silent(&p), ==, 3);
	end(&p, 2, RP_PACE_SILENT);
	for (guint i = 0; i < 4; i++) {
		p.sessions[0] = rp_pace_begun(p.pace, p.now, GUINT_TO_POINTER(1));
		rp_pace_reached(p.sessions[0], 1000);
		rp_pace_ready(p.sessions[0], p.now, 0);
		give(&p, 0, 1);
		g_assert_cmpint(rp_pace_silent_at(p.pace), ==, i < 2 ? p.now + 30 * S : 0);
		p.now += 30 * S;
		g_assert_cmpuint(silent(&p), ==, i < 2);
		if (i == 2)
			answer(&p, 0, S);
		if (i == 2)
			end(&p, 0, RP_PACE_DONE);
		else
			end(&p, 0, RP_PACE_SILENT);
		if (i == 2)
			rp_pace_forget(p.pace);
	}
	play_clear(&p);
}

/* None comes up: another is begun beside them, later each time; no more than are allowed. */
static void
test_beside(void)
{
	const RpPaceWork one = {.n = 1, .octets = 2048},
			 limited = {.n = 1, .octets = 2048, .most = 1};
	Play p = {.pace = rp_pace_new(), .now = S};

	p.sessions[0] = rp_pace_begun(p.pace, p.now, NULL);
	g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 0);
	rp_pace_reached(p.sessions[0], 1000);
	g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 41 * S);
	p.now = 41 * S - 1;
	silent(&p);
	g_assert_cmpuint(rp_pace_wanted(p.pace, &one), ==, 1);
	p.now++;
	silent(&p);
	g_assert_cmpuint(rp_pace_wanted(p.pace, &one), ==, 2);
	g_assert_cmpuint(rp_pace_wanted(p.pace, &limited), ==, 1);
	p.sessions[1] = rp_pace_begun(p.pace, p.now, NULL);
	g_assert_cmpuint(rp_pace_wanted(p.pace, &one), ==, 2);
	end(&p, 1, RP_PACE_REFUSED);
	g_assert_cmpuint(rp_pace_wanted(p.pace, &one), ==, 1);
	g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 121 * S);
	p.now = 121 * S;
	silent(&p);
	g_assert_cmpuint(rp_pace_beside(p.pace), ==, 2);
	p.sessions[1] = rp_pace_begun(p.pace, p.now, NULL);
	rp_pace_reached(p.sessions[1], 1000);
	g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 241 * S);
	rp_pace_ready(p.sessions[1], p.now, 0);
	g_assert_cmpuint(rp_pace_beside(p.pace), ==, 0);
	g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 0);
	play_clear(&p);
}

/* The first one is up in `set_up`, is answered and goes; the others do not come up. */
static void
play_passed(Play *p, gint64 set_up)
{
	*p = (Play){.pace = rp_pace_new(), .now = S};
	begin(p);
	p->now += set_up;
	rp_pace_ready(p->sessions[0], p->now, 0);
	give(p, 0, 1);
	p->now += S;
	answer(p, 0, S);
	p->now = 400 * S;
	g_assert_cmpuint(silent(p), ==, 0); /* it is there */
	end(p, 0, RP_PACE_DONE);
}

static void
test_passed(void)
{
	const RpPaceWork work = {.n = 9, .octets = 9 * 2048, .most = 2};
	Play p;

	for (guint slow = 0; slow < 2; slow++) {
		gint64 due = slow ? 101 * S : 41 * S;

		play_passed(&p, slow ? 20 * S : S);
		g_assert_cmpuint(rp_pace_wanted(p.pace, &work), ==, 2);
		g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 41 * S);
		p.now = due - 1;
		g_assert_cmpuint(silent(&p), ==, 0);
		p.now = due;
		g_assert_cmpuint(silent(&p), ==, 3);
		end(&p, 2, RP_PACE_SILENT);
		/* Nobody was answered since this one was begun. */
		p.sessions[2] = rp_pace_begun(p.pace, p.now, GUINT_TO_POINTER(3));
		rp_pace_reached(p.sessions[2], 1000);
		g_assert_cmpuint(silent(&p), ==, 2);
		end(&p, 1, RP_PACE_SILENT);
		p.now += 200 * S;
		g_assert_cmpuint(silent(&p), ==, 0);
		play_clear(&p);
	}
}

/* Nobody was ever answered: another address is asked, once; not where that would help nobody, nor
 * where the line may be what hangs. */
static void
test_elsewhere(void)
{
	const RpPaceLine on_way = {.rtt = 1000, .at = 41 * S, .quiet = 40 * S, .unarrived = 1};
	const RpPaceLine arrived = {.rtt = 1000, .at = 81 * S, .quiet = 80 * S};
	Play p;

	play_init(&p);
	g_assert_cmpint(rp_pace_elsewhere_at(p.pace, FALSE), ==, 41 * S);
	p.now = 41 * S;
	g_assert_false(rp_pace_asks_elsewhere(p.pace, p.now, FALSE));
	g_assert_cmpint(rp_pace_elsewhere_at(p.pace, FALSE), ==, 81 * S);
	rp_pace_line(p.sessions[1], &on_way);
	p.now = 81 * S;
	g_assert_false(rp_pace_asks_elsewhere(p.pace, p.now, TRUE));
	rp_pace_line(p.sessions[1], &arrived);
	p.now = 121 * S;
	g_assert_cmpint(rp_pace_elsewhere_at(p.pace, FALSE), ==, p.now);
	g_assert_true(rp_pace_asks_elsewhere(p.pace, p.now, TRUE));
	g_assert_cmpint(rp_pace_elsewhere_at(p.pace, FALSE), ==, 0);
	g_assert_cmpuint(silent(&p), ==, 0);
	rp_pace_heard_elsewhere(p.pace, p.now);
	for (guint i = 0; i < N; i++) {
		g_assert_cmpint(rp_pace_silent_at(p.pace), <=, p.now);
		guint one = silent(&p);
		g_assert_cmpuint(one, >, 0);
		end(&p, one - 1, RP_PACE_SILENT);
	}
	/* That says nothing of the hosts of the other one. */
	p.sessions[0] = rp_pace_begun(p.pace, p.now, GUINT_TO_POINTER(1));
	rp_pace_reached(p.sessions[0], 1000);
	rp_pace_ready(p.sessions[0], p.now, 0);
	give(&p, 0, 1);
	g_assert_cmpint(rp_pace_silent_at(p.pace), ==, 0);
	g_assert_cmpint(rp_pace_elsewhere_at(p.pace, FALSE), ==, p.now + 40 * S);
	play_clear(&p);
}

/* One comes further, or owes nothing; none is up, and another is begun beside them, if it may be.
 */
static void
test_not_elsewhere(void)
{
	Play p;

	play_init(&p);
	answer(&p, 1, S);
	answer(&p, 1, S);
	g_assert_cmpint(rp_pace_elsewhere_at(p.pace, TRUE), ==, 0);
	end(&p, 1, RP_PACE_DONE);
	g_assert_cmpint(rp_pace_elsewhere_at(p.pace, TRUE), ==, 41 * S);
	p.sessions[1] = rp_pace_begun(p.pace, p.now, GUINT_TO_POINTER(2));
	g_assert_cmpint(rp_pace_elsewhere_at(p.pace, TRUE), ==, 0);
	play_clear(&p);

	p = (Play){.pace = rp_pace_new(), .now = S};
	begin(&p);
	g_assert_cmpint(rp_pace_elsewhere_at(p.pace, FALSE), ==, 0);
	g_assert_cmpint(rp_pace_elsewhere_at(p.pace, TRUE), ==, 41 * S);
	p.now = 41 * S;
	rp_pace_heard_elsewhere(p.pace, p.now);
	g_assert_cmpuint(silent(&p), ==, 1);
	play_clear(&p);
}

/* A server that took its time before has five times that, in the next round too, and half of it in
 * the one after. */
static void
test_elsewhere_slow(void)
{
	const gint64 waits[] = {0, 100, 50, 40};
	Play p = {.pace = rp_pace_new(), .now = S};

	for (guint round = 0; round < G_N_ELEMENTS(waits); round++) {
		p.sessions[0] = rp_pace_begun(p.pace, p.now, GUINT_TO_POINTER(1));
		rp_pace_reached(p.sessions[0], 1000);
		rp_pace_ready(p.sessions[0], p.now, 0);
		give(&p, 0, 1);
		g_assert_cmpint(
			rp_pace_elsewhere_at(p.pace, FALSE), ==, p.now + MAX(waits[round], 40) * S);
		answer(&p, 0, round ? S : 20 * S);
		end(&p, 0, RP_PACE_DONE);
	}
	play_clear(&p);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pace/silence/passed", test_passed);
	g_test_add_func("/pace/silence/one-hangs", test_one_hangs);
	g_test_add_func("/pace/silence/heard", test_heard);
	g_test_add_func("/pace/silence/slow-answers", test_slow_answers);
	g_test_add_func("/pace/silence/all-are-slow", test_all_are_slow);
	g_test_add_func("/pace/silence/never-answered", test_never_answered);
	g_test_add_func("/pace/silence/alone", test_alone);
	g_test_add_func("/pace/silence/beside", test_beside);
	g_test_add_func("/pace/silence/elsewhere", test_elsewhere);
	g_test_add_func("/pace/silence/not-elsewhere", test_not_elsewhere);
	g_test_add_func("/pace/silence/elsewhere-slow", test_elsewhere_slow);
	return g_test_run();
}
