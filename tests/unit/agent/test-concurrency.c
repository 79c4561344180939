/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of a line, and how many sessions it is worth. */
#include "concurrency-rule.h"

#define MS G_TIME_SPAN_MILLISECOND

static const struct {
	const char *name;
	RpConcurrencyFacts facts;
	guint want;
} wanted_cases[] = {
	{"nothing is known", {.n_waiting = 200, .most = 8}, 1},
	{"a telephone, not yet greeted", {.rtt = 120 * MS, .n_waiting = 200, .most = 8}, 1},
	{"a long line, not yet greeted", {.rtt = 600 * MS, .n_waiting = 200, .most = 8}, 8},
	{"a long line, few messages", {.rtt = 600 * MS, .n_waiting = 14, .most = 8}, 3},
	{"a long line, hardly any", {.rtt = 600 * MS, .n_waiting = 3, .most = 8}, 1},
	{"a modem, full of itself",
		{.rtt = 700 * MS, .is_modem = TRUE, .n_waiting = 200, .most = 8}, 1},
	{"CHUNKING fills a telephone",
		{.rtt = 120 * MS, .chunking = RP_CHUNKING_YES, .n_waiting = 200, .most = 8}, 1},
	{"CHUNKING on a long line",
		{.rtt = 600 * MS, .chunking = RP_CHUNKING_YES, .n_waiting = 200, .most = 8}, 8},
	{"no CHUNKING on a cable",
		{.rtt = MS / 10, .chunking = RP_CHUNKING_NO, .n_waiting = 200, .most = 8}, 1},
	{"a cable, whatever was measured",
		{.rtt = MS / 10,
			.chunking = RP_CHUNKING_NO,
			.n_waiting = 200,
			.most = 8,
			.worth = 3},
		1},
	{"no CHUNKING on a telephone, before it is measured",
		{.rtt = 120 * MS, .chunking = RP_CHUNKING_NO, .n_waiting = 200, .most = 8}, 2},
	{"and when it is",
		{.rtt = 120 * MS,
			.chunking = RP_CHUNKING_NO,
			.n_sessions = 2,
			.n_waiting = 200,
			.most = 8,
			.worth = 4},
		4},
	{"no CHUNKING on a long line",
		{.rtt = 600 * MS, .chunking = RP_CHUNKING_NO, .n_waiting = 200, .most = 8}, 8},
	{"no more than is allowed",
		{.rtt = 600 * MS, .chunking = RP_CHUNKING_NO, .n_waiting = 200, .most = 3}, 3},
	{"fewer are allowed than there are",
		{.rtt = 600 * MS,
			.chunking = RP_CHUNKING_NO,
			.n_sessions = 4,
			.n_waiting = 200,
			.most = 3},
		4},
	{"hardly any message left",
		{.rtt = 120 * MS,
			.chunking = RP_CHUNKING_NO,
			.n_sessions = 2,
			.n_waiting = 3,
			.most = 8,
			.worth = 4},
		2},
};

/* Messages of 5 KB; the span is that of so many answers. */
static const struct {
	const char *name;
	RpConcurrencySample now, before;
	guint want;
} worth_cases[] = {
	{"nothing was measured", {.n_sessions = 2, .rtt = 120 * MS}, {0}, 2},
	{"a modem, full with two", {2, 4, 4 * 5120, 4 * 780 * MS, 200 * MS}, {0}, 2},
	{"the same with small messages", {2, 4, 4 * 2048, 4 * 330 * MS, 200 * MS}, {0}, 2},
	{"a telephone has room", {2, 4, 4 * 5120, 4 * 93 * MS, 120 * MS}, {0}, 4},
	{"and is full", {4, 8, 8 * 5120, 8 * 47 * MS, 120 * MS},
		{2, 4, 4 * 5120, 4 * 93 * MS, 120 * MS}, 4},
	{"more did not pay, though there seems to be room", {4, 8, 8 * 5120, 8 * 50 * MS, 190 * MS},
		{2, 4, 4 * 5120, 4 * 55 * MS, 190 * MS}, 4},
	{"fewer than before, since a session ended", {2, 4, 4 * 5120, 4 * 93 * MS, 120 * MS},
		{4, 8, 8 * 5120, 8 * 47 * MS, 120 * MS}, 4},
	{"answers without a pause", {2, 4, 4 * 5120, 0, 120 * MS}, {0}, 2},
};

static void
test_wanted(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(wanted_cases); i++) {
		RpConcurrencyFacts facts = wanted_cases[i].facts;

		facts.n_sessions = MAX(facts.n_sessions, 1); /* the first is always there */
		g_test_message("%s", wanted_cases[i].name);
		g_assert_cmpuint(rp_concurrency_decide(&facts), ==, wanted_cases[i].want);
	}
}

static void
test_worth(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(worth_cases); i++) {
		g_test_message("%s", worth_cases[i].name);
		g_assert_cmpuint(rp_concurrency_worth(&worth_cases[i].now, &worth_cases[i].before),
			==, worth_cases[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/concurrency/wanted", test_wanted);
	g_test_add_func("/concurrency/worth", test_worth);
	return g_test_run();
}
