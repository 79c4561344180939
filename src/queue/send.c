/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include "roampost/language.h"

#include <string.h>

/* What the agent does to messages on their way out. */

static gboolean
not_ready(RpMessageId id, GError **error)
{
	char text[RP_MESSAGE_ID_SIZE];

	g_set_error(error, RP_ERROR, RP_ERROR_STATE, _("message %s is not ready to be sent"),
		rp_message_id_format(id, text));
	return FALSE;
}

static gboolean
start_sending(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};

	if (!rp_row_load(tx, step->id, &row, error))
		return FALSE;
	if (row.phase != RP_PHASE_READY)
		return not_ready(step->id, error);
	row.phase = RP_PHASE_SENDING;
	return rp_row_save(tx, &row, "taken up", error);
}

static gboolean
start_sending_if_ready(RpTx *tx, const RpStep *step, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (start_sending(tx, step, &failure) ||
		g_error_matches(failure, RP_ERROR, RP_ERROR_NOT_FOUND) ||
		g_error_matches(failure, RP_ERROR, RP_ERROR_STATE))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

void
rp_change_sending(RpQueueChange *change, RpMessageId id)
{
	rp_change_add(change, start_sending)->id = id;
	change->begins = TRUE;
}

void
rp_change_sending_if_ready(RpQueueChange *change, RpMessageId id)
{
	rp_change_add(change, start_sending_if_ready)->id = id;
	change->begins = TRUE;
}

static gboolean
write_result(RpTx *tx, const RpStep *step, const RpRecipientResult *result, GError **error)
{
	char text[RP_MESSAGE_ID_SIZE];

	if (!rp_db_run(tx->db, error,
		    "UPDATE recipients SET state=?, set_name=?, reply=?, time=?, sent_as=?,"
		    " from_as=? WHERE message=? AND number=? AND state<>1",
		    "nssissin", (int)result->state, step->s[0], result->reply, tx->now, step->s[2],
		    step->s[3], step->id, result->recipient))
		return FALSE;
	if (rp_db_changes(tx->db) == 1)
		return !result->report || rp_reports_add(tx, step->id, result->recipient, error);
	g_set_error(error, RP_ERROR, RP_ERROR_STATE,
		_("message %s has no recipient %u that is still to be sent"),
		rp_message_id_format(step->id, text), result->recipient);
	return FALSE;
}

static gboolean
add_history(RpTx *tx, const RpStep *step, RpRecipientState state, RpHistoryEvent event, guint n,
	const char *text, GError **error)
{
	const RpHistoryEntry entry = {
		.id = step->id,
		.event = event,
		.n_recipients = n,
		.set = step->s[0],
		.provider = step->s[1],
		.sent_as = step->s[2],
		.from_as = step->s[3],
		.text = text,
		.states = 1u << state,
		.changed = tx->now, /* by write_result, just now */
	};

	return rp_history_write(tx, &entry, error);
}

/* What history says of recipients that came into this state; pending ones are not news. */
static const struct {
	RpRecipientState state;
	RpHistoryEvent event;
} events[] = {
	{RP_RECIPIENT_SENT, RP_HISTORY_SENT},
	{RP_RECIPIENT_DEAD, RP_HISTORY_FAILED},
	{RP_RECIPIENT_REJECTED, RP_HISTORY_HELD},
};

/* One history row for those that fared alike, with the words for the first of them. */
static gboolean
write_results(RpTx *tx, const RpStep *step, GError **error)
{
	guint n[RP_N_RECIPIENT_STATES] = {0};
	const char *reply[RP_N_RECIPIENT_STATES] = {0};

	for (guint i = 0; i < step->n_results; i++) {
		const RpRecipientResult *result = &step->results[i];
		if (!write_result(tx, step, result, error))
			return FALSE;
		n[result->state]++;
		if (!reply[result->state])
			reply[result->state] = result->reply;
	}
	for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
		RpRecipientState state = events[i].state;

		if (n[state] && !add_history(tx, step, state, events[i].event, n[state],
					reply[state], error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
count_recipients(RpTx *tx, RpMessageId id, gint64 n[RP_N_RECIPIENT_STATES], GError **error)
{
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, tx->db, error,
		    "SELECT state, count(*) FROM recipients WHERE message=? GROUP BY state", "i",
		    id))
		return FALSE;
	while (rp_rows_next(&rows)) {
		gint64 state = rp_rows_int(&rows, 0);

		if (state >= 0 && state < RP_N_RECIPIENT_STATES)
			n[state] = rp_rows_int(&rows, 1);
	}
	return rp_rows_finish(&rows, error);
}

/* Nothing of it is pending, and the user is to decide: held by itself, in the words that the first
 * of those recipients got. */
static gboolean
ask_user(RpTx *tx, RpRow *row, GError **error)
{
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, tx->db, error,
		    "SELECT reply FROM recipients WHERE message=? AND state=3 ORDER BY number"
		    " LIMIT 1",
		    "i", row->id))
		return FALSE;
	g_free(row->hold_reason);
	g_free(row->hold_text);
	row->hold_reason = g_strdup(rp_reason_name(RP_REASON_SERVER_REJECTED));
	row->hold_text = rp_rows_next(&rows) ? rp_rows_text(&rows, 0) : NULL;
	row->phase = RP_PHASE_HELD;
	return rp_rows_finish(&rows, error) &&
	       rp_row_save(tx, row, "recipients were rejected", error);
}

