/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/bus.h"

#include <stdio.h>
#include <string.h>

/* An agent without a queue and a network, for tests of what talks to one: it says what it is asked
 * for on standard output, answers with what is written here, and sends a message a moment after it
 * was told to. */

typedef struct {
	RpBusService *service;
	GMainLoop *loop;
	guint n_queued;
	guint n_flushes; /* that are under way */
	char *left;      /* what becomes of the next flush: see on_open */
	gboolean looks;  /* at the network still */
} FakeAgent;

static void
say(const char *method, const char *first, const char *const *rest)
{
	g_autofree char *joined = rest != NULL ? g_strjoinv(" ", (char **)rest) : NULL;
	printf("%s%s%s%s%s\n", method, first != NULL ? " " : "", first != NULL ? first : "",
		joined != NULL && *joined != '\0' ? " " : "", joined != NULL ? joined : "");
	fflush(stdout);
}

static void
set_counts(FakeAgent *agent, guint queued)
{
	static const char *const states[] = {"queued", "held", "sending", "deferred", "failed"};
	GVariantBuilder counts;
	agent->n_queued = queued;
	g_variant_builder_init(&counts, G_VARIANT_TYPE("a{su}"));
	for (guint i = 0; i < G_N_ELEMENTS(states); i++)
		g_variant_builder_add(&counts, "{su}", states[i], i == 0 ? queued : i == 1 ? 2 : 0);
	rp_bus_service_set(agent->service, "Counts", g_variant_builder_end(&counts));
}

static gboolean
finish_flush(gpointer data)
{
	FakeAgent *agent = data;
	if (g_strcmp0(agent->left, "failed") == 0)
		rp_bus_service_message_failed(agent->service, "m1", "550", "no such user");
	else
		rp_bus_service_message_sent(agent->service, "m1", "odn");
	if (--agent->n_flushes == 0)
		set_counts(agent, 0);
	if (g_strcmp0(agent->left, "gone") == 0)
		g_main_loop_quit(agent->loop);
	return G_SOURCE_REMOVE;
}

/* They had left the queue before this was asked. */
static GVariant *
send_at_once(FakeAgent *agent, const char *const *ids)
{
	GVariantBuilder refused;

	g_variant_builder_init(&refused, G_VARIANT_TYPE("a(sss)"));
	for (; *ids; ids++) {
		const char *words[] = {g_getenv("ROAMPOST"), "delete", *ids, NULL};

		g_spawn_sync(NULL, (char **)words, NULL,
			G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
			NULL, NULL, NULL);
		rp_bus_service_message_sent(agent->service, *ids, "odn");
		g_variant_builder_add(&refused, "(sss)", *ids, "org.roampost.Error.NotFound",
			"there is no such message in the queue");
	}
	return g_variant_new("(a(sss))", &refused);
}

static void
on_change(RpBusCall *call, GVariant *arguments, gpointer data)
{
	FakeAgent *agent = data;
	g_autofree const char **ids = NULL;
	const char *verb;
	g_variant_get(arguments, "(&s^a&s@a{sv})", &verb, &ids, NULL);
	say("Change", verb, ids);
	if (g_strcmp0(agent->left, "quick") == 0) {
		rp_bus_call_return(call, send_at_once(agent, ids));
		return;
	}
	if (strcmp(verb, "flush") == 0) {
		agent->n_flushes++;
		set_counts(agent, 1);
		if (g_strcmp0(agent->left, "asked") != 0)
			g_timeout_add(100, finish_flush, agent);
	}
	rp_bus_call_return(
		call, g_variant_new_parsed(g_strv_contains(ids, "m9")
						   ? "([('m9', 'org.roampost.Error.State', "
						     "'message m9 is being sent')],)"
						   : "(@a(sss) [],)"));
}

static gboolean
finish_check(gpointer data)
{
	FakeAgent *agent = data;
	rp_bus_service_check_done(agent->service, "odn", 0, "");
	rp_bus_service_check_done(agent->service, "sonet", 0,
		g_strcmp0(agent->left, "failed") == 0 ? "the password was refused" : "");
	return G_SOURCE_REMOVE;
}

