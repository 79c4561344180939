/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tell-private.h"

#include "roampost/language.h"
#include "roampost/words.h"

/* The signals of messages: those that nobody heard of yet, and those that have come to be held. */

/* More signals than this say less than the counts do. */
#define HELD_AT_ONCE 50

static void
announce_queued(RpTell *tell, RpMessageId id)
{
	char text[RP_MESSAGE_ID_SIZE];

	rp_bus_service_message_queued(tell->bus, rp_message_id_format(id, text));
}

/* By the user's own word. */
static void
announce_user_hold(RpTell *tell, const RpQueueMessage *message)
{
	g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
	RpReason why = message->user_hold ? RP_REASON_USER : RP_REASON_NOT_BEFORE;
	g_autofree char *time = message->not_before ? rp_time_format(message->not_before) : NULL;
	g_autoptr(RpHoldReason) reason =
		rp_hold_reason_new(NULL, why, message->user_hold ? NULL : time);
	g_autofree char *sentence = rp_reason_sentence(reason, rp_ground_catalogue(tell->ground));
	char text[RP_MESSAGE_ID_SIZE];

	rp_bus_service_message_held(
		tell->bus, rp_message_id_format(message->id, text), rp_reason_name(why), sentence);
}

static void
announce_if_held(RpTell *tell, RpMessageId id)
{
	if (tell->fresh->len <= HELD_AT_ONCE)
		g_array_append_val(tell->fresh, id);
}

void
rp_tell_classified(RpTell *tell, const GPtrArray *messages)
{
	for (guint i = 0; i < messages->len; i++) {
		const RpQueueMessage *message = messages->pdata[i];

		if (!(message->flags & RP_MESSAGE_KNOWN))
			announce_queued(tell, message->id);
		if (message->flags & RP_MESSAGE_HELD_UNSEEN)
			announce_user_hold(tell, message);
		else if (message->state != RP_MESSAGE_HELD)
			announce_if_held(tell, message->id);
	}
}

/* ---- messages that have come to be held ---- */

gboolean
rp_tell_first_reason(
	const RpTell *tell, const RpQueueMessage *message, char **code, char **sentence)
{
	const RpDecision *decision = rp_planner_decision(tell->planner, message->class_id);

	for (guint i = 0; decision && i < decision->n_recipients; i++) {
		const GPtrArray *reasons = decision->recipients[i].reasons;

		if (!reasons || !reasons->len)
			continue;
		*code = g_strdup(rp_reason_name(((RpHoldReason *)reasons->pdata[0])->reason));
		*sentence =
			rp_reason_sentence(reasons->pdata[0], rp_ground_catalogue(tell->ground));
		return TRUE;
	}
	return FALSE;
}

static void
say_held(RpTell *tell, const RpQueueMessage *message, RpQueueChange *change)
{
	g_auto(RpLanguageScope) kept = rp_language_enter(NULL);
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
	if (message->state != RP_MESSAGE_HELD || message->user_hold || message->not_before ||
		message->hold_reason >= 0 || !rp_tell_first_reason(tell, message, &code, &sentence))
		return;
	record.text = sentence;
	rp_change_add_history(change, &record);
	rp_message_id_format(message->id, text);
	g_message("%s: held: %s: %s", text, code, sentence);
	g_auto(RpLanguageScope) told = rp_language_enter(rp_language_own());
	g_autofree char *shown = rp_words_shown(sentence);
	rp_bus_service_message_held(tell->bus, text, code, shown);
}

static guint
count_ready(const RpTell *tell, const GPtrArray *classes, GArray *ids)
{
	guint total = 0;

	for (guint i = 0; i < classes->len; i++) {
		gint64 id = *(gint64 *)classes->pdata[i];

		g_array_append_val(ids, id);
		total += rp_planner_n_ready(tell->planner, id);
	}
	return total;
}

static void
say_entered(RpTell *tell, const GPtrArray *classes, GHashTable *said, RpQueueChange *change)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GPtrArray) messages = NULL;
	RpQueueCursor cursor = RP_QUEUE_CURSOR_INIT;

	if (!classes->len || count_ready(tell, classes, ids) > HELD_AT_ONCE)
		return;
	messages = rp_queue_next(
		tell->ground->queue, (gint64 *)ids->data, ids->len, &cursor, HELD_AT_ONCE, NULL);
	for (guint i = 0; messages && i < messages->len; i++) {
		RpQueueMessage *message = messages->pdata[i];

		g_hash_table_add(said, g_memdup2(&message->id, sizeof message->id));
		say_held(tell, message, change);
	}
}

void
rp_tell_held(RpTell *tell, const GPtrArray *entered_classes)
{
	g_autoptr(GHashTable) said =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(tell->ground));

	say_entered(tell, entered_classes, said, change);
	for (guint i = 0; tell->fresh->len <= HELD_AT_ONCE && i < tell->fresh->len; i++) {
		RpMessageId id = g_array_index(tell->fresh, RpMessageId, i);
		g_autoptr(RpQueueMessage) message = NULL;

		if (g_hash_table_contains(said, &id))
			continue;
		message = rp_queue_get(tell->ground->queue, id, NULL);
		if (message)
			say_held(tell, message, change);
	}
	g_array_set_size(tell->fresh, 0);
	rp_writes_apply(tell->ground->writes, change, NULL, NULL);
}
