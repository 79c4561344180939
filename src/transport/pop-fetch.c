/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <glib-unix.h>
#include <string.h>

/* A POP3 session once it is up: pumps octets between the connection and the engine. */

#define READ_SIZE (16 * 1024)
/* A fast server must not keep the loop from everything else. */
#define ROUNDS 32

typedef struct {
	RpPopFetch base;
	RpCurlTransport *transport;
	RpSession *session;
	RpPopClient *client; /* NULL until the session is up */
	RpWire wire;
	RpPopFetchCallbacks callbacks;
	gpointer user;
	gboolean pipelining;
	gint refs;
	gboolean gone;    /* closed or cancelled: no callbacks any more */
	gboolean paused;  /* by the owner */
	gboolean blocked; /* the connection takes no more for now */
	GSource *kick;
	GSource *socket;
	GIOCondition condition;
	GSource *timer;
	gboolean pumping;
	gint64 moved_at; /* when an octet moved, either way */
} Fetch;

static void
fetch_unref(Fetch *fetch)
{
	if (--fetch->refs > 0)
		return;
	rp_pop_client_free(fetch->client);
	g_free(fetch);
}

static void
fetch_close(Fetch *fetch, gboolean orderly)
{
	fetch->gone = TRUE;
	g_queue_remove(&fetch->transport->fetches, fetch);
	rp_source_clear(&fetch->kick);
	rp_source_clear(&fetch->socket);
	rp_source_clear(&fetch->timer);
	rp_wire_clear(&fetch->wire);
	rp_session_free(fetch->session, orderly);
	fetch->session = NULL;
	fetch_unref(fetch);
}

/* ---- what the engine says ---- */

static const struct {
	RpSessionResult result;
	const char *words;
} ends[] = {
	[RP_POP_END_QUIT] = {RP_SESSION_OK, "done"},
	[RP_POP_END_REFUSED] = {RP_SESSION_TRY_LATER, "did not delete all that it was told to"},
	[RP_POP_END_LOST] = {RP_SESSION_LOST, "the connection was lost"},
	[RP_POP_END_PROTOCOL] = {RP_SESSION_PROTOCOL_ERROR, "did not answer as a POP3 server does"},
};

static void
on_closed(Fetch *fetch, const RpPopEvent *event)
{
	const RpSessionReport *report = rp_session_report(fetch->session);
	RpSessionResult result = ends[event->end].result;
	char *detail = NULL;
	if (result != RP_SESSION_OK)
		detail = g_strdup_printf("%s:%u: %s%s%s", report->host, report->port,
			ends[event->end].words, event->text && *event->text ? ": " : "",
			event->text ? event->text : "");
	if (rp_pop_client_suspects_pipelining(fetch->client))
		rp_session_note_suspect(fetch->session);
	rp_session_conclude(fetch->session, result, NULL, detail);
	fetch->callbacks.closed(&fetch->base, report, fetch->user);
	if (!fetch->gone)
		fetch_close(fetch, event->end == RP_POP_END_QUIT);
}

static gboolean
dispatch_events(Fetch *fetch)
{
	const RpPopEvent *event;
	gboolean any = FALSE;
	while (!fetch->gone && (event = rp_pop_client_next_event(fetch->client))) {
		any = TRUE;
		if (event->kind == RP_POP_EVENT_CLOSED)
			on_closed(fetch, event);
		else
			fetch->callbacks.event(&fetch->base, event, fetch->user);
	}
	return any;
}

/* ---- the pump ---- */

static gboolean
read_some(Fetch *fetch)
{
	guint8 buffer[READ_SIZE];
	gsize got = 0;
	if (fetch->gone || fetch->paused)
		return FALSE;
	switch (rp_wire_read(&fetch->wire, buffer, sizeof buffer, &got)) {
	case RP_WIRE_AGAIN:
		return FALSE;
	case RP_WIRE_CLOSED:
		rp_pop_client_lost(fetch->client);
		return TRUE;
	case RP_WIRE_OK:
		break;
	}
	fetch->moved_at = g_get_monotonic_time();
	rp_pop_client_input(fetch->client, buffer, got);
	return TRUE;
}

