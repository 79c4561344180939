/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/convert.h"
#include "roampost/reply.h"

/* The SMTP client after the session is set up (greeting, EHLO, TLS and login are done): bytes in,
 * bytes out, events out. No I/O, no clock: whoever owns the connection pumps bytes and keeps time.
 *
 * Many messages go through one session. What is sent ahead of the replies depends on what the
 * server announces (RFC 2920, RFC 3030):
 *   PIPELINING and CHUNKING  MAIL, RCPT.., BDAT of message after message without waiting
 *   PIPELINING               the content of one message and MAIL, RCPT.., DATA of the next together
 *   neither                  each command in turn
 *
 * A sending and a receiving cursor move over the same list of commands; every recipient of every
 * message is accounted for at every moment. */

/* What the server's EHLO reply says. */
typedef enum {
	RP_SMTP_CAN_PIPELINING = 1 << 0,
	RP_SMTP_CAN_CHUNKING = 1 << 1,
	RP_SMTP_CAN_8BITMIME = 1 << 2,
	RP_SMTP_CAN_SMTPUTF8 = 1 << 3,
	RP_SMTP_CAN_SIZE = 1 << 4,
	RP_SMTP_CAN_DSN = 1 << 5,
	RP_SMTP_CAN_ENHANCED = 1 << 6,
	RP_SMTP_CAN_STARTTLS = 1 << 7,
	RP_SMTP_CAN_AUTH = 1 << 8,
} RpSmtpCan;

typedef struct {
	guint can;       /* RpSmtpCan, or-ed */
	gint64 max_size; /* from SIZE; 0: not said */
	/* From LIMITS (RFC 9422); 0: not said. */
	guint max_messages;   /* transactions of a session, those that are refused too */
	guint max_recipients; /* of a transaction */
	guint max_domains;    /* of all the recipients of a session */
} RpSmtpCapabilities;

/* Takes one line of the reply to EHLO ("250-SIZE 10240000", with or without CRLF). Unknown keywords
 * are ignored. Start with zeroes at each EHLO: what was said before TLS no longer holds (RFC 3207
 * section 4.2). */
void rp_smtp_capabilities_add_line(
	RpSmtpCapabilities *capabilities, const char *line, gsize length);

/* A server's reply that outlives the buffer it came in. `reply.text` is valid UTF-8 without control
 * characters except line feeds between its lines, begins with the enhanced code where there was
 * one, and is cut at about 2 KiB. */
typedef struct {
	RpReply reply;
	char *text; /* owned; reply.text points here */
} RpSmtpReply;

RpSmtpReply *rp_smtp_reply_new(RpStage stage, guint code, const char *text);
void rp_smtp_reply_free(RpSmtpReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSmtpReply, rp_smtp_reply_free)

typedef enum {
	RP_SMTP_PARSE_MORE,  /* all input is used up, the reply is not complete */
	RP_SMTP_PARSE_REPLY, /* one reply is complete */
	RP_SMTP_PARSE_BAD,   /* not SMTP */
} RpSmtpParse;

/* Reads replies out of a stream. */
typedef struct {
	guint code;    /* of the reply that is complete */
	GString *text; /* and its words, as in RpSmtpReply */
	GString *line; /* private, like the rest */
	gsize total;
	gboolean skip;
} RpSmtpParser;

void rp_smtp_parser_init(RpSmtpParser *parser);
void rp_smtp_parser_clear(RpSmtpParser *parser);
/* What was no reply is forgotten. */
void rp_smtp_parser_begin_anew(RpSmtpParser *parser);
/* Takes from the input, at most up to the end of a reply; *used says how much. After a reply, code
 * and text are in the parser until the next call. */
RpSmtpParse rp_smtp_parser_feed(RpSmtpParser *parser, const guint8 *data, gsize size, gsize *used);

/* Reads up to `size` octets of the content at `offset`, as it goes over the wire: lines end in
 * CRLF, dots are not doubled. Returns how many were read, 0 at the end, or one of the two below. */
typedef gssize (*RpSmtpRead)(gpointer source, gint64 offset, guint8 *buffer, gsize size);
#define RP_SMTP_READ_FAILED (-1)
#define RP_SMTP_READ_LATER (-2) /* then call rp_smtp_client_content_ready() */

