/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"
#include "roampost/serverset.h"

#include <string.h>

/* Postfix's main.cf and the lookup tables it names (postconf(5)). Tables are read as the text that
 * postmap made them of. */

#define MAX_EXPANSIONS 20

typedef struct {
	char *text;
	guint line;
} Parameter;

typedef struct {
	RpImport *import;
	RpImportReadFile read_file;
	gpointer user_data;
	GHashTable *parameters; /* name -> Parameter */
	GPtrArray *passwords;   /* of Pair */
	GHashTable *sets;       /* "relay host\nlogin" -> RpImportSet, borrowed */
} Reader;

/* A line of a table. */
typedef struct {
	char *key;
	char *value;
} Pair;

static void
parameter_free(gpointer data)
{
	Parameter *parameter = data;

	g_free(parameter->text);
	g_free(parameter);
}

static void
pair_free(gpointer data)
{
	Pair *pair = data;

	g_free(pair->key);
	rp_secret_free(pair->value);
	g_free(pair);
}

/* ---- main.cf ---- */

/* A line that begins with white space continues the one before, also past comments and empty lines.
 */
typedef void (*LineFunc)(gpointer user_data, char *line, guint number);

static void
each_logical_line(const char *text, LineFunc func, gpointer user_data)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) whole = g_string_new(NULL);
	guint number = 0;

	for (guint i = 0; lines[i] != NULL; i++) {
		gboolean continues = lines[i][0] == ' ' || lines[i][0] == '\t';
		const char *line = g_strstrip(lines[i]);

		if (*line == '\0' || *line == '#')
			continue;
		if (!continues && whole->len > 0) {
			func(user_data, whole->str, number);
			g_string_truncate(whole, 0);
		}
		if (whole->len == 0)
			number = i + 1;
		else
			g_string_append_c(whole, ' ');
		g_string_append(whole, line);
		rp_wipe(lines[i], strlen(lines[i]));
	}
	if (whole->len > 0)
		func(user_data, whole->str, number);
	rp_wipe(whole->str, whole->len);
}

static void
read_parameter(gpointer user_data, char *line, guint number)
{
	Reader *reader = user_data;
	char *equals = strchr(line, '=');
	Parameter *parameter;

	if (equals == NULL)
		return;
	*equals = '\0';
	parameter = g_new0(Parameter, 1);
	parameter->text = g_strdup(g_strstrip(equals + 1));
	parameter->line = number;
	g_hash_table_replace(reader->parameters, g_strdup(g_strstrip(line)), parameter);
}

static guint
line_of(const Reader *reader, const char *name)
{
	const Parameter *parameter = g_hash_table_lookup(reader->parameters, name);

	return parameter != NULL ? parameter->line : 0;
}

/* One $name, $(name) or ${name} of the text is replaced; FALSE: there is none. */
static gboolean
expand_one(const Reader *reader, GString *text)
{
	const char *dollar = strchr(text->str, '$');
	gsize start, length, skip;

	if (dollar == NULL)
		return FALSE;
	skip = dollar[1] == '{' || dollar[1] == '(' ? 2 : 1;
	for (length = 0; g_ascii_isalnum(dollar[skip + length]) || dollar[skip + length] == '_';)
		length++;
	start = (gsize)(dollar - text->str);
	g_autofree char *name = g_strndup(dollar + skip, length);
	const Parameter *parameter = g_hash_table_lookup(reader->parameters, name);
	g_string_erase(text, (gssize)start, (gssize)(skip + length + (skip == 2)));
	if (parameter != NULL)
		g_string_insert(text, (gssize)start, parameter->text);
	return TRUE;
}

/* The value, or "" where it is not set. Free with g_free. */
static char *
get(const Reader *reader, const char *name)
{
	const Parameter *parameter = g_hash_table_lookup(reader->parameters, name);
	GString *text = g_string_new(parameter != NULL ? parameter->text : "");

	for (guint i = 0; i < MAX_EXPANSIONS && expand_one(reader, text);)
		i++;
	return g_string_free(text, FALSE);
}

static gboolean
is_yes(const Reader *reader, const char *name)
{
	g_autofree char *text = get(reader, name);

	return g_ascii_strcasecmp(text, "yes") == 0;
}

/* ---- tables ---- */

