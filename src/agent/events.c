/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

/* Where the rooms meet: each tells what happens in it by a table of its own, and knows nothing of
 * who is concerned. */

/* ---- the ground ---- */

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
		rp_agent_reload_records(agent);
	if (agent->asking)
		rp_tell_state(agent->tell);
	/* What became due meanwhile waited for this (due.c), and no plan may follow. */
	rp_agent_schedule(agent);
}

static void
on_records_changed(const char *reason, gpointer user)
{
	rp_planner_request(((RpAgent *)user)->planner, TRUE, reason);
}

const RpWritesEvents rp_agent_writes_events = {.ready = on_messages_ready, .idle = on_writes_idle};
const RpRecordsEvents rp_agent_records_events = {.changed = on_records_changed};

/* ---- the planner ---- */

/* Others were told apart anew. */
static gboolean
any_is_new(const GPtrArray *messages)
{
	for (guint i = 0; i < messages->len; i++)
		if (((const RpQueueMessage *)messages->pdata[i])->class_id == RP_CLASS_NEW)
			return TRUE;
	return FALSE;
}

static void
on_classified(const GPtrArray *messages, gpointer user)
{
	RpAgent *agent = user;

	rp_tell_classified(agent->tell, messages);
	if (any_is_new(messages))
		rp_records_new_mail(agent->ground.records);
}

/* Connections are made while the verdicts go to the disk. */
static void
on_planned(gpointer user)
{
	rp_lanes_update(((RpAgent *)user)->lanes);
}

static void
on_plan_written(const GPtrArray *entered, gpointer user)
{
	RpTell *tell = ((RpAgent *)user)->tell;

	rp_agent_tell_busy(user);
	if (entered)
		rp_tell_held(tell, entered);
	rp_tell_state(tell);
	rp_tell_notices(tell);
}

static void
on_plan_failed(gpointer user)
{
	rp_tell_state(((RpAgent *)user)->tell);
}

const RpPlannerEvents rp_agent_planner_events = {
	.classified = on_classified,
	.planned = on_planned,
	.written = on_plan_written,
	.failed = on_plan_failed,
};

/* ---- lanes ---- */

static void
on_outcome(const RpDeliveryOutcome *outcome, gpointer user)
{
	RpAgent *agent = user;

	if (outcome->n_failed)
		rp_reports_make(agent->reports);
	rp_tell_outcome(agent->tell, outcome);
}

static void
on_notice(const RpNotice *notice, gpointer user)
{
	rp_tell_set_failed(((RpAgent *)user)->tell, notice);
}

static void
on_intercepted(const char *set, const char *detail, gpointer user)
{
	rp_agent_intercepted(user, set, detail);
}

static void
on_proven(const char *set, gpointer user)
{
	rp_agent_proven(user, set);
}

/* A router may have another way out than before, and no link tells of that. */
static void
on_kept_out(gpointer user)
{
	rp_locator_doubt(((RpAgent *)user)->locator);
}

static void
on_changed(gpointer user)
{
	RpAgent *agent = user;

	rp_agent_tell_busy(agent);
	rp_tell_state(agent->tell);
}

/* The login opens this set's server. A failure has its own wait. */
static void
on_checked(const char *set, const char *error, gpointer user)
{
	RpAgent *agent = user;

	rp_bus_service_check_done(agent->bus, set, 0, error ? error : "");
	if (!error)
		rp_agent_set_opened(agent, set);
}

static void
on_fetch(const RpLaneCheck *check, gpointer user)
{
	RpAgent *agent = user;
	RpCheckOrder order = {check->catalogue, check->set, check->route};

	rp_checks_begin(agent->checks, &order);
}

static gboolean
is_fetching(const char *set, gpointer user)
{
	return rp_checks_is_under_way(((RpAgent *)user)->checks, set);
}

static gboolean
wants_taken(const RpAddress *local, gpointer user)
{
	return rp_locator_wants_taken(((RpAgent *)user)->locator, local);
}

static void
on_taken(const RpTaken *taken, gpointer user)
{
	rp_locator_taken(((RpAgent *)user)->locator, taken);
}

