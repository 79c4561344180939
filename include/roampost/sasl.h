/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/reply.h"
#include "roampost/serverset.h"

/* Logging in once a session is set up: SMTP's AUTH (RFC 4954), POP3's AUTH (RFC 5034), USER and
 * PASS, and APOP (RFC 1939). Bytes in, bytes out, one result. No I/O, no clock: whoever owns the
 * connection pumps bytes and keeps time.
 *
 * Which mechanism, and in which order:
 *   the server is proven by TLS  PLAIN first: it works wherever a login does
 *   else                         the strongest first
 *   the set names one            that one, and no other
 * A token is never sent by "auto", nor is a password as a token. A server that refuses a mechanism
 * that hides the password never makes us go on with one that shows it: that is what somebody in
 * between would do who wants the password. It is done where the server is proven by TLS, or where
 * the set names it; else the result is RP_SASL_DENIED, and its text names the key. */

/* ---- what the server offers ---- */

/* Zeroes: nothing was said yet. A value; nothing of it is owned. */
typedef struct {
	gboolean known;      /* it has said what it offers: POP3's CAPA was answered */
	guint mechanisms;    /* 1 << RpAuth, or-ed: those that we know */
	char words[256];     /* all that it names, as it names them */
	char timestamp[256]; /* of a POP3 greeting, with its brackets: APOP; "": none */
} RpSaslOffer;

/* A line of the answer to EHLO ("250-AUTH PLAIN LOGIN"; also in lower case, and "250 AUTH=LOGIN",
 * from before RFC 2554), with or without CRLF; others are ignored. What was said before TLS no
 * longer holds: start anew at each EHLO. */
void rp_sasl_offer_add_ehlo(RpSaslOffer *offer, const char *line, gsize size);
/* A line of the answer to CAPA ("SASL PLAIN", "USER": RFC 2449), but for its first. */
void rp_sasl_offer_add_capa(RpSaslOffer *offer, const char *line, gsize size);
/* The greeting of a POP3 server. A timestamp counts only as a message id (RFC 1939): one that is
 * not could be made so that the digests tell of the password. */
void rp_sasl_offer_greeting(RpSaslOffer *offer, const char *line, gsize size);
/* Before CAPA or EHLO is sent once more; the timestamp stays. */
void rp_sasl_offer_forget(RpSaslOffer *offer);

/* ---- a mechanism ---- */

/* Octets that are wiped when they are cleared or moved. */
typedef struct {
	guint8 *data;
	gsize size;
	gsize room;
} RpSaslBuffer;

void rp_sasl_buffer_append(RpSaslBuffer *buffer, gconstpointer data, gsize size);
void rp_sasl_buffer_append_string(RpSaslBuffer *buffer, const char *text);
void rp_sasl_buffer_append_base64(RpSaslBuffer *buffer, gconstpointer data, gsize size);
void rp_sasl_buffer_clear(RpSaslBuffer *buffer);

/* Who logs in, and where. */
typedef struct {
	const char *user;
	const char *secret; /* the password or the token; NULL where none is needed */
	const char *host;   /* of the server, and its port: RFC 7628 has them told */
	guint16 port;
	const char *timestamp; /* POP3's, or "" */
	gpointer context;      /* for mechanisms that are handed in: what they share */
	/* A mechanism that answered RP_SASL_STEP_WAIT has what it waited for: call
	 * rp_sasl_resume(). */
	void (*wake)(gpointer user);
	gpointer wake_user;
} RpSaslAccount;

typedef enum {
	RP_SASL_STEP_RESPOND, /* with what it has put into the buffer */
	RP_SASL_STEP_WAIT,    /* not yet: it calls the account's `wake`, and is asked once more */
	RP_SASL_STEP_ODD,     /* no challenge of this mechanism: the exchange is cancelled */
	RP_SASL_STEP_UNFIT,   /* the name or the secret can't be used with it */
	RP_SASL_STEP_FALSE,   /* the server can't be one that knows the password */
} RpSaslStep;

typedef enum {
	RP_SASL_CLIENT_FIRST = 1 << 0, /* there is an initial response */
	RP_SASL_HIDES = 1 << 1,        /* whoever reads along does not have the password then */
	RP_SASL_TOKEN = 1 << 2,        /* the secret is a token */
	RP_SASL_BLIND = 1 << 3, /* the server needs the password itself to check it, which few keep:
				   a refusal need not be the password's */
	RP_SASL_LINES = 1 << 4, /* POP3's own: what it answers are whole lines, after +OK */
	RP_SASL_LENIENT = 1 << 5, /* a challenge that is not base64 is a challenge too */
	RP_SASL_PROVES = 1 << 6,  /* the server has to prove that it knows the password */
} RpSaslTrait;

