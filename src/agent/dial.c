/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

/* Lines that come up by the user's word: who dials is answered when the place is there, and what
 * was dialled is hung up once all has been sent, where the provider says so. */

/* How long the place may take after the line is up: longer than NetworkManager's check. */
#define ARRIVES_WITHIN (10 * G_TIME_SPAN_SECOND)

/* What was dialled, as the dialler tells it; of no server set. */
#define DIALLED_FACT "dialled"

struct RpArrival {
	RpAgent *agent;
	RpBusCall *call;
	char *provider;
	RpTime until; /* 0: the line is not up yet */
};

void
rp_arrival_free(gpointer data)
{
	RpArrival *arrival = data;

	g_free(arrival->provider);
	g_free(arrival);
}

/* ---- what was dialled ---- */

void
rp_agent_dialled_changed(const char *dialled, gpointer agent)
{
	rp_records_save_fact(((RpAgent *)agent)->ground.records, "", DIALLED_FACT, dialled);
}

void
rp_agent_recall_dialled(RpAgent *agent)
{
	const char *dialled = rp_records_fact(agent->ground.records, "", DIALLED_FACT);

	if (dialled)
		rp_dialler_recall(agent->dialler, dialled);
}

/* ---- dialling ---- */

static gboolean
has_arrived(const RpArrival *arrival)
{
	const RpAgent *agent = arrival->agent;
	gint provider = rp_catalogue_find_provider(rp_agent_catalogue(agent), arrival->provider);

	return provider < 0 || rp_agent_now(agent) >= arrival->until ||
	       arrival->until - rp_agent_now(agent) > ARRIVES_WITHIN ||
	       (rp_whereabouts_is_known(agent->whereabouts) &&
		       rp_place_is_inside(
			       rp_whereabouts_place(agent->whereabouts), (guint)provider));
}

void
rp_agent_look_for_arrivals(RpAgent *agent)
{
	for (guint i = agent->arrivals->len; i-- > 0;) {
		const RpArrival *arrival = agent->arrivals->pdata[i];
		RpBusCall *call = arrival->call;

		if (!arrival->until || !has_arrived(arrival))
			continue;
		g_ptr_array_remove_index(agent->arrivals, i);
		rp_bus_call_return(call, NULL);
	}
}

static void
on_dialled(const GError *error, gpointer user)
{
	RpArrival *arrival = user;
	RpAgent *agent = arrival->agent;

	agent->quiet_since = 0; /* from now on */
	if (error) {
		rp_bus_call_fail(arrival->call, g_error_copy(error));
		g_ptr_array_remove(agent->arrivals, arrival);
	} else {
		arrival->until = rp_agent_now(agent) + ARRIVES_WITHIN;
		rp_agent_look_for_arrivals(agent);
	}
	rp_agent_look_quiet(agent);
	rp_timer_changed(agent->ground.timer);
}

void
rp_agent_dial(RpAgent *agent, RpBusCall *call, const RpProvider *provider)
{
	RpArrival *arrival = g_new0(RpArrival, 1);

	arrival->agent = agent;
	arrival->call = call;
	arrival->provider = g_strdup(provider->name);
	g_ptr_array_add(agent->arrivals, arrival);
	rp_dialler_dial(
		agent->dialler, (const char *const *)provider->nm_connections, on_dialled, arrival);
}

/* ---- hanging up ---- */

static gboolean
is_to_hang_up(const RpAgent *agent, const RpProvider *provider)
{
	return provider->hang_up_after >= 0 && provider->nm_connections[0] &&
	       rp_dialler_has_dialled(
		       agent->dialler, (const char *const *)provider->nm_connections);
}

/* How long nothing may happen until the first of them goes; -1: none is to. */
static RpSpan
shortest_wait(const RpAgent *agent)
{
	const RpCatalogue *catalogue = rp_agent_catalogue(agent);
	RpSpan shortest = -1;

	for (guint i = 0; i < rp_catalogue_n_providers(catalogue); i++) {
		const RpProvider *provider = rp_catalogue_provider(catalogue, i);

		if (is_to_hang_up(agent, provider) &&
			(shortest < 0 || provider->hang_up_after < shortest))
			shortest = provider->hang_up_after;
	}
	return shortest;
}

/* Nothing is under way, and nothing waits but what can't go from here or is put off for longer than
 * the line is kept. Where nobody knows yet where we are, nobody knows what can go. */
static gboolean
is_quiet(const RpAgent *agent, RpSpan wait)
{
	RpQueueCounts counts;
	RpTime deferred = G_MAXINT64;

	if (!rp_whereabouts_is_known(agent->whereabouts) ||
		!rp_queue_counts(agent->ground.queue, &counts, NULL))
		return FALSE;
	rp_queue_next_deadline(agent->ground.queue, &deferred, NULL);
	return !counts.by_state[RP_MESSAGE_QUEUED] && !counts.by_state[RP_MESSAGE_SENDING] &&
	       deferred > rp_agent_now(agent) + wait && rp_lanes_are_idle(agent->lanes) &&
	       rp_checks_are_idle(agent->checks) && rp_planner_is_idle(agent->planner);
}

void
rp_agent_look_quiet(RpAgent *agent)
{
	RpSpan wait = shortest_wait(agent);
	gboolean quiet = wait >= 0 && is_quiet(agent, wait);

	if (quiet == (agent->quiet_since != 0))
		return;
	agent->quiet_since = quiet ? rp_agent_now(agent) : 0;
	rp_timer_changed(agent->ground.timer);
}

RpTime
rp_agent_dial_deadline(const RpAgent *agent)
{
	RpTime next = G_MAXINT64;

	for (guint i = 0; i < agent->arrivals->len; i++) {
		const RpArrival *arrival = agent->arrivals->pdata[i];

		if (arrival->until)
			next = MIN(next, arrival->until);
	}
	if (agent->quiet_since && shortest_wait(agent) >= 0)
		next = MIN(next, agent->quiet_since + shortest_wait(agent));
	return next;
}

static void
on_hung_up(const GError *error, gpointer user)
{
	if (error)
		g_message("hanging up: %s", error->message);
	else
		g_message("hung up: all has been sent");
}

void
rp_agent_dial_due(RpAgent *agent)
{
	const RpCatalogue *catalogue = rp_agent_catalogue(agent);

	rp_agent_look_for_arrivals(agent);
	rp_agent_look_quiet(agent);
	for (guint i = 0; agent->quiet_since && i < rp_catalogue_n_providers(catalogue); i++) {
		const RpProvider *provider = rp_catalogue_provider(catalogue, i);

		if (is_to_hang_up(agent, provider) &&
			agent->quiet_since + provider->hang_up_after <= rp_agent_now(agent)) {
			agent->quiet_since = 0; /* what else was dialled waits anew */
			rp_dialler_hang_up(agent->dialler,
				(const char *const *)provider->nm_connections, on_hung_up, agent);
		}
	}
}
