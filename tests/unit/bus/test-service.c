/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-fixture.h"

#include "roampost/dbusloop.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The service beside its methods: errors, late answers, properties and signals, the name, the bus
 * coming and going, other users. */

/* ---- errors ---- */

typedef struct {
	int code; /* -1: an error of another domain */
	const char *name;
	int client_code;
} ErrorRow;

static const ErrorRow error_rows[] = {
	{RP_ERROR_INVALID, "org.roampost.Error.Invalid", RP_ERROR_INVALID},
	{RP_ERROR_CONFIG, "org.roampost.Error.Config", RP_ERROR_CONFIG},
	{RP_ERROR_NOT_FOUND, "org.roampost.Error.NotFound", RP_ERROR_NOT_FOUND},
	{RP_ERROR_STATE, "org.roampost.Error.State", RP_ERROR_STATE},
	{RP_ERROR_BUSY, "org.roampost.Error.Busy", RP_ERROR_BUSY},
	{RP_ERROR_PERMISSION, "org.roampost.Error.Permission", RP_ERROR_PERMISSION},
	{RP_ERROR_FULL, "org.roampost.Error.Full", RP_ERROR_FULL},
	{RP_ERROR_IO, "org.roampost.Error.IO", RP_ERROR_IO},
	{RP_ERROR_UNAVAILABLE, "org.roampost.Error.Unavailable", RP_ERROR_UNAVAILABLE},
	{RP_ERROR_STARTING, "org.roampost.Error.Starting", RP_ERROR_STARTING},
	{-1, "org.roampost.Error.Failed", RP_ERROR_STATE},
};

static GError *
error_of(const ErrorRow *row)
{
	if (row->code < 0)
		return g_error_new_literal(G_FILE_ERROR, 0, "because \xff of it");
	return g_error_new_literal(RP_ERROR, row->code, "because \xff of it");
}

static gpointer
reload_fails(gpointer data)
{
	const ErrorRow *row = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(RpBusClient) client = rp_bus_client_new(&error);
	g_assert_no_error(error);
	g_assert_null(rp_bus_client_call(client, "Reload", NULL, "()", &error));
	g_assert_error(error, RP_ERROR, row->client_code);
	g_assert_cmpstr(error->message, ==, "because \xef\xbf\xbd of it");
	return NULL;
}

static void
test_errors(BusFixture *fixture, gconstpointer data)
{
	for (gsize i = 0; i < G_N_ELEMENTS(error_rows); i++) {
		g_autoptr(GError) error = error_of(&error_rows[i]);
		g_assert_cmpstr(rp_bus_error_name(error), ==, error_rows[i].name);
		fixture->fail_with = g_error_copy(error);
		bus_fixture_beside(reload_fails, (gpointer)&error_rows[i]);
	}
}

/* ---- what is larger than a bus carries ---- */

static GVariant *
large_messages(void)
{
	g_autofree char *text = g_strnfill(70 << 20, 'x');
	GVariantBuilder messages;
	g_variant_builder_init(&messages, G_VARIANT_TYPE("aa{sv}"));
	g_variant_builder_add_parsed(&messages, "{'id': <%s>}", text);
	return g_variant_builder_end(&messages);
}

static gpointer
reload_is_answered(gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpBusClient) client = rp_bus_client_new(&error);
	g_autoptr(GVariant) answer = NULL;
	g_assert_no_error(error);
	answer = rp_bus_client_call(client, "Reload", NULL, "()", &error);
	g_assert_no_error(error);
	return NULL;
}

static gpointer
list_is_refused(gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpBusClient) client = rp_bus_client_new(&error);
	g_assert_no_error(error);
	g_assert_null(rp_bus_client_call(client, "List",
		g_variant_new_parsed("(@as [], '', uint32 0)"), "(aa{sv})", &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_FULL);
	return NULL;
}

/* The bus would hang up on the service, and all who call it would hear of nothing. */
static void
test_large(BusFixture *fixture, gconstpointer data)
{
	guint states = fixture->states;
	fixture->list = g_variant_ref_sink(g_variant_new("(@aa{sv})", large_messages()));
	bus_fixture_beside(list_is_refused, fixture);
	g_clear_pointer(&fixture->list, g_variant_unref);
	g_test_expect_message("roampost-bus", G_LOG_LEVEL_CRITICAL, "*larger than the bus*");
	rp_bus_service_emit(fixture->service, "MessagesChanged",
		g_variant_new("(@aa{sv}@ast)", large_messages(), g_variant_new_strv(NULL, 0),
			(guint64)1));
	g_test_assert_expected_messages();
	bus_fixture_beside(reload_is_answered, fixture);
	g_assert_cmpuint(fixture->states, ==, states);
}

