/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent with a real queue and a real configuration, a network and servers by script, and a
 * clock that the test sets. */
#include "fixture.h"

#include "roampost/base.h"
#include "roampost/queue-records.h"

#include <string.h>

/* ---- the main job ---- */

static void
test_main_job(Fixture *f, gconstpointer data)
{
	RpMessageId a, b;

	a = submit(f, "taro@odn.example", "x@else.example");
	g_assert_null(held_notice(f)); /* not before the network has said a word */
	network(f, NULL);
	assert_state(f, a, "held");
	g_assert_null(f->notifier->shown); /* it may be for a moment */
	g_assert_nonnull(held_notice(f));
	network(f, "203.0.113.7");
	assert_state(f, a, "gone");
	assert_sent(f, "odn: x@else.example");
	g_assert_null(f->notifier->shown);

	/* At So-net its set may carry ODN's mail too, after a POP login. */
	network(f, "198.51.100.9");
	b = submit(f, "taro@odn.example", "y@else.example");
	assert_state(f, b, "gone");
	assert_sent(f, "odn: x@else.example, sonet: y@else.example");
	g_assert_nonnull(strstr(f->fake->log->str, "pop sonet; smtp sonet via any; "));

	/* Its login still opens the server. */
	g_string_truncate(f->fake->log, 0);
	submit(f, "hanako@sonet.example", "z@else.example");
	g_assert_cmpstr(f->fake->log->str, ==, "smtp sonet via any; ");
}

static void
test_held_and_released_by_return(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_FAILED);
	network(f, "192.0.2.1");
	id = submit(f, "taro@odn.example", "x@else.example");
	assert_state(f, id, "held");
	g_assert_nonnull(strstr(held_notice(f), "ODN"));
	assert_sent(f, "");
	network(f, "203.0.113.7");
	assert_state(f, id, "gone");
	assert_sent(f, "odn: x@else.example");
}

static void
test_learned_place(Fixture *f, gconstpointer data)
{
	RpMessageId id;
	RpLearned here = {.provider = (char *)"odn"};
	RpQueueChange *change = rp_queue_change_new(test_time);

	script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_FAILED);
	g_assert_true(rp_prefix_parse("192.0.3.0/24", &here.prefix, NULL));
	network(f, "192.0.3.1");
	id = submit(f, "taro@odn.example", "x@else.example");
	assert_state(f, id, "held");
	rp_change_learn(change, &here);
	apply(f, change);
	assert_state(f, id, "gone");
}

static char *
places(Fixture *f)
{
	const RpHistoryQuery query = {.events = 1u << RP_HISTORY_PLACE};
	g_autoptr(GPtrArray) records = rp_queue_load_history(f->reader, &query, NULL);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < records->len; i++) {
		const RpHistoryRecord *record = records->pdata[i];

		g_string_append_printf(text, "%s %s; ", record->text, record->provider);
	}
	return g_string_free(text, FALSE);
}

/* Once each time that it is another one, over a restart too; and who asks what became of mail hears
 * nothing of it. */
static void
test_places_are_remembered(Fixture *f, gconstpointer data)
{
	g_autofree char *first = NULL, *all = NULL;

	network(f, NULL);
	network(f, "203.0.113.7");
	network(f, "203.0.113.8");
	first = places(f);
	g_assert_cmpstr(first, ==, "offline ; online odn; ");
	rp_agent_free(f->agent);
	start(f);
	network(f, "203.0.113.7");
	network(f, "192.0.2.1");
	all = places(f);
	g_assert_cmpstr(all, ==, "offline ; online odn; online ; ");
	g_autoptr(GPtrArray) mail = rp_queue_load_history(f->reader, &(RpHistoryQuery){0}, NULL);
	g_assert_cmpuint(mail->len, ==, 0);
}

/* ---- what servers answer ---- */

typedef struct {
	const char *name;
	const char *from, *to;
	const char *replies; /* "address=reply;address=reply" */
	const char *want_state;
	const char *want_sent;
	guint want_sessions;
} ReplyCase;

