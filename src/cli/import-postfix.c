/* SPDX-FileCopyrightText: The roampost authors */
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
	gboolean is_undefined;  /* a value had a $ that nothing here defines */
	gboolean logins_unread; /* there are more that can't be carried over */
	GHashTable *sets;       /* "relay host\nlogin" -> RpImportSet, borrowed */
} Reader;

/* A line of a table. */
typedef struct {
	char *key;
	char *value;
	guint line;
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

/* What a parameter is that main.cf does not set, as far as that is in main.cf. */
static char *
default_of(const Reader *reader, const char *name)
{
	const Parameter *host = g_hash_table_lookup(reader->parameters, "myhostname");
	const char *dot = host != NULL ? strchr(host->text, '.') : NULL;

	if (strcmp(name, "config_directory") == 0)
		return g_strdup("/etc/postfix");
	if (strcmp(name, "default_database_type") == 0)
		return g_strdup("hash");
	if (strcmp(name, "mydomain") == 0 && dot != NULL && strchr(dot + 1, '.') != NULL)
		return g_strdup(dot + 1);
	return NULL;
}

static char *
value_of(const Reader *reader, const char *name)
{
	const Parameter *parameter = g_hash_table_lookup(reader->parameters, name);

	return parameter != NULL ? g_strdup(parameter->text) : default_of(reader, name);
}

/* A reference: $name, $(name), ${name}, and with {}, ${name?text} and ${name:text}. */
typedef struct {
	gsize start, end;
	char *name;
	char *text; /* of the conditional forms, or NULL */
	gboolean if_set;
} Reference;

static void
reference_clear(Reference *reference)
{
	g_free(reference->name);
	g_free(reference->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reference, reference_clear)

/* The end of what a bracket at `at` begins, behind its partner; NULL: it has none. */
static const char *
find_partner(const char *at)
{
	char open = *at, close = open == '{' ? '}' : ')';
	guint depth = 0;

	for (; *at != '\0'; at++) {
		depth += *at == open;
		depth -= *at == close;
		if (depth == 0)
			return at + 1;
	}
	return NULL;
}

static gsize
name_length(const char *text)
{
	gsize length = 0;

	while (g_ascii_isalnum(text[length]) || text[length] == '_')
		length++;
	return length;
}

/* FALSE: there is none, or one that can't be read, of which *broken then says so. */
static gboolean
find_reference(const char *text, Reference *reference, gboolean *broken)
{
	const char *dollar = strchr(text, '$');
	gboolean bracket = dollar != NULL && (dollar[1] == '{' || dollar[1] == '(');
	const char *name = dollar + 1 + bracket, *end, *rest;

	if (dollar == NULL)
		return FALSE;
	rest = name + name_length(name);
	end = bracket ? find_partner(dollar + 1) : rest;
	if (end == NULL || rest == name || (bracket && rest != end - 1 && !strchr("?:", *rest))) {
		*broken = TRUE;
		return FALSE;
	}
	*reference = (Reference){.start = (gsize)(dollar - text),
		.end = (gsize)(end - text),
		.name = g_strndup(name, (gsize)(rest - name)),
		.if_set = *rest == '?'};
	if (bracket && rest != end - 1)
		reference->text = g_strndup(rest + 1, (gsize)(end - 1 - (rest + 1)));
	return TRUE;
}

/* Replaces one reference in the text; FALSE: no more. `of` is the parameter whose value it is. */
static gboolean
expand_one(Reader *reader, const char *of, GString *text)
{
	g_auto(Reference) reference = {0};
	gboolean broken = FALSE;

	if (!find_reference(text->str, &reference, &broken)) {
		reader->is_undefined |= broken;
		if (broken)
			rp_import_remark(reader->import, line_of(reader, of),
				"%s can't be read: the $ in it begins no parameter's name", of);
		return FALSE;
	}
	g_autofree char *value = value_of(reader, reference.name);
	gboolean is_set = value != NULL && *value != '\0';
	if (value == NULL && reference.text == NULL) {
		reader->is_undefined = TRUE;
		rp_import_remark(reader->import, line_of(reader, of),
			"%s: $%s is not set in this file", of, reference.name);
	}
	g_string_erase(text, (gssize)reference.start, (gssize)(reference.end - reference.start));
	if (reference.text != NULL)
		g_string_insert(text, (gssize)reference.start,
			is_set == reference.if_set ? reference.text : "");
	else if (value != NULL)
		g_string_insert(text, (gssize)reference.start, value);
	return TRUE;
}

/* The value, or "" where it is not set. Free with g_free. */
static char *
get(Reader *reader, const char *name)
{
	const Parameter *parameter = g_hash_table_lookup(reader->parameters, name);
	GString *text = g_string_new(parameter != NULL ? parameter->text : "");

	for (guint i = 0; i < MAX_EXPANSIONS && expand_one(reader, name, text);)
		i++;
	return g_string_free(text, FALSE);
}

static gboolean
is_yes(Reader *reader, const char *name)
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

	pair->line = number;
	if (*value != '\0')
		*value++ = '\0';
	pair->key = g_strdup(line);
	pair->value = g_strdup(g_strstrip(value));
	g_ptr_array_add(pairs, pair);
}

/* A table's text may be a password, even where it is no file's name: nothing of it is shown but its
 * type. */
static const char *
type_of(const char *table)
{
	static const char *const known[] = {"cidr", "environ", "fail", "inline", "internal", "ldap",
		"memcache", "mysql", "nis", "nisplus", "pcre", "pgsql", "pipemap", "proxy",
		"randmap", "regexp", "socketmap", "sqlite", "static", "tcp", "unionmap", "unix"};

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_str_has_prefix(table, known[i]) && table[strlen(known[i])] == ':')
			return known[i];
	return NULL;
}

