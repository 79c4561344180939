/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-server.h"
#include "memory-wire.h"

#include <string.h>

/* All that is above the wire, over one in memory: through the calls that the agent makes, without
 * libcurl, sockets or servers. */

#define LINE(stage, tls, text) ((MemoryLine){stage, tls, text})
#define GREETING LINE(RP_STAGE_BANNER, FALSE, "220 mx.example ESMTP\r\n")
#define EHLO(tls) LINE(RP_STAGE_EHLO, tls, "250-mx.example\r\n")

#define OPEN_BOTH                                                                                  \
	"C: MAIL FROM:<a@x.example>", "C: RCPT TO:<b@y.example>", "C: RCPT TO:<c@z.example>"
#define TAKEN "S: 250 2.1.0 sender ok", "S: 250 2.1.5 b ok", "S: 250 2.1.5 c ok"
#define SMALL "From: a@x.example\r\n\r\n..hello\r\n.\r\n"

static void
check_steps(const RpWires *wires, const char *const *steps)
{
	g_assert_cmpuint(memory_wires_steps(wires), ==, g_strv_length((char **)steps));
}

static RpWires *
begin(FakeDelivery *run, const MemoryScript *scripts, guint n_scripts)
{
	RpWires *wires = memory_wires_new(scripts, n_scripts);
	run->transport = rp_transport_new_over(wires);
	rp_transport_set_times(run->transport, &fake_times);
	return wires;
}

/* ---- deliveries ---- */

/* Five messages to two recipients each. The server answers only when the next group has come, as it
 * does where commands are pipelined (RFC 2920 section 3.1): the content of one message and the
 * envelope of the next are one group. */
static const char *const whole[] = {
	OPEN_BOTH,
	"C: DATA",
	TAKEN,
	"S: 354 go on",
	/* the first is taken */
	"D:",
	OPEN_BOTH,
	"C: DATA",
	"S: 250 2.0.0 queued as 1",
	"S: 250 2.1.0 sender ok",
	"S: 250 2.1.5 b ok",
	"S: 550 5.1.1 no such mailbox",
	"S: 354 go on",
	/* of the second, one recipient is refused */
	"D:",
	OPEN_BOTH,
	"C: DATA",
	"S: 250 2.0.0 queued as 2",
	TAKEN,
	"S: 354 go on",
	/* the third is not */
	"D:",
	OPEN_BOTH,
	"C: DATA",
	"S: 554 5.6.0 not such a thing",
	TAKEN,
	"S: 354 go on",
	/* the fourth is all there when the line is cut, and the fifth is only announced */
	"D:",
	OPEN_BOTH,
	"C: DATA",
	"cut",
	NULL,
};

static void
test_whole_delivery(void)
{
	static const MemoryScript script = {
		.lines = {GREETING, EHLO(FALSE), {RP_STAGE_EHLO, FALSE, "250-8BITMIME\r\n"},
			{RP_STAGE_EHLO, FALSE, "250 PIPELINING\r\n"}},
		.steps = whole,
	};
	g_autoptr(RpServerSet) set = fake_set(25);
	FakeDelivery run = {.n_messages = 5};
	RpWires *wires = begin(&run, &script, 1);
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==,
		"accepted, accepted; "
		"accepted, refused rcpt 550; "
		"refused content 554, refused content 554; "
		"in-doubt, in-doubt; "
		"not-sent, not-sent | lost");
	g_assert_cmpuint(run.in_doubt->len, ==, 1);
	g_assert_cmpuint(g_array_index(run.in_doubt, guint, 0), ==, 4);
	check_steps(wires, whole);
	g_assert_cmpuint(memory_wires_mails(wires)->len, ==, 4);
	g_assert_cmpstr(memory_wires_mails(wires)->pdata[1], ==, SMALL);
	g_assert_cmpstr(memory_wires_log(wires), ==, "smtp 127.0.0.1:25 tls=off\n");
	g_assert_cmpstr(run.banner_domain, ==, "mx.example");
	g_assert_cmpstr(run.detail, ==, "127.0.0.1:25: the connection was lost");
	g_assert_cmpint(run.local.family, ==, RP_FAMILY_IPV4);
	g_assert_false(run.encrypted);
	fake_delivery_clear(&run);
}

