/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

#include "roampost/language.h"

#include <string.h>

/* What became of messages: a record an event, kept for longer than they are. */

/* Stored by number: never renumber the enum. */
static const char *const event_names[] = {
	[RP_HISTORY_SENT] = "sent",
	[RP_HISTORY_HELD] = "held",
	[RP_HISTORY_FAILED] = "failed",
	[RP_HISTORY_DEFERRED] = "deferred",
	[RP_HISTORY_DELETED] = "deleted",
	[RP_HISTORY_MAYBE_SENT] = "maybe-sent",
	[RP_HISTORY_PLACE] = "place",
};

const char *
rp_history_event_name(RpHistoryEvent event)
{
	return event < G_N_ELEMENTS(event_names) ? event_names[event] : "unknown";
}

gboolean
rp_history_event_from_name(const char *name, RpHistoryEvent *event)
{
	for (guint i = 0; i < G_N_ELEMENTS(event_names); i++) {
		if (strcmp(name, event_names[i]) == 0) {
			*event = i;
			return TRUE;
		}
	}
	return FALSE;
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
	g_free(record->subject);
	g_free(record->sent_as);
	g_free(record->from_as);
	g_strfreev(record->recipients);
	g_free(record);
}

/* Who it is about: enough of them for people to know it by. */
#define RECIPIENTS_SQL                                                                             \
	"(SELECT group_concat(address, char(10)) FROM (SELECT address FROM recipients WHERE"       \
	" message=?3 AND (1 << state) & ?9 AND (?10=0 OR time=?10) ORDER BY number LIMIT ?11))"

gboolean
rp_history_write(RpTx *tx, const RpHistoryEntry *entry, GError **error)
{
	RpTime time = entry->time ? entry->time : tx->now;

	/* Of a message that is gone what is known of it is written. */
	return rp_db_run(tx->db, error,
		"INSERT INTO history(time, event, message, sender, n_recipients, set_name,"
		" provider, text, subject, size, sent_as, from_as, recipients) SELECT ?1, ?2, ?3,"
		" ifnull(?4, m.sender), CASE WHEN ?5 >= 0 THEN ?5 ELSE (SELECT count(*) FROM"
		" recipients WHERE message=?3 AND (1 << state) & ?9) END, ?6, ?7, ?8, m.subject,"
		" ifnull(m.size, -1), ?12, ?13, " RECIPIENTS_SQL
		" FROM (SELECT 1) LEFT JOIN messages m ON m.id=?3",
		"inisisssninss", time, (int)entry->event, entry->id, entry->sender,
		entry->n_recipients, entry->set, entry->provider, entry->text, entry->states,
		entry->changed, RP_HISTORY_RECIPIENTS, entry->sent_as, entry->from_as);
}

static gboolean
add_history(RpTx *tx, const RpStep *step, GError **error)
{
	const RpHistoryEntry entry = {
		.id = step->id,
		.time = step->n[0],
		.n_recipients = step->n[1],
		.event = (RpHistoryEvent)step->n[2],
		.sender = step->s[0],
		.set = step->s[1],
		.provider = step->s[2],
		.text = step->s[3],
		.sent_as = step->s[4],
		.from_as = step->s[5],
		.states = 1u << RP_RECIPIENT_PENDING,
	};

	return rp_history_write(tx, &entry, error);
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
	step->s[4] = g_strdup(record->sent_as);
	step->s[5] = g_strdup(record->from_as);
}

/* The set whose words its recipients carry. */
static gboolean
find_set(RpTx *tx, RpMessageId id, char **set, GError **error)
{
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, tx->db, error,
		    "SELECT max(set_name) FROM recipients WHERE message=? AND state=0", "i", id))
		return FALSE;
	*set = rp_rows_next(&rows) ? rp_rows_text(&rows, 0) : NULL;
	return rp_rows_finish(&rows, error);
}

gboolean
rp_history_held(RpTx *tx, RpMessageId id, const char *text, GError **error)
{
	g_autofree char *set = NULL;
	RpHistoryEntry entry = {
		.id = id,
		.event = RP_HISTORY_HELD,
		.n_recipients = -1,
		.text = text,
		.states = 1u << RP_RECIPIENT_PENDING,
	};

	if (!find_set(tx, id, &set, error))
		return FALSE;
	entry.set = set;
	return rp_history_write(tx, &entry, error);
}

const char rp_history_agent_ended[] = "the agent ended while it was being sent";

gboolean
rp_history_in_doubt(RpTx *tx, RpMessageId id, const char *text, GError **error)
{
	const RpHistoryEntry entry = {
		.id = id,
		.event = RP_HISTORY_MAYBE_SENT,
		.n_recipients = -1,
		.text = text,
		.states = 1u << RP_RECIPIENT_PENDING,
	};

	return rp_history_write(tx, &entry, error);
}

