/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-server.h"

#include <gio/gio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Deliveries to scripted servers on loopback: what each thing that a server or a network does comes
 * to. */

typedef struct {
	const char *name;
	const char *script;
	RpTls tls;
	gboolean implicit;
	const char *ca;       /* "good", "name" or NULL */
	const char *password; /* NULL: no login; "!CMD" runs CMD */
	RpAuth auth;
	const char *banner; /* remembered */
	const char *want;
	const char *in_log;     /* must be in the server's log */
	const char *not_in_log; /* must not */
	const char *says;       /* must be in the words for how it ended */
	gboolean without_login; /* though the set has one */
} Case;

#define LOGIN "\"auth\": [\"PLAIN\", \"LOGIN\", \"CRAM-MD5\"]"
#define TLS "\"tls\": \"starttls\""
#define HANGS "!sleep 100"

static const Case cases[] = {
	/* plain */
	{"plain", "{}", RP_TLS_OFF, .want = "accepted, accepted | ok", .in_log = "QUIT"},
	{"chunking", "{\"ehlo\": [\"PIPELINING\", \"CHUNKING\"]}", RP_TLS_OFF,
		.want = "accepted, accepted | ok", .in_log = "BDAT"},
	{"no extensions", "{\"ehlo\": []}", RP_TLS_OFF, .want = "accepted, accepted | ok"},
	{"EHLO refused, HELO taken", "{\"replies\": {\"EHLO#0\": \"502 what\"}}", RP_TLS_OFF,
		.want = "accepted, accepted | ok", .in_log = "HELO"},
	{"an address literal", "{}", RP_TLS_OFF, .want = "accepted, accepted | ok",
		.in_log = "EHLO [127.0.0.1]"},
	{"dead among good", "{\"replies\": {\"RCPT#0\": \"550 5.1.1 unknown\"}}", RP_TLS_OFF,
		.want = "refused rcpt 550, accepted | ok"},
	/* TLS */
	{"starttls", "{" TLS "}", RP_TLS_REQUIRED, .ca = "good", .want = "accepted, accepted | ok"},
	{"smtps", "{\"tls\": \"implicit\"}", RP_TLS_REQUIRED, TRUE, "good",
		.want = "accepted, accepted | ok"},
	{"no starttls offered", "{}", RP_TLS_REQUIRED, .ca = "good", .want = "| tls-unavailable",
		.not_in_log = "MAIL"},
	{"starttls stripped, with login", "{" LOGIN "}", RP_TLS_REQUIRED, .ca = "good",
		.password = "geheim", .want = "| tls-unavailable", .not_in_log = "AUTH"},
	{"opportunistic with login is required", "{" LOGIN "}", RP_TLS_OPPORTUNISTIC, .ca = "good",
		.password = "geheim", .want = "| tls-unavailable", .not_in_log = "AUTH"},
	{"starttls refused, with login",
		"{" TLS ", " LOGIN ", \"replies\": {\"STARTTLS\": \"454 later\"}}", RP_TLS_REQUIRED,
		.ca = "good", .password = "geheim", .want = "| try-later", .not_in_log = "AUTH"},
	{"starttls refused for good, with login",
		"{" TLS ", " LOGIN ", \"replies\": {\"STARTTLS\": \"502 no\"}}", RP_TLS_REQUIRED,
		.ca = "good", .password = "geheim", .want = "| tls-unavailable",
		.not_in_log = "AUTH"},
	{"reset in the handshake", "{" TLS ", \"replies\": {\"HANDSHAKE\": \"@reset\"}}",
		RP_TLS_REQUIRED, .ca = "good", .want = "| lost", .not_in_log = "MAIL"},
	{"421 at EHLO", "{\"replies\": {\"EHLO\": \"421 4.3.2 busy\"}}", RP_TLS_OFF,
		.want = "| try-later"},
	{"opportunistic without", "{}", RP_TLS_OPPORTUNISTIC, .want = "accepted, accepted | ok"},
	{"opportunistic with", "{" TLS "}", RP_TLS_OPPORTUNISTIC, .want = "accepted, accepted | ok",
		.in_log = "STARTTLS"},
	{"foreign certificate", "{" TLS ", \"cert\": \"other\"}", RP_TLS_REQUIRED, .ca = "good",
		.want = "| intercepted", .not_in_log = "MAIL"},
	{"certificate of another name", "{" TLS ", \"cert\": \"name\"}", RP_TLS_REQUIRED,
		.ca = "name", .want = "| intercepted", .not_in_log = "MAIL"},
	{"foreign certificate, smtps, login",
		"{\"tls\": \"implicit\", \"cert\": \"other\", " LOGIN "}", RP_TLS_REQUIRED, TRUE,
		"good", "geheim", .want = "| intercepted", .not_in_log = "AUTH"},
	{"no TLS on a TLS port", "{}", RP_TLS_REQUIRED, TRUE, "good", .want = "| tls-unavailable"},
	/* the greeting */
	{"asterisks", "{\"banner\": \"220 ****************\"}", RP_TLS_OFF, .want = "| intercepted",
		.not_in_log = "EHLO"},
	{"asterisks, TLS demanded", "{" TLS ", \"banner\": \"220 *******\"}", RP_TLS_REQUIRED,
		.ca = "good", .want = "| intercepted", .not_in_log = "EHLO"},
	{"a foreign banner", "{}", RP_TLS_OFF, .banner = "odn.example", .want = "| intercepted",
		.not_in_log = "EHLO"},
	{"the same banner", "{}", RP_TLS_OFF, .banner = "fake.example",
		.want = "accepted, accepted | ok"},
	{"a foreign banner, opportunistic", "{" TLS "}", RP_TLS_OPPORTUNISTIC,
		.banner = "odn.example", .want = "| intercepted", .not_in_log = "EHLO"},
	{"a foreign banner, verified", "{" TLS "}", RP_TLS_REQUIRED, .ca = "good",
		.banner = "odn.example", .want = "accepted, accepted | ok"},
	{"refused at the banner", "{\"banner\": \"554 5.7.1 no access from here\"}", RP_TLS_OFF,
		.want = "| rejected"},
	{"refused at the banner as a policy",
		"{\"banner\": \"554 5.7.1 blocked using zen.spamhaus.org\"}", RP_TLS_OFF,
		.want = "| refused"},
	{"later at the banner", "{\"banner\": \"421 4.3.2 too busy\"}", RP_TLS_OFF,
		.want = "| try-later"},
	{"pop first at the banner",
		"{\"banner\": \"554 5.7.1 Please authenticate with POP first\"}", RP_TLS_OFF,
		.want = "| pop-first"},
	{"refused at EHLO",
		"{\"replies\": {\"EHLO\": \"550 5.7.1 go away\", \"HELO\": \"550 5.7.1 go away\"}}",
		RP_TLS_OFF, .want = "| rejected"},
	{"not SMTP", "{\"banner\": \"HTTP/1.0 400 Bad Request\"}", RP_TLS_OFF,
		.want = "| unreachable",
		.says = "this is no SMTP server, it speaks HTTP: HTTP/1.0 400 Bad"},
	{"closes at once", "{\"replies\": {\"BANNER\": \"@close\"}}", RP_TLS_OFF,
		.want = "| unreachable"},
	{"says nothing", "{\"replies\": {\"BANNER\": \"@stall\"}}", RP_TLS_OFF,
		.want = "| unreachable", .says = "no greeting came"},
	{"closes after EHLO", "{\"replies\": {\"EHLO\": \"@close\"}}", RP_TLS_OFF,
		.want = "| lost"},
	{"stalls at EHLO", "{\"replies\": {\"EHLO\": \"@stall\"}}", RP_TLS_OFF, .want = "| lost",
		.says = "it greeted, but did not answer when we said who we are"},
	{"stalls at STARTTLS", "{" TLS ", \"replies\": {\"STARTTLS\": \"@stall\"}}",
		RP_TLS_REQUIRED, .ca = "good", .want = "| lost",
		.says = "did not answer what came after we had said who we are"},
	/* octets without end are no answer */
	{"drips instead of a greeting", "{\"replies\": {\"BANNER\": \"@drip\"}}", RP_TLS_OFF,
		.want = "| unreachable"},
	{"drips at EHLO", "{\"replies\": {\"EHLO\": \"@drip\"}}", RP_TLS_OFF, .want = "| lost"},
	{"drips after DATA", "{\"replies\": {\"DATA\": \"@drip\"}}", RP_TLS_OFF,
		.want = "not-sent, not-sent | lost"},
	/* login */
	{"login", "{" TLS ", " LOGIN "}", RP_TLS_REQUIRED, .ca = "good", .password = "geheim",
		.want = "accepted, accepted | ok", .in_log = "AUTH"},
	{"login PLAIN", "{\"auth\": [\"PLAIN\"]}", RP_TLS_OFF, .password = "geheim",
		.auth = RP_AUTH_PLAIN, .want = "accepted, accepted | ok"},
	{"login LOGIN", "{\"auth\": [\"LOGIN\"]}", RP_TLS_OFF, .password = "geheim",
		.auth = RP_AUTH_LOGIN, .want = "accepted, accepted | ok"},
	{"login CRAM-MD5", "{\"auth\": [\"CRAM-MD5\"]}", RP_TLS_OFF, .password = "geheim",
		.auth = RP_AUTH_CRAM_MD5, .want = "accepted, accepted | ok"},
	{"login not for this", "{\"auth\": [\"PLAIN\"]}", RP_TLS_OFF, .password = "geheim",
		.auth = RP_AUTH_PLAIN, .want = "accepted, accepted | ok", .not_in_log = "AUTH",
		.without_login = TRUE},
	{"GSSAPI beside PLAIN", "{\"auth\": [\"GSSAPI\", \"NTLM\", \"PLAIN\"]}", RP_TLS_OFF,
		.password = "geheim", .want = "accepted, accepted | ok"},
	{"wrong password", "{" TLS ", " LOGIN "}", RP_TLS_REQUIRED, .ca = "good",
		.password = "falsch", .want = "| auth-failed", .not_in_log = "MAIL"},
	{"login later",
		"{" LOGIN
		", \"replies\": {\"AUTH\": \"454 4.7.0 Temporary authentication failure\"}}",
		RP_TLS_OFF, .password = "geheim", .auth = RP_AUTH_PLAIN,
		.want = "| auth-temporary"},
	{"421 at login", "{" LOGIN ", \"replies\": {\"AUTH\": \"421 4.7.0 Too many errors\"}}",
		RP_TLS_OFF, .password = "geheim", .auth = RP_AUTH_PLAIN,
		.want = "| auth-temporary"},
	{"no login offered", "{}", RP_TLS_OFF, .password = "geheim", .want = "| auth-missing",
		.not_in_log = "MAIL"},
	{"other mechanisms only", "{\"auth\": [\"LOGIN\"]}", RP_TLS_OFF, .password = "geheim",
		.auth = RP_AUTH_PLAIN, .want = "| auth-missing", .not_in_log = "AUTH"},
	{"password by command", "{" LOGIN "}", RP_TLS_OFF, .password = "!echo geheim; echo more",
		.want = "accepted, accepted | ok", .in_log = "AUTH"},
	{"password command lingers", "{" LOGIN "}", RP_TLS_OFF,
		.password = "!echo geheim; sleep 3 &", .want = "accepted, accepted | ok"},
	{"password command fails", "{" LOGIN "}", RP_TLS_OFF, .password = "!echo geheim; false",
		.want = "| credentials-unavailable", .not_in_log = "<connection>"},
	{"password command is silent", "{" LOGIN "}", RP_TLS_OFF, .password = "!true",
		.want = "| credentials-unavailable"},
	{"password command hangs", "{" LOGIN "}", RP_TLS_OFF, .password = HANGS,
		.want = "| credentials-unavailable"},
	{"password command wants a terminal", "{" LOGIN "}", RP_TLS_OFF,
		.password = "!read x </dev/tty && echo geheim",
		.want = "| credentials-unavailable"},
	{"password command reads", "{" LOGIN "}", RP_TLS_OFF, .password = "!read x; echo geheim",
		.want = "accepted, accepted | ok"},
	/* in mid-session */
	{"421 in mid-session", "{\"replies\": {\"MAIL\": \"421 4.3.2 shutting down\"}}", RP_TLS_OFF,
		.want = "not-sent mail 421, not-sent mail 421 | try-later"},
	{"closes at MAIL", "{\"replies\": {\"MAIL\": \"@close\"}}", RP_TLS_OFF,
		.want = "not-sent, not-sent | lost"},
	{"closes after the dot", "{\"replies\": {\".\": \"@close\"}}", RP_TLS_OFF,
		.want = "in-doubt, in-doubt | lost"},
	{"closes after the dot, TLS", "{" TLS ", \"replies\": {\".\": \"@reset\"}}",
		RP_TLS_REQUIRED, .ca = "good", .want = "in-doubt, in-doubt | lost"},
	{"closes after BDAT",
		"{\"ehlo\": [\"PIPELINING\", \"CHUNKING\"], \"replies\": "
		"{\".\": \"@reset\"}}",
		RP_TLS_OFF, .want = "in-doubt, in-doubt | lost"},
	{"resets at DATA", "{\"replies\": {\"DATA\": \"@reset\"}}", RP_TLS_OFF,
		.want = "not-sent, not-sent | lost"},
	{"garbage", "{\"ehlo\": [], \"replies\": {\"RCPT\": \"garbage\"}}", RP_TLS_OFF,
		.want = "not-sent, not-sent | protocol-error"},
	{"closes instead of answering QUIT", "{\"replies\": {\"QUIT\": \"@close\"}}", RP_TLS_OFF,
		.want = "accepted, accepted | ok"},
	{"never answers QUIT", "{\"replies\": {\"QUIT\": \"@stall\"}}", RP_TLS_OFF,
		.want = "accepted, accepted | ok"},
	{"slow", "{\"delay\": {\"BANNER\": 0.2, \"EHLO\": 0.2, \"MAIL\": 0.2, \".\": 0.3}}",
		RP_TLS_OFF, .want = "accepted, accepted | ok"},
	/* 1 % of 10 min, 2 min */
	{"silent after DATA", "{\"replies\": {\"DATA\": \"@stall\"}}", RP_TLS_OFF,
		.want = "not-sent, not-sent | lost"},
};

