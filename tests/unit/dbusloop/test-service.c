/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/dbusloop.h"

#include "private-bus.h"

#include <string.h>

/* What a service of ours looks like from outside. */

typedef struct {
	RpDBus *bus;
	RpDBus *client;
	PrivateBus *daemon;
	RpDBusObject *object;
	DBusMessage *kept; /* a call that is answered later */
	guint count;
} Fixture;

static void
handle_echo(DBusMessage *call, gpointer user_data)
{
	Fixture *fixture = user_data;
	const char *text = NULL;
	dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
	rp_dbus_reply_args(fixture->bus, call, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
}

static void
handle_fail(DBusMessage *call, gpointer user_data)
{
	Fixture *fixture = user_data;
	rp_dbus_reply_error(fixture->bus, call, "test.Error.Failed", "it is %s", "broken\xff");
}

static void
handle_later(DBusMessage *call, gpointer user_data)
{
	((Fixture *)user_data)->kept = dbus_message_ref(call);
}

static void
get_count(DBusMessageIter *value, const RpDBusProperty *property, gpointer user_data)
{
	dbus_uint32_t count = ((Fixture *)user_data)->count;
	dbus_message_iter_append_basic(value, DBUS_TYPE_UINT32, &count);
}

static void
get_place(DBusMessageIter *value, const RpDBusProperty *property, gpointer user_data)
{
	DBusMessageIter dict;
	rp_dbus_dict_open(value, &dict);
	rp_dbus_dict_string(&dict, "interface", "ppp0");
	rp_dbus_dict_close(value, &dict);
}

static const RpDBusMethod methods[] = {
	{"test.Service", "Echo", "s", handle_echo},
	{"test.Service", "Fail", "", handle_fail},
	{"test.Service", "Later", "", handle_later},
	{NULL},
};
static const RpDBusProperty properties[] = {
	{"test.Service", "Count", "u", get_count},
	{"test.Service", "Place", "a{sv}", get_place},
	{"test.Service", "Links", "a{sv}", get_place, TRUE},
	{"test.Other", "Count", "u", get_count},
	{NULL},
};
static const RpDBusObjectInfo info = {
	"/test/Service",
	"<node>\n  <interface name=\"test.Service\"/>\n</node>\n",
	methods,
	properties,
};

static void
set_up(Fixture *fixture, gconstpointer data)
{
	fixture->daemon = private_bus_new(NULL);
	private_bus_start(fixture->daemon);
	fixture->bus = rp_dbus_new_address(private_bus_address(fixture->daemon));
	fixture->client = rp_dbus_new_address(private_bus_address(fixture->daemon));
	fixture->object = rp_dbus_export(fixture->bus, &info, fixture);
	run_until(rp_dbus_is_connected(fixture->bus) && rp_dbus_is_connected(fixture->client));
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	rp_dbus_object_free(fixture->object);
	g_clear_pointer(&fixture->kept, dbus_message_unref);
	rp_dbus_unref(fixture->bus);
	rp_dbus_unref(fixture->client);
	private_bus_free(fixture->daemon);
}

static void
on_reply(DBusMessage *reply, const GError *error, gpointer user_data)
{
	DBusMessage **slot = user_data;
	g_assert_nonnull(reply);
	*slot = dbus_message_ref(reply);
}

static DBusMessage *
ask(Fixture *fixture, const char *interface, const char *method, int first_type, ...)
{
	DBusMessage *reply = NULL;
	DBusMessage *message = dbus_message_new_method_call(
		rp_dbus_unique_name(fixture->bus), info.path, interface, method);
	va_list arguments;
	va_start(arguments, first_type);
	dbus_message_append_args_valist(message, first_type, arguments);
	va_end(arguments);
	g_autoptr(RpDBusCall) call = rp_dbus_call(fixture->client, message, -1, on_reply, &reply);
	run_until(reply || fixture->kept);
	if (fixture->kept) {
		rp_dbus_reply_args(fixture->bus, fixture->kept, DBUS_TYPE_INVALID);
		run_until(reply);
	}
	return reply;
}

static void
test_methods(Fixture *fixture, gconstpointer data)
{
	static const struct {
		const char *interface;
		const char *method;
		gboolean argument;
		const char *error; /* NULL: a reply */
		const char *signature;
	} rows[] = {
		{"test.Service", "Echo", TRUE, NULL, "s"},
		{NULL, "Echo", TRUE, NULL, "s"},
		{"test.Service", "Echo", FALSE, DBUS_ERROR_INVALID_ARGS, "s"},
		{"test.Service", "Fail", FALSE, "test.Error.Failed", "s"},
		{"test.Service", "Fail", TRUE, DBUS_ERROR_INVALID_ARGS, "s"},
		{"test.Service", "NoSuch", FALSE, DBUS_ERROR_UNKNOWN_METHOD, "s"},
		{"test.Wrong", "Echo", TRUE, DBUS_ERROR_UNKNOWN_METHOD, "s"},
		{"test.Service", "Later", FALSE, NULL, ""},
		{DBUS_INTERFACE_PEER, "Ping", FALSE, NULL, ""},
		{DBUS_INTERFACE_PROPERTIES, "GetAll", TRUE, NULL, "a{sv}"},
		{DBUS_INTERFACE_PROPERTIES, "Get", TRUE, DBUS_ERROR_INVALID_ARGS, "s"},
	};
	const char *text = "text";
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		int type = rows[i].argument ? DBUS_TYPE_STRING : DBUS_TYPE_INVALID;
		g_autoptr(RpDBusMessage) reply = ask(
			fixture, rows[i].interface, rows[i].method, type, &text, DBUS_TYPE_INVALID);
		g_clear_pointer(&fixture->kept, dbus_message_unref);
		g_assert_cmpstr(dbus_message_get_error_name(reply), ==, rows[i].error);
		g_assert_cmpstr(dbus_message_get_signature(reply), ==, rows[i].signature);
	}
}

