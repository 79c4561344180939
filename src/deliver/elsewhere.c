/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* All sessions of a lane hang, and nobody else is there to be answered: another address of the
 * server's name is asked beside them, once. It is given sender and recipient of a message, and
 * nothing of the content, so that nothing can come twice of it; where it would have the content it
 * serves. */

struct RpElsewhere {
	RpLane *lane;
	RpDelivery *delivery;
	char *sender, *recipient;
	gint64 size;
};

/* Whoever calls may be in the middle of its work. */
static void
note_answer(RpElsewhere *elsewhere)
{
	elsewhere->lane->answered_elsewhere = TRUE;
	rp_timer_changed(elsewhere->lane->lanes->ground->timer);
}

static gssize
read_nothing(gpointer source, gint64 offset, guint8 *buffer, gsize size)
{
	note_answer(source);
	return RP_SMTP_READ_LATER;
}

/* Without a message that it could be asked for, it is enough that it came up. */
static void
on_ready(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	RpElsewhere *elsewhere = user;

	if (!elsewhere->recipient)
		note_answer(elsewhere);
}

static void
on_want(RpDelivery *delivery, gpointer user)
{
	RpElsewhere *elsewhere = user;
	const RpSmtpMessage message = {
		.sender = elsewhere->sender,
		.recipients = (const char *const *)&elsewhere->recipient,
		.n_recipients = 1,
		.size = elsewhere->size,
		.await_rcpt = TRUE,
		.read = read_nothing,
		.source = elsewhere,
	};

	if (elsewhere->recipient && !elsewhere->lane->answered_elsewhere)
		rp_delivery_push(delivery, &message);
}

/* "No" is an answer too. */
static void
on_outcome(RpDelivery *delivery, const RpSmtpMessageResult *result, gpointer user)
{
	RpSmtpOutcome outcome = result->recipients[0].outcome;

	if (outcome == RP_SMTP_REFUSED || outcome == RP_SMTP_UNFIT)
		note_answer(user);
}

static void
elsewhere_free(RpElsewhere *elsewhere)
{
	g_free(elsewhere->sender);
	g_free(elsewhere->recipient);
	g_free(elsewhere);
}

static void
on_closed(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	RpElsewhere *elsewhere = user;

	g_info("%s: asked elsewhere: %s: %s", elsewhere->lane->set_name,
		rp_session_result_name(report->result), report->detail ? report->detail : "");
	elsewhere->delivery = NULL;
	if (elsewhere->lane->answered_elsewhere)
		return;
	elsewhere->lane->elsewhere = NULL;
	elsewhere_free(elsewhere);
}

/* ---- whether it is worth it ---- */

static void
look_at_message(gpointer outgoing, const RpSmtpProgress *progress, gpointer user)
{
	gboolean *gains = user;

	*gains = *gains || progress->at != RP_SMTP_AT_ANSWER;
}

/* Something could go there: it waits, or the server that hangs can't have it. */
static gboolean
gains(RpLane *lane)
{
	gboolean any = rp_concurrency_any_waits(lane) || !rp_lane_sessions_any_up(lane, NULL);

	for (guint i = 0; !any && i < lane->sessions->len; i++)
		rp_delivery_each_progress(((RpLaneSession *)lane->sessions->pdata[i])->delivery,
			look_at_message, &any);
	return any;
}

static gboolean
may_ask(const RpLane *lane)
{
	return !lane->cutting && !rp_lane_is_leaving(lane);
}

/* ---- life ---- */

static void
take_message(RpElsewhere *elsewhere)
{
	const RpLane *lane = elsewhere->lane;

	for (guint i = 0; i < lane->sessions->len; i++) {
		const RpLaneSession *session = lane->sessions->pdata[i];
		RpOutgoing *outgoing = g_queue_peek_head((GQueue *)&session->outgoing);

		if (!outgoing)
			continue;
		const RpSmtpMessage message = rp_outgoing_message(outgoing);
		elsewhere->sender = g_strdup(message.sender);
		elsewhere->recipient = g_strdup(message.recipients[0]);
		elsewhere->size = message.size;
		return;
	}
}

void
rp_lane_shun(const RpLane *lane)
{
	for (guint i = 0; i < lane->sessions->len; i++)
		rp_delivery_shun(((RpLaneSession *)lane->sessions->pdata[i])->delivery);
}

static void
ask(RpLane *lane)
{
	static const RpDeliveryCallbacks callbacks = {on_ready, on_want, on_outcome, on_closed};
	RpElsewhere *elsewhere = g_new0(RpElsewhere, 1);
	RpRoute route = rp_lane_own_route(lane);
	RpDeliveryOptions options = {.without_login = lane->without_login, .await_rcpt = TRUE};

	g_message("%s: nothing is answered: it is asked at another address, if it has one",
		lane->set_name);
	rp_lane_known_server(lane, &options);
	options.elsewhere = options.chunking_off = TRUE;
	elsewhere->lane = lane;
	take_message(elsewhere);
	rp_lane_shun(lane);
	lane->elsewhere = elsewhere;
	elsewhere->delivery = rp_delivery_start(
		lane->lanes->transport, lane->set, &route, &options, &callbacks, elsewhere);
}

void
rp_lane_look_elsewhere(RpLane *lane, RpTime now)
{
	if (lane->answered_elsewhere) {
		rp_lane_end_elsewhere(lane);
		rp_pace_heard_elsewhere(lane->pace, now);
	}
	/* Where it may not be asked it is put off, or it would be due all the time. */
	if (!lane->elsewhere && rp_concurrency_elsewhere_at(lane) <= now &&
		rp_pace_asks_elsewhere(lane->pace, now, may_ask(lane) && gains(lane)))
		ask(lane);
}

void
rp_lane_end_elsewhere(RpLane *lane)
{
	RpElsewhere *elsewhere = g_steal_pointer(&lane->elsewhere);

	if (!elsewhere)
		return;
	rp_delivery_cancel(elsewhere->delivery);
	lane->answered_elsewhere = FALSE;
	elsewhere_free(elsewhere);
}
