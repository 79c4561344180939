/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-fixture.h"
#include "roampost/base.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <sys/file.h>
#include <unistd.h>

/* The agent's end takes as long as its last writes, and the main loop turns meanwhile. The test
 * keeps the queue's turn, so that a write is under way for as long as it wants: whatever comes
 * during that time is answered, and harms nothing. */

#define UNAVAILABLE "org.roampost.Error.Unavailable"

typedef struct {
	BusFixture bus;
	RpFd turn;
	guint n_waiting; /* calls without an answer */
	void (*meanwhile)(Fixture *f);
} Shutdown;

typedef struct {
	const char *method;
	const char *arguments; /* NULL: none; %s is a message's id */
} Row;

/* Every method of the interface. */
static const Row rows[] = {
	{"List", "(@as [], '', uint32 0)"},
	{"Find", "(@a{sv} {}, '', uint32 0)"},
	{"History", "(@a{sv} {}, uint64 0, uint32 0)"},
	{"Get", "('%s',)"},
	{"Open", "('%s',)"},
	{"Submit", "(@h 0, '', ['a@b.example'], @a{sv} {})"},
	{"Change", "('flush', @as [], @a{sv} {})"},
	{"Change", "('hold', ['%s'], @a{sv} {})"},
	{"Change", "('delete', ['%s'], @a{sv} {})"},
	{"Change", "('pin', ['%s'], {'set': <'odn'>})"},
	{"Amend", "('%s', {'sender': <'hanako@sonet.example'>})"},
	{"Explain", "('%s',)"},
	{"Simulate", "({'at': <['203.0.113.7']>},)"},
	{"Lookup", "('203.0.113.7',)"},
	{"Cancel", "('%s',)"},
	{"Watch", "(true,)"},
	{"Check", "(@as [],)"},
	{"UseSet", "('odn', true)"},
	{"Pause", "(true,)"},
	{"Learn", "('odn',)"},
	{"Forget", "('failures',)"},
	{"Dial", "('odn',)"},
	{"HangUp", NULL},
	{"SetLanguages", "(['ja'],)"},
	{"Reload", NULL},
};

/* ---- the bench ---- */

static void
set_up_shutdown(Shutdown *t, gconstpointer data)
{
	set_up_bus(&t->bus, NULL);
	t->turn = -1;
}

static void
tear_down_shutdown(Shutdown *t, gconstpointer data)
{
	tear_down_bus(&t->bus, NULL);
	rp_fd_clear(&t->turn);
}

/* Takes the queue's turn from the agent, and gives it something to write: it can't end before the
 * turn is given back. */
