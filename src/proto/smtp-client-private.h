/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/smtp-client.h"

/* ---- commands: smtp-client-command.c ---- */

void rp_smtp_append_mail(
	GByteArray *out, const RpSmtpMessage *message, const RpSmtpCapabilities *capabilities);
void rp_smtp_append_rcpt(GByteArray *out, const RpSmtpMessage *message, guint recipient,
	const RpSmtpCapabilities *capabilities);
void rp_smtp_append(GByteArray *out, const char *text);

/* ---- the engine ---- */

/* Commands that have a reply of their own. */
typedef enum {
	RP_SMTP_CMD_MAIL,
	RP_SMTP_CMD_RCPT,
	RP_SMTP_CMD_DATA,
	RP_SMTP_CMD_DOT,
	RP_SMTP_CMD_CHUNK,
	RP_SMTP_CMD_LAST,
	RP_SMTP_CMD_RSET,
	RP_SMTP_CMD_QUIT,
} RpSmtpCmd;
#define RP_N_SMTP_CMDS (RP_SMTP_CMD_QUIT + 1)

/* One message on its way. */
typedef struct {
	RpSmtpMessage message; /* strings are owned copies */
	char **recipients;
	GPtrArray *dsn_notify; /* of char * or NULL */
	GPtrArray *dsn_original;
	RpSmtpRecipientResult *results;
	gboolean *has_result; /* by recipient: the result stands */
	guint *round;         /* recipients of the transaction under way */
	guint n_round;
	gboolean *in_round; /* by recipient: in it, and not over its limit */
	GPtrArray *replies; /* of RpSmtpReply: what the results point to */
	RpSmtpUnfit unfit;
	guint n_accepted; /* recipients with a 2xx to RCPT */
	guint limit;      /* so many were, when one was first too many; 0: none */
	guint n_answered; /* replies to RCPT */
	guint n_waiting;  /* replies that are still to come */
	gboolean mail_ok;
	gboolean hopeless; /* MAIL, DATA or a chunk was refused: nothing will come of it */
	gboolean sent;     /* the sending cursor has left it */
	guint64 end;       /* stream offset behind the end of the content; 0: not written yet */
	gint64 n_read;     /* of the content */
	guint n_rcpt_sent;
	guint chunk_left; /* of the BDAT that is being written */
	gboolean chunk_is_last;
	guint8 tail[2]; /* the last two octets of content that were written */
} RpSmtpTransaction;

/* A command written, its reply not yet seen. */
typedef struct {
	RpSmtpCmd cmd;
	RpSmtpTransaction *transaction; /* NULL for RSET and QUIT */
	guint recipient;
	gboolean behind; /* written before what came before it was answered */
	gboolean joined; /* and that was a message's content, after DATA */
	guint64 end; /* stream offset behind the command; while a chunk is written: G_MAXUINT64 */
} RpSmtpPending;

/* Where the sending cursor is. */
typedef enum {
	RP_SMTP_SEND_NEXT, /* between messages */
	RP_SMTP_SEND_MAIL,
	RP_SMTP_SEND_RCPT,
	RP_SMTP_SEND_DATA,
	RP_SMTP_SEND_AWAIT_DATA, /* content only after 354 */
	RP_SMTP_SEND_CONTENT,
	RP_SMTP_SEND_DOT,
	RP_SMTP_SEND_CHUNK,
	RP_SMTP_SEND_CHUNK_CONTENT,
	RP_SMTP_SEND_NOTHING, /* after QUIT, or after content could not be read */
} RpSmtpSend;
#define RP_N_SMTP_SENDS (RP_SMTP_SEND_NOTHING + 1)

/* What has happened and was not asked for yet; a message's event owns the message. */
typedef struct {
	RpSmtpEvent event;
	RpSmtpTransaction *transaction;
	RpSmtpReply *reply;
} RpSmtpEventItem;

struct RpSmtpClient {
	RpSmtpCapabilities capabilities;
	RpSmtpClientOptions options;
	gboolean in_turn; /* wait for each reply */
	gboolean use_bdat;
	gboolean rcpt_accepted; /* a recipient was accepted in this session */
	gboolean dirty;         /* the server may be inside a transaction: RSET before MAIL */
	gboolean finishing;
	gboolean deaf; /* it says nothing more, and hears what is in doubt: then it is cut */
	gboolean closed;
	gboolean suspect_told;
	gboolean limit_closed; /* a 421 that was only about the number of recipients */
	gboolean last_taken;   /* the last answer took a message */
	char *strange; /* no answer, in the place of one that is still waited for; or NULL */
	guint n_strange;
	gboolean rset_refused; /* only where a message was taken, does it do without */
	RpSmtpReply *enough;   /* the server takes no more in this session, and stays */
	RpSeen chunking, pipelining, content_group;
	gboolean piped;         /* a command was answered that was written behind another */
	gboolean content_later; /* the read function said so */
	GQueue backlog;         /* of RpSmtpTransaction: not begun */
	GQueue open;            /* of RpSmtpTransaction: begun, not at their end */
	gint64 open_octets;     /* of both */
	guint n_mail;           /* MAIL commands */
	GHashTable *domains;    /* of the recipients that RCPT named, where they are limited */
	GQueue pending;         /* of RpSmtpPending: the receiving cursor is its head */
	RpSmtpTransaction *sending;
	RpSmtpSend send;
	GByteArray *out;
	gsize out_taken;    /* of out, by the connection */
	gboolean out_shown; /* to it: what is there stays where it is */
	guint64 written;    /* stream offset at which out begins */
	RpSmtpParser parser;
	GQueue events; /* of RpSmtpEventItem */
	RpSmtpEventItem *current_event;
};

