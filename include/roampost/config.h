/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/policy.h"

/* The configuration: key files in, an immutable value out. One table of options drives the parser,
 * the defaults, the example file, `config show` and the manual page.
 *
 * Which files: /etc/roampost/roampost.conf, then $XDG_CONFIG_HOME/roampost/roampost.conf; the later
 * wins, key by key. Before them every *.conf in /usr/share/roampost/providers.d,
 * /etc/roampost/providers.d and $XDG_CONFIG_HOME/roampost/providers.d, in the order of their names;
 * of files of one name only the last directory's is read. These hold providers only.
 *
 * From the environment: ROAMPOST_CONFIG=FILE reads that file alone (it counts as the system's, and
 * no providers.d is read); ROAMPOST_PROVIDERS=DIR:DIR reads these directories instead of the three,
 * also beside ROAMPOST_CONFIG; ROAMPOST_SYSCONF=DIR and ROAMPOST_DATA=DIR stand for /etc/roampost
 * and /usr/share/roampost, so that a build tree needs nothing installed. */

typedef struct {
	RpChoose choose;
	char *default_identity; /* or the first full address of the highest-priority set, or NULL */
	char *qualify_domain;   /* NULL: bare recipients go to the local maildir */
	char *system_mail_user; /* NULL: none */
	char *listen;           /* "127.0.0.1:2525" or an absolute path; NULL: do not listen */
	gint64 metered_limit;   /* octets; 0: none */
	gint64 history;         /* how long it is kept: RpSpan */
	gboolean notify;
	gboolean tray;
	gboolean report_by_notify;
	gboolean report_by_maildir;
	char **public_address; /* empty: off */
	char *asn_table;       /* an absolute path; NULL: the one in the state directory */
	char **asn_source;     /* "https://…" or absolute paths; empty: none */
	char **asn_trust;      /* "sha256:" and 64 lower-case digits, "minisign:KEY"; empty: none */
	char *maildir;         /* absolute where $HOME or the password database knows the home */
	char *mda;             /* a shell command, or NULL */
} RpAgentOptions;

typedef struct {
	char **autoconfig; /* "https://…" with placeholders; empty: off */
} RpSetupOptions;

/* Where to read. Lists are NULL-terminated and never NULL. */
typedef struct {
	char **files;         /* in the order of reading */
	char **provider_dirs; /* in the order of reading */
	guint n_system_files; /* the first so many of `files` may say system-mail-user */
	gboolean must_exist;  /* a file that is not there is an error (ROAMPOST_CONFIG) */
} RpConfigSources;

RpConfigSources *rp_config_sources_new(void); /* as the environment says */
RpConfigSources *rp_config_sources_new_for_file(const char *file);
RpConfigSources *rp_config_sources_copy(const RpConfigSources *sources);
void rp_config_sources_free(RpConfigSources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpConfigSources, rp_config_sources_free)

typedef enum { RP_CONFIG_ERROR, RP_CONFIG_WARNING } RpConfigSeverity;

typedef struct {
	RpConfigSeverity severity;
	char *file;
	guint line;    /* 0: not known */
	char *group;   /* NULL: the file as a whole */
	char *key;     /* NULL: the group as a whole */
	char *message; /* what is wrong and what to write instead; no secrets */
} RpConfigProblem;

void rp_config_problem_free(RpConfigProblem *problem);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpConfigProblem, rp_config_problem_free)
/* "FILE:LINE: [GROUP] KEY: MESSAGE", with what is not known left out, and ? for what would drive a
 * terminal. */
char *rp_config_problem_format(const RpConfigProblem *problem);
guint rp_config_count_problems(const GPtrArray *problems, RpConfigSeverity severity);

typedef struct RpConfig RpConfig;

/* Reads everything and reports everything: *problems (required) is set to a new array of
 * RpConfigProblem that owns its elements, in the order of files and lines. NULL when one of them is
 * an error. No file at all is no problem: a configuration without sets. Free with rp_config_unref.
 */
RpConfig *rp_config_load(const RpConfigSources *sources, GPtrArray **problems);
/* The same as one GError (RP_ERROR_CONFIG) that holds all errors, one a line; warnings are dropped.
 * For programs that only want to get on with it. */
