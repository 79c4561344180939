/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service-private.h"

#include "roampost/language.h"

/* Where we are and where mail goes, by the user's word. */

/* ---- answers that come when what was done is on the disk, and planned ---- */

static void
answer_when_planned(gpointer user)
{
	rp_bus_call_return(user, NULL);
}

typedef struct {
	RpAgent *agent;
	RpBusCall *call;
	void (*then)(
		RpAgent *agent); /* once it is on the disk, and not when it is refused; or NULL */
} RpPending;

static void
on_written(const GError *error, gpointer user)
{
	g_autofree RpPending *pending = user;

	if (error) {
		rp_bus_call_fail(pending->call, g_error_copy(error));
		return;
	}
	if (pending->then)
		pending->then(pending->agent);
	rp_planner_wait(pending->agent->planner, answer_when_planned, pending->call);
}

static void
apply_then(RpAgent *agent, RpBusCall *call, RpQueueChange *change, void (*then)(RpAgent *agent))
{
	RpPending *pending = g_new(RpPending, 1);

	*pending = (RpPending){agent, call, then};
	rp_agent_write(agent, change, on_written, pending);
}

/* When everything that was handed over until now is on the disk, and planned. */
static void
answer_after_all(RpAgent *agent, RpBusCall *call)
{
	apply_then(agent, call, rp_queue_change_new(rp_agent_now(agent)), NULL);
}

/* ---- where mail goes ---- */

typedef struct {
	RpAgent *agent;
	RpBusCall *call;
	char *set; /* NULL: the automatic choice */
	gboolean keep;
} RpUse;

static void
on_use_written(const GError *error, gpointer user)
{
	g_autofree RpUse *use = user;
	g_autofree char *set = use->set;

	if (error) {
		rp_bus_call_fail(use->call, g_error_copy(error));
		return;
	}
	rp_agent_use(use->agent, set, use->keep);
	rp_planner_wait(use->agent->planner, answer_when_planned, use->call);
}

/* In force when it is on the disk: after an error everything is as it was. The place that it is
 * said at is noted with it when it comes into force. */
static void
use_set(RpAgent *agent, RpBusCall *call, const char *set, gboolean keep)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));
	RpUse *use = g_new(RpUse, 1);

	*use = (RpUse){agent, call, g_strdup(set), keep};
	rp_change_save_override(change, set, keep, NULL);
	rp_agent_write(agent, change, on_use_written, use);
}

void
rp_service_use_set(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	gboolean keep, automatic;
	const char *set;

	g_variant_get(arguments, "(&sb)", &set, &keep);
	automatic = g_str_equal(set, "auto");
	if (automatic && keep) {
		rp_bus_call_refuse(call, RP_ERROR_INVALID,
			_("the automatic choice can't be kept: it ends what is kept"));
		return;
	}
	if (!automatic && !rp_args_set(agent, call, set))
		return;
	use_set(agent, call, automatic ? NULL : set, keep);
}

typedef struct {
	RpAgent *agent;
	RpBusCall *call;
} RpPausing;

static void
on_pause_written(const GError *error, gpointer user)
{
	g_autofree RpPausing *pausing = user;

	if (error) {
		rp_bus_call_fail(pausing->call, g_error_copy(error));
		return;
	}
	rp_records_load(pausing->agent->ground.records);
	rp_agent_pause_changed(pausing->agent);
	rp_planner_wait(pausing->agent->planner, answer_when_planned, pausing->call);
}

/* As an override: in force when it is on the disk. */
void
rp_service_pause(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));
	RpPausing *pausing = g_new(RpPausing, 1);
	gboolean pause;

	g_variant_get(arguments, "(b)", &pause);
	*pausing = (RpPausing){agent, call};
	rp_change_save_set_fact(change, "", RP_FACT_PAUSED, pause ? "yes" : NULL);
	rp_agent_write(agent, change, on_pause_written, pausing);
}

/* All that is wrong is a list of lines; an error on the bus is one sentence. */
static char *
first_of(const char *lines)
{
	g_auto(GStrv) all = g_strsplit(lines, "\n", -1);
	guint n = g_strv_length(all);

	if (n < 2)
		return g_strdup(lines);
	if (n == 2)
		return g_strdup_printf("%s %s", g_strstrip(all[0]), g_strstrip(all[1]));
	return g_strdup_printf(_("%s %s; “roampost config check” lists the others too"),
		g_strstrip(all[0]), g_strstrip(all[1]));
}

void
rp_service_reload(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *sentence = NULL;

	if (agent->parts.reload(agent->parts.user, &error)) {
		answer_after_all(agent, call);
		return;
	}
	sentence = first_of(error->message);
	rp_bus_call_fail(call, g_error_new_literal(error->domain, error->code, sentence));
}

static void
place_was_taught(RpAgent *agent)
{
	rp_records_load(agent->ground.records);
	rp_agent_place_taught(agent);
}