static void
read_pair(gpointer user_data, char *line, guint number)
{
	GPtrArray *pairs = user_data;
	char *value = line + strcspn(line, " \t");
	Pair *pair = g_new0(Pair, 1);

	(void)number;
	if (*value != '\0')
		*value++ = '\0';
	pair->key = g_strdup(line);
	pair->value = g_strdup(g_strstrip(value));
	g_ptr_array_add(pairs, pair);
}

static void
read_table(Reader *reader, const char *parameter, const char *table, GPtrArray *pairs)
{
	static const char *const types[] = {
		"hash", "texthash", "btree", "lmdb", "cdb", "dbm", "sdbm", NULL};
	g_auto(GStrv) parts = g_strsplit(table, ":", 2);
	guint line = line_of(reader, parameter);

	if (parts[0] == NULL || parts[1] == NULL || !g_strv_contains(types, parts[0])) {
		rp_import_remark(reader->import, line,
			"%s: %s is not carried over: only tables that are made of a text file are",
			parameter, table);
		return;
	}
	g_autofree char *text = reader->read_file(parts[1], reader->user_data);
	if (text == NULL) {
		rp_import_remark(reader->import, line,
			"%s: %s can't be read; run this as a user who may", parameter, parts[1]);
		return;
	}
	each_logical_line(text, read_pair, pairs);
	rp_wipe(text, strlen(text));
}

/* Of Pair, of all tables of the parameter. */
static GPtrArray *
read_tables(Reader *reader, const char *parameter)
{
	GPtrArray *pairs = g_ptr_array_new_with_free_func(pair_free);
	g_autofree char *value = get(reader, parameter);
	g_auto(GStrv) tables = g_strsplit_set(value, ", \t", -1);

	for (char **table = tables; *table != NULL; table++)
		if (**table != '\0')
			read_table(reader, parameter, *table, pairs);
	return pairs;
}

static const char *
lookup(const GPtrArray *pairs, const char *key)
{
	for (guint i = 0; i < pairs->len; i++) {
		const Pair *pair = pairs->pdata[i];

		if (g_ascii_strcasecmp(pair->key, key) == 0)
			return pair->value;
	}
	return NULL;
}

/* ---- relay hosts ---- */

typedef struct {
	char *host;
	guint port;
	gboolean by_mx; /* without brackets */
} Relay;

static void
relay_clear(Relay *relay)
{
	g_free(relay->host);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Relay, relay_clear)

static guint
read_port(const char *text)
{
	static const struct {
		const char *name;
		guint port;
	} services[] = {{"smtp", 25}, {"submission", 587}, {"submissions", 465}, {"smtps", 465}};
	guint64 port;

	if (g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL))
		return (guint)port;
	for (gsize i = 0; i < G_N_ELEMENTS(services); i++)
		if (strcmp(services[i].name, text) == 0)
			return services[i].port;
	return 0;
}

/* Postfix's tables and variables go further than what is read here. */
static gboolean
is_host(const char *text)
{
	const char *brackets = strchr(text, ':') != NULL ? "[]" : "";
	g_autofree char *url =
		g_strdup_printf("smtp://%.1s%s%s", brackets, text, *brackets != '\0' ? "]" : "");
	RpEndpoint *endpoint = rp_endpoint_parse(url, "smtp", NULL);
	gboolean good = endpoint != NULL;

	rp_endpoint_free(endpoint);
	return good;
}

/* "[host]:port", "host:port", with or without "smtp:" in front. FALSE: not a relay host by SMTP. */
static gboolean
read_relay(const char *text, Relay *relay)
{
	const char *host = g_str_has_prefix(text, "smtp:") ? text + 5 : text;
	const char *end, *port = NULL;

	*relay = (Relay){.port = 25};
	if (*host == '[') {
		end = strchr(++host, ']');
		if (end == NULL)
			return FALSE;
		port = end[1] == ':' ? end + 2 : NULL;
	} else {
		relay->by_mx = TRUE;
		end = strrchr(host, ':');
		port = end != NULL ? end + 1 : NULL;
		end = end != NULL ? end : host + strlen(host);
	}
	if (g_str_has_prefix(host, "IPv6:"))
		host += 5;
	if (end <= host)
		return FALSE;
	relay->host = g_strndup(host, (gsize)(end - host));
	relay->port = port != NULL ? read_port(port) : 25;
	return relay->port > 0 && is_host(relay->host);
}

