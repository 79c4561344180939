/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-fixture.h"

#include "service-private.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

/* Every method of the interface: through the client, over a bus, into its handler and back; and
 * what Introspect answers is the XML. */

typedef struct {
	const char *method;
	const char *arguments; /* NULL: none */
	const char *reply_type;
	const char *log;
	const char *reply; /* as text, or the error's sentence */
	gint code;         /* -1: no error */
} Row;

static const Row rows[] = {
	{"List", "(['held'], 'm0', uint32 20)", "(aa{sv})", "List (['held'], 'm0', 20);",
		"([{'id': <'m1'>}, {'id': <'m2'>}],)", -1},
	{"Get", "('m1',)", "(a{sv})", "Get ('m1',);", "({'id': <'m1'>, 'size': <uint64 2048>},)",
		-1},
	{"Change", "('hold', ['m1', 'm3'], @a{sv} {})", "(a(sss))",
		"Change ('hold', ['m1', 'm3'], {});",
		"([('m3', 'org.roampost.Error.State', 'not now')],)", -1},
	{"Change", "('pin', ['m1'], {'set': <'odn'>})", "(a(sss))",
		"Change ('pin', ['m1'], {'set': <'odn'>});",
		"([('m3', 'org.roampost.Error.State', 'not now')],)", -1},
	{"Amend", "('m1', {'sender': <'a@b'>, 'recipients': <['c@d']>, 'pin': <''>})", "(a{sv})",
		"Amend ('m1', {'sender': <'a@b'>, 'recipients': <['c@d']>, 'pin': <''>});",
		"({'id': <'m1'>},)", -1},
	{"Explain", "('m1',)", "(aa{sv})", "Explain ('m1',);", "(@aa{sv} [],)", -1},
	{"Simulate", "({'size': <uint64 9>},)", "(a{sv})", "Simulate ({'size': <uint64 9>},);",
		"({'verdict': <'hold'>},)", -1},
	{"Lookup", "('203.0.113.7',)", "(as)", "Lookup ('203.0.113.7',);", "(['odn', 'sonet'],)",
		-1},
	{"Check", "(['odn'],)", "()", "Check (['odn'],);", "()", -1},
	{"Find", "({'text': <'x'>}, 'm1', uint32 5)", "(aa{sv}tb)",
		"Find ({'text': <'x'>}, 'm1', 5);", "(@aa{sv} [], uint64 7, false)", -1},
	{"History", "(@a{sv} {}, uint64 9, uint32 5)", "(aa{sv})", "History ({}, 9, 5);",
		"(@aa{sv} [],)", -1},
	{"Pause", "(true,)", "()", "Pause (true,);", "()", -1},
	{"UseSet", "('odn', true)", "()", "UseSet ('odn', true);", "()", -1},
	{"Learn", "('odn',)", "()", "Learn ('odn',);", "()", -1},
	{"Forget", "('failures',)", "()", "Forget ('failures',);", "()", -1},
	{"Dial", "('odn',)", "()", "Dial ('odn',);", "()", -1},
	{"Cancel", "('m1',)", "()", "Cancel ('m1',);", "()", -1},
	{"Watch", "(false,)", "()", "Watch (false,);", "()", -1},
	{"HangUp", NULL, "()", "HangUp ();", "()", -1},
	{"Reload", NULL, "()", "Reload ();", "()", -1},
	/* What is refused does not come to a handler. */
	{"Amend", "('m1', {'subject': <'x'>})", "(a{sv})", "",
		"there is no option “subject”; there are: sender s;recipients as;pin "
		"s;not-before x",
		RP_ERROR_INVALID},
	{"Amend", "('m1', {'sender s;recipients': <['x']>})", "(a{sv})", "",
		"there is no option “sender s;recipients”; there are: sender s;recipients as;pin "
		"s;not-before x",
		RP_ERROR_INVALID},
	{"Amend", "('m1', {'recipients': <'c@d'>})", "(a{sv})", "",
		"the option “recipients” is of type as, not s", RP_ERROR_INVALID},
	{"Amend", "('m1', {'pin': <'a'>, 'pin': <'b'>})", "(a{sv})", "",
		"the option “pin” is given twice", RP_ERROR_INVALID},
	{"Change", "('hold', ['m1'], {'sender': <'a@b'>})", "(a(sss))", "",
		"there is no option “sender”; there are: set s", RP_ERROR_INVALID},
	{"Nothing", NULL, "()", "", NULL, RP_ERROR_INVALID},
	{"Reload", "('x',)", "()", "", NULL, RP_ERROR_INVALID},
	{"UseSet", "('odn',)", "()", "", NULL, RP_ERROR_INVALID},
	{"Lookup", "('x',)", "(u)", "Lookup ('x',);", NULL, RP_ERROR_IO},
};

static gpointer
check_row(gpointer data)
{
	const Row *row = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(RpBusClient) client = rp_bus_client_new(&error);
	g_assert_no_error(error);
	GVariant *arguments = row->arguments != NULL ? g_variant_new_parsed(row->arguments) : NULL;
	g_autoptr(GVariant) reply =
		rp_bus_client_call(client, row->method, arguments, row->reply_type, &error);
	if (row->code >= 0) {
		g_assert_error(error, RP_ERROR, row->code);
		if (row->reply != NULL)
			g_assert_cmpstr(error->message, ==, row->reply);
		return NULL;
	}
	g_assert_no_error(error);
	g_autofree char *text = g_variant_print(reply, FALSE);
	g_autoptr(GVariant) want = g_variant_ref_sink(g_variant_new_parsed(row->reply));
	g_autofree char *want_text = g_variant_print(want, FALSE);
	g_assert_cmpstr(text, ==, want_text);
	return NULL;
}