RpConfig *rp_config_load_or_error(GError **error);
/* Whose the mail of root and of system accounts is, by the system's own files and nothing else:
 * whose configuration it would be otherwise is not known yet. Also where something else in them is
 * wrong, which such mail can wait for and cron can't. NULL: nobody is named that could be read. To
 * be freed. */
char *rp_config_read_system_mail_user(gboolean *has_errors);
RpConfig *rp_config_ref(RpConfig *config);
void rp_config_unref(RpConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpConfig, rp_config_unref)

RpCatalogue *rp_config_catalogue(const RpConfig *config); /* never NULL; borrowed */
const RpAgentOptions *rp_config_agent(const RpConfig *config);
const RpSetupOptions *rp_config_setup(const RpConfig *config);

/* One effective value, for `config show`. */
typedef struct {
	char *group; /* as in the file: "server-set odn" */
	const char *key;
	char *value; /* secrets: "****" */
	char *file;  /* NULL: the default */
	guint line;
} RpConfigSetting;

/* Of RpConfigSetting: every option of every group, groups in the order agent, providers, sets,
 * setup. */
const GPtrArray *rp_config_settings(const RpConfig *config);

/* Adds warnings of files and commands that the configuration names: what is not there, can't be
 * read or written, or is not what it is to be. For who checks: it reads those files, and runs
 * nothing. */
void rp_config_look_at_files(const RpConfig *config, GPtrArray *problems);

/* Differs whenever anything of the configuration does, secrets included, and nothing of them can be
 * learned from it. Free with g_free. */
char *rp_config_fingerprint(const RpConfig *config);

/* The option table, as documentation sees it. */
typedef struct {
	const char *group; /* "agent", "provider", "server-set", "setup" */
	const char *key;
	const char *type;     /* "time", "list of domains" */
	const char *fallback; /* the default as text; "": unset */
	const char *example;  /* a value that shows the form */
	const char *help;     /* one line or a few sentences */
} RpConfigOption;

guint rp_config_n_options(void);
/* What is wrong with it as the NAME of [server-set NAME], as a sentence without it; NULL: nothing.
 */
const char *rp_config_set_name_fault(const char *name);
/* Whether [server-set NAME] would take this value for the key, which is one of its own: for who
 * asks before it is written. FALSE with what is wrong with it, without the key. */
gboolean rp_config_check_set_value(const char *key, const char *text, GError **error);
RpConfigOption rp_config_option(guint index);
/* The text of the example file: every option, its help, and the default or an example commented
 * out. Free with g_free. */
char *rp_config_example(void);
/* The options of one group as lines of mdoc(7). Free with g_free. */
char *rp_config_manual(const char *group);

/* Watches the sources (files and directories, also those that do not exist yet) with inotify and
 * loads them again when they have been quiet for a moment. Costs nothing while nothing changes.
 *
 * The callback gets the new configuration, or NULL and the problems when it has errors (the caller
 * keeps its last good one); both are borrowed. One of the files being gone is such an error: only
 * those that were there when the watch was made, or at the last good load, can be. It runs in the
 * thread-default main context that was current at rp_config_watch_new, and never after
 * rp_config_watch_free, which it may call. */
typedef struct RpConfigWatch RpConfigWatch;
typedef void (*RpConfigChanged)(RpConfig *config, const GPtrArray *problems, gpointer data);

RpConfigWatch *rp_config_watch_new(
	const RpConfigSources *sources, RpConfigChanged changed, gpointer data);
/* Loads and calls back now, whether or not something changed: for SIGHUP. What is there then is
 * taken as it is, even if files are gone. */
void rp_config_watch_reload(RpConfigWatch *watch);
/* The caller has loaded what is there by itself, and taken it. */
void rp_config_watch_taken(RpConfigWatch *watch);
/* Answers at once what has been written whole and would wait for quiet. */
void rp_config_watch_hurry(RpConfigWatch *watch);
void rp_config_watch_free(RpConfigWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpConfigWatch, rp_config_watch_free)
