/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <string.h>

/* An SMTP session once it is up: tells the engine what the connection says, and the owner what
 * becomes of its messages. */

/* Small ones on a line that holds much. */
#define MESSAGES_IN_FLIGHT 1000
/* A server that has not answered QUIT before is waited for so many round trips, and so long. */
#define QUIT_TRIPS 3
#define QUIT_LEAST (100 * G_TIME_SPAN_MILLISECOND)

typedef struct {
	RpDelivery base;
	RpWiredTransport *transport;
	RpSession *session;
	RpStall *stall;       /* NULL: larger packets are not sent, or it is not up */
	RpPortProbe *probe;   /* of a session that could not be had at port 25 */
	GSource *unneeded;    /* it is finished, and has so long to come up; or NULL */
	RpSmtpClient *client; /* NULL until the session is up */
	RpPump pump;
	RpDeliveryCallbacks callbacks;
	gpointer user;
	RpSmtpClientOptions options;
	gboolean finished; /* the owner has no more messages */
	gboolean gone;     /* closed or cancelled: no callbacks any more */
	gboolean want_told;
	gboolean prepared;     /* its session was */
	gboolean quit_unheard; /* by an earlier session: it won't be */
	guint64 rate;          /* that the owner expects */
	guint64 before;        /* octets of the login, which the wire counts too */
} Delivery;

/* Lets go of the connection and the loop; the memory lives until the last caller is out. */
static void
delivery_close(Delivery *delivery, gboolean orderly)
{
	delivery->gone = TRUE;
	g_queue_remove(&delivery->transport->deliveries, delivery);
	rp_pump_hold(&delivery->pump);
	rp_pump_stop(&delivery->pump);
	rp_source_clear(&delivery->unneeded);
	g_clear_pointer(&delivery->probe, rp_port_probe_free);
	g_clear_pointer(&delivery->stall, rp_stall_free);
	rp_session_free(delivery->session, orderly);
	delivery->session = NULL;
	rp_pump_let_go(&delivery->pump);
}

/* ---- what the engine says ---- */

static void
on_closed(Delivery *delivery, const RpSmtpEvent *event)
{
	RpSessionResult result = rp_session_verdict_end(event);
	const RpSessionReport *report = rp_session_report(delivery->session);
	char *detail = result == RP_SESSION_OK ? NULL : rp_session_end_words(report, event);
	rp_session_note_seen(delivery->session, rp_smtp_client_pipelining(delivery->client),
		rp_smtp_client_content_group(delivery->client),
		rp_smtp_client_chunking(delivery->client));
	rp_session_conclude(delivery->session, result, event->reply, detail);
	delivery->callbacks.closed(&delivery->base, report, delivery->user);
	if (!delivery->gone)
		delivery_close(delivery, event->end == RP_SMTP_END_QUIT);
}

static gboolean
was_taken(const RpSmtpMessageResult *result)
{
	for (guint i = 0; i < result->n_recipients; i++)
		if (result->recipients[i].outcome == RP_SMTP_ACCEPTED)
			return TRUE;
	return FALSE;
}

static gboolean
dispatch_events(Delivery *delivery)
{
	const RpSmtpEvent *event;
	gboolean any = FALSE;
	while (!delivery->gone && (event = rp_smtp_client_next_event(delivery->client))) {
		any = TRUE;
		switch (event->kind) {
		case RP_SMTP_EVENT_MESSAGE:
			if (was_taken(&event->message))
				rp_session_forgive(delivery->session);
			delivery->callbacks.outcome(
				&delivery->base, &event->message, delivery->user);
			break;
		case RP_SMTP_EVENT_PIPELINING_SUSPECT:
			break; /* its end says so too */
		case RP_SMTP_EVENT_RECIPIENT_LIMIT:
			rp_session_note_limit(delivery->session, event->limit);
			break;
		case RP_SMTP_EVENT_CHUNKING_WORKS:
			if (delivery->callbacks.chunking_works)
				delivery->callbacks.chunking_works(&delivery->base, delivery->user);
			break;
		case RP_SMTP_EVENT_CLOSED:
			on_closed(delivery, event);
			return TRUE;
		}
	}
	return any;
}

