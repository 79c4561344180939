/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"
#include "words-private.h"

#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/password-mend.h"
#include "roampost/remedy.h"
#include "roampost/words.h"

#include <string.h>

/* Which sentence a reason or a remedy is, and with what in it; the sentences are in policy-words.c.
 */

static const char *
provider_title(const RpCatalogue *catalogue, const char *name)
{
	gint index = catalogue ? rp_catalogue_find_provider(catalogue, name) : -1;

	return index < 0 ? name : rp_catalogue_provider(catalogue, (guint)index)->title;
}

static const RpServerSet *
find_set(const RpCatalogue *catalogue, const char *name)
{
	gint index = catalogue ? rp_catalogue_find_set(catalogue, name) : -1;

	return index < 0 ? NULL : rp_catalogue_set(catalogue, (guint)index);
}

/* "HOST:PORT said: 550 ...": the words of transport/session-verdict.c. */
static gboolean
tells_of_reply(const char *detail)
{
	return rp_words_are_reply(detail) || strstr(detail, " said: ") != NULL;
}

/* The words of proto/sasl-words.c: what was refused is no password. */
gboolean
rp_tells_of_refused_token(const char *detail)
{
	return detail && strstr(detail, "its token is refused") != NULL;
}

/* The words of transport/password.c and of secrets/: then no server was asked. */
static gboolean
tells_of_password(const char *detail)
{
	return detail && (g_str_has_prefix(detail, "the password ") ||
				 g_str_has_prefix(detail, "the token "));
}

/* The words of secrets/tokens.c. */
char *
rp_failure_oauth_group(const RpFailure *failure)
{
	static const char words[] = "the token can't be renewed, see [oauth ";
	const char *name = failure->kind == RP_FAILURE_AUTH_FAILED && failure->detail &&
					   g_str_has_prefix(failure->detail, words)
				   ? failure->detail + strlen(words)
				   : NULL;

	return name ? g_strndup(name, strcspn(name, "]")) : NULL;
}

/* learn.microsoft.com, "Enable or disable authenticated client SMTP submission": either is said of
 * a password, and the first of a token too. */
RpUnlockKind
rp_refused_login_unlock(const char *detail)
{
	g_autofree char *lower = g_ascii_strdown(detail ? detail : "", -1);

	if (strstr(lower, "smtpclientauthentication is disabled") ||
		strstr(lower,
			"logins by smtp are switched off")) /* proto/sasl-words.c, of a token */
		return RP_UNLOCK_LOGIN_ALLOWED;
	return strstr(lower, "basic authentication is disabled") ? RP_UNLOCK_BY_TOKEN
								 : RP_UNLOCK_CREDENTIALS;
}

gboolean
rp_failure_is_of_password(const RpFailure *failure)
{
	return failure->kind == RP_FAILURE_AUTH_FAILED && tells_of_password(failure->detail);
}

/* Waiting makes no other token of it, and no other password. */
gboolean
rp_failure_wants_secret(const RpFailure *failure)
{
	const char *said = failure->detail ? strstr(failure->detail, " said: ") : NULL;

	if (failure->kind != RP_FAILURE_POP_LOGIN_FAILED)
		return failure->kind == RP_FAILURE_AUTH_FAILED;
	if (rp_tells_of_refused_token(failure->detail))
		return TRUE;
	RpReply reply = rp_reply_make(RP_STAGE_AUTH, 0, said ? said + strlen(" said: ") : NULL);
	return said && rp_reply_classify(&reply, NULL).class == RP_REPLY_CREDENTIALS;
}

/* The words of transport/session-verdict.c. */
gboolean
rp_tells_of_new_greeting(const char *detail)
{
	return detail && (strstr(detail, ", now it greets with: ") ||
				 strstr(detail, ", now its greeting is empty"));
}

/* The words of deliver/session-end.c. */
gboolean
rp_tells_of_given_password(const char *detail)
{
	return detail && g_str_has_suffix(detail, "; a POP password was given here before");
}

/* As OpenSSL and GnuTLS say it, by libcurl. */
gboolean
rp_tells_of_dates(const char *detail)
{
	static const char *const all[] = {"certificate has expired", "certificate is not yet valid",
		"certificate expiration date has passed", "certificate not activated yet"};

	for (gsize i = 0; detail && i < G_N_ELEMENTS(all); i++)
		if (strstr(detail, all[i]))
			return TRUE;
	return FALSE;
}

/* The words of transport/curl-client.c. */
static const char authorities[] = "tls-ca-file ";

gboolean
rp_tells_of_own_files(const char *detail)
{
	return detail &&
	       (g_str_has_prefix(detail, authorities) || g_str_has_prefix(detail, "tls-client-"));
}

