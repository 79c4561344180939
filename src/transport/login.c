/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <string.h>

/* A login over a wire that is up: tells the engine what the connection says. */

struct RpWireLogin {
	RpPump pump;
	RpSasl *sasl;
	gboolean silent; /* it ended so */
	guint reply_percent;
	RpWireLoginDone done;
	gpointer user;
};

/* ---- what the pump says ---- */

static gboolean
on_input(gpointer owner, const guint8 *data, gsize size)
{
	rp_sasl_input(((RpWireLogin *)owner)->sasl, data, size);
	return memchr(data, '\n', size) != NULL;
}

static gsize
next_output(gpointer owner, const guint8 **data)
{
	return rp_sasl_output(((RpWireLogin *)owner)->sasl, data);
}

static void
on_sent(gpointer owner, gsize size)
{
	rp_sasl_sent(((RpWireLogin *)owner)->sasl, size);
}

static void
on_lost(gpointer owner, RpPumpLoss how)
{
	RpWireLogin *login = owner;
	login->silent = how == RP_PUMP_SILENT;
	rp_sasl_lost(login->sasl);
}

/* Whoever is told uses the wire, and closes it maybe: it must be ours no more. */
static gboolean
on_turn(gpointer owner)
{
	RpWireLogin *login = owner;
	const RpSaslResult *result = rp_sasl_result(login->sasl);
	if (!result)
		return FALSE;
	rp_pump_hold(&login->pump);
	rp_pump_stop(&login->pump);
	login->done(result, login->silent, login->user);
	rp_pump_let_go(&login->pump);
	return TRUE;
}

static gint64
patience(gpointer owner)
{
	const RpWireLogin *login = owner;
	return rp_pump_patience(rp_sasl_wait_seconds(login->sasl), login->reply_percent);
}

static void
login_free(gpointer owner)
{
	rp_sasl_free(((RpWireLogin *)owner)->sasl);
	g_free(owner);
}

static const RpPumpOwner pump_owner = {
	.input = on_input,
	.output = next_output,
	.sent = on_sent,
	.lost = on_lost,
	.turn = on_turn,
	.patience = patience,
	.free = login_free,
};

/* ---- the owner's side ---- */

static void
on_wake(gpointer user)
{
	RpWireLogin *login = user;
	rp_sasl_resume(login->sasl);
	rp_pump_kick(&login->pump);
}

RpWireLogin *
rp_wire_login_new(RpWire *wire, const RpSaslOptions *options, guint reply_percent,
	RpWireLoginDone done, gpointer user)
{
	RpWireLogin *login = g_new0(RpWireLogin, 1);
	RpSaslOptions own = *options;
	own.account.wake = on_wake;
	own.account.wake_user = login;
	login->reply_percent = reply_percent;
	login->done = done;
	login->user = user;
	login->sasl = rp_sasl_new(&own);
	rp_pump_init(&login->pump, &pump_owner, login);
	rp_pump_start(&login->pump, wire);
	rp_pump_kick(&login->pump);
	return login;
}

void
rp_wire_login_free(RpWireLogin *login)
{
	if (login)
		rp_pump_stop(&login->pump);
}
