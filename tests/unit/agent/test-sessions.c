/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lane with several sessions: how many there are, when there are fewer, and what goes first. */
#include "fixture.h"

#include "agent-private.h"
#include "lane.h"

#include "roampost/base.h"
#include "roampost/smtp-client.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#define MS G_TIME_SPAN_MILLISECOND
#define MAILS 80
#define CHUNKING (RP_SMTP_CAN_PIPELINING | RP_SMTP_CAN_CHUNKING)
/* Without `connections`, and before the server is seen to be what is waited for. */
#define AUTO 4
/* Over a long line the first four have sent nine in two round trips, and those that come one later
 * eight in theirs. */
#define ON_LONG_LINE (AUTO + (MAILS - AUTO * 9 + 7) / 8)
/* Where each message waits for the line's round trips. */
#define FOR_ROUND_TRIPS 12

/* The only link; over a modem there would be one session. */
static void
wifi_begin(Fixture *f)
{
	g_autoptr(RpNetwork) network = rp_network_new();
	RpLink *link = rp_link_new("wlan0", RP_LINK_WIFI);

	g_assert_true(rp_address_parse("192.0.2.1", &f->fake->local));
	rp_link_add_address(link, &f->fake->local);
	link->default_route_ipv4 = TRUE;
	rp_network_add_link(network, link);
	rp_agent_set_network(f->agent, network);
}

static void
wifi(Fixture *f)
{
	wifi_begin(f);
	settle(f);
}

static void
submit_many(Fixture *f, guint n)
{
	for (guint i = 0; i < n; i++) {
		g_autofree char *to = g_strdup_printf("r%u@x.example", i);

		submit_only(f, "ki@keyed.example", to);
	}
	settle(f);
}

/* All went, and each once. */
static void
assert_all_sent(const Fixture *f, guint n)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < f->fake->sent->len; i++)
		g_assert_true(g_hash_table_add(seen, f->fake->sent->pdata[i]));
	g_assert_cmpuint(g_hash_table_size(seen), ==, n);
}

static void
configure(Fixture *f, const char *more)
{
	g_autoptr(RpConfig) config = load_config(f, more);

	rp_agent_set_config(f->agent, config);
	settle(f);
}

/* The time that passes with each answer. */
static RpSpan answer_time;

static void
take_time(FakeTransport *fake)
{
	test_time += answer_time;
}

/* ---- how many ---- */

typedef struct {
	const char *name;
	RpSpan rtt;
	guint can;
	guint n_mails;
	RpSpan answer_time; /* between two answers, of whichever session */
	const char *more;   /* configuration, at the end of the set */
	guint want;         /* sessions at once */
	guint begun;        /* in all */
} CountCase;

static const CountCase count_cases[] = {
	{"slow-start-on-a-long-line", 600 * MS, CHUNKING, MAILS, 0, NULL, ON_LONG_LINE,
		ON_LONG_LINE},
	{"few-mails-on-a-long-line", 600 * MS, CHUNKING, 3, 0, NULL, 3, 3},
	{"no-more-than-connections", 600 * MS, CHUNKING, MAILS, 0, "connections=3\n", 3, 3},
	{"one-connection", 600 * MS, 0, MAILS, 0, "connections=1\n", 1, 1},
	{"chunking-on-a-short-line", 120 * MS, CHUNKING, MAILS, 40 * MS, NULL, AUTO, AUTO},
	/* The server serves one after another: nobody knows before it has answered. */
	{"one-after-another", 120 * MS, RP_SMTP_CAN_PIPELINING, MAILS, 1000 * MS, NULL,
		FOR_ROUND_TRIPS, FOR_ROUND_TRIPS},
	{"one-after-another-nearby", 20 * MS, RP_SMTP_CAN_PIPELINING, MAILS, 1000 * MS, NULL, AUTO,
		AUTO},
	/* And each of its messages takes four round trips. */
	{"in-turn", 120 * MS, 0, MAILS, 1000 * MS, NULL, RP_PACE_MOST, RP_PACE_MOST},
};

