/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* What is kept of a line and a server when nothing goes over them any more, and how the next visit
 * begins with it. */

/* "RTT SET-UP RATE TURN SEEN LEAST LIMIT EACH WAITED PROVEN": times in microseconds, the rate in
 * octets a second. */
enum { RTT, SET_UP, RATE, TURN, SEEN, LEAST, LIMIT, EACH, WAITED, PROVEN, N_FIELDS };

/* So many turns of the same time are what is usual; later ones soon outweigh them. */
#define TURNS_RECALLED 3

/* It grows from visit to visit, and is news only where it is twice as much. */
static guint
proven_about(guint proven)
{
	guint about = 1;

	while (about * 2 <= proven)
		about *= 2;
	return proven ? about : 0;
}

char *
rp_pace_memory(const RpPace *pace)
{
	gboolean seen;
	gint64 turn = rp_pace_turn(pace, &seen);
	/* A limit that was only recalled is found out anew by the visit after this one. */
	guint limit = pace->limit_recalled ? 0 : pace->limit;
	/* What the server says of it, it says again. */
	guint each = pace->told ? 0 : rp_pace_messages_each(pace);
	gboolean waited = rp_pace_server_is_limit(pace) && rp_pace_scales(pace);

	if (!pace->n_answers || pace->recalled)
		return NULL;
	return g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GUINT64_FORMAT
			       " %" G_GINT64_FORMAT " %d %" G_GINT64_FORMAT " %u %u %d %u",
		pace->rtt, pace->set_up, rp_pace_rate(pace), turn, seen, pace->least, limit, each,
		waited, proven_about(pace->proven));
}

static gboolean
read_fields(const char *memory, gint64 *fields)
{
	g_auto(GStrv) words = g_strsplit(memory, " ", -1);

	if (g_strv_length(words) != N_FIELDS)
		return FALSE;
	for (guint i = 0; i < N_FIELDS; i++)
		if (!g_ascii_string_to_signed(
			    words[i], 10, 0, G_MAXINT32 * (gint64)1000, &fields[i], NULL))
			return FALSE;
	return TRUE;
}

/* Half as much again, or less by that. */
static gboolean
is_other(gint64 a, gint64 b)
{
	return MAX(a, b) * 2 > MIN(a, b) * 3 + G_TIME_SPAN_MILLISECOND;
}

gboolean
rp_pace_memory_is_news(const char *before, const char *now)
{
	static const gboolean is_measure[N_FIELDS] = {
		[RTT] = TRUE, [SET_UP] = TRUE, [RATE] = TRUE, [TURN] = TRUE, [LEAST] = TRUE};
	gint64 a[N_FIELDS], b[N_FIELDS];

	if (!read_fields(now, b))
		return FALSE;
	if (!read_fields(before, a))
		return TRUE;
	for (guint i = 0; i < N_FIELDS; i++)
		if (is_measure[i] ? is_other(a[i], b[i]) : a[i] != b[i])
			return TRUE;
	return FALSE;
}

gboolean
rp_pace_recall(RpPace *pace, const char *memory)
{
	gint64 fields[N_FIELDS];

	if (pace->sessions->len || pace->n_answers || !read_fields(memory, fields))
		return FALSE;
	pace->rtt = fields[RTT];
	pace->set_up = fields[SET_UP];
	pace->rate = (double)fields[RATE] / G_USEC_PER_SEC;
	pace->least = fields[LEAST];
	pace->limit = (guint)MIN(fields[LIMIT], RP_PACE_MOST);
	pace->limit_recalled = pace->limit > 0;
	for (guint i = 0; i < TURNS_RECALLED && fields[TURN]; i++)
		rp_pace_note_turn(pace, fields[TURN], fields[SEEN]);
	for (guint i = 0; i < PACE_HINTS && fields[EACH]; i++)
		pace->hints[pace->n_hints++] = (guint)MIN(fields[EACH], G_MAXINT);
	pace->was_limit = fields[WAITED];
	pace->proven = (guint)MIN(fields[PROVEN], G_MAXINT);
	pace->level_answers = pace->level_waited = 0;
	pace->level_span = 0;
	pace->n_answers = 1;
	pace->recalled = TRUE;
	return TRUE;
}
