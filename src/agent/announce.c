/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

/* More signals than this say less than the counts do. */
#define HELD_AT_ONCE 50

static GVariant *
counts_variant(const RpQueueCounts *counts)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{su}"));
	for (guint state = 0; state < RP_N_MESSAGE_STATES; state++)
		g_variant_builder_add(&builder, "{su}", rp_message_state_name(state),
			(guint32)counts->by_state[state]);
	return g_variant_builder_end(&builder);
}

static void
announce_current_set(RpAgent *agent)
{
	RpSituation situation;
	const char *name = "";
	gint set;

	rp_agent_situation(agent, &situation);
	set = rp_policy_current_set(&situation);
	if (set >= 0)
		name = rp_catalogue_set(rp_agent_catalogue(agent), (guint)set)->name;
	if (g_strcmp0(agent->current_set, name) != 0) {
		g_message("server set: %s", *name ? name : "none can send from here");
		g_free(agent->current_set);
		agent->current_set = g_strdup(name);
	}
	rp_bus_service_set(agent->bus, RP_BUS_PROPERTY_CURRENT_SET, g_variant_new_string(name));
}

void
rp_announce_state(RpAgent *agent)
{
	g_autoptr(GError) error = NULL;
	char text[RP_MESSAGE_ID_SIZE];
	RpQueueCounts counts;
	RpMessageId sending = rp_lanes_sending(agent->lanes);

	if (rp_queue_counts(agent->ground.queue, &counts, &error))
		rp_bus_service_set(agent->bus, RP_BUS_PROPERTY_COUNTS, counts_variant(&counts));
	else
		g_warning("the queue can't be read: %s", error->message);
	rp_bus_service_set(agent->bus, RP_BUS_PROPERTY_SENDING,
		g_variant_new_string(sending ? rp_message_id_format(sending, text) : ""));
	rp_bus_service_set(agent->bus, RP_BUS_PROPERTY_OVERRIDE,
		g_variant_new_string(
			rp_whereabouts_override(agent->ground.whereabouts)->set
				? rp_whereabouts_override(agent->ground.whereabouts)->set
				: "auto"));
	announce_current_set(agent);
	rp_agent_schedule(agent);
}

void
rp_announce_place(RpAgent *agent)
{
	rp_bus_service_set(agent->bus, RP_BUS_PROPERTY_PLACE, rp_render_place(agent));
	rp_announce_state(agent);
}

static void
announce_queued(RpAgent *agent, RpMessageId id)
{
	char text[RP_MESSAGE_ID_SIZE];

	rp_bus_service_message_queued(agent->bus, rp_message_id_format(id, text));
}

static void
announce_user_hold(RpAgent *agent, RpMessageId id)
{
	g_autoptr(RpHoldReason) reason = rp_hold_reason_new(NULL, RP_REASON_USER, NULL);
	g_autofree char *sentence = rp_reason_sentence(reason, rp_agent_catalogue(agent));
	char text[RP_MESSAGE_ID_SIZE];

	rp_bus_service_message_held(agent->bus, rp_message_id_format(id, text),
		rp_reason_name(RP_REASON_USER), sentence);
}

static void
announce_if_held(RpAgent *agent, RpMessageId id)
{
	if (agent->fresh->len <= HELD_AT_ONCE)
		g_array_append_val(agent->fresh, id);
}

void
rp_announce_classified(RpAgent *agent, const GPtrArray *messages)
{
	for (guint i = 0; i < messages->len; i++) {
		const RpQueueMessage *message = messages->pdata[i];

		if (!(message->flags & RP_MESSAGE_KNOWN))
			announce_queued(agent, message->id);
		if (message->flags & RP_MESSAGE_HELD_NEWS)
			announce_user_hold(agent, message->id);
		else if (message->state != RP_MESSAGE_HELD)
			announce_if_held(agent, message->id);
	}
}

/* ---- messages that have come to be held ---- */

/* The first reason for the first recipient that has one; FALSE when none has. */
static gboolean
first_reason(const RpAgent *agent, const RpQueueMessage *message, char **code, char **sentence)
{
	const RpDecision *decision = rp_planner_decision(agent->planner, message->class_id);

	for (guint i = 0; decision && i < decision->n_recipients; i++) {
		const GPtrArray *reasons = decision->recipients[i].reasons;

		if (!reasons || !reasons->len)
			continue;
		*code = g_strdup(rp_reason_name(((RpHoldReason *)reasons->pdata[0])->reason));
		*sentence = rp_reason_sentence(reasons->pdata[0], rp_agent_catalogue(agent));
		return TRUE;
	}
	return FALSE;
}

static void
say_held(RpAgent *agent, const RpQueueMessage *message, RpQueueChange *change)
{
	g_autofree char *code = NULL;
	g_autofree char *sentence = NULL;
	char text[RP_MESSAGE_ID_SIZE];
	RpHistoryRecord record = {
		.id = message->id,
		.sender = message->sender,
		.n_recipients = message->recipients->len,
		.event = RP_HISTORY_HELD,
	};

	/* Of one that is held by itself it was said when that came about. */
	if (message->state != RP_MESSAGE_HELD || message->user_hold || message->hold_reason >= 0 ||
		!first_reason(agent, message, &code, &sentence))
		return;
	record.text = sentence;
	rp_change_add_history(change, &record);
	rp_message_id_format(message->id, text);
	g_message("%s: held: %s: %s", text, code, sentence);
	rp_bus_service_message_held(agent->bus, text, code, sentence);
}

