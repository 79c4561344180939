/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/asn-table.h"

/* The two forms of a table, from below:
 *
 *	asn-blocks.c     our own
 *	asn-mmdb-data.c  a MaxMind DB's values
 *	asn-mmdb.c       its tree
 *	asn-mmdb-walk.c  all of that
 *	asn-table.c      which of them it is */

static inline guint32
rp_be32(const guint8 *octets)
{
	return (guint32)octets[0] << 24 | (guint32)octets[1] << 16 | (guint32)octets[2] << 8 |
	       octets[3];
}

static inline guint64
rp_be64(const guint8 *octets)
{
	return (guint64)rp_be32(octets) << 32 | rp_be32(octets + 4);
}

/* ---- asn-blocks.c ---- */

/* Entries of one kind, in blocks. */
typedef struct {
	const guint8 *firsts; /* the first key of each block */
	guint32 n;
	guint32 n_blocks;
	guint32 block; /* the first */
	guint8 size;   /* of an entry */
	guint8 key;    /* octets of it that it is sorted by */
	guint16 per_block;
} RpAsnSection;

typedef struct {
	const guint8 *octets;
	gsize head;
	guint32 n_blocks;
	const guint8 *sums;
	RpAsnSection ipv4, ipv6, names;
	guint32 text_block;
	guint32 text_length;
	const guint8 *note;
	guint32 note_length;
	gint64 made;
	guint8 *state; /* of each block: not looked at, good, damaged */
} RpAsnBlocks;

gboolean rp_asn_blocks_are_ours(const guint8 *octets, gsize length);
gboolean rp_asn_blocks_init(
	RpAsnBlocks *blocks, const guint8 *octets, gsize length, GError **error);
void rp_asn_blocks_clear(RpAsnBlocks *blocks);
RpAsnResult rp_asn_blocks_look_up(RpAsnBlocks *blocks, const RpAddress *address, guint32 *asn);
/* Not copied; NULL: none. */
const char *rp_asn_blocks_name(RpAsnBlocks *blocks, guint32 asn, gsize *length);
gboolean rp_asn_blocks_check(RpAsnBlocks *blocks);
gboolean rp_asn_blocks_each(RpAsnBlocks *blocks, RpAsnRange range, gpointer user);

/* ---- asn-mmdb-data.c ---- */

/* Values of the "MaxMind DB File Format Specification", version 2.0: all that a pointer can lead
 * to.
 */
typedef struct {
	const guint8 *octets;
	gsize length;
} RpMmdbData;

/* Text within the data. */
typedef struct {
	const char *text; /* NULL: no such member */
	gsize length;
} RpMmdbText;

/* The value of a member of the map that begins there; FALSE: there is none, or it is damaged. */
gboolean rp_mmdb_find(const RpMmdbData *data, gsize map, const char *key, gsize *value);
gboolean rp_mmdb_number(const RpMmdbData *data, gsize value, guint64 *number);
gboolean rp_mmdb_text(const RpMmdbData *data, gsize value, RpMmdbText *text);

/* ---- asn-mmdb.c ---- */

typedef struct {
	const guint8 *tree;
	guint32 n_nodes;
	guint record_bits; /* 24, 28 or 32 */
	gboolean ipv6;     /* else its addresses are IPv4's alone */
	guint32 ipv4_node; /* where IPv4's addresses begin */
	RpMmdbData data;
	gint64 made;
} RpMmdb;

gboolean rp_mmdb_init(RpMmdb *mmdb, const guint8 *octets, gsize length, GError **error);
/* The record that the address is in: an offset into the data. */
RpAsnResult rp_mmdb_find_record(const RpMmdb *mmdb, const RpAddress *address, gsize *record);
/* What it says. */
RpAsnResult rp_mmdb_read_asn(const RpMmdb *mmdb, gsize record, guint32 *asn);
RpMmdbText rp_mmdb_read_name(const RpMmdb *mmdb, gsize record);
/* One step from a node; TRUE: *next is another node, FALSE: *record, or -1 for none or damage. */
gboolean rp_mmdb_step(const RpMmdb *mmdb, guint32 node, guint bit, guint32 *next, gint64 *record);

/* ---- asn-mmdb-walk.c ---- */

gboolean rp_mmdb_each(const RpMmdb *mmdb, RpAsnRange range, gpointer user);
