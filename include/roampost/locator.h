/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/ground.h"
#include "roampost/received.h"

/* The public address of a link that has only private ones (RFC 1918, RFC 6598), by the ways of
 * `public-address=`: the own gateway, a STUN server. Asked is only where it can matter: a server
 * set that wants us inside its provider, which has prefixes (or AS
 * numbers, where there is a table of them), and is not known to be the one we are
 * inside of. Each link is asked for when it has become another one (its addresses,
 * its gateway, its connection) or was away, and as rp_locator_ask_again() says. An address that is
 * private itself is that of another NAT: the next way is asked.
 *
 * Where no way has told, mail does that the user sent to himself by the link: when it is fetched,
 * the Received field of the server that took it says where it saw it come from. What a way says
 * later counts before that; with `public-address=off` nothing is learned so either.
 *
 * Nobody vouches for what is answered. So the policy lets nothing go by it that a wrong answer
 * could harm (roampost-policy(7)). IPv6 addresses are their own public ones, and are not asked for.
 */
typedef struct RpLocator RpLocator;

typedef struct {
	/* An address became known, or another one, or what can be reached: called from the main
	 * loop or from rp_locator_header(), never from within rp_locator_look(). */
	void (*changed)(gpointer user);
	/* A question is over, whatever came of it; after `changed`. Likewise. */
	void (*answered)(gpointer user);
	/* Before it: an address that was known has become another one, since nobody knows when. */
	void (*moved)(gpointer user);
} RpLocatorEvents;

/* The ground outlives it. */
RpLocator *rp_locator_new(const RpGround *ground, const RpLocatorEvents *events, gpointer user);
void rp_locator_free(RpLocator *locator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLocator, rp_locator_free)

/* The place was worked out anew: begins what is to be asked now. */
void rp_locator_look(RpLocator *locator);
/* The machine slept: what was known may be of another place that looks the same. */
void rp_locator_forget(RpLocator *locator);
/* Asks once more by all links and of all hosts: whoever was silent may answer, and a router may
 * have another way out than before, which no link tells. A question that runs is put once more when
 * it is over: it began before. What is known stays until it is another. */
void rp_locator_ask_again(RpLocator *locator);
/* A server took us for outside: the same, at most every two minutes. */
void rp_locator_doubt(RpLocator *locator);
/* When that is due by itself: where nobody answered, or what was answered is no provider's that a
 * set wants; after two minutes, doubling to an hour (rp_retry_locate_wait()). G_MAXINT64: never. */
RpTime rp_locator_next_deadline(const RpLocator *locator);
void rp_locator_due(RpLocator *locator);
/* What is known: RpPublicAddress, of links that are. Ends first what concerns links, or ways of a
 * configuration, that are no longer those of now. Good until the return to the main loop. */
const GArray *rp_locator_addresses(RpLocator *locator);
/* The same for what can be reached by a link (RpReached), of providers' `reachable`: one connection
 * for each link and place, bound to the link, where a set wants us inside that provider and nothing
 * else says that we are. */
const GArray *rp_locator_reached(RpLocator *locator);
/* It would matter as what a server saw a session from this address of ours: no way has told of its
 * link. */
gboolean rp_locator_wants_taken(RpLocator *locator, const RpAddress *local);
/* If so: a mail to the user himself was taken. Copied; forgotten with the link, after 3 hours, or
 * where there are too many. */
void rp_locator_taken(RpLocator *locator, const RpTaken *taken);
/* Some may come back. */
gboolean rp_locator_wants_headers(RpLocator *locator);
/* A mail that begins so was fetched. It may be one of them: then `changed` is called before this
 * returns. */
void rp_locator_header(RpLocator *locator, const char *octets, gsize length);
/* Nothing is being asked. */
gboolean rp_locator_is_idle(const RpLocator *locator);
