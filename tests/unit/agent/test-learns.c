/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set whose rules nobody wrote: one asks, the others wait, and what was said is known from then
 * on. */
#include "fixture.h"

#include "agent-private.h"
#include "lane.h"

#include <string.h>

#define DENIED "550 5.7.1 Relaying denied"
#define ME "yuki@lone.example"
#define HOME "192.0.2.7"
#define CAFE "100.0.0.7"

static const char without_pop[] = "[server-set lone]\nidentities=yuki@lone.example\n"
				  "smtp=smtp://smtp.example:5\nsmtp-tls=off\n";
static const char with_pop[] =
	"[server-set lone]\nidentities=yuki@lone.example\nsmtp=smtp://smtp.example:5\n"
	"smtp-tls=off\npop=pop3://pop.example:6\npop-tls=off\npop-user=u\npop-password=p\n";

/* Mails that the server has answered. */
static guint n_asked;

static void
count_asked(FakeTransport *fake)
{
	n_asked++;
}

static void
begin(Fixture *f, const char *config)
{
	rp_agent_free(f->agent);
	start_with(f, config);
	n_asked = 0;
	f->fake->answering = count_asked;
}

static void
submit_to(Fixture *f, RpMessageId *ids, guint n)
{
	for (guint i = 0; i < n; i++) {
		g_autofree char *to = g_strdup_printf("r@d%u.example", i);

		ids[i] = submit_only(f, ME, to);
	}
	settle(f);
}

static void
refuse(Fixture *f, guint n)
{
	for (guint i = 0; i < n; i++) {
		g_autofree char *to = g_strdup_printf("r@d%u.example", i);

		reply(f->fake, g_intern_string(to), DENIED);
	}
}

/* "taken at home ..." and the like, of the set. */
static char *
learned(Fixture *f)
{
	g_auto(GStrv) all = rp_learning_sentences(
		rp_records_observations(f->agent->ground.records), "lone", NULL);

	return g_strjoinv("|", all);
}

static void
test_one_asks(Fixture *f, gconstpointer data)
{
	RpMessageId ids[5];

	begin(f, without_pop);
	f->fake->stall = TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
		ids[i] = submit_only(f, ME, "a@x.example,b@y.example");
	network_only(f, HOME);
	while (!n_active(f) || g_main_context_pending(NULL))
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(n_active(f), ==, 1);
	fake_go_on(f->fake);
	settle(f);
	/* One recipient of the first; then what is left of it, and the others. */
	g_assert_cmpuint(n_asked, ==, 6);
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
		assert_state(f, ids[i], "gone");
	g_assert_cmpuint(f->fake->sent->len, ==, 10);
	g_autofree char *what = learned(f);
	g_assert_nonnull(strstr(what, "taken at 192.0.2.0/24 from its own domain, 10 times"));
}

/* The user does not wait for the time: what was refused is asked once more, and only once. */
static void
test_tried_now(Fixture *f, gconstpointer data)
{
	RpMessageId ids[6];

	begin(f, without_pop);
	refuse(f, G_N_ELEMENTS(ids));
	network(f, CAFE);
	submit_to(f, ids, G_N_ELEMENTS(ids));
	g_assert_cmpuint(n_asked, ==, 2);
	rp_records_try_observations(f->agent->ground.records);
	settle(f);
	g_assert_cmpuint(n_asked, >, 2);
	g_assert_cmpuint(n_asked, <=, 4);
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
		assert_state(f, ids[i], "held");
	g_hash_table_remove_all(f->fake->replies);
	rp_records_try_observations(f->agent->ground.records);
	settle(f);
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
		assert_state(f, ids[i], "gone");
}

static void
test_refused_twice(Fixture *f, gconstpointer data)
{
	RpMessageId ids[6];

	begin(f, without_pop);
	refuse(f, G_N_ELEMENTS(ids));
	network(f, CAFE);
	submit_to(f, ids, G_N_ELEMENTS(ids));
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
		assert_state(f, ids[i], "held");
	g_assert_cmpuint(n_asked, ==, 2);
	/* The time for another comes: with one, which asks for all; then in twice the time. */
	pass_time(f, G_TIME_SPAN_DAY + G_TIME_SPAN_MINUTE);
	g_assert_cmpuint(n_asked, ==, 3);
	pass_time(f, G_TIME_SPAN_DAY + G_TIME_SPAN_MINUTE);
	g_assert_cmpuint(n_asked, ==, 3);
	g_hash_table_remove_all(f->fake->replies);
	pass_time(f, G_TIME_SPAN_DAY + G_TIME_SPAN_MINUTE);
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
		assert_state(f, ids[i], "gone");
}

