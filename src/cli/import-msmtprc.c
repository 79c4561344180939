/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-msmtp.h"
#include "roampost/language.h"
#include "roampost/mailbox.h"

#include <string.h>

/* msmtp's accounts as server sets. */

/* Not "system", nor a path that is meant from somewhere. */
static void
carry_file(RpImportSet *set, const RpMsmtpAccount *account, const char *command, const char *key)
{
	const char *file = rp_msmtp_get(account, command);

	if (file != NULL &&
		(*file == '/' || g_str_has_prefix(file, "~/") || g_str_has_prefix(file, "pkcs11:")))
		rp_import_set(set, key, file);
}

static void
carry_server(RpImport *import, RpImportSet *set, const RpMsmtpAccount *account)
{
	gboolean tls = rp_msmtp_is_on(account, "tls", FALSE);
	gboolean starttls = rp_msmtp_is_on(account, "tls_starttls", TRUE) &&
			    !rp_msmtp_is_on(account, "tls_nostarttls", FALSE);
	gboolean checks = rp_msmtp_is_on(account, "tls_certcheck", TRUE) &&
			  !rp_msmtp_is_on(account, "tls_nocertcheck", FALSE);
	const char *domain = rp_msmtp_get(account, "domain");
	const char *port = rp_msmtp_get(account, "port");
	/* msmtp's own defaults: 465 where TLS is from the start, else 25. */
	guint64 number = tls && !starttls ? 465 : 25;

	if (port != NULL && !g_ascii_string_to_unsigned(port, 10, 1, 65535, &number, NULL))
		rp_import_remark(
			import, rp_msmtp_line_of(account, "port"), _("“%s” is not a port"), port);
	if (tls && starttls && number == 465)
		rp_import_remark(import, rp_msmtp_line_of(account, "port"),
			_("at port 465 TLS begins at once, which msmtp is told by tls_starttls "
			  "off: it does so here"));
	rp_import_set_server(set, "smtp", rp_msmtp_get(account, "host"), (guint)number,
		!tls                        ? RP_IMPORT_NO_TLS
		: starttls && number != 465 ? RP_IMPORT_STARTTLS
					    : RP_IMPORT_TLS);
	carry_file(set, account, "tls_trust_file", "tls-ca-file");
	carry_file(set, account, "tls_cert_file", "tls-client-cert");
	if (rp_msmtp_get(account, "tls_cert_file") != NULL)
		carry_file(set, account, "tls_key_file", "tls-client-key");
	if (tls && !checks)
		rp_import_remark(import, rp_msmtp_line_of(account, "tls_certcheck"),
			_("tls_certcheck off is not carried over: certificates are always checked; "
			  "trust this server by tls-ca-file or tls-fingerprint"));
	/* msmtp puts the host's, the user's and the environment's names in. */
	if (domain != NULL && strchr(domain, '%') != NULL)
		rp_import_remark(import, rp_msmtp_line_of(account, "domain"),
			_("domain %s is not carried over: write the name it stands for as "
			  "ehlo-name, where it matters"),
			domain);
	else
		rp_import_set(set, "ehlo-name", domain);
}

static void
carry_mechanism(RpImport *import, RpImportSet *set, const RpMsmtpAccount *account)
{
	static const char *const known[] = {"plain", "login", "cram-md5", "scram-sha-1",
		"scram-sha-256", "external", "xoauth2", "oauthbearer", NULL};
	const char *auth = rp_msmtp_get(account, "auth");

	if (auth == NULL || strcmp(auth, "on") == 0)
		return;
	if (g_strv_contains(known, auth))
		rp_import_set(set, "smtp-auth", auth);
	else
		rp_import_remark(import, rp_msmtp_line_of(account, "auth"),
			_("auth %s is not offered: smtp-auth stays auto"), auth);
}

/* Without one in the file msmtp asks the desktop's keyring, under the names that secret-service has
 * too, and then ~/.netrc. */
static void
carry_password(RpImport *import, RpImportSet *set, const RpMsmtpAccount *account)
{
	const char *auth = rp_msmtp_get(account, "auth");

	if (rp_msmtp_get(account, "passwordeval") != NULL)
		rp_import_set(set, "smtp-password-command", rp_msmtp_get(account, "passwordeval"));
	else if (rp_msmtp_get(account, "password") != NULL)
		rp_import_set_secret(set, "smtp-password", rp_msmtp_get(account, "password"));
	else if (g_strcmp0(auth, "xoauth2") == 0 || g_strcmp0(auth, "oauthbearer") == 0)
		rp_import_token_missing(import, set, rp_msmtp_line_of(account, "auth"), "smtp");
	else if (g_strcmp0(auth, "external") != 0)
		rp_import_password_missing(import, set, rp_msmtp_line_of(account, "user"),
			_("the password is not in the file (msmtp's in the keyring is found there; "
			  "where it is in ~/.netrc, write smtp-password-from=netrc)"));
}

