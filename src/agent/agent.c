/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"
#include "beside.h"
#include "config.h"

#include "roampost/base.h"
#include "roampost/retry.h"

#include <string.h>

/* The agent is made here out of its rooms, and ended so that
 * each finds those it calls still there. */

/* At the end. */
#define CONTENT_PATIENCE_MS 3000
/* Then for the answer to QUIT. */
#define QUIT_PATIENCE_MS 2000

static void
on_replaced(gpointer user)
{
	RpAgent *agent = user;

	agent->parts.lost(agent->parts.user);
}

static void
on_bus_state(RpBusState state, gpointer user)
{
	RpAgent *agent = user;

	g_debug("session bus: %s", rp_bus_state_name(state));
	if (agent->yielding)
		rp_yielding_bus(agent->yielding, state == RP_BUS_OWNED);
	if (state == RP_BUS_TAKEN)
		agent->parts.quit(agent->parts.user);
	else if (state == RP_BUS_OWNED)
		rp_tell_state(agent->tell);
}

static GVariant *
read_property(const char *property, gpointer user)
{
	return rp_tell_property(((RpAgent *)user)->tell, property);
}

/* The interface's document says what they are. */
static const char *const features[] = {"amend", "cancel", "change", "check", "dial", "explain",
	"find", "history", "hold", "learn", "lookup", "not-before", "pause", "progress", "simulate",
	"subject", "submit", NULL};

static void
on_watched(gboolean any, gpointer user)
{
	rp_tell_watched(((RpAgent *)user)->tell, any);
}

static const RpBusEvents bus_events = {
	rp_service_handlers, read_property, on_bus_state, on_watched};

/* ---- life ---- */

/* While no agent ran nobody saw the clock being put back. */
static gboolean
clock_was_put_back(RpAgent *agent)
{
	RpTime now = rp_agent_now(agent), due = G_MAXINT64;
	const char *fact = rp_records_fact(agent->ground.records, "", RP_FACT_DEFERRED_AT);

	rp_queue_next_deadline(agent->ground.queue, &due, NULL);
	return due != G_MAXINT64 && ((fact && g_ascii_strtoll(fact, NULL, 10) > now) ||
					    due - now > rp_retry_deferred_longest());
}

static void
start_up(RpAgent *agent)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_records_load(agent->ground.records);
	rp_records_expire(agent->ground.records);
	if (clock_was_put_back(agent)) {
		g_message("the clock was put back: what waits for a time is tried now");
		rp_change_undefer_all(change);
	}
	rp_agent_recall_dialled(agent);
	rp_agent_load_override(agent);
	rp_change_expire(change, rp_agent_now(agent) - G_TIME_SPAN_DAY);
	rp_agent_write_and_plan(agent, change);
	rp_agent_prune_history(agent);
	rp_agent_check_classes(agent);
	rp_agent_open_asns(agent);
	rp_agent_work_out_place(agent);
	rp_queue_set_bell(agent->ground.queue, rp_agent_bell, agent);
	rp_queue_set_replaced(agent->ground.queue, on_replaced, agent);
}

