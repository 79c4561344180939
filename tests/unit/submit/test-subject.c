/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/submit.h"

/* What is kept of a Subject: what people wrote, harmless, and not too much of it. */

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static const struct {
	const char *value, *want;
} rows[] = {
	{NULL, NULL},
	{"", ""},
	{"Lunch at 12?", "Lunch at 12?"},
	{"  many \t blanks  ", "many blanks"},
	/* Written by mutt, Thunderbird and Gmail, as RFC 2047 has it: between two words no blank.
	 */
	{"=?UTF-8?B?5pi86aOf?=", "昼食"},
	{"=?utf-8?q?Gr=C3=BC=C3=9Fe?= aus =?iso-8859-1?Q?K=F6ln?=", "Grüße aus Köln"},
	{"=?ISO-2022-JP?B?GyRCQ2s/KRsoQg==?= =?ISO-2022-JP?B?GyRCQ2s/KRsoQg==?=", "昼食昼食"},
	/* As GMime of Debian 12 does not read them by itself (its issue 133), and words cut in the
	 * middle of a character, or of an octet, as some send them (vmime's issues 98 and 103). */
	{"=?UTF-8?B?SGVsbG8=?= =?UTF-8?B?IHdvcmxk?=", "Hello world"},
	{"=?utf-8?B?b2LD?= =?UTF-8?B?pHI=?= x", "obär x"},
	{"=?utf-8?B?5Lit5?=  =?utf-8?B?paH?=", "中文"},
	{"=?utf-8?B?YQ==?= =?utf-8?B?YQ==?= b =?utf-8?B?YQ==?=", "aa b a"},
	{"Re: =?windows-1251?Q?=EF=F0=E8=E2=E5=F2?=", "Re: привет"},
	/* Raw: UTF-8, and what is most likely Latin-1. */
	{"Grüße", "Grüße"},
	{"Gr\xfc\xdf"
	 "e",
		"Grüße"},
	/* What can't be read stays as it is. */
	{"=?x-no-such?B?AAAA?= =?", NULL},
	/* It must not drive a terminal, begin a line of its own or turn round what is beside it. */
	{"=?UTF-8?B?G10wO3gHaGk=?=", "]0;x hi"},
	{"=?UTF-8?Q?a=0D=0AFrom:_b?=", "a From: b"},
	{"a\u202eb\u2028c", "a b c"},
	{FIFTY FIFTY FIFTY FIFTY, FIFTY FIFTY FIFTY FIFTY},
	{FIFTY FIFTY FIFTY FIFTY "0", FIFTY FIFTY FIFTY TEN TEN TEN TEN "012345678…"},
	{FIFTY FIFTY FIFTY FIFTY "    ", FIFTY FIFTY FIFTY FIFTY},
};

static void
test_values(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = rp_submit_subject(rows[i].value);

		g_test_message("row %u: %s", i, got);
		if (rows[i].want || !rows[i].value)
			g_assert_cmpstr(got, ==, rows[i].want);
		g_assert_true(!got || (g_utf8_validate(got, -1, NULL) &&
					      g_utf8_strlen(got, -1) <= RP_SUBJECT_MOST));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/subject/values", test_values);
	return g_test_run();
}
