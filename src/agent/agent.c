/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

#include "roampost/base.h"

#include <string.h>

/* History older than this is pruned when the agent starts. */
#define HISTORY_KEPT (400 * G_TIME_SPAN_DAY)
/* At the end. */
#define CONTENT_PATIENCE_MS 3000

static void reload_records(RpAgent *agent);

/* ---- the events of the ground ---- */

/* Changes that make messages ready: a plan follows. */
static void
on_messages_ready(const GError *error, gpointer user)
{
	if (error)
		rp_planner_retry(((RpAgent *)user)->planner);
	else
		rp_planner_request(((RpAgent *)user)->planner, FALSE, "messages became ready");
}

static void
on_writes_idle(gpointer user)
{
	RpAgent *agent = user;

	if (agent->bell_rang)
		reload_records(agent);
}

static void
on_records_changed(const char *reason, gpointer user)
{
	rp_planner_request(((RpAgent *)user)->planner, TRUE, reason);
}

/* ---- the events of the planner ---- */

static void
on_classified(const GPtrArray *messages, gpointer user)
{
	rp_tell_classified(((RpAgent *)user)->tell, messages);
}

/* Connections are made while the verdicts go to the disk. */
static void
on_planned(gpointer user)
{
	rp_lanes_update(user);
}

static void
on_plan_written(const GPtrArray *entered, gpointer user)
{
	RpTell *tell = ((RpAgent *)user)->tell;

	if (entered)
		rp_tell_held(tell, entered);
	rp_tell_state(tell);
	rp_tell_notice(tell);
}

/* ---- what the world asks ---- */

static void
each_active(RpActiveFunc func, gpointer func_user, gpointer user)
{
	rp_lanes_each_active(user, func, func_user);
}

/* ---- time ---- */

static RpTime
next_deadline(gpointer user)
{
	const RpAgent *agent = user;
	RpTime next = MIN(rp_durable_next_deadline(agent->ground.durable),
		MIN(rp_records_next_deadline(agent->ground.records),
			rp_lanes_next_deadline(agent)));
	RpTime deferred = G_MAXINT64;

	next = MIN(next, rp_planner_next_deadline(agent->planner));
	if (agent->reports)
		next = MIN(next, rp_reports_next_deadline(agent->reports));
	rp_queue_next_deadline(agent->ground.queue, &deferred, NULL);
	return MIN(next, deferred);
}

static void
undefer_due(RpAgent *agent)
{
	RpTime deferred = G_MAXINT64;
	RpQueueChange *change;

	rp_queue_next_deadline(agent->ground.queue, &deferred, NULL);
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
	rp_durable_due(agent->ground.durable, jump < 0);
	if (rp_records_expire(agent->ground.records))
		rp_planner_request(agent->planner, TRUE, "what failed may be tried again");
	rp_planner_due(agent->planner);
	rp_reports_due(agent->reports);
	rp_lanes_due(agent);
	undefer_due(agent);
	/* Not here: a deferral still on the disk would be due at once, in a circle. The plan's
	 * end schedules. */
	if (rp_writes_is_idle(agent->ground.writes))
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
	rp_records_arrived(agent->ground.records);
	rp_lanes_try_now(agent, NULL);
	rp_planner_request(agent->planner, TRUE, "everything is tried now");
}

static void
try_set(RpAgent *agent, const char *set)
{
	rp_records_forget(agent->ground.records, set, RP_FAILURE_UNREACHABLE);
	rp_lanes_try_now(agent, set);
}

typedef struct {
	const RpAgent *agent;
	const char *set;
	RpQueueChange *change;
} RpSetTry;

static gboolean
is_for_set(const RpSetTry *try, const RpRecipientPlan *plan)
{
	if (plan->verdict == RP_VERDICT_SEND)
		return g_str_equal(
			rp_catalogue_set(rp_agent_catalogue(try->agent), plan->set)->name,
			try->set);
	for (guint i = 0; plan->reasons && i < plan->reasons->len; i++)
		if (g_strcmp0(((RpHoldReason *)plan->reasons->pdata[i])->set, try->set) == 0)
			return TRUE;
	return FALSE;
}