/* FALSE: what it says is not known now. */
static gboolean
read_table(Reader *reader, const char *parameter, const char *table, GPtrArray *pairs)
{
	static const char *const types[] = {
		"hash", "texthash", "btree", "lmdb", "cdb", "dbm", "sdbm", NULL};
	const char *real = g_str_has_prefix(table, "proxy:") ? table + strlen("proxy:") : table;
	g_auto(GStrv) parts = g_strsplit(real, ":", 2);
	guint line = line_of(reader, parameter);

	if (parts[0] == NULL || parts[1] == NULL || !g_strv_contains(types, parts[0])) {
		const char *type = type_of(real);

		rp_import_remark(reader->import, line,
			"%s: a table%s%s is not carried over: only tables that are made of a text "
			"file are",
			parameter, type != NULL ? " of the type " : "", type != NULL ? type : "");
		return FALSE;
	}
	g_autofree char *text = reader->read_file(parts[1], reader->user_data);
	if (text == NULL) {
		rp_import_remark(reader->import, line,
			"%s: %s can't be read; run this as a user who may", parameter, parts[1]);
		return FALSE;
	}
	each_logical_line(text, read_pair, pairs);
	rp_wipe(text, strlen(text));
	return TRUE;
}

/* The next of a list that commas and blanks separate, but for those in braces; NULL: no more. Free
 * with g_free. */
static char *
next_table(const char **at)
{
	const char *begin = *at + strspn(*at, ", \t");
	const char *end = begin;

	while (*end != '\0' && strchr(", \t", *end) == NULL) {
		const char *partner = *end == '{' ? find_partner(end) : NULL;

		end = partner != NULL ? partner : end + 1;
	}
	*at = end;
	return end > begin ? g_strndup(begin, (gsize)(end - begin)) : NULL;
}

/* Of Pair, of all tables of the parameter; *complete: nothing is missing. */
static GPtrArray *
read_tables(Reader *reader, const char *parameter, gboolean *complete)
{
	GPtrArray *pairs = g_ptr_array_new_with_free_func(pair_free);
	const Parameter *set = g_hash_table_lookup(reader->parameters, parameter);
	/* A password that stands here may have a $ in it. */
	gboolean in_place = set != NULL && (strstr(set->text, "static:") != NULL ||
						   strstr(set->text, "inline:") != NULL);
	g_autofree char *value = in_place ? g_strdup(set->text) : get(reader, parameter);
	const char *at = value;
	char *table;

	*complete = TRUE;
	while ((table = next_table(&at)) != NULL) {
		*complete &= read_table(reader, parameter, table, pairs);
		rp_secret_free(table);
	}
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
	const char *host = g_str_has_prefix(text, "smtp:")    ? text + strlen("smtp:")
			   : g_str_has_prefix(text, "relay:") ? text + strlen("relay:")
							      : text;
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
tls_of(Reader *reader)
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
remark_level(Reader *reader)
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
	gboolean sasl = is_yes(reader, "smtp_sasl_auth_enable");

	if (login == NULL && !(sasl && reader->logins_unread)) {
		rp_import_no_login(reader->import, set, line);
		return;
	}
	/* With a login, TLS only where nobody suppresses it gives the password away. */
	if (tls == RP_IMPORT_TRY_STARTTLS) {
		rp_import_set(set, "smtp-tls", "required");
		rp_import_remark(reader->import, line_of(reader, "smtp_tls_security_level"),
			"opportunistic TLS would give the password away: smtp-tls is required in "
			"[server-set %s]",
			set->name);
	}
	if (login == NULL || *login == '\0') {
		rp_import_login_missing(reader->import, set,
			line_of(reader, "smtp_sasl_password_maps"),
			"Postfix logs in, with what can't be read here");
		return;
	}
	rp_import_set(set, "smtp-user", parts[0]);
	if (parts[0] != NULL && parts[1] != NULL) {
		rp_import_set_secret(reader->import, set, "smtp-password", parts[1]);
		rp_wipe(parts[1], strlen(parts[1]));
	} else {
		rp_import_remark(reader->import, line_of(reader, "smtp_sasl_password_maps"),
			"the login of [server-set %s] has no password there: write "
			"smtp-password-command",
			set->name);
	}
}

