/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

/* What outlives the agent beside the messages. */

/* ---- POP logins ---- */

static gboolean
save_pop_login(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"INSERT OR REPLACE INTO pop_logins(set_name, place_key, source, at)"
		" VALUES(?, ?, ?, ?)",
		"sssi", step->s[0], step->s[1], step->s[2], step->n[0]);
}

void
rp_change_save_pop_login(RpQueueChange *change, const RpPopLoginRecord *record)
{
	RpStep *step = rp_change_add(change, save_pop_login);

	step->s[0] = g_strdup(record->set);
	step->s[1] = g_strdup(record->place_key ? record->place_key : "");
	step->s[2] = rp_address_format(&record->source);
	step->n[0] = record->at;
}

static gboolean
forget_pop_logins(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error, "DELETE FROM pop_logins WHERE set_name=?", "s", step->s[0]);
}

void
rp_change_forget_pop_logins(RpQueueChange *change, const char *set)
{
	rp_change_add(change, forget_pop_logins)->s[0] = g_strdup(set);
}

GPtrArray *
rp_queue_load_pop_logins(RpQueue *queue, GError **error)
{
	g_autoptr(GPtrArray) records =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_pop_login_record_free);
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT set_name, place_key, source, at FROM pop_logins", ""))
		return NULL;
	while (rp_rows_next(&rows)) {
		RpPopLoginRecord *record = g_new0(RpPopLoginRecord, 1);
		g_autofree char *source = rp_rows_text(&rows, 2);
		record->set = rp_rows_text(&rows, 0);
		record->place_key = rp_rows_text(&rows, 1);
		rp_address_parse(source, &record->source);
		record->at = rp_rows_int(&rows, 3);
		g_ptr_array_add(records, record);
	}
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&records) : NULL;
}

/* ---- failures ---- */

static gboolean
save_failure(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		       "DELETE FROM failures WHERE kind=? AND set_name=? AND rule IS ? AND "
		       "place_key"
		       " IS ? AND sender IS ? AND recipient_domain IS ?",
		       "ssssss", rp_failure_kind_name(step->n[3]), step->s[0], step->s[2],
		       step->s[3], step->s[4], step->s[5]) &&
	       rp_db_run(tx->db, error,
		       "INSERT INTO failures(kind, set_name, revision, rule, place_key, sender,"
		       " recipient_domain, at, until, count, detail)"
		       " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		       "sssssssiiis", rp_failure_kind_name(step->n[3]), step->s[0], step->s[1],
		       step->s[2], step->s[3], step->s[4], step->s[5], step->n[0], step->n[1],
		       step->n[2], step->s[6]);
}

void
rp_change_save_failure(RpQueueChange *change, const RpFailure *failure)
{
	RpStep *step = rp_change_add(change, save_failure);
	const char *texts[] = {failure->set, failure->revision, failure->rule, failure->place_key,
		failure->sender, failure->recipient_domain, failure->detail};

	G_STATIC_ASSERT(G_N_ELEMENTS(texts) == G_N_ELEMENTS(step->s));
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		step->s[i] = g_strdup(texts[i]);
	step->n[0] = failure->at;
	step->n[1] = failure->until;
	step->n[2] = failure->count;
	step->n[3] = failure->kind;
}

static gboolean
forget_failures(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"DELETE FROM failures WHERE (?1 IS NULL OR set_name=?1) AND (?2 IS NULL OR "
		"kind=?2)",
		"ss", step->s[0], step->s[1]);
}

void
rp_change_forget_failures(RpQueueChange *change, const char *set, gint kind)
{
	RpStep *step = rp_change_add(change, forget_failures);

	step->s[0] = g_strdup(set);
	step->s[1] = kind < 0 ? NULL : g_strdup(rp_failure_kind_name(kind));
}

static gboolean
expire(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error, "DELETE FROM failures WHERE until<=?", "i", tx->now) &&
	       rp_db_run(tx->db, error, "DELETE FROM pop_logins WHERE at<?", "i", step->n[0]);
}

void
rp_change_expire(RpQueueChange *change, RpTime logins_before)
{
	rp_change_add(change, expire)->n[0] = logins_before;
}

static RpFailure *
read_failure(RpRows *rows)
{
	g_autofree char *kind = rp_rows_text(rows, 0);
	g_autoptr(RpFailure) failure = g_new0(RpFailure, 1);

	/* A kind that this version does not know is not its business. */
	if (!rp_failure_kind_from_name(kind, &failure->kind))
		return NULL;
	failure->set = rp_rows_text(rows, 1);
	failure->revision = rp_rows_text(rows, 2);
	failure->rule = rp_rows_text(rows, 3);
	failure->place_key = rp_rows_text(rows, 4);
	failure->sender = rp_rows_text(rows, 5);
	failure->recipient_domain = rp_rows_text(rows, 6);
	failure->at = rp_rows_int(rows, 7);
	failure->until = rp_rows_int(rows, 8);
	failure->count = rp_rows_int(rows, 9);
	failure->detail = rp_rows_text(rows, 10);
	return g_steal_pointer(&failure);
}

GPtrArray *
rp_queue_load_failures(RpQueue *queue, GError **error)
{
	g_autoptr(GPtrArray) failures =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_failure_free);
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT kind, set_name, revision, rule, place_key, sender, recipient_domain, "
		    "at,"
		    " until, count, detail FROM failures ORDER BY rowid",
		    ""))
		return NULL;
	while (rp_rows_next(&rows)) {
		RpFailure *failure = read_failure(&rows);
		if (failure)
			g_ptr_array_add(failures, failure);
	}
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&failures) : NULL;
}