/* ---- answers that come later, or too late ---- */

typedef struct {
	RpDBus *bus; /* of somebody else */
	RpDBusCall *call;
	DBusMessage *reply;
	gboolean failed;
	GString *signals;
	RpDBusSubscription *subscription;
} Peer;

static void
on_reply(DBusMessage *reply, const GError *error, gpointer data)
{
	Peer *peer = data;
	peer->failed = error != NULL;
	if (reply != NULL)
		peer->reply = dbus_message_ref(reply);
}

static void
note_value(Peer *peer, DBusMessage *signal)
{
	DBusMessageIter iter;
	DBusMessageIter dict;
	DBusMessageIter value;
	const char *key = NULL;
	if (!dbus_message_iter_init(signal, &iter) || !dbus_message_iter_next(&iter) ||
		dbus_message_iter_get_arg_type(&iter) != DBUS_TYPE_ARRAY)
		return;
	for (dbus_message_iter_recurse(&iter, &dict); rp_dbus_dict_next(&dict, &key, &value);)
		g_string_append_printf(peer->signals, " %s", key);
	if (!dbus_message_iter_next(&iter))
		return;
	for (dbus_message_iter_recurse(&iter, &dict);
		dbus_message_iter_get_arg_type(&dict) == DBUS_TYPE_STRING;
		dbus_message_iter_next(&dict)) {
		dbus_message_iter_get_basic(&dict, &key);
		g_string_append_printf(peer->signals, " -%s", key);
	}
}

static void
note_strings(Peer *peer, DBusMessage *signal)
{
	DBusMessageIter iter;
	if (!dbus_message_iter_init(signal, &iter))
		return;
	do {
		const char *text = NULL;
		if (dbus_message_iter_get_arg_type(&iter) != DBUS_TYPE_STRING)
			continue;
		dbus_message_iter_get_basic(&iter, &text);
		g_string_append_printf(peer->signals, " %s", text);
	} while (dbus_message_iter_next(&iter));
}

static void
on_signal(DBusMessage *signal, gpointer data)
{
	Peer *peer = data;
	g_string_append(peer->signals, dbus_message_get_member(signal));
	if (dbus_message_has_member(signal, "PropertiesChanged"))
		note_value(peer, signal);
	else
		note_strings(peer, signal);
	g_string_append_c(peer->signals, ';');
}

static Peer *
peer_new(void)
{
	const RpDBusMatch match = {.path = RP_BUS_PATH};
	Peer *peer = g_new0(Peer, 1);
	peer->signals = g_string_new(NULL);
	peer->bus = rp_dbus_new_session();
	peer->subscription = rp_dbus_subscribe(peer->bus, &match, on_signal, peer);
	run_until(rp_dbus_is_connected(peer->bus));
	return peer;
}

static void
peer_drop_call(Peer *peer)
{
	g_clear_pointer(&peer->call, rp_dbus_call_free);
	g_clear_pointer(&peer->reply, dbus_message_unref);
}

static void
peer_free(Peer *peer)
{
	peer_drop_call(peer);
	rp_dbus_subscription_free(peer->subscription);
	rp_dbus_unref(peer->bus);
	g_string_free(peer->signals, TRUE);
	g_free(peer);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Peer, peer_free)

static void
peer_call(Peer *peer, const char *method)
{
	peer_drop_call(peer);
	DBusMessage *message =
		dbus_message_new_method_call(RP_BUS_NAME, RP_BUS_PATH, RP_BUS_INTERFACE, method);
	peer->call = rp_dbus_call(peer->bus, message, 60000, on_reply, peer);
}

static void
test_late(BusFixture *fixture, gconstpointer data)
{
	g_autoptr(Peer) peer = peer_new();
	fixture->keep = TRUE;
	peer_call(peer, "Reload");
	run_until(fixture->kept != NULL);
	peer_call(peer, "HangUp"); /* others are answered meanwhile */
	run_until(peer->reply != NULL);
	fixture->kept = (rp_bus_call_return(fixture->kept, NULL), NULL);

	peer_call(peer, "Reload");
	run_until(fixture->kept != NULL);
	rp_bus_call_refuse(fixture->kept, RP_ERROR_BUSY, "in %d minutes", 5);
	run_until(peer->reply != NULL);
	g_assert_cmpstr(dbus_message_get_error_name(peer->reply), ==, "org.roampost.Error.Busy");
	fixture->kept = NULL;
}