static void
free_key(gpointer key)
{
	rp_secret_free(key);
}

/* The relay host's set, made when it is the first time that it is named with this login. `where` is
 * the place of the text, which may be a table's. */
static RpImportSet *
set_for(Reader *reader, const char *text, const char *sender, guint line, const char *where)
{
	gboolean sasl = is_yes(reader, "smtp_sasl_auth_enable");
	const char *login = NULL;
	g_auto(Relay) relay = {0};
	RpImportTls tls = tls_of(reader);

	if (!read_relay(text, &relay)) {
		rp_import_remark(
			reader->import, line, "%s is not carried over: not a host by SMTP", where);
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
			relay.host);
	carry_login(reader, set, login, line, tls);
	return set;
}

static gboolean
is_sender(const char *key)
{
	return strchr(key, '@') != NULL && strchr(key, '[') == NULL;
}

static void
carry_senders(Reader *reader)
{
	const char *parameter = "sender_dependent_relayhost_maps";
	gboolean complete;
	g_autoptr(GPtrArray) pairs = read_tables(reader, parameter, &complete);
	gboolean by_sender = is_yes(reader, "smtp_sender_dependent_authentication");
	guint line = line_of(reader, parameter);

	for (guint i = 0; i < pairs->len; i++) {
		const Pair *pair = pairs->pdata[i];
		g_autofree char *where =
			g_strdup_printf("%s: line %u of the table", parameter, pair->line);
		RpImportSet *set = NULL;

		if (g_ascii_strcasecmp(pair->value, "DUNNO") == 0)
			continue; /* as everybody's */
		if (!is_sender(pair->key))
			rp_import_remark(reader->import, line,
				"%s is not carried over: it is for no address and no domain",
				where);
		else
			set = set_for(
				reader, pair->value, by_sender ? pair->key : NULL, line, where);
		if (set != NULL)
			rp_import_add(set, "identities", pair->key);
	}
}

static gboolean
is_owned(const Reader *reader, const char *identity)
{
	for (guint i = 0; i < reader->import->sets->len; i++) {
		const char *list = rp_import_get(reader->import->sets->pdata[i], "identities");
		g_auto(GStrv) elements = g_strsplit(list != NULL ? list : "", ";", -1);

		if (g_strv_contains((const char *const *)elements, identity))
			return TRUE;
	}
	return FALSE;
}

/* Senders that log in at the relay host of all, each with a login of its own. */
static void
carry_sender_logins(Reader *reader, const char *relayhost, guint line)
{
	for (guint i = 0; i < reader->passwords->len; i++) {
		const Pair *pair = reader->passwords->pdata[i];
		RpImportSet *set = NULL;

		if (is_sender(pair->key) && !is_owned(reader, pair->key))
			set = set_for(reader, relayhost, pair->key, line, "relayhost");
		if (set != NULL)
			rp_import_add(set, "identities", pair->key);
	}
}

static void
carry_for_all(Reader *reader, RpImportSet *set, guint line, guint rank)
{
	const char *user = rp_import_get(set, "smtp-user");
	g_autofree char *priority = g_strdup_printf("-%u", 10 + rank);

	if (rank == 0 && user != NULL && strchr(user, '@') != NULL)
		rp_import_add(set, "identities", user);
	if (rank == 0 && rp_import_get(set, "identities") == NULL)
		rp_import_remark(reader->import, line,
			"relayhost takes everybody's mail: write in [server-set %s] which "
			"addresses are its own (identities)",
			set->name);
	/* What no other set owns went here. */
	rp_import_set(set, "carries", "any");
	if (rp_import_get(set, "priority") == NULL)
		rp_import_set(set, "priority", priority);
}

