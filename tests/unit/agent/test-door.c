/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "agent-private.h"
#include "private-bus.h"
#include "roampost/base.h"

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <string.h>
#include <unistd.h>

/* The agent as its callers on the bus meet it: what is refused is refused before anything is done.
 */

typedef struct {
	Fixture agent; /* the first member: the fixture's functions take it */
	PrivateBus *daemon;
	GDBusConnection *caller;
} Door;

#define ERROR(name) "org.roampost.Error." name

/* ---- the bench ---- */

static void
on_name(GDBusConnection *connection, const char *name, const char *owner, gpointer data)
{
	*(gboolean *)data = TRUE;
}

static void
set_up_door(Door *t, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	gboolean owned = FALSE;
	guint watch;

	t->daemon = private_bus_new(NULL);
	private_bus_start(t->daemon);
	g_setenv("DBUS_SESSION_BUS_ADDRESS", private_bus_address(t->daemon), TRUE);
	set_up(&t->agent, NULL);
	/* What is submitted over the bus goes where this agent's queue is. */
	g_setenv("ROAMPOST_STATE", t->agent.dir, TRUE);
	t->caller = g_dbus_connection_new_for_address_sync(private_bus_address(t->daemon),
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, &error);
	g_assert_no_error(error);
	watch = g_bus_watch_name_on_connection(
		t->caller, RP_BUS_NAME, 0, on_name, NULL, &owned, NULL);
	run_until(owned);
	g_bus_unwatch_name(watch);
}

static void
tear_down_door(Door *t, gconstpointer data)
{
	tear_down(&t->agent, NULL);
	g_object_unref(t->caller);
	private_bus_free(t->daemon);
}

typedef struct {
	gboolean done;
	GVariant *reply;
	GError *error;
} Answer;

static void
on_answer(GObject *source, GAsyncResult *result, gpointer user)
{
	Answer *answer = user;

	answer->reply = g_dbus_connection_call_with_unix_fd_list_finish(
		G_DBUS_CONNECTION(source), NULL, result, &answer->error);
	answer->done = TRUE;
}

/* Calls a method with arguments in GVariant's text form ("" for none); %s in it is the message's
 * id. A descriptor is that of a small message. */
static Answer
call(Door *t, const char *method, const char *arguments, RpMessageId id)
{
	static const char content[] = "Subject: x\n\nx\n";
	g_autoptr(GUnixFDList) descriptors = g_unix_fd_list_new();
	g_auto(GStrv) parts = g_strsplit(arguments, "%s", -1);
	char text[RP_MESSAGE_ID_SIZE];
	g_autofree char *all = g_strjoinv(rp_message_id_format(id, text), parts);
	g_autoptr(GError) error = NULL;
	GVariant *values = NULL;
	Answer answer = {0};
	int ends[2];

	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_cmpint(write(ends[1], content, strlen(content)), >, 0);
	close(ends[1]);
	g_unix_fd_list_append(descriptors, ends[0], NULL);
	close(ends[0]);
	if (*all)
		values = g_variant_parse(NULL, all, NULL, NULL, &error);
	g_assert_no_error(error);
	g_dbus_connection_call_with_unix_fd_list(t->caller, RP_BUS_NAME, RP_BUS_PATH,
		RP_BUS_INTERFACE, method, values, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, 10000,
		g_str_equal(method, "Submit") ? descriptors : NULL, NULL, on_answer, &answer);
	run_until(answer.done);
	g_clear_pointer(&values, g_variant_unref);
	return answer;
}

/* The name of the error, or "" for an answer; the sentence is one. */
static char *
outcome(Door *t, const char *method, const char *arguments, RpMessageId id)
{
	Answer answer = call(t, method, arguments, id);
	g_autoptr(GVariant) reply = answer.reply;
	g_autoptr(GError) error = answer.error;
	g_autofree char *name = NULL;

	if (!error)
		return g_strdup("");
	name = g_dbus_error_get_remote_error(error);
	g_dbus_error_strip_remote_error(error);
	g_test_message("%s %s: %s: %s", method, arguments, name, error->message);
	return g_steal_pointer(&name);
}

#define assert_outcome(t, method, arguments, id, want)                                             \
	G_STMT_START                                                                               \
	{                                                                                          \
		g_autofree char *got_ = outcome(t, method, arguments, id);                         \
		g_assert_cmpstr(got_, ==, want);                                                   \
	}                                                                                          \
	G_STMT_END

static guint
count_messages(Door *t)
{
	g_autoptr(GPtrArray) messages = rp_queue_list(t->agent.reader, 0, 0, 0, NULL);

	return messages->len;
}

/* "sender > recipient,recipient" */
static char *
envelope_of(Door *t, RpMessageId id)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(t->agent.reader, id, NULL);
	GString *text = g_string_new(message->sender);

	for (guint i = 0; i < message->recipients->len; i++)
		g_string_append_printf(text, "%s%s", i ? "," : " > ",
			((RpQueueRecipient *)message->recipients->pdata[i])->address);
	return g_string_free(text, FALSE);
}

