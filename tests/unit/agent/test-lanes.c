/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a lane does when things go wrong, or change, under way. */
#include "fixture.h"

#include "agent-private.h"
#include "lane.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <sys/file.h>

/* ---- a disk that is full ---- */

static void
run_sql(Fixture *f, const char *sql)
{
	g_autofree char *path = g_build_filename(f->dir, "queue.db", NULL);
	sqlite3 *db = NULL;
	char *message = NULL;

	g_assert_cmpint(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	sqlite3_exec(db, sql, NULL, NULL, &message);
	g_assert_cmpstr(message, ==, NULL);
	sqlite3_close(db);
}

/* What is left of this kind of write fails from now on. */
static void
fail_writes(Fixture *f, const char *which)
{
	g_autofree char *sql = g_strdup_printf(
		"CREATE TRIGGER full %s BEGIN SELECT RAISE(FAIL, 'the disk is full'); END", which);

	run_sql(f, sql);
	/* The warnings are what is wanted. */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
}

static void
allow_writes(Fixture *f)
{
	run_sql(f, "DROP TRIGGER full");
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
}

/* The server has it, and the queue can't be told: it is not sent again, ever. */
static void
test_outcome_on_a_full_disk(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	fail_writes(f, "BEFORE DELETE ON messages");
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "a@x.example");
	assert_state(f, id, "sending");
	for (guint i = 0; i < 5; i++)
		pass_time(f, 2 * G_TIME_SPAN_MINUTE);
	network(f, NULL);
	network(f, "203.0.113.7");
	assert_state(f, id, "sending");
	allow_writes(f);
	pass_time(f, 2 * G_TIME_SPAN_MINUTE);
	assert_state(f, id, "gone");
	assert_sent(f, "odn: a@x.example");
}

/* At the end of the agent it is tried once more. */
static void
test_outcome_at_the_end(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	fail_writes(f, "BEFORE DELETE ON messages");
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "a@x.example");
	assert_state(f, id, "sending");
	allow_writes(f);
	rp_agent_free(f->agent);
	assert_state(f, id, "gone");
	start(f);
}

/* Nothing can be marked, so nothing is sent; and the server is not asked in a circle. */
static void
test_marking_on_a_full_disk(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	fail_writes(f, "BEFORE UPDATE ON messages WHEN new.phase=4");
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "a@x.example");
	g_assert_cmpuint(f->fake->n_sessions, ==, 1);
	for (guint i = 0; i < 120; i++)
		pass_time(f, G_TIME_SPAN_SECOND);
	g_assert_cmpuint(f->fake->n_sessions, >, 3);
	g_assert_cmpuint(f->fake->n_sessions, <, 10);
	assert_state(f, id, "queued");
	assert_sent(f, "");
	g_assert_true(has_notice(f, "disk"));
	allow_writes(f);
	pass_time(f, G_TIME_SPAN_MINUTE);
	assert_state(f, id, "gone");
	g_assert_false(has_notice(f, "disk"));
}

/* A flush while a connection is under way that began before: its end does not count. */
static void
test_flush_while_connecting(Fixture *f, gconstpointer data)
{
	const RpLane *lane;
	RpMessageId id;

	script(f->fake->session_results, "keyed", RP_SESSION_UNREACHABLE);
	id = submit(f, "ki@keyed.example", "a@x.example");
	network_only(f, "192.0.2.1");
	while (!(lane = rp_lanes_find(f->agent->lanes, "keyed")) ||
		lane->state != RP_LANE_CONNECTING)
		g_main_context_iteration(NULL, TRUE);
	/* Its plan is made before the connection fails, which takes a while elsewhere. */
	rp_lanes_try_now(f->agent->lanes, NULL);
	settle(f);
	assert_state(f, id, "gone");
	g_assert_cmpuint(f->fake->n_sessions, ==, 2);
}

/* ---- what changes under way ---- */

static void
add_link(RpNetwork *network, const char *interface, RpLinkKind kind, const char *addresses)
{
	RpLink *link = rp_link_new(interface, kind);
	g_auto(GStrv) words = g_strsplit(addresses, " ", -1);

	for (char **word = words; *word; word++) {
		RpAddress address;

		g_assert_true(rp_address_parse(*word, &address));
		rp_link_add_address(link, &address);
		*(address.family == RP_FAMILY_IPV4 ? &link->default_route_ipv4
						   : &link->default_route_ipv6) = TRUE;
	}
	rp_network_add_link(network, link);
}

