/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include "roampost/language.h"

/* A transaction by whoever has the turn: its counters of classes, its end, and what a failed
 * commit must not leave behind. */

/* Changes of one class's counters, by phase; or the sums of all classes under one verdict. */
typedef struct {
	gint64 id;
	gint64 by_phase[RP_PHASE_FAILED + 1];
} Delta;

gboolean
rp_tx_begin(RpTx *tx, RpDb *db, int turn, GError **error)
{
	*tx = (RpTx){.db = db, .turn = turn};
	if (!rp_files_take_turn(turn, error))
		return FALSE;
	tx->room = rp_room_bound_log(db);
	if (!rp_db_run(db, error, "BEGIN IMMEDIATE", "")) {
		rp_files_give_turn(turn);
		return FALSE;
	}
	tx->deltas = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	return TRUE;
}

gboolean
rp_tx_begin_unsynced(RpTx *tx, RpDb *db, int turn, GError **error)
{
	gboolean ok = rp_db_exec(db, "PRAGMA synchronous=NORMAL", error) &&
		      rp_tx_begin(tx, db, turn, error);

	tx->unsynced = ok;
	if (!ok)
		rp_db_exec(db, "PRAGMA synchronous=FULL", NULL);
	return ok;
}

static void
end(RpTx *tx)
{
	rp_files_give_turn(tx->turn);
	if (tx->unsynced)
		rp_db_exec(tx->db, "PRAGMA synchronous=FULL", NULL);
	g_clear_pointer(&tx->deltas, g_hash_table_unref);
}

static gboolean
write_deltas(RpTx *tx, GError **error)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, tx->deltas);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const Delta *d = value;
		if (!rp_db_run(tx->db, error,
			    "UPDATE classes SET n_ready=n_ready+?2, n_deferred=n_deferred+?3,"
			    " n_held=n_held+?4, n_sending=n_sending+?5, n_failed=n_failed+?6"
			    " WHERE id=?1",
			    "iiiiii", d->id, d->by_phase[RP_PHASE_READY],
			    d->by_phase[RP_PHASE_DEFERRED], d->by_phase[RP_PHASE_HELD],
			    d->by_phase[RP_PHASE_SENDING], d->by_phase[RP_PHASE_FAILED]))
			return FALSE;
	}
	g_hash_table_remove_all(tx->deltas);
	return TRUE;
}

/* When only the sync of a commit failed, all of it is in the log's file. Programs that have the
 * database open know that it does not count; while there is none, the next one would find it and
 * take it for done, though the sender was told that it is not. What is written next takes its place
 * in the file. */
static void
cover_failed_commit(RpTx *tx)
{
	g_autoptr(GError) error = NULL;

	if (rp_tx_is_open(tx) ||
		sqlite3_extended_errcode(rp_db_handle(tx->db)) != SQLITE_IOERR_FSYNC)
		return;
	/* An id that is left out, since what changes nothing is not written. */
	if (!rp_db_exec(tx->db,
		    "PRAGMA synchronous=OFF; BEGIN IMMEDIATE;"
		    "UPDATE classes SET last_id=last_id+1 WHERE id=0; COMMIT;",
		    &error)) {
		rp_db_exec(tx->db, "ROLLBACK", NULL);
		g_warning("what could not be stored may come back: %s", error->message);
	}
	rp_db_exec(tx->db, "PRAGMA synchronous=FULL", NULL);
}

static gboolean
commit(RpTx *tx, GError **error)
{
	if (rp_db_run(tx->db, error, "COMMIT", ""))
		return TRUE;
	cover_failed_commit(tx);
	return FALSE;
}

/* Files stay open whatever becomes of their names. Looked at afterwards: what was taken away before
 * the commit is seen, and what is taken away after it was in the queue. */
static gboolean
is_where_others_look(const RpTx *tx, GError **error)
{
	if (rp_db_is_there(tx->db))
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_IO,
		_("%s was moved, removed or replaced meanwhile: nothing is stored"),
		sqlite3_db_filename(rp_db_handle(tx->db), "main"));
	return FALSE;
}

gboolean
rp_tx_commit(RpTx *tx, GError **error)
{
	if (write_deltas(tx, error) && commit(tx, error)) {
		end(tx);
		return is_where_others_look(tx, error);
	}
	rp_tx_rollback(tx);
	return FALSE;
}

gboolean
rp_tx_is_open(const RpTx *tx)
{
	return !sqlite3_get_autocommit(rp_db_handle(tx->db));
}

