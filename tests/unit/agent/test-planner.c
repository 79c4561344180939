/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is planned and announced, and when; the agent on a bus of the test's own. */
#include "fixture.h"

#include "agent-private.h"
#include "../scratch.h"

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* ---- what others hear ---- */

static GDBusConnection *bus;
static const char *bus_address;
static gboolean agent_is_up;
static GString *heard;   /* "Queued ID; Held ID reason; " with the ids as a, b, ... */
static GPtrArray *names; /* of ids, in the order of their submission */

static GDBusConnection *
connect_to_bus(void)
{
	GDBusConnection *connection = g_dbus_connection_new_for_address_sync(bus_address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, NULL);

	g_assert_nonnull(connection);
	return connection;
}

static const char *
name_of(const char *id)
{
	static const char *const letters[] = {"a", "b", "c", "d"};

	for (guint i = 0; i < names->len && i < G_N_ELEMENTS(letters); i++)
		if (g_str_equal(names->pdata[i], id))
			return letters[i];
	return "?";
}

static void
on_signal(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
	const char *signal, GVariant *parameters, gpointer user)
{
	const char *id = NULL, *reason = NULL;

	if (g_str_equal(signal, "MessageQueued")) {
		g_variant_get(parameters, "(&s)", &id);
		g_string_append_printf(heard, "queued %s; ", name_of(id));
	} else if (g_str_equal(signal, "MessageHeld")) {
		g_variant_get(parameters, "(&s&ss)", &id, &reason, NULL);
		g_string_append_printf(heard, "held %s %s; ", name_of(id), reason);
	}
}

static void
on_name(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
	const char *signal, GVariant *parameters, gpointer user)
{
	const char *owner;

	g_variant_get(parameters, "(&s&s&s)", NULL, NULL, &owner);
	agent_is_up = *owner != '\0';
}

static RpMessageId
submit_named(Fixture *f, const char *from, const char *to)
{
	RpMessageId id = submit_only(f, from, to);
	char text[RP_MESSAGE_ID_SIZE];

	g_ptr_array_add(names, g_strdup(rp_message_id_format(id, text)));
	settle(f);
	return id;
}

static void
count_answer(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autoptr(GVariant) answer =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);

	*(gboolean *)user = TRUE;
}

/* Calls the agent, and waits for the answer. */
static void
call(const char *method, GVariant *parameters)
{
	gboolean answered = FALSE;

	g_dbus_connection_call(bus, "org.roampost.Agent1", "/org/roampost/Agent1",
		"org.roampost.Agent1", method, parameters, NULL, G_DBUS_CALL_FLAGS_NONE, 5000, NULL,
		count_answer, &answered);
	while (!answered)
		g_main_context_iteration(NULL, TRUE);
}

/* What was said until now has arrived when a later answer has. */
static void
assert_heard(Fixture *f, const char *want)
{
	settle(f);
	call("Lookup", g_variant_new("(s)", "192.0.2.1"));
	g_assert_cmpstr(heard->str, ==, want);
	g_string_truncate(heard, 0);
}

/* What is said before the agent has its name is heard by nobody. */
static void
wait_for_name(void)
{
	do
		g_main_context_iteration(NULL, TRUE);
	while (!agent_is_up);
}

static void
set_up_heard(Fixture *f, gconstpointer data)
{
	heard = g_string_new(NULL);
	names = g_ptr_array_new_with_free_func(g_free);
	set_up(f, data);
	wait_for_name();
}

static void
tear_down_heard(Fixture *f, gconstpointer data)
{
	tear_down(f, data);
	g_string_free(heard, TRUE);
	g_ptr_array_unref(names);
}

static char *
history(Fixture *f)
{
	g_autoptr(GPtrArray) records = rp_queue_load_history(f->reader, &(RpHistoryQuery){0}, NULL);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < records->len; i++)
		g_string_append_printf(text, "%s%s", i ? " " : "",
			rp_history_event_name(((RpHistoryRecord *)records->pdata[i])->event));
	return g_string_free(text, FALSE);
}

static void
assert_history(Fixture *f, const char *want)
{
	g_autofree char *got = history(f);

	g_assert_cmpstr(got, ==, want);
}

static void
restart(Fixture *f)
{
	rp_agent_free(f->agent);
	agent_is_up = FALSE;
	start(f);
	wait_for_name();
	settle(f);
}