/* Until a message of those is with a server. */
static void
run_until_pushed(Fixture *f)
{
	while (!n_active(f))
		g_main_context_iteration(NULL, TRUE);
}

static void
run_until_state(Fixture *f, RpMessageId id, const char *want)
{
	for (;;) {
		g_autofree char *state = state_of(f, id);

		if (g_str_equal(state, want))
			return;
		g_main_context_iteration(NULL, TRUE);
	}
}

static void
test_use_takes_back_what_waits(Fixture *f, gconstpointer data)
{
	RpMessageId first, second;

	network(f, "203.0.113.7");
	f->fake->stall = TRUE;
	first = submit_only(f, "taro@odn.example", "a@x.example");
	second = submit_only(f, "taro@odn.example", "b@x.example");
	run_until_pushed(f);
	run_until_state(f, second, "sending");
	rp_agent_use(f->agent, "keyed", FALSE);
	while (f->fake->n_sessions < 2) /* keyed takes it up */
		g_main_context_iteration(NULL, TRUE);
	fake_go_on(f->fake);
	settle(f);
	assert_state(f, first, "gone");
	assert_state(f, second, "gone");
	g_assert_true(g_ptr_array_find_with_equal_func(
		f->fake->sent, "odn: a@x.example", g_str_equal, NULL));
	g_assert_true(g_ptr_array_find_with_equal_func(
		f->fake->sent, "keyed: b@x.example", g_str_equal, NULL));
	g_assert_cmpuint(f->fake->sent->len, ==, 2);
}

/* What no session has is put back later than all else is heard: the session ends then. */
static void
test_use_while_the_disk_is_slow(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->dir, "turn", NULL);
	int turn = open(path, O_RDWR | O_CLOEXEC);
	RpMessageId second;

	network(f, "203.0.113.7");
	f->fake->stall = TRUE;
	submit_only(f, "taro@odn.example", "a@x.example");
	second = submit_only(f, "taro@odn.example", "b@x.example");
	run_until_pushed(f);
	run_until_state(f, second, "sending");
	g_assert_cmpint(flock(turn, LOCK_EX), ==, 0);
	rp_agent_use(f->agent, "keyed", FALSE);
	fake_go_on(f->fake);
	while (f->fake->sent->len < 1 || g_main_context_pending(NULL))
		g_main_context_iteration(NULL, TRUE);
	g_close(turn, NULL);
	settle(f);
	assert_state(f, second, "gone");
}

/* A refusal is true of the place where the session was begun, not of the one where it was heard. */
static void
test_refusal_is_of_its_place(Fixture *f, gconstpointer data)
{
	g_autoptr(RpNetwork) both = rp_network_new();
	g_autofree char *began = NULL;
	const RpFailure *failure;

	network(f, "203.0.113.7");
	began = g_strdup(rp_whereabouts_place(f->agent->whereabouts)->key);
	f->fake->stall = TRUE;
	reply(f->fake, "a@x.example", "554 5.7.1 Relay access denied");
	submit_only(f, "taro@odn.example", "a@x.example");
	run_until_pushed(f);
	add_link(both, "ppp0", RP_LINK_PPP, "203.0.113.7");
	add_link(both, "wlan0", RP_LINK_WIFI, "198.51.100.9");
	rp_agent_set_network(f->agent, both);
	g_assert_cmpstr(rp_whereabouts_place(f->agent->whereabouts)->key, !=, began);
	fake_go_on(f->fake);
	settle(f);
	g_assert_cmpuint(rp_records_failures(f->agent->ground.records)->len, >, 0);
	failure = rp_records_failures(f->agent->ground.records)->pdata[0];
	g_assert_cmpstr(failure->set, ==, "odn");
	g_assert_cmpstr(failure->place_key, ==, began);
}

/* A session ends with its address also where the route did not name one. */
static void
test_new_address_same_link(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, "192.0.2.1");
	f->fake->stall = TRUE;
	id = submit_only(f, "ki@keyed.example", "a@x.example");
	run_until_pushed(f);
	g_assert_cmpuint(f->fake->n_sessions, ==, 1);
	f->fake->stall = FALSE;
	network(f, "192.0.2.77");
	g_assert_cmpuint(f->fake->n_sessions, ==, 2);
	assert_state(f, id, "gone");
}