static gboolean
ask_for_message(Delivery *delivery)
{
	if (delivery->gone || delivery->want_told || delivery->finished)
		return FALSE;
	if (!rp_smtp_client_wants_message(delivery->client))
		return FALSE;
	delivery->want_told = TRUE;
	delivery->callbacks.want(&delivery->base, delivery->user);
	return TRUE;
}

/* ---- what the pump says ---- */

static gboolean
on_input(gpointer owner, const guint8 *data, gsize size)
{
	Delivery *delivery = owner;
	gboolean any = rp_smtp_client_input(delivery->client, data, size);
	rp_wire_hint(delivery->pump.wire, RP_WIRE_HEARD);
	return any;
}

static gsize
next_output(gpointer owner, const guint8 **data)
{
	return rp_smtp_client_output(((Delivery *)owner)->client, data);
}

static void
on_sent(gpointer owner, gsize size)
{
	rp_smtp_client_sent(((Delivery *)owner)->client, size);
}

static gboolean
stalls(gpointer owner, const RpWireMeasure *measure)
{
	return rp_stall_look(((Delivery *)owner)->stall, measure);
}

/* The server has something and lacks what is before it, which does not get through to it: it can
 * have nothing whole that ends behind that. Where it has not said so, all may have arrived and
 * whoever is between us (a router that began anew) may only keep its word from us. */
static gboolean
lacks_some(const Delivery *delivery)
{
	RpWireMeasure measure = {0};

	rp_wire_measure(delivery->pump.wire, &measure);
	return measure.carried > measure.octets;
}

/* Octets of its messages that the server may have. */
static guint64
count_left(const Delivery *delivery, RpPumpLoss how)
{
	const RpWire *wire = delivery->pump.wire;
	guint64 left = how == RP_PUMP_STALLED && lacks_some(delivery) ? rp_wire_arrived(wire)
								      : rp_wire_left(wire);

	return MIN(MAX(left, delivery->before) - delivery->before,
		rp_smtp_client_offset(delivery->client));
}

static void
on_lost(gpointer owner, RpPumpLoss how)
{
	Delivery *delivery = owner;

	if (how == RP_PUMP_SILENT && rp_smtp_client_wait(delivery->client) == RP_SMTP_WAIT_QUIT)
		rp_session_note_quit_unheard(delivery->session);
	else if (how == RP_PUMP_SILENT)
		rp_session_note_silence(delivery->session);
	if (how == RP_PUMP_STALLED)
		rp_session_note_stall(delivery->session);
	rp_smtp_client_lost(delivery->client, count_left(delivery, how));
}

static gboolean
on_turn(gpointer owner)
{
	Delivery *delivery = owner;
	gboolean any = dispatch_events(delivery);

	while (ask_for_message(delivery)) {
		any = TRUE;
		if (!delivery->gone)
			rp_smtp_client_top_up(delivery->client);
	}
	return any;
}

/* All that was sent has its answer: nothing hangs on the one to QUIT, but that a server which
 * counts connections sees this one end before the next begins. */
static gint64
quit_patience(const Delivery *delivery)
{
	gint64 whole = delivery->transport->times.quit_ms * (gint64)1000;
	RpWireMeasure measure = {0};

	if (!delivery->quit_unheard)
		return whole;
	rp_wire_measure(delivery->pump.wire, &measure);
	return MIN(whole, MAX(QUIT_TRIPS * measure.rtt, QUIT_LEAST));
}