static RpImportTls
tls_of(const Reader *reader)
{
	g_autofree char *level = get(reader, "smtp_tls_security_level");

	if (is_yes(reader, "smtp_tls_wrappermode"))
		return RP_IMPORT_TLS;
	if (*level == '\0')
		return is_yes(reader, "smtp_enforce_tls") ? RP_IMPORT_STARTTLS
		       : is_yes(reader, "smtp_use_tls")   ? RP_IMPORT_TRY_STARTTLS
							  : RP_IMPORT_NO_TLS;
	return strcmp(level, "none") == 0  ? RP_IMPORT_NO_TLS
	       : strcmp(level, "may") == 0 ? RP_IMPORT_TRY_STARTTLS
					   : RP_IMPORT_STARTTLS;
}

/* Levels that say more, or less, than smtp-tls can. */
static void
remark_level(const Reader *reader)
{
	static const struct {
		const char *level;
		const char *what;
	} rows[] = {
		{"encrypt", "encrypt becomes required, which also verifies the certificate"},
		{"dane", "dane is not offered: it becomes required, verified by certificate"},
		{"dane-only", "dane-only is not offered: it becomes required, verified by "
			      "certificate"},
		{"fingerprint", "Postfix's fingerprint is of the certificate by default: write "
				"tls-fingerprint, the SHA-256 of the public key"},
	};
	g_autofree char *level = get(reader, "smtp_tls_security_level");

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].level, level) == 0)
			rp_import_remark(reader->import, line_of(reader, "smtp_tls_security_level"),
				"smtp_tls_security_level: %s", rows[i].what);
}

static void
carry_login(Reader *reader, RpImportSet *set, const char *login, guint line, RpImportTls tls)
{
	g_auto(GStrv) parts = g_strsplit(login != NULL ? login : "", ":", 2);

	if (login == NULL) {
		rp_import_no_login(reader->import, set, line);
		return;
	}
	rp_import_set(set, "smtp-user", parts[0]);
	if (parts[0] != NULL && parts[1] != NULL) {
		rp_import_set_secret(reader->import, set, "smtp-password", parts[1]);
		rp_wipe(parts[1], strlen(parts[1]));
	}
	/* With a login, TLS only where nobody suppresses it gives the password away. */
	if (tls == RP_IMPORT_TRY_STARTTLS) {
		rp_import_set(set, "smtp-tls", "required");
		rp_import_remark(reader->import, line_of(reader, "smtp_tls_security_level"),
			"opportunistic TLS would give the password away: smtp-tls is required in "
			"[server-set %s]",
			set->name);
	}
}

static void
free_key(gpointer key)
{
	rp_secret_free(key);
}

/* The relay host's set, made when it is the first time that it is named with this login. */
static RpImportSet *
set_for(Reader *reader, const char *text, const char *sender, guint line)
{
	gboolean sasl = is_yes(reader, "smtp_sasl_auth_enable");
	const char *login = NULL;
	g_auto(Relay) relay = {0};
	RpImportTls tls = tls_of(reader);

	if (!read_relay(text, &relay)) {
		rp_import_remark(
			reader->import, line, "%s is not carried over: not a host by SMTP", text);
		return NULL;
	}
	if (sasl && sender != NULL)
		login = lookup(reader->passwords, sender);
	if (sasl && login == NULL)
		login = lookup(reader->passwords, text);
	if (sasl && login == NULL)
		login = lookup(reader->passwords, relay.host);
	g_autofree char *key = g_strconcat(text, "\n", login, NULL);
	RpImportSet *set = g_hash_table_lookup(reader->sets, key);
	if (set != NULL)
		return set;
	set = rp_import_add_set(reader->import, relay.host);
	g_hash_table_insert(reader->sets, g_steal_pointer(&key), set);
	rp_import_set_server(set, "smtp", relay.host, relay.port,
		relay.port == 465 && tls != RP_IMPORT_NO_TLS ? RP_IMPORT_TLS : tls);
	if (relay.by_mx)
		rp_import_remark(reader->import, line,
			"%s is written without brackets: Postfix asks for its MX, roampost "
			"connects to the host itself",
			text);
	carry_login(reader, set, login, line, tls);
	return set;
}