static void
test_resume_waits_for_the_network(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, "203.0.113.7");
	rp_agent_resumed(f->agent);
	g_assert_cmpuint(f->n_rescans, ==, 1);
	id = submit_only(f, "taro@odn.example", "a@x.example");
	settle(f);
	assert_state(f, id, "queued");
	g_assert_cmpuint(f->fake->n_sessions, ==, 0);
	network(f, "198.51.100.9");
	assert_sent(f, "sonet: a@x.example");
}

/* What a session has is not taken from it: neither as the machine goes to sleep, nor as it wakes
 * up; nothing more is begun. */
static void
test_asleep_in_a_session(Fixture *f, gconstpointer data)
{
	RpMessageId first, second;

	network(f, "203.0.113.7");
	f->fake->stall = TRUE;
	first = submit_only(f, "taro@odn.example", "a@x.example");
	run_until_pushed(f);
	run_until_state(f, first, "sending");
	rp_agent_suspends(f->agent);
	second = submit_only(f, "taro@odn.example", "b@x.example");
	rp_agent_resumed(f->agent);
	assert_state(f, first, "sending");
	network_only(f, "203.0.113.7"); /* the same as before */
	assert_state(f, first, "sending");
	fake_go_on(f->fake);
	settle(f);
	assert_state(f, first, "gone");
	assert_state(f, second, "gone");
	assert_sent(f, "odn: a@x.example, odn: b@x.example");
	g_assert_cmpuint(f->fake->n_sessions, ==, 2); /* the first was left in order */
}

/* Told to end it waits for the answer, and begins nothing new. */
static gboolean
go_on(gpointer data)
{
	fake_go_on(((Fixture *)data)->fake);
	return G_SOURCE_REMOVE;
}

static void
test_ends_in_a_session(Fixture *f, gconstpointer data)
{
	g_autoptr(RpQueueMessage) message = NULL;
	guint patience = GPOINTER_TO_UINT(data);
	RpMessageId id;

	rp_agent_free(f->agent);
	f->patience_ms = patience;
	start(f);
	network(f, "203.0.113.7");
	f->fake->stall = TRUE;
	id = submit_only(f, "taro@odn.example", "a@x.example");
	run_until_pushed(f);
	if (patience > 1)
		g_idle_add(go_on, f);
	rp_agent_free(f->agent);
	message = rp_queue_get(f->reader, id, NULL);
	if (patience > 1)
		g_assert_null(message);
	else
		g_assert_true(message->flags & RP_MESSAGE_MAYBE_SENT ||
			      message->state == RP_MESSAGE_QUEUED);
	f->patience_ms = 0;
	start(f);
}

/* What became of it can't be written down for a message that is not as it was left: that it may
 * have been sent is in the history too. */
static void
test_outcome_is_refused(Fixture *f, gconstpointer data)
{
	g_autoptr(RpQueue) other = rp_queue_open(rp_queue_dir(f->reader), RP_QUEUE_WRITER, NULL);
	RpQueueChange *change = rp_queue_change_new(g_get_real_time());
	RpHistoryQuery query = {.events = 1u << RP_HISTORY_MAYBE_SENT};
	g_autoptr(GPtrArray) history = NULL;
	const RpHistoryRecord *record;

	f->fake->stall = TRUE;
	network(f, "203.0.113.7");
	query.id = submit_only(f, "taro@odn.example", "a@x.example");
	run_until_pushed(f);
	rp_change_put_back(change, query.id, FALSE);
	g_assert_true(rp_queue_apply(other, change, NULL));
	f->fake->stall = FALSE;
	fake_go_on(f->fake);
	settle(f);
	history = rp_queue_load_history(f->reader, &query, NULL);
	g_assert_cmpuint(history->len, ==, 1);
	record = history->pdata[0];
	g_assert_cmpstr(record->text, ==, "another change was made to it while it was being sent");
	g_assert_cmpuint(record->n_recipients, ==, 1);
}

/* ---- waits ---- */

