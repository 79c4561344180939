/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

#include "roampost/decision-json.h"

#include <string.h>

/* New messages classified in one change: keeps each transaction, and each turn of the loop, short.
 */
#define CLASSIFY_AT_ONCE 256

/* What could not be written is tried again after a second, at first. */
#define LONGEST_RETRY (60 * G_TIME_SPAN_SECOND)

typedef struct {
	RpPlannedFunc done;
	gpointer user;
} RpWaiter;

static void
planned_class_free(gpointer data)
{
	RpPlannedClass *planned = data;

	g_clear_pointer(&planned->decision, rp_decision_free);
	g_free(planned);
}

static gboolean run(gpointer data);

void
rp_planner_init(RpAgent *agent)
{
	agent->planned =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, planned_class_free);
	agent->waiters = g_ptr_array_new_with_free_func(g_free);
	agent->plan_retry_at = G_MAXINT64;
}

void
rp_planner_request(RpAgent *agent, gboolean all, const char *reason)
{
	if (all && !agent->plan_all)
		g_debug("everything is planned anew: %s", reason);
	agent->plan_all |= all;
	if (!rp_whereabouts_is_known(agent->ground.whereabouts))
		return;
	if (agent->plan_writing)
		agent->plan_again = TRUE;
	else if (!agent->plan_source)
		agent->plan_source = g_idle_add_full(G_PRIORITY_DEFAULT, run, agent, NULL);
}

void
rp_planner_wait(RpAgent *agent, RpPlannedFunc done, gpointer user)
{
	RpWaiter *waiter = g_new(RpWaiter, 1);

	waiter->done = done;
	waiter->user = user;
	agent->all_classified = FALSE;
	rp_planner_request(agent, FALSE, "somebody waits for it");
	g_ptr_array_add(agent->waiters, waiter);
}

static GPtrArray *
take_waiters(RpAgent *agent)
{
	GPtrArray *waiters = agent->waiters;

	agent->waiters = g_ptr_array_new_with_free_func(g_free);
	return waiters;
}

static void
release(RpAgent *agent, const GPtrArray *waiters)
{
	for (guint i = 0; i < waiters->len; i++) {
		RpWaiter *waiter = waiters->pdata[i];

		waiter->done(agent, waiter->user);
	}
}

void
rp_planner_clear(RpAgent *agent)
{
	g_autoptr(GPtrArray) waiters = take_waiters(agent);

	g_clear_handle_id(&agent->plan_source, g_source_remove);
	release(agent, waiters);
	g_clear_pointer(&agent->waiters, g_ptr_array_unref);
	g_clear_pointer(&agent->planned, g_hash_table_unref);
}

/* ---- classes' verdicts as the queue keeps them ---- */

static const RpClassVerdict class_verdicts[] = {
	[RP_VERDICT_SEND] = RP_CLASS_SEND,
	[RP_VERDICT_HOLD] = RP_CLASS_HOLD,
	[RP_VERDICT_SPLIT] = RP_CLASS_SPLIT,
};

/* The chosen sets, each once, in the order of the recipients. */
static char *
sets_text(const RpAgent *agent, const RpDecision *decision)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];
		const RpServerSet *set;

		if (plan->verdict != RP_VERDICT_SEND)
			continue;
		set = rp_catalogue_set(rp_agent_catalogue(agent), plan->set);
		if (!g_ptr_array_find_with_equal_func(names, set->name, g_str_equal, NULL))
			g_ptr_array_add(names, set->name);
	}
	if (!names->len)
		return NULL;
	g_ptr_array_add(names, NULL);
	return g_strjoinv(";", (char **)names->pdata);
}

static const char *
domain_for_class(const RpAgent *agent, const char *recipient)
{
	const char *at = strrchr(recipient, '@');
	const char *domain = at ? at + 1 : "";

	return rp_policy_names_recipient_domain(rp_agent_catalogue(agent),
		       rp_records_failures(agent->ground.records), domain)
		       ? domain
		       : "*";
}

