/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-server.h"

#include <string.h>

typedef struct {
	const char *name;
	const char *script;
	RpTls tls;
	gboolean implicit;
	const char *ca;
	const char *password;
	const char *banner;
	RpSessionResult want;
	const char *log; /* whole; NULL: not looked at */
	RpAuth auth;
	const char *detail; /* a part of it */
} Case;

#define TLS "\"proto\": \"pop\", \"tls\": \"starttls\""
#define C "<connection>\n"

static const Case cases[] = {
	{"user and pass", "{\"proto\": \"pop\"}", RP_TLS_OFF, .password = "geheim",
		.want = RP_SESSION_OK, .log = C "CAPA\nUSER taro\nPASS\nQUIT\n"},
	{"sasl", "{\"proto\": \"pop\", \"auth\": [\"PLAIN\", \"LOGIN\"]}", RP_TLS_OFF,
		.password = "geheim", .want = RP_SESSION_OK, .log = C "CAPA\nAUTH\nQUIT\n"},
	{"gssapi beside plain", "{\"proto\": \"pop\", \"auth\": [\"GSSAPI\", \"NTLM\", \"PLAIN\"]}",
		RP_TLS_OFF, .password = "geheim", .want = RP_SESSION_OK,
		.log = C "CAPA\nAUTH\nQUIT\n"},
	{"no CAPA", "{\"proto\": \"pop\", \"replies\": {\"CAPA\": \"-ERR what?\"}}", RP_TLS_OFF,
		.password = "geheim", .want = RP_SESSION_OK,
		.log = C "CAPA\nUSER taro\nPASS\nQUIT\n"},
	{"stls", "{" TLS "}", RP_TLS_REQUIRED, .ca = "good", .password = "geheim",
		.want = RP_SESSION_OK},
	{"pop3s", "{\"proto\": \"pop\", \"tls\": \"implicit\"}", RP_TLS_REQUIRED, TRUE, "good",
		"geheim", .want = RP_SESSION_OK},
	{"wrong password", "{\"proto\": \"pop\"}", RP_TLS_OFF, .password = "falsch",
		.want = RP_SESSION_AUTH_FAILED},
	{"in use",
		"{\"proto\": \"pop\", \"replies\": {\"PASS\": \"-ERR [IN-USE] Mailbox is "
		"locked\"}}",
		RP_TLS_OFF, .password = "geheim", .want = RP_SESSION_AUTH_TEMPORARY},
	{"temporary",
		"{\"proto\": \"pop\", \"replies\": {\"PASS\": \"-ERR [SYS/TEMP] try again\"}}",
		RP_TLS_OFF, .password = "geheim", .want = RP_SESSION_AUTH_TEMPORARY},
	{"no stls", "{\"proto\": \"pop\"}", RP_TLS_REQUIRED, .ca = "good", .password = "geheim",
		.want = RP_SESSION_TLS_UNAVAILABLE, .log = C "CAPA\n"},
	{"foreign certificate", "{" TLS ", \"cert\": \"other\"}", RP_TLS_REQUIRED, .ca = "good",
		.password = "geheim", .want = RP_SESSION_INTERCEPTED},
	{"foreign banner", "{\"proto\": \"pop\", \"banner\": \"+OK <1.2@pop.evil.example>\"}",
		RP_TLS_OFF, .password = "geheim", .banner = "odn.example",
		.want = RP_SESSION_INTERCEPTED, .log = C},
	{"a banner without a name", "{\"proto\": \"pop\", \"banner\": \"+OK ready\"}", RP_TLS_OFF,
		.password = "geheim", .banner = "odn.example", .want = RP_SESSION_INTERCEPTED,
		.log = C},
	{"own banner",
		"{\"proto\": \"pop\", \"banner\": \"+OK <1.2@pop.odn.example>\", "
		"\"replies\": {\"APOP\": \"+OK in\"}}",
		RP_TLS_OFF, .password = "geheim", .banner = "odn.example", .want = RP_SESSION_OK},
	{"own name, and another was remembered",
		"{\"proto\": \"pop\", \"banner\": \"+OK <1.2@127.0.0.1>\", "
		"\"replies\": {\"APOP\": \"+OK in\"}}",
		RP_TLS_OFF, .password = "geheim", .banner = "hotel.example", .want = RP_SESSION_OK},
	/* somebody in between would answer so */
	{"a refused APOP",
		"{\"proto\": \"pop\", \"banner\": \"+OK <1.2@pop.odn.example>\", "
		"\"replies\": {\"APOP\": \"-ERR no\"}}",
		RP_TLS_OFF, .password = "geheim", .want = RP_SESSION_AUTH_FAILED,
		.log = C "CAPA\nAPOP\n", .detail = "pop-auth=user"},
	{"APOP is left out",
		"{\"proto\": \"pop\", \"banner\": \"+OK <1.2@pop.odn.example>\", "
		"\"replies\": {\"APOP\": \"-ERR no\"}}",
		RP_TLS_OFF, .password = "geheim", .auth = RP_AUTH_USER, .want = RP_SESSION_OK,
		.log = C "CAPA\nUSER taro\nPASS\nQUIT\n"},
	{"a broken APOP under verified TLS",
		"{" TLS ", \"banner\": \"+OK <1.2@pop.odn.example>\", "
		"\"replies\": {\"APOP\": \"-ERR no\"}}",
		RP_TLS_REQUIRED, .ca = "good", .password = "geheim", .want = RP_SESSION_OK},
	{"words that tell nothing",
		"{\"proto\": \"pop\", \"replies\": {\"PASS\": \"-ERR the moon is full\"}}",
		RP_TLS_OFF, .password = "geheim", .want = RP_SESSION_AUTH_UNCLEAR,
		.detail = "the moon is full"},
	{"for good, and not the password",
		"{\"proto\": \"pop\", \"replies\": {\"PASS\": \"-ERR [SYS/PERM] no drop\"}}",
		RP_TLS_OFF, .password = "geheim", .want = RP_SESSION_REJECTED},
	{"an expired token", "{\"proto\": \"pop\", \"auth\": [\"XOAUTH2\"]}", RP_TLS_OFF,
		.password = "geheim", .auth = RP_AUTH_XOAUTH2, .want = RP_SESSION_AUTH_FAILED,
		.detail = "its token is refused"},
	{"no login of that kind", "{\"proto\": \"pop\", \"auth\": [\"PLAIN\"]}", RP_TLS_OFF,
		.password = "geheim", .auth = RP_AUTH_SCRAM_SHA_256,
		.want = RP_SESSION_AUTH_MISSING, .log = C "CAPA\n",
		.detail = "does not offer SCRAM-SHA-256"},
	{"closes", "{\"proto\": \"pop\", \"replies\": {\"BANNER\": \"@close\"}}", RP_TLS_OFF,
		.password = "geheim", .want = RP_SESSION_UNREACHABLE},
	{"refused at the banner", "{\"proto\": \"pop\", \"banner\": \"-ERR [SYS/TEMP] no more\"}",
		RP_TLS_OFF, .password = "geheim", .want = RP_SESSION_TRY_LATER},
	{"closes at QUIT", "{\"proto\": \"pop\", \"replies\": {\"QUIT\": \"@close\"}}", RP_TLS_OFF,
		.password = "geheim", .want = RP_SESSION_OK},
	{"silent at QUIT", "{\"proto\": \"pop\", \"replies\": {\"QUIT\": \"@stall\"}}", RP_TLS_OFF,
		.password = "geheim", .want = RP_SESSION_OK},
	{"stalls", "{\"proto\": \"pop\", \"replies\": {\"PASS\": \"@stall\"}}", RP_TLS_OFF,
		.password = "geheim", .want = RP_SESSION_LOST},
	{"no password", "{\"proto\": \"pop\"}", RP_TLS_OFF,
		.want = RP_SESSION_CREDENTIALS_UNAVAILABLE, .log = ""},
};

