/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"
#include "config.h"

#include "roampost/base.h"

#include <string.h>

/* History older than this is pruned when the agent starts. */
#define HISTORY_KEPT (400 * G_TIME_SPAN_DAY)

const RpCatalogue *
rp_agent_catalogue(const RpAgent *agent)
{
	return rp_config_catalogue(agent->config);
}

const RpServerSet *
rp_agent_find_set(const RpAgent *agent, const char *name)
{
	const RpCatalogue *catalogue = rp_agent_catalogue(agent);
	gint index = rp_catalogue_find_set(catalogue, name);

	return index < 0 ? NULL : rp_catalogue_set(catalogue, (guint)index);
}

void
rp_agent_situation(const RpAgent *agent, RpSituation *situation)
{
	*situation = (RpSituation){
		.place = agent->place,
		.catalogue = rp_agent_catalogue(agent),
		.pop_logins = agent->pop_logins,
		.failures = agent->failures,
		.override = agent->override.set,
		.choose = rp_config_agent(agent->config)->choose,
		.metered_limit = rp_config_agent(agent->config)->metered_limit,
		.now = rp_agent_now(agent),
	};
}

/* ---- writing ---- */

static void reload_memory(RpAgent *agent);

typedef struct {
	RpAgent *agent;
	RpQueueDone done;
	gpointer user;
} RpWrite;

static void
on_written(const GError *error, gpointer data)
{
	RpWrite *write = data;

	write->agent->n_writes--;
	if (error)
		g_warning("the queue can't be written: %s", error->message);
	if (write->done)
		write->done(error, write->user);
	if (!write->agent->n_writes && write->agent->bell_rang)
		reload_memory(write->agent);
}

void
rp_agent_write(RpAgent *agent, RpQueueChange *change, RpQueueDone done, gpointer user)
{
	RpWrite *write;

	if (!done && rp_queue_change_is_empty(change)) {
		rp_queue_change_free(change);
		return;
	}
	write = g_new0(RpWrite, 1);
	write->agent = agent;
	write->done = done;
	write->user = user;
	agent->n_writes++;
	rp_queue_apply_async(agent->queue, change, on_written, write, g_free);
}

static void
plan_after(const GError *error, gpointer user)
{
	if (error)
		rp_planner_retry(user);
	else
		rp_planner_request(user, FALSE, "messages became ready");
}

void
rp_agent_write_and_plan(RpAgent *agent, RpQueueChange *change)
{
	if (rp_queue_change_is_empty(change))
		rp_queue_change_free(change);
	else
		rp_agent_write(agent, change, plan_after, agent);
}

/* ---- time ---- */

void
rp_agent_schedule(RpAgent *agent)
{
	RpTime next = MIN(agent->insist_at,
		MIN(rp_memory_next_deadline(agent), rp_lanes_next_deadline(agent)));
	RpTime deferred = G_MAXINT64;

	next = MIN(next, rp_planner_next_deadline(agent));
	if (agent->reports)
		next = MIN(next, rp_reports_next_deadline(agent));
	rp_queue_next_deadline(agent->queue, &deferred, NULL);
	rp_deadline_set(agent->deadline, MIN(next, deferred));
}

static void
undefer_due(RpAgent *agent)
{
	RpTime deferred = G_MAXINT64;
	RpQueueChange *change;

	rp_queue_next_deadline(agent->queue, &deferred, NULL);
	if (deferred > rp_agent_now(agent))
		return;
	change = rp_queue_change_new(rp_agent_now(agent));
	rp_change_undefer_due(change);
	rp_agent_write_and_plan(agent, change);
}

static void
on_due(RpSpan jump, gpointer user)
{
	RpAgent *agent = user;

	if (jump < 0) /* times that were set by the old clock may be years away */
		rp_agent_try_now(agent);
	rp_insist_due(agent, jump < 0);
	if (rp_memory_expire(agent))
		rp_planner_request(agent, TRUE, "what failed may be tried again");
	rp_planner_due(agent);
	rp_reports_due(agent);
	rp_lanes_due(agent);
	undefer_due(agent);
	/* Not here: a deferral still on the disk would be due at once, in a circle. The plan's
	 * end schedules. */
	if (!agent->n_writes)
		rp_agent_schedule(agent);
}

