/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include <string.h>

/* What became of a message is written down, whatever it takes: if the server has it and the queue
 * does not know, it would be sent twice. */

void
rp_outcome_record_free(RpOutcomeRecord *record)
{
	for (guint i = 0; i < record->n_results; i++)
		g_free(record->texts[i]);
	g_free(record->texts);
	g_free(record->results);
	g_free(record->sender);
	g_free(record->set);
	g_free(record->provider);
	g_free(record->hold_text);
	g_free(record->failed_text);
	g_free(record->failed_recipient);
	g_free(record->rejected_text);
	g_free(record->rejected_recipient);
	g_free(record);
}

RpOutcomeRecord *
rp_outcome_record_new(const RpLane *lane, const RpOutgoing *outgoing)
{
	RpOutcomeRecord *record = g_new0(RpOutcomeRecord, 1);

	record->agent = lane->agent;
	record->id = outgoing->id;
	record->sender = g_strdup(outgoing->message->sender);
	record->set = g_strdup(lane->set_name);
	record->provider = g_strdup(lane->set->provider);
	record->n_results = outgoing->n_recipients;
	record->results = g_new0(RpRecipientResult, outgoing->n_recipients);
	record->texts = g_new0(char *, outgoing->n_recipients);
	record->hold_reason = -1;
	for (guint i = 0; i < outgoing->n_recipients; i++) {
		record->results[i].recipient = outgoing->numbers[i];
		record->results[i].state = RP_RECIPIENT_PENDING;
	}
	record->asks = rp_queue_message_find(outgoing->message, RP_RECIPIENT_REJECTED) != NULL;
	return record;
}

static void
add_deferral(const RpOutcomeRecord *record, RpQueueChange *change)
{
	RpHistoryRecord history = {
		.id = record->id,
		.sender = record->sender,
		.n_recipients = 0,
		.set = record->set,
		.provider = record->provider,
		.event = RP_HISTORY_DEFERRED,
	};

	for (guint i = 0; i < record->n_results; i++) {
		if (record->results[i].state != RP_RECIPIENT_PENDING)
			continue;
		history.n_recipients++;
		history.text = record->texts[i];
	}
	rp_change_add_history(change, &history);
}

static RpQueueChange *
make_change(RpTime now, gpointer user)
{
	const RpOutcomeRecord *record = user;
	RpQueueChange *change = rp_queue_change_new(now);
	RpMessageId id = record->id;

	rp_change_outcome(
		change, id, record->results, record->n_results, record->set, record->provider);
	if (record->maybe_sent)
		rp_change_put_back(change, id, TRUE);
	if (record->hold_reason >= 0) {
		rp_change_hold_message(
			change, id, (RpReason)record->hold_reason, record->hold_text);
	} else if (record->defer_until) {
		add_deferral(record, change);
		rp_change_defer(change, id, record->defer_until);
	}
	return change;
}

/* ---- when it is on the disk ---- */

static void
announce_failed(const RpOutcomeRecord *record, const char *text)
{
	RpAgent *agent = record->agent;
	g_autofree char *who = record->n_failed > 1
				       ? g_strdup_printf("%s and %u more", record->failed_recipient,
						 record->n_failed - 1)
				       : g_strdup(record->failed_recipient);
	g_autoptr(RpNotice) notice = rp_notice_failed(who, record->set, 0, record->failed_text);

	rp_reports_make(agent->reports);
	rp_bus_service_message_failed(agent->bus, text, "dead-recipient", record->failed_text);
	if (rp_ground_options(&agent->ground)->report_by_notify)
		rp_announce_once(agent, notice);
}

static void
announce_held(RpAgent *agent, const char *text, const char *set, RpReason why, const char *words)
{
	g_autoptr(RpHoldReason) reason = rp_hold_reason_new(set, why, words);
	g_autofree char *sentence = rp_reason_sentence(reason, rp_agent_catalogue(agent));

	rp_bus_service_message_held(agent->bus, text, rp_reason_name(why), sentence);
}

/* The message as a whole waits for the user when none of its recipients is on its way any more;
 * until then a rejected one is told of once. */
static void
announce_rejected(const RpOutcomeRecord *record, const char *text)
{
	RpAgent *agent = record->agent;
	g_autoptr(RpQueueMessage) message = rp_queue_get(agent->ground.queue, record->id, NULL);
	const RpQueueRecipient *rejected =
		message ? rp_queue_message_find(message, RP_RECIPIENT_REJECTED) : NULL;

	if (!rejected)
		return;
	if (message->state == RP_MESSAGE_HELD && message->hold_reason >= 0) {
		announce_held(agent, text, rejected->set, (RpReason)message->hold_reason,
			message->hold_text);
	} else if (record->rejected_recipient) {
		g_autoptr(RpNotice) notice = rp_notice_rejected(
			record->rejected_recipient, record->set, record->rejected_text);

		rp_announce_once(agent, notice);
	}
}

static void
announce(const RpOutcomeRecord *record)
{
	char text[RP_MESSAGE_ID_SIZE];

	rp_message_id_format(record->id, text);
	if (record->sent)
		rp_bus_service_message_sent(record->agent->bus, text, record->set);
	if (record->n_failed)
		announce_failed(record, text);
	if (record->hold_reason >= 0)
		announce_held(record->agent, text, record->set, (RpReason)record->hold_reason,
			record->hold_text);
	else if (record->asks)
		announce_rejected(record, text);
}

/* The message is not as we left it; whatever it was, it must not stay `sending`. */
static void
take_back(RpAgent *agent, RpMessageId id)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_change_put_back(change, id, TRUE);
	rp_agent_write_and_plan(agent, change);
}

static void
on_recorded(const GError *error, gpointer user)
{
	RpOutcomeRecord *record = user;
	RpAgent *agent = record->agent;

	if (!error)
		announce(record);
	else if (g_error_matches(error, RP_ERROR, RP_ERROR_STATE))
		take_back(agent, record->id);
	g_hash_table_remove(agent->busy, &record->id);
	/* One that left the queue leaves nothing to plan: it was taken out of its class's count
	 * when it was marked, and a class that it leaves empty goes with the next plan, at the
	 * latest when the session ends. */
	if (error || !record->sent)
		rp_planner_request(agent->planner, FALSE, "a message came to its end");
	rp_announce_state(agent);
	rp_outcome_record_free(record);
}

void
rp_outcome_record_write(RpOutcomeRecord *record)
{
	rp_durable_write(record->agent->ground.durable, make_change, on_recorded, record);
}
