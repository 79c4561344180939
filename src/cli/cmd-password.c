/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "roampost/language.h"
#include "roampost/secretservice.h"

/* A set's password, put into the keyring of the session or taken out of it. */

static gboolean password_smtp, password_pop, password_clear;

const GOptionEntry rp_cmd_password_options[] = {
	{"smtp", 0, 0, G_OPTION_ARG_NONE, &password_smtp, N_("that of the SMTP login alone"), NULL},
	{"pop", 0, 0, G_OPTION_ARG_NONE, &password_pop, N_("that of the POP login alone"), NULL},
	{"clear", 0, 0, G_OPTION_ARG_NONE, &password_clear, N_("remove what was stored"), NULL},
	G_OPTION_ENTRY_NULL,
};

enum { MOST_KEYS = 2 };

/* The logins that are meant: those that the set has, less what the options leave out. */
static guint
choose_keys(const RpServerSet *set, RpSecretKey keys[MOST_KEYS])
{
	guint n = 0;

	if (set->smtp_login.user && (password_smtp || !password_pop))
		keys[n++] = rp_secret_key_smtp(set);
	if (set->pop && set->pop_login.user && (password_pop || !password_smtp))
		keys[n++] = rp_secret_key_pop(set);
	return n;
}

static gboolean
clear(const RpSecretKey *key, gboolean *any, GError **error)
{
	g_autoptr(GError) theirs = NULL;
	RpSecretResult result = rp_secretservice_clear(key, &theirs);

	*any |= result == RP_SECRET_DONE;
	if (result == RP_SECRET_DONE || result == RP_SECRET_ABSENT)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&theirs));
	return FALSE;
}

static int
clear_all(RpCli *cli, const RpServerSet *set, const RpSecretKey *keys, guint n_keys)
{
	gboolean any = FALSE;

	for (guint i = 0; i < n_keys; i++) {
		g_autoptr(GError) error = NULL;

		if (!clear(&keys[i], &any, &error))
			return rp_cli_fail_error(cli, error);
	}
	return any ? RP_EXIT_DONE
		   : rp_cli_fail(cli, _("the keyring has no password of %s that roampost stored"),
			     set->name);
}

static int
store_all(RpCli *cli, const RpServerSet *set, const RpSecretKey *keys, guint n_keys)
{
	g_autofree char *prompt =
		g_strdup_printf(_("Password of %s at %s: "), keys[0].user, keys[0].host);
	g_autoptr(RpSecret) secret = rp_cli_read_secret(cli, prompt);

	if (!secret)
		return rp_cli_fail(cli, _("no password was given: nothing is stored"));
	for (guint i = 0; i < n_keys; i++) {
		g_autoptr(GError) error = NULL;

		if (!rp_cli_store_secret(&keys[i], secret, &error))
			return rp_cli_fail_error(cli, error);
	}
	rp_cli_agent_hears_of_passwords();
	return RP_EXIT_DONE;
}

/* A token's login asks for no password: one that is stored for it would never be used. */
static gboolean
has_password(const RpServerSet *set)
{
	gboolean smtp = set->smtp_login.user && (password_smtp || !password_pop);
	gboolean pop = set->pop && set->pop_login.user && (password_pop || !password_smtp);

	return (!smtp && !pop) || (smtp && set->smtp_login.from != RP_PASSWORD_FROM_OAUTH) ||
	       (pop && set->pop_login.from != RP_PASSWORD_FROM_OAUTH);
}

int
rp_cmd_password(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	RpCatalogue *catalogue = config ? rp_config_catalogue(config) : NULL;
	g_autoptr(GError) error = NULL;
	RpSecretKey keys[MOST_KEYS];
	const RpServerSet *set;
	guint n_keys;

	if (!config)
		return RP_EXIT_FAILED;
	rp_secret_guard_process();
	if (!rp_cli_check_set(catalogue, argv[1], &error))
		return rp_cli_fail_error(cli, error);
	set = rp_catalogue_set(catalogue, (guint)rp_catalogue_find_set(catalogue, argv[1]));
	if (!password_clear && !has_password(set))
		return rp_cli_fail(cli,
			_("%1$s logs in with a token, and no password would be used: roampost "
			  "login "
			  "%1$s"),
			set->name);
	n_keys = choose_keys(set, keys);
	if (n_keys == 0)
		return rp_cli_fail(cli,
			password_pop ? _("%1$s has no such login: set pop and pop-user in "
					 "[server-set %1$s]")
				     : _("%1$s has no such login: set smtp-user in [server-set "
					 "%1$s]"),
			set->name);
	return password_clear ? clear_all(cli, set, keys, n_keys)
			      : store_all(cli, set, keys, n_keys);
}
