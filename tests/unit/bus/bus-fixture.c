/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-fixture.h"

#include <sys/stat.h>
#include <unistd.h>

static void
note(BusFixture *fixture, const char *method, const char *first, const char *const *rest)
{
	g_string_append(fixture->log, method);
	if (first != NULL)
		g_string_append_printf(fixture->log, " %s", first);
	for (; rest != NULL && *rest != NULL; rest++)
		g_string_append_printf(fixture->log, " %s", *rest);
	g_string_append_c(fixture->log, ';');
}

#define PLAIN(name, answer)                                                                        \
	static void on_##name(RpBusCall *call, gpointer data)                                      \
	{                                                                                          \
		note(data, #name, NULL, NULL);                                                     \
		rp_bus_call_return(call, answer);                                                  \
	}
#define NAMED(name, answer)                                                                        \
	static void on_##name(RpBusCall *call, const char *argument, gpointer data)                \
	{                                                                                          \
		note(data, #name, argument, NULL);                                                 \
		rp_bus_call_return(call, answer);                                                  \
	}
#define LISTED(name)                                                                               \
	static void on_##name(RpBusCall *call, const char *const *list, gpointer data)             \
	{                                                                                          \
		note(data, #name, NULL, list);                                                     \
		rp_bus_call_return(call, NULL);                                                    \
	}

PLAIN(hang_up, NULL)
PLAIN(status, g_variant_new("(s)", "{\"agent\": true}"))
PLAIN(where, g_variant_new("(s)", "{}"))
PLAIN(sets, g_variant_new("(s)", "[]"))
NAMED(get, g_variant_new_parsed("({'id': <'m1'>, 'size': <uint64 2048>},)"))
NAMED(explain, g_variant_new("(s)", "{}"))
NAMED(use_set, NULL)
NAMED(keep_set, NULL)
NAMED(learn, NULL)
NAMED(forget, NULL)
NAMED(lookup, g_variant_new_parsed("(['odn', 'sonet'],)"))
NAMED(dial, NULL)
LISTED(flush)
LISTED(check)
LISTED(hold)
LISTED(release)
LISTED(retry)
LISTED(remove)

static void
on_reload(RpBusCall *call, gpointer data)
{
	BusFixture *fixture = data;
	note(fixture, "reload", NULL, NULL);
	if (fixture->keep)
		fixture->kept = call;
	else if (fixture->fail_with != NULL)
		rp_bus_call_fail(call, g_steal_pointer(&fixture->fail_with));
	else
		rp_bus_call_return(call, NULL);
}

static void
on_submit(RpBusCall *call, RpFd message, const char *sender, const char *const *recipients,
	GVariant *options, gpointer data)
{
	g_auto(RpFd) fd = message;
	char text[64] = "";
	g_assert_cmpint(read(fd, text, sizeof text - 1), >, 0);
	g_autofree char *shown = g_variant_print(options, FALSE);
	g_autofree char *first = g_strdup_printf("%s [%s] %s", sender, text, shown);
	note(data, "submit", first, recipients);
	rp_bus_call_return(call, g_variant_new("(s)", "m1"));
}

static void
on_open(RpBusCall *call, const char *id, gpointer data)
{
	int ends[2];
	note(data, "open", id, NULL);
	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_cmpint(write(ends[1], "text", 4), ==, 4);
	close(ends[1]);
	rp_bus_call_return_fd(call, ends[0]);
}

static void
on_list(RpBusCall *call, const char *const *states, const char *after, guint limit, gpointer data)
{
	g_autofree char *first = g_strdup_printf("%s %u", after, limit);
	note(data, "list", first, states);
	rp_bus_call_return(call, g_variant_new_parsed("([{'id': <'m1'>}, {'id': <'m2'>}],)"));
}

static void
on_pin(RpBusCall *call, const char *id, const char *set, gpointer data)
{
	note(data, "pin", id, (const char *[]){set, NULL});
	rp_bus_call_return(call, NULL);
}

static void
on_edit(RpBusCall *call, const char *id, const char *from, const char *const *to, gpointer data)
{
	g_autofree char *first = g_strdup_printf("%s %s", id, from);
	note(data, "edit", first, to);
	rp_bus_call_return(call, NULL);
}

const RpBusHandlers bus_fixture_handlers = {
	.submit = on_submit,
	.list = on_list,
	.pin = on_pin,
	.edit = on_edit,
	.flush = on_flush,
	.check = on_check,
	.hold = on_hold,
	.release = on_release,
	.retry = on_retry,
	.remove = on_remove,
	.get = on_get,
	.open = on_open,
	.explain = on_explain,
	.use_set = on_use_set,
	.keep_set = on_keep_set,
	.learn = on_learn,
	.forget = on_forget,
	.lookup = on_lookup,
	.dial = on_dial,
	.hang_up = on_hang_up,
	.reload = on_reload,
	.status = on_status,
	.where = on_where,
	.sets = on_sets,
};

static void
on_state(RpBusState state, gpointer data)
{
	((BusFixture *)data)->states++;
}

void
bus_fixture_set_up(BusFixture *fixture, gconstpointer data)
{
	fixture->daemon = private_bus_new(NULL);
	fixture->log = g_string_new(NULL);
	private_bus_start(fixture->daemon);
	g_assert_true(chmod(private_bus_directory(fixture->daemon), 0755) == 0);
	g_setenv("DBUS_SESSION_BUS_ADDRESS", private_bus_address(fixture->daemon), TRUE);
	fixture->service = rp_bus_service_new(&bus_fixture_handlers, "1.2.3", on_state, fixture);
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