static void
keep_it_writing(Shutdown *t)
{
	g_autofree char *path = g_build_filename(t->bus.agent.dir, "turn", NULL);
	g_autoptr(RpNetwork) network = rp_network_new();
	RpLink *link = rp_link_new("ppp0", RP_LINK_PPP);
	RpAddress address;

	t->turn = open(path, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(flock(t->turn, LOCK_EX), ==, 0);
	g_assert_true(rp_address_parse("203.0.113.7", &address));
	rp_link_add_address(link, &address);
	link->default_route_ipv4 = TRUE;
	rp_network_add_link(network, link);
	rp_agent_set_network(
		t->bus.agent.agent, network); /* a new place: waits end, on the disk too */
}

static void
on_answer(GObject *source, GAsyncResult *result, gpointer user)
{
	Shutdown *t = user;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish(
		G_DBUS_CONNECTION(source), NULL, result, &error);
	g_autofree char *name = error ? g_dbus_error_get_remote_error(error) : NULL;

	g_assert_null(reply);
	g_assert_cmpstr(name, ==, UNAVAILABLE);
	t->n_waiting--;
}

static void
call_method(Shutdown *t, const Row *row, RpMessageId id)
{
	g_autoptr(GUnixFDList) descriptors = g_unix_fd_list_new();
	g_autoptr(GVariant) parsed = NULL;
	char text[RP_MESSAGE_ID_SIZE];

	g_test_message("%s", row->method);
	g_unix_fd_list_append(descriptors, STDIN_FILENO, NULL);
	if (row->arguments) {
		g_auto(GStrv) parts = g_strsplit(row->arguments, "%s", 2);
		g_autofree char *all = g_strjoinv(rp_message_id_format(id, text), parts);

		parsed = g_variant_ref_sink(g_variant_new_parsed(all));
	}
	t->n_waiting++;
	g_dbus_connection_call_with_unix_fd_list(t->bus.caller, RP_BUS_NAME, RP_BUS_PATH,
		RP_BUS_INTERFACE, row->method, parsed, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, 10000,
		g_str_equal(row->method, "Submit") ? descriptors : NULL, NULL, on_answer, t);
}

/* Properties are answered to the last: all calls that were made before have arrived. */
static void
ask_version(Shutdown *t, GAsyncReadyCallback answered, gpointer user)
{
	g_dbus_connection_call(t->bus.caller, RP_BUS_NAME, RP_BUS_PATH,
		"org.freedesktop.DBus.Properties", "Get",
		g_variant_new("(ss)", RP_BUS_INTERFACE, "Version"), NULL,
		G_DBUS_CALL_FLAGS_NO_AUTO_START, 10000, NULL, answered, user);
}

static void
end(Shutdown *t)
{
	rp_agent_free(t->bus.agent.agent);
	t->bus.agent.agent = NULL;
	run_until(t->n_waiting == 0);
}

static void
on_all_arrived(GObject *source, GAsyncResult *result, gpointer user)
{
	Shutdown *t = user;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	g_assert_no_error(error);
	if (t->meanwhile)
		t->meanwhile(&t->bus.agent);
	rp_fd_clear(&t->turn);
}

static void
end_when_all_arrived(Shutdown *t)
{
	ask_version(t, on_all_arrived, t);
	end(t);
	g_assert_cmpint(t->turn, <, 0);
}

/* ---- the tests ---- */

static void
test_methods(Shutdown *t, gconstpointer data)
{
	RpMessageId id = submit(&t->bus.agent, "taro@odn.example", "x@elsewhere.example");

	keep_it_writing(t);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		call_method(t, &rows[i], id);
	end_when_all_arrived(t);
	assert_state(&t->bus.agent, id, "queued"); /* not deleted, held, ... */
}

/* ---- what was begun before the end ---- */

typedef struct {
	Shutdown *t;
	const char *method;
	char *id; /* Submit's answer */
} Begun;

static void
on_begun_answered(GObject *source, GAsyncResult *result, gpointer user)
{
	Begun *begun = user;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish(
		G_DBUS_CONNECTION(source), NULL, result, &error);

	g_test_message("%s", begun->method);
	g_assert_no_error(error);
	if (g_variant_is_of_type(reply, G_VARIANT_TYPE("(s)")))
		g_variant_get(reply, "(s)", &begun->id);
	begun->t->n_waiting--;
}

static void
begin_method(Begun *begun, GVariant *arguments, GUnixFDList *descriptors)
{
	begun->t->n_waiting++;
	g_dbus_connection_call_with_unix_fd_list(begun->t->bus.caller, RP_BUS_NAME, RP_BUS_PATH,
		RP_BUS_INTERFACE, begun->method, arguments, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
		10000, descriptors, NULL, on_begun_answered, begun);
}

static void
begin_submit(Begun *begun, int message)
{
	g_autoptr(GUnixFDList) descriptors = g_unix_fd_list_new();

	g_unix_fd_list_append(descriptors, message, NULL);
	begin_method(begun,
		g_variant_new_parsed("(@h 0, 'taro@odn.example', ['b@c.example'], @a{sv} {})"),
		descriptors);
}

static void
on_version(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);

	g_assert_nonnull(reply);
	*(gboolean *)user = TRUE;
}

static void
wait_until_begun(Shutdown *t)
{
	gboolean arrived = FALSE;

	ask_version(t, on_version, &arrived);
	run_until(arrived);
}

