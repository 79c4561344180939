/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* Keeps what is learned of the line, and asks the rule (concurrency-rule.c). */

/* `connections=auto`. */
#define MOST_BY_ITSELF 8
/* Answers a session, until the rate is known. */
#define SAMPLE 2

static guint
count_waiting(const RpLane *lane)
{
	guint count = lane->outgoing.length;

	for (guint i = 0; i < lane->classes->len; i++)
		count += rp_planner_n_ready(
			lane->lanes->planner, g_array_index(lane->classes, gint64, i));
	return count;
}

guint
rp_concurrency_wanted(const RpLane *lane)
{
	RpConcurrencyFacts facts = {
		.rtt = lane->rtt,
		.is_modem = rp_lane_is_modem(lane),
		.chunking = lane->chunking,
		.n_sessions = lane->sessions->len,
		.n_waiting = count_waiting(lane),
		.most = lane->set->connections ? lane->set->connections : MOST_BY_ITSELF,
		.worth = lane->worth,
	};
	guint n;

	if (lane->probing)
		return MAX(facts.n_sessions, 1);
	if (lane->most)
		facts.most = MIN(facts.most, lane->most);
	n = lane->exhausted ? facts.n_sessions : rp_concurrency_decide(&facts);
	if (n == facts.n_sessions)
		return n;
	g_info("%s: %u session(s), round trip %" G_GINT64_FORMAT " ms", lane->set_name, n,
		lane->rtt / G_TIME_SPAN_MILLISECOND);
	return n;
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
	RpConcurrencySample now = {
		.n_sessions = lane->sessions->len,
		.n = lane->n_sampled - 1,
		.octets = lane->octets_sampled,
		.span = rp_ground_now(lane->lanes->ground) - lane->sample_at,
		.rtt = lane->rtt,
	};

	lane->worth = rp_concurrency_worth(&now, &lane->sample);
	lane->saturated = lane->worth <= now.n_sessions;
	lane->sample = now;
	g_info("%s: %u session(s) carry %" G_GINT64_FORMAT " octets in %" G_GINT64_FORMAT
	       " ms: %u fill the line",
		lane->set_name, now.n_sessions, now.octets, now.span / G_TIME_SPAN_MILLISECOND,
		lane->worth);
	begin_sample(lane);
}

/* ---- what is heard ---- */

void
rp_concurrency_begin(RpLane *lane)
{
	lane->worth = 0;
	lane->most_before = lane->most;
	lane->saturated = FALSE;
	lane->sample.n = 0;
}

void
rp_concurrency_reached(RpLaneSession *session)
{
	RpLineMeasure measure;

	rp_delivery_measure(session->delivery, &measure);
	note_rtt(session->lane, measure.rtt, TRUE);
}

void
rp_concurrency_ready(RpLaneSession *session, const RpSmtpCapabilities *capabilities)
{
	RpLane *lane = session->lane;
	guint needed = RP_SMTP_CAN_PIPELINING | RP_SMTP_CAN_CHUNKING;

	lane->chunking = (capabilities->can & needed) == needed && !lane->set->pipelining_off
				 ? RP_CHUNKING_YES
				 : RP_CHUNKING_NO;
	begin_sample(lane);
}

gboolean
rp_concurrency_outcome(RpLaneSession *session, gint64 octets)
{
	RpLane *lane = session->lane;

	for (guint i = 0; i < lane->sessions->len; i++)
		if (!((RpLaneSession *)lane->sessions->pdata[i])->up)
			return FALSE;
	if (!lane->sessions->len)
		return FALSE; /* what it had not answered is told when the last session is cut */
	if (lane->n_sampled++ == 0)
		lane->sample_at =
			rp_ground_now(lane->lanes->ground); /* the first has the start in it */
	else
		lane->octets_sampled += octets;
	if (lane->chunking != RP_CHUNKING_NO || lane->saturated ||
		lane->n_sampled <= SAMPLE * lane->sessions->len)
		return FALSE;
	end_sample(lane);
	return TRUE;
}

void
rp_concurrency_closed(RpLaneSession *session)
{
	RpLineMeasure measure;

	rp_delivery_measure(session->delivery, &measure);
	note_rtt(session->lane, measure.rtt, session->up);
	if (session->up && measure.rate)
		session->lane->rate = MAX(session->lane->rate, measure.rate);
	begin_sample(session->lane);
}

void
rp_concurrency_arrived(RpLane *lane)
{
	lane->rtt = 0;
	lane->rate = 0;
	lane->most = 0;
	lane->chunking = RP_CHUNKING_UNKNOWN;
}
