/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-server.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Port 25 is blocked, and the ports for submission may not be: loopback, with other numbers. */

#define LOGIN "\"auth\": [\"PLAIN\"]"
#define NONE NULL /* nobody listens */

typedef enum { BLOCKED_REFUSED, BLOCKED_DROPPED, BLOCKED_RESET } Blocked;

typedef struct {
	const char *name;
	Blocked blocked;
	const char *submission, *submissions; /* scripts */
	RpTls tls;
	gboolean login;
	const char *also;   /* another endpoint of the set: its script */
	const char *banner; /* remembered */
	const char *want;
	const char *answers; /* "587" or "465" */
} Case;

static const Case cases[] = {
	{"refused, 587 answers", BLOCKED_REFUSED, "{}", NONE, RP_TLS_OFF, .want = "| port-blocked",
		.answers = "587"},
	{"dropped, 587 answers", BLOCKED_DROPPED, "{}", NONE, RP_TLS_OFF, .want = "| port-blocked",
		.answers = "587"},
	{"reset, 587 answers", BLOCKED_RESET, "{}", NONE, RP_TLS_OFF, .want = "| port-blocked",
		.answers = "587"},
	{"both answer", BLOCKED_REFUSED, "{}", "{\"tls\": \"implicit\"}", RP_TLS_OFF,
		.want = "| port-blocked", .answers = "587"},
	{"465 answers", BLOCKED_REFUSED, NONE, "{\"tls\": \"implicit\"}", RP_TLS_OFF,
		.want = "| port-blocked", .answers = "465"},
	{"none answers", BLOCKED_REFUSED, NONE, NONE, RP_TLS_OFF, .want = "| unreachable"},
	{"TLS is demanded, and there", BLOCKED_REFUSED, "{\"tls\": \"starttls\"}", NONE,
		RP_TLS_REQUIRED, .want = "| port-blocked", .answers = "587"},
	{"TLS is demanded, and not there", BLOCKED_REFUSED, "{}", NONE, RP_TLS_REQUIRED,
		.want = "| unreachable"},
	{"not by 587, but by 465", BLOCKED_REFUSED, "{}", "{\"tls\": \"implicit\"}",
		RP_TLS_REQUIRED, .want = "| port-blocked", .answers = "465"},
	{"not the server's certificate", BLOCKED_REFUSED,
		"{\"tls\": \"starttls\", \"cert\": \"other\"}", NONE, RP_TLS_REQUIRED,
		.want = "| unreachable"},
	{"a login proves the server", BLOCKED_REFUSED, NONE,
		"{\"tls\": \"implicit\", \"cert\": \"other\"}", RP_TLS_OFF, TRUE,
		.want = "| unreachable"},
	{"nobody logs in", BLOCKED_REFUSED, "{" LOGIN "}", NONE, RP_TLS_OFF, TRUE,
		.want = "| port-blocked", .answers = "587"},
	{"a foreign greeting", BLOCKED_REFUSED, "{}", NONE, RP_TLS_OFF, .banner = "odn.example",
		.want = "| unreachable"},
	{"what answers is no mail server", BLOCKED_REFUSED, "{\"banner\": \"HTTP/1.0 200 OK\"}",
		NONE, RP_TLS_OFF, .want = "| unreachable"},
	{"says nothing", BLOCKED_REFUSED, "{\"replies\": {\"BANNER\": \"@stall\"}}", NONE,
		RP_TLS_OFF, .want = "| unreachable"},
	{"the set goes on by itself", BLOCKED_REFUSED, NONE, NONE, RP_TLS_OFF, .also = "{}",
		.want = "accepted, accepted | ok"},
};

/* ---- ports ---- */

typedef struct {
	guint16 number;
	int fd;     /* -1: closed */
	int filler; /* takes the one place in a queue that nobody empties */
} Port;