/* The first of January 2026. */
#define FIRST_TIME (G_GINT64_CONSTANT(1767225600) * G_USEC_PER_SEC)

static gboolean
prune_history(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"DELETE FROM history WHERE (time>=?2 AND time<?1) OR ((time<?2 OR time>?3) AND"
		" number<(SELECT max(number) FROM history WHERE time>=?2 AND time<?1))",
		"iii", step->n[0], FIRST_TIME, tx->now);
}

void
rp_change_prune_history(RpQueueChange *change, RpTime before)
{
	rp_change_add(change, prune_history)->n[0] = before;
}

/* ---- reading ---- */

/* Who asks for nothing in particular asks what became of mail. */
#define OF_MAIL ((1u << RP_HISTORY_PLACE) - 1)

static RpHistoryRecord *
read_record(RpRows *rows)
{
	RpHistoryRecord *record = g_new0(RpHistoryRecord, 1);
	g_autofree char *recipients = rp_rows_text(rows, 10);

	record->number = rp_rows_int(rows, 0);
	record->time = rp_rows_int(rows, 1);
	record->id = rp_rows_int(rows, 2);
	record->sender = rp_rows_text(rows, 3);
	record->n_recipients = rp_rows_int(rows, 4);
	record->set = rp_rows_text(rows, 5);
	record->provider = rp_rows_text(rows, 6);
	record->event = rp_rows_int(rows, 7);
	record->text = rp_rows_text(rows, 8);
	record->subject = rp_rows_text(rows, 9);
	record->recipients = recipients ? g_strsplit(recipients, "\n", -1) : NULL;
	record->size = rp_rows_int(rows, 11);
	record->sent_as = rp_rows_text(rows, 12);
	record->from_as = rp_rows_text(rows, 13);
	return record;
}

/* In any case, as far as there are such: as people look for names. */
static gboolean
contains(const char *hay, const char *folded)
{
	g_autofree char *text = hay ? g_utf8_casefold(hay, -1) : NULL;

	return text && strstr(text, folded);
}

static gboolean
speaks_of(const RpHistoryRecord *record, const char *folded)
{
	gboolean found = !folded || contains(record->subject, folded) ||
			 contains(record->sender, folded) || contains(record->text, folded);

	for (char **recipient = record->recipients; !found && recipient && *recipient; recipient++)
		found = contains(*recipient, folded);
	return found;
}

static void
reverse(GPtrArray *array)
{
	for (guint i = 0, k = array->len; i + 1 < k; i++) {
		gpointer first = array->pdata[i];

		array->pdata[i] = array->pdata[--k];
		array->pdata[k] = first;
	}
}

GPtrArray *
rp_queue_load_history(RpQueue *queue, const RpHistoryQuery *query, GError **error)
{
	g_autoptr(GPtrArray) records =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_history_record_free);
	g_autofree char *folded = query->text ? g_utf8_casefold(query->text, -1) : NULL;
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT number, time, message, sender, n_recipients, set_name, provider, event,"
		    " text, subject, recipients, size, sent_as, from_as FROM history WHERE "
		    "time>=?1 AND"
		    " (?2=0 OR time<?2) AND (?3=0 OR message=?3) AND (?4 IS NULL OR set_name=?4)"
		    " AND (1 << event) & ?5 AND (?6=0 OR number<?6)"
		    " ORDER BY number DESC",
		    "iiisni", query->since, query->until, query->id, query->set,
		    query->events ? query->events : OF_MAIL, query->before))
		return NULL;
	while ((!query->limit || records->len < query->limit) && rp_rows_next(&rows)) {
		g_autoptr(RpHistoryRecord) record = read_record(&rows);

		if (speaks_of(record, folded))
			g_ptr_array_add(records, g_steal_pointer(&record));
	}
	reverse(records);
	if (query->limit && records->len == query->limit)
		return g_steal_pointer(&records);
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&records) : NULL;
}

gboolean
rp_queue_resolve_gone(RpQueue *queue, const char *text, RpMessageId *id, GError **error)
{
	g_auto(RpRows) rows = {0};
	RpMessageId from, to;

	if (!rp_message_id_range(text, &from, &to)) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("“%s” is not a message id"), text);
		return FALSE;
	}
	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT DISTINCT message FROM history WHERE message BETWEEN ? AND ?"
		    " AND message>0 LIMIT 2",
		    "ii", from, to))
		return FALSE;
	if (!rp_rows_next(&rows)) {
		if (rp_rows_finish(&rows, error))
			g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
				_("there is no message %s in the queue, and none in the history"),
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
