/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

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
} Account;

typedef struct {
	RpImport *import;
	Settings *defaults;
	GPtrArray *accounts; /* of Account */
	Settings *current;   /* borrowed */
	char *preferred;     /* what `account default : NAME` says */
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

	/* A switch without an argument is on. */
	return setting != NULL ? strcmp(setting->argument, "off") != 0 : fallback;
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

/* account NAME [: PARENT[,PARENT]...] */
static void
begin_account(Reader *reader, const char *argument, guint line)
{
	g_auto(GStrv) parts = g_strsplit(argument, ":", 2);
	g_auto(GStrv) parents =
		g_strsplit(parts[0] != NULL && parts[1] != NULL ? parts[1] : "", ",", -1);
	Account *account = g_new0(Account, 1);

	account->name = g_strdup(parts[0] != NULL ? g_strstrip(parts[0]) : "");
	account->line = line;
	account->settings = settings_new();
	settings_copy(account->settings, reader->defaults);
	for (char **parent = parents; *parent != NULL; parent++) {
		const Account *found = find_account(reader, g_strstrip(*parent));

		if (found != NULL)
			settings_copy(account->settings, found->settings);
		else
			rp_import_remark(
				reader->import, line, "there is no account “%s” above", *parent);
	}
	if (strcmp(account->name, "default") == 0 && parents[0] != NULL && parents[1] == NULL) {
		g_free(reader->preferred);
		reader->preferred = g_strdup(parents[0]);
	}
	g_ptr_array_add(reader->accounts, account);
	reader->current = account->settings;
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
read_line(Reader *reader, char *line, guint number)
{
	char *argument = line + strcspn(line, " \t");

	if (*line == '\0' || *line == '#')
		return;
	if (*argument != '\0')
		*argument++ = '\0';
	argument = unquote(g_strstrip(argument));
	if (strcmp(line, "defaults") == 0)
		reader->current = reader->defaults;
	else if (strcmp(line, "account") == 0)
		begin_account(reader, argument, number);
	else
		settings_put(reader->current, line, argument, number);
}

/* ---- carrying over ---- */

/* What has no counterpart, and why. Commands that are in neither table nor code are unknown. */
static const struct {
	const char *command;
	const char *why; /* NULL: nothing is lost without it */
} not_carried[] = {
	{"add_missing_date_header", NULL},
	{"add_missing_from_header", NULL},
	{"aliases", "roampost has no aliases"},
	{"allow_from_override", NULL},
	{"auth", NULL},
	{"auto_from", "list the addresses in identities"},
	{"connect_timeout", NULL},
	{"domain", NULL},
	{"dsn_notify", "delivery notices are asked for by the program that submits (-N)"},
	{"dsn_return", "delivery notices are asked for by the program that submits (-R)"},
	{"eval", "commands are not run while importing"},
	{"from", NULL},
	{"from_full_name", "the name of an added From is given with roampost-sendmail -F"},
	{"host", NULL},
	{"keepbcc", "Bcc is always removed"},
	{"logfile", "see `roampost history`"},
	{"logfile_time_format", NULL},
	{"maildomain", "see qualify-domain and default-identity in [agent]"},
	{"ntlmdomain", "NTLM is not offered"},
	{"password", NULL},
	{"passwordeval", NULL},
	{"port", NULL},
	{"protocol", NULL},
	{"proxy_host", "proxies are not offered"},
	{"proxy_port", "proxies are not offered"},
	{"remove_bcc_headers", NULL},
	{"set_date_header", NULL},
	{"set_from_header", "a From that is there is kept (see rewrite-sender)"},
	{"set_msgid_header", NULL},
	{"socket", "unix sockets of servers are not offered"},
	{"source_ip", "roampost binds to the address of the link it chose"},
	{"syslog", NULL},
	{"timeout", NULL},
	{"tls", NULL},
	{"tls_cert_file", "client certificates are not offered"},
	{"tls_certcheck", NULL},
	{"tls_crl_file", "revocation lists are not read"},
	{"tls_fingerprint", "it is that of the certificate; tls-fingerprint is the SHA-256 of the "
			    "public key"},
	{"tls_host_override", "the certificate must be for the name in smtp="},
	{"tls_key_file", "client certificates are not offered"},
	{"tls_min_dh_prime_bits", NULL},
	{"tls_priorities", "TLS's own defaults are used"},
	{"tls_starttls", NULL},
	{"tls_trust_file", NULL},
	{"undisclosed_recipients", "the To header is left as it is"},
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
			rp_import_remark(import, setting->line, "%s is not carried over: %s",
				command, not_carried[i].why);
		return;
	}
	rp_import_remark(import, setting->line, "%s is not carried over: not known", command);
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

static void
carry_server(RpImport *import, RpImportSet *set, const Account *account)
{
	gboolean tls = is_on(account, "tls", FALSE);
	gboolean starttls = is_on(account, "tls_starttls", TRUE);
	const char *trust = get(account, "tls_trust_file");
	const char *port = get(account, "port");
	/* msmtp's own defaults: 465 where TLS is from the start, else 25. */
	guint64 number = tls && !starttls ? 465 : 25;

	if (port != NULL && !g_ascii_string_to_unsigned(port, 10, 1, 65535, &number, NULL))
		rp_import_remark(import, line_of(account, "port"), "“%s” is not a port", port);
	rp_import_set_server(set, "smtp", get(account, "host"), (guint)number,
		!tls       ? RP_IMPORT_NO_TLS
		: starttls ? RP_IMPORT_STARTTLS
			   : RP_IMPORT_TLS);
	if (trust != NULL && (*trust == '/' || g_str_has_prefix(trust, "~/")))
		rp_import_set(set, "tls-ca-file", trust);
	if (tls && !is_on(account, "tls_certcheck", TRUE))
		rp_import_remark(import, line_of(account, "tls_certcheck"),
			"tls_certcheck off is not carried over: certificates are always checked; "
			"trust this server by tls-ca-file or tls-fingerprint");
	rp_import_set(set, "ehlo-name", get(account, "domain"));
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
			"auth %s is not offered: smtp-auth stays auto", auth);
}

/* msmtp asks the desktop's keyring itself, by these attributes. */
static char *
keyring_command(const char *host, const char *user)
{
	g_autofree char *quoted_host = g_shell_quote(host);
	g_autofree char *quoted_user = g_shell_quote(user);

	return g_strdup_printf(
		"secret-tool lookup host %s service smtp user %s", quoted_host, quoted_user);
}

static void
carry_password(RpImport *import, RpImportSet *set, const Account *account, const char *user)
{
	g_autofree char *command = keyring_command(get(account, "host"), user);

	if (get(account, "passwordeval") != NULL) {
		rp_import_set(set, "smtp-password-command", get(account, "passwordeval"));
	} else if (get(account, "password") != NULL) {
		rp_import_set_secret(import, set, "smtp-password", get(account, "password"));
	} else {
		rp_import_set(set, "smtp-password-command", command);
		rp_import_remark(import, line_of(account, "user"),
			"the password is not in the file: smtp-password-command asks the keyring "
			"as msmtp does; one in ~/.netrc is not carried over");
	}
}

static void
carry_login(RpImport *import, RpImportSet *set, const Account *account)
{
	const char *user = get(account, "user");

	if (!is_on(account, "auth", FALSE)) {
		rp_import_no_login(import, set, account->line);
		return;
	}
	if (user == NULL) {
		rp_import_remark(import, line_of(account, "auth"),
			"auth without a user: write smtp-user in [server-set %s]", set->name);
		return;
	}
	rp_import_set(set, "smtp-user", user);
	carry_password(import, set, account, user);
	carry_mechanism(import, set, account);
}

/* msmtp's patterns: *@odn.example stands for a domain. */
static void
carry_identity(RpImport *import, RpImportSet *set, const Account *account)
{
	const char *from = get(account, "from");
	const char *user = get(account, "user");

	if (from == NULL && user != NULL && strchr(user, '@') != NULL)
		from = user;
	if (from != NULL && g_str_has_prefix(from, "*@"))
		from++;
	if (from != NULL && strpbrk(from, "*?[%") == NULL && strchr(from, '@') != NULL)
		rp_import_set(set, "identities", from);
	else
		rp_import_remark(import, line_of(account, "from"),
			"no address can be read here: write the set's identities in [server-set "
			"%s]",
			set->name);
}

static void
carry_account(Reader *reader, const Account *account)
{
	RpImport *import = reader->import;
	const char *protocol = get(account, "protocol");

	/* A name for another account, already carried. */
	if (strcmp(account->name, "default") == 0 && reader->preferred != NULL)
		return;
	if (get(account, "host") == NULL) {
		rp_import_remark(import, account->line, "account %s has no host", account->name);
		return;
	}
	if (protocol != NULL && strcmp(protocol, "smtp") != 0) {
		rp_import_remark(import, line_of(account, "protocol"),
			"account %s is not carried over: only SMTP is offered", account->name);
		return;
	}
	RpImportSet *set = rp_import_add_set(import, account->name);
	if (g_strcmp0(reader->preferred, account->name) == 0)
		rp_import_set(set, "priority", "10");
	carry_identity(import, set, account);
	carry_server(import, set, account);
	carry_login(import, set, account);
	remark_account(import, account);
}

void
rp_import_msmtprc(RpImport *import, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	Reader reader = {.import = import, .defaults = settings_new()};

	reader.accounts = g_ptr_array_new_with_free_func(account_free);
	/* Before any account stands the one called default. */
	reader.current = reader.defaults;
	for (guint i = 0; lines[i] != NULL; i++) {
		read_line(&reader, g_strstrip(lines[i]), i + 1);
		rp_wipe(lines[i], strlen(lines[i]));
	}
	for (guint i = 0; i < reader.accounts->len; i++)
		carry_account(&reader, reader.accounts->pdata[i]);
	g_ptr_array_unref(reader.accounts);
	g_hash_table_unref(reader.defaults);
	g_free(reader.preferred);
}