static void
test_in_order(void)
{
	static const char *const steps[] = {OPEN_BOTH, "C: DATA", TAKEN, "S: 354 go on",
		"D:", "S: 250 2.0.0 queued", "C: QUIT", "S: 221 2.0.0 bye", "cut", NULL};
	static const MemoryScript script = {
		.lines = {GREETING, EHLO(FALSE), {RP_STAGE_EHLO, FALSE, "250 PIPELINING\r\n"}},
		.steps = steps,
	};
	g_autoptr(RpServerSet) set = fake_set(25);
	FakeDelivery run = {.n_messages = 1};
	RpWires *wires = begin(&run, &script, 1);
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==, "accepted, accepted | ok");
	check_steps(wires, steps);
	g_assert_cmpuint(memory_wires_n_open(wires), ==, 0);
	fake_delivery_clear(&run);
}

/* What the server can do is what it says last: before TLS it said more (RFC 3207 section 4.2). */
static void
test_capabilities(void)
{
	static const char *const steps[] = {"C: MAIL FROM:<a@x.example>", "idle", "S: 250 ok",
		"C: RCPT TO:<b@y.example>", "idle", "S: 250 ok", "C: RCPT TO:<c@z.example>", "idle",
		"S: 250 ok", "C: DATA", "idle", "S: 354 go on", "D:", "idle", "S: 250 queued",
		"C: QUIT", "S: 221 bye", "cut", NULL};
	static const MemoryScript script = {
		.lines = {GREETING, EHLO(FALSE), {RP_STAGE_EHLO, FALSE, "250-STARTTLS\r\n"},
			{RP_STAGE_EHLO, FALSE, "250 PIPELINING\r\n"},
			{RP_STAGE_STARTTLS, FALSE, "220 go\r\n"}, EHLO(TRUE),
			{RP_STAGE_EHLO, TRUE, "250 8BITMIME\r\n"}},
		.steps = steps,
	};
	g_autoptr(RpServerSet) set = fake_set(25);
	FakeDelivery run = {.n_messages = 1};
	RpWires *wires = begin(&run, &script, 1);
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==, "accepted, accepted | ok");
	g_assert_true(run.encrypted);
	/* The answer to the first EHLO tells of the line. */
	g_assert_cmpuint(run.ehlo_octets, ==, 46);
	g_assert_cmpint(run.ehlo_took, >, 0);
	check_steps(wires, steps);
	fake_delivery_clear(&run);
}

/* Messages behind each other on a line that takes 20,000 octets and is cut, with some more here:
 * those of which all has left are in doubt, of the others it is certain. */
static void
test_cut_line(void)
{
	static const MemoryScript script = {
		.lines = {GREETING, EHLO(FALSE), {RP_STAGE_EHLO, FALSE, "250-CHUNKING\r\n"},
			{RP_STAGE_EHLO, FALSE, "250 PIPELINING\r\n"}},
		.carries = 20000,
		.room = 16384,
	};
	g_autoptr(RpServerSet) set = fake_set(25);
	FakeDelivery run = {.n_messages = 8, .size = 6400};
	begin(&run, &script, 1);
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpuint(run.outcomes, ==, run.pushed);
	g_assert_cmpuint(run.pushed, >, 3);
	g_assert_cmpuint(run.in_doubt->len, ==, 3);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpuint(g_array_index(run.in_doubt, guint, i), ==, i + 1);
	g_assert_true(g_str_has_suffix(run.text->str, "; not-sent, not-sent | lost"));
	fake_delivery_clear(&run);
}

static guint
count_in_doubt(guint64 carries, gboolean with_login)
{
	static const char *const login[] = {
		"C: AUTH PLAIN AHRhcm8AZ2VoZWlt", "S: 235 2.7.0 in", NULL};
	MemoryScript script = {
		.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250-CHUNKING\r\n"},
			{RP_STAGE_EHLO, FALSE, "250-AUTH PLAIN\r\n"},
			{RP_STAGE_EHLO, FALSE, "250 PIPELINING\r\n"}},
		.carries = carries,
		.steps = with_login ? login : NULL,
	};
	g_autoptr(RpServerSet) set = fake_set(25);
	FakeDelivery run = {.n_messages = 3, .size = 2000};
	if (with_login) {
		set->smtp_login.user = g_strdup("taro");
		set->smtp_login.password = g_strdup("geheim");
	}
	begin(&run, &script, 1);
	fake_delivery_run(&run, set, &fake_route, NULL);
	guint in_doubt = run.in_doubt->len;
	fake_delivery_clear(&run);
	return in_doubt;
}