static void
test_introspect(Fixture *fixture, gconstpointer data)
{
	const char *xml = NULL;
	g_autoptr(RpDBusMessage) reply =
		ask(fixture, DBUS_INTERFACE_INTROSPECTABLE, "Introspect", DBUS_TYPE_INVALID);
	g_assert_true(
		dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &xml, DBUS_TYPE_INVALID));
	g_assert_nonnull(strstr(xml, "\"test.Service\""));
	g_assert_nonnull(strstr(xml, "org.freedesktop.DBus.Properties"));
	g_assert_true(g_str_has_suffix(xml, "</interface>\n</node>\n"));
}

static void
test_get(Fixture *fixture, gconstpointer data)
{
	const char *interface = data ? data : "test.Service", *name = "Count", *absent = "Absent";
	DBusMessageIter iter, value;
	dbus_uint32_t count = 0;
	fixture->count = 7;
	g_autoptr(RpDBusMessage) reply = ask(fixture, DBUS_INTERFACE_PROPERTIES, "Get",
		DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
	g_assert_true(dbus_message_iter_init(reply, &iter));
	dbus_message_iter_recurse(&iter, &value);
	dbus_message_iter_get_basic(&value, &count);
	g_assert_cmpuint(count, ==, 7);
	g_autoptr(RpDBusMessage) unknown = ask(fixture, DBUS_INTERFACE_PROPERTIES, "Get",
		DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &absent, DBUS_TYPE_INVALID);
	g_assert_cmpstr(dbus_message_get_error_name(unknown), ==, DBUS_ERROR_UNKNOWN_PROPERTY);
}

static void
note_signal(DBusMessage *signal, gpointer user_data)
{
	GString *seen = user_data;
	DBusMessageIter iter, dict, value;
	const char *key = NULL;
	g_string_append_printf(seen, "%s(", dbus_message_get_member(signal));
	if (dbus_message_iter_init(signal, &iter) && dbus_message_iter_next(&iter)) {
		dbus_message_iter_recurse(&iter, &dict);
		while (rp_dbus_dict_next(&dict, &key, &value))
			g_string_append_printf(
				seen, "%s:%c ", key, dbus_message_iter_get_arg_type(&value));
		if (dbus_message_iter_next(&iter))
			for (dbus_message_iter_recurse(&iter, &dict);
				dbus_message_iter_get_arg_type(&dict) == DBUS_TYPE_STRING;
				dbus_message_iter_next(&dict)) {
				dbus_message_iter_get_basic(&dict, &key);
				g_string_append_printf(seen, "-%s ", key);
			}
	}
	g_string_append(seen, ") ");
}

static void
test_changed(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GString) seen = g_string_new(NULL);
	const char *text = "x";
	RpDBusMatch match = {.path = info.path};
	g_autoptr(RpDBusSubscription) subscription =
		rp_dbus_subscribe(fixture->client, &match, note_signal, seen);
	private_bus_settle(fixture->daemon);
	rp_dbus_object_changed(fixture->object, "test.Service", "Count");
	rp_dbus_object_changed(fixture->object, "test.Other", "Count");
	rp_dbus_object_changed(fixture->object, "test.Service", "Links");
	rp_dbus_object_changed(fixture->object, "test.Service", "Place");
	rp_dbus_object_changed(fixture->object, "test.Service", "Count");
	rp_dbus_object_emit(fixture->object, "test.Service", "Happened", DBUS_TYPE_STRING, &text,
		DBUS_TYPE_INVALID);
	rp_dbus_object_changed(fixture->object, "test.Service", "Count");
	static const char want[] =
		"PropertiesChanged(Count:u Place:a -Links ) PropertiesChanged(Count:u ) "
		"Happened() PropertiesChanged(Count:u ) ";
	run_until(seen->len >= sizeof want - 1);
	g_assert_cmpstr(seen->str, ==, want);
	g_assert_true(loop_is_asleep());
}

static void
test_after_restart(Fixture *fixture, gconstpointer data)
{
	const char *text = "again";
	private_bus_stop(fixture->daemon);
	run_until(!rp_dbus_is_connected(fixture->bus) && !rp_dbus_is_connected(fixture->client));
	rp_dbus_object_changed(fixture->object, "test.Service", "Count"); /* nobody hears it */
	private_bus_start(fixture->daemon);
	run_until(rp_dbus_is_connected(fixture->bus) && rp_dbus_is_connected(fixture->client));
	g_autoptr(RpDBusMessage) reply =
		ask(fixture, "test.Service", "Echo", DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
	g_assert_null(dbus_message_get_error_name(reply));
	g_clear_pointer(&fixture->object, rp_dbus_object_free);
	g_autoptr(RpDBusMessage) gone =
		ask(fixture, "test.Service", "Echo", DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
	g_assert_cmpstr(dbus_message_get_error_name(gone), ==, DBUS_ERROR_UNKNOWN_METHOD);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	static const struct {
		const char *path;
		void (*func)(Fixture *fixture, gconstpointer data);
	} tests[] = {
		{"/dbusloop/methods", test_methods},
		{"/dbusloop/introspect", test_introspect},
		{"/dbusloop/get", test_get},
		{"/dbusloop/changed", test_changed},
		{"/dbusloop/after-restart", test_after_restart},
	};
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
	g_test_add("/dbusloop/get-of-any", Fixture, "", set_up, test_get, tear_down);
	return g_test_run();
}
