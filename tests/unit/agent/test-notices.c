/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the desktop is told: one notice a cause, gone with it, and none for what lasts a moment. */
#include "fixture.h"

#include "roampost/base.h"
#include "roampost/tell.h"

#include <string.h>

#define SECOND G_USEC_PER_SEC

static void
test_a_link_that_flaps(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	f->fake->broken = TRUE;
	network(f, NULL);
	id = submit(f, "taro@odn.example", "x@else.example");
	for (guint i = 0; i < 20; i++) {
		pass_time(f, MIN(3 + i, 6) * SECOND);
		network(f, "203.0.113.7"); /* and nothing gets through */
		pass_time(f, 2 * SECOND);
		network(f, NULL);
	}
	assert_state(f, id, "held");
	g_assert_cmpuint(f->notifier->n_held, ==, 0);
	/* now it is really gone */
	pass_time(f, 10 * G_TIME_SPAN_MINUTE);
	g_assert_cmpuint(f->notifier->n_held, ==, 1);
	g_assert_nonnull(strstr(f->notifier->shown, "To x@else.example"));
}

/* Nothing is said of it either when it goes in the end, since nobody was told that it waited. */
static void
test_held_for_a_moment(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, NULL);
	id = submit(f, "taro@odn.example", "x@else.example");
	pass_time(f, 7 * SECOND);
	network(f, "203.0.113.7");
	assert_state(f, id, "gone");
	pass_time(f, G_TIME_SPAN_HOUR);
	g_assert_cmpuint(f->notifier->n_held, ==, 0);
	g_assert_cmpuint(f->notifier->n_sent, ==, 0);
}

static void
test_many_while_offline(Fixture *f, gconstpointer data)
{
	network(f, NULL);
	for (guint i = 0; i < 300; i++) {
		g_autofree char *to = g_strdup_printf("x%u@else%u.example", i, i % 7);

		submit_only(f, i % 2 ? "taro@odn.example" : "hanako@sonet.example", to);
		if (i % 10 == 0)
			settle(f);
		if (i % 10 == 0)
			pass_time(f, SECOND);
	}
	settle(f);
	g_assert_nonnull(held_notice(f));
	g_assert_cmpuint(f->notifier->n_held, ==, 1);
}

static void
test_sent_is_said_once(Fixture *f, gconstpointer data)
{
	network(f, NULL);
	submit(f, "taro@odn.example", "x@else.example");
	g_assert_nonnull(held_notice(f));
	submit(f, "taro@odn.example", "y@else.example");
	network(f, "203.0.113.7");
	assert_sent(f, "odn: x@else.example, odn: y@else.example");
	g_assert_null(f->notifier->shown);
	g_assert_cmpuint(f->notifier->n_sent, ==, 1);
	submit(f, "taro@odn.example", "z@else.example"); /* this one did not wait */
	g_assert_cmpuint(f->notifier->n_sent, ==, 1);
}

/* The last one that waited was not sent, whatever became of the others. */
static void
test_deleted_after_another_was_sent(Fixture *f, gconstpointer data)
{
	RpQueueChange *change = rp_queue_change_new(test_time);
	RpMessageId sent, deleted;

	network(f, "203.0.113.7");
	reply(f->fake, "x@else.example", "554 5.0.0 no");
	reply(f->fake, "y@else.example", "554 5.0.0 no");
	sent = submit(f, "taro@odn.example", "x@else.example");
	deleted = submit(f, "taro@odn.example", "y@else.example");
	g_assert_nonnull(held_notice(f));
	g_hash_table_remove_all(f->fake->replies);
	rp_change_retry(change, sent);
	apply(f, change);
	assert_state(f, sent, "gone");
	change = rp_queue_change_new(test_time);
	rp_change_delete(change, deleted);
	apply(f, change);
	g_assert_null(held_notice(f));
	g_assert_cmpuint(f->notifier->n_sent, ==, 0);
}

/* What was deleted was not sent. */
static void
test_deleted_while_held(Fixture *f, gconstpointer data)
{
	RpQueueChange *change = rp_queue_change_new(test_time);
	RpMessageId id;

	network(f, NULL);
	id = submit(f, "taro@odn.example", "x@else.example");
	g_assert_nonnull(held_notice(f));
	rp_change_delete(change, id);
	apply(f, change);
	network(f, "203.0.113.7");
	submit(f, "taro@odn.example", "z@else.example");
	g_assert_null(f->notifier->shown);
	g_assert_cmpuint(f->notifier->n_sent, ==, 0);
}

/* A refused login is one cause: the mail that waits for it makes no second notice. It goes when the
 * failure is forgotten, and the next agent knows of it. */