static gboolean
find_place(gpointer data)
{
	FakeAgent *agent = data;
	agent->looks = FALSE;
	rp_bus_service_set(agent->service, "Place",
		g_variant_new_parsed("{'state': <'online'>, 'key': <'new'>}"));
	rp_bus_service_refresh(agent->service, "Sets");
	return G_SOURCE_REMOVE;
}

static void
on_check(RpBusCall *call, GVariant *arguments, gpointer data)
{
	FakeAgent *agent = data;
	g_autofree const char **sets = NULL;
	g_variant_get(arguments, "(^a&s)", &sets);
	say("Check", NULL, sets);
	if (g_strcmp0(agent->left, "starting") == 0) {
		g_clear_pointer(&agent->left, g_free);
		g_timeout_add(100, find_place, agent);
		rp_bus_call_refuse(call, RP_ERROR_STARTING, "it is not known yet where this is");
		return;
	}
	g_timeout_add(50, finish_check, data);
	rp_bus_call_return(call, NULL);
}

/* Says the first argument, a text, and answers with a value in text form, NULL for none. */
#define NAMED(name, method, answer)                                                                \
	static void on_##name(RpBusCall *call, GVariant *arguments, gpointer data)                 \
	{                                                                                          \
		const char *text = answer, *argument;                                              \
		g_variant_get_child(arguments, 0, "&s", &argument);                                \
		say(method, argument, NULL);                                                       \
		rp_bus_call_return(call, text != NULL ? g_variant_new_parsed(text) : NULL);        \
	}

NAMED(learn, "Learn", NULL)
NAMED(forget, "Forget", NULL)
NAMED(dial, "Dial", NULL)
NAMED(lookup, "Lookup", "(['odn'],)")
NAMED(amend, "Amend", "(@a{sv} {},)")
NAMED(explain, "Explain",
	"([{'recipient': <'b@other.example'>, 'set': <'odn'>, 'rule': <'inside'>, "
	"'term': <'inside'>, 'holds': <false>, 'may-carry': <true>, 'owns': <true>, "
	"'chosen': <false>, 'why': <'this place is not inside ODN'>}],)")

static const char links[] =
	"[{'interface': <'ppp0'>, 'kind': <'ppp'>, 'addresses': <['203.0.113.7', '2001:db8::7']>, "
	"'nm-connection': <'ODN dial-up'>, 'ssid': <''>, 'ppp-peer': <''>, 'gateway': <''>, "
	"'metered': <true>, 'connectivity': <'full'>, 'default-route': <true>}]";
static const char sets[] =
	"[{'name': <'odn'>, 'provider': <'odn'>, 'identities': <['taro@odn.example']>, 'usable': "
	"<true>, 'rule': <'inside'>, "
	"'steps': <@as []>, 'reasons': <@aa{sv} []>, 'current': <true>, 'pop': <true>}, "
	"{'name': <'sonet'>, 'provider': <'sonet'>, 'usable': <false>, 'rule': <''>, "
	"'steps': <@as []>, 'reasons': <[{'set': <'sonet'>, 'reason': <'outside'>, "
	"'text': <'So-net takes mail only from its own network.'>, "
	"'unlock': <[('enter', 'sonet'), ('retry-after', '')]>, "
	"'retry-after': <int64 1764000000000000>, "
	"'to-free': <['connect to So-net', 'wait until 2025-11-24T16:00:00Z']>}]>, "
	"'current': <false>, 'pop': <true>}]";

static const char sets_offline[] =
	"[{'name': <'odn'>, 'provider': <'odn'>, 'usable': <false>, 'rule': <''>, 'steps': <@as "
	"[]>, "
	"'reasons': <[{'set': <'odn'>, 'reason': <'offline'>, 'text': <'No link is up.'>, "
	"'unlock': <@a(ss) []>, 'to-free': <@as []>}]>, 'current': <false>, 'pop': <true>}]";
