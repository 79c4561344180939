/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

/* Completion for the shells: scripts made from the table of commands, with what is there anyway
 * (commands, options) written out. What only the queue and the configuration know they ask
 * `roampost complete WORD` for while somebody types, with the table's own word for it: "ID",
 * "SET|auto". */

/* What the shell itself can tell of a word, and what it can't. */
typedef enum {
	RP_COMPLETION_NOTHING, /* an address, a size: nobody can guess it */
	RP_COMPLETION_FILES,
	RP_COMPLETION_FOLDERS,
	RP_COMPLETION_ASKED, /* by `roampost complete` */
} RpCompletionKind;
RpCompletionKind rp_completion_kind(const char *word);

/* "[FILE|URL…]" is FILE|URL. NULL stays NULL. Free with g_free. */
char *rp_completion_word(const char *described);
/* The words of the command's arguments, in their order; *more: the last may be said again. */
char **rp_completion_arguments(const RpCliCommand *command, gboolean *more);
/* TRUE for the first of the commands that share their first word, which is `length` octets long. */
gboolean rp_completion_is_first(
	const RpCliCommand *commands, const RpCliCommand *command, gsize *length);
/* Whether a second word follows it. */
gboolean rp_completion_is_family(const RpCliCommand *command);

/* The scripts. Free with g_free. */
char *rp_completion_bash(const RpCliCommand *commands);
char *rp_completion_zsh(const RpCliCommand *commands);
char *rp_completion_fish(const RpCliCommand *commands);
