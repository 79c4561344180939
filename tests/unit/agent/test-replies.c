/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes back from servers, each answer at the stage it belongs to, by a scripted server and
 * the real transport: what the queue then holds, what was learned, and whether another server set
 * that may carry the mail is asked. */
#include "fake-server.h" /* before all: it names its log */

#include "agent-private.h"
#include "fixture.h"

#include "roampost/base.h"

#include <gio/gio.h>
#include <string.h>

#define FROM "taro@t.example"
#define LOGIN "smtp-user=taro\nsmtp-password=geheim\n"
#define POP "{\"proto\": \"pop\"}"

typedef struct {
	const char *name;
	const char *smtp;   /* the server's script */
	const char *want;   /* what the queue holds: see describe() */
	guint n_other;      /* mails that another set carries, where there is one */
	const char *config; /* more of the server set */
	const char *pop;    /* the POP server's script; NULL: it has none */
	const char *to;     /* NULL: one recipient */
	gboolean silent;    /* the server will be: its replies are waited for briefly */
	gboolean may_vary; /* a session that was begun ahead may have ended before it is wanted: how
			      many there are is not told */
} Row;

#define AT(stage, reply) "{\"replies\": {\"" stage "\": \"" reply "\"}}"
#define RCPT(reply) AT("RCPT", reply)

#include "replies-rows.h"

/* ---- the bench ---- */

typedef struct {
	guint16 smtp, pop, other;
} Ports;

static char *
make_config(const Row *row, const Ports *ports, gboolean with_other)
{
	GString *config = g_string_new(NULL);

	g_string_append_printf(config,
		"[server-set t]\nidentities=" FROM "\n%s"
		"smtp=smtp://127.0.0.1:%u\n%s",
		row->config && strstr(row->config, "relay=") ? "" : "relay=anywhere\n", ports->smtp,
		row->config ? row->config : "smtp-tls=off\n");
	if (row->pop)
		g_string_append_printf(config,
			"pop=pop3://"
			"127.0.0.1:%u\npop-tls=off\npop-user=taro\npop-password=geheim\n",
			ports->pop);
	if (with_other)
		g_string_append_printf(config,
			"[server-set other]\nidentities=x@other.example\ncarries=any\n"
			"relay=anywhere\nsmtp=smtp://127.0.0.1:%u\nsmtp-tls=off\n",
			ports->other);
	g_string_replace(config, "@CERT@", fake_cert("good"), 0);
	g_string_replace(config, "@CERT-NAME@", fake_cert("name"), 0);
	return g_string_free(config, FALSE);
}

static void
begin(Fixture *f, const Row *row, const Ports *ports, gboolean with_other)
{
	g_autofree char *config = make_config(row, ports, with_other);
	RpTransport *transport = rp_transport_new(NULL);
	RpTransportTimes times = fake_times;

	rp_agent_free(f->agent);
	if (row->silent)
		times.reply_percent = 1;
	rp_transport_set_times(transport, &times);
	start_on(f, config, transport);
	network(f, "192.0.2.7");
}

static guint
count(const char *log, const char *words)
{
	guint n = 0;

	for (const char *at = log; (at = strstr(at, words)); at += strlen(words))
		n++;
	return n;
}

/* How long it is until then. */
static const char *
span_name(RpTime until)
{
	RpSpan span = until - test_time;

	return until == G_MAXINT64              ? "ever"
	       : span > 20 * G_TIME_SPAN_HOUR   ? "a day"
	       : span > 5 * G_TIME_SPAN_MINUTE  ? "long"
	       : span > 30 * G_TIME_SPAN_SECOND ? "minutes"
						: "soon";
}

static void
describe_recipients(GString *text, const RpQueueMessage *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		g_string_append_printf(
			text, "%s%s", i ? "," : ": ", rp_recipient_state_name(recipient->state));
	}
}

static void
describe_reason(GString *text, const RpQueueMessage *message)
{
	const RpQueueRecipient *first = message->recipients->pdata[0];
	g_autofree char *reasons = NULL;
	char *code, *end;

	if (message->hold_reason >= 0) {
		g_string_append_printf(
			text, ", %s", rp_reason_name((RpReason)message->hold_reason));
		return;
	}
	if (message->state != RP_MESSAGE_HELD ||
		!rp_class_text_find(message->class_reasons, first->address, NULL, &reasons) ||
		!(code = strstr(reasons, "\"reason\":\"")))
		return;
	code += strlen("\"reason\":\"");
	end = strchr(code, '"');
	g_string_append_printf(text, ", %.*s", (int)(end - code), code);
}

