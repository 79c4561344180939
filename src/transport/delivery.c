/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <glib-unix.h>
#include <string.h>

/* An SMTP session once it is up: pumps octets between the connection and the engine, and tells the
 * owner what becomes of its messages. */

#define READ_SIZE (16 * 1024)
/* Small ones on a line that holds much. */
#define MESSAGES_IN_FLIGHT 1000
/* A server that floods must not keep the loop from everything else. */
#define ROUNDS 64

typedef struct {
	RpDelivery base;
	RpCurlTransport *transport;
	RpSession *session;
	RpSmtpClient *client; /* NULL until the session is up */
	RpWire wire;
	RpDeliveryCallbacks callbacks;
	gpointer user;
	RpSmtpClientOptions options;
	gint refs;
	gboolean finished; /* the owner has no more messages */
	gboolean gone;     /* closed or cancelled: no callbacks any more */
	gboolean want_told;
	gboolean blocked; /* the connection takes no more for now */
	gboolean unwritable;
	gboolean broken; /* the engine knows that the connection is gone */
	GSource *kick;
	GSource *socket;
	GIOCondition condition;
	GSource *timer;
	gboolean pumping;
	gint64 moved_at; /* when an octet moved, either way */
	guint64 rate;    /* that the owner expects */
} Delivery;

static void
delivery_unref(Delivery *delivery)
{
	if (--delivery->refs > 0)
		return;
	rp_smtp_client_free(delivery->client);
	g_free(delivery);
}

/* Lets go of the connection and the loop; the memory lives until the last caller is out. */
static void
delivery_close(Delivery *delivery, gboolean orderly)
{
	delivery->gone = TRUE;
	g_queue_remove(&delivery->transport->deliveries, delivery);
	rp_source_clear(&delivery->kick);
	rp_source_clear(&delivery->socket);
	rp_source_clear(&delivery->timer);
	rp_wire_clear(&delivery->wire);
	rp_session_free(delivery->session, orderly);
	delivery->session = NULL;
	delivery_unref(delivery);
}

/* ---- what the engine says ---- */

static RpSessionResult
end_result(const RpSmtpEvent *event)
{
	switch (event->end) {
	case RP_SMTP_END_QUIT:
	case RP_SMTP_END_LOCAL:
		return RP_SESSION_OK;
	case RP_SMTP_END_421: {
		RpReplyContext context = {0};
		RpReplyVerdict verdict = rp_reply_classify(event->reply, &context);
		return verdict.about == RP_REFUSAL_POP_FIRST ? RP_SESSION_POP_FIRST
							     : RP_SESSION_TRY_LATER;
	}
	case RP_SMTP_END_LOST:
		return RP_SESSION_LOST;
	case RP_SMTP_END_PROTOCOL:
		return RP_SESSION_PROTOCOL_ERROR;
	}
	return RP_SESSION_LOST;
}

static char *
end_detail(const Delivery *delivery, const RpSmtpEvent *event)
{
	const RpSessionReport *report = rp_session_report(delivery->session);
	static const char *const words[] = {
		[RP_SMTP_END_QUIT] = "done",
		[RP_SMTP_END_421] = "closed the session",
		[RP_SMTP_END_LOST] = "the connection was lost",
		[RP_SMTP_END_PROTOCOL] = "did not answer as an SMTP server does",
		[RP_SMTP_END_LOCAL] = "a message could not be read",
	};
	if (!event->reply)
		return g_strdup_printf("%s:%u: %s", report->host, report->port, words[event->end]);
	return g_strdup_printf("%s:%u: %s: %u %s", report->host, report->port, words[event->end],
		event->reply->code, event->reply->text);
}

