/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "concurrency-rule.h"

/* One session is enough where it keeps the line full: that is so with CHUNKING, but for the
 * beginning on a long line, where TCP doubles what it sends only once a round trip. Without
 * CHUNKING each message costs its session a round trip in which it leaves the line to others. */

/* A session that carries fewer is not worth its round trips; with CHUNKING it has to carry more. */
#define MESSAGES_EACH 4
#define MESSAGES_EACH_CHUNKING 7
/* From this round trip on a line is a long one. */
#define LONG_LINE (300 * G_TIME_SPAN_MILLISECOND)
/* Below it round trips cost next to nothing. */
#define SHORT_LINE (10 * G_TIME_SPAN_MILLISECOND)
/* More sessions pay where the rate grows by this, in percent. */
#define GROWTH 15

static guint
without_chunking(const RpConcurrencyFacts *facts, gboolean is_long)
{
	if (facts->rtt < SHORT_LINE)
		return 1;
	return is_long ? facts->most : MAX(facts->worth, 2);
}

guint
rp_concurrency_decide(const RpConcurrencyFacts *facts)
{
	/* A modem is filled by what TCP begins with, however long it takes. */
	gboolean is_long = facts->rtt >= LONG_LINE && !facts->is_modem;
	guint n = 1;

	switch (facts->chunking) {
	case RP_CHUNKING_UNKNOWN:
	case RP_CHUNKING_YES:
		n = is_long ? 1 + facts->n_waiting / MESSAGES_EACH_CHUNKING : 1;
		break;
	case RP_CHUNKING_NO:
		n = without_chunking(facts, is_long);
		break;
	}
	n = MIN(n, facts->n_sessions + facts->n_waiting / MESSAGES_EACH);
	return MAX(MIN(n, facts->most), facts->n_sessions);
}

static gint64
rate_of(const RpConcurrencySample *sample)
{
	return sample->octets * G_USEC_PER_SEC / MAX(sample->span, 1);
}

guint
rp_concurrency_worth(const RpConcurrencySample *now, const RpConcurrencySample *before)
{
	gint64 each, on_line, percent;

	if (!now->n)
		return now->n_sessions;
	if (before->n && before->n_sessions < now->n_sessions &&
		rate_of(now) * 100 < rate_of(before) * (100 + GROWTH))
		return now->n_sessions;
	/* A message takes a session the round trip and its own time on the line: so many of these
	 * fit into the first. On a full line they wait for each other, and it is no more than there
	 * are already. */
	each = now->span * now->n_sessions / now->n;
	on_line = MAX(each - now->rtt, 1);
	percent = each * 100 / on_line;
	if (percent < now->n_sessions * (100 + GROWTH))
		return now->n_sessions;
	/* The server's time was taken for the line's: one more. */
	return (guint)MIN(percent / 100 + 2, G_MAXUINT16);
}