static gint64
patience(gpointer owner)
{
	const Delivery *delivery = owner;
	const RpTransportTimes *times = &delivery->transport->times;
	RpSmtpWait wait = rp_smtp_client_wait(delivery->client);
	if (wait == RP_SMTP_WAIT_QUIT)
		return quit_patience(delivery);
	return rp_pump_patience(rp_smtp_wait_seconds(wait), times->reply_percent);
}

static void
delivery_free(gpointer owner)
{
	rp_smtp_client_free(((Delivery *)owner)->client);
	g_free(owner);
}

static const RpPumpOwner pump_owner = {
	.input = on_input,
	.output = next_output,
	.sent = on_sent,
	.lost = on_lost,
	.stalls = stalls,
	.turn = on_turn,
	.patience = patience,
	.free = delivery_free,
};

/* ---- the session comes up ---- */

static gboolean
sends_without_waiting(const Delivery *delivery, const RpSessionReport *report)
{
	guint needed = RP_SMTP_CAN_PIPELINING | RP_SMTP_CAN_CHUNKING;
	return delivery->options.pipelining && (report->capabilities.can & needed) == needed;
}

static void
give_up(gpointer user)
{
	Delivery *delivery = user;
	rp_pump_hold(&delivery->pump);
	delivery->callbacks.closed(
		&delivery->base, rp_session_report(delivery->session), delivery->user);
	if (!delivery->gone)
		delivery_close(delivery, TRUE);
	rp_pump_let_go(&delivery->pump);
}

/* Nobody waits for what a server says that has nothing to do any more. Where it has failed, that
 * stays so, and other ports are asked no longer. */
static gboolean
on_unneeded(gpointer user)
{
	Delivery *delivery = user;

	if (!delivery->probe)
		rp_session_conclude(delivery->session, RP_SESSION_OK, NULL, NULL);
	give_up(delivery);
	return G_SOURCE_REMOVE;
}

/* It may be about to come up, and then leaves in order: it has as long as an answer to QUIT. */
static void
limit_set_up(Delivery *delivery)
{
	if (delivery->unneeded || delivery->gone)
		return;
	delivery->unneeded = rp_source_timer(on_unneeded, delivery);
	g_source_set_ready_time(delivery->unneeded,
		g_get_monotonic_time() + delivery->transport->times.quit_ms * (gint64)1000);
}

static void
on_failed(Delivery *delivery)
{
	if (rp_session_report(delivery->session)->result == RP_SESSION_UNREACHABLE &&
		!rp_session_plan(delivery->session)->elsewhere)
		delivery->probe = rp_port_probe_start(delivery->transport->wires, delivery->session,
			&delivery->transport->times, give_up, delivery);
	if (!delivery->probe)
		give_up(delivery);
}

static void
on_session(RpSession *session, gpointer user)
{
	Delivery *delivery = user;
	const RpSessionReport *report = rp_session_report(session);
	if (report->result != RP_SESSION_OK) {
		on_failed(delivery);
		return;
	}
	rp_source_clear(&delivery->unneeded);
	rp_pump_hold(&delivery->pump);
	delivery->client = rp_smtp_client_new(&report->capabilities, &delivery->options);
	rp_pump_start(&delivery->pump, rp_session_wire(session));
	if (!rp_session_plan(session)->route.small_segments) {
		delivery->stall = rp_stall_new(delivery->transport->wires, session);
		delivery->pump.look = delivery->transport->times.stall_look_ms * (gint64)1000;
	}
	delivery->before = rp_wire_left(delivery->pump.wire);
	if (sends_without_waiting(delivery, report))
		rp_wire_hint(delivery->pump.wire, RP_WIRE_STREAMS);
	if (delivery->finished)
		rp_smtp_client_finish(delivery->client);
	if (delivery->callbacks.ready)
		delivery->callbacks.ready(&delivery->base, report, delivery->user);
	if (!delivery->gone)
		rp_pump_run(&delivery->pump);
	rp_pump_let_go(&delivery->pump);
}

