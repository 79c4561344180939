/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

/* What it means that a session did not come about, or how it ended: this network, this server,
 * or our login; and the words for it. */

static RpReplyVerdict
classify(const RpDialogue *dialogue, const RpEndpoint *endpoint)
{
	RpReplyContext context = {.port = endpoint->port};
	RpReply reply = dialogue->reply->reply;
	if (reply.code == 0) /* POP3 has one kind of refusal, at whatever stage */
		reply.stage = RP_STAGE_AUTH;
	return rp_reply_classify(&reply, &context);
}

/* A refusal at the banner, EHLO or STARTTLS: it concerns us or this moment, never a recipient. */
static RpSessionResult
refused(const RpDialogue *dialogue, const RpEndpoint *endpoint)
{
	if (!dialogue->reply)
		return RP_SESSION_PROTOCOL_ERROR;
	RpReplyVerdict verdict = classify(dialogue, endpoint);
	if (verdict.class == RP_REPLY_INTERCEPTED)
		return RP_SESSION_INTERCEPTED;
	if (verdict.about == RP_REFUSAL_POP_FIRST)
		return RP_SESSION_POP_FIRST;
	if (verdict.class == RP_REPLY_POLICY)
		return RP_SESSION_REFUSED;
	guint code = dialogue->reply->reply.code;
	if (verdict.class == RP_REPLY_TRY_LATER || (code >= 400 && code < 500))
		return RP_SESSION_TRY_LATER;
	if (code >= 500)
		return RP_SESSION_REJECTED;
	/* A 220 or +OK before it: not a refusal, something else went wrong. */
	return code == 0 ? RP_SESSION_REFUSED : RP_SESSION_PROTOCOL_ERROR;
}

/* The connection never came about, or broke off while it was set up. */
static RpSessionResult
not_connected(const RpDialogue *dialogue, const RpEndpoint *endpoint)
{
	if (!dialogue->reply)
		return RP_SESSION_UNREACHABLE;
	/* It had said why. */
	return dialogue->reply->reply.code >= 400 ? refused(dialogue, endpoint) : RP_SESSION_LOST;
}

/* RFC 3207 section 4: 454 is for the moment. */
static RpSessionResult
no_tls(const RpDialogue *dialogue)
{
	guint code = dialogue->reply ? dialogue->reply->reply.code : 0;

	return code >= 400 && code < 500 ? RP_SESSION_TRY_LATER : RP_SESSION_TLS_UNAVAILABLE;
}

typedef struct {
	const RpSessionPlan *plan;
	const RpEndpoint *endpoint;
	const RpDialogue *dialogue;
} SetUp;

static RpSessionResult
judge_refusal(const SetUp *s)
{
	return refused(s->dialogue, s->endpoint);
}

static RpSessionResult
judge_connection(const SetUp *s)
{
	return not_connected(s->dialogue, s->endpoint);
}

static RpSessionResult
judge_tls(const SetUp *s)
{
	return no_tls(s->dialogue);
}

static RpSessionResult
judge_other(const SetUp *s)
{
	return s->dialogue->reply ? RP_SESSION_PROTOCOL_ERROR : RP_SESSION_UNREACHABLE;
}

/* By us, after the greeting or after EHLO was refused. */
static RpSessionResult
judge_stop(const SetUp *s)
{
	gboolean refusal = s->dialogue->reply && s->dialogue->reply->reply.code >= 400;

	/* It was an SMTP server elsewhere. */
	if (s->dialogue->speaks && s->plan->expected_domain)
		return RP_SESSION_INTERCEPTED;
	return refusal ? judge_refusal(s) : judge_other(s);
}

static const struct {
	RpSessionResult result;
	RpSessionResult (*judge)(const SetUp *s); /* or NULL: `result` */
} verdicts[] = {
	[RP_WIRE_RESOLVE] = {RP_SESSION_RESOLVE_FAILED, NULL},
	[RP_WIRE_LINK] = {RP_SESSION_BIND_FAILED, NULL},
	[RP_WIRE_ADDRESS] = {RP_SESSION_BIND_FAILED, NULL},
	[RP_WIRE_CONNECT] = {0, judge_connection},
	[RP_WIRE_BROKEN] = {0, judge_connection},
	[RP_WIRE_REFUSED] = {0, judge_refusal},
	[RP_WIRE_TLS_MISSING] = {0, judge_tls},
	[RP_WIRE_TLS_FAILED] = {RP_SESSION_TLS_UNAVAILABLE, NULL},
	[RP_WIRE_TLS_CLEAR] = {RP_SESSION_TLS_UNAVAILABLE, NULL},
	[RP_WIRE_PEER] = {RP_SESSION_INTERCEPTED, NULL},
	[RP_WIRE_STOPPED] = {0, judge_stop},
	[RP_WIRE_UNSUPPORTED] = {RP_SESSION_TLS_UNAVAILABLE, NULL},
	[RP_WIRE_RESOURCES] = {RP_SESSION_UNREACHABLE, NULL},
	[RP_WIRE_OTHER] = {0, judge_other},
};