static void
test_caller_gone(BusFixture *fixture, gconstpointer data)
{
	Peer *peer = peer_new();
	fixture->keep = TRUE;
	peer_call(peer, "Reload");
	run_until(fixture->kept != NULL);
	peer_free(peer);
	private_bus_settle(fixture->daemon);
	rp_bus_call_return(fixture->kept, NULL);
	fixture->kept = NULL;
	fixture->keep = FALSE;
	g_autoptr(Peer) other = peer_new();
	peer_call(other, "Reload");
	run_until(other->reply != NULL);
}

static void
peer_watch(Peer *peer, gboolean watches)
{
	dbus_bool_t value = watches;
	DBusMessage *message =
		dbus_message_new_method_call(RP_BUS_NAME, RP_BUS_PATH, RP_BUS_INTERFACE, "Watch");

	peer_drop_call(peer);
	dbus_message_append_args(message, DBUS_TYPE_BOOLEAN, &value, DBUS_TYPE_INVALID);
	peer->call = rp_dbus_call(peer->bus, message, 60000, on_reply, peer);
	run_until(peer->reply);
}

#define YES "Watch (true,);"
#define NO "Watch (false,);"

/* As long as there is one; who leaves the bus does not watch, nor does who comes back with it. */
static void
test_watch(BusFixture *fixture, gconstpointer data)
{
	Peer *leaves = peer_new();
	g_autoptr(Peer) stays = peer_new();

	peer_watch(stays, FALSE);
	peer_watch(leaves, TRUE);
	peer_watch(leaves, TRUE);
	peer_watch(stays, TRUE);
	peer_watch(stays, FALSE);
	g_assert_cmpstr(fixture->log->str, ==, NO YES "watched;" YES YES NO);
	g_string_truncate(fixture->log, 0);
	peer_free(leaves);
	run_until(fixture->log->len);
	g_assert_cmpstr(fixture->log->str, ==, "not watched;");
	peer_watch(stays, TRUE);
	g_string_truncate(fixture->log, 0);
	private_bus_stop(fixture->daemon);
	run_until(rp_bus_service_state(fixture->service) == RP_BUS_ABSENT);
	run_until(fixture->log->len);
	g_assert_cmpstr(fixture->log->str, ==, "not watched;");
	private_bus_start(fixture->daemon);
	run_until(rp_bus_service_state(fixture->service) == RP_BUS_OWNED);
	run_until(rp_dbus_is_connected(stays->bus));
	peer_watch(stays, FALSE);
	g_assert_cmpstr(fixture->log->str, ==, "not watched;" NO);
}

static void
test_service_freed(BusFixture *fixture, gconstpointer data)
{
	g_autoptr(Peer) peer = peer_new();
	fixture->keep = TRUE;
	peer_call(peer, "Reload");
	run_until(fixture->kept != NULL);
	g_clear_pointer(&fixture->service, rp_bus_service_free);
	rp_bus_call_return(fixture->kept, NULL);
	run_until(peer->call != NULL && peer->failed);
}