static void
describe_learned(GString *text, Fixture *f)
{
	g_autoptr(GPtrArray) failures = rp_queue_load_failures(f->reader, NULL);

	for (guint i = 0; i < failures->len; i++) {
		const RpFailure *failure = failures->pdata[i];

		if (!g_str_equal(failure->set, "t"))
			continue;
		g_string_append_printf(text, "; learned %s", rp_failure_kind_name(failure->kind));
		if (failure->sender)
			g_string_append(text, " for the sender");
		if (failure->recipient_domain)
			g_string_append_printf(text, " for %s", failure->recipient_domain);
		g_string_append_printf(text, " for %s", span_name(failure->until));
	}
}

/* "STATE: RECIPIENTS, REASON, next try WHEN, maybe sent; learned KIND for WHEN; N sessions" */
static char *
describe(Fixture *f, RpMessageId id, const Ports *ports, gboolean with_sessions)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->reader, id, NULL);
	g_autofree char *log = fake_log(ports->smtp);
	g_autofree char *pop_log = ports->pop ? fake_log(ports->pop) : g_strdup("");
	guint n_sessions = count(log, "<connection>"), n_logins = count(pop_log, "<connection>");
	GString *text = g_string_new(message ? rp_message_state_name(message->state) : "gone");

	if (message) {
		describe_recipients(text, message);
		describe_reason(text, message);
		if (message->next_try)
			g_string_append_printf(text, ", next try %s", span_name(message->next_try));
		if (message->flags & RP_MESSAGE_MAYBE_SENT)
			g_string_append(text, ", maybe sent");
	}
	describe_learned(text, f);
	if (with_sessions && n_sessions != 1)
		g_string_append_printf(text, "; %u sessions", n_sessions);
	if (n_logins)
		g_string_append_printf(text, "; %u POP logins", n_logins);
	return g_string_free(text, FALSE);
}

static void
open_ports(const Row *row, Ports *ports)
{
	ports->smtp = fake_server(row->smtp);
	ports->pop = row->pop ? fake_server(row->pop) : 0;
	ports->other = fake_server("{}");
}

/* A login that the server is asked for again takes a moment. */
static void
run_row(Fixture *f, const Row *row, gboolean with_other, Ports *ports, RpMessageId *id)
{
	open_ports(row, ports);
	begin(f, row, ports, with_other);
	*id = submit(f, FROM, row->to ? row->to : "a@x.example");
	pass_time(f, 10 * G_USEC_PER_SEC);
}

static void
test_row(Fixture *f, gconstpointer data)
{
	const Row *row = data;
	g_autofree char *got = NULL;
	RpMessageId id;
	Ports ports;

	run_row(f, row, FALSE, &ports, &id);
	got = describe(f, id, &ports, !row->may_vary);
	if (g_getenv("RP_PRINT"))
		g_printerr("ROW\t%s\t%s\n", row->name, got);
	else
		g_assert_cmpstr(got, ==, row->want);
}

static void
test_other(Fixture *f, gconstpointer data)
{
	const Row *row = data;
	RpMessageId id;
	Ports ports;

	run_row(f, row, TRUE, &ports, &id);
	if (g_getenv("RP_PRINT"))
		g_printerr("OTHER\t%s\t%u\n", row->name, fake_n_mails(ports.other));
	else
		g_assert_cmpuint(fake_n_mails(ports.other), ==, row->n_other);
}

/* ---- what the table says of more than one session ---- */

static gboolean
is_final(const Row *row)
{
	return strstr(row->want, "server-rejected") || strstr(row->want, "auth-failed") ||
	       g_str_has_prefix(row->want, "failed");
}

