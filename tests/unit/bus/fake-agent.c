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
	char *left;      /* "sent" or "failed": what becomes of the next flush */
} FakeAgent;

static void
say(const char *method, const char *first, const char *const *rest)
{
	g_autofree char *joined = rest != NULL ? g_strjoinv(" ", (char **)rest) : NULL;
	printf("%s %s\n", method, first != NULL ? first : joined);
	fflush(stdout);
}

static void
set_counts(FakeAgent *agent, guint queued, guint held)
{
	GVariantBuilder counts;
	agent->n_queued = queued;
	g_variant_builder_init(&counts, G_VARIANT_TYPE("a{su}"));
	g_variant_builder_add(&counts, "{su}", "queued", queued);
	g_variant_builder_add(&counts, "{su}", "held", held);
	rp_bus_service_set(agent->service, RP_BUS_PROPERTY_COUNTS, g_variant_builder_end(&counts));
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
		set_counts(agent, 0, 0);
	if (g_strcmp0(agent->left, "gone") == 0)
		g_main_loop_quit(agent->loop);
	return G_SOURCE_REMOVE;
}

static void
on_flush(RpBusCall *call, const char *const *ids, gpointer data)
{
	FakeAgent *agent = data;
	say("Flush", NULL, ids);
	agent->n_flushes++;
	set_counts(agent, 1, 0);
	g_timeout_add(100, finish_flush, agent);
	rp_bus_call_return(call, NULL);
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

static void
on_check(RpBusCall *call, const char *const *sets, gpointer data)
{
	say("Check", NULL, sets);
	g_timeout_add(50, finish_check, data);
	rp_bus_call_return(call, NULL);
}

#define LISTED(name, method)                                                                       \
	static void on_##name(RpBusCall *call, const char *const *list, gpointer data)             \
	{                                                                                          \
		say(method, NULL, list);                                                           \
		rp_bus_call_return(call, NULL);                                                    \
	}
#define NAMED(name, method, answer)                                                                \
	static void on_##name(RpBusCall *call, const char *argument, gpointer data)                \
	{                                                                                          \
		say(method, argument, NULL);                                                       \
		rp_bus_call_return(call, answer);                                                  \
	}
#define TEXT(name, text)                                                                           \
	static void on_##name(RpBusCall *call, gpointer data)                                      \
	{                                                                                          \
		rp_bus_call_return(call, g_variant_new("(s)", text));                              \
	}

LISTED(hold, "Hold")
LISTED(release, "Release")
LISTED(retry, "Retry")
LISTED(remove, "Delete")
NAMED(keep_set, "KeepSet", NULL)
NAMED(learn, "Learn", NULL)
NAMED(forget, "Forget", NULL)
NAMED(dial, "Dial", NULL)
NAMED(lookup, "Lookup", g_variant_new_parsed("(['odn'],)"))
NAMED(explain, "Explain",
	g_variant_new("(s)",
		"[{\"recipient\": \"b@other.example\", \"set\": \"odn\", \"rule\": \"inside\", "
		"\"term\": \"inside\", \"holds\": false, \"may-carry\": true, \"owns\": true, "
		"\"chosen\": false, \"why\": \"this place is not inside ODN\"}]"))

static void
on_status(RpBusCall *call, gpointer data)
{
	FakeAgent *agent = data;
	g_autofree char *text = g_strdup_printf(
		"{\"place\": {\"online\": true, \"inside\": [\"odn\"]}, \"current-set\": "
		"\"odn\", \"override\": \"auto\", \"counts\": {\"queued\": %u, \"held\": 2, "
		"\"sending\": 0, \"deferred\": 0, \"failed\": 0}, \"sending\": null, "
		"\"config-refused\": [\"roampost.conf:3: no\", \"roampost.conf:4: no\"], "
		"\"agent\": true}",
		agent->n_queued);
	rp_bus_call_return(call, g_variant_new("(s)", text));
}

TEXT(where, "{\"links\": [{\"interface\": \"ppp0\", \"kind\": \"ppp\", \"addresses\": "
	    "[\"203.0.113.7\", \"2001:db8::7\"], \"nm-connection\": \"ODN dial-up\", "
	    "\"metered\": true, \"connectivity\": \"full\", \"default-route\": true}], "
	    "\"public-addresses\": [\"203.0.113.7\"], \"inside\": [{\"provider\": \"odn\", "
	    "\"by\": \"prefix\", \"link\": \"ppp0\", \"family\": \"ipv4\"}]}")
TEXT(sets, "[{\"set\": \"odn\", \"provider\": \"odn\", \"usable\": true, \"rule\": \"inside\", "
	   "\"steps\": [], \"reasons\": [], \"current\": true, \"pop\": true}, "
	   "{\"set\": \"sonet\", \"provider\": \"sonet\", \"usable\": false, \"rule\": null, "
	   "\"steps\": [], \"reasons\": [{\"set\": \"sonet\", \"reason\": \"outside\", \"text\": "
	   "\"So-net takes mail only from its own network.\"}], \"current\": false, "
	   "\"pop\": true}]")

static void
on_use_set(RpBusCall *call, const char *set, gpointer data)
{
	say("UseSet", set, NULL);
	if (strcmp(set, "odn") == 0 || strcmp(set, "auto") == 0)
		rp_bus_call_return(call, NULL);
	else
		rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND, "there is no server set “%s”", set);
}

static void
on_get(RpBusCall *call, const char *id, gpointer data)
{
	if (strcmp(id, "m1") == 0)
		rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND, "there is no message m1");
	else
		rp_bus_call_return(
			call, g_variant_new_parsed("({'id': <'m2'>, 'state': <'held'>},)"));
}

/* What the tests want next: "sent", "failed" or "gone". */
static void
on_open(RpBusCall *call, const char *what, gpointer data)
{
	FakeAgent *agent = data;
	g_free(agent->left);
	agent->left = g_strdup(what);
	rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND, "as you say");
}

static void
on_plain(RpBusCall *call, gpointer data)
{
	rp_bus_call_return(call, NULL);
}

static void
on_submit(RpBusCall *call, RpFd message, const char *sender, const char *const *recipients,
	GVariant *options, gpointer data)
{
	rp_fd_clear(&message);
	rp_bus_call_return(call, g_variant_new("(s)", "m1"));
}

static void
on_list(RpBusCall *call, const char *const *states, const char *after, guint limit, gpointer data)
{
	rp_bus_call_return(call, g_variant_new_parsed("(@aa{sv} [],)"));
}

static void
on_pin(RpBusCall *call, const char *id, const char *set, gpointer data)
{
	rp_bus_call_return(call, NULL);
}

static void
on_edit(RpBusCall *call, const char *id, const char *from, const char *const *to, gpointer data)
{
	rp_bus_call_return(call, NULL);
}

static const RpBusHandlers handlers = {
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
	.hang_up = on_plain,
	.reload = on_plain,
	.status = on_status,
	.where = on_where,
	.sets = on_sets,
};

static void
on_state(RpBusState state, gpointer data)
{
	FakeAgent *agent = data;
	say("state", rp_bus_state_name(state), NULL);
	if (state != RP_BUS_OWNED)
		g_main_loop_quit(agent->loop);
}

int
main(void)
{
	FakeAgent agent = {.loop = g_main_loop_new(NULL, FALSE)};
	agent.service = rp_bus_service_new(&handlers, "0.0", on_state, &agent);
	g_main_loop_run(agent.loop);
	rp_bus_service_free(agent.service);
	g_main_loop_unref(agent.loop);
	g_free(agent.left);
	return 0;
}