static void
make_ground(RpAgent *agent, const RpAgentParts *parts)
{
	RpGround *ground = &agent->ground;

	ground->clock = parts->clock;
	ground->queue = parts->queue;
	ground->timer = rp_timer_new(ground->clock, &rp_agent_timer_events, agent);
	ground->writes = rp_writes_new(ground->queue, &rp_agent_writes_events, agent);
	ground->durable = rp_durable_new(ground->clock, ground->writes, ground->timer);
	ground->whereabouts = agent->whereabouts = rp_whereabouts_new(parts->config);
	ground->records = rp_records_new(ground->clock, ground->queue, ground->writes,
		ground->whereabouts, &rp_agent_records_events, agent);
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
	RpAgent *agent = g_new0(RpAgent, 1);

	agent->parts = *parts;
	agent->prepared_until = G_MAXINT64;
	make_ground(agent, parts);
	agent->beside = rp_beside_new();
	agent->transport = parts->transport;
	agent->notifier = parts->notifier;
	agent->bus = rp_bus_service_new(&bus_events, agent);
	rp_bus_service_set(agent->bus, "Version", g_variant_new_string(RP_VERSION));
	rp_bus_service_set(agent->bus, "Features", g_variant_new_strv(features, -1));
	agent->dialler = rp_dialler_new(NULL, rp_agent_dialled_changed, agent);
	agent->arrivals = g_ptr_array_new_with_free_func(rp_arrival_free);
	agent->locator = rp_locator_new(&agent->ground, &rp_agent_locator_events, agent);
	agent->planner = rp_planner_new(&agent->ground, &rp_agent_planner_events, agent);
	agent->tell = rp_tell_new(&agent->ground, agent->planner, agent->bus, agent->notifier,
		&rp_agent_tell_queries, agent);
	agent->lanes = rp_lanes_new(
		&agent->ground, agent->planner, agent->transport, &rp_agent_lanes_events, agent);
	agent->checks =
		rp_checks_new(&agent->ground, agent->transport, &rp_agent_check_events, agent);
	rp_checks_start(agent->checks);
	agent->reports = rp_reports_new(&agent->ground);
	rp_reports_start(agent->reports);
	agent->yielding = rp_yielding_new(agent);
	start_up(agent);
	rp_tell_recall(agent->tell);
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

static gboolean
is_leaving(const RpAgent *agent)
{
	return !rp_lanes_are_idle(agent->lanes);
}

/* Turns the loop while this holds. */
static void
wait_while(RpAgent *agent, gboolean (*holds)(const RpAgent *agent), guint patience_ms)
{
	gboolean over = FALSE;
	guint source = g_timeout_add(patience_ms, on_patience_over, &over);

	while (holds(agent) && !over)
		g_main_context_iteration(NULL, TRUE);
	if (!over)
		g_source_remove(source);
}

/* A server that has a message to its end, and whose answer we don't wait for, has it twice. */
static void
finish_sending(RpAgent *agent)
{
	if (!agent->parts.patience_ms || rp_lanes_are_idle(agent->lanes))
		return;
	rp_lanes_leave(agent->lanes, "the agent ends");
	wait_while(agent, rp_agent_is_sending, agent->parts.patience_ms);
	wait_while(agent, is_leaving, MIN(QUIT_PATIENCE_MS, agent->parts.patience_ms));
}

/* What has been handed over by Submit is stored, and said to be; a caller that never ends its
 * message, or does not take the answer, holds nobody up for long. */
static void
wait_for_content(RpAgent *agent)
{
	gboolean over = FALSE;
	guint patience = g_timeout_add(CONTENT_PATIENCE_MS, on_patience_over, &over);

	while (rp_beside_n(agent->beside) && !over)
		g_main_context_iteration(NULL, TRUE);
	if (over)
		g_message("%u call(s) with a message's content were not waited for",
			rp_beside_n(agent->beside));
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
	rp_queue_set_replaced(agent->ground.queue, NULL, NULL);
	rp_whereabouts_forget_network(agent->whereabouts); /* no more plans */
	rp_locator_forget(agent->locator);
	rp_reports_stop(agent->reports);
	rp_checks_close(agent->checks);
	finish_sending(agent);
	rp_lanes_close(agent->lanes);
	wait_for_content(agent);
	rp_beside_free(agent->beside);
	write_rest(agent);
	rp_reports_free(agent->reports);
	g_clear_pointer(&agent->planner, rp_planner_free);
	rp_tell_free(agent->tell);
	rp_bus_service_free(agent->bus);
	rp_notifier_free(agent->notifier);
	rp_transport_free(agent->transport);
	rp_lanes_free(agent->lanes);
	g_clear_pointer(&agent->checks, rp_checks_free);
	rp_dialler_free(agent->dialler);
	g_ptr_array_unref(agent->arrivals);
	rp_locator_free(agent->locator);
	free_ground(agent);
	rp_yielding_free(agent->yielding);
	g_free(agent->asns_path);
	g_free(agent);
}

gboolean
rp_agent_is_idle(const RpAgent *agent)
{
	return rp_planner_is_idle(agent->planner) && rp_writes_is_idle(agent->ground.writes) &&
	       rp_lanes_are_idle(agent->lanes) && rp_reports_are_idle(agent->reports) &&
	       rp_checks_are_idle(agent->checks) && rp_locator_is_idle(agent->locator);
}