static void
append_recipient(
	const RpAgent *agent, GString *text, const char *recipient, const RpRecipientPlan *plan)
{
	g_autoptr(GString) reasons = g_string_new(NULL);
	const char *set = NULL;
	RpJson json;

	rp_json_init(&json, reasons);
	rp_hold_reasons_write_json(&json, NULL, plan->reasons, rp_agent_catalogue(agent),
		RP_REASON_JSON_TEXT | RP_REASON_JSON_UNLOCK);
	if (plan->verdict == RP_VERDICT_SEND)
		set = rp_catalogue_set(rp_agent_catalogue(agent), plan->set)->name;
	rp_class_text_append(text, domain_for_class(agent, recipient), set, reasons->str);
}

static char *
reasons_text(const RpAgent *agent, const RpMessageFacts *facts, const RpDecision *decision)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < decision->n_recipients; i++) {
		const char *domain = domain_for_class(agent, facts->recipients[i]);

		if (g_hash_table_add(seen, (gpointer)domain))
			append_recipient(
				agent, text, facts->recipients[i], &decision->recipients[i]);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- what could not be written ---- */

void
rp_planner_retry(RpAgent *agent)
{
	RpSpan wait = G_TIME_SPAN_SECOND << MIN(agent->plan_failures, 6);

	agent->plan_failures++;
	agent->plan_retry_at = rp_agent_now(agent) + MIN(wait, LONGEST_RETRY);
	rp_agent_schedule(agent);
}

RpTime
rp_planner_next_deadline(const RpAgent *agent)
{
	return agent->plan_retry_at;
}

void
rp_planner_due(RpAgent *agent)
{
	if (agent->plan_retry_at > rp_agent_now(agent))
		return;
	agent->plan_retry_at = G_MAXINT64;
	rp_planner_request(agent, FALSE, "it could not be written before");
}

static void
note_written(RpAgent *agent)
{
	agent->plan_failures = 0;
	agent->plan_retry_at = G_MAXINT64;
}

/* ---- the two steps ---- */

/* What is announced when a plan is on the disk. */
typedef struct {
	RpAgent *agent;
	gboolean empty;     /* it was only waited for, and says nothing of the disk */
	GPtrArray *entered; /* class ids (gint64*) that are held now and were not before */
	GPtrArray *waiters; /* those that were there when it was made */
} RpPlanWrite;

static void
plan_finished(RpAgent *agent, const GError *error)
{
	gboolean again = agent->plan_again || agent->plan_all;

	agent->plan_writing = agent->plan_again = FALSE;
	if (error)
		rp_planner_retry(agent); /* by itself, rather than in a circle */
	else if (again)
		rp_planner_request(agent, FALSE, "something changed while the plan was written");
}

static void
on_plan_written(const GError *error, gpointer data)
{
	g_autofree RpPlanWrite *write = data;
	RpAgent *agent = write->agent;
	g_autoptr(GPtrArray) entered = write->entered;
	g_autoptr(GPtrArray) waiters = write->waiters;

	if (!error && !write->empty)
		note_written(agent);
	if (!error)
		rp_announce_held(agent, entered);
	rp_announce_state(agent);
	rp_announce_notice(agent);
	plan_finished(agent, error);
	release(agent, waiters);
}

/* A plan that counts on a POP login is good only while the login is fresh, and nothing tells when
 * it no longer is: such classes are planned each time. */
static gboolean
stands_on_login(const RpDecision *decision)
{
	for (guint i = 0; i < decision->n_recipients; i++)
		if (decision->recipients[i].verdict == RP_VERDICT_SEND &&
			decision->recipients[i].pop_login_needed)
			return TRUE;
	return FALSE;
}

static RpPlannedClass *
plan_class(RpAgent *agent, const RpSituation *situation, const RpQueueClass *class_)
{
	RpPlannedClass *planned = g_hash_table_lookup(agent->planned, &class_->id);
	RpMessageFacts facts;

	if (!planned) {
		planned = g_new0(RpPlannedClass, 1);
		planned->id = class_->id;
		g_hash_table_insert(agent->planned, &planned->id, planned);
	}
	planned->n_ready = class_->n_ready;
	if (!planned->decision || class_->verdict == RP_CLASS_UNPLANNED ||
		stands_on_login(planned->decision)) {
		g_clear_pointer(&planned->decision, rp_decision_free);
		rp_queue_class_facts(class_, &facts);
		planned->decision = rp_policy_decide(situation, &facts);
		planned->recorded = FALSE;
	}
	return planned;
}

/* One line of log a decision: the inputs and the verdict. */
static void
log_verdict(const RpAgent *agent, const RpQueueClass *class_, const RpPlannedClass *planned,
	const char *sets)
{
	g_info("plan: from <%s> to %s%s, %" G_GINT64_FORMAT " waiting, at %s: %s%s%s",
		class_->sender,
		class_->recipients && class_->recipients[0] ? class_->recipients[0] : "nobody",
		class_->recipients && class_->recipients[0] && class_->recipients[1] ? ", ..." : "",
		class_->n_ready + class_->n_deferred,
		rp_whereabouts_place(agent->ground.whereabouts)->key,
		rp_verdict_name(planned->decision->verdict), sets ? " by " : "", sets ? sets : "");
}

static void
record_verdict(RpAgent *agent, const RpQueueClass *class_, RpPlannedClass *planned,
	RpQueueChange *change, GPtrArray *entered)
{
	RpClassVerdict verdict = class_verdicts[planned->decision->verdict];
	g_autofree char *sets = NULL;
	g_autofree char *reasons = NULL;
	RpMessageFacts facts;

	if (planned->recorded)
		return;
	sets = sets_text(agent, planned->decision);
	rp_queue_class_facts(class_, &facts);
	reasons = reasons_text(agent, &facts, planned->decision);
	planned->recorded = class_->verdict == verdict && g_strcmp0(class_->sets, sets) == 0 &&
			    g_strcmp0(class_->reasons, reasons) == 0;
	if (planned->recorded)
		return;
	log_verdict(agent, class_, planned, sets);
	rp_change_set_verdict(change, class_->id, verdict, sets, reasons);
	/* Of a class without a verdict each message was looked at when it was classified. */
	if (verdict != RP_CLASS_SEND && class_->verdict != verdict &&
		class_->verdict != RP_CLASS_UNPLANNED)
		g_ptr_array_add(entered, g_memdup2(&class_->id, sizeof class_->id));
}

/* Plans that no class stands behind any more are dropped. */
static gboolean
is_gone(gpointer key, gpointer value, gpointer data)
{
	return !g_hash_table_contains(data, key);
}

static void
plan_classes(RpAgent *agent)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) classes = rp_queue_classes(agent->ground.queue, &error);
	g_autoptr(GHashTable) present = g_hash_table_new(g_int64_hash, g_int64_equal);
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));
	RpPlanWrite *write = g_new0(RpPlanWrite, 1);
	gboolean empty_classes = agent->reclassified;
	RpSituation situation;

	write->agent = agent;
	write->entered = g_ptr_array_new_with_free_func(g_free);
	write->waiters = take_waiters(agent);
	if (!classes)
		g_warning("the queue can't be read: %s", error->message);
	if (agent->plan_all)
		g_hash_table_remove_all(agent->planned);
	agent->plan_all = FALSE;
	rp_agent_situation(agent, &situation);
	for (guint i = 0; classes && i < classes->len; i++) {
		const RpQueueClass *class_ = classes->pdata[i];

		if (class_->n_ready + class_->n_deferred + class_->n_held == 0)
			empty_classes = TRUE;
		g_hash_table_add(present, (gpointer)&class_->id);
		record_verdict(agent, class_, plan_class(agent, &situation, class_), change,
			write->entered);
	}
	g_hash_table_foreach_remove(agent->planned, is_gone, present);
	if (empty_classes)
		rp_change_prune_classes(change);
	agent->reclassified = FALSE;
	write->empty = rp_queue_change_is_empty(change);
	/* Connections are made while the verdicts go to the disk. */
	rp_lanes_update(agent);
	agent->plan_writing = TRUE;
	rp_agent_write(agent, change, on_plan_written, write);
}

