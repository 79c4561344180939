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
} Memory;

struct RpSteady {
	GPtrArray *memories; /* of Memory */
	gint64 absent_since; /* -1: the source is there */
	gboolean has_filled; /* what an absent source knew stands in the last network */
};

static void
memory_free(gpointer data)
{
	Memory *memory = data;

	rp_link_free(memory->link);
	g_free(memory);
}

RpSteady *
rp_steady_new(void)
{
	RpSteady *steady = g_new0(RpSteady, 1);

	steady->memories = g_ptr_array_new_with_free_func(memory_free);
	steady->absent_since = -1;
	return steady;
}

void
rp_steady_free(RpSteady *steady)
{
	if (!steady)
		return;
	g_ptr_array_unref(steady->memories);
	g_free(steady);
}

static Memory *
find_memory(const RpSteady *steady, const char *interface)
{
	for (guint i = 0; i < steady->memories->len; i++) {
		Memory *memory = steady->memories->pdata[i];

		if (g_str_equal(memory->link->interface, interface))
			return memory;
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
	if (!link->dns_domains)
		link->dns_domains = g_strdupv(before->dns_domains);
	if (link->connectivity == RP_CONNECTIVITY_UNKNOWN)
		link->connectivity = before->connectivity;
	link->metered = link->metered || before->metered;
	if (before->kind == RP_LINK_VPN || link->kind == RP_LINK_OTHER)
		link->kind = before->kind;
}

static void
fill_link(RpSteady *steady, gint64 now, RpLink *link)
{
	const Memory *memory = find_memory(steady, link->interface);

	if (!memory || !shares_address(link, memory->link))
		return;
	if (steady->absent_since >= 0 && now - steady->absent_since < RP_STEADY_KEPT &&
		memory->link->connection_uuid && !link->connection_uuid) {
		fill_knowledge(link, memory->link);
		steady->has_filled = TRUE;
	}
	if (g_strcmp0(link->connection_uuid, memory->link->connection_uuid) == 0)
		fill(&link->gateway_hwaddr, memory->link->gateway_hwaddr);
}

static void
remember(RpSteady *steady, gint64 now, const RpLink *link)
{
	enum { LEAVING = 3 * 1000 * 1000 }; /* its words go before it is said to be gone */
	Memory *memory = find_memory(steady, link->interface);

	if (memory && memory->link->connection_uuid && !link->connection_uuid &&
		shares_address(link, memory->link)) {
		if (!memory->bare_since)
			memory->bare_since = now;
		if (now - memory->bare_since < LEAVING)
			return;
	}
	if (!memory) {
		memory = g_new0(Memory, 1);
		g_ptr_array_add(steady->memories, memory);
	}
	rp_link_free(memory->link);
	memory->link = rp_link_copy(link);
	memory->seen = now;
	memory->bare_since = 0;
}

/* A link that comes back within the time may be the same: a cable that was out. Wi-Fi that comes
 * back has a new association, whatever its name: only while its manager is away was it perhaps
 * never gone. */
static void
forget(RpSteady *steady, gint64 now, const RpNetwork *network)
{
	for (guint i = steady->memories->len; i-- > 0;) {
		const Memory *memory = steady->memories->pdata[i];
		gboolean wireless = memory->link->kind == RP_LINK_WIFI ||
				    memory->link->kind == RP_LINK_CELLULAR;

		if (rp_network_find_link(network, memory->link->interface))
			continue;
		if ((wireless && steady->absent_since < 0) || now - memory->seen >= RP_STEADY_KEPT)
			g_ptr_array_remove_index(steady->memories, i);
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
