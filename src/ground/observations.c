/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "records-private.h"

/* What servers were observed to do: in memory as on the disk. */

/* The fact that says for how long a POP login opens a set's server, in microseconds. */
#define POP_WINDOW "pop-window-seen"

static void
load_windows(RpRecords *records)
{
	for (guint i = 0; i < records->facts->len; i++) {
		const RpSetFact *fact = records->facts->pdata[i];

		if (fact->value && g_str_equal(fact->name, POP_WINDOW))
			rp_observations_set_window(records->observations, fact->set,
				g_ascii_strtoll(fact->value, NULL, 10));
	}
}

void
rp_records_load_observations(RpRecords *records)
{
	g_autoptr(GError) error = NULL;

	/* Nobody else writes them, and what is in memory is newer. */
	if (records->observations)
		return;
	records->observations = rp_queue_load_observations(records->queue, &error);
	if (!records->observations) {
		g_warning("what servers were observed to do can't be read: %s", error->message);
		records->observations = rp_observations_new();
	}
	load_windows(records);
}

void
rp_records_find_origins(RpRecords *records)
{
	rp_observations_find_origins(
		records->observations, rp_whereabouts_asns(records->whereabouts));
}

const RpObservations *
rp_records_observations(const RpRecords *records)
{
	return records->observations;
}

/* Takes the change. */
static void
write_down(RpRecords *records, RpQueueChange *change)
{
	if (rp_queue_change_is_empty(change))
		rp_queue_change_free(change);
	else
		rp_writes_apply(records->writes, change, NULL, NULL);
}

static void
log_heard(const RpObservation *row)
{
	g_autofree char *where = rp_vantage_text(&row->from, NULL);
	g_autofree char *vector = rp_vector_text(row->vector);

	g_message("%s: learned: %s at %s, %s, to %s%s%s", row->set, rp_said_name(row->said), where,
		vector, *row->domain ? row->domain : "all", row->words ? ": " : "",
		row->words ? row->words : "");
}

static void
drop_what_is_too_much(RpRecords *records, RpQueueChange *change, RpTime now)
{
	g_autoptr(GPtrArray) gone = rp_observations_prune(
		records->observations, rp_whereabouts_catalogue(records->whereabouts), now);

	for (guint i = 0; i < gone->len; i++) {
		g_ptr_array_remove(records->unsaved, gone->pdata[i]);
		rp_change_drop_observation(change, gone->pdata[i]);
	}
}

/* A domain that is told apart from now on, or no more, makes other classes: they are looked for
 * when that is on the disk. Takes the change. */
static void
write_down_names(RpRecords *records, guint names_before, RpQueueChange *change)
{
	if (rp_learning_names_version(records->observations) == names_before) {
		write_down(records, change);
		return;
	}
	rp_change_reclass_all(change);
	rp_writes_apply_ready(records->writes, change);
}

void
rp_records_observed(RpRecords *records, const RpObservation *heard)
{
	guint names_before = rp_learning_names_version(records->observations);
	RpKnowledge before = rp_learning_judge(
		records->observations, heard->set, &heard->from, heard->vector, heard->domain);
	gboolean news = before.known != RP_KNOWN_TAKEN || heard->said != RP_SAID_TAKEN;
	RpQueueChange *change;
	const RpObservation *row;

	row = rp_observations_note(records->observations, heard);
	if (row->said == RP_SAID_TAKEN && row->count > 1) {
		if (!g_ptr_array_find(records->unsaved, row, NULL))
			g_ptr_array_add(records->unsaved, (gpointer)row);
		return;
	}
	change = rp_queue_change_new(heard->at);
	rp_change_save_observation(change, row);
	write_down_names(records, names_before, change);
	if (!news) /* one more domain of what is known */
		return;
	log_heard(row);
	records->events.changed("a server's answer teaches something", records->user);
}

void
rp_records_observed_window(RpRecords *records, const char *set, RpSpan age)
{
	g_autofree char *value = NULL;

	rp_observations_note_window(records->observations, set, age);
	value = g_strdup_printf(
		"%" G_GINT64_FORMAT, rp_learning_window(records->observations, set));
	rp_records_save_fact(records, set, POP_WINDOW, value);
	g_message("%s: learned: a POP login opens it for less than %" G_GINT64_FORMAT " s", set,
		age / G_USEC_PER_SEC);
}

void
rp_records_save_observations(RpRecords *records)
{
	RpQueueChange *change = rp_queue_change_new(rp_clock_now(records->clock));

	for (guint i = 0; i < records->unsaved->len; i++)
		rp_change_save_observation(change, records->unsaved->pdata[i]);
	g_ptr_array_set_size(records->unsaved, 0);
	drop_what_is_too_much(records, change, rp_clock_now(records->clock));
	write_down(records, change);
}

void
rp_records_try_observations(RpRecords *records)
{
	if (rp_observations_try_now(records->observations))
		records->events.changed("the user wants it tried", records->user);
}

void
rp_records_forget_observations(RpRecords *records, const char *set)
{
	guint names_before = rp_learning_names_version(records->observations);
	RpQueueChange *change;

	g_ptr_array_set_size(records->unsaved, 0);
	rp_records_save_fact(records, set, POP_WINDOW, NULL);
	if (!rp_observations_forget(records->observations, set))
		return;
	change = rp_queue_change_new(rp_clock_now(records->clock));
	rp_change_forget_observations(change, set);
	write_down_names(records, names_before, change);
	records->events.changed("what was learned is forgotten", records->user);
}

void
rp_records_reconfigured(RpRecords *records)
{
	RpTime now = rp_clock_now(records->clock);
	RpQueueChange *change = rp_queue_change_new(now);

	drop_what_is_too_much(records, change, now);
	write_down(records, change);
	rp_records_forget_suspects(records);
}

/* ---- time ---- */

gboolean
rp_records_observations_due(RpRecords *records, RpTime now)
{
	RpTime since = MIN(records->looked_at, now);
	g_autoptr(GPtrArray) cut = NULL;
	RpQueueChange *change;

	records->looked_at = now;
	if (!records->observations)
		return FALSE;
	cut = rp_observations_cut_to_clock(records->observations, now);
	change = rp_queue_change_new(now);
	for (guint i = 0; i < cut->len; i++)
		rp_change_save_observation(change, cut->pdata[i]);
	write_down(records, change);
	return rp_learning_next_retry(records->observations, since) <= now;
}

RpTime
rp_records_observations_deadline(const RpRecords *records)
{
	return records->observations
		       ? rp_learning_next_retry(records->observations, records->looked_at)
		       : G_MAXINT64;
}
