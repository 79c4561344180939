/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent-private.h"
#include "bus-fixture.h"

#include "roampost/base.h"

#include <string.h>

/* What the world is told: properties and MessagesChanged, and how often. */

/* ---- the bench ---- */

static GString *heard; /* "changed ID STATE; removed ID; all; " with the ids as a, b, ... */
static GPtrArray *names;
static guint64 last_revision;
static guint n_active_changes;

static const char *
name_of(const char *id)
{
	static const char *const letters[] = {"a", "b", "c"};

	for (guint i = 0; i < names->len && i < G_N_ELEMENTS(letters); i++)
		if (g_str_equal(names->pdata[i], id))
			return letters[i];
	return "?";
}

static void
note_changes(GVariant *parameters)
{
	g_autoptr(GVariant) changed = NULL;
	g_autofree const char **removed = NULL;
	guint64 revision;

	g_variant_get(parameters, "(@aa{sv}^a&st)", &changed, &removed, &revision);
	g_assert_cmpuint(revision, >, last_revision);
	last_revision = revision;
	for (gsize i = 0; i < g_variant_n_children(changed); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(changed, i);
		const char *id, *state;

		g_assert_true(g_variant_lookup(message, "id", "&s", &id));
		g_assert_true(g_variant_lookup(message, "state", "&s", &state));
		g_string_append_printf(heard, "changed %s %s; ", name_of(id), state);
	}
	for (guint i = 0; removed[i]; i++)
		g_string_append_printf(heard, "removed %s; ", name_of(removed[i]));
	if (!g_variant_n_children(changed) && !removed[0])
		g_string_append(heard, "all; ");
}

static void
on_signal(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
	const char *signal, GVariant *parameters, gpointer user)
{
	if (g_str_equal(signal, "MessagesChanged")) {
		note_changes(parameters);
	} else if (g_str_equal(signal, "PropertiesChanged")) {
		g_autoptr(GVariant) changed = g_variant_get_child_value(parameters, 1);
		g_autoptr(GVariant) active = g_variant_lookup_value(changed, "Active", NULL);
		g_autofree const char **checking = NULL;

		n_active_changes += active != NULL;
		if (g_variant_lookup(changed, "Checking", "^a&s", &checking) && checking[0])
			g_string_append_printf(heard, "checking %s; ", checking[0]);
	}
}

static void
set_up_tell(BusFixture *t, gconstpointer data)
{
	heard = g_string_new(NULL);
	names = g_ptr_array_new_with_free_func(g_free);
	last_revision = n_active_changes = 0;
	set_up_bus(t, data);
	g_dbus_connection_signal_subscribe(t->caller, NULL, NULL, NULL, RP_BUS_PATH, NULL,
		G_DBUS_SIGNAL_FLAGS_NONE, on_signal, NULL, NULL);
}

static void
tear_down_tell(BusFixture *t, gconstpointer data)
{
	tear_down_bus(t, data);
	g_string_free(heard, TRUE);
	g_ptr_array_unref(names);
}

static RpMessageId
submit_named(BusFixture *t, const char *from, const char *to)
{
	RpMessageId id = submit_only(&t->agent, from, to);
	char text[RP_MESSAGE_ID_SIZE];

	g_ptr_array_add(names, g_strdup(rp_message_id_format(id, text)));
	settle(&t->agent);
	return id;
}

/* What was said until now has come when the answer to a later call has. */
static void
assert_heard(BusFixture *t, const char *want)
{
	g_autofree char *version = NULL;

	settle(&t->agent);
	version = property(t, "Version");
	g_assert_cmpstr(heard->str, ==, want);
	g_string_truncate(heard, 0);
}

/* The last of it: whether a message was seen before it had its plan is a matter of moments. */
static void
assert_heard_last(BusFixture *t, const char *want)
{
	g_autofree char *version = NULL;

	settle(&t->agent);
	version = property(t, "Version");
	g_test_message("%s", heard->str);
	g_assert_true(g_str_has_suffix(heard->str, want));
	g_string_truncate(heard, 0);
}

