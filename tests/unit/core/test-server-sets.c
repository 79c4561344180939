/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "roampost/base.h"

#include <string.h>

/* Server sets and providers as the configuration has them: rules, endpoints, and where they are
 * found. */

static void
test_rules(void)
{
	static const struct {
		const char *text, *want, *error;
	} rows[] = {
		{"inside", "inside", NULL},
		{" inside + sender-domain ", "inside+sender-domain", NULL},
		{"anywhere+inside+sender-domain+recipient-domain+pop-login+auth",
			"anywhere+inside+sender-domain+recipient-domain+pop-login+auth", NULL},
		{"", NULL, "empty"},
		{"  ", NULL, "empty"},
		{"inside+", NULL, "empty"},
		{"+inside", NULL, "empty"},
		{"inside+inside", NULL, "twice"},
		{"insde", NULL, "inside"},
		{"pop_login", NULL, "pop-login"},
		{"Inside", NULL, "inside"},
		{"xyzzy", NULL, "xyzzy"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		RpRule *rule = rp_rule_parse(rows[i].text, &error);

		g_test_message("%s", rows[i].text);
		g_assert_cmpstr(rule ? rule->text : NULL, ==, rows[i].want);
		if (rows[i].error) {
			g_assert_error(error, RP_ERROR, RP_ERROR_INVALID);
			g_assert_nonnull(strstr(error->message, rows[i].error));
		}
		rp_rule_free(rule);
	}
}

static char *
show_endpoint(const RpEndpoint *endpoint, const char *scheme)
{
	gboolean brackets = strchr(endpoint->host, ':') != NULL;

	return g_strdup_printf("%s%s://%s%s%s:%u", scheme, endpoint->implicit_tls ? "s" : "",
		brackets ? "[" : "", endpoint->host, brackets ? "]" : "", endpoint->port);
}

static void
test_endpoints(void)
{
	static const struct {
		const char *text, *scheme, *want;
		gboolean implicit_tls;
	} rows[] = {
		{"smtp://mail.odn.example", "smtp", "smtp://mail.odn.example:587", FALSE},
		{"smtps://mail.odn.example", "smtp", "smtps://mail.odn.example:465", TRUE},
		{"smtp://mail.odn.example:25/", "smtp", "smtp://mail.odn.example:25", FALSE},
		{"SMTP://127.0.0.1:2525", "smtp", "smtp://127.0.0.1:2525", FALSE},
		{"smtp://[2001:db8::1]:25", "smtp", "smtp://[2001:db8::1]:25", FALSE},
		{"pop3://pop", "pop3", "pop3://pop:110", FALSE},
		{"pop3s://pop", "pop3", "pop3s://pop:995", TRUE},
		{"pop3://pop", "smtp", NULL},
		{"smtpx://mail", "smtp", NULL},
		{"mail.odn.example", "smtp", NULL},
		{"smtp://", "smtp", NULL},
		{"smtp://mail:0", "smtp", NULL},
		{"smtp://mail:65536", "smtp", NULL},
		{"smtp://user@mail", "smtp", NULL},
		{"smtp://mail/path", "smtp", NULL},
		{"smtp://mail?x", "smtp", NULL},
		{"", "smtp", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		RpEndpoint *endpoint = rp_endpoint_parse(rows[i].text, rows[i].scheme, &error);
		g_autofree char *got = endpoint ? show_endpoint(endpoint, rows[i].scheme) : NULL;

		g_test_message("%s", rows[i].text);
		g_assert_cmpstr(got, ==, rows[i].want);
		if (endpoint)
			g_assert_cmpint(endpoint->implicit_tls, ==, rows[i].implicit_tls);
		else
			g_assert_error(error, RP_ERROR, RP_ERROR_INVALID);
		rp_endpoint_free(endpoint);
	}
}

static void
test_catalogue(void)
{
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(
		"provider b net=10.0.0.0/8\nprovider a net=10.1.0.0/16\nset z provider=b\nset y");
	g_autoptr(RpCatalogue) again = rp_catalogue_ref(catalogue);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));
	RpAddress address;

	g_assert_cmpuint(rp_catalogue_n_providers(again), ==, 2);
	g_assert_cmpuint(rp_catalogue_n_sets(again), ==, 2);
	g_assert_cmpstr(rp_catalogue_provider(again, 0)->name, ==, "a");
	g_assert_cmpstr(rp_catalogue_set(again, 0)->name, ==, "y");
	g_assert_cmpint(rp_catalogue_find_provider(again, "b"), ==, 1);
	g_assert_cmpint(rp_catalogue_find_provider(again, "c"), ==, -1);
	g_assert_cmpint(rp_catalogue_find_provider(again, NULL), ==, -1);
	g_assert_cmpint(rp_catalogue_find_set(again, "z"), ==, 1);
	g_assert_cmpint(rp_catalogue_set_provider(again, 0), ==, -1);
	g_assert_cmpint(rp_catalogue_set_provider(again, 1), ==, 1);
	g_assert_true(rp_address_parse("10.1.2.3", &address));
	rp_catalogue_lookup(again, &address, found);
	g_assert_cmpuint(found->len, ==, 2);
	g_assert_cmpuint(g_array_index(found, RpPrefixEntry, 0).value, ==, 0);
	g_assert_cmpuint(g_array_index(found, RpPrefixEntry, 1).value, ==, 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/server-sets/rules", test_rules);
	g_test_add_func("/server-sets/endpoints", test_endpoints);
	g_test_add_func("/server-sets/catalogue", test_catalogue);
	return g_test_run();
}
