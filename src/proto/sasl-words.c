/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* What people read when a login is not made. */

static const char *
key(const RpSaslChoice *choice)
{
	return choice->pop ? "pop-auth" : "smtp-auth";
}

char *
rp_sasl_words_missing(const RpSaslChoice *choice)
{
	const char *offered = choice->offer->words;
	RpAuth auth = choice->auth;
	if (!*offered)
		return g_strdup(choice->pop ? "offers no login (pop-auth=user tries USER and PASS "
					      "all the same)"
					    : "offers no login");
	if (auth != RP_AUTH_AUTO)
		return g_strdup_printf("does not offer %s, which %s asks for, but %s",
			rp_sasl_name(auth), key(choice), offered);
	if (choice->offer->mechanisms & (1u << RP_AUTH_XOAUTH2 | 1u << RP_AUTH_OAUTHBEARER))
		return g_strdup_printf(
			"offers no login with a password, only %s (a token, and %s=%s, would do)",
			offered, key(choice),
			choice->offer->mechanisms & 1u << RP_AUTH_XOAUTH2 ? "xoauth2"
									  : "oauthbearer");
	return g_strdup_printf("offers no login that can be used here, only %s", offered);
}

char *
rp_sasl_words_withheld(
	const RpSaslChoice *choice, const RpSaslMechanism *withheld, const char *before)
{
	g_autofree char *lower = g_ascii_strdown(withheld->name, -1);
	return g_strdup_printf("%s%s%s is left, which shows the password to anyone on the line: "
			       "%s=%s allows it",
		before ? before : "", before ? "; " : "", withheld->name, key(choice), lower);
}

/* Exchange, of logins by SMTP as such: no other token helps. */
static gboolean
is_switched_off(const RpReply *reply)
{
	return reply && strstr(reply->text, "SmtpClientAuthentication is disabled");
}

char *
rp_sasl_words_token(const RpReply *reply, const char *status)
{
	if (is_switched_off(reply))
		return g_strdup("its token is refused: logins by SMTP are switched off for this "
				"mailbox or its whole organisation, and who runs it has to allow "
				"them (authenticated SMTP); a new token does not help");
	return g_strdup_printf("its token is refused%s%s%s: it has expired or is not for mail, "
			       "and a new one has to be fetched",
		status ? " (status " : "", status ? status : "", status ? ")" : "");
}