static RpMessageId
submit_held(Door *t)
{
	return submit(&t->agent, "unknown@nowhere.example", "x@else.example");
}

/* ---- the tests ---- */

/* A control character would end in the header, or in the servers' dialogue. */
static void
test_addresses(Door *t, gconstpointer data)
{
	static const char *const rows[] = {"'not an address', @as []",
		"'a@b\nX-Injected: yes', @as []", "'a@b\r\nX: y', @as []", "'', ['nobody']",
		"'', ['a@b\nX: y']", "'', ['good@x.example', '<bad@x.example>']", "'', ['']",
		"'@x.example', @as []"};
	RpMessageId id;

	network(&t->agent, "192.0.2.1");
	id = submit_held(t);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *arguments = g_strdup_printf("('%%s', %s)", rows[i]);
		g_autofree char *envelope = NULL;

		assert_outcome(t, "Edit", arguments, id, ERROR("Invalid"));
		envelope = envelope_of(t, id);
		g_assert_cmpstr(envelope, ==, "unknown@nowhere.example > x@else.example");
	}
	assert_outcome(t, "Edit",
		"('%s', 'a@b\xc3\xbc"
		"cher.example', ['c@x.example'])",
		id, "");
	{
		g_autofree char *envelope = envelope_of(t, id);

		g_assert_cmpstr(envelope, ==, "a@xn--bcher-kva.example > c@x.example");
	}
}

static void
test_options(Door *t, gconstpointer data)
{
	static const char *const rows[] = {"{'set': <uint32 1>}", "{'sets': <'odn'>}",
		"{'se': <'odn'>}", "{'set': <'odn'>, 'hold': <1>}", "{'': <'odn'>}"};

	network(&t->agent, "192.0.2.1");
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *arguments =
			g_strdup_printf("(@h 0, 'taro@odn.example', ['a@x.example'], %s)", rows[i]);

		assert_outcome(t, "Submit", arguments, 0, ERROR("Invalid"));
		g_assert_cmpuint(count_messages(t), ==, 0);
	}
	assert_outcome(t, "Submit",
		"(@h 0, 'taro@odn.example', ['a@x.example'], {'set': <'nope'>})", 0,
		ERROR("NotFound"));
	g_assert_cmpuint(count_messages(t), ==, 0);
	assert_outcome(t, "Submit", "(@h 0, 'taro@odn.example', ['a@x.example'], {'set': <'odn'>})",
		0, "");
	g_assert_cmpuint(count_messages(t), ==, 1);
}

/* What is remembered of failures stays while the message can't be retried. */
static void
test_refused_retry(Door *t, gconstpointer data)
{
	RpMessageId refused, sending;

	network(&t->agent, "203.0.113.7");
	script(t->agent.fake->session_results, "keyed", RP_SESSION_AUTH_FAILED);
	refused = submit(&t->agent, "ki@keyed.example", "a@x.example");
	assert_state(&t->agent, refused, "held");
	g_assert_cmpuint(rp_records_failures(t->agent.agent->ground.records)->len, ==, 1);
	t->agent.fake->stall = TRUE;
	sending = submit_only(&t->agent, "taro@odn.example", "b@x.example");
	for (;;) {
		g_autofree char *state = state_of(&t->agent, sending);

		if (g_str_equal(state, "sending"))
			break;
		g_main_context_iteration(NULL, TRUE);
	}
	assert_outcome(t, "Retry", "(['%s'],)", sending, ERROR("State"));
	assert_outcome(t, "Retry", "(['zzzzzzzzzz'],)", sending, ERROR("NotFound"));
	assert_outcome(t, "Release", "(['%s'],)", sending, ERROR("State"));
	g_assert_cmpuint(rp_records_failures(t->agent.agent->ground.records)->len, ==, 1);
	fake_go_on(t->agent.fake);
	settle(&t->agent);
	assert_outcome(t, "Retry", "(['%s'],)", refused, "");
	settle(&t->agent);
	assert_state(&t->agent, refused, "gone");
}

/* CheckDone would never come for what was not begun. */
static void
test_check_after_waking(Door *t, gconstpointer data)
{
	network(&t->agent, "203.0.113.7");
	rp_agent_resumed(t->agent.agent);
	assert_outcome(t, "Check", "(['sonet'],)", 0, ERROR("Starting"));
	assert_outcome(t, "Check", "(@as [],)", 0, ERROR("Starting"));
	network(&t->agent, "203.0.113.7");
	assert_outcome(t, "Check", "(['sonet'],)", 0, "");
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
#define ADD_DOOR(path, func)                                                                       \
	g_test_add("/door/" path, Door, NULL, set_up_door, func, tear_down_door)
	ADD_DOOR("addresses", test_addresses);
	ADD_DOOR("options", test_options);
	ADD_DOOR("refused-retry", test_refused_retry);
	ADD_DOOR("check-after-waking", test_check_after_waking);
	return g_test_run();
}
