/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include "roampost/language.h"
#include "roampost/mailbox.h"

/* What users do to messages, from any process. */

static gboolean
has_agent(const RpTx *tx)
{
	g_autofree char *dir =
		g_path_get_dirname(sqlite3_db_filename(rp_db_handle(tx->db), "main"));

	return rp_files_has_listener(dir);
}

/* As the next agent would do it (rp_queue_recover). */
static gboolean
take_over(RpTx *tx, RpRow *row, GError **error)
{
	row->phase = rp_row_resting_phase(row);
	row->flags |= RP_MESSAGE_MAYBE_SENT;
	return rp_history_in_doubt(tx, row->id, rp_history_agent_ended, error);
}

/* The message, unless it is being sent: by an agent, for the next one is to have what another that
 * is no more was sending. */
static gboolean
load_resting(RpTx *tx, RpMessageId id, RpRow *row, GError **error)
{
	char text[RP_MESSAGE_ID_SIZE];

	if (!rp_row_load(tx, id, row, error))
		return FALSE;
	if (row->phase != RP_PHASE_SENDING)
		return TRUE;
	if (!has_agent(tx))
		return take_over(tx, row, error);
	g_set_error(error, RP_ERROR, RP_ERROR_STATE,
		_("message %s is being sent: try again when it is done"),
		rp_message_id_format(id, text));
	return FALSE;
}

/* Back to where its holds and deferral put it, or where it stays when it has failed. */
static gboolean
save_resting(RpTx *tx, RpRow *row, const char *why, GError **error)
{
	if (row->phase != RP_PHASE_FAILED)
		row->phase = rp_row_resting_phase(row);
	return rp_row_save(tx, row, why, error);
}

static void
lift_server_hold(RpRow *row)
{
	g_clear_pointer(&row->hold_reason, g_free);
	g_clear_pointer(&row->hold_text, g_free);
}

static void
lift_holds(RpRow *row)
{
	row->user_hold = FALSE;
	row->not_before = 0;
	row->flags &= ~RP_MESSAGE_HELD_UNSEEN;
	lift_server_hold(row);
}

static gboolean
hold(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};

	if (!load_resting(tx, step->id, &row, error))
		return FALSE;
	if (row.user_hold)
		return TRUE;
	row.user_hold = TRUE;
	if (row.phase == RP_PHASE_FAILED)
		return save_resting(tx, &row, "held by the user", error);
	row.flags |= RP_MESSAGE_HELD_UNSEEN;
	row.class_id = RP_CLASS_NEW;
	return save_resting(tx, &row, "held by the user", error) &&
	       rp_history_held(tx, step->id, "It is on hold because you said so.", error);
}

void
rp_change_hold(RpQueueChange *change, RpMessageId id)
{
	rp_change_add(change, hold)->id = id;
}

/* A message that has failed stays so, and that it does counts from when it is tried again. */
static gboolean
not_before(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};

	if (!load_resting(tx, step->id, &row, error))
		return FALSE;
	row.not_before = step->n[0];
	if (row.not_before && row.phase != RP_PHASE_FAILED) {
		row.flags |= RP_MESSAGE_HELD_UNSEEN;
		row.class_id = RP_CLASS_NEW;
	}
	return save_resting(tx, &row, "put off by the user", error);
}

void
rp_change_not_before(RpQueueChange *change, RpMessageId id, RpTime time)
{
	RpStep *step = rp_change_add(change, not_before);

	step->id = id;
	step->n[0] = time;
}

/* What servers said of recipients in a state is forgotten: they are to be sent to. */
static gboolean
set_free(RpTx *tx, RpRow *row, RpRecipientState state, GError **error)
{
	if (!rp_db_run(tx->db, error, "UPDATE recipients SET state=0 WHERE message=? AND state=?",
		    "in", row->id, (int)state))
		return FALSE;
	if (rp_db_changes(tx->db) == 0)
		return TRUE;
	row->class_id = RP_CLASS_NEW; /* another message to the policy */
	/* Reports are of the dead: while those stay so, theirs stay due. */
	return state != RP_RECIPIENT_DEAD || rp_reports_drop(tx, row->id, error);
}

static gboolean
release(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};
	g_autofree char *deferral = NULL;

	if (!load_resting(tx, step->id, &row, error) ||
		!set_free(tx, &row, RP_RECIPIENT_REJECTED, error))
		return FALSE;
	if (row.hold_reason) /* not where it was the user's own hold */
		row.flags |= RP_MESSAGE_RELEASED;
	else /* why it was deferred is as true as before */
		deferral = g_steal_pointer(&row.hold_text);
	lift_holds(&row);
	row.hold_text = g_steal_pointer(&deferral);
	return save_resting(tx, &row, "released by the user", error);
}

void
rp_change_release(RpQueueChange *change, RpMessageId id)
{
	rp_change_add(change, release)->id = id;
}

/* That something failed is no matter of what the user keeps back. */
static gboolean
may_go(const RpRow *row, GError **error)
{
	char text[RP_MESSAGE_ID_SIZE];

	if (row->user_hold)
		g_set_error(error, RP_ERROR, RP_ERROR_STATE,
			_("message %1$s is on hold because you said so: “roampost release %1$s” "
			  "lets it go"),
			rp_message_id_format(row->id, text));
	return !row->user_hold;
}