void
rp_agent_clock_changed(RpAgent *agent, RpSpan jump)
{
	on_due(jump, agent);
}

void
rp_agent_try_now(RpAgent *agent)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_change_undefer_all(change);
	rp_agent_write_and_plan(agent, change);
	rp_memory_arrived(agent);
	rp_lanes_try_now(agent, NULL);
	rp_planner_request(agent, TRUE, "everything is tried now");
}

static void
try_set(RpAgent *agent, const char *set)
{
	rp_memory_forget(agent, set, RP_FAILURE_UNREACHABLE);
	rp_lanes_try_now(agent, set);
}

static gboolean
is_for_set(const RpAgent *agent, const RpPlannedClass *planned, const char *set)
{
	const RpCatalogue *catalogue = rp_agent_catalogue(agent);

	for (guint i = 0; planned->decision && i < planned->decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &planned->decision->recipients[i];

		if (plan->verdict == RP_VERDICT_SEND &&
			g_str_equal(rp_catalogue_set(catalogue, plan->set)->name, set))
			return TRUE;
		for (guint k = 0; plan->reasons && k < plan->reasons->len; k++)
			if (g_strcmp0(((RpHoldReason *)plan->reasons->pdata[k])->set, set) == 0)
				return TRUE;
	}
	return FALSE;
}

void
rp_agent_try_set(RpAgent *agent, const char *set)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, agent->planned);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (is_for_set(agent, value, set))
			rp_change_undefer_class(change, ((RpPlannedClass *)value)->id);
	rp_agent_write_and_plan(agent, change);
	try_set(agent, set);
	rp_planner_request(agent, TRUE, "a set is tried now");
}

/* The sets that the plan has for it, and those that can't take it now. */
static void
try_sets_of(RpAgent *agent, const RpQueueMessage *message)
{
	const RpPlannedClass *planned = g_hash_table_lookup(agent->planned, &message->class_id);
	const RpDecision *decision = planned ? planned->decision : NULL;

	for (guint i = 0; decision && i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];

		if (plan->verdict == RP_VERDICT_SEND)
			try_set(agent,
				rp_catalogue_set(rp_agent_catalogue(agent), plan->set)->name);
		for (guint k = 0; plan->reasons && k < plan->reasons->len; k++) {
			const RpHoldReason *reason = plan->reasons->pdata[k];

			if (reason->set)
				try_set(agent, reason->set);
		}
	}
}

void
rp_agent_try_messages(RpAgent *agent, const GArray *ids)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	for (guint i = 0; i < ids->len; i++) {
		RpMessageId id = g_array_index(ids, RpMessageId, i);
		g_autoptr(RpQueueMessage) message = rp_queue_get(agent->queue, id, NULL);

		if (message)
			try_sets_of(agent, message);
		rp_change_undefer(change, id);
	}
	rp_agent_write_and_plan(agent, change);
	rp_planner_request(agent, TRUE, "messages are tried now");
}

/* ---- where we are ---- */

static void
save_override(RpAgent *agent)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_change_save_override(
		change, agent->override.set, agent->override.keep, agent->override.place_key);
	rp_agent_write(agent, change, NULL, NULL);
}

void
rp_agent_use(RpAgent *agent, const char *set, gboolean keep)
{
	g_autofree char *name = g_strdup(set); /* it may be the one that is freed here */

	rp_override_clear(&agent->override);
	agent->override.set = g_steal_pointer(&name);
	agent->override.keep = keep;
	/* Said while offline, it is for the place where one arrives next. */
	agent->override.place_key = rp_agent_is_online(agent) ? g_strdup(agent->place->key) : NULL;
	save_override(agent);
	g_message("override: %s%s", agent->override.set ? agent->override.set : "auto",
		keep ? ", kept" : "");
	rp_lanes_reconsider(agent);
	rp_announce_state(agent);
}

