/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "transport-private.h"

/* The scripted servers of tests/fakes/smtp-server.py, and a set that leads to one. */

/* The process is started when it is first needed. */
void fake_stop(void);
guint16 fake_server(const char *script); /* JSON; its port */
char *fake_log(guint16 port);
void fake_go(guint16 port);     /* ends all "hold" there */
guint16 fake_closed_port(void); /* where connections are refused as long as this program runs */
guint fake_n_mails(guint16 port);
char *fake_drop(guint16 port); /* the UIDLs that are left in the maildrop */
gsize fake_mail_size(guint16 port, guint index);
const char *fake_cert(const char *name); /* "good", "name", "fingerprint" */

/* A set with one server on 127.0.0.1, TLS off, no login. */
RpServerSet *fake_set(guint16 port);
extern const RpRoute fake_route; /* unbound */
extern const RpTransportTimes
	fake_times; /* so long that only a server that is silent outlasts them */
/* Those for a server that goes by this script: short where it is silent. */
RpTransportTimes fake_times_of(const char *script);

/* No name server is asked for names in .invalid, which don't exist (RFC 6761 section 6.4). Those in
 * .slow.invalid are looked up for as long as this is held. */
extern GMutex fake_slow_names;
extern gint fake_n_slow; /* how many such look-ups have begun: atomic */

/* A delivery that is driven to its end. */
typedef struct {
	GMainLoop *loop;
	RpTransport *transport;
	RpDelivery *delivery;
	guint n_messages; /* to send */
	gint64 size;      /* of each; 0: a small one */
	guint pushed;
	guint ready;
	guint cancel_at;    /* cancel in the n-th outcome; 0: never */
	guint cancel_timer; /* a source that cancels; removed at the end */
	GString *text;      /* "accepted", "refused rcpt 550", ... then the session's result */
	char *detail;
	char *banner_host, *banner_domain;
	guint ehlo_octets;
	gint64 ehlo_took;
	RpAddress local, peer;
	gboolean encrypted;
	gboolean verified;
	gboolean logged_in;
	gboolean stalled, silent, hung_up;
	gboolean prepared; /* its session, before it was begun */
	guint outcomes;
	GArray *in_doubt; /* of guint: which message */
	gint64 started;
	gint64 ended;
} FakeDelivery;

void fake_delivery_run(FakeDelivery *run, const RpServerSet *set, const RpRoute *route,
	const RpDeliveryOptions *options);
void fake_delivery_begin(FakeDelivery *run, const RpServerSet *set, const RpRoute *route,
	const RpDeliveryOptions *options);
void fake_delivery_wait(FakeDelivery *run);
void fake_delivery_clear(FakeDelivery *run);