static void
test_methods(BusFixture *fixture, gconstpointer data)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s %s", rows[i].method, rows[i].arguments);
		g_string_truncate(fixture->log, 0);
		bus_fixture_beside(check_row, (gpointer)&rows[i]);
		g_assert_cmpstr(fixture->log->str, ==, rows[i].log);
	}
}

/* ---- descriptors ---- */

static DBusMessage *
call_raw(DBusMessage *message)
{
	RpDBus *bus = rp_dbus_new_session();
	g_autoptr(GError) error = NULL;
	rp_dbus_connect_sync(bus, 60000, &error);
	g_assert_no_error(error);
	DBusMessage *reply = rp_dbus_call_sync(bus, message, 60000, NULL, &error);
	g_assert_no_error(error);
	rp_dbus_unref(bus);
	return reply;
}

static gpointer
submit(gpointer data)
{
	int ends[2];
	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_cmpint(write(ends[1], "Hello", 5), ==, 5);
	close(ends[1]);
	DBusMessage *message =
		dbus_message_new_method_call(RP_BUS_NAME, RP_BUS_PATH, RP_BUS_INTERFACE, "Submit");
	dbus_message_append_args(message, DBUS_TYPE_UNIX_FD, &ends[0], DBUS_TYPE_INVALID);
	rp_bus_values_append(message,
		g_variant_new_parsed("('taro@odn.example', ['a@b', 'c@d'], {'set': <'odn'>})"));
	close(ends[0]);
	g_autoptr(RpDBusMessage) reply = call_raw(message);
	const char *id = NULL;
	g_assert_true(dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &id, DBUS_TYPE_INVALID));
	g_assert_cmpstr(id, ==, "m1");
	return NULL;
}

static gpointer
open_message(gpointer data)
{
	DBusMessage *message =
		dbus_message_new_method_call(RP_BUS_NAME, RP_BUS_PATH, RP_BUS_INTERFACE, "Open");
	rp_bus_values_append(message, g_variant_new("(s)", "m1"));
	g_autoptr(RpDBusMessage) reply = call_raw(message);
	g_auto(RpFd) fd = -1;
	char text[8] = "";
	g_assert_true(
		dbus_message_get_args(reply, NULL, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID));
	g_assert_cmpint(read(fd, text, sizeof text), ==, 4);
	g_assert_cmpstr(text, ==, "text");
	return NULL;
}

static guint
count_descriptors(void)
{
	g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
	guint n = 0;
	while (g_dir_read_name(dir) != NULL)
		n++;
	return n;
}

static void
test_descriptors(BusFixture *fixture, gconstpointer data)
{
	bus_fixture_beside(submit, NULL);
	bus_fixture_beside(open_message, NULL);
	g_assert_cmpstr(fixture->log->str, ==,
		"Submit (0, 'taro@odn.example', ['a@b', 'c@d'], {'set': <'odn'>});[Hello];"
		"Open ('m1',);");
	private_bus_settle(fixture->daemon); /* the clients' connections end */
	guint before = count_descriptors();
	for (guint i = 0; i < 5; i++) {
		bus_fixture_beside(submit, NULL);
		bus_fixture_beside(open_message, NULL);
	}
	private_bus_settle(fixture->daemon);
	g_assert_cmpuint(count_descriptors(), ==, before);
}

/* ---- the XML ---- */

static GDBusNodeInfo *
parse(const char *xml)
{
	g_autoptr(GError) error = NULL;
	GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(xml, &error);
	g_assert_no_error(error);
	return node;
}

static gpointer
introspect(gpointer data)
{
	const char *xml = NULL;
	g_autoptr(RpDBusMessage) reply = call_raw(dbus_message_new_method_call(
		RP_BUS_NAME, RP_BUS_PATH, "org.freedesktop.DBus.Introspectable", "Introspect"));
	g_assert_true(
		dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &xml, DBUS_TYPE_INVALID));
	return g_strdup(xml);
}

static char *
normal_form(const char *xml)
{
	g_autoptr(GDBusNodeInfo) node = parse(xml);
	GString *text = g_string_new(NULL);
	g_dbus_interface_info_generate_xml(
		g_dbus_node_info_lookup_interface(node, RP_BUS_INTERFACE), 0, text);
	return g_string_free(text, FALSE);
}

static void
test_introspection(BusFixture *fixture, gconstpointer data)
{
	g_autofree char *file = NULL;
	g_assert_true(g_file_get_contents(RP_INTERFACE_XML, &file, NULL, NULL));
	g_autofree char *answer = bus_fixture_beside(introspect, NULL);
	g_autofree char *got = normal_form(answer);
	g_autofree char *want = normal_form(file);
	g_assert_cmpstr(got, ==, want);
	g_assert_null(strstr(answer, "doc:"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name, func)                                                                           \
	g_test_add("/bus/methods/" name, BusFixture, NULL, bus_fixture_set_up, func,               \
		bus_fixture_tear_down)
	TEST("each", test_methods);
	TEST("descriptors", test_descriptors);
	TEST("introspection", test_introspection);
	return g_test_run();
}
