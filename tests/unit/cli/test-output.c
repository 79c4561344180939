/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"

static void
test_clean(void)
{
	static const struct {
		const char *text;
		gboolean keep_layout;
		const char *want;
	} rows[] = {
		{"plain", FALSE, "plain"},
		{"日本語 é", FALSE, "日本語 é"},
		{"a\033[2Jb", FALSE, "a\\x1b[2Jb"},
		{"a\033[2Jb", TRUE, "a\\x1b[2Jb"},
		{"a\033[31mb", TRUE, "a\033[31mb"},
		{"a\033[31mb", FALSE, "a\\x1b[31mb"},
		{"a\nb\tc\x7f", FALSE, "a\\x0ab\\x09c\\x7f"},
		{"a\nb", TRUE, "a\nb"},
		{"\xc2\x9b"
		 "2J",
			FALSE, "\\x9b2J"}, /* C1: CSI */
		{"bad\xff", FALSE, "bad\xef\xbf\xbd"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = rp_cli_clean(rows[i].text, rows[i].keep_layout);

		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

static void
test_wrap(void)
{
	static const struct {
		const char *text;
		guint width;
		const char *want; /* lines joined by | */
	} rows[] = {
		{"", 10, ""},
		{"one two three", 20, "one two three"},
		{"one two three", 7, "one two|three"},
		{"one two three", 8, "one two|three"},
		{"one   two", 3, "one|two"},
		{"a-word-too-long x", 6, "a-word|-too-l|ong x"},
		{"日本語日本", 4, "日本|語日|本"},
		{"日本語日本", 5, "日本|語日|本"},
		{"日本", 1, "日|本"},
		{"odn のサーバーは、この", 12, "odn のサー|バーは、この"},
		{"これ、「それ」", 6, "これ、|「そ|れ」"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(GStrv) lines = rp_cli_wrap(rows[i].text, rows[i].width);
		g_autofree char *got = g_strjoinv("|", lines);

		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

static void
print_in_child(RpCli *cli, void (*fill)(RpCliTable *table))
{
	g_autoptr(RpCliTable) table = rp_cli_table_new("ID", "SIZE", "WHY", NULL);

	rp_cli_table_align_right(table, 1);
	fill(table);
	rp_cli_table_print(cli, table);
}

static void
fill_small(RpCliTable *table)
{
	rp_cli_table_add(table, "日本", "7", "short");
	rp_cli_table_add(table, "b", "1024", NULL);
	rp_cli_table_add(table, "c", "1", "550 no\nnot from here");
}

static void
test_table_small(void)
{
	RpCli cli = {.width = 80};

	if (g_test_subprocess()) {
		print_in_child(&cli, fill_small);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout("*ID    SIZE  WHY\n日本     7  short\nb     1024\n"
				  "c        1  550 no not from here\n*");
}

static void
fill_wide(RpCliTable *table)
{
	rp_cli_table_add(table, "an-identifier-that-is-much-too-long-for-this-table", "1",
		"a reason that needs several lines, since it goes on and on");
}

static void
test_table_fits(void)
{
	RpCli cli = {.width = 40};

	if (g_test_subprocess()) {
		print_in_child(&cli, fill_wide);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout("*ID                                  SIZE\n"
				  "an-identifier-that-is-much-too-lo…     1\n"
				  "    a reason that needs several lines,\n"
				  "    since it goes on and on\n*");
}

/* Wide characters, and one row that has nothing to say below. */
static void
fill_below(RpCliTable *table)
{
	rp_cli_table_add(table, "昼ごはんの集まり", "1",
		"この場所からは送れません。 ODN に接続してください。");
	rp_cli_table_add(table, "x", "12", "");
}

static void
test_table_below(void)
{
	RpCli cli = {.width = 34};

	if (g_test_subprocess()) {
		print_in_child(&cli, fill_below);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout("*ID                SIZE\n"
				  "昼ごはんの集まり     1\n"
				  "    この場所からは送れません。 ODN\n"
				  "    に接続してください。\n"
				  "x                   12\n*");
}

static void
fill_coloured(RpCliTable *table)
{
	rp_cli_table_add(table, "a", "1", "\033[31mforged");
	rp_cli_table_colour(table, 0, RP_COLOUR_GOOD);
}

static void
test_table_colour(void)
{
	RpCli cli = {.width = 80, .colour = TRUE};

	if (g_test_subprocess()) {
		print_in_child(&cli, fill_coloured);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout("*\033[32ma \033[0m*x1b[31mforged*");
	g_test_trap_assert_stdout_unmatched("*\033[31m*");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cli/output/clean", test_clean);
	g_test_add_func("/cli/output/wrap", test_wrap);
	g_test_add_func("/cli/output/table/small", test_table_small);
	g_test_add_func("/cli/output/table/fits", test_table_fits);
	g_test_add_func("/cli/output/table/below", test_table_below);
	g_test_add_func("/cli/output/table/colour", test_table_colour);
	return g_test_run();
}
