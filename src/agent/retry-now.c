/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

/* What waits for a time is tried at once: all, a server set's, or some messages. */

void
rp_agent_try_now(RpAgent *agent)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_agent_portal_over(agent, G_MAXINT64);
	rp_transport_look_anew(agent->transport);
	rp_locator_ask_again(agent->locator);
	rp_change_undefer_all(change);
	rp_agent_write_and_plan(agent, change);
	rp_records_try_now(agent->ground.records);
	rp_lanes_try_now(agent->lanes, NULL);
	rp_planner_request(agent->planner, TRUE, "everything is tried now");
}

static void
try_set(RpAgent *agent, const char *set)
{
	rp_records_forget(agent->ground.records, set, RP_FAILURE_UNREACHABLE);
	rp_records_forget(agent->ground.records, set, RP_FAILURE_INTERCEPTED);
	rp_lanes_try_now(agent->lanes, set);
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
rp_agent_set_opened(RpAgent *agent, const char *set)
{
	rp_records_forget_not_open(agent->ground.records, set);
	rp_agent_try_set(agent, set);
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
	rp_transport_look_anew(agent->transport);
	rp_locator_ask_again(agent->locator);
	rp_agent_write_and_plan(agent, change);
	rp_planner_request(agent->planner, TRUE, "messages are tried now");
}

/* ---- passwords ---- */

static gboolean
is_kept(const RpLogin *login)
{
	return login->from == RP_PASSWORD_FROM_SECRET_SERVICE ||
	       login->from == RP_PASSWORD_FROM_OAUTH;
}

static gboolean
lacks_password(const RpRecords *records, const char *set)
{
	const GPtrArray *failures = rp_records_failures(records);

	for (guint i = 0; i < failures->len; i++) {
		const RpFailure *failure = failures->pdata[i];

		if (g_str_equal(failure->set, set) && rp_failure_is_of_password(failure))
			return TRUE;
	}
	return FALSE;
}

void
rp_agent_passwords_changed(RpAgent *agent)
{
	RpRecords *records = agent->ground.records;
	const RpCatalogue *catalogue = rp_agent_catalogue(agent);

	rp_records_forget(records, NULL, RP_FAILURE_KEYRING_LOCKED);
	/* One that a server has refused is not tried again for a keyring's signal: that may be
	 * about anything, and accounts are locked by trying. */
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(catalogue, i);

		if ((is_kept(&set->smtp_login) || is_kept(&set->pop_login)) &&
			lacks_password(records, set->name))
			rp_records_forget(records, set->name, RP_FAILURE_AUTH_FAILED);
	}
}
