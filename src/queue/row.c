/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include "roampost/language.h"

/* A message's own state, in memory and on the disk: the one place where it enters a phase. */

static const char *const phase_names[] = {
	[RP_PHASE_INCOMING] = "incoming",
	[RP_PHASE_READY] = "ready",
	[RP_PHASE_DEFERRED] = "deferred",
	[RP_PHASE_HELD] = "held",
	[RP_PHASE_SENDING] = "sending",
	[RP_PHASE_FAILED] = "failed",
};

gint64
rp_size_rank(gint64 size)
{
	gint64 rank = 0;

	for (size /= 4096; size > 0; size /= 4)
		rank++;
	return rank;
}

void
rp_row_clear(RpRow *row)
{
	g_clear_pointer(&row->hold_reason, g_free);
	g_clear_pointer(&row->hold_text, g_free);
	g_clear_pointer(&row->pin, g_free);
}

gboolean
rp_row_load(RpTx *tx, RpMessageId id, RpRow *row, GError **error)
{
	g_auto(RpRows) rows = {0};
	char text[RP_MESSAGE_ID_SIZE];

	if (!rp_rows_open(&rows, tx->db, error,
		    "SELECT phase, class, rank, flags, attempts, next_try, user_hold, hold_reason,"
		    " hold_text, pin, not_before FROM messages WHERE id=? AND phase>0",
		    "i", id))
		return FALSE;
	if (!rp_rows_next(&rows)) {
		if (rp_rows_finish(&rows, error))
			g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
				_("there is no message %s in the queue"),
				rp_message_id_format(id, text));
		return FALSE;
	}
	*row = (RpRow){
		.id = id,
		.phase = rp_rows_int(&rows, 0),
		.class_id = rp_rows_int(&rows, 1),
		.rank = rp_rows_int(&rows, 2),
		.flags = rp_rows_int(&rows, 3),
		.attempts = rp_rows_int(&rows, 4),
		.next_try = rp_rows_int(&rows, 5),
		.user_hold = rp_rows_int(&rows, 6) != 0,
		.hold_reason = rp_rows_text(&rows, 7),
		.hold_text = rp_rows_text(&rows, 8),
		.pin = rp_rows_text(&rows, 9),
		.not_before = rp_rows_int(&rows, 10),
	};
	row->old_phase = row->phase;
	row->old_class = row->class_id;
	return TRUE;
}

RpPhase
rp_row_resting_phase(const RpRow *row)
{
	if (row->user_hold || row->hold_reason || row->not_before)
		return RP_PHASE_HELD;
	return row->next_try ? RP_PHASE_DEFERRED : RP_PHASE_READY;
}

static void
log_move(const RpRow *row, const char *to, const char *why)
{
	char text[RP_MESSAGE_ID_SIZE];

	g_debug("%s: %s -> %s (%s)", rp_message_id_format(row->id, text),
		phase_names[row->old_phase], to, why);
}

gboolean
rp_row_save(RpTx *tx, RpRow *row, const char *why, GError **error)
{
	if (!rp_db_run(tx->db, error,
		    "UPDATE messages SET phase=?2, class=?3, flags=?4, attempts=?5, next_try=?6,"
		    " user_hold=?7, hold_reason=?8, hold_text=?9, pin=?10, not_before=?11 WHERE "
		    "id=?1",
		    "ininninsssi", row->id, (int)row->phase, row->class_id, row->flags,
		    row->attempts, row->next_try, row->user_hold, row->hold_reason, row->hold_text,
		    row->pin, row->not_before))
		return FALSE;
	if (row->phase != row->old_phase || row->class_id != row->old_class)
		rp_tx_count(tx, row->old_class, row->old_phase, row->class_id, row->phase);
	if (row->phase != row->old_phase)
		log_move(row, phase_names[row->phase], why);
	row->old_phase = row->phase;
	row->old_class = row->class_id;
	return TRUE;
}

gboolean
rp_row_delete(RpTx *tx, RpRow *row, const char *why, GError **error)
{
	if (!rp_db_run(tx->db, error, "DELETE FROM content WHERE id BETWEEN ? AND ?", "ii",
		    rp_content_key(row->id, 0), rp_content_key(row->id, RP_CONTENT_MAX_ROWS - 1)) ||
		!rp_reports_drop(tx, row->id, error) ||
		!rp_db_run(tx->db, error, "DELETE FROM recipients WHERE message=?", "i", row->id) ||
		!rp_db_run(tx->db, error, "DELETE FROM messages WHERE id=?", "i", row->id))
		return FALSE;
	rp_tx_count(tx, row->old_class, row->old_phase, 0, -1);
	log_move(row, "gone", why);
	tx->freed = TRUE;
	return TRUE;
}
