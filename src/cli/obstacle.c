/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "find-servers.h"

#include "roampost/doctor.h"
#include "roampost/language.h"
#include "roampost/module.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>

/* What stands between this machine and every server, once one was not reached: who reads of a
 * server's name or certificate would look for the fault there. */

/* For so long the answer counts for the next server, too. */
#define COUNTS_SECONDS 30

/* An address and a carrier: a bridge for containers has the first alone. */
static gboolean
is_offline(void)
{
	const guint wanted = IFF_UP | IFF_RUNNING;
	struct ifaddrs *all = NULL;
	gboolean any = FALSE;

	if (getifaddrs(&all) != 0)
		return FALSE;
	for (const struct ifaddrs *one = all; one && !any; one = one->ifa_next)
		any = one->ifa_addr && (one->ifa_flags & wanted) == wanted &&
		      !(one->ifa_flags & IFF_LOOPBACK) &&
		      (one->ifa_addr->sa_family == AF_INET || one->ifa_addr->sa_family == AF_INET6);
	freeifaddrs(all);
	return !any;
}

static char *
look(void)
{
	if (is_offline())
		return g_strdup(_("this machine has no network: connect, and run it again"));
	RpFindPortal find =
		(RpFindPortal)rp_module_function(RP_DOCTOR_MODULE, RP_DOCTOR_PORTAL_FUNCTION);
	g_autofree char *page = find ? find() : NULL;
	return page ? g_strdup_printf(_("this network wants a log-in on a web page before it lets "
					"anything through: open %s in a browser, log in, and run "
					"it again"),
			      page)
		    : NULL;
}

const char *
rp_find_obstacle(void)
{
	static char *found;
	static gint64 until;
	gint64 now = g_get_monotonic_time();

	if (now < until)
		return found;
	g_free(found);
	found = look();
	until = g_get_monotonic_time() + COUNTS_SECONDS * G_USEC_PER_SEC;
	return found;
}