static void
test_mail_behind_a_wait(Fixture *f, gconstpointer data)
{
	RpMessageId first, second;

	script(f->fake->session_results, "keyed", RP_SESSION_TRY_LATER);
	network(f, "192.0.2.1");
	first = submit(f, "ki@keyed.example", "a@x.example");
	second = submit(f, "ki@keyed.example", "b@x.example");
	assert_state(f, first, "deferred");
	assert_state(f, second, "deferred"); /* and so has a time to show */
	g_assert_cmpuint(f->fake->n_sessions, ==, 1);
	pass_time(f, 2 * G_TIME_SPAN_MINUTE);
	assert_sent(f, "keyed: a@x.example, keyed: b@x.example");
}

static void
start_anew(Fixture *f)
{
	rp_agent_free(f->agent);
	start(f);
	network(f, "192.0.2.1");
}

/* Whoever starts the agent anew, or the machine, has not asked the server: it has had enough for as
 * long as it said, and the next wait is longer, not the first again. Another place and the user's
 * word begin anew. */
static void
test_waits_outlive_the_agent(Fixture *f, gconstpointer data)
{
	RpSpan waits[4];
	RpMessageId id;

	network(f, "192.0.2.1");
	script(f->fake->session_results, "keyed", RP_SESSION_TRY_LATER);
	id = submit(f, "ki@keyed.example", "a@x.example");
	for (guint i = 0; i < G_N_ELEMENTS(waits); i++) {
		g_autoptr(RpQueueMessage) message = rp_queue_get(f->reader, id, NULL);

		waits[i] = message->next_try - test_time;
		g_assert_cmpint(waits[i], >, (45 << i) * G_TIME_SPAN_SECOND - 1);
		g_assert_cmpint(waits[i], <, (75 << i) * G_TIME_SPAN_SECOND + 1);
		start_anew(f);
		script(f->fake->session_results, "keyed", RP_SESSION_TRY_LATER);
		/* Nor does new mail ask it before its time. */
		g_assert_true(submit(f, "ki@keyed.example", "b@x.example"));
		g_assert_cmpuint(f->fake->n_sessions, ==, 0);
		pass_time(f, waits[i] + 1);
		g_assert_cmpuint(f->fake->n_sessions, ==, 1);
	}
	start_anew(f);
	g_assert_cmpuint(f->fake->n_sessions, ==, 0);
	rp_agent_free(f->agent);
	start(f);
	network(f, "203.0.113.7");
	assert_state(f, submit(f, "ki@keyed.example", "c@x.example"), "gone");
}

/* A day's limit is asked about by one message, and after the next wait. */
static void
test_limits_outlive_the_agent(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, "192.0.2.1");
	reply(f->fake, "a@x.example", "550 5.4.5 Daily user sending limit exceeded");
	id = submit(f, "ki@keyed.example", "a@x.example");
	assert_state(f, id, "deferred");
	for (guint i = 0; i < 3; i++) {
		g_autoptr(RpQueueMessage) message = rp_queue_get(f->reader, id, NULL);

		g_assert_cmpint(message->next_try - test_time, ==, G_TIME_SPAN_HOUR << i);
		start_anew(f);
		reply(f->fake, "a@x.example", "550 5.4.5 Daily user sending limit exceeded");
		assert_state(f, submit(f, "ki@keyed.example", "a@x.example"), "deferred");
		pass_time(f, G_TIME_SPAN_HOUR << i);
		g_assert_cmpuint(f->fake->n_sessions, ==, 1);
		assert_state(f, id, "deferred");
	}
}

/* A server that closes after each message has no fault: the next session is begun at once. */
static void
test_closed_after_some(Fixture *f, gconstpointer data)
{
	static const char *const to[] = {
		"a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example"};
	RpMessageId last = 0;

	network(f, "192.0.2.1");
	f->fake->stall = TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(to); i++)
		last = submit_only(f, "ki@keyed.example", to[i]);
	run_until_pushed(f);
	/* Seen twice it is known, and the session is ended before. */
	for (guint i = 1; i < 3; i++)
		reply(f->fake, to[i], "closing once");
	fake_go_on(f->fake);
	settle(f);
	g_assert_cmpuint(f->fake->sent->len, ==, G_N_ELEMENTS(to));
	assert_state(f, last, "gone");
	/* The next one is made while the one before it has its last. */
	g_assert_cmpuint(f->fake->n_sessions, <=, G_N_ELEMENTS(to) + 1);
}

