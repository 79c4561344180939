/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

#include "roampost/language.h"

/* What is asked of messages without changing anything: one of them, lists by state, and counts.
 * What is next of some classes: next.c. */

/* A message's state, from its own phase and its class's verdict: 1=ready, 2=deferred, 3=held,
 * 4=sending, 5=failed; verdict 2=hold. */
#define STATE_SQL                                                                                  \
	"CASE m.phase WHEN 4 THEN 2 WHEN 5 THEN 4 WHEN 3 THEN 1"                                   \
	" ELSE CASE WHEN v.verdict=2 THEN 1 WHEN m.phase=2 THEN 3 ELSE 0 END END"

#define SELECT_MESSAGE                                                                             \
	"SELECT m.id, " STATE_SQL ", m.sender, m.header_from, m.size, m.created, m.flags, m.pin,"  \
	" m.user_hold, m.hold_reason, m.hold_text, m.attempts, m.next_try, m.class, v.verdict,"    \
	" v.sets, v.reasons, m.dsn_ret, m.dsn_envid, m.subject, m.not_before, c.recipients"        \
	" FROM messages m JOIN classes c ON c.id=m.class LEFT JOIN verdicts v ON v.id=c.verdict"

static RpQueueMessage *
read_message(RpRows *rows)
{
	RpQueueMessage *message = rp_queue_message_new();
	g_autofree char *reason = rp_rows_text(rows, 9);
	RpReason number;

	message->id = rp_rows_int(rows, 0);
	message->state = rp_rows_int(rows, 1);
	message->sender = rp_rows_text(rows, 2);
	message->header_from = rp_rows_text(rows, 3);
	message->size = rp_rows_int(rows, 4);
	message->created = rp_rows_int(rows, 5);
	message->flags = rp_rows_int(rows, 6);
	message->pin = rp_rows_text(rows, 7);
	message->user_hold = rp_rows_int(rows, 8) != 0;
	message->hold_reason = reason && rp_reason_from_name(reason, &number) ? (gint)number : -1;
	message->hold_text = rp_rows_text(rows, 10);
	message->attempts = rp_rows_int(rows, 11);
	message->next_try = rp_rows_int(rows, 12);
	message->class_id = rp_rows_int(rows, 13);
	message->class_verdict = rp_rows_int(rows, 14);
	message->class_sets = rp_rows_text(rows, 15);
	message->class_reasons =
		rp_class_text_of(rp_rows_peek_text(rows, 16), rp_rows_peek_text(rows, 21));
	message->dsn_ret = rp_rows_text(rows, 17);
	message->dsn_envid = rp_rows_text(rows, 18);
	message->subject = rp_rows_text(rows, 19);
	message->not_before = rp_rows_int(rows, 20);
	return message;
}

static gboolean
read_recipients(RpQueue *queue, RpQueueMessage *message, GError **error)
{
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT address, state, set_name, reply, time, number, dsn_notify,"
		    " dsn_original, sent_as, from_as FROM recipients WHERE message=? ORDER BY "
		    "number",
		    "i", message->id))
		return FALSE;
	while (rp_rows_next(&rows)) {
		RpQueueRecipient *recipient = g_new0(RpQueueRecipient, 1);
		recipient->number = (guint)rp_rows_int(&rows, 5);
		recipient->address = rp_rows_text(&rows, 0);
		recipient->state = rp_rows_int(&rows, 1);
		recipient->set = rp_rows_text(&rows, 2);
		recipient->reply = rp_rows_text(&rows, 3);
		recipient->time = rp_rows_int(&rows, 4);
		recipient->dsn_notify = rp_rows_text(&rows, 6);
		recipient->dsn_original = rp_rows_text(&rows, 7);
		recipient->sent_as = rp_rows_text(&rows, 8);
		recipient->from_as = rp_rows_text(&rows, 9);
		g_ptr_array_add(message->recipients, recipient);
	}
	return rp_rows_finish(&rows, error);
}

/* What is being sent is so for an agent alone. Where none has the queue, the one that ended has
 * left it: the next one makes it pending, and maybe sent (rp_queue_recover), and so it is told. */
static gboolean
is_left(const RpQueue *queue)
{
	return queue->mode != RP_QUEUE_AGENT && !rp_files_has_listener(queue->dir);
}

