/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-names"
#include "names-private.h"

#include "roampost/base.h"

/* Who is asked for a name, one after the other. */

/* systemd-resolved's own patience is longer. */
#define RESOLVED_MS 3000

struct RpNames {
	RpDBus *bus;
	RpNetwork *network;
};

struct RpLookup {
	RpNames *names;
	char *interface;
	char *host;
	RpFamily family;
	RpLookupDone done;
	gpointer user;
	RpDBusCall *call;
	RpDnsAsk *ask;
	GSource *soon;
};

static void
finish(RpLookup *lookup, const GArray *addresses, const char *who)
{
	if (addresses->len)
		g_debug("%s: %u address(es) of %s, by %s", lookup->interface, addresses->len,
			lookup->host, who);
	else
		g_info("%s: nobody on this link knows %s: the system's resolver is asked",
			lookup->interface, lookup->host);
	lookup->done(addresses->len ? addresses : NULL, lookup->user);
}

static void
on_asked(const GArray *addresses, gpointer user)
{
	finish(user, addresses, "the link's servers");
}

static const RpLink *
find_link(const RpNames *names, const char *interface)
{
	for (guint i = 0; names->network && i < names->network->links->len; i++) {
		const RpLink *link = names->network->links->pdata[i];

		if (g_str_equal(link->interface, interface))
			return link;
	}
	return NULL;
}

static gboolean
ask_servers(gpointer user)
{
	RpLookup *lookup = user;
	const RpLink *link = find_link(lookup->names, lookup->interface);
	g_autoptr(RpLink) bare = rp_link_new(lookup->interface, RP_LINK_OTHER);

	rp_source_clear(&lookup->soon);
	lookup->ask =
		rp_dns_ask_new(link ? link : bare, lookup->family, lookup->host, on_asked, lookup);
	return G_SOURCE_REMOVE;
}

static void
on_resolved(DBusMessage *reply, const GError *error, gpointer user)
{
	RpLookup *lookup = user;
	g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(RpAddress));

	if (!error)
		rp_resolved_read(reply, addresses);
	else
		g_debug("%s: systemd-resolved does not tell %s: %s", lookup->interface,
			lookup->host, error->message);
	if (addresses->len)
		finish(lookup, addresses, "systemd-resolved");
	else
		ask_servers(lookup);
}

RpLookup *
rp_names_lookup(RpNames *names, const char *interface, RpFamily family, const char *host,
	RpLookupDone done, gpointer user)
{
	RpLookup *lookup = g_new0(RpLookup, 1);
	DBusMessage *call =
		rp_dbus_is_connected(names->bus) ? rp_resolved_call(interface, family, host) : NULL;

	lookup->names = names;
	lookup->interface = g_strdup(interface);
	lookup->host = g_strdup(host);
	lookup->family = family;
	lookup->done = done;
	lookup->user = user;
	if (call)
		lookup->call = rp_dbus_call(names->bus, call, RESOLVED_MS, on_resolved, lookup);
	else
		lookup->soon = rp_names_soon(ask_servers, lookup);
	return lookup;
}

void
rp_lookup_free(RpLookup *lookup)
{
	if (!lookup)
		return;
	rp_dbus_call_free(lookup->call);
	rp_dns_ask_free(lookup->ask);
	rp_source_clear(&lookup->soon);
	g_free(lookup->interface);
	g_free(lookup->host);
	g_free(lookup);
}

void
rp_names_set_network(RpNames *names, const RpNetwork *network)
{
	rp_network_free(names->network);
	names->network = rp_network_copy(network);
}

RpNames *
rp_names_new(const char *system_bus)
{
	RpNames *names = g_new0(RpNames, 1);

	names->bus = system_bus ? rp_dbus_new_address(system_bus) : rp_dbus_new_system();
	return names;
}

void
rp_names_free(RpNames *names)
{
	if (!names)
		return;
	rp_dbus_unref(names->bus);
	rp_network_free(names->network);
	g_free(names);
}
