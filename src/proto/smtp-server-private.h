/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/smtp-server.h"

/* Who does what:
 *
 *	smtp-server.c           input, events, output, the owner's answers
 *	smtp-server-command.c   the table of commands
 *	smtp-server-envelope.c  MAIL and RCPT: paths and parameters
 *	smtp-server-content.c   DATA and BDAT
 *	smtp-server-state.c     what all of them do to the session
 */

/* The input that is kept: more than the longest line, and enough for a read of content. */
#define RP_SMTP_SERVER_INPUT 65536
/* RFC 5321 section 4.5.3.1.4 asks for 512, and its extensions for some more. */
#define RP_SMTP_SERVER_LINE 4096
/* RFC 4954 section 4. */
#define RP_SMTP_SERVER_LOGIN_LINE 12288
/* A client that reads no replies is not listened to any further. */
#define RP_SMTP_SERVER_OUTPUT 65536

typedef enum {
	RP_SMTP_PHASE_COMMAND,
	RP_SMTP_PHASE_LONG_LINE, /* its rest is skipped */
	RP_SMTP_PHASE_LOGIN,     /* the next line belongs to AUTH */
	RP_SMTP_PHASE_DATA,
	RP_SMTP_PHASE_CHUNK,
	RP_SMTP_PHASE_WAITING, /* for the owner's answer */
	RP_SMTP_PHASE_CLOSED,
} RpSmtpPhase;

/* Where in the content of DATA the next octet stands. */
typedef enum {
	RP_SMTP_DATA_LINE, /* behind CR LF */
	RP_SMTP_DATA_TEXT,
	RP_SMTP_DATA_CR,
	RP_SMTP_DATA_DOT,    /* behind CR LF and a dot, which is held back */
	RP_SMTP_DATA_DOT_CR, /* behind CR LF . CR, both held back */
} RpSmtpDataState;

typedef struct {
	gboolean open; /* after MAIL */
	char *sender;
	GPtrArray *recipients; /* NULL-terminated once content comes */
	GPtrArray *notify;
	GPtrArray *original;
	gboolean eight_bit;
	gboolean utf8;
	char *ret;
	char *envid;
	gboolean chunked; /* BDAT was used: DATA no longer may be */
	gboolean begun;   /* BEGIN was said, and neither END nor ABORT */
	gboolean failed;  /* a chunk was refused, or the content is too big */
	gint64 size;      /* of the content so far */
	RpSmtpServerEnvelope envelope;
} RpSmtpServerMail;

struct RpSmtpServer {
	char *name;
	gboolean refused;
	gboolean lf_ends;
	gboolean line_had_cr; /* the last command's */
	gint64 max_size;
	guint max_recipients;
	guint max_errors;
	char *(*refuse_recipient)(const char *recipient);

	RpSmtpPhase phase;
	gboolean greeted;
	gboolean logged_in;
	guint login_lines; /* still to come */
	guint n_errors;

	RpSmtpServerMail mail;
	RpSmtpDataState data;
	guint64 chunk_left;
	guint64 chunk_size;
	gboolean chunk_is_last;
	const char *chunk_refusal; /* the reply to the chunk that is being passed over */

	guint8 *input;
	gsize start, end;
	GByteArray *content; /* of the current event */
	GByteArray *out;
	gsize out_taken;
	GQueue events; /* of RpSmtpServerEventKind + 1 */
	RpSmtpServerEvent event;
};

/* smtp-server-state.c */
/* One line of a reply; what is at fault counts. The format is without CR LF. */
void rp_smtp_server_reply(RpSmtpServer *server, const char *format, ...) G_GNUC_PRINTF(2, 3);
void rp_smtp_server_push_event(RpSmtpServer *server, RpSmtpServerEventKind kind);
/* The one entrance to a phase. */
void rp_smtp_server_enter(RpSmtpServer *server, RpSmtpPhase phase);
/* Ends the transaction; what had begun is given up. */
void rp_smtp_server_reset(RpSmtpServer *server);
void rp_smtp_server_mail_clear(RpSmtpServerMail *mail);
/* Says what has been said, and no more. */
void rp_smtp_server_close(RpSmtpServer *server);

/* smtp-server-command.c */
/* A line without its end; may be changed. It has neither CR, LF nor NUL. */
void rp_smtp_server_command(RpSmtpServer *server, char *line);
/* Not SMTP: says so and closes. */
void rp_smtp_server_foreign(RpSmtpServer *server);
/* A line of a login. */
void rp_smtp_server_login(RpSmtpServer *server, const char *line);

/* smtp-server-envelope.c: what comes after the verb and its blanks */
void rp_smtp_server_mail(RpSmtpServer *server, char *arguments);
void rp_smtp_server_rcpt(RpSmtpServer *server, char *arguments);

/* smtp-server-content.c */
void rp_smtp_server_data(RpSmtpServer *server, char *arguments);
void rp_smtp_server_bdat(RpSmtpServer *server, char *arguments);
/* Takes input in the phases DATA and CHUNK; FALSE: there is none. */
gboolean rp_smtp_server_take_data(RpSmtpServer *server);
gboolean rp_smtp_server_take_chunk(RpSmtpServer *server);