static gboolean
undefer_class(gint64 class_id, const RpDecision *decision, guint n_ready, gpointer user)
{
	const RpSetTry *try = user;
	gboolean concerned = FALSE;

	for (guint i = 0; i < decision->n_recipients; i++)
		concerned |= is_for_set(try, &decision->recipients[i]);
	if (concerned)
		rp_change_undefer_class(try->change, class_id);
	return TRUE;
}

void
rp_agent_try_set(RpAgent *agent, const char *set)
{
	RpSetTry try = {agent, set, rp_queue_change_new(rp_agent_now(agent))};

	rp_planner_foreach(agent->planner, undefer_class, &try);
	rp_agent_write_and_plan(agent, try.change);
	try_set(agent, set);
	rp_planner_request(agent->planner, TRUE, "a set is tried now");
}

/* The sets that the plan has for it, and those that can't take it now. */
static void
try_sets_of(RpAgent *agent, const RpQueueMessage *message)
{
	const RpDecision *decision = rp_planner_decision(agent->planner, message->class_id);

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
		g_autoptr(RpQueueMessage) message = rp_queue_get(agent->ground.queue, id, NULL);

		if (message)
			try_sets_of(agent, message);
		rp_change_undefer(change, id);
	}
	rp_agent_write_and_plan(agent, change);
	rp_planner_request(agent->planner, TRUE, "messages are tried now");
}

/* ---- where we are ---- */

static void
set_override(RpAgent *agent, RpOverride *override)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_change_save_override(change, override->set, override->keep, override->place_key);
	rp_whereabouts_set_override(agent->whereabouts, override);
	rp_agent_write(agent, change, NULL, NULL);
}

static char *
place_key(const RpAgent *agent)
{
	return g_strdup(rp_whereabouts_place(agent->whereabouts)->key);
}

void
rp_agent_use(RpAgent *agent, const char *set, gboolean keep)
{
	RpOverride override = {.set = g_strdup(set), .keep = keep};

	/* Said while offline, it is for the place where one arrives next. */
	if (rp_whereabouts_is_online(agent->whereabouts))
		override.place_key = place_key(agent);
	g_message("override: %s%s", override.set ? override.set : "auto", keep ? ", kept" : "");
	set_override(agent, &override);
	rp_lanes_reconsider(agent);
	rp_tell_state(agent->tell);
}

/* TRUE when it is another place than before. */
static gboolean
work_out_place(RpAgent *agent)
{
	return rp_whereabouts_work_out_place(
		agent->whereabouts, rp_records_learned(agent->ground.records));
}

static void
arrive(RpAgent *agent)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	/* What a server put off or could not be reached for is tried at once from a new place. */
	rp_change_undefer_all(change);
	rp_agent_write_and_plan(agent, change);
	rp_records_arrived(agent->ground.records);
	rp_lanes_arrived(agent);
}

/* An override holds at one place. */
static void
check_override(RpAgent *agent)
{
	const RpOverride *now = rp_whereabouts_override(agent->whereabouts);

	if (!now->set || now->keep)
		return;
	if (!now->place_key) {
		RpOverride here = {.set = g_strdup(now->set)};

		if (rp_whereabouts_is_online(agent->whereabouts)) {
			here.place_key = place_key(agent);
			set_override(agent, &here);
		}
		rp_override_clear(&here);
	} else if (!g_str_equal(now->place_key, rp_whereabouts_place(agent->whereabouts)->key)) {
		rp_agent_use(agent, NULL, FALSE);
	}
}

void
rp_agent_set_network(RpAgent *agent, const RpNetwork *network)
{
	rp_whereabouts_set_network(agent->whereabouts, network);
	if (work_out_place(agent))
		arrive(agent);
	check_override(agent);
	rp_lanes_cut(agent, FALSE);
	rp_checks_cut(agent->checks, FALSE);
	rp_tell_place(agent->tell);
	rp_lanes_reconsider(agent);
}