static const char sets_failed[] =
	"[{'name': <'odn'>, 'provider': <'odn'>, 'usable': <false>, 'rule': <''>, 'steps': <@as "
	"[]>, "
	"'reasons': <[{'set': <'odn'>, 'reason': <'auth-failed'>, 'text': <'The login failed.'>, "
	"'unlock': <[('settings', '')]>, 'to-free': <['put it right, and say roampost retry "
	"ID']>}]>, "
	"'current': <false>, 'pop': <true>}]";

static void
set_properties(FakeAgent *agent)
{
	RpBusService *service = agent->service;
	rp_bus_service_set(service, "Version", g_variant_new_string("0.0"));
	rp_bus_service_set(service, "Place",
		g_variant_new_parsed("{'state': <'online'>, 'inside': <['odn']>, 'key': <'k'>, "
				     "'evidence': <[{'provider': <'odn'>, 'by': <'prefix'>, "
				     "'link': <'ppp0'>, 'family': <'ipv4'>}]>, "
				     "'networks': <[{'link': <'ppp0'>, 'address': "
				     "<'203.0.113.7'>, 'asn': <uint32 64496>, 'name': <'ODN'>}]>, "
				     "'public-addresses': <['203.0.113.7']>}"));
	rp_bus_service_set(service, "CurrentSet", g_variant_new_string("odn"));
	rp_bus_service_set(service, "Override", g_variant_new_string("auto"));
	rp_bus_service_set(service, "Problems",
		g_variant_new_parsed(
			"[{'code': <'config'>, 'text': <'roampost.conf:3: no'>, "
			"'file': <'roampost.conf'>, 'line': <uint32 3>}, "
			"{'code': <'listen'>, 'text': <'full'>, 'file': <''>, 'line': <uint32 0>}, "
			"{'code': <'config'>, 'text': <'roampost.conf:4: no'>, "
			"'file': <'roampost.conf'>, 'line': <uint32 4>}]"));
	set_counts(agent, 0);
}

static GVariant *
on_read(const char *property, gpointer data)
{
	const FakeAgent *agent = data;
	const char *now = sets;

	if (agent->looks)
		now = sets_offline;
	else if (g_strcmp0(agent->left, "busy") == 0)
		now = sets_failed;
	return g_variant_new_parsed(strcmp(property, "Links") == 0 ? links : now);
}

static void
on_pause(RpBusCall *call, GVariant *arguments, gpointer data)
{
	gboolean pause;
	g_variant_get(arguments, "(b)", &pause);
	say("Pause", pause ? "yes" : "no", (const char *[]){NULL});
	rp_bus_call_return(call, NULL);
}

static void
on_unasked(RpBusCall *call, GVariant *arguments, gpointer data)
{
	rp_bus_call_refuse(call, RP_ERROR_INVALID, "nothing here asks for it");
}

static void
on_use_set(RpBusCall *call, GVariant *arguments, gpointer data)
{
	const char *set;
	gboolean keep;
	g_variant_get(arguments, "(&sb)", &set, &keep);
	say("UseSet", set, (const char *[]){keep ? "kept" : "", NULL});
	if (strcmp(set, "odn") == 0 || strcmp(set, "auto") == 0)
		rp_bus_call_return(call, NULL);
	else
		rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND, "there is no server set “%s”", set);
}

static void
on_get(RpBusCall *call, GVariant *arguments, gpointer data)
{
	const char *id;
	g_variant_get(arguments, "(&s)", &id);
	FakeAgent *agent = data;
	if (strcmp(id, "m1") == 0 || g_strcmp0(agent->left, "quick") == 0)
		rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND, "there is no message m1");
	else
		rp_bus_call_return(
			call, g_variant_new_parsed("({'id': <'m2'>, 'state': <'held'>},)"));
}

/* It has just been started. */
static void
begin_to_look(FakeAgent *agent)
{
	agent->looks = TRUE;
	rp_bus_service_set(
		agent->service, "Place", g_variant_new_parsed("{'state': <'starting'>}"));
	rp_bus_service_refresh(agent->service, "Sets");
	g_timeout_add(400, find_place, agent);
}

/* It sends, which its numbers do not say yet; its place is known by what comes to the same words.
 */