typedef struct {
	GMainLoop *loop;
	RpSessionResult result;
	char *detail;
	gboolean done;
	RpAddress local;
} Run;

static void
on_done(RpPopLogin *login, const RpSessionReport *report, gpointer user)
{
	Run *run = user;
	run->done = TRUE;
	run->result = report->result;
	run->detail = g_strdup(report->detail);
	run->local = report->local;
	g_main_loop_quit(run->loop);
}

static RpServerSet *
pop_set(guint16 port, const Case *c)
{
	RpServerSet *set = fake_set(25);
	set->pop = g_new0(RpEndpoint, 1);
	set->pop->host = g_strdup("127.0.0.1");
	set->pop->port = port;
	set->pop->implicit_tls = c->implicit;
	set->pop_tls = c->tls;
	set->pop_auth = c->auth;
	set->pop_login.user = g_strdup("taro");
	set->pop_login.password = g_strdup(c->password);
	set->tls_ca_file = c->ca ? g_strdup(fake_cert(c->ca)) : NULL;
	return set;
}

static void
test_case(gconstpointer data)
{
	const Case *c = data;
	guint16 port = fake_server(c->script);
	g_autoptr(RpServerSet) set = pop_set(port, c);
	g_autoptr(RpTransport) transport = rp_transport_new(NULL);
	Run run = {.loop = g_main_loop_new(NULL, FALSE)};
	RpTransportTimes times = fake_times_of(c->script);
	rp_transport_set_times(transport, &times);
	rp_transport_pop_login(transport, set, &fake_route,
		&(RpPopLoginOptions){.greetings = c->banner}, on_done, &run);
	g_assert_false(run.done);
	g_main_loop_run(run.loop);
	if (run.detail)
		g_test_message("%s", run.detail);
	g_assert_cmpstr(rp_session_result_name(run.result), ==, rp_session_result_name(c->want));
	if (run.result == RP_SESSION_OK)
		g_assert_true(rp_address_is_loopback(&run.local));
	if (c->detail)
		g_assert_nonnull(strstr(run.detail, c->detail));
	g_autofree char *log = fake_log(port);
	if (c->log)
		g_assert_cmpstr(log, ==, c->log);
	g_free(run.detail);
	g_main_loop_unref(run.loop);
}

