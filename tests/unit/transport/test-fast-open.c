/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-server.h"

#include <string.h>

/* TCP Fast Open, in a network of its own whose kernel serves it (fast-open.sh): a server that
 * begins with TLS has our ClientHello with the SYN from the second connection on; one that greets
 * first does not. */

static gint64
count(const char *name)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) lines = NULL;

	g_file_get_contents("/proc/net/netstat", &text, NULL, &error);
	g_assert_no_error(error);
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] && lines[i + 1]; i += 2) {
		g_auto(GStrv) names = g_strsplit(lines[i], " ", -1);
		g_auto(GStrv) values = g_strsplit(lines[i + 1], " ", -1);

		for (guint k = 0; names[k] && values[k]; k++)
			if (g_str_equal(names[k], name))
				return g_ascii_strtoll(values[k], NULL, 10);
	}
	g_assert_not_reached();
}

typedef struct {
	const char *name;
	const char *script;
	gboolean implicit;
	guint fast; /* of three sessions */
} Case;

static const Case cases[] = {
	{"smtps", "{\"tls\": \"implicit\", \"fast_open\": 16}", TRUE, 2},
	{"smtps-without", "{\"tls\": \"implicit\"}", TRUE, 0},
	{"starttls", "{\"tls\": \"starttls\", \"fast_open\": 16}", FALSE, 0},
};

static void
test_case(gconstpointer data)
{
	const Case *test = data;
	g_autoptr(RpServerSet) set = fake_set(fake_server(test->script));
	g_autoptr(GError) error = NULL;
	RpTransport *transport = rp_transport_new(&error);
	gint64 before = count("TCPFastOpenActive");

	g_assert_no_error(error);
	rp_transport_set_times(transport, &fake_times);
	set->smtp_tls = RP_TLS_REQUIRED;
	set->tls_ca_file = g_strdup(fake_cert("good"));
	((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->implicit_tls = test->implicit;
	for (guint i = 0; i < 3; i++) {
		FakeDelivery run = {.transport = transport, .n_messages = 1};

		fake_delivery_run(&run, set, &fake_route, NULL);
		g_assert_cmpstr(run.text->str, ==, "accepted, accepted | ok");
		run.transport = NULL;
		fake_delivery_clear(&run);
	}
	g_assert_cmpint(count("TCPFastOpenActive") - before, ==, test->fast);
	rp_transport_free(transport);
}

/* A connection that was opened fast and came to nothing may be the network's fault: the next ones
 * here are opened as ever. */
static void
test_deaf(void)
{
	static const char *const ends[] = {
		"accepted, accepted | ok", "| unreachable", "accepted, accepted | ok"};
	g_autoptr(RpServerSet) set =
		fake_set(fake_server("{\"tls\": \"implicit\", \"fast_open\": 16, \"deaf\": 2}"));
	g_autoptr(GError) error = NULL;
	RpTransport *transport = rp_transport_new(&error);
	RpTransportTimes times = fake_times;
	gint64 before = 0;

	g_assert_no_error(error);
	times.greeting_ms = 6000;
	rp_transport_set_times(transport, &times);
	set->smtp_tls = RP_TLS_REQUIRED;
	set->tls_ca_file = g_strdup(fake_cert("good"));
	((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->implicit_tls = TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		FakeDelivery run = {.transport = transport, .n_messages = 1};

		before = count("TCPFastOpenActive");
		fake_delivery_run(&run, set, &fake_route, NULL);
		g_assert_cmpstr(run.text->str, ==, ends[i]);
		run.transport = NULL;
		fake_delivery_clear(&run);
	}
	g_assert_cmpint(count("TCPFastOpenActive") - before, ==, 0);
	rp_transport_place_changed(transport, "elsewhere");
	FakeDelivery run = {.transport = transport, .n_messages = 1};
	before = count("TCPFastOpenActive");
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpint(count("TCPFastOpenActive") - before, ==, 1);
	fake_delivery_clear(&run);
}

int
main(int argc, char **argv)
{
	gint result;

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/transport/fast-open/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/transport/fast-open/deaf", test_deaf);
	result = g_test_run();
	fake_stop();
	return result;
}
