/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

/* A message on its way into the queue: large ones in parts that count for nothing yet, then one
 * commit, for one message or for many. */

/* More than this is not kept in memory, and not written in one transaction. */
#define PART (16 * RP_CONTENT_ROW)

struct RpSubmission {
	RpQueue *queue;
	GByteArray *pending; /* not written yet */
	gint64 next_row;
	gint64 size;
	RpMessageId id; /* 0: nothing is stored yet */
	gboolean committed;
};

RpSubmission *
rp_submission_new(RpQueue *queue)
{
	g_return_val_if_fail(queue->mode == RP_QUEUE_WRITER, NULL);
	RpSubmission *submission = g_new0(RpSubmission, 1);
	submission->queue = queue;
	submission->pending = g_byte_array_new();
	return submission;
}

static gboolean
write_rows(RpSubmission *submission, RpTx *tx, RpMessageId id, GError **error)
{
	return rp_arrival_content(tx, id, submission->next_row, submission->pending->data,
		submission->pending->len, error);
}

/* After the commit of what write_rows wrote. */
static void
rows_written(RpSubmission *submission, RpMessageId id)
{
	guint length = submission->pending->len;

	submission->next_row += (length + RP_CONTENT_ROW - 1) / RP_CONTENT_ROW;
	submission->id = id;
	g_byte_array_set_size(submission->pending, 0);
}

static gboolean
insert_incoming(RpSubmission *submission, RpTx *tx, RpMessageId *id, GError **error)
{
	if (!rp_arrival_new_id(tx, id, error))
		return FALSE;
	/* Before anybody can see it: an agent that starts now must not sweep it. */
	rp_files_mark_incoming(submission->queue->incoming, *id);
	return rp_db_run(tx->db, error,
		"INSERT INTO messages(id, phase, class, rank, size, created, flags, sender)"
		" VALUES(?, 0, 0, 0, 0, ?, 0, '')",
		"ii", *id, g_get_real_time());
}

/* Writes full rows only; the rest stays pending. */
static gboolean
write_part(RpSubmission *submission, GError **error)
{
	RpTx tx;
	RpMessageId id = submission->id;

	rp_queue_expect_much(submission->queue);
	if (!rp_tx_begin(&tx, submission->queue->db, submission->queue->turn, error))
		return FALSE;
	if ((id == 0 && !insert_incoming(submission, &tx, &id, error)) ||
		!write_rows(submission, &tx, id, error)) {
		rp_tx_rollback(&tx);
		return FALSE;
	}
	if (!rp_tx_commit(&tx, error))
		return FALSE;
	rows_written(submission, id);
	return TRUE;
}

gboolean
rp_submission_write(RpSubmission *submission, const void *data, gsize size, GError **error)
{
	const guint8 *from = data;

	submission->size += size;
	while (size > 0) {
		gsize n = MIN(size, PART - submission->pending->len);
		g_byte_array_append(submission->pending, from, n);
		from += n;
		size -= n;
		if (submission->pending->len == PART && !write_part(submission, error))
			return FALSE;
	}
	return TRUE;
}

/* A new one and one that is there already by the same statement, then. If it was swept in between
 * its content has gone with it, and this must fail. */
static gboolean
drop_incoming(RpTx *tx, RpMessageId id, GError **error)
{
	if (!rp_db_run(tx->db, error, "DELETE FROM messages WHERE id=? AND phase=0", "i", id))
		return FALSE;
	if (rp_db_changes(tx->db) == 1)
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_IO,
		"the half-stored message was taken away by another program");
	return FALSE;
}

static gboolean
write_last_part(RpSubmission *submission, RpTx *tx, const RpEnvelope *envelope, RpMessageId *id,
	GError **error)
{
	*id = submission->id;
	if (*id == 0 && !rp_arrival_new_id(tx, id, error))
		return FALSE;
	return write_rows(submission, tx, *id, error) &&
	       (!submission->id || drop_incoming(tx, *id, error)) &&
	       rp_arrival_message(tx, *id, envelope, submission->size, error);
}

static void
commit_one(RpSubmissionEnd *end, RpTx *tx)
{
	if (!rp_tx_savepoint(tx, &end->error))
		return;
	end->stored = write_last_part(end->submission, tx, &end->envelope, &end->id, &end->error) &&
		      rp_tx_release(tx, &end->error);
	if (!end->stored)
		rp_tx_undo(tx);
}

static void
fail_all(RpSubmissionEnd *ends, guint n_ends, const GError *error)
{
	for (guint i = 0; i < n_ends; i++) {
		ends[i].stored = FALSE;
		if (!ends[i].error)
			ends[i].error = g_error_copy(error);
	}
}

static void
note_committed(const RpSubmissionEnd *end)
{
	char text[RP_MESSAGE_ID_SIZE];

	end->submission->committed = TRUE;
	g_debug("%s: incoming -> ready (submitted, %" G_GINT64_FORMAT " octets)",
		rp_message_id_format(end->id, text), end->submission->size);
}

void
rp_submission_commit_all(RpSubmissionEnd *ends, guint n_ends)
{
	RpQueue *queue = ends[0].submission->queue;
	g_autoptr(GError) error = NULL;
	RpTx tx;

	if (!rp_tx_begin(&tx, queue->db, queue->turn, &error)) {
		fail_all(ends, n_ends, error);
		return;
	}
	for (guint i = 0; i < n_ends; i++)
		ends[i].stored = FALSE;
	for (guint i = 0; i < n_ends && rp_tx_is_open(&tx); i++)
		commit_one(&ends[i], &tx);
	if (!rp_tx_is_open(&tx)) {
		/* A full disk makes SQLite undo everything: those before have gone with it. */
		g_set_error(&error, RP_ERROR, RP_ERROR_FULL, "no room in the queue");
		rp_tx_rollback(&tx);
		fail_all(ends, n_ends, error);
		return;
	}
	if (!rp_tx_commit(&tx, &error)) {
		fail_all(ends, n_ends, error);
		return;
	}
	for (guint i = 0; i < n_ends; i++) {
		if (ends[i].stored)
			note_committed(&ends[i]);
		else if (!ends[i].error)
			g_set_error(&ends[i].error, RP_ERROR, RP_ERROR_IO,
				"the message could not be stored");
	}
	rp_files_ring(queue->dir);
}

gboolean
rp_submission_commit(
	RpSubmission *submission, const RpEnvelope *envelope, RpMessageId *id, GError **error)
{
	RpSubmissionEnd end = {.submission = submission, .envelope = *envelope};

	g_return_val_if_fail(!submission->committed && envelope->n_recipients > 0, FALSE);
	rp_submission_commit_all(&end, 1);
	if (!end.stored) {
		g_propagate_error(error, end.error);
		return FALSE;
	}
	if (id)
		*id = end.id;
	return TRUE;
}

/* Best effort: what stays behind is swept by the next agent. */
static void
take_back(RpSubmission *submission)
{
	RpTx tx;
	RpRow row = {.id = submission->id, .old_phase = RP_PHASE_INCOMING};

	if (!rp_tx_begin(&tx, submission->queue->db, submission->queue->turn, NULL))
		return;
	if (rp_row_delete(&tx, &row, "given up", NULL))
		rp_tx_commit(&tx, NULL);
	else
		rp_tx_rollback(&tx);
}

void
rp_submission_free(RpSubmission *submission)
{
	if (!submission)
		return;
	if (submission->id && !submission->committed)
		take_back(submission);
	if (submission->id)
		rp_files_unmark_incoming(submission->queue->incoming, submission->id);
	g_byte_array_unref(submission->pending);
	g_free(submission);
}