/* FALSE after refusing: what there is here could not be known again, whoever's network it is. */
static gboolean
can_be_learned(const RpPlace *place, const RpLearned *learned, RpBusCall *call, const char *name)
{
	if (learned)
		return TRUE;
	if (rp_place_default_link(place, RP_FAMILY_ANY) < 0)
		rp_bus_call_refuse(call, RP_ERROR_STATE,
			_("there is no network here that could be learned: connect to %1$s, and "
			  "say “roampost learn %1$s” there"),
			name);
	else
		rp_bus_call_refuse(call, RP_ERROR_STATE,
			_("nothing tells this place from others: no connection's name, no gateway "
			  "with a link-layer address that it has alone, no public address"));
	return FALSE;
}

/* The place before the name: who would write a provider down for it asks first (cli/cmd-learn.c).
 */
void
rp_service_learn(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	const RpPlace *place = rp_whereabouts_place(agent->ground.whereabouts);
	const char *name = rp_args_text(arguments);
	const RpProvider *provider;
	g_autoptr(RpLearned) learned = NULL;
	RpQueueChange *change;

	if (!rp_args_place_known(agent, call))
		return;
	learned = rp_place_learn(place, name);
	if (!can_be_learned(place, learned, call, name))
		return;
	provider = rp_args_provider(agent, call, name);
	if (!provider)
		return;
	g_free(learned->provider);
	learned->provider = g_strdup(provider->name); /* however it was called */
	change = rp_queue_change_new(rp_agent_now(agent));
	rp_change_learn(change, learned);
	apply_then(agent, call, change, place_was_taught);
}

static void
failures_were_forgotten(RpAgent *agent)
{
	rp_records_forget(agent->ground.records, NULL, -1);
	rp_agent_try_now(agent);
}

static void
forget_failures(RpAgent *agent, RpBusCall *call)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_change_forget_failures(change, NULL, -1);
	apply_then(agent, call, change, failures_were_forgotten);
}

/* What the set's server said, and in whose name: what comes next is right. */
static void
begin_anew(RpAgent *agent, const char *set)
{
	rp_records_forget_observations(agent->ground.records, set);
	rp_records_forget_greetings(agent->ground.records, set);
	rp_agent_portal_over(agent, G_MAXINT64);
	rp_agent_try_set(agent, set);
}

/* What somebody learned of a provider, and what answers have taught of a server set, are far apart:
 * where both have the name, it has to be said which is meant. */
typedef struct {
	const char *name;
	gint provider; /* -1: it is none's name */
	gboolean of_set;
	char *several; /* providers that it may be, owned */
} Forgotten;

static Forgotten
read_forgotten(const RpAgent *agent, const char *what)
{
	Forgotten kind = {.name = what, .provider = -1};
	gboolean only_provider = g_str_has_prefix(what, "provider ");
	gboolean only_set = g_str_has_prefix(what, "set ");

	if (only_provider || only_set)
		kind.name = strchr(what, ' ') + 1;
	kind.of_set = !only_provider && rp_agent_find_set(agent, kind.name);
	if (!only_set)
		kind.provider = rp_catalogue_called_provider(
			rp_agent_catalogue(agent), kind.name, &kind.several);
	return kind;
}

static void
forget_provider(RpAgent *agent, RpBusCall *call, const char *name)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_change_unlearn(change, name);
	apply_then(agent, call, change, place_was_taught);
}

void
rp_service_forget(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	const char *what = rp_args_text(arguments);
	Forgotten kind = read_forgotten(agent, what);
	g_autofree char *several = kind.several;

	if (g_str_equal(what, "failures")) {
		forget_failures(agent, call);
	} else if (kind.provider >= 0 && kind.of_set) {
		rp_bus_call_refuse(call, RP_ERROR_INVALID,
			_("%1$s is a provider and a server set: “roampost forget --provider %1$s” "
			  "takes back what learn has taught, “roampost forget --set %1$s” what its "
			  "server's answers have, and in whose name it greets"),
			kind.name);
	} else if (kind.provider >= 0) {
		forget_provider(agent, call,
			rp_catalogue_provider(rp_agent_catalogue(agent), (guint)kind.provider)
				->name);
	} else if (kind.of_set) {
		begin_anew(agent, kind.name);
		answer_after_all(agent, call);
	} else if (several) {
		rp_args_refuse_several(call, kind.name, several);
	} else if (!rp_args_lacks_config(agent, call, kind.name)) {
		rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND,
			_("there is no provider and no server set “%s”"), kind.name);
	}
}

/* ---- dialling ---- */

static void
answer_hang_up(const GError *error, gpointer user)
{
	if (error)
		rp_bus_call_fail(user, g_error_copy(error));
	else
		rp_bus_call_return(user, NULL);
}

void
rp_service_dial(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	const RpProvider *provider = rp_args_provider(agent, call, rp_args_text(arguments));

	if (!provider)
		return;
	if (rp_provider_can_be_dialled(provider))
		rp_agent_dial(agent, call, provider);
	else
		rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND,
			_("the provider “%s” has no nm-connections to dial"), provider->name);
}

void
rp_service_hang_up(RpBusCall *call, GVariant *arguments, gpointer data)
{
	rp_dialler_hang_up(((RpAgent *)data)->dialler, NULL, answer_hang_up, call);
}
