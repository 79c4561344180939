/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane-private.h"

/* How many sessions a lane has at once. One is enough where it keeps the line full: that is so with
 * CHUNKING, but for the beginning on a long line, where TCP doubles what it sends only once a round
 * trip. Without CHUNKING each message costs its session a round trip in which the line is idle. */

/* `connections=auto`. */
#define MOST_BY_ITSELF 8
/* A session that carries fewer is not worth its round trips; with CHUNKING it has to carry more. */
#define MESSAGES_EACH 4
#define MESSAGES_EACH_CHUNKING 7
/* From this round trip on a line is a long one. */
#define LONG_LINE (300 * G_TIME_SPAN_MILLISECOND)
/* Below it round trips cost next to nothing. */
#define SHORT_LINE (10 * G_TIME_SPAN_MILLISECOND)
/* Answers a session, until the rate is known. */
#define SAMPLE 2
/* One more session paid when the rate grew by this, in percent. */
#define GROWTH 15

static guint
count_waiting(const RpLane *lane)
{
	guint count = lane->loads.length;

	for (guint i = 0; i < lane->classes->len; i++) {
		const RpPlannedClass *planned = g_hash_table_lookup(
			lane->agent->planned, &g_array_index(lane->classes, gint64, i));

		count += planned ? planned->n_ready : 0;
	}
	return count;
}

/* As far as the line is known. */
static guint
wanted(const RpLane *lane, guint most, guint n_waiting)
{
	gboolean is_long = lane->rtt >= LONG_LINE;

	switch (lane->chunking) {
	case RP_CHUNKING_UNKNOWN:
	case RP_CHUNKING_YES:
		return is_long ? 1 + n_waiting / MESSAGES_EACH_CHUNKING : 1;
	case RP_CHUNKING_NO:
		return is_long ? most : MAX(lane->width, lane->rtt >= SHORT_LINE ? 2 : 1);
	}
	return 1;
}

static void
update(RpLane *lane)
{
	guint most = lane->set->connections ? lane->set->connections : MOST_BY_ITSELF;
	guint n, n_waiting;

	if (lane->most)
		most = MIN(most, lane->most);
	if (lane->trains->len >= most || lane->exhausted)
		return;
	n_waiting = count_waiting(lane);
	n = MIN(wanted(lane, most, n_waiting), most);
	n = MIN(n, lane->trains->len + n_waiting / MESSAGES_EACH);
	if (n > lane->trains->len)
		g_info("%s: %u session(s), round trip %" G_GINT64_FORMAT " ms", lane->set_name, n,
			lane->rtt / G_TIME_SPAN_MILLISECOND);
	while (lane->trains->len < n)
		rp_train_start(lane);
}

static void
begin_sample(RpLane *lane)
{
	lane->n_sampled = 0;
}

/* A message takes a session the round trip and its own time on the line: so many of these fit into
 * the first, and one, since the server's time is taken for the line's. */
static guint
that_fill_the_line(const RpLane *lane, gint64 each)
{
	gint64 on_line = MAX(each - lane->rtt, 1);

	return (guint)CLAMP(each / on_line + 2, 1, MOST_BY_ITSELF * 4);
}

static void
end_sample(RpLane *lane)
{
	gint64 span = MAX(rp_agent_now(lane->agent) - lane->sample_at, 1);
	gint64 n = lane->n_sampled - 1;
	gint64 rate = n * G_TIME_SPAN_MINUTE / span;
	gint64 each = span * lane->trains->len / n;

	lane->settled = lane->sample_rate && rate < lane->sample_rate * (100 + GROWTH) / 100;
	lane->sample_rate = rate;
	if (!lane->settled)
		lane->width = MAX(lane->width, that_fill_the_line(lane, each));
	g_info("%s: %u session(s) carry %" G_GINT64_FORMAT " messages a minute%s", lane->set_name,
		lane->trains->len, rate, lane->settled ? ", more do not pay" : "");
	begin_sample(lane);
}

/* ---- what is heard ---- */

void
rp_width_start(RpLane *lane)
{
	lane->width = 1;
	lane->settled = FALSE;
	lane->sample_rate = 0;
	rp_train_start(lane);
	update(lane); /* as it was the last time here */
}

void
rp_width_reached(RpTrain *train)
{
	RpLineMeasure measure;

	rp_delivery_measure(train->delivery, &measure);
	if (measure.rtt)
		train->lane->rtt = measure.rtt;
	update(train->lane);
}

void
rp_width_ready(RpTrain *train, const RpSmtpCapabilities *capabilities)
{
	RpLane *lane = train->lane;
	guint needed = RP_SMTP_CAN_PIPELINING | RP_SMTP_CAN_CHUNKING;

	lane->chunking = (capabilities->can & needed) == needed && !lane->set->pipelining_off
				 ? RP_CHUNKING_YES
				 : RP_CHUNKING_NO;
	begin_sample(lane);
	update(lane);
}

void
rp_width_outcome(RpTrain *train)
{
	RpLane *lane = train->lane;

	for (guint i = 0; i < lane->trains->len; i++)
		if (!((RpTrain *)lane->trains->pdata[i])->up)
			return;
	if (!lane->trains->len)
		return; /* what it had not answered is told when the last session is cut */
	if (lane->n_sampled++ == 0)
		lane->sample_at = rp_agent_now(lane->agent); /* the first has the start in it */
	if (lane->chunking != RP_CHUNKING_NO || lane->settled ||
		lane->n_sampled <= SAMPLE * lane->trains->len)
		return;
	end_sample(lane);
	update(lane);
}

void
rp_width_closed(RpTrain *train)
{
	RpLineMeasure measure;

	rp_delivery_measure(train->delivery, &measure);
	if (train->up && measure.rate)
		train->lane->rate = MAX(train->lane->rate, measure.rate);
	begin_sample(train->lane);
}

void
rp_width_arrived(RpLane *lane)
{
	lane->rtt = 0;
	lane->rate = 0;
	lane->most = 0;
	lane->chunking = RP_CHUNKING_UNKNOWN;
}
