/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/autoconfig.h"

/* Server sets out of what other programs are configured with. The parsers are pure: text in; sets,
 * and remarks about what could not be carried over, out. A source's settings never become more than
 * they were: where it does not say for whom or from where a server takes mail, a remark asks for
 * it.
 */

typedef struct {
	char *key;
	char *value; /* as it is meant; escaped when it is written */
	gboolean secret;
} RpImportValue;

typedef struct {
	char *name;        /* fit to be a set's name, and the only one of this name */
	GPtrArray *values; /* of RpImportValue, in the order they are written */
} RpImportSet;

typedef struct {
	char *source;       /* its name, for the remarks */
	GPtrArray *sets;    /* of RpImportSet */
	GPtrArray *remarks; /* of char *: "SOURCE:LINE: what is not carried over, and what to do" */
} RpImport;

RpImport *rp_import_new(const char *source);
void rp_import_free(RpImport *import);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpImport, rp_import_free)

/* The remark is kept once, however often it is made, with ? for what is not neutral in what it
 * quotes. Line 0: of the source as a whole. */
void rp_import_remark(RpImport *import, guint line, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* A new set, named like this or nearly so. */
RpImportSet *rp_import_add_set(RpImport *import, const char *name);
/* The same, named by an address's domain: "odn" of taro@odn.example. */
RpImportSet *rp_import_add_set_for(RpImport *import, const char *address);
typedef gboolean (*RpImportTaken)(gconstpointer user, const char *name);
/* A name that a set of this address may have, which is not `taken`: "odn", "odn-2". Free with
 * g_free. */
char *rp_import_name_for(const char *address, RpImportTaken taken, gconstpointer user);
/* Adds or replaces a key; a NULL or empty value is passed over. */
void rp_import_set(RpImportSet *set, const char *key, const char *value);
void rp_import_set_secret(RpImportSet *set, const char *key, const char *value);
/* Whether passwords stand in the sets in clear. */
gboolean rp_import_has_secrets(const RpImport *import);
/* Adds an element to a list, once. */
void rp_import_add(RpImportSet *set, const char *key, const char *element);
const char *rp_import_get(const RpImportSet *set, const char *key); /* or NULL */

typedef enum {
	RP_IMPORT_NO_TLS,
	RP_IMPORT_STARTTLS,
	RP_IMPORT_TRY_STARTTLS,
	RP_IMPORT_TLS
} RpImportTls;
/* Writes the URL and the -tls key of "smtp" or "pop"; port 0 is the default's. */
void rp_import_set_server(
	RpImportSet *set, const char *protocol, const char *host, guint port, RpImportTls tls);
/* Where a set has no login and the source does not say from where its server takes mail. */
void rp_import_no_login(RpImport *import, RpImportSet *set, guint line);
/* Where it has one that can't be carried over: the set asks for it all the same. `why` is the first
 * half of the remark. */
void rp_import_login_missing(RpImport *import, RpImportSet *set, guint line, const char *why);
/* Where its password can't be: the keyring is asked for each login that has a user, and it is said
 * how it gets there. `why` is the first half of the remark. */
void rp_import_password_missing(RpImport *import, RpImportSet *set, guint line, const char *why);
/* Where it is by a token that somebody has to give; of "smtp" or "pop". */
void rp_import_token_missing(RpImport *import, RpImportSet *set, guint line, const char *protocol);
/* Takes out what would drive a terminal or turn text round, as the source's words go onto the
 * terminal, into the configuration and to servers; and remarks it. */
void rp_import_drop_harmful(RpImport *import);
/* Takes out what the configuration would not be good with, and remarks it. */
void rp_import_drop_bad(RpImport *import);

/* A set of what a provider says of its servers, for an address or "@domain"; it names an SMTP
 * server. */
void rp_import_autoconfig(RpImport *import, const RpAutoconfig *config, const char *address);
/* Those of a kind, borrowed, the best first: with TLS, and a password, in the order given. */
GPtrArray *rp_import_rank_servers(const GPtrArray *servers, RpMailKind kind);
/* The lines of one server. */
void rp_import_set_smtp(RpImportSet *set, const RpMailServer *server);
void rp_import_set_pop(RpImportSet *set, const RpMailServer *server);

/* Says the remarks, then prints the sets or, with `write`, appends them to the user's file: what
 * the configuration would not be good with, and what leads to roampost itself, is left out. The
 * exit status. */
int rp_import_finish(RpCli *cli, RpImport *import, gboolean write);
/* Leaves out what `old`, the text of the file, has a set of that name for, and says so. */
void rp_import_drop_existing(RpCli *cli, RpImport *import, const char *old, const char *file);
/* A file as text; NULL after saying why not. Wipe it. */
char *rp_import_read_source(RpCli *cli, const char *path);
/* The user's own configuration file, whose folder is made; *named is how it is called where it is a
 * link. NULL after saying why not. Free both with g_free. */
char *rp_cli_config_file(RpCli *cli, char **named);
/* Its text, "" where there is no such file yet; NULL after saying why it can't be read. Wipe it. */
char *rp_cli_read_config(RpCli *cli, const char *file);

typedef enum {
	RP_REPLACED,
	RP_REPLACE_CHANGED, /* the file is no longer what was read: nothing was written or said */
	RP_REPLACE_FAILED,  /* what is wrong has been said; nothing has changed */
} RpReplaced;

/* All of the configuration with this file in the place of the user's, which may name what others
 * have (a provider of providers.d). As rp_config_load. */
RpConfig *rp_cli_load_config_with(const char *path, GPtrArray **problems);
/* Puts the text in the place of a configuration file that says `before` ("": or is not there yet),
 * with mode 0600, if the whole configuration is a good one with it. Of several at a time one
 * writes, and the others see a file that has changed. */
RpReplaced rp_cli_replace_config(
	RpCli *cli, const char *file, const char *before, const char *text);

/* A value as a key file has it. Wipe it where it is secret. */
char *rp_import_escape(const char *text);
/* The sets as a configuration of their own; NULL: it has errors. */
RpConfig *rp_import_load(const RpImport *import);
/* The sets as configuration text. Wipe it when there are secrets (rp_secret_free). */
char *rp_import_text(const RpImport *import);

/* msmtp's configuration: a set an account. */
void rp_import_msmtprc(RpImport *import, const char *text);

/* The contents of a file that the text names (NULL: it can't be read). Free with g_free. */
typedef char *(*RpImportReadFile)(const char *path, gpointer user_data);
/* Postfix's main.cf: a set for every relay host that relayhost and
 * sender_dependent_relayhost_maps name. */
void rp_import_postfix(
	RpImport *import, const char *main_cf, RpImportReadFile read_file, gpointer user_data);

/* The profile that Thunderbird opens, by the profiles.ini in this folder: a path within the folder,
 * or a full one. NULL: it names none. Free with g_free. */
char *rp_import_thunderbird_profile(const char *profiles_ini);
/* Thunderbird's prefs.js: a set for every SMTP server, with the identities that use it and the POP
 * server of their account. */
void rp_import_thunderbird(RpImport *import, const char *prefs);

/* The accounts in GNOME's settings, of RpOnlineAccount: a set for each that has an address and an
 * SMTP server; of the others it is said why not. */
void rp_import_online_accounts(RpImport *import, const GPtrArray *accounts);
