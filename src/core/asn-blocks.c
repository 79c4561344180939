/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"
#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* A table in our own form. What the head says is checked when it begins, a block when it is first
 * read: so it costs nothing to begin, and what is damaged never answers. */

enum { UNREAD, GOOD, DAMAGED };

void
rp_asn_sum(const guint8 *octets, gsize length, gsize skip, guint8 *sum)
{
	static const guint8 zeros[RP_ASN_SUM];
	g_autoptr(GChecksum) sha = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize n = sizeof digest;

	if (skip) {
		g_checksum_update(sha, octets, (gssize)(skip - RP_ASN_SUM));
		g_checksum_update(sha, zeros, RP_ASN_SUM);
	}
	g_checksum_update(sha, octets + skip, (gssize)(length - skip));
	g_checksum_get_digest(sha, digest, &n);
	memcpy(sum, digest, RP_ASN_SUM);
}

gboolean
rp_asn_blocks_are_ours(const guint8 *octets, gsize length)
{
	return length >= RP_ASN_HEAD && memcmp(octets, RP_ASN_MAGIC, 8) == 0;
}

/* ---- the head ---- */

static gboolean
refuse(GError **error, const char *why)
{
	g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID, why);
	return FALSE;
}

static RpAsnSection
make_section(guint32 n, guint8 size, guint8 key, guint64 *block)
{
	RpAsnSection section = {.n = n, .size = size, .key = key, .per_block = RP_ASN_BLOCK / size};

	section.n_blocks = n / section.per_block + (n % section.per_block != 0);
	section.block = (guint32)*block;
	*block += section.n_blocks;
	return section;
}

/* Hands out the octets behind those that were handed out. */
static const guint8 *
take(const guint8 **at, guint64 length)
{
	const guint8 *taken = *at;

	*at += length;
	return taken;
}

/* All lengths are below 2^32 times 20, so none of this overflows 64 bits. */
static gboolean
lay_out(RpAsnBlocks *blocks, const guint8 *octets, gsize length, GError **error)
{
	guint64 n = 0;

	blocks->head = rp_be32(octets + 12);
	blocks->ipv4 = make_section(rp_be32(octets + 16), RP_ASN_IPV4_SIZE, 4, &n);
	blocks->ipv6 = make_section(rp_be32(octets + 20), RP_ASN_IPV6_SIZE, 16, &n);
	blocks->names = make_section(rp_be32(octets + 24), RP_ASN_NAME_SIZE, 4, &n);
	blocks->text_block = (guint32)n;
	blocks->text_length = rp_be32(octets + 28);
	n += blocks->text_length / RP_ASN_BLOCK + (blocks->text_length % RP_ASN_BLOCK != 0);
	blocks->made = (gint64)rp_be64(octets + 32);
	blocks->note_length = rp_be32(octets + 40);
	guint64 needed = RP_ASN_HEAD + RP_ASN_SUM * n + 4ull * blocks->ipv4.n_blocks +
			 16ull * blocks->ipv6.n_blocks + 4ull * blocks->names.n_blocks +
			 blocks->note_length;
	if (blocks->head % RP_ASN_BLOCK || blocks->head < needed || blocks->head > length)
		return refuse(error, _("its head is damaged"));
	if ((length - blocks->head) / RP_ASN_BLOCK != n || length % RP_ASN_BLOCK)
		return refuse(
			error, _("it is cut off, or has grown: its length is not what it says"));
	blocks->n_blocks = (guint32)n;
	return TRUE;
}

gboolean
rp_asn_blocks_init(RpAsnBlocks *blocks, const guint8 *octets, gsize length, GError **error)
{
	const guint8 *at = octets + RP_ASN_HEAD;
	guint8 sum[RP_ASN_SUM];

	if (rp_be32(octets + 8) != RP_ASN_VERSION)
		return refuse(error, _("it was written by another version: make it anew with "
				       "“roampost providers update”"));
	if (!lay_out(blocks, octets, length, error))
		return FALSE;
	rp_asn_sum(octets, blocks->head, RP_ASN_HEAD, sum);
	if (memcmp(sum, octets + RP_ASN_HEAD - RP_ASN_SUM, RP_ASN_SUM) != 0)
		return refuse(error, _("its head is damaged: the checksum is another"));
	blocks->octets = octets;
	blocks->sums = take(&at, (guint64)RP_ASN_SUM * blocks->n_blocks);
	blocks->ipv4.firsts = take(&at, 4ull * blocks->ipv4.n_blocks);
	blocks->ipv6.firsts = take(&at, 16ull * blocks->ipv6.n_blocks);
	blocks->names.firsts = take(&at, 4ull * blocks->names.n_blocks);
	blocks->note = take(&at, blocks->note_length);
	blocks->state = g_malloc0(MAX(blocks->n_blocks, 1));
	return TRUE;
}

void
rp_asn_blocks_clear(RpAsnBlocks *blocks)
{
	g_free(blocks->state);
}

/* ---- reading ---- */

