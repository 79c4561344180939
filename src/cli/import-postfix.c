/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-postfix.h"

#include <string.h>
#include "roampost/base.h"
#include "roampost/language.h"

/* Postfix's relay hosts and the senders they are for, as server sets. */

typedef struct {
	RpPostfixConf conf;
	GPtrArray *passwords;   /* of RpPostfixPair */
	gboolean logins_unread; /* there are more that can't be carried over */
	GHashTable *sets;       /* "relay host\nlogin" -> RpImportSet, borrowed */
} Reader;

static RpImportTls
tls_of(Reader *reader)
{
	g_autofree char *level = rp_postfix_get(&reader->conf, "smtp_tls_security_level");

	if (rp_postfix_is_yes(&reader->conf, "smtp_tls_wrappermode"))
		return RP_IMPORT_TLS;
	if (*level == '\0')
		return rp_postfix_is_yes(&reader->conf, "smtp_enforce_tls") ? RP_IMPORT_STARTTLS
		       : rp_postfix_is_yes(&reader->conf, "smtp_use_tls")   ? RP_IMPORT_TRY_STARTTLS
									    : RP_IMPORT_NO_TLS;
	return strcmp(level, "none") == 0  ? RP_IMPORT_NO_TLS
	       : strcmp(level, "may") == 0 ? RP_IMPORT_TRY_STARTTLS
					   : RP_IMPORT_STARTTLS;
}

