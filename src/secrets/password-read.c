/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "secrets-private.h"

#include "roampost/netrc.h"
#include "roampost/secretservice.h"
#include "roampost/token-store.h"

/* A password as its source has it now, and the words where it has none: those begin with "the
 * password" or "the token", by which core/policy-text.c knows that no server was asked. */

void
rp_password_answer_free(RpPasswordAnswer *answer)
{
	if (!answer)
		return;
	rp_secret_free(answer->secret);
	g_free(answer->why);
	g_free(answer);
}

static RpPasswordResult
read_keyring(const RpPasswordWish *wish, gboolean refused, char **secret, GError **error)
{
	const RpSecretKey key = {wish->host, wish->service, wish->user};

	switch (rp_secretservice_look_up(&key, secret, error)) {
	case RP_SECRET_DONE:
		return RP_PASSWORD_GIVEN;
	case RP_SECRET_LOCKED:
		return RP_PASSWORD_LOCKED;
	case RP_SECRET_ABSENT:
	case RP_SECRET_UNAVAILABLE:
	case RP_SECRET_FAILED:
		break;
	}
	return RP_PASSWORD_LACKING;
}

static RpPasswordResult
read_credential(const RpPasswordWish *wish, gboolean refused, char **secret, GError **error)
{
	*secret = rp_credential_read(wish->name, error);
	return *secret ? RP_PASSWORD_GIVEN : RP_PASSWORD_LACKING;
}

static RpPasswordResult
read_netrc(const RpPasswordWish *wish, gboolean refused, char **secret, GError **error)
{
	return rp_netrc_look_up(wish->name, wish->host, wish->user, secret, error) == RP_NETRC_FOUND
		       ? RP_PASSWORD_GIVEN
		       : RP_PASSWORD_LACKING;
}

static RpPasswordResult
read_token(const RpPasswordWish *wish, gboolean refused, char **secret, GError **error)
{
	return rp_online_account_read(wish->user, refused, secret, error);
}

static const struct {
	RpPasswordResult (*read)(
		const RpPasswordWish *wish, gboolean refused, char **secret, GError **error);
	const char *words;
} sources[] = {
	[RP_PASSWORD_FROM_SECRET_SERVICE] = {read_keyring,
		"the password is not to be had of the keyring"},
	[RP_PASSWORD_FROM_CREDENTIAL] = {read_credential,
		"the password is not among the unit's credentials"},
	[RP_PASSWORD_FROM_NETRC] = {read_netrc, "the password is not to be had of the netrc file"},
	[RP_PASSWORD_FROM_OAUTH] = {read_token,
		"the token is not to be had of GNOME Online Accounts"},
};

RpPasswordAnswer *
rp_password_read(const RpPasswordWish *wish, gboolean refused)
{
	RpPasswordAnswer *answer = g_new0(RpPasswordAnswer, 1);
	g_autoptr(GError) error = NULL;

	answer->result = sources[wish->from].read(wish, refused, &answer->secret, &error);
	if (answer->result == RP_PASSWORD_GIVEN && *answer->secret)
		return answer;
	g_clear_pointer(&answer->secret, rp_secret_free);
	if (answer->result == RP_PASSWORD_GIVEN)
		answer->result = RP_PASSWORD_LACKING;
	answer->why = g_strdup_printf(
		"%s: %s", sources[wish->from].words, error ? error->message : "it is empty there");
	return answer;
}

/* ---- without the agent's means ---- */

static RpPasswordAnswer *
answer_without(RpPasswordResult result, char *why)
{
	RpPasswordAnswer *answer = g_new0(RpPasswordAnswer, 1);

	answer->result = result;
	answer->why = why;
	return answer;
}

char *
rp_token_log_in_again(const char *provider, const char *because, const char *set)
{
	return because ? g_strdup_printf("the token of %s is no longer good (%s): log in again: "
					 "roampost login %s",
				 provider, because, set)
		       : g_strdup_printf("the token of %s is not there yet, nobody has logged in: "
					 "roampost login %s",
				 provider, set);
}

static RpPasswordAnswer *
log_in_again(const RpPasswordWish *wish, const char *because)
{
	return answer_without(
		RP_PASSWORD_LACKING, rp_token_log_in_again(wish->oauth->name, because, wish->set));
}

static RpPasswordAnswer *
judge_tokens(const RpPasswordWish *wish, gboolean refused, const RpOauthTokens *tokens)
{
	RpPasswordAnswer *answer;

	if (!refused && tokens->access &&
		(!tokens->ends || tokens->ends > g_get_real_time() / G_USEC_PER_SEC)) {
		answer = answer_without(RP_PASSWORD_GIVEN, NULL);
		answer->secret = rp_secret_dup(tokens->access);
		return answer;
	}
	if (!tokens->refresh)
		return log_in_again(wish, "it has ended, and nothing renews it");
	return answer_without(RP_PASSWORD_LATER,
		g_strdup_printf("the token of %s has ended or is refused: the agent renews it when "
				"it next needs one",
			wish->oauth->name));
}

static RpPasswordAnswer *
look_for_token(const RpPasswordWish *wish, gboolean refused, const char *state_dir)
{
	RpOauthTokens tokens = {0};
	g_autoptr(GError) error = NULL;
	RpPasswordAnswer *answer = NULL;

	switch (rp_token_store_load(state_dir, wish->oauth->name, wish->user, &tokens, &error)) {
	case RP_PASSWORD_GIVEN:
		answer = judge_tokens(wish, refused, &tokens);
		break;
	case RP_PASSWORD_LOCKED:
		answer = answer_without(RP_PASSWORD_LOCKED,
			g_strdup("the token is in the keyring, which is locked"));
		break;
	case RP_PASSWORD_LACKING:
	case RP_PASSWORD_LATER:
		answer = log_in_again(wish, error ? error->message : NULL);
		break;
	}
	rp_oauth_tokens_clear(&tokens);
	return answer;
}

RpPasswordAnswer *
rp_password_look(const RpPasswordWish *wish, gboolean refused, const char *state_dir)
{
	if (wish->from == RP_PASSWORD_FROM_OAUTH && !wish->oauth->online_accounts)
		return look_for_token(wish, refused, state_dir);
	if (wish->from == RP_PASSWORD_FROM_CREDENTIAL && !g_getenv("CREDENTIALS_DIRECTORY"))
		return answer_without(
			RP_PASSWORD_LATER, g_strdup("the password is a credential of the agent's "
						    "unit, which is given to "
						    "nobody else"));
	return rp_password_read(wish, refused);
}
