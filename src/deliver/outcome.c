/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tally.h"

#include <string.h>

/* What a server's answers mean for the message and its recipients: gone, tried again, held, or
 * refused for good. */

static char *
reply_text(const RpReply *reply)
{
	if (!reply || !reply->text)
		return NULL;
	return reply->code ? g_strdup_printf("%u %s", reply->code, reply->text)
			   : g_strdup(reply->text);
}

static void
hold(RpTally *tally, RpReason reason, const char *text)
{
	RpOutcomeRecord *record = tally->record;

	record->hold_reason = reason;
	g_free(record->hold_text);
	record->hold_text = g_strdup(text);
}

static RpReplyVerdict
classify(const RpLaneSession *session, const RpReply *reply)
{
	RpReplyContext context = {
		.port = session->port,
		.client_address = session->client_address,
		.tls_verified = session->verified,
	};

	return rp_reply_classify(reply, &context);
}

/* ---- what a reply does to the message ---- */

/* Never of what has no sender: it is a report itself. RFC 3461 section 4.1: a sender who names what
 * is to be told, and not failures, wants none. */
static gboolean
wants_report(const RpTally *tally, guint i)
{
	const char *notify = tally->outgoing->dsn_notify[i];

	return rp_ground_options(tally->lane->lanes->ground)->report_by_maildir &&
	       *tally->outgoing->message->sender && (!notify || strstr(notify, "FAILURE"));
}

/* All go on at the time of the first that can. Where it was to tell what its server takes, it has
 * told nothing, and another one is asked before. */
static void
act_later(RpTally *tally, guint i)
{
	const RpReply *reply = &tally->replies[i].reply;
	const char *address = tally->outgoing->addresses[i];
	RpTime until = rp_put_off_note(tally->lane, address, reply->text);

	tally->later = TRUE;
	if (until && (!tally->until || until < tally->until))
		tally->until = until;
	tally->aside |= tally->outgoing->asks;
	if (tally->outgoing->asks)
		rp_put_off_set_aside(
			tally->lane, address, until ? until : rp_tally_next_try(tally));
}

static void
act_sent(RpTally *tally, guint i)
{
	tally->record->results[i].state = RP_RECIPIENT_SENT;
}

/* So do all that would go this way. */
static void
act_limit(RpTally *tally, guint i)
{
	tally->lane->limited = tally->record->waits = TRUE;
	rp_lane_set_wait_words(tally->lane, tally->record->texts[i]);
}

/* The same, for a moment. */
static void
act_slow_down(RpTally *tally, guint i)
{
	tally->lane->slowed = tally->record->waits = TRUE;
	rp_lane_set_wait_words(tally->lane, tally->record->texts[i]);
}

/* Pending, and planned anew: it is learned once all recipients are known. */
static void
act_replan(RpTally *tally, guint i)
{
}

static void
act_dead(RpTally *tally, guint i)
{
	RpOutcomeRecord *record = tally->record;

	record->results[i].state = RP_RECIPIENT_DEAD;
	record->results[i].report = wants_report(tally, i);
	if (record->n_failed++ > 0)
		return;
	record->failed_recipient = g_strdup(tally->outgoing->addresses[i]);
	record->failed_text = g_strdup(record->texts[i]);
}

/* Until the user says. */
static void
act_hold_recipient(RpTally *tally, guint i)
{
	RpOutcomeRecord *record = tally->record;

	record->results[i].state = RP_RECIPIENT_REJECTED;
	record->needs_user = TRUE;
	if (record->rejected_recipient)
		return;
	record->rejected_recipient = g_strdup(tally->outgoing->addresses[i]);
	record->rejected_text = g_strdup(record->texts[i]);
}

/* As people say it; two that look alike so, to the octet. */
static char *
describe_size(gint64 size, gboolean exact)
{
	return exact ? g_strdup_printf("%" G_GINT64_FORMAT " octets", size)
		     : g_strdup_printf("%.1f MB", (double)size / 1e6);
}

/* What the server takes is known where it announces it (RFC 1870). */
static void
hold_for_size(RpTally *tally)
{
	gint64 size = rp_outgoing_size(tally->outgoing);
	gint64 most = tally->session->capabilities.max_size;
	gboolean exact = size < 100000 || ABS(size - most) < 100000;
	g_autofree char *own = describe_size(size, exact);
	g_autofree char *limit = describe_size(most, exact);
	g_autofree char *text = NULL;

	if (most && most < size)
		text = g_strdup_printf("it has %s, and the server takes at most %s", own, limit);
	else
		text = g_strdup_printf("its size is %s", own);
	hold(tally, RP_REASON_TOO_LARGE, text);
}