static void
test_elsewhere(Fixture *f, gconstpointer data)
{
	RpMessageId ids[3];

	begin(f, without_pop);
	refuse(f, G_N_ELEMENTS(ids));
	network(f, CAFE);
	submit_to(f, ids, G_N_ELEMENTS(ids));
	g_hash_table_remove_all(f->fake->replies);
	network(f, HOME);
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
		assert_state(f, ids[i], "gone");
	/* And it is known here as it was. */
	refuse(f, G_N_ELEMENTS(ids));
	guint asked = n_asked;
	network(f, CAFE);
	submit_to(f, ids, G_N_ELEMENTS(ids));
	assert_state(f, ids[0], "held");
	g_assert_cmpuint(n_asked, ==, asked);
}

/* The login opens the server. */
static void
open_after_login(FakeTransport *fake)
{
	n_asked++;
	if (strstr(fake->log->str, "pop lone"))
		g_hash_table_remove_all(fake->replies);
}

static void
test_pop_login(Fixture *f, gconstpointer data)
{
	RpMessageId ids[5];

	begin(f, with_pop);
	refuse(f, G_N_ELEMENTS(ids));
	f->fake->answering = open_after_login;
	network(f, CAFE);
	submit_to(f, ids, G_N_ELEMENTS(ids));
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
		assert_state(f, ids[i], "gone");
	/* Two were refused, or one and its own domain's; then all went after one login. */
	g_assert_cmpuint(n_asked, <=, 2 + 5);
	g_assert_true(g_str_has_prefix(f->fake->log->str, "smtp lone"));
	const char *login = strstr(f->fake->log->str, "pop lone");
	g_assert_nonnull(login);
	g_assert_null(strstr(login + 1, "pop lone"));
	g_autofree char *what = learned(f);
	g_assert_nonnull(strstr(what, "after a POP login"));
	/* The next time it comes first. */
	refuse(f, G_N_ELEMENTS(ids));
	pass_time(f, G_TIME_SPAN_HOUR);
	g_string_truncate(f->fake->log, 0);
	submit_to(f, ids, 1);
	assert_state(f, ids[0], "gone");
	g_assert_true(g_str_has_prefix(f->fake->log->str, "pop lone"));
}

static char *
said_of(Fixture *f, RpMessageId id)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->reader, id, NULL);
	g_autoptr(GVariant) view = g_variant_ref_sink(rp_tell_message(f->agent->tell, message));

	return g_variant_print(view, FALSE);
}

/* What is known of it, and what would help: flush and waiting have been seen not to. */
static void
assert_shut(Fixture *f, RpMessageId id, const char *state, const char *words)
{
	g_autofree char *said = said_of(f, id);

	g_test_message("%s", said);
	assert_state(f, id, state);
	g_assert_nonnull(strstr(said, words));
	g_assert_nonnull(strstr(said, "connect to the network of lone's own provider"));
	g_assert_nonnull(strstr(said, "(roampost pin ID "));
	g_assert_null(strstr(said, "roampost flush"));
}

static void
start_anew(Fixture *f, const char *config, guint n)
{
	begin(f, config);
	refuse(f, n);
	network(f, CAFE);
}

static void
pass_minutes(Fixture *f, guint n)
{
	for (guint i = 0; i < n; i++)
		pass_time(f, G_TIME_SPAN_MINUTE);
}

/* No login opens it here. It is given ten minutes for that once: an agent that is started anew goes
 * on with them, and what is tried after them by the user's word is given a moment. */