static void
tell_as_left(RpQueueMessage *message)
{
	if (message->state != RP_MESSAGE_SENDING)
		return;
	message->state = RP_MESSAGE_QUEUED;
	message->flags |= RP_MESSAGE_MAYBE_SENT;
}

gboolean
rp_queue_begin_reading(RpQueue *queue)
{
	return sqlite3_get_autocommit(rp_db_handle(queue->db)) &&
	       rp_db_run(queue->db, NULL, "BEGIN", "");
}

void
rp_queue_end_reading(RpQueue *queue, gboolean begun)
{
	if (begun)
		rp_db_run(queue->db, NULL, "COMMIT", "");
}

/* Takes what the query gives, with recipients; TRUE when all went well. */
static gboolean
read_messages(RpQueue *queue, RpRows *rows, GPtrArray *messages, GError **error)
{
	guint first = messages->len;
	gboolean left = is_left(queue);

	while (rp_rows_next(rows)) {
		RpQueueMessage *message = read_message(rows);

		if (left)
			tell_as_left(message);
		g_ptr_array_add(messages, message);
	}
	if (!rp_rows_finish(rows, error))
		return FALSE;
	for (guint i = first; i < messages->len; i++)
		if (!read_recipients(queue, messages->pdata[i], error))
			return FALSE;
	return TRUE;
}

RpQueueMessage *
rp_queue_get(RpQueue *queue, RpMessageId id, GError **error)
{
	g_autoptr(GPtrArray) messages = rp_queue_message_array_new();
	g_auto(RpRows) rows = {0};
	char text[RP_MESSAGE_ID_SIZE];

	if (!rp_rows_open(&rows, queue->db, error, SELECT_MESSAGE " WHERE m.id=? AND m.phase>0",
		    "i", id) ||
		!read_messages(queue, &rows, messages, error))
		return NULL;
	if (messages->len == 0) {
		g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
			_("there is no message %s in the queue"), rp_message_id_format(id, text));
		return NULL;
	}
	return g_ptr_array_steal_index(messages, 0);
}

gboolean
rp_queue_resolve(RpQueue *queue, const char *text, RpMessageId *id, GError **error)
{
	g_auto(RpRows) rows = {0};
	RpMessageId from, to;

	if (!rp_message_id_range(text, &from, &to)) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("“%s” is not a message id"), text);
		return FALSE;
	}
	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT id FROM messages WHERE id BETWEEN ? AND ? AND phase>0 LIMIT 2", "ii",
		    from, to))
		return FALSE;
	if (!rp_rows_next(&rows)) {
		if (rp_rows_finish(&rows, error))
			g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
				_("there is no message %s in the queue; “roampost queue” lists "
				  "what is there"),
				text);
		return FALSE;
	}
	*id = rp_rows_int(&rows, 0);
	if (rp_rows_next(&rows)) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("more than one message begins with %s: give more of its id"), text);
		return FALSE;
	}
	return rp_rows_finish(&rows, error);
}

static gboolean
count_stored(RpQueue *queue, RpQueueCounts *counts, GError **error)
{
	g_auto(RpRows) rows = {0};

	*counts = (RpQueueCounts){0};
	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT verdict, n_ready, n_deferred, n_held, n_sending, n_failed FROM totals",
		    ""))
		return FALSE;
	while (rp_rows_next(&rows)) {
		gboolean held = rp_rows_int(&rows, 0) == RP_CLASS_HOLD;
		counts->by_state[held ? RP_MESSAGE_HELD : RP_MESSAGE_QUEUED] +=
			rp_rows_int(&rows, 1);
		counts->by_state[held ? RP_MESSAGE_HELD : RP_MESSAGE_DEFERRED] +=
			rp_rows_int(&rows, 2);
		counts->by_state[RP_MESSAGE_HELD] += rp_rows_int(&rows, 3);
		counts->by_state[RP_MESSAGE_SENDING] += rp_rows_int(&rows, 4);
		counts->by_state[RP_MESSAGE_FAILED] += rp_rows_int(&rows, 5);
	}
	return rp_rows_finish(&rows, error);
}

/* At most so many messages are in these states: lets a list of a few stop before the end. */
static gboolean
at_most(RpQueue *queue, guint states, gint64 *n, GError **error)
{
	RpQueueCounts counts;

	if (!count_stored(queue, &counts, error))
		return FALSE;
	*n = 0;
	for (guint i = 0; i < RP_N_MESSAGE_STATES; i++)
		if (states & (1u << i))
			*n += counts.by_state[i];
	return TRUE;
}