void
rp_tx_rollback(RpTx *tx)
{
	if (rp_tx_is_open(tx))
		rp_db_run(tx->db, NULL, "ROLLBACK", "");
	end(tx);
}

/* ---- the totals: the classes' counters by verdict ---- */

static Delta *
delta_of(GHashTable *deltas, gint64 id)
{
	Delta *delta = g_hash_table_lookup(deltas, &id);

	if (!delta) {
		delta = g_new0(Delta, 1);
		delta->id = id;
		g_hash_table_insert(deltas, &delta->id, delta);
	}
	return delta;
}

/* By the verdicts' numbers. */
static gboolean
add_up_classes(RpTx *tx, GHashTable *sums, GError **error)
{
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, tx->db, error,
		    "SELECT verdict, n_ready, n_deferred, n_held, n_sending, n_failed FROM classes",
		    ""))
		return FALSE;
	while (rp_rows_next(&rows)) {
		Delta *sum = delta_of(sums, rp_rows_int(&rows, 0));

		for (int phase = RP_PHASE_READY; phase <= RP_PHASE_FAILED; phase++)
			sum->by_phase[phase] += rp_rows_int(&rows, phase);
	}
	return rp_rows_finish(&rows, error);
}

static gboolean
add_to_totals(RpTx *tx, const Delta *sum, GError **error)
{
	return rp_db_run(tx->db, error,
		"UPDATE totals SET n_ready=n_ready+?2, n_deferred=n_deferred+?3, n_held=n_held+?4,"
		" n_sending=n_sending+?5, n_failed=n_failed+?6"
		" WHERE verdict=(SELECT verdict FROM verdicts WHERE id=?1)",
		"iiiiii", sum->id, sum->by_phase[RP_PHASE_READY], sum->by_phase[RP_PHASE_DEFERRED],
		sum->by_phase[RP_PHASE_HELD], sum->by_phase[RP_PHASE_SENDING],
		sum->by_phase[RP_PHASE_FAILED]);
}

/* Anew: what moved is known of no class, and this is one reading for a whole plan. */
static gboolean
count_totals(RpTx *tx, GError **error)
{
	g_autoptr(GHashTable) sums =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	GHashTableIter iter;
	gpointer sum;

	tx->recount = FALSE;
	if (!add_up_classes(tx, sums, error) ||
		!rp_db_run(tx->db, error,
			"UPDATE totals SET n_ready=0, n_deferred=0, n_held=0, n_sending=0,"
			" n_failed=0",
			""))
		return FALSE;
	g_hash_table_iter_init(&iter, sums);
	while (g_hash_table_iter_next(&iter, NULL, &sum))
		if (!add_to_totals(tx, sum, error))
			return FALSE;
	return TRUE;
}

/* A part that is taken back alone. The first needs no savepoint: nothing else goes with it. And
 * behind one SQLite keeps each page that was touched, in a list that it walks at the end of every
 * statement that fires a trigger: of a plan for 10,000 classes each has one. */
gboolean
rp_tx_savepoint(RpTx *tx, GError **error)
{
	tx->whole = !tx->begun;
	tx->begun = TRUE;
	return tx->whole || rp_db_run(tx->db, error, "SAVEPOINT change", "");
}

gboolean
rp_tx_release(RpTx *tx, GError **error)
{
	return write_deltas(tx, error) && (!tx->recount || count_totals(tx, error)) &&
	       (tx->whole || rp_db_run(tx->db, error, "RELEASE change", ""));
}

void
rp_tx_undo(RpTx *tx)
{
	g_hash_table_remove_all(tx->deltas);
	tx->recount = FALSE;
	if (!rp_tx_is_open(tx))
		return;
	if (!tx->whole) {
		if (rp_db_run(tx->db, NULL, "ROLLBACK TO change", ""))
			rp_db_run(tx->db, NULL, "RELEASE change", "");
		return;
	}
	/* Nobody comes between: the turn is still ours. */
	if (rp_db_run(tx->db, NULL, "ROLLBACK", "") &&
		rp_db_run(tx->db, NULL, "BEGIN IMMEDIATE", ""))
		tx->begun = FALSE;
}

static void
add_delta(RpTx *tx, gint64 class_id, gint phase, gint64 by)
{
	if (phase < 0 || phase == RP_PHASE_INCOMING)
		return;
	delta_of(tx->deltas, class_id)->by_phase[phase] += by;
}

void
rp_tx_count(RpTx *tx, gint64 from_class, gint from, gint64 to_class, gint to)
{
	add_delta(tx, from_class, from, -1);
	add_delta(tx, to_class, to, 1);
}