RpSessionResult
rp_session_verdict(const RpSessionPlan *plan, const RpEndpoint *endpoint,
	const RpDialogue *dialogue, const RpWireFailure *failure)
{
	SetUp set_up = {plan, endpoint, dialogue};
	if (dialogue->intercepted && failure->kind != RP_WIRE_LINK)
		return RP_SESSION_INTERCEPTED;
	if (verdicts[failure->kind].judge)
		return verdicts[failure->kind].judge(&set_up);
	return verdicts[failure->kind].result;
}

/* `more`: what there is to say besides, or NULL. */
static char *
said(const RpEndpoint *endpoint, const RpReply *reply, const char *more)
{
	g_autofree char *number = reply->code ? g_strdup_printf("%u ", reply->code) : g_strdup("");
	return g_strdup_printf("%s:%u said: %s%s%s%s", endpoint->host, endpoint->port, number,
		reply->text, more ? "; " : "", more ? more : "");
}

static char *
lower_case_words(const RpSessionPlan *plan, const RpEndpoint *endpoint)
{
	const char *scheme = plan->pop ? "pop3" : "smtp";
	return g_strdup_printf("%s:%u offers %s in lower case, which can't be used: %ss://%s would "
			       "go, if the server has it",
		endpoint->host, endpoint->port, plan->pop ? "STLS" : "STARTTLS", scheme,
		endpoint->host);
}

char *
rp_session_foreign_words(
	const RpSessionPlan *plan, const char *host, guint port, const char *greeting)
{
	if (!plan->expected_domain || rp_reply_banner_is_masked(greeting))
		return g_strdup_printf(
			"%s:%u: something in between hides its greeting: %s", host, port, greeting);
	/* core/policy-text.c knows these words. */
	if (!*greeting)
		return g_strdup_printf("%s:%u was one of %s, now its greeting is empty", host, port,
			plan->expected_domain);
	return g_strdup_printf("%s:%u was one of %s, now it greets with: %s", host, port,
		plan->expected_domain, greeting);
}

char *
rp_session_verdict_words(const RpSessionPlan *plan, const RpEndpoint *endpoint,
	const RpDialogue *dialogue, RpSessionResult result, const RpWireFailure *failure)
{
	const RpSmtpReply *reply = dialogue->reply;
	gboolean by_tls = failure->kind == RP_WIRE_PEER || failure->kind == RP_WIRE_TLS_FAILED ||
			  failure->kind == RP_WIRE_TLS_CLEAR;
	if (failure->kind == RP_WIRE_LINK)
		return g_strdup_printf("can't bind to %s: %s", plan->interface, failure->words);
	if (dialogue->intercepted)
		return rp_session_foreign_words(
			plan, endpoint->host, endpoint->port, reply ? reply->text : "");
	if (failure->kind == RP_WIRE_UNSUPPORTED)
		return g_strdup(failure->words);
	if (failure->kind == RP_WIRE_TLS_MISSING && dialogue->lower_case_tls)
		return lower_case_words(plan, endpoint);
	/* In POP3 what was agreed to has no code either, and may have no words. */
	if (!reply || by_tls || reply->reply.code / 100 == 2 || result == RP_SESSION_LOST ||
		(!reply->reply.code && !*reply->reply.text))
		return g_strdup_printf("%s:%u: %s", endpoint->host, endpoint->port, failure->words);
	return said(endpoint, &reply->reply, NULL);
}

/* ---- logins ---- */

/* What a policy refusal at the login is about. */
static RpSessionResult
refused_login(const RpReply *reply)
{
	RpReplyVerdict verdict = rp_reply_classify(reply, NULL);
	if (verdict.about == RP_REFUSAL_POP_FIRST)
		return RP_SESSION_POP_FIRST;
	return verdict.about == RP_REFUSAL_TLS ? RP_SESSION_TLS_UNAVAILABLE : RP_SESSION_REFUSED;
}

/* Asking once more would only count against it. */
static gboolean
says_limit(const RpReply *reply)
{
	return rp_reply_classify(reply, NULL).class == RP_REPLY_LIMIT;
}

RpSessionResult
rp_session_verdict_login(const RpSaslResult *login)
{
	switch (login->outcome) {
	case RP_SASL_OK:
		return RP_SESSION_OK;
	case RP_SASL_DENIED:
	case RP_SASL_UNFIT:
		return RP_SESSION_AUTH_FAILED;
	case RP_SASL_TEMPORARY:
		return login->reply && says_limit(login->reply) ? RP_SESSION_LIMIT
								: RP_SESSION_AUTH_TEMPORARY;
	case RP_SASL_UNCLEAR:
		return RP_SESSION_AUTH_UNCLEAR;
	case RP_SASL_MISSING:
		return RP_SESSION_AUTH_MISSING;
	case RP_SASL_UNAVAILABLE: /* RFC 4954 section 6: 538 asks for encryption */
		return login->reply && login->reply->code == 538 ? RP_SESSION_TLS_UNAVAILABLE
								 : RP_SESSION_AUTH_MISSING;
	case RP_SASL_REFUSED:
		return refused_login(login->reply);
	case RP_SASL_REJECTED:
		return RP_SESSION_REJECTED;
	case RP_SASL_UNTRUSTED:
		return RP_SESSION_INTERCEPTED;
	case RP_SASL_PROTOCOL:
		return RP_SESSION_PROTOCOL_ERROR;
	case RP_SASL_LOST:
		return RP_SESSION_LOST;
	}
	return RP_SESSION_PROTOCOL_ERROR;
}

