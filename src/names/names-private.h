/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/dbusloop.h"
#include "roampost/names.h"

/*	bound.c     sockets that leave by one link
 *	resolved.c  the call to systemd-resolved
 *	ask.c       questions to a link's own servers
 *	names.c     who is asked, one after the other */

/* The call, and what its answer says. NULL: it can't be made. */
DBusMessage *rp_resolved_call(const char *interface, RpFamily family, const char *host);
void rp_resolved_read(DBusMessage *reply, GArray *addresses);

/* Asks the servers of a link, one after the other, a second each, two at most; one that says
 * nothing and has none behind it twice. `done` is given what was found, perhaps nothing; never from
 * within rp_dns_ask_new(). */
typedef struct RpDnsAsk RpDnsAsk;
RpDnsAsk *rp_dns_ask_new(const RpLink *link, RpFamily family, const char *host,
	void (*done)(const GArray *addresses, gpointer user), gpointer user);
void rp_dns_ask_free(RpDnsAsk *ask);

/* A source that calls the function once, in the next turn of the loop. */
static inline GSource *
rp_names_soon(GSourceFunc func, gpointer user)
{
	GSource *source = g_idle_source_new();

	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, func, user, NULL);
	g_source_attach(source, g_main_context_get_thread_default());
	return source;
}
