/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

static void
test_strings(void)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
		{NULL, "null"},
		{"", "\"\""},
		{"plain", "\"plain\""},
		{"a\"b\\c", "\"a\\\"b\\\\c\""},
		{"tab\tline\nreturn\r\b\f", "\"tab\\tline\\nreturn\\r\\b\\f\""},
		{"\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\""},
		{"日本語 é", "\"日本語 é\""},
		{"bad\xff\"end", "\"bad\xef\xbf\xbd\\\"end\""},
		{"cut\xe3\x81", "\"cut\xef\xbf\xbd\xef\xbf\xbd\""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		RpJson json;

		rp_json_init(&json, out);
		rp_json_string(&json, NULL, rows[i].value);
		g_assert_cmpstr(out->str, ==, rows[i].want);
	}
}

static void
test_structure(void)
{
	const char *const list[] = {"x", "y", NULL};
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	rp_json_int(&json, "low", G_MININT64);
	rp_json_bool(&json, "yes", TRUE);
	rp_json_bool(&json, "no", FALSE);
	rp_json_null(&json, "none");
	rp_json_strv(&json, "list", list);
	rp_json_strv(&json, "empty", NULL);
	rp_json_begin_array(&json, "nested");
	rp_json_begin_object(&json, NULL);
	rp_json_end_object(&json);
	rp_json_begin_array(&json, NULL);
	rp_json_end_array(&json);
	rp_json_int(&json, NULL, 7);
	rp_json_end_array(&json);
	rp_json_raw(&json, "raw", "{\"a\":1}");
	rp_json_string(&json, "na\"me", "v");
	rp_json_end_object(&json);
	g_assert_cmpstr(out->str, ==,
		"{\"low\":-9223372036854775808,\"yes\":true,\"no\":false,\"none\":null,"
		"\"list\":[\"x\",\"y\"],\"empty\":[],\"nested\":[{},[],7],"
		"\"raw\":{\"a\":1},\"na\\\"me\":\"v\"}");
	g_assert_cmpuint(json.depth, ==, 0);
}

static void
test_unbalanced(void)
{
	if (g_test_subprocess()) {
		g_autoptr(GString) out = g_string_new(NULL);
		RpJson json;

		rp_json_init(&json, out);
		rp_json_end_object(&json);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_failed();
	g_test_trap_assert_stderr("*depth > 0*");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/json/strings", test_strings);
	g_test_add_func("/base/json/structure", test_structure);
	g_test_add_func("/base/json/unbalanced", test_unbalanced);
	return g_test_run();
}