/* With how many octets on the line the second message is in doubt. */
static guint64
octets_of_two(gboolean with_login)
{
	guint64 least = 1000, most = 8000;
	while (most - least > 1) {
		guint64 middle = (least + most) / 2;
		if (count_in_doubt(middle, with_login) < 2)
			least = middle;
		else
			most = middle;
	}
	return most;
}

/* What the login has sent is none of the messages'. */
static void
test_cut_after_login(void)
{
	g_assert_cmpuint(octets_of_two(TRUE) - octets_of_two(FALSE), ==,
		strlen("AUTH PLAIN AHRhcm8AZ2VoZWlt\r\n"));
}

/* What leaves here is sent again and again and never acknowledged, and a new connection to the
 * server is answered: larger packets get lost. What the server is known to lack is in no doubt.
 * Where that connection is not answered the line is dead, and with small segments it isn't that:
 * the server is waited for. */
typedef struct {
	gboolean small, loses, answers;
	guint beyond;
	gboolean stalled;
	const char *want;
} Stall;

typedef struct {
	MemoryScript scripts[32];
	FakeDelivery run;
	RpWires *wires;
} StallPlay;

static void
write_stall(StallPlay *play, const Stall *c)
{
	static const char *const steps[] = {OPEN_BOTH, "C: DATA", TAKEN, "S: 354 go on", NULL};
	const MemoryScript scripts[] = {
		{.lines = {GREETING, EHLO(FALSE), {RP_STAGE_EHLO, FALSE, "250 PIPELINING\r\n"}},
			.steps = steps,
			.carries = c->loses ? 5000 : 0,
			.beyond = c->beyond,
			.loses = c->loses},
		{.lines = {GREETING}},
	};
	static const MemoryScript no_answer = {
		.failure = {RP_STAGE_CONNECT, RP_WIRE_CONNECT, "no answer"}};

	for (guint i = 0; i < G_N_ELEMENTS(play->scripts); i++)
		play->scripts[i] = i == 0 ? scripts[0] : c->answers ? scripts[1] : no_answer;
}

static void
begin_stall(StallPlay *play, const Stall *c)
{
	g_autoptr(RpServerSet) set = fake_set(25);
	RpRoute route = fake_route;
	RpTransportTimes times = fake_times;

	write_stall(play, c);
	play->run = (FakeDelivery){.n_messages = 1, .size = 20000};
	play->wires = begin(&play->run, play->scripts, G_N_ELEMENTS(play->scripts));
	route.small_segments = c->small;
	times.stall_look_ms = c->answers ? 20 : 400;
	times.reply_percent = 1;
	rp_transport_set_times(play->run.transport, &times);
	fake_delivery_begin(&play->run, set, &route, NULL);
}

static void
end_stall(StallPlay *play, const Stall *c)
{
	FakeDelivery *run = &play->run;

	if (run->delivery)
		fake_delivery_wait(run);
	g_assert_cmpstr(run->text->str, ==, c->want);
	g_assert_cmpint(run->stalled, ==, c->stalled);
	g_assert_cmpint(run->silent, ==, !c->stalled);
	g_assert_cmpint(strstr(memory_wires_log(play->wires), "small") != NULL, ==, c->small);
	g_assert_cmpuint(memory_wires_n_open(play->wires), ==, 0);
	fake_delivery_clear(run);
}

