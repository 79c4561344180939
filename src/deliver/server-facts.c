/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include "roampost/greeting.h"

#include <string.h>

/* What a lane's server is known for, from one session to the next: that it can't do what it
 * announces, how many recipients it takes at once, and in whose name it greets. */

/* What is known of its CHUNKING and PIPELINING: "", that nothing is; that it works; that a session
 * ended at its first use, and it is tried without; that it fell silent there; that to do without
 * went better then, and it has another chance; that it was silent again; that it does not work. */
#define CHUNKING "chunking"
#define PIPELINING "pipelining"
/* Of PIPELINING, where a message's content is what commands go behind: there an end counts as
 * silence does. */
#define CONTENT_GROUP "content-group"
#define WORKS "works"
#define DOUBTED "doubted"
#define SILENT "silent"
#define SILENT_ONCE "silent-once"
#define SILENT_AGAIN "silent-again"
#define BROKEN "broken"

/* Where it has worked a line that ends is a line that ends; but not so often in a row, at the same
 * place: the server may be another since. */
#define LOST_IN_A_ROW 2

/* How many recipients it takes, and what does not work, is known for so long: a server may be set
 * up anew, and nothing would tell. */
#define DAYS_KNOWN 30
#define DAY ((RpSpan)24 * 3600 * G_USEC_PER_SEC)

static gint64
today(const RpLane *lane)
{
	return rp_ground_now(lane->lanes->ground) / DAY;
}

static gboolean
is_recent(const RpLane *lane, gint64 day)
{
	gint64 age = today(lane) - day;

	return age >= 0 && age < DAYS_KNOWN;
}

/* Recipients in a transaction; 0: nothing is known. */
static guint
known_limit(const RpLane *lane)
{
	const char *fact =
		rp_records_fact(lane->lanes->ground->records, lane->set_name, "recipients-at-once");
	char *day = NULL;
	guint64 limit = fact ? g_ascii_strtoull(fact, &day, 10) : 0;

	return limit && is_recent(lane, g_ascii_strtoll(day, NULL, 10))
		       ? (guint)MIN(limit, G_MAXINT)
		       : 0;
}

/* Of CHUNKING or PIPELINING, "" where nothing is. What does not work stands there with its day. */
static const char *
known_of(const RpLane *lane, const char *fact)
{
	const char *saved = rp_records_fact(lane->lanes->ground->records, lane->set_name, fact);

	if (!saved)
		return "";
	if (!g_str_has_prefix(saved, BROKEN))
		return saved;
	return is_recent(lane, g_ascii_strtoll(saved + strlen(BROKEN), NULL, 10)) ? BROKEN : "";
}

static void
save_known(const RpLane *lane, const char *fact, const char *now)
{
	g_autofree char *dated = g_strdup_printf("%s %" G_GINT64_FORMAT, now, today(lane));

	rp_records_note_fact(lane->lanes->ground->records, lane->set_name, fact,
		g_str_equal(now, BROKEN) ? dated : now);
}

/* It is not to be used, in the next session at least. */
static gboolean
is_doubted(const char *fact)
{
	return *fact && !g_str_equal(fact, WORKS) && !g_str_equal(fact, SILENT_ONCE);
}

void
rp_lane_known_server(const RpLane *lane, RpDeliveryOptions *options)
{
	const char *chunking = known_of(lane, CHUNKING);

	options->greetings =
		rp_records_fact(lane->lanes->ground->records, lane->set_name, RP_FACT_GREETINGS);
	options->pipelining_off = is_doubted(known_of(lane, PIPELINING));
	options->content_alone = is_doubted(known_of(lane, CONTENT_GROUP));
	options->chunking_untried = !*chunking;
	options->chunking_off = is_doubted(chunking);
	options->max_recipients = known_limit(lane);
	options->quit_unheard = lane->quit_unheard;
}

void
rp_lane_chunking_works(RpLane *lane)
{
	if (*known_of(lane, CHUNKING))
		return;
	rp_records_note_fact(lane->lanes->ground->records, lane->set_name, CHUNKING, WORKS);
	for (guint i = 0; i < lane->sessions->len; i++)
		rp_delivery_trust_chunking(((RpLaneSession *)lane->sessions->pdata[i])->delivery);
}