/* The words of transport/pop-look.c. */
static gboolean
tells_of_no_proof(const char *detail)
{
	return detail && g_str_has_prefix(detail, "who answers here could not be made sure of: ");
}

/* The words of transport/curl-failure.c and transport/tls-words.c: it is there, and hangs up. */
static gboolean
tells_of_hang_up(const char *detail)
{
	return detail &&
	       (g_str_has_suffix(detail, ": the connection was closed before it was set up") ||
		       g_str_has_suffix(
			       detail, ": the connection was closed in the TLS handshake"));
}

/* By what it would have been proved. */
static guint
unproven_words(const RpServerSet *set)
{
	gboolean by_tls =
		set && (set->smtp_tls == RP_TLS_REQUIRED ||
			       (set->smtp_tls == RP_TLS_OPPORTUNISTIC && set->smtp_login.user));

	return by_tls ? RP_WORDS_UNPROVEN_TLS : RP_WORDS_UNPROVEN_NAME;
}

/* No certificate can be at fault. */
static gboolean
has_no_tls(const RpServerSet *set)
{
	return set && set->smtp_tls == RP_TLS_OFF && (!set->pop || set->pop_tls == RP_TLS_OFF);
}

/* The words of transport/port-probe.c for a blocked port: no server refused anything. */
static gboolean
tells_of_port(const char *detail)
{
	return detail && g_str_has_prefix(detail, "port ");
}

/* The words of proto/sasl-words.c: it was not asked to take any mail. */
static gboolean
tells_of_no_login(const char *detail)
{
	return detail &&
	       (strstr(detail, ": offers no login") || strstr(detail, ": does not offer ") ||
		       strstr(detail, "; no login is left"));
}

/* Of a set that turns away or rejects: by whose words. */
static guint
rejected_words(const char *detail)
{
	if (detail && !tells_of_reply(detail))
		return RP_WORDS_NOT_TO_BE_GIVEN; /* it was not asked */
	if (detail && !rp_words_are_reply(detail))
		return RP_WORDS_TURNED_AWAY;
	return RP_REASON_SERVER_REJECTED;
}

static guint
refused_words(const char *detail)
{
	if (tells_of_no_login(detail))
		return RP_WORDS_NO_LOGIN;
	return tells_of_port(detail) ? RP_REASON_UNREACHABLE : RP_REASON_REFUSED_HERE;
}

/* Of a server that may be another. */
static guint
intercepted_words(const char *detail, const RpServerSet *set)
{
	if (rp_tells_of_given_password(detail))
		return RP_WORDS_PASSWORD_GIVEN;
	if (rp_tells_of_new_greeting(detail))
		return RP_WORDS_ANOTHER_GREETING;
	if (rp_tells_of_dates(detail))
		return RP_WORDS_NOT_VALID_NOW;
	return has_no_tls(set) ? (guint)RP_WORDS_ANOTHER_SERVER : (guint)RP_REASON_INTERCEPTED;
}

/* The server wants what the configuration leaves out. */
static gboolean
lacks_tls(const RpHoldReason *reason, const RpServerSet *set)
{
	return set && set->smtp_tls == RP_TLS_OFF &&
	       (reason->reason == RP_REASON_REFUSED_HERE ||
		       reason->reason == RP_REASON_TLS_UNAVAILABLE) &&
	       rp_refusal_of_detail(reason->detail) == RP_REFUSAL_TLS;
}

static gboolean
lacks_pop(const RpHoldReason *reason, const RpServerSet *set)
{
	return set && !set->pop && reason->reason == RP_REASON_REFUSED_HERE &&
	       rp_refusal_of_detail(reason->detail) == RP_REFUSAL_POP_FIRST;
}

/* The sentence for what it is in particular; `set` is NULL where there is none of the name. */
static guint
choose_words(const RpHoldReason *reason, const RpCatalogue *catalogue, const RpServerSet *set)
{
	if (reason->reason == RP_REASON_OUTSIDE && set && !set->provider)
		return RP_WORDS_OUTSIDE_NOWHERE;
	if (reason->reason == RP_REASON_SERVER_REJECTED)
		return rejected_words(reason->detail);
	if (lacks_tls(reason, set))
		return RP_WORDS_WITHOUT_TLS;
	if (lacks_pop(reason, set))
		return RP_WORDS_WITHOUT_POP;
	if (reason->reason == RP_REASON_REFUSED_HERE)
		return refused_words(reason->detail);
	if (reason->reason == RP_REASON_INTERCEPTED)
		return intercepted_words(reason->detail, set);
	if (reason->reason == RP_REASON_UNREACHABLE && tells_of_no_proof(reason->detail))
		return unproven_words(set);
	if (reason->reason == RP_REASON_UNREACHABLE && tells_of_hang_up(reason->detail))
		return RP_WORDS_HANGS_UP;
	if (reason->reason == RP_REASON_TLS_UNAVAILABLE && set &&
		set->smtp_tls == RP_TLS_OPPORTUNISTIC)
		return RP_WORDS_ENCRYPTION_FAILED;
	if (reason->reason == RP_REASON_NO_SET_FOR_SENDER && catalogue &&
		!rp_catalogue_n_sets(catalogue))
		return RP_WORDS_NO_SETS;
	if (reason->reason == RP_REASON_PINNED && catalogue && !set)
		return RP_WORDS_PINNED_TO_NOTHING;
	if (reason->reason == RP_REASON_AUTH_FAILED && rp_tells_of_refused_token(reason->detail))
		return RP_WORDS_TOKEN_REFUSED;
	return reason->reason;
}

