/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/mailbox.h"

#include <locale.h>
#include <string.h>

/* Mail addresses, alone and in lists: what is given, and what is read. */

#define A16 "aaaaaaaaaaaaaaaa"
#define A63 A16 A16 A16 "aaaaaaaaaaaaaaa"
#define A64 A16 A16 A16 A16

typedef struct {
	const char *text;
	RpMailboxResult result;
	const char *want; /* NULL: nothing */
} Row;

static void
say(const char *text)
{
	g_autofree char *shown = g_strescape(text, NULL);

	g_test_message("%s", shown);
}

static void
check_one(const Row *row, RpMailboxResult (*read)(const char *, char **))
{
	g_autofree char *got = NULL;
	RpMailboxResult result = read(row->text, &got);

	say(row->text);
	g_assert_cmpstr(got, ==, row->want);
	g_assert_cmpint(result, ==, row->result);
}

static const Row singles[] = {
	{"a@b", RP_MAILBOX_GOOD, "a@b"},
	{"Taro+x@ODN.example", RP_MAILBOX_GOOD, "Taro+x@ODN.example"},
	{"!#$%&'*+-/=?^_`{|}~@x.example", RP_MAILBOX_GOOD, "!#$%&'*+-/=?^_`{|}~@x.example"},
	/* quotation marks where they are needed, and only there */
	{"a..b@docomo.example", RP_MAILBOX_GOOD, "\"a..b\"@docomo.example"},
	{".a@docomo.example", RP_MAILBOX_GOOD, "\".a\"@docomo.example"},
	{"a.@docomo.example", RP_MAILBOX_GOOD, "\"a.\"@docomo.example"},
	{"\"a..b\"@docomo.example", RP_MAILBOX_GOOD, "\"a..b\"@docomo.example"},
	{"\"taro\"@x.example", RP_MAILBOX_GOOD, "taro@x.example"},
	{"\"ta\\ro\"@x.example", RP_MAILBOX_GOOD, "taro@x.example"},
	{"\"a b\"@x.example", RP_MAILBOX_GOOD, "\"a b\"@x.example"},
	{"\"a\\\"b\\\\\"@x.example", RP_MAILBOX_GOOD, "\"a\\\"b\\\\\"@x.example"},
	{"\"a@b>\"@x.example", RP_MAILBOX_GOOD, "\"a@b>\"@x.example"},
	{"a.\"b c\".d@e", RP_MAILBOX_GOOD, "\"a.b c.d\"@e"},
	/* domains */
	{"a@[192.0.2.1]", RP_MAILBOX_GOOD, "a@[192.0.2.1]"},
	{"a@[IPv6:2001:db8::1]", RP_MAILBOX_GOOD, "a@[IPv6:2001:db8::1]"},
	{"h@bücher.example", RP_MAILBOX_GOOD, "h@xn--bcher-kva.example"},
	{"花子@例え.example", RP_MAILBOX_GOOD, "花子@xn--r8jz45g.example"},
	{"a@under_score.example", RP_MAILBOX_GOOD, "a@under_score.example"},
	/* names */
	{"root", RP_MAILBOX_NAME, "root"},
	{"\"root\"", RP_MAILBOX_NAME, "root"},
	{"first.last-x+y_z", RP_MAILBOX_NAME, "first.last-x+y_z"},
	{"machine$", RP_MAILBOX_NAME, "machine$"},
	{"jörg", RP_MAILBOX_NAME, "jörg"},
	{"host!user", RP_MAILBOX_NO_AT, NULL},
	{"-", RP_MAILBOX_NO_AT, NULL},
	{"-v", RP_MAILBOX_NO_AT, NULL},
	{".", RP_MAILBOX_NO_AT, NULL},
	{"|cat", RP_MAILBOX_NO_AT, NULL},
	{"/etc/passwd", RP_MAILBOX_NO_AT, NULL},
	{"Taro Yamada", RP_MAILBOX_NO_AT, NULL},
	{"\"Taro Yamada\"", RP_MAILBOX_NO_AT, NULL},
	{"a＠x.example", RP_MAILBOX_NO_AT, NULL},
	{"\"\"", RP_MAILBOX_NO_AT, NULL},
	{"=?utf-8?q?taro?=", RP_MAILBOX_ENCODED, NULL},
	{"=?utf-8?q?taro?=@x.example", RP_MAILBOX_ENCODED, NULL},
	{"=?utf-8?q?taro?=x@x.example", RP_MAILBOX_ENCODED, NULL},
	/* what is none */
	{"", RP_MAILBOX_EMPTY, NULL},
	{"@b", RP_MAILBOX_NO_LOCAL, NULL},
	{"\"\"@b", RP_MAILBOX_NO_LOCAL, NULL},
	{"a@", RP_MAILBOX_NO_DOMAIN, NULL},
	{"foo@bar@x.example", RP_MAILBOX_TWO_AT, NULL},
	{"a@x.example/b@y.example", RP_MAILBOX_TWO_AT, NULL},
	{"a@x.example:25", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a@x..example", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a@.x", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a@x.", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a@x y", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a@[]", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a@[x", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a@[1]2]", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a b@x", RP_MAILBOX_BAD_LOCAL, NULL},
	{"<a@x>", RP_MAILBOX_BAD_LOCAL, NULL},
	{"a\\b@x", RP_MAILBOX_BAD_LOCAL, NULL},
	{"\"a\"b@x", RP_MAILBOX_BAD_LOCAL, NULL},
	{"a\"b\"@x", RP_MAILBOX_BAD_LOCAL, NULL},
	{"\"a@x", RP_MAILBOX_OPEN_QUOTE, NULL},
	{"\"a\\", RP_MAILBOX_OPEN_QUOTE, NULL},
	{"a@x\r\nRCPT TO:<b@y>", RP_MAILBOX_TWO_AT, NULL},
	{"a@x\nX-Injected: yes", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a\x01@x", RP_MAILBOX_CONTROL, NULL},
	{"\"a\nb\"@x", RP_MAILBOX_CONTROL, NULL},
	{"\"a\\\nb\"@x", RP_MAILBOX_CONTROL, NULL},
	{"a\xc2\x85@x", RP_MAILBOX_CONTROL, NULL},
	{"a\xe2\x80\xa8@x", RP_MAILBOX_CONTROL, NULL},
	/* what nobody sees */
	{"a\u202eb@x", RP_MAILBOX_INVISIBLE, NULL},
	{"a\u200fb@x", RP_MAILBOX_INVISIBLE, NULL},
	{"\u2066a\u2069@x", RP_MAILBOX_INVISIBLE, NULL},
	{"\ufeffa@x", RP_MAILBOX_INVISIBLE, NULL},
	{"a\ufeff@x", RP_MAILBOX_INVISIBLE, NULL},
	{"a\u200bb@x", RP_MAILBOX_INVISIBLE, NULL},
	{"a\u00adb@x", RP_MAILBOX_INVISIBLE, NULL},
	{"a\u2060b@x", RP_MAILBOX_INVISIBLE, NULL},
	{"a\u200db@x", RP_MAILBOX_INVISIBLE, NULL},
	{"a\u200c@x", RP_MAILBOX_INVISIBLE, NULL},
	{"a\U000e0061b@x", RP_MAILBOX_INVISIBLE, NULL},
	{"\u3164@x", RP_MAILBOX_INVISIBLE, NULL},
	{"a\u00a0b@x", RP_MAILBOX_INVISIBLE, NULL},
	{"\u3000a@x", RP_MAILBOX_INVISIBLE, NULL},
	{"\"a\u202eb\"@x", RP_MAILBOX_INVISIBLE, NULL},
	{"ta\u202ero", RP_MAILBOX_INVISIBLE, NULL},
	/* and what is written so */
	{"\u0646\u0627\u0645\u0647\u200c\u0627\u06cc@x", RP_MAILBOX_GOOD,
		"\u0646\u0627\u0645\u0647\u200c\u0627\u06cc@x"},
	{"\u2764\ufe0f@x", RP_MAILBOX_GOOD, "\u2764\ufe0f@x"},
	{"\U0001f469\u200d\U0001f467@x", RP_MAILBOX_GOOD, "\U0001f469\u200d\U0001f467@x"},
	{"\xe9@x.example", RP_MAILBOX_NOT_UTF8, NULL},
	{"a@b\xe9.example", RP_MAILBOX_NOT_UTF8, NULL},
	/* lengths: 64 is no limit, 254 is one */
	{A64 "a@x.example", RP_MAILBOX_GOOD, A64 "a@x.example"},
	{A63 "." A63 "." A63 "@" A63, RP_MAILBOX_TOO_LONG, NULL},
	{A63 "." A63 "." A63 "@" A16 A16 A16 "aaaaaaaaaaaaaa", RP_MAILBOX_GOOD,
		A63 "." A63 "." A63 "@" A16 A16 A16 "aaaaaaaaaaaaaa"},
	{"a@" A63 ".example", RP_MAILBOX_GOOD, "a@" A63 ".example"},
	{"a@" A64 ".example", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a@" A63 "." A63 "." A63 "." A63 ".x", RP_MAILBOX_TOO_LONG, NULL},
};

static void
test_single(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(singles); i++)
		check_one(&singles[i], rp_mailbox_read);
}