static void
carry_login(RpImport *import, RpImportSet *set, const RpMsmtpAccount *account)
{
	const char *user = rp_msmtp_get(account, "user");

	if (!rp_msmtp_is_on(account, "auth", FALSE)) {
		if (user != NULL && rp_msmtp_get(account, "auth") == NULL)
			rp_import_remark(import, rp_msmtp_line_of(account, "user"),
				_("user without auth: msmtp does not log in, and so the user is "
				  "not carried over"));
		rp_import_no_login(import, set, account->line);
		return;
	}
	if (user == NULL) {
		rp_import_login_missing(import, set, rp_msmtp_line_of(account, "auth"),
			_("there is a login here without a user"));
		if (rp_msmtp_get(account, "passwordeval") != NULL ||
			rp_msmtp_get(account, "password") != NULL)
			carry_password(import, set, account);
		carry_mechanism(import, set, account);
		return;
	}
	rp_import_set(set, "smtp-user", user);
	carry_password(import, set, account);
	carry_mechanism(import, set, account);
}

/* As an address, or a domain for msmtp's pattern *@odn.example; NULL: neither. Free with g_free. */
static char *
read_from(const char *from)
{
	g_autofree char *domain = NULL;
	g_auto(GStrv) addresses = NULL;

	if (from == NULL || strchr(from, '%') != NULL)
		return NULL;
	if (g_str_has_prefix(from, "*@") && strpbrk(from + 2, "*?[") == NULL)
		return g_strdup(from + 1);
	addresses = rp_mailbox_list_read(from, -1, NULL);
	if (addresses == NULL || addresses[0] == NULL || addresses[1] != NULL ||
		strpbrk(addresses[0], "*?[") != NULL || strchr(addresses[0], '@') == NULL)
		return NULL;
	return g_strdup(addresses[0]);
}

static void
carry_identity(RpImport *import, RpImportSet *set, const RpMsmtpAccount *account)
{
	const char *from = rp_msmtp_get(account, "from");
	g_autofree char *identity = read_from(from != NULL ? from : rp_msmtp_get(account, "user"));

	if (identity != NULL)
		rp_import_set(set, "identities", identity);
	else
		rp_import_remark(import, rp_msmtp_line_of(account, "from"),
			_("no address can be read here: write the set's identities in [server-set "
			  "%s]"),
			set->name);
}

static void
remark_evals(RpImport *import, const GArray *evals)
{
	for (guint i = 0; i < evals->len; i++)
		rp_import_remark(import, g_array_index(evals, guint, i),
			_("eval is not carried over: commands are not run while importing; write "
			  "what this one prints, and import again"));
}

static void
carry_account(RpMsmtpConf *conf, const RpMsmtpAccount *account, const char *preferred)
{
	RpImport *import = conf->import;
	const char *protocol = rp_msmtp_get(account, "protocol");

	if (account->alias_of != NULL) /* of one that is carried */
		return;
	remark_evals(import, account->evals);
	if (protocol != NULL && strcmp(protocol, "smtp") != 0) {
		rp_import_remark(import, rp_msmtp_line_of(account, "protocol"),
			_("account %s is not carried over: it is %s, and only SMTP is offered"),
			account->name, protocol);
		return;
	}
	if (rp_msmtp_get(account, "host") == NULL) {
		rp_import_remark(import, account->line, _("account %s is not carried over: %s"),
			account->name,
			account->evals->len > 0 ? _("its host is not in the file")
						: _("it has no host"));
		return;
	}
	RpImportSet *set = rp_import_add_set(import, account->name);
	if (g_strcmp0(preferred, account->name) == 0)
		rp_import_set(set, "priority", "10");
	carry_identity(import, set, account);
	carry_server(import, set, account);
	carry_login(import, set, account);
	rp_msmtp_remark_rest(import, account);
}

static void
carry_accounts(RpMsmtpConf *conf)
{
	const RpMsmtpAccount *preferred = rp_msmtp_conf_find(conf, "default");
	const char *name = NULL;

	if (preferred != NULL && conf->accounts->len > 1)
		name = preferred->alias_of != NULL ? preferred->alias_of : preferred->name;
	for (guint i = 0; i < conf->accounts->len; i++)
		carry_account(conf, conf->accounts->pdata[i], name);
	if (conf->accounts->len == 0)
		remark_evals(conf->import, conf->evals);
}

void
rp_import_msmtprc(RpImport *import, const char *text)
{
	RpMsmtpConf conf;

	rp_msmtp_conf_init(&conf, import, text);
	carry_accounts(&conf);
	rp_msmtp_conf_clear(&conf);
}
