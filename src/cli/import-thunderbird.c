/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include "roampost/language.h"

#include <string.h>

/* Thunderbird's prefs.js: lines of user_pref("NAME", VALUE); with JavaScript's strings. */

typedef struct {
	char *text;
	guint line;
} Pref;

typedef struct {
	RpImport *import;
	GHashTable *prefs; /* name -> Pref */
	GHashTable *sets;  /* SMTP server's key -> RpImportSet, borrowed */
	GHashTable *pops;  /* keys of POP servers that are carried over */
} Reader;

static void
pref_free(gpointer data)
{
	Pref *pref = data;

	g_free(pref->text);
	g_free(pref);
}

/* ---- reading ---- */

static gunichar
read_hex(const char **at, guint digits)
{
	gunichar value = 0;

	for (guint i = 0; i < digits && g_ascii_isxdigit(**at); i++)
		value = value * 16 + (guint)g_ascii_xdigit_value(*(*at)++);
	return value;
}

static void
append_escape(GString *out, const char **at)
{
	char letter = *(*at)++;

	switch (letter) {
	case 'n':
		g_string_append_c(out, '\n');
		break;
	case 'r':
		g_string_append_c(out, '\r');
		break;
	case 't':
		g_string_append_c(out, '\t');
		break;
	case 'x':
		g_string_append_unichar(out, read_hex(at, 2));
		break;
	case 'u':
		g_string_append_unichar(out, read_hex(at, 4));
		break;
	default:
		g_string_append_c(out, letter);
		break;
	}
}

/* A string in quotes; `*at` moves behind it. NULL: there is none. */
static char *
read_string(const char **at)
{
	GString *out;
	char quote = **at;

	if (quote != '"' && quote != '\'')
		return NULL;
	out = g_string_new(NULL);
	for ((*at)++; **at != '\0' && **at != quote;) {
		if (**at == '\\' && (*at)[1] != '\0') {
			(*at)++;
			append_escape(out, at);
		} else {
			g_string_append_c(out, *(*at)++);
		}
	}
	*at += **at == quote;
	return g_string_free(out, FALSE);
}

static const char *
skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static void
read_pref(Reader *reader, const char *line, guint number)
{
	const char *at = strchr(line, '(');
	Pref *pref;

	if (!g_str_has_prefix(line, "user_pref") || at == NULL)
		return;
	at = skip_blanks(at + 1);
	g_autofree char *name = read_string(&at);
	at = skip_blanks(at);
	if (name == NULL || *at != ',')
		return;
	at = skip_blanks(at + 1);
	pref = g_new0(Pref, 1);
	pref->text = read_string(&at);
	if (pref->text == NULL)
		pref->text = g_strstrip(g_strndup(at, strcspn(at, ")")));
	pref->line = number;
	g_hash_table_replace(reader->prefs, g_steal_pointer(&name), pref);
}

static const Pref *
find(const Reader *reader, const char *kind, const char *key, const char *what)
{
	g_autofree char *name = g_strdup_printf("mail.%s.%s.%s", kind, key, what);

	return g_hash_table_lookup(reader->prefs, name);
}

static const char *
get(const Reader *reader, const char *kind, const char *key, const char *what)
{
	const Pref *pref = find(reader, kind, key, what);

	return pref != NULL ? pref->text : NULL;
}

static gint64
get_number(
	const Reader *reader, const char *kind, const char *key, const char *what, gint64 fallback)
{
	const char *text = get(reader, kind, key, what);
	gint64 number;

	return text != NULL && g_ascii_string_to_signed(text, 10, 0, G_MAXINT, &number, NULL)
		       ? number
		       : fallback;
}

/* Of a server that was renamed later: what it is called now stands beside what it was. */
static const char *
get_real(const Reader *reader, const char *key, const char *real, const char *what)
{
	const char *text = get(reader, "server", key, real);

	return text != NULL && *text != '\0' ? text : get(reader, "server", key, what);
}

static guint
line_of(const Reader *reader, const char *kind, const char *key, const char *what)
{
	const Pref *pref = find(reader, kind, key, what);

	return pref != NULL ? pref->line : 0;
}