/* The bus has taken what the peer sent before. */
static void
peer_sync(Peer *peer)
{
	DBusMessage *question = dbus_message_new_method_call(
		DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetId");
	g_autoptr(GError) error = NULL;
	g_autoptr(RpDBusMessage) answer =
		rp_dbus_call_sync(peer->bus, question, 60000, NULL, &error);
	g_assert_no_error(error);
}

static void
peer_get_all(Peer *peer)
{
	const char *interface = RP_BUS_INTERFACE;
	DBusMessage *message = dbus_message_new_method_call(
		RP_BUS_NAME, RP_BUS_PATH, DBUS_INTERFACE_PROPERTIES, "GetAll");
	peer_drop_call(peer);
	dbus_message_append_args(message, DBUS_TYPE_STRING, &interface, DBUS_TYPE_INVALID);
	peer->call = rp_dbus_call(peer->bus, message, 60000, on_reply, peer);
}

static void
peer_expect_unavailable(Peer *peer)
{
	run_until(peer->reply != NULL);
	g_assert_cmpstr(
		dbus_message_get_error_name(peer->reply), ==, "org.roampost.Error.Unavailable");
}

static pid_t
bus_pid(Peer *peer)
{
	const char *name = DBUS_SERVICE_DBUS;
	dbus_uint32_t pid = 0;
	DBusMessage *question = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
		DBUS_INTERFACE_DBUS, "GetConnectionUnixProcessID");
	dbus_message_append_args(question, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
	g_autoptr(RpDBusMessage) answer = rp_dbus_call_sync(peer->bus, question, 60000, NULL, NULL);
	g_assert_true(
		dbus_message_get_args(answer, NULL, DBUS_TYPE_UINT32, &pid, DBUS_TYPE_INVALID));
	return (pid_t)pid;
}

/* The service takes what there is for it, and does not hear yet who called. */
static void
let_it_ask(Peer *peer)
{
	pid_t pid = bus_pid(peer);
	g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpint(kill(pid, SIGCONT), ==, 0);
}

/* The calls are in the service's socket when its end begins, and their callers are not known or
 * are. Nothing is asked of those for whom it speaks: they are gone. */
static void
test_last_call(BusFixture *fixture, gconstpointer data)
{
	g_autoptr(Peer) one = peer_new();
	g_autoptr(Peer) other = peer_new();
	guint reads;
	if (g_strcmp0(data, "known") == 0) {
		peer_call(one, "HangUp");
		peer_call(other, "HangUp");
		run_until(one->reply != NULL && other->reply != NULL);
	}
	reads = fixture->reads;
	peer_call(one, "Reload");
	peer_get_all(other);
	peer_sync(one);
	peer_sync(other);
	if (g_strcmp0(data, "asked") == 0)
		let_it_ask(one);
	g_clear_pointer(&fixture->service, rp_bus_service_free);
	peer_expect_unavailable(one);
	peer_expect_unavailable(other);
	g_assert_null(strstr(fixture->log->str, "Reload"));
	g_assert_cmpuint(fixture->reads, ==, reads);
}

static void
test_bus_lost(BusFixture *fixture, gconstpointer data)
{
	g_autoptr(Peer) peer = peer_new();
	fixture->keep = TRUE;
	peer_call(peer, "Reload");
	run_until(fixture->kept != NULL);
	private_bus_stop(fixture->daemon);
	run_until(rp_bus_service_state(fixture->service) == RP_BUS_ABSENT);
	rp_bus_service_set(fixture->service, "CurrentSet", g_variant_new_string("odn"));
	rp_bus_service_message_queued(fixture->service, "m1");
	private_bus_start(fixture->daemon);
	run_until(rp_bus_service_state(fixture->service) == RP_BUS_OWNED);
	rp_bus_call_return(fixture->kept, NULL); /* nobody gets this */
	run_until(rp_dbus_is_connected(peer->bus));
	fixture->keep = FALSE;
	peer_call(peer, "Reload");
	run_until(peer->reply != NULL);
	g_assert_cmpuint(fixture->states, ==, 3); /* owned, absent, owned */
	g_assert_null(strstr(peer->signals->str, "MessageQueued"));
}

/* ---- properties and signals ---- */

static void
set(BusFixture *fixture, const char *property, const char *value)
{
	rp_bus_service_set(fixture->service, property, g_variant_new_parsed(value));
}

static void
test_properties(BusFixture *fixture, gconstpointer data)
{
	g_autoptr(Peer) peer = peer_new();
	private_bus_settle(fixture->daemon);
	set(fixture, "CurrentSet", "''"); /* as it was */
	set(fixture, "Revision", "uint64 7");
	private_bus_settle(fixture->daemon);
	g_assert_cmpstr(peer->signals->str, ==, "");

	set(fixture, "CurrentSet", "'odn'");
	set(fixture, "Counts", "{'held': uint32 1}");
	set(fixture, "Counts", "{'held': uint32 2}");
	set(fixture, "Place", "{'state': <'online'>}");
	run_until(strstr(peer->signals->str, "Place") != NULL);
	g_assert_cmpstr(peer->signals->str, ==, "PropertiesChanged CurrentSet Counts Place;");

	g_string_truncate(peer->signals, 0);
	set(fixture, "Counts", "{'held': uint32 2}");
	set(fixture, "Override", "'odn'");
	rp_bus_service_message_sent(fixture->service, "m1", "odn");
	rp_bus_service_message_held(fixture->service, "m2", "outside", "text \xff");
	rp_bus_service_message_failed(fixture->service, "m3", "550", "no such user");
	rp_bus_service_message_queued(fixture->service, "m4");
	rp_bus_service_check_done(fixture->service, "odn", 2, "");
	run_until(strstr(peer->signals->str, "CheckDone") != NULL);
	g_assert_cmpstr(peer->signals->str, ==,
		"PropertiesChanged Override;MessageSent m1 odn;"
		"MessageHeld m2 outside text \xef\xbf\xbd;MessageFailed m3 550 no such user;"
		"MessageQueued m4;CheckDone odn ;");
	g_assert_true(loop_is_asleep());
}

static gpointer
read_properties(gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpBusClient) client = rp_bus_client_new(&error);
	g_assert_no_error(error);
	g_autoptr(GVariant) version = rp_bus_client_get(client, "Version", "s", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(g_variant_get_string(version, NULL), ==, "1.2.3");
	g_autoptr(GVariant) counts = rp_bus_client_get(client, "Counts", "a{su}", &error);
	g_assert_no_error(error);
	g_assert_cmpuint(g_variant_n_children(counts), ==, 0);
	g_autoptr(GVariant) all = rp_bus_client_get_all(client, &error);
	g_assert_no_error(error);
	g_autoptr(GVariant) sets = g_variant_lookup_value(all, "Sets", G_VARIANT_TYPE("aa{sv}"));
	g_assert_nonnull(sets);
	g_assert_null(rp_bus_client_get(client, "Nothing", "s", &error));
	g_assert_nonnull(error);
	return NULL;
}

static void
test_read(BusFixture *fixture, gconstpointer data)
{
	bus_fixture_beside(read_properties, NULL);
}

/* What is announced by its name is worked out when somebody asks, and looked at again only then. */
static void
test_refresh(BusFixture *fixture, gconstpointer data)
{
	g_autoptr(Peer) peer = peer_new();
	private_bus_settle(fixture->daemon);
	rp_bus_service_refresh(fixture->service, "Sets");
	private_bus_settle(fixture->daemon);
	g_assert_cmpuint(fixture->reads, ==, 0);
	bus_fixture_beside(read_properties, NULL);
	g_assert_cmpuint(fixture->reads, ==, 2); /* Links and Sets */
	rp_bus_service_refresh(fixture->service, "Sets");
	private_bus_settle(fixture->daemon);
	g_assert_cmpuint(fixture->reads, ==, 3);
	g_assert_cmpstr(peer->signals->str, ==, "");
	fixture->read_answer = "[{'name': <'odn'>}]";
	rp_bus_service_refresh(fixture->service, "Sets");
	run_until(*peer->signals->str != '\0');
	g_assert_cmpstr(peer->signals->str, ==, "PropertiesChanged -Sets;");
	rp_bus_service_refresh(fixture->service, "Sets"); /* nobody has asked since */
	private_bus_settle(fixture->daemon);
	g_assert_cmpuint(fixture->reads, ==, 4);
	g_assert_cmpstr(peer->signals->str, ==, "PropertiesChanged -Sets;");
	/* Whoever asks gets what it is now; if others were told another value, they hear of it. */
	bus_fixture_beside(read_properties, NULL);
	private_bus_settle(fixture->daemon);
	g_assert_cmpstr(peer->signals->str, ==, "PropertiesChanged -Sets;");
	fixture->read_answer = "[{'name': <'sonet'>}]";
	g_string_truncate(peer->signals, 0);
	bus_fixture_beside(read_properties, NULL);
	run_until(*peer->signals->str != '\0');
	g_assert_cmpstr(peer->signals->str, ==, "PropertiesChanged -Sets;");
}

/* ---- the name, other users ---- */

static void
test_second(BusFixture *fixture, gconstpointer data)
{
	BusFixture second = {.log = g_string_new(NULL)};
	second.service = rp_bus_service_new(&bus_fixture_events, &second);
	run_until(rp_bus_service_state(second.service) == RP_BUS_TAKEN);
	g_assert_cmpint(rp_bus_service_state(fixture->service), ==, RP_BUS_OWNED);
	rp_bus_service_free(second.service);
	g_string_free(second.log, TRUE);
}

static void
test_no_bus(void)
{
	g_setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
	BusFixture fixture = {.log = g_string_new(NULL)};
	fixture.service = rp_bus_service_new(&bus_fixture_events, &fixture);
	rp_bus_service_set(fixture.service, "CurrentSet", g_variant_new_string("odn"));
	rp_bus_service_message_queued(fixture.service, "m1");
	run_for(50);
	g_assert_cmpint(rp_bus_service_state(fixture.service), ==, RP_BUS_ABSENT);
	rp_bus_service_free(fixture.service);
	g_string_free(fixture.log, TRUE);

	g_autoptr(GError) error = NULL;
	g_assert_null(rp_bus_client_new(&error));
	g_assert_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE);
}

