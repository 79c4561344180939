/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/asn-file.h"
#include "roampost/base.h"
#include "roampost/config.h"
#include "roampost/secretservice.h"

#include <json-glib/json-glib.h>

/* The command line: one table of commands drives usage, --help, completion and the manual page; a
 * command is a file cmd-NAME.c with a function
 *
 *     int rp_cmd_NAME(RpCli *cli, int argc, char **argv);
 *
 * and a row in commands.c. What its words in `args` and in options' descriptions stand for,
 * completion knows by their names (completion.h). Options are parsed before the function runs (into
 * the statics that its GOptionEntry array points at); argv[0] is the command's name, the rest what
 * was not an option. Its result is the exit status. Data goes to standard output, everything else
 * to standard error.
 */

enum {
	RP_EXIT_DONE = 0,
	RP_EXIT_FAILED = 1, /* it could not be done; what and what to do is on standard error */
	RP_EXIT_USAGE = 2,
};

typedef struct RpCliCommand RpCliCommand;

typedef struct {
	const RpCliCommand *commands; /* all there are; ends with a NULL name */
	const RpCliCommand *command;  /* the one that runs, or NULL */
	gboolean json;                /* --json was given: print one JSON text and nothing else */
	gboolean colour;              /* standard output is a terminal and NO_COLOR is not set */
	guint width;                  /* columns of standard output; RP_CLI_NO_LIMIT: no terminal */
	gboolean converse;    /* a program is at the other end, and not a person: converse.c */
	gboolean input_ended; /* a question found that nobody answers any more (Ctrl-D) */
	char **words;         /* the whole command line, to begin once more */
} RpCli;

/* Standard output is no terminal: lines are as long as they are, and nothing is cut. */
#define RP_CLI_NO_LIMIT 1000000

enum {
	RP_CLI_JSON = 1 << 0,   /* takes --json */
	RP_CLI_HIDDEN = 1 << 1, /* not in the usage */
	RP_CLI_QUEUE = 1 << 2,  /* about the queue: root's is that of system-mail-user */
};

struct RpCliCommand {
	const char *name;    /* one word, or two: "config check" */
	const char *args;    /* "ID…", "" for none; [] for what may be left out */
	guint min_args;      /* checked before the function runs */
	gint max_args;       /* -1: any number */
	const char *summary; /* one line, no full stop */
	const char *help;    /* paragraphs, separated by "\n\n"; NULL: the summary says it all */
	/* Ends with G_OPTION_ENTRY_NULL; NULL: none. An option of type STRING_ARRAY whose
	 * arg_description ends in … takes all words up to the next option. */
	const GOptionEntry *options;
	guint flags;
	int (*run)(RpCli *cli, int argc, char **argv);
};

/* ---- saying what went wrong ---- */