/* As they are stored, those that are told as these. */
static guint
stored_states(const RpQueue *queue, guint states)
{
	if (states == 0)
		return (1u << RP_N_MESSAGE_STATES) - 1;
	if (!is_left(queue))
		return states;
	states &= ~(1u << RP_MESSAGE_SENDING);
	return states & (1u << RP_MESSAGE_QUEUED) ? states | 1u << RP_MESSAGE_SENDING : states;
}

static GPtrArray *
list(RpQueue *queue, guint states, RpMessageId after, guint limit, GError **error)
{
	g_autoptr(GPtrArray) messages = rp_queue_message_array_new();
	g_auto(RpRows) rows = {0};
	gint64 n = 0;

	states = stored_states(queue, states);
	if (!at_most(queue, states, &n, error))
		return NULL;
	if (limit)
		n = MIN(n, limit);
	if (!rp_rows_open(&rows, queue->db, error,
		    SELECT_MESSAGE " WHERE m.id>? AND m.phase>0 AND ((1 << " STATE_SQL ") & ?)"
				   " ORDER BY m.id LIMIT ?",
		    "iii", after, (gint64)states, n) ||
		!read_messages(queue, &rows, messages, error))
		return NULL;
	return g_steal_pointer(&messages);
}

GPtrArray *
rp_queue_list(RpQueue *queue, guint states, RpMessageId after, guint limit, GError **error)
{
	gboolean begun = rp_queue_begin_reading(queue);
	GPtrArray *messages = list(queue, states, after, limit, error);

	rp_queue_end_reading(queue, begun);
	return messages;
}

gboolean
rp_queue_counts(RpQueue *queue, RpQueueCounts *counts, GError **error)
{
	if (!count_stored(queue, counts, error))
		return FALSE;
	if (counts->by_state[RP_MESSAGE_SENDING] && is_left(queue)) {
		counts->by_state[RP_MESSAGE_QUEUED] += counts->by_state[RP_MESSAGE_SENDING];
		counts->by_state[RP_MESSAGE_SENDING] = 0;
	}
	return TRUE;
}

gint64
rp_queue_version(RpQueue *queue)
{
	gint64 version = 0;

	rp_db_number(queue->db, &version, NULL, "PRAGMA data_version", "");
	return version;
}

static gboolean
list_new(RpQueue *queue, GPtrArray *messages, guint limit, GError **error)
{
	g_auto(RpRows) rows = {0};

	return rp_rows_open(&rows, queue->db, error,
		       SELECT_MESSAGE " WHERE m.class=0 AND m.phase IN (1, 2, 3) LIMIT ?", "i",
		       (gint64)limit) &&
	       read_messages(queue, &rows, messages, error);
}

/* Members of stale classes. The outer loop is over the few classes, the inner by the index. */
static gboolean
list_stale(RpQueue *queue, GPtrArray *messages, guint limit, GError **error)
{
	g_auto(RpRows) rows = {0};

	return rp_rows_open(&rows, queue->db, error,
		       "SELECT m.id, " STATE_SQL ", m.sender, m.header_from, m.size, m.created,"
		       " m.flags, m.pin, m.user_hold, m.hold_reason, m.hold_text, m.attempts,"
		       " m.next_try, m.class, v.verdict, v.sets, v.reasons, m.dsn_ret,"
		       " m.dsn_envid, m.subject, m.not_before, c.recipients FROM classes c"
		       " CROSS JOIN messages m ON m.class=c.id AND m.phase IN (1, 2, 3)"
		       " LEFT JOIN verdicts v ON v.id=c.verdict WHERE c.stale=1 LIMIT ?",
		       "i", (gint64)limit) &&
	       read_messages(queue, &rows, messages, error);
}

GPtrArray *
rp_queue_list_new(RpQueue *queue, guint limit, GError **error)
{
	g_autoptr(GPtrArray) messages = rp_queue_message_array_new();

	if (!list_new(queue, messages, limit, error))
		return NULL;
	if (messages->len < limit && !list_stale(queue, messages, limit - messages->len, error))
		return NULL;
	return g_steal_pointer(&messages);
}