static void
on_ended(GPid pid, gint status, gpointer data)
{
	*(gint *)data = status;
}

static void
test_other_user(BusFixture *fixture, gconstpointer data)
{
	if (geteuid() != 0) {
		g_test_skip("only root can become another user");
		return;
	}
	g_autofree char *address =
		g_strconcat("--bus=", private_bus_address(fixture->daemon), NULL);
	g_autofree char *command = g_strdup_printf(
		"for call in " RP_BUS_INTERFACE ".Reload "
		"'org.freedesktop.DBus.Properties.Get string:" RP_BUS_INTERFACE " string:Links' "
		"'org.freedesktop.DBus.Properties.GetAll string:" RP_BUS_INTERFACE "'; do "
		"dbus-send %s --print-reply --reply-timeout=60000 --dest=" RP_BUS_NAME
		" " RP_BUS_PATH " $call 2>&1 | grep -q AccessDenied || exit 1; done",
		address);
	const char *argv[] = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh",
		"-c", command, NULL};
	g_autoptr(GError) error = NULL;
	GPid pid;
	gint status = -1;
	g_spawn_async("/", (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
		NULL, NULL, &pid, &error);
	g_assert_no_error(error);
	g_child_watch_add(pid, on_ended, &status);
	run_until(status != -1);
	g_assert_cmpint(status, ==, 0);
	g_assert_cmpstr(fixture->log->str, ==, "");
}

