/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/dbusloop.h"

#include "private-bus.h"

#include <unistd.h>

/* What a client sees: connections that come and go, calls, names, owners, signals. */

typedef struct {
	guint calls;
	gboolean value;
} Told;

static void
on_flag(gboolean value, gpointer user_data)
{
	Told *told = user_data;
	told->calls++;
	told->value = value;
}

static RpDBus *
connected_bus(PrivateBus *daemon)
{
	RpDBus *bus = rp_dbus_new_address(private_bus_address(daemon));
	run_until(rp_dbus_is_connected(bus));
	return bus;
}

static void
emit(RpDBus *bus, const char *path, const char *interface, const char *member, const char *arg0)
{
	DBusMessage *signal = dbus_message_new_signal(path, interface, member);
	dbus_message_append_args(signal, DBUS_TYPE_STRING, &arg0, DBUS_TYPE_INVALID);
	g_assert_true(rp_dbus_send(bus, signal));
}

static void
test_state(void)
{
	g_autoptr(PrivateBus) daemon = private_bus_new(NULL);
	g_autoptr(RpDBus) bus = rp_dbus_new_address(private_bus_address(daemon));
	Told told = {0};
	g_autoptr(RpDBusStateWatch) watch = rp_dbus_watch_state(bus, on_flag, &told);
	run_for(50); /* no daemon yet */
	g_assert_cmpuint(told.calls, ==, 0);
	g_assert_null(rp_dbus_unique_name(bus));
	for (guint round = 0; round < 3; round++) {
		private_bus_start(daemon);
		run_until(told.value);
		g_assert_cmpuint(told.calls, ==, 2 * round + 1);
		g_assert_cmpint(rp_dbus_unique_name(bus)[0], ==, ':');
		g_assert_true(loop_is_asleep());
		private_bus_stop(daemon);
		run_until(!told.value);
		g_assert_null(rp_dbus_unique_name(bus));
	}
	Told late = {0};
	private_bus_start(daemon);
	run_until(told.value);
	g_autoptr(RpDBusStateWatch) second = rp_dbus_watch_state(bus, on_flag, &late);
	run_until(late.calls == 1);
	g_assert_true(late.value);
}

/* However long the daemon stays away: it is seen by its socket's file, and meanwhile the loop
 * sleeps. */
static void
test_long_absence(void)
{
	g_autoptr(PrivateBus) daemon = private_bus_new(NULL);
	g_autoptr(RpDBus) bus = rp_dbus_new_address(private_bus_address(daemon));
	while (!loop_is_asleep()) /* a guard's timer would keep it awake; the tries are counted */
		g_main_context_iteration(NULL, TRUE);
	private_bus_start(daemon);
	run_until(rp_dbus_is_connected(bus));
	g_assert_true(loop_is_asleep());
}