/* Where it may be inside all the same. */
static guint
doubt_words(const char *doubt)
{
	static const struct {
		const char *doubt;
		guint words;
	} rows[] = {
		{RP_DETAIL_HEARSAY, RP_WORDS_OUTSIDE_HEARSAY},
		{RP_DETAIL_OPEN_WIFI, RP_WORDS_OUTSIDE_OPEN},
		{RP_DETAIL_NO_EVIDENCE, RP_WORDS_OUTSIDE_ANYWHERE},
		{RP_DETAIL_NO_ADDRESS, RP_WORDS_OUTSIDE_UNKNOWN},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_str_equal(doubt, rows[i].doubt))
			return rows[i].words;
	return 0;
}

/* Where the detail stands in the middle of the sentence; else 0. */
static guint
words_with_detail(const RpHoldReason *reason)
{
	if (!reason->detail)
		return 0;
	if (reason->reason == RP_REASON_OFFLINE)
		return RP_WORDS_LINK_NOT_YET;
	if (reason->reason == RP_REASON_OUTSIDE)
		return doubt_words(reason->detail);
	if (reason->reason == RP_REASON_NOT_BEFORE)
		return RP_WORDS_NOT_BEFORE_TIME;
	if (reason->reason == RP_REASON_PORTAL)
		return rp_tells_of_new_greeting(reason->detail) ? RP_WORDS_LIKE_PORTAL_NAME
								: RP_WORDS_LIKE_PORTAL;
	if (reason->reason == RP_REASON_NO_SET_FOR_SENDER)
		return RP_WORDS_CONFIG_REFUSED;
	if (reason->reason == RP_REASON_AUTH_FAILED && tells_of_password(reason->detail))
		return g_str_has_prefix(reason->detail, "the token ") ? RP_WORDS_TOKEN_MISSING
								      : RP_WORDS_PASSWORD_MISSING;
	if (reason->reason == RP_REASON_TLS_UNAVAILABLE && rp_tells_of_own_files(reason->detail))
		return g_str_has_prefix(reason->detail, authorities) ? RP_WORDS_AUTHORITIES
								     : RP_WORDS_OWN_CERTIFICATE;
	return 0;
}

/* Of what is said of a token without the command that helps, which the remedy has. */
static char *
without_command(const char *detail)
{
	static const char *const commands[] = {
		": log in again: roampost login ", ": roampost login "};
	const char *command = NULL;

	for (guint i = 0; detail && !command && i < G_N_ELEMENTS(commands); i++)
		command = strstr(detail, commands[i]);
	return command ? g_strndup(detail, (gsize)(command - detail)) : g_strdup(detail);
}

char *
rp_reason_sentence(const RpHoldReason *reason, const RpCatalogue *catalogue)
{
	const RpServerSet *set = find_set(catalogue, reason->set);
	g_autofree char *domains =
		set && set->domains[0] ? g_strjoinv(RP_WORDS_AND, set->domains) : NULL;
	guint whole = words_with_detail(reason);
	g_autofree char *shorter =
		whole == RP_WORDS_TOKEN_MISSING ? without_command(reason->detail) : NULL;
	const char *detail = shorter ? shorter : reason->detail;
	g_autofree char *login = NULL;
	RpWordsNames names = {
		.set = reason->set ? reason->set : RP_WORDS_THE_SET,
		.provider = set && set->provider ? provider_title(catalogue, set->provider)
						 : RP_WORDS_ITS_PROVIDER,
		.domains = domains ? domains : RP_WORDS_ITS_DOMAINS,
		.detail = detail,
	};

	if (whole)
		return rp_words_fill(rp_policy_words[whole], &names);
	const char *said = rp_read_refused_after_pop(detail, &login);
	guint words = said ? RP_WORDS_STAYS_SHUT : choose_words(reason, catalogue, set);
	names.time = login;
	detail = said ? said : detail;
	g_autofree char *sentence = rp_words_fill(rp_policy_words[words], &names);
	if (!detail || !*detail || reason->reason == RP_REASON_KEYRING_LOCKED)
		return g_steal_pointer(&sentence);
	return rp_words_with_detail(sentence, detail, rp_words_are_reply(detail));
}

