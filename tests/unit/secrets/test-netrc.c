/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/netrc.h"

#include <glib/gstdio.h>
#include <string.h>

/* The grammar of netrc files, row by row. */

#define BROKEN "broken:"
#define ABSENT "absent"

typedef struct {
	const char *text;
	const char
		*want; /* the password of taro at mail.odn.example, ABSENT, or BROKEN and a line */
} Row;

static const Row rows[] = {
	{"", ABSENT},
	{"machine mail.odn.example login taro password geheim", "geheim"},
	{"machine mail.odn.example\r\n\tlogin taro\r\n\tpassword geheim\r\n", "geheim"},
	{"machine MAIL.ODN.example login taro password geheim", "geheim"},
	{"machine mail.odn.example password geheim login taro", "geheim"},
	{"machine mail.odn.example login taro account x password geheim", "geheim"},
	/* whose it is */
	{"machine mail.odn.example login hanako password no", ABSENT},
	{"machine mail.odn.example login Taro password no", ABSENT},
	{"machine mail.odn.example login hanako password no\n"
	 "machine mail.odn.example login taro password geheim",
		"geheim"},
	{"machine mail.odn.example password geheim", "geheim"},
	{"machine other.example login taro password no\n", ABSENT},
	{"machine other.example login taro password no default login taro password geheim",
		"geheim"},
	{"machine mail.odn.example login taro password geheim default login taro password no",
		"geheim"},
	{"machine mail.odn.example login taro\ndefault login hanako password no", ABSENT},
	{"machine odn.example login taro password no", ABSENT},
	{"machine mail.odn.example login taro password a\nmachine mail.odn.example login taro "
	 "password b",
		"a"},
	/* quotes */
	{"machine \"mail.odn.example\" login \"taro\" password \"ge heim\"", "ge heim"},
	{"machine mail.odn.example login taro password \"a\\\"b\\\\c\\td\"", "a\"b\\c\td"},
	{"machine mail.odn.example login taro password a\"b", "a\"b"},
	{"machine mail.odn.example login taro password a\\b", "a\\b"},
	{"machine mail.odn.example login taro password \"\"", ""},
	{"machine mail.odn.example login taro password \"open\n", BROKEN "1"},
	{"machine mail.odn.example login taro password \"open\\", BROKEN "1"},
	/* comments: where no value is due */
	{"# of taro\nmachine mail.odn.example login taro password geheim # mine\n", "geheim"},
	{"machine mail.odn.example login taro password #geheim\n", "#geheim"},
	{"machine mail.odn.example # password no\n login taro password geheim", "geheim"},
	{"#machine mail.odn.example login taro password no", ABSENT},
	/* as they are reported: curl 8908 and 8937, swift-package-manager 8109, apigeetool 134,
	 * cadaver 75, lftp 585 */
	{"machine mail.odn.example login taro password \"super secret\"", "super secret"},
	{"machine mail.odn.example login taro password \"we #erty\" #a comment", "we #erty"},
	{"machine mail.odn.example login taro password test#123", "test#123"},
	{"machine mail.odn.example login taro password random\"-with-quote", "random\"-with-quote"},
	{"machine mail.odn.example login taro password Many is more than one.", BROKEN "1"},
	{"machine mail.odn.example login taro password 'a b'", BROKEN "1"},
	/* macros */
	{"machine other.example\nmacdef init\nmachine mail.odn.example login taro password no\n\n"
	 "machine mail.odn.example login taro password geheim",
		"geheim"},
	{"macdef init\nmachine mail.odn.example login taro password no", ABSENT},
	{"macdef init\r\nput\r\n\r\nmachine mail.odn.example login taro password geheim", "geheim"},
	/* words that are values */
	{"machine mail.odn.example login taro password password", "password"},
	{"machine password login taro password no machine mail.odn.example login taro password "
	 "machine",
		"machine"},
	{"machine mail.odn.example login default password no", ABSENT},
	/* what is none */
	{"machine mail.odn.example login taro passwd geheim\n", BROKEN "1"},
	{"machine mail.odn.example\nlogin taro\nport 587\npassword geheim\n", BROKEN "3"},
	{"machine", BROKEN "1"},
	{"machine mail.odn.example login taro password", BROKEN "1"},
	{"hello", BROKEN "1"},
	/* UTF-8 */
	{"machine mail.odn.example login taro password 秘密", "秘密"},
};

static char *
found(const char *text)
{
	g_autoptr(RpSecret) password = NULL;
	guint line = 0;

	switch (rp_netrc_find(text, "mail.odn.example", "taro", &password, &line)) {
	case RP_NETRC_FOUND:
		return g_strdup(password);
	case RP_NETRC_ABSENT:
		g_assert_null(password);
		return g_strdup(ABSENT);
	case RP_NETRC_BROKEN:
		g_assert_null(password);
		return g_strdup_printf(BROKEN "%u", line);
	}
	return NULL;
}

static void
test_rows(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = found(rows[i].text);

		if (!g_str_equal(got, rows[i].want))
			g_error("got %s, want %s, of: %s", got, rows[i].want, rows[i].text);
	}
}

/* Whatever is in it: nothing is read behind its end. */
static void
test_any(void)
{
	static const char *const words[] = {"machine", "mail.odn.example", "default", "login",
		"taro", "password", "\"", "\\", "macdef", "\n", " ", "#", "account", "\r\n"};

	for (guint i = 0; i < 20000; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		guint n = (guint)g_test_rand_int_range(0, 12);

		for (guint k = 0; k < n; k++)
			g_string_append_printf(text, "%s%s",
				words[g_test_rand_int_range(0, G_N_ELEMENTS(words))],
				g_test_rand_bit() ? " " : "");
		g_autofree char *got = found(text->str);
		g_assert_nonnull(got);
	}
}

static void
test_file(void)
{
	g_autofree char *path = NULL;
	g_autoptr(RpSecret) password = NULL;
	g_autoptr(GError) error = NULL;
	int fd = g_file_open_tmp("netrc-XXXXXX", &path, NULL);

	g_close(fd, NULL);
	g_assert_true(g_file_set_contents(path, "default login taro password geheim", -1, NULL));
	g_chmod(path, 0600);
	g_assert_cmpint(rp_netrc_look_up(path, "x", "taro", &password, &error), ==, RP_NETRC_FOUND);
	g_assert_cmpstr(password, ==, "geheim");
	g_clear_pointer(&password, rp_secret_free);
	g_chmod(path, 0604);
	g_assert_cmpint(
		rp_netrc_look_up(path, "x", "taro", &password, &error), ==, RP_NETRC_BROKEN);
	g_assert_nonnull(strstr(error->message, "chmod 600"));
	g_unlink(path);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/netrc/rows", test_rows);
	g_test_add_func("/netrc/any", test_any);
	g_test_add_func("/netrc/file", test_file);
	return g_test_run();
}
