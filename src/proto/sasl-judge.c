/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* A refusal of a login: of the credentials, of the mechanism, of us, or of the moment. */

static gboolean
has_any(const char *text, const char *const *words)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);
	for (gsize i = 0; words[i]; i++) {
		if (strstr(lower, words[i]))
			return TRUE;
	}
	return FALSE;
}

/* What servers say of a mechanism that they do not have, or not here. */
static gboolean
is_about_mechanism(const char *text)
{
	static const char *const words[] = {"plaintext authentication", "plain text authentication",
		"cleartext authentication", "mechanism", "unknown command", "unrecognized command",
		"unrecognised command", "command unrecognized", "command not recognized",
		"invalid command", "bad command", "command unknown", "not implemented",
		"not supported", "unsupported", "syntax error", NULL};
	return has_any(text, words);
}

/* The mechanism, from those that refuse it with the code of a wrong password (Postfix). */
static gboolean
is_of_mechanism(const char *text)
{
	static const char *const words[] = {"authentication mechanism", "auth mechanism",
		"sasl mechanism", "mechanism not", "no mechanism", NULL};
	return has_any(text, words);
}

/* The moment, from those that say so in words alone: it is not the password. */
static gboolean
is_of_moment(const char *text)
{
	static const char *const words[] = {"temporar", "try again later", "try later",
		"later please", "too many", "system busy", "system is busy", "server busy",
		"server is busy", "server unavailable", "service unavailable",
		"service not available", "connection lost to", "in use", "another session",
		"another pop", "is being used", "mailbox busy", "mailbox is busy", "minute", "hour",
		"rate limit", "ratelimit", "throttl", "simultaneous", "concurrent",
		"number of login", "number of connection", "locked for", NULL};
	return has_any(text, words);
}

/* With any code: some servers have only one for all that goes wrong. */
static RpReplyVerdict
classify_words(const RpReply *reply)
{
	RpReply bare = rp_reply_make(RP_STAGE_AUTH, 0, reply->text);
	return rp_reply_classify(&bare, NULL);
}

static RpSaslJudgement
denied(const RpSaslSituation *situation)
{
	gboolean blind = (situation->mechanism->traits & RP_SASL_BLIND) != 0;
	return (RpSaslJudgement){RP_SASL_DENIED, blind};
}

/* ---- SMTP ---- */

/* Codes of RFC 5321 section 4.2.3 and RFC 4954 section 6 that name the command or the mechanism,
 * and say nothing of a password. */
static gboolean
is_unavailable(const RpReply *reply)
{
	static const guint codes[] = {432, 500, 501, 502, 503, 504, 538};
	/* Exchange says 432 4.3.2 of itself: RFC 4954's is 4.7.12. */
	if (reply->code == 432 && g_str_has_prefix(reply->text, "4.3."))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
		if (reply->code == codes[i])
			return TRUE;
	}
	return reply->code == 534 && is_about_mechanism(reply->text);
}

/* Too many logins, too much mail, a lock: with whatever code, and whatever is said of the login
 * beside it. */
static gboolean
is_later(const RpReply *reply, const RpReplyVerdict *verdict)
{
	if (verdict->class == RP_REPLY_LIMIT)
		return TRUE;
	if (reply->code == 535)
		return is_of_moment(reply->text);
	return reply->code >= 500 && !is_unavailable(reply) && verdict->class != RP_REPLY_POLICY &&
	       is_of_moment(reply->text);
}

static RpSaslJudgement
judge_smtp(const RpReply *reply, const RpSaslSituation *situation)
{
	RpReplyVerdict verdict = rp_reply_classify(reply, NULL);
	RpReplyVerdict words = classify_words(reply);
	gboolean later = reply->code < 500;
	if (reply->code == 421)
		return (RpSaslJudgement){RP_SASL_TEMPORARY, FALSE};
	if (situation->told_failure)
		return (RpSaslJudgement){later ? RP_SASL_TEMPORARY : RP_SASL_DENIED, FALSE};
	if (is_later(reply, &verdict))
		return (RpSaslJudgement){RP_SASL_TEMPORARY, FALSE};
	if (reply->code == 535 && is_of_mechanism(reply->text))
		return (RpSaslJudgement){RP_SASL_UNAVAILABLE, TRUE};
	/* Exchange, of a token that it can't read: "501 5.5.124 Invalid XOAUTH2 auth data". */
	if (reply->code == 501 && situation->given && !is_about_mechanism(reply->text) &&
		situation->mechanism->traits & RP_SASL_TOKEN)
		return denied(situation);
	if (verdict.class == RP_REPLY_CREDENTIALS && reply->code == 535)
		return denied(situation);
	if (!later && situation->given && words.class == RP_REPLY_CREDENTIALS)
		return denied(situation);
	if (is_unavailable(reply))
		return (RpSaslJudgement){RP_SASL_UNAVAILABLE, TRUE};
	if (verdict.class == RP_REPLY_CREDENTIALS)
		return denied(situation);
	/* Said of relaying and the like, a 4xx is for the moment all the same. */
	if (verdict.class == RP_REPLY_POLICY)
		return (RpSaslJudgement){RP_SASL_REFUSED, FALSE};
	if (later || verdict.class == RP_REPLY_TRY_LATER)
		return (RpSaslJudgement){RP_SASL_TEMPORARY, FALSE};
	return (RpSaslJudgement){RP_SASL_REJECTED, FALSE};
}

/* ---- POP3 ---- */

static RpSaslJudgement
judge_pop(const RpReply *reply, const RpSaslSituation *situation)
{
	static const char *const permanent[] = {"[sys/perm]", NULL}; /* RFC 3206 */
	RpReplyVerdict verdict = rp_reply_classify(reply, NULL);
	if (verdict.class == RP_REPLY_TRY_LATER || is_of_moment(reply->text))
		return (RpSaslJudgement){RP_SASL_TEMPORARY, FALSE};
	if (has_any(reply->text, permanent))
		return (RpSaslJudgement){RP_SASL_REJECTED, FALSE};
	if (situation->told_failure)
		return (RpSaslJudgement){RP_SASL_DENIED, FALSE};
	/* Dovecot has [AUTH] before such words too. */
	if (!situation->given || is_about_mechanism(reply->text))
		return (RpSaslJudgement){RP_SASL_UNAVAILABLE, TRUE};
	if (verdict.class == RP_REPLY_CREDENTIALS)
		return denied(situation);
	if (situation->mechanism->traits & RP_SASL_BLIND)
		return denied(situation);
	return (RpSaslJudgement){RP_SASL_UNCLEAR, FALSE};
}

RpSaslJudgement
rp_sasl_judge(const RpReply *reply, const RpSaslSituation *situation)
{
	return reply->code == 0 ? judge_pop(reply, situation) : judge_smtp(reply, situation);
}

gboolean
rp_sasl_wants_no_initial(const RpReply *reply)
{
	static const char *const too_long[] = {"too long", "line length", NULL};
	return reply->code == 501 || (reply->code == 500 && has_any(reply->text, too_long));
}