/* What was read is read as the same once more. */
static void
test_stable(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(singles); i++) {
		const Row again = {singles[i].want, singles[i].result, singles[i].want};

		if (again.text)
			check_one(&again, rp_mailbox_read);
	}
}

static const Row domains[] = {
	{"odn.example", RP_MAILBOX_GOOD, "odn.example"},
	{"ODN.Example", RP_MAILBOX_GOOD, "ODN.Example"},
	{"BÜCHER.Example", RP_MAILBOX_GOOD, "xn--bcher-kva.example"},
	{"bu\xcc\x88"
	 "cher.example",
		RP_MAILBOX_GOOD, "xn--bcher-kva.example"},
	{"ＢÜＣＨＥＲ．example", RP_MAILBOX_GOOD, "xn--bcher-kva.example"},
	{"bücher。example", RP_MAILBOX_GOOD, "xn--bcher-kva.example"},
	{"straße.example", RP_MAILBOX_GOOD, "xn--strae-oqa.example"},
	/* the same whatever locale: RFC 3454 table B.2, and no final sigma */
	{"ISTANBULÜ.example", RP_MAILBOX_GOOD, "xn--istanbul-e6a.example"},
	{"İx.example", RP_MAILBOX_GOOD, "xn--ix-rub.example"},
	{"ΟΔΟΣ.example", RP_MAILBOX_GOOD, "xn--pxavbq.example"},
	/* what would vanish */
	{"a\xe2\x80\x8d"
	 "b.example",
		RP_MAILBOX_INVISIBLE, NULL},
	{"a\xe2\x80\x8c"
	 "b.example",
		RP_MAILBOX_INVISIBLE, NULL},
	{"a\xe2\x80\x8b"
	 "b.example",
		RP_MAILBOX_INVISIBLE, NULL},
	{"a\xc2\xad"
	 "b.example",
		RP_MAILBOX_INVISIBLE, NULL},
	{"a\xef\xbb\xbf"
	 "b.example",
		RP_MAILBOX_INVISIBLE, NULL},
	{"a\xe2\x81\xa0"
	 "b.example",
		RP_MAILBOX_INVISIBLE, NULL},
	{"a\xef\xb8\x8f"
	 "b.example",
		RP_MAILBOX_INVISIBLE, NULL},
	{"a\xcd\x8f"
	 "b.example",
		RP_MAILBOX_INVISIBLE, NULL},
	{"a\xe1\xa0\x86"
	 "b.example",
		RP_MAILBOX_INVISIBLE, NULL},
	{"a\xe2\x80\xae"
	 "b.example",
		RP_MAILBOX_INVISIBLE, NULL},
	/* what would turn into something else */
	{"℀.example", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a⒈b.example", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a…b.example", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"a\xc2\xa0.example", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"ü，b.example", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"ü/b.example", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"ü..example", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"ü\x01.example", RP_MAILBOX_BAD_DOMAIN, NULL},
	{"\xff.example", RP_MAILBOX_NOT_UTF8, NULL},
	{"", RP_MAILBOX_NO_DOMAIN, NULL},
	{"*.example", RP_MAILBOX_BAD_DOMAIN, NULL},
};