static void
on_closed(Delivery *delivery, const RpSmtpEvent *event)
{
	RpSessionResult result = end_result(event);
	char *detail = result == RP_SESSION_OK ? NULL : end_detail(delivery, event);
	rp_session_conclude(delivery->session, result, event->reply, detail);
	delivery->callbacks.closed(
		&delivery->base, rp_session_report(delivery->session), delivery->user);
	if (!delivery->gone)
		delivery_close(delivery, event->end == RP_SMTP_END_QUIT);
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
			delivery->callbacks.outcome(
				&delivery->base, &event->message, delivery->user);
			break;
		case RP_SMTP_EVENT_PIPELINING_SUSPECT:
			rp_session_note_suspect(delivery->session);
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

/* ---- the pump ---- */

static void
lose(Delivery *delivery, gboolean timed_out)
{
	guint64 offset = rp_smtp_client_offset(delivery->client);
	delivery->broken = TRUE;
	rp_smtp_client_lost(
		delivery->client, MIN(rp_wire_left(&delivery->wire), offset), timed_out);
}

static gboolean
read_some(Delivery *delivery)
{
	guint8 buffer[READ_SIZE];
	gsize got = 0;
	if (delivery->gone || delivery->broken || rp_smtp_client_is_closed(delivery->client))
		return FALSE;
	switch (rp_wire_read(&delivery->wire, buffer, sizeof buffer, &got)) {
	case RP_WIRE_AGAIN:
		if (!delivery->unwritable)
			return FALSE;
		lose(delivery, FALSE);
		return TRUE;
	case RP_WIRE_CLOSED:
		lose(delivery, FALSE);
		return TRUE;
	case RP_WIRE_OK:
		break;
	}
	delivery->moved_at = g_get_monotonic_time();
	rp_smtp_client_input(delivery->client, buffer, got);
	rp_wire_tune(&delivery->wire);
	return TRUE;
}

static gboolean
write_some(Delivery *delivery)
{
	const guint8 *data = NULL;
	gsize taken = 0;
	if (delivery->gone || delivery->broken || delivery->blocked || delivery->unwritable)
		return FALSE;
	gsize size = rp_smtp_client_output(delivery->client, &data);
	if (size == 0)
		return FALSE;
	switch (rp_wire_write(&delivery->wire, data, size, &taken)) {
	case RP_WIRE_AGAIN:
		delivery->blocked = TRUE;
		return FALSE;
	case RP_WIRE_CLOSED:
		/* What the server said before it closed is still to be read. */
		delivery->unwritable = TRUE;
		return TRUE;
	case RP_WIRE_OK:
		break;
	}
	delivery->moved_at = g_get_monotonic_time();
	rp_smtp_client_sent(delivery->client, taken);
	return TRUE;
}

static void watch(Delivery *delivery);
static void arm_timer(Delivery *delivery);
static void kick(Delivery *delivery);

static void
pump(Delivery *delivery)
{
	gboolean more = TRUE;
	delivery->refs++;
	delivery->pumping = TRUE;
	for (guint round = 0; round < ROUNDS && more && !delivery->gone; round++) {
		more = read_some(delivery);
		more |= dispatch_events(delivery);
		more |= ask_for_message(delivery);
		more |= write_some(delivery);
		more |= dispatch_events(delivery);
	}
	delivery->pumping = FALSE;
	if (!delivery->gone) {
		watch(delivery);
		arm_timer(delivery);
		if (more)
			kick(delivery);
	}
	delivery_unref(delivery);
}

static gboolean
on_kick(gpointer user)
{
	Delivery *delivery = user;
	rp_source_clear(&delivery->kick);
	pump(delivery);
	return G_SOURCE_REMOVE;
}

static void
kick(Delivery *delivery)
{
	if (delivery->kick || delivery->pumping || delivery->gone || !delivery->client)
		return;
	delivery->kick = g_idle_source_new();
	g_source_set_priority(delivery->kick, G_PRIORITY_DEFAULT);
	g_source_set_callback(delivery->kick, on_kick, delivery, NULL);
	g_source_attach(delivery->kick, g_main_context_get_thread_default());
}

static gboolean
on_socket(gint fd, GIOCondition condition, gpointer user)
{
	Delivery *delivery = user;
	if (condition & (G_IO_OUT | G_IO_ERR | G_IO_HUP))
		delivery->blocked = FALSE;
	pump(delivery);
	return G_SOURCE_CONTINUE;
}

static void
watch(Delivery *delivery)
{
	GIOCondition condition = G_IO_IN | (delivery->blocked ? G_IO_OUT : 0);
	if (delivery->socket && condition == delivery->condition)
		return;
	rp_source_clear(&delivery->socket);
	delivery->condition = condition;
	delivery->socket = g_unix_fd_source_new(delivery->wire.fd, condition);
	g_source_set_callback(delivery->socket, G_SOURCE_FUNC(on_socket), delivery, NULL);
	g_source_attach(delivery->socket, g_main_context_get_thread_default());
}

/* ---- time ---- */

static gint64
wait_span(const Delivery *delivery)
{
	const RpTransportTimes *times = &delivery->transport->times;
	RpSmtpWait wait = rp_smtp_client_wait(delivery->client);
	if (wait == RP_SMTP_WAIT_QUIT)
		return times->quit_ms * (gint64)1000;
	return rp_smtp_wait_seconds(wait) * G_TIME_SPAN_SECOND / 100 * times->reply_percent;
}

static gboolean
on_timer(gpointer user)
{
	Delivery *delivery = user;
	g_source_set_ready_time(delivery->timer, -1);
	if (g_get_monotonic_time() >= delivery->moved_at + wait_span(delivery))
		lose(delivery, TRUE);
	pump(delivery);
	return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_timer(GSource *source, GSourceFunc callback, gpointer user)
{
	return callback(user);
}

static GSourceFuncs timer_funcs = {.dispatch = dispatch_timer};

static void
arm_timer(Delivery *delivery)
{
	if (!delivery->timer) {
		delivery->timer = g_source_new(&timer_funcs, sizeof(GSource));
		g_source_set_callback(delivery->timer, on_timer, delivery, NULL);
		g_source_attach(delivery->timer, g_main_context_get_thread_default());
	}
	gint64 span = wait_span(delivery);
	g_source_set_ready_time(delivery->timer, span > 0 ? delivery->moved_at + span : -1);
}

/* ---- the session comes up ---- */

static gboolean
sends_without_waiting(const Delivery *delivery, const RpSessionReport *report)
{
	guint needed = RP_SMTP_CAN_PIPELINING | RP_SMTP_CAN_CHUNKING;
	return delivery->options.pipelining && (report->capabilities.can & needed) == needed;
}

static void
on_session(RpSession *session, gpointer user)
{
	Delivery *delivery = user;
	const RpSessionReport *report = rp_session_report(session);
	delivery->refs++;
	if (report->result != RP_SESSION_OK) {
		delivery->callbacks.closed(&delivery->base, report, delivery->user);
		if (!delivery->gone)
			delivery_close(delivery, TRUE);
		delivery_unref(delivery);
		return;
	}
	rp_wire_init(&delivery->wire, session);
	if (sends_without_waiting(delivery, report))
		rp_wire_spread(&delivery->wire);
	delivery->client = rp_smtp_client_new(&report->capabilities, &delivery->options);
	delivery->moved_at = g_get_monotonic_time();
	if (delivery->finished)
		rp_smtp_client_finish(delivery->client);
	if (delivery->callbacks.ready)
		delivery->callbacks.ready(&delivery->base, report, delivery->user);
	if (!delivery->gone)
		pump(delivery);
	delivery_unref(delivery);
}

static void
on_reached(RpSession *session, gpointer user)
{
	Delivery *delivery = user;
	if (!delivery->callbacks.reached || delivery->gone)
		return;
	delivery->refs++;
	delivery->callbacks.reached(&delivery->base, delivery->user);
	delivery_unref(delivery);
}

/* ---- operations ---- */

static void
plan_from_set(RpSessionPlan *plan, const RpServerSet *set, const RpRoute *route)
{
	plan->endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)rp_endpoint_free);
	for (guint i = 0; i < set->smtp->len; i++) {
		const RpEndpoint *endpoint = g_ptr_array_index(set->smtp, i);
		g_ptr_array_add(plan->endpoints, rp_endpoint_clone(endpoint));
	}
	plan->tls = set->smtp_tls;
	plan->auth = set->smtp_auth;
	plan->ehlo_name = g_strdup(set->ehlo_name);
	rp_session_plan_fill(plan, set, &set->smtp_login, route);
}

