/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup.h"

#include "roampost/language.h"
#include "roampost/serverset.h"

/* The server set that an account comes to: to be tried, and to be written. */

static const RpLogin *
login_of(const RpServerSet *set, RpMailKind kind)
{
	return kind == RP_MAIL_SMTP ? &set->smtp_login : &set->pop_login;
}

gboolean
rp_setup_is_in_keyring(const RpSetupAccount *account, const RpSetupLogin *login, RpMailKind kind)
{
	gboolean stays = account->known && !account->password_store &&
			 login_of(account->known, kind)->password;

	return login->in_keyring && !stays;
}

static void
set_password(RpImportSet *set, RpMailKind kind, const RpSetupAccount *account,
	const RpSetupLogin *login, gboolean for_session)
{
	const char *protocol = kind == RP_MAIL_SMTP ? "smtp" : "pop";
	g_autofree char *key = g_strconcat(protocol, "-password", NULL);
	g_autofree char *command = g_strconcat(key, "-command", NULL);
	g_autofree char *from = g_strconcat(key, "-from", NULL);

	if (login->giver) {
		g_autofree char *tokens = g_strconcat("oauth:", login->giver, NULL);

		rp_import_set(set, from, tokens);
		return;
	}
	rp_import_set(set, command, account->password_command);
	if (login->secret && !for_session && rp_setup_is_in_keyring(account, login, kind))
		rp_import_set(set, from, "secret-service");
	else if (login->secret)
		rp_import_set_secret(set, key, login->secret);
}

/* A server that was trusted by something else than its authority still is. */
static void
set_known_certificates(RpImportSet *set, const RpSetupAccount *account)
{
	const RpServerSet *known = account->known;

	if (!known)
		return;
	rp_import_set(set, "tls-ca-file", known->tls_ca_file);
	rp_import_set(set, "tls-fingerprint", known->tls_fingerprint);
	rp_import_set(set, "tls-client-cert", known->tls_client_cert);
	rp_import_set(set, "tls-client-key", known->tls_client_key);
}

void
rp_setup_fill_set(RpImportSet *set, const RpSetupAccount *account, const RpSetupLogin *login,
	gboolean for_session)
{
	rp_import_set(set, "identities", account->address);
	rp_import_set_smtp(set, login->smtp);
	rp_import_set(set, "tls-ca-file", account->ca_file);
	set_known_certificates(set, account);
	if (rp_mail_server_wants_login(login->smtp))
		set_password(set, RP_MAIL_SMTP, account, login, for_session);
	if (!login->pop)
		return;
	rp_import_set_pop(set, login->pop);
	set_password(set, RP_MAIL_POP, account, login, for_session);
	rp_import_set(set, "fetch", account->fetch);
}

RpConfig *
rp_setup_config(RpCli *cli, const RpSetupAccount *account, const RpSetupLogin *login)
{
	g_autoptr(RpImport) import = rp_import_new(account->address);
	RpConfig *config;

	rp_setup_fill_set(rp_import_add_set(import, "probe"), account, login, TRUE);
	rp_import_drop_bad(import);
	for (guint i = 0; i < import->remarks->len; i++)
		rp_cli_note(cli, "%s", (const char *)import->remarks->pdata[i]);
	config = rp_import_load(import);
	if (!config)
		rp_cli_fail(cli, _("no good configuration comes of what is known"));
	return config;
}
