/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"
#include "roampost/base.h"

/* A table of AS numbers in one of the two forms. */

enum { NAME_LONGEST = 256 };

struct RpAsnTable {
	gboolean ours;
	gboolean damaged;
	union {
		RpAsnBlocks blocks;
		RpMmdb mmdb;
	};
};

RpAsnTable *
rp_asn_table_new(const guint8 *octets, gsize length, GError **error)
{
	g_autofree RpAsnTable *table = g_new0(RpAsnTable, 1);

	table->ours = rp_asn_blocks_are_ours(octets, length);
	if (table->ours ? !rp_asn_blocks_init(&table->blocks, octets, length, error)
			: !rp_mmdb_init(&table->mmdb, octets, length, error))
		return NULL;
	return g_steal_pointer(&table);
}

void
rp_asn_table_free(RpAsnTable *table)
{
	if (table && table->ours)
		rp_asn_blocks_clear(&table->blocks);
	g_free(table);
}

static RpAsnResult
look_up(RpAsnTable *table, const RpAddress *address, guint32 *asn)
{
	RpAsnResult result;
	gsize record;

	if (table->ours)
		return rp_asn_blocks_look_up(&table->blocks, address, asn);
	result = rp_mmdb_find_record(&table->mmdb, address, &record);
	return result == RP_ASN_FOUND ? rp_mmdb_read_asn(&table->mmdb, record, asn) : result;
}

RpAsnResult
rp_asn_table_look_up(RpAsnTable *table, const RpAddress *address, guint32 *asn)
{
	RpAsnResult result = RP_ASN_NONE;

	*asn = 0;
	if (address->family != RP_FAMILY_ANY)
		result = look_up(table, address, asn);
	table->damaged |= result == RP_ASN_DAMAGED;
	return result;
}

gboolean
rp_asn_table_is_damaged(const RpAsnTable *table)
{
	return table->damaged;
}

static RpMmdbText
find_name(RpAsnTable *table, const RpAddress *address)
{
	RpMmdbText name = {NULL, 0};
	guint32 asn;
	gsize record;

	if (rp_asn_table_look_up(table, address, &asn) != RP_ASN_FOUND)
		return name;
	if (table->ours)
		name.text = rp_asn_blocks_name(&table->blocks, asn, &name.length);
	else if (rp_mmdb_find_record(&table->mmdb, address, &record) == RP_ASN_FOUND)
		name = rp_mmdb_read_name(&table->mmdb, record);
	return name;
}

char *
rp_asn_table_name(RpAsnTable *table, const RpAddress *address)
{
	RpMmdbText name = find_name(table, address);

	return name.text && name.length
		       ? rp_text_neutral(name.text, (gssize)MIN(name.length, NAME_LONGEST))
		       : NULL;
}

gboolean
rp_asn_table_check(RpAsnTable *table)
{
	return !table->ours || rp_asn_blocks_check(&table->blocks);
}

gboolean
rp_asn_table_each(RpAsnTable *table, RpAsnRange range, gpointer user)
{
	return table->ours ? rp_asn_blocks_each(&table->blocks, range, user)
			   : rp_mmdb_each(&table->mmdb, range, user);
}

RpAsnFacts
rp_asn_table_facts(const RpAsnTable *table)
{
	const RpAsnBlocks *blocks = &table->blocks;

	if (!table->ours)
		return (RpAsnFacts){.form = "MaxMind DB", .made = table->mmdb.made};
	return (RpAsnFacts){
		.form = "roampost",
		.n_ipv4 = blocks->ipv4.n,
		.n_ipv6 = blocks->ipv6.n,
		.n_names = blocks->names.n,
		.made = blocks->made,
		.note = blocks->note_length
				? g_strndup((const char *)blocks->note, blocks->note_length)
				: NULL,
	};
}