/* One message to send. Its recipients share a transaction as far as the server lets them (RFC 5321
 * section 4.5.3.1.8; what is over goes in the next one, at once: section 4.5.3.1.10). What refuses
 * a transaction is the outcome of who was in it; the others go in the next, unless all would hear
 * the same: then they are RP_SMTP_NOT_SENT, without a reply. Borrowed for the call that takes it,
 * except `source`, which must live until the message's end is reported. */
typedef struct {
	gpointer user;      /* comes back with the outcome */
	const char *sender; /* "" for <> */
	const char *const *recipients;
	guint n_recipients;
	gint64 size;             /* of the content in octets; exact */
	gboolean needs_8bitmime; /* the content has octets above 127 */
	gboolean needs_smtputf8; /* its header has (RFC 6531); addresses are looked at by the engine
				  */
	gboolean header_not_utf8; /* its header has octets that may not even go by SMTPUTF8 */
	gboolean raw_header;      /* it can't be converted: by SMTPUTF8 or not at all */
	gboolean as_it_is;        /* whatever the server says it takes: the user wants it so */
	gboolean await_rcpt;      /* a recipient was put off before: its content, and DATA, go only
				     when one of them is accepted */
	gboolean needs_encoding;  /* it has lines over 998 octets or NULs, which no server need take
				     (RFC 5321 section 4.5.3.1.6) */
	/* RFC 3461, passed on where the server knows it; each may be NULL. The last two are by
	 * recipient, and so may their entries be. */
	const char *dsn_ret;             /* "FULL" or "HDRS" */
	const char *dsn_envid;           /* not yet xtext */
	const char *const *dsn_notify;   /* "NEVER" or some of "SUCCESS,FAILURE,DELAY" */
	const char *const *dsn_original; /* "rfc822;a@b", not yet xtext */
	RpSmtpRead read;
	gpointer source;
} RpSmtpMessage;

/* What has to be changed in its content (RpConvertWhat) before such a server can be given it; 0:
 * nothing, or it would not help. */
guint rp_smtp_message_conversion(
	const RpSmtpMessage *message, const RpSmtpCapabilities *capabilities);

/* What became of a recipient. */
typedef enum {
	RP_SMTP_ACCEPTED, /* the server has taken responsibility for it */
	RP_SMTP_REFUSED,  /* by the reply: it says at which stage */
	RP_SMTP_NOT_SENT, /* certain: the server has not taken it */
	RP_SMTP_IN_DOUBT, /* the end of the content may have reached the server, its reply never
			     came; or `reply` came, which is none that there can be */
	RP_SMTP_UNFIT, /* this server can't be given it; see RpSmtpUnfit. Certain: it has not taken
			  it */
} RpSmtpOutcome;
const char *rp_smtp_outcome_name(RpSmtpOutcome outcome);

typedef enum {
	RP_SMTP_FIT,
	RP_SMTP_NEEDS_8BITMIME,
	RP_SMTP_NEEDS_SMTPUTF8,
	RP_SMTP_UTF8_ADDRESS, /* an address has more than ASCII, and the server is without SMTPUTF8
			       */
	RP_SMTP_NEEDS_ENCODING,
	RP_SMTP_TOO_BIG,     /* for the SIZE that the server announced */
	RP_SMTP_BAD_ADDRESS, /* can't be written in a command: line ends, controls, blanks, <> */
	RP_SMTP_READ_ERROR,  /* the content could not be read to its size */
} RpSmtpUnfit;

/* Whether a server that announces this can be given the message, and why not. */
RpSmtpUnfit rp_smtp_message_fit(
	const RpSmtpMessage *message, const RpSmtpCapabilities *capabilities);

typedef struct {
	RpSmtpOutcome outcome;
	const RpReply
		*reply; /* the deciding one; NULL where there was none. A 421 closes the session
			   and decides nothing about the message: RP_SMTP_NOT_SENT with the 421; or
			   with none where it was only about the number of recipients, and a new
			   session can have them at once, fewer at a time */
} RpSmtpRecipientResult;

/* Lives until the next call to rp_smtp_client_next_event(). */
typedef struct {
	gpointer user;
	RpSmtpUnfit unfit;
	const RpSmtpRecipientResult *recipients; /* in the order they came in */
	guint n_recipients;
	guint64 end; /* stream offset behind its content; 0: that was not written */
} RpSmtpMessageResult;

