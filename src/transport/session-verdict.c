/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <errno.h>

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

/* libcurl has one code for all that goes wrong with a login. */
static RpSessionResult
login_denied(const RpSessionPlan *plan, const RpDialogue *dialogue, const RpEndpoint *endpoint)
{
	if (!dialogue->auth_sent || !dialogue->reply)
		return RP_SESSION_AUTH_MISSING;
	guint code = dialogue->reply->reply.code;
	RpReplyVerdict verdict = classify(dialogue, endpoint);
	if (verdict.class == RP_REPLY_CREDENTIALS)
		return RP_SESSION_AUTH_FAILED;
	if (code == 504) /* RFC 4954 section 4: mechanism not implemented */
		return RP_SESSION_AUTH_MISSING;
	if (verdict.class == RP_REPLY_TRY_LATER || (code >= 400 && code < 500))
		return RP_SESSION_AUTH_TEMPORARY;
	if (verdict.about == RP_REFUSAL_POP_FIRST)
		return RP_SESSION_POP_FIRST;
	if (verdict.about == RP_REFUSAL_TLS)
		return RP_SESSION_TLS_UNAVAILABLE;
	if (verdict.class == RP_REPLY_POLICY)
		return RP_SESSION_REFUSED;
	/* Not said to be the credentials: the set is not stopped for it. */
	return plan->pop ? RP_SESSION_AUTH_TEMPORARY : RP_SESSION_REJECTED;
}

/* The connection never came about, or broke off while it was set up. */
static RpSessionResult
not_connected(const RpDialogue *dialogue, const RpEndpoint *endpoint, long os_errno)
{
	if (dialogue->bind_failed || os_errno == EADDRNOTAVAIL || os_errno == ENODEV)
		return RP_SESSION_BIND_FAILED;
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

/* A line may break in the handshake as at any other time. Only what connecting does not leave
 * behind counts: the number may be that of an address tried before. */
static gboolean
is_broken(long os_errno)
{
	return os_errno == ECONNRESET || os_errno == EPIPE || os_errno == ECONNABORTED;
}

typedef struct {
	const RpSessionPlan *plan;
	const RpEndpoint *endpoint;
	const RpDialogue *dialogue;
	long os_errno;
} SetUp;

static RpSessionResult
judge_refusal(const SetUp *s)
{
	return refused(s->dialogue, s->endpoint);
}

static RpSessionResult
judge_login(const SetUp *s)
{
	return login_denied(s->plan, s->dialogue, s->endpoint);
}

static RpSessionResult
judge_connection(const SetUp *s)
{
	return not_connected(s->dialogue, s->endpoint, s->os_errno);
}

static RpSessionResult
judge_tls(const SetUp *s)
{
	return no_tls(s->dialogue);
}

static RpSessionResult
judge_handshake(const SetUp *s)
{
	return is_broken(s->os_errno) ? judge_connection(s) : RP_SESSION_TLS_UNAVAILABLE;
}

/* Where AUTH is not offered libcurl reports success without a login. */
static RpSessionResult
judge_success(const SetUp *s)
{
	return s->plan->user && !s->dialogue->logged_in ? RP_SESSION_AUTH_MISSING : RP_SESSION_OK;
}

static const struct {
	CURLcode code;
	RpSessionResult result;
	RpSessionResult (*judge)(const SetUp *s); /* or NULL: `result` */
} verdicts[] = {
	{CURLE_OK, 0, judge_success},
	{CURLE_COULDNT_RESOLVE_HOST, RP_SESSION_RESOLVE_FAILED, NULL},
	{CURLE_INTERFACE_FAILED, RP_SESSION_BIND_FAILED, NULL},
	{CURLE_WEIRD_SERVER_REPLY, 0, judge_refusal},
	{CURLE_REMOTE_ACCESS_DENIED, 0, judge_refusal},
	{CURLE_USE_SSL_FAILED, 0, judge_tls},
	{CURLE_SSL_CONNECT_ERROR, 0, judge_handshake},
	{CURLE_SSL_CACERT_BADFILE, RP_SESSION_TLS_UNAVAILABLE, NULL},
	{CURLE_SSL_CIPHER, RP_SESSION_TLS_UNAVAILABLE, NULL},
	{CURLE_PEER_FAILED_VERIFICATION, RP_SESSION_INTERCEPTED, NULL},
	{CURLE_SSL_PINNEDPUBKEYNOTMATCH, RP_SESSION_INTERCEPTED, NULL},
	{CURLE_SSL_ISSUER_ERROR, RP_SESSION_INTERCEPTED, NULL},
	{CURLE_LOGIN_DENIED, 0, judge_login},
	{CURLE_AUTH_ERROR, 0, judge_login},
	{CURLE_COULDNT_CONNECT, 0, judge_connection},
	{CURLE_OPERATION_TIMEDOUT, 0, judge_connection},
	{CURLE_SEND_ERROR, 0, judge_connection},
	{CURLE_RECV_ERROR, 0, judge_connection},
	{CURLE_GOT_NOTHING, 0, judge_connection},
	{CURLE_ABORTED_BY_CALLBACK, 0, judge_connection},
};

RpSessionResult
rp_session_verdict(const RpSessionPlan *plan, const RpEndpoint *endpoint,
	const RpDialogue *dialogue, CURLcode code, long os_errno)
{
	SetUp set_up = {plan, endpoint, dialogue, os_errno};
	if (dialogue->bind_failed)
		return RP_SESSION_BIND_FAILED;
	if (dialogue->intercepted)
		return RP_SESSION_INTERCEPTED;
	for (gsize i = 0; i < G_N_ELEMENTS(verdicts); i++) {
		if (verdicts[i].code == code)
			return verdicts[i].judge ? verdicts[i].judge(&set_up) : verdicts[i].result;
	}
	/* libcurl has many more, none that is expected here. */
	return dialogue->reply ? RP_SESSION_PROTOCOL_ERROR : RP_SESSION_UNREACHABLE;
}

RpSessionResult
rp_session_verdict_port(gboolean other_ports_answer)
{
	RpReply none = rp_reply_make(RP_STAGE_CONNECT, 0, NULL);
	RpReplyContext context = {.port = 25, .other_ports_answer = other_ports_answer};
	RpReplyVerdict verdict = rp_reply_classify(&none, &context);

	return verdict.about == RP_REFUSAL_PORT ? RP_SESSION_PORT_BLOCKED : RP_SESSION_UNREACHABLE;
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
		[RP_SESSION_AUTH_MISSING] = "auth-missing",
		[RP_SESSION_CREDENTIALS_UNAVAILABLE] = "credentials-unavailable",
		[RP_SESSION_REFUSED] = "refused",
		[RP_SESSION_REJECTED] = "rejected",
		[RP_SESSION_TRY_LATER] = "try-later",
		[RP_SESSION_POP_FIRST] = "pop-first",
		[RP_SESSION_BIND_FAILED] = "bind-failed",
		[RP_SESSION_LOST] = "lost",
		[RP_SESSION_PROTOCOL_ERROR] = "protocol-error",
	};
	return names[result];
}
