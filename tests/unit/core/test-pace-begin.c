/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The concurrency controller at the beginning of a flush on a long line: nothing has been answered,
 * and TCP's own beginning is what is waited for. */
#include "roampost/pace.h"

#define MS G_TIME_SPAN_MILLISECOND
#define RTT (600 * MS)
#define FIRST RP_PACE_MOST_UNPROVEN

typedef struct {
	RpPace *pace;
	RpPaceSession *sessions[RP_PACE_MOST];
	guint n;
} Begin;

static void
begin_sessions(Begin *b, guint n)
{
	while (b->n < n)
		b->sessions[b->n++] = rp_pace_begun(b->pace, 0, NULL);
}

/* Four are begun; each one's address answers so much later than the one's before. */
static void
begin_init(Begin *b, gint64 later)
{
	*b = (Begin){.pace = rp_pace_new()};
	begin_sessions(b, FIRST);
	for (guint i = 0; i < FIRST; i++)
		rp_pace_reached(b->sessions[i], RTT + i * later);
}

static void
begin_clear(Begin *b)
{
	while (b->n)
		rp_pace_closed(b->sessions[--b->n], RP_PACE_DONE);
	rp_pace_free(b->pace);
}

static guint
wanted(const Begin *b, guint n, gint64 each)
{
	const RpPaceWork work = {.n = n, .octets = n * each};

	return rp_pace_wanted(b->pace, &work);
}

static void
come_up(Begin *b, guint i)
{
	rp_pace_reached(b->sessions[i], RTT);
	rp_pace_ready(b->sessions[i], 3 * RTT, 0);
	rp_pace_could_take(b->sessions[i], TRUE);
}

/* To all that are up; `given` has how many each got. What is left? */
static guint
hand_over(Begin *b, guint waiting, gint64 each, guint *given)
{
	RpPaceWork work = {.n = waiting, .octets = waiting * each};
	RpPaceSession *session;

	while (work.n && (session = rp_pace_choose(b->pace, &work))) {
		rp_pace_given(session, 3 * RTT, each);
		rp_pace_could_take(session, TRUE);
		work.n--;
		for (guint i = 0; i < b->n; i++)
			given[i] += b->sessions[i] == session;
	}
	return work.n;
}

/* As many as have all sent in the fewest round trips; those that come later have one less. But not
 * where there is so much to send that its beginning counts for little. */
static void
test_number(void)
{
	static const struct {
		guint n;
		gint64 each;
		guint wanted;
	} rows[] = {{50, 2048, 13}, {50, 400, 13}, {20, 5120, 10}, {10, 30720, 6}, {20, 20000, 10},
		{200, 5120, 15}, {200, 2000, 15}, {4, 100000, 4}, {200, 41943, 4}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Begin b;

		begin_init(&b, 0);
		g_test_message("%u of %d octets", rows[i].n, (int)rows[i].each);
		g_assert_cmpuint(wanted(&b, rows[i].n, rows[i].each), ==, rows[i].wanted);
		begin_clear(&b);
	}
}

/* Handshakes that come one by one, each as much later, are those of a line that the first four
 * fill; where they come in no order, or some of them together, it is the weather. */
static void
test_thin(void)
{
	static const struct {
		gint64 later[FIRST];
		guint wanted;
	} rows[] = {{{0, 0, 0, 0}, 13}, {{0, MS / 5, MS / 5, MS / 2}, 13},
		{{0, 2 * MS, 4 * MS, 6 * MS}, 4}, {{0, 12 * MS, 24 * MS, 36 * MS}, 4},
		{{0, MS / 2, MS, 2 * MS}, 7}, {{30 * MS, 0, 60 * MS, 10 * MS}, 13},
		{{0, 20 * MS, 20 * MS, 45 * MS}, 13}, {{0, 4 * MS, 30 * MS, 30 * MS}, 13}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Begin b = {.pace = rp_pace_new()};

		begin_sessions(&b, FIRST);
		for (guint k = 0; k < FIRST; k++) {
			g_assert_cmpuint(wanted(&b, 50, 2048), ==, FIRST);
			rp_pace_reached(b.sessions[k], RTT + rows[i].later[k]);
		}
		g_test_message("row %u", i);
		g_assert_cmpuint(wanted(&b, 50, 2048), ==, rows[i].wanted);
		begin_clear(&b);
	}
}

