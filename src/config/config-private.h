/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/config.h"

/* The way through: reader.c turns files into entries (group, key, text, line), later files
 * replacing earlier entries; build-object.c and build.c turn entries into structs by the option
 * table; checks.c looks at what no single value can tell. Everybody adds to one list of problems.
 */

typedef enum { GROUP_AGENT, GROUP_PROVIDER, GROUP_SET, GROUP_SETUP, GROUP_OAUTH } GroupKind;
#define N_GROUP_KINDS 5

const char *group_kind_name(GroupKind kind);
/* There may be several of the kind, each with a name. */
gboolean group_kind_is_named(GroupKind kind);

/* ---- options.c, values.c: the table and its types ---- */

typedef struct Option Option;

/* A value as written: the whole text, and its elements (blanks around them gone, empty ones left
 * out). */
typedef struct {
	const char *text;
	char **list;
} Value;

/* Reads the value into the object (an RpAgentOptions, RpProvider, RpServerSet or
 * RpSetupOptions), replacing and
 * freeing what is there. On an error the object is as before or partly replaced, but sound. */
typedef gboolean (*ParseValue)(
	const Option *option, const Value *value, gpointer object, GError **error);

/* What is good within a value besides what its parser asks for. */
typedef enum {
	WORDING_STRICT = 0, /* an address, a number, a URL: quotes around it are an error */
	WORDING_FREE,       /* whatever there is (a user, a path, a password): warned of */
	WORDING_SHELL,      /* quotes and # have a meaning of their own */
} Wording;

typedef struct {
	const char *name; /* for the manual page */
	ParseValue parse;
	Wording wording;
} OptionType;

typedef struct {
	const char *name;
	int value;
} Choice;

enum {
	OPTION_SECRET = 1 << 0,      /* never shown; needs a private file */
	OPTION_SYSTEM_ONLY = 1 << 1, /* not in the user's own file */
	OPTION_REVISION = 1 << 2,    /* part of RpServerSet.revision */
	OPTION_LIST = 1 << 3,        /* elements separated by ; */
	OPTION_URLS = 1 << 4,     /* shown without a customer's key, which needs a private file */
	OPTION_PERSONAL = 1 << 5, /* warned of in providers.d, which is there to be shared */
	OPTION_CERTIFICATES = 1 << 6, /* a path: certificates in PEM form are there */
	OPTION_FOLDER = 1 << 7,       /* a path: a folder, made when it is needed */
};

struct Option {
	GroupKind group;
	const char *key;
	const OptionType *type;
	gsize offset;
	const char *fallback;  /* the default, read by the same parser; "": none */
	const Choice *choices; /* for a choice; ends with a NULL name */
	guint flags;
	const char *example;
	const char *help;
};

extern const Option options[];
extern const guint n_options;
const Option *option_find(GroupKind group, const char *key);
/* The nearest valid key of the group, or NULL. */
const char *option_nearest(GroupKind group, const char *key);

extern const OptionType type_text, type_secret, type_path, type_number, type_count, type_time,
	type_size, type_yes_no, type_choice, type_texts, type_domain, type_domains, type_address,
	type_identities, type_prefixes, type_asns, type_hwaddrs, type_operators, type_dhcp_options,
	type_hosts_ports, type_time_or_never, type_relay, type_smtp_urls, type_pop_url,
	type_carries, type_reports, type_public_address, type_table_sources, type_table_anchors,
	type_listen, type_fingerprint, type_user, type_host, type_autoconfig, type_password_from,
	type_certificate, type_endpoint, type_command;

/* Splits at ; as the files do; free with g_strfreev. */
char **value_split(const char *text);

/* ---- groups.c: what has been read ---- */

/* Where something was written. file NULL: nowhere, it is a default. */
typedef struct {
	const char *file; /* borrowed from the Reading */
	guint line;
} Origin;

typedef struct {
	Origin origin;
	char *text;
	char **list; /* NULL unless the option is a list */
} Entry;

typedef struct {
	GroupKind kind;
	char *title; /* "server-set odn" */
	char *name;  /* "odn"; "" for agent and setup */
	Origin origin;
	guint nth;           /* of all groups, as they were met first */
	GHashTable *entries; /* const Option * -> Entry * */
} Group;