static guint
count_ready(const RpAgent *agent, const GPtrArray *classes, GArray *ids)
{
	guint total = 0;

	for (guint i = 0; i < classes->len; i++) {
		gint64 id = *(gint64 *)classes->pdata[i];

		g_array_append_val(ids, id);
		total += rp_planner_n_ready(agent->planner, id);
	}
	return total;
}

static void
say_entered(RpAgent *agent, const GPtrArray *classes, GHashTable *said, RpQueueChange *change)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GPtrArray) messages = NULL;
	RpQueueCursor cursor = RP_QUEUE_CURSOR_INIT;

	if (!classes->len || count_ready(agent, classes, ids) > HELD_AT_ONCE)
		return;
	messages = rp_queue_next(
		agent->ground.queue, (gint64 *)ids->data, ids->len, &cursor, HELD_AT_ONCE, NULL);
	for (guint i = 0; messages && i < messages->len; i++) {
		RpQueueMessage *message = messages->pdata[i];

		g_hash_table_add(said, g_memdup2(&message->id, sizeof message->id));
		say_held(agent, message, change);
	}
}

void
rp_announce_held(RpAgent *agent, const GPtrArray *entered_classes)
{
	g_autoptr(GHashTable) said =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	say_entered(agent, entered_classes, said, change);
	for (guint i = 0; agent->fresh->len <= HELD_AT_ONCE && i < agent->fresh->len; i++) {
		RpMessageId id = g_array_index(agent->fresh, RpMessageId, i);
		g_autoptr(RpQueueMessage) message = NULL;

		if (g_hash_table_contains(said, &id))
			continue;
		message = rp_queue_get(agent->ground.queue, id, NULL);
		if (message)
			say_held(agent, message, change);
	}
	g_array_set_size(agent->fresh, 0);
	rp_agent_write(agent, change, NULL, NULL);
}

/* ---- the notice ---- */

typedef struct {
	RpNoticeGroup group;
	char *recipient;
	GPtrArray *reasons; /* owned, where the group has its own */
} RpHeldGroup;

static void
held_group_free(gpointer data)
{
	RpHeldGroup *held = data;

	g_free(held->recipient);
	g_clear_pointer(&held->reasons, g_ptr_array_unref);
	g_free(held);
}

/* Equal reasons, whatever the message: one thing to say. */
static char *
reasons_key(const GPtrArray *reasons)
{
	GString *key = g_string_new(NULL);

	for (guint i = 0; i < reasons->len; i++) {
		const RpHoldReason *reason = reasons->pdata[i];

		g_string_append_printf(key, "%s:%s;", reason->set ? reason->set : "",
			rp_reason_name(reason->reason));
	}
	return g_string_free(key, FALSE);
}

static void
add_group(GHashTable *groups, const GPtrArray *reasons, guint n_messages, const char *recipient,
	guint n_recipients, GPtrArray *owned)
{
	g_autofree char *key = reasons_key(reasons);
	RpHeldGroup *held = g_hash_table_lookup(groups, key);

	if (!held) {
		held = g_new0(RpHeldGroup, 1);
		held->group.reasons = reasons;
		held->group.recipient = held->recipient = g_strdup(recipient);
		held->reasons = owned ? g_ptr_array_ref(owned) : NULL;
		g_hash_table_insert(groups, g_steal_pointer(&key), held);
	}
	held->group.n_messages += n_messages;
	held->group.n_recipients += n_recipients;
}

static void
add_class(const RpAgent *agent, GHashTable *groups, const RpQueueClass *class_)
{
	const RpDecision *decision = rp_planner_decision(agent->planner, class_->id);
	const GPtrArray *reasons = NULL;
	const char *recipient = NULL;
	guint n = class_->n_ready + class_->n_deferred, n_held = 0;

	for (guint i = 0; decision && i < decision->n_recipients; i++) {
		if (decision->recipients[i].verdict != RP_VERDICT_HOLD)
			continue;
		n_held++;
		if (!reasons) {
			reasons = decision->recipients[i].reasons;
			recipient = class_->recipients[i];
		}
	}
	if (reasons && n)
		add_group(groups, reasons, n, recipient, n * n_held, NULL);
}

/* A message that a server rejected in a way that only the user can judge. */
static void
add_rejected(GHashTable *groups, const RpQueueMessage *message)
{
	g_autoptr(GPtrArray) reasons =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_hold_reason_free);
	const RpQueueRecipient *waiting = rp_queue_message_find(message, RP_RECIPIENT_REJECTED);
	RpHoldReason *reason;

	if (!waiting)
		waiting = rp_queue_message_find(message, RP_RECIPIENT_PENDING);
	if (!waiting)
		return;
	reason = rp_hold_reason_new(
		waiting->set, (RpReason)message->hold_reason, message->hold_text);
	if (!reason->unlock->len)
		g_ptr_array_add(reason->unlock, rp_unlock_new(RP_UNLOCK_USER_RELEASE, NULL, 0));
	g_ptr_array_add(reasons, reason);
	add_group(groups, reasons, 1, waiting->address, 1, reasons);
}