typedef struct {
	const char *name;
	RpAuth auth;
	guint traits; /* RpSaslTrait, or-ed */
	/* The account outlives what is made. Never NULL. */
	gpointer (*begin)(const RpSaslAccount *account);
	/* `challenge` is NULL for an initial response; else decoded, and followed by a NUL. */
	RpSaslStep (*respond)(
		gpointer state, const guint8 *challenge, gsize size, RpSaslBuffer *response);
	/* It has done its part: only then the server's yes counts. NULL: it always has. */
	gboolean (*complete)(gconstpointer state);
	/* Why it was RP_SASL_STEP_ODD, UNFIT or FALSE, or how the server named a failure before it
	 * refused; NULL: nothing to say. The member may be NULL. */
	const char *(*complaint)(gconstpointer state);
	/* A failure that the server has told of within the exchange: its refusal is then about the
	 * secret. The member may be NULL. */
	gboolean (*told_failure)(gconstpointer state);
	void (*free)(gpointer state);
} RpSaslMechanism;

/* ---- the login ---- */

typedef enum {
	RP_SASL_OK,
	RP_SASL_DENIED,      /* the credentials; or another way would show them to anyone */
	RP_SASL_TEMPORARY,   /* not now */
	RP_SASL_MISSING,     /* nothing is offered that the set may use */
	RP_SASL_UNAVAILABLE, /* offered, and then refused as such */
	RP_SASL_REFUSED,     /* by policy: what the reply's verdict is about */
	RP_SASL_REJECTED,    /* neither the credentials nor for the moment: the user decides */
	RP_SASL_UNCLEAR,     /* POP3: -ERR in words that tell nothing */
	RP_SASL_UNFIT,       /* the user's name or secret can't be used with what is offered */
	RP_SASL_UNTRUSTED,   /* the server has agreed, and not proven that it knows the password */
	RP_SASL_PROTOCOL,    /* what came is no answer */
	RP_SASL_LOST,        /* the connection broke, or the owner gave up waiting */
} RpSaslOutcome;
const char *rp_sasl_outcome_name(RpSaslOutcome outcome); /* "ok", "denied", ... */

typedef struct {
	RpSaslOutcome outcome;
	const char *mechanism; /* the last that was begun, or NULL */
	const RpReply *reply;  /* the deciding one, with RP_STAGE_AUTH (POP3: code 0), or NULL */
	const char *text; /* what there is to say besides the reply, and what helps; no sentence of
			     its own: goes behind "HOST: " or "; ". Or NULL */
} RpSaslResult;

/* Everything is copied but the mechanisms, which are constants. */
typedef struct {
	gboolean pop;
	gboolean verified; /* by TLS, the server is proven to be the right one */
	RpAuth auth;       /* the set's smtp-auth or pop-auth */
	const RpSaslOffer *offer;
	RpSaslAccount account;
	const RpSaslMechanism *const *more; /* besides those in here; ends with NULL. May be NULL */
} RpSaslOptions;

typedef struct RpSasl RpSasl;

/* Begins at once: there is something to write, or it is over already. */
RpSasl *rp_sasl_new(const RpSaslOptions *options);
/* Secrets are wiped; NULL is fine. */
void rp_sasl_free(RpSasl *sasl);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSasl, rp_sasl_free)

/* What to write now; 0: nothing. The pointer and the bytes stay as they are until rp_sasl_sent().
 */
gsize rp_sasl_output(RpSasl *sasl, const guint8 **data);
void rp_sasl_sent(RpSasl *sasl, gsize size);
/* What the server sent, in any pieces. */
void rp_sasl_input(RpSasl *sasl, const guint8 *data, gsize size);
/* The account's `wake` was called. */
void rp_sasl_resume(RpSasl *sasl);
/* The connection is gone, or the owner gives up. */
void rp_sasl_lost(RpSasl *sasl);
/* For how long the server may be silent now; 0: it owes no answer. */
guint rp_sasl_wait_seconds(const RpSasl *sasl);
/* NULL while it goes on; then lives as long as the login. Nothing is to be read or written any
 * more. */
const RpSaslResult *rp_sasl_result(const RpSasl *sasl);