static void
forget_heard(BusFixture *t)
{
	g_autofree char *version = NULL;

	settle(&t->agent);
	version = property(t, "Version");
	g_string_truncate(heard, 0);
}

/* So long that everything may be said again. */
static void
pass_pause(BusFixture *t)
{
	pass_time(&t->agent, G_USEC_PER_SEC);
}

/* ---- messages ---- */

static void
test_messages(BusFixture *t, gconstpointer data)
{
	RpMessageId id;
	g_autofree char *reply = NULL;
	g_autofree char *revision = NULL;
	g_autofree char *want = NULL;

	network(&t->agent, "192.0.2.1");
	pass_pause(t);
	forget_heard(t);
	id = submit_named(t, "unknown@nowhere.example", "x@else.example");
	pass_pause(t);
	assert_heard_last(t, "changed a held; ");
	submit_named(t, "unknown@nowhere.example", "y@else.example");
	pass_pause(t);
	assert_heard_last(t, "changed b held; ");
	pass_pause(t); /* nothing has changed */
	rp_tell_state(t->agent.agent->tell);
	assert_heard(t, "");
	reply = reply_to(t, "Change", "('hold', ['%s'], @a{sv} {})", id);
	pass_pause(t);
	assert_heard(t, "changed a held; ");
	g_free(reply);
	reply = reply_to(t, "Change", "('delete', ['%s'], @a{sv} {})", id);
	pass_pause(t);
	assert_heard(t, "removed a; ");
	revision = property(t, "Revision");
	want = g_strdup_printf("%" G_GUINT64_FORMAT, last_revision);
	g_assert_cmpstr(revision, ==, want);
}

/* At most one in 250 ms, whatever happens meanwhile. */
static void
test_pace(BusFixture *t, gconstpointer data)
{
	network(&t->agent, "192.0.2.1");
	pass_pause(t);
	forget_heard(t);
	rp_tell_state(t->agent.agent->tell);
	submit_named(t, "unknown@nowhere.example", "x@else.example");
	submit_named(t, "unknown@nowhere.example", "y@else.example");
	pass_pause(t);
	forget_heard(t);
	submit_named(t, "unknown@nowhere.example", "z@else.example");
	submit_named(t, "unknown@nowhere.example", "v@else.example");
	pass_time(&t->agent, 100 * G_TIME_SPAN_MILLISECOND);
	assert_heard(t, "");
	pass_time(&t->agent, 200 * G_TIME_SPAN_MILLISECOND);
	assert_heard(t, "changed c held; changed ? held; ");
}

/* A clock that was set back puts nothing off for longer. */
static void
test_clock(BusFixture *t, gconstpointer data)
{
	network(&t->agent, "192.0.2.1");
	pass_pause(t);
	submit_named(t, "unknown@nowhere.example", "x@else.example");
	pass_time(&t->agent, -G_TIME_SPAN_DAY);
	forget_heard(t);
	submit_named(t, "unknown@nowhere.example", "y@else.example");
	pass_pause(t);
	assert_heard_last(t, "changed b held; ");
}

static void
submit_many(BusFixture *t, guint n)
{
	for (guint i = 0; i < n; i++)
		submit_only(&t->agent, "unknown@nowhere.example", "x@else.example");
	settle(&t->agent);
}

/* A queue that is too long to be named is to be asked for. */
static void
test_many(BusFixture *t, gconstpointer data)
{
	network(&t->agent, "192.0.2.1");
	pass_pause(t);
	submit_many(t, 201);
	pass_pause(t);
	forget_heard(t);
	submit_named(t, "unknown@nowhere.example", "y@else.example");
	pass_pause(t);
	assert_heard(t, "all; ");
	pass_pause(t);
	rp_tell_state(t->agent.agent->tell);
	assert_heard(t, "");
}

/* ---- properties ---- */

