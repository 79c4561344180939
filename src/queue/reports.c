/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

/* Recipients of whose permanent refusal a report is to be made. A row is there from the refusal on
 * (written with it) until the report can be seen. */

void
rp_report_due_free(RpReportDue *due)
{
	if (!due)
		return;
	g_free(due->file);
	g_free(due);
}

gboolean
rp_reports_add(RpTx *tx, RpMessageId id, guint recipient, GError **error)
{
	return rp_db_run(tx->db, error,
		"INSERT OR REPLACE INTO reports(message, recipient) VALUES(?, ?)", "in", id,
		(int)recipient);
}

gboolean
rp_reports_drop(RpTx *tx, RpMessageId id, GError **error)
{
	return rp_db_run(
		tx->db, error, "DELETE FROM reports WHERE message=? AND file IS NULL", "i", id);
}

static gboolean
parked(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error, "UPDATE reports SET file=? WHERE message=? AND recipient=?",
		"sii", step->s[0], step->id, step->n[0]);
}

void
rp_change_report_parked(RpQueueChange *change, RpMessageId id, guint recipient, const char *file)
{
	RpStep *step = rp_change_add(change, parked);
	step->id = id;
	step->n[0] = recipient;
	step->s[0] = g_strdup(file);
}

static gboolean
done(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error, "DELETE FROM reports WHERE message=? AND recipient=?", "ii",
		step->id, step->n[0]);
}

void
rp_change_report_done(RpQueueChange *change, RpMessageId id, guint recipient)
{
	RpStep *step = rp_change_add(change, done);
	step->id = id;
	step->n[0] = recipient;
}

static gboolean
shown(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error, "DELETE FROM reports WHERE file=?", "s", step->s[0]);
}

void
rp_change_report_shown(RpQueueChange *change, const char *file)
{
	rp_change_add(change, shown)->s[0] = g_strdup(file);
}

GPtrArray *
rp_queue_load_reports(RpQueue *queue, GError **error)
{
	g_autoptr(GPtrArray) all =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_report_due_free);
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT message, recipient, file FROM reports ORDER BY message, recipient", ""))
		return NULL;
	while (rp_rows_next(&rows)) {
		RpReportDue *due = g_new0(RpReportDue, 1);
		due->id = rp_rows_int(&rows, 0);
		due->recipient = (guint)rp_rows_int(&rows, 1);
		due->file = rp_rows_text(&rows, 2);
		g_ptr_array_add(all, due);
	}
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&all) : NULL;
}