/* ---- announcing ---- */

static void
test_said_once(Fixture *f, gconstpointer data)
{
	g_autoptr(RpConfig) other = NULL;

	script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_FAILED);
	network(f, "192.0.2.1");
	submit_named(f, "taro@odn.example", "x@else.example");
	network(f, NULL);
	network(f, "192.0.2.1");
	assert_heard(f, "queued a; held a outside; ");
	assert_history(f, "held");
	other = load_config(f, "[provider more]\nname=More\nprefixes=10.9.0.0/16\n");
	rp_agent_set_config(f->agent, other);
	assert_heard(f, "");
	restart(f);
	network(f, "192.0.2.1");
	assert_heard(f, "");
	assert_history(f, "held");
}

static void
test_new_is_said(Fixture *f, gconstpointer data)
{
	script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_FAILED);
	network(f, "192.0.2.1");
	submit_named(f, "taro@odn.example", "x@else.example");
	assert_heard(f, "queued a; held a outside; ");
	assert_history(f, "held");
}

static void
test_user_hold_is_said(Fixture *f, gconstpointer data)
{
	RpQueueChange *change = rp_queue_change_new(test_time);
	RpMessageId id;

	network(f, "192.0.2.1");
	id = submit_named(f, "unknown@nowhere.example", "x@else.example");
	assert_heard(f, "queued a; held a no-set-for-sender; ");
	rp_change_hold(change, id);
	g_assert_true(rp_queue_apply(f->reader, change, NULL));
	assert_heard(f, "held a user; ");
	assert_history(f, "held held");
	restart(f);
	network(f, "192.0.2.1");
	assert_heard(f, "");
}

static void
test_server_hold_is_in_history(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) records = NULL;
	const RpHistoryRecord *record;

	reply(f->fake, "a@x.example", "554 no");
	network(f, "203.0.113.7");
	submit_named(f, "taro@odn.example", "a@x.example");
	assert_heard(f, "queued a; held a server-rejected; ");
	assert_history(f, "held");
	records = rp_queue_load_history(f->reader, &(RpHistoryQuery){0}, NULL);
	record = records->pdata[0];
	g_assert_cmpstr(record->set, ==, "odn");
	g_assert_cmpstr(record->text, ==, "554 no");
	g_assert_cmpuint(record->n_recipients, ==, 1);
}

/* ---- configurations ---- */

static gint64
class_of(Fixture *f, RpMessageId id)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->reader, id, NULL);

	return message->class_id;
}

static void
test_same_config_does_nothing(Fixture *f, gconstpointer data)
{
	g_autoptr(RpConfig) same = load_config(f, NULL);
	RpMessageId id;
	gint64 class_id;

	network(f, "192.0.2.1");
	id = submit(f, "unknown@nowhere.example", "x@else.example");
	class_id = class_of(f, id);
	rp_agent_set_config(f->agent, same);
	settle(f);
	g_assert_cmpint(class_of(f, id), ==, class_id);
	restart(f);
	network(f, "192.0.2.1");
	g_assert_cmpint(class_of(f, id), ==, class_id);
}

/* Submits without waiting for it to be sent, and returns when it is on its way. */
static RpMessageId
submit_stalled(Fixture *f, const char *from, const char *to)
{
	RpMessageId id = submit_only(f, from, to);

	for (;;) {
		g_autofree char *state = NULL;

		g_main_context_iteration(NULL, TRUE);
		state = state_of(f, id);
		if (g_str_equal(state, "sending"))
			return id;
	}
}

static void
turn_loop(void)
{
	for (guint i = 0; i < 200; i++) {
		g_main_context_iteration(NULL, FALSE);
		g_usleep(100);
	}
}

