/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "records-private.h"

#include "roampost/retry.h"

/* All that is remembered: read from the disk, ended by time and by place. */

/* Logins older than any window people configure are of no use. */
#define LOGIN_KEPT (G_TIME_SPAN_DAY)

/* Takes the error. What can't be read is empty: mail goes on without it. */
static GPtrArray *
loaded(GPtrArray *array, GError *error, const char *what, GDestroyNotify destroy)
{
	if (array)
		return array;
	g_warning("%s can't be read: %s", what, error ? error->message : "unknown error");
	g_clear_error(&error);
	return g_ptr_array_new_with_free_func(destroy);
}

void
rp_records_load(RpRecords *records)
{
	GError *error = NULL;

	g_clear_pointer(&records->pop_logins, g_ptr_array_unref);
	g_clear_pointer(&records->failures, g_ptr_array_unref);
	g_clear_pointer(&records->facts, g_ptr_array_unref);
	g_clear_pointer(&records->learned, g_ptr_array_unref);
	records->pop_logins = rp_queue_load_pop_logins(records->queue, &error);
	records->pop_logins = loaded(records->pop_logins, g_steal_pointer(&error), "POP logins",
		(GDestroyNotify)rp_pop_login_record_free);
	records->failures = rp_queue_load_failures(records->queue, &error);
	records->failures = loaded(records->failures, g_steal_pointer(&error), "what failed",
		(GDestroyNotify)rp_failure_free);
	records->facts = rp_queue_load_set_facts(records->queue, &error);
	records->facts = loaded(records->facts, g_steal_pointer(&error),
		"what is known of the sets", (GDestroyNotify)rp_set_fact_free);
	records->learned = rp_queue_load_learned(records->queue, &error);
	records->learned = loaded(records->learned, g_steal_pointer(&error), "what was learned",
		(GDestroyNotify)rp_learned_free);
	rp_records_load_observations(records);
}

/* ---- time and place ---- */

void
rp_records_reached(RpRecords *records, const char *set)
{
	rp_records_forget_count(records, RP_FAILURE_UNREACHABLE, set);
	rp_records_forget_count(records, RP_FAILURE_AUTH_FAILED, set);
	rp_records_forget_count(records, RP_FAILURE_KEYRING_LOCKED, set);
	rp_records_forget(records, set, RP_FAILURE_UNREACHABLE);
	g_hash_table_remove(records->suspects, set);
	g_hash_table_add(records->reached, g_strdup(set));
}

RpTime
rp_records_next_deadline(const RpRecords *records)
{
	RpTime next = G_MAXINT64;

	for (guint i = 0; i < records->failures->len; i++) {
		const RpFailure *failure = records->failures->pdata[i];

		next = MIN(next, failure->until);
	}
	return MIN(next, rp_records_observations_deadline(records));
}

/* What failed later than now was noted by a clock that has been put back since: it counts from now
 * on, as long as it was to count. */
static void
cut_to_clock(RpRecords *records, RpTime now)
{
	RpQueueChange *change = rp_queue_change_new(now);
	gboolean any = FALSE;

	for (guint i = 0; i < records->failures->len; i++) {
		RpFailure *failure = records->failures->pdata[i];

		if (failure->at <= now)
			continue;
		if (failure->until != G_MAXINT64)
			failure->until = rp_retry_time(now, failure->until - failure->at);
		failure->at = now;
		rp_change_save_failure(change, failure);
		any = TRUE;
	}
	if (any)
		rp_writes_apply(records->writes, change, NULL, NULL);
	else
		rp_queue_change_free(change);
}

gboolean
rp_records_expire(RpRecords *records)
{
	RpTime now = rp_clock_now(records->clock);
	RpQueueChange *change;
	gboolean may_be_tried = rp_records_observations_due(records, now);
	gboolean any = FALSE;

	cut_to_clock(records, now);
	for (guint i = records->failures->len; i-- > 0;) {
		const RpFailure *failure = records->failures->pdata[i];

		if (failure->until > now)
			continue;
		g_ptr_array_remove_index(records->failures, i);
		any = TRUE;
	}
	if (!any)
		return may_be_tried;
	change = rp_queue_change_new(now);
	rp_change_expire(change, now - LOGIN_KEPT);
	rp_writes_apply(records->writes, change, NULL, NULL);
	return TRUE;
}

void
rp_records_try_now(RpRecords *records)
{
	g_hash_table_remove_all(records->counts);
	rp_records_forget(records, NULL, RP_FAILURE_UNREACHABLE);
	rp_records_forget(records, NULL, RP_FAILURE_INTERCEPTED);
}

void
rp_records_arrived(RpRecords *records)
{
	/* That a server could not be reached says something of the line, and this is another one,
	 * even at the same place. */
	g_hash_table_remove_all(records->counts);
	rp_records_forget(records, NULL, RP_FAILURE_UNREACHABLE);
	g_hash_table_remove_all(records->reached);
	rp_records_forget_suspects(records);
}

gboolean
rp_records_was_reached(const RpRecords *records, const char *set)
{
	return g_hash_table_contains(records->reached, set);
}

/* ---- life ---- */

const GPtrArray *
rp_records_pop_logins(const RpRecords *records)
{
	return records->pop_logins;
}

const GPtrArray *
rp_records_failures(const RpRecords *records)
{
	return records->failures;
}

const GPtrArray *
rp_records_learned(const RpRecords *records)
{
	return records->learned;
}

RpRecords *
rp_records_new(const RpClock *clock, RpQueue *queue, RpWrites *writes,
	const RpWhereabouts *whereabouts, const RpRecordsEvents *events, gpointer user)
{
	RpRecords *records = g_new0(RpRecords, 1);

	records->clock = clock;
	records->queue = queue;
	records->writes = writes;
	records->whereabouts = whereabouts;
	records->events = *events;
	records->user = user;
	records->pop_logins =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_pop_login_record_free);
	records->failures = g_ptr_array_new_with_free_func((GDestroyNotify)rp_failure_free);
	records->facts = g_ptr_array_new_with_free_func((GDestroyNotify)rp_set_fact_free);
	records->learned = g_ptr_array_new_with_free_func((GDestroyNotify)rp_learned_free);
	records->unsaved = g_ptr_array_new();
	records->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	records->unresolved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	records->reached = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	records->proven = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	records->suspects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return records;
}

void
rp_records_free(RpRecords *records)
{
	if (!records)
		return;
	g_ptr_array_unref(records->pop_logins);
	g_ptr_array_unref(records->failures);
	g_ptr_array_unref(records->facts);
	g_ptr_array_unref(records->learned);
	g_ptr_array_unref(records->unsaved);
	rp_observations_free(records->observations);
	g_hash_table_unref(records->counts);
	g_hash_table_unref(records->unresolved);
	g_hash_table_unref(records->reached);
	g_hash_table_unref(records->proven);
	g_hash_table_unref(records->suspects);
	g_free(records);
}