static void
test_no_address(void)
{
	g_autoptr(RpDBus) bus = rp_dbus_new_address(NULL);
	g_autoptr(GError) error = NULL;
	run_for(20);
	g_assert_true(loop_is_asleep());
	g_assert_false(rp_dbus_connect_sync(bus, 100, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE);
	g_assert_false(rp_dbus_send(bus, dbus_message_new_signal("/a", "a.b", "C")));
}

/* A daemon that is stopped is given no longer than any other. */
static void
test_connect_silent(void)
{
	g_autofree char *address = silent_bus_address();
	g_autoptr(RpDBus) bus = rp_dbus_new_address(address);
	g_autoptr(GError) error = NULL;
	int fd = silent_bus_open();

	g_assert_false(rp_dbus_connect_sync(bus, 200, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE);
	close(fd);
}

static void
test_connect_sync(void)
{
	g_autoptr(PrivateBus) daemon = private_bus_new(NULL);
	g_autoptr(RpDBus) bus = rp_dbus_new_address(private_bus_address(daemon));
	g_autoptr(GError) error = NULL;
	g_autofree char *error_name = NULL;
	g_assert_false(rp_dbus_connect_sync(bus, 1000, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE);
	g_clear_error(&error);
	private_bus_start(daemon);
	g_assert_true(rp_dbus_connect_sync(bus, 60000, &error));
	g_assert_no_error(error);
	g_autoptr(RpDBusMessage) reply = rp_dbus_call_sync(bus,
		dbus_message_new_method_call(
			DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetId"),
		60000, NULL, &error);
	g_assert_no_error(error);
	g_assert_true(dbus_message_has_signature(reply, "s"));
	g_assert_null(rp_dbus_call_sync(bus,
		dbus_message_new_method_call("no.such.Name", "/", "no.such", "Method"), 60000,
		&error_name, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE);
	g_assert_cmpstr(error_name, ==, DBUS_ERROR_SERVICE_UNKNOWN);
}

typedef struct {
	guint calls;
	int code; /* of the error; -1: a reply */
} Answer;

static void
on_answer(DBusMessage *reply, const GError *error, gpointer user_data)
{
	Answer *answer = user_data;
	answer->calls++;
	answer->code = error ? error->code : -1;
	if (!error)
		g_assert_nonnull(reply);
}

static void
never_answer(DBusMessage *call, gpointer user_data)
{
	(*(guint *)user_data)++;
}

static const RpDBusMethod silent_methods[] = {
	{"test.Silent", "Wait", "", never_answer},
	{NULL},
};
static const RpDBusObjectInfo silent_info = {"/silent", "<node></node>", silent_methods, NULL};

static DBusMessage *
call_wait(RpDBus *to)
{
	return dbus_message_new_method_call(
		rp_dbus_unique_name(to), "/silent", "test.Silent", "Wait");
}

static void
test_call(void)
{
	g_autoptr(PrivateBus) daemon = private_bus_new(NULL);
	private_bus_start(daemon);
	g_autoptr(RpDBus) bus = connected_bus(daemon);
	g_autoptr(RpDBus) other = connected_bus(daemon);
	guint heard = 0;
	g_autoptr(RpDBusObject) object = rp_dbus_export(other, &silent_info, &heard);
	Answer ok = {0}, refused = {0}, unknown = {0}, late = {0}, dropped = {0}, cut = {0},
	       offline = {0};
	g_autoptr(RpDBusCall) a = rp_dbus_call(bus,
		dbus_message_new_method_call(
			DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetId"),
		-1, on_answer, &ok);
	g_autoptr(RpDBusCall) b = rp_dbus_call(bus,
		dbus_message_new_method_call(
			DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "NoSuchMethod"),
		-1, on_answer, &refused);
	g_autoptr(RpDBusCall) c = rp_dbus_call(bus,
		dbus_message_new_method_call("no.such.Name", "/", "no.such", "Method"), -1,
		on_answer, &unknown);
	g_autoptr(RpDBusCall) d = rp_dbus_call(bus, call_wait(other), 50, on_answer, &late);
	RpDBusCall *gone = rp_dbus_call(bus, call_wait(other), 50, on_answer, &dropped);
	g_assert_cmpuint(ok.calls, ==, 0);
	rp_dbus_call_free(gone);
	run_until(ok.calls && refused.calls && unknown.calls && late.calls && heard == 2);
	g_assert_cmpint(ok.code, ==, -1);
	g_assert_cmpint(refused.code, ==, RP_ERROR_STATE);
	g_assert_cmpint(unknown.code, ==, RP_ERROR_UNAVAILABLE);
	g_assert_cmpint(late.code, ==, RP_ERROR_UNAVAILABLE);
	g_assert_cmpuint(dropped.calls, ==, 0);

	/* The bus goes while the call waits; then there is none at all. */
	g_autoptr(RpDBusCall) e = rp_dbus_call(bus, call_wait(other), -1, on_answer, &cut);
	run_until(heard == 3);
	private_bus_stop(daemon);
	run_until(cut.calls);
	g_assert_cmpint(cut.code, ==, RP_ERROR_UNAVAILABLE);
	run_until(!rp_dbus_is_connected(bus));
	g_autoptr(RpDBusCall) f = rp_dbus_call(bus,
		dbus_message_new_method_call(
			DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetId"),
		-1, on_answer, &offline);
	g_assert_cmpuint(offline.calls, ==, 0);
	run_until(offline.calls);
	g_assert_cmpint(offline.code, ==, RP_ERROR_UNAVAILABLE);
	g_assert_cmpuint(ok.calls + refused.calls + unknown.calls + late.calls + cut.calls, ==, 5);
}

typedef struct {
	gint64 uid;
	guint calls;
} Uid;

static void
on_uid(gint64 uid, gpointer user_data)
{
	*(Uid *)user_data = (Uid){uid, ((Uid *)user_data)->calls + 1};
}

static void
test_uid(void)
{
	g_autoptr(PrivateBus) daemon = private_bus_new(NULL);
	private_bus_start(daemon);
	g_autoptr(RpDBus) bus = connected_bus(daemon);
	Uid own = {0}, unknown = {0};
	g_autoptr(RpDBusCall) a = rp_dbus_call_get_uid(bus, rp_dbus_unique_name(bus), on_uid, &own);
	g_autoptr(RpDBusCall) b = rp_dbus_call_get_uid(bus, ":1.4242", on_uid, &unknown);
	run_until(own.calls && unknown.calls);
	g_assert_cmpint(own.uid, ==, (gint64)getuid());
	g_assert_cmpint(unknown.uid, ==, -1);
}

static void
test_name(void)
{
	g_autoptr(PrivateBus) daemon = private_bus_new(NULL);
	private_bus_start(daemon);
	g_autoptr(RpDBus) bus = connected_bus(daemon);
	g_autoptr(RpDBus) other = connected_bus(daemon);
	Told first = {0}, second = {0}, refused = {0};
	g_autoptr(RpDBusName) name = rp_dbus_request_name(
		bus, "test.Name", DBUS_NAME_FLAG_ALLOW_REPLACEMENT, on_flag, &first);
	run_until(first.calls == 1);
	g_assert_true(first.value);
	RpDBusName *refused_name = rp_dbus_request_name(
		other, "test.Name", DBUS_NAME_FLAG_DO_NOT_QUEUE, on_flag, &refused);
	run_until(refused.calls == 1);
	g_assert_false(refused.value);
	rp_dbus_name_free(refused_name);

	RpDBusName *taker = rp_dbus_request_name(
		other, "test.Name", DBUS_NAME_FLAG_REPLACE_EXISTING, on_flag, &second);
	run_until(second.value && !first.value); /* replaced: queued behind the new owner */
	rp_dbus_name_free(taker);
	run_until(first.value);
	private_bus_stop(daemon);
	run_until(!first.value);
	private_bus_start(daemon);
	run_until(first.value);
}

typedef struct {
	guint calls;
	char *owner;
} Owner;

static void
on_owner(const char *owner, gpointer user_data)
{
	Owner *seen = user_data;
	seen->calls++;
	g_free(seen->owner);
	seen->owner = g_strdup(owner);
}

static void
test_owner(void)
{
	g_autoptr(PrivateBus) daemon = private_bus_new(NULL);
	private_bus_start(daemon);
	g_autoptr(RpDBus) bus = connected_bus(daemon);
	g_autoptr(RpDBus) other = connected_bus(daemon);
	Owner seen = {0};
	Told told = {0};
	g_autoptr(RpDBusOwnerWatch) watch = rp_dbus_watch_owner(bus, "test.Name", on_owner, &seen);
	run_until(seen.calls == 1);
	g_assert_null(seen.owner);
	RpDBusName *name = rp_dbus_request_name(other, "test.Name", 0, on_flag, &told);
	run_until(seen.calls == 2);
	g_assert_cmpstr(seen.owner, ==, rp_dbus_unique_name(other));
	private_bus_stop(daemon);
	run_until(!seen.owner);
	private_bus_start(daemon);
	run_until(seen.owner);
	rp_dbus_name_free(name);
	run_until(!seen.owner);
}

static void
count_signal(DBusMessage *signal, gpointer user_data)
{
	(*(guint *)user_data)++;
}

typedef struct {
	const char *what;
	RpDBusMatch match;
	guint want; /* of the four signals that the test sends */
} MatchRow;

/* The signals: (path, interface, member, argument) as below, the first from the owner of test.Name,
 * the others from a stranger. */
static const MatchRow match_rows[] = {
	{"all", {.interface = "test.I"}, 4},
	{"member", {.interface = "test.I", .member = "A"}, 3},
	{"path", {.interface = "test.I", .path = "/b"}, 1},
	{"first argument", {.interface = "test.I", .arg0 = "two"}, 1},
	{"argument with a quote", {.interface = "test.I", .arg0 = "it's"}, 1},
	{"sender", {.sender = "test.Name", .interface = "test.I"}, 1},
	{"nobody", {.sender = "test.Absent", .interface = "test.I"}, 0},
	{"other interface", {.interface = "test.J"}, 0},
};

static void
send_four(PrivateBus *daemon, RpDBus *owner, RpDBus *stranger)
{
	emit(owner, "/a", "test.I", "A", "one");
	private_bus_settle(daemon);
	emit(stranger, "/a", "test.I", "A", "two");
	emit(stranger, "/b", "test.I", "A", "it's");
	emit(stranger, "/a", "test.I", "B", "four");
	emit(stranger, "/a", "test.End", "End", "");
}

static void
test_subscribe(void)
{
	g_autoptr(PrivateBus) daemon = private_bus_new(NULL);
	private_bus_start(daemon);
	g_autoptr(RpDBus) bus = connected_bus(daemon);
	g_autoptr(RpDBus) owner = connected_bus(daemon);
	g_autoptr(RpDBus) stranger = connected_bus(daemon);
	Told told = {0};
	RpDBusSubscription *subscriptions[G_N_ELEMENTS(match_rows)];
	guint got[G_N_ELEMENTS(match_rows)] = {0}, ends = 0;
	g_autoptr(RpDBusName) name = rp_dbus_request_name(owner, "test.Name", 0, on_flag, &told);
	run_until(told.value);
	for (guint i = 0; i < G_N_ELEMENTS(match_rows); i++)
		subscriptions[i] =
			rp_dbus_subscribe(bus, &match_rows[i].match, count_signal, &got[i]);
	g_autoptr(RpDBusSubscription) end = rp_dbus_subscribe(
		bus, &(RpDBusMatch){.interface = "test.End"}, count_signal, &ends);
	private_bus_settle(daemon); /* until the owner's name has been asked for */
	for (guint round = 1; round <= 2; round++) {
		send_four(daemon, owner, stranger);
		run_until(ends == round);
		for (guint i = 0; i < G_N_ELEMENTS(match_rows); i++)
			g_assert_cmpuint(got[i], ==, match_rows[i].want * round);
		if (round == 2)
			break;
		private_bus_stop(daemon); /* the subscriptions outlive the daemon */
		run_until(!told.value && !rp_dbus_is_connected(bus) &&
			  !rp_dbus_is_connected(stranger));
		private_bus_start(daemon);
		run_until(
			told.value && rp_dbus_is_connected(bus) && rp_dbus_is_connected(stranger));
		private_bus_settle(daemon);
	}
	for (guint i = 0; i < G_N_ELEMENTS(match_rows); i++)
		rp_dbus_subscription_free(subscriptions[i]);
	send_four(daemon, owner, stranger);
	run_until(ends == 3);
	g_assert_cmpuint(got[0], ==, 8);
}

/* A callback may free its own handle and all others, the bus too. */
typedef struct {
	RpDBus *bus;
	RpDBusSubscription *subscriptions[2];
	RpDBusStateWatch *watch;
	guint calls;
} Suicide;

static void
free_all(Suicide *suicide)
{
	suicide->calls++;
	for (guint i = 0; i < 2; i++)
		g_clear_pointer(&suicide->subscriptions[i], rp_dbus_subscription_free);
	g_clear_pointer(&suicide->watch, rp_dbus_state_watch_free);
	g_clear_pointer(&suicide->bus, rp_dbus_unref);
}

static void
free_on_signal(DBusMessage *signal, gpointer user_data)
{
	free_all(user_data);
}

static void
free_on_loss(gboolean connected, gpointer user_data)
{
	if (!connected)
		free_all(user_data);
}

static void
test_freed_in_callback(void)
{
	g_autoptr(PrivateBus) daemon = private_bus_new(NULL);
	private_bus_start(daemon);
	g_autoptr(RpDBus) other = connected_bus(daemon);
	for (guint way = 0; way < 2; way++) {
		Suicide suicide = {.bus = connected_bus(daemon)};
		RpDBusMatch match = {.interface = "test.I"};
		for (guint i = 0; i < 2; i++)
			suicide.subscriptions[i] =
				rp_dbus_subscribe(suicide.bus, &match, free_on_signal, &suicide);
		suicide.watch = rp_dbus_watch_state(suicide.bus, free_on_loss, &suicide);
		private_bus_settle(daemon);
		if (way == 0)
			emit(other, "/a", "test.I", "A", "");
		else
			private_bus_stop(daemon);
		run_until(!suicide.bus);
		run_for(50);
		g_assert_cmpuint(suicide.calls, ==, 1);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dbusloop/state", test_state);
	g_test_add_func("/dbusloop/long-absence", test_long_absence);
	g_test_add_func("/dbusloop/no-address", test_no_address);
	g_test_add_func("/dbusloop/connect-sync", test_connect_sync);
	g_test_add_func("/dbusloop/connect-silent", test_connect_silent);
	g_test_add_func("/dbusloop/call", test_call);
	g_test_add_func("/dbusloop/uid", test_uid);
	g_test_add_func("/dbusloop/name", test_name);
	g_test_add_func("/dbusloop/owner", test_owner);
	g_test_add_func("/dbusloop/subscribe", test_subscribe);
	g_test_add_func("/dbusloop/freed-in-callback", test_freed_in_callback);
	return g_test_run();
}
