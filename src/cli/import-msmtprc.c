/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"
#include "roampost/language.h"
#include "roampost/mailbox.h"

#include <string.h>

/* msmtp's configuration file: a command a line, grouped by `account`, with `defaults` before. */

typedef struct {
	char *argument;
	guint line;
} Setting;

typedef GHashTable Settings; /* command -> Setting */

typedef struct {
	char *name;
	guint line;
	Settings *settings;
	char *alias_of; /* of "account default : NAME" with nothing after it; else NULL */
	GArray *evals;  /* lines (guint) with commands that say more */
} Account;

typedef struct {
	RpImport *import;
	Settings *defaults;
	GPtrArray *accounts; /* of Account */
	Account *current;    /* borrowed; NULL: the defaults, or nothing yet */
	gboolean has_begun;  /* an `account` or `defaults` line was there */
	GArray *evals;       /* of the defaults */
} Reader;

static void
setting_free(gpointer data)
{
	Setting *setting = data;

	rp_secret_free(setting->argument);
	g_free(setting);
}

static void
account_free(gpointer data)
{
	Account *account = data;

	g_hash_table_unref(account->settings);
	g_array_unref(account->evals);
	g_free(account->alias_of);
	g_free(account->name);
	g_free(account);
}

static Settings *
settings_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, setting_free);
}

static void
settings_put(Settings *settings, const char *command, const char *argument, guint line)
{
	Setting *setting = g_new0(Setting, 1);

	setting->argument = g_strdup(argument);
	setting->line = line;
	g_hash_table_replace(settings, g_strdup(command), setting);
}

static void
settings_copy(Settings *to, Settings *from)
{
	GHashTableIter iter;
	gpointer command, setting;

	g_hash_table_iter_init(&iter, from);
	while (g_hash_table_iter_next(&iter, &command, &setting))
		settings_put(
			to, command, ((Setting *)setting)->argument, ((Setting *)setting)->line);
}

static const char *
get(const Account *account, const char *command)
{
	const Setting *setting = g_hash_table_lookup(account->settings, command);

	return setting != NULL && *setting->argument != '\0' ? setting->argument : NULL;
}

static guint
line_of(const Account *account, const char *command)
{
	const Setting *setting = g_hash_table_lookup(account->settings, command);

	return setting != NULL ? setting->line : account->line;
}

static gboolean
is_on(const Account *account, const char *command, gboolean fallback)
{
	const Setting *setting = g_hash_table_lookup(account->settings, command);

	/* A switch without an argument is on. A comment behind it is none to msmtp, but meant. */
	return setting != NULL ? strcspn(setting->argument, " \t#") != strlen("off") ||
					 !g_str_has_prefix(setting->argument, "off")
			       : fallback;
}

/* ---- reading ---- */

static Account *
find_account(Reader *reader, const char *name)
{
	for (guint i = 0; i < reader->accounts->len; i++)
		if (strcmp(((Account *)reader->accounts->pdata[i])->name, name) == 0)
			return reader->accounts->pdata[i];
	return NULL;
}

static Account *
add_account(Reader *reader, const char *name, guint line)
{
	Account *account = g_new0(Account, 1);

	account->name = g_strdup(name);
	account->line = line;
	account->settings = settings_new();
	account->evals = g_array_new(FALSE, FALSE, sizeof(guint));
	g_ptr_array_add(reader->accounts, account);
	reader->current = account;
	reader->has_begun = TRUE;
	return account;
}

static void
inherit(Account *account, Settings *settings, const GArray *evals)
{
	settings_copy(account->settings, settings);
	g_array_append_vals(account->evals, evals->data, evals->len);
}

/* account NAME [: PARENT[,PARENT]...] */
static void
begin_account(Reader *reader, const char *argument, guint line)
{
	g_auto(GStrv) parts = g_strsplit(argument, ":", 2);
	g_auto(GStrv) parents =
		g_strsplit(parts[0] != NULL && parts[1] != NULL ? parts[1] : "", ",", -1);
	Account *account = add_account(reader, parts[0] != NULL ? g_strstrip(parts[0]) : "", line);

	inherit(account, reader->defaults, reader->evals);
	for (char **parent = parents; *parent != NULL; parent++) {
		const Account *found = find_account(reader, g_strstrip(*parent));

		if (found != NULL)
			inherit(account, found->settings, found->evals);
		else
			rp_import_remark(
				reader->import, line, _("there is no account “%s” above"), *parent);
	}
	if (strcmp(account->name, "default") == 0 && parents[0] != NULL && parents[1] == NULL &&
		find_account(reader, parents[0]) != NULL)
		account->alias_of = g_strdup(parents[0]);
}

