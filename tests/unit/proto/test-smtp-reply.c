/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

#include <string.h>

/* Replies as text: "CODE TEXT" of each, or "bad"; "..." while one is not complete. */
static char *
parse(const char *data, gsize size, gsize piece)
{
	RpSmtpParser parser;
	rp_smtp_parser_init(&parser);
	GString *got = g_string_new(NULL);
	gboolean more = FALSE;
	for (gsize at = 0; at < size;) {
		gsize n = MIN(piece, size - at), used = 0;
		RpSmtpParse result =
			rp_smtp_parser_feed(&parser, (const guint8 *)data + at, n, &used);
		at += used;
		more = result == RP_SMTP_PARSE_MORE;
		if (result == RP_SMTP_PARSE_BAD) {
			g_string_append(got, "bad");
			break;
		}
		if (result == RP_SMTP_PARSE_REPLY)
			g_string_append_printf(got, "%u %s|", parser.code, parser.text->str);
	}
	if (more)
		g_string_append(got, "...");
	rp_smtp_parser_clear(&parser);
	return g_string_free(got, FALSE);
}

static void
test_replies(void)
{
	static const struct {
		const char *data;
		gsize size; /* 0: to the NUL */
		const char *want;
	} cases[] = {
		{"250 ok\r\n", 0, "250 ok|"},
		{"250 ok\n", 0, "250 ok|"},
		{"250 ok\r\r\n", 0, "250 ok|"},
		{"250\r\n", 0, "250 |"},
		{"250 \r\n", 0, "250 |"},
		{"250-a\r\n250-b\r\n250 c\r\n", 0, "250 a\nb\nc|"},
		{"250-a\r\n", 0, "..."},
		{"250 a\r\n550 5.1.1 b\r\n354 c\r\n", 0, "250 a|550 5.1.1 b|354 c|"},
		{"550-5.7.1 no\r\n550 5.7.1 relay\r\n", 0, "550 5.7.1 no\nrelay|"},
		{"550-5.7.1 no\r\n550 5.7.10 relay\r\n", 0, "550 5.7.1 no\n5.7.10 relay|"},
		{"250-a\r\n550 b\r\n", 0, "550 a\nb|"},
		{"25 ok\r\n", 0, "bad"},
		{"2500 ok\r\n", 0, "bad"},
		{"150 ok\r\n", 0, "bad"},
		{"650 ok\r\n", 0, "bad"},
		{"\r\n", 0, "bad"},
		{"+OK\r\n", 0, "bad"},
		{" 250 ok\r\n", 0, "bad"},
		{"250 a\0b\r\n", 9, "250 a?b|"},
		{"2\0000 ok\r\n", 9, "bad"},
		{"250 \x1b[31m\t\xff\r\n", 0, "250 ?[31m \xef\xbf\xbd|"},
		{"250 ok", 0, "..."},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		gsize size = cases[i].size ? cases[i].size : strlen(cases[i].data);
		for (gsize piece = 1; piece <= size; piece++) {
			g_autofree char *got = parse(cases[i].data, size, piece);
			g_assert_cmpstr(got, ==, cases[i].want);
		}
	}
}

static void
test_long(void)
{
	g_autoptr(GString) data = g_string_new("250 ");
	for (guint i = 0; i < 30000; i++)
		g_string_append_c(data, 'x');
	g_string_append(data, "\r\n220 next\r\n");
	g_autofree char *got = parse(data->str, data->len, data->len);
	g_assert_true(g_str_has_suffix(got, "x|220 next|"));
	g_assert_cmpuint(strlen(got), <, 2100);

	g_string_truncate(data, 0);
	for (guint i = 0; i < 70000; i++)
		g_string_append_c(data, '2');
	g_autofree char *endless = parse(data->str, data->len, 1000);
	g_assert_cmpstr(endless, ==, "bad");

	/* What it is stands at its beginning: the server has taken the mail. */
	for (gsize piece = 1000; piece <= 200000; piece += 66333) {
		g_autofree char *text = g_strnfill(150000, 'x');
		g_autofree char *line = g_strdup_printf("250 %s\r\n354 go\r\n550 no\r\n", text);
		g_autofree char *taken = parse(line, strlen(line), piece);

		g_assert_true(g_str_has_prefix(taken, "250 x"));
		g_assert_true(g_str_has_suffix(taken, "x|354 go|550 no|"));
	}

	g_string_truncate(data, 0);
	for (guint i = 0; i < 7000; i++)
		g_string_append(data, "250-more\r\n");
	g_autofree char *lines = parse(data->str, data->len, 1000);
	g_assert_cmpstr(lines, ==, "bad");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/smtp-reply/replies", test_replies);
	g_test_add_func("/smtp-reply/long", test_long);
	return g_test_run();
}