static gboolean
outcome(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};
	gint64 n[RP_N_RECIPIENT_STATES] = {0};

	if (!rp_row_load(tx, step->id, &row, error))
		return FALSE;
	if (row.phase != RP_PHASE_SENDING)
		return not_ready(step->id, error);
	if (!write_results(tx, step, error) || !count_recipients(tx, step->id, n, error))
		return FALSE;
	/* What is left is another message to the policy: it has fewer recipients. */
	row.class_id = RP_CLASS_NEW;
	row.next_try = 0;
	if (n[RP_RECIPIENT_PENDING]) {
		row.phase = rp_row_resting_phase(&row);
		return rp_row_save(tx, &row, "recipients are left", error);
	}
	if (n[RP_RECIPIENT_REJECTED])
		return ask_user(tx, &row, error);
	if (n[RP_RECIPIENT_DEAD]) {
		row.phase = RP_PHASE_FAILED;
		return rp_row_save(tx, &row, "recipients were refused", error);
	}
	return rp_row_delete(tx, &row, "all recipients sent", error);
}

void
rp_change_outcome(RpQueueChange *change, RpMessageId id, const RpRecipientResult *results,
	guint n_results, const RpOutcomeWay *way)
{
	RpStep *step = rp_change_add(change, outcome);

	step->id = id;
	step->s[0] = g_strdup(way->set);
	step->s[1] = g_strdup(way->provider);
	step->s[2] = g_strdup(way->sent_as);
	step->s[3] = g_strdup(way->from_as);
	step->results = g_memdup2(results, n_results * sizeof(*results));
	step->n_results = n_results;
	for (guint i = 0; i < n_results; i++)
		step->results[i].reply = g_strdup(results[i].reply);
}

/* A message that has left the queue is no error: `gone`, and FALSE. */
static gboolean
load_if_there(RpTx *tx, RpMessageId id, RpRow *row, gboolean *gone, GError **error)
{
	g_autoptr(GError) failure = NULL;

	*gone = FALSE;
	if (rp_row_load(tx, id, row, &failure))
		return TRUE;
	*gone = g_error_matches(failure, RP_ERROR, RP_ERROR_NOT_FOUND);
	if (!*gone)
		g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

static gboolean
put_back(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};
	gboolean gone;

	if (!load_if_there(tx, step->id, &row, &gone, error))
		return gone;
	if (row.phase != RP_PHASE_SENDING && !step->n[0])
		return TRUE;
	if (step->n[0])
		row.flags |= RP_MESSAGE_MAYBE_SENT;
	if (row.phase == RP_PHASE_SENDING)
		row.phase = rp_row_resting_phase(&row);
	if (!rp_row_save(tx, &row, step->n[0] ? "session lost, maybe sent" : "session lost", error))
		return FALSE;
	return !step->s[0] || rp_history_in_doubt(tx, step->id, step->s[0], error);
}

/* How far it came nobody knows; the history keeps that for when the message is gone. */
void
rp_change_doubt(RpQueueChange *change, RpMessageId id, const char *why)
{
	RpStep *step = rp_change_add(change, put_back);

	step->id = id;
	step->n[0] = TRUE;
	step->s[0] = g_strdup(why);
}

void
rp_change_put_back(RpQueueChange *change, RpMessageId id, gboolean maybe_sent)
{
	RpStep *step = rp_change_add(change, put_back);

	step->id = id;
	step->n[0] = maybe_sent;
}

/* A deferral that was said later than it is now was said by a clock that has been put back. */
static gboolean
note_clock(RpTx *tx, GError **error)
{
	return rp_db_run(tx->db, error,
		"INSERT OR REPLACE INTO set_facts(set_name, name, value) VALUES('', ?, ?)", "si",
		RP_FACT_DEFERRED_AT, tx->now);
}