static void
test_count(Fixture *f, gconstpointer data)
{
	const CountCase *test = data;

	if (test->more)
		configure(f, test->more);
	f->fake->measure.rtt = test->rtt;
	f->fake->can = test->can;
	f->fake->answering = take_time;
	answer_time = test->answer_time;
	submit_many(f, test->n_mails);
	wifi(f);
	assert_all_sent(f, test->n_mails);
	/* With few mails the first may be done before the last session is up. */
	g_assert_cmpuint(f->fake->n_at_once, <=, test->want);
	if (test->n_mails == MAILS)
		g_assert_cmpuint(f->fake->n_at_once, ==, test->want);
	g_assert_cmpuint(f->fake->n_sessions, ==, test->begun);
}

static guint
count_waiting(const Fixture *f, const RpLane *lane)
{
	guint n = lane->outgoing.length;

	for (guint i = 0; i < lane->classes->len; i++)
		n += rp_planner_n_ready(f->agent->planner, g_array_index(lane->classes, gint64, i));
	return n;
}

/* A plan that is made while messages are being marked on the disk counts none of them twice. */
static void
test_planned_while_marking(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->dir, "turn", NULL);
	const RpLane *lane;
	g_auto(RpFd) turn = -1;

	f->fake->stall = TRUE;
	submit_many(f, 22);
	wifi_begin(f);
	while (!n_active(f) || !rp_writes_is_idle(f->agent->ground.writes) ||
		!rp_planner_is_idle(f->agent->planner))
		g_main_context_iteration(NULL, TRUE);
	lane = rp_lanes_find(f->agent->lanes, "keyed");
	turn = open(path, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(flock(turn, LOCK_EX), ==, 0);
	fake_go_on(f->fake);
	while (!lane->fetching)
		g_main_context_iteration(NULL, TRUE);
	rp_planner_request(f->agent->planner, FALSE, "it is a test");
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(lane->outgoing.length, >, 0);
	g_assert_cmpuint(count_waiting(f, lane), ==, lane->outgoing.length);
	rp_fd_clear(&turn);
	settle(f);
	assert_all_sent(f, 22);
}

/* What a session that has just ended gives back is seen by the next one, also where it was passed
 * over while that came up: it would leave with nothing, and another one come. */
static void
test_given_back_meanwhile(Fixture *f, gconstpointer data)
{
	RpQueueCursor cursor = RP_QUEUE_CURSOR_INIT;
	g_autoptr(GPtrArray) messages = NULL;
	RpMessageId id;
	RpLane *lane;

	submit_many(f, 1);
	wifi_begin(f);
	while (!(lane = rp_lanes_find(f->agent->lanes, "keyed")) ||
		lane->state != RP_LANE_CONNECTING)
		g_main_context_iteration(NULL, TRUE);
	messages = rp_queue_next(f->agent->ground.queue, (gint64 *)lane->classes->data,
		lane->classes->len, &cursor, 9, NULL);
	g_assert_cmpuint(messages->len, ==, 1);
	id = ((RpQueueMessage *)messages->pdata[0])->id;
	g_hash_table_add(lane->lanes->busy, g_memdup2(&id, sizeof id));
	while (!lane->exhausted)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpint(lane->state, ==, RP_LANE_CONNECTING);
	g_hash_table_remove_all(lane->lanes->busy);
	rp_lane_wake(lane);
	settle(f);
	assert_all_sent(f, 1);
	g_assert_cmpuint(f->fake->n_sessions, ==, 1);
}

/* Behind a line on which several sessions are worth it. */
static void
be_far(FakeTransport *fake)
{
	fake->measure.rtt = 120 * MS;
	fake->can = CHUNKING;
}

static void
be_slow(FakeTransport *fake)
{
	fake->measure.rtt = fake->measure.rtt_now = MS;
	fake->can = CHUNKING;
	fake->server_time = 250 * MS;
	fake->clock = &test_time;
	fake->stall = TRUE;
}

static gboolean
waits_for_disk(const Fixture *f)
{
	const RpLane *lane = rp_lanes_find(f->agent->lanes, "keyed");

	return lane && lane->fetching;
}

/* Servers' time passes while the agent has nothing to do: what this machine's disk and processor
 * take is none of it. */