RpDelivery *
rp_curl_delivery_start(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpDeliveryOptions *options, const RpDeliveryCallbacks *callbacks, gpointer user)
{
	RpCurlTransport *curl = (RpCurlTransport *)transport;
	RpSessionPlan plan = {0};
	Delivery *delivery = g_new0(Delivery, 1);
	delivery->base.transport = transport;
	delivery->transport = curl;
	delivery->callbacks = *callbacks;
	delivery->user = user;
	delivery->refs = 1;
	delivery->options.pipelining =
		!set->pipelining_off && !(options && options->pipelining_off);
	delivery->options.ask_first = options && options->ask_first;
	/* What is in flight is bounded by the wire. */
	delivery->options.max_messages =
		options && options->max_messages ? options->max_messages : MESSAGES_IN_FLIGHT;
	plan_from_set(&plan, set, route);
	plan.expected_domain = g_strdup(options ? options->expected_banner_domain : NULL);
	g_queue_push_tail(&curl->deliveries, delivery);
	delivery->rate = options ? options->rate : 0;
	delivery->session =
		rp_session_new(curl->multi, &plan, &curl->times, on_session, on_reached, delivery);
	return &delivery->base;
}

void
rp_curl_delivery_measure(const RpDelivery *base, RpLineMeasure *measure)
{
	const Delivery *delivery = (const Delivery *)base;
	if (delivery->client)
		rp_wire_measure(&delivery->wire, measure);
	else if (delivery->session)
		measure->rtt = rp_session_rtt(delivery->session);
}

