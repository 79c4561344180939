/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/reply.h"

/* The POP3 client after the login (RFC 1939's TRANSACTION state): bytes in, bytes out, events out.
 * No I/O, no clock: whoever owns the connection pumps bytes and keeps time.
 *
 * It lists the maildrop by itself (CAPA, UIDL, LIST), then does what it is asked for: RETR, TOP,
 * DELE. Where the server announces PIPELINING (RFC 2449 section 6.6) commands are sent ahead of the
 * replies, as many as the answers that are due stay under a bound of octets; else each in turn.
 * QUIT is sent when nothing is due any more: a server may delete and close on it before the client
 * has read everything. */

typedef enum {
	RP_POP_CAN_PIPELINING = 1 << 0,
	RP_POP_CAN_UIDL = 1 << 1,
	RP_POP_CAN_TOP = 1 << 2,
} RpPopCan;

/* Adds what a line of the answer to CAPA says ("PIPELINING", with or without CRLF) to `can`;
 * unknown words are ignored. Start with zero at each CAPA: what was said before TLS no longer
 * holds. */
void rp_pop_capabilities_add_line(guint *can, const char *line, gsize length);

/* The n-th message of the maildrop in this session. */
typedef struct {
	guint number;
	gint64 size; /* octets as LIST says, a hint: some servers guess, or say 1; -1: not said */
	const char *uidl; /* NULL: none that could be used (RFC 1939: 1 to 70 of 0x21 to 0x7E) */
} RpPopItem;

/* What the server says it has. */
typedef struct {
	const RpPopItem *items; /* by number */
	guint n_items;
	gboolean has_uidl; /* UIDL was answered, or there is no mail */
	gboolean odd; /* UIDL and LIST do not name the same messages, or name one twice: the list
			 says nothing of what is not in it */
	const char *refusal; /* the server's words where it refused to list, or NULL; NULL too where
				it refused because there is no mail */
} RpPopListing;

typedef enum {
	RP_POP_WHOLE,   /* all octets were reported, up to the final dot */
	RP_POP_REFUSED, /* -ERR: the others can still be had */
	RP_POP_BROKEN,  /* the session ended before: what was reported of it is to be forgotten */
} RpPopOutcome;

typedef enum {
	RP_POP_EVENT_LISTED,  /* `listing`; once, before any other but CLOSED */
	RP_POP_EVENT_DATA,    /* `number`, `data`: octets of a message, dots unstuffed */
	RP_POP_EVENT_MESSAGE, /* `number`, `outcome`, `text`: asked for by rp_pop_client_fetch */
	RP_POP_EVENT_DELETED, /* `number`; `outcome` says whether the server took DELE. It deletes
				 at QUIT */
	RP_POP_EVENT_CUT,     /* `number`: a message that was said to be whole goes on behind its
				 final dot, as where dots are not doubled; CLOSED follows */
	RP_POP_EVENT_CLOSED,  /* the session is over: `end`, `text`; nothing follows */
} RpPopEventKind;

typedef enum {
	RP_POP_END_QUIT,       /* in order: QUIT was answered by +OK, what was to be deleted is */
	RP_POP_END_UNANSWERED, /* QUIT was sent, all else was answered, and nothing came: what was
				  to be deleted may be or not */
	RP_POP_END_REFUSED,    /* QUIT was answered by -ERR: something was not deleted */
	RP_POP_END_LOST,       /* the connection broke, or the owner gave up waiting */
	RP_POP_END_PROTOCOL,   /* what came is not POP3, or answers nothing */
} RpPopEnd;

/* Lives until the next call to rp_pop_client_next_event(). */
typedef struct {
	RpPopEventKind kind;
	guint number;
	gpointer user; /* as given to rp_pop_client_fetch or rp_pop_client_delete, and to be valid
			  as long as the session lasts */
	const RpPopListing *listing;
	const guint8 *data;
	gsize size;
	RpPopOutcome outcome;
	RpPopEnd end;
	const char *text; /* the server's words or NULL; valid UTF-8, one line */
} RpPopEvent;

typedef enum {
	RP_POP_WAIT_NOTHING, /* idle: nothing is expected */
	RP_POP_WAIT_REPLY,
	RP_POP_WAIT_DELETION, /* QUIT after DELE: the server may have much to do */
	RP_POP_WAIT_QUIT,     /* short: nothing depends on it */
} RpPopWait;
guint rp_pop_wait_seconds(RpPopWait wait);

typedef struct {
	guint can;           /* RpPopCan, as announced before the login */
	gboolean pipelining; /* FALSE: each in turn even where it is announced */
	gint64 max_octets;   /* of messages asked for and not yet here; 0: 4 MiB. One may always be
				asked for */
	guint max_commands;  /* likewise; 0: 2048 */
	gint64 max_message;  /* octets after which a message is one that does not end; 0: 1 GiB */
} RpPopClientOptions;

typedef struct RpPopClient RpPopClient;

/* Begins with the listing. */
RpPopClient *rp_pop_client_new(const RpPopClientOptions *options);
void rp_pop_client_free(RpPopClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpPopClient, rp_pop_client_free)

/* Asks for a message of the listing, whole or its header alone (TOP n 0). Messages come in the
 * order in which they were asked for; each gets one MESSAGE event. FALSE: no such message, or too
 * late. */
gboolean rp_pop_client_fetch(
	RpPopClient *client, guint number, gboolean header_only, gpointer user);
/* Only for a message that is safely stored. */
gboolean rp_pop_client_delete(RpPopClient *client, guint number, gpointer user);
/* Nothing more will be asked for: QUIT once all is answered. */
void rp_pop_client_finish(RpPopClient *client);

/* What to write now; 0: nothing. The pointer and the bytes stay as they are until
 * rp_pop_client_sent() (a TLS write must be retried with the same ones). */
gsize rp_pop_client_output(RpPopClient *client, const guint8 **data);
void rp_pop_client_sent(RpPopClient *client, gsize size);
/* What the server sent, in any pieces. */
void rp_pop_client_input(RpPopClient *client, const guint8 *data, gsize size);
/* The connection is gone, or the owner gives up. */
void rp_pop_client_lost(RpPopClient *client);

/* The next thing that happened, in order, or NULL. Valid until the next call. */
const RpPopEvent *rp_pop_client_next_event(RpPopClient *client);
RpPopWait rp_pop_client_wait(const RpPopClient *client);
/* Several segments of mail are still to come without another word of ours: TCP may acknowledge them
 * as it does by itself. */
gboolean rp_pop_client_expects_much(const RpPopClient *client);
/* What has come of commands that were sent ahead. */
RpSeen rp_pop_client_pipelining(const RpPopClient *client);
