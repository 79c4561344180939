/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <string.h>

#define S G_USEC_PER_SEC
#define MIN_ (60 * (gint64)S)

static void
test_span_parse(void)
{
	static const struct {
		const char *text;
		gint64 want; /* -1: refused */
	} rows[] = {
		{"0", 0},
		{"0s", 0},
		{"90s", 90 * (gint64)S},
		{"10min", 10 * MIN_},
		{" 10 min ", 10 * MIN_},
		{"2h", 120 * MIN_},
		{"1d", 1440 * MIN_},
		{"300ms", 300000},
		{"7us", 7},
		{"10MIN", 10 * MIN_},
		{"10", -1},
		{"", -1},
		{"min", -1},
		{"-5s", -1},
		{"1.5h", -1},
		{"90m", 90 * MIN_},
		{"10M", -1}, /* of what? */
		{"2 hours", 120 * MIN_},
		{"1w", 7 * 1440 * MIN_},
		{"2 Weeks", 14 * 1440 * MIN_},
		{"1h30min", 90 * MIN_},
		{" 1 day 2 h 3 m ", (1440 + 123) * MIN_},
		{"1h 30", -1},
		{"1h,30min", -1},
		{"9223372036854775807us1us", -1},
		{"5 minutes or so", -1},
		{"9223372036854775807us", G_MAXINT64},
		{"9223372036854775808us", -1},
		{"106751992d", -1},
		{"99999999999999999999d", -1},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		gint64 got = -1;
		gboolean ok = rp_span_parse(rows[i].text, &got, &error);

		g_test_message("span “%s”", rows[i].text);
		g_assert_cmpint(got, ==, rows[i].want);
		g_assert_true(ok == (rows[i].want >= 0));
		if (ok)
			g_assert_no_error(error);
		else
			g_assert_error(error, RP_ERROR, RP_ERROR_INVALID);
	}
}

static void
test_span_format(void)
{
	static const struct {
		gint64 span;
		const char *exact, *human;
	} rows[] = {
		{0, "0", "0 s"},
		{1, "1us", "0 s"},
		{300000, "300ms", "0 s"},
		{90 * (gint64)S, "90s", "1 min"},
		{59 * (gint64)S, "59s", "59 s"},
		{10 * MIN_, "10min", "10 min"},
		{125 * MIN_, "125min", "2 h 5 min"},
		{120 * MIN_, "2h", "2 h"},
		{1440 * MIN_, "1d", "1 day"},
		{1500 * MIN_, "25h", "1 day 1 h"},
		{4 * 1440 * MIN_ + 61 * (gint64)S, "345661s", "4 days"},
		{729 * (gint64)1440 * MIN_, "729d", "729 days"},
		{1824 * (gint64)1440 * MIN_, "1824d", "4 years"},
		{-5 * (gint64)S, "-5s", "0 s"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *exact = rp_span_format(rows[i].span);
		g_autofree char *human = rp_span_format_human(rows[i].span);
		gint64 back = -1;

		g_assert_cmpstr(exact, ==, rows[i].exact);
		g_assert_cmpstr(human, ==, rows[i].human);
		if (rows[i].span < 0)
			continue;
		g_assert_true(rp_span_parse(exact, &back, NULL));
		g_assert_cmpint(back, ==, rows[i].span);
	}
}

static void
test_size(void)
{
	static const struct {
		const char *text;
		gint64 want;
		const char *back;
	} rows[] = {
		{"0", 0, "0"},
		{"2048", 2048, "2K"},
		{"2049", 2049, "2049"},
		{"512K", 512 << 10, "512K"},
		{"512k", 512 << 10, "512K"},
		{"10M", 10 << 20, "10M"},
		{"10 M", 10 << 20, "10M"},
		{"1024M", 1 << 30, "1G"},
		{"8388607T", G_GINT64_CONSTANT(8388607) << 40, "8388607T"},
		{"8388608T", -1, NULL},
		{"9223372036854775808", -1, NULL},
		{"", -1, NULL},
		{"M", -1, NULL},
		{"-1", -1, NULL},
		{"1.5M", -1, NULL},
		{"10MB", -1, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		gint64 got = -1;
		gboolean ok = rp_size_parse(rows[i].text, &got, &error);

		g_test_message("size “%s”", rows[i].text);
		g_assert_cmpint(got, ==, rows[i].want);
		g_assert_true(ok == (rows[i].want >= 0));
		if (ok) {
			g_autofree char *back = rp_size_format(got);

			g_assert_cmpstr(back, ==, rows[i].back);
		} else {
			g_assert_error(error, RP_ERROR, RP_ERROR_INVALID);
		}
	}
}

static void
test_time(void)
{
	static const struct {
		gint64 time;
		const char *want;
	} rows[] = {
		{0, "1970-01-01T00:00:00Z"},
		{-1, "1969-12-31T23:59:59Z"},
		{-(gint64)S, "1969-12-31T23:59:59Z"},
		{G_GINT64_CONSTANT(1795485960999999), "2026-11-24T02:06:00Z"},
		{G_MAXINT64, "9999-12-31T23:59:59Z"},
		{G_MININT64, "0001-01-01T00:00:00Z"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = rp_time_format(rows[i].time);

		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

static void
test_nearest(void)
{
	static const char *const words[] = {"inside", "anywhere", "sender-domain",
		"recipient-domain", "pop-login", "auth", NULL};
	static const struct {
		const char *word, *want;
	} rows[] = {
		{"inside", "inside"},
		{"Inside", "inside"},
		{"insde", "inside"},
		{"isnide", "inside"},
		{"outside", NULL},
		{"sender_domain", "sender-domain"},
		{"poplogin", "pop-login"},
		{"aut", "auth"},
		{"atuh", "auth"},
		{"x", NULL},
		{"", NULL},
		{"everywhere-else", NULL},
		{"a-word-that-is-longer-than-any-name-could-sensibly-be-in-a-key-file-or-anywhere",
			NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("nearest to “%s”", rows[i].word);
		g_assert_cmpstr(rp_nearest(rows[i].word, words), ==, rows[i].want);
	}
	g_assert_null(rp_nearest("auth", NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/span/parse", test_span_parse);
	g_test_add_func("/base/span/format", test_span_format);
	g_test_add_func("/base/size", test_size);
	g_test_add_func("/base/time", test_time);
	g_test_add_func("/base/nearest", test_nearest);
	return g_test_run();
}