/* What only the user can decide about is not tried again by itself, whatever happens. */
static void
test_final(Fixture *f, gconstpointer data)
{
	const Row *row = data;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	RpMessageId id;
	Ports ports;

	run_row(f, row, FALSE, &ports, &id);
	before = fake_log(ports.smtp);
	pass_time(f, 3 * G_TIME_SPAN_DAY);
	if (!strstr(row->want, "learned rejected")) { /* which is true of this place */
		network(f, "198.51.100.7");
		network(f, "192.0.2.7");
	}
	after = fake_log(ports.smtp);
	g_assert_cmpuint(count(after, "<connection>"), ==, count(before, "<connection>"));
}

/* A server that turns sessions away is asked again when the user says so, or from another place. */
static void
test_turned_away(Fixture *f, gconstpointer data)
{
	static const Row row = {"", "{\"banner\": \"554 no\"}"};
	gboolean by_user = GPOINTER_TO_UINT(data);
	g_autofree char *script = NULL;
	RpMessageId id;
	Ports ports;

	run_row(f, &row, TRUE, &ports, &id);
	assert_state(f, id, "held");
	g_assert_nonnull(strstr(held_notice(f), "release it"));
	script = g_strdup_printf("{\"replaces\": %u}", ports.smtp);
	fake_server(script);
	if (by_user) {
		RpQueueChange *change = rp_queue_change_new(test_time);

		rp_change_forget_failures(change, NULL, RP_FAILURE_REJECTED);
		rp_change_release(change, id);
		apply(f, change);
	} else {
		network(f, "198.51.100.7");
	}
	assert_state(f, id, "gone");
	g_assert_cmpuint(fake_n_mails(ports.smtp), ==, 1);
	g_assert_cmpuint(fake_n_mails(ports.other), ==, 0);
}

/* A refused login stops the set for all of its mail. */
static void
test_credentials_stop_the_set(Fixture *f, gconstpointer data)
{
	static const Row row = {"",
		"{\"auth\": [\"PLAIN\"], \"denied\": \"535 5.7.8 authentication failed\"}",
		.config = "smtp-tls=off\nsmtp-user=taro\nsmtp-password=falsch\n"};
	g_autofree char *log = NULL;
	RpMessageId id;
	Ports ports;

	run_row(f, &row, FALSE, &ports, &id);
	for (guint i = 0; i < 3; i++)
		assert_state(f, submit(f, FROM, "b@x.example"), "held");
	log = fake_log(ports.smtp);
	g_assert_cmpuint(count(log, "<connection>"), ==, 1);
	g_assert_cmpuint(count(log, "AUTH"), ==, 1);
	g_assert_cmpuint(f->notifier->n_announced, ==, 1);
}

/* A greeting of another domain than before, without TLS that proves the server. */
static void
test_foreign_greeting(Fixture *f, gconstpointer data)
{
	static const Row row = {"", "{}"};
	g_autofree char *script = NULL;
	g_autofree char *got = NULL;
	g_autofree char *log = NULL;
	RpMessageId id;
	Ports ports;

	run_row(f, &row, FALSE, &ports, &id);
	assert_state(f, id, "gone");
	script = g_strdup_printf(
		"{\"replaces\": %u, \"banner\": \"220 mail.hotel.example ESMTP\"}", ports.smtp);
	fake_server(script);
	id = submit(f, FROM, "b@x.example");
	got = describe(f, id, &ports, TRUE);
	g_assert_cmpstr(
		got, ==, "held: pending, intercepted; learned intercepted for minutes; 2 sessions");
	log = fake_log(ports.smtp);
	g_assert_cmpuint(count(log, "MAIL"), ==, 1);
}

/* The line breaks long before the end: the server can't have it, and nobody is told that it might.
 */
static void
test_dropped_in_the_content(Fixture *f, gconstpointer data)
{
	static const Row row = {"", "{\"lose_after\": 100000}"};
	static const char *const to[] = {"a@x.example"};
	const RpEnvelope envelope = {
		.sender = FROM, .header_from = FROM, .recipients = to, .n_recipients = 1};
	g_autofree char *line = g_strnfill(62, 'x');
	g_autofree char *got = NULL;
	RpSubmission *submission;
	RpMessageId id;
	Ports ports;

	open_ports(&row, &ports);
	begin(f, &row, &ports, TRUE);
	submission = rp_submission_new(f->reader);
	for (guint i = 0; i < 65536; i++) {
		rp_submission_write(submission, i ? line : "", i ? 62 : 0, NULL);
		rp_submission_write(submission, "\r\n", 2, NULL);
	}
	g_assert_true(rp_submission_commit(submission, &envelope, &id, NULL));
	rp_submission_free(submission);
	settle(f);
	got = describe(f, id, &ports, TRUE);
	g_assert_cmpstr(got, ==, "deferred: pending, next try soon");
	g_assert_cmpuint(fake_n_mails(ports.other), ==, 0);
}