static char **
get_list(const Reader *reader, const char *name)
{
	const Pref *pref = g_hash_table_lookup(reader->prefs, name);

	return g_strsplit(pref != NULL ? pref->text : "", ",", -1);
}

/* ---- carrying over ---- */

/* nsMsgSocketType: 0 plain, 1 STARTTLS where offered, 2 STARTTLS, 3 TLS. */
static RpImportTls
tls_of(gint64 number)
{
	static const RpImportTls words[] = {
		RP_IMPORT_NO_TLS, RP_IMPORT_TRY_STARTTLS, RP_IMPORT_STARTTLS, RP_IMPORT_TLS};

	return words[CLAMP(number, 0, 3)];
}

/* nsMsgAuthMethod. */
enum { AUTH_NONE = 1, AUTH_CERTIFICATE = 7, AUTH_OAUTH2 = 10 };
static const struct {
	gint64 number;
	const char *mechanism; /* for smtp-auth */
	const char *problem;
} methods[] = {
	{4, "cram-md5", NULL},
	{5, NULL, N_("Kerberos (GSSAPI) is not offered")},
	{6, NULL, N_("NTLM is not offered")},
	{AUTH_CERTIFICATE, "external",
		N_("the certificate is in Thunderbird's own store: export it there, and write "
		   "tls-client-cert and tls-client-key as PEM files")},
};

static void
carry_method(Reader *reader, RpImportSet *set, const char *key, gint64 number)
{
	for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
		if (methods[i].number != number)
			continue;
		rp_import_set(set, "smtp-auth", methods[i].mechanism);
		if (methods[i].problem != NULL)
			rp_import_remark(reader->import,
				line_of(reader, "smtpserver", key, "authMethod"),
				_("[server-set %s]: %s"), set->name, rp_text(methods[i].problem));
	}
}

/* The password or token is Thunderbird's. */
static void
carry_secret(Reader *reader, RpImportSet *set, const char *key, gint64 method)
{
	if (method == AUTH_OAUTH2)
		rp_import_token_missing(reader->import, set,
			line_of(reader, "smtpserver", key, "authMethod"), "smtp");
	else if (method != AUTH_CERTIFICATE)
		rp_import_password_missing(reader->import, set,
			line_of(reader, "smtpserver", key, "username"),
			_("the password stays in Thunderbird's own store"));
}

/* try_ssl is the name of old, and of most. */
static gint64
smtp_tls(const Reader *reader, const char *key)
{
	return get_number(reader, "smtpserver", key, "try_ssl",
		get_number(reader, "smtpserver", key, "socketType", 0));
}

static void
carry_smtp_login(Reader *reader, RpImportSet *set, const char *key)
{
	const char *user = get(reader, "smtpserver", key, "username");
	gint64 tls = smtp_tls(reader, key);
	guint line = line_of(reader, "smtpserver", key, "hostname");
	/* The profiles of before 2010 say 0 or 1 instead. */
	gint64 old = get_number(reader, "smtpserver", key, "auth_method", 1);
	gint64 method = get_number(reader, "smtpserver", key, "authMethod", old ? 3 : AUTH_NONE);

	if (method == AUTH_NONE || user == NULL || *user == '\0') {
		rp_import_no_login(reader->import, set, line);
		return;
	}
	rp_import_set(set, "smtp-user", user);
	if (tls == 1)
		rp_import_set(set, "smtp-tls", "required");
	carry_method(reader, set, key, method);
	carry_secret(reader, set, key, method);
}

