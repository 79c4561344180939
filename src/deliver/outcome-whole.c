/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tally.h"

#include "roampost/retry.h"

/* What comes of a message of whose recipients all is known: gone, or tried again, and when. */

RpTime
rp_tally_next_try(const RpTally *tally)
{
	return rp_retry_time(rp_ground_now(tally->lane->lanes->ground),
		rp_retry_deferred_wait(tally->outgoing->message->attempts + 1, g_random_int()));
}

/* More than these are forgotten, all together; and all when the agent ends. */
#define DOUBTS_MOST 4096

/* Its tries that no answer came to. Those that were put off say nothing of that. */
static guint
count_doubt(const RpTally *tally)
{
	GHashTable *doubts = tally->lane->lanes->doubts;
	RpMessageId id = tally->outgoing->id;
	guint count = GPOINTER_TO_UINT(g_hash_table_lookup(doubts, &id)) + 1;

	if (g_hash_table_size(doubts) >= DOUBTS_MOST)
		g_hash_table_remove_all(doubts);
	g_hash_table_insert(doubts, g_memdup2(&id, sizeof id), GUINT_TO_POINTER(count));
	return count;
}

/* A message with which the line breaks is put off for longer than its lane, so that the others go
 * before it. */
static RpTime
next_doubtful_try(const RpTally *tally)
{
	return rp_retry_time(rp_ground_now(tally->lane->lanes->ground),
		rp_retry_doubt_wait(count_doubt(tally), g_random_int()));
}

static gboolean
is_here(const RpTally *tally, const RpQueueRecipient *recipient)
{
	for (guint i = 0; i < tally->outgoing->n_recipients; i++)
		if (tally->outgoing->numbers[i] == recipient->number)
			return TRUE;
	return FALSE;
}

/* Others of its recipients may still be on their way by another set. */
static gboolean
is_sent(const RpTally *tally)
{
	const RpOutgoing *outgoing = tally->outgoing;

	for (guint i = 0; i < outgoing->message->recipients->len; i++) {
		const RpQueueRecipient *recipient = outgoing->message->recipients->pdata[i];

		if (!is_here(tally, recipient) && recipient->state != RP_RECIPIENT_SENT)
			return FALSE;
	}
	return tally->all_sent;
}

/* Nothing went through, and the server closed, or the line broke, with this message first: it may
 * be the cause. */
static gboolean
may_be_the_breaker(const RpTally *tally)
{
	RpLane *lane = tally->lane;

	return tally->record->maybe_sent && !lane->cutting && !lane->n_accepted &&
	       lane->n_in_doubt == 0;
}

/* What was said of the first recipient that is to be tried again. */
static const char *
pending_text(const RpOutcomeRecord *record)
{
	for (guint i = 0; i < record->n_results; i++)
		if (record->results[i].state == RP_RECIPIENT_PENDING && record->texts[i])
			return record->texts[i];
	return "its content could not be read";
}

static gboolean
any_sent(const RpOutcomeRecord *record)
{
	for (guint i = 0; i < record->n_results; i++)
		if (record->results[i].state == RP_RECIPIENT_SENT)
			return TRUE;
	return FALSE;
}

/* Marked on the disk: what becomes of it is written soon. */
static gboolean
has_more(const RpLane *lane)
{
	return lane->outgoing.length || rp_lane_sessions_count_outgoing(lane);
}

/* The server did answer, and it may have been a yes: then the session was ended by us. */
static char *
doubt_text(const RpOutcomeRecord *record)
{
	for (guint i = 0; i < record->n_results; i++)
		if (record->results[i].state == RP_RECIPIENT_PENDING && record->texts[i])
			return g_strdup_printf(
				"the server answered, but not as an SMTP server does: %s",
				record->texts[i]);
	return g_strdup("the connection ended before the server had answered");
}

/* Those of the message that this lane had not now: FALSE, there are some that were not put aside.
 * Otherwise `first` is when the first that was can go, or 0. */
static gboolean
others_are_aside(const RpTally *tally, RpTime *first)
{
	const GPtrArray *recipients = tally->outgoing->message->recipients;

	*first = 0;
	for (guint i = 0; i < recipients->len; i++) {
		const RpQueueRecipient *recipient = recipients->pdata[i];
		RpTime aside;

		if (recipient->state != RP_RECIPIENT_PENDING || is_here(tally, recipient))
			continue;
		aside = rp_put_off_aside(tally->lane, recipient->address);
		if (!aside)
			return FALSE;
		*first = *first ? MIN(*first, aside) : aside;
	}
	return TRUE;
}

/* The others of the message go on at once, or when the first of those that are put off can. */
static void
write_others(RpTally *tally)
{
	RpTime first;

	if (!others_are_aside(tally, &first))
		return;
	if (tally->later) {
		RpTime own = tally->until ? tally->until : rp_tally_next_try(tally);

		rp_outcome_record_defer(
			tally->record, first ? MIN(first, own) : own, pending_text(tally->record));
	} else if (first && tally->all_sent) {
		rp_outcome_record_defer(
			tally->record, first, "the server has put off its other recipients");
	}
}

void
rp_tally_write(RpTally *tally)
{
	RpOutcomeRecord *record = tally->record;

	record->sent = is_sent(tally);
	if (record->sent) {
		g_hash_table_remove(tally->lane->lanes->doubts, &tally->outgoing->id);
		g_hash_table_remove(tally->lane->lanes->moved, &tally->outgoing->id);
	}
	if (may_be_the_breaker(tally)) {
		g_autofree char *why = doubt_text(record);

		rp_outcome_record_defer(record, next_doubtful_try(tally), why);
	} else if (tally->aside || !tally->later) {
		write_others(tally);
	} else if (tally->later) {
		rp_outcome_record_defer(record,
			tally->until ? tally->until : rp_tally_next_try(tally),
			pending_text(record));
	}
	if (any_sent(record))
		rp_lane_is_open(tally->lane);
	tally->lane->n_in_doubt += record->maybe_sent;
	tally->lane->n_accepted += tally->all_sent;
	/* The last one takes those along that wait, and so does what is marked next. */
	record->patient = record->sent && has_more(tally->lane);
	rp_outcome_record_write(record);
}
