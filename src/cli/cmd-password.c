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

enum { MOST_LOGINS = 2 };

typedef struct {
	const RpLogin *login;
	const char *key;
	RpSecretKey secret;
} Login;

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
clear_all(RpCli *cli, const RpServerSet *set, const Login *logins, guint n_logins)
{
	gboolean any = FALSE;

	for (guint i = 0; i < n_logins; i++) {
		g_autoptr(GError) error = NULL;

		if (!clear(&logins[i].secret, &any, &error))
			return rp_cli_fail_error(cli, error);
	}
	return any ? RP_EXIT_DONE
		   : rp_cli_fail(cli, _("the keyring has no password of %s that roampost stored"),
			     set->name);
}

/* Of a keyring that takes nothing. */
static void
say_elsewhere(RpCli *cli, const RpServerSet *set)
{
	if (set->identities && *set->identities)
		rp_cli_note(cli,
			_("where no keyring can be unlocked: “roampost setup %s --new-password "
			  "--password-store file” keeps the password in the configuration, which "
			  "you alone can read"),
			*set->identities);
	else
		rp_cli_note(cli,
			_("where no keyring can be unlocked: smtp-password-command or "
			  "smtp-password-from=credential:NAME in [server-set %s] have the password "
			  "from elsewhere"),
			set->name);
}

static int
store_all(RpCli *cli, const RpServerSet *set, const Login *logins, guint n_logins)
{
	const RpSecretKey *first = &logins[0].secret;
	g_autofree char *prompt =
		g_strdup_printf(_("Password of %s at %s: "), first->user, first->host);
	g_autoptr(RpSecret) secret = rp_cli_read_secret(cli, prompt);

	if (!secret)
		return rp_cli_fail(cli, _("no password was given: nothing is stored"));
	for (guint i = 0; i < n_logins; i++) {
		g_autoptr(GError) error = NULL;

		if (!rp_cli_store_secret(&logins[i].secret, secret, &error)) {
			rp_cli_fail_error(cli, error);
			say_elsewhere(cli, set);
			return RP_EXIT_FAILED;
		}
		rp_cli_print(cli,
			/* TRANSLATORS: user, host. */
			_("The password of %s at %s is in the keyring; the next login tries it.\n"),
			logins[i].secret.user, logins[i].secret.host);
	}
	rp_cli_agent_hears_of_passwords();
	return RP_EXIT_DONE;
}

/* The key by which the login has its secret from elsewhere, with the place; NULL: it has not. */
static char *
other_source(const RpLogin *login, const char *key)
{
	if (login->password)
		return g_strdup(key);
	if (login->password_command)
		return g_strconcat(key, "-command", NULL);
	switch (login->from) {
	case RP_PASSWORD_FROM_NETRC:
		return g_strdup_printf("%s-from=netrc%s%s", key, login->from_name ? ":" : "",
			login->from_name ? login->from_name : "");
	case RP_PASSWORD_FROM_CREDENTIAL:
		return g_strdup_printf("%s-from=credential:%s", key, login->from_name);
	case RP_PASSWORD_FROM_OAUTH:
	case RP_PASSWORD_FROM_SECRET_SERVICE:
	case RP_PASSWORD_FROM_NOWHERE:
		break;
	}
	return NULL;
}

/* Its logins that are meant: those that it has, less what the options leave out. */
static guint
choose_logins(const RpServerSet *set, Login logins[MOST_LOGINS])
{
	guint n = 0;

	if (set->smtp_login.user && (password_smtp || !password_pop))
		logins[n++] = (Login){&set->smtp_login, "smtp-password", rp_secret_key_smtp(set)};
	if (set->pop && set->pop_login.user && (password_pop || !password_smtp))
		logins[n++] = (Login){&set->pop_login, "pop-password", rp_secret_key_pop(set)};
	return n;
}

/* Those that would use what is stored; what is not kept in a keyring stays what it is. */
static guint
keep_used(Login *logins, guint n_logins)
{
	guint n = 0;

	for (guint i = 0; i < n_logins; i++) {
		g_autofree char *other = other_source(logins[i].login, logins[i].key);

		if (!other && logins[i].login->from != RP_PASSWORD_FROM_OAUTH)
			logins[n++] = logins[i];
	}
	return n;
}

static int
fail_unused(RpCli *cli, const RpServerSet *set, const Login *login)
{
	g_autofree char *other = other_source(login->login, login->key);

	if (!other)
		return rp_cli_fail(cli,
			_("%1$s logs in with a token, and no password would be used: roampost "
			  "login "
			  "%1$s"),
			set->name);
	return rp_cli_fail(cli,
		_("what would be stored is not used: [server-set %1$s] has %2$s; change the "
		  "password there, or write %3$s-from=secret-service in its place"),
		set->name, other, login->key);
}

/* What is stored for a login that has its secret from elsewhere would never be used. */
static int
store_used(RpCli *cli, const RpServerSet *set, Login *logins, guint n_logins)
{
	Login first = logins[0];
	guint n_used = keep_used(logins, n_logins);

	return n_used ? store_all(cli, set, logins, n_used) : fail_unused(cli, set, &first);
}

int
rp_cmd_password(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	RpCatalogue *catalogue = config ? rp_config_catalogue(config) : NULL;
	g_autoptr(GError) error = NULL;
	Login logins[MOST_LOGINS];
	const RpServerSet *set;
	guint n_logins;

	if (!config)
		return RP_EXIT_FAILED;
	rp_secret_guard_process();
	if (!rp_cli_check_set(catalogue, argv[1], &error))
		return rp_cli_fail_error(cli, error);
	set = rp_catalogue_set(catalogue, (guint)rp_catalogue_find_set(catalogue, argv[1]));
	n_logins = choose_logins(set, logins);
	if (n_logins == 0)
		return rp_cli_fail(cli,
			password_pop ? _("%1$s has no such login: set pop and pop-user in "
					 "[server-set %1$s]")
				     : _("%1$s has no such login: set smtp-user in [server-set "
					 "%1$s]"),
			set->name);
	return password_clear ? clear_all(cli, set, logins, n_logins)
			      : store_used(cli, set, logins, n_logins);
}