static void
note_limit(RpLane *lane, const RpSessionReport *report)
{
	g_autofree char *fact =
		g_strdup_printf("%u %" G_GINT64_FORMAT, report->recipient_limit, today(lane));

	if (!report->recipient_limit)
		return;
	g_message("%s: its server takes %u recipients at once", lane->set_name,
		report->recipient_limit);
	rp_records_save_fact(
		lane->lanes->ground->records, lane->set_name, "recipients-at-once", fact);
}

/* A session without went well where one with it had not. Silence is more often the line's than the
 * server's: it is believed when it has come twice. */
static const char *
better_without(const char *known)
{
	if (g_str_equal(known, SILENT))
		return SILENT_ONCE;
	return g_str_equal(known, DOUBTED) || g_str_equal(known, SILENT_AGAIN) ? BROKEN : known;
}

/* Of CHUNKING another chance could have a mail come twice. */
static const char *
worse_with(const RpLane *lane, const char *fact, gboolean silent, const char *known)
{
	if (g_str_equal(known, WORKS) && lane->failures < LOST_IN_A_ROW)
		return known;
	if (g_str_equal(fact, CHUNKING) || (!silent && g_str_equal(fact, PIPELINING)))
		return DOUBTED;
	return g_str_equal(known, SILENT_ONCE) ? SILENT_AGAIN : SILENT;
}

/* A refusal tells; a line that ends before the answer may be any line, so to do without has to do
 * better before that is believed. */
static const char *
seen_now(const RpLane *lane, const char *fact, RpSeen seen, gboolean silent, const char *known)
{
	switch (seen) {
	case RP_SEEN_WORKS:
		return WORKS;
	case RP_SEEN_BROKEN:
		return BROKEN;
	case RP_SEEN_DOUBTED:
		return worse_with(lane, fact, silent, known);
	case RP_SEEN_UNTRIED:
		return lane->n_accepted ? better_without(known) : known;
	}
	return known;
}

/* NULL: nothing that is worth a word. */
static const char *
seen_words(const char *now)
{
	if (g_str_equal(now, BROKEN))
		return "can't do it";
	return is_doubted(now) ? "may not do it" : NULL;
}

static void
note_seen(RpLane *lane, const char *fact, RpSeen seen, gboolean silent, const char *what)
{
	const char *known = known_of(lane, fact);
	const char *now = seen_now(lane, fact, seen, silent, known);
	const char *words = seen_words(now);

	if (g_str_equal(now, known))
		return;
	if (words)
		g_message("%s: its server announces %s and %s; from now on without", lane->set_name,
			what, words);
	save_known(lane, fact, now);
}

void
rp_lane_note_server(RpLane *lane, const RpSessionReport *report)
{
	note_seen(lane, CHUNKING, report->chunking, report->silent, "CHUNKING");
	note_seen(lane, PIPELINING, report->pipelining, report->silent, "PIPELINING");
	note_seen(lane, CONTENT_GROUP, report->content_group, report->silent,
		"PIPELINING behind a message");
	note_limit(lane, report);
	lane->quit_unheard |= report->quit_unheard;
}

static gboolean
is_proven(const RpLane *lane, const char *fact, const RpSessionReport *report)
{
	const char *greetings = rp_records_fact(lane->lanes->ground->records, lane->set_name, fact);
	g_autofree char *known = rp_greetings_find(greetings, report->host, report->port);

	return report->verified || rp_reply_banner_is_own(report->banner_host, report->host) ||
	       (known && report->banner_domain &&
		       g_ascii_strcasecmp(known, report->banner_domain) == 0);
}

void
rp_lane_note_greeting(RpLane *lane, const char *fact, const RpSessionReport *report)
{
	RpRecords *records = lane->lanes->ground->records;
	gboolean proven = is_proven(lane, fact, report);

	if (report->banner_domain) {
		g_autofree char *greetings =
			rp_greetings_note(rp_records_fact(records, lane->set_name, fact),
				report->host, report->port, report->banner_domain);

		rp_records_note_fact(records, lane->set_name, fact, greetings);
	}
	if (proven)
		lane->lanes->events.proven(lane->set_name, lane->lanes->user);
}