/* Who answers as the SMTP server, before the password goes out in clear. */
typedef struct {
	const char *name;
	const char *smtp; /* a script; NULL: nobody listens */
	const char *known;
	RpSessionResult want;
	const char *smtp_log, *pop_log;
	gboolean smtp_tls;
	const char *pop_banner; /* of the known name */
	gboolean for_smtp;
	const char *detail; /* a part of it */
} Look;

#define OWN "{\"replies\": {\"BANNER\": \"220 mail.odn.example ESMTP\"}}"
#define FALSE_ONE "{\"replies\": {\"BANNER\": \"220 wifi.hotel.example ESMTP\"}}"
#define CLOSES "{\"replies\": {\"BANNER\": \"@close\"}}"
#define LOGGED_IN C "CAPA\nUSER taro\nPASS\nQUIT\n"

static const Look looks[] = {
	{"its own", OWN, "odn.example", RP_SESSION_OK, C "EHLO [127.0.0.1]\nQUIT\n", LOGGED_IN},
	{"another", FALSE_ONE, "odn.example", RP_SESSION_INTERCEPTED, C, ""},
	{"another, by TLS", "{\"tls\": \"starttls\", \"cert\": \"other\"}", "",
		RP_SESSION_INTERCEPTED, NULL, "", TRUE},
	{"without the TLS it has", OWN, "", RP_SESSION_TLS_UNAVAILABLE, NULL, "", TRUE},
	{"of a name that is not known", FALSE_ONE, "", RP_SESSION_OK, "", LOGGED_IN},
	{"proven before", FALSE_ONE, NULL, RP_SESSION_OK, "", LOGGED_IN},
	{"the POP server has a name", FALSE_ONE, "odn.example", RP_SESSION_INTERCEPTED, "", C,
		.pop_banner = "odn.example"},
	{"it asks for the login at once, in its name",
		"{\"replies\": {\"BANNER\": \"554 mail.odn.example POP first\"}}", "odn.example",
		RP_SESSION_OK, NULL, LOGGED_IN, .for_smtp = TRUE},
	{"so, and it has TLS later",
		"{\"replies\": {\"BANNER\": \"421 mail.odn.example POP first\"}}", "odn.example",
		RP_SESSION_OK, NULL, LOGGED_IN, TRUE},
	{"it refuses at once, and names nobody", "{\"replies\": {\"BANNER\": \"554 POP first\"}}",
		"odn.example", RP_SESSION_UNPROVEN, NULL, "", .for_smtp = TRUE,
		.detail = "could not be made sure of: 127.0.0.1:"},
	{"likewise for now", "{\"replies\": {\"BANNER\": \"421 bye\"}}", "odn.example",
		RP_SESSION_UNPROVEN, NULL, ""},
	{"another refuses", "{\"replies\": {\"BANNER\": \"554 wifi.hotel.example no\"}}",
		"odn.example", RP_SESSION_INTERCEPTED, NULL, "", .for_smtp = TRUE,
		.detail = "was one of odn.example, now it greets with: wifi.hotel.example no"},
	{"another refuses for now", "{\"replies\": {\"BANNER\": \"421 wifi.hotel.example no\"}}",
		"odn.example", RP_SESSION_INTERCEPTED, NULL, ""},
	{"it closes at once", CLOSES, "odn.example", RP_SESSION_UNPROVEN, NULL, "",
		.for_smtp = TRUE},
	{"it closes at once, and has TLS else", CLOSES, "", RP_SESSION_UNPROVEN, NULL, "", TRUE},
	{"it is reset at once", "{\"replies\": {\"BANNER\": \"@reset\"}}", "odn.example",
		RP_SESSION_UNPROVEN, NULL, ""},
	{"it refuses EHLO, in its name",
		"{\"replies\": {\"BANNER\": \"220 mail.odn.example\", \"EHLO\": \"550 POP first\", "
		"\"HELO\": \"550 POP first\"}}",
		"odn.example", RP_SESSION_OK, NULL, LOGGED_IN, .for_smtp = TRUE},
	{"it refuses EHLO where it has TLS",
		"{\"replies\": {\"BANNER\": \"220 mail.odn.example\", \"EHLO\": \"421 no\"}}",
		"odn.example", RP_SESSION_UNPROVEN, NULL, "", TRUE},
	{"another refuses EHLO where it has TLS",
		"{\"replies\": {\"BANNER\": \"220 wifi.hotel.example\", \"EHLO\": \"502 no\"}}",
		"odn.example", RP_SESSION_INTERCEPTED, NULL, "", TRUE},
	{"it has no TLS now",
		"{\"tls\": \"starttls\", \"replies\": {\"BANNER\": \"220 mail.odn.example\", "
		"\"STARTTLS\": \"454 not now\"}}",
		"odn.example", RP_SESSION_UNPROVEN, NULL, "", TRUE},
	{"it closes at STARTTLS",
		"{\"tls\": \"starttls\", \"replies\": {\"BANNER\": \"220 mail.odn.example\", "
		"\"STARTTLS\": \"@close\"}}",
		"odn.example", RP_SESSION_UNPROVEN, NULL, "", TRUE, .for_smtp = TRUE},
	{"it says nothing", "{\"replies\": {\"BANNER\": \"@stall\"}}", "odn.example",
		RP_SESSION_UNPROVEN, NULL, "", .detail = "no greeting came"},
	{"it says nothing, and has TLS else", "{\"replies\": {\"BANNER\": \"@stall\"}}", "",
		RP_SESSION_UNPROVEN, NULL, "", TRUE},
	{"it says nothing, and nothing else is wanted", "{\"replies\": {\"BANNER\": \"@stall\"}}",
		"odn.example", RP_SESSION_UNPROVEN, NULL, "", .for_smtp = TRUE},
	{"it says no more", "{\"replies\": {\"EHLO\": \"@stall\"}}", "", RP_SESSION_UNPROVEN, NULL,
		"", TRUE},
	{"out of reach, and nothing else is wanted", NULL, "odn.example", RP_SESSION_UNREACHABLE,
		NULL, "", .for_smtp = TRUE},
	{"out of reach, and mail is fetched", NULL, "odn.example", RP_SESSION_UNPROVEN, NULL, ""},
	{"out of reach, never seen, and mail is fetched", NULL, "", RP_SESSION_OK, NULL, LOGGED_IN,
		TRUE},
	{"out of reach, and the POP server has its name", NULL, "odn.example",
		RP_SESSION_INTERCEPTED, NULL, C, .pop_banner = "odn.example"},
};

