/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/meter.h"

#define S ((gint64)G_USEC_PER_SEC)

/* How far it was told to be at which second, and the rate at the last second. */
static const struct {
	const char *name;
	struct {
		int second;
		guint64 done;
	} told[8];
	int now;
	guint64 want;
} rows[] = {
	{"nothing was told", {{0}}, 5, 0},
	{"one word is no rate", {{100, 5000}}, 100, 0},
	{"but soon one", {{100, 0}, {101, 5000}}, 101, 5000},
	{"the same line at the same speed", {{100, 0}, {102, 2000}, {104, 4000}}, 104, 1000},
	{"one that stands still", {{100, 0}, {101, 8000}}, 104, 2000},
	{"what was long ago does not count",
		{{100, 0}, {110, 1000000}, {120, 1000100}, {124, 1000500}, {128, 1000900}}, 128,
		100},
	{"one that begins anew", {{100, 9000}, {101, 0}, {102, 10}}, 102, 10},
	{"a clock that is put back", {{100, 0}, {50, 10}, {51, 30}}, 51, 20},
};

static void
test_rates(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpMeter) meter = rp_meter_new();

		g_test_message("%s", rows[i].name);
		for (guint k = 0; k < G_N_ELEMENTS(rows[i].told) && rows[i].told[k].second; k++)
			rp_meter_note(meter, "m", rows[i].told[k].done, rows[i].told[k].second * S);
		g_assert_cmpuint(rp_meter_rate(meter, "m", rows[i].now * S), ==, rows[i].want);
		g_assert_cmpuint(rp_meter_rate(meter, "another", rows[i].now * S), ==, 0);
		rp_meter_forget(meter, "m");
		g_assert_cmpuint(rp_meter_rate(meter, "m", rows[i].now * S), ==, 0);
	}
}

static void
test_texts(void)
{
	static const struct {
		guint64 done, total, rate;
		const char *want, *want_short;
	} texts[] = {
		{0, 0, 0, "nothing of 0 bytes yet", "0% of 0 bytes"},
		{0, 4600000, 20000, "nothing of 4.6 MB yet", "0% of 4.6 MB, 20.0 kB/s, 3 min left"},
		{2100000, 4600000, 0, "2.1 MB of 4.6 MB", "45% of 4.6 MB"},
		{2100000, 4600000, 20000, "2.1 MB of 4.6 MB, 20.0 kB/s, 2 min left",
			"45% of 4.6 MB, 20.0 kB/s, 2 min left"},
		{5000, 5000, 20000, "5.0 kB of 5.0 kB", "100% of 5.0 kB"},
		{6000, 5000, 20000, "6.0 kB of 5.0 kB", "100% of 5.0 kB"},
		{0, G_MAXUINT64, 1, NULL, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *text =
			rp_progress_text(texts[i].done, texts[i].total, texts[i].rate);
		g_autofree char *brief =
			rp_progress_text_short(texts[i].done, texts[i].total, texts[i].rate);
		/* GLib puts a no-break space before the unit. */
		g_auto(GStrv) parts = g_strsplit(text, "\u00a0", -1);
		g_auto(GStrv) brief_parts = g_strsplit(brief, "\u00a0", -1);
		g_autofree char *plain = g_strjoinv(" ", parts);
		g_autofree char *brief_plain = g_strjoinv(" ", brief_parts);

		if (!texts[i].want)
			continue; /* it ends */
		g_assert_cmpstr(plain, ==, texts[i].want);
		g_assert_cmpstr(brief_plain, ==, texts[i].want_short);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/meter/rates", test_rates);
	g_test_add_func("/base/meter/texts", test_texts);
	return g_test_run();
}