#define assert_property(t, name, want)                                                             \
	G_STMT_START                                                                               \
	{                                                                                          \
		g_autofree char *got_ = property(t, name);                                         \
		g_assert_cmpstr(got_, ==, want);                                                   \
	}                                                                                          \
	G_STMT_END
#define assert_property_has(t, name, want)                                                         \
	G_STMT_START                                                                               \
	{                                                                                          \
		g_autofree char *got_ = property(t, name);                                         \
		g_test_message("%s: %s", name, got_);                                              \
		g_assert_nonnull(strstr(got_, want));                                              \
	}                                                                                          \
	G_STMT_END

static void
set_links(BusFixture *t, RpConnectivity connectivity)
{
	g_autoptr(RpNetwork) links = rp_network_new();
	RpLink *link = rp_link_new("wlan0", RP_LINK_WIFI);
	RpAddress address;

	g_assert_true(rp_address_parse("203.0.113.7", &address));
	rp_link_add_address(link, &address);
	link->connectivity = connectivity;
	link->default_route_ipv4 = TRUE;
	link->ssid = g_strdup("caf\xe9");
	rp_network_add_link(links, link);
	rp_agent_set_network(t->agent.agent, links);
	settle(&t->agent);
}

/* A link that leads nowhere but to its own neighbours. */
static void
network_without_way_out(Fixture *f)
{
	g_autoptr(RpNetwork) links = rp_network_new();
	RpLink *link = rp_link_new("eth0", RP_LINK_ETHERNET);
	RpAddress address;

	g_assert_true(rp_address_parse("192.0.2.7", &address));
	rp_link_add_address(link, &address);
	link->connectivity = RP_CONNECTIVITY_LIMITED;
	rp_network_add_link(links, link);
	rp_agent_set_network(f->agent, links);
	settle(f);
}

static void
test_place(BusFixture *t, gconstpointer data)
{
	assert_property_has(t, "Place", "'state': <'starting'>");
	network(&t->agent, NULL);
	assert_property_has(t, "Place", "'state': <'offline'>");
	set_links(t, RP_CONNECTIVITY_PORTAL);
	assert_property_has(t, "Place", "'state': <'portal'>");
	set_links(t, RP_CONNECTIVITY_LIMITED); /* a hint, which is tried */
	assert_property_has(t, "Place", "'state': <'online'>");
	network_without_way_out(&t->agent);
	assert_property_has(t, "Place", "'state': <'limited'>");
	set_links(t, RP_CONNECTIVITY_FULL);
	assert_property_has(t, "Place", "'state': <'online'>");
	assert_property_has(t, "Place", "'inside': <['odn']>, 'titles': <['ODN']>");
	assert_property_has(t, "Place",
		"'evidence': <[{'provider': <'odn'>, 'by': <'prefix'>, 'link': <'wlan0'>, "
		"'family': <'ipv4'>}]>");
	assert_property_has(t, "Links", "'interface': <'wlan0'>, 'kind': <'wifi'>");
	assert_property_has(t, "Links", "'ssid': <'caf\xef\xbf\xbd'>");
	assert_property_has(t, "Links", "'addresses': <['203.0.113.7']>");
	rp_agent_resumed(t->agent.agent);
	assert_property_has(t, "Place", "'state': <'starting'>");
}

static void
test_sets(BusFixture *t, gconstpointer data)
{
	network(&t->agent, "203.0.113.7");
	assert_property_has(t, "Sets", "'name': <'odn'>, 'title': <'ODN'>");
	assert_property_has(t, "Sets", "'usable': <true>");
	assert_property_has(t, "Sets", "'pop': <false>, 'login': <''>");
	assert_property_has(t, "Sets", "'login': <'password'>");
	assert_property(t, "CurrentSet", "'odn'");
	network(&t->agent, "192.0.2.1");
	assert_property_has(t, "Sets",
		"'unlock': <[('enter', 'odn'), ('pin', 'keyed'), "
		"('allow-carry', 'keyed')]>");
}