static char *
unquote(char *argument)
{
	gsize length = strlen(argument);

	if (length >= 2 && argument[0] == '"' && argument[length - 1] == '"') {
		argument[length - 1] = '\0';
		return argument + 1;
	}
	return argument;
}

static void
put_command(Reader *reader, const char *command, const char *argument, guint number)
{
	Account *account = reader->current;

	if (account != NULL)
		g_clear_pointer(&account->alias_of, g_free);
	if (strcmp(command, "eval") == 0)
		g_array_append_val(account != NULL ? account->evals : reader->evals, number);
	else
		settings_put(account != NULL ? account->settings : reader->defaults, command,
			argument, number);
}

static void
read_line(Reader *reader, char *line, guint number)
{
	char *argument = line + strcspn(line, " \t");

	if (*line == '\0' || *line == '#')
		return;
	if (*argument != '\0')
		*argument++ = '\0';
	argument = unquote(g_strstrip(argument));
	if (strcmp(line, "defaults") == 0) {
		reader->current = NULL;
		reader->has_begun = TRUE;
	} else if (strcmp(line, "account") == 0) {
		begin_account(reader, argument, number);
	} else {
		/* What stands before any account is of the one called default. */
		if (!reader->has_begun)
			add_account(reader, "default", number);
		put_command(reader, line, argument, number);
	}
}

/* ---- carrying over ---- */

/* What has no counterpart, and why. Commands that are in neither table nor code are unknown. */
static const struct {
	const char *command;
	const char *why; /* NULL: nothing is lost without it */
} not_carried[] = {
	{"add_missing_date_header", NULL},
	{"add_missing_from_header", NULL},
	{"aliases", N_("roampost has no aliases")},
	{"allow_from_override", NULL},
	{"auth", NULL},
	{"auto_from", N_("list the addresses in identities")},
	{"connect_timeout", NULL},
	{"domain", NULL},
	{"dsn_notify", N_("delivery notices are asked for by the program that submits (-N)")},
	{"dsn_return", N_("delivery notices are asked for by the program that submits (-R)")},
	{"from", NULL},
	{"from_full_name", N_("the name of an added From is given with roampost-sendmail -F")},
	{"host", NULL},
	{"keepbcc", N_("Bcc is always removed")},
	{"logfile", N_("see “roampost history”")},
	{"logfile_time_format", NULL},
	{"maildomain", N_("see qualify-domain and default-identity in [agent]")},
	{"ntlmdomain", N_("NTLM is not offered")},
	{"password", NULL},
	{"passwordeval", NULL},
	{"port", NULL},
	{"protocol", NULL},
	{"proxy_host", N_("proxies are not offered")},
	{"proxy_port", N_("proxies are not offered")},
	{"remove_bcc_headers", NULL},
	{"set_date_header", NULL},
	{"set_from_header", N_("a From that is there is kept (see rewrite-sender)")},
	{"set_msgid_header", NULL},
	{"socket", N_("unix sockets of servers are not offered")},
	{"source_ip", N_("roampost binds to the address of the link it chose")},
	{"syslog", NULL},
	{"timeout", NULL},
	{"tls", NULL},
	{"tls_cert_file", NULL},
	{"tls_certcheck", NULL},
	{"tls_crl_file", N_("revocation lists are not read")},
	{"tls_fingerprint",
		N_("it is that of the certificate; tls-fingerprint is the SHA-256 of the "
		   "public key")},
	{"tls_host_override", N_("the certificate must be for the name in smtp=")},
	{"tls_key_file", NULL},
	{"tls_min_dh_prime_bits", NULL},
	{"tls_nocertcheck", NULL},
	{"tls_nostarttls", NULL},
	{"tls_priorities", N_("TLS's own defaults are used")},
	{"tls_starttls", NULL},
	{"tls_trust_file", NULL},
	{"undisclosed_recipients", N_("the To header is left as it is")},
	{"user", NULL},
};