static void
test_refused_login(Fixture *f, gconstpointer data)
{
	script(f->fake->session_results, "keyed", RP_SESSION_AUTH_FAILED);
	network(f, "203.0.113.7");
	submit(f, "ki@keyed.example", "x@else.example");
	g_assert_true(has_notice(f, "auth-failed keyed"));
	g_assert_null(held_notice(f));
	g_assert_cmpuint(f->notifier->n_announced, ==, 1);
	rp_agent_free(f->agent);
	start(f);
	network(f, "203.0.113.7");
	g_assert_true(has_notice(f, "auth-failed keyed"));
	g_assert_null(held_notice(f));
	g_hash_table_remove_all(f->fake->session_results);
	forget_failures(f);
	assert_sent(f, "keyed: x@else.example");
	g_assert_false(has_notice(f, "auth-failed keyed"));
}

/* The set is changed, so that what was refused says nothing of it. */
static void
test_other_configuration(Fixture *f, gconstpointer data)
{
	g_autoptr(RpConfig) config = load_config(f, "[server-set keyed]\nsmtp-password=another\n");

	script(f->fake->session_results, "keyed", RP_SESSION_AUTH_FAILED);
	network(f, "203.0.113.7");
	submit(f, "ki@keyed.example", "x@else.example");
	g_assert_true(has_notice(f, "auth-failed keyed"));
	g_hash_table_remove_all(f->fake->session_results);
	rp_agent_set_config(f->agent, config);
	settle(f);
	g_assert_false(has_notice(f, "auth-failed keyed"));
	assert_sent(f, "keyed: x@else.example");
}

/* Somebody posed as its server there. Elsewhere that is no news. */
static void
test_intercepted_there(Fixture *f, gconstpointer data)
{
	script(f->fake->session_results, "keyed", RP_SESSION_INTERCEPTED);
	network(f, "192.0.2.7");
	submit(f, "ki@keyed.example", "x@else.example");
	g_assert_true(has_notice(f, "intercepted keyed"));
	g_assert_null(held_notice(f));
	g_hash_table_remove_all(f->fake->session_results);
	network(f, "203.0.113.7");
	g_assert_false(has_notice(f, "intercepted keyed"));
	assert_sent(f, "keyed: x@else.example");
}

/* Fifty dead recipients are one notice of few texts, which goes with the messages. */
static void
test_many_refused(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) all = NULL;

	reply(f->fake, "dead@else.example", "550 5.1.1 User unknown");
	network(f, "203.0.113.7");
	for (guint i = 0; i < 50; i++)
		submit(f, "taro@odn.example", "dead@else.example");
	g_assert_true(has_notice(f, "failed"));
	g_assert_cmpuint(f->notifier->n_announced, <=, 4);
	all = rp_queue_list(f->reader, 1u << RP_MESSAGE_FAILED, 0, 100, NULL);
	g_assert_cmpuint(all->len, ==, 50);
	for (guint i = 0; i < all->len; i++) {
		RpQueueChange *change = rp_queue_change_new(test_time);

		rp_change_delete(change, ((RpQueueMessage *)all->pdata[i])->id);
		g_assert_true(rp_queue_apply(f->reader, change, NULL));
	}
	settle(f);
	submit(f, "taro@odn.example", "x@else.example"); /* a plan */
	g_assert_false(has_notice(f, "failed"));
}

/* It is kept, so it is told of again by the next agent. */
static void
test_failed_before(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	reply(f->fake, "dead@else.example", "550 5.1.1 User unknown");
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "dead@else.example");
	g_assert_true(has_notice(f, "failed"));
	rp_agent_free(f->agent);
	start(f);
	network(f, "203.0.113.7");
	g_assert_true(has_notice(f, "failed"));
	RpQueueChange *change = rp_queue_change_new(test_time);
	rp_change_delete(change, id);
	apply(f, change);
	submit(f, "taro@odn.example", "x@else.example"); /* a plan */
	g_assert_false(has_notice(f, "failed"));
}

/* Held just before the lid was closed, and on its way a moment after it was opened. */
static void
test_asleep(Fixture *f, gconstpointer data)
{
	network(f, NULL);
	submit(f, "taro@odn.example", "x@else.example");
	pass_time(f, 8 * G_TIME_SPAN_HOUR);
	g_assert_null(f->notifier->shown);
	network(f, "203.0.113.7");
	assert_sent(f, "odn: x@else.example");
	g_assert_cmpuint(f->notifier->n_held, ==, 0);
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
	ADD("notices/a-link-that-flaps", test_a_link_that_flaps);
	ADD("notices/held-for-a-moment", test_held_for_a_moment);
	ADD("notices/many-while-offline", test_many_while_offline);
	ADD("notices/sent-is-said-once", test_sent_is_said_once);
	ADD("notices/deleted-while-held", test_deleted_while_held);
	ADD("notices/refused-login", test_refused_login);
	ADD("notices/other-configuration", test_other_configuration);
	ADD("notices/intercepted-there", test_intercepted_there);
	ADD("notices/many-refused", test_many_refused);
	ADD("notices/failed-before", test_failed_before);
	ADD("notices/deleted-after-another-was-sent", test_deleted_after_another_was_sent);
	ADD("notices/asleep", test_asleep);
	return g_test_run();
}