static void
settle_by_servers(Fixture *f)
{
	while (g_main_context_pending(NULL) || !rp_agent_is_idle(f->agent))
		if (g_main_context_pending(NULL) || waits_for_disk(f) || !fake_answer_next(f->fake))
			g_main_context_iteration(NULL, TRUE);
}

static void
wifi_by_servers(Fixture *f)
{
	wifi_begin(f);
	settle_by_servers(f);
}

/* A server that looks at each message: more sessions than that, for as long as it is what is waited
 * for. */
static void
test_slow_server(Fixture *f, gconstpointer data)
{
	be_slow(f->fake);
	submit_many(f, MAILS);
	wifi_by_servers(f);
	assert_all_sent(f, MAILS);
	g_assert_cmpuint(f->fake->n_at_once, >=, 2 * AUTO);
}

/* ---- fewer ---- */

/* More are asked for once; what the server lets us have carries all, and is remembered. */
static void
test_turned_away(Fixture *f, gconstpointer data)
{
	be_far(f->fake);
	f->fake->most = 2;
	submit_many(f, MAILS);
	wifi(f);
	assert_all_sent(f, MAILS);
	g_assert_cmpuint(f->fake->n_at_once, ==, 2);
	g_assert_cmpuint(f->fake->n_sessions, ==, AUTO);
	submit_many(f, MAILS);
	g_assert_cmpuint(f->fake->n_at_once, ==, 2);
	g_assert_cmpuint(f->fake->n_sessions, <=, AUTO + 2);
}

/* Those that hang, and are silent until their time is over, are no limit. */
static void
test_silent_before_they_are_up(Fixture *f, gconstpointer data)
{
	be_far(f->fake);
	f->fake->n_silent = 2;
	submit_many(f, MAILS);
	wifi(f);
	assert_all_sent(f, MAILS);
	g_assert_cmpuint(f->fake->n_silent, ==, 0);
	f->fake->n_at_once = 0;
	submit_many(f, MAILS);
	g_assert_cmpuint(f->fake->n_at_once, >=, AUTO);
}

static void
leave(Fixture *f)
{
	network(f, NULL);
	pass_time(f, 31 * G_TIME_SPAN_SECOND); /* as long it is the same place */
}

/* Here it is known the next time; and the time after that it has another chance. */
static void
test_turned_away_here(Fixture *f, gconstpointer data)
{
	be_slow(f->fake);
	f->fake->most = 2;
	submit_many(f, MAILS);
	wifi_by_servers(f);
	leave(f);
	f->fake->most = 0;
	submit_many(f, MAILS);
	wifi_by_servers(f);
	g_assert_cmpuint(f->fake->n_at_once, ==, 2);
	leave(f);
	submit_many(f, MAILS);
	wifi_by_servers(f);
	g_assert_cmpuint(f->fake->n_at_once, >, 2);
}

/* What the line and the server are like is known after another place, and to the next agent. */
static void
test_known_from_before(Fixture *f, gconstpointer data)
{
	be_slow(f->fake);
	submit_many(f, MAILS);
	wifi_by_servers(f);
	g_assert_cmpint(
		rp_pace_server_time(rp_lanes_find(f->agent->lanes, "keyed")->pace), >, 200 * MS);
	leave(f);
	g_assert_cmpint(rp_pace_server_time(rp_lanes_find(f->agent->lanes, "keyed")->pace), ==, 0);
	rp_agent_free(f->agent);
	start(f);
	wifi(f);
	submit_many(f, 1);
	g_assert_cmpint(
		rp_pace_server_time(rp_lanes_find(f->agent->lanes, "keyed")->pace), >, 200 * MS);
}

/* A 421 in one of them: its message goes by another. Where that session had taken something before
 * (whether it had is chance) so much is its server's limit, and another takes its place, which may
 * be made before it is needed; and by one more where the others had sent all before the disk knew
 * that the message is to go again. */
static void
test_closing(Fixture *f, gconstpointer data)
{
	be_far(f->fake);
	submit_many(f, MAILS);
	reply(f->fake, "r5@x.example", "closing once");
	wifi(f);
	assert_all_sent(f, MAILS);
	g_assert_cmpuint(f->fake->n_at_once, <=, AUTO + 1);
	g_assert_cmpuint(f->fake->n_sessions, <=, AUTO + 2);
}