/* Asking costs a round trip; not to ask, at the worst, the time of the content on the line. */
static gboolean
is_cheap(const Delivery *delivery, gint64 size)
{
	RpLineMeasure measure = {0};
	rp_wire_measure(&delivery->wire, &measure);
	return delivery->rate &&
	       (guint64)size * G_USEC_PER_SEC / delivery->rate < (guint64)measure.rtt;
}

gboolean
rp_curl_delivery_push(RpDelivery *base, const RpSmtpMessage *message)
{
	Delivery *delivery = (Delivery *)base;
	if (delivery->gone || delivery->finished || !delivery->client)
		return FALSE;
	if (is_cheap(delivery, message->size))
		rp_smtp_client_do_not_ask(delivery->client);
	if (!rp_smtp_client_push(delivery->client, message))
		return FALSE;
	delivery->want_told = FALSE;
	kick(delivery);
	return TRUE;
}

void
rp_curl_delivery_content_ready(RpDelivery *base)
{
	Delivery *delivery = (Delivery *)base;
	if (!delivery->client)
		return;
	rp_smtp_client_content_ready(delivery->client);
	kick(delivery);
}

void
rp_curl_delivery_finish(RpDelivery *base)
{
	Delivery *delivery = (Delivery *)base;
	delivery->finished = TRUE;
	if (!delivery->client)
		return;
	rp_smtp_client_finish(delivery->client);
	kick(delivery);
}

void
rp_curl_delivery_cancel(RpDelivery *base)
{
	Delivery *delivery = (Delivery *)base;
	const RpSmtpEvent *event;
	if (delivery->gone)
		return;
	delivery->refs++;
	delivery->gone = TRUE;
	if (delivery->client && !rp_smtp_client_is_closed(delivery->client))
		lose(delivery, FALSE);
	while (delivery->client && (event = rp_smtp_client_next_event(delivery->client))) {
		if (event->kind == RP_SMTP_EVENT_MESSAGE)
			delivery->callbacks.outcome(
				&delivery->base, &event->message, delivery->user);
	}
	delivery_close(delivery, FALSE);
	delivery_unref(delivery);
}