/* The message with which the line breaks lets the others go first. */
static void
test_breaker_goes_last(Fixture *f, gconstpointer data)
{
	RpMessageId breaker, other;

	reply(f->fake, "a@x.example", "lost");
	f->fake->stall = TRUE;
	network(f, "192.0.2.1");
	breaker = submit_only(f, "ki@keyed.example", "a@x.example");
	other = submit_only(f, "ki@keyed.example", "b@x.example");
	run_until_pushed(f);
	fake_go_on(f->fake);
	settle(f);
	assert_state(f, breaker, "deferred");
	assert_state(f, other, "deferred");
	pass_time(f, 5 * G_TIME_SPAN_SECOND); /* the lane's wait, the first time */
	assert_state(f, other, "gone");
	assert_state(f, breaker, "deferred");
}

/* Nor for long at its first, however often it was put off before. */
static void
test_first_doubt_is_short(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, "192.0.2.1");
	reply(f->fake, "a@x.example", "451 4.3.0 later");
	id = submit(f, "ki@keyed.example", "a@x.example");
	pass_time(f, 3 * G_TIME_SPAN_HOUR);
	reply(f->fake, "a@x.example", "lost once");
	while (g_hash_table_contains(f->fake->replies, "a@x.example"))
		pass_time(f, G_TIME_SPAN_MINUTE);
	pass_time(f, 150 * G_TIME_SPAN_SECOND);
	assert_state(f, id, "gone");
}

/* A line may break at any time: the first time is no reason to wait for long. */
static void
test_broken_waits(Fixture *f, gconstpointer data)
{
	static const struct {
		RpSpan pass;
		guint n_sessions;
	} steps[] = {
		{0, 1},
		{4 * G_TIME_SPAN_SECOND, 1},
		{G_TIME_SPAN_SECOND, 2},
		{44 * G_TIME_SPAN_SECOND, 2}, /* a minute, less a quarter */
		{32 * G_TIME_SPAN_SECOND, 3},
		{88 * G_TIME_SPAN_SECOND, 3}, /* two */
		{64 * G_TIME_SPAN_SECOND, 4},
	};

	network(f, "192.0.2.1");
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		script(f->fake->session_results, "keyed", RP_SESSION_LOST);
		if (!i)
			submit(f, "ki@keyed.example", "a@x.example");
		pass_time(f, steps[i].pass);
		g_assert_cmpuint(f->fake->n_sessions, ==, steps[i].n_sessions);
	}
}

static void
test_bind_failed_grows(Fixture *f, gconstpointer data)
{
	network(f, "192.0.2.1");
	script(f->fake->session_results, "keyed", RP_SESSION_BIND_FAILED);
	submit(f, "ki@keyed.example", "a@x.example");
	for (guint i = 0; i < 120; i++) {
		script(f->fake->session_results, "keyed", RP_SESSION_BIND_FAILED);
		pass_time(f, G_TIME_SPAN_SECOND);
	}
	g_assert_cmpuint(f->fake->n_sessions, >, 3);
	g_assert_cmpuint(f->fake->n_sessions, <, 9);
	g_assert_cmpuint(f->n_rescans, ==, f->fake->n_sessions);
}

/* POP answers over IPv6, SMTP only over IPv4: the login is made over IPv4. */
static void
test_login_over_the_family_of_smtp(Fixture *f, gconstpointer data)
{
	g_autoptr(RpNetwork) both = rp_network_new();
	RpMessageId id;

	g_assert_true(rp_address_parse("2001:db8::9", &f->fake->local));
	g_assert_true(rp_address_parse("198.51.100.9", &f->fake->local_ipv4));
	add_link(both, "ppp0", RP_LINK_PPP, "2001:db8::9 198.51.100.9");
	rp_agent_set_network(f->agent, both);
	script(f->fake->session_results, "sonet", RP_SESSION_UNREACHABLE);
	id = submit(f, "hanako@sonet.example", "a@x.example");
	assert_state(f, id, "gone");
	g_assert_cmpstr(f->fake->families->str, ==, "pop any; smtp any; pop v4; smtp v4; ");
}

/* A login that was refused in words that tell nothing: a password that has never worked is wrong.
 */
static void
test_unclear_login(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, "192.0.2.1");
	script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_UNCLEAR);
	id = submit(f, "hanako@sonet.example", "a@x.example");
	assert_state(f, id, "held");
}

