/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-server.h"

#include <string.h>

/* Sessions that are begun before anybody has mail for them: how far they go, and who takes them. */

typedef struct {
	const char *name;
	const char *script;
	RpTls tls;
	const char *password;
	const char *until;      /* in the server's log before a delivery is begun */
	const char *not_before; /* not in it then; NULL: nothing else */
	guint n_connections;    /* in all */
	const char *want;
} Case;

#define AUTH "\"auth\": [\"PLAIN\"]"

static const Case cases[] = {
	{"goes-on", "{}", RP_TLS_OFF, NULL, "EHLO", "MAIL", 1, "accepted, accepted | ok"},
	{"logged-in-over-verified-tls", "{\"tls\": \"starttls\", " AUTH "}", RP_TLS_REQUIRED,
		"geheim", "AUTH", "MAIL", 1, "accepted, accepted | ok"},
	{"no-login-without-tls", "{" AUTH "}", RP_TLS_OFF, "geheim", "EHLO", "AUTH", 1,
		"accepted, accepted | ok"},
	{"one-that-failed-says-nothing",
		"{\"replies\": {\"X\": \"x\"}, \"first\": {\"EHLO\": \"421 4.3.2 busy\"}}",
		RP_TLS_OFF, NULL, "EHLO", "MAIL", 2, "accepted, accepted | ok"},
	{"refused-login-says-nothing",
		"{\"tls\": \"starttls\", " AUTH ", \"first\": {\"AUTH\": \"535 5.7.8 no\"}}",
		RP_TLS_REQUIRED, "geheim", "AUTH", "MAIL", 2, "accepted, accepted | ok"},
	{"spoken-to-meanwhile", "{\"unasked\": \"421 4.4.2 timeout\"}", RP_TLS_OFF, NULL, "unasked",
		"MAIL", 2, "accepted, accepted | ok"},
};

/* What the server has noted it answers at once, if it comes to that: each question to it is a turn
 * for the thread that answers, and what that has sent is read in between. */
static void
settle(guint16 port)
{
	for (guint i = 0; i < 50; i++) {
		g_autofree char *log = fake_log(port);

		while (g_main_context_iteration(NULL, FALSE))
			;
	}
}

static void
wait_for_log(guint16 port, const char *text)
{
	gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
	gboolean there = FALSE;

	while (!there) {
		g_autofree char *log = fake_log(port);

		g_assert_cmpint(g_get_monotonic_time(), <, end);
		there = strstr(log, text) != NULL;
		g_main_context_iteration(NULL, FALSE);
	}
	settle(port);
}

static guint
n_connections(guint16 port)
{
	g_autofree char *log = fake_log(port);
	g_auto(GStrv) parts = g_strsplit(log, "<connection>", -1);

	return MAX(g_strv_length(parts), 1) - 1;
}

static RpServerSet *
set_of(const Case *test, guint16 port)
{
	RpServerSet *set = fake_set(port);

	set->smtp_tls = test->tls;
	set->tls_ca_file = test->tls == RP_TLS_OFF ? NULL : g_strdup(fake_cert("good"));
	if (test->password) {
		set->smtp_login.user = g_strdup("taro");
		set->smtp_login.password = g_strdup(test->password);
	}
	return set;
}

static void
make_transport(FakeDelivery *run)
{
	g_autoptr(GError) error = NULL;

	run->transport = rp_transport_new(&error);
	g_assert_no_error(error);
	rp_transport_set_times(run->transport, &fake_times);
	run->n_messages = 1; /* to two recipients */
}

static void
test_case(gconstpointer data)
{
	const Case *test = data;
	guint16 port = fake_server(test->script);
	g_autoptr(RpServerSet) set = set_of(test, port);
	RpSessionWish wish = {.set = set, .n = 1, .route = fake_route};
	g_autofree char *log = NULL;
	FakeDelivery run = {0};

	make_transport(&run);
	rp_transport_prepare(run.transport, &wish, 1);
	if (g_str_equal(test->until, "unasked")) {
		wait_for_log(port, "EHLO");
		fake_go(port);
	}
	wait_for_log(port, test->until);
	log = fake_log(port);
	g_assert_null(strstr(log, test->not_before));
	rp_transport_prepare(run.transport, &wish, 1); /* it is the same one */
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==, test->want);
	g_assert_cmpuint(n_connections(port), ==, test->n_connections);
	g_assert_cmpint(run.prepared, ==, test->n_connections == 1);
	g_assert_cmpuint(fake_n_mails(port), ==, 1);
	fake_delivery_clear(&run);
}

