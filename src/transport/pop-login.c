/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <string.h>

/* A POP3 session that logs in and leaves: what "POP before SMTP" asks for. */

typedef struct {
	RpPopLogin base;
	RpWiredTransport *transport;
	RpPopLook *look; /* of the SMTP server, before it is begun */
	RpSession *session;
	RpSessionPlan plan; /* until it is begun */
	RpWire *wire;       /* the session's, once it is up */
	RpPopLoginDone done;
	gpointer user;
	gsize quit_sent;
	GSource *timer;
} Login;

static void
login_free(Login *login, gboolean orderly)
{
	g_queue_remove(&login->transport->logins, login);
	rp_source_clear(&login->timer);
	rp_pop_look_free(login->look);
	rp_session_free(login->session, orderly);
	rp_session_plan_clear(&login->plan);
	g_free(login);
}

static void
finish_with(Login *login, const RpSessionReport *report)
{
	RpPopLoginDone done = login->done;
	login->done = NULL; /* a cancel from inside has nothing left to do */
	done(&login->base, report, login->user);
	login_free(login, TRUE);
}

static void
finish(Login *login)
{
	finish_with(login, rp_session_report(login->session));
}

/* QUIT is a courtesy: the login has counted, whatever comes now. */
static gboolean
has_left(Login *login)
{
	static const char quit[] = "QUIT\r\n";
	guint8 buffer[512];
	gsize got = 0, taken = 0;
	while (login->quit_sent < sizeof quit - 1) {
		RpWireResult result =
			rp_wire_write(login->wire, (const guint8 *)quit + login->quit_sent,
				sizeof quit - 1 - login->quit_sent, &taken);
		if (result != RP_WIRE_OK)
			return result == RP_WIRE_CLOSED;
		login->quit_sent += taken;
	}
	for (;;) {
		RpWireResult result = rp_wire_read(login->wire, buffer, sizeof buffer, &got);
		if (result == RP_WIRE_AGAIN)
			return FALSE;
		if (result == RP_WIRE_CLOSED || memchr(buffer, '\n', got))
			return TRUE;
	}
}

static void
on_ready(GIOCondition condition, gpointer user)
{
	if (has_left(user))
		finish(user);
}

static gboolean
on_timer(gpointer user)
{
	finish(user);
	return G_SOURCE_REMOVE;
}

static void
on_session(RpSession *session, gpointer user)
{
	Login *login = user;
	if (rp_session_report(session)->result != RP_SESSION_OK) {
		finish(login);
		return;
	}
	login->wire = rp_session_wire(session);
	if (has_left(login)) {
		finish(login);
		return;
	}
	rp_wire_watch(login->wire, G_IO_IN, on_ready, login);
	login->timer = g_timeout_source_new(login->transport->times.quit_ms);
	g_source_set_callback(login->timer, on_timer, login, NULL);
	g_source_attach(login->timer, g_main_context_get_thread_default());
}

static void
begin(Login *login)
{
	login->session = rp_session_new(login->transport->wires, &login->plan,
		&login->transport->times, on_session, NULL, login);
}

static void
on_look(RpPopLook *look, gpointer user)
{
	Login *login = user;
	const RpSessionReport *report = rp_pop_look_report(look);

	if (report) {
		finish_with(login, report);
		return;
	}
	g_clear_pointer(&login->look, rp_pop_look_free);
	begin(login);
}

RpPopLogin *
rp_wired_pop_login(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpPopLoginOptions *options, RpPopLoginDone done, gpointer user)
{
	g_return_val_if_fail(set->pop && set->pop_login.user, NULL);
	RpWiredTransport *wired = (RpWiredTransport *)transport;
	Login *login = g_new0(Login, 1);
	login->base.transport = transport;
	login->transport = wired;
	login->done = done;
	login->user = user;
	rp_session_plan_fill_pop(&login->plan, wired, set, route, options);
	g_queue_push_tail(&wired->logins, login);
	login->look = rp_pop_look_new(wired, set, &login->plan, options, on_look, login);
	if (!login->look)
		begin(login);
	return &login->base;
}

void
rp_wired_pop_login_cancel(RpPopLogin *base)
{
	Login *login = (Login *)base;
	if (login->done)
		login_free(login, FALSE);
}
