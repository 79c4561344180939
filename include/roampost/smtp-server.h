/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* The SMTP server that local programs hand their mail to: bytes in, bytes out, events out. No I/O,
 * no clock: whoever owns the connection pumps bytes, keeps time and stores the mail.
 *
 * RFC 5321 with PIPELINING (2920), CHUNKING (3030), 8BITMIME (6152), SMTPUTF8 (6531), SIZE (1870),
 * DSN (3461), ENHANCEDSTATUSCODES (2034) and AUTH PLAIN and LOGIN (4954). Logins are taken whatever
 * they say and grant nothing: some clients insist on one. What they carry is overwritten as soon as
 * its line has been read.
 *
 * CR LF . CR LF alone ends the content of DATA, and only a dot behind CR LF (or at the very start)
 * is taken to be doubled: other line ends pass as they are, and hide no second message. (But see
 * lf_ends.)
 *
 * The end of a message is answered by its owner (rp_smtp_server_answer), who says 250 when it is
 * durably stored. Until then nothing that was sent ahead is looked at. */

typedef struct {
	const char *name;     /* this host's, for the banner */
	const char *refusal;  /* NULL; or why this client may hand over nothing, in a few words */
	gint64 max_size;      /* of a message, in octets: announced and enforced; 0: no limit */
	guint max_recipients; /* of a message; RFC 5321 section 4.5.3.1.8: 100 at least */
	guint max_errors;     /* commands in a row that make no sense; then 421 */
	/* Asked of each recipient that is an address: NULL, or why it is not taken (one line, to be
	 * freed). May be NULL: all are. */
	char *(*refuse_recipient)(const char *recipient);
	gboolean lf_ends; /* where it ended the command DATA, an LF alone ends lines of the content
			     too: for programs on a pipe */
} RpSmtpServerOptions;

/* Valid until the message has its answer, or is given up. */
typedef struct {
	const char *sender;            /* "" for <>; may be a bare local name */
	const char *const *recipients; /* at least one; likewise; NULL-terminated */
	guint n_recipients;
	gboolean eight_bit;        /* BODY=8BITMIME */
	gboolean utf8;             /* SMTPUTF8 */
	const char *dsn_ret;       /* "FULL", "HDRS" or NULL */
	const char *dsn_envid;     /* decoded from xtext, or NULL */
	char *const *dsn_notify;   /* by recipient: "NEVER", "SUCCESS,DELAY"..; or NULL */
	char *const *dsn_original; /* by recipient: "rfc822;a@b", decoded; or NULL */
} RpSmtpServerEnvelope;

typedef enum {
	RP_SMTP_SERVER_BEGIN,   /* content comes, for `envelope` */
	RP_SMTP_SERVER_CONTENT, /* some of it: `data`, `size`; dots are not doubled, line ends are
				   the client's */
	RP_SMTP_SERVER_END,     /* all of it has come: answer it */
	RP_SMTP_SERVER_ABORT,   /* what had begun is given up: drop it, no answer is wanted */
	RP_SMTP_SERVER_CLOSE,   /* send the output, then close; nothing follows */
} RpSmtpServerEventKind;

typedef struct {
	RpSmtpServerEventKind kind;
	const RpSmtpServerEnvelope *envelope; /* BEGIN */
	const guint8 *data;                   /* CONTENT: valid until the next call */
	gsize size;
} RpSmtpServerEvent;

/* What became of a message. */
typedef enum {
	RP_SMTP_SERVER_STORED,     /* 250: it is on the disk */
	RP_SMTP_SERVER_NO_ROOM,    /* 452 */
	RP_SMTP_SERVER_TOO_BIG,    /* 552 */
	RP_SMTP_SERVER_BAD,        /* 554: will never be taken as it is */
	RP_SMTP_SERVER_NO_USER,    /* 550: a recipient is no user here */
	RP_SMTP_SERVER_NOT_STORED, /* 451: may be tried again */
} RpSmtpServerAnswer;

typedef struct RpSmtpServer RpSmtpServer;

/* Copies the options. The banner is in the output at once. */
RpSmtpServer *rp_smtp_server_new(const RpSmtpServerOptions *options);
void rp_smtp_server_free(RpSmtpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSmtpServer, rp_smtp_server_free)

/* Where the client's next octets are to be put, and how many fit; none while the engine has enough:
 * read on after rp_smtp_server_answer() or when output was taken. They are kept nowhere else, since
 * passwords may be among them. */
guint8 *rp_smtp_server_space(RpSmtpServer *server, gsize *size);
void rp_smtp_server_received(RpSmtpServer *server, gsize size);
/* The next thing that follows from the input, or NULL: then input, an answer, or the sending of
 * output is wanted. Valid until the next call. */
const RpSmtpServerEvent *rp_smtp_server_next_event(RpSmtpServer *server);

/* Once after each END. `words` (one line, may be NULL) says more, as the id or what went wrong. */
void rp_smtp_server_answer(RpSmtpServer *server, RpSmtpServerAnswer answer, const char *words);
/* An END has not been answered. */
gboolean rp_smtp_server_is_waiting(const RpSmtpServer *server);

/* What to send now; 0: nothing. */
gsize rp_smtp_server_output(RpSmtpServer *server, const guint8 **data);
void rp_smtp_server_sent(RpSmtpServer *server, gsize size);

/* The owner ends the session with a 421, for one of these reasons; ABORT and CLOSE follow as
 * events. An END that has not been answered stays so: its message may be stored all the same. */
typedef enum {
	RP_SMTP_SERVER_SILENCE,  /* nothing came for too long */
	RP_SMTP_SERVER_SHUTDOWN, /* the program ends */
	RP_SMTP_SERVER_BUSY,     /* too many connections */
} RpSmtpServerStop;
void rp_smtp_server_stop(RpSmtpServer *server, RpSmtpServerStop reason);
