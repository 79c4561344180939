/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/reply.h"

/* One row of the reply table. A row matches when every part of it that is not empty does; the first
 * row that matches decides. Rows with words stand before rows with an enhanced code, these before
 * rows with a bare basic code. */

#define RP_STAGES(from, to) (((2u << RP_STAGE_##to) - 1) & ~((1u << RP_STAGE_##from) - 1))
#define RP_STAGES_ANY RP_STAGES(BANNER, CONTENT)

#define RP_ANY_NUMBER 0xffff

typedef struct {
	guint stages;
	guint16 code_from, code_to;
	guint8 class;            /* of the enhanced code; 0: whatever it is, or none */
	guint16 subject, detail; /* RP_ANY_NUMBER: every one */
	const char *words;       /* a pattern for rp_reply_words_say; NULL: whatever they are */
	RpReplyClass means;
	RpRefusal about;
} RpReplyRow;

extern const RpReplyRow rp_reply_table[];
extern const gsize rp_reply_table_size;

/* The words of a reply, in sentences. Addresses and host names are none of them. */
typedef struct RpReplyWords RpReplyWords;
RpReplyWords *rp_reply_words_new(const char *text);
void rp_reply_words_free(RpReplyWords *words);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpReplyWords, rp_reply_words_free)

/* `pattern` is in lower case: alternatives separated by |. One holds when all its terms, separated
 * by blanks, are found in one sentence, in any order. A term is one of several words, a/b/c; a word
 * with * at its end is all that begins with it; words joined by _ follow each other; a term with !
 * before it must not be found. An alternative after ~ is looked for as it is, in all of the text.
 * Apostrophes are left out: dont, isnt. */
gboolean rp_reply_words_say(const RpReplyWords *words, const char *pattern);
