/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

#include "roampost/language.h"

#include <string.h>

/* What is asked of messages without changing anything: one of them, lists by state, counts, and
 * what is next of some classes. */

static const char *const state_names[] = {
	[RP_MESSAGE_QUEUED] = "queued",
	[RP_MESSAGE_HELD] = "held",
	[RP_MESSAGE_SENDING] = "sending",
	[RP_MESSAGE_DEFERRED] = "deferred",
	[RP_MESSAGE_FAILED] = "failed",
};

static const char *const recipient_state_names[] = {
	[RP_RECIPIENT_PENDING] = "pending",
	[RP_RECIPIENT_SENT] = "sent",
	[RP_RECIPIENT_DEAD] = "dead",
	[RP_RECIPIENT_REJECTED] = "rejected",
};

const char *
rp_message_state_name(RpMessageState state)
{
	return state_names[state];
}

gboolean
rp_message_state_from_name(const char *name, RpMessageState *state)
{
	for (guint i = 0; i < G_N_ELEMENTS(state_names); i++) {
		if (strcmp(name, state_names[i]) == 0) {
			*state = i;
			return TRUE;
		}
	}
	return FALSE;
}

const char *
rp_recipient_state_name(RpRecipientState state)
{
	return recipient_state_names[state];
}

static void
recipient_free(gpointer data)
{
	RpQueueRecipient *recipient = data;

	g_free(recipient->address);
	g_free(recipient->set);
	g_free(recipient->reply);
	g_free(recipient->sent_as);
	g_free(recipient->from_as);
	g_free(recipient->dsn_notify);
	g_free(recipient->dsn_original);
	g_free(recipient);
}

void
rp_queue_message_free(RpQueueMessage *message)
{
	if (!message)
		return;
	g_free(message->sender);
	g_free(message->header_from);
	g_free(message->subject);
	g_free(message->pin);
	g_free(message->dsn_ret);
	g_free(message->dsn_envid);
	g_free(message->hold_text);
	g_free(message->class_sets);
	g_free(message->class_reasons);
	g_clear_pointer(&message->recipients, g_ptr_array_unref);
	g_free(message);
}

const RpQueueRecipient *
rp_queue_message_find(const RpQueueMessage *message, RpRecipientState state)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		if (recipient->state == state)
			return recipient;
	}
	return NULL;
}

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
	RpQueueMessage *message = g_new0(RpQueueMessage, 1);
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
	message->recipients = g_ptr_array_new_with_free_func(recipient_free);
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

/* Many short reads as one: each by itself would take and give back SQLite's locks. */
static gboolean
begin_reading(RpQueue *queue)
{
	return sqlite3_get_autocommit(rp_db_handle(queue->db)) &&
	       rp_db_run(queue->db, NULL, "BEGIN", "");
}

static void
end_reading(RpQueue *queue, gboolean begun)
{
	if (begun)
		rp_db_run(queue->db, NULL, "COMMIT", "");
}

static GPtrArray *
message_array(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)rp_queue_message_free);
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
	g_autoptr(GPtrArray) messages = message_array();
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
	g_autoptr(GPtrArray) messages = message_array();
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
	gboolean begun = begin_reading(queue);
	GPtrArray *messages = list(queue, states, after, limit, error);

	end_reading(queue, begun);
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
	g_autoptr(GPtrArray) messages = message_array();

	if (!list_new(queue, messages, limit, error))
		return NULL;
	if (messages->len < limit && !list_stale(queue, messages, limit - messages->len, error))
		return NULL;
	return g_steal_pointer(&messages);
}

/* Between the ranks of 4 KiB and 64 KiB there are two. */
#define FAR_RANK 3

