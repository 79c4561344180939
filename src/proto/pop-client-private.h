/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/pop-client.h"

typedef enum {
	RP_POP_CMD_CAPA,
	RP_POP_CMD_UIDL,
	RP_POP_CMD_LIST,
	RP_POP_CMD_RETR,
	RP_POP_CMD_TOP,
	RP_POP_CMD_DELE,
	RP_POP_CMD_QUIT,
} RpPopCmd;
#define RP_N_POP_CMDS (RP_POP_CMD_QUIT + 1)

/* A command to be sent, or sent and not answered to its end. */
typedef struct {
	RpPopCmd cmd;
	guint number;
	gpointer user;
	gint64 octets;  /* what its answer will be about */
	guint64 end;    /* stream offset behind the command */
	gboolean ahead; /* it was sent before what came before it was answered */
} RpPopCommand;

/* What the next octet from the server belongs to. */
typedef enum {
	RP_POP_AT_STATUS,  /* "+OK" or "-ERR" */
	RP_POP_AT_LINES,   /* the lines of a list, up to the lone dot */
	RP_POP_AT_CONTENT, /* a message, up to the lone dot */
} RpPopAt;

/* What ends the lines of a message. By RFC 1939 section 3 only CRLF does, and a message may hold
 * anything else. But some servers give messages as their files are, in lines that end in LF, and
 * then the end: one whose first line ends so is read so, up to the first CRLF that is not its end.
 */
typedef enum {
	RP_POP_ENDS_UNKNOWN,
	RP_POP_ENDS_CRLF,
	RP_POP_ENDS_LF,
} RpPopEnds;

/* Where in a message. */
typedef enum {
	RP_POP_LINE_START,
	RP_POP_DOT,
	RP_POP_DOT_CR,
	RP_POP_MIDDLE,
	RP_POP_CR,
} RpPopScan;

/* The maildrop as it is being listed. */
typedef struct {
	GArray *sizes; /* of RpPopItem, without uidl */
	GArray *uidls; /* of RpPopItem, without size */
	GStringChunk *texts;
	GArray *items; /* of RpPopItem: both */
	RpPopListing listing;
	guint n_refused; /* commands */
	guint n_no_mail; /* of them with words that say that there is no mail */
	char *refusal;
} RpPopList;

void rp_pop_list_init(RpPopList *list);
void rp_pop_list_clear(RpPopList *list);
/* A line of the answer to UIDL or LIST. FALSE: more than any maildrop has. */
gboolean rp_pop_list_add(RpPopList *list, RpPopCmd cmd, const char *line);
void rp_pop_list_refused(RpPopList *list, RpPopCmd cmd, const char *words);
/* Both are answered. */
void rp_pop_list_merge(RpPopList *list);
const RpPopItem *rp_pop_list_find(const RpPopList *list, guint number);

struct RpPopClient {
	RpPopClientOptions options;
	guint can;
	RpPopList list;
	guint n_listing; /* commands of the listing that were sent */
	gboolean listed;
	GQueue deletions; /* of RpPopCommand: not sent; they go first */
	GQueue todo;      /* of RpPopCommand: not sent */
	GQueue pending;   /* of RpPopCommand: the head's answer comes next */
	gint64 due;       /* octets of what is pending */
	gboolean full;    /* nothing more is asked for until half of it is here */
	gboolean finishing;
	gboolean deleting; /* DELE was taken: QUIT has something to do */
	gboolean closed;
	RpSeen pipelining;
	GByteArray *out;
	gsize out_taken;
	guint64 written; /* stream offset at which out begins */

	RpPopAt at;
	GString *line;
	gboolean line_lf; /* the last line ended in LF alone */
	RpPopScan scan;
	RpPopEnds ends;
	GByteArray *data; /* of the message that is coming in, since the last event */
	gint64 received;  /* of that message */
	guint ended;      /* the number of the message that has just ended, or 0 */
	gpointer ended_user;
	GQueue events;
	gpointer current_event;
};

/* pop-client.c */
/* What has come of the message in the making. */
void rp_pop_client_note_data(RpPopClient *client);
/* The head of the pending ones is answered to its end. */
void rp_pop_client_set_result(RpPopClient *client, RpPopOutcome outcome, const char *text);
void rp_pop_client_end(RpPopClient *client, RpPopEnd end, const char *text);
/* What has just ended was not all of that message. */
void rp_pop_client_note_cut(RpPopClient *client);
/* The listing is there. */
void rp_pop_client_listed(RpPopClient *client);
