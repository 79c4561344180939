/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

/* What of some classes comes next: the small and the old first, and when more will be. */

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
	g_autoptr(GPtrArray) messages = rp_queue_message_array_new();

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
	gboolean begun = rp_queue_begin_reading(queue);
	GPtrArray *messages = find_next(queue, classes, n_classes, cursor, limit, error);

	rp_queue_end_reading(queue, begun);
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