static const ReplyCase reply_cases[] = {
	{"accepted", "taro@odn.example", "a@x.example,b@x.example", "", "gone",
		"odn: a@x.example, odn: b@x.example", 1},
	{"dead among good", "taro@odn.example", "a@x.example,b@x.example",
		"a@x.example=550 5.1.1 User unknown", "failed", "odn: b@x.example", 1},
	{"later among good", "taro@odn.example", "a@x.example,b@x.example",
		"a@x.example=450 4.2.0 greylisted", "deferred", "odn: b@x.example", 1},
	{"a refusal is held, not bounced", "taro@odn.example", "a@x.example",
		"a@x.example=554 5.7.1 <a@x.example>: Relay access denied", "held", "", 1},
	{"an unknown 5xx asks", "taro@odn.example", "a@x.example", "a@x.example=554 no", "held", "",
		1},
	{"an unknown 5xx among good asks for that one", "taro@odn.example",
		"a@x.example,b@x.example", "a@x.example=554 no", "held", "odn: b@x.example", 1},
	{"unknown beside dead asks", "taro@odn.example", "a@x.example,b@x.example",
		"a@x.example=554 no;b@x.example=550 5.1.1 User unknown", "held", "", 1},
	{"unknown beside later is tried later", "taro@odn.example", "a@x.example,b@x.example",
		"a@x.example=554 no;b@x.example=450 4.2.0 greylisted", "deferred", "", 1},
};

static void
test_replies(Fixture *f, gconstpointer data)
{
	const ReplyCase *c = data;
	g_auto(GStrv) pairs = g_strsplit(c->replies, ";", -1);
	RpMessageId id;

	/* sonet would carry it: not what is looked at here */
	script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_FAILED);
	for (char **pair = pairs; *pair && **pair; pair++) {
		char *text = strchr(*pair, '=');

		*text++ = '\0';
		reply(f->fake, *pair, text);
	}
	network(f, "203.0.113.7");
	id = submit(f, c->from, c->to);
	assert_state(f, id, c->want_state);
	assert_sent(f, c->want_sent);
	g_assert_cmpuint(f->fake->n_sessions, ==, c->want_sessions);
}

static void
test_in_doubt(Fixture *f, gconstpointer data)
{
	g_autoptr(RpQueueMessage) message = NULL;
	RpMessageId id;

	reply(f->fake, "a@x.example", "lost");
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "a@x.example");
	message = rp_queue_get(f->reader, id, NULL);
	g_assert_nonnull(message);
	g_assert_true(message->flags & RP_MESSAGE_MAYBE_SENT);
	g_hash_table_remove_all(f->fake->replies);
	network(f, NULL);
	network(f, "203.0.113.7");
	assert_state(f, id, "gone");
}

static void
test_refused_goes_another_way(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	reply(f->fake, "a@x.example", "554 5.7.1 Relay access denied");
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "a@x.example");
	/* odn refuses, sonet may carry it and is asked next; it refuses too, and may not know of
	 * the login yet: again with another one after 2, 5, 15, 60 s and so on, for 10 min; then
	 * held */
	assert_state(f, id, "deferred");
	g_assert_nonnull(strstr(f->fake->log->str, "smtp odn via ppp0; pop sonet; smtp sonet"));
	g_assert_cmpuint(f->fake->n_sessions, ==, 2);
	for (guint i = 0; i < 11; i++)
		pass_time(f, G_TIME_SPAN_MINUTE);
	assert_state(f, id, "held");
	g_assert_cmpuint(f->fake->n_sessions, >=, 6);
	g_assert_cmpuint(f->fake->n_sessions, <=, 8);
	/* forgotten at another place, found again on return */
	g_hash_table_remove_all(f->fake->replies);
	network(f, NULL);
	network(f, "203.0.113.7");
	assert_state(f, id, "held");
	/* a day later it is tried again */
	pass_time(f, 25 * G_TIME_SPAN_HOUR);
	assert_state(f, id, "gone");
}

/* What was sent to stays; the new recipients get results of their own. */
static void
test_edit_after_part_was_sent(Fixture *f, gconstpointer data)
{
	const char *const to[] = {"c@x.example", "d@x.example", NULL};
	RpQueueChange *change = rp_queue_change_new(test_time);
	RpMessageId id;

	reply(f->fake, "a@x.example", "550 5.1.1 User unknown");
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "a@x.example,b@x.example");
	assert_state(f, id, "failed");
	rp_change_edit(change, id, NULL, to);
	apply(f, change);
	assert_state(f, id, "gone");
	assert_sent(f, "odn: b@x.example, odn: c@x.example, odn: d@x.example");
}

static void
user_does(Fixture *f, void (*what)(RpQueueChange *change, RpMessageId id), RpMessageId id)
{
	RpQueueChange *change = rp_queue_change_new(test_time);

	what(change, id);
	apply(f, change);
}

/* One recipient is rejected in words that say nothing: the others go on, now and later, and the
 * message waits for the user when they are done. */
