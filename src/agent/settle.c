/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane-private.h"

#include <string.h>

/* What became of a message is written down, whatever it takes: if the server has it and the queue
 * does not know, it would be sent twice. */

void
rp_settlement_free(RpSettlement *settlement)
{
	for (guint i = 0; i < settlement->n_results; i++)
		g_free(settlement->texts[i]);
	g_free(settlement->texts);
	g_free(settlement->results);
	g_free(settlement->sender);
	g_free(settlement->set);
	g_free(settlement->provider);
	g_free(settlement->hold_text);
	g_free(settlement->failed_text);
	g_free(settlement->failed_recipient);
	g_free(settlement->rejected_text);
	g_free(settlement->rejected_recipient);
	g_free(settlement);
}

RpSettlement *
rp_settlement_new(const RpLane *lane, const RpLoad *load)
{
	RpSettlement *settlement = g_new0(RpSettlement, 1);

	settlement->agent = lane->agent;
	settlement->id = load->id;
	settlement->sender = g_strdup(load->message->sender);
	settlement->set = g_strdup(lane->set_name);
	settlement->provider = g_strdup(lane->set->provider);
	settlement->n_results = load->n_recipients;
	settlement->results = g_new0(RpRecipientResult, load->n_recipients);
	settlement->texts = g_new0(char *, load->n_recipients);
	settlement->hold_reason = -1;
	for (guint i = 0; i < load->n_recipients; i++) {
		settlement->results[i].recipient = load->numbers[i];
		settlement->results[i].state = RP_RECIPIENT_PENDING;
	}
	settlement->asks = rp_queue_message_find(load->message, RP_RECIPIENT_REJECTED) != NULL;
	return settlement;
}

static void
add_deferral(const RpSettlement *settlement, RpQueueChange *change)
{
	RpHistoryRecord record = {
		.id = settlement->id,
		.sender = settlement->sender,
		.n_recipients = 0,
		.set = settlement->set,
		.provider = settlement->provider,
		.event = RP_HISTORY_DEFERRED,
	};

	for (guint i = 0; i < settlement->n_results; i++) {
		if (settlement->results[i].state != RP_RECIPIENT_PENDING)
			continue;
		record.n_recipients++;
		record.text = settlement->texts[i];
	}
	rp_change_add_history(change, &record);
}

static RpQueueChange *
make_change(RpTime now, gpointer user)
{
	const RpSettlement *settlement = user;
	RpQueueChange *change = rp_queue_change_new(now);
	RpMessageId id = settlement->id;

	rp_change_outcome(change, id, settlement->results, settlement->n_results, settlement->set,
		settlement->provider);
	if (settlement->maybe_sent)
		rp_change_put_back(change, id, TRUE);
	if (settlement->hold_reason >= 0) {
		rp_change_hold_message(
			change, id, (RpReason)settlement->hold_reason, settlement->hold_text);
	} else if (settlement->defer_until) {
		add_deferral(settlement, change);
		rp_change_defer(change, id, settlement->defer_until);
	}
	return change;
}

/* ---- when it is on the disk ---- */

static void
announce_failed(const RpSettlement *settlement, const char *text)
{
	RpAgent *agent = settlement->agent;
	g_autofree char *who = settlement->n_failed > 1 ? g_strdup_printf("%s and %u more",
								  settlement->failed_recipient,
								  settlement->n_failed - 1)
							: g_strdup(settlement->failed_recipient);
	g_autoptr(RpNotice) notice =
		rp_notice_failed(who, settlement->set, 0, settlement->failed_text);

	rp_reports_make(agent->reports);
	rp_bus_service_message_failed(agent->bus, text, "dead-recipient", settlement->failed_text);
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
announce_rejected(const RpSettlement *settlement, const char *text)
{
	RpAgent *agent = settlement->agent;
	g_autoptr(RpQueueMessage) message = rp_queue_get(agent->ground.queue, settlement->id, NULL);
	const RpQueueRecipient *rejected =
		message ? rp_queue_message_find(message, RP_RECIPIENT_REJECTED) : NULL;

	if (!rejected)
		return;
	if (message->state == RP_MESSAGE_HELD && message->hold_reason >= 0) {
		announce_held(agent, text, rejected->set, (RpReason)message->hold_reason,
			message->hold_text);
	} else if (settlement->rejected_recipient) {
		g_autoptr(RpNotice) notice = rp_notice_rejected(
			settlement->rejected_recipient, settlement->set, settlement->rejected_text);

		rp_announce_once(agent, notice);
	}
}

static void
announce(const RpSettlement *settlement)
{
	char text[RP_MESSAGE_ID_SIZE];

	rp_message_id_format(settlement->id, text);
	if (settlement->sent)
		rp_bus_service_message_sent(settlement->agent->bus, text, settlement->set);
	if (settlement->n_failed)
		announce_failed(settlement, text);
	if (settlement->hold_reason >= 0)
		announce_held(settlement->agent, text, settlement->set,
			(RpReason)settlement->hold_reason, settlement->hold_text);
	else if (settlement->asks)
		announce_rejected(settlement, text);
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
on_settled(const GError *error, gpointer user)
{
	RpSettlement *settlement = user;
	RpAgent *agent = settlement->agent;

	if (!error)
		announce(settlement);
	else if (g_error_matches(error, RP_ERROR, RP_ERROR_STATE))
		take_back(agent, settlement->id);
	g_hash_table_remove(agent->busy, &settlement->id);
	/* One that left the queue leaves nothing to plan: it was taken out of its class's count
	 * when it was marked, and a class that it leaves empty goes with the next plan, at the
	 * latest when the session ends. */
	if (error || !settlement->sent)
		rp_planner_request(agent->planner, FALSE, "a message came to its end");
	rp_announce_state(agent);
	rp_settlement_free(settlement);
}

void
rp_settle(RpSettlement *settlement)
{
	rp_durable_write(settlement->agent->ground.durable, make_change, on_settled, settlement);
}
