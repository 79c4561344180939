/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

/* What became of messages: a record an event, kept for longer than they are. */

/* Stored by number: never renumber the enum. */
static const char *const event_names[] = {
	[RP_HISTORY_SENT] = "sent",
	[RP_HISTORY_HELD] = "held",
	[RP_HISTORY_FAILED] = "failed",
	[RP_HISTORY_DEFERRED] = "deferred",
	[RP_HISTORY_DELETED] = "deleted",
	[RP_HISTORY_MAYBE_SENT] = "maybe-sent",
};

const char *
rp_history_event_name(RpHistoryEvent event)
{
	return event < G_N_ELEMENTS(event_names) ? event_names[event] : "unknown";
}

void
rp_history_record_free(RpHistoryRecord *record)
{
	if (!record)
		return;
	g_free(record->sender);
	g_free(record->set);
	g_free(record->provider);
	g_free(record->text);
	g_free(record);
}

static gboolean
add_history(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"INSERT INTO history(time, message, sender, n_recipients, set_name, provider, "
		"event,"
		" text) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		"iisissis", step->n[0] ? step->n[0] : tx->now, step->id, step->s[0], step->n[1],
		step->s[1], step->s[2], step->n[2], step->s[3]);
}

void
rp_change_add_history(RpQueueChange *change, const RpHistoryRecord *record)
{
	RpStep *step = rp_change_add(change, add_history);

	step->id = record->id;
	step->n[0] = record->time;
	step->n[1] = record->n_recipients;
	step->n[2] = record->event;
	step->s[0] = g_strdup(record->sender);
	step->s[1] = g_strdup(record->set);
	step->s[2] = g_strdup(record->provider);
	step->s[3] = g_strdup(record->text);
}

gboolean
rp_history_held(RpTx *tx, RpMessageId id, const char *text, GError **error)
{
	/* The set is the one whose words its recipients carry. */
	return rp_db_run(tx->db, error,
		"INSERT INTO history(time, message, sender, n_recipients, set_name, event, text)"
		" SELECT ?1, id, sender,"
		" (SELECT count(*) FROM recipients WHERE message=?2 AND state=0),"
		" (SELECT max(set_name) FROM recipients WHERE message=?2 AND state=0), ?3, ?4"
		" FROM messages WHERE id=?2",
		"iins", tx->now, id, (int)RP_HISTORY_HELD, text);
}

static gboolean
prune_history(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error, "DELETE FROM history WHERE time<?", "i", step->n[0]);
}

void
rp_change_prune_history(RpQueueChange *change, RpTime before)
{
	rp_change_add(change, prune_history)->n[0] = before;
}

static RpHistoryRecord *
read_record(RpRows *rows)
{
	RpHistoryRecord *record = g_new0(RpHistoryRecord, 1);

	record->number = rp_rows_int(rows, 0);
	record->time = rp_rows_int(rows, 1);
	record->id = rp_rows_int(rows, 2);
	record->sender = rp_rows_text(rows, 3);
	record->n_recipients = rp_rows_int(rows, 4);
	record->set = rp_rows_text(rows, 5);
	record->provider = rp_rows_text(rows, 6);
	record->event = rp_rows_int(rows, 7);
	record->text = rp_rows_text(rows, 8);
	return record;
}

GPtrArray *
rp_queue_load_history(RpQueue *queue, RpTime since, guint limit, GError **error)
{
	g_autoptr(GPtrArray) records =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_history_record_free);
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT * FROM (SELECT number, time, message, sender, n_recipients, set_name,"
		    " provider, event, text FROM history WHERE time>=? ORDER BY number DESC LIMIT "
		    "?)"
		    " ORDER BY number",
		    "ii", since, limit ? (gint64)limit : G_GINT64_CONSTANT(-1)))
		return NULL;
	while (rp_rows_next(&rows))
		g_ptr_array_add(records, read_record(&rows));
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&records) : NULL;
}