/* A list of hosts is tried in its order. */
static void
carry_relayhost(Reader *reader)
{
	reader->is_undefined = FALSE;
	g_autofree char *relayhost = get(reader, "relayhost");
	g_auto(GStrv) hosts = g_strsplit_set(relayhost, ", \t", -1);
	guint line = line_of(reader, "relayhost");
	guint rank = 0;

	if (reader->is_undefined) {
		rp_import_remark(reader->import, line, "relayhost is not carried over");
		return;
	}
	for (char **host = hosts; *host != NULL; host++) {
		RpImportSet *set;

		if (**host == '\0')
			continue;
		if (**host == '#') {
			rp_import_remark(reader->import, line,
				"what follows the # is left out: to Postfix it is no comment");
			return;
		}
		if (rank == 0 && is_yes(reader, "smtp_sender_dependent_authentication"))
			carry_sender_logins(reader, *host, line);
		if (rank == 1)
			rp_import_remark(reader->import, line,
				"relayhost is a list: each host is a server set of its own, and "
				"the later ones have a lower priority");
		g_autofree char *where = g_strdup_printf("relayhost %s", *host);
		set = set_for(reader, *host, NULL, line, where);
		if (set != NULL)
			carry_for_all(reader, set, line, rank);
		rank++;
	}
}

/* What changes how mail leaves, and has no counterpart. */
static const struct {
	const char *name;
	const char *why;
	const char *fallback; /* Postfix's own default says nothing; NULL: it is empty */
} not_carried[] = {
	{"smtp_tls_policy_maps", "set smtp-tls in each server set", NULL},
	{"smtp_tls_per_site", "set smtp-tls in each server set", NULL},
	{"smtp_tls_fingerprint_cert_match", "write tls-fingerprint, the SHA-256 of the public key",
		NULL},
	{"smtp_tls_CApath", "write tls-ca-file where a server's CA is not the system's", NULL},
	{"smtp_tls_cert_file", "client certificates are not offered", NULL},
	{"smtp_sasl_mechanism_filter", "see smtp-auth", NULL},
	{"smtp_generic_maps", "see rewrite-sender", NULL},
	{"sender_canonical_maps", "see rewrite-sender", NULL},
	{"canonical_maps", "see rewrite-sender", NULL},
	{"recipient_canonical_maps", "recipients are not rewritten", NULL},
	{"masquerade_domains", "see rewrite-sender", NULL},
	{"myorigin", "see default-identity and qualify-domain in [agent]", "$myhostname"},
	{"transport_maps", "server sets are chosen by sender and place, not by recipient", NULL},
	{"default_transport", "server sets go by SMTP", "smtp"},
	{"relay_transport", "server sets go by SMTP", "relay"},
	{"sender_dependent_default_transport_maps", "write a server set for these senders", NULL},
	{"smtp_fallback_relay", "write a server set with carries=any and a lower priority", NULL},
	{"fallback_relay", "write a server set with carries=any and a lower priority", NULL},
	{"smtp_bind_address", "roampost binds to the address of the link it chose", NULL},
	{"smtp_bind_address6", "roampost binds to the address of the link it chose", NULL},
	{"inet_protocols", "the kernel and the plan choose the family", "all"},
	{"always_bcc", "copies are added by the program that submits (Bcc)", NULL},
	{"sender_bcc_maps", "copies are added by the program that submits (Bcc)", NULL},
	{"recipient_bcc_maps", "copies are added by the program that submits (Bcc)", NULL},
	{"smtp_header_checks", "headers are not changed", NULL},
	{"smtp_body_checks", "mail is not changed", NULL},
	{"header_checks", "headers are not changed, nor is mail refused by them", NULL},
	{"body_checks", "mail is not changed, nor refused by it", NULL},
	{"content_filter", "there are no filters", NULL},
	{"virtual_alias_maps", "roampost has no aliases", NULL},
};

static void
remark_rest(const Reader *reader)
{
	for (gsize i = 0; i < G_N_ELEMENTS(not_carried); i++) {
		const Parameter *set = g_hash_table_lookup(reader->parameters, not_carried[i].name);

		if (set != NULL && *set->text != '\0' &&
			g_strcmp0(set->text, not_carried[i].fallback) != 0)
			rp_import_remark(reader->import, line_of(reader, not_carried[i].name),
				"%s is not carried over: %s", not_carried[i].name,
				not_carried[i].why);
	}
}

static void
carry_common(Reader *reader)
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
	gboolean complete;

	reader.parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, parameter_free);
	reader.sets = g_hash_table_new_full(g_str_hash, g_str_equal, free_key, NULL);
	each_logical_line(main_cf, read_parameter, &reader);
	reader.passwords = read_tables(&reader, "smtp_sasl_password_maps", &complete);
	reader.logins_unread = !complete;
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