static void
carry_login(Reader *reader, RpImportSet *set, const char *login, guint line, RpImportTls tls)
{
	g_auto(GStrv) parts = g_strsplit(login != NULL ? login : "", ":", 2);
	gboolean sasl = rp_postfix_is_yes(&reader->conf, "smtp_sasl_auth_enable");

	if (login == NULL && !(sasl && reader->logins_unread)) {
		rp_import_no_login(reader->conf.import, set, line);
		return;
	}
	/* With a login, TLS only where nobody suppresses it gives the password away. */
	if (tls == RP_IMPORT_TRY_STARTTLS) {
		rp_import_set(set, "smtp-tls", "required");
		rp_import_remark(reader->conf.import,
			rp_postfix_line_of(&reader->conf, "smtp_tls_security_level"),
			_("opportunistic TLS would give the password away: smtp-tls is required in "
			  "[server-set %s]"),
			set->name);
	}
	if (login == NULL || *login == '\0') {
		rp_import_login_missing(reader->conf.import, set,
			rp_postfix_line_of(&reader->conf, "smtp_sasl_password_maps"),
			_("Postfix logs in, with what can't be read here"));
		return;
	}
	rp_import_set(set, "smtp-user", parts[0]);
	if (parts[0] != NULL && parts[1] != NULL) {
		rp_import_set_secret(set, "smtp-password", parts[1]);
		rp_wipe(parts[1], strlen(parts[1]));
	} else {
		rp_import_password_missing(reader->conf.import, set,
			rp_postfix_line_of(&reader->conf, "smtp_sasl_password_maps"),
			_("the login has no password there"));
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
	gboolean sasl = rp_postfix_is_yes(&reader->conf, "smtp_sasl_auth_enable");
	const char *login = NULL;
	g_auto(RpPostfixRelay) relay = {0};
	RpImportTls tls = tls_of(reader);

	if (!rp_postfix_read_relay(text, &relay)) {
		rp_import_remark(reader->conf.import, line,
			_("%s is not carried over: not a host by SMTP"), where);
		return NULL;
	}
	if (sasl && sender != NULL)
		login = rp_postfix_lookup(reader->passwords, sender);
	if (sasl && login == NULL)
		login = rp_postfix_lookup(reader->passwords, text);
	if (sasl && login == NULL)
		login = rp_postfix_lookup(reader->passwords, relay.host);
	g_autofree char *key = g_strconcat(text, "\n", login, NULL);
	RpImportSet *set = g_hash_table_lookup(reader->sets, key);
	if (set != NULL)
		return set;
	set = rp_import_add_set(reader->conf.import, relay.host);
	g_hash_table_insert(reader->sets, g_steal_pointer(&key), set);
	rp_import_set_server(set, "smtp", relay.host, relay.port,
		relay.port == 465 && tls != RP_IMPORT_NO_TLS ? RP_IMPORT_TLS : tls);
	if (relay.by_mx)
		rp_import_remark(reader->conf.import, line,
			_("%s is written without brackets: Postfix asks for its MX, roampost "
			  "connects to the host itself"),
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
	g_autoptr(GPtrArray) pairs = rp_postfix_read_tables(&reader->conf, parameter, &complete);
	gboolean by_sender =
		rp_postfix_is_yes(&reader->conf, "smtp_sender_dependent_authentication");
	guint line = rp_postfix_line_of(&reader->conf, parameter);

	for (guint i = 0; i < pairs->len; i++) {
		const RpPostfixPair *pair = pairs->pdata[i];
		g_autofree char *where =
			g_strdup_printf(_("%s: line %u of the table"), parameter, pair->line);
		RpImportSet *set = NULL;

		if (g_ascii_strcasecmp(pair->value, "DUNNO") == 0)
			continue; /* as everybody's */
		if (!is_sender(pair->key))
			rp_import_remark(reader->conf.import, line,
				_("%s is not carried over: it is for no address and no domain"),
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
	for (guint i = 0; i < reader->conf.import->sets->len; i++) {
		const char *list = rp_import_get(reader->conf.import->sets->pdata[i], "identities");
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
		const RpPostfixPair *pair = reader->passwords->pdata[i];
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
		rp_import_remark(reader->conf.import, line,
			_("relayhost takes everybody's mail: write in [server-set %s] which "
			  "addresses are its own (identities)"),
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
	reader->conf.is_undefined = FALSE;
	g_autofree char *relayhost = rp_postfix_get(&reader->conf, "relayhost");
	g_auto(GStrv) hosts = g_strsplit_set(relayhost, ", \t", -1);
	guint line = rp_postfix_line_of(&reader->conf, "relayhost");
	guint rank = 0;

	if (reader->conf.is_undefined) {
		rp_import_remark(reader->conf.import, line, _("relayhost is not carried over"));
		return;
	}
	for (char **host = hosts; *host != NULL; host++) {
		RpImportSet *set;

		if (**host == '\0')
			continue;
		if (**host == '#') {
			rp_import_remark(reader->conf.import, line,
				_("what follows the # is left out: to Postfix it is no comment"));
			return;
		}
		if (rank == 0 &&
			rp_postfix_is_yes(&reader->conf, "smtp_sender_dependent_authentication"))
			carry_sender_logins(reader, *host, line);
		if (rank == 1)
			rp_import_remark(reader->conf.import, line,
				_("relayhost is a list: each host is a server set of its own, and "
				  "the later ones have a lower priority"));
		g_autofree char *where = g_strdup_printf("relayhost %s", *host);
		set = set_for(reader, *host, NULL, line, where);
		if (set != NULL)
			carry_for_all(reader, set, line, rank);
		rank++;
	}
}

static void
carry_common(Reader *reader)
{
	g_autofree char *ca_file = rp_postfix_get(&reader->conf, "smtp_tls_CAfile");
	g_autofree char *helo = rp_postfix_get(&reader->conf, "smtp_helo_name");

	for (guint i = 0; i < reader->conf.import->sets->len; i++) {
		RpImportSet *set = reader->conf.import->sets->pdata[i];

		if (g_path_is_absolute(ca_file))
			rp_import_set(set, "tls-ca-file", ca_file);
		rp_import_set(set, "ehlo-name", helo);
	}
}

void
rp_import_postfix(
	RpImport *import, const char *main_cf, RpImportReadFile read_file, gpointer user_data)
{
	Reader reader = {0};
	gboolean complete;

	rp_postfix_conf_init(&reader.conf, import, main_cf, read_file, user_data);
	reader.sets = g_hash_table_new_full(g_str_hash, g_str_equal, free_key, NULL);
	reader.passwords =
		rp_postfix_read_tables(&reader.conf, "smtp_sasl_password_maps", &complete);
	reader.logins_unread = !complete;
	carry_senders(&reader);
	carry_relayhost(&reader);
	carry_common(&reader);
	rp_postfix_remark_level(&reader.conf);
	rp_postfix_remark_rest(&reader.conf);
	if (import->sets->len == 0)
		rp_import_remark(import, 0,
			_("no relay host: Postfix delivers to every recipient's server itself, "
			  "which roampost does not"));
	g_ptr_array_unref(reader.passwords);
	g_hash_table_unref(reader.sets);
	rp_postfix_conf_clear(&reader.conf);
}
