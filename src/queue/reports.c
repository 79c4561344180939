/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

/* Recipients of whose permanent refusal a report is to be made. A row is there from the refusal on
 * (written with it) until the report can be seen. A recipient that was set free meanwhile can be
 * refused again: that is a row of its own. */

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
	return rp_db_run(tx->db, error, "INSERT INTO reports(message, recipient) VALUES(?, ?)",
		"in", id, (int)recipient);
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
	return rp_db_run(tx->db, error, "UPDATE reports SET file=? WHERE number=?", "si",
		step->s[0], step->n[0]);
}

void
rp_change_report_parked(RpQueueChange *change, gint64 number, const char *file)
{
	RpStep *step = rp_change_add(change, parked);

	step->n[0] = number;
	step->s[0] = g_strdup(file);
}

static gboolean
done(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error, "DELETE FROM reports WHERE number=?", "i", step->n[0]);
}

void
rp_change_report_done(RpQueueChange *change, gint64 number)
{
	rp_change_add(change, done)->n[0] = number;
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
		    "SELECT number, message, recipient, file FROM reports ORDER BY message, number",
		    ""))
		return NULL;
	while (rp_rows_next(&rows)) {
		RpReportDue *due = g_new0(RpReportDue, 1);
		due->number = rp_rows_int(&rows, 0);
		due->id = rp_rows_int(&rows, 1);
		due->recipient = (guint)rp_rows_int(&rows, 2);
		due->file = rp_rows_text(&rows, 3);
		g_ptr_array_add(all, due);
	}
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&all) : NULL;
}