static void
remark_command(RpImport *import, const char *command, const Setting *setting)
{
	if (strcmp(setting->argument, "off") == 0)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(not_carried); i++) {
		if (strcmp(not_carried[i].command, command) != 0)
			continue;
		if (not_carried[i].why != NULL)
			rp_import_remark(import, setting->line, _("%s is not carried over: %s"),
				command, rp_text(not_carried[i].why));
		return;
	}
	rp_import_remark(import, setting->line, _("%s is not carried over: not known"), command);
}

static int
by_line(gconstpointer a, gconstpointer b)
{
	const Setting *left = *(Setting *const *)a, *right = *(Setting *const *)b;

	return (left->line > right->line) - (left->line < right->line);
}

/* In the order of the file. */
static void
remark_account(RpImport *import, const Account *account)
{
	g_autoptr(GPtrArray) settings = g_ptr_array_new();
	GHashTableIter iter;
	gpointer command, setting;

	g_hash_table_iter_init(&iter, account->settings);
	while (g_hash_table_iter_next(&iter, &command, &setting))
		g_ptr_array_add(settings, setting);
	g_ptr_array_sort(settings, by_line);
	for (guint i = 0; i < settings->len; i++) {
		g_hash_table_iter_init(&iter, account->settings);
		while (g_hash_table_iter_next(&iter, &command, &setting))
			if (setting == settings->pdata[i])
				remark_command(import, command, setting);
	}
}

/* Not "system", nor a path that is meant from somewhere. */
static void
carry_file(RpImportSet *set, const Account *account, const char *command, const char *key)
{
	const char *file = get(account, command);

	if (file != NULL &&
		(*file == '/' || g_str_has_prefix(file, "~/") || g_str_has_prefix(file, "pkcs11:")))
		rp_import_set(set, key, file);
}

static void
carry_server(RpImport *import, RpImportSet *set, const Account *account)
{
	gboolean tls = is_on(account, "tls", FALSE);
	gboolean starttls =
		is_on(account, "tls_starttls", TRUE) && !is_on(account, "tls_nostarttls", FALSE);
	gboolean checks =
		is_on(account, "tls_certcheck", TRUE) && !is_on(account, "tls_nocertcheck", FALSE);
	const char *domain = get(account, "domain");
	const char *port = get(account, "port");
	/* msmtp's own defaults: 465 where TLS is from the start, else 25. */
	guint64 number = tls && !starttls ? 465 : 25;

	if (port != NULL && !g_ascii_string_to_unsigned(port, 10, 1, 65535, &number, NULL))
		rp_import_remark(import, line_of(account, "port"), _("“%s” is not a port"), port);
	rp_import_set_server(set, "smtp", get(account, "host"), (guint)number,
		!tls       ? RP_IMPORT_NO_TLS
		: starttls ? RP_IMPORT_STARTTLS
			   : RP_IMPORT_TLS);
	carry_file(set, account, "tls_trust_file", "tls-ca-file");
	carry_file(set, account, "tls_cert_file", "tls-client-cert");
	if (get(account, "tls_cert_file") != NULL)
		carry_file(set, account, "tls_key_file", "tls-client-key");
	if (tls && !checks)
		rp_import_remark(import, line_of(account, "tls_certcheck"),
			_("tls_certcheck off is not carried over: certificates are always checked; "
			  "trust this server by tls-ca-file or tls-fingerprint"));
	/* msmtp puts the host's, the user's and the environment's names in. */
	if (domain != NULL && strchr(domain, '%') != NULL)
		rp_import_remark(import, line_of(account, "domain"),
			_("domain %s is not carried over: write the name it stands for as "
			  "ehlo-name, where it matters"),
			domain);
	else
		rp_import_set(set, "ehlo-name", domain);
}

static void
carry_mechanism(RpImport *import, RpImportSet *set, const Account *account)
{
	static const char *const known[] = {"plain", "login", "cram-md5", "scram-sha-1",
		"scram-sha-256", "external", "xoauth2", "oauthbearer", NULL};
	const char *auth = get(account, "auth");

	if (auth == NULL || strcmp(auth, "on") == 0)
		return;
	if (g_strv_contains(known, auth))
		rp_import_set(set, "smtp-auth", auth);
	else
		rp_import_remark(import, line_of(account, "auth"),
			_("auth %s is not offered: smtp-auth stays auto"), auth);
}