static gboolean
finish_message(gpointer user)
{
	rp_fd_clear(user);
	return G_SOURCE_REMOVE;
}

/* Its message ends only when the loop has nothing more pressing to do. */
static void
test_begun(Shutdown *t, gconstpointer data)
{
	RpMessageId id = submit(&t->bus.agent, "taro@odn.example", "x@elsewhere.example");
	Begun hold = {t, "Change", NULL}, submitted = {t, "Submit", NULL};
	char text[RP_MESSAGE_ID_SIZE];
	const char *ids[] = {rp_message_id_format(id, text), NULL};
	RpMessageId new_id = 0;
	RpFd ends[2];

	g_assert_true(g_unix_open_pipe(ends, FD_CLOEXEC, NULL));
	g_assert_cmpint(write(ends[1], "Subject: x\n\nx\n", 15), ==, 15);
	keep_it_writing(t);
	begin_method(&hold, g_variant_new("(s^asa{sv})", "hold", ids, NULL), NULL);
	begin_submit(&submitted, ends[0]);
	wait_until_begun(t);
	rp_fd_clear(&t->turn);
	g_idle_add_full(G_PRIORITY_LOW, finish_message, &ends[1], NULL);
	end(t);
	assert_state(&t->bus.agent, id, "held");
	g_assert_true(rp_queue_resolve(t->bus.agent.reader, submitted.id, &new_id, NULL));
	g_free(submitted.id);
	rp_fd_clear(&ends[0]);
}

/* The table has every method that there is. */
static void
test_table(void)
{
	g_autofree char *xml = NULL;
	g_autoptr(GDBusNodeInfo) node = NULL;
	GDBusInterfaceInfo *interface;

	g_assert_true(g_file_get_contents(RP_INTERFACE_XML, &xml, NULL, NULL));
	node = g_dbus_node_info_new_for_xml(xml, NULL);
	interface = g_dbus_node_info_lookup_interface(node, RP_BUS_INTERFACE);
	g_assert_nonnull(interface);
	for (guint i = 0; interface->methods[i]; i++) {
		guint row = 0;

		while (row < G_N_ELEMENTS(rows) &&
			!g_str_equal(rows[row].method, interface->methods[i]->name))
			row++;
		g_test_message("%s", interface->methods[i]->name);
		g_assert_cmpuint(row, <, G_N_ELEMENTS(rows));
	}
}

static void
clock_is_set_back(Fixture *f)
{
	/* Everything is due, and makes another write. */
	test_time -= G_TIME_SPAN_DAY;
	rp_agent_clock_changed(f->agent, -G_TIME_SPAN_DAY);
}

static void
mail_comes(Fixture *f)
{
	g_autofree char *path = g_build_filename(f->dir, "bell", NULL);
	g_auto(RpFd) bell = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	g_assert_cmpint(write(bell, "x", 1), ==, 1);
}

static void
bus_goes(Fixture *f)
{
	private_bus_stop(((BusFixture *)f)->daemon);
}

static const struct {
	const char *what;
	void (*meanwhile)(Fixture *f);
} events[] = {
	{"the clock is set back", clock_is_set_back},
	{"the bell rings", mail_comes},
	{"the session bus ends", bus_goes},
};

static void
test_event(Shutdown *t, gconstpointer data)
{
	t->meanwhile = events[GPOINTER_TO_UINT(data)].meanwhile;
	keep_it_writing(t);
	end_when_all_arrived(t);
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
	g_test_add_func("/shutdown/table", test_table);
	g_test_add(
		"/shutdown/begun", Shutdown, NULL, set_up_shutdown, test_begun, tear_down_shutdown);
	g_test_add("/shutdown/methods", Shutdown, NULL, set_up_shutdown, test_methods,
		tear_down_shutdown);
	for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
		g_autofree char *name = g_strdup_printf("/shutdown/%s", events[i].what);

		g_test_add(name, Shutdown, GUINT_TO_POINTER(i), set_up_shutdown, test_event,
			tear_down_shutdown);
	}
	return g_test_run();
}