/* Nor is it thin then where EHLO takes long. */
static void
test_jitter(void)
{
	static const struct {
		gint64 later[FIRST];
		guint given;
	} rows[] = {{{0, 12 * MS, 24 * MS, 36 * MS}, 2}, {{0, 20 * MS, 20 * MS, 45 * MS}, 20}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint given[RP_PACE_MOST] = {0};
		Begin b = {.pace = rp_pace_new()};

		begin_sessions(&b, FIRST);
		for (guint k = 0; k < FIRST; k++)
			rp_pace_reached(b.sessions[k], RTT + rows[i].later[k]);
		rp_pace_greeted(b.sessions[0], RTT + 50 * MS, 200);
		for (guint k = 0; k < FIRST; k++)
			come_up(&b, k);
		g_assert_cmpuint(20 - hand_over(&b, 20, 2048, given), ==, rows[i].given);
		begin_clear(&b);
	}
}

/* Without PIPELINING a message takes four round trips: nearly one session for each of a few. */
static void
test_in_turn(void)
{
	for (guint trips = 1; trips <= 4; trips += 3) {
		Begin b;

		begin_init(&b, 0);
		for (guint k = 0; k < FIRST; k++)
			rp_pace_ready(b.sessions[k], 4 * RTT, trips);
		g_assert_cmpuint(wanted(&b, 20, 2048), ==, trips == 1 ? 10 : 16);
		begin_clear(&b);
	}
}

/* Where one handshake was lost the others do not wait for it for ever. */
static void
test_lost_handshake(void)
{
	Begin b = {.pace = rp_pace_new()};

	begin_sessions(&b, FIRST);
	for (guint i = 1; i < FIRST; i++)
		rp_pace_reached(b.sessions[i], RTT);
	g_assert_cmpuint(wanted(&b, 50, 2048), ==, FIRST);
	come_up(&b, 1);
	g_assert_cmpuint(wanted(&b, 50, 2048), ==, 10);
	begin_clear(&b);
}

/* One that was there before is ahead of those that are begun with it, and tells them the round
 * trip: what they say is not waited for. */
static void
test_prepared(void)
{
	Begin b = {.pace = rp_pace_new()};

	begin_sessions(&b, 1);
	rp_pace_prepared(b.sessions[0]);
	begin_sessions(&b, FIRST);
	g_assert_cmpuint(wanted(&b, 50, 2048), ==, FIRST);
	rp_pace_reached(b.sessions[0], RTT);
	g_assert_cmpuint(wanted(&b, 50, 2048), ==, 10);
	begin_clear(&b);
}

/* What was prepared was begun together: its handshakes show the line as others' do. */
static void
test_prepared_on_thin_line(void)
{
	Begin b = {.pace = rp_pace_new()};

	for (guint i = 0; i < FIRST; i++) {
		begin_sessions(&b, i + 1);
		rp_pace_prepared(b.sessions[i]);
		rp_pace_reached(b.sessions[i], RTT + i * 12 * MS);
	}
	g_assert_cmpuint(wanted(&b, 50, 2048), ==, FIRST);
	begin_clear(&b);
}

/* The first ones leave to those that come later what these can begin with; and these take no more
 * than that, as long as another has not come. When all have theirs, the rest goes to any. */
static void
test_shares(void)
{
	guint given[RP_PACE_MOST] = {0}, left;
	Begin b;

	begin_init(&b, 0);
	begin_sessions(&b, wanted(&b, 10, 30720));
	g_assert_cmpuint(b.n, ==, 6);
	for (guint i = 0; i < FIRST; i++)
		come_up(&b, i);
	left = hand_over(&b, 10, 30720, given);
	for (guint i = 0; i < FIRST; i++)
		g_assert_cmpuint(given[i], ==, 2);
	come_up(&b, 4);
	left = hand_over(&b, left, 30720, given);
	g_assert_cmpuint(given[4], ==, 1);
	g_assert_cmpuint(left, ==, 1);
	come_up(&b, 5);
	g_assert_cmpuint(hand_over(&b, left + 1, 30720, given), ==, 0);
	g_assert_cmpuint(given[5], ==, 1);
	begin_clear(&b);
}

/* Those that never come keep nothing back. */
static void
test_shares_of_nobody(void)
{
	guint given[RP_PACE_MOST] = {0};
	Begin b;

	begin_init(&b, 0);
	begin_sessions(&b, wanted(&b, 10, 30720));
	for (guint i = 0; i < FIRST; i++)
		come_up(&b, i);
	g_assert_cmpuint(hand_over(&b, 10, 30720, given), ==, 2);
	while (b.n > FIRST)
		rp_pace_closed(b.sessions[--b.n], RP_PACE_REFUSED);
	wanted(&b, 2, 30720);
	g_assert_cmpuint(hand_over(&b, 2, 30720, given), ==, 0);
	begin_clear(&b);
}

