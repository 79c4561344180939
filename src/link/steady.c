/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "steady-private.h"

#include "merge-private.h"

/* What is known of a link stays while only the knowledge is gone: NetworkManager restarts, a
 * gateway does not answer, a cable is out for a moment. */

typedef struct {
	RpLink *link;      /* as it was last, with all that was known of it */
	gint64 seen;       /* when it was last there */
	gint64 bare_since; /* nothing is said of it since then; 0: something is */
} KnownLink;

struct RpSteady {
	GPtrArray *known;    /* of KnownLink */
	gint64 absent_since; /* -1: the source is there */
	gboolean has_filled; /* what an absent source knew stands in the last network */
};

static void
known_free(gpointer data)
{
	KnownLink *known = data;

	rp_link_free(known->link);
	g_free(known);
}

RpSteady *
rp_steady_new(void)
{
	RpSteady *steady = g_new0(RpSteady, 1);

	steady->known = g_ptr_array_new_with_free_func(known_free);
	steady->absent_since = -1;
	return steady;
}

void
rp_steady_free(RpSteady *steady)
{
	if (!steady)
		return;
	g_ptr_array_unref(steady->known);
	g_free(steady);
}

static KnownLink *
find_known(const RpSteady *steady, const char *interface)
{
	for (guint i = 0; i < steady->known->len; i++) {
		KnownLink *known = steady->known->pdata[i];

		if (g_str_equal(known->link->interface, interface))
			return known;
	}
	return NULL;
}

/* An address of the same family that both have: others of IPv6 come and go. */
static gboolean
shares_address(const RpLink *a, const RpLink *b)
{
	for (guint i = 0; i < a->addresses->len; i++)
		if (rp_link_has_address(b, &g_array_index(a->addresses, RpAddress, i)))
			return TRUE;
	return FALSE;
}

static void
fill(char **into, const char *from)
{
	if (!*into)
		*into = g_strdup(from);
}

static void
fill_knowledge(RpLink *link, const RpLink *before)
{
	fill(&link->connection_id, before->connection_id);
	fill(&link->connection_uuid, before->connection_uuid);
	fill(&link->ssid, before->ssid);
	fill(&link->operator_code, before->operator_code);
	link->open = link->open || before->open;
	if (!link->dns_domains)
		link->dns_domains = g_strdupv(before->dns_domains);
	if (!link->dns_servers)
		link->dns_servers = g_strdupv(before->dns_servers);
	if (!link->dhcp_options)
		link->dhcp_options = g_strdupv(before->dhcp_options);
	if (link->connectivity == RP_CONNECTIVITY_UNKNOWN)
		link->connectivity = before->connectivity;
	link->metered = link->metered || before->metered;
	if (before->kind == RP_LINK_VPN || link->kind == RP_LINK_OTHER)
		link->kind = before->kind;
}

static void
fill_link(RpSteady *steady, gint64 now, RpLink *link)
{
	const KnownLink *known = find_known(steady, link->interface);

	if (!known || !shares_address(link, known->link))
		return;
	if (steady->absent_since >= 0 && now - steady->absent_since < RP_STEADY_KEPT &&
		known->link->connection_uuid && !link->connection_uuid) {
		fill_knowledge(link, known->link);
		steady->has_filled = TRUE;
	}
	if (g_strcmp0(link->connection_uuid, known->link->connection_uuid) == 0)
		fill(&link->gateway_hwaddr, known->link->gateway_hwaddr);
}

static void
remember(RpSteady *steady, gint64 now, const RpLink *link)
{
	enum { LEAVING = 3 * 1000 * 1000 }; /* its words go before it is said to be gone */
	KnownLink *known = find_known(steady, link->interface);

	if (known && known->link->connection_uuid && !link->connection_uuid &&
		shares_address(link, known->link)) {
		if (!known->bare_since)
			known->bare_since = now;
		if (now - known->bare_since < LEAVING)
			return;
	}
	if (!known) {
		known = g_new0(KnownLink, 1);
		g_ptr_array_add(steady->known, known);
	}
	rp_link_free(known->link);
	known->link = rp_link_copy(link);
	known->seen = now;
	known->bare_since = 0;
}

/* A link that comes back within the time may be the same: a cable that was out. Wi-Fi that comes
 * back has a new association, whatever its name: only while its manager is away was it perhaps
 * never gone. */
static void
forget(RpSteady *steady, gint64 now, const RpNetwork *network)
{
	for (guint i = steady->known->len; i-- > 0;) {
		const KnownLink *known = steady->known->pdata[i];
		gboolean wireless =
			known->link->kind == RP_LINK_WIFI || known->link->kind == RP_LINK_CELLULAR;

		if (rp_network_find_link(network, known->link->interface))
			continue;
		if ((wireless && steady->absent_since < 0) || now - known->seen >= RP_STEADY_KEPT)
			g_ptr_array_remove_index(steady->known, i);
	}
}

void
rp_steady_fill(RpSteady *steady, gint64 now, RpNetwork *network, gboolean absent)
{
	if (!absent)
		steady->absent_since = -1;
	else if (steady->absent_since < 0)
		steady->absent_since = now;
	steady->has_filled = FALSE;
	forget(steady, now, network);
	for (guint i = 0; i < network->links->len; i++)
		fill_link(steady, now, network->links->pdata[i]);
	for (guint i = 0; i < network->links->len; i++)
		remember(steady, now, network->links->pdata[i]);
}

gint64
rp_steady_deadline(const RpSteady *steady)
{
	return steady->has_filled ? steady->absent_since + RP_STEADY_KEPT : -1;
}
