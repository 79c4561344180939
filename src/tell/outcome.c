/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tell-private.h"

#include "roampost/language.h"

/* What became of a message in a session. */

static RpNotice *
failed_notice(const RpQueueMessage *message, const char *first, guint n_failed, const char *set,
	const char *text)
{
	g_autofree char *who =
		n_failed > 1 ? g_strdup_printf(
				       rp_text_n("%s and %u more", "%s and %u more", n_failed - 1),
				       first, n_failed - 1)
			     : g_strdup(first);

	return rp_notice_failed(who, message ? message->subject : NULL, set, text);
}

/* In the log's language; takes it. */
static void
log_notice(RpNotice *notice)
{
	g_message("%s: %s", notice->summary, notice->body);
	rp_notice_free(notice);
}

static void
announce_failed(RpTell *tell, const RpDeliveryOutcome *outcome, const char *text)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(tell->ground->queue, outcome->id, NULL);

	log_notice(failed_notice(message, outcome->failed_recipient, outcome->n_failed,
		outcome->set, outcome->failed_text));
	g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
	g_autoptr(RpNotice) notice = failed_notice(message, outcome->failed_recipient,
		outcome->n_failed, outcome->set, outcome->failed_text);

	rp_bus_service_message_failed(tell->bus, text, "dead-recipient", outcome->failed_text);
	if (rp_ground_options(tell->ground)->report_by_notify)
		rp_tell_add_aside(tell, outcome->id, g_steal_pointer(&notice));
	rp_tell_show(tell);
}

static void
announce_hold(RpTell *tell, const char *text, const char *set, RpReason why, const char *words)
{
	g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
	g_autoptr(RpHoldReason) reason = rp_hold_reason_new(set, why, words);
	g_autofree char *sentence = rp_reason_sentence(reason, rp_ground_catalogue(tell->ground));

	rp_bus_service_message_held(tell->bus, text, rp_reason_name(why), sentence);
}

/* The message as a whole waits for the user when none of its recipients is on its way any more;
 * until then a rejected one is told of once. */
static void
announce_rejected(RpTell *tell, const RpDeliveryOutcome *outcome, const char *text)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(tell->ground->queue, outcome->id, NULL);
	const RpQueueRecipient *rejected =
		message ? rp_queue_message_find(message, RP_RECIPIENT_REJECTED) : NULL;

	if (!rejected)
		return;
	if (message->state == RP_MESSAGE_HELD && message->hold_reason >= 0) {
		announce_hold(tell, text, rejected->set, (RpReason)message->hold_reason,
			message->hold_text);
	} else if (outcome->rejected_recipient) {
		log_notice(rp_notice_rejected(outcome->rejected_recipient, message->subject,
			outcome->set, outcome->rejected_text));
		g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
		g_autoptr(RpNotice) notice = rp_notice_rejected(outcome->rejected_recipient,
			message->subject, outcome->set, outcome->rejected_text);

		rp_tell_add_aside(tell, outcome->id, g_steal_pointer(&notice));
		rp_tell_show(tell);
	}
}

void
rp_tell_outcome(RpTell *tell, const RpDeliveryOutcome *outcome)
{
	char text[RP_MESSAGE_ID_SIZE];

	rp_message_id_format(outcome->id, text);
	if (outcome->sent) {
		rp_bus_service_message_sent(tell->bus, text, outcome->set);
		rp_tell_count_sent(tell);
	}
	if (outcome->n_failed)
		announce_failed(tell, outcome, text);
	if (outcome->hold_reason >= 0)
		announce_hold(tell, text, outcome->set, (RpReason)outcome->hold_reason,
			outcome->hold_text);
	else if (outcome->needs_user)
		announce_rejected(tell, outcome, text);
}

static void
recall_failed(RpTell *tell, const RpQueueMessage *message)
{
	const RpQueueRecipient *first = rp_queue_message_find(message, RP_RECIPIENT_DEAD);
	guint n = 0;

	for (guint i = 0; i < message->recipients->len; i++)
		n += ((RpQueueRecipient *)message->recipients->pdata[i])->state ==
		     RP_RECIPIENT_DEAD;
	if (first)
		rp_tell_add_aside(tell, message->id,
			failed_notice(message, first->address, n, first->set, first->reply));
}

void
rp_tell_recall(RpTell *tell)
{
	g_autoptr(GPtrArray) messages = NULL;

	if (!rp_ground_options(tell->ground)->report_by_notify)
		return;
	messages = rp_queue_list(
		tell->ground->queue, 1u << RP_MESSAGE_FAILED, 0, RP_TELL_MOST_ASIDES, NULL);
	for (guint i = 0; messages && i < messages->len; i++)
		recall_failed(tell, messages->pdata[i]);
	rp_tell_show(tell);
}
