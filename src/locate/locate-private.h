/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/locator.h"
#include "roampost/names.h"

/* Shared by the files of this room, from below:
 *
 *	reach.c        whether a host and port answer, by one link
 *	probes.c       which of them is tried, and what came of it
 *	udp.c          a socket to one host by one link
 *	ask.c          what all questions have
 *	ask-stun.c     a STUN server
 *	ask-https.c    a server that echoes the address
 *	ask-gateway.c  the own gateway
 *	ask-upnp.c     the same by UPnP, where miniupnpc was there
 *	ways.c         a way of the configuration
 *	wish.c         whether it matters
 *	sent-mail.c    mail of ours that may come back and tell
 *	locator.c      which link is asked for, what is known
 *	heard.c        what servers say where no way has told */

/* ---- one connection that shows that a host can be reached by a link, and is closed at once ----
 */

/* Called from the main loop, once, never from within rp_reach_new(). Family any: it can't, because
 * of `why`; else that by which it can. It may free the question. */
typedef void (*RpReachDone)(RpFamily family, const char *why, gpointer user);

typedef struct RpReach RpReach;
/* "HOST:PORT", as the configuration has checked it; the link must last as long. At most 5 s, the
 * name's resolution included; of several addresses the first of a family that the link has. */
RpReach *rp_reach_new(const char *where, const RpLink *link, RpReachDone done, gpointer user);
void rp_reach_free(RpReach *reach);

/* ---- probes.c: as the locator has it, for providers' `reachable` ---- */

typedef struct RpProbes RpProbes;
RpProbes *rp_probes_new(const RpGround *ground, const RpLocatorEvents *events, gpointer user);
void rp_probes_free(RpProbes *probes);
void rp_probes_look(RpProbes *probes);
void rp_probes_forget(RpProbes *probes);
const GArray *rp_probes_reached(RpProbes *probes); /* of RpReached */
gboolean rp_probes_lack(const RpProbes *probes);   /* one does not answer, or not yet */
void rp_probes_ask_again(RpProbes *probes);
gboolean rp_probes_are_idle(const RpProbes *probes);

/* ---- a UDP socket, bound to a link and connected to one host ---- */

typedef struct RpUdp RpUdp;

typedef struct {
	/* Each may free the socket. */
	void (*received)(const guint8 *data, gsize length, gpointer user);
	void (*timed_out)(gpointer user);
	void (*refused)(gpointer user); /* nobody listens there (ICMP) */
} RpUdpEvents;

/* NULL: it can't be had, for the reason in the error. Port and family are those of the peer. */
RpUdp *rp_udp_new(const RpLink *link, const RpAddress *peer, guint16 port,
	const RpUdpEvents *events, gpointer user, GError **error);
void rp_udp_free(RpUdp *udp);
/* Our own port and address. */
guint16 rp_udp_port(const RpUdp *udp);
const RpAddress *rp_udp_source(const RpUdp *udp);
/* Then `timed_out` is called after so many milliseconds, unless something is sent again, or 0. What
 * can't be sent times out. */
void rp_udp_send(RpUdp *udp, const guint8 *data, gsize length, guint wait_ms);

/* ---- one question ---- */

/* Called from the main loop, once, never from within rp_ask_new(). Family any: no answer, because
 * of `why` (else NULL). It may free the question. */
typedef void (*RpAskDone)(const RpAddress *address, const char *why, gpointer user);

typedef struct RpAsk RpAsk;

/* A kind of way. `start` is given it as the configuration has it; NULL: it can't be begun. What it
 * returns is freed by `free`. */
typedef struct {
	gpointer (*start)(RpAsk *ask, const char *way);
	void (*free)(gpointer kept);
} RpAskWay;

extern const RpAskWay rp_ask_gateway, rp_ask_stun, rp_ask_https;
extern const RpAskWay rp_ask_upnp; /* where RP_WITH_UPNP is defined */

struct RpAsk {
	const RpAskWay *way;
	const RpLink *link; /* the ask's owner's */
	gpointer kept;
	RpAskDone done;
	gpointer user;
	guint refused; /* a source: it could not begin */
};

/* `way` is as the configuration has it; the link must last as long as the question. */
RpAsk *rp_ask_new(const char *way, const RpLink *link, RpAskDone done, gpointer user);
void rp_ask_free(RpAsk *ask);
/* For the ways: the end. */
void rp_ask_answer(RpAsk *ask, const RpAddress *address, const char *why);

/* ---- sent-mail.c ---- */

typedef struct RpSentMail RpSentMail;
RpSentMail *rp_sent_mail_new(void);
void rp_sent_mail_free(RpSentMail *sent);
/* Copies it. */
void rp_sent_mail_note(RpSentMail *sent, const RpTaken *taken, RpTime now);
/* Some were sent lately that have not come back. */
gboolean rp_sent_mail_waits(RpSentMail *sent, RpTime now);
/* This is one of them, and says as what its server saw us: it is forgotten, with those that were
 * noted before it. */
gboolean rp_sent_mail_find(
	RpSentMail *sent, const char *octets, gsize length, RpTime now, RpAddress *seen_as);

/* ---- locator.c ---- */

/* A link that was asked for; it stays until the link is another one. */
typedef struct {
	RpLocator *locator;
	RpLink *link;
	char **ways;     /* of the configuration then */
	guint next;      /* of the ways */
	gint told;       /* by which of them its address is known; -1: by none */
	gboolean denied; /* it said in this round that it is behind another NAT now */
	RpAsk *ask;      /* NULL: done */
	gboolean repeat; /* all ways once more when this round is over: it began before the wish */
	RpSentMail *sent;
	gboolean heard; /* what is known of it was in such a mail, and no way has told */
} RpAsked;

struct RpLocator {
	const RpGround *ground;
	const RpLocatorEvents *events;
	gpointer user;
	GPtrArray *asked;  /* of RpAsked */
	GArray *addresses; /* of RpPublicAddress, with interfaces of `asked` */
	RpProbes *probes;
	RpTime again; /* when all is asked once more; 0: nothing lacks */
	guint n_again;
	RpTime doubted; /* by a server, the last time that all was asked for it */
};

/* Of the link's public address in `addresses`, or -1. */
gint rp_locator_find_address(const RpLocator *locator, const char *interface);
/* Its public address is this one: tells of what is new. That may drop it. */
void rp_asked_take(RpAsked *asked, const RpAddress *address);
/* Its link is as it was, and the ways are those of now. */
gboolean rp_asked_stands(const RpAsked *asked);

/* ---- wish.c ---- */

/* Whether the set's rules ask for being inside. */
gboolean rp_locate_wants_inside(const RpServerSet *set);
/* A link is the same, as far as what was learned by it holds. */
gboolean rp_locate_is_same_link(const RpLink *a, const RpLink *b);
/* Whether the public address of this link (an index) can matter to a set; `has_asns`: there is a
 * table of AS numbers. */
gboolean rp_locate_wants(
	const RpPlace *place, const RpCatalogue *catalogue, gboolean has_asns, guint link);
