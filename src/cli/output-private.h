/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/language.h"

/* Valid UTF-8 without control characters; with keep_layout newlines and our own colours stay. */
char *rp_cli_clean(const char *text, gboolean keep_layout);

/* ---- converse.c: the conversation as lines of JSON, where cli->converse is set ---- */

typedef enum {
	RP_CONVERSE_OUTPUT,  /* what would be printed */
	RP_CONVERSE_NOTE,    /* what goes on */
	RP_CONVERSE_FAILURE, /* why it goes no further */
	RP_CONVERSE_ASK,     /* a line is wanted; nothing in it: none */
	RP_CONVERSE_SECRET,  /* the same, not to be shown */
	RP_CONVERSE_PROCEED, /* a line is wanted: y is yes, anything else no; most say yes */
	RP_CONVERSE_CONFIRM, /* the same; who does not know says no */
} RpConverse;

/* The text is clean (rp_cli_clean). It is out when this returns. */
void rp_cli_converse(RpConverse kind, const char *text);

/* ---- texts ---- */

/* Columns on a terminal. */
guint rp_cli_text_width(const char *text);
/* In exactly so many columns, cut with … or filled up with blanks. */
char *rp_cli_pad(const char *text, guint width, gboolean right);
/* The first character that does not fit in so many columns. */
const char *rp_cli_text_at_width(const char *text, guint width);
/* Cut to the width with "…" where it is longer. Free with g_free. */
char *rp_cli_cut(const char *text, guint width);
/* Lines of at most that width; at least one. */
char **rp_cli_wrap(const char *text, guint width);
/* What rp_cli_print_wrapped does, with a label in the first line's indent, which it fits. */
void rp_cli_print_paragraphs(RpCli *cli, guint indent, const char *label, const char *text);

/* ---- options.c ---- */

/* What any command may be asked for. */
typedef struct {
	gboolean json, verbose, help;
} RpCliCommon;

/* Of the command that is run. *words begins with its name; what is left of them behind that are its
 * arguments. FALSE after saying what is wrong. */
gboolean rp_cli_parse_options(RpCli *cli, char ***words, RpCliCommon *common);
/* The last option among the words where it takes several and has two or more: it may have taken
 * what was meant for an argument. Or NULL. */
const char *rp_cli_greedy_option(const RpCliCommand *command, int argc, char **argv);

/* ---- help.c, program.c ---- */

/* "roampost queue [OPTION…] [STATE…]" */
char *rp_cli_usage_line(const RpCliCommand *command);
/* A command's --help, and the program's. */
void rp_cli_print_help(RpCli *cli, const RpCliCommand *command);
void rp_cli_print_summary(RpCli *cli);
/* Those whose first of two words is this one; FALSE: there are none. */
gboolean rp_cli_print_family(RpCli *cli, const char *first);
/* The command that the words begin with, and how many of them name it; NULL: none. */
const RpCliCommand *rp_cli_find_command(
	const RpCliCommand *commands, int argc, char **argv, int *n_words);
/* Whether it has some of its own. */
gboolean rp_cli_has_options(const RpCliCommand *command);
/* Its own options (const GOptionEntry *), then those that every command has. */
GPtrArray *rp_cli_options(const RpCliCommand *command);
/* What every command has. */
#define RP_CLI_HELP_TEXT N_("show this help")
#define RP_CLI_JSON_TEXT N_("print JSON")
#define RP_CLI_VERBOSE_TEXT N_("say on standard error what is going on")