/* Another way, or another server, is another session. */
static void
test_others(void)
{
	guint16 port = fake_server("{}");
	g_autoptr(RpServerSet) set = fake_set(port);
	RpSessionWish wish = {.set = set, .n = 1, .route.family = RP_FAMILY_IPV4};
	FakeDelivery run = {0};

	make_transport(&run);
	rp_transport_prepare(run.transport, &wish, 1);
	wait_for_log(port, "EHLO");
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpuint(n_connections(port), ==, 2);
	fake_delivery_clear(&run);
}

/* So many by a transport of their own, up to EHLO at least. */
static void
prepare(FakeDelivery *run, const RpSessionWish *wish, guint16 port)
{
	make_transport(run);
	rp_transport_prepare(run->transport, wish, 1);
	wait_for_log(port, "EHLO");
}

/* What is not wished for any more is closed, and not taken. */
static void
test_dropped(void)
{
	guint16 port = fake_server("{}");
	g_autoptr(RpServerSet) set = fake_set(port);
	RpSessionWish wish = {.set = set, .n = 1, .route = fake_route};
	FakeDelivery run = {0};

	prepare(&run, &wish, port);
	rp_transport_prepare(run.transport, NULL, 0);
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpuint(n_connections(port), ==, 2);
	fake_delivery_clear(&run);
}

static void
wait_for_connections(guint16 port, guint n)
{
	gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	while (n_connections(port) < n) {
		g_assert_cmpint(g_get_monotonic_time(), <, end);
		g_main_context_iteration(NULL, FALSE);
	}
	settle(port);
}

/* Several at once; and where those were in vain, one. */
static void
test_several(void)
{
	guint16 port = fake_server("{}");
	g_autoptr(RpServerSet) set = fake_set(port);
	RpSessionWish wish = {.set = set, .n = 4, .route = fake_route};
	FakeDelivery run = {0};

	prepare(&run, &wish, port);
	wait_for_connections(port, 4);
	rp_transport_prepare(run.transport, &wish, 1); /* they are the same ones */
	settle(port);
	g_assert_cmpuint(n_connections(port), ==, 4);
	rp_transport_prepare(run.transport, NULL, 0);
	rp_transport_prepare(run.transport, &wish, 1);
	wait_for_connections(port, 5);
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_true(run.prepared);
	g_assert_cmpuint(n_connections(port), ==, 5);
	fake_delivery_clear(&run);
}

/* Places that come and go: a few times a minute, and what is taken is not counted. */
static void
test_in_vain(void)
{
	guint16 port = fake_server("{}");
	g_autoptr(RpServerSet) set = fake_set(port);
	RpSessionWish wish = {.set = set, .n = 1, .route = fake_route};
	FakeDelivery run = {0};

	make_transport(&run);
	for (guint i = 1; i <= 5; i++) {
		rp_transport_prepare(run.transport, &wish, 1);
		wait_for_connections(port, MIN(i, 3));
		rp_transport_prepare(run.transport, NULL, 0);
	}
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpuint(n_connections(port), ==, 4);
	fake_delivery_clear(&run);
}

/* Where somebody may answer for all servers. */
static void
test_proven_only(void)
{
	guint16 open = fake_server("{}"), proven = fake_server("{\"tls\": \"starttls\"}");
	g_autoptr(RpServerSet) plain = fake_set(open);
	g_autoptr(RpServerSet) secure = fake_set(proven);
	RpSessionWish wishes[] = {{.set = plain, .n = 1, .route = fake_route, .proven_only = TRUE},
		{.set = secure, .n = 1, .route = fake_route, .proven_only = TRUE}};
	FakeDelivery run = {0};

	make_transport(&run);
	g_free(secure->name);
	secure->name = g_strdup("secure");
	secure->smtp_tls = RP_TLS_REQUIRED;
	secure->tls_ca_file = g_strdup(fake_cert("good"));
	rp_transport_prepare(run.transport, wishes, 2);
	wait_for_log(proven, "STARTTLS");
	g_assert_cmpuint(n_connections(open), ==, 0);
	/* One that was begun when nothing was being checked goes on. */
	wishes[0].proven_only = FALSE;
	rp_transport_prepare(run.transport, wishes, 2);
	wait_for_log(open, "EHLO");
	wishes[0].proven_only = TRUE;
	rp_transport_prepare(run.transport, wishes, 2);
	fake_delivery_run(&run, plain, &fake_route, NULL);
	g_assert_cmpuint(n_connections(open), ==, 1);
	fake_delivery_clear(&run);
}

int
main(int argc, char **argv)
{
	gint result;

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/transport/prepared/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/transport/prepared/others", test_others);
	g_test_add_func("/transport/prepared/dropped", test_dropped);
	g_test_add_func("/transport/prepared/several", test_several);
	g_test_add_func("/transport/prepared/in-vain", test_in_vain);
	g_test_add_func("/transport/prepared/proven-only", test_proven_only);
	result = g_test_run();
	fake_stop();
	return result;
}
