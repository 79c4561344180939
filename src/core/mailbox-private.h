/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/mailbox.h"

/* What an atom may have (RFC 5322 section 3.2.3, RFC 6532 section 3.2). */
gboolean rp_mailbox_is_atext(char c);

/* It is drawn as nothing, or only turns what stands beside it. */
gboolean rp_mailbox_is_invisible(gunichar c);

/* The words and marks of a list; blanks lie between them. */
typedef enum {
	RP_TOKEN_ATOM,
	RP_TOKEN_QUOTED,  /* with its marks */
	RP_TOKEN_LITERAL, /* with its brackets */
	RP_TOKEN_PAIR,    /* a backslash outside quotation marks, with what it stands before */
	RP_TOKEN_COMMENT, /* with its parentheses */
	RP_TOKEN_MARK,    /* one of < > ] , ; : @ . */
	RP_TOKEN_BAD,     /* up to the end */
	RP_TOKEN_END,
} RpTokenKind;

typedef struct {
	guint32 start, end;
	guint8 kind; /* RpTokenKind */
	guint8 why;  /* RpMailboxResult of what is bad */
} RpMailboxToken;

/* Puts comments into the second array, all else into the first, which ends with an END. */
void rp_mailbox_tokens(const char *text, gsize length, GArray *tokens, GArray *comments);

/* A list that was read, in the order of the text. */
typedef enum { RP_PART_PHRASE, RP_PART_LOCAL, RP_PART_DOMAIN } RpPartKind;

typedef struct {
	RpPartKind kind;
	guint first, n; /* tokens */
} RpMailboxPart;

typedef struct {
	const char *text;
	gsize length;
	GArray *tokens;
	GArray *comments;
	GArray *parts;
	GPtrArray *addresses; /* of char * */
	/* Where the last address stands. */
	gsize start, end;
	/* Of what can't be read. */
	RpMailboxResult why;
	gsize bad_start, bad_end;

	/* The reader's own. */
	guint at;
	gboolean in_group, name_in_group;
	/* What semicolons before this token are. */
	guint semicolons_until;
	gboolean semicolons_in_name;
} RpMailboxList;

void rp_mailbox_list_init(RpMailboxList *list, const char *text, gsize length);
void rp_mailbox_list_clear(RpMailboxList *list);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpMailboxList, rp_mailbox_list_clear)
/* GOOD: to its end. */
RpMailboxResult rp_mailbox_list_parse(RpMailboxList *list);
/* As far as to the first address that can be read. */
void rp_mailbox_list_parse_first(RpMailboxList *list);