static void
test_one_is_rejected(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_FAILED);
	reply(f->fake, "a@odn.example", "554 no");
	network(f, "192.0.2.1");
	id = submit(f, "taro@odn.example", "a@odn.example,b@odn.example,c@x.example");
	assert_sent(f, "odn: b@odn.example");
	g_assert_cmpuint(f->notifier->n_announced, ==, 1);
	{
		g_autoptr(RpQueueMessage) waits = rp_queue_get(f->reader, id, NULL);

		g_assert_cmpint(waits->state, ==, RP_MESSAGE_HELD); /* c, by the plan */
		g_assert_cmpint(waits->hold_reason, ==, -1);
	}
	network(f, "203.0.113.7");
	assert_sent(f, "odn: b@odn.example, odn: c@x.example");
	{
		g_autoptr(RpQueueMessage) asks = rp_queue_get(f->reader, id, NULL);

		g_assert_cmpint(asks->state, ==, RP_MESSAGE_HELD);
		g_assert_cmpint(asks->hold_reason, ==, RP_REASON_SERVER_REJECTED);
		g_assert_cmpstr(asks->hold_text, ==, "554 no");
	}
	/* Whether the hold of before was seen to go is chance; each that was makes this one longer.
	 */
	for (guint i = 0; !f->notifier->shown && i < 8; i++)
		held_notice(f);
	g_assert_nonnull(f->notifier->shown);
	g_assert_nonnull(strstr(f->notifier->shown, "To a@odn.example: "));
	/* nobody tries it again unasked */
	pass_time(f, 3 * G_TIME_SPAN_DAY);
	network(f, "198.51.100.9");
	network(f, "203.0.113.7");
	g_assert_cmpuint(f->fake->n_sessions, ==, 2);
	user_does(f, rp_change_release, id);
	g_assert_cmpuint(f->fake->n_sessions, ==, 3);
	assert_state(f, id, "held"); /* the server says the same */
	g_hash_table_remove_all(f->fake->replies);
	user_does(f, rp_change_retry, id);
	assert_state(f, id, "gone");
	g_assert_null(f->notifier->shown);
}

/* Released while the others are still on their way, it joins them. */
static void
test_rejected_is_released_early(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	reply(f->fake, "a@x.example", "554 no");
	reply(f->fake, "b@x.example", "450 4.2.0 later");
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "a@x.example,b@x.example");
	assert_state(f, id, "deferred");
	g_hash_table_remove_all(f->fake->replies);
	user_does(f, rp_change_release, id);
	assert_state(f, id, "deferred");
	pass_time(f, G_TIME_SPAN_HOUR);
	assert_state(f, id, "gone");
	assert_sent(f, "odn: a@x.example, odn: b@x.example");
}

static void
pin_to_sonet(RpQueueChange *change, RpMessageId id)
{
	rp_change_pin(change, id, "sonet");
}

/* What one server put off for a while, another may take now. */
static void
test_pinned_while_put_off(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	reply(f->fake, "a@x.example", "450 4.2.0 later");
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "a@x.example");
	assert_state(f, id, "deferred");
	g_hash_table_remove_all(f->fake->replies);
	user_does(f, pin_to_sonet, id);
	assert_state(f, id, "gone");
	assert_sent(f, "sonet: a@x.example");
}

/* ---- sessions that fail ---- */

static void
test_unreachable_grows_and_returns(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	script(f->fake->session_results, "keyed", RP_SESSION_UNREACHABLE);
	network(f, "192.0.2.1");
	id = submit(f, "ki@keyed.example", "a@x.example");
	assert_state(f, id, "held");
	pass_time(f, 3 * G_TIME_SPAN_MINUTE);
	assert_state(f, id, "gone");
}

static void
test_auth_failed_stops_the_set(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	script(f->fake->session_results, "keyed", RP_SESSION_AUTH_FAILED);
	network(f, "192.0.2.1");
	id = submit(f, "ki@keyed.example", "a@x.example");
	submit(f, "ki@keyed.example", "b@x.example");
	network(f, "203.0.113.7");
	pass_time(f, 3 * G_TIME_SPAN_DAY);
	assert_state(f, id, "held");
	g_assert_cmpuint(f->fake->n_sessions, ==, 1); /* one denied login, no second */
}

static void
test_try_later_defers(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	script(f->fake->session_results, "keyed", RP_SESSION_TRY_LATER);
	network(f, "192.0.2.1");
	id = submit(f, "ki@keyed.example", "a@x.example");
	assert_state(f, id, "deferred");
	network(f, "203.0.113.7"); /* at once when the place changes */
	assert_state(f, id, "gone");
}

static void
test_pop_first(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	/* The server wants a POP login although its rule holds; it is made, again and again for
	 * 10 min, and then it is held. */
	reply(f->fake, "a@x.example", "550 5.7.1 Authenticate with POP first");
	network(f, "198.51.100.9");
	id = submit(f, "hanako@sonet.example", "a@x.example");
	pass_time(f, 10 * G_USEC_PER_SEC);
	assert_state(f, id, "deferred");
	for (guint i = 0; i < 11; i++)
		pass_time(f, G_TIME_SPAN_MINUTE);
	assert_state(f, id, "held");
	g_assert_cmpuint(f->fake->n_sessions, >=, 6);
	g_assert_cmpuint(f->fake->n_sessions, <=, 8);
}