static void
test_reload_cuts_what_changed(Fixture *f, gconstpointer data)
{
	g_autoptr(RpConfig) same = load_config(f, NULL);
	g_autoptr(RpConfig) other =
		load_config(f, "[server-set extra]\nidentities=e@extra.example\n"
			       "smtp=smtp://127.0.0.1:9\nsmtp-tls=off\n");
	g_autoptr(RpConfig) changed = load_config(f, "[server-set keyed]\nehlo-name=me.example\n");
	RpMessageId id;

	network(f, "192.0.2.1");
	f->fake->stall = TRUE;
	id = submit_stalled(f, "ki@keyed.example", "a@x.example");
	g_assert_cmpuint(f->fake->n_sessions, ==, 1);
	rp_agent_set_config(f->agent, same);
	turn_loop();
	assert_state(f, id, "sending");
	g_assert_cmpuint(f->fake->n_sessions, ==, 1);
	rp_agent_set_config(f->agent, other);
	turn_loop();
	assert_state(f, id, "sending");
	g_assert_cmpuint(f->fake->n_sessions, ==, 1);
	f->fake->stall = FALSE;
	rp_agent_set_config(f->agent, changed);
	settle(f);
	assert_state(f, id, "gone");
	g_assert_cmpuint(f->fake->n_sessions, ==, 2);
}

/* ---- waiting for a plan ---- */

typedef struct {
	guint n_released;
	guint n_plans;
} Waiting;

static void
count_release(gpointer user)
{
	((Waiting *)user)->n_released++;
}

/* Whoever waits is not kept waiting by plans that are asked for later. */
static void
test_waiters_do_not_starve(Fixture *f, gconstpointer data)
{
	Waiting waiting = {0};

	network(f, "192.0.2.1");
	rp_planner_wait(f->agent->planner, count_release, &waiting);
	for (guint i = 0; i < 1000 && !waiting.n_released; i++) {
		rp_planner_request(f->agent->planner, FALSE, "something is always new");
		g_main_context_iteration(NULL, TRUE);
	}
	g_assert_cmpuint(waiting.n_released, ==, 1);
	settle(f);
}

/* ---- the bell ---- */

/* One change follows the other: something is on its way to the disk until the bell has rung. */
typedef struct {
	RpAgent *agent;
	gboolean rang;
} Writing;

static void
keep_writing(const GError *error, gpointer user)
{
	Writing *writing = user;

	writing->rang = writing->agent->bell_rang;
	if (!writing->rang)
		rp_agent_write(writing->agent, rp_queue_change_new(test_time), keep_writing, user);
}

static void
test_bell_while_writing(Fixture *f, gconstpointer data)
{
	RpQueueChange *forget = rp_queue_change_new(test_time);
	Writing writing = {f->agent, FALSE};
	RpMessageId id;

	script(f->fake->session_results, "keyed", RP_SESSION_AUTH_FAILED);
	network(f, "192.0.2.1");
	id = submit(f, "ki@keyed.example", "a@x.example");
	assert_state(f, id, "held");
	keep_writing(NULL, &writing);
	rp_change_forget_failures(forget, NULL, -1);
	g_assert_true(rp_queue_apply(f->reader, forget, NULL));
	while (!writing.rang)
		g_main_context_iteration(NULL, TRUE);
	submit(f, "unknown@nowhere.example", "x@else.example");
	assert_state(f, id, "gone");
}

/* The bell rings for the next message while the first is on its way through the plan, a step
 * further each time: nothing else happens after it, and it is planned all the same. */
static void
test_bell_while_planning(Fixture *f, gconstpointer data)
{
	network(f, NULL);
	for (guint steps = 0; steps < 12; steps++) {
		RpMessageId first = submit_only(f, "taro@odn.example", "a@x.example"), second;

		for (guint i = 0; i < steps; i++)
			g_main_context_iteration(NULL, !rp_planner_is_idle(f->agent->planner));
		second = submit(f, "taro@odn.example", "b@x.example");
		assert_state(f, first, "held");
		assert_state(f, second, "held");
	}
}

static void
flush(RpMessageId id)
{
	char text[RP_MESSAGE_ID_SIZE];
	const char *const ids[] = {rp_message_id_format(id, text), NULL};

	call("Change", g_variant_new("(s^asa{sv})", "flush", ids, NULL));
}

/* Two mails that the server puts off, and would take now. */
static void
put_two_off(Fixture *f, const char *const recipients[2], RpMessageId ids[2])
{
	network(f, "203.0.113.7");
	for (guint i = 0; i < 2; i++)
		reply(f->fake, recipients[i], "450 4.2.0 later");
	for (guint i = 0; i < 2; i++)
		ids[i] = submit(f, "ki@keyed.example", recipients[i]);
	g_hash_table_remove_all(f->fake->replies);
}

