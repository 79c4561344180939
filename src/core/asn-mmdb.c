/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"
#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* The tree of a MaxMind DB: from the bits of an address to a record, and what different makers call
 * an AS in it. */

static const char marker[] = "\xab\xcd\xefMaxMind.com";

enum {
	MARKER = sizeof marker - 1,
	METADATA_LARGEST = 128 * 1024, /* so far from its end, says the specification */
	SEPARATOR = 16,                /* zeros between the tree and the data */
};

/* ---- the metadata ---- */

static const guint8 *
find_metadata(const guint8 *octets, gsize length)
{
	gsize from = length > METADATA_LARGEST ? length - METADATA_LARGEST : 0;

	for (gsize at = length < MARKER ? 0 : length - MARKER + 1; at-- > from;)
		if (memcmp(octets + at, marker, MARKER) == 0)
			return octets + at + MARKER;
	return NULL;
}

static guint64
metadata_number(const RpMmdbData *metadata, const char *key)
{
	guint64 number = 0;
	gsize value;

	if (!rp_mmdb_find(metadata, 0, key, &value) || !rp_mmdb_number(metadata, value, &number))
		return 0;
	return number;
}

static gboolean
refuse(GError **error, const char *why)
{
	g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID, why);
	return FALSE;
}

/* ::/96, below which an IPv6 tree has IPv4's addresses. Where the tree ends above, so do they. */
static guint32
find_ipv4_node(const RpMmdb *mmdb)
{
	guint32 node = 0;
	gint64 record;

	for (guint i = 0; mmdb->ipv6 && i < 96; i++)
		if (!rp_mmdb_step(mmdb, node, 0, &node, &record))
			return G_MAXUINT32;
	return node;
}

gboolean
rp_mmdb_init(RpMmdb *mmdb, const guint8 *octets, gsize length, GError **error)
{
	const guint8 *found = find_metadata(octets, length);

	if (!found)
		return refuse(error, _("it is neither a table of ours nor a MaxMind DB"));
	RpMmdbData metadata = {found, (gsize)(octets + length - found)};
	guint64 nodes = metadata_number(&metadata, "node_count");
	guint64 bits = metadata_number(&metadata, "record_size");
	guint64 version = metadata_number(&metadata, "ip_version");
	if (metadata_number(&metadata, "binary_format_major_version") != 2)
		return refuse(
			error, _("it is a MaxMind DB of a version that is not known (not 2)"));
	if ((bits != 24 && bits != 28 && bits != 32) || (version != 4 && version != 6) || !nodes ||
		nodes > G_MAXUINT32)
		return refuse(error, _("it is a MaxMind DB with damaged metadata"));
	guint64 tree = nodes * bits / 4;
	gsize before = (gsize)(found - octets) - MARKER;
	if (before < SEPARATOR || tree > before - SEPARATOR)
		return refuse(error, _("it is a MaxMind DB that is cut off: its tree is larger"));
	*mmdb = (RpMmdb){
		.tree = octets,
		.n_nodes = (guint32)nodes,
		.record_bits = (guint)bits,
		.ipv6 = version == 6,
		.data = {octets + tree + SEPARATOR, before - SEPARATOR - (gsize)tree},
		.made = (gint64)metadata_number(&metadata, "build_epoch"),
	};
	mmdb->ipv4_node = find_ipv4_node(mmdb);
	return TRUE;
}

/* ---- the tree ---- */

static guint32
read_record(const RpMmdb *mmdb, guint32 node, guint bit)
{
	const guint8 *at = mmdb->tree +
			   (gsize)node * (mmdb->record_bits / 4); /* octets of a node: 6, 7 or 8 */

	if (mmdb->record_bits == 32)
		return rp_be32(at + 4 * bit);
	if (mmdb->record_bits == 24)
		return rp_be32(at + 3 * bit) >> 8;
	/* 28: the octet in the middle has the highest four bits of both. */
	if (bit)
		return rp_be32(at + 3) & 0xfffffff;
	return rp_be32(at) >> 8 | (guint32)(at[3] & 0xf0) << 20;
}