/* A 421 behind recipients that were refused is about so many errors (Postfix'
 * smtpd_hard_error_limit): the next session has the rest, at once. Behind one or two it is the
 * server that wants a pause. */
static void
play_errors(Fixture *f, guint n_refused, guint n_sent, guint n_sessions)
{
	char *last = g_strdup_printf("r%u@x.example", n_refused);

	submit_many(f, 8);
	for (guint i = 0; i < n_refused; i++) {
		g_autofree char *to = g_strdup_printf("r%u@x.example", i);

		reply(f->fake, g_intern_string(to), "451 4.2.0 later");
	}
	reply(f->fake, g_intern_string(last), "closing once");
	g_free(last);
	network(f, "203.0.113.7");
	g_assert_cmpuint(f->fake->sent->len, ==, n_sent);
	g_assert_cmpuint(f->fake->n_sessions, ==, n_sessions);
}

static void
test_errors(Fixture *f, gconstpointer data)
{
	play_errors(f, 4, 4, 2);
}

static void
test_few_errors(Fixture *f, gconstpointer data)
{
	play_errors(f, 2, 0, 1);
}

/* Sessions are cut one after the other, and the link stays: that says nothing of how many the
 * server lets us have, and others take their places. */
static void
test_broken(Fixture *f, gconstpointer data)
{
	be_far(f->fake);
	submit_many(f, MAILS);
	for (guint i = 30; i < 30 + AUTO; i++) {
		g_autofree char *to = g_strdup_printf("r%u@x.example", i);

		reply(f->fake, g_intern_string(to), "lost once");
	}
	wifi(f);
	pass_time(f, 5 * G_TIME_SPAN_SECOND);
	assert_all_sent(f, MAILS);
	g_assert_cmpuint(f->fake->n_sessions, >, AUTO);
}

/* A server that has all of a message and never answers may get a copy by each try: it is one
 * message then, over one session, until one is answered. */
static void
test_never_answers(Fixture *f, gconstpointer data)
{
	guint before;

	be_far(f->fake);
	submit_many(f, 12);
	for (guint i = 0; i < 12; i++) {
		g_autofree char *to = g_strdup_printf("r%u@x.example", i);

		reply(f->fake, g_intern_string(to), "lost");
	}
	wifi(f);
	before = f->fake->n_sessions;
	pass_time(f, 5 * G_TIME_SPAN_SECOND);
	g_assert_cmpuint(f->fake->n_sessions, ==, before + 1);
	pass_time(f, 75 * G_TIME_SPAN_SECOND);
	g_assert_cmpuint(f->fake->n_sessions, ==, before + 2);
	g_hash_table_remove_all(f->fake->replies);
	pass_time(f, 150 * G_TIME_SPAN_SECOND);
	g_assert_cmpuint(f->fake->n_sessions, >=, before + 3);
	pass_time(f, G_TIME_SPAN_HOUR);
	assert_all_sent(f, 12);
}

/* Another session was let send meanwhile: one host of several may have refused, and is asked again
 * soon. */
static void
test_one_host_refuses(Fixture *f, gconstpointer data)
{
	be_far(f->fake);
	submit_many(f, 12);
	reply(f->fake, data, "550 5.7.1 Unable to relay once");
	wifi(f);
	g_assert_cmpuint(f->fake->sent->len, <, 12);
	pass_time(f, 75 * G_TIME_SPAN_SECOND);
	assert_all_sent(f, 12);
}

/* The only session ends without a word at the same message as the one before: that is the server's
 * limit, and nobody waits for the line. */
static void
test_cut_twice(Fixture *f, gconstpointer data)
{
	configure(f, "connections=1\n");
	submit_many(f, 6);
	reply(f->fake, "r2@x.example", "lost once");
	reply(f->fake, "r4@x.example", "lost once");
	wifi(f);
	g_assert_cmpuint(f->fake->sent->len, ==, 2);
	pass_time(f, 5 * G_TIME_SPAN_SECOND);
	assert_all_sent(f, 6);
	g_assert_cmpuint(f->fake->n_sessions, ==, 3);
}

