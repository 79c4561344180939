/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "records-private.h"

#include "roampost/greeting.h"

#include <string.h>

/* Whose servers answered here as they are known to, and for whose something else did. */

void
rp_records_suspect(RpRecords *records, const char *set, const char *detail)
{
	g_hash_table_insert(records->suspects, g_strdup(set), g_strdup(detail));
}

void
rp_records_prove(RpRecords *records, const char *set)
{
	g_hash_table_remove(records->suspects, set);
	g_hash_table_add(records->proven, g_strdup(set));
	rp_records_forget_count(records, RP_FAILURE_INTERCEPTED, set);
}

const char *
rp_records_unproven_greetings(const RpRecords *records, const char *set)
{
	const char *greetings = rp_records_fact(records, set, RP_FACT_GREETINGS);

	if (g_hash_table_contains(records->proven, set))
		return NULL;
	return greetings ? greetings : "";
}

gboolean
rp_records_is_suspect(const RpRecords *records, const char *set, const char **detail)
{
	return g_hash_table_lookup_extended(records->suspects, set, NULL, (gpointer *)detail);
}

/* One that was never asked, or never said its name, can tell nothing; nor can one that is on this
 * machine, or behind a route of its own. */
static gboolean
can_tell(const RpRecords *records, const RpServerSet *set)
{
	const char *near;

	return rp_greetings_know_any(
		       rp_records_fact(records, set->name, RP_FACT_GREETINGS), set->smtp) &&
	       !rp_set_is_near(rp_whereabouts_place(records->whereabouts), set, &near);
}

gboolean
rp_records_all_suspect(const RpRecords *records)
{
	const RpCatalogue *catalogue = rp_whereabouts_catalogue(records->whereabouts);
	guint n = 0;

	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(catalogue, i);

		if (!can_tell(records, set))
			continue;
		if (!rp_records_is_suspect(records, set->name, NULL))
			return FALSE;
		n++;
	}
	return n > 0 && !g_hash_table_size(records->proven);
}

void
rp_records_forget_suspects(RpRecords *records)
{
	g_hash_table_remove_all(records->suspects);
	g_hash_table_remove_all(records->proven);
}

void
rp_records_forget_greetings(RpRecords *records, const char *set)
{
	rp_records_save_fact(records, set, RP_FACT_GREETINGS, NULL);
	rp_records_save_fact(records, set, RP_FACT_POP_GREETINGS, NULL);
	g_hash_table_remove(records->suspects, set);
	rp_records_forget_count(records, RP_FAILURE_INTERCEPTED, set);
	rp_records_forget(records, set, RP_FAILURE_INTERCEPTED);
}