/* Without one in the file msmtp asks the desktop's keyring, under the names that secret-service has
 * too, and then ~/.netrc. */
static void
carry_password(RpImport *import, RpImportSet *set, const Account *account)
{
	const char *auth = get(account, "auth");

	if (get(account, "passwordeval") != NULL)
		rp_import_set(set, "smtp-password-command", get(account, "passwordeval"));
	else if (get(account, "password") != NULL)
		rp_import_set_secret(set, "smtp-password", get(account, "password"));
	else if (g_strcmp0(auth, "xoauth2") == 0 || g_strcmp0(auth, "oauthbearer") == 0)
		rp_import_token_missing(import, set, line_of(account, "auth"), "smtp");
	else if (g_strcmp0(auth, "external") != 0)
		rp_import_password_missing(import, set, line_of(account, "user"),
			_("the password is not in the file (msmtp's in the keyring is found there; "
			  "where it is in ~/.netrc, write smtp-password-from=netrc)"));
}

static void
carry_login(RpImport *import, RpImportSet *set, const Account *account)
{
	const char *user = get(account, "user");

	if (!is_on(account, "auth", FALSE)) {
		if (user != NULL && get(account, "auth") == NULL)
			rp_import_remark(import, line_of(account, "user"),
				_("user without auth: msmtp does not log in, and so the user is "
				  "not carried over"));
		rp_import_no_login(import, set, account->line);
		return;
	}
	if (user == NULL) {
		rp_import_login_missing(import, set, line_of(account, "auth"),
			_("there is a login here without a user"));
		if (get(account, "passwordeval") != NULL || get(account, "password") != NULL)
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
carry_identity(RpImport *import, RpImportSet *set, const Account *account)
{
	const char *from = get(account, "from");
	g_autofree char *identity = read_from(from != NULL ? from : get(account, "user"));

	if (identity != NULL)
		rp_import_set(set, "identities", identity);
	else
		rp_import_remark(import, line_of(account, "from"),
			_("no address can be read here: write the set's identities in [server-set "
			  "%s]"),
			set->name);
}

static void
remark_evals(RpImport *import, const Account *account)
{
	for (guint i = 0; i < account->evals->len; i++)
		rp_import_remark(import, g_array_index(account->evals, guint, i),
			_("eval is not carried over: commands are not run while importing; write "
			  "what this one prints, and import again"));
}

static void
carry_account(Reader *reader, const Account *account, const char *preferred)
{
	RpImport *import = reader->import;
	const char *protocol = get(account, "protocol");

	if (account->alias_of != NULL) /* of one that is carried */
		return;
	remark_evals(import, account);
	if (protocol != NULL && strcmp(protocol, "smtp") != 0) {
		rp_import_remark(import, line_of(account, "protocol"),
			_("account %s is not carried over: it is %s, and only SMTP is offered"),
			account->name, protocol);
		return;
	}
	if (get(account, "host") == NULL) {
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
	remark_account(import, account);
}

static void
carry_accounts(Reader *reader)
{
	Account *preferred = find_account(reader, "default");
	const char *name = NULL;
	gboolean only_defaults =
		reader->accounts->len == 0 && g_hash_table_contains(reader->defaults, "host");

	if (only_defaults) {
		preferred = add_account(reader, "default", 0);
		inherit(preferred, reader->defaults, reader->evals);
		rp_import_remark(reader->import, 0,
			_("there is no account here: the defaults are taken for one"));
	}
	if (preferred != NULL && reader->accounts->len > 1)
		name = preferred->alias_of != NULL ? preferred->alias_of : preferred->name;
	for (guint i = 0; i < reader->accounts->len; i++)
		carry_account(reader, reader->accounts->pdata[i], name);
	if (reader->accounts->len == 0)
		remark_evals(reader->import, &(Account){.evals = reader->evals});
}

void
rp_import_msmtprc(RpImport *import, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	Reader reader = {.import = import, .defaults = settings_new()};

	reader.accounts = g_ptr_array_new_with_free_func(account_free);
	reader.evals = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; lines[i] != NULL; i++) {
		read_line(&reader, g_strstrip(lines[i]), i + 1);
		rp_wipe(lines[i], strlen(lines[i]));
	}
	carry_accounts(&reader);
	g_ptr_array_unref(reader.accounts);
	g_array_unref(reader.evals);
	g_hash_table_unref(reader.defaults);
}