/* All at once: each is silent for as long as the server may be. */
static void
test_stall(void)
{
	static const Stall cases[] = {
		{FALSE, TRUE, TRUE, 700, TRUE, "not-sent, not-sent | lost"},
		{FALSE, TRUE, TRUE, 0, TRUE, "in-doubt, in-doubt | lost"},
		{FALSE, TRUE, FALSE, 0, FALSE, "in-doubt, in-doubt | lost"},
		{TRUE, TRUE, TRUE, 0, FALSE, "in-doubt, in-doubt | lost"},
		{FALSE, FALSE, TRUE, 0, FALSE, "in-doubt, in-doubt | lost"},
	};
	g_autofree StallPlay *plays = g_new0(StallPlay, G_N_ELEMENTS(cases));

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		begin_stall(&plays[i], &cases[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		end_stall(&plays[i], &cases[i]);
}

/* A server that falls silent after DATA: two minutes (RFC 5321 section 4.5.3.2.5), of which the
 * test waits a hundredth. Nothing of the content has been sent. */
static void
test_deadline(void)
{
	static const char *const steps[] = {OPEN_BOTH, "C: DATA", TAKEN, NULL};
	static const MemoryScript script = {
		.lines = {GREETING, EHLO(FALSE), {RP_STAGE_EHLO, FALSE, "250 PIPELINING\r\n"}},
		.steps = steps,
	};
	g_autoptr(RpServerSet) set = fake_set(25);
	FakeDelivery run = {.n_messages = 2};
	RpTransportTimes times = fake_times;
	RpWires *wires = begin(&run, &script, 1);
	times.reply_percent = 1;
	rp_transport_set_times(run.transport, &times);
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==, "not-sent, not-sent; not-sent, not-sent | lost");
	g_assert_cmpint(run.ended - run.started, >=, 1200 * G_TIME_SPAN_MILLISECOND);
	check_steps(wires, steps);
	fake_delivery_clear(&run);
}

/* ---- the set-up ---- */

typedef struct {
	const char *name;
	MemoryScript scripts[3];
	guint n_scripts;
	RpTls tls;
	const char *user; /* with the password "geheim" */
	const char *banner;
	guint n_endpoints;
	const char *want;
	const char *log;
	const char *detail;
	gboolean encrypted, hung_up;
} SetUp;

#define QUIT "C: QUIT", "S: 221 bye"
static const char *const nothing_to_send[] = {QUIT, NULL};
static const char *const logs_in[] = {
	"C: AUTH PLAIN AHRhcm8AZ2VoZWlt", "idle", "S: 235 2.7.0 in", QUIT, NULL};
static const char *const is_refused[] = {
	"C: AUTH PLAIN AHRhcm8AZ2VoZWlt", "S: 535 5.7.8 no", "idle", NULL};
static const char *const is_cut[] = {"C: AUTH PLAIN", "cut", NULL};

static const SetUp set_ups[] = {
	{"TLS", .tls = RP_TLS_REQUIRED, .n_scripts = 1, .encrypted = TRUE,
		.scripts = {{.lines = {GREETING, EHLO(FALSE),
				     {RP_STAGE_EHLO, FALSE, "250 STARTTLS\r\n"},
				     {RP_STAGE_STARTTLS, FALSE, "220 go\r\n"},
				     {RP_STAGE_EHLO, TRUE, "250 mx.example\r\n"}},
			.steps = nothing_to_send}},
		.want = "| ok", .log = "smtp 127.0.0.1:25 tls=required peer\n"},
	{"no TLS", .tls = RP_TLS_REQUIRED, .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}},
			.failure = {RP_STAGE_EHLO, RP_WIRE_TLS_MISSING, "no STARTTLS"}}},
		.want = "| tls-unavailable", .log = "smtp 127.0.0.1:25 tls=required peer\n",
		.detail = "127.0.0.1:25: no STARTTLS"},
	{"a login makes TLS a must", .tls = RP_TLS_OPPORTUNISTIC, .user = "taro", .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}},
			.failure = {RP_STAGE_EHLO, RP_WIRE_TLS_MISSING, "no STARTTLS"}}},
		.want = "| tls-unavailable", .log = "smtp 127.0.0.1:25 tls=required peer\n"},
	{"a login", .user = "taro", .tls = RP_TLS_OFF, .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 AUTH=PLAIN\r\n"}},
			.steps = logs_in}},
		.want = "| ok", .log = "smtp 127.0.0.1:25 tls=off\n"},
	{"a login that is refused", .user = "taro", .tls = RP_TLS_OFF, .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 auth plain\r\n"}},
			.steps = is_refused}},
		.want = "| auth-failed", .log = "smtp 127.0.0.1:25 tls=off\n",
		.detail = "127.0.0.1:25 said: 535 5.7.8 no"},
	{"a line that is cut at the login", .user = "taro", .tls = RP_TLS_OFF, .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 auth plain\r\n"}},
			.steps = is_cut}},
		.want = "| lost", .log = "smtp 127.0.0.1:25 tls=off\n"},
	{"no login is offered", .user = "taro", .tls = RP_TLS_OFF, .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}}}},
		.want = "| auth-missing", .log = "smtp 127.0.0.1:25 tls=off\n",
		.detail = "127.0.0.1:25: offers no login"},
	/* libcurl would say HELO now, and what was said would be lost */
	{"EHLO is put off", .user = "taro", .tls = RP_TLS_OFF, .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "450 4.7.1 Greylisted\r\n"},
				     {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}}}},
		.want = "| try-later", .log = "smtp 127.0.0.1:25 tls=off\n",
		.detail = "127.0.0.1:25 said: 450 4.7.1 Greylisted"},
	{"EHLO is put off, and no login is needed", .tls = RP_TLS_OFF, .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "450 4.7.1 Greylisted\r\n"},
				     {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}}}},
		.want = "| try-later", .log = "smtp 127.0.0.1:25 tls=off\n"},
	{"EHLO wants a login", .tls = RP_TLS_OFF, .n_scripts = 1,
		.scripts = {{.lines = {GREETING,
				     {RP_STAGE_EHLO, FALSE,
					     "530 5.7.0 Authentication required\r\n"},
				     {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}}}},
		.want = "| refused", .log = "smtp 127.0.0.1:25 tls=off\n",
		.detail = "127.0.0.1:25 said: 530 5.7.0 Authentication required"},
	{"EHLO is not known", .tls = RP_TLS_OFF, .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "502 5.5.2 what?\r\n"},
				     {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}},
			.steps = nothing_to_send}},
		.want = "| ok", .log = "smtp 127.0.0.1:25 tls=off\n"},
	{"EHLO is not known, and a login is needed", .user = "taro", .tls = RP_TLS_OFF,
		.n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "502 5.5.2 what?\r\n"},
				     {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}}}},
		.want = "| rejected", .log = "smtp 127.0.0.1:25 tls=off\n",
		.detail = "127.0.0.1:25 said: 502 5.5.2 what?"},
	{"starttls in lower case", .tls = RP_TLS_REQUIRED, .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 starttls\r\n"}},
			.failure = {RP_STAGE_EHLO, RP_WIRE_TLS_MISSING, "no STARTTLS"}}},
		.want = "| tls-unavailable", .log = "smtp 127.0.0.1:25 tls=required peer\n",
		.detail = "127.0.0.1:25 offers STARTTLS in lower case, which can't be used: "
			  "smtps://127.0.0.1 would go, if the server has it"},
	{"refused at the greeting", .tls = RP_TLS_OFF, .n_scripts = 1,
		.scripts = {{.lines = {{RP_STAGE_BANNER, FALSE, "554 5.7.1 not you\r\n"}},
			.failure = {RP_STAGE_BANNER, RP_WIRE_REFUSED, "got 554"}}},
		.want = "| rejected", .log = "smtp 127.0.0.1:25 tls=off\n",
		.detail = "127.0.0.1:25 said: 554 5.7.1 not you"},
	{"not the server", .tls = RP_TLS_OFF, .banner = "odn.example", .n_scripts = 1,
		.scripts = {{.lines = {GREETING, EHLO(FALSE)}}}, .want = "| intercepted",
		.log = "smtp 127.0.0.1:25 tls=off\n",
		.detail = "127.0.0.1:25 was one of odn.example, now it greets with: "
			  "mx.example ESMTP"},
	{"not this server", .tls = RP_TLS_OFF, .n_scripts = 1,
		.banner = "127.0.0.1:2525=mx.example 127.0.0.1:25=odn.example",
		.scripts = {{.lines = {GREETING, EHLO(FALSE)}}}, .want = "| intercepted",
		.log = "smtp 127.0.0.1:25 tls=off\n"},
	{"another server of the set has that name", .tls = RP_TLS_OFF, .n_scripts = 1,
		.banner = "127.0.0.1:2525=odn.example",
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}},
			.steps = nothing_to_send}},
		.want = "| ok", .log = "smtp 127.0.0.1:25 tls=off\n"},
	{"the next endpoint", .tls = RP_TLS_OFF, .n_scripts = 2, .n_endpoints = 2,
		.scripts = {{.failure = {RP_STAGE_CONNECT, RP_WIRE_CONNECT, "No route to host"}},
			{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}},
				.steps = nothing_to_send}},
		.want = "| ok", .log = "smtp 127.0.0.1:25 tls=off\nsmtp 127.0.0.1:2525 tls=off\n"},
	{"none of them", .tls = RP_TLS_OFF, .n_scripts = 2, .n_endpoints = 2,
		.scripts = {{.failure = {RP_STAGE_CONNECT, RP_WIRE_RESOLVE, "no such name"}},
			{.failure = {RP_STAGE_CONNECT, RP_WIRE_RESOLVE, "no such name"}}},
		.want = "| resolve-failed",
		.log = "smtp 127.0.0.1:25 tls=off\nsmtp 127.0.0.1:2525 tls=off\n",
		.detail = "127.0.0.1:2525: no such name"},
	{"the link is gone", .tls = RP_TLS_OFF, .n_scripts = 1, .n_endpoints = 2,
		.scripts = {{.failure = {RP_STAGE_CONNECT, RP_WIRE_ADDRESS, "bind failed"}}},
		.want = "| bind-failed", .log = "smtp 127.0.0.1:25 tls=off\n"},
	{"no memory", .tls = RP_TLS_OFF, .n_scripts = 1,
		.scripts = {{.failure = {RP_STAGE_CONNECT, RP_WIRE_RESOURCES, "no memory"}}},
		.want = "| unreachable", .log = "smtp 127.0.0.1:25 tls=off\n",
		.detail = "127.0.0.1:25: no memory"},
	/* libcurl may hear of that before it says that it is connected */
	{"closed at once", .tls = RP_TLS_OFF, .n_scripts = 1, .hung_up = TRUE,
		.scripts = {{.failure = {RP_STAGE_BANNER, RP_WIRE_BROKEN, "closed"}}},
		.want = "| unreachable", .log = "smtp 127.0.0.1:25 tls=off\n",
		.detail = "127.0.0.1:25: closed"},
	{"broken in the handshake", .tls = RP_TLS_REQUIRED, .n_scripts = 1,
		.scripts = {{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 STARTTLS\r\n"},
				     {RP_STAGE_STARTTLS, FALSE, "220 go\r\n"}},
			.failure = {RP_STAGE_STARTTLS, RP_WIRE_BROKEN, "reset"}}},
		.want = "| lost", .log = "smtp 127.0.0.1:25 tls=required peer\n",
		.detail = "127.0.0.1:25: reset"},
};