static void
on_reached(RpSession *session, gpointer user)
{
	Delivery *delivery = user;
	if (!delivery->callbacks.reached || delivery->gone)
		return;
	rp_pump_hold(&delivery->pump);
	delivery->callbacks.reached(&delivery->base, delivery->user);
	rp_pump_let_go(&delivery->pump);
}

/* ---- operations ---- */

/* The one that was prepared, or a new one. Takes the plan. */
static RpSession *
get_session(Delivery *delivery, const RpServerSet *set, RpSessionPlan *plan)
{
	RpWiredTransport *wired = delivery->transport;
	RpSession *session = plan->elsewhere ? NULL : rp_prepared_take(wired, set, plan);

	if (!session)
		return rp_session_new(
			wired->wires, plan, &wired->times, on_session, on_reached, delivery);
	rp_session_plan_clear(plan);
	delivery->prepared = TRUE;
	rp_session_take(session, on_session, on_reached, delivery);
	return session;
}

RpDelivery *
rp_wired_delivery_start(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpDeliveryOptions *options, const RpDeliveryCallbacks *callbacks, gpointer user)
{
	RpWiredTransport *wired = (RpWiredTransport *)transport;
	RpSessionPlan plan = {0};
	Delivery *delivery = g_new0(Delivery, 1);
	delivery->base.transport = transport;
	delivery->transport = wired;
	delivery->callbacks = *callbacks;
	delivery->user = user;
	rp_pump_init(&delivery->pump, &pump_owner, delivery);
	delivery->options.pipelining =
		!set->pipelining_off && !(options && options->pipelining_off);
	delivery->options.content_alone = options && options->content_alone;
	delivery->options.await_rcpt = options && options->await_rcpt;
	/* What is in flight is bounded by the wire, not by what is unanswered: a large message
	 * leaves no gap behind it. How many wait for answers, the owner decides. */
	delivery->options.max_octets = -1;
	delivery->options.max_messages =
		options && options->max_messages ? options->max_messages : MESSAGES_IN_FLIGHT;
	delivery->options.max_recipients = options ? options->max_recipients : 0;
	rp_session_plan_fill_smtp(&plan, wired, set, route, options);
	delivery->options.chunking_untried = options && options->chunking_untried;
	delivery->options.chunking_off = plan.chunking_off;
	g_queue_push_tail(&wired->deliveries, delivery);
	delivery->rate = options ? options->rate : 0;
	delivery->quit_unheard = options && options->quit_unheard;
	delivery->session = get_session(delivery, set, &plan);
	return &delivery->base;
}

void
rp_wired_delivery_shun(RpDelivery *base)
{
	Delivery *delivery = (Delivery *)base;

	if (delivery->session)
		rp_session_shun(delivery->session);
}

void
rp_wired_delivery_measure(const RpDelivery *base, RpLineMeasure *measure)
{
	const Delivery *delivery = (const Delivery *)base;
	RpWireMeasure wire;
	guint64 offset;

	if (!delivery->client) {
		if (delivery->session) {
			measure->rtt = rp_session_rtt(delivery->session);
			measure->quiet = rp_session_quiet(delivery->session);
		}
		measure->prepared = delivery->prepared;
		return;
	}
	rp_wire_measure(delivery->pump.wire, &wire);
	offset = rp_smtp_client_offset(delivery->client);
	*measure = (RpLineMeasure){
		.rtt = wire.rtt,
		.octets = wire.octets,
		.rate = wire.rate,
		.rtt_now = wire.rtt_now,
		.carried = wire.carried,
		.window = wire.window,
		.again = wire.again,
		.arrived = offset - MIN(wire.waiting, offset),
		.unarrived = wire.waiting,
		.prepared = delivery->prepared,
		.quiet = g_get_monotonic_time() - delivery->pump.moved_at,
		.waited = delivery->pump.waited,
	};
}