/* What is known while reading. */
typedef struct {
	GPtrArray *problems; /* of RpConfigProblem; owned by the caller */
	GPtrArray *files;    /* of char *: names, in the order of reading */
	GHashTable *groups;  /* title -> Group */
} Reading;

/* Borrows the list of problems. */
Reading *reading_new(GPtrArray *problems);
void reading_free(Reading *reading);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reading, reading_free)
/* The groups of a kind, by name in byte order. Free with g_ptr_array_unref. */
GPtrArray *reading_groups(const Reading *reading, GroupKind kind);
/* Takes the title. It belongs to the Reading whose `groups` it is put into. */
Group *group_new(GroupKind kind, const char *name, char *title);
void entry_free(Entry *entry);
const Entry *group_entry(const Group *group, const char *key); /* NULL: not written */

/* ---- problems.c ---- */

void problem_add(Reading *reading, RpConfigSeverity severity, const Origin *origin,
	const char *group, const char *key, const char *format, ...) G_GNUC_PRINTF(6, 7);
/* About a key of a group: the place is the key's if it was written, else the group's. */
void problem_add_key(Reading *reading, RpConfigSeverity severity, const Group *group,
	const char *key, const char *format, ...) G_GNUC_PRINTF(5, 6);
void problems_sort(GPtrArray *problems, const GPtrArray *files);

/* ---- reader.c ---- */

void reading_load(Reading *reading, const RpConfigSources *sources);

/* ---- scan.c: what GKeyFile does not tell ---- */

typedef struct {
	GHashTable *lines; /* "group\nkey" or "group" -> line */
	GString *clean;    /* the text with the lines that GKeyFile would stumble over made empty */
} Scan;

Scan *scan_text(Reading *reading, const char *file, const char *text, gsize length);
void scan_free(Scan *scan);
guint scan_line(const Scan *scan, const char *group, const char *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scan, scan_free)

/* ---- oauth.c: groups that give tokens ---- */

/* What is known of the providers that everybody has, where the group does not say otherwise. */
void oauth_add_known(Group *group);
void oauth_check(Reading *reading, const Group *group, const RpOauthProvider *provider);
/* Gives a login its group, of RpOauthProvider; complains where there is none. `key`: that names it.
 */
void oauth_link(Reading *reading, const Group *group, const char *key, RpLogin *login,
	const GPtrArray *providers);

/* ---- build-object.c ---- */

GPtrArray *settings_new(void); /* of RpConfigSetting */
/* What is written of an option; NULL: nothing, or an empty value, which stands for the default. */
const Entry *written_entry(const Group *group, const Option *option);
/* Reads the group's values into its object, and adds them to the settings. Returns the checksum of
 * what concerns the server; free it with g_free. */
char *build_object(Reading *reading, const Group *group, gpointer object, GPtrArray *settings);
/* For defaults that depend on other values. */
void show_default(const GPtrArray *settings, const char *group, const char *key, const char *text);

/* ---- wording.c: quotes and comments that became part of a value ---- */

gboolean wording_is_quoted(const char *text);
/* FALSE: there are quotes around a value that is never written with them. */
gboolean wording_check(const Option *option, const Value *value, GError **error);
void wording_warn(Reading *reading, const Group *group, const Option *option, const Value *value);

/* ---- build.c, checks.c, ports.c ---- */

struct RpConfig {
	gatomicrefcount references;
	RpCatalogue *catalogue;
	RpAgentOptions agent;
	RpSetupOptions setup;
	GPtrArray *settings;
};

/* Looks at one set for what its single values can't tell. */
void check_set(Reading *reading, const Group *group, const RpServerSet *set);
void check_network(Reading *reading, const Group *group, const RpProvider *provider);
/* Ports of the set's servers that are for the other kind of TLS. */
void check_ports(Reading *reading, const Group *group, const RpServerSet *set);
/* The same as check_set for all sets together. */
void check_sets(Reading *reading, const GPtrArray *sets);
/* No set sends to where we listen ourselves; NULL: nowhere. */
void check_loops(Reading *reading, const GPtrArray *sets, const char *listen);