static void
add_endpoint(RpServerSet *set)
{
	RpEndpoint *endpoint = g_new0(RpEndpoint, 1);
	endpoint->host = g_strdup("127.0.0.1");
	endpoint->port = 2525;
	g_ptr_array_add(set->smtp, endpoint);
}

static void
test_set_up(gconstpointer data)
{
	const SetUp *c = data;
	RpDeliveryOptions options = {.greetings = c->banner};
	FakeDelivery run = {0};
	g_autoptr(RpServerSet) set = fake_set(25);
	set->smtp_tls = c->tls;
	if (c->user) {
		set->smtp_login.user = g_strdup(c->user);
		set->smtp_login.password = g_strdup("geheim");
	}
	if (c->n_endpoints > 1)
		add_endpoint(set);
	RpWires *wires = begin(&run, c->scripts, c->n_scripts);
	fake_delivery_run(&run, set, &fake_route, &options);
	g_assert_cmpstr(run.text->str, ==, c->want);
	g_assert_cmpstr(memory_wires_log(wires), ==, c->log);
	if (c->detail)
		g_assert_cmpstr(run.detail, ==, c->detail);
	g_assert_cmpint(run.encrypted, ==, c->encrypted);
	g_assert_cmpint(run.hung_up, ==, c->hung_up);
	g_assert_cmpuint(memory_wires_n_open(wires), ==, 0);
	fake_delivery_clear(&run);
}