static void
log_place(const RpAgent *agent)
{
	g_autoptr(GString) inside = g_string_new(NULL);

	for (guint i = 0; i < agent->place->inside->len; i++) {
		const RpInside *entry = &g_array_index(agent->place->inside, RpInside, i);

		g_string_append_printf(inside, "%s%s", inside->len ? ", " : "",
			rp_catalogue_provider(rp_agent_catalogue(agent), entry->provider)->name);
	}
	g_message("place: %u link(s), inside %s, %s", agent->network->links->len,
		inside->len ? inside->str : "no provider", agent->place->key);
}

/* TRUE when it is another place than before. */
static gboolean
work_out_place(RpAgent *agent)
{
	g_autoptr(RpPlace) old = agent->place;

	agent->place =
		rp_place_new_learned(agent->network, rp_agent_catalogue(agent), agent->learned);
	log_place(agent);
	return !old || !g_str_equal(old->key, agent->place->key);
}

static void
arrive(RpAgent *agent)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	/* What a server put off or could not be reached for is tried at once from a new place. */
	rp_change_undefer_all(change);
	rp_agent_write_and_plan(agent, change);
	rp_memory_arrived(agent);
	rp_lanes_arrived(agent);
}

/* An override holds at one place. */
static void
check_override(RpAgent *agent)
{
	if (!agent->override.set || agent->override.keep)
		return;
	if (!agent->override.place_key) {
		if (!rp_agent_is_online(agent))
			return;
		agent->override.place_key = g_strdup(agent->place->key);
		save_override(agent);
	} else if (!g_str_equal(agent->override.place_key, agent->place->key)) {
		rp_agent_use(agent, NULL, FALSE);
	}
}

void
rp_agent_set_network(RpAgent *agent, const RpNetwork *network)
{
	RpNetwork *old = agent->network;
	gboolean changed;

	agent->network = rp_network_copy(network);
	rp_network_free(old);
	agent->network_known = TRUE;
	agent->n_networks++;
	changed = work_out_place(agent);
	if (changed)
		arrive(agent);
	check_override(agent);
	rp_lanes_cut(agent, FALSE);
	rp_announce_place(agent);
	rp_lanes_reconsider(agent);
}

void
rp_agent_place_taught(RpAgent *agent)
{
	if (work_out_place(agent))
		arrive(agent);
	check_override(agent);
	rp_announce_place(agent);
	rp_lanes_reconsider(agent);
}

void
rp_agent_resumed(RpAgent *agent)
{
	rp_lanes_cut(agent, TRUE);
	/* Nothing is planned until the network has told where we woke up. */
	agent->network_known = FALSE;
	agent->parts.rescan(agent->parts.user);
	on_due(0, agent);
	rp_agent_try_now(agent);
}

/* ---- other processes ---- */

static void
reload_memory(RpAgent *agent)
{
	guint n_failures = agent->failures->len, n_learned = agent->learned->len;

	agent->bell_rang = FALSE;
	rp_memory_load(agent);
	if (agent->failures->len != n_failures)
		rp_planner_request(agent, TRUE, "failures were forgotten");
	if (agent->learned->len != n_learned)
		rp_agent_place_taught(agent);
}

/* Somebody has changed the queue: new mail, or a user's word, which may have been that what failed
 * is to be forgotten. */
static void
on_bell(gpointer user)
{
	RpAgent *agent = user;

	/* What is being written is newer than what is on the disk. */
	if (agent->n_writes)
		agent->bell_rang = TRUE;
	else
		reload_memory(agent);
	rp_planner_request(agent, FALSE, "the queue was changed");
	rp_announce_state(agent);
}

static void
on_bus_state(RpBusState state, gpointer user)
{
	RpAgent *agent = user;

	g_debug("session bus: %s", rp_bus_state_name(state));
	if (state == RP_BUS_TAKEN)
		agent->parts.quit(agent->parts.user);
}

/* ---- life ---- */