static void
be_busy(FakeAgent *agent)
{
	rp_bus_service_set(agent->service, "Place",
		g_variant_new_parsed("{'state': <'online'>, 'inside': <['odn']>, 'evidence': <["
				     "{'provider': <'odn'>, 'by': <'prefix'>, 'link': <'ppp0'>, "
				     "'family': <'any'>}, "
				     "{'provider': <'odn'>, 'by': <'prefix'>, 'link': <'ppp0'>, "
				     "'family': <'all'>}, "
				     "{'provider': <'gmail'>, 'by': <'prefix'>, 'link': <'ppp0'>, "
				     "'family': <'ipv4'>}, "
				     "{'provider': <'gmail'>, 'by': <'prefix'>, 'link': <'ppp0'>, "
				     "'family': <'ipv6'>}, "
				     "{'provider': <'gmail'>, 'by': <'prefix'>, 'link': <'ppp1'>, "
				     "'family': <'ipv6'>}"
				     "]>}"));
	rp_bus_service_set(agent->service, "Active",
		g_variant_new_parsed("[{'id': <'m1'>, 'set': <'odn'>, 'done': <uint64 1>, 'total': "
				     "<uint64 10>}]"));
	rp_bus_service_set(agent->service, "Counts", g_variant_new_parsed("{'held': uint32 0}"));
	rp_bus_service_refresh(agent->service, "Sets");
}

/* What the tests want next: "sent", "failed", "gone" or "starting"; now: "looking", "busy";
 * "asked": it is sent as soon as somebody asks whether it is, before the answer; "quick": it is
 * sent, and gone from the queue, before it is told to. */
static void
on_open(RpBusCall *call, GVariant *arguments, gpointer data)
{
	FakeAgent *agent = data;
	g_free(agent->left);
	g_variant_get(arguments, "(s)", &agent->left);
	if (strcmp(agent->left, "looking") == 0)
		begin_to_look(agent);
	if (strcmp(agent->left, "busy") == 0)
		be_busy(agent);
	rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND, "as you say");
}

static void
on_plain(RpBusCall *call, GVariant *arguments, gpointer data)
{
	rp_bus_call_return(call, NULL);
}

static void
on_submit(RpBusCall *call, GVariant *arguments, gpointer data)
{
	rp_bus_call_return(call, g_variant_new("(s)", "m1"));
}

/* What is queued: it is asked for whether anything is. */
static void
on_list(RpBusCall *call, GVariant *arguments, gpointer data)
{
	FakeAgent *agent = data;
	if (g_strcmp0(agent->left, "asked") == 0 && agent->n_flushes > 0)
		finish_flush(agent);
	rp_bus_call_return(call, g_variant_new_parsed(agent->n_queued > 0 ? "([{'id': <'m1'>}],)"
									  : "(@aa{sv} [],)"));
}

static const RpBusHandler handlers[] = {
	{"List", on_list},
	{"Get", on_get},
	{"Open", on_open},
	{"Submit", on_submit},
	{"Change", on_change},
	{"Amend", on_amend},
	{"Explain", on_explain},
	{"Simulate", on_unasked},
	{"Lookup", on_lookup},
	{"Cancel", on_unasked},
	{"Watch", on_plain},
	{"Check", on_check},
	{"Find", on_unasked},
	{"History", on_unasked},
	{"Pause", on_pause},
	{"UseSet", on_use_set},
	{"Learn", on_learn},
	{"Forget", on_forget},
	{"Dial", on_dial},
	{"HangUp", on_plain},
	{"Reload", on_plain},
	{NULL},
};

static void
on_state(RpBusState state, gpointer data)
{
	FakeAgent *agent = data;
	say("state", rp_bus_state_name(state), NULL);
	if (state != RP_BUS_OWNED)
		g_main_loop_quit(agent->loop);
}

static const RpBusEvents events = {handlers, on_read, on_state};

int
main(void)
{
	FakeAgent agent = {.loop = g_main_loop_new(NULL, FALSE)};
	agent.service = rp_bus_service_new(&events, &agent);
	set_properties(&agent);
	g_main_loop_run(agent.loop);
	rp_bus_service_free(agent.service);
	g_main_loop_unref(agent.loop);
	g_free(agent.left);
	return 0;
}