static void
carry_smtp_server(Reader *reader, const char *key, gboolean is_default)
{
	const char *host = get(reader, "smtpserver", key, "hostname");
	const char *type = get(reader, "smtpserver", key, "type");
	const char *hello = get(reader, "smtpserver", key, "hello_argument");
	RpImportSet *set;

	if (*key == '\0' || g_hash_table_contains(reader->sets, key))
		return;
	if (type != NULL && strcmp(type, "smtp") != 0) {
		rp_import_remark(reader->import, line_of(reader, "smtpserver", key, "type"),
			_("the outgoing server %s is not carried over: it is %s, and only SMTP is "
			  "offered"),
			key, type);
		return;
	}
	if (host == NULL || *host == '\0') {
		rp_import_remark(reader->import, 0,
			_("the outgoing server %s is not carried over: it has no host"), key);
		return;
	}
	set = rp_import_add_set(reader->import, host);
	g_hash_table_insert(reader->sets, g_strdup(key), set);
	if (is_default)
		rp_import_set(set, "priority", "10");
	rp_import_set_server(set, "smtp", host,
		(guint)get_number(reader, "smtpserver", key, "port", 0),
		tls_of(smtp_tls(reader, key)));
	rp_import_set(set, "ehlo-name",
		hello != NULL ? hello : get(reader, "smtpserver", "default", "hello_argument"));
	carry_smtp_login(reader, set, key);
}

/* Whether mail fetched in Thunderbird should be fetched here too only the user knows. */
static void
carry_pop(Reader *reader, RpImportSet *set, const char *server)
{
	const char *host = get_real(reader, server, "realhostname", "hostname");
	const char *user = get_real(reader, server, "realuserName", "userName");
	guint line = line_of(reader, "server", server, "hostname");
	gint64 tls = get_number(reader, "server", server, "socketType", 0);

	if (host == NULL)
		return;
	if (rp_import_get(set, "pop") != NULL && g_hash_table_contains(reader->pops, server))
		return; /* an account with several identities */
	if (rp_import_get(set, "pop") != NULL) {
		rp_import_remark(reader->import, line,
			_("the POP server %s is not carried over: [server-set %s] has one already"),
			host, set->name);
		return;
	}
	g_hash_table_add(reader->pops, g_strdup(server));
	rp_import_set_server(set, "pop", host,
		(guint)get_number(reader, "server", server, "port", 0), tls_of(tls));
	if (tls == 1)
		rp_import_set(set, "pop-tls", "required");
	rp_import_set(set, "pop-user", user);
	if (get_number(reader, "server", server, "authMethod", 3) == AUTH_OAUTH2)
		rp_import_token_missing(reader->import, set,
			line_of(reader, "server", server, "authMethod"), "pop");
	else if (rp_import_get(set, "smtp-password-from")) /* it has been said */
		rp_import_set(set, "pop-password-from", "secret-service");
	else
		rp_import_password_missing(reader->import, set, line,
			_("the password stays in Thunderbird's own store"));
	rp_import_remark(reader->import, line,
		_("[server-set %s] has the POP server %s; write fetch where roampost is to fetch "
		  "the mail that Thunderbird fetches now"),
		set->name, host);
}

static void
carry_identity(Reader *reader, const char *identity, const char *server, const char *fallback)
{
	const char *address = get(reader, "identity", identity, "useremail");
	const char *key = get(reader, "identity", identity, "smtpServer");
	const char *type = get(reader, "server", server, "type");
	RpImportSet *set =
		g_hash_table_lookup(reader->sets, key != NULL && *key != '\0' ? key : fallback);

	if (set == NULL) {
		if (address != NULL)
			rp_import_remark(reader->import,
				line_of(reader, "identity", identity, "useremail"),
				_("%s has no SMTP server"), address);
		return;
	}
	rp_import_add(set, "identities", address);
	if (g_strcmp0(type, "pop3") == 0)
		carry_pop(reader, set, server);
}

static void
carry_account(Reader *reader, const char *account, const char *fallback)
{
	const char *server = get(reader, "account", account, "server");
	const char *type = server != NULL ? get(reader, "server", server, "type") : NULL;
	g_autofree char *name = g_strdup_printf("mail.account.%s.identities", account);
	g_auto(GStrv) identities = get_list(reader, name);

	if (server == NULL)
		return;
	for (char **identity = identities; *identity != NULL; identity++)
		carry_identity(reader, g_strstrip(*identity), server, fallback);
	if (g_strcmp0(type, "imap") == 0 || g_strcmp0(type, "nntp") == 0 ||
		g_strcmp0(type, "ews") == 0)
		rp_import_remark(reader->import, line_of(reader, "server", server, "type"),
			_("the server %s (%s) is not carried over: only SMTP and POP are offered"),
			get_real(reader, server, "realhostname", "hostname"), type);
}