static void
act_hold(RpTally *tally, guint i)
{
	if (tally->replies[i].verdict.about == RP_REFUSAL_SIZE)
		hold_for_size(tally);
	else
		hold(tally, RP_REASON_SERVER_REJECTED, tally->record->texts[i]);
}

static void (*const acts[])(RpTally *tally, guint i) = {
	[RP_REPLY_ACCEPTED] = act_sent,
	[RP_REPLY_TRY_LATER] = act_later,
	[RP_REPLY_POLICY] = act_replan,
	[RP_REPLY_CREDENTIALS] = act_replan,
	[RP_REPLY_DEAD_RECIPIENT] = act_dead,
	[RP_REPLY_MESSAGE] = act_hold,
	[RP_REPLY_LIMIT] = act_limit,
	[RP_REPLY_SLOW_DOWN] = act_slow_down,
	[RP_REPLY_INTERCEPTED] = act_replan,
	[RP_REPLY_UNKNOWN] = act_hold_recipient,
};
G_STATIC_ASSERT(G_N_ELEMENTS(acts) == RP_N_REPLY_CLASSES);

/* ---- each recipient ---- */

static void
tally_recipient(RpTally *tally, guint i, const RpSmtpRecipientResult *from)
{
	RpRecipientResult *result = &tally->record->results[i];

	tally->record->texts[i] = reply_text(from->reply);
	result->reply = tally->record->texts[i];
	switch (from->outcome) {
	case RP_SMTP_ACCEPTED:
		result->state = RP_RECIPIENT_SENT;
		rp_put_off_forget(tally->lane, tally->outgoing->addresses[i]);
		break;
	case RP_SMTP_REFUSED:
		acts[tally->replies[i].verdict.class](tally, i);
		break;
	case RP_SMTP_IN_DOUBT:
		tally->record->maybe_sent = TRUE;
		break;
	case RP_SMTP_NOT_SENT:
		tally->record->waits |= rp_lane_stops(tally->lane);
		/* A 421 in mid-session; another session, if there is one, takes it at once. So does
		 * the next, where it came after others were taken, or many refused: they were as
		 * many as the server takes in one, and this was not tried. */
		tally->later |= from->reply != NULL && !rp_lane_stops(tally->lane) &&
				!rp_concurrency_was_served(tally->session) &&
				!rp_lane_sessions_any_up(tally->lane, tally->session);
		break;
	case RP_SMTP_UNFIT:
		break;
	}
	tally->all_sent &= result->state == RP_RECIPIENT_SENT;
}

static void
hold_for_address(RpTally *tally)
{
	const RpOutgoing *outgoing = tally->outgoing;
	const char *address = outgoing->sender ? outgoing->sender : outgoing->message->sender;
	g_autofree char *text = NULL;

	for (guint i = 0; i < outgoing->n_recipients; i++)
		if (g_str_is_ascii(address))
			address = outgoing->addresses[i];
	text = g_strdup_printf("%s has letters outside ASCII before its @", address);
	hold(tally, RP_REASON_NEEDS_SMTPUTF8, text);
}

/* Often enough it was not there. */
#define HOSTS_TRIED 6

/* One that takes more was seen before. */
static gboolean
may_go_by_another_host(const RpTally *tally)
{
	return rp_outgoing_size(tally->outgoing) <= tally->lane->takes_most &&
	       tally->outgoing->message->attempts < HOSTS_TRIED;
}

static void
leave_to_another_host(RpTally *tally)
{
	tally->later = TRUE;
	g_free(tally->record->texts[0]);
	tally->record->texts[0] = g_strdup("it is too large for one of the server's hosts, and "
					   "waits for another");
}

static void
tally_unfit(RpTally *tally, RpSmtpUnfit unfit)
{
	switch (unfit) {
	case RP_SMTP_FIT:
		break;
	case RP_SMTP_NEEDS_8BITMIME:
		hold(tally, RP_REASON_NEEDS_8BITMIME, "the server takes only 7-bit mail");
		break;
	case RP_SMTP_NEEDS_SMTPUTF8:
		hold(tally, RP_REASON_NEEDS_SMTPUTF8, "the server takes no headers outside ASCII");
		break;
	case RP_SMTP_UTF8_ADDRESS:
		hold_for_address(tally);
		break;
	case RP_SMTP_NEEDS_ENCODING:
		hold(tally, RP_REASON_SERVER_REJECTED, "it has lines longer than servers take");
		break;
	case RP_SMTP_TOO_BIG:
		if (may_go_by_another_host(tally))
			leave_to_another_host(tally);
		else
			hold_for_size(tally);
		break;
	case RP_SMTP_BAD_ADDRESS:
		hold(tally, RP_REASON_SERVER_REJECTED,
			"an address can't be written in an SMTP command");
		break;
	case RP_SMTP_READ_ERROR:
		tally->later = TRUE;
		break;
	}
}