/* "roampost: MESSAGE" on standard error; gives RP_EXIT_FAILED, for `return rp_cli_fail(...)`. */
int rp_cli_fail(RpCli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);
int rp_cli_fail_error(RpCli *cli, const GError *error);
/* That the file or folder can't be written, by errno, and what to do about it. */
int rp_cli_fail_write(RpCli *cli, const char *path, int number);
/* The message, then the command's usage line; gives RP_EXIT_USAGE. */
int rp_cli_usage(RpCli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A remark on standard error that does not change the outcome. */
void rp_cli_note(RpCli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same of one that stands above what is wrapped to the terminal, as that is. */
void rp_cli_note_above(RpCli *cli, const char *text);

/* ---- input ---- */

/* The configuration; NULL after printing all its errors and what to do about them. */
RpConfig *rp_cli_load_config(RpCli *cli);
/* The configuration for their names alone, kept until the program ends; NULL where it can't be
 * read: names stand as they are then. */
const RpCatalogue *rp_cli_known_providers(void);
/* Providers as people call them (name= of their groups), of one or several names with ", " between.
 * Free with g_free. */
char *rp_cli_provider_titles(const char *names);
/* The table of AS numbers that the agent looks into; NULL: no place for one. */
RpAsnFile *rp_cli_asn_file(const RpConfig *config);
/* Asks on the terminal; TRUE when there is none (a script that calls it knows what it does). */
gboolean rp_cli_confirm(RpCli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A line of standard input, without showing it where that is a terminal (where the prompt is). Free
 * with rp_secret_free; NULL: nothing was typed, or (`input_ended`) nothing will be. */
char *rp_cli_read_secret(RpCli *cli, const char *prompt);
/* Into the keyring, under a label that people understand. */
gboolean rp_cli_store_secret(const RpSecretKey *key, const char *secret, GError **error);

/* An error that names the nearest of the catalogue's sets; FALSE when there is no such set. */
gboolean rp_cli_check_set(const RpCatalogue *catalogue, const char *set, GError **error);
/* The set whose name may have been meant, of which there is none; NULL: none. The catalogue's. */
const char *rp_cli_nearest_set(const RpCatalogue *catalogue, const char *name);

/* ---- output ---- */

typedef enum {
	RP_COLOUR_NONE,
	RP_COLOUR_BOLD,
	RP_COLOUR_DIM,
	RP_COLOUR_GOOD, /* green: sent, usable */
	RP_COLOUR_WAIT, /* yellow: held, deferred */
	RP_COLOUR_BAD,  /* red: failed, refused */
} RpColour;

/* The escape sequence, or "" without colour; RP_COLOUR_NONE ends any. */
const char *rp_cli_colour(const RpCli *cli, RpColour colour);
/* The colour for a message state or a verdict: "sent", "held", "send", "hold", "failed" ... */
RpColour rp_cli_state_colour(const char *state);

/* Prints to standard output. Control characters in the arguments' text come out as \xNN (a sender
 * or a subject must not drive the terminal), except for newlines and colours in the format. */
void rp_cli_print(RpCli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A line, behind so many columns that are there already; a newline at its end is added where it has
 * none. Where a terminal has no room for it it is wrapped, without its colours. */
void rp_cli_print_line(RpCli *cli, guint indent, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* How wide a text is that stands behind so many columns; where there is no terminal as on one
 * of 80. */
guint rp_cli_text_columns(const RpCli *cli, guint indent);
/* Prints a text in paragraphs ("\n\n"), wrapped to the width and indented by so many columns. */
void rp_cli_print_wrapped(RpCli *cli, guint indent, const char *text);
/* The same behind a label, in the lines of `status` and `show`: one of label.c's, in English. */
void rp_cli_print_labelled(RpCli *cli, const char *label, const char *text);
/* The label alone, filled up to the column where the text begins, which is so wide. */
void rp_cli_print_label(RpCli *cli, const char *label);
guint rp_cli_label_width(void);
/* "a", "a or b", "a, b or c", to be freed. */
char *rp_cli_list_or(char *const *words);
/* "inside odn", "offline": the place, by its state and the providers' names. Free with g_free. */
char *rp_cli_place_text(const char *state, const char *inside);
/* A state of messages or recipients, or a verdict, as people call it. */
const char *rp_cli_state_word(const char *state);
/* The same for what a link is, whether it leads out, and for why a place is inside. */
const char *rp_cli_link_word(const char *kind);
const char *rp_cli_connectivity_word(const char *connectivity);
const char *rp_cli_evidence_word(const char *evidence);
/* Prints a JSON text and a newline. */
void rp_cli_print_json(RpCli *cli, const char *text);
/* The beginning of what that one ends; it goes out at once. */
void rp_cli_print_part(RpCli *cli, const char *text);

/* A table that fits the width: columns as wide as their widest cell, the last one wrapped; when
 * there is no room the widest of the others are cut with "…". Widths are those of the terminal (a
 * Japanese character takes two columns). */
typedef struct RpCliTable RpCliTable;
/* The headings, ended by NULL. */
RpCliTable *rp_cli_table_new(const char *heading, ...) G_GNUC_NULL_TERMINATED;
/* A column whose cells stand at its right edge (numbers). */
void rp_cli_table_align_right(RpCliTable *table, guint column);
/* A column that is never cut: half of an id, or of a time, is none. */
void rp_cli_table_keep_whole(RpCliTable *table, guint column);
/* One cell a column; NULL is an empty cell. The text is copied. */
void rp_cli_table_add(RpCliTable *table, const char *cell, ...);
/* Colours a cell of the last row. */
void rp_cli_table_colour(RpCliTable *table, guint column, RpColour colour);
guint rp_cli_table_size(const RpCliTable *table);
void rp_cli_table_print(RpCli *cli, const RpCliTable *table);
void rp_cli_table_free(RpCliTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpCliTable, rp_cli_table_free)

/* ---- reading the agent's JSON ---- */

/* Members of an object, with a default where they are absent, null or of another kind. */
const char *rp_cli_member_string(JsonObject *object, const char *name, const char *fallback);
gint64 rp_cli_member_int(JsonObject *object, const char *name, gint64 fallback);
gboolean rp_cli_member_bool(JsonObject *object, const char *name);
/* The array or NULL. */
JsonArray *rp_cli_member_array(JsonObject *object, const char *name);
/* The strings of an array member, joined; "" when there are none. Free with g_free. */
char *rp_cli_member_join(JsonObject *object, const char *name, const char *separator);

/* ---- renderers: the form for people ---- */

/* What `explain` prints. FALSE: the text is not what it should be. */
gboolean rp_cli_render_explain(RpCli *cli, const char *json, GError **error);
/* What `sets` prints. */
gboolean rp_cli_render_sets(RpCli *cli, const char *json, GError **error);
/* The lines that what was learned comes to. */
gboolean rp_cli_render_sets_as_config(RpCli *cli, const char *json, GError **error);
/* What `simulate` prints: the providers inside and a row for every recipient. */
void rp_cli_render_decision(RpCli *cli, const RpSituation *situation, const RpMessageFacts *message,
	const RpDecision *decision);

/* ---- the program ---- */

/* Everything but main() itself, with the table of commands, which ends with a NULL name; the result
 * is the exit status. */
int rp_cli_main(const RpCliCommand *commands, int argc, char **argv);
/* The commands as lines of mdoc(7), for the manual page. Free with g_free. */
char *rp_cli_manual(const RpCliCommand *commands);
