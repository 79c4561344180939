/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Shared by the files of a session's set-up, from below:
 *
 *	session-report.c   what is known of it
 *	session-secret.c   the password
 *	session-connect.c  a wire, endpoint by endpoint
 *	session.c          one after the other, and the login */

#include "transport-private.h"

/* What follows, in session.c; the report says how it went. */
typedef struct {
	void (*secret)(RpSession *session);    /* it is there, or can't be had */
	void (*connected)(RpSession *session); /* the wire is up, or no endpoint has one */
} RpSessionSteps;

typedef enum {
	SESSION_PASSWORD,
	SESSION_CONNECTING,
	SESSION_LOGIN,
	SESSION_UP,
	SESSION_FAILED,
} SessionState;

struct RpSession {
	RpWires *wires;
	RpSessionPlan plan;
	RpTransportTimes times;
	const RpSessionSteps *steps;
	RpSessionDone done; /* NULL: it is nobody's yet */
	RpSessionDone reached;
	gpointer user;
	SessionState state;
	guint endpoint;
	RpFamily only;   /* of the endpoint's addresses; or any */
	RpFamily silent; /* the one over which it took the connection, and gave no greeting; or any
			  */
	RpFamily over;   /* that the wire is connected over; or any */
	gboolean overdue;
	guint passed_at;        /* the first endpoint of which an address was passed over, as it is
				   shunned, and one; 0: none */
	gboolean all;           /* none is passed over any more */
	gboolean waits;         /* it is nobody's, and has come as far as it may */
	gboolean tells_reached; /* its owner is to hear that an address has answered */
	RpPassword *password;   /* the command that is running */
	RpPasswordAsk *ask;     /* the keeper that was asked */
	gboolean renewed;       /* a refused token was changed for another one */
	char *secret;
	RpWire *wire;
	RpWireLogin *login;
	gint64 rtt;
	gint64 heard_at;   /* it came further, or a line came */
	gint64 greeted_at; /* and its EHLO is not answered; 0: it did not greet, or it is */
	GSource *later;
	gint64 latest;     /* monotonic: it takes no longer in all; 0: as long as it takes */
	GSource *deadline; /* of the stage that the set-up is at */
	RpDialogue dialogue;
	RpSessionReport report;
	RpSmtpReply *reply; /* what report.reply points to */
	char *detail;
	char *banner_host, *banner_domain;
};

/* ---- session-report.c ---- */

const RpEndpoint *rp_session_endpoint(const RpSession *session);
void rp_session_enter(RpSession *session, SessionState state, const char *reason);
/* `wire`: what it knows, or NULL. */
void rp_session_fill_report(RpSession *session, const RpWireMeasure *wire);
/* By what the wire and the dialogue know; `failure` is NULL when the wire is up. */
void rp_session_judge(RpSession *session, RpSessionResult result, const RpWireFailure *failure);
void rp_session_drop_wire(RpSession *session);

/* ---- session-secret.c ---- */

/* `secret` follows, here or later. */
void rp_session_find_secret(RpSession *session);
/* The keeper is asked for another one than that which was refused; `secret` follows. */
void rp_session_renew_secret(RpSession *session, const char *refused);

/* ---- session-connect.c ---- */

/* The endpoints from the one that it is at; `connected` follows. */
void rp_session_connect(RpSession *session);