char *
rp_deferral_sentence(const char *set, const char *why)
{
	g_autofree char *login = NULL;
	const char *said = rp_read_refused_after_pop(why, &login);
	RpWordsNames names = {.set = set, .detail = why, .time = login};
	gboolean named = set && *set;
	guint words = named ? RP_WORDS_SERVER_PUT_OFF : RP_WORDS_A_SERVER_PUT_OFF;

	if (said) {
		g_autofree char *sentence = rp_words_fill(
			rp_policy_words[named ? RP_WORDS_NOT_OPEN : RP_WORDS_A_SERVER_NOT_OPEN],
			&names);

		return rp_words_with_detail(sentence, said, rp_words_are_reply(said));
	}
	if (!rp_words_are_reply(why))
		return rp_words_fill(rp_policy_words[RP_WORDS_PUT_OFF], &names);
	if (*why == '5')
		words = named ? RP_WORDS_SERVER_REFUSED_NOW : RP_WORDS_A_SERVER_REFUSED_NOW;
	g_autofree char *sentence = rp_words_fill(rp_policy_words[words], &names);
	return rp_words_with_detail(sentence, why, TRUE);
}

char *
rp_deferral_remedy(void)
{
	return g_strdup(rp_text(rp_policy_words[RP_WORDS_DEFERRED_REMEDY]));
}

/* What it carries already, and whose domain is added. */
static char *
carries_line(const RpServerSet *set)
{
	GString *line = g_string_new(RP_REMEDY_CARRIES);

	for (char **domain = set ? set->carries_domains : NULL; domain && *domain; domain++)
		g_string_append_printf(line, "@%s;", *domain);
	return g_string_free(g_string_append(line, RP_REMEDY_DOMAIN), FALSE);
}

/* A provider, or a place of the user's: by its name, its prefix or its key. */
static char *
enter_sentence(const char *where, const RpCatalogue *catalogue)
{
	const char *gateway = strstr(where, RP_PLACE_KEY_GATEWAY);
	g_autofree char *router =
		gateway ? g_strndup(gateway + strlen(RP_PLACE_KEY_GATEWAY),
				  strcspn(gateway + strlen(RP_PLACE_KEY_GATEWAY), ",;"))
			: NULL;
	RpWordsNames names = {
		.provider = router ? router : provider_title(catalogue, where), .set = where};
	RpPrefix prefix;

	if (router)
		return rp_words_fill(rp_policy_words[RP_WORDS_ENTER_GATEWAY], &names);
	if (rp_prefix_parse(where, &prefix, NULL))
		return rp_words_fill(rp_policy_words[RP_WORDS_ENTER_PREFIX], &names);
	if (names.provider == where && find_set(catalogue, where))
		return rp_words_fill(rp_policy_words[RP_WORDS_ENTER_OWN], &names);
	return rp_words_fill(rp_policy_words[RP_WORDS_UNLOCK + RP_UNLOCK_ENTER], &names);
}

/* A set that logs in at its POP server alone has its password there. */
static char *
credentials_sentence(const RpServerSet *set)
{
	RpPasswordMend mend =
		rp_password_mend(set, set->smtp_login.user ? &set->smtp_login : &set->pop_login);
	g_autofree char *argument = mend.argument;
	RpWordsNames names = {.set = set->name, .detail = argument};

	return rp_words_fill(rp_policy_words[mend.words], &names);
}

char *
rp_unlock_sentence(const RpUnlock *unlock, const RpCatalogue *catalogue)
{
	const RpServerSet *set = find_set(catalogue, unlock->subject);
	g_autofree char *time =
		unlock->kind == RP_UNLOCK_RETRY_AFTER ? rp_time_format(unlock->time) : NULL;
	RpWordsNames names = {
		.set = unlock->subject,
		.domains = unlock->subject,
		.time = time,
	};

	if (unlock->kind == RP_UNLOCK_ENTER && unlock->subject)
		return enter_sentence(unlock->subject, catalogue);
	if (unlock->kind == RP_UNLOCK_WRITE)
		names.detail = unlock->subject;
	g_autofree char *line = unlock->kind == RP_UNLOCK_ALLOW_CARRY ? carries_line(set) : NULL;
	if (line)
		names.detail = line;
	if (unlock->kind == RP_UNLOCK_TEACH)
		names.provider = provider_title(catalogue, unlock->subject);
	if (unlock->kind == RP_UNLOCK_CREDENTIALS && set)
		return credentials_sentence(set);
	return rp_words_fill(rp_policy_words[RP_WORDS_UNLOCK + unlock->kind], &names);
}