/* Port 25 is refused, 587 answers: held with the words that say so, for a day; another set is asked
 * at once. */
static void
test_blocked_port(Fixture *f, gconstpointer data)
{
	guint16 blocked = fake_closed_port();
	gboolean with_other = GPOINTER_TO_UINT(data);
	Row row = {"", "{}"};
	Ports ports;
	RpTransportTimes times = fake_times;
	RpTransport *transport = rp_transport_new(NULL);
	g_autofree char *config = NULL;
	g_autofree char *want = NULL;
	g_autofree char *got = NULL;
	g_autoptr(RpQueueMessage) message = NULL;
	RpMessageId id;

	open_ports(&row, &ports);
	times.probe_ms = 60000;
	times.port_smtp = blocked;
	times.port_submission = times.port_submissions = ports.smtp;
	want = g_strdup_printf(
		"%u answers: smtp=smtp://127.0.0.1:%u would go", ports.smtp, ports.smtp);
	rp_agent_free(f->agent);
	rp_transport_set_times(transport, &times);
	config = make_config(&row, &(Ports){.smtp = blocked, .other = ports.other}, with_other);
	start_on(f, config, transport);
	network(f, "192.0.2.7");
	id = submit(f, FROM, "a@x.example");
	got = describe(f, id, &ports, TRUE);
	if (with_other) {
		g_assert_cmpstr(got, ==, "gone; learned refused for a day");
		g_assert_cmpuint(fake_n_mails(ports.other), ==, 1);
		return;
	}
	g_assert_cmpstr(got, ==, "held: pending, refused-here; learned refused for a day");
	message = rp_queue_get(f->reader, id, NULL);
	g_assert_nonnull(strstr(message->class_reasons, want));
	g_assert_nonnull(strstr(
		message->class_reasons, "t's server can't be reached from this place. (port "));
	g_assert_nonnull(strstr(held_notice(f), want));
}

/* ---- a relay that a POP login should open, and does not ---- */

static void
pass_minutes(Fixture *f, guint n)
{
	for (guint i = 0; i < n; i++)
		pass_time(f, G_TIME_SPAN_MINUTE);
}

/* Ten minutes, or the window where that is shorter: then it is a refusal like any other, told with
 * the commands that help. A check of mail that goes well lifts it, and what was tried in between
 * counts no more. */
static void
test_never_opens(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *config;
		guint minutes;
	} windows[] = {{"smtp-tls=off\nrelay=pop-login\npop-window=1h\n", 10},
		{"smtp-tls=off\nrelay=pop-login\npop-window=4min\n", 4}};
	Row row = {"", RCPT("554 5.7.1 <a@x.example>: Relay access denied"), NULL, 0,
		windows[GPOINTER_TO_UINT(data)].config, POP};
	guint minutes = windows[GPOINTER_TO_UINT(data)].minutes;
	g_autofree char *got = NULL;
	g_autofree char *script = NULL;
	g_autoptr(RpQueueMessage) message = NULL;
	RpMessageId id;
	Ports ports;

	run_row(f, &row, FALSE, &ports, &id);
	pass_minutes(f, minutes - 1);
	assert_state(f, id, "deferred");
	pass_minutes(f, 2);
	got = describe(f, id, &ports, TRUE);
	g_assert_true(
		g_str_has_prefix(got, "held: pending, refused-here; learned refused for a day"));
	message = rp_queue_get(f->reader, id, NULL);
	g_assert_nonnull(strstr(message->class_reasons, "(roampost check t)"));
	g_assert_nonnull(strstr(message->class_reasons, "roampost retry"));
	g_assert_nonnull(strstr(held_notice(f), "(roampost check t)"));
	script = g_strdup_printf("{\"replaces\": %u}", ports.smtp);
	fake_server(script);
	g_assert_true(rp_lanes_check(f->agent->lanes, rp_agent_find_set(f->agent, "t")));
	settle(f);
	assert_state(f, id, "gone");
}