/* What is announced when messages are classified on the disk. */
typedef struct {
	RpAgent *agent;
	GPtrArray *messages; /* of RpQueueMessage, as they were before */
	gboolean last;       /* there were no more */
	guint n_waiters;     /* when they were looked for */
} RpClassifyWrite;

static void
announce_classified(RpAgent *agent, const GPtrArray *messages)
{
	for (guint i = 0; i < messages->len; i++) {
		const RpQueueMessage *message = messages->pdata[i];

		if (!(message->flags & RP_MESSAGE_KNOWN))
			rp_announce_queued(agent, message->id);
		if (message->flags & RP_MESSAGE_HELD_NEWS)
			rp_announce_user_hold(agent, message->id);
		else if (message->state != RP_MESSAGE_HELD)
			rp_announce_if_held(agent, message->id);
		agent->reclassified |= message->class_id != RP_CLASS_NEW;
	}
}

static void
on_classified(const GError *error, gpointer data)
{
	g_autofree RpClassifyWrite *write = data;
	RpAgent *agent = write->agent;
	g_autoptr(GPtrArray) messages = write->messages;

	agent->plan_writing = agent->plan_again = FALSE;
	if (error) { /* said already */
		g_autoptr(GPtrArray) waiters = take_waiters(agent);

		rp_planner_retry(agent);
		release(agent, waiters);
		return;
	}
	note_written(agent);
	announce_classified(agent, messages);
	/* Mail that comes faster than it is planned must not put the plan off for ever. */
	agent->all_classified = write->last && write->n_waiters == agent->waiters->len;
	rp_planner_request(agent, FALSE, "messages were classified");
}