static void
on_rescan(gpointer user)
{
	RpAgent *agent = user;

	agent->parts.rescan(agent->parts.user);
}

const RpLanesEvents rp_agent_lanes_events = {
	.outcome = on_outcome,
	.notice = on_notice,
	.intercepted = on_intercepted,
	.proven = on_proven,
	.kept_out = on_kept_out,
	.changed = on_changed,
	.checked = on_checked,
	.fetch = on_fetch,
	.is_fetching = is_fetching,
	.wants_taken = wants_taken,
	.taken = on_taken,
	.rescan = on_rescan,
};

/* ---- checks that fetch ---- */

static void
on_fetch_login(const char *set, const RpSessionReport *report, gpointer user)
{
	RpAgent *agent = user;

	rp_lanes_check_login(agent->lanes, set, report);
	if (report->result == RP_SESSION_OK)
		rp_agent_set_opened(agent, set);
}

static void
on_fetch_done(const char *set, guint n_fetched, const char *error, gpointer user)
{
	RpAgent *agent = user;

	rp_bus_service_check_done(agent->bus, set, n_fetched, error ? error : "");
	if (rp_lanes_check_done(agent->lanes, set))
		rp_agent_try_set(agent, set);
	rp_tell_state(agent->tell);
}

static gboolean
wants_headers(gpointer user)
{
	return rp_locator_wants_headers(((RpAgent *)user)->locator);
}

static void
on_header(const char *octets, gsize length, gpointer user)
{
	rp_locator_header(((RpAgent *)user)->locator, octets, length);
}

const RpCheckEvents rp_agent_check_events = {
	.login = on_fetch_login,
	.done = on_fetch_done,
	.wants_headers = wants_headers,
	.header = on_header,
};

/* ---- what the world asks ---- */

static void
each_active(RpActiveFunc func, gpointer func_user, gpointer user)
{
	rp_lanes_each_active(((RpAgent *)user)->lanes, func, func_user);
}

static gboolean
is_checking(const char *set, gpointer user)
{
	const RpAgent *agent = user;

	return rp_checks_is_under_way(agent->checks, set) ||
	       rp_lanes_is_checking(agent->lanes, set);
}

static char **
listening(gboolean *lacks, gpointer user)
{
	const RpListener *listener = ((RpAgent *)user)->listener;

	*lacks = listener && rp_listener_lacks(listener);
	return listener ? rp_listener_addresses(listener) : g_new0(char *, 1);
}

static char *
waiting(const char *set, gpointer user)
{
	return rp_lanes_waiting(((RpAgent *)user)->lanes, set);
}

static gboolean
disk_fails(gpointer user)
{
	return rp_lanes_disk_fails(((RpAgent *)user)->lanes);
}

static gboolean
is_asking(gpointer user)
{
	return rp_agent_is_asking(user);
}

static gboolean
has_dialled(const RpProvider *provider, gpointer user)
{
	return rp_provider_can_be_dialled(provider) &&
	       rp_dialler_has_dialled(
		       ((RpAgent *)user)->dialler, (const char *const *)provider->nm_connections);
}

const RpTellQueries rp_agent_tell_queries = {
	.each_active = each_active,
	.waiting = waiting,
	.is_checking = is_checking,
	.listening = listening,
	.has_dialled = has_dialled,
	.is_asking = is_asking,
	.disk_fails = disk_fails,
};

/* ---- the public address ---- */

static void
on_address_found(gpointer user)
{
	rp_agent_place_taught(user);
}

/* What was refused may have been refused there, and was remembered for here. */
static void
on_address_moved(gpointer user)
{
	rp_records_forget(((RpAgent *)user)->ground.records, NULL, RP_FAILURE_REFUSED);
}

static void
on_answered(gpointer user)
{
	rp_tell_state(((RpAgent *)user)->tell);
}

const RpLocatorEvents rp_agent_locator_events = {
	.changed = on_address_found,
	.moved = on_address_moved,
	.answered = on_answered,
};
