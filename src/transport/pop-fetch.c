/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <string.h>

/* A POP3 session once it is up: tells the engine what the connection says, and the owner what came.
 */

/* So many octets of a line that has not ended are progress too. */
#define PIECE 512

typedef struct {
	RpPopFetch base;
	RpWiredTransport *transport;
	RpPopLook *look; /* of the SMTP server, before it is begun */
	RpSession *session;
	RpSessionPlan plan;  /* until it is begun */
	RpPopClient *client; /* NULL until the session is up */
	RpPump pump;
	RpPopFetchCallbacks callbacks;
	gpointer user;
	gboolean pipelining;
	gboolean gone; /* closed or cancelled: no callbacks any more */
} Fetch;

static void
fetch_close(Fetch *fetch, gboolean orderly)
{
	fetch->gone = TRUE;
	g_queue_remove(&fetch->transport->fetches, fetch);
	rp_pump_hold(&fetch->pump);
	rp_pump_stop(&fetch->pump);
	g_clear_pointer(&fetch->look, rp_pop_look_free);
	rp_session_free(fetch->session, orderly);
	fetch->session = NULL;
	rp_session_plan_clear(&fetch->plan);
	rp_pump_let_go(&fetch->pump);
}

/* ---- what the engine says ---- */

static const struct {
	RpSessionResult result;
	const char *words;
} ends[] = {
	[RP_POP_END_QUIT] = {RP_SESSION_OK, "done"},
	[RP_POP_END_UNANSWERED] = {RP_SESSION_OK, "done"},
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
	rp_session_note_seen(fetch->session, rp_pop_client_pipelining(fetch->client),
		RP_SEEN_UNTRIED, RP_SEEN_UNTRIED);
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

/* ---- what the pump says ---- */

/* A mail has as many lines as it has: each is progress, as is a piece of a long one. */
static gboolean
on_input(gpointer owner, const guint8 *data, gsize size)
{
	rp_pop_client_input(((Fetch *)owner)->client, data, size);
	return size >= PIECE || memchr(data, '\n', size);
}

static gsize
next_output(gpointer owner, const guint8 **data)
{
	return rp_pop_client_output(((Fetch *)owner)->client, data);
}

static void
on_sent(gpointer owner, gsize size)
{
	rp_pop_client_sent(((Fetch *)owner)->client, size);
}

static void
on_lost(gpointer owner, RpPumpLoss how)
{
	rp_pop_client_lost(((Fetch *)owner)->client);
}

static gboolean
on_turn(gpointer owner)
{
	return dispatch_events(owner);
}

static gint64
patience(gpointer owner)
{
	const Fetch *fetch = owner;
	const RpTransportTimes *times = &fetch->transport->times;
	RpPopWait wait = rp_pop_client_wait(fetch->client);
	if (wait == RP_POP_WAIT_QUIT)
		return times->quit_ms * (gint64)1000;
	return rp_pump_patience(rp_pop_wait_seconds(wait), times->reply_percent);
}

static gboolean
expects_much(gpointer owner)
{
	return rp_pop_client_expects_much(((const Fetch *)owner)->client);
}

static void
fetch_free(gpointer owner)
{
	rp_pop_client_free(((Fetch *)owner)->client);
	g_free(owner);
}

static const RpPumpOwner pump_owner = {
	.input = on_input,
	.output = next_output,
	.sent = on_sent,
	.lost = on_lost,
	.turn = on_turn,
	.patience = patience,
	.expects_much = expects_much,
	.free = fetch_free,
};

/* ---- the session comes up ---- */

static void
fail(Fetch *fetch, const RpSessionReport *report)
{
	rp_pump_hold(&fetch->pump);
	fetch->callbacks.closed(&fetch->base, report, fetch->user);
	if (!fetch->gone)
		fetch_close(fetch, TRUE);
	rp_pump_let_go(&fetch->pump);
}

static void
on_session(RpSession *session, gpointer user)
{
	Fetch *fetch = user;
	const RpSessionReport *report = rp_session_report(session);
	if (report->result != RP_SESSION_OK) {
		fail(fetch, report);
		return;
	}
	rp_pump_hold(&fetch->pump);
	RpPopClientOptions options = {.can = report->pop_can, .pipelining = fetch->pipelining};
	fetch->client = rp_pop_client_new(&options);
	rp_pump_start(&fetch->pump, rp_session_wire(session));
	fetch->callbacks.ready(&fetch->base, report, fetch->user);
	if (!fetch->gone)
		rp_pump_run(&fetch->pump);
	rp_pump_let_go(&fetch->pump);
}

static void
begin(Fetch *fetch)
{
	fetch->session = rp_session_new(fetch->transport->wires, &fetch->plan,
		&fetch->transport->times, on_session, NULL, fetch);
}

static void
on_look(RpPopLook *look, gpointer user)
{
	Fetch *fetch = user;
	const RpSessionReport *report = rp_pop_look_report(look);

	if (report) {
		fail(fetch, report);
		return;
	}
	g_clear_pointer(&fetch->look, rp_pop_look_free);
	begin(fetch);
}

/* ---- operations ---- */

RpPopFetch *
rp_wired_pop_fetch_start(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpPopFetchOptions *options, const RpPopFetchCallbacks *callbacks, gpointer user)
{
	g_return_val_if_fail(set->pop && set->pop_login.user, NULL);
	RpWiredTransport *wired = (RpWiredTransport *)transport;
	const RpPopLoginOptions *login = options ? &options->login : NULL;
	Fetch *fetch = g_new0(Fetch, 1);
	fetch->base.transport = transport;
	fetch->transport = wired;
	fetch->callbacks = *callbacks;
	fetch->user = user;
	rp_pump_init(&fetch->pump, &pump_owner, fetch);
	fetch->pipelining = !set->pipelining_off && !(options && options->pipelining_off);
	rp_session_plan_fill_pop(&fetch->plan, wired, set, route, login);
	g_queue_push_tail(&wired->fetches, fetch);
	fetch->look = rp_pop_look_new(wired, set, &fetch->plan, login, on_look, fetch);
	if (!fetch->look)
		begin(fetch);
	return &fetch->base;
}

gboolean
rp_wired_pop_fetch_get(RpPopFetch *base, guint number, gboolean header_only, gpointer user)
{
	Fetch *fetch = (Fetch *)base;
	if (fetch->gone || !fetch->client ||
		!rp_pop_client_fetch(fetch->client, number, header_only, user))
		return FALSE;
	rp_pump_kick(&fetch->pump);
	return TRUE;
}

gboolean
rp_wired_pop_fetch_delete(RpPopFetch *base, guint number, gpointer user)
{
	Fetch *fetch = (Fetch *)base;
	if (fetch->gone || !fetch->client || !rp_pop_client_delete(fetch->client, number, user))
		return FALSE;
	rp_pump_kick(&fetch->pump);
	return TRUE;
}

void
rp_wired_pop_fetch_pause(RpPopFetch *base, gboolean pause)
{
	Fetch *fetch = (Fetch *)base;
	if (!fetch->gone)
		rp_pump_pause(&fetch->pump, pause);
}

void
rp_wired_pop_fetch_finish(RpPopFetch *base)
{
	Fetch *fetch = (Fetch *)base;
	if (fetch->gone || !fetch->client)
		return;
	rp_pop_client_finish(fetch->client);
	rp_pump_kick(&fetch->pump);
}

void
rp_wired_pop_fetch_cancel(RpPopFetch *base)
{
	Fetch *fetch = (Fetch *)base;
	if (!fetch->gone)
		fetch_close(fetch, FALSE);
}
