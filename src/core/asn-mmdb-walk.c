/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"

/* All ranges of a MaxMind DB. Its tree has other ways to IPv4's addresses (::ffff:0:0/96,
 * 2002::/16, Teredo): each node is gone to once, by IPv4's own way first, so that these are left
 * out and that a damaged tree, which may lead back to itself, ends. */

typedef struct {
	const RpMmdb *mmdb;
	guint8 *seen; /* a bit a node */
	RpFamily family;
	guint bits;
	RpAddress at;
	RpAsnRange range;
	gpointer user;
} Walk;

static gboolean
is_seen(Walk *walk, guint32 node)
{
	guint8 *octet = &walk->seen[node / 8], bit = (guint8)(1u << node % 8);
	gboolean seen = (*octet & bit) != 0;

	*octet |= bit;
	return seen;
}

static gboolean
tell(Walk *walk, guint depth, gsize record)
{
	RpAddress last = walk->at;
	guint32 asn;
	RpAsnResult result = rp_mmdb_read_asn(walk->mmdb, record, &asn);

	if (result != RP_ASN_FOUND)
		return result == RP_ASN_NONE;
	for (guint i = depth; i < walk->bits; i++)
		last.bytes[i / 8] |= (guint8)(0x80u >> i % 8);
	RpMmdbText name = rp_mmdb_read_name(walk->mmdb, record);
	walk->range(&walk->at, &last, asn, name.text, name.length, walk->user);
	return TRUE;
}

static gboolean
walk_node(Walk *walk, guint32 node, guint depth)
{
	if (is_seen(walk, node))
		return TRUE;
	if (depth == walk->bits)
		return FALSE;
	for (guint bit = 0; bit < 2; bit++) {
		guint8 mask = (guint8)(0x80u >> depth % 8);
		gboolean good = TRUE;
		guint32 next;
		gint64 record;

		if (bit)
			walk->at.bytes[depth / 8] |= mask;
		if (rp_mmdb_step(walk->mmdb, node, bit, &next, &record))
			good = walk_node(walk, next, depth + 1);
		else if (record >= 0)
			good = tell(walk, depth + 1, (gsize)record);
		walk->at.bytes[depth / 8] &= (guint8)~mask;
		if (!good)
			return FALSE;
	}
	return TRUE;
}

static gboolean
walk_family(Walk *walk, RpFamily family, guint32 node)
{
	walk->family = family;
	walk->bits = family == RP_FAMILY_IPV4 ? 32 : 128;
	walk->at = (RpAddress){.family = family};
	return walk_node(walk, node, 0);
}

gboolean
rp_mmdb_each(const RpMmdb *mmdb, RpAsnRange range, gpointer user)
{
	g_autofree guint8 *seen = g_malloc0(mmdb->n_nodes / 8 + 1);
	Walk walk = {.mmdb = mmdb, .seen = seen, .range = range, .user = user};

	if (mmdb->ipv4_node != G_MAXUINT32 && !walk_family(&walk, RP_FAMILY_IPV4, mmdb->ipv4_node))
		return FALSE;
	return !mmdb->ipv6 || walk_family(&walk, RP_FAMILY_IPV6, 0);
}
