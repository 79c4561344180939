/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/place.h"

/* Names as the servers of one link know them: who is bound to a link reaches by it what that link's
 * network calls so, which the system's resolver, by another link, may know as something else.
 *
 * Asked is systemd-resolved (ResolveHostname with the interface's number), where it runs; else, or
 * where it can't tell, the DNS servers that NetworkManager or pppd name for the link, over the
 * link. Who gets no answer is left with the system's resolver. */
typedef struct RpNames RpNames;

/* NULL: the usual system bus. */
RpNames *rp_names_new(const char *system_bus);
void rp_names_free(RpNames *names); /* after the last lookup */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpNames, rp_names_free)
/* What the links are now, with their servers; copied. */
void rp_names_set_network(RpNames *names, const RpNetwork *network);

/* Called from the main loop, once, never from within rp_names_lookup(), after 5 s at most. Of
 * RpAddress, lent for the call; NULL: nobody could tell, or there is none. It may free the lookup.
 */
typedef struct RpLookup RpLookup;
typedef void (*RpLookupDone)(const GArray *addresses, gpointer user);
/* Family any: both. */
RpLookup *rp_names_lookup(RpNames *names, const char *interface, RpFamily family, const char *host,
	RpLookupDone done, gpointer user) G_GNUC_WARN_UNUSED_RESULT;
void rp_lookup_free(RpLookup *lookup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLookup, rp_lookup_free)

/* A socket of the type (SOCK_DGRAM, SOCK_STREAM) that is connected to the peer, or being so, from
 * the link's own address and by its interface; non-blocking. -1: it can't be had. */
int rp_bound_socket(
	const RpLink *link, const RpAddress *peer, guint16 port, int type, GError **error);
guint16 rp_bound_port(int fd); /* our own */