/* Takes the messages. */
static void
classify(RpAgent *agent, GPtrArray *messages)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));
	RpClassifyWrite *write = g_new(RpClassifyWrite, 1);

	for (guint i = 0; i < messages->len; i++) {
		const RpQueueMessage *message = messages->pdata[i];
		g_autofree const char **scratch = NULL;
		g_autofree char *key = NULL;
		RpMessageFacts facts;

		rp_queue_message_facts(message, &facts, &scratch);
		key = rp_policy_class_key(rp_agent_catalogue(agent),
			rp_records_failures(agent->ground.records),
			rp_ground_options(&agent->ground)->metered_limit, &facts);
		rp_change_classify(change, message->id, key, &facts);
	}
	*write = (RpClassifyWrite){
		agent, messages, messages->len < CLASSIFY_AT_ONCE, agent->waiters->len};
	agent->plan_writing = TRUE;
	rp_agent_write(agent, change, on_classified, write);
}

/* What has no class; NULL: nothing, or everything had one a moment ago. */
static GPtrArray *
unclassified(RpAgent *agent)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) messages = NULL;
	gboolean all_classified = agent->all_classified;

	agent->all_classified = FALSE;
	if (all_classified)
		return NULL;
	messages = rp_queue_list_new(agent->ground.queue, CLASSIFY_AT_ONCE, &error);
	if (!messages)
		g_warning("the queue can't be read: %s", error->message);
	return messages && messages->len ? g_steal_pointer(&messages) : NULL;
}

static gboolean
run(gpointer data)
{
	RpAgent *agent = data;
	GPtrArray *messages;

	agent->plan_source = 0;
	if (!rp_whereabouts_is_known(agent->ground.whereabouts)) /* it ends */
		return G_SOURCE_REMOVE;
	messages = unclassified(agent);
	if (messages)
		classify(agent, messages);
	else
		plan_classes(agent);
	return G_SOURCE_REMOVE;
}
