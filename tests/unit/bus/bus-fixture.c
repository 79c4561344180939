/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-fixture.h"

#include <sys/stat.h>
#include <unistd.h>

/* "Change ('hold', ['a'], {});" */
static void
note(BusFixture *fixture, const char *method, GVariant *arguments)
{
	g_autofree char *shown = g_variant_print(arguments, FALSE);
	g_string_append_printf(fixture->log, "%s %s;", method, shown);
}

/* Notes what it is called with, and answers with a value in text form, NULL for none. */
#define HANDLER(name, method, answer)                                                              \
	static void on_##name(RpBusCall *call, GVariant *arguments, gpointer data)                 \
	{                                                                                          \
		const char *text = answer;                                                         \
		note(data, method, arguments);                                                     \
		rp_bus_call_return(call, text != NULL ? g_variant_new_parsed(text) : NULL);        \
	}

HANDLER(get, "Get", "({'id': <'m1'>, 'size': <uint64 2048>},)")
HANDLER(change, "Change", "([('m3', 'org.roampost.Error.State', 'not now')],)")
HANDLER(amend, "Amend", "({'id': <'m1'>},)")
HANDLER(explain, "Explain", "(@aa{sv} [],)")
HANDLER(simulate, "Simulate", "({'verdict': <'hold'>},)")
HANDLER(cancel, "Cancel", NULL)
HANDLER(lookup, "Lookup", "(['odn', 'sonet'],)")
HANDLER(check, "Check", NULL)
HANDLER(find, "Find", "(@aa{sv} [], uint64 7, false)")
HANDLER(history, "History", "(@aa{sv} [],)")
HANDLER(pause, "Pause", NULL)
HANDLER(use_set, "UseSet", NULL)
HANDLER(learn, "Learn", NULL)
HANDLER(forget, "Forget", NULL)
HANDLER(dial, "Dial", NULL)
HANDLER(hang_up, "HangUp", NULL)

static void
on_list(RpBusCall *call, GVariant *arguments, gpointer data)
{
	BusFixture *fixture = data;
	note(fixture, "List", arguments);
	rp_bus_call_return(
		call, fixture->list != NULL
			      ? fixture->list
			      : g_variant_new_parsed("([{'id': <'m1'>}, {'id': <'m2'>}],)"));
}

static void
on_reload(RpBusCall *call, GVariant *arguments, gpointer data)
{
	BusFixture *fixture = data;
	note(fixture, "Reload", arguments);
	if (fixture->keep)
		fixture->kept = call;
	else if (fixture->fail_with != NULL)
		rp_bus_call_fail(call, g_steal_pointer(&fixture->fail_with));
	else
		rp_bus_call_return(call, NULL);
}

static void
on_submit(RpBusCall *call, GVariant *arguments, gpointer data)
{
	BusFixture *fixture = data;
	g_auto(RpFd) fd = rp_bus_call_take_fd(call);
	char text[64] = "";
	note(fixture, "Submit", arguments);
	g_assert_cmpint(read(fd, text, sizeof text - 1), >, 0);
	g_string_append_printf(fixture->log, "[%s];", text);
	rp_bus_call_return(call, g_variant_new("(s)", "m1"));
}

static void
on_open(RpBusCall *call, GVariant *arguments, gpointer data)
{
	int ends[2];
	note(data, "Open", arguments);
	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_cmpint(write(ends[1], "text", 4), ==, 4);
	close(ends[1]);
	rp_bus_call_return_fd(call, ends[0]);
}

static void
on_watch(RpBusCall *call, GVariant *arguments, gpointer data)
{
	gboolean watches;

	note(data, "Watch", arguments);
	g_variant_get(arguments, "(b)", &watches);
	rp_bus_service_watch(((BusFixture *)data)->service, call, watches);
	rp_bus_call_return(call, NULL);
}

static const RpBusHandler handlers[] = {
	{"List", on_list},
	{"Get", on_get},
	{"Open", on_open},
	{"Submit", on_submit},
	{"Change", on_change},
	{"Amend", on_amend},
	{"Explain", on_explain},
	{"Simulate", on_simulate},
	{"Lookup", on_lookup},
	{"Cancel", on_cancel},
	{"Watch", on_watch},
	{"Check", on_check},
	{"Find", on_find},
	{"History", on_history},
	{"Pause", on_pause},
	{"UseSet", on_use_set},
	{"Learn", on_learn},
	{"Forget", on_forget},
	{"Dial", on_dial},
	{"HangUp", on_hang_up},
	{"Reload", on_reload},
	{NULL},
};

static GVariant *
on_read(const char *property, gpointer data)
{
	BusFixture *fixture = data;
	fixture->reads++;
	return g_variant_new_parsed(fixture->read_answer != NULL && g_str_equal(property, "Sets")
					    ? fixture->read_answer
					    : "@aa{sv} []");
}

static void
on_state(RpBusState state, gpointer data)
{
	((BusFixture *)data)->states++;
}

static void
on_watched(gboolean any, gpointer data)
{
	g_string_append(((BusFixture *)data)->log, any ? "watched;" : "not watched;");
}

const RpBusEvents bus_fixture_events = {handlers, on_read, on_state, on_watched};

void
bus_fixture_set_up(BusFixture *fixture, gconstpointer data)
{
	fixture->daemon = private_bus_new(NULL);
	fixture->log = g_string_new(NULL);
	private_bus_start(fixture->daemon);
	g_assert_true(chmod(private_bus_directory(fixture->daemon), 0755) == 0);
	g_setenv("DBUS_SESSION_BUS_ADDRESS", private_bus_address(fixture->daemon), TRUE);
	fixture->service = rp_bus_service_new(&bus_fixture_events, fixture);
	rp_bus_service_set(fixture->service, "Version", g_variant_new_string("1.2.3"));
	run_until(rp_bus_service_state(fixture->service) == RP_BUS_OWNED);
}

void
bus_fixture_tear_down(BusFixture *fixture, gconstpointer data)
{
	rp_bus_service_free(fixture->service);
	private_bus_free(fixture->daemon);
	g_string_free(fixture->log, TRUE);
	g_clear_error(&fixture->fail_with);
}

typedef struct {
	GThreadFunc func;
	gpointer data;
	gpointer result;
	gboolean done; /* set on the main thread */
} Beside;

static gboolean
on_done(gpointer data)
{
	((Beside *)data)->done = TRUE;
	return G_SOURCE_REMOVE;
}

static gpointer
run_beside(gpointer data)
{
	Beside *beside = data;
	g_autoptr(GMainContext) context = g_main_context_new();
	g_main_context_push_thread_default(context);
	beside->result = beside->func(beside->data);
	g_main_context_pop_thread_default(context);
	g_main_context_invoke(NULL, on_done, beside);
	return NULL;
}

gpointer
bus_fixture_beside(GThreadFunc func, gpointer data)
{
	Beside beside = {func, data, NULL, FALSE};
	GThread *thread = g_thread_new("client", run_beside, &beside);
	run_until(beside.done);
	g_thread_join(thread);
	return beside.result;
}