void
rp_agent_place_taught(RpAgent *agent)
{
	if (work_out_place(agent))
		arrive(agent);
	check_override(agent);
	rp_tell_place(agent->tell);
	rp_lanes_reconsider(agent);
}

void
rp_agent_resumed(RpAgent *agent)
{
	rp_lanes_cut(agent, TRUE);
	rp_checks_cut(agent->checks, TRUE);
	/* Nothing is planned until the network has told where we woke up. */
	rp_whereabouts_forget_network(agent->whereabouts);
	agent->parts.rescan(agent->parts.user);
	on_due(0, agent);
	rp_agent_try_now(agent);
}

/* ---- other processes ---- */

static void
reload_records(RpAgent *agent)
{
	guint n_failures = rp_records_failures(agent->ground.records)->len,
	      n_learned = rp_records_learned(agent->ground.records)->len;

	agent->bell_rang = FALSE;
	rp_records_load(agent->ground.records);
	if (rp_records_failures(agent->ground.records)->len != n_failures)
		rp_planner_request(agent->planner, TRUE, "failures were forgotten");
	if (rp_records_learned(agent->ground.records)->len != n_learned)
		rp_agent_place_taught(agent);
}

/* Somebody has changed the queue: new mail, or a user's word, which may have been that what failed
 * is to be forgotten. */
static void
on_bell(gpointer user)
{
	RpAgent *agent = user;

	/* What is being written is newer than what is on the disk. */
	if (!rp_writes_is_idle(agent->ground.writes))
		agent->bell_rang = TRUE;
	else
		reload_records(agent);
	rp_planner_request(agent->planner, FALSE, "the queue was changed");
	rp_tell_state(agent->tell);
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
load_override(RpAgent *agent)
{
	g_auto(RpOverride) override = {0};
	g_autoptr(GError) error = NULL;

	if (!rp_queue_load_override(agent->ground.queue, &override, &error))
		g_warning("the override can't be read: %s", error->message);
	rp_whereabouts_set_override(agent->whereabouts, &override);
}

static void
start_up(RpAgent *agent)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_records_load(agent->ground.records);
	load_override(agent);
	rp_change_expire(change, rp_agent_now(agent) - G_TIME_SPAN_DAY);
	rp_change_prune_history(change, rp_agent_now(agent) - HISTORY_KEPT);
	rp_agent_write_and_plan(agent, change);
	rp_agent_check_classes(agent);
	work_out_place(agent);
	rp_queue_set_bell(agent->ground.queue, on_bell, agent);
}

static void
make_ground(RpAgent *agent, const RpAgentParts *parts)
{
	static const RpTimerEvents timer_events = {next_deadline, on_due};
	static const RpWritesEvents writes_events = {on_messages_ready, on_writes_idle};
	static const RpRecordsEvents records_events = {on_records_changed};
	RpGround *ground = &agent->ground;

	ground->clock = parts->clock;
	ground->queue = parts->queue;
	ground->timer = rp_timer_new(ground->clock, &timer_events, agent);
	ground->writes = rp_writes_new(ground->queue, &writes_events, agent);
	ground->durable = rp_durable_new(ground->clock, ground->writes, ground->timer);
	ground->whereabouts = agent->whereabouts = rp_whereabouts_new(parts->config);
	ground->records = rp_records_new(ground->clock, ground->queue, ground->writes,
		ground->whereabouts, &records_events, agent);
}

static void
free_ground(RpAgent *agent)
{
	rp_queue_close(agent->ground.queue);
	rp_records_free(agent->ground.records);
	rp_whereabouts_free(agent->whereabouts);
	rp_durable_free(agent->ground.durable);
	rp_writes_free(agent->ground.writes);
	rp_timer_free(agent->ground.timer);
}