static void
test_look(gconstpointer data)
{
	const Look *look = data;
	const Case c = {.tls = RP_TLS_OFF, .password = "geheim", .ca = "good"};
	guint16 pop = fake_server("{\"proto\": \"pop\"}");
	guint16 smtp = look->smtp ? fake_server(look->smtp) : fake_closed_port();
	g_autoptr(RpServerSet) set = pop_set(pop, &c);
	g_autoptr(RpTransport) transport = rp_transport_new(NULL);
	RpPopLoginOptions options = {.greetings = look->pop_banner,
		.smtp_greetings = look->known,
		.for_smtp = look->for_smtp};
	Run run = {.loop = g_main_loop_new(NULL, FALSE)};

	((RpEndpoint *)set->smtp->pdata[0])->port = smtp;
	set->smtp_tls = look->smtp_tls ? RP_TLS_REQUIRED : RP_TLS_OFF;
	set->smtp_login.user = g_strdup("taro"); /* no login is made there */
	RpTransportTimes times = fake_times;
	if (look->smtp && strstr(look->smtp, "@stall"))
		times.look_ms = 500; /* whatever the waits of its stages are */
	rp_transport_set_times(transport, &times);
	rp_transport_pop_login(transport, set, &fake_route, &options, on_done, &run);
	g_main_loop_run(run.loop);
	g_assert_cmpstr(rp_session_result_name(run.result), ==, rp_session_result_name(look->want));
	g_autofree char *pop_log = fake_log(pop);
	g_assert_cmpstr(pop_log, ==, look->pop_log);
	g_autofree char *smtp_log = look->smtp ? fake_log(smtp) : NULL;
	if (look->smtp_log)
		g_assert_cmpstr(smtp_log, ==, look->smtp_log);
	if (look->detail)
		g_assert_nonnull(strstr(run.detail, look->detail));
	g_free(run.detail);
	g_main_loop_unref(run.loop);
}