/* Those that an account's identities name. */
static void
carry_named_servers(Reader *reader, const char *account)
{
	g_autofree char *name = g_strdup_printf("mail.account.%s.identities", account);
	g_auto(GStrv) identities = get_list(reader, name);

	for (char **identity = identities; *identity != NULL; identity++) {
		const char *key = get(reader, "identity", g_strstrip(*identity), "smtpServer");

		if (key != NULL)
			carry_smtp_server(reader, key, FALSE);
	}
}

static void
carry_all(Reader *reader)
{
	g_auto(GStrv) servers = get_list(reader, "mail.smtpservers");
	g_auto(GStrv) accounts = get_list(reader, "mail.accountmanager.accounts");
	const Pref *preferred = g_hash_table_lookup(reader->prefs, "mail.smtp.defaultserver");
	const char *fallback = preferred != NULL    ? preferred->text
			       : servers[0] != NULL ? g_strstrip(servers[0])
						    : "";

	for (char **key = servers; *key != NULL; key++)
		carry_smtp_server(
			reader, g_strstrip(*key), strcmp(g_strstrip(*key), fallback) == 0);
	/* A list is not in every profile. */
	carry_smtp_server(reader, fallback, TRUE);
	for (char **account = accounts; *account != NULL; account++)
		carry_named_servers(reader, g_strstrip(*account));
	for (char **account = accounts; *account != NULL; account++)
		carry_account(reader, g_strstrip(*account), fallback);
	for (guint i = 0; i < reader->import->sets->len; i++) {
		const RpImportSet *set = reader->import->sets->pdata[i];

		if (rp_import_get(set, "identities") == NULL)
			rp_import_remark(reader->import, 0,
				_("no identity uses [server-set %s]: write identities, or remove "
				  "it"),
				set->name);
	}
}

void
rp_import_thunderbird(RpImport *import, const char *prefs)
{
	g_auto(GStrv) lines = g_strsplit(prefs, "\n", -1);
	Reader reader = {.import = import};

	reader.prefs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, pref_free);
	reader.sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	reader.pops = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; lines[i] != NULL; i++)
		read_pref(&reader, g_strstrip(lines[i]), i + 1);
	carry_all(&reader);
	if (import->sets->len == 0)
		rp_import_remark(import, 0, _("no SMTP server is configured here"));
	g_hash_table_unref(reader.pops);
	g_hash_table_unref(reader.prefs);
	g_hash_table_unref(reader.sets);
}

/* ---- profiles.ini ---- */

static char *
group_path(GKeyFile *keys, const char *group)
{
	return g_key_file_get_string(
		keys, group, g_str_has_prefix(group, "Install") ? "Default" : "Path", NULL);
}

/* What an installation opens comes before what was the default for all of them; of several
 * profiles without a word the first. */
static guint
group_rank(GKeyFile *keys, const char *group)
{
	if (g_str_has_prefix(group, "Install"))
		return 3;
	if (!g_str_has_prefix(group, "Profile"))
		return 0;
	return g_key_file_get_integer(keys, group, "Default", NULL) == 1 ? 2 : 1;
}

char *
rp_import_thunderbird_profile(const char *profiles_ini)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	g_auto(GStrv) groups = NULL;
	char *best = NULL;
	guint best_rank = 0;

	if (!g_key_file_load_from_data(
		    keys, profiles_ini, strlen(profiles_ini), G_KEY_FILE_NONE, NULL))
		return NULL;
	groups = g_key_file_get_groups(keys, NULL);
	for (char **group = groups; *group != NULL; group++) {
		g_autofree char *path = group_path(keys, *group);
		guint rank = group_rank(keys, *group);

		if (path == NULL || *path == '\0' || rank <= best_rank)
			continue;
		best_rank = rank;
		g_free(best);
		best = g_steal_pointer(&path);
	}
	return best;
}