/* The same before the first is logged in, which the others wait for. */
static void
test_broken_at_once(Fixture *f, gconstpointer data)
{
	be_far(f->fake);
	f->fake->broken = TRUE;
	submit_many(f, MAILS);
	wifi(f);
	g_assert_cmpuint(f->fake->n_sessions, ==, 1);
	f->fake->broken = FALSE;
	pass_time(f, 5 * G_TIME_SPAN_SECOND);
	assert_all_sent(f, MAILS);
	g_assert_cmpuint(f->fake->n_at_once, ==, AUTO);
}

/* The line is cut under all of them: what the server may have is marked, and all goes again. */
static void
test_cut(Fixture *f, gconstpointer data)
{
	be_far(f->fake);
	f->fake->stall = TRUE;
	submit_many(f, MAILS);
	wifi_begin(f);
	while (!n_active(f) ||
		rp_lane_sessions_count_outgoing(rp_lanes_find(f->agent->lanes, "keyed")) < AUTO)
		g_main_context_iteration(NULL, TRUE);
	network(f, NULL);
	g_assert_cmpuint(f->fake->sent->len, ==, 0);
	f->fake->stall = FALSE;
	wifi(f);
	assert_all_sent(f, MAILS);
	g_assert_cmpuint(f->fake->n_sessions, ==, 2 * AUTO);
}

/* Also under one that hung, and that its lane went on without: what it had goes again. */
static void
test_cut_silent(Fixture *f, gconstpointer data)
{
	RpLaneSession *session;
	RpLane *lane;

	f->fake->stall = TRUE;
	submit_many(f, 1);
	wifi_begin(f);
	while (!n_active(f) ||
		!rp_lane_sessions_count_outgoing(rp_lanes_find(f->agent->lanes, "keyed")))
		g_main_context_iteration(NULL, TRUE);
	lane = rp_lanes_find(f->agent->lanes, "keyed");
	session = g_ptr_array_steal_index(lane->sessions, 0);
	rp_concurrency_closed(session, RP_PACE_SILENT);
	g_ptr_array_add(lane->silent, session);
	rp_lane_end_round(lane, "the test has it so");
	g_assert_false(rp_lanes_are_idle(f->agent->lanes));
	network(f, NULL);
	g_assert_cmpuint(lane->silent->len, ==, 0);
	f->fake->stall = FALSE;
	wifi(f);
	assert_all_sent(f, 1);
}

/* Nobody answers: it is asked at another address, in time; not while the place may be left, and
 * then it is not due all the time either. It goes with the link. */
static void
test_elsewhere(Fixture *f, gconstpointer data)
{
	g_autoptr(RpNetwork) none = rp_network_new();
	RpLane *lane;

	f->fake->measure.quiet = G_TIME_SPAN_HOUR;
	f->fake->stall = TRUE;
	submit_many(f, 1);
	wifi_begin(f);
	while (!n_active(f) ||
		!rp_lane_sessions_count_outgoing(rp_lanes_find(f->agent->lanes, "keyed")))
		g_main_context_iteration(NULL, TRUE);
	lane = rp_lanes_find(f->agent->lanes, "keyed");
	rp_agent_network_coming(f->agent, none);
	g_assert_true(rp_lane_is_leaving(lane));
	test_time += 41 * G_USEC_PER_SEC;
	rp_lanes_due(f->agent->lanes);
	g_assert_null(lane->elsewhere);
	g_assert_cmpint(rp_concurrency_look_at(lane), >, test_time);
	rp_agent_network_coming(f->agent, rp_whereabouts_network(f->agent->whereabouts));
	test_time += 41 * G_USEC_PER_SEC;
	rp_lanes_due(f->agent->lanes);
	g_assert_nonnull(lane->elsewhere);
	g_assert_cmpuint(f->fake->n_sessions, ==, 2);
	network(f, NULL);
	g_assert_null(lane->elsewhere);
	f->fake->stall = FALSE;
	wifi(f);
	assert_all_sent(f, 1);
}

/* ---- classes ---- */

static gboolean
count_class(const RpQueueClass *class_, gpointer n)
{
	++*(guint *)n;
	return TRUE;
}

/* A message that went asks for no plan; the classes that are left empty go with the session's end.
 */
