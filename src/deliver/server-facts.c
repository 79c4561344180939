/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* What a lane's server is known for, from one session to the next: that it can't do what it
 * announces, and how many recipients it takes at once. */

/* What is known of its CHUNKING: "", that nothing is; that it works; that a session ended at the
 * first BDAT, and DATA is tried; that it does not work. */
#define CHUNKING "chunking"
#define CHUNKING_WORKS "works"
#define CHUNKING_DOUBTED "doubted"
#define CHUNKING_BROKEN "broken"

/* How many recipients it takes is known for so long: a server may be set up anew, and nothing would
 * tell. */
#define LIMIT_DAYS 30
#define DAY ((RpSpan)24 * 3600 * G_USEC_PER_SEC)

/* Recipients in a transaction; 0: nothing is known. */
static guint
known_limit(const RpLane *lane)
{
	const char *fact =
		rp_records_fact(lane->lanes->ground->records, lane->set_name, "recipients-at-once");
	char *day = NULL;
	guint64 limit = fact ? g_ascii_strtoull(fact, &day, 10) : 0;
	gint64 age =
		limit ? rp_ground_now(lane->lanes->ground) / DAY - g_ascii_strtoll(day, NULL, 10)
		      : 0;

	return age >= 0 && age < LIMIT_DAYS ? (guint)MIN(limit, G_MAXINT) : 0;
}

void
rp_lane_known_server(const RpLane *lane, RpDeliveryOptions *options)
{
	const RpRecords *records = lane->lanes->ground->records;
	const char *pipelining = rp_records_fact(records, lane->set_name, "pipelining");
	const char *chunking = rp_records_fact(records, lane->set_name, CHUNKING);

	options->pipelining_off = g_strcmp0(pipelining, "broken") == 0;
	options->chunking_untried = !chunking || !*chunking;
	options->chunking_off =
		!options->chunking_untried && !g_str_equal(chunking, CHUNKING_WORKS);
	options->max_recipients = known_limit(lane);
}

static void
note_limit(RpLane *lane, const RpSessionReport *report)
{
	g_autofree char *fact = g_strdup_printf("%u %" G_GINT64_FORMAT, report->recipient_limit,
		rp_ground_now(lane->lanes->ground) / DAY);

	if (!report->recipient_limit)
		return;
	g_message("%s: its server takes %u recipients at once", lane->set_name,
		report->recipient_limit);
	rp_records_save_fact(
		lane->lanes->ground->records, lane->set_name, "recipients-at-once", fact);
}

/* BDAT that is refused tells; a line that ends before its answer may be any line, so DATA has to do
 * better than it before it is believed. Where it once worked a lost line is a lost line. */
static const char *
chunking_now(const RpLane *lane, RpSmtpSeen seen, const char *known)
{
	switch (seen) {
	case RP_SMTP_SEEN_WORKS:
		return CHUNKING_WORKS;
	case RP_SMTP_SEEN_BROKEN:
		return CHUNKING_BROKEN;
	case RP_SMTP_SEEN_DOUBTED:
		return g_str_equal(known, CHUNKING_WORKS) ? known : CHUNKING_DOUBTED;
	case RP_SMTP_SEEN_UNTRIED:
		return g_str_equal(known, CHUNKING_DOUBTED) && lane->n_accepted ? CHUNKING_BROKEN
										: known;
	}
	return known;
}

static void
note_chunking(RpLane *lane, const RpSessionReport *report)
{
	RpRecords *records = lane->lanes->ground->records;
	const char *fact = rp_records_fact(records, lane->set_name, CHUNKING);
	const char *known = fact ? fact : "";
	const char *now = chunking_now(lane, report->chunking, known);

	if (g_str_equal(now, known))
		return;
	if (!g_str_equal(now, CHUNKING_WORKS))
		g_message("%s: its server announces CHUNKING and %s; from now on by DATA",
			lane->set_name,
			g_str_equal(now, CHUNKING_BROKEN) ? "can't do it" : "may not do it");
	rp_records_save_fact(records, lane->set_name, CHUNKING, now);
}

void
rp_lane_note_server(RpLane *lane, const RpSessionReport *report)
{
	note_chunking(lane, report);
	if (report->pipelining_suspect) {
		g_message(
			"%s: its server announces PIPELINING and can't do it; from now on without",
			lane->set_name);
		rp_records_save_fact(
			lane->lanes->ground->records, lane->set_name, "pipelining", "broken");
	}
	note_limit(lane, report);
}
