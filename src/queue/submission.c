/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "handover-private.h"
#include "queue-private.h"

#include "roampost/language.h"

/* A message on its way into the queue: large ones in parts that count for nothing yet, then one
 * commit, for one message or for many. */

/* More than this is not kept in memory, and not written in one transaction. */
#define PART (16 * RP_CONTENT_ROW)

struct RpSubmission {
	RpQueue *queue;      /* NULL: not opened yet */
	RpQueue *own;        /* the same, where it is ours to close */
	char *dir;           /* of our own */
	RpFd agent;          /* it may have taken the message over, and has not said so; or -1 */
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
	submission->agent = -1;
	submission->pending = g_byte_array_new();
	return submission;
}

RpSubmission *
rp_submission_new_at(const char *state_dir)
{
	RpSubmission *submission = g_new0(RpSubmission, 1);

	submission->dir = g_strdup(state_dir);
	submission->agent = -1;
	submission->pending = g_byte_array_new();
	return submission;
}

static gboolean
open_queue(RpSubmission *submission, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (submission->queue)
		return TRUE;
	submission->own = rp_queue_open(submission->dir, RP_QUEUE_WRITER, &failure);
	submission->queue = submission->own;
	if (submission->queue)
		return TRUE;
	/* A writer makes the folder: what is not found is where it was to be. */
	if (g_error_matches(failure, RP_ERROR, RP_ERROR_IO) ||
		g_error_matches(failure, RP_ERROR, RP_ERROR_NOT_FOUND))
		failure->code = RP_ERROR_UNAVAILABLE;
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
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
try_part(RpSubmission *submission, GError **error)
{
	RpTx tx;
	RpMessageId id = submission->id;

	if (!rp_tx_begin(&tx, submission->queue->db, submission->queue->turn, error))
		return FALSE;
	if ((id == 0 && !insert_incoming(submission, &tx, &id, error)) ||
		!write_rows(submission, &tx, id, error) || !rp_room_admits(&tx, error)) {
		rp_tx_rollback(&tx);
		return FALSE;
	}
	if (!rp_tx_commit(&tx, error))
		return FALSE;
	rows_written(submission, id);
	return TRUE;
}

/* The log may have the room that is missing. */
static gboolean
is_given_room(RpQueue *queue, const GError *failure)
{
	return g_error_matches(failure, RP_ERROR, RP_ERROR_FULL) &&
	       rp_room_empty_log(queue->db, queue->turn);
}

static gboolean
write_part(RpSubmission *submission, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (!open_queue(submission, error))
		return FALSE;
	if (try_part(submission, &failure))
		return TRUE;
	if (is_given_room(submission->queue, failure))
		return try_part(submission, error);
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
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
		_("the half-stored message was taken away by another program"));
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

/* ---- by the agent ---- */

/* TRUE: it is stored. */
static gboolean
hand_over(RpSubmissionEnd *end)
{
	RpSubmission *submission = end->submission;
	const GByteArray *content = submission->pending;
	g_autofree char *dir =
		submission->dir ? g_strdup(submission->dir) : rp_queue_state_dir(NULL);

	if (submission->queue || !dir || !rp_files_check_dir(dir, FALSE, NULL))
		return FALSE;
	g_auto(RpFd) agent = rp_handover_offer(dir, &end->envelope, content->data, content->len);
	if (agent < 0)
		return FALSE;
	switch (rp_handover_wait(agent, &end->id)) {
	case RP_HANDOVER_END_STORED:
		end->stored = submission->committed = TRUE;
		return TRUE;
	case RP_HANDOVER_END_REFUSED:
		return FALSE; /* if there is no room, say, it is said by trying it */
	case RP_HANDOVER_END_UNKNOWN:
		rp_handover_give_up(agent);
		submission->agent = rp_fd_steal(&agent);
		return FALSE;
	}
	return FALSE;
}

/* Whether the agent had taken over what it did not answer. The turn is ours. */
static gboolean
is_there_already(RpSubmissionEnd *end, RpTx *tx)
{
	gint64 there = FALSE;

	if (end->submission->agent < 0)
		return FALSE;
	rp_handover_last_word(end->submission->agent, &end->id);
	/* It may have been sent since. */
	return end->id &&
	       rp_db_number(tx->db, &there, &end->error,
		       "SELECT EXISTS(SELECT 1 FROM messages WHERE id=?1 AND phase>0)"
		       " OR EXISTS(SELECT 1 FROM history WHERE message=?1)",
		       "i", end->id) &&
	       there;
}

/* ---- here ---- */

static void
commit_one(RpSubmissionEnd *end, RpTx *tx)
{
	if (is_there_already(end, tx)) {
		end->stored = TRUE;
		return;
	}
	if (end->error || !rp_tx_savepoint(tx, &end->error))
		return;
	end->stored = write_last_part(end->submission, tx, &end->envelope, &end->id, &end->error) &&
		      rp_tx_release(tx, &end->error);
	if (!end->stored)
		rp_tx_undo(tx);
}

/* In this transaction: what an earlier one stored is not touched. */
static gboolean
is_in_question(const RpSubmissionEnd *end)
{
	return !end->submission->committed;
}

static void
fail_all(RpSubmissionEnd *ends, guint n_ends, const GError *error)
{
	for (guint i = 0; i < n_ends; i++) {
		if (!is_in_question(&ends[i]))
			continue;
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

/* Their commit is not on the disk, but in the log for all to see: what is written now takes it
 * back, whether or not that comes to the disk. What an agent has begun with is its own. */
static void
take_all_back(RpQueue *queue, const RpSubmissionEnd *ends, guint n_ends)
{
	g_autoptr(GError) error = NULL;
	RpTx tx;

	rp_db_exec(queue->db, "PRAGMA synchronous=OFF", NULL);
	if (rp_tx_begin(&tx, queue->db, queue->turn, &error)) {
		for (guint i = 0; i < n_ends && !error; i++) {
			g_auto(RpRow) row = {0};

			if (is_in_question(&ends[i]) && ends[i].stored &&
				rp_row_load(&tx, ends[i].id, &row, NULL) &&
				row.phase == RP_PHASE_READY)
				rp_row_delete(&tx, &row, "it could not be synced", &error);
		}
		if (error)
			rp_tx_rollback(&tx);
		else
			rp_tx_commit(&tx, &error);
	}
	if (error)
		g_warning("what could not be stored may come back: %s", error->message);
	rp_db_exec(queue->db, "PRAGMA synchronous=FULL", NULL);
}

static gboolean
sync_all(RpQueue *queue, const RpSubmissionEnd *ends, guint n_ends, GError **error)
{
	if (rp_log_sync(queue, error))
		return TRUE;
	take_all_back(queue, ends, n_ends);
	return FALSE;
}

static gboolean
run_all(RpQueue *queue, RpSubmissionEnd *ends, guint n_ends, GError **error)
{
	RpTx tx;

	if (!(queue->log < 0 ? rp_tx_begin : rp_tx_begin_unsynced)(
		    &tx, queue->db, queue->turn, error))
		return FALSE;
	for (guint i = 0; i < n_ends && rp_tx_is_open(&tx); i++)
		if (is_in_question(&ends[i]))
			commit_one(&ends[i], &tx);
	if (!rp_tx_is_open(&tx)) {
		/* A full disk makes SQLite undo everything: those before have gone with it. */
		g_set_error(error, RP_ERROR, RP_ERROR_FULL, _("no room in the queue"));
		rp_tx_rollback(&tx);
		return FALSE;
	}
	return rp_tx_commit(&tx, error) && (!tx.unsynced || sync_all(queue, ends, n_ends, error));
}

static void
try_all(RpQueue *queue, RpSubmissionEnd *ends, guint n_ends)
{
	g_autoptr(GError) error = NULL;

	if (!run_all(queue, ends, n_ends, &error)) {
		fail_all(ends, n_ends, error);
		return;
	}
	for (guint i = 0; i < n_ends; i++) {
		if (ends[i].stored && is_in_question(&ends[i]))
			note_committed(&ends[i]);
		else if (!ends[i].stored && !ends[i].error)
			g_set_error(&ends[i].error, RP_ERROR, RP_ERROR_IO,
				_("the message could not be stored"));
	}
	rp_files_ring(queue->dir);
}

/* TRUE: there may be room for those that found none. */
static gboolean
are_given_room(RpQueue *queue, RpSubmissionEnd *ends, guint n_ends)
{
	guint n = 0;

	for (guint i = 0; i < n_ends; i++)
		n += g_error_matches(ends[i].error, RP_ERROR, RP_ERROR_FULL) ? 1 : 0;
	if (!n || !rp_room_empty_log(queue->db, queue->turn))
		return FALSE;
	for (guint i = 0; i < n_ends; i++)
		g_clear_error(&ends[i].error);
	return TRUE;
}

static void
commit_here(RpSubmissionEnd *ends, guint n_ends)
{
	RpQueue *queue = ends[0].submission->queue;

	try_all(queue, ends, n_ends);
	if (are_given_room(queue, ends, n_ends))
		try_all(queue, ends, n_ends);
}

void
rp_submission_commit_all(RpSubmissionEnd *ends, guint n_ends)
{
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < n_ends; i++)
		ends[i].stored = FALSE;
	if (n_ends == 1 && hand_over(ends))
		return;
	if (open_queue(ends[0].submission, &error))
		commit_here(ends, n_ends);
	else
		fail_all(ends, n_ends, error);
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
	rp_fd_clear(&submission->agent);
	rp_queue_close(submission->own);
	g_free(submission->dir);
	g_free(submission);
}