gboolean
rp_mmdb_step(const RpMmdb *mmdb, guint32 node, guint bit, guint32 *next, gint64 *record)
{
	guint32 value = read_record(mmdb, node, bit);

	*record = -1;
	if (value < mmdb->n_nodes) {
		*next = value;
		return TRUE;
	}
	/* The node count itself: nothing. What lies between is the separator: damage. */
	if (value - mmdb->n_nodes >= SEPARATOR &&
		value - mmdb->n_nodes - SEPARATOR < mmdb->data.length)
		*record = (gint64)value - mmdb->n_nodes - SEPARATOR;
	return FALSE;
}

RpAsnResult
rp_mmdb_find_record(const RpMmdb *mmdb, const RpAddress *address, gsize *record)
{
	gboolean ipv4 = address->family == RP_FAMILY_IPV4;
	guint bits = ipv4 ? 32 : 128;
	guint32 node = ipv4 ? mmdb->ipv4_node : 0;
	gint64 found = -1;

	if (node == G_MAXUINT32 || (!ipv4 && !mmdb->ipv6))
		return RP_ASN_NONE;
	for (guint i = 0; i < bits; i++) {
		guint bit = address->bytes[i / 8] >> (7 - i % 8) & 1;

		if (rp_mmdb_step(mmdb, node, bit, &node, &found))
			continue;
		if (found < 0)
			return RP_ASN_NONE;
		*record = (gsize)found;
		return RP_ASN_FOUND;
	}
	return RP_ASN_DAMAGED; /* no address is that long */
}

/* ---- records ---- */

/* "AS1234", "1234". */
static gboolean
read_as_text(const RpMmdbText *text, guint64 *number)
{
	gsize at = text->length > 2 && g_ascii_strncasecmp(text->text, "AS", 2) == 0 ? 2 : 0;

	*number = 0;
	if (at == text->length || text->length - at > 10)
		return FALSE;
	for (; at < text->length; at++) {
		if (!g_ascii_isdigit(text->text[at]))
			return FALSE;
		*number = *number * 10 + (guint64)(text->text[at] - '0');
	}
	return TRUE;
}

/* MaxMind's and DB-IP's; IPinfo's; what others say. */
static const char *const number_keys[] = {"autonomous_system_number", "asn", "as_number"};
static const char *const name_keys[] = {
	"autonomous_system_organization", "as_name", "name", "as_organization", "organization"};

/* Enterprise databases have it one level below. */
static gboolean
find_member(const RpMmdbData *data, gsize record, const char *key, gsize *value)
{
	gsize traits;

	return rp_mmdb_find(data, record, key, value) ||
	       (rp_mmdb_find(data, record, "traits", &traits) &&
		       rp_mmdb_find(data, traits, key, value));
}

RpAsnResult
rp_mmdb_read_asn(const RpMmdb *mmdb, gsize record, guint32 *asn)
{
	guint64 number = 0;
	RpMmdbText text;
	gsize value;

	for (guint i = 0; i < G_N_ELEMENTS(number_keys); i++) {
		if (!find_member(&mmdb->data, record, number_keys[i], &value))
			continue;
		if (!rp_mmdb_number(&mmdb->data, value, &number) &&
			!(rp_mmdb_text(&mmdb->data, value, &text) && read_as_text(&text, &number)))
			continue;
		if (number > G_MAXUINT32)
			return RP_ASN_DAMAGED;
		*asn = (guint32)number;
		return number ? RP_ASN_FOUND : RP_ASN_NONE;
	}
	return RP_ASN_NONE;
}

RpMmdbText
rp_mmdb_read_name(const RpMmdb *mmdb, gsize record)
{
	RpMmdbText text = {NULL, 0};
	gsize value;

	for (guint i = 0; i < G_N_ELEMENTS(name_keys) && !text.text; i++)
		if (find_member(&mmdb->data, record, name_keys[i], &value) &&
			!rp_mmdb_text(&mmdb->data, value, &text))
			text.text = NULL;
	return text;
}
