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
	/* A 220 or +OK before it: not a refusal, something else went wrong. */
	return code >= 500 || code == 0 ? RP_SESSION_REFUSED : RP_SESSION_PROTOCOL_ERROR;
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
	return plan->pop ? RP_SESSION_AUTH_TEMPORARY : RP_SESSION_REFUSED;
}

/* The connection never came about, or broke off while it was set up. */
static RpSessionResult
not_connected(const RpDialogue *dialogue, long os_errno)
{
	if (dialogue->bind_failed || os_errno == EADDRNOTAVAIL || os_errno == ENODEV)
		return RP_SESSION_BIND_FAILED;
	return dialogue->reply ? RP_SESSION_LOST : RP_SESSION_UNREACHABLE;
}

RpSessionResult
rp_session_verdict(const RpSessionPlan *plan, const RpEndpoint *endpoint,
	const RpDialogue *dialogue, CURLcode code, long os_errno)
{
	if (dialogue->bind_failed)
		return RP_SESSION_BIND_FAILED;
	if (dialogue->intercepted)
		return RP_SESSION_INTERCEPTED;
	switch ((int)code) {
	case CURLE_OK:
		/* Where AUTH is not offered libcurl reports success without a login. */
		if (plan->user && !dialogue->logged_in)
			return RP_SESSION_AUTH_MISSING;
		return RP_SESSION_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
		return RP_SESSION_RESOLVE_FAILED;
	case CURLE_INTERFACE_FAILED:
		return RP_SESSION_BIND_FAILED;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_REMOTE_ACCESS_DENIED:
		return refused(dialogue, endpoint);
	case CURLE_USE_SSL_FAILED:
		return RP_SESSION_TLS_UNAVAILABLE;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_ISSUER_ERROR:
		return RP_SESSION_INTERCEPTED;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CIPHER:
		return RP_SESSION_TLS_UNAVAILABLE;
	case CURLE_LOGIN_DENIED:
	case CURLE_AUTH_ERROR:
		return login_denied(plan, dialogue, endpoint);
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_ABORTED_BY_CALLBACK:
		return not_connected(dialogue, os_errno);
	default: /* libcurl has many more, none that is expected here */
		return dialogue->reply ? RP_SESSION_PROTOCOL_ERROR : RP_SESSION_UNREACHABLE;
	}
}

const char *
rp_session_result_name(RpSessionResult result)
{
	static const char *const names[] = {
		[RP_SESSION_OK] = "ok",
		[RP_SESSION_RESOLVE_FAILED] = "resolve-failed",
		[RP_SESSION_UNREACHABLE] = "unreachable",
		[RP_SESSION_TLS_UNAVAILABLE] = "tls-unavailable",
		[RP_SESSION_INTERCEPTED] = "intercepted",
		[RP_SESSION_AUTH_FAILED] = "auth-failed",
		[RP_SESSION_AUTH_TEMPORARY] = "auth-temporary",
		[RP_SESSION_AUTH_MISSING] = "auth-missing",
		[RP_SESSION_CREDENTIALS_UNAVAILABLE] = "credentials-unavailable",
		[RP_SESSION_REFUSED] = "refused",
		[RP_SESSION_TRY_LATER] = "try-later",
		[RP_SESSION_POP_FIRST] = "pop-first",
		[RP_SESSION_BIND_FAILED] = "bind-failed",
		[RP_SESSION_LOST] = "lost",
		[RP_SESSION_PROTOCOL_ERROR] = "protocol-error",
	};
	return names[result];
}
