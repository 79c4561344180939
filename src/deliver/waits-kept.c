/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* What a lane waits for, and how often it has: it outlives the agent, which may be started anew at
 * any time, and must not begin to ask a server again that has had enough. */

/* "FAILURES LIMITS UNCLEAR SHUT SINCE UNTIL REVISION PLACE", a line end, and why in the server's
 * words. SHUT is 1 where no POP login opens it, SINCE when it was first not open after one. */
#define FACT "waits"
#define N_FIELDS 8

static const char *
revision_of(const RpLane *lane)
{
	const RpServerSet *set = rp_ground_find_set(lane->lanes->ground, lane->set_name);

	return set ? set->revision : "";
}

void
rp_lane_waits_save(const RpLane *lane)
{
	RpRecords *records = lane->lanes->ground->records;
	const char *saved = rp_records_fact(records, lane->set_name, FACT);
	gboolean any = lane->failures || lane->n_limited || lane->pop_unclear || lane->stays_shut ||
		       lane->not_open_since;
	g_autofree char *fact = NULL;

	if (any)
		fact = g_strdup_printf("%u %u %u %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
				       " %s %s\n%s",
			lane->failures, lane->n_limited, lane->pop_unclear, lane->stays_shut,
			lane->not_open_since, lane->state == RP_LANE_WAITING ? lane->retry_at : 0,
			revision_of(lane), lane->place_key ? lane->place_key : "",
			lane->wait_words ? lane->wait_words : "");
	if (fact || (saved && *saved))
		rp_records_save_fact(records, lane->set_name, FACT, fact ? fact : "");
}

/* The user may have mended what it waited for; and elsewhere nothing waits. */
static gboolean
stands(const RpLane *lane, char *const *fields)
{
	const char *place = rp_whereabouts_place(lane->lanes->ground->whereabouts)->key;

	return g_str_equal(fields[6], revision_of(lane)) && g_strcmp0(fields[7], place) == 0;
}

void
rp_lane_waits_load(RpLane *lane)
{
	const RpGround *ground = lane->lanes->ground;
	const char *saved = rp_records_fact(ground->records, lane->set_name, FACT);
	g_auto(GStrv) parts = g_strsplit(saved ? saved : "", "\n", 2);
	g_auto(GStrv) fields = g_strsplit(parts[0] ? parts[0] : "", " ", N_FIELDS);
	RpTime until;

	if (g_strv_length(fields) != N_FIELDS || !stands(lane, fields))
		return;
	lane->failures = (guint)g_ascii_strtoull(fields[0], NULL, 10);
	lane->n_limited = (guint)g_ascii_strtoull(fields[1], NULL, 10);
	lane->pop_unclear = (guint)g_ascii_strtoull(fields[2], NULL, 10);
	lane->probing = lane->n_limited > 0;
	lane->stays_shut = g_str_equal(fields[3], "1");
	lane->not_open_since = MIN(g_ascii_strtoll(fields[4], NULL, 10), rp_ground_now(ground));
	until = g_ascii_strtoll(fields[5], NULL, 10);
	if (until <= rp_ground_now(ground))
		return;
	/* What it waits for is of the set as it is now. */
	lane->catalogue = rp_catalogue_ref((RpCatalogue *)rp_ground_catalogue(ground));
	lane->set = rp_ground_find_set(ground, lane->set_name);
	lane->place_key = g_strdup(fields[7]);
	rp_lane_set_wait_words(lane, parts[1]);
	lane->retry_at = until;
	rp_lane_enter(lane, RP_LANE_WAITING, "it has waited before");
}
