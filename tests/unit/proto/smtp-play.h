/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/smtp-client.h"
#include "fake-smtp.h"

#define CAN_TURN 0
#define CAN_PIPE RP_SMTP_CAN_PIPELINING
#define CAN_BDAT (RP_SMTP_CAN_PIPELINING | RP_SMTP_CAN_CHUNKING)

/* The engine against the small server, with everything that can differ between two runs. */
typedef struct {
	guint can;
	gboolean await_rcpt;
	gboolean untried; /* nobody has seen BDAT work */
	guint max_messages, max_recipients;
	guint session_messages, session_domains; /* as the server says; 0: not said */
	guint chunk_size;
	gsize piece_out; /* octets handed over at a time, either way; 0: all */
	gsize piece_in;
	gboolean impatient; /* replies are read before more is written */
	gint64 cut_after;   /* the line breaks when so many octets went out; negative: never */
	gint64 cut_replies; /* and when so many came in; negative: never */
	const char *const *mails; /* "sender>rcpt,rcpt:content", NULL-terminated */
	const char *script;       /* "RCPT 1=550 5.1.1 no|DATA 0=451 later" */
} Play;

/* "accepted", "refused RCPT 550", "in-doubt", ...: recipients joined by ", ", messages by "; ",
 * then how the session ended. `log` (may be NULL) gets the commands as the server saw them. Before
 * it returns it is checked that what the engine says is what the server has. */
char *smtp_play(const Play *play, char **log);
extern const Play play_defaults;
