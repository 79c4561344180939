/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A clock that is put back, while the agent runs or while none does. */
#include "fixture.h"

#include "agent-private.h"

static void
restart_at(Fixture *f, RpSpan jump)
{
	rp_agent_free(f->agent);
	test_time += jump;
	start(f);
	settle(f);
}

static RpTime
next_try(Fixture *f, RpMessageId id)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->reader, id, NULL);

	return message->next_try;
}

/* Nine hours: the system's clock is in local time, and another one that is started takes it for
 * UTC. */
static void
test_deferred_and_clock_back(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, "203.0.113.7");
	reply(f->fake, "a@x.example", "450 4.2.0 later");
	id = submit(f, "taro@odn.example", "a@x.example");
	assert_state(f, id, "deferred");
	restart_at(f, G_TIME_SPAN_SECOND);
	g_assert_cmpint(next_try(f, id), >, test_time);
	restart_at(f, -9 * G_TIME_SPAN_HOUR);
	g_assert_cmpint(next_try(f, id), ==, 0);
}

/* By a version that did not write down when. */
static void
test_deferred_for_years(Fixture *f, gconstpointer data)
{
	RpQueueChange *change;
	RpMessageId id;

	network(f, "203.0.113.7");
	reply(f->fake, "a@x.example", "450 4.2.0 later");
	id = submit(f, "taro@odn.example", "a@x.example");
	change = rp_queue_change_new(test_time);
	rp_change_save_set_fact(change, "", RP_FACT_DEFERRED_AT, NULL);
	rp_writes_apply(f->agent->ground.writes, change, NULL, NULL);
	settle(f);
	restart_at(f, -400 * G_TIME_SPAN_DAY);
	g_assert_cmpint(next_try(f, id), ==, 0);
}

static const RpSpan back[] = {-9 * G_TIME_SPAN_HOUR, -400 * G_TIME_SPAN_DAY};

/* What was refused is tried a day later, by the clock as it is then. */
static void
test_refused_and_clock_back(Fixture *f, gconstpointer data)
{
	const RpSpan *jump = data;
	RpMessageId id;

	network(f, "192.0.2.1");
	reply(f->fake, "a@x.example", "550 5.7.1 <a@x.example>: Relay access denied");
	id = submit(f, "ki@keyed.example", "a@x.example");
	assert_state(f, id, "held");
	restart_at(f, *jump);
	network(f, "192.0.2.1");
	assert_state(f, id, "held");
	/* It does not begin anew with every start. */
	pass_time(f, 20 * G_TIME_SPAN_HOUR);
	restart_at(f, 0);
	network(f, "192.0.2.1");
	g_hash_table_remove_all(f->fake->replies);
	assert_state(f, id, "held");
	pass_time(f, 5 * G_TIME_SPAN_HOUR);
	assert_state(f, id, "gone");
}

/* The same while the agent runs. */
static void
test_refused_and_clock_back_meanwhile(Fixture *f, gconstpointer data)
{
	const RpSpan *jump = data;
	RpMessageId id;

	network(f, "192.0.2.1");
	reply(f->fake, "a@x.example", "550 5.7.1 <a@x.example>: Relay access denied");
	id = submit(f, "ki@keyed.example", "a@x.example");
	pass_time(f, *jump);
	assert_state(f, id, "held");
	g_hash_table_remove_all(f->fake->replies);
	pass_time(f, 25 * G_TIME_SPAN_HOUR);
	assert_state(f, id, "gone");
}

/* It is not early by the clock that was put back. */
static void
test_greylisted_and_clock_back(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, "203.0.113.7");
	reply(f->fake, "a@x.example", "450 4.2.0 Greylisted");
	id = submit(f, "taro@odn.example", "a@x.example");
	assert_state(f, id, "deferred");
	pass_time(f, -9 * G_TIME_SPAN_HOUR);
	assert_state(f, id, "deferred");
	g_assert_cmpint(next_try(f, id), <=, test_time + 5 * G_TIME_SPAN_MINUTE);
}

static guint
n_places(Fixture *f)
{
	const RpHistoryQuery query = {.since = G_MININT64, .events = 1u << RP_HISTORY_PLACE};
	g_autoptr(GPtrArray) records = rp_queue_load_history(f->reader, &query, NULL);

	return records->len;
}

/* A clock that is decades ahead loses nobody his history, be it that it is restarted with it; it
 * is believed once it has gone on for a day, as after months in a drawer. */
static void
test_history_and_clock_ahead(Fixture *f, gconstpointer data)
{
	const RpSpan ahead = 9000 * G_TIME_SPAN_DAY;
	gboolean restarted = GPOINTER_TO_INT(data);

	network(f, "203.0.113.7");
	pass_time(f, 2 * G_TIME_SPAN_DAY);
	g_assert_cmpuint(n_places(f), ==, 1);
	if (restarted)
		restart_at(f, ahead);
	else
		pass_time(f, ahead);
	pass_time(f, 2 * G_TIME_SPAN_HOUR);
	g_assert_cmpuint(n_places(f), ==, 1);
	restart_at(f, G_TIME_SPAN_HOUR);
	g_assert_cmpuint(n_places(f), ==, 1);
	pass_time(f, -ahead);
	pass_time(f, 2 * G_TIME_SPAN_DAY);
	g_assert_cmpuint(n_places(f), ==, 1);
	pass_time(f, ahead);
	g_assert_cmpuint(n_places(f), ==, 1);
	pass_time(f, 25 * G_TIME_SPAN_HOUR);
	g_assert_cmpuint(n_places(f), ==, 0);
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
	ADD("clock/deferred", test_deferred_and_clock_back);
	ADD("clock/deferred-for-years", test_deferred_for_years);
	ADD("clock/greylisted", test_greylisted_and_clock_back);
	g_test_add("/clock/history-ahead", Fixture, GINT_TO_POINTER(FALSE), set_up,
		test_history_and_clock_ahead, tear_down);
	g_test_add("/clock/history-ahead-restarted", Fixture, GINT_TO_POINTER(TRUE), set_up,
		test_history_and_clock_ahead, tear_down);
	for (guint i = 0; i < G_N_ELEMENTS(back); i++) {
		g_autofree char *down = g_strdup_printf("/clock/refused/%u", i);
		g_autofree char *up = g_strdup_printf("/clock/refused-meanwhile/%u", i);

		g_test_add(down, Fixture, &back[i], set_up, test_refused_and_clock_back, tear_down);
		g_test_add(up, Fixture, &back[i], set_up, test_refused_and_clock_back_meanwhile,
			tear_down);
	}
	return g_test_run();
}