char *
rp_session_login_words(const RpEndpoint *endpoint, const RpSaslResult *login)
{
	if (login->reply)
		return said(endpoint, login->reply, login->text);
	return g_strdup_printf("%s:%u: %s", endpoint->host, endpoint->port, login->text);
}

RpSessionResult
rp_session_verdict_port(gboolean other_ports_answer)
{
	RpReply none = rp_reply_make(RP_STAGE_CONNECT, 0, NULL);
	RpReplyContext context = {.port = 25, .other_ports_answer = other_ports_answer};
	RpReplyVerdict verdict = rp_reply_classify(&none, &context);

	return verdict.about == RP_REFUSAL_PORT ? RP_SESSION_PORT_BLOCKED : RP_SESSION_UNREACHABLE;
}

RpSessionResult
rp_session_verdict_end(const RpSmtpEvent *event)
{
	switch (event->end) {
	case RP_SMTP_END_QUIT:
	case RP_SMTP_END_LOCAL:
		return RP_SESSION_OK;
	case RP_SMTP_END_421: {
		RpReplyContext context = {0};
		RpReplyVerdict verdict = rp_reply_classify(event->reply, &context);
		return verdict.about == RP_REFUSAL_POP_FIRST ? RP_SESSION_POP_FIRST
		       : verdict.class == RP_REPLY_LIMIT     ? RP_SESSION_LIMIT
							     : RP_SESSION_TRY_LATER;
	}
	case RP_SMTP_END_LOST:
	case RP_SMTP_END_CHUNKING:
	case RP_SMTP_END_PIPELINING:
		return RP_SESSION_LOST;
	case RP_SMTP_END_PROTOCOL:
		return RP_SESSION_PROTOCOL_ERROR;
	}
	return RP_SESSION_LOST;
}

char *
rp_session_end_words(const RpSessionReport *report, const RpSmtpEvent *event)
{
	static const char *const words[] = {
		[RP_SMTP_END_QUIT] = "done",
		[RP_SMTP_END_421] = "closed the session",
		[RP_SMTP_END_LOST] = "the connection was lost",
		[RP_SMTP_END_PROTOCOL] = "did not answer as an SMTP server does",
		[RP_SMTP_END_CHUNKING] = "announces CHUNKING and does not know BDAT",
		[RP_SMTP_END_PIPELINING] = "announces PIPELINING and loses commands",
		[RP_SMTP_END_LOCAL] = "a message could not be read",
	};
	const char *what = words[event->end];

	if (event->end == RP_SMTP_END_LOST && report->silent)
		what = "no answer came in time";
	if (!event->reply)
		return g_strdup_printf("%s:%u: %s", report->host, report->port, what);
	if (!event->reply->code)
		return g_strdup_printf(
			"%s:%u: %s: %s", report->host, report->port, what, event->reply->text);
	if (event->end == RP_SMTP_END_421 && event->reply->code != 421)
		what = "takes no more in this session"; /* and stays */
	return g_strdup_printf("%s:%u: %s: %u %s", report->host, report->port, what,
		event->reply->code, event->reply->text);
}

const char *
rp_session_result_name(RpSessionResult result)
{
	static const char *const names[] = {
		[RP_SESSION_OK] = "ok",
		[RP_SESSION_RESOLVE_FAILED] = "resolve-failed",
		[RP_SESSION_UNREACHABLE] = "unreachable",
		[RP_SESSION_PORT_BLOCKED] = "port-blocked",
		[RP_SESSION_TLS_UNAVAILABLE] = "tls-unavailable",
		[RP_SESSION_INTERCEPTED] = "intercepted",
		[RP_SESSION_AUTH_FAILED] = "auth-failed",
		[RP_SESSION_AUTH_TEMPORARY] = "auth-temporary",
		[RP_SESSION_AUTH_UNCLEAR] = "auth-unclear",
		[RP_SESSION_AUTH_MISSING] = "auth-missing",
		[RP_SESSION_CREDENTIALS_UNAVAILABLE] = "credentials-unavailable",
		[RP_SESSION_KEYRING_LOCKED] = "keyring-locked",
		[RP_SESSION_REFUSED] = "refused",
		[RP_SESSION_REJECTED] = "rejected",
		[RP_SESSION_TRY_LATER] = "try-later",
		[RP_SESSION_LIMIT] = "limit",
		[RP_SESSION_POP_FIRST] = "pop-first",
		[RP_SESSION_BIND_FAILED] = "bind-failed",
		[RP_SESSION_LOST] = "lost",
		[RP_SESSION_PROTOCOL_ERROR] = "protocol-error",
		[RP_SESSION_UNPROVEN] = "unproven",
	};
	return names[result];
}