static void
set_login(RpServerSet *set, const Case *c)
{
	if (!c->password)
		return;
	set->smtp_login.user = g_strdup("taro");
	if (*c->password == '!')
		set->smtp_login.password_command = g_strdup(c->password + 1);
	else
		set->smtp_login.password = g_strdup(c->password);
}

static void
check_log(const Case *c, guint16 port)
{
	g_autofree char *log = fake_log(port);
	if (c->in_log && !strstr(log, c->in_log))
		g_error("%s: no %s in: %s", c->name, c->in_log, log);
	if (c->not_in_log && strstr(log, c->not_in_log))
		g_error("%s: %s in: %s", c->name, c->not_in_log, log);
}

static void
test_case(gconstpointer data)
{
	const Case *c = data;
	guint16 port = fake_server(c->script);
	g_autoptr(RpServerSet) set = fake_set(port);
	FakeDelivery run = {.n_messages = 1};
	RpDeliveryOptions options = {.greetings = c->banner, .without_login = c->without_login};
	RpTransportTimes times = fake_times_of(c->script);
	if (g_strcmp0(c->password, HANGS) == 0)
		times.password_ms = 1500;
	set->smtp_tls = c->tls;
	set->smtp_auth = c->auth;
	set->tls_ca_file = c->ca ? g_strdup(fake_cert(c->ca)) : NULL;
	((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->implicit_tls = c->implicit;
	set_login(set, c);
	run.transport = rp_transport_new(NULL);
	rp_transport_set_times(run.transport, &times);
	fake_delivery_run(&run, set, &fake_route, &options);
	if (run.detail)
		g_test_message("%s", run.detail);
	g_assert_cmpstr(run.text->str, ==, c->want);
	check_log(c, port);
	if (g_str_has_suffix(c->want, "| ok")) {
		g_assert_cmpint(run.verified, ==, c->tls == RP_TLS_REQUIRED);
		g_assert_cmpint(run.logged_in, ==, c->password && !c->without_login);
		g_assert_true(rp_address_is_loopback(&run.local));
		g_assert_true(rp_address_is_loopback(&run.peer));
		g_assert_cmpstr(run.banner_host, ==, "smtp.fake.example");
		g_assert_cmpstr(run.banner_domain, ==, "fake.example");
	} else if (run.detail) {
		g_assert_null(strstr(run.detail, "geheim"));
		g_assert_true(!c->says || strstr(run.detail, c->says));
	}
	fake_delivery_clear(&run);
}

/* ---- by fingerprint, without a CA ---- */

static void
test_fingerprint(void)
{
	for (guint k = 0; k < 2; k++) {
		guint16 port = fake_server(k == 0 ? "{\"tls\": \"starttls\"}"
						  : "{\"tls\": \"starttls\", \"cert\": \"other\"}");
		g_autoptr(RpServerSet) set = fake_set(port);
		FakeDelivery run = {.n_messages = 1};
		set->smtp_tls = RP_TLS_REQUIRED;
		set->tls_fingerprint = g_strdup(fake_cert("fingerprint"));
		fake_delivery_run(&run, set, &fake_route, NULL);
		g_assert_cmpstr(
			run.text->str, ==, k == 0 ? "accepted, accepted | ok" : "| intercepted");
		fake_delivery_clear(&run);
	}
}

/* ---- TLS sessions are resumed ---- */

static void
run_again(FakeDelivery *run, const RpServerSet *set, const char *want)
{
	RpTransport *transport = g_steal_pointer(&run->transport);
	fake_delivery_clear(run);
	*run = (FakeDelivery){.n_messages = 1, .transport = transport};
	fake_delivery_run(run, set, &fake_route, NULL);
	g_assert_cmpstr(run->text->str, ==, want);
}

static guint
count_resumed(guint16 port)
{
	g_autofree char *log = fake_log(port);
	g_auto(GStrv) parts = g_strsplit(log, "<resumed>", -1);
	return g_strv_length(parts) - 1;
}

static void
test_resumed(void)
{
	guint16 port = fake_server("{\"tls\": \"implicit\"}");
	g_autoptr(RpServerSet) set = fake_set(port);
	FakeDelivery run = {0};
	set->smtp_tls = RP_TLS_REQUIRED;
	set->tls_ca_file = g_strdup(fake_cert("good"));
	((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->implicit_tls = TRUE;
	for (guint k = 0; k < 3; k++) {
		run_again(&run, set, "accepted, accepted | ok");
		g_assert_cmpint(count_resumed(port), ==, k);
		g_assert_true(run.verified);
	}
	fake_delivery_clear(&run);
}

/* Where they were given: no other place is told that it is we who were there. */
static void
test_resumed_by_place(void)
{
	static const struct {
		const char *place;
		guint resumed;
	} visits[] = {{"home", 0}, {"hotel", 0}, {"home", 1}, {"hotel", 2}, {"home", 3}};
	guint16 port = fake_server("{\"tls\": \"implicit\"}");
	g_autoptr(RpServerSet) set = fake_set(port);
	g_autoptr(GError) error = NULL;
	FakeDelivery run = {.transport = rp_transport_new(&error)};

	g_assert_no_error(error);
	rp_transport_set_times(run.transport, &fake_times);
	set->smtp_tls = RP_TLS_REQUIRED;
	set->tls_ca_file = g_strdup(fake_cert("good"));
	((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->implicit_tls = TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(visits); i++) {
		rp_transport_place_changed(run.transport, visits[i].place);
		run_again(&run, set, "accepted, accepted | ok");
		g_assert_cmpuint(count_resumed(port), ==, visits[i].resumed);
	}
	fake_delivery_clear(&run);
}

/* What was set up without looking at the certificate is no way around looking at it. */
static void
test_not_resumed_unverified(void)
{
	guint16 port = fake_server("{\"tls\": \"implicit\", \"cert\": \"other\"}");
	g_autoptr(RpServerSet) set = fake_set(port);
	FakeDelivery run = {0};
	set->smtp_tls = RP_TLS_OPPORTUNISTIC;
	((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->implicit_tls = TRUE;
	run_again(&run, set, "accepted, accepted | ok");
	g_assert_false(run.verified);
	set->smtp_tls = RP_TLS_REQUIRED;
	set->tls_ca_file = g_strdup(fake_cert("good"));
	run_again(&run, set, "| intercepted");
	g_clear_pointer(&set->tls_ca_file, g_free);
	set->tls_fingerprint = g_strdup(fake_cert("fingerprint"));
	run_again(&run, set, "| intercepted");
	g_assert_cmpint(count_resumed(port), ==, 0);
	fake_delivery_clear(&run);
}

/* ---- endpoints ---- */

static void
add_endpoint(RpServerSet *set, const char *host, guint16 port)
{
	RpEndpoint *endpoint = g_new0(RpEndpoint, 1);
	endpoint->host = g_strdup(host);
	endpoint->port = port;
	g_ptr_array_add(set->smtp, endpoint);
}

static void
test_next_endpoint(void)
{
	guint16 port = fake_server("{}");
	g_autoptr(RpServerSet) set = fake_set(fake_closed_port());
	add_endpoint(set, "no-such-host.invalid", 25);
	add_endpoint(set, "127.0.0.1", port);
	FakeDelivery run = {.n_messages = 1};
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==, "accepted, accepted | ok");
	fake_delivery_clear(&run);
}

/* A refusal is the server's word: no other server of the set is asked. */
static void
test_no_next_after_refusal(void)
{
	guint16 first = fake_server("{\"banner\": \"554 5.7.1 no\"}");
	guint16 second = fake_server("{}");
	g_autoptr(RpServerSet) set = fake_set(first);
	add_endpoint(set, "127.0.0.1", second);
	FakeDelivery run = {.n_messages = 1};
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==, "| rejected");
	g_autofree char *log = fake_log(second);
	g_assert_cmpstr(log, ==, "");
	fake_delivery_clear(&run);
}

static void
test_no_server(void)
{
	static const struct {
		const char *host;
		const char *want;
	} hosts[] = {{"127.0.0.1", "| unreachable"}, {"no-such-host.invalid", "| resolve-failed"}};
	for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
		g_autoptr(RpServerSet) set = fake_set(fake_closed_port());
		g_free(((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->host);
		((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->host = g_strdup(hosts[i].host);
		FakeDelivery run = {.n_messages = 1};
		fake_delivery_run(&run, set, &fake_route, NULL);
		g_assert_cmpstr(run.text->str, ==, hosts[i].want);
		fake_delivery_clear(&run);
	}
}

/* ---- route ---- */

static void
test_bind(void)
{
	static const struct {
		const char *interface;
		const char *source;
		const char *want;
	} routes[] = {
		{"no-such-link0", NULL, "| bind-failed"},
		{NULL, "192.0.2.77", "| bind-failed"},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(routes); i++) {
		g_autoptr(RpServerSet) set = fake_set(25);
		g_free(((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->host);
		((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->host = g_strdup("192.0.2.1");
		RpRoute route = {.interface = routes[i].interface};
		if (routes[i].source)
			g_assert_true(rp_address_parse(routes[i].source, &route.source));
		FakeDelivery run = {.n_messages = 1};
		fake_delivery_run(&run, set, &route, NULL);
		g_test_message("%s", run.detail);
		g_assert_cmpstr(run.text->str, ==, routes[i].want);
		fake_delivery_clear(&run);
	}
}

/* A server on this machine (a tunnel, say) is reached whatever the link. */
static void
test_local_server_is_not_bound(void)
{
	g_autoptr(RpServerSet) set = fake_set(fake_server("{}"));
	RpRoute route = {.interface = "no-such-link0", .family = RP_FAMILY_IPV6};
	FakeDelivery run = {.n_messages = 1};
	fake_delivery_run(&run, set, &route, NULL);
	g_assert_cmpstr(run.text->str, ==, "accepted, accepted | ok");
	fake_delivery_clear(&run);
}

static gboolean
has_ipv6(void)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	g_auto(RpFd) fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static void
test_ipv6(void)
{
	if (!has_ipv6()) {
		g_test_skip("no IPv6 here");
		return;
	}
	g_autoptr(RpServerSet) set = fake_set(fake_server("{\"address\": \"::1\"}"));
	g_free(((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->host);
	((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->host = g_strdup("::1");
	FakeDelivery run = {.n_messages = 1};
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==, "accepted, accepted | ok");
	g_assert_cmpint(run.local.family, ==, RP_FAMILY_IPV6);
	fake_delivery_clear(&run);
}

/* ALL_PROXY must not move the connection. */
static void
test_proxy_is_ignored(void)
{
	guint16 proxy = fake_server("{}");
	g_autofree char *url = g_strdup_printf("socks5://127.0.0.1:%u", proxy);
	g_setenv("ALL_PROXY", url, TRUE);
	g_autoptr(RpServerSet) set = fake_set(fake_server("{}"));
	FakeDelivery run = {.n_messages = 1};
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_unsetenv("ALL_PROXY");
	g_assert_cmpstr(run.text->str, ==, "accepted, accepted | ok");
	g_autofree char *log = fake_log(proxy);
	g_assert_cmpstr(log, ==, "");
	fake_delivery_clear(&run);
}

/* ---- many messages ---- */

static void
test_fifty_in_one_session(void)
{
	static const char *const scripts[] = {
		"{\"ehlo\": []}", "{}", "{\"ehlo\": [\"PIPELINING\", \"CHUNKING\"]}"};
	for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
		guint16 port = fake_server(scripts[i]);
		g_autoptr(RpServerSet) set = fake_set(port);
		RpDeliveryOptions options = {.await_rcpt = i == 2};
		FakeDelivery run = {.n_messages = 50, .size = 6400};
		fake_delivery_run(&run, set, &fake_route, &options);
		g_assert_cmpuint(run.outcomes, ==, 50);
		g_assert_true(g_str_has_suffix(run.text->str, "accepted, accepted | ok"));
		g_assert_null(strstr(run.text->str, "not-sent"));
		g_assert_cmpuint(fake_n_mails(port), ==, 50);
		g_assert_cmpuint(fake_mail_size(port, 49), ==, 6400);
		fake_delivery_clear(&run);
	}
}

static void
test_large_over_tls(void)
{
	guint16 port = fake_server("{\"tls\": \"starttls\", \"receive_buffer\": 4096}");
	g_autoptr(RpServerSet) set = fake_set(port);
	set->smtp_tls = RP_TLS_REQUIRED;
	set->tls_ca_file = g_strdup(fake_cert("good"));
	FakeDelivery run = {.n_messages = 1, .size = 640000};
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==, "accepted, accepted | ok");
	g_assert_cmpuint(fake_mail_size(port, 0), ==, 640000);
	fake_delivery_clear(&run);
}

/* Several sessions at once, beside one that is set up and idle. */
static void
test_parallel(void)
{
	guint16 port = fake_server("{}");
	g_autoptr(RpServerSet) set = fake_set(port);
	FakeDelivery runs[4] = {0};
	for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
		runs[i].n_messages = 5;
		runs[i].transport = i ? runs[0].transport : NULL;
		fake_delivery_begin(&runs[i], set, &fake_route, NULL);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
		if (runs[i].delivery)
			fake_delivery_wait(&runs[i]);
		g_assert_true(g_str_has_suffix(runs[i].text->str, "accepted, accepted | ok"));
	}
	for (gsize i = G_N_ELEMENTS(runs); i-- > 0;) {
		if (i > 0)
			runs[i].transport = NULL;
		fake_delivery_clear(&runs[i]);
	}
	g_assert_cmpuint(fake_n_mails(port), ==, 20);
}

/* ---- cuts ---- */

/* What never left the machine is not in doubt: the server takes nothing off the line, then the
 * connection is cut with most of the message still here. */
static void
test_cut_in_content(void)
{
	static const char *const scripts[] = {
		"{\"receive_buffer\": 4096, \"lose_after\": 20000}",
		("{\"receive_buffer\": 4096, \"lose_after\": 20000, \"ehlo\": [\"PIPELINING\", "
		 "\"CHUNKING\"]}"),
		"{\"receive_buffer\": 4096, \"lose_after\": 20000, \"tls\": \"starttls\"}",
	};
	for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
		g_autoptr(RpServerSet) set = fake_set(fake_server(scripts[i]));
		set->smtp_tls = i == 2 ? RP_TLS_REQUIRED : RP_TLS_OFF;
		set->tls_ca_file = g_strdup(fake_cert("good"));
		FakeDelivery run = {.n_messages = 1, .size = 640000};
		fake_delivery_run(&run, set, &fake_route, NULL);
		g_assert_cmpstr(run.text->str, ==, "not-sent, not-sent | lost");
		fake_delivery_clear(&run);
	}
}

static gboolean
cancel_now(gpointer user)
{
	FakeDelivery *run = user;
	run->cancel_timer = 0;
	rp_delivery_cancel(run->delivery);
	run->delivery = NULL;
	g_main_loop_quit(run->loop);
	return G_SOURCE_REMOVE;
}

static void
wait_for_log(guint16 port, const char *words)
{
	for (;;) {
		g_autofree char *log = fake_log(port);
		if (strstr(log, words))
			return;
		g_main_context_iteration(NULL, FALSE);
	}
}

/* How many messages the server has whole, once it has read all that had reached it. */
static guint
count_whole(guint16 port)
{
	for (guint i = 0; i < 6000; i++) {
		g_autofree char *log = fake_log(port);
		if (!strchr(log, '!')) { /* has not come upon the cut yet */
			g_usleep(10000);
			continue;
		}
		g_auto(GStrv) parts = g_strsplit(log, "[6400]", -1);
		return g_strv_length(parts) - 1;
	}
	g_error("the server never noticed the cut");
}

/* The owner gives up while the server has stopped reading: of small messages behind each other,
 * those that the kernel still holds are certain, and the server has none that was not in doubt. */
static void
test_cancel_while_stalled(void)
{
	static const char *const tls[] = {"none", "starttls"};
	for (gsize i = 0; i < G_N_ELEMENTS(tls); i++) {
		g_autofree char *script = g_strdup_printf(
			"{\"receive_buffer\": 8192, \"tls\": \"%s\", \"ehlo\": [\"PIPELINING\", "
			"\"CHUNKING\"], \"hold\": [\".#0\"]}",
			tls[i]);
		guint16 port = fake_server(script);
		g_autoptr(RpServerSet) set = fake_set(port);
		set->smtp_tls = i == 1 ? RP_TLS_REQUIRED : RP_TLS_OFF;
		set->tls_ca_file = g_strdup(fake_cert("good"));
		FakeDelivery run = {.n_messages = 40, .size = 6400};
		fake_delivery_begin(&run, set, &fake_route, NULL);
		wait_for_log(port, "[6400]");
		/* Whatever more goes into the line goes first. */
		run.cancel_timer = g_timeout_add_full(G_PRIORITY_LOW, 300, cancel_now, &run, NULL);
		fake_delivery_wait(&run);
		fake_go(port);
		guint whole = count_whole(port);
		g_test_message("%u pushed, %u in doubt, the server has %u", run.pushed,
			run.in_doubt->len, whole);
		g_assert_cmpuint(run.outcomes, ==, run.pushed);
		g_assert_cmpuint(whole, >, 0);
		g_assert_cmpuint(whole, <=, run.in_doubt->len);
		g_assert_cmpuint(run.in_doubt->len, <, run.pushed);
		fake_delivery_clear(&run);
	}
}

static void
test_cancel_anywhere(void)
{
	g_autoptr(RpServerSet) set = fake_set(fake_server("{\"delay\": {\"BANNER\": 0.01}}"));
	for (guint ms = 0; ms < 30; ms += 3) {
		FakeDelivery run = {.n_messages = 3};
		fake_delivery_begin(&run, set, &fake_route, NULL);
		run.cancel_timer = g_timeout_add(ms, cancel_now, &run);
		fake_delivery_wait(&run);
		g_assert_cmpuint(run.outcomes, ==, run.pushed);
		fake_delivery_clear(&run);
	}
	FakeDelivery run = {.n_messages = 3, .cancel_at = 1};
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpuint(run.outcomes, ==, run.pushed);
	fake_delivery_clear(&run);
}

static void
finish_before_greeting(const char *script, guint quit_ms, guint ready)
{
	guint16 port = fake_server(script);
	g_autoptr(RpServerSet) set = fake_set(port);
	FakeDelivery run = {.transport = rp_transport_new(NULL)};
	RpTransportTimes times = fake_times;
	times.greeting_ms = 60000;
	times.quit_ms = quit_ms;
	rp_transport_set_times(run.transport, &times);
	fake_delivery_begin(&run, set, &fake_route, NULL);
	rp_delivery_finish(run.delivery);
	fake_delivery_wait(&run);
	g_assert_cmpstr(run.text->str, ==, "| ok");
	g_assert_cmpuint(run.ready, ==, ready);
	g_assert_null(run.detail);
	fake_delivery_clear(&run);
}

/* It has nothing to do any more before its server has said a word: it is no failure, and whoever
 * waits for its end does not wait for the greeting. One that comes up meanwhile leaves in order. */
static void
test_finish_before_greeting(void)
{
	finish_before_greeting("{\"replies\": {\"BANNER\": \"@stall\"}}", 300, 0);
	finish_before_greeting("{\"delay\": {\"BANNER\": 0.2}}", 60000, 1);
}

static void
test_transport_dies_first(void)
{
	g_autoptr(RpServerSet) set = fake_set(fake_server("{}"));
	FakeDelivery run = {.n_messages = 1};
	fake_delivery_begin(&run, set, &fake_route, NULL);
	fake_delivery_clear(&run);
	set->smtp_login.user = g_strdup("taro");
	set->smtp_login.password_command = g_strdup("sleep 9");
	fake_delivery_begin(&run, set, &fake_route, NULL);
	while (g_main_context_iteration(NULL, FALSE))
		;
	fake_delivery_clear(&run);
}

/* A name server that doesn't answer must not hold up whoever cancels. */
static void
test_cancel_resolving(void)
{
	g_autoptr(RpServerSet) set = fake_set(25);
	g_free(((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->host);
	((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->host = g_strdup("mail.slow.invalid");
	FakeDelivery run = {.n_messages = 1};
	g_mutex_lock(&fake_slow_names);
	fake_delivery_begin(&run, set, &fake_route, NULL);
	while (g_atomic_int_get(&fake_n_slow) == 0)
		g_main_context_iteration(NULL, FALSE);
	fake_delivery_clear(&run); /* else it would wait for ever */
	g_mutex_unlock(&fake_slow_names);
}

static void
test_place_changed(void)
{
	g_autoptr(RpServerSet) set = fake_set(fake_server("{}"));
	FakeDelivery run = {.n_messages = 3};
	fake_delivery_begin(&run, set, &fake_route, NULL);
	rp_transport_place_changed(run.transport, "elsewhere");
	fake_delivery_wait(&run);
	g_assert_true(g_str_has_suffix(run.text->str, "| ok"));
	fake_delivery_clear(&run);
}

/* ---- how long until the first octet of MAIL ---- */

typedef struct {
	int listener;
	gint64 mail_at;
} Clock;

static void
answer(int fd, const char *command, const char *reply, gint64 *at)
{
	char buffer[1024];
	gsize length = 0;
	while (length < sizeof buffer && !memchr(buffer, '\n', length)) {
		gssize got = read(fd, buffer + length, sizeof buffer - length);
		g_assert_cmpint(got, >, 0);
		if (at && length == 0)
			*at = g_get_monotonic_time();
		length += (gsize)got;
	}
	g_assert_cmpint(strncmp(buffer, command, strlen(command)), ==, 0);
	g_assert_cmpint(write(fd, reply, strlen(reply)), ==, (gssize)strlen(reply));
}

static gpointer
serve_clock(gpointer data)
{
	Clock *clock = data;
	g_auto(RpFd) fd = accept(clock->listener, NULL, NULL);
	static const char banner[] = "220 fake.example ESMTP\r\n";
	g_assert_cmpint(write(fd, banner, sizeof banner - 1), >, 0);
	answer(fd, "EHLO", "250-fake.example\r\n250 8BITMIME\r\n", NULL);
	answer(fd, "MAIL", "421 thank you\r\n", &clock->mail_at);
	return NULL;
}

static guint16
listen_clock(Clock *clock)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	clock->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(clock->listener, (struct sockaddr *)&address, length), ==, 0);
	g_assert_cmpint(listen(clock->listener, 1), ==, 0);
	g_assert_cmpint(getsockname(clock->listener, (struct sockaddr *)&address, &length), ==, 0);
	return ntohs(address.sin_port);
}

static void
test_latency(void)
{
	gint64 best = G_MAXINT64, sum = 0, began = g_get_monotonic_time();
	guint n = 0;
	/* A busy machine may take longer many times; what waits for something does so every time.
	 */
	for (; n < 20 || (best >= 5000 && g_get_monotonic_time() - began < G_TIME_SPAN_MINUTE);
		n++) {
		Clock clock = {0};
		g_autoptr(RpServerSet) set = fake_set(listen_clock(&clock));
		GThread *thread = g_thread_new("server", serve_clock, &clock);
		FakeDelivery run = {.n_messages = 1};
		fake_delivery_run(&run, set, &fake_route, NULL);
		g_thread_join(thread);
		close(clock.listener);
		best = MIN(best, clock.mail_at - run.started);
		sum += clock.mail_at - run.started;
		fake_delivery_clear(&run);
	}
	g_test_message("start to MAIL: %" G_GINT64_FORMAT " us, mean %" G_GINT64_FORMAT " us", best,
		sum / n);
	g_assert_cmpint(best, <, 5000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/delivery/%s", cases[i].name);
		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/delivery/fingerprint", test_fingerprint);
	g_test_add_func("/delivery/resumed", test_resumed);
	g_test_add_func("/delivery/resumed-by-place", test_resumed_by_place);
	g_test_add_func("/delivery/not-resumed-unverified", test_not_resumed_unverified);
	g_test_add_func("/delivery/next-endpoint", test_next_endpoint);
	g_test_add_func("/delivery/no-next-after-refusal", test_no_next_after_refusal);
	g_test_add_func("/delivery/no-server", test_no_server);
	g_test_add_func("/delivery/bind", test_bind);
	g_test_add_func("/delivery/local-server", test_local_server_is_not_bound);
	g_test_add_func("/delivery/ipv6", test_ipv6);
	g_test_add_func("/delivery/proxy", test_proxy_is_ignored);
	g_test_add_func("/delivery/fifty-in-one-session", test_fifty_in_one_session);
	g_test_add_func("/delivery/large-over-tls", test_large_over_tls);
	g_test_add_func("/delivery/parallel", test_parallel);
	g_test_add_func("/delivery/cut-in-content", test_cut_in_content);
	g_test_add_func("/delivery/cancel-while-stalled", test_cancel_while_stalled);
	g_test_add_func("/delivery/cancel-anywhere", test_cancel_anywhere);
	g_test_add_func("/delivery/finish-before-greeting", test_finish_before_greeting);
	g_test_add_func("/delivery/transport-dies-first", test_transport_dies_first);
	g_test_add_func("/delivery/cancel-resolving", test_cancel_resolving);
	g_test_add_func("/delivery/place-changed", test_place_changed);
	g_test_add_func("/delivery/latency", test_latency);
	int result = g_test_run();
	fake_stop();
	return result;
}
