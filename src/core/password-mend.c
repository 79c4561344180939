/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words-private.h"

#include "roampost/oauth-provider.h"
#include "roampost/password-mend.h"

/* Where a password or a token comes from, and what is done there when it is wrong or missing. */

typedef enum {
	SOURCE_FILE, /* the configuration itself */
	SOURCE_TOKEN_FILE,
	SOURCE_COMMAND,
	SOURCE_TOKEN_COMMAND,
	SOURCE_KEYRING,
	SOURCE_OAUTH,
	SOURCE_DESKTOP, /* its accounts, which renew their tokens themselves */
	SOURCE_NETRC,
	SOURCE_CREDENTIAL,
	SOURCE_NONE,
} Source;

/* What fills the command's place. */
typedef enum { ARGUMENT_NONE, ARGUMENT_SET, ARGUMENT_ADDRESS, ARGUMENT_FILE } Argument;

/* A command that gives the password is its user's: what would mend it nobody knows. */
static const struct {
	guint words;
	const char *command;
	Argument argument;
} mends[] = {
	[SOURCE_FILE] = {RP_WORDS_OWN_PASSWORD, "roampost setup %s --new-password",
		ARGUMENT_ADDRESS},
	[SOURCE_TOKEN_FILE] = {RP_WORDS_NEW_TOKEN},
	[SOURCE_COMMAND] = {RP_WORDS_NEW_PASSWORD},
	[SOURCE_TOKEN_COMMAND] = {RP_WORDS_NEW_TOKEN},
	[SOURCE_KEYRING] = {RP_WORDS_KEYRING_PASSWORD, "roampost password %s", ARGUMENT_SET},
	[SOURCE_OAUTH] = {RP_WORDS_NEW_LOGIN, "roampost login %s", ARGUMENT_SET},
	[SOURCE_DESKTOP] = {RP_WORDS_DESKTOP_LOGIN, "gnome-control-center online-accounts"},
	[SOURCE_NETRC] = {RP_WORDS_NETRC_PASSWORD, "${EDITOR:-vi} %s", ARGUMENT_FILE},
	[SOURCE_CREDENTIAL] = {RP_WORDS_CREDENTIAL_PASSWORD, "systemctl --user edit roampost"},
	[SOURCE_NONE] = {RP_WORDS_UNLOCK + RP_UNLOCK_CREDENTIALS},
};

static gboolean
is_token(const RpServerSet *set, const RpLogin *login)
{
	RpAuth auth = login == &set->pop_login ? set->pop_auth : set->smtp_auth;

	return auth == RP_AUTH_XOAUTH2 || auth == RP_AUTH_OAUTHBEARER;
}

static const char *
first_address(const RpServerSet *set)
{
	char **identity = set->identities;

	while (identity && *identity && **identity == '@')
		identity++;
	return identity ? *identity : NULL;
}

static Source
source_of(const RpServerSet *set, const RpLogin *login)
{
	gboolean token = is_token(set, login);

	switch (login->from) {
	case RP_PASSWORD_FROM_SECRET_SERVICE:
		return SOURCE_KEYRING;
	case RP_PASSWORD_FROM_OAUTH:
		return login->oauth && login->oauth->online_accounts ? SOURCE_DESKTOP
								     : SOURCE_OAUTH;
	case RP_PASSWORD_FROM_NETRC:
		return SOURCE_NETRC;
	case RP_PASSWORD_FROM_CREDENTIAL:
		return SOURCE_CREDENTIAL;
	case RP_PASSWORD_FROM_NOWHERE:
		break;
	}
	if (login->password_command)
		return token ? SOURCE_TOKEN_COMMAND : SOURCE_COMMAND;
	if (token)
		return SOURCE_TOKEN_FILE;
	return login->password && first_address(set) ? SOURCE_FILE : SOURCE_NONE;
}

static const char *
argument_of(Argument argument, const RpServerSet *set, const RpLogin *login)
{
	switch (argument) {
	case ARGUMENT_NONE:
		break;
	case ARGUMENT_SET:
		return set->name;
	case ARGUMENT_ADDRESS:
		return first_address(set);
	case ARGUMENT_FILE:
		return login->from_name ? login->from_name : "~/.netrc";
	}
	return NULL;
}

RpPasswordMend
rp_password_mend(const RpServerSet *set, const RpLogin *login)
{
	Source source = source_of(set, login);

	return (RpPasswordMend){mends[source].words, mends[source].command,
		g_strdup(argument_of(mends[source].argument, set, login))};
}
