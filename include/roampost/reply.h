/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* What a server's answer means for the mail: one table (core/reply-table.c) of stages, codes,
 * enhanced codes and the servers' own words: not whole phrases, but words that stand together in a
 * sentence. Text beats the enhanced code, which beats the basic code (but x.1.7 and x.1.8, RFC 3463
 * section 3.2, are the sender's, whatever is said); a bare 550, 553 or 554 decides nothing. Pure.
 */

/* What a session has shown of something that the server announces: PIPELINING (RFC 2920, and of
 * POP3 RFC 2449), CHUNKING (RFC 3030). */
typedef enum {
	RP_SEEN_UNTRIED, /* it was not used, or not answered in a way that tells */
	RP_SEEN_WORKS,
	RP_SEEN_DOUBTED, /* the connection ended, or the server fell silent, when its first use was
			    due to be answered: it may be this, or the line */
	RP_SEEN_BROKEN,  /* the command was refused as unknown, or what came is the answer to
			    another */
} RpSeen;

typedef enum {
	RP_STAGE_CONNECT, /* no reply at all: code 0, the text is the library's */
	RP_STAGE_BANNER,
	RP_STAGE_EHLO,
	RP_STAGE_STARTTLS,
	RP_STAGE_AUTH, /* SMTP AUTH; with code 0 the -ERR line of a POP login */
	RP_STAGE_MAIL,
	RP_STAGE_RCPT,
	RP_STAGE_DATA,    /* the reply to DATA itself */
	RP_STAGE_CONTENT, /* after the final dot, or to BDAT LAST */
} RpStage;
const char *rp_stage_name(RpStage stage); /* "connect", "banner", ... */

typedef enum {
	RP_REPLY_ACCEPTED,
	RP_REPLY_TRY_LATER,
	RP_REPLY_POLICY,         /* not from here, not like this: learned, and planned anew */
	RP_REPLY_CREDENTIALS,    /* stops the whole set */
	RP_REPLY_DEAD_RECIPIENT, /* permanently, this recipient */
	RP_REPLY_MESSAGE,        /* this message is at fault */
	RP_REPLY_LIMIT,     /* so much for today, or this hour: nothing more of anybody's for now */
	RP_REPLY_SLOW_DOWN, /* too much at a time, of all that goes by this login: in a moment it is
			       not */
	RP_REPLY_INTERCEPTED, /* somebody stands between us and the server: no password, no mail */
	RP_REPLY_UNKNOWN, /* holds as server-rejected and asks: no bounce, no retry, no other set */
} RpReplyClass;
#define RP_N_REPLY_CLASSES (RP_REPLY_UNKNOWN + 1)
const char *rp_reply_class_name(RpReplyClass class); /* "accepted", "try-later", ... */

/* What a policy refusal is about. */
typedef enum {
	RP_REFUSAL_NONE,
	RP_REFUSAL_RELAY,     /* relaying for this address, sender and recipient */
	RP_REFUSAL_SENDER,    /* this envelope sender */
	RP_REFUSAL_POP_FIRST, /* a POP login would open the server */
	RP_REFUSAL_AUTH,      /* an SMTP login would */
	RP_REFUSAL_TLS,       /* STARTTLS would */
	RP_REFUSAL_ADDRESS, /* our address (a block list, a dial-up range); another set may work */
	RP_REFUSAL_PORT,    /* port 25 is blocked here; 587 or 465 may work */
	RP_REFUSAL_SIZE,    /* this message's size */
} RpRefusal;
const char *rp_refusal_name(RpRefusal refusal); /* "none", "relay", "sender", "pop-first", ... */

/* Whether a greeting was masked by something in between: nothing is left of it but asterisks, and
 * the digits and blanks that a Cisco PIX lets stand. `text` is without the 220 or +OK. */
gboolean rp_reply_banner_is_masked(const char *text);

/* RFC 3463: class.subject.detail; class 0 where there is none. */
typedef struct {
	guint8 class;
	guint16 subject;
	guint16 detail;
} RpEnhancedCode;

/* Reads an enhanced code at the start of a reply's text, and where the words after it begin (`rest`
 * may be NULL). FALSE, and class 0, when there is none, or when it contradicts the basic code
 * (RFC 2034 section 4). A basic code of 0 is not compared. */
gboolean rp_enhanced_code_parse(
	const char *text, guint basic_code, RpEnhancedCode *out, const char **rest);

typedef struct {
	RpStage stage;
	guint code; /* 0: no reply came */
	RpEnhancedCode enhanced;
	const char *text; /* the words; may still begin with the enhanced code; lines joined by
			     blanks */
} RpReply;

/* Takes a reply's lines joined by blanks or newlines ("550 5.7.1 Relaying denied" without the 550).
 * The text is borrowed. */
RpReply rp_reply_make(RpStage stage, guint code, const char *text);

/* What else the classification may look at. All optional: zeros and NULLs. */
typedef struct {
	guint port;                  /* the port that was tried */
	gboolean other_ports_answer; /* RP_STAGE_CONNECT on port 25: 587 or 465 of the same host do
				      */
	const char *client_address;  /* ours, as text: a refusal that names it is about it */
	gboolean tls_verified;       /* the session's server was proven by its certificate */
	gboolean tls_mismatch;       /* the certificate or its name was not the server's */
	const char *host;            /* of this set's server, as it is configured, or NULL */
	const char *remembered_domain; /* domain of the banner this set's server used to show */
} RpReplyContext;

typedef struct {
	RpReplyClass class;
	RpRefusal about;  /* for RP_REPLY_POLICY */
	gboolean by_text; /* the words decided it, not a code */
} RpReplyVerdict;

RpReplyVerdict rp_reply_classify(const RpReply *reply, const RpReplyContext *context);

/* The host that a banner names, lower case; NULL when there is none. `text` is without the 220. */
char *rp_reply_banner_host(const char *text);
/* The host's domain that a banner names ("220 mail.odn.example ESMTP" -> "odn.example"; of two
 * labels or fewer, all of it); likewise. */
char *rp_reply_banner_domain(const char *text);

/* A banner that begins with `host` (or NULL) names the configured host, or its domain: whatever was
 * remembered, that is its name. */
gboolean rp_reply_banner_is_own(const char *host, const char *configured);

/* The replies to the RCPTs of one message, taken together: the same refusal (code, enhanced code
 * and words, not counting the recipient's own address in them) for recipients of two domains or
 * more is policy, unless the words had decided otherwise. Changes `verdict` in place. */
typedef struct {
	const char *recipient;
	RpReply reply;
	RpReplyVerdict verdict;
} RpRecipientReply;

void rp_reply_compare_recipients(RpRecipientReply *replies, gsize n_replies);

/* The seconds after which a server that puts mail off wants it again, as its words have them ("in
 * 300 seconds", "00:04:59", "4m32s"); 0: they name none, or more than a week. */
guint rp_reply_wait_seconds(const char *text);
/* Its words say that it does so to whoever is new to it. */
gboolean rp_reply_is_greylisting(const char *text);
