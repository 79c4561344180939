/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include <string.h>

/* What a lane has learned of a place's line and of its server, from one visit to the next: over
 * days, and across restarts of the agent. */

/* A line a place, the newest first: "DAY REVISION MEMORY", a tab, and the place's key. */
#define FACT "pace"
/* So many places, and for so long: lines and servers are set up anew, and nothing would tell. */
#define PLACES_MOST 16
#define DAYS_KNOWN 30
#define DAY ((RpSpan)24 * 3600 * G_USEC_PER_SEC)

typedef struct {
	gint64 day;
	const char *revision;
	const char *memory;
	const char *place;
} RpKept;

/* Takes the line apart where it stands. */
static gboolean
parse(char *line, RpKept *kept)
{
	char *tab = strchr(line, '\t');
	char *revision = strchr(line, ' ');
	char *memory = revision ? strchr(revision + 1, ' ') : NULL;

	if (!tab || !memory || memory > tab)
		return FALSE;
	*tab = *revision = *memory = '\0';
	*kept = (RpKept){g_ascii_strtoll(line, NULL, 10), revision + 1, memory + 1, tab + 1};
	return TRUE;
}

static gint64
today(const RpLane *lane)
{
	return rp_ground_now(lane->lanes->ground) / DAY;
}

static gboolean
is_recent(const RpLane *lane, const RpKept *kept)
{
	gint64 age = today(lane) - kept->day;

	return age >= 0 && age < DAYS_KNOWN;
}

static char **
read_lines(const RpLane *lane)
{
	const char *fact = rp_records_fact(lane->lanes->ground->records, lane->set_name, FACT);

	return g_strsplit(fact ? fact : "", "\n", -1);
}

static gboolean
is_of(const RpKept *kept, const char *place_key, const char *revision)
{
	return g_str_equal(kept->place, place_key) && g_str_equal(kept->revision, revision);
}

static gboolean
is_of_now(const RpLane *lane, const RpKept *kept)
{
	return is_of(kept, lane->place_key, lane->set->revision);
}

void
rp_lane_pace_recall_of(
	const RpLane *lane, const char *place_key, const char *revision, RpPace *pace)
{
	g_auto(GStrv) lines = read_lines(lane);
	RpKept kept;

	for (guint i = 0; lines[i]; i++)
		if (parse(lines[i], &kept) && is_recent(lane, &kept) &&
			is_of(&kept, place_key, revision) && rp_pace_recall(pace, kept.memory))
			g_info("%s: line and server are as they were here before: %s",
				lane->set_name, kept.memory);
}

void
rp_lane_pace_recall(RpLane *lane)
{
	rp_lane_pace_recall_of(lane, lane->place_key, lane->set->revision, lane->pace);
}

/* The others, without what is too old; `known`: this place's own says about the same already. */
static void
append_others(const RpLane *lane, GString *fact, const char *memory, gboolean *known)
{
	g_auto(GStrv) lines = read_lines(lane);
	guint n = 1;
	RpKept kept;

	for (guint i = 0; lines[i] && n < PLACES_MOST; i++) {
		if (!parse(lines[i], &kept) || !is_recent(lane, &kept))
			continue;
		if (is_of_now(lane, &kept)) {
			*known = !rp_pace_memory_is_news(kept.memory, memory) &&
				 today(lane) - kept.day < DAYS_KNOWN / 2;
			continue;
		}
		if (g_str_equal(kept.place, lane->place_key))
			continue; /* of another server */
		g_string_append_printf(fact, "\n%" G_GINT64_FORMAT " %s %s\t%s", kept.day,
			kept.revision, kept.memory, kept.place);
		n++;
	}
}

void
rp_lane_pace_keep(const RpLane *lane)
{
	g_autofree char *memory = rp_pace_memory(lane->pace);
	g_autoptr(GString) fact = g_string_new(NULL);
	gboolean known = FALSE;

	if (!memory || !lane->place_key || !*lane->place_key)
		return;
	g_string_printf(fact, "%" G_GINT64_FORMAT " %s %s\t%s", today(lane), lane->set->revision,
		memory, lane->place_key);
	append_others(lane, fact, memory, &known);
	if (!known)
		rp_records_note_fact(lane->lanes->ground->records, lane->set_name, FACT, fact->str);
}