static gboolean
property_is(BusFixture *t, const char *name, const char *want)
{
	g_autofree char *got = property(t, name);

	return g_str_equal(got, want);
}

static char *
active_text(RpMessageId id, const char *stage, guint done, guint total)
{
	char text[RP_MESSAGE_ID_SIZE];

	return g_strdup_printf("[{'id': <'%s'>, 'set': <'odn'>, 'stage': <'%s'>, "
			       "'done': <uint64 %u>, 'total': <uint64 %u>}]",
		rp_message_id_format(id, text), stage, done, total);
}

/* That the mark is on the disk is heard a moment after it is there, and may be too soon after what
 * was told last. */
static void
wait_active(BusFixture *t, const char *want)
{
	while (!property_is(t, "Active", want)) {
		test_time += G_USEC_PER_SEC;
		rp_agent_clock_changed(t->agent.agent, 0);
	}
}

static void
test_active(BusFixture *t, gconstpointer data)
{
	g_autofree char *want = NULL;
	RpMessageId id;

	network(&t->agent, "203.0.113.7");
	pass_pause(t);
	assert_property(t, "Active", "[]");
	id = submit_stalled(t, "taro@odn.example", "a@x.example");
	want = active_text(id, "waiting", 0, 0);
	wait_active(t, want);
	fake_go_on(t->agent.fake);
	settle(&t->agent);
	pass_pause(t);
	assert_property(t, "Active", "[]");
	g_assert_cmpuint(n_active_changes, <=, 3);
}

/* ---- how far it is ---- */

static void
on_watch_answer(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	g_assert_no_error(error);
	*(gboolean *)user = TRUE;
}

static void
watch(GDBusConnection *client, gboolean watches)
{
	gboolean done = FALSE;

	g_dbus_connection_call(client, RP_BUS_NAME, RP_BUS_PATH, RP_BUS_INTERFACE, "Watch",
		g_variant_new("(b)", watches), G_VARIANT_TYPE_UNIT, G_DBUS_CALL_FLAGS_NONE, -1,
		NULL, on_watch_answer, &done);
	run_until(done);
}

/* As the agent's timer does, and what was told of it has come: it goes before an answer that was
 * asked for later. */
