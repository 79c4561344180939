/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

/* What was fetched by POP, so that nothing is fetched twice. */

void
rp_fetched_free(RpFetched *fetched)
{
	if (!fetched)
		return;
	g_free(fetched->uidl);
	g_free(fetched->digest);
	g_free(fetched->file);
	g_free(fetched);
}

static RpStep *
add_step(RpQueueChange *change, const RpMaildrop *drop, const char *uidl,
	gboolean (*run)(RpTx *tx, const RpStep *step, GError **error))
{
	RpStep *step = rp_change_add(change, run);

	step->s[0] = g_strdup(drop->server);
	step->s[1] = g_strdup(drop->user);
	step->s[2] = g_strdup(uidl);
	return step;
}

static gboolean
forget(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"DELETE FROM fetched WHERE server=? AND pop_user=? AND uidl=? AND file IS NULL",
		"sss", step->s[0], step->s[1], step->s[2]);
}

void
rp_change_forget_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl)
{
	add_step(change, drop, uidl, forget);
}

static gboolean
save(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"INSERT OR REPLACE INTO"
		" fetched(server, pop_user, uidl, at, header_only, file, digest, size, doubt)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"sssiissii", step->s[0], step->s[1], step->s[2], tx->now, step->n[0], step->s[3],
		step->s[4], step->n[1], step->n[2]);
}

void
rp_change_save_fetched(
	RpQueueChange *change, const RpMaildrop *drop, const RpFetched *fetched, gboolean beside)
{
	RpStep *step;

	if (!beside)
		rp_change_forget_fetched(change, drop, fetched->uidl);
	step = add_step(change, drop, fetched->uidl, save);
	step->n[0] = fetched->header_only;
	step->n[1] = fetched->size;
	step->n[2] = beside;
	step->s[3] = g_strdup(fetched->file);
	step->s[4] = g_strdup(fetched->digest ? fetched->digest : "");
}

static gboolean
doubt(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"UPDATE fetched SET doubt=1 WHERE server=? AND pop_user=? AND uidl=?", "sss",
		step->s[0], step->s[1], step->s[2]);
}

void
rp_change_doubt_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl)
{
	add_step(change, drop, uidl, doubt);
}

/* One column says how far a record is believed. */
static gboolean
cut(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"UPDATE fetched SET doubt=2 WHERE server=? AND pop_user=? AND uidl=?", "sss",
		step->s[0], step->s[1], step->s[2]);
}

void
rp_change_cut_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl)
{
	add_step(change, drop, uidl, cut);
}

static gboolean
recognise(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		       "DELETE FROM fetched WHERE server=? AND pop_user=? AND uidl=?"
		       " AND digest<>ifnull(?, digest) AND file IS NULL",
		       "ssss", step->s[0], step->s[1], step->s[2], step->s[3]) &&
	       rp_db_run(tx->db, error,
		       "UPDATE fetched SET doubt=0, size=?"
		       " WHERE server=? AND pop_user=? AND uidl=? AND digest=ifnull(?, digest)",
		       "issss", step->n[0], step->s[0], step->s[1], step->s[2], step->s[3]);
}

void
rp_change_recognise_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl,
	const char *digest, gint64 size)
{
	RpStep *step = add_step(change, drop, uidl, recognise);

	step->n[0] = size;
	step->s[3] = g_strdup(digest);
}

static gboolean
shown(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(
		tx->db, error, "UPDATE fetched SET file=NULL WHERE file=?", "s", step->s[0]);
}

void
rp_change_fetched_shown(RpQueueChange *change, const char *file)
{
	rp_change_add(change, shown)->s[0] = g_strdup(file);
}

static gboolean
mark_missing(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"UPDATE fetched SET missing_since=? WHERE server=? AND pop_user=? AND uidl=?",
		"isss", step->n[0] ? tx->now : 0, step->s[0], step->s[1], step->s[2]);
}

void
rp_change_miss_fetched(
	RpQueueChange *change, const RpMaildrop *drop, const char *uidl, gboolean missing)
{
	add_step(change, drop, uidl, mark_missing)->n[0] = missing;
}

/* Where the same UIDL is known of the server already that stays; what is parked stays known. */
static gboolean
adopt(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		       "UPDATE OR IGNORE fetched SET server=? WHERE server='?' || ? AND pop_user=?",
		       "sss", step->s[0], step->s[2], step->s[1]) &&
	       rp_db_run(tx->db, error,
		       "DELETE FROM fetched WHERE server='?' || ? AND pop_user=? AND file IS NULL",
		       "ss", step->s[2], step->s[1]);
}

void
rp_change_adopt_fetched(RpQueueChange *change, const RpMaildrop *drop)
{
	add_step(change, drop, drop->set, adopt);
}

GPtrArray *
rp_queue_load_fetched(RpQueue *queue, const RpMaildrop *drop, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)rp_fetched_free);
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT uidl, at, header_only, file, missing_since, digest, size, doubt"
		    " FROM fetched WHERE server IN (?, '?' || ?) AND pop_user=?"
		    " ORDER BY uidl, at",
		    "sss", drop->server, drop->set, drop->user))
		return NULL;
	while (rp_rows_next(&rows)) {
		RpFetched *fetched = g_new0(RpFetched, 1);
		fetched->uidl = rp_rows_text(&rows, 0);
		fetched->at = rp_rows_int(&rows, 1);
		fetched->header_only = rp_rows_int(&rows, 2) != 0;
		fetched->file = rp_rows_text(&rows, 3);
		fetched->missing_since = rp_rows_int(&rows, 4);
		fetched->digest = rp_rows_text(&rows, 5);
		fetched->size = rp_rows_int(&rows, 6);
		fetched->doubt = rp_rows_int(&rows, 7) == 1;
		fetched->cut = rp_rows_int(&rows, 7) == 2;
		g_ptr_array_add(all, fetched);
	}
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&all) : NULL;
}

GPtrArray *
rp_queue_load_parked(RpQueue *queue, GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(
		    &rows, queue->db, error, "SELECT file FROM fetched WHERE file IS NOT NULL", ""))
		return NULL;
	while (rp_rows_next(&rows))
		g_ptr_array_add(files, rp_rows_text(&rows, 0));
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&files) : NULL;
}