/* Classes that were alike are so no longer when a server refuses the domain of one of them: the
 * other's mail is not held with it. */
static void
test_alike_no_longer(Fixture *f, gconstpointer data)
{
	static const char *const recipients[] = {"a@x.example", "b@y.example"};
	RpMessageId ids[2];

	put_two_off(f, recipients, ids);
	reply(f->fake, "c@x.example", "554 5.7.1 Relay access denied");
	submit(f, "ki@keyed.example", "c@z.example,c@x.example");
	assert_state(f, ids[0], "held");
	assert_state(f, ids[1], "deferred");
	flush(ids[1]);
	settle(f);
	assert_state(f, ids[1], "gone");
}

/* ---- what users say ---- */

static void
test_edit_lifts_a_rejection(Fixture *f, gconstpointer data)
{
	const char *const to[] = {"b@x.example", NULL};
	RpQueueChange *change = rp_queue_change_new(test_time);
	RpMessageId id;

	script(f->fake->pop_results, "sonet", RP_SESSION_AUTH_FAILED);
	reply(f->fake, "a@x.example", "554 no");
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "a@x.example");
	assert_state(f, id, "held");
	rp_change_edit(change, id, NULL, to);
	apply(f, change);
	assert_state(f, id, "gone");
	assert_sent(f, "odn: b@x.example");
}

static void
test_flush_of_some(Fixture *f, gconstpointer data)
{
	static const char *const recipients[] = {"a@x.example", "b@x.example"};
	RpMessageId ids[2];

	put_two_off(f, recipients, ids);
	flush(ids[1]);
	settle(f);
	assert_state(f, ids[0], "deferred");
	assert_state(f, ids[1], "gone");
}

static void
test_flush_ends_a_lanes_wait(Fixture *f, gconstpointer data)
{
	RpMessageId a;

	network(f, "203.0.113.7");
	script(f->fake->session_results, "keyed", RP_SESSION_TRY_LATER);
	a = submit(f, "ki@keyed.example", "a@x.example");
	assert_state(f, a, "deferred");
	flush(a);
	settle(f);
	assert_state(f, a, "gone");
	script(f->fake->session_results, "keyed", RP_SESSION_UNREACHABLE);
	a = submit(f, "ki@keyed.example", "b@x.example");
	assert_state(f, a, "held");
	flush(a);
	settle(f);
	assert_state(f, a, "gone");
}

static void
test_use_said_offline(Fixture *f, gconstpointer data)
{
	network(f, NULL);
	rp_agent_use(f->agent, "keyed", FALSE);
	settle(f);
	network(f, "192.0.2.1");
	g_assert_cmpstr(rp_whereabouts_override(f->agent->whereabouts)->set, ==, "keyed");
	restart(f);
	network(f, "192.0.2.1");
	g_assert_cmpstr(rp_whereabouts_override(f->agent->whereabouts)->set, ==, "keyed");
	network(f, "203.0.113.7");
	g_assert_null(rp_whereabouts_override(f->agent->whereabouts)->set);
}

/* ---- content ---- */

static void
take_copy(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autoptr(GUnixFDList) list = NULL;
	g_autoptr(GVariant) answer = g_dbus_connection_call_with_unix_fd_list_finish(
		G_DBUS_CONNECTION(source), &list, result, NULL);

	g_assert_nonnull(answer);
	*(int *)user = g_unix_fd_list_get(list, 0, NULL);
}