static void
pass_watched(BusFixture *t, RpSpan span)
{
	g_autofree char *answer = NULL;

	test_time += span;
	rp_agent_clock_changed(t->agent.agent, 0);
	private_bus_settle(t->daemon);
	answer = property(t, "Active");
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void
assert_at(BusFixture *t, RpMessageId id, guint done)
{
	g_autofree char *want = active_text(id, "content", done, 1000);

	assert_property(t, "Active", want);
}

/* Octets go on; how often it was told of that in two seconds. */
static guint
count_told(BusFixture *t)
{
	guint before = n_active_changes;

	for (guint i = 0; i < 8; i++) {
		t->agent.fake->progress.done++;
		pass_watched(t, G_USEC_PER_SEC / 4);
	}
	return n_active_changes - before;
}

static void
leave_bus(GDBusConnection *client)
{
	g_autoptr(GError) error = NULL;

	g_dbus_connection_close_sync(client, NULL, &error);
	g_assert_no_error(error);
	g_object_unref(client);
}

/* It is looked at for those who watch, twice a second, and while they are there. */
static void
test_progress(BusFixture *t, gconstpointer data)
{
	GDBusConnection *other = connect_caller(t);
	g_autofree char *started = NULL;
	RpMessageId id;

	network(&t->agent, "203.0.113.7");
	pass_pause(t);
	t->agent.fake->progress = (RpSmtpProgress){RP_SMTP_AT_CONTENT, 100, 1000};
	id = submit_stalled(t, "taro@odn.example", "a@x.example");
	started = active_text(id, "content", 100, 1000);
	wait_active(t, started);
	pass_watched(t, G_USEC_PER_SEC);
	g_assert_cmpuint(count_told(t), ==, 0); /* nobody watches */
	assert_at(t, id, 100);
	watch(other, TRUE);
	assert_at(t, id, 108); /* at once, where nothing was told for so long */
	g_assert_cmpuint(count_told(t), ==, 4);
	watch(t->caller, TRUE);
	watch(other, FALSE);
	watch(other, FALSE);
	g_assert_cmpuint(count_told(t), ==, 4);
	watch(other, TRUE);
	watch(t->caller, FALSE);
	g_assert_cmpuint(count_told(t), ==, 4);
	leave_bus(other);
	private_bus_settle(t->daemon); /* the agent has heard of it */
	g_assert_cmpuint(count_told(t), <=, 1);
	g_assert_cmpuint(count_told(t), ==, 0);
	fake_go_on(t->agent.fake);
	settle(&t->agent);
	pass_pause(t);
	assert_property(t, "Active", "[]");
}

static void
test_checking(BusFixture *t, gconstpointer data)
{
	g_autofree char *reply = NULL;

	network(&t->agent, "203.0.113.7");
	assert_property(t, "Checking", "[]");
	forget_heard(t);
	reply = reply_to(t, "Check", "(['sonet'],)", 0);
	settle(&t->agent);
	assert_property(t, "Checking", "[]");
	g_assert_nonnull(strstr(heard->str, "checking sonet; "));
}

static void
test_listening(BusFixture *t, gconstpointer data)
{
	g_autofree char *path = g_build_filename(t->agent.dir, "smtp", NULL);
	g_autofree char *want = g_strdup_printf("['%s']", path);
	g_autofree char *good = g_strdup_printf("[agent]\nlisten=%s\n", path);
	g_autofree char *bad = g_strdup_printf("[agent]\nlisten=%s/no/such/dir\n", path);
	g_autoptr(RpConfig) can = load_config(&t->agent, good);
	g_autoptr(RpConfig) cannot = load_config(&t->agent, bad);

	network(&t->agent, "192.0.2.1");
	assert_property(t, "Listening", "[]");
	rp_agent_set_config(t->agent.agent, can);
	assert_property(t, "Listening", want);
	assert_property(t, "Problems", "[]");
	g_log_set_fatal_mask(NULL, G_LOG_FATAL_MASK);
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
	rp_agent_set_config(t->agent.agent, cannot);
	assert_property(t, "Listening", "[]");
	assert_property_has(t, "Problems", "'code': <'listen'>");
}

static void
test_problems(BusFixture *t, gconstpointer data)
{
	RpConfigProblem problem = {
		.file = (char *)"roampost.conf", .line = 3, .message = (char *)"no"};
	g_autoptr(GPtrArray) problems = g_ptr_array_new();

	g_ptr_array_add(problems, &problem);
	g_log_set_fatal_mask(NULL, G_LOG_FATAL_MASK);
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
	rp_agent_config_refused(t->agent.agent, problems);
	assert_property(t, "Problems",
		"[{'code': <'config'>, 'text': <'roampost.conf:3: no'>, "
		"'file': <'roampost.conf'>, 'line': <uint32 3>}]");
	{
		g_autoptr(RpConfig) same = load_config(&t->agent, NULL);

		rp_agent_set_config(t->agent.agent, same);
	}
	assert_property(t, "Problems", "[]");
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
#define ADD_TELL(path, func)                                                                       \
	g_test_add("/tell/" path, BusFixture, NULL, set_up_tell, func, tear_down_tell)
	ADD_TELL("messages", test_messages);
	ADD_TELL("pace", test_pace);
	ADD_TELL("clock", test_clock);
	ADD_TELL("many", test_many);
	ADD_TELL("place", test_place);
	ADD_TELL("sets", test_sets);
	ADD_TELL("active", test_active);
	ADD_TELL("progress", test_progress);
	ADD_TELL("checking", test_checking);
	ADD_TELL("listening", test_listening);
	ADD_TELL("problems", test_problems);
	return g_test_run();
}