static void
to_loopback(struct sockaddr_in *address, guint16 number)
{
	*address = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(number),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Bound, so that nobody else gets it; connections are refused. */
static void
port_reserve(Port *port)
{
	struct sockaddr_in address;
	socklen_t size = sizeof address;

	to_loopback(&address, 0);
	*port = (Port){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .filler = -1};
	g_assert_cmpint(bind(port->fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(getsockname(port->fd, (struct sockaddr *)&address, &size), ==, 0);
	port->number = ntohs(address.sin_port);
}

/* Connections hang: the queue of those to be accepted is full. */
static void
port_drop(Port *port)
{
	struct sockaddr_in address;

	port_reserve(port);
	to_loopback(&address, port->number);
	g_assert_cmpint(listen(port->fd, 0), ==, 0);
	port->filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(connect(port->filler, (struct sockaddr *)&address, sizeof address), ==, 0);
}

static void
port_clear(Port *port)
{
	if (port->filler >= 0)
		close(port->filler);
	if (port->fd >= 0)
		close(port->fd);
}

static void
port_block(Port *port, Blocked how)
{
	switch (how) {
	case BLOCKED_REFUSED:
		port_reserve(port);
		break;
	case BLOCKED_DROPPED:
		port_drop(port);
		break;
	case BLOCKED_RESET:
		*port = (Port){fake_server("{\"replies\": {\"BANNER\": \"@reset\"}}"), -1, -1};
		break;
	}
}

static void
port_serve(Port *port, const char *script)
{
	if (script)
		*port = (Port){fake_server(script), -1, -1};
	else
		port_reserve(port);
}

/* ---- */

static void
add_endpoint(RpServerSet *set, const char *script)
{
	RpEndpoint *endpoint = g_new0(RpEndpoint, 1);

	endpoint->host = g_strdup("127.0.0.1");
	endpoint->port = fake_server(script);
	g_ptr_array_add(set->smtp, endpoint);
}

/* What we sent last may not have been read yet. */
static char *
log_with(guint16 port, const char *words)
{
	gint64 until = g_get_monotonic_time() + G_TIME_SPAN_MINUTE;

	for (;;) {
		char *log = fake_log(port);

		if (strstr(log, words) || g_get_monotonic_time() > until)
			return log;
		g_free(log);
	}
}

static void
check_detail(const Case *c, const char *detail, const Port *answers)
{
	g_autofree char *want = g_strdup_printf("of 127.0.0.1 is blocked here, %u answers: "
						"smtp=smtp%s://127.0.0.1:%u would go",
		answers->number, g_str_equal(c->answers, "465") ? "s" : "", answers->number);
	g_autofree char *log = log_with(answers->number, "QUIT");

	if (!strstr(detail, want) || !g_str_has_prefix(detail, "port "))
		g_error("\"%s\" is not in \"%s\"", want, detail);
	g_assert_nonnull(strstr(log, "EHLO"));
	g_assert_nonnull(strstr(log, "QUIT"));
	g_assert_null(strstr(log, "AUTH "));
	g_assert_null(strstr(log, "MAIL"));
}

static void
test_case(gconstpointer data)
{
	const Case *c = data;
	RpTransportTimes times = fake_times;
	RpDeliveryOptions options = {.greetings = c->banner};
	FakeDelivery run = {.n_messages = 1};
	Port smtp = {0}, submission = {0}, submissions = {0};

	port_block(&smtp, c->blocked);
	port_serve(&submission, c->submission);
	port_serve(&submissions, c->submissions);
	times.probe_ms =
		fake_times_of(c->submission ? c->submission : "").greeting_ms ? 1500 : 60000;
	if (c->blocked == BLOCKED_DROPPED)
		times.connect_ms = 1500;
	times.port_smtp = smtp.number;
	times.port_submission = submission.number;
	times.port_submissions = submissions.number;
	g_autoptr(RpServerSet) set = fake_set(smtp.number);
	set->smtp_tls = c->tls;
	set->tls_ca_file = g_strdup(fake_cert("good"));
	if (c->login) {
		set->smtp_login.user = g_strdup("taro");
		set->smtp_login.password = g_strdup("geheim");
	}
	if (c->also)
		add_endpoint(set, c->also);
	run.transport = rp_transport_new(NULL);
	rp_transport_set_times(run.transport, &times);
	fake_delivery_run(&run, set, &fake_route, &options);
	if (run.detail)
		g_test_message("%s", run.detail);
	g_assert_cmpstr(run.text->str, ==, c->want);
	if (c->answers)
		check_detail(
			c, run.detail, g_str_equal(c->answers, "465") ? &submissions : &submission);
	else if (run.detail)
		g_assert_null(strstr(run.detail, "would go"));
	fake_delivery_clear(&run);
	port_clear(&smtp);
	port_clear(&submission);
	port_clear(&submissions);
}

/* Only port 25 is blocked for all: what other port a set has is its own affair. */
static void
test_other_port(void)
{
	RpTransportTimes times = fake_times;
	FakeDelivery run = {.n_messages = 1};
	Port smtp, submission;

	port_reserve(&smtp);
	port_serve(&submission, "{}");
	times.probe_ms = 60000;
	times.port_smtp = 25;
	times.port_submission = submission.number;
	times.port_submissions = submission.number;
	g_autoptr(RpServerSet) set = fake_set(smtp.number);
	run.transport = rp_transport_new(NULL);
	rp_transport_set_times(run.transport, &times);
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==, "| unreachable");
	g_autofree char *log = fake_log(submission.number);
	g_assert_cmpstr(log, ==, "");
	fake_delivery_clear(&run);
	port_clear(&smtp);
}

static gboolean
cancel(gpointer data)
{
	FakeDelivery *run = data;

	run->cancel_timer = 0;
	rp_delivery_cancel(g_steal_pointer(&run->delivery));
	g_main_loop_quit(run->loop);
	return G_SOURCE_REMOVE;
}

/* Its port can't be had, and another port is asked, which says nothing. To be freed. */
static RpServerSet *
begin_probe(FakeDelivery *run, Port *smtp)
{
	RpTransportTimes times = fake_times;
	RpServerSet *set;
	Port submission;

	port_reserve(smtp);
	port_serve(&submission, "{\"replies\": {\"BANNER\": \"@stall\"}}");
	times.probe_ms = 60000;
	times.quit_ms = 300;
	times.port_smtp = smtp->number;
	times.port_submission = submission.number;
	times.port_submissions = submission.number;
	set = fake_set(smtp->number);
	run->transport = rp_transport_new(NULL);
	rp_transport_set_times(run->transport, &times);
	fake_delivery_begin(run, set, &fake_route, NULL);
	return set;
}

/* Cut meanwhile. */
static void
test_cancel(void)
{
	FakeDelivery run = {.n_messages = 1};
	Port smtp;
	g_autoptr(RpServerSet) set = begin_probe(&run, &smtp);

	run.cancel_timer = g_timeout_add(300, cancel, &run);
	fake_delivery_wait(&run);
	g_assert_cmpstr(run.text->str, ==, "");
	fake_delivery_clear(&run);
	port_clear(&smtp);
}

/* It has nothing to do any more meanwhile: that its own port could not be had stays. */
static void
test_finish(void)
{
	FakeDelivery run = {.n_messages = 1};
	Port smtp;
	g_autoptr(RpServerSet) set = begin_probe(&run, &smtp);

	rp_delivery_finish(run.delivery);
	fake_delivery_wait(&run);
	g_assert_cmpstr(run.text->str, ==, "| unreachable");
	fake_delivery_clear(&run);
	port_clear(&smtp);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/port-probe/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/port-probe/other-port", test_other_port);
	g_test_add_func("/port-probe/cancel", test_cancel);
	g_test_add_func("/port-probe/finish", test_finish);
	int result = g_test_run();
	fake_stop();
	return result;
}