static void
log_in(RpTransport *transport, const RpServerSet *set, const char *known, RpSessionResult want)
{
	RpPopLoginOptions options = {.smtp_greetings = known};
	Run run = {.loop = g_main_loop_new(NULL, FALSE)};

	rp_transport_pop_login(transport, set, &fake_route, &options, on_done, &run);
	g_main_loop_run(run.loop);
	g_assert_cmpstr(rp_session_result_name(run.result), ==, rp_session_result_name(want));
	g_free(run.detail);
	g_main_loop_unref(run.loop);
}

/* Who could not be made sure of is not asked again at once: it may have taken long. */
static void
test_look_is_remembered(void)
{
	const Case c = {.tls = RP_TLS_OFF, .password = "geheim"};
	guint16 pop = fake_server("{\"proto\": \"pop\"}"), smtp = fake_server(CLOSES);
	g_autoptr(RpServerSet) set = pop_set(pop, &c);
	g_autoptr(RpTransport) transport = rp_transport_new(NULL);

	((RpEndpoint *)set->smtp->pdata[0])->port = smtp;
	rp_transport_set_times(transport, &fake_times);
	log_in(transport, set, "odn.example", RP_SESSION_UNPROVEN);
	log_in(transport, set, "odn.example", RP_SESSION_UNPROVEN);
	g_autofree char *once = fake_log(smtp);
	g_assert_cmpstr(once, ==, C);
	rp_transport_look_anew(transport);
	log_in(transport, set, "odn.example", RP_SESSION_UNPROVEN);
	g_autofree char *twice = fake_log(smtp);
	g_assert_cmpstr(twice, ==, C C);
	rp_transport_place_changed(transport, "elsewhere");
	log_in(transport, set, "odn.example", RP_SESSION_UNPROVEN);
	g_autofree char *elsewhere = fake_log(smtp);
	g_assert_cmpstr(elsewhere, ==, C C C);
	g_autofree char *none = fake_log(pop);
	g_assert_cmpstr(none, ==, "");
	log_in(transport, set, "", RP_SESSION_OK); /* it was forgotten */
}

static void
test_cancel(void)
{
	guint16 port = fake_server("{\"proto\": \"pop\", \"replies\": {\"BANNER\": \"@stall\"}}");
	g_autoptr(RpServerSet) set = pop_set(port, &cases[0]);
	g_autoptr(RpTransport) transport = rp_transport_new(NULL);
	Run run = {0};
	RpPopLogin *login =
		rp_transport_pop_login(transport, set, &fake_route, NULL, on_done, &run);
	rp_pop_login_cancel(login);
	rp_transport_pop_login(transport, set, &fake_route, NULL, on_done, &run);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_clear_pointer(&transport, rp_transport_free);
	g_assert_false(run.done);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/pop-login/%s", cases[i].name);
		g_test_add_data_func(path, &cases[i], test_case);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(looks); i++) {
		g_autofree char *path = g_strdup_printf("/pop-login-look/%s", looks[i].name);
		g_test_add_data_func(path, &looks[i], test_look);
	}
	g_test_add_func("/pop-login-look-is-remembered", test_look_is_remembered);
	g_test_add_func("/pop-login-cancel", test_cancel);
	int result = g_test_run();
	fake_stop();
	return result;
}
