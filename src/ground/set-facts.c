/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "records-private.h"

/* What is known of a server set, by name. */

const char *
rp_records_fact(const RpRecords *records, const char *set, const char *name)
{
	for (guint i = 0; i < records->facts->len; i++) {
		const RpSetFact *fact = records->facts->pdata[i];

		if (g_str_equal(fact->set, set) && g_str_equal(fact->name, name))
			return fact->value;
	}
	return NULL;
}

static void
replace(RpRecords *records, const char *set, const char *name, const char *value)
{
	RpSetFact *fact;

	for (guint i = records->facts->len; i-- > 0;) {
		fact = records->facts->pdata[i];
		if (g_str_equal(fact->set, set) && g_str_equal(fact->name, name))
			g_ptr_array_remove_index(records->facts, i);
	}
	fact = g_new0(RpSetFact, 1);
	fact->set = g_strdup(set);
	fact->name = g_strdup(name);
	fact->value = g_strdup(value);
	g_ptr_array_add(records->facts, fact);
}

static void
save(RpRecords *records, const char *set, const char *name, const char *value, gboolean patient)
{
	RpQueueChange *change;

	if (g_strcmp0(rp_records_fact(records, set, name), value) == 0)
		return;
	replace(records, set, name, value);
	change = rp_queue_change_new(rp_clock_now(records->clock));
	rp_change_save_set_fact(change, set, name, value);
	if (patient) {
		rp_queue_change_set_patience(change, RP_PATIENCE_FACT);
		rp_queue_change_leave_unsynced(change);
	}
	rp_writes_apply(records->writes, change, NULL, NULL);
}

void
rp_records_save_fact(RpRecords *records, const char *set, const char *name, const char *value)
{
	save(records, set, name, value, FALSE);
}

void
rp_records_note_fact(RpRecords *records, const char *set, const char *name, const char *value)
{
	save(records, set, name, value, TRUE);
}