/* One that has worked is tried three times more, and not oftener. */
static void
test_unclear_login_once_made(Fixture *f, gconstpointer data)
{
	static const RpSpan pauses[] = {
		5 * G_TIME_SPAN_MINUTE, G_TIME_SPAN_HOUR, 4 * G_TIME_SPAN_HOUR};
	RpMessageId id;

	network(f, "192.0.2.1");
	assert_state(f, submit(f, "hanako@sonet.example", "a@x.example"), "gone");
	pass_time(f, G_TIME_SPAN_DAY);
	g_string_truncate(f->fake->log, 0);
	script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_UNCLEAR);
	id = submit(f, "hanako@sonet.example", "b@x.example");
	for (gsize i = 0; i < G_N_ELEMENTS(pauses); i++) {
		assert_state(f, id, "deferred");
		g_assert_cmpstr(f->fake->log->str, ==, "pop sonet; ");
		pass_time(f, pauses[i] - G_TIME_SPAN_MINUTE);
		g_assert_cmpstr(f->fake->log->str, ==, "pop sonet; ");
		g_string_truncate(f->fake->log, 0);
		script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_UNCLEAR);
		pass_time(f, G_TIME_SPAN_MINUTE);
	}
	g_assert_cmpstr(f->fake->log->str, ==, "pop sonet; ");
	assert_state(f, id, "held");
}

/* ---- what is known of PIPELINING ---- */

/* h: a session hung before anything was accepted; c: the server closed it there; l: behind
 * something; d: its line ended; o: it carried something; s: the server said that it can't. Then
 * whether the next one goes without. */
static const struct {
	const char *sessions;
	gboolean off;
} pipelining_cases[] = {
	{"", FALSE},
	{"h", TRUE},   /* it may be the server */
	{"hd", TRUE},  /* which is not known until one has gone well */
	{"ho", FALSE}, /* or the line, and this one is better */
	{"hoo", FALSE},
	{"hooh", FALSE}, /* what went together in between cleared it */
	{"hoh", TRUE},
	{"hohd", TRUE},
	{"hoho", TRUE}, /* twice is the server */
	{"hohooo", TRUE},
	{"c", TRUE},
	{"cd", TRUE},
	{"co", TRUE}, /* a server that closes is believed */
	{"ocd", FALSE},
	{"l", FALSE},
	{"d", FALSE},
	{"o", FALSE},
	{"s", TRUE},
	{"sooo", TRUE},
	{"hos", TRUE},
};

static RpSeen
seen_of(char what, gboolean off)
{
	switch (what) {
	case 'h':
	case 'c':
		return RP_SEEN_DOUBTED;
	case 's':
		return RP_SEEN_BROKEN;
	case 'd':
		return RP_SEEN_UNTRIED;
	default:
		return off ? RP_SEEN_UNTRIED : RP_SEEN_WORKS;
	}
}

static void
note_session(RpLane *lane, char what)
{
	RpDeliveryOptions options = {0};
	RpSessionReport report = {
		.result = what == 'o' || what == 's' ? RP_SESSION_OK : RP_SESSION_LOST,
		.silent = what == 'h' || what == 'l'};

	rp_lane_known_server(lane, &options);
	report.pipelining = seen_of(what, options.pipelining_off);
	lane->n_accepted = what == 'o' || what == 'l';
	rp_lane_note_server(lane, &report);
}

static void
note_content(RpLane *lane, char what)
{
	RpDeliveryOptions options = {0};
	RpSessionReport report = {.result = RP_SESSION_OK};

	rp_lane_known_server(lane, &options);
	report.content_group = seen_of(what, options.content_alone);
	lane->n_accepted = what == 'o';
	rp_lane_note_server(lane, &report);
}

/* How the next session is begun when nothing was known of this before these. */
static RpDeliveryOptions
after_sessions(
	Fixture *f, const char *fact, const char *sessions, void (*note)(RpLane *lane, char what))
{
	RpLane *lane = rp_lanes_find(f->agent->lanes, "odn");
	RpDeliveryOptions options = {0};

	g_test_message("%s", sessions);
	rp_records_save_fact(f->agent->ground.records, "odn", fact, "");
	for (; *sessions; sessions++)
		note(lane, *sessions);
	rp_lane_known_server(lane, &options);
	settle(f);
	return options;
}

