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
	session->heard_at = g_get_monotonic_time();
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
rp_session_note_seen(RpSession *session, RpSeen pipelining, RpSeen content_group, RpSeen chunking)
{
	session->report.pipelining = pipelining;
	session->report.content_group = content_group;
	session->report.chunking = chunking;
}

void
rp_session_shun(RpSession *session)
{
	RpWireMeasure measure = {0};
	const RpAddress *peer = &session->report.peer;

	if (session->wire)
		rp_wire_measure(session->wire, &measure);
	if (measure.peer.family != RP_FAMILY_ANY)
		peer = &measure.peer;
	if (session->plan.shunned)
		rp_shunned_add(session->plan.shunned, peer, rp_session_endpoint(session)->port);
}

void
rp_session_forgive(RpSession *session)
{
	if (session->plan.shunned)
		rp_shunned_drop(session->plan.shunned, &session->report.peer,
			rp_session_endpoint(session)->port);
}

void
rp_session_note_silence(RpSession *session)
{
	session->report.silent = TRUE;
	rp_session_shun(session);
}

void
rp_session_note_quit_unheard(RpSession *session)
{
	session->report.quit_unheard = TRUE;
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

gint64
rp_session_quiet(const RpSession *session)
{
	return session->heard_at ? g_get_monotonic_time() - session->heard_at : 0;
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
static RpPortKind
judge_port(const RpSession *session, const RpWireFailure *failure)
{
	const RpDialogue *dialogue = &session->dialogue;
	const RpEndpoint *endpoint = rp_session_endpoint(session);
	const RpUsualPort *usual = rp_port_usual(session->plan.pop ? "pop3" : "smtp", endpoint);
	gboolean broken = failure->kind == RP_WIRE_BROKEN && session->report.reached;

	if (dialogue->reply || dialogue->in_reply || dialogue->strange)
		return RP_PORT_AS_WRITTEN;
	/* Who speaks in clear at a port that is for TLS stands in between. */
	if (endpoint->implicit_tls)
		return (failure->kind == RP_WIRE_TLS_CLEAR || (usual && broken)) &&
				       !(usual && usual->implicit_tls)
			       ? RP_PORT_IN_CLEAR
			       : RP_PORT_AS_WRITTEN;
	if (!broken)
		return RP_PORT_AS_WRITTEN;
	if (!usual) /* one that closes may have its reasons */
		return session->overdue ? RP_PORT_SILENT : RP_PORT_AS_WRITTEN;
	return usual->implicit_tls ? RP_PORT_WITH_TLS : RP_PORT_AS_WRITTEN;
}

/* Takes the words; behind them what to write, where the port is of the other kind. */
static char *
with_port(const RpSession *session, char *words)
{
	static const struct {
		const char *begins, *how;
	} kinds[] = {
		[RP_PORT_AS_WRITTEN] = {NULL, NULL},
		[RP_PORT_IN_CLEAR] = {"port", "begins in clear: write"},
		[RP_PORT_WITH_TLS] = {"port", "begins with TLS: write"},
		[RP_PORT_SILENT] = {"if port", "begins with TLS, write"},
	};
	RpPortKind kind = session->report.port_is;
	g_autofree char *told = words, *url = NULL;
	const RpEndpoint *endpoint = rp_session_endpoint(session);
	gboolean pop = session->plan.pop;

	if (kind == RP_PORT_AS_WRITTEN || !words)
		return g_steal_pointer(&told);
	url = rp_port_url(
		pop ? "pop3" : "smtp", !endpoint->implicit_tls, endpoint->host, endpoint->port);
	return g_strdup_printf("%s; %s %u %s %s=%s", told, kinds[kind].begins, endpoint->port,
		kinds[kind].how, pop ? "pop" : "smtp", url);
}

void
rp_session_judge(RpSession *session, RpSessionResult result, const RpWireFailure *failure)
{
	RpWireMeasure measure;
	const RpSmtpReply *reply = session->dialogue.reply;
	rp_wire_measure(session->wire, &measure);
	if (measure.rtt)
		session->rtt = measure.rtt;
	if (measure.passed_over && !session->passed_at)
		session->passed_at = session->endpoint + 1;
	rp_session_fill_report(session, &measure);
	session->report.port_is = failure ? judge_port(session, failure) : RP_PORT_AS_WRITTEN;
	if (result == RP_SESSION_OK)
		rp_session_conclude(session, result, NULL, NULL);
	else
		rp_session_conclude(session, result, reply ? &reply->reply : NULL,
			with_port(session, rp_session_verdict_words(&session->plan,
						   rp_session_endpoint(session), &session->dialogue,
						   result, failure)));
}

void
rp_session_drop_wire(RpSession *session)
{
	rp_source_clear(&session->deadline);
	rp_wire_close(g_steal_pointer(&session->wire), TRUE);
}