/* Nor do those whose connections are not answered, for longer than they should take. */
static void
test_shares_of_late(void)
{
	static const RpPaceLine line = {.rtt = RTT, .rtt_now = RTT, .window = 14600};
	guint given[RP_PACE_MOST] = {0}, left;
	Begin b;

	begin_init(&b, 0);
	begin_sessions(&b, wanted(&b, 20, 20000));
	g_assert_cmpuint(b.n, ==, 10);
	for (guint i = 0; i < FIRST; i++)
		come_up(&b, i);
	left = hand_over(&b, 20, 20000, given);
	g_assert_cmpuint(left, ==, 12);
	for (gint64 trip = 1; trip <= 2; trip++) {
		rp_pace_line(b.sessions[0], &line);
		rp_pace_answered(b.sessions[0], (4 + trip) * RTT, 1, 1, TRUE);
		left = hand_over(&b, left, 20000, given);
		g_assert_cmpuint(left, ==, trip == 1 ? 12 : 10);
	}
	begin_clear(&b);
}

/* A server may turn out to be slow, and what a session was given stays there: so many are begun
 * that none has more than two, or than all of them need to have all of it. */
static void
test_unanswered(void)
{
	static const struct {
		guint n, given;
		guint most; /* to one */
		guint sessions;
	} rows[] = {{20, 20, 2, 10}, {30, 30, 2, 15}, {60, 60, 4, 15}, {90, 90, 6, 15},
		{200, 120, 8, 15}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint given[RP_PACE_MOST] = {0};
		Begin b;

		begin_init(&b, 0);
		begin_sessions(&b, wanted(&b, rows[i].n, 3000));
		g_assert_cmpuint(b.n, ==, rows[i].sessions);
		for (guint k = 0; k < b.n; k++)
			come_up(&b, k);
		g_assert_cmpuint(
			rows[i].n - hand_over(&b, rows[i].n, 3000, given), ==, rows[i].given);
		for (guint k = 0; k < b.n; k++)
			g_assert_cmpuint(given[k], <=, rows[i].most);
		begin_clear(&b);
	}
}

/* Nor is a session given twice as much by an answer that came half a second late: that may be the
 * server's doing, if nothing waits on the line. */
static void
test_late_answer(void)
{
	static const struct {
		gint64 late, waits;
		guint given; /* to the one that has answered */
	} rows[] = {{0, 0, 15}, {500 * MS, 0, 9}, {500 * MS, 160 * MS, 17}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const RpPaceLine line = {
			.rtt = RTT, .rtt_now = RTT + rows[i].waits, .window = 14600};
		guint given[RP_PACE_MOST] = {0}, left;
		Begin b;

		begin_init(&b, 0);
		begin_sessions(&b, wanted(&b, 200, 3000));
		for (guint k = 0; k < b.n; k++)
			come_up(&b, k);
		left = hand_over(&b, 200, 3000, given);
		rp_pace_line(b.sessions[0], &line);
		rp_pace_answered(b.sessions[0], 4 * RTT + rows[i].late, 3000, 3000, TRUE);
		hand_over(&b, left, 3000, given);
		g_test_message("row %u", i);
		g_assert_cmpuint(given[0], ==, rows[i].given);
		begin_clear(&b);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pace/begin/number", test_number);
	g_test_add_func("/pace/begin/thin", test_thin);
	g_test_add_func("/pace/begin/jitter", test_jitter);
	g_test_add_func("/pace/begin/in-turn", test_in_turn);
	g_test_add_func("/pace/begin/lost-handshake", test_lost_handshake);
	g_test_add_func("/pace/begin/prepared", test_prepared);
	g_test_add_func("/pace/begin/prepared-on-thin-line", test_prepared_on_thin_line);
	g_test_add_func("/pace/begin/shares", test_shares);
	g_test_add_func("/pace/begin/shares-of-nobody", test_shares_of_nobody);
	g_test_add_func("/pace/begin/shares-of-late", test_shares_of_late);
	g_test_add_func("/pace/begin/unanswered", test_unanswered);
	g_test_add_func("/pace/begin/late-answer", test_late_answer);
	return g_test_run();
}