static void
test_pipelining(Fixture *f, gconstpointer data)
{
	network(f, "203.0.113.7");
	submit(f, "taro@odn.example", "a@x.example");
	for (guint i = 0; i < G_N_ELEMENTS(pipelining_cases); i++) {
		RpDeliveryOptions options =
			after_sessions(f, "pipelining", pipelining_cases[i].sessions, note_session);

		g_assert_cmpint(options.pipelining_off, ==, pipelining_cases[i].off);
	}
}

/* A line that ends while a message's content goes out is more often the line's doing: what went
 * behind that content is tried once more. */
static void
test_content_group(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *sessions;
		gboolean alone;
	} rows[] = {{"", FALSE}, {"c", TRUE}, {"cd", TRUE}, {"co", FALSE}, {"coc", TRUE},
		{"coco", TRUE}, {"oc", FALSE}, {"s", TRUE}, {"so", TRUE}};

	network(f, "203.0.113.7");
	submit(f, "taro@odn.example", "a@x.example");
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		RpDeliveryOptions options =
			after_sessions(f, "content-group", rows[i].sessions, note_content);

		g_assert_cmpint(options.content_alone, ==, rows[i].alone);
		g_assert_false(options.pipelining_off);
	}
}

/* One server set, and two mails: only one of them is worth the password. */
static void
test_without_login(Fixture *f, gconstpointer data)
{
	g_autoptr(RpConfig) config = load_config(f,
		"[server-set clear]\nidentities=c@clear.example\nlocal-domains=clear.example\n"
		"relay=auth+recipient-domain\ndomains=wanted.example\nsmtp-user=u\n"
		"smtp-password=p\nsmtp=smtp://smtp.example:5\nsmtp-tls=off\n");

	rp_agent_set_config(f->agent, config);
	submit(f, "c@clear.example", "a@clear.example");
	submit(f, "c@clear.example", "b@wanted.example");
	network(f, "203.0.113.7");
	assert_sent(f, "clear: a@clear.example, clear: b@wanted.example");
	g_assert_cmpstr(
		f->fake->log->str, ==, "smtp clear via any without login; smtp clear via any; ");
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
	ADD("lanes/outcome-on-a-full-disk", test_outcome_on_a_full_disk);
	ADD("lanes/outcome-at-the-end", test_outcome_at_the_end);
	ADD("lanes/marking-on-a-full-disk", test_marking_on_a_full_disk);
	ADD("lanes/flush-while-connecting", test_flush_while_connecting);
	ADD("lanes/use-takes-back-what-waits", test_use_takes_back_what_waits);
	ADD("lanes/use-while-the-disk-is-slow", test_use_while_the_disk_is_slow);
	ADD("lanes/refusal-is-of-its-place", test_refusal_is_of_its_place);
	ADD("lanes/new-address-same-link", test_new_address_same_link);
	ADD("lanes/resume-waits-for-the-network", test_resume_waits_for_the_network);
	ADD("lanes/asleep-in-a-session", test_asleep_in_a_session);
	ADD("lanes/content-group", test_content_group);
	g_test_add("/lanes/ends-in-a-session/in-time", Fixture, GUINT_TO_POINTER(20000), set_up,
		test_ends_in_a_session, tear_down);
	g_test_add("/lanes/ends-in-a-session/too-late", Fixture, GUINT_TO_POINTER(1), set_up,
		test_ends_in_a_session, tear_down);
	ADD("lanes/unclear-login", test_unclear_login);
	ADD("lanes/unclear-login-once-made", test_unclear_login_once_made);
	ADD("lanes/outcome-is-refused", test_outcome_is_refused);
	ADD("lanes/mail-behind-a-wait", test_mail_behind_a_wait);
	ADD("lanes/waits-outlive-the-agent", test_waits_outlive_the_agent);
	ADD("lanes/limits-outlive-the-agent", test_limits_outlive_the_agent);
	ADD("lanes/closed-after-some", test_closed_after_some);
	ADD("lanes/breaker-goes-last", test_breaker_goes_last);
	ADD("lanes/first-doubt-is-short", test_first_doubt_is_short);
	ADD("lanes/broken-waits", test_broken_waits);
	ADD("lanes/bind-failed-grows", test_bind_failed_grows);
	ADD("lanes/login-over-the-family-of-smtp", test_login_over_the_family_of_smtp);
	ADD("lanes/pipelining", test_pipelining);
	ADD("lanes/without-login", test_without_login);
	return g_test_run();
}