/* A login that ran out is made again, also for messages that were planned while it was fresh. */
static void
test_pop_login_runs_out(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	reply(f->fake, "a@x.example", "450 4.2.0 later");
	network(f, "198.51.100.9");
	id = submit(f, "hanako@sonet.example", "a@x.example");
	assert_state(f, id, "deferred");
	g_hash_table_remove_all(f->fake->replies);
	g_string_truncate(f->fake->log, 0);
	pass_time(f, 6 * G_TIME_SPAN_MINUTE);
	assert_state(f, id, "gone");
	g_assert_cmpstr(f->fake->log->str, ==, "pop sonet; smtp sonet via any; ");
}

static void
test_link_lost_in_mid_session(Fixture *f, gconstpointer data)
{
	RpMessageId id;
	g_autoptr(RpQueueMessage) message = NULL;

	network(f, "203.0.113.7");
	f->fake->stall = TRUE;
	{
		static const char content[] = "Subject: x\r\n\r\nx\r\n";
		g_autoptr(RpSubmission) submission = rp_submission_new(f->reader);
		const char *const to[] = {"a@x.example"};
		RpEnvelope envelope = {.sender = "taro@odn.example",
			.header_from = "taro@odn.example",
			.recipients = to,
			.n_recipients = 1};

		g_assert_true(rp_submission_write(submission, content, sizeof content - 1, NULL));
		g_assert_true(rp_submission_commit(submission, &envelope, &id, NULL));
	}
	for (;;) { /* until it is on its way */
		g_autofree char *state = NULL;

		g_main_context_iteration(NULL, TRUE);
		state = state_of(f, id);
		if (g_str_equal(state, "sending"))
			break;
	}
	network(f, NULL);
	assert_state(f, id, "held");
	f->fake->stall = FALSE;
	network(f, "203.0.113.7");
	assert_state(f, id, "gone");
}

static void
test_restart(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, NULL);
	id = submit(f, "taro@odn.example", "a@x.example");
	rp_agent_free(f->agent);
	start(f);
	network(f, "203.0.113.7");
	assert_state(f, id, "gone");
	assert_sent(f, "odn: a@x.example");
}

static void
test_split(Fixture *f, gconstpointer data)
{
	RpMessageId id;
	g_autoptr(RpQueueMessage) message = NULL;

	script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_FAILED);
	network(f, "192.0.2.1");
	/* ODN's own recipients are final delivery, from anywhere; the other one waits */
	id = submit(f, "taro@odn.example", "a@x.example,b@odn.example");
	assert_sent(f, "odn: b@odn.example");
	assert_state(f, id, "held");
	network(f, "203.0.113.7");
	assert_sent(f, "odn: b@odn.example, odn: a@x.example");
	assert_state(f, id, "gone");
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
	ADD("agent/main-job", test_main_job);
	ADD("agent/held-and-released-by-return", test_held_and_released_by_return);
	ADD("agent/learned-place", test_learned_place);
	ADD("agent/places-are-remembered", test_places_are_remembered);
	ADD("agent/in-doubt", test_in_doubt);
	ADD("agent/refused-goes-another-way", test_refused_goes_another_way);
	ADD("agent/edit-after-part-was-sent", test_edit_after_part_was_sent);
	ADD("agent/one-is-rejected", test_one_is_rejected);
	ADD("agent/rejected-is-released-early", test_rejected_is_released_early);
	ADD("agent/pinned-while-put-off", test_pinned_while_put_off);
	ADD("agent/unreachable", test_unreachable_grows_and_returns);
	ADD("agent/auth-failed-stops-the-set", test_auth_failed_stops_the_set);
	ADD("agent/try-later-defers", test_try_later_defers);
	ADD("agent/pop-first", test_pop_first);
	ADD("agent/pop-login-runs-out", test_pop_login_runs_out);
	ADD("agent/link-lost-in-mid-session", test_link_lost_in_mid_session);
	ADD("agent/restart", test_restart);
	ADD("agent/split", test_split);
	for (guint i = 0; i < G_N_ELEMENTS(reply_cases); i++) {
		g_autofree char *path = g_strdup_printf("/agent/replies/%s", reply_cases[i].name);

		g_test_add(path, Fixture, &reply_cases[i], set_up, test_replies, tear_down);
	}
	return g_test_run();
}