/* NULL: it is damaged. The number is one of the file's. */
static const guint8 *
read_block(RpAsnBlocks *blocks, guint32 number)
{
	const guint8 *block = blocks->octets + blocks->head + (gsize)number * RP_ASN_BLOCK;
	guint8 sum[RP_ASN_SUM];

	if (G_UNLIKELY(blocks->state[number] == UNREAD)) {
		rp_asn_sum(block, RP_ASN_BLOCK, 0, sum);
		blocks->state[number] =
			memcmp(sum, blocks->sums + (gsize)number * RP_ASN_SUM, RP_ASN_SUM) == 0
				? GOOD
				: DAMAGED;
	}
	return blocks->state[number] == GOOD ? block : NULL;
}

/* Of n keys that stand `step` octets apart: the last one that is not behind `key`; -1: all are. */
static gint64
last_until(const guint8 *keys, guint32 n, gsize step, const guint8 *key, gsize length)
{
	guint32 from = 0, to = n;

	while (from < to) {
		guint32 middle = from + (to - from) / 2;

		if (memcmp(keys + middle * step, key, length) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	return (gint64)from - 1;
}

static RpAsnResult
find_entry(
	RpAsnBlocks *blocks, const RpAsnSection *section, const guint8 *key, const guint8 **entry)
{
	gint64 block =
		last_until(section->firsts, section->n_blocks, section->key, key, section->key);

	if (block < 0)
		return RP_ASN_NONE;
	const guint8 *entries = read_block(blocks, section->block + (guint32)block);
	guint32 n = MIN(section->n - (guint32)block * section->per_block, section->per_block);
	gint64 index = entries ? last_until(entries, n, section->size, key, section->key) : -1;
	if (index < 0)
		return RP_ASN_DAMAGED;
	*entry = entries + (gsize)index * section->size;
	return RP_ASN_FOUND;
}

RpAsnResult
rp_asn_blocks_look_up(RpAsnBlocks *blocks, const RpAddress *address, guint32 *asn)
{
	const RpAsnSection *section =
		address->family == RP_FAMILY_IPV4 ? &blocks->ipv4 : &blocks->ipv6;
	const guint8 *entry;
	RpAsnResult result = find_entry(blocks, section, address->bytes, &entry);

	if (result != RP_ASN_FOUND)
		return result;
	*asn = rp_be32(entry + section->key);
	return *asn ? RP_ASN_FOUND : RP_ASN_NONE;
}

const char *
rp_asn_blocks_name(RpAsnBlocks *blocks, guint32 asn, gsize *length)
{
	const guint8 key[] = {
		(guint8)(asn >> 24), (guint8)(asn >> 16), (guint8)(asn >> 8), (guint8)asn};
	const guint8 *entry;

	if (find_entry(blocks, &blocks->names, key, &entry) != RP_ASN_FOUND ||
		rp_be32(entry) != asn)
		return NULL;
	guint64 start = rp_be32(entry + 4), end = start + rp_be32(entry + 8);
	if (end == start || end > blocks->text_length)
		return NULL;
	for (guint64 block = start / RP_ASN_BLOCK; block <= (end - 1) / RP_ASN_BLOCK; block++)
		if (!read_block(blocks, blocks->text_block + (guint32)block))
			return NULL;
	*length = (gsize)(end - start);
	return (const char *)blocks->octets + blocks->head +
	       (gsize)blocks->text_block * RP_ASN_BLOCK + start;
}

gboolean
rp_asn_blocks_check(RpAsnBlocks *blocks)
{
	for (guint32 i = 0; i < blocks->n_blocks; i++)
		if (!read_block(blocks, i))
			return FALSE;
	return TRUE;
}

/* ---- all of it ---- */

/* NULL: damaged. */
static const guint8 *
entry_at(RpAsnBlocks *blocks, const RpAsnSection *section, guint32 index)
{
	const guint8 *block = read_block(blocks, section->block + index / section->per_block);

	return block ? block + (gsize)(index % section->per_block) * section->size : NULL;
}

/* The address before the one that begins there; the last of all for NULL. */
static RpAddress
address_before(const guint8 *next, guint length, RpFamily family)
{
	RpAddress address = {.family = family};
	gboolean borrow = TRUE;

	for (guint i = length; i-- > 0;) {
		address.bytes[i] = (guint8)((next ? next[i] : 0) - borrow);
		borrow = borrow && (!next || next[i] == 0);
	}
	return address;
}

static gboolean
each_of(RpAsnBlocks *blocks, const RpAsnSection *section, RpFamily family, RpAsnRange range,
	gpointer user)
{
	for (guint32 i = 0; i < section->n; i++) {
		const guint8 *entry = entry_at(blocks, section, i);
		gboolean has_next = i + 1 < section->n;
		const guint8 *next = has_next ? entry_at(blocks, section, i + 1) : NULL;
		RpAddress first = {.family = family};
		gsize length = 0;

		if (!entry || (has_next && !next))
			return FALSE;
		guint32 asn = rp_be32(entry + section->key);
		RpAddress last = address_before(next, section->key, family);
		memcpy(first.bytes, entry, section->key);
		if (!asn)
			continue;
		const char *name = rp_asn_blocks_name(blocks, asn, &length);
		range(&first, &last, asn, name, length, user);
	}
	return TRUE;
}

gboolean
rp_asn_blocks_each(RpAsnBlocks *blocks, RpAsnRange range, gpointer user)
{
	return each_of(blocks, &blocks->ipv4, RP_FAMILY_IPV4, range, user) &&
	       each_of(blocks, &blocks->ipv6, RP_FAMILY_IPV6, range, user);
}