typedef enum {
	RP_SMTP_EVENT_MESSAGE,            /* a message has come to its end: `message` */
	RP_SMTP_EVENT_PIPELINING_SUSPECT, /* the server's behaviour says that it can't be relied on;
					     once a session. Reconnect without */
	RP_SMTP_EVENT_RECIPIENT_LIMIT,    /* the server takes fewer recipients in a transaction than
					     it was given: `limit` */
	RP_SMTP_EVENT_CHUNKING_WORKS,     /* the first BDAT was taken, where it was untried; before
					     what is said of the message */
	RP_SMTP_EVENT_CLOSED,             /* the session is over: `end`; nothing follows */
} RpSmtpEventKind;

typedef enum {
	RP_SMTP_END_QUIT,       /* in order: QUIT was sent, replied to or not */
	RP_SMTP_END_421,        /* the server closed the session; the reply says why */
	RP_SMTP_END_LOST,       /* the connection broke, or the owner gave up waiting */
	RP_SMTP_END_PROTOCOL,   /* what came is not SMTP, or not a possible answer */
	RP_SMTP_END_CHUNKING,   /* CHUNKING was announced, and BDAT is not known: the content may be
				   taken for commands, so the connection must be cut */
	RP_SMTP_END_PIPELINING, /* PIPELINING was announced, and a command is lost: no answer can be
				   trusted to be the right one's */
	RP_SMTP_END_LOCAL,      /* content could not be read, or was taken back: the connection must
				   be cut */
} RpSmtpEnd;

typedef struct {
	RpSmtpEventKind kind;
	RpSmtpMessageResult message;
	guint limit;
	RpSmtpEnd end;
	const RpReply *reply; /* of a 421 or the offending one (code 0: a line that is no reply), or
				 NULL */
} RpSmtpEvent;

/* Which of the time-outs of RFC 5321 section 4.5.3.2 applies now. */
typedef enum {
	RP_SMTP_WAIT_NOTHING, /* idle: nothing is expected */
	RP_SMTP_WAIT_MAIL,    /* 5 min */
	RP_SMTP_WAIT_RCPT,    /* 5 min */
	RP_SMTP_WAIT_DATA,    /* 2 min */
	RP_SMTP_WAIT_BLOCK,   /* 3 min: while output waits to be taken */
	RP_SMTP_WAIT_CONTENT, /* 10 min: after the end of the content */
	RP_SMTP_WAIT_GROUP,   /* 30 s: the first time that MAIL went behind the content of the
				 message before, and that one has its answer: a server that threw
				 it away would say nothing for ever, and nothing is in doubt;
				 and where a line came that is no answer */
	RP_SMTP_WAIT_QUIT,    /* short: nothing depends on it */
} RpSmtpWait;
guint rp_smtp_wait_seconds(RpSmtpWait wait);

typedef struct {
	gboolean chunking_off;     /* DATA even where CHUNKING is announced */
	gboolean chunking_untried; /* until a BDAT was answered one message is sent whole, its
				      first chunk a small one, and the one behind it but for its
				      end: only the first can be in doubt */
	gboolean pipelining;    /* FALSE: each command in turn even where PIPELINING is announced */
	gboolean content_alone; /* without CHUNKING: nothing is sent behind a message's content
				   before that is answered */
	gboolean await_rcpt;    /* the first message: no content before a recipient is accepted, so
				  that a refusal at a new place costs nothing */
	guint max_messages;     /* begun and not yet answered, at most; 0: 100 */
	gint64 max_octets;      /* of their content; 0: 1 MiB; -1: the connection bounds them. One
				   message may always be under way */
	guint chunk_size;       /* of BDAT; 0: 64 KiB */
	guint max_recipients;   /* of a transaction; 0: 100, which every server has to take. Fewer
				   where the server says so */
} RpSmtpClientOptions;

typedef struct RpSmtpClient RpSmtpClient;

RpSmtpClient *rp_smtp_client_new(
	const RpSmtpCapabilities *capabilities, const RpSmtpClientOptions *options);
/* Messages that have not come to their end are forgotten without an event. */
void rp_smtp_client_free(RpSmtpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSmtpClient, rp_smtp_client_free)

/* It could begin one more message now; false once finished or closed. */
gboolean rp_smtp_client_wants_message(const RpSmtpClient *client);
/* Takes a message at any time before finish; one that doesn't fit the server is answered by its
 * event at once. FALSE: the session is closed or finished, nothing was taken. */