/* ---- what a server announces, and never does ---- */

#define CHUNKS "\"ehlo\": [\"PIPELINING\", \"CHUNKING\"]"

/* BDAT is given to it, and after it there is silence: the next try is DATA, by itself, and so is
 * what follows. Where BDAT had worked before it is doubted only when it is silent time and again.
 */
static void
test_bdat_never_answered(Fixture *f, gconstpointer data)
{
	static const Row silent = {
		"", "{" CHUNKS ", \"first\": {\".\": \"@stall\"}}", .silent = TRUE};
	static const Row good = {"", "{" CHUNKS "}", .silent = TRUE};
	gboolean worked = GPOINTER_TO_UINT(data);
	guint n_bdat = worked ? 3 : 1;
	g_autofree char *script = NULL;
	g_autofree char *log = NULL;
	RpMessageId id;
	Ports ports;

	if (worked) {
		run_row(f, &good, FALSE, &ports, &id);
		assert_state(f, id, "gone");
		script = g_strdup_printf("{\"replaces\": %u, " CHUNKS
					 ", \"replies\": {\".#0\": \"@stall\"}}",
			ports.smtp);
		fake_server(script);
		id = submit(f, FROM, "b@x.example");
	} else {
		run_row(f, &silent, FALSE, &ports, &id);
	}
	for (guint i = 0; i < n_bdat; i++) {
		g_autoptr(RpQueueMessage) message = rp_queue_get(f->reader, id, NULL);

		g_assert_cmpstr(rp_message_state_name(message->state), ==, "deferred");
		g_assert_true(message->flags & RP_MESSAGE_MAYBE_SENT);
		if (worked && i + 1 == n_bdat) {
			g_clear_pointer(&script, g_free);
			script = g_strdup_printf("{\"replaces\": %u, " CHUNKS "}", ports.smtp);
			fake_server(script);
		}
		pass_time(f, G_TIME_SPAN_HOUR);
	}
	assert_state(f, id, "gone");
	assert_state(f, submit(f, FROM, "c@x.example"), "gone");
	log = fake_log(ports.smtp);
	g_test_message("%s", log);
	g_assert_cmpuint(count(log, "BDAT"), ==, n_bdat + worked);
	g_assert_cmpuint(count(log, "DATA\n"), ==, 2);
}

static void
add_rows(const char *folder, void (*func)(Fixture *f, gconstpointer data))
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/replies/%s/%s", folder, rows[i].name);

		g_test_add(path, Fixture, &rows[i], set_up, func, tear_down);
	}
}

int
main(int argc, char **argv)
{
	int result;

	fixture_init(&argc, &argv);
	add_rows("alone", test_row);
	add_rows("other", test_other);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/replies/final/%s", rows[i].name);

		if (is_final(&rows[i]))
			g_test_add(path, Fixture, &rows[i], set_up, test_final, tear_down);
	}
	ADD("replies/credentials-stop-the-set", test_credentials_stop_the_set);
	ADD("replies/foreign-greeting", test_foreign_greeting);
	ADD("replies/dropped-in-the-content", test_dropped_in_the_content);
	for (guint i = 0; i < 2; i++)
		g_test_add(i ? "/replies/turned-away-until-released"
			     : "/replies/turned-away-until-elsewhere",
			Fixture, GUINT_TO_POINTER(i), set_up, test_turned_away, tear_down);
	for (guint i = 0; i < 2; i++)
		g_test_add(i ? "/replies/blocked-port-and-another-set" : "/replies/blocked-port",
			Fixture, GUINT_TO_POINTER(i), set_up, test_blocked_port, tear_down);
	for (guint i = 0; i < 2; i++)
		g_test_add(i ? "/replies/never-opens-in-a-short-window" : "/replies/never-opens",
			Fixture, GUINT_TO_POINTER(i), set_up, test_never_opens, tear_down);
	for (guint i = 0; i < 2; i++)
		g_test_add(i ? "/replies/bdat-never-answered-any-more"
			     : "/replies/bdat-never-answered",
			Fixture, GUINT_TO_POINTER(i), set_up, test_bdat_never_answered, tear_down);
	result = g_test_run();
	fake_stop();
	return result;
}
