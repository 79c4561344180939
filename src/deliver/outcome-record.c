/* SPDX-FileCopyrightText: The roampost authors */
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
	g_free(record->sent_as);
	g_free(record->from_as);
	g_free(record->hold_text);
	g_free(record->defer_text);
	g_free(record->failed_text);
	g_free(record->failed_recipient);
	g_free(record->rejected_text);
	g_free(record->rejected_recipient);
	g_free(record);
}

void
rp_outcome_record_defer(RpOutcomeRecord *record, RpTime until, const char *why)
{
	record->defer_until = until;
	record->defer_text = g_strdup(why);
}

RpOutcomeRecord *
rp_outcome_record_new(const RpLane *lane, const RpOutgoing *outgoing)
{
	RpOutcomeRecord *record = g_new0(RpOutcomeRecord, 1);

	record->lanes = lane->lanes;
	record->id = outgoing->id;
	record->sender = g_strdup(outgoing->message->sender);
	record->set = g_strdup(lane->set_name);
	record->provider = g_strdup(lane->set->provider);
	record->sent_as = g_strdup(outgoing->sender);
	record->from_as = g_strdup(outgoing->from);
	record->n_results = outgoing->n_recipients;
	record->results = g_new0(RpRecipientResult, outgoing->n_recipients);
	record->texts = g_new0(char *, outgoing->n_recipients);
	record->hold_reason = -1;
	for (guint i = 0; i < outgoing->n_recipients; i++) {
		record->results[i].recipient = outgoing->numbers[i];
		record->results[i].state = RP_RECIPIENT_PENDING;
	}
	record->needs_user =
		rp_queue_message_find(outgoing->message, RP_RECIPIENT_REJECTED) != NULL;
	return record;
}

static void
add_event(const RpOutcomeRecord *record, RpQueueChange *change, RpHistoryEvent event)
{
	RpHistoryRecord history = {
		.id = record->id,
		.sender = record->sender,
		.n_recipients = 0,
		.set = record->set,
		.provider = record->provider,
		.event = event,
		.sent_as = record->sent_as,
		.from_as = record->from_as,
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
	const RpOutcomeWay way = {record->set, record->provider, record->sent_as, record->from_as};

	if (record->patient)
		rp_queue_change_set_patience(change, RP_PATIENCE_OUTCOME);
	rp_change_outcome(change, id, record->results, record->n_results, &way);
	if (record->maybe_sent) {
		rp_change_put_back(change, id, TRUE);
		add_event(record, change, RP_HISTORY_MAYBE_SENT);
	}
	if (record->hold_reason >= 0) {
		rp_change_hold_message(
			change, id, (RpReason)record->hold_reason, record->hold_text);
	} else if (record->defer_until) {
		add_event(record, change, RP_HISTORY_DEFERRED);
		rp_change_defer(change, id, record->defer_until, record->defer_text);
	}
	return change;
}

/* ---- when it is on the disk ---- */

static void
tell(const RpOutcomeRecord *record)
{
	const RpLanes *lanes = record->lanes;
	RpDeliveryOutcome outcome = {
		.id = record->id,
		.set = record->set,
		.sent = record->sent,
		.n_failed = record->n_failed,
		.failed_recipient = record->failed_recipient,
		.failed_text = record->failed_text,
		.hold_reason = record->hold_reason,
		.hold_text = record->hold_text,
		.needs_user = record->needs_user,
		.rejected_recipient = record->rejected_recipient,
		.rejected_text = record->rejected_text,
	};

	lanes->events.outcome(&outcome, lanes->user);
}

/* The message is not as we left it; whatever it was, it must not stay `sending`. */
static void
take_back(RpLanes *lanes, RpMessageId id)
{
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(lanes->ground));

	rp_change_doubt(change, id, "another change was made to it while it was being sent");
	rp_writes_apply_ready(lanes->ground->writes, change);
}

/* Its lane may have begun to wait while this was written, and then has not seen it. */
static void
wait_with_lane(const RpOutcomeRecord *record)
{
	const RpLanes *lanes = record->lanes;
	const RpLane *lane = rp_lanes_find(lanes, record->set);
	RpQueueChange *change;

	if (!record->waits || !lane || lane->state != RP_LANE_WAITING)
		return;
	change = rp_queue_change_new(rp_ground_now(lanes->ground));
	rp_change_defer(change, record->id, lane->retry_at, lane->wait_words);
	rp_writes_apply(lanes->ground->writes, change, NULL, NULL);
}

/* The plan that followed the session's end may not have seen it on the disk. */
static gboolean
is_over(const RpOutcomeRecord *record)
{
	const RpLane *lane = rp_lanes_find(record->lanes, record->set);

	return !lane || !lane->sessions->len;
}

static void
on_recorded(const GError *error, gpointer user)
{
	RpOutcomeRecord *record = user;
	RpLanes *lanes = record->lanes;

	if (!error) {
		tell(record);
		wait_with_lane(record);
	} else if (g_error_matches(error, RP_ERROR, RP_ERROR_STATE))
		take_back(lanes, record->id);
	g_hash_table_remove(lanes->busy, &record->id);
	/* One that left the queue leaves nothing to plan: it was taken out of its class's count
	 * when it was marked, and a class that it leaves empty goes with the next plan, at the
	 * latest when the session ends, or now, when that came first. */
	if (error || !record->sent || is_over(record))
		rp_planner_request(lanes->planner, FALSE, "a message came to its end");
	rp_lanes_tell_changed(lanes);
	rp_outcome_record_free(record);
}

void
rp_outcome_record_write(RpOutcomeRecord *record)
{
	rp_durable_write(record->lanes->ground->durable, make_change, on_recorded, record);
}