static gboolean
write_some(Fetch *fetch)
{
	const guint8 *data = NULL;
	gsize taken = 0;
	if (fetch->gone || fetch->blocked)
		return FALSE;
	gsize size = rp_pop_client_output(fetch->client, &data);
	if (size == 0)
		return FALSE;
	switch (rp_wire_write(&fetch->wire, data, size, &taken)) {
	case RP_WIRE_AGAIN:
		fetch->blocked = TRUE;
		return FALSE;
	case RP_WIRE_CLOSED:
		rp_pop_client_lost(fetch->client);
		return TRUE;
	case RP_WIRE_OK:
		break;
	}
	fetch->moved_at = g_get_monotonic_time();
	rp_pop_client_sent(fetch->client, taken);
	return TRUE;
}

static void watch(Fetch *fetch);
static void arm_timer(Fetch *fetch);
static void kick(Fetch *fetch);

static void
pump(Fetch *fetch)
{
	gboolean more = TRUE;
	fetch->refs++;
	fetch->pumping = TRUE;
	for (guint round = 0; round < ROUNDS && more && !fetch->gone; round++) {
		more = read_some(fetch);
		more |= dispatch_events(fetch);
		more |= write_some(fetch);
		more |= dispatch_events(fetch);
	}
	fetch->pumping = FALSE;
	if (!fetch->gone) {
		watch(fetch);
		arm_timer(fetch);
		if (more)
			kick(fetch);
	}
	fetch_unref(fetch);
}

static gboolean
on_kick(gpointer user)
{
	Fetch *fetch = user;
	rp_source_clear(&fetch->kick);
	pump(fetch);
	return G_SOURCE_REMOVE;
}

static void
kick(Fetch *fetch)
{
	if (fetch->kick || fetch->pumping || fetch->gone || !fetch->client)
		return;
	fetch->kick = g_idle_source_new();
	g_source_set_priority(fetch->kick, G_PRIORITY_DEFAULT);
	g_source_set_callback(fetch->kick, on_kick, fetch, NULL);
	g_source_attach(fetch->kick, g_main_context_get_thread_default());
}

static gboolean
on_socket(gint fd, GIOCondition condition, gpointer user)
{
	Fetch *fetch = user;
	if (condition & (G_IO_OUT | G_IO_ERR | G_IO_HUP))
		fetch->blocked = FALSE;
	/* Paused, nothing would be read and the descriptor would stay ready: what is there can
	 * wait, what broke can't. */
	if (fetch->paused && (condition & (G_IO_ERR | G_IO_HUP))) {
		rp_pop_client_lost(fetch->client);
		fetch->paused = FALSE;
	}
	pump(fetch);
	return G_SOURCE_CONTINUE;
}

static void
watch(Fetch *fetch)
{
	GIOCondition condition = (fetch->paused ? 0 : G_IO_IN) | (fetch->blocked ? G_IO_OUT : 0);
	if (fetch->socket && condition == fetch->condition)
		return;
	rp_source_clear(&fetch->socket);
	fetch->condition = condition;
	fetch->socket = g_unix_fd_source_new(fetch->wire.fd, condition);
	g_source_set_callback(fetch->socket, G_SOURCE_FUNC(on_socket), fetch, NULL);
	g_source_attach(fetch->socket, g_main_context_get_thread_default());
}

/* ---- time ---- */

static gint64
wait_span(const Fetch *fetch)
{
	const RpTransportTimes *times = &fetch->transport->times;
	RpPopWait wait = rp_pop_client_wait(fetch->client);
	if (wait == RP_POP_WAIT_QUIT)
		return times->quit_ms * (gint64)1000;
	return rp_pop_wait_seconds(wait) * G_TIME_SPAN_SECOND / 100 * times->reply_percent;
}

/* Our own slowness is not the server's. */
static gboolean
is_waiting(const Fetch *fetch)
{
	return !fetch->paused && wait_span(fetch) > 0;
}