static void
test_domains(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(domains); i++)
		check_one(&domains[i], rp_mailbox_read_domain);
}

/* No character vanishes, and none but letters, digits and dots comes out. */
static void
test_every_character(void)
{
	for (gunichar c = 128; c < 0x110000; c++) {
		g_autofree char *ascii = NULL;
		char letter[7] = "";

		if (!g_unichar_validate(c) || (!g_unichar_isdefined(c) && c >> 12 != 0xe0))
			continue;
		g_unichar_to_utf8(c, letter);
		g_autofree char *domain = g_strdup_printf("a%sb.example", letter);
		if (rp_mailbox_read_domain(domain, &ascii) != RP_MAILBOX_GOOD)
			continue;
		g_assert_cmpstr(ascii, !=, "ab.example");
		for (const char *at = ascii; *at; at++)
			g_assert_true(g_ascii_isalnum(*at) || strchr("-_.", *at));
	}
}

/* Few machines have it: made for the test where its source is. */
static gboolean
enter_locale(const char *locale, const char *dir)
{
	g_autofree char *path = g_build_filename(dir, locale, NULL);
	g_autofree char *source = g_strndup(locale, strcspn(locale, "."));
	const char *argv[] = {"localedef", "-i", source, "-f", "UTF-8", path, NULL};
	const GSpawnFlags flags =
		G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL;

	g_spawn_sync(NULL, (char **)argv, NULL, flags, NULL, NULL, NULL, NULL, NULL, NULL);
	g_setenv("LOCPATH", dir, TRUE);
	return setlocale(LC_ALL, locale) != NULL;
}