static void
test_open(Fixture *f, gconstpointer data)
{
	char content[64] = "";
	int fd = -1;
	RpMessageId id;

	network(f, "192.0.2.1");
	id = submit(f, "unknown@nowhere.example", "x@else.example");
	{
		char text[RP_MESSAGE_ID_SIZE];

		g_dbus_connection_call_with_unix_fd_list(bus, "org.roampost.Agent1",
			"/org/roampost/Agent1", "org.roampost.Agent1", "Open",
			g_variant_new("(s)", rp_message_id_format(id, text)), NULL,
			G_DBUS_CALL_FLAGS_NONE, 5000, NULL, NULL, take_copy, &fd);
	}
	while (fd < 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpint(read(fd, content, sizeof content - 1), >, 0);
	g_assert_cmpstr(content, ==, "Subject: x\r\n\r\nx\r\n");
	close(fd);
}

/* Callers whose messages do not come to their end: some say nothing, some stop after a word. */
#define SILENT 150

static void
on_answer(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autoptr(GVariant) answer = g_dbus_connection_call_with_unix_fd_list_finish(
		G_DBUS_CONNECTION(source), NULL, result, NULL);

	++*(guint *)user;
}

/* Returns where the message is to be written. */
static int
begin_submit(GDBusConnection *from, GAsyncReadyCallback on_end, gpointer user)
{
	const char *const to[] = {"x@else.example", NULL};
	g_autoptr(GUnixFDList) list = g_unix_fd_list_new();
	int ends[2];

	g_assert_cmpint(pipe(ends), ==, 0);
	g_unix_fd_list_append(list, ends[0], NULL);
	close(ends[0]);
	g_dbus_connection_call_with_unix_fd_list(from, "org.roampost.Agent1",
		"/org/roampost/Agent1", "org.roampost.Agent1", "Submit",
		g_variant_new("(hs^as@a{sv})", 0, "a@nowhere.example", to,
			g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0)),
		NULL, G_DBUS_CALL_FLAGS_NONE, 20000, list, NULL, on_end, user);
	return ends[1];
}

static void
end_submit(int fd)
{
	g_assert_cmpint(write(fd, "Subject: y\n\ny\n", 14), ==, 14);
	close(fd);
}

static void
test_silent_callers(Fixture *f, gconstpointer data)
{
	GDBusConnection *second = connect_to_bus(), *other = connect_to_bus();
	const struct rlimit many = {4096, 4096};
	int ends[SILENT];
	guint n_others = 0, n_answers = 0;
	gint64 given_up = g_get_monotonic_time() + 15 * G_USEC_PER_SEC;

	setrlimit(RLIMIT_NOFILE, &many);
	network(f, NULL);
	for (guint i = 0; i < SILENT; i++) {
		ends[i] = begin_submit(i % 2 ? bus : second, on_answer, &n_others);
		if (i % 3)
			g_assert_cmpint(write(ends[i], "S", 1), ==, 1);
	}
	end_submit(begin_submit(other, on_answer, &n_answers));
	test_open(f, NULL);
	while (!n_answers && g_get_monotonic_time() < given_up)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(n_answers, ==, 1);
	g_assert_cmpuint(n_others, ==, 0);
	for (guint i = 0; i < SILENT; i++)
		end_submit(ends[i]);
	while (n_others < SILENT)
		g_main_context_iteration(NULL, TRUE);
	settle(f);
	g_dbus_connection_close_sync(second, NULL, NULL);
	g_dbus_connection_close_sync(other, NULL, NULL);
	g_object_unref(second);
	g_object_unref(other);
}

static void
on_busy(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = g_dbus_connection_call_with_unix_fd_list_finish(
		G_DBUS_CONNECTION(source), NULL, result, &error);

	g_assert_null(answer);
	*(char **)user = g_dbus_error_get_remote_error(error);
}

/* Each has a descriptor of the agent's: who has many is refused more, and nobody else is. */
static void
test_too_many_callers(Fixture *f, gconstpointer data)
{
	enum { MOST = 96 };
	GDBusConnection *other = connect_to_bus();
	const struct rlimit many = {4096, 4096};
	int ends[MOST];
	guint n_answers = 0, n_of_other = 0;
	g_autofree char *refused = NULL;

	setrlimit(RLIMIT_NOFILE, &many);
	network(f, NULL);
	for (guint i = 0; i < MOST; i++)
		ends[i] = begin_submit(bus, on_answer, &n_answers);
	close(begin_submit(bus, on_busy, &refused));
	while (!refused)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpstr(refused, ==, "org.roampost.Error.Busy");
	end_submit(begin_submit(other, on_answer, &n_of_other));
	while (!n_of_other)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(n_answers, ==, 0);
	for (guint i = 0; i < MOST; i++)
		end_submit(ends[i]);
	while (n_answers < MOST)
		g_main_context_iteration(NULL, TRUE);
	end_submit(begin_submit(bus, on_answer, &n_answers));
	while (n_answers == MOST)
		g_main_context_iteration(NULL, TRUE);
	settle(f);
	g_dbus_connection_close_sync(other, NULL, NULL);
	g_object_unref(other);
}

/* ---- a full disk ---- */