/* Port 25 is blocked: 587 of the same host is asked, and left in order. */
static void
test_port_blocked(void)
{
	static const MemoryScript scripts[] = {
		{.failure = {RP_STAGE_CONNECT, RP_WIRE_CONNECT, "Connection refused"}},
		{.lines = {GREETING, {RP_STAGE_EHLO, FALSE, "250 mx.example\r\n"}},
			.steps = nothing_to_send},
	};
	RpTransportTimes times = fake_times;
	g_autoptr(RpServerSet) set = fake_set(25);
	FakeDelivery run = {.n_messages = 1};
	RpWires *wires = begin(&run, scripts, 2);
	times.probe_ms = 60000;
	times.port_smtp = 25;
	times.port_submission = 587;
	times.port_submissions = 465;
	rp_transport_set_times(run.transport, &times);
	fake_delivery_run(&run, set, &fake_route, NULL);
	g_assert_cmpstr(run.text->str, ==, "| port-blocked");
	g_assert_cmpstr(memory_wires_log(wires), ==,
		"smtp 127.0.0.1:25 tls=off\nsmtp 127.0.0.1:587 tls=off\n");
	check_steps(wires, nothing_to_send);
	fake_delivery_clear(&run);
}

/* At each turn of the loop: nothing is heard any more, and no wire is left. */
static void
test_cancel_anywhere(void)
{
	static const MemoryScript script = {
		.lines = {GREETING, EHLO(FALSE), {RP_STAGE_EHLO, FALSE, "250 PIPELINING\r\n"}},
		.steps = whole,
	};
	g_autoptr(RpServerSet) set = fake_set(25);
	for (guint turns = 0; turns < 20; turns++) {
		FakeDelivery run = {.n_messages = 3};
		RpWires *wires = begin(&run, &script, 1);
		fake_delivery_begin(&run, set, &fake_route, NULL);
		for (guint i = 0; i < turns; i++)
			g_main_context_iteration(NULL, FALSE);
		rp_delivery_cancel(run.delivery);
		g_assert_cmpuint(memory_wires_n_open(wires), ==, 0);
		g_assert_cmpuint(run.outcomes, ==, run.pushed);
		fake_delivery_clear(&run);
	}
}