/* smtp-client-state.c */
void rp_smtp_transaction_free(RpSmtpTransaction *transaction);
void rp_smtp_event_free(RpSmtpEventItem *item);
void rp_smtp_client_set_result(RpSmtpTransaction *transaction, guint recipient,
	RpSmtpOutcome outcome, const RpReply *reply);
/* All recipients that have none yet. */
void rp_smtp_client_set_other_results(
	RpSmtpTransaction *transaction, RpSmtpOutcome outcome, const RpReply *reply);
RpReply *rp_smtp_client_keep_reply(
	RpSmtpTransaction *transaction, RpStage stage, guint code, const char *text);
/* Of the transaction under way, those that have no result yet. */
void rp_smtp_client_set_round_results(
	RpSmtpTransaction *transaction, RpSmtpOutcome outcome, const RpReply *reply);
/* The next transaction for it: recipients without a result, as many as may be. */
void rp_smtp_client_begin_round(RpSmtpClient *client, RpSmtpTransaction *transaction);
/* The server takes so many in a transaction. FALSE: that is no news. */
gboolean rp_smtp_client_lower_limit(RpSmtpClient *client, guint limit);
/* No more answers come to its RCPT: one that was too many is a limit where nobody was accepted
 * behind it; some say the same of single recipients. */
void rp_smtp_client_settle_limit(RpSmtpClient *client, const RpSmtpTransaction *t);
/* The event of a message that has all its results; takes it. */
void rp_smtp_client_report(RpSmtpClient *client, RpSmtpTransaction *transaction);
/* Reports the messages at the front that have come to their end. */
void rp_smtp_client_report_done(RpSmtpClient *client);
void rp_smtp_client_suspect(RpSmtpClient *client);
/* The session ends while commands behind a message's content wait for their first answer ever. */
void rp_smtp_client_doubt_content_group(RpSmtpClient *client);
/* It has taken a BDAT. */
void rp_smtp_client_chunking_works(RpSmtpClient *client);
/* The server takes no more in this session, and leaves it to us to go. What was written already has
 * its answers to come: some of it may be taken. */
void rp_smtp_client_has_enough(RpSmtpClient *client, RpStage stage, guint code, const char *text);
/* The session is over. `left` as in rp_smtp_client_lost(). */
void rp_smtp_client_end(RpSmtpClient *client, RpSmtpEnd end, const RpReply *reply, guint64 left);

/* The sending cursor leaves the message it is at; what was written of it has its replies to come.
 */
void rp_smtp_client_leave(RpSmtpClient *client);

/* smtp-client-take-back.c */
/* Where it is deaf, and all of that was heard. */
void rp_smtp_client_end_deaf(RpSmtpClient *client);

/* smtp-client-limits.c */
/* The recipient's domain may be named in this session; from now on it is one of those that were. */
gboolean rp_smtp_client_take_domain(RpSmtpClient *client, const char *address);
/* A recipient that has no result may be. */
gboolean rp_smtp_client_fits_domains(const RpSmtpClient *client, const RpSmtpTransaction *t);
/* The server says that it takes one more transaction in this session: for a recipient of that
 * message that has no result. NULL: for any. */
gboolean rp_smtp_client_has_room(const RpSmtpClient *client, const RpSmtpTransaction *next);

/* smtp-client-words.c */
/* Too many recipients: the others may go in another transaction. */
gboolean rp_smtp_speaks_of_limit(guint code, const char *text);
/* Not in one transaction with those that it has. */
gboolean rp_smtp_speaks_of_fellows(guint code, const char *text);
/* The same as the first one, by 421. */
gboolean rp_smtp_closes_for_limit(const char *text, guint n_accepted);
/* It is this session that has had enough: another one has what it refuses. */
gboolean rp_smtp_speaks_of_session(
	RpSmtpCmd cmd, gboolean of_message, guint code, const char *text);
/* It has not seen that the transaction before is over, or has forgotten whom it talks to. */
gboolean rp_smtp_speaks_of_nesting(guint code, const char *text);
gboolean rp_smtp_speaks_of_pipelining(const char *text);

/* smtp-client-send.c */
void rp_smtp_client_fill(RpSmtpClient *client);

/* smtp-client-answer.c */
/* A reply that is the answer to a command. */
typedef struct {
	RpSmtpClient *client;
	RpSmtpTransaction *transaction;
	guint recipient;
	guint code;
	const char *text;
	gboolean together;   /* the command was sent with others, before their answers */
	gboolean joined;     /* among them a message's content */
	gboolean of_order;   /* refused for that, and for nothing else */
	gboolean of_session; /* it had enough: likewise */
} RpSmtpAnswer;
/* What it does to the command's message, and says of the server. */
void rp_smtp_client_take_answer(const RpSmtpAnswer *answer, const RpSmtpPending *pending);
/* DATA or the content was refused: for who was accepted in this transaction. */
void rp_smtp_client_refuse_transaction(
	RpSmtpTransaction *t, RpStage stage, guint code, const char *text);
void rp_smtp_client_protocol_error(
	RpSmtpClient *client, RpStage stage, guint code, const char *text);

/* smtp-client-receive.c */
void rp_smtp_client_receive(RpSmtpClient *client, guint code, const char *text);
/* What the parser can't take for a reply. */
void rp_smtp_client_receive_strange(RpSmtpClient *client, const char *line);
/* It is all that came. `left` as in rp_smtp_client_lost(). */
void rp_smtp_client_end_strange(RpSmtpClient *client, guint64 left);
