/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "login.h"
#include "roampost/language.h"
#include "roampost/queue.h"
#include "roampost/token-store.h"

/* Logging in at a provider of tokens for a server set, by a browser or another device. */

static gboolean login_device, login_by_hand, login_out;

const GOptionEntry rp_cmd_login_options[] = {
	{"device", 0, 0, G_OPTION_ARG_NONE, &login_device,
		N_("by a code that is typed on another device"), NULL},
	{"no-browser", 0, 0, G_OPTION_ARG_NONE, &login_by_hand, N_("start no browser"), NULL},
	{"out", 0, 0, G_OPTION_ARG_NONE, &login_out, N_("remove the tokens"), NULL},
	G_OPTION_ENTRY_NULL,
};

static const RpLogin *
login_of(const RpServerSet *set)
{
	return set->smtp_login.oauth  ? &set->smtp_login
	       : set->pop_login.oauth ? &set->pop_login
				      : NULL;
}

static gboolean
get_tokens(RpCli *cli, const RpLogin *login, RpOauthTokens *tokens)
{
	const RpOauthProvider *provider = login->oauth;
	gboolean by_device = login_device || !provider->authorization_endpoint;

	if (!by_device)
		return rp_login_by_browser(cli, provider, login->user, !login_by_hand, tokens);
	if (provider->device_endpoint)
		return rp_login_by_device(cli, provider, tokens);
	rp_cli_fail(cli, _("[oauth %s] has no device-endpoint: log in without --device"),
		provider->name);
	return FALSE;
}

/* What the provider gave that may not be what was wanted. */
static void
note_what_came(RpCli *cli, const RpOauthProvider *provider, const RpOauthTokens *tokens)
{
	g_autofree char *lacking = rp_oauth_lacking_scopes(provider, tokens->granted);

	if (!tokens->refresh)
		rp_cli_note(
			cli, _("there is no refresh token among them, so that you have to log in "
			       "again when this one ends: do scopes ask for one?"));
	if (lacking)
		rp_cli_note(cli,
			_("the token is not for all that scopes ask for: “%s” is not granted. "
			  "If mail servers refuse it, log in again, and allow that"),
			lacking);
	if (tokens->login_ends) {
		g_autofree char *end = rp_time_format(tokens->login_ends);

		rp_cli_note(cli,
			_("the provider ends this login on %s, as Google does in seven days while "
			  "a client is in testing: log in again then"),
			end);
	}
}

static int
store(RpCli *cli, const char *state, const RpLogin *login, const RpOauthTokens *tokens)
{
	g_autoptr(GError) error = NULL;
	RpTokenPlace place =
		rp_token_store_save(state, login->oauth->name, login->user, tokens, &error);

	if (place == RP_TOKEN_NOWHERE)
		return rp_cli_fail_error(cli, error);
	if (place == RP_TOKEN_IN_FILE)
		rp_cli_note(cli,
			_("there is no keyring to keep the tokens in: they are in a file "
			  "that only you can read, in %s/tokens"),
			state);
	note_what_came(cli, login->oauth, tokens);
	rp_cli_print(cli,
		_("Logged in as %s. What waited for that goes now, where an agent runs.\n"),
		login->user);
	rp_cli_agent_hears_of_passwords();
	return RP_EXIT_DONE;
}

static int
log_out(const RpLogin *login)
{
	g_autofree char *state = rp_queue_state_dir(NULL);

	if (state)
		rp_token_store_clear(state, login->oauth->name, login->user);
	return RP_EXIT_DONE;
}

/* GNOME logs in by itself; there the account can be looked after. */
static int
open_settings(RpCli *cli, const RpLogin *login)
{
	g_autoptr(GError) error = NULL;
	gint status = 0;

	rp_cli_note(cli, _("%s's tokens are those of GNOME Online Accounts: log in there"),
		login->user);
	if (!g_spawn_command_line_sync(
		    "gnome-control-center online-accounts", NULL, NULL, &status, &error) ||
		!g_spawn_check_wait_status(status, &error))
		return rp_cli_fail(cli,
			_("GNOME's settings can't be opened from here (%s): open Online Accounts "
			  "by the menu of the desktop"),
			error->message);
	rp_cli_agent_hears_of_passwords();
	return RP_EXIT_DONE;
}

static int
log_in(RpCli *cli, const RpLogin *login)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *state = rp_queue_state_dir(&error);
	RpOauthTokens tokens = {0};
	int status = RP_EXIT_FAILED;

	/* A login is made once: a code for a device is used up, a second factor asked for. */
	if (!state || !rp_token_store_check(state, &error))
		return rp_cli_fail_error(cli, error);
	if (get_tokens(cli, login, &tokens))
		status = store(cli, state, login, &tokens);
	rp_oauth_tokens_clear(&tokens);
	return status;
}

int
rp_cmd_login(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	RpCatalogue *catalogue = config ? rp_config_catalogue(config) : NULL;
	g_autoptr(GError) error = NULL;
	const RpLogin *login;

	if (!config)
		return RP_EXIT_FAILED;
	rp_secret_guard_process();
	if (!rp_cli_check_set(catalogue, argv[1], &error))
		return rp_cli_fail_error(cli, error);
	login = login_of(
		rp_catalogue_set(catalogue, (guint)rp_catalogue_find_set(catalogue, argv[1])));
	if (!login || !login->user)
		return rp_cli_fail(cli,
			_("%s logs in by a password: smtp-password-from=oauth:NAME in "
			  "[server-set %s] would have it log in by a token"),
			argv[1], argv[1]);
	if (login->oauth->online_accounts)
		return open_settings(cli, login);
	return login_out ? log_out(login) : log_in(cli, login);
}