static gboolean
retry(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};

	if (!load_resting(tx, step->id, &row, error) || !may_go(&row, error) ||
		!set_free(tx, &row, RP_RECIPIENT_DEAD, error) ||
		!set_free(tx, &row, RP_RECIPIENT_REJECTED, error))
		return FALSE;
	lift_holds(&row);
	row.next_try = 0;
	row.class_id = RP_CLASS_NEW;
	row.phase = RP_PHASE_READY;
	return rp_row_save(tx, &row, "to be tried again, says the user", error);
}

void
rp_change_retry(RpQueueChange *change, RpMessageId id)
{
	rp_change_add(change, retry)->id = id;
}

static gboolean
delete_message(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};
	const RpHistoryEntry entry = {
		.id = step->id,
		.event = RP_HISTORY_DELETED,
		.n_recipients = -1,
		.states = ~(1u << RP_RECIPIENT_SENT),
	};

	if (!load_resting(tx, step->id, &row, error) || !rp_history_write(tx, &entry, error))
		return FALSE;
	return rp_row_delete(tx, &row, "deleted by the user", error);
}

void
rp_change_delete(RpQueueChange *change, RpMessageId id)
{
	rp_change_add(change, delete_message)->id = id;
}

/* What the server of another set said of it, or put it off for, is no word of this one's. */
static gboolean
pin(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};

	if (!load_resting(tx, step->id, &row, error))
		return FALSE;
	if (g_strcmp0(row.pin, step->s[0]) != 0) {
		if (!set_free(tx, &row, RP_RECIPIENT_REJECTED, error))
			return FALSE;
		lift_server_hold(&row);
		row.next_try = 0;
	}
	g_free(row.pin);
	row.pin = g_strdup(step->s[0]);
	row.class_id = RP_CLASS_NEW;
	return save_resting(tx, &row, "pinned by the user", error);
}

void
rp_change_pin(RpQueueChange *change, RpMessageId id, const char *set)
{
	RpStep *step = rp_change_add(change, pin);

	step->id = id;
	step->s[0] = g_strdup(set);
}

/* One that was a recipient before keeps what is to be told of it. */
static gboolean
insert_recipient(RpTx *tx, const RpStep *step, gint64 number, const char *address, GError **error)
{
	return rp_db_run(tx->db, error,
		"INSERT INTO recipients(message, number, address, dsn_notify, dsn_original)"
		" SELECT ?1, ?2, ?3, max(dsn_notify), max(dsn_original) FROM recipients"
		" WHERE message=?1 AND address=?3 AND state<>1",
		"iis", step->id, number, address);
}

/* Those who have the message: a whole list with one address mended is no wish to send it to the
 * others twice. */
static gboolean
add_sent(RpTx *tx, RpMessageId id, GHashTable *seen, GError **error)
{
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, tx->db, error,
		    "SELECT address FROM recipients WHERE message=? AND state=1", "i", id))
		return FALSE;
	while (rp_rows_next(&rows))
		g_hash_table_add(seen, rp_rows_text(&rows, 0));
	return rp_rows_finish(&rows, error);
}

static gboolean
any_is_new(const RpStep *step, GHashTable *seen, GError **error)
{
	for (guint i = 0; step->strv[i]; i++)
		if (!g_hash_table_contains(seen, step->strv[i]))
			return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		step->strv[0]
			? _("it has been sent to all of these already: submit it anew to send "
			    "it again")
			: _("a message needs a recipient"));
	return FALSE;
}

static gboolean
replace_recipients(RpTx *tx, const RpStep *step, GError **error)
{
	g_autoptr(GHashTable) seen =
		g_hash_table_new_full(rp_mailbox_hash, rp_mailbox_equal, g_free, NULL);
	gint64 first = 0;

	if (!add_sent(tx, step->id, seen, error) || !any_is_new(step, seen, error))
		return FALSE;
	if (!rp_db_number(tx->db, &first, error,
		    "SELECT ifnull(max(number)+1, 0) FROM recipients WHERE message=?", "i",
		    step->id))
		return FALSE;
	for (guint i = 0; step->strv[i]; i++)
		if (g_hash_table_add(seen, g_strdup(step->strv[i])) &&
			!insert_recipient(tx, step, first + i, step->strv[i], error))
			return FALSE;
	return rp_db_run(tx->db, error,
		"DELETE FROM recipients WHERE message=? AND state<>1 AND number<?", "ii", step->id,
		first);
}

static gboolean
edit(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};

	if (!load_resting(tx, step->id, &row, error))
		return FALSE;
	if (step->s[0] && !rp_db_run(tx->db, error,
				  "UPDATE messages SET sender=?1, header_from=?1 WHERE id=?2", "si",
				  step->s[0], step->id))
		return FALSE;
	if (step->s[0])
		row.flags &= ~(RP_MESSAGE_SENDER_OPEN | RP_MESSAGE_FROM_OPEN);
	if (step->strv && !replace_recipients(tx, step, error))
		return FALSE;
	/* A message that failed, was refused or was put off goes again: whoever did so may like the
	 * new form. */
	if (!set_free(tx, &row, RP_RECIPIENT_DEAD, error) ||
		!set_free(tx, &row, RP_RECIPIENT_REJECTED, error))
		return FALSE;
	lift_server_hold(&row);
	row.next_try = 0;
	row.phase = RP_PHASE_READY;
	row.class_id = RP_CLASS_NEW;
	return save_resting(tx, &row, "edited by the user", error);
}

void
rp_change_edit(
	RpQueueChange *change, RpMessageId id, const char *sender, const char *const *recipients)
{
	RpStep *step = rp_change_add(change, edit);

	step->id = id;
	step->s[0] = g_strdup(sender);
	step->strv = g_strdupv((char **)recipients);
}