void
rp_wired_delivery_each_progress(const RpDelivery *base, RpSmtpProgressFunc func, gpointer user)
{
	const Delivery *delivery = (const Delivery *)base;
	RpLineMeasure measure = {0};

	if (!delivery->client || delivery->gone)
		return;
	rp_wired_delivery_measure(base, &measure);
	rp_smtp_client_each_progress(delivery->client, measure.arrived, func, user);
}

void
rp_wired_delivery_astray(RpDelivery *base, gboolean astray)
{
	const Delivery *delivery = (const Delivery *)base;

	if (delivery->client && !delivery->gone)
		rp_wire_hint(delivery->pump.wire, astray ? RP_WIRE_ASTRAY : RP_WIRE_ON_WAY);
}

void
rp_wired_delivery_trust_chunking(RpDelivery *base)
{
	Delivery *delivery = (Delivery *)base;

	delivery->options.chunking_untried = FALSE;
	if (!delivery->client || delivery->gone)
		return;
	rp_smtp_client_trust_chunking(delivery->client);
	rp_pump_kick(&delivery->pump);
}

/* Asking costs a round trip; not to ask, at the worst, the time of the content on the line. */
static gboolean
is_cheap(const Delivery *delivery, gint64 size)
{
	RpWireMeasure measure;
	rp_wire_measure(delivery->pump.wire, &measure);
	return delivery->rate &&
	       (guint64)size * G_USEC_PER_SEC / delivery->rate < (guint64)measure.rtt;
}

gboolean
rp_wired_delivery_push(RpDelivery *base, const RpSmtpMessage *message)
{
	Delivery *delivery = (Delivery *)base;
	if (delivery->gone || delivery->finished || !delivery->client)
		return FALSE;
	if (is_cheap(delivery, message->size))
		rp_smtp_client_do_not_await_rcpt(delivery->client);
	if (!rp_smtp_client_push(delivery->client, message))
		return FALSE;
	delivery->want_told = FALSE;
	rp_pump_kick(&delivery->pump);
	return TRUE;
}

void
rp_wired_delivery_finish(RpDelivery *base)
{
	Delivery *delivery = (Delivery *)base;
	delivery->finished = TRUE;
	if (!delivery->client) {
		limit_set_up(delivery);
		return;
	}
	rp_smtp_client_finish(delivery->client);
	rp_pump_kick(&delivery->pump);
}

void
rp_wired_delivery_cancel(RpDelivery *base)
{
	Delivery *delivery = (Delivery *)base;
	const RpSmtpEvent *event;
	if (delivery->gone)
		return;
	rp_pump_hold(&delivery->pump);
	delivery->gone = TRUE;
	if (delivery->client && !rp_smtp_client_is_closed(delivery->client))
		on_lost(delivery, FALSE);
	while (delivery->client && (event = rp_smtp_client_next_event(delivery->client))) {
		if (event->kind == RP_SMTP_EVENT_MESSAGE)
			delivery->callbacks.outcome(
				&delivery->base, &event->message, delivery->user);
	}
	delivery_close(delivery, FALSE);
	rp_pump_let_go(&delivery->pump);
}

/* The first time that MAIL went behind content has a time of its own, and says why it is silent. */
void
rp_wired_delivery_take_back(RpDelivery *base)
{
	Delivery *delivery = (Delivery *)base;
	RpSmtpClient *client = delivery->client;

	if (delivery->gone || !client || rp_smtp_client_wait(client) == RP_SMTP_WAIT_GROUP)
		return;
	delivery->finished = TRUE;
	rp_session_shun(delivery->session);
	rp_pump_hold(&delivery->pump);
	if (rp_smtp_client_any_in_doubt(client, count_left(delivery, RP_PUMP_BROKEN))) {
		rp_smtp_client_take_back(client);
	} else {
		rp_session_note_silence(delivery->session);
		rp_smtp_client_give_up(client);
	}
	dispatch_events(delivery);
	if (!delivery->gone)
		rp_pump_kick(&delivery->pump);
	rp_pump_let_go(&delivery->pump);
}