/* ---- the client's signals ---- */

static gboolean
send_and_end(gpointer data)
{
	BusFixture *fixture = data;
	rp_bus_service_message_sent(fixture->service, "m1", "odn");
	g_clear_pointer(&fixture->service, rp_bus_service_free);
	return G_SOURCE_REMOVE;
}

static gpointer
hear_signals(gpointer data)
{
	BusFixture *fixture = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(RpBusClient) client = rp_bus_client_new(&error);
	g_assert_no_error(error);
	g_assert_true(rp_bus_client_has_agent(client));
	rp_bus_client_subscribe(client);
	g_autoptr(GVariant) reply = rp_bus_client_call(client, "HangUp", NULL, "()", &error);
	g_assert_no_error(error);
	g_autoptr(GVariant) nothing = NULL;
	g_assert_null(rp_bus_client_next(client, 20, &nothing, &error));
	g_assert_no_error(error);

	g_main_context_invoke(NULL, send_and_end, fixture);
	g_autoptr(GVariant) arguments = NULL;
	g_autofree char *name = rp_bus_client_next(client, 60000, &arguments, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(name, ==, "MessageSent");
	g_autofree char *text = g_variant_print(arguments, FALSE);
	g_assert_cmpstr(text, ==, "('m1', 'odn')");
	g_autoptr(GVariant) none = NULL;
	g_autofree char *gone = rp_bus_client_next(client, 60000, &none, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(gone, ==, "");
	g_assert_null(none);
	g_assert_false(rp_bus_client_has_agent(client));
	g_assert_null(rp_bus_client_call(client, "HangUp", NULL, "()", &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE);
	return NULL;
}

static void
test_client_signals(BusFixture *fixture, gconstpointer data)
{
	bus_fixture_beside(hear_signals, fixture);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bus/service/no-bus", test_no_bus);
#define TEST(name, func)                                                                           \
	g_test_add("/bus/service/" name, BusFixture, NULL, bus_fixture_set_up, func,               \
		bus_fixture_tear_down)
	TEST("errors", test_errors);
	TEST("large", test_large);
	TEST("late", test_late);
	TEST("caller-gone", test_caller_gone);
	TEST("watch", test_watch);
	TEST("freed", test_service_freed);
	TEST("last-call", test_last_call);
	g_test_add("/bus/service/last-call-of-known", BusFixture, "known", bus_fixture_set_up,
		test_last_call, bus_fixture_tear_down);
	g_test_add("/bus/service/last-call-that-waits", BusFixture, "asked", bus_fixture_set_up,
		test_last_call, bus_fixture_tear_down);
	TEST("bus-lost", test_bus_lost);
	TEST("properties", test_properties);
	TEST("read", test_read);
	TEST("refresh", test_refresh);
	TEST("second", test_second);
	TEST("other-user", test_other_user);
	TEST("client-signals", test_client_signals);
	return g_test_run();
}