RpAgent *
rp_agent_new(const RpAgentParts *parts)
{
	static const RpPlannerEvents planner_events = {on_classified, on_planned, on_plan_written};
	static const RpTellQueries tell_queries = {each_active};
	RpAgent *agent = g_new0(RpAgent, 1);

	agent->parts = *parts;
	make_ground(agent, parts);
	agent->n_beside = g_rc_box_new0(guint);
	agent->transport = parts->transport;
	agent->notifier = parts->notifier;
	agent->busy = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	agent->bus = rp_bus_service_new(&rp_service_handlers, RP_VERSION, on_bus_state, agent);
	agent->dialler = rp_dialler_new(NULL);
	agent->planner = rp_planner_new(&agent->ground, &planner_events, agent);
	agent->tell = rp_tell_new(&agent->ground, agent->planner, agent->bus, agent->notifier,
		&tell_queries, agent);
	rp_lanes_init(agent);
	agent->checks =
		rp_checks_new(&agent->ground, agent->transport, &rp_agent_check_events, agent);
	rp_checks_start(agent->checks);
	agent->reports = rp_reports_new(&agent->ground);
	rp_reports_start(agent->reports);
	start_up(agent);
	rp_tell_place(agent->tell);
	rp_agent_listen(agent);
	return agent;
}

static gboolean
on_patience_over(gpointer user)
{
	*(gboolean *)user = TRUE;
	return G_SOURCE_REMOVE;
}

/* What has been handed over by Submit is stored, and said to be; a caller that never ends its
 * message, or does not take the answer, holds nobody up for long. */
static void
wait_for_content(RpAgent *agent)
{
	gboolean over = FALSE;
	guint patience = g_timeout_add(CONTENT_PATIENCE_MS, on_patience_over, &over);

	while (*agent->n_beside && !over)
		g_main_context_iteration(NULL, TRUE);
	if (over)
		g_message("%u call(s) with a message's content were not waited for",
			*agent->n_beside);
	else
		g_source_remove(patience);
}

static void
write_rest(RpAgent *agent)
{
	rp_writes_wait(agent->ground.writes);
	rp_durable_due(agent->ground.durable, TRUE);
	rp_writes_wait(agent->ground.writes);
	rp_durable_give_up(agent->ground.durable);
}

void
rp_agent_free(RpAgent *agent)
{
	if (!agent)
		return;
	/* The loop turns below until all is written: nobody is to begin anything meanwhile. */
	rp_bus_service_stop(agent->bus);
	/* The bell still rings for what this stores. */
	g_clear_pointer(&agent->listener, rp_listener_free);
	rp_queue_set_bell(agent->ground.queue, NULL, NULL);
	rp_whereabouts_forget_network(agent->whereabouts); /* no more plans */
	rp_reports_stop(agent->reports);
	rp_checks_close(agent->checks);
	rp_lanes_clear(agent);
	wait_for_content(agent);
	write_rest(agent);
	rp_reports_free(agent->reports);
	g_clear_pointer(&agent->planner, rp_planner_free);
	rp_tell_free(agent->tell);
	rp_bus_service_free(agent->bus);
	rp_notifier_close(agent->notifier);
	rp_notifier_free(agent->notifier);
	rp_transport_free(agent->transport);
	g_clear_pointer(&agent->lanes, g_ptr_array_unref);
	g_clear_pointer(&agent->checks, rp_checks_free);
	rp_dialler_free(agent->dialler);
	g_clear_pointer(&agent->busy, g_hash_table_unref);
	free_ground(agent);
	g_rc_box_release(agent->n_beside);
	g_free(agent);
}

gboolean
rp_agent_is_idle(const RpAgent *agent)
{
	return rp_planner_is_idle(agent->planner) && rp_writes_is_idle(agent->ground.writes) &&
	       rp_lanes_are_idle(agent) && rp_reports_are_idle(agent->reports) &&
	       rp_checks_are_idle(agent->checks);
}
