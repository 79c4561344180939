/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane-private.h"

/* Asks the rule (width-rule.c) when something is learned of the line, and opens sessions. */

/* `connections=auto`. */
#define MOST_BY_ITSELF 8
/* Answers a session, until the rate is known. */
#define SAMPLE 2

static guint
count_waiting(const RpLane *lane)
{
	guint count = lane->loads.length;

	for (guint i = 0; i < lane->classes->len; i++)
		count += rp_planner_n_ready(
			lane->agent->planner, g_array_index(lane->classes, gint64, i));
	return count;
}

static void
update(RpLane *lane)
{
	RpWidthFacts facts = {
		.rtt = lane->rtt,
		.is_modem = rp_lane_is_modem(lane),
		.chunking = lane->chunking,
		.n_sessions = lane->trains->len,
		.n_waiting = count_waiting(lane),
		.most = lane->set->connections ? lane->set->connections : MOST_BY_ITSELF,
		.worth = lane->worth,
	};
	guint n;

	if (lane->most)
		facts.most = MIN(facts.most, lane->most);
	if (lane->exhausted || (n = rp_width_wanted(&facts)) == facts.n_sessions)
		return;
	g_info("%s: %u session(s), round trip %" G_GINT64_FORMAT " ms", lane->set_name, n,
		lane->rtt / G_TIME_SPAN_MILLISECOND);
	while (lane->trains->len < n)
		rp_train_start(lane);
}

/* The shortest is the line's own: the others waited for what was on its way. A refused connection
 * may have come to a firewall nearby: it counts until there is better. */
static void
note_rtt(RpLane *lane, gint64 rtt, gboolean sure)
{
	if (!rtt || (!sure && lane->rtt))
		return;
	lane->rtt = lane->rtt && lane->rtt_sure ? MIN(lane->rtt, rtt) : rtt;
	lane->rtt_sure = sure;
}

static void
begin_sample(RpLane *lane)
{
	lane->n_sampled = 0;
	lane->octets_sampled = 0;
}

static void
end_sample(RpLane *lane)
{
	RpWidthSample now = {
		.n_sessions = lane->trains->len,
		.n = lane->n_sampled - 1,
		.octets = lane->octets_sampled,
		.span = rp_agent_now(lane->agent) - lane->sample_at,
		.rtt = lane->rtt,
	};

	lane->worth = rp_width_worth(&now, &lane->sample);
	lane->settled = lane->worth <= now.n_sessions;
	lane->sample = now;
	g_info("%s: %u session(s) carry %" G_GINT64_FORMAT " octets in %" G_GINT64_FORMAT
	       " ms: %u fill the line",
		lane->set_name, now.n_sessions, now.octets, now.span / G_TIME_SPAN_MILLISECOND,
		lane->worth);
	begin_sample(lane);
}

/* ---- what is heard ---- */

void
rp_width_start(RpLane *lane)
{
	lane->worth = 0;
	lane->most_before = lane->most;
	lane->settled = FALSE;
	lane->sample.n = 0;
	rp_train_start(lane);
	if (!lane->failures)
		update(lane); /* as it was the last time here */
}

void
rp_width_reached(RpTrain *train)
{
	RpLineMeasure measure;

	rp_delivery_measure(train->delivery, &measure);
	note_rtt(train->lane, measure.rtt, TRUE);
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
rp_width_outcome(RpTrain *train, gint64 octets)
{
	RpLane *lane = train->lane;

	for (guint i = 0; i < lane->trains->len; i++)
		if (!((RpTrain *)lane->trains->pdata[i])->up)
			return;
	if (!lane->trains->len)
		return; /* what it had not answered is told when the last session is cut */
	if (lane->n_sampled++ == 0)
		lane->sample_at = rp_agent_now(lane->agent); /* the first has the start in it */
	else
		lane->octets_sampled += octets;
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
	note_rtt(train->lane, measure.rtt, train->up);
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