static void
test_stays_shut(Fixture *f, gconstpointer data)
{
	g_autofree char *config = g_strconcat(with_pop, "pop-window=10min\n", NULL);
	RpMessageId ids[2];

	begin(f, config);
	refuse(f, G_N_ELEMENTS(ids));
	network(f, CAFE);
	submit_to(f, ids, G_N_ELEMENTS(ids));
	assert_shut(f, ids[0], "deferred", "from here although a POP login was made (20");
	pass_minutes(f, 8);
	assert_shut(f, ids[0], "deferred", "from here although a POP login was made (20");
	start_anew(f, config, G_N_ELEMENTS(ids));
	pass_minutes(f, 4);
	assert_shut(f, ids[0], "held", "from this place, also after a POP login (20");
	for (guint i = 0; i < 2; i++) {
		n_asked = 0;
		rp_records_try_observations(f->agent->ground.records);
		settle(f);
		pass_minutes(f, 1);
		g_assert_cmpuint(n_asked, >, 0);
		assert_shut(f, ids[0], "held", "also after a POP login");
		start_anew(f, config, G_N_ELEMENTS(ids));
	}
}

static guint n_logins;
static RpTime opened_at;

/* A login opens the server for a minute. */
static void
open_for_a_minute(FakeTransport *fake)
{
	guint n = 0;

	n_asked++;
	for (const char *at = fake->log->str; (at = strstr(at, "pop lone")); at++)
		n++;
	if (n > n_logins)
		opened_at = test_time;
	n_logins = n;
	if (opened_at && test_time - opened_at < G_TIME_SPAN_MINUTE)
		g_hash_table_remove_all(fake->replies);
	else
		reply(fake, "r@d0.example", DENIED);
}

/* Nobody said for how long: once it is missed, then it is known. */
static void
test_window(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	begin(f, with_pop);
	n_logins = 0;
	opened_at = 0;
	f->fake->answering = open_for_a_minute;
	network(f, CAFE);
	submit_to(f, &id, 1);
	assert_state(f, id, "gone");
	g_assert_cmpuint(n_logins, ==, 1);
	pass_time(f, 2 * G_TIME_SPAN_MINUTE);
	submit_to(f, &id, 1);
	pass_time(f, 3 * G_TIME_SPAN_SECOND);
	assert_state(f, id, "gone");
	g_assert_cmpuint(n_logins, ==, 2);
	/* Younger than what was refused, older than what is known to be sure. */
	n_asked = 0;
	pass_time(f, 100 * G_TIME_SPAN_SECOND);
	submit_to(f, &id, 1);
	assert_state(f, id, "gone");
	g_assert_cmpuint(n_logins, ==, 3);
	g_assert_cmpuint(n_asked, ==, 1);
}

static void
test_restart(Fixture *f, gconstpointer data)
{
	RpMessageId ids[4];

	begin(f, without_pop);
	refuse(f, G_N_ELEMENTS(ids));
	network(f, CAFE);
	submit_to(f, ids, G_N_ELEMENTS(ids));
	begin(f, without_pop);
	network(f, CAFE);
	assert_state(f, ids[0], "held");
	g_assert_cmpuint(n_asked, ==, 0);
}

/* Another server under the same name. */
static void
test_other_server(Fixture *f, gconstpointer data)
{
	static const char other[] = "[server-set lone]\nidentities=yuki@lone.example\n"
				    "smtp=smtp://smtp2.example:5\nsmtp-tls=off\n";
	RpMessageId ids[4];
	g_autoptr(RpConfig) config = NULL;

	begin(f, without_pop);
	refuse(f, G_N_ELEMENTS(ids));
	network(f, CAFE);
	submit_to(f, ids, G_N_ELEMENTS(ids));
	g_hash_table_remove_all(f->fake->replies);
	config = load_config(f, other);
	rp_agent_set_config(f->agent, config);
	settle(f);
	assert_state(f, ids[0], "gone");
}

static void
test_says_nothing_of_rules(Fixture *f, gconstpointer data)
{
	static const char *const replies[] = {"550 5.1.1 User unknown",
		"450 4.2.0 Greylisted, try again later", "550 5.7.1 Message looks like spam",
		"554 5.7.1 Service unavailable; Client host [100.0.0.7] blocked using a block "
		"list"};

	begin(f, without_pop);
	network(f, CAFE);
	for (guint i = 0; i < G_N_ELEMENTS(replies); i++) {
		g_autofree char *to = g_strdup_printf("r%u@x.example", i);

		reply(f->fake, g_intern_string(to), replies[i]);
		submit(f, ME, to);
		g_autofree char *what = learned(f);
		g_assert_cmpstr(what, ==, "");
		rp_records_forget(f->agent->ground.records, NULL, -1);
		settle(f);
	}
}