/* Only refusals are classified; what is not one keeps the class `accepted`, which nothing reads. */
static void
classify_all(RpTally *tally, const RpSmtpMessageResult *result)
{
	for (guint i = 0; i < tally->outgoing->n_recipients; i++) {
		const RpSmtpRecipientResult *from = &result->recipients[i];

		tally->replies[i].recipient = tally->outgoing->addresses[i];
		if (from->reply)
			tally->replies[i].reply = *from->reply;
		if (from->outcome == RP_SMTP_REFUSED && from->reply)
			tally->replies[i].verdict = classify(tally->session, from->reply);
	}
	rp_reply_compare_recipients(tally->replies, tally->outgoing->n_recipients);
	for (guint i = 0; i < tally->outgoing->n_recipients; i++) {
		RpRecipientReply *said = &tally->replies[i];

		/* What says nothing may be about what a set that learns has not brought yet. */
		if (said->verdict.class == RP_REPLY_UNKNOWN &&
			rp_outcome_try_with_more(tally->session, tally->outgoing, i, &said->reply))
			said->verdict = (RpReplyVerdict){RP_REPLY_POLICY, RP_REFUSAL_NONE, FALSE};
	}
}

/* ---- a message ---- */

static void
log_tally(const RpTally *tally)
{
	const RpOutcomeRecord *record = tally->record;
	char text[RP_MESSAGE_ID_SIZE];

	rp_message_id_format(tally->outgoing->id, text);
	for (guint i = 0; i < tally->outgoing->n_recipients; i++)
		g_message("%s: to %s by %s (%s): %s: %s", text, tally->outgoing->addresses[i],
			tally->lane->set_name, tally->outgoing->rules[i],
			record->results[i].state == RP_RECIPIENT_SENT ? "sent"
			: record->maybe_sent                          ? "maybe sent"
								      : "not sent",
			record->texts[i] ? record->texts[i] : "no reply");
}

static gboolean
any_accepted(const RpSmtpMessageResult *result)
{
	for (guint i = 0; i < result->n_recipients; i++)
		if (result->recipients[i].outcome == RP_SMTP_ACCEPTED)
			return TRUE;
	return FALSE;
}

void
rp_outcome_message(RpLaneSession *session, RpOutgoing *outgoing, const RpSmtpMessageResult *result)
{
	RpLane *lane = session->lane;
	guint n = outgoing->n_recipients;
	g_autofree RpRecipientReply *replies = g_new0(RpRecipientReply, n);
	RpTally tally = {
		.lane = lane,
		.session = session,
		.outgoing = outgoing,
		.record = rp_outcome_record_new(lane, outgoing),
		.replies = replies,
		.all_sent = TRUE,
	};

	classify_all(&tally, result);
	for (guint i = 0; i < n; i++)
		tally_recipient(&tally, i, &result->recipients[i]);
	tally_unfit(&tally, result->unfit);
	log_tally(&tally);
	rp_own_mail_taken(session, outgoing, result);
	if (any_accepted(result))
		rp_outcome_contradict(session);
	for (guint i = 0; i < n; i++) {
		rp_outcome_observe_taken(
			session, outgoing, i, &result->recipients[i], &replies[i].verdict);
		if (result->recipients[i].outcome == RP_SMTP_REFUSED &&
			acts[replies[i].verdict.class] == act_replan)
			rp_outcome_learn(session, outgoing, tally.record, i, &replies[i]);
	}
	rp_tally_write(&tally);
}

void
rp_outcome_not_converted(RpLane *lane, RpOutgoing *outgoing, gint reason, const char *text)
{
	RpTally tally = {
		.lane = lane,
		.outgoing = outgoing,
		.record = rp_outcome_record_new(lane, outgoing),
	};
	char id[RP_MESSAGE_ID_SIZE];

	g_message("%s: not sent by %s: %s", rp_message_id_format(outgoing->id, id), lane->set_name,
		text);
	if (reason >= 0)
		hold(&tally, (RpReason)reason, text);
	else
		rp_outcome_record_defer(tally.record, rp_tally_next_try(&tally), text);
	rp_outcome_record_write(tally.record);
}