static gboolean
on_timer(gpointer user)
{
	Fetch *fetch = user;
	g_source_set_ready_time(fetch->timer, -1);
	if (is_waiting(fetch) && g_get_monotonic_time() >= fetch->moved_at + wait_span(fetch))
		rp_pop_client_lost(fetch->client);
	pump(fetch);
	return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_timer(GSource *source, GSourceFunc callback, gpointer user)
{
	return callback(user);
}

static GSourceFuncs timer_funcs = {.dispatch = dispatch_timer};

static void
arm_timer(Fetch *fetch)
{
	if (!fetch->timer) {
		fetch->timer = g_source_new(&timer_funcs, sizeof(GSource));
		g_source_set_callback(fetch->timer, on_timer, fetch, NULL);
		g_source_attach(fetch->timer, g_main_context_get_thread_default());
	}
	g_source_set_ready_time(
		fetch->timer, is_waiting(fetch) ? fetch->moved_at + wait_span(fetch) : -1);
}

/* ---- the session comes up ---- */

static void
on_session(RpSession *session, gpointer user)
{
	Fetch *fetch = user;
	const RpSessionReport *report = rp_session_report(session);
	fetch->refs++;
	if (report->result != RP_SESSION_OK) {
		fetch->callbacks.closed(&fetch->base, report, fetch->user);
		if (!fetch->gone)
			fetch_close(fetch, TRUE);
		fetch_unref(fetch);
		return;
	}
	RpPopClientOptions options = {.can = report->pop_can, .pipelining = fetch->pipelining};
	rp_wire_init(&fetch->wire, session);
	fetch->client = rp_pop_client_new(&options);
	fetch->moved_at = g_get_monotonic_time();
	fetch->callbacks.ready(&fetch->base, report, fetch->user);
	if (!fetch->gone)
		pump(fetch);
	fetch_unref(fetch);
}

/* ---- operations ---- */

RpPopFetch *
rp_curl_pop_fetch_start(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpPopFetchOptions *options, const RpPopFetchCallbacks *callbacks, gpointer user)
{
	g_return_val_if_fail(set->pop && set->pop_login.user, NULL);
	RpCurlTransport *curl = (RpCurlTransport *)transport;
	RpSessionPlan plan = {0};
	Fetch *fetch = g_new0(Fetch, 1);
	fetch->base.transport = transport;
	fetch->transport = curl;
	fetch->callbacks = *callbacks;
	fetch->user = user;
	fetch->refs = 1;
	fetch->pipelining = !set->pipelining_off && !(options && options->pipelining_off);
	rp_session_plan_fill_pop(
		&plan, set, route, options ? options->expected_banner_domain : NULL);
	g_queue_push_tail(&curl->fetches, fetch);
	fetch->session = rp_session_new(curl->multi, &plan, &curl->times, on_session, NULL, fetch);
	return &fetch->base;
}

gboolean
rp_curl_pop_fetch_get(RpPopFetch *base, guint number, gboolean header_only, gpointer user)
{
	Fetch *fetch = (Fetch *)base;
	if (fetch->gone || !fetch->client ||
		!rp_pop_client_fetch(fetch->client, number, header_only, user))
		return FALSE;
	kick(fetch);
	return TRUE;
}

gboolean
rp_curl_pop_fetch_delete(RpPopFetch *base, guint number, gpointer user)
{
	Fetch *fetch = (Fetch *)base;
	if (fetch->gone || !fetch->client || !rp_pop_client_delete(fetch->client, number, user))
		return FALSE;
	kick(fetch);
	return TRUE;
}

void
rp_curl_pop_fetch_pause(RpPopFetch *base, gboolean pause)
{
	Fetch *fetch = (Fetch *)base;
	if (fetch->gone || fetch->paused == pause)
		return;
	fetch->paused = pause;
	fetch->moved_at = g_get_monotonic_time();
	kick(fetch);
}

void
rp_curl_pop_fetch_finish(RpPopFetch *base)
{
	Fetch *fetch = (Fetch *)base;
	if (fetch->gone || !fetch->client)
		return;
	rp_pop_client_finish(fetch->client);
	kick(fetch);
}

void
rp_curl_pop_fetch_cancel(RpPopFetch *base)
{
	Fetch *fetch = (Fetch *)base;
	if (!fetch->gone)
		fetch_close(fetch, FALSE);
}