static void
test_unclear(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	begin(f, with_pop);
	network(f, CAFE);
	reply(f->fake, "r@x.example", "550 No");
	id = submit(f, ME, "r@x.example");
	assert_state(f, id, "held");
	/* Once as it is, once with what else can be brought; then it is the user's. */
	g_assert_cmpuint(n_asked, ==, 2);
	g_assert_nonnull(strstr(f->fake->log->str, "pop lone"));
}

/* A greylister says nothing of its rules, and may say it to the first alone. */
static void
test_first_put_off(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	begin(f, without_pop);
	network(f, HOME);
	reply(f->fake, "a@x.example", "450 4.2.0 Greylisted, try again in 300 seconds");
	id = submit_only(f, ME, "a@x.example,b@y.example,c@z.example");
	settle(f);
	g_assert_cmpuint(f->fake->sent->len, ==, 2);
	assert_state(f, id, "deferred");
	g_assert_cmpuint(n_asked, ==, 3); /* a, b, c: it is not asked again before its time */
	g_hash_table_remove_all(f->fake->replies);
	test_time += 302 * G_USEC_PER_SEC;
	rp_agent_clock_changed(f->agent, 0);
	settle(f);
	assert_state(f, id, "gone");
}

/* All are put off: each is asked once, and the message waits. */
static void
test_all_put_off(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	begin(f, without_pop);
	network(f, HOME);
	reply(f->fake, "a@x.example", "450 4.2.0 Greylisted, try again in 300 seconds");
	reply(f->fake, "b@y.example", "452 4.2.2 Mailbox full");
	reply(f->fake, "c@z.example", "450 4.2.0 Greylisted, try again in 100 seconds");
	id = submit_only(f, ME, "a@x.example,b@y.example,c@z.example");
	settle(f);
	assert_state(f, id, "deferred");
	g_assert_cmpuint(n_asked, ==, 3);
	g_hash_table_remove_all(f->fake->replies);
	test_time += 102 * G_USEC_PER_SEC;
	rp_agent_clock_changed(f->agent, 0);
	settle(f);
	g_assert_cmpuint(f->fake->sent->len, >=, 1);
}

/* The first is put off, and the second is told what the server does not take. */
static void
test_put_off_and_refused(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	begin(f, without_pop);
	network(f, CAFE);
	reply(f->fake, "a@x.example", "450 4.2.0 Greylisted, try again in 300 seconds");
	reply(f->fake, "b@y.example", DENIED);
	reply(f->fake, "c@z.example", DENIED);
	id = submit_only(f, ME, "a@x.example,b@y.example,c@z.example");
	settle(f);
	g_assert_cmpuint(n_asked, <=, 4);
	g_assert_cmpuint(f->fake->sent->len, ==, 0);
	g_autofree char *state = state_of(f, id);
	g_assert_true(g_str_equal(state, "held") || g_str_equal(state, "deferred"));
}

static void
test_forget(Fixture *f, gconstpointer data)
{
	RpMessageId ids[4];

	begin(f, without_pop);
	refuse(f, G_N_ELEMENTS(ids));
	network(f, CAFE);
	submit_to(f, ids, G_N_ELEMENTS(ids));
	g_hash_table_remove_all(f->fake->replies);
	rp_records_forget_observations(f->agent->ground.records, "lone");
	settle(f);
	assert_state(f, ids[0], "gone");
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
	ADD("learns/one-asks", test_one_asks);
	ADD("learns/refused-twice", test_refused_twice);
	ADD("learns/tried-now", test_tried_now);
	ADD("learns/elsewhere", test_elsewhere);
	ADD("learns/pop-login", test_pop_login);
	ADD("learns/stays-shut", test_stays_shut);
	ADD("learns/window", test_window);
	ADD("learns/restart", test_restart);
	ADD("learns/other-server", test_other_server);
	ADD("learns/says-nothing-of-rules", test_says_nothing_of_rules);
	ADD("learns/unclear", test_unclear);
	ADD("learns/first-put-off", test_first_put_off);
	ADD("learns/all-put-off", test_all_put_off);
	ADD("learns/put-off-and-refused", test_put_off_and_refused);
	ADD("learns/forget", test_forget);
	return g_test_run();
}