/* ---- POP3 ---- */

static RpServerSet *
pop_set(void)
{
	RpServerSet *set = fake_set(25);
	set->pop = g_new0(RpEndpoint, 1);
	set->pop->host = g_strdup("pop.example");
	set->pop->port = 110;
	set->pop_login.user = g_strdup("taro");
	set->pop_login.password = g_strdup("geheim");
	return set;
}

#define POP_GREETING LINE(RP_STAGE_BANNER, FALSE, "+OK ready\r\n")
#define POP_CAPA                                                                                   \
	LINE(RP_STAGE_EHLO, FALSE, "+OK\r\n"), LINE(RP_STAGE_EHLO, FALSE, "UIDL\r\n"),             \
		LINE(RP_STAGE_EHLO, FALSE, "USER\r\n"),                                            \
		LINE(RP_STAGE_EHLO, FALSE, "PIPELINING\r\n"), LINE(RP_STAGE_EHLO, FALSE, ".\r\n")
#define USER "C: USER taro", "S: +OK", "C: PASS geheim"
#define LEAVE "C: QUIT", "S: +OK bye", NULL

typedef struct {
	GMainLoop *loop;
	GString *text;
	guint events;
	guint can;
} Pop;

static void
on_login(RpPopLogin *login, const RpSessionReport *report, gpointer user)
{
	Pop *pop = user;
	g_string_append(pop->text, rp_session_result_name(report->result));
	g_main_loop_quit(pop->loop);
}

static void
test_pop_login(void)
{
	static const char *const in[] = {USER, "S: +OK 2 messages", LEAVE};
	static const char *const wrong[] = {USER, "S: -ERR [AUTH] wrong", "idle", NULL};
	static const char *const sasl[] = {"C: AUTH PLAIN AHRhcm8AZ2VoZWlt", "S: +OK in", LEAVE};
	static const MemoryScript scripts[] = {
		{.lines = {POP_GREETING, POP_CAPA}, .steps = in},
		{.lines = {POP_GREETING, POP_CAPA}, .steps = wrong},
		{.lines = {POP_GREETING, {RP_STAGE_EHLO, FALSE, "+OK\r\n"},
			 {RP_STAGE_EHLO, FALSE, "SASL GSSAPI PLAIN\r\n"}},
			.steps = sasl},
	};
	static const char *const wants[] = {"ok", "auth-failed", "ok"};
	g_autoptr(RpServerSet) set = pop_set();
	RpWires *wires = memory_wires_new(scripts, G_N_ELEMENTS(scripts));
	g_autoptr(RpTransport) transport = rp_transport_new_over(wires);
	Pop pop = {.loop = g_main_loop_new(NULL, FALSE), .text = g_string_new(NULL)};
	rp_transport_set_times(transport, &fake_times);
	for (gsize i = 0; i < G_N_ELEMENTS(wants); i++) {
		g_string_truncate(pop.text, 0);
		rp_transport_pop_login(transport, set, &fake_route, NULL, on_login, &pop);
		g_main_loop_run(pop.loop);
		g_assert_cmpstr(pop.text->str, ==, wants[i]);
	}
	check_steps(wires, sasl);
	g_assert_cmpstr(memory_wires_log(wires), ==,
		"pop pop.example:110 tls=off\n"
		"pop pop.example:110 tls=off\n"
		"pop pop.example:110 tls=off\n");
	g_string_free(pop.text, TRUE);
	g_main_loop_unref(pop.loop);
}

static void
on_fetch_ready(RpPopFetch *fetch, const RpSessionReport *report, gpointer user)
{
	((Pop *)user)->can = report->pop_can;
}