gboolean rp_smtp_client_push(RpSmtpClient *client, const RpSmtpMessage *message);
/* Content may go with the first message's commands after all (see `await_rcpt`). */
void rp_smtp_client_do_not_await_rcpt(RpSmtpClient *client);
/* Another session with this server has seen CHUNKING work. */
void rp_smtp_client_trust_chunking(RpSmtpClient *client);
/* No more messages: QUIT once all are answered. */
void rp_smtp_client_finish(RpSmtpClient *client);

/* After a message was pushed: what may be sent of it goes behind what there is to write, while the
 * connection has been shown none of that; with CHUNKING, while that is little. The next message can
 * be asked for then, and goes into the same segments. */
void rp_smtp_client_top_up(RpSmtpClient *client);
/* What to write now; 0: nothing. The pointer and the bytes stay as they are until
 * rp_smtp_client_sent() (a TLS write must be retried with the same ones). */
gsize rp_smtp_client_output(RpSmtpClient *client, const guint8 **data);
/* The connection has taken so many of them. */
void rp_smtp_client_sent(RpSmtpClient *client, gsize size);
/* Octets handed to the connection since the start: the measure for rp_smtp_client_lost(). */
guint64 rp_smtp_client_offset(const RpSmtpClient *client);
void rp_smtp_client_content_ready(RpSmtpClient *client);

/* How far a message is, for people to see. */
typedef enum {
	RP_SMTP_AT_WAITING,  /* for its turn: nothing of it was written */
	RP_SMTP_AT_ENVELOPE, /* sender and recipients are being said */
	RP_SMTP_AT_CONTENT,
	RP_SMTP_AT_ANSWER, /* all of it is there, and the server has not said what it makes of it */
} RpSmtpAt;
#define RP_N_SMTP_ATS (RP_SMTP_AT_ANSWER + 1)
const char *rp_smtp_at_name(RpSmtpAt at); /* "waiting", "envelope", "content", "answer" */
typedef struct {
	RpSmtpAt at;
	gint64 done;  /* octets of the content; of several transactions, those of the last one */
	gint64 total; /* RpSmtpMessage.size */
} RpSmtpProgress;
typedef void (*RpSmtpProgressFunc)(
	gpointer message_user, const RpSmtpProgress *progress, gpointer user);
/* Runs `func` for each message that has not come to its end; it may not call the client. `arrived`:
 * octets of what was written that the other end has (at most rp_smtp_client_offset()). */
void rp_smtp_client_each_progress(
	const RpSmtpClient *client, guint64 arrived, RpSmtpProgressFunc func, gpointer user);

/* What the server sent, in any pieces. TRUE: a reply came to its end. Only that is progress: a
 * server may drip octets for ever. */
gboolean rp_smtp_client_input(RpSmtpClient *client, const guint8 *data, gsize size);
/* The connection is gone, or the owner gives up. `left`: octets that may have left the machine
 * (at most rp_smtp_client_offset()): a message whose end is beyond is not in doubt. */
void rp_smtp_client_lost(RpSmtpClient *client, guint64 left);
/* A message's end is among them. */
gboolean rp_smtp_client_any_in_doubt(const RpSmtpClient *client, guint64 left);
/* The server is silent: each message whose end the connection was not given has its event, as not
 * sent. The others' answers are waited for, nothing else is said, and then it is over. */
void rp_smtp_client_take_back(RpSmtpClient *client);
/* The same, where nothing is in doubt: it is over, and that says nothing of the server's ways. */
void rp_smtp_client_give_up(RpSmtpClient *client);

/* The next thing that happened, in order, or NULL. Valid until the next call. */
const RpSmtpEvent *rp_smtp_client_next_event(RpSmtpClient *client);
RpSmtpWait rp_smtp_client_wait(const RpSmtpClient *client);
RpSeen rp_smtp_client_chunking(const RpSmtpClient *client);
RpSeen rp_smtp_client_pipelining(const RpSmtpClient *client);
/* Of commands behind the content of the message before, without CHUNKING (RFC 2920 section 3.1). */
RpSeen rp_smtp_client_content_group(const RpSmtpClient *client);
gboolean rp_smtp_client_is_closed(const RpSmtpClient *client);