static gboolean
defer(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};
	gboolean gone;

	if (!load_if_there(tx, step->id, &row, &gone, error))
		return gone;
	if (row.phase == RP_PHASE_FAILED)
		return TRUE;
	row.attempts++;
	row.next_try = step->n[0];
	if (!row.hold_reason) {
		g_free(row.hold_text);
		row.hold_text = g_strdup(step->s[0]);
	}
	row.phase = rp_row_resting_phase(&row);
	return note_clock(tx, error) && rp_row_save(tx, &row, "to be tried later", error);
}

void
rp_change_defer(RpQueueChange *change, RpMessageId id, RpTime until, const char *why)
{
	RpStep *step = rp_change_add(change, defer);

	step->id = id;
	step->n[0] = until;
	step->s[0] = g_strdup(why);
}

#define ANY_CLASS (-1)

static gboolean
collect_due(RpTx *tx, RpTime due, gint64 class_id, GArray *ids, GError **error)
{
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, tx->db, error,
		    "SELECT id FROM messages WHERE phase=2 AND next_try<=?1 AND (?2<0 OR class=?2)",
		    "ii", due, class_id))
		return FALSE;
	return rp_rows_append_ints(&rows, ids, error);
}

static gboolean
undefer(RpTx *tx, const RpStep *step, GError **error)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));

	if (!collect_due(tx, step->n[0], step->n[1], ids, error))
		return FALSE;
	for (guint i = 0; i < ids->len; i++) {
		g_auto(RpRow) row = {0};
		if (!rp_row_load(tx, g_array_index(ids, gint64, i), &row, error))
			return FALSE;
		row.next_try = 0;
		if (step->n[0] == G_MAXINT64)
			row.attempts = 0;
		row.phase = rp_row_resting_phase(&row);
		if (!rp_row_save(tx, &row, "due", error))
			return FALSE;
	}
	return TRUE;
}

static void
add_undefer(RpQueueChange *change, RpTime due, gint64 class_id)
{
	RpStep *step = rp_change_add(change, undefer);

	step->n[0] = due;
	step->n[1] = class_id;
}

void
rp_change_undefer_all(RpQueueChange *change)
{
	add_undefer(change, G_MAXINT64, ANY_CLASS);
}

void
rp_change_undefer_class(RpQueueChange *change, gint64 class_id)
{
	add_undefer(change, G_MAXINT64, class_id);
}

static gboolean
end_not_before(RpTx *tx, const RpStep *step, GError **error)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, tx->db, error,
		    "SELECT id FROM messages WHERE not_before>0 AND not_before<=?", "i", tx->now) ||
		!rp_rows_append_ints(&rows, ids, error))
		return FALSE;
	for (guint i = 0; i < ids->len; i++) {
		g_auto(RpRow) row = {0};

		if (!rp_row_load(tx, g_array_index(ids, gint64, i), &row, error))
			return FALSE;
		row.not_before = 0;
		if (row.phase == RP_PHASE_HELD)
			row.phase = rp_row_resting_phase(&row);
		if (!rp_row_save(tx, &row, "its time has come", error))
			return FALSE;
	}
	return TRUE;
}

void
rp_change_undefer_due(RpQueueChange *change)
{
	add_undefer(change, change->now, ANY_CLASS);
	rp_change_add(change, end_not_before);
}

static gboolean
undefer_one(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};
	g_autoptr(GError) failure = NULL;

	if (!rp_row_load(tx, step->id, &row, &failure)) {
		if (g_error_matches(failure, RP_ERROR, RP_ERROR_NOT_FOUND))
			return TRUE;
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	if (row.phase != RP_PHASE_DEFERRED)
		return TRUE;
	row.next_try = 0;
	row.phase = rp_row_resting_phase(&row);
	return rp_row_save(tx, &row, "to be tried now, says the user", error);
}

void
rp_change_undefer(RpQueueChange *change, RpMessageId id)
{
	rp_change_add(change, undefer_one)->id = id;
}

static gboolean
hold_message(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};

	if (!rp_row_load(tx, step->id, &row, error))
		return FALSE;
	if (row.phase == RP_PHASE_FAILED)
		return TRUE;
	g_free(row.hold_reason);
	g_free(row.hold_text);
	row.hold_reason = g_strdup(step->s[0]);
	row.hold_text = g_strdup(step->s[1]);
	row.phase = RP_PHASE_HELD;
	return rp_row_save(tx, &row, step->s[0], error) &&
	       rp_history_held(tx, step->id, step->s[1], error);
}

void
rp_change_hold_message(RpQueueChange *change, RpMessageId id, RpReason reason, const char *text)
{
	RpStep *step = rp_change_add(change, hold_message);

	step->id = id;
	step->s[0] = g_strdup(rp_reason_name(reason));
	step->s[1] = g_strdup(text);
}