static void
add_all_rejected(RpAgent *agent, GHashTable *groups)
{
	g_autoptr(GPtrArray) held =
		rp_queue_list(agent->ground.queue, 1u << RP_MESSAGE_HELD, 0, HELD_AT_ONCE, NULL);

	for (guint i = 0; held && i < held->len; i++) {
		const RpQueueMessage *message = held->pdata[i];

		if (message->hold_reason >= 0 && !message->user_hold)
			add_rejected(groups, message);
	}
}

static RpNotice *
compose(RpAgent *agent, GHashTable *groups)
{
	guint n = g_hash_table_size(groups);
	g_autofree RpNoticeGroup *list = g_new0(RpNoticeGroup, n + 1);
	GHashTableIter iter;
	gpointer value;
	guint i = 0;

	g_hash_table_iter_init(&iter, groups);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		list[i++] = ((RpHeldGroup *)value)->group;
	return rp_notice_held(list, n, rp_agent_catalogue(agent), rp_agent_now(agent));
}

void
rp_announce_notice(RpAgent *agent)
{
	g_autoptr(GHashTable) groups =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, held_group_free);
	g_autoptr(GPtrArray) classes = rp_queue_classes(agent->ground.queue, NULL);
	g_autoptr(RpNotice) notice = NULL;
	gboolean any_held = FALSE;

	for (guint i = 0; classes && i < classes->len; i++) {
		const RpQueueClass *class_ = classes->pdata[i];

		add_class(agent, groups, class_);
		any_held |= class_->n_held > 0;
	}
	if (any_held)
		add_all_rejected(agent, groups);
	if (rp_ground_options(&agent->ground)->notify)
		notice = compose(agent, groups);
	if (notice)
		rp_notifier_show(agent->notifier, notice);
	else
		rp_notifier_close(agent->notifier);
}

void
rp_announce_once(RpAgent *agent, const RpNotice *notice)
{
	g_message("%s: %s", notice->summary, notice->body);
	if (rp_ground_options(&agent->ground)->notify)
		rp_notifier_announce(agent->notifier, notice);
}

/* ---- what became of a message ---- */

static void
announce_failed(RpAgent *agent, const RpDeliveryOutcome *outcome, const char *text)
{
	g_autofree char *who = outcome->n_failed > 1
				       ? g_strdup_printf("%s and %u more",
						 outcome->failed_recipient, outcome->n_failed - 1)
				       : g_strdup(outcome->failed_recipient);
	g_autoptr(RpNotice) notice = rp_notice_failed(who, outcome->set, 0, outcome->failed_text);

	rp_bus_service_message_failed(agent->bus, text, "dead-recipient", outcome->failed_text);
	if (rp_ground_options(&agent->ground)->report_by_notify)
		rp_announce_once(agent, notice);
}

static void
announce_hold(RpAgent *agent, const char *text, const char *set, RpReason why, const char *words)
{
	g_autoptr(RpHoldReason) reason = rp_hold_reason_new(set, why, words);
	g_autofree char *sentence = rp_reason_sentence(reason, rp_agent_catalogue(agent));

	rp_bus_service_message_held(agent->bus, text, rp_reason_name(why), sentence);
}

/* The message as a whole waits for the user when none of its recipients is on its way any more;
 * until then a rejected one is told of once. */
static void
announce_rejected(RpAgent *agent, const RpDeliveryOutcome *outcome, const char *text)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(agent->ground.queue, outcome->id, NULL);
	const RpQueueRecipient *rejected =
		message ? rp_queue_message_find(message, RP_RECIPIENT_REJECTED) : NULL;

	if (!rejected)
		return;
	if (message->state == RP_MESSAGE_HELD && message->hold_reason >= 0) {
		announce_hold(agent, text, rejected->set, (RpReason)message->hold_reason,
			message->hold_text);
	} else if (outcome->rejected_recipient) {
		g_autoptr(RpNotice) notice = rp_notice_rejected(
			outcome->rejected_recipient, outcome->set, outcome->rejected_text);

		rp_announce_once(agent, notice);
	}
}

void
rp_announce_outcome(RpAgent *agent, const RpDeliveryOutcome *outcome)
{
	char text[RP_MESSAGE_ID_SIZE];

	rp_message_id_format(outcome->id, text);
	if (outcome->sent)
		rp_bus_service_message_sent(agent->bus, text, outcome->set);
	if (outcome->n_failed)
		announce_failed(agent, outcome, text);
	if (outcome->hold_reason >= 0)
		announce_hold(agent, text, outcome->set, (RpReason)outcome->hold_reason,
			outcome->hold_text);
	else if (outcome->asks)
		announce_rejected(agent, outcome, text);
}
