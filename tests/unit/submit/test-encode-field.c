/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/submit.h"

/* Lists of addresses in ASCII; how each word is encoded is in the core's tests. */

static void
test_lists(void)
{
	static const struct {
		const char *name, *value, *want;
	} rows[] = {
		{"To", "Müller <a..b@docomo.example>, Jörg <x@y.example>",
			"=?UTF-8?B?TcO8bGxlcg==?= <a..b@docomo.example>, "
			"=?UTF-8?B?SsO2cmc=?= <x@y.example>"},
		{"cC", "Jörg <a@x>; Ü <b@y>", "=?UTF-8?B?SsO2cmc=?= <a@x>; =?UTF-8?B?w5w=?= <b@y>"},
		{"Reply-To", "a@x (J\xf6rg)", "a@x (=?UTF-8?B?SsO2cmc=?=)"},
		{"From", "T <t@bücher.example>", "T <t@xn--bcher-kva.example>"},
		{"From", "ü@x.example", NULL},
		{"To", "Ü <a@x>, \"b", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = rp_submit_encode_field(rows[i].name, rows[i].value);

		g_test_message("row %u", i);
		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/encode-field/lists", test_lists);
	return g_test_run();
}
