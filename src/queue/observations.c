/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

/* What servers were observed to do (roampost/learning.h), kept beside the messages. */

#define COLUMNS                                                                                    \
	"set_name, server, family, prefix, place, label, vector, domain, said, first, at, count, " \
	"words"
#define IS_THE_ROW                                                                                 \
	"set_name=? AND family=? AND prefix=? AND place=? AND vector=? AND domain=? AND said=?"

/* What a step says of one: its texts as below, and these. */
static gint64
pack(const RpObservation *observation)
{
	return (gint64)observation->from.family << 16 | (gint64)observation->said << 8 |
	       observation->vector;
}

static gint64
family_of(const RpStep *step)
{
	return step->n[3] >> 16;
}

static const char *
said_of(const RpStep *step)
{
	return rp_said_name((RpServerSaid)(step->n[3] >> 8 & 0xff));
}

static gint64
vector_of(const RpStep *step)
{
	return step->n[3] & 0xff;
}

static RpStep *
add_step(RpQueueChange *change, const RpObservation *observation,
	gboolean (*run)(RpTx *tx, const RpStep *step, GError **error))
{
	RpStep *step = rp_change_add(change, run);
	const RpVantage *from = &observation->from;

	step->s[0] = g_strdup(observation->set);
	step->s[1] = g_strdup(observation->server);
	step->s[2] = from->prefix.base.family == RP_FAMILY_ANY ? g_strdup("")
							       : rp_prefix_format(&from->prefix);
	step->s[3] = g_strdup(from->place);
	step->s[4] = g_strdup(from->label);
	step->s[5] = g_strdup(observation->domain);
	step->s[6] = g_strdup(observation->words);
	step->n[0] = observation->first;
	step->n[1] = observation->at;
	step->n[2] = observation->count;
	step->n[3] = pack(observation);
	return step;
}

static gboolean
save(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error,
		"INSERT OR REPLACE INTO observations(" COLUMNS
		") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"ssisssissiiis", step->s[0], step->s[1], family_of(step), step->s[2], step->s[3],
		step->s[4], vector_of(step), step->s[5], said_of(step), step->n[0], step->n[1],
		step->n[2], step->s[6]);
}

void
rp_change_save_observation(RpQueueChange *change, const RpObservation *observation)
{
	add_step(change, observation, save);
}

static gboolean
drop(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error, "DELETE FROM observations WHERE " IS_THE_ROW, "sississ",
		step->s[0], family_of(step), step->s[2], step->s[3], vector_of(step), step->s[5],
		said_of(step));
}

void
rp_change_drop_observation(RpQueueChange *change, const RpObservation *observation)
{
	add_step(change, observation, drop);
}

static gboolean
forget(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(
		tx->db, error, "DELETE FROM observations WHERE set_name=?", "s", step->s[0]);
}

void
rp_change_forget_observations(RpQueueChange *change, const char *set)
{
	rp_change_add(change, forget)->s[0] = g_strdup(set);
}

/* NULL: of a kind that this version does not know. */
static RpObservation *
read_observation(RpRows *rows)
{
	g_autofree char *prefix = rp_rows_text(rows, 3);
	g_autofree char *said = rp_rows_text(rows, 8);
	g_autoptr(RpObservation) observation = g_new0(RpObservation, 1);

	if (!rp_said_from_name(said, &observation->said) ||
		(*prefix && !rp_prefix_parse(prefix, &observation->from.prefix, NULL)))
		return NULL;
	observation->set = rp_rows_text(rows, 0);
	observation->server = rp_rows_text(rows, 1);
	observation->from.family = (RpFamily)rp_rows_int(rows, 2);
	observation->from.place = rp_rows_text(rows, 4);
	observation->from.label = rp_rows_text(rows, 5);
	observation->vector = (guint)rp_rows_int(rows, 6);
	observation->domain = rp_rows_text(rows, 7);
	observation->first = rp_rows_int(rows, 9);
	observation->at = rp_rows_int(rows, 10);
	observation->count = (guint)rp_rows_int(rows, 11);
	observation->words = rp_rows_text(rows, 12);
	return g_steal_pointer(&observation);
}

RpObservations *
rp_queue_load_observations(RpQueue *queue, GError **error)
{
	g_autoptr(RpObservations) observations = rp_observations_new();
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT " COLUMNS " FROM observations ORDER BY at", ""))
		return NULL;
	while (rp_rows_next(&rows)) {
		RpObservation *observation = read_observation(&rows);

		if (observation)
			rp_observations_add(observations, observation);
	}
	return rp_rows_finish(&rows, error) ? g_steal_pointer(&observations) : NULL;
}