static void
test_empty_classes_go(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpQueueCounts counts;
	guint n_classes = 0;

	submit_many(f, 10);
	wifi(f);
	assert_all_sent(f, 10);
	rp_queue_foreach_class(
		f->reader, RP_QUEUE_CLASS_NUMBERS, RP_CLASS_NEW, count_class, &n_classes, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(n_classes, ==, 0);
	g_assert_true(rp_queue_counts(f->reader, &counts, &error));
	for (guint i = 0; i < RP_N_MESSAGE_STATES; i++)
		g_assert_cmpint(counts.by_state[i], ==, 0);
}

/* ---- order ---- */

static void
submit_large(Fixture *f, const char *to, gsize size)
{
	g_autoptr(RpSubmission) submission = rp_submission_new(f->reader);
	g_autofree char *line = g_strnfill(1024, 'x');
	g_autoptr(GError) error = NULL;
	RpEnvelope envelope = {.sender = "ki@keyed.example",
		.header_from = "ki@keyed.example",
		.recipients = &to,
		.n_recipients = 1};

	memcpy(line + 1022, "\r\n", 2);
	for (gsize i = 0; i < size / 1024; i++)
		rp_submission_write(submission, line, 1024, &error);
	g_assert_no_error(error);
	rp_submission_commit(submission, &envelope, NULL, &error);
	g_assert_no_error(error);
}

/* The attachment was there first. */
static void
test_order(Fixture *f, gconstpointer data)
{
	submit_large(f, "large@x.example", 10 * 1024 * 1024);
	submit_many(f, 40);
	wifi(f);
	assert_all_sent(f, 41);
	g_assert_cmpstr(f->fake->sent->pdata[0], ==, "keyed: r0@x.example");
	g_assert_cmpstr(f->fake->sent->pdata[39], ==, "keyed: r39@x.example");
	g_assert_cmpstr(f->fake->sent->pdata[40], ==, "keyed: large@x.example");
}

/* One that is written while the large one waits goes before it, too. */
static void
test_order_of_late_mail(Fixture *f, gconstpointer data)
{
	f->fake->stall = TRUE;
	submit_large(f, "large@x.example", 1024 * 1024);
	submit_many(f, 40);
	wifi_begin(f);
	while (!n_active(f))
		g_main_context_iteration(NULL, TRUE);
	submit_only(f, "ki@keyed.example", "late@x.example");
	fake_go_on(f->fake);
	settle(f);
	g_assert_cmpstr(f->fake->sent->pdata[41], ==, "keyed: large@x.example");
}

/* ---- a server that limits the domains of a session ---- */

typedef struct {
	const char *name;
	const char *domains; /* of the mails, a letter each, again and again */
	guint most;          /* of them in a session */
	guint n_mails;
	const char *more;
	guint want;          /* sessions */
	const char *letters; /* of what was sent, run after run; NULL: it may vary */
} DomainsCase;

static const DomainsCase domains_cases[] = {
	{"in turn", "xy", 1, 40, "connections=1\n", 2, "x20 y20"},
	{"in turn, and one has two", "xyz", 2, 9, "connections=1\n", 2, NULL},
	{"without a limit", "xy", 0, 6, "connections=1\n", 1, "x1 y1 x1 y1 x1 y1"},
	/* One that waits is not overtaken by all others. */
	{"one among many",
		"xyxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		1, 80, "connections=1\n", 3, "x31 y1 x48"},
	{"each another", "abcdefghijklmnopqrstuvwxyz", 1, 26, "connections=1\n", 26, NULL},
	{"in turn by several", "xyz", 1, 60, NULL, 0, NULL},
};

static char *
count_runs(const Fixture *f)
{
	GString *runs = g_string_new(NULL);
	guint n = 0;

	for (guint i = 0; i < f->fake->sent->len; i++) {
		const char *this = strchr(f->fake->sent->pdata[i], '@') + 1;
		gboolean last = i + 1 == f->fake->sent->len;
		const char *next = last ? "" : strchr(f->fake->sent->pdata[i + 1], '@') + 1;

		n++;
		if (*this == *next)
			continue;
		g_string_append_printf(runs, "%s%c%u", runs->len ? " " : "", *this, n);
		n = 0;
	}
	return g_string_free(runs, FALSE);
}

/* By their numbers. */
static void
assert_in_order(const Fixture *f, char domain)
{
	const char *last = "";

	for (guint i = 0; i < f->fake->sent->len; i++) {
		const char *this = f->fake->sent->pdata[i];

		if (strchr(this, '@')[1] != domain)
			continue;
		g_assert_cmpstr(last, <, this);
		last = this;
	}
}

/* No session is given more domains than that, and each those of which there is mail; within a
 * domain the first goes first. */
static void
test_domains(Fixture *f, gconstpointer data)
{
	const DomainsCase *test = data;
	g_autofree char *runs = NULL;

	if (test->more)
		configure(f, test->more);
	f->fake->max_domains = test->most;
	for (guint i = 0; i < test->n_mails; i++) {
		g_autofree char *to = g_strdup_printf(
			"r%02u@%c.example", i, test->domains[i % strlen(test->domains)]);

		submit_only(f, "ki@keyed.example", to);
	}
	settle(f);
	wifi(f);
	assert_all_sent(f, test->n_mails);
	runs = count_runs(f);
	if (test->letters)
		g_assert_cmpstr(runs, ==, test->letters);
	for (const char *at = test->domains; test->want && *at; at++)
		assert_in_order(f, *at);
	if (test->want)
		g_assert_cmpuint(f->fake->n_sessions, ==, test->want);
	else
		g_assert_cmpuint(f->fake->n_sessions, <=, test->n_mails / 3);
}

static struct {
	const RpLane *lane;
	guint before,
		behind; /* messages that are marked as the first session answers, the second */
} marked;

static void
count_marked(FakeTransport *fake)
{
	if (fake->n_sessions == 1)
		marked.before = marked.lane->outgoing.length;
	else if (!marked.behind)
		marked.behind = marked.lane->outgoing.length + 1;
}

/* What was looked at ahead is not put back into the queue for the next session. */
static void
test_domains_go_on(Fixture *f, gconstpointer data)
{
	configure(f, "connections=1\n");
	f->fake->max_domains = 1;
	f->fake->answering = count_marked;
	marked.lane = rp_lanes_get(f->agent->lanes, "keyed");
	marked.before = marked.behind = 0;
	submit_only(f, "ki@keyed.example", "a@y.example");
	submit_many(f, MAILS);
	wifi(f);
	assert_all_sent(f, MAILS + 1);
	g_assert_cmpuint(f->fake->n_sessions, ==, 2);
	g_assert_cmpuint(marked.before, >, MAILS / 5);
	g_assert_cmpuint(marked.behind, >=, marked.before);
}

/* ---- copies for a server that lacks 8BITMIME ---- */

static void
submit_8bit(Fixture *f, gsize size, guint number)
{
	g_autofree char *to = g_strdup_printf("r%u@x.example", number);
	const char *const recipients[] = {to, NULL};
	const RpEnvelope envelope = {.sender = "ki@keyed.example",
		.header_from = "ki@keyed.example",
		.recipients = recipients,
		.n_recipients = 1,
		.flags = RP_MESSAGE_8BIT};
	g_autoptr(RpSubmission) submission = rp_submission_new(f->reader);
	g_autoptr(GString) content = g_string_new("Subject: x\r\n\r\n");
	g_autoptr(GError) error = NULL;
	RpMessageId id;

	while (content->len < size)
		g_string_append(content, "\303\244\303\266\303\274 and what is in ASCII\r\n");
	rp_submission_write(submission, content->str, content->len, &error);
	g_assert_no_error(error);
	rp_submission_commit(submission, &envelope, &id, &error);
	g_assert_no_error(error);
}

static struct {
	const RpAgent *agent;
	guint most, most_octets; /* that waited at once */
} copies;

static void
count_copies(FakeTransport *fake)
{
	const RpLane *lane = rp_lanes_find(copies.agent->lanes, "keyed");
	guint n = 0, octets = 0;

	for (GList *link = lane->outgoing.head; link; link = link->next) {
		const RpOutgoing *outgoing = link->data;

		if (outgoing->state != RP_OUTGOING_CONVERTING && outgoing->copy < 0)
			continue;
		n++;
		octets += (guint)rp_outgoing_size(outgoing);
	}
	copies.most = MAX(copies.most, n);
	copies.most_octets = MAX(copies.most_octets, octets);
}

typedef struct {
	const char *name;
	gsize sizes[4]; /* of the messages, again and again */
	gint64 copies_most;
	guint want_most;
} CopiesCase;

static const CopiesCase copies_cases[] = {
	{"all", {1000, 1000, 1000, 1000}, 1000000, MAILS},
	{"as many as have room", {1000, 1000, 1000, 1000}, 4000, 4},
	{"each larger than the room", {9000, 9000, 9000, 9000}, 4000, 1},
	{"a large one among small ones", {500, 500, 30000, 500}, 4000, 8},
	{"no room at all", {500, 30000, 500, 500}, 0, 1},
};

/* They are bounded, and all that waits goes on. */
static void
test_copies(Fixture *f, gconstpointer data)
{
	const CopiesCase *c = data;
	gsize largest = 0;

	f->fake->can = RP_SMTP_CAN_PIPELINING;
	f->fake->answering = count_copies;
	f->agent->lanes->copies_most = c->copies_most;
	copies.agent = f->agent;
	copies.most = copies.most_octets = 0;
	for (guint i = 0; i < MAILS; i++) {
		gsize size = c->sizes[i % G_N_ELEMENTS(c->sizes)];

		largest = MAX(largest, size);
		submit_8bit(f, size, i);
	}
	settle(f);
	wifi(f);
	assert_all_sent(f, MAILS);
	g_assert_cmpuint(copies.most, <=, c->want_most);
	/* A copy can be twice as large as it was thought to be. */
	g_assert_cmpuint(copies.most_octets, <=, 2 * MAX((gsize)c->copies_most, largest + 100));
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
	for (guint i = 0; i < G_N_ELEMENTS(count_cases); i++) {
		g_autofree char *path = g_strconcat("/sessions/", count_cases[i].name, NULL);

		g_test_add(path, Fixture, &count_cases[i], set_up, test_count, tear_down);
	}
	for (guint i = 0; i < G_N_ELEMENTS(copies_cases); i++) {
		g_autofree char *path =
			g_strconcat("/sessions/copies/", copies_cases[i].name, NULL);

		g_test_add(path, Fixture, &copies_cases[i], set_up, test_copies, tear_down);
	}
	for (guint i = 0; i < G_N_ELEMENTS(domains_cases); i++) {
		g_autofree char *path =
			g_strconcat("/sessions/domains/", domains_cases[i].name, NULL);

		g_test_add(path, Fixture, &domains_cases[i], set_up, test_domains, tear_down);
	}
	ADD("sessions/domains-go-on", test_domains_go_on);
	ADD("sessions/planned-while-marking", test_planned_while_marking);
	ADD("sessions/given-back-meanwhile", test_given_back_meanwhile);
	ADD("sessions/slow-server", test_slow_server);
	ADD("sessions/turned-away", test_turned_away);
	ADD("sessions/elsewhere", test_elsewhere);
	ADD("sessions/silent-before-they-are-up", test_silent_before_they_are_up);
	ADD("sessions/turned-away-here", test_turned_away_here);
	ADD("sessions/known-from-before", test_known_from_before);
	ADD("sessions/closing", test_closing);
	ADD("sessions/errors", test_errors);
	ADD("sessions/few-errors", test_few_errors);
	ADD("sessions/broken", test_broken);
	ADD("sessions/never-answers", test_never_answers);
	g_test_add("/sessions/one-host-refuses-first", Fixture, "r0@x.example", set_up,
		test_one_host_refuses, tear_down);
	g_test_add("/sessions/one-host-refuses-then", Fixture, "r1@x.example", set_up,
		test_one_host_refuses, tear_down);
	ADD("sessions/cut-twice", test_cut_twice);
	ADD("sessions/broken-at-once", test_broken_at_once);
	ADD("sessions/cut", test_cut);
	ADD("sessions/cut-silent", test_cut_silent);
	ADD("sessions/empty-classes-go", test_empty_classes_go);
	ADD("sessions/order", test_order);
	ADD("sessions/order-of-late-mail", test_order_of_late_mail);
	return g_test_run();
}