static void
test_full_disk(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	signal(SIGXFSZ, SIG_IGN);
	network(f, "203.0.113.7");
	id = submit_only(f, "taro@odn.example", "a@x.example");
	g_log_set_fatal_mask(NULL, G_LOG_FATAL_MASK);
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
	scratch_fill_disk(TRUE);
	settle(f);
	assert_state(f, id, "queued");
	g_assert_cmpint(
		rp_planner_next_deadline(f->agent->planner), ==, test_time + G_USEC_PER_SEC);
	pass_time(f, G_USEC_PER_SEC);
	g_assert_cmpint(
		rp_planner_next_deadline(f->agent->planner), ==, test_time + 2 * G_USEC_PER_SEC);
	for (guint i = 0; i < 10; i++)
		pass_time(f, rp_planner_next_deadline(f->agent->planner) - test_time);
	g_assert_cmpint(
		rp_planner_next_deadline(f->agent->planner), ==, test_time + 60 * G_USEC_PER_SEC);
	scratch_fill_disk(FALSE);
	pass_time(f, 60 * G_USEC_PER_SEC);
	assert_state(f, id, "gone");
	g_assert_cmpint(rp_planner_next_deadline(f->agent->planner), ==, G_MAXINT64);
}

/* ---- the clock ---- */

static void
test_clock_set_back(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, "203.0.113.7");
	reply(f->fake, "a@x.example", "450 4.2.0 later");
	id = submit(f, "ki@keyed.example", "a@x.example");
	assert_state(f, id, "deferred");
	g_hash_table_remove_all(f->fake->replies);
	pass_time(f, -1000 * G_TIME_SPAN_DAY / 100);
	assert_state(f, id, "gone");
}

int
main(int argc, char **argv)
{
	g_autoptr(GTestDBus) daemon = NULL;
	guint subscription, names_subscription;
	int status;

	fixture_init(&argc, &argv);
	daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(daemon);
	bus_address = g_test_dbus_get_bus_address(daemon);
	bus = connect_to_bus();
	subscription = g_dbus_connection_signal_subscribe(bus, NULL, "org.roampost.Agent1", NULL,
		NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, NULL, NULL);
	names_subscription = g_dbus_connection_signal_subscribe(bus, NULL, "org.freedesktop.DBus",
		"NameOwnerChanged", NULL, "org.roampost.Agent1", G_DBUS_SIGNAL_FLAGS_NONE, on_name,
		NULL, NULL);
#define ADD_HEARD(path, func)                                                                      \
	g_test_add("/planner/" path, Fixture, NULL, set_up_heard, func, tear_down_heard)
	ADD_HEARD("said-once", test_said_once);
	ADD_HEARD("new-is-said", test_new_is_said);
	ADD_HEARD("user-hold-is-said", test_user_hold_is_said);
	ADD_HEARD("server-hold-is-in-history", test_server_hold_is_in_history);
	ADD_HEARD("same-config", test_same_config_does_nothing);
	ADD_HEARD("reload-cuts-what-changed", test_reload_cuts_what_changed);
	ADD_HEARD("waiters", test_waiters_do_not_starve);
	ADD_HEARD("bell-while-writing", test_bell_while_writing);
	ADD_HEARD("bell-while-planning", test_bell_while_planning);
	ADD_HEARD("edit-lifts-a-rejection", test_edit_lifts_a_rejection);
	ADD_HEARD("alike-no-longer", test_alike_no_longer);
	ADD_HEARD("flush-of-some", test_flush_of_some);
	ADD_HEARD("flush-ends-a-wait", test_flush_ends_a_lanes_wait);
	ADD_HEARD("use-said-offline", test_use_said_offline);
	ADD_HEARD("open", test_open);
	ADD_HEARD("silent-callers", test_silent_callers);
	ADD_HEARD("too-many-callers", test_too_many_callers);
	ADD_HEARD("full-disk", test_full_disk);
	ADD_HEARD("clock-set-back", test_clock_set_back);
	status = g_test_run();
	g_dbus_connection_signal_unsubscribe(bus, subscription);
	g_dbus_connection_signal_unsubscribe(bus, names_subscription);
	g_dbus_connection_close_sync(bus, NULL, NULL);
	g_clear_object(&bus);
	g_test_dbus_down(daemon);
	return status;
}