static void
carry_senders(Reader *reader)
{
	const char *parameter = "sender_dependent_relayhost_maps";
	g_autoptr(GPtrArray) pairs = read_tables(reader, parameter);
	gboolean by_sender = is_yes(reader, "smtp_sender_dependent_authentication");
	guint line = line_of(reader, parameter);

	for (guint i = 0; i < pairs->len; i++) {
		const Pair *pair = pairs->pdata[i];
		RpImportSet *set = NULL;

		if (strchr(pair->key, '@') == NULL || strcmp(pair->value, "DUNNO") == 0)
			rp_import_remark(reader->import, line,
				"%s: the entry for “%s” is not carried over", parameter, pair->key);
		else
			set = set_for(reader, pair->value, by_sender ? pair->key : NULL, line);
		if (set != NULL)
			rp_import_add(set, "identities", pair->key);
	}
}

static void
carry_relayhost(Reader *reader)
{
	g_autofree char *relayhost = get(reader, "relayhost");
	guint line = line_of(reader, "relayhost");
	RpImportSet *set = *relayhost != '\0' ? set_for(reader, relayhost, NULL, line) : NULL;
	const char *user;

	if (set == NULL)
		return;
	user = rp_import_get(set, "smtp-user");
	if (user != NULL && strchr(user, '@') != NULL)
		rp_import_add(set, "identities", user);
	if (rp_import_get(set, "identities") == NULL)
		rp_import_remark(reader->import, line,
			"relayhost takes everybody's mail: write in [server-set %s] which "
			"addresses are its own (identities)",
			set->name);
	/* What no other set owns went here. */
	rp_import_set(set, "carries", "any");
	rp_import_set(set, "priority", "-10");
}

/* What changes how mail leaves, and has no counterpart. */
static const struct {
	const char *name;
	const char *why;
} not_carried[] = {
	{"smtp_tls_policy_maps", "set smtp-tls in each server set"},
	{"smtp_tls_fingerprint_cert_match", "write tls-fingerprint, the SHA-256 of the public key"},
	{"smtp_tls_cert_file", "client certificates are not offered"},
	{"smtp_sasl_mechanism_filter", "see smtp-auth"},
	{"smtp_generic_maps", "see rewrite-sender"},
	{"sender_canonical_maps", "see rewrite-sender"},
	{"canonical_maps", "see rewrite-sender"},
	{"transport_maps", "server sets are chosen by sender and place, not by recipient"},
	{"sender_dependent_default_transport_maps", "write a server set for these senders"},
	{"smtp_bind_address", "roampost binds to the address of the link it chose"},
	{"virtual_alias_maps", "roampost has no aliases"},
};

static void
remark_rest(const Reader *reader)
{
	for (gsize i = 0; i < G_N_ELEMENTS(not_carried); i++) {
		g_autofree char *value = get(reader, not_carried[i].name);

		if (*value != '\0')
			rp_import_remark(reader->import, line_of(reader, not_carried[i].name),
				"%s is not carried over: %s", not_carried[i].name,
				not_carried[i].why);
	}
}

static void
carry_common(const Reader *reader)
{
	g_autofree char *ca_file = get(reader, "smtp_tls_CAfile");
	g_autofree char *helo = get(reader, "smtp_helo_name");

	for (guint i = 0; i < reader->import->sets->len; i++) {
		RpImportSet *set = reader->import->sets->pdata[i];

		if (g_path_is_absolute(ca_file))
			rp_import_set(set, "tls-ca-file", ca_file);
		rp_import_set(set, "ehlo-name", helo);
	}
}

void
rp_import_postfix(
	RpImport *import, const char *main_cf, RpImportReadFile read_file, gpointer user_data)
{
	Reader reader = {.import = import, .read_file = read_file, .user_data = user_data};

	reader.parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, parameter_free);
	reader.sets = g_hash_table_new_full(g_str_hash, g_str_equal, free_key, NULL);
	each_logical_line(main_cf, read_parameter, &reader);
	reader.passwords = read_tables(&reader, "smtp_sasl_password_maps");
	carry_senders(&reader);
	carry_relayhost(&reader);
	carry_common(&reader);
	remark_level(&reader);
	remark_rest(&reader);
	if (import->sets->len == 0)
		rp_import_remark(import, 0,
			"no relay host: Postfix delivers to every recipient's server itself, which "
			"roampost does not");
	g_ptr_array_unref(reader.passwords);
	g_hash_table_unref(reader.sets);
	g_hash_table_unref(reader.parameters);
}