static void
start_up(RpAgent *agent)
{
	g_autoptr(GError) error = NULL;
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_memory_load(agent);
	if (!rp_queue_load_override(agent->queue, &agent->override, &error))
		g_warning("the override can't be read: %s", error->message);
	rp_change_expire(change, rp_agent_now(agent) - G_TIME_SPAN_DAY);
	rp_change_prune_history(change, rp_agent_now(agent) - HISTORY_KEPT);
	rp_agent_write_and_plan(agent, change);
	rp_agent_check_classes(agent);
	work_out_place(agent);
	rp_queue_set_bell(agent->queue, on_bell, agent);
}

RpAgent *
rp_agent_new(const RpAgentParts *parts)
{
	RpAgent *agent = g_new0(RpAgent, 1);

	agent->parts = *parts;
	agent->insist_at = G_MAXINT64;
	agent->clock = parts->clock;
	agent->config = parts->config;
	agent->queue = parts->queue;
	agent->transport = parts->transport;
	agent->notifier = parts->notifier;
	agent->network = rp_network_new();
	agent->fresh = g_array_new(FALSE, FALSE, sizeof(RpMessageId));
	agent->refused_config = g_ptr_array_new_with_free_func(g_free);
	agent->busy = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	agent->used_sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	agent->failure_counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	agent->deadline = rp_deadline_new(agent->clock, on_due, agent);
	agent->bus = rp_bus_service_new(&rp_service_handlers, RP_VERSION, on_bus_state, agent);
	agent->dialler = rp_dialler_new(NULL);
	rp_planner_init(agent);
	rp_lanes_init(agent);
	rp_checks_init(agent);
	rp_reports_init(agent);
	start_up(agent);
	rp_announce_place(agent);
	rp_agent_listen(agent);
	return agent;
}

static void
write_rest(RpAgent *agent)
{
	while (agent->n_writes)
		g_main_context_iteration(NULL, TRUE);
	rp_insist_due(agent, TRUE);
	while (agent->n_writes)
		g_main_context_iteration(NULL, TRUE);
	rp_insist_clear(agent);
	/* Calls that came meanwhile may have made one. */
	rp_lanes_clear(agent);
}

void
rp_agent_free(RpAgent *agent)
{
	if (!agent)
		return;
	/* The bell still rings for what this stores. */
	rp_listener_free(agent->listener);
	rp_queue_set_bell(agent->queue, NULL, NULL);
	agent->network_known = FALSE; /* no more plans */
	rp_reports_stop(agent);
	rp_checks_close(agent);
	rp_lanes_clear(agent);
	write_rest(agent);
	rp_reports_free(agent);
	rp_planner_clear(agent);
	rp_bus_service_free(agent->bus);
	rp_notifier_close(agent->notifier);
	rp_notifier_free(agent->notifier);
	rp_transport_free(agent->transport);
	rp_queue_close(agent->queue);
	g_clear_pointer(&agent->lanes, g_ptr_array_unref);
	g_clear_pointer(&agent->checks, g_hash_table_unref);
	rp_dialler_free(agent->dialler);
	rp_deadline_free(agent->deadline);
	rp_place_free(agent->place);
	rp_network_free(agent->network);
	g_clear_pointer(&agent->pop_logins, g_ptr_array_unref);
	g_clear_pointer(&agent->failures, g_ptr_array_unref);
	g_clear_pointer(&agent->facts, g_ptr_array_unref);
	g_clear_pointer(&agent->learned, g_ptr_array_unref);
	g_clear_pointer(&agent->busy, g_hash_table_unref);
	g_clear_pointer(&agent->used_sets, g_hash_table_unref);
	g_clear_pointer(&agent->failure_counts, g_hash_table_unref);
	g_array_unref(agent->fresh);
	g_ptr_array_unref(agent->refused_config);
	rp_override_clear(&agent->override);
	rp_config_unref(agent->config);
	g_free(agent->current_set);
	g_free(agent);
}

gboolean
rp_agent_is_idle(const RpAgent *agent)
{
	return !agent->plan_source && !agent->plan_writing && !agent->n_writes &&
	       rp_lanes_are_idle(agent) && rp_reports_are_idle(agent) &&
	       !g_hash_table_size(agent->checks);
}