static gint
by_rank_and_age(gconstpointer a, gconstpointer b)
{
	const RpQueueCursor *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Keeps the best `limit` of what was found; what is not before the last of them need not be read.
 */
static void
keep_best(GArray *found, guint limit, RpQueueCursor *before)
{
	g_array_sort(found, by_rank_and_age);
	g_array_set_size(found, limit);
	*before = g_array_index(found, RpQueueCursor, limit - 1);
}

/* Each class's own next ones are enough to find the next ones of all. */
static gboolean
collect_next(RpQueue *queue, gint64 class_id, const RpQueueCursor *after,
	const RpQueueCursor *before, guint limit, GArray *found, GError **error)
{
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT rank, id FROM messages WHERE class=? AND phase=1 AND (rank, id)>(?, ?)"
		    " ORDER BY rank, id LIMIT ?",
		    "iiii", class_id, after->rank, after->id, (gint64)limit))
		return FALSE;
	while (rp_rows_next(&rows)) {
		RpQueueCursor one = {rp_rows_int(&rows, 0), rp_rows_int(&rows, 1)};

		if (by_rank_and_age(&one, before) >= 0)
			break;
		g_array_append_val(found, one);
	}
	return rp_rows_finish(&rows, error);
}

static gboolean
collect_all(RpQueue *queue, const gint64 *classes, guint n_classes, const RpQueueCursor *after,
	guint limit, GArray *found, GError **error)
{
	RpQueueCursor before = {G_MAXINT64, G_MAXINT64};

	for (guint i = 0; i < n_classes; i++) {
		if (!collect_next(queue, classes[i], after, &before, limit, found, error))
			return FALSE;
		if (found->len > limit)
			keep_best(found, limit, &before);
	}
	g_array_sort(found, by_rank_and_age);
	return TRUE;
}

/* Of what is so much larger than the first that a small one which comes meanwhile would wait for
 * it.
 */
static gboolean
is_far_larger(GArray *found, guint index)
{
	return g_array_index(found, RpQueueCursor, index).rank -
		       g_array_index(found, RpQueueCursor, 0).rank >=
	       FAR_RANK;
}

static GPtrArray *
find_next(RpQueue *queue, const gint64 *classes, guint n_classes, RpQueueCursor *cursor,
	guint limit, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpQueueCursor));
	g_autoptr(GPtrArray) messages = message_array();

	if (!collect_all(queue, classes, n_classes, cursor, limit, found, error))
		return NULL;
	for (guint i = 0; i < MIN(found->len, limit) && !is_far_larger(found, i); i++) {
		g_autoptr(GError) failure = NULL;
		*cursor = g_array_index(found, RpQueueCursor, i);
		RpQueueMessage *message = rp_queue_get(queue, cursor->id, &failure);
		if (message) {
			g_ptr_array_add(messages, message);
		} else if (!g_error_matches(failure, RP_ERROR, RP_ERROR_NOT_FOUND)) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return NULL;
		}
	}
	/* Empty means the end: not so when another process has just deleted all of them. */
	if (messages->len == 0 && found->len > 0)
		return find_next(queue, classes, n_classes, cursor, limit, error);
	return g_steal_pointer(&messages);
}

GPtrArray *
rp_queue_next(RpQueue *queue, const gint64 *classes, guint n_classes, RpQueueCursor *cursor,
	guint limit, GError **error)
{
	gboolean begun = begin_reading(queue);
	GPtrArray *messages = find_next(queue, classes, n_classes, cursor, limit, error);

	end_reading(queue, begun);
	return messages;
}

gboolean
rp_queue_next_deadline(RpQueue *queue, RpTime *time, GError **error)
{
	*time = G_MAXINT64;
	return rp_db_number(queue->db, time, error,
		"SELECT ifnull(min(next_try), 9223372036854775807) FROM messages WHERE phase=2",
		"");
}

gboolean
rp_queue_next_not_before(RpQueue *queue, RpTime *time, GError **error)
{
	*time = G_MAXINT64;
	return rp_db_number(queue->db, time, error,
		"SELECT ifnull(min(not_before), 9223372036854775807) FROM messages"
		" WHERE not_before>0",
		"");
}
