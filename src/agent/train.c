/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane-private.h"

#include <string.h>

/* Octets a second that a line is taken to carry before it was measured: a modem, anything else. */
#define RATE_MODEM 7000
#define RATE_OTHER 32000

static void
train_free(RpTrain *train)
{
	g_queue_clear_full(&train->loads, (GDestroyNotify)rp_load_free);
	g_free(train->client_address);
	g_free(train);
}

gboolean
rp_trains_any_up(const RpLane *lane, const RpTrain *but)
{
	for (guint i = 0; i < lane->trains->len; i++) {
		const RpTrain *train = lane->trains->pdata[i];

		if (train != but && train->up)
			return TRUE;
	}
	return FALSE;
}

guint
rp_trains_count_loads(const RpLane *lane)
{
	guint count = 0;

	for (guint i = 0; i < lane->trains->len; i++)
		count += ((RpTrain *)lane->trains->pdata[i])->loads.length;
	return count;
}

/* ---- what a session says ---- */

static void
on_reached(RpDelivery *delivery, gpointer user)
{
	RpTrain *train = user;

	rp_haul_prepare(train->lane);
	rp_width_reached(train);
}

static void
note_login(RpLane *lane, const RpSessionReport *report)
{
	const RpPopLoginRecord *login = rp_records_find_pop_login(
		lane->agent->ground.records, lane->set_name, &report->local);

	if (lane->pop_needed && login)
		lane->renew_at = login->at + lane->set->pop_window / 4 * 3;
}

static void
on_ready(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	RpTrain *train = user;
	RpLane *lane = train->lane;

	train->up = TRUE;
	train->port = report->port;
	train->verified = report->verified;
	train->capabilities = report->capabilities;
	train->client_address = rp_address_format(&report->local);
	if (rp_lane_has_address(lane, &report->local))
		lane->local = report->local;
	if (report->banner_domain)
		rp_records_save_fact(lane->agent->ground.records, lane->set_name, "banner-domain",
			report->banner_domain);
	rp_records_reached(lane->agent->ground.records, lane->set_name);
	if (lane->state == RP_LANE_CONNECTING)
		rp_lane_enter(
			lane, RP_LANE_SENDING, report->encrypted ? "session with TLS" : "session");
	note_login(lane, report);
	rp_width_ready(train, &report->capabilities);
	rp_agent_schedule(lane->agent);
}

static void
on_want(RpDelivery *delivery, gpointer user)
{
	RpTrain *train = user;

	train->wants = TRUE;
	rp_haul_next(train->lane);
}

static void
on_outcome(RpDelivery *delivery, const RpSmtpMessageResult *result, gpointer user)
{
	RpTrain *train = user;
	RpLoad *load = result->user;

	g_queue_remove(&train->loads, load);
	rp_outcome_message(train, load, result);
	rp_width_outcome(train, rp_load_size(load));
	rp_load_free(load);
}

/* A line that broke says nothing of how many the server lets us have. */
static gboolean
is_turned_away(const RpTrain *train, const RpSessionReport *report)
{
	return report->result != RP_SESSION_OK && !(train->up && report->result == RP_SESSION_LOST);
}

/* Others go on: they are what this server lets us have, for as long as we are here. */
static void
one_less(RpLane *lane, const RpTrain *train, const RpSessionReport *report)
{
	if (is_turned_away(train, report)) {
		lane->most = lane->trains->len;
		g_message("%s: %s with %u beside it: so many from now on: %s", lane->set_name,
			rp_session_result_name(report->result), lane->most,
			report->detail ? report->detail : "");
	}
	rp_outcome_suspect(lane, report);
	rp_planner_request(lane->agent->planner, FALSE, "a session has ended");
	rp_haul_next(lane);
}

static void
on_closed(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	RpTrain *train = user;
	RpLane *lane = train->lane;
	RpSessionReport done = *report;

	rp_width_closed(train);
	g_ptr_array_remove_fast(lane->trains, train);
	if (lane->trains->len) {
		one_less(lane, train, report);
	} else {
		if (!lane->check) /* somebody waits for that one */
			g_clear_pointer(&lane->pop_login, rp_pop_login_cancel);
		/* The line broke for all of them, not by the server's will. */
		if (report->result == RP_SESSION_LOST)
			lane->most = lane->most_before;
		/* One that never came up says nothing of those that did. */
		if (!train->up && lane->state != RP_LANE_CONNECTING)
			done.result = RP_SESSION_OK;
		rp_outcome_session(lane, &done);
	}
	train_free(train);
}

/* ---- life ---- */

void
rp_train_start(RpLane *lane)
{
	static const RpDeliveryCallbacks callbacks = {
		on_ready, on_want, on_outcome, on_closed, on_reached};
	RpAgent *agent = lane->agent;
	RpRoute route = {lane->interface, lane->family, lane->source};
	RpDeliveryOptions options = {
		.expected_banner_domain =
			rp_records_fact(agent->ground.records, lane->set_name, "banner-domain"),
		.ask_first = !rp_records_was_reached(agent->ground.records, lane->set_name),
		.rate = lane->rate               ? lane->rate
			: rp_lane_is_modem(lane) ? RATE_MODEM
						 : RATE_OTHER,
		.pipelining_off = g_strcmp0(rp_records_fact(agent->ground.records, lane->set_name,
						    "pipelining"),
					  "broken") == 0,
	};
	RpTrain *train = g_new0(RpTrain, 1);

	train->lane = lane;
	g_queue_init(&train->loads);
	g_ptr_array_add(lane->trains, train);
	train->delivery =
		rp_delivery_start(agent->transport, lane->set, &route, &options, &callbacks, train);
}

void
rp_trains_finish(RpLane *lane)
{
	for (guint i = 0; i < lane->trains->len; i++)
		rp_delivery_finish(((RpTrain *)lane->trains->pdata[i])->delivery);
}

void
rp_trains_cut(RpLane *lane)
{
	lane->exhausted = TRUE; /* nothing is begun while the ends are heard */
	while (lane->trains->len) {
		RpTrain *train = g_ptr_array_steal_index_fast(lane->trains, lane->trains->len - 1);

		rp_width_closed(train);
		rp_delivery_cancel(train->delivery);
		train_free(train);
	}
}
