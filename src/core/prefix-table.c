/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/address.h"

#include <stdlib.h>
#include <string.h>

/* Prefixes either nest or are disjoint. Sorted by first address and then by length, every prefix
 * that contains an address encloses the last one that begins at or before it: a binary search finds
 * that one, and links to the next enclosing prefix give the rest, longest first, at most one for
 * each possible length. */

#define NO_PARENT G_MAXUINT32

typedef struct {
	guint64 high, low; /* the first address; an IPv4 address stands in the top 32 bits */
	guint32 parent;    /* the next prefix that encloses this one, or NO_PARENT */
	guint32 first;     /* its values: [first, next node's first) */
	guint8 length;
} Node;

typedef struct {
	Node *nodes; /* one more than n_nodes: the end of the last one's values */
	guint32 n_nodes;
	guint *values;
} Tree;

struct RpPrefixTable {
	Tree ipv4, ipv6;
};

static guint64
load64(const guint8 *bytes)
{
	guint64 value;

	memcpy(&value, bytes, sizeof value);
	return GUINT64_FROM_BE(value);
}

static int
compare_entries(const void *a, const void *b)
{
	const RpPrefixEntry *x = a, *y = b;
	guint64 x_high = load64(x->prefix.base.bytes), y_high = load64(y->prefix.base.bytes);

	if (x_high != y_high)
		return x_high < y_high ? -1 : 1;
	guint64 x_low = load64(x->prefix.base.bytes + 8), y_low = load64(y->prefix.base.bytes + 8);
	if (x_low != y_low)
		return x_low < y_low ? -1 : 1;
	if (x->prefix.length != y->prefix.length)
		return x->prefix.length < y->prefix.length ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

static gboolean
node_contains(const Node *node, guint64 high, guint64 low)
{
	if (node->length == 0)
		return TRUE;
	if (node->length <= 64)
		return ((node->high ^ high) >> (64 - node->length)) == 0;
	if (node->high != high)
		return FALSE;
	return ((node->low ^ low) >> (128 - node->length)) == 0;
}

static guint32
enclosing(const Tree *tree, guint32 start, guint64 high, guint64 low)
{
	while (start != NO_PARENT && !node_contains(&tree->nodes[start], high, low))
		start = tree->nodes[start].parent;
	return start;
}

static void
tree_build(Tree *tree, RpPrefixEntry *entries, gsize n_entries)
{
	if (n_entries > 0)
		qsort(entries, n_entries, sizeof *entries, compare_entries);
	tree->nodes = g_new(Node, n_entries + 1);
	tree->values = g_new(guint, n_entries);
	for (gsize i = 0; i < n_entries; i++) {
		const RpPrefix *prefix = &entries[i].prefix;
		Node node = {
			.high = load64(prefix->base.bytes),
			.low = load64(prefix->base.bytes + 8),
			.first = (guint32)i,
			.length = prefix->length,
		};
		Node *last = tree->n_nodes ? &tree->nodes[tree->n_nodes - 1] : NULL;

		tree->values[i] = entries[i].value;
		if (last && last->high == node.high && last->low == node.low &&
			last->length == node.length)
			continue;
		node.parent =
			last ? enclosing(tree, tree->n_nodes - 1, node.high, node.low) : NO_PARENT;
		tree->nodes[tree->n_nodes++] = node;
	}
	tree->nodes[tree->n_nodes].first = (guint32)n_entries;
	/* keep what equal prefixes saved */
	tree->nodes = g_renew(Node, tree->nodes, tree->n_nodes + 1);
}

RpPrefixTable *
rp_prefix_table_new(const RpPrefixEntry *entries, gsize n_entries)
{
	RpPrefixTable *table = g_new0(RpPrefixTable, 1);
	g_autofree RpPrefixEntry *sorted = g_new(RpPrefixEntry, n_entries);
	gsize n_ipv4 = 0, n_ipv6 = 0;

	g_return_val_if_fail(n_entries < NO_PARENT, table);
	if (n_entries == 0)
		return table;
	for (gsize i = 0; i < n_entries; i++) {
		if (entries[i].prefix.base.family == RP_FAMILY_IPV4)
			sorted[n_ipv4++] = entries[i];
		else if (entries[i].prefix.base.family == RP_FAMILY_IPV6)
			sorted[n_entries - ++n_ipv6] = entries[i];
	}
	tree_build(&table->ipv4, sorted, n_ipv4);
	tree_build(&table->ipv6, sorted + n_entries - n_ipv6, n_ipv6);
	return table;
}

void
rp_prefix_table_free(RpPrefixTable *table)
{
	if (!table)
		return;
	g_free(table->ipv4.nodes);
	g_free(table->ipv4.values);
	g_free(table->ipv6.nodes);
	g_free(table->ipv6.values);
	g_free(table);
}

/* The last node that begins at or before the address, or NO_PARENT. */
static guint32
last_at_or_before(const Tree *tree, guint64 high, guint64 low)
{
	guint32 from = 0, to = tree->n_nodes;

	while (from < to) {
		guint32 middle = from + (to - from) / 2;
		const Node *node = &tree->nodes[middle];

		if (node->high < high || (node->high == high && node->low <= low))
			from = middle + 1;
		else
			to = middle;
	}
	return from ? from - 1 : NO_PARENT;
}

void
rp_prefix_table_lookup(const RpPrefixTable *table, const RpAddress *address, GArray *found)
{
	if (address->family == RP_FAMILY_ANY)
		return;
	const Tree *tree = address->family == RP_FAMILY_IPV4 ? &table->ipv4 : &table->ipv6;
	guint64 high = load64(address->bytes), low = load64(address->bytes + 8);
	guint32 at = enclosing(tree, last_at_or_before(tree, high, low), high, low);

	/* whatever encloses a prefix that contains the address contains it too */
	for (; at != NO_PARENT; at = tree->nodes[at].parent) {
		RpPrefixEntry entry = {.prefix = rp_prefix_around(address, tree->nodes[at].length)};

		for (guint32 i = tree->nodes[at].first; i < tree->nodes[at + 1].first; i++) {
			entry.value = tree->values[i];
			g_array_append_val(found, entry);
		}
	}
}
