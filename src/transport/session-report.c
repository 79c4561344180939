/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-private.h"

#include "roampost/ports.h"

/* What a session knows of itself: where it is at, and how it went so far. */

const RpEndpoint *
rp_session_endpoint(const RpSession *session)
{
	return g_ptr_array_index(session->plan.endpoints, session->endpoint);
}

void
rp_session_enter(RpSession *session, SessionState state, const char *reason)
{
	static const char *const names[] = {"password", "connecting", "login", "up", "failed"};
	const RpEndpoint *endpoint = rp_session_endpoint(session);
	g_debug("session %s:%u: %s -> %s (%s)", endpoint->host, endpoint->port,
		names[session->state], names[state], reason);
	session->state = state;
}

void
rp_session_conclude(RpSession *session, RpSessionResult result, const RpReply *reply, char *detail)
{
	RpSmtpReply *kept =
		reply ? rp_smtp_reply_new(reply->stage, reply->code, reply->text) : NULL;
	session->report.result = result;
	rp_smtp_reply_free(session->reply);
	session->reply = kept;
	session->report.reply = kept ? &kept->reply : NULL;
	g_free(session->detail);
	session->detail = detail;
	session->report.detail = detail;
}

void
rp_session_note_seen(RpSession *session, RpSeen pipelining, RpSeen chunking)
{
	session->report.pipelining = pipelining;
	session->report.chunking = chunking;
}

void
rp_session_note_silence(RpSession *session)
{
	session->report.silent = TRUE;
}

void
rp_session_note_stall(RpSession *session)
{
	session->report.stalled = TRUE;
}

void
rp_session_note_limit(RpSession *session, guint limit)
{
	session->report.recipient_limit = limit;
}

const RpSessionPlan *
rp_session_plan(const RpSession *session)
{
	return &session->plan;
}

const RpSessionReport *
rp_session_report(const RpSession *session)
{
	return &session->report;
}

RpWire *
rp_session_wire(const RpSession *session)
{
	return session->wire;
}

gint64
rp_session_rtt(const RpSession *session)
{
	return session->rtt;
}

void
rp_session_fill_report(RpSession *session, const RpWireMeasure *wire)
{
	RpDialogue *dialogue = &session->dialogue;
	const RpEndpoint *endpoint = rp_session_endpoint(session);
	RpSessionReport *report = &session->report;
	report->host = endpoint->host;
	report->port = endpoint->port;
	if (wire && wire->local.family != RP_FAMILY_ANY)
		report->local = wire->local;
	if (wire && wire->peer.family != RP_FAMILY_ANY)
		report->peer = wire->peer;
	if (wire)
		report->certificate_end = wire->certificate_end;
	g_free(session->banner_host);
	session->banner_host = g_strdup(dialogue->banner_host);
	report->banner_host = session->banner_host;
	g_free(session->banner_domain);
	session->banner_domain = g_strdup(dialogue->banner_domain);
	report->banner_domain = session->banner_domain;
	report->capabilities = dialogue->capabilities;
	if (session->plan.chunking_off)
		report->capabilities.can &= ~(guint)RP_SMTP_CAN_CHUNKING;
	report->pop_can = dialogue->pop_can;
}

/* It broke off before anything was said, as where one side waits for TLS and the other for a
 * greeting. */
static gboolean
talked_past(const RpSession *session, const RpWireFailure *failure)
{
	const RpDialogue *dialogue = &session->dialogue;

	if (dialogue->reply || dialogue->in_reply || dialogue->strange)
		return FALSE;
	return failure->kind == RP_WIRE_TLS_FAILED ||
	       (failure->kind == RP_WIRE_BROKEN && session->report.reached);
}

/* Takes the words; behind them what to write, where the port is for the other kind of TLS. */
static char *
with_port(const RpSession *session, const RpWireFailure *failure, char *words)
{
	g_autofree char *told = words, *url = NULL;
	const RpEndpoint *endpoint = rp_session_endpoint(session);
	const char *scheme = session->plan.pop ? "pop3" : "smtp";
	const RpUsualPort *port = rp_port_mistaken(scheme, endpoint);

	if (!port || !words || !talked_past(session, failure))
		return g_steal_pointer(&told);
	url = rp_port_url(scheme, port->implicit_tls, endpoint->host, port->port);
	return g_strdup_printf(port->implicit_tls ? "%s; port %u begins with TLS: write %s=%s"
						  : "%s; port %u begins in clear: write %s=%s",
		told, port->port, session->plan.pop ? "pop" : "smtp", url);
}

void
rp_session_judge(RpSession *session, RpSessionResult result, const RpWireFailure *failure)
{
	RpWireMeasure measure;
	const RpSmtpReply *reply = session->dialogue.reply;
	rp_wire_measure(session->wire, &measure);
	if (measure.rtt)
		session->rtt = measure.rtt;
	rp_session_fill_report(session, &measure);
	if (result == RP_SESSION_OK)
		rp_session_conclude(session, result, NULL, NULL);
	else
		rp_session_conclude(session, result, reply ? &reply->reply : NULL,
			with_port(session, failure,
				rp_session_verdict_words(&session->plan,
					rp_session_endpoint(session), &session->dialogue, result,
					failure)));
}

void
rp_session_drop_wire(RpSession *session)
{
	rp_source_clear(&session->deadline);
	rp_wire_close(g_steal_pointer(&session->wire), TRUE);
}
