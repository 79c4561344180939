/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/transport.h"

/* A transport without a network: what a server would say is a script, what the agent asks for is a
 * log. Answers come in later turns of the main loop, as the real one's do. */
typedef struct FakeTransport FakeTransport;
struct FakeTransport {
	RpTransport parent;
	GString *log; /* "pop sonet; mail odn a@x,b@y; ..." */
	/* The next sessions' ends before they are ready, by set: name -> RpSessionResult + 1; taken
	 * out when used up (`once`) or kept. */
	GHashTable *session_results;
	GHashTable *pop_results;
	const char *detail; /* of those ends; NULL: one of its own */
	/* Replies to a recipient: address -> "550 5.1.1 text"; "lost" cuts the line with the
	 * message in doubt, "cut" before its end, "closing" is a 421 at its beginning; " once"
	 * behind a reply: the first time. Anything else is accepted. */
	GHashTable *replies;
	GPtrArray *sent; /* "set: address" in the order of acceptance */
	RpAddress local;
	RpAddress local_ipv4;    /* where a route asks for IPv4, and `local` is not */
	GString *families;       /* "pop any; smtp v4; ..." */
	GString *prepared;       /* "odn ppp0; keyed -": by the last call */
	guint n_prepared;        /* in all */
	RpLineMeasure measure;   /* of every session */
	RpSmtpProgress progress; /* of every message */
	const char *is_there;    /* but the one to this address waits for its answer */
	guint can;               /* RpSmtpCapability flags that the servers announce */
	guint max_domains;       /* of a session's recipients, as the servers announce it; 0: not */
	guint most;              /* sessions at once: more are turned away; 0: any number */
	guint n_silent;          /* sessions that are never greeted, beside two that are ready */
	const char *banner;      /* the domain in the greeting; NULL: none */
	gboolean broken;         /* sessions are lost before they are greeted */
	GPtrArray *deliveries;   /* those that are open */
	gboolean stall; /* messages are taken, and answered when this is over (fake_go_on) */
	guint n_sessions;
	guint n_astray;  /* times that a session was told that its route leads elsewhere */
	guint n_at_once; /* sessions that were ready at the same time, at most */
	void (*answering)(FakeTransport *fake); /* before each answer, or NULL */
	RpSpan server_time; /* that a server needs for each message: fake_answer_next */
	RpTime *clock;      /* goes by it */
};

FakeTransport *fake_transport_new(void);
/* Answers what was not answered while it stalled. */
void fake_go_on(FakeTransport *fake);
/* Answers the one message whose server has been through with it first, with the clock at that time.
 * FALSE: there is none. With `server_time` and `clock`, while it stalls. */
gboolean fake_answer_next(FakeTransport *fake);