static void
remove_locale(const char *dir)
{
	const char *argv[] = {"rm", "-r", dir, NULL};

	setlocale(LC_ALL, "C");
	g_unsetenv("LOCPATH");
	g_spawn_sync(
		NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

static void
test_locale(gconstpointer locale)
{
	g_autofree char *dir = g_dir_make_tmp("roampost-locale-XXXXXX", NULL);

	if (!enter_locale(locale, dir)) {
		remove_locale(dir);
		g_test_skip("there is no such locale here, nor what makes it");
		return;
	}
	test_domains();
	test_single();
	remove_locale(dir);
}

static void
test_paths(void)
{
	static const struct {
		const char *text;
		RpMailboxResult result;
		const char *want, *rest; /* NULL: no end */
	} rows[] = {
		{"<a@b> SIZE=1", RP_MAILBOX_GOOD, "a@b", " SIZE=1"},
		{"<>", RP_MAILBOX_EMPTY, "", ""},
		{"a@b BODY=7BIT", RP_MAILBOX_GOOD, "a@b", " BODY=7BIT"},
		{"<@r1,@r2:u@h>", RP_MAILBOX_GOOD, "u@h", ""},
		{"<\"a b\\\"@x>y\"@[192.0.2.1]>", RP_MAILBOX_GOOD, "\"a b\\\"@x>y\"@[192.0.2.1]",
			""},
		{"<root>", RP_MAILBOX_NAME, "root", ""},
		{"<a..b@x>", RP_MAILBOX_GOOD, "\"a..b\"@x", ""},
		{"<b@bücher.example>", RP_MAILBOX_GOOD, "b@xn--bcher-kva.example", ""},
		{"<a b@c>x", RP_MAILBOX_BAD_LOCAL, NULL, "x"},
		{"", RP_MAILBOX_EMPTY, NULL, ""},
		{" <a@b>", RP_MAILBOX_EMPTY, NULL, " <a@b>"},
		{"<a@b", RP_MAILBOX_OPEN_ANGLE, NULL, NULL},
		{"<\"a@b>", RP_MAILBOX_OPEN_ANGLE, NULL, NULL},
		{"\"a b@c", RP_MAILBOX_OPEN_QUOTE, NULL, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *end = NULL;
		g_autofree char *got = NULL;
		RpMailboxResult result = rp_mailbox_read_path(rows[i].text, &end, &got);

		say(rows[i].text);
		g_assert_cmpint(result, ==, rows[i].result);
		g_assert_cmpstr(got, ==, rows[i].want);
		g_assert_cmpstr(end, ==, rows[i].rest);
	}
}

/* ---- lists ---- */

#define JIS "\033$B;3ED\"<@,>;(;:\\\033(B"

static const struct {
	const char *list;
	const char *want; /* joined by | */
} good_lists[] = {
	{"", ""},
	{" , ,", ""},
	{"a@b", "a@b"},
	{" a@b , c@d ", "a@b|c@d"},
	{"a@b,,c@d,", "a@b|c@d"},
	{"root, a@b", "root|a@b"},
	/* names and comments */
	{"Taro Yamada <a@b>", "a@b"},
	{"\"Yamada, Taro\" <a@b>, c@d", "a@b|c@d"},
	{"\"a\\\"b, <x@y>\" <a@b>", "a@b"},
	{"J. Q. Public <a@b>", "a@b"},
	{"a@b (Taro (T.) Yamada, \\) x@y)", "a@b"},
	{"(c) a (x) . (y) b (z) @ (@) c . d (e)", "a.b@c.d"},
	{"< a@b >,<c@d>", "a@b|c@d"},
	{"Foo<a@b>", "a@b"},
	{"Foo [x] <a@b>", "a@b"},
	{"O'Neill's & Co! <a@b>", "a@b"},
	{"Root <root>", "root"},
	/* groups */
	{"friends: a@b, c@d;", "a@b|c@d"},
	{"friends: a@b, Taro <c@d>;, e@f", "a@b|c@d|e@f"},
	{"undisclosed-recipients:;", ""},
	{"undisclosed-recipients:", ""},
	{"A B: ; c@d", "c@d"},
	{"g: a@b, c@d", "a@b|c@d"},
	{"g: root, a@b;", "root|a@b"},
	{"g:;, h: a@b;", "a@b"},
	/* obsolete, folded */
	{"<@x,@y:a@b>, Foo <@x.z:c@d>", "a@b|c@d"},
	{"a@b,\r\n c@d,\n\te@f", "a@b|c@d|e@f"},
	{"\"a\r\n b\"@c", "\"a b\"@c"},
	{"a@[192.0.2.1], <b@[IPv6:::1]>", "a@[192.0.2.1]|b@[IPv6:::1]"},
	/* encoded words */
	{"=?iso-2022-jp?B?GyRC?= <t@o.example>", "t@o.example"},
	{"=?utf-8?Q?Yamada,_Taro_<x@y>?= <a@b>, c@d", "a@b|c@d"},
	/* what real lists have */
	{"a@x.example; b@y.example", "a@x.example|b@y.example"},
	{"a@x; Foo <b@y>; c@z;", "a@x|b@y|c@z"},
	{"root; a@b", "root|a@b"},
	{"Foo;Bar <a@x>, b@y", "a@x|b@y"},
	{"A;B;C <a@x>; b@y", "a@x|b@y"},
	{"b@y.example, Taro <a..b@docomo.example>", "b@y.example|\"a..b\"@docomo.example"},
	{".a@x, a.@y", "\".a\"@x|\"a.\"@y"},
	{"Foo\\ <a@x>, b@y", "a@x|b@y"},
	{"Foo\\, Bar <a@x>, b@y", "a@x|b@y"},
	{"<mailto:a@x>, b@y", "a@x|b@y"},
	{"mailto:a@x, MailTo:b@y", "a@x|b@y"},
	{JIS " <a@x>, b@y", "a@x|b@y"},
	{"\"" JIS "\" <a@x>, (" JIS ") b@y", "a@x|b@y"},
	{"M\xfcller <a@x>, \"J\xf6rg\" <b@y>, \x82\xa0 <c@z>", "a@x|b@y|c@z"},
	{"taro@x.example <taro@x.example>, 'b@y' <b@y>", "taro@x.example|b@y"},
	{"Müller <a@bücher.example>", "a@xn--bcher-kva.example"},
};

static void
test_lists(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(good_lists); i++) {
		g_autoptr(GError) error = NULL;
		g_auto(GStrv) got = rp_mailbox_list_read(good_lists[i].list, -1, &error);

		say(good_lists[i].list);
		g_assert_no_error(error);
		g_autofree char *joined = g_strjoinv("|", got);
		g_assert_cmpstr(joined, ==, good_lists[i].want);
	}
}

static const struct {
	const char *list;
	const char *piece;
	RpMailboxResult why;
} bad_lists[] = {
	{"a@x, \"b@y", "\"b@y", RP_MAILBOX_OPEN_QUOTE},
	{"Foo (bar <a@x>, b@y", "Foo (bar <a@x>, b@y", RP_MAILBOX_OPEN_COMMENT},
	{"a@x, b@[1.2, c@d", "b@[1.2, c@d", RP_MAILBOX_OPEN_LITERAL},
	{"Foo <a@x, b@y", "Foo <a@x", RP_MAILBOX_OPEN_ANGLE},
	{"\033$B;3ED <a@x>, b@y", "\\x1b$B;3ED <a@x>, b@y", RP_MAILBOX_OPEN_CHARSET},
	{"c@d, foo@bar@x.example, e@f", "foo@bar@x.example", RP_MAILBOX_TWO_AT},
	{"a@x.example/b@y.example", "a@x.example/b@y.example", RP_MAILBOX_TWO_AT},
	{"a@x b@y", "a@x b@y", RP_MAILBOX_NO_COMMA},
	{"c@d, Taro Yamada", "Taro Yamada", RP_MAILBOX_NO_AT},
	{"Foo. Bar, c@d", "Foo. Bar", RP_MAILBOX_NO_AT},
	{"<a@x> <b@y>", "<a@x> <b@y>", RP_MAILBOX_AFTER_ANGLE},
	{"Foo <a@x> Bar", "Foo <a@x> Bar", RP_MAILBOX_AFTER_ANGLE},
	{"<a@x>>, c@d", "<a@x>>", RP_MAILBOX_AFTER_ANGLE},
	{"<<a@x>>", "<<a@x>>", RP_MAILBOX_STRAY},
	{"a@x>, c@d", "a@x>", RP_MAILBOX_STRAY},
	{"a@x), c@d", "a@x), c@d", RP_MAILBOX_STRAY},
	{"=?a?>?= <a@x>", "=?a?>?= <a@x>", RP_MAILBOX_STRAY},
	{"\033$B;3\r\n \033(B <a@x>", "\\x1b$B;3\\x0d\\x0a \\x1b(B <a@x>", RP_MAILBOX_OPEN_CHARSET},
	{"<a@x;b@y>", "<a@x;b@y>", RP_MAILBOX_STRAY},
	{"<>", "<>", RP_MAILBOX_EMPTY},
	{"mailto:, a@x", "mailto:", RP_MAILBOX_EMPTY},
	{"<mailto:a%2bb@x>", "<mailto:a%2bb@x>", RP_MAILBOX_BAD_LOCAL},
	{"a@x <b@y>", "a@x <b@y>", RP_MAILBOX_AT_IN_NAME},
	{"Foo;<a@x>", "Foo;<a@x>", RP_MAILBOX_SEMICOLON},
	{"Foo; Bar <a@x>", "Foo; Bar <a@x>", RP_MAILBOX_SEMICOLON},
	{"a@x.example:25", "a@x.example:25", RP_MAILBOX_COLON},
	{"g: h: a@x;;", "h: a@x", RP_MAILBOX_COLON},
	{": a@x", ": a@x", RP_MAILBOX_COLON},
	{"host:user", "user", RP_MAILBOX_OPEN_GROUP},
	{"=?utf-8?Q?taro=40x?=", "=?utf-8?Q?taro=40x?=", RP_MAILBOX_ENCODED},
	{"host!user, a@x", "host!user", RP_MAILBOX_NO_AT},
	{"a@x.example, b@y\u200d.example", "b@y\\u200d.example", RP_MAILBOX_INVISIBLE},
	{"a@x\r\nb@y", "a@x\\x0d\\x0ab@y", RP_MAILBOX_CONTROL},
	{"a@x, b@y\n", "b@y\\x0a", RP_MAILBOX_CONTROL},
	{"a\\@b@x", "a\\@b@x", RP_MAILBOX_BAD_LOCAL},
	{"x\xe9@x.example", "x\\xe9@x.example", RP_MAILBOX_NOT_UTF8},
};

static void
test_bad_lists(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(bad_lists); i++) {
		g_autoptr(GError) error = NULL;
		g_auto(GStrv) got = rp_mailbox_list_read(bad_lists[i].list, -1, &error);
		g_autofree char *want = g_strdup_printf("“%s” can't be read as a mail address: %s",
			bad_lists[i].piece, rp_mailbox_result_text(bad_lists[i].why));

		say(bad_lists[i].list);
		g_assert_error(error, RP_ERROR, RP_ERROR_INVALID);
		g_assert_cmpstr(error->message, ==, want);
		g_assert_null(got);
	}
}

/* What can't be read is passed over, in From alone. */
static void
test_first(void)
{
	static const struct {
		const char *list;
		const char *want, *as_written;
	} rows[] = {
		{"a@b", "a@b", "a@b"},
		{" a@b , c@d", "a@b", "a@b"},
		{"\"Yamada, Taro\" <a@b>", "a@b", "a@b"},
		{"(comment) a (x) @ (y) b", "a@b", "a (x) @ (y) b"},
		{"<@x,@y:a@b>", "a@b", "a@b"},
		{"friends: a@b, c@d;", "a@b", "a@b"},
		{"undisclosed-recipients:;", NULL, NULL},
		{"undisclosed-recipients:; , a@b", "a@b", "a@b"},
		{"Taro <a..b@c>", "\"a..b\"@c", "a..b@c"},
		{"Taro <a@bücher.example>", "a@xn--bcher-kva.example", "a@bücher.example"},
		{"root (Cron Daemon)", "root", "root"},
		{"Taro Yamada", NULL, NULL},
		{"Taro Yamada, a@b", "a@b", "a@b"},
		{"Taro <a@b> Yamada", "a@b", "a@b"},
		{"Taro @ Home <a@b>", "a@b", "a@b"},
		{"<>, a@b", "a@b", "a@b"},
		{"", NULL, NULL},
		{"<<<", NULL, NULL},
		{"a@", NULL, NULL},
		{"a@b, \"open", "a@b", "a@b"},
		{"\"open", NULL, NULL},
		{"(open", NULL, NULL},
		{"=?iso-2022-jp?B?GyRC?= <t@o.example>", "t@o.example", "t@o.example"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gsize start = 0, end = 0;
		g_autofree char *got = rp_mailbox_list_first(rows[i].list, &start, &end);
		g_autofree char *there = g_strndup(rows[i].list + start, end - start);

		say(rows[i].list);
		g_assert_cmpstr(got, ==, rows[i].want);
		g_assert_cmpstr(there, ==, rows[i].as_written ? rows[i].as_written : "");
	}
}

static void
test_nul(void)
{
	static const char list[] = "a@x, b@y\0c@z", in_comment[] = "a@x (\0), b@y";
	g_auto(GStrv) whole = rp_mailbox_list_read(list, 8, NULL);

	g_assert_nonnull(whole);
	g_assert_null(rp_mailbox_list_read(list, sizeof list - 1, NULL));
	g_assert_null(rp_mailbox_list_read(in_comment, sizeof in_comment - 1, NULL));
}

/* A long list takes no longer than it must, whatever it is made of. */
static void
test_large(void)
{
	static const char *const units[] = {"a.", ";", "A;", "\n", "(", "\"", "a ", "\\", "=?a?b?,",
		"<", "@", "a@b,", "\033$B", "[", "g:", ",", "a@b;A;", "mailto:"};

	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		g_autoptr(GString) list = g_string_new(NULL);

		while (list->len < (1 << 18))
			g_string_append(list, units[i]);
		g_string_append(list, " <a@b>");
		g_auto(GStrv) got = rp_mailbox_list_read(list->str, (gssize)list->len, NULL);
		say(units[i]);
		if (strcmp(units[i], "a@b,") == 0)
			g_assert_cmpuint(g_strv_length(got), ==, (1 << 16) + 1);
	}
}

static void
test_to_ascii(void)
{
	static const struct {
		const char *list;
		const char *want;
	} rows[] = {
		{"a@b, Taro  <c@d>(x)", "a@b, Taro  <c@d>(x)"},
		{"Müller <a..b@docomo.example>, Jörg <x@y.example>",
			"=?UTF-8?B?TcO8bGxlcg==?= <a..b@docomo.example>, "
			"=?UTF-8?B?SsO2cmc=?= <x@y.example>"},
		{"Jörg <a@x>; Ü <b@y>", "=?UTF-8?B?SsO2cmc=?= <a@x>; =?UTF-8?B?w5w=?= <b@y>"},
		{"\"Ü, \\\"x\\\"\" <a@x> (ASCII)", "=?UTF-8?B?w5wsICJ4Ig==?= <a@x> (ASCII)"},
		{"Hans Ü von Ö Klein <a@x>", "Hans =?UTF-8?B?w5wgdm9uIMOW?= Klein <a@x>"},
		{"=?utf-8?q?x?= Ü <a@x>", "=?utf-8?q?x?= =?UTF-8?B?IMOc?= <a@x>"},
		{"Ü =?utf-8?q?x?= <a@x>", "=?UTF-8?B?w5wg?= =?utf-8?q?x?= <a@x>"},
		{"Ü(c)Ö<a@x>", "=?UTF-8?B?w5w=?=(c) =?UTF-8?B?w5Y=?=<a@x>"},
		{"a@x (der Ü (nie) ja)", "a@x (der =?UTF-8?B?w5w=?= (nie) ja)"},
		{"Grüne: a@bücher.example, \"q r\"@x;",
			"=?UTF-8?B?R3LDvG5l?=: a@xn--bcher-kva.example, \"q r\"@x;"},
		{"Ü.Ö <a@x>", "=?UTF-8?B?w5wuw5Y=?= <a@x>"},
		{"J.Ö <a@x>", "J. =?UTF-8?B?w5Y=?= <a@x>"},
		{"ü@x", NULL},
		{"Ü <a@x", NULL},
		{"\xff <a@x>", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = rp_mailbox_list_to_ascii(rows[i].list);

		say(rows[i].list);
		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

/* What people read. Letters of several scripts in a label could be another domain's. */
static void
test_shown(void)
{
	static const struct {
		const char *address, *want;
	} rows[] = {
		{"a@x.example", "a@x.example"},
		{"", ""},
		{"<>", "<>"},
		{"a@[192.0.2.1]", "a@[192.0.2.1]"},
		{"xn--a@x.example", "xn--a@x.example"},
		{"h@xn--bcher-kva.example", "h@b\303\274cher.example"},
		{"h@XN--BCHER-KVA.example", "h@XN--BCHER-KVA.example"},
		{"a@xn--r8jz45g.xn--zckzah",
			"a@\344\276\213\343\201\210.\343\203\206\343\202\271\343\203\210"},
		/* a Cyrillic letter in a Latin word, as in a false apple.com */
		{"a@xn--pple-43d.com", "a@xn--pple-43d.com"},
		/* Cyrillic alone: another false apple.com; a domain that is Russian to its end */
		{"a@xn--80ak6aa92e.com", "a@xn--80ak6aa92e.com"},
		{"a@xn--e1afmkfd.xn--p1ai", "a@\320\277\321\200\320\270\320\274\320\265\321\200."
					    "\321\200\321\204"},
		/* no label that there can be */
		{"a@xn--\377.example", "a@xn--\377.example"},
		{"a@xn--a.example", "a@xn--a.example"},
		{"a@xn--.example", "a@xn--.example"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = rp_mailbox_shown(rows[i].address);

		say(rows[i].address);
		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mailbox/single", test_single);
	g_test_add_func("/mailbox/stable", test_stable);
	g_test_add_func("/mailbox/domains", test_domains);
	g_test_add_func("/mailbox/every-character", test_every_character);
	g_test_add_data_func("/mailbox/locale/turkish", "tr_TR.UTF-8", test_locale);
	g_test_add_data_func("/mailbox/locale/lithuanian", "lt_LT.UTF-8", test_locale);
	g_test_add_func("/mailbox/paths", test_paths);
	g_test_add_func("/mailbox/lists", test_lists);
	g_test_add_func("/mailbox/bad-lists", test_bad_lists);
	g_test_add_func("/mailbox/first", test_first);
	g_test_add_func("/mailbox/nul", test_nul);
	g_test_add_func("/mailbox/large", test_large);
	g_test_add_func("/mailbox/to-ascii", test_to_ascii);
	g_test_add_func("/mailbox/shown", test_shown);
	return g_test_run();
}