static void
on_fetch_event(RpPopFetch *fetch, const RpPopEvent *event, gpointer user)
{
	Pop *pop = user;
	switch (event->kind) {
	case RP_POP_EVENT_LISTED:
		for (guint i = 0; i < event->listing->n_items; i++)
			g_string_append_printf(pop->text, "%s ", event->listing->items[i].uidl);
		g_assert_true(rp_pop_fetch_get(fetch, 2, FALSE, NULL));
		break;
	case RP_POP_EVENT_DATA:
		g_string_append_len(pop->text, (const char *)event->data, (gssize)event->size);
		break;
	case RP_POP_EVENT_MESSAGE:
		g_assert_cmpint(event->outcome, ==, RP_POP_WHOLE);
		g_assert_true(rp_pop_fetch_delete(fetch, 2, NULL));
		rp_pop_fetch_finish(fetch);
		break;
	case RP_POP_EVENT_DELETED:
		g_string_append(pop->text, "deleted ");
		break;
	case RP_POP_EVENT_CUT:
	case RP_POP_EVENT_CLOSED:
		g_assert_not_reached();
	}
}

static void
on_fetch_closed(RpPopFetch *fetch, const RpSessionReport *report, gpointer user)
{
	Pop *pop = user;
	g_string_append_printf(pop->text, "| %s", rp_session_result_name(report->result));
	g_main_loop_quit(pop->loop);
}

static void
test_fetch(void)
{
	static const char *const steps[] = {USER, "S: +OK 2 messages", "C: CAPA", "S: +OK",
		"S: UIDL", "S: PIPELINING", "S: .", "C: UIDL", "C: LIST", "S: +OK", "S: 1 one",
		"S: 2 two", "S: .", "S: +OK", "S: 1 9", "S: 2 12", "S: .", "C: RETR 2", "S: +OK",
		"S: Subject: x", "S: ", "S: ..y", "S: .", "C: DELE 2", "S: +OK", "C: QUIT",
		"S: +OK bye", "cut", NULL};
	static const MemoryScript script = {
		.lines = {POP_GREETING, {RP_STAGE_EHLO, FALSE, "+OK\r\n"},
			{RP_STAGE_EHLO, FALSE, "TOP\r\n"}, {RP_STAGE_EHLO, FALSE, ".\r\n"},
			{RP_STAGE_STARTTLS, FALSE, "+OK\r\n"}, POP_CAPA},
		.steps = steps};
	static const RpPopFetchCallbacks callbacks = {
		on_fetch_ready, on_fetch_event, on_fetch_closed};
	g_autoptr(RpServerSet) set = pop_set();
	RpWires *wires = memory_wires_new(&script, 1);
	g_autoptr(RpTransport) transport = rp_transport_new_over(wires);
	Pop pop = {.loop = g_main_loop_new(NULL, FALSE), .text = g_string_new(NULL)};
	rp_transport_set_times(transport, &fake_times);
	rp_pop_fetch_start(transport, set, &fake_route, NULL, &callbacks, &pop);
	g_main_loop_run(pop.loop);
	g_assert_cmpstr(pop.text->str, ==, "one two Subject: x\r\n\r\n.y\r\ndeleted | ok");
	g_assert_cmpuint(pop.can, ==, RP_POP_CAN_UIDL | RP_POP_CAN_PIPELINING);
	check_steps(wires, steps);
	g_string_free(pop.text, TRUE);
	g_main_loop_unref(pop.loop);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/whole-delivery", test_whole_delivery);
	g_test_add_func("/wire/in-order", test_in_order);
	g_test_add_func("/wire/capabilities", test_capabilities);
	g_test_add_func("/wire/cut-line", test_cut_line);
	g_test_add_func("/wire/cut-after-login", test_cut_after_login);
	g_test_add_func("/wire/stall", test_stall);
	g_test_add_func("/wire/deadline", test_deadline);
	for (gsize i = 0; i < G_N_ELEMENTS(set_ups); i++) {
		g_autofree char *path = g_strdup_printf("/wire/set-up/%s", set_ups[i].name);
		g_test_add_data_func(path, &set_ups[i], test_set_up);
	}
	g_test_add_func("/wire/port-blocked", test_port_blocked);
	g_test_add_func("/wire/cancel-anywhere", test_cancel_anywhere);
	g_test_add_func("/wire/pop-login", test_pop_login);
	g_test_add_func("/wire/fetch", test_fetch);
	return g_test_run();
}
