/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup.h"

#include "roampost/language.h"
#include "roampost/serverset.h"

#include <string.h>

/* An address that the configuration has: a new password for it, for which nothing is looked up, and
 * nothing but the password is written; and what is said where its servers can't be found. */

static gboolean
takes_token(const RpServerSet *set, const RpLogin *login)
{
	RpAuth auth = login == &set->smtp_login ? set->smtp_auth : set->pop_auth;

	return auth == RP_AUTH_XOAUTH2 || auth == RP_AUTH_OAUTHBEARER;
}

/* FALSE after saying why its password is nothing that could be changed here. */
static gboolean
has_password(RpCli *cli, const RpSetupFile *file, const char *address, const RpServerSet *set)
{
	g_autofree char *group = set ? g_strconcat("server-set ", set->name, NULL) : NULL;
	const RpLogin *login = set && set->smtp_login.user ? &set->smtp_login
			       : set                       ? &set->pop_login
							   : NULL;

	if (!set)
		rp_setup_no_owner(cli, file, address);
	else if (!rp_config_edit_has_group(file->edit, group))
		rp_cli_fail(cli, _("%s is in another file than %s: change its password there"),
			address, file->named);
	else if (!login->user)
		rp_cli_fail(cli, _("%s logs in nowhere: there is no password"), set->name);
	else if (login->from == RP_PASSWORD_FROM_OAUTH)
		rp_cli_fail(cli,
			_("%1$s logs in by a token, not by a password: “roampost login %1$s” gets "
			  "a new one"),
			set->name);
	else if (takes_token(set, login))
		rp_cli_fail(cli,
			_("%1$s logs in by a token, not by a password: what "
			  "smtp-password-command or smtp-password-from prints is one"),
			set->name);
	else
		return TRUE;
	return FALSE;
}

static RpMailServer *
new_server(RpMailKind kind, const RpEndpoint *endpoint, RpTls tls, const RpLogin *login)
{
	RpMailServer *server = rp_mail_server_new(kind, endpoint->host, endpoint->port,
		endpoint->implicit_tls ? RP_MAIL_TLS
		: tls == RP_TLS_OFF    ? RP_MAIL_PLAIN
				       : RP_MAIL_STARTTLS);

	server->user = g_strdup(login->user);
	server->ways = login->user ? RP_MAIL_PASSWORD : RP_MAIL_NO_LOGIN;
	return server;
}

/* Of what is said besides, and would not be done. That the set does without a login at its SMTP
 * server may be said again. */
static gboolean
changes_servers(RpCli *cli, const RpSetupAccount *account, const RpServerSet *set)
{
	const char *said = account->smtp ? account->smtp : account->pop;

	if (!said && account->no_login && set && set->smtp_login.user)
		said = "--no-login";
	if (said)
		rp_cli_fail(cli,
			_("%1$s: --new-password changes the password alone, and nothing would come "
			  "of %2$s: leave one of them out"),
			account->address, said);
	return said != NULL;
}

gboolean
rp_setup_find_known(
	RpCli *cli, const RpSetupFile *file, RpSetupAccount *account, RpSetupServers *servers)
{
	const RpServerSet *set = rp_setup_owner(file, account->address);

	if (changes_servers(cli, account, set))
		return FALSE;
	account->known = set;
	g_clear_pointer(&account->known_in, rp_config_unref);
	account->known_in = rp_config_ref(file->config);
	if (!has_password(cli, file, account->address, set))
		return FALSE;
	servers->smtp = g_ptr_array_new_with_free_func((GDestroyNotify)rp_mail_server_free);
	servers->pop = g_ptr_array_new_with_free_func((GDestroyNotify)rp_mail_server_free);
	for (guint i = 0; i < set->smtp->len; i++)
		g_ptr_array_add(servers->smtp, new_server(RP_MAIL_SMTP, set->smtp->pdata[i],
						       set->smtp_tls, &set->smtp_login));
	if (set->pop && set->pop_login.user)
		g_ptr_array_add(servers->pop,
			new_server(RP_MAIL_POP, set->pop, set->pop_tls, &set->pop_login));
	return TRUE;
}

/* ---- where nothing is found ---- */

static void
add_option(GString *options, const char *name, const char *scheme, const RpEndpoint *endpoint)
{
	gboolean is_address = strchr(endpoint->host, ':') != NULL;

	g_string_append_printf(options, " --%s %s%s://%s%s%s:%u", name, scheme,
		endpoint->implicit_tls ? "s" : "", is_address ? "[" : "", endpoint->host,
		is_address ? "]" : "", endpoint->port);
}

static void
add_word(GString *options, const char *name, const char *word)
{
	g_autofree char *quoted = g_shell_quote(word);

	g_string_append_printf(options, " --%s %s", name, quoted);
}

/* What is typed for a login at the set's servers, besides the password. */
static void
add_login(GString *options, const RpServerSet *set, const char *address)
{
	const char *user = set->smtp_login.user ? set->smtp_login.user : set->pop_login.user;

	if (user && !g_str_equal(user, address))
		add_word(options, "user", user);
	if (set->tls_ca_file)
		add_word(options, "tls-ca-file", set->tls_ca_file);
}

gboolean
rp_setup_note_known(RpCli *cli, const RpSetupFile *file, const char *address)
{
	const RpServerSet *set = rp_setup_owner(file, address);
	g_autoptr(GString) options = g_string_new(address);

	if (!set)
		return FALSE;
	add_option(options, "smtp", "smtp", set->smtp->pdata[0]);
	if (set->pop)
		add_option(options, "pop", "pop3", set->pop);
	add_login(options, set, address);
	rp_cli_note(cli, _("%1$s stays as it is; to go on with its servers: roampost setup %2$s"),
		set->name, options->str);
	return TRUE;
}