/* ---- learned evidence ---- */

static gboolean
learn(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"INSERT OR REPLACE INTO learned(provider, connection_uuid, gateway_hwaddr, prefix, "
		"at)"
		" VALUES(?, ?, ?, ?, ?)",
		"ssssi", step->s[0], step->s[1], step->s[2], step->s[3], tx->now);
}

void
rp_change_learn(RpQueueChange *change, const RpLearned *learned)
{
	RpStep *step = rp_change_add(change, learn);

	step->s[0] = g_strdup(learned->provider);
	step->s[1] = g_strdup(learned->connection_uuid ? learned->connection_uuid : "");
	step->s[2] = g_strdup(learned->gateway_hwaddr ? learned->gateway_hwaddr : "");
	step->s[3] = learned->prefix.base.family == RP_FAMILY_ANY
			     ? g_strdup("")
			     : rp_prefix_format(&learned->prefix);
}

static gboolean
forget_learned(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error, "DELETE FROM learned WHERE provider=?", "s", step->s[0]);
}

void
rp_change_unlearn(RpQueueChange *change, const char *provider)
{
	rp_change_add(change, forget_learned)->s[0] = g_strdup(provider);
}

static char *
text_or_null(RpRows *rows, int column)
{
	char *text = rp_rows_text(rows, column);

	if (text && *text)
		return text;
	g_free(text);
	return NULL;
}

GPtrArray *
rp_queue_load_learned(RpQueue *queue, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)rp_learned_free);
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT provider, connection_uuid, gateway_hwaddr, prefix FROM learned"
		    " ORDER BY at",
		    ""))
		return NULL;
	while (rp_rows_next(&rows)) {
		RpLearned *learned = g_new0(RpLearned, 1);
		g_autofree char *prefix = text_or_null(&rows, 3);
		learned->provider = rp_rows_text(&rows, 0);
		learned->connection_uuid = text_or_null(&rows, 1);
		learned->gateway_hwaddr = text_or_null(&rows, 2);
		if (prefix)
			rp_prefix_parse(prefix, &learned->prefix, NULL);
		g_ptr_array_add(all, learned);
	}
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&all) : NULL;
}

/* ---- facts about sets ---- */

void
rp_set_fact_free(RpSetFact *fact)
{
	if (!fact)
		return;
	g_free(fact->set);
	g_free(fact->name);
	g_free(fact->value);
	g_free(fact);
}

static gboolean
save_set_fact(RpTx *tx, const RpStep *step, GError **error)
{
	if (!step->s[2])
		return rp_db_run(tx->db, error, "DELETE FROM set_facts WHERE set_name=? AND name=?",
			"ss", step->s[0], step->s[1]);
	return rp_db_run(tx->db, error,
		"INSERT OR REPLACE INTO set_facts(set_name, name, value) VALUES(?, ?, ?)", "sss",
		step->s[0], step->s[1], step->s[2]);
}

void
rp_change_save_set_fact(RpQueueChange *change, const char *set, const char *name, const char *value)
{
	RpStep *step = rp_change_add(change, save_set_fact);

	step->s[0] = g_strdup(set);
	step->s[1] = g_strdup(name);
	step->s[2] = g_strdup(value);
}

GPtrArray *
rp_queue_load_set_facts(RpQueue *queue, GError **error)
{
	g_autoptr(GPtrArray) facts =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_set_fact_free);
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(
		    &rows, queue->db, error, "SELECT set_name, name, value FROM set_facts", ""))
		return NULL;
	while (rp_rows_next(&rows)) {
		RpSetFact *fact = g_new0(RpSetFact, 1);
		fact->set = rp_rows_text(&rows, 0);
		fact->name = rp_rows_text(&rows, 1);
		fact->value = rp_rows_text(&rows, 2);
		g_ptr_array_add(facts, fact);
	}
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&facts) : NULL;
}

/* ---- the override ---- */

void
rp_override_clear(RpOverride *override)
{
	g_clear_pointer(&override->set, g_free);
	g_clear_pointer(&override->place_key, g_free);
	override->keep = FALSE;
}

static gboolean
save_override(RpTx *tx, const RpStep *step, GError **error)
{
	if (!step->s[0])
		return rp_db_run(tx->db, error, "DELETE FROM override", "");
	return rp_db_run(tx->db, error,
		"INSERT OR REPLACE INTO override(id, set_name, keep, place_key) VALUES(1, ?, ?, ?)",
		"sis", step->s[0], step->n[0], step->s[1]);
}

void
rp_change_save_override(
	RpQueueChange *change, const char *set, gboolean keep, const char *place_key)
{
	RpStep *step = rp_change_add(change, save_override);

	step->s[0] = g_strdup(set);
	step->s[1] = g_strdup(place_key);
	step->n[0] = keep;
}

gboolean
rp_queue_load_override(RpQueue *queue, RpOverride *override, GError **error)
{
	g_auto(RpRows) rows = {0};

	*override = (RpOverride){0};
	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT set_name, keep, place_key FROM override WHERE id=1", ""))
		return FALSE;
	if (rp_rows_next(&rows)) {
		override->set = rp_rows_text(&rows, 0);
		override->keep = rp_rows_int(&rows, 1) != 0;
		override->place_key = rp_rows_text(&rows, 2);
	}
	return rp_rows_finish(&rows, error);
}
