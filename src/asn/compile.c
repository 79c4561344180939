/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"

#include <string.h>

/* The octets of our own form (roampost/asn-table.h). */

static void
put32(guint8 *at, guint32 value)
{
	for (guint i = 0; i < 4; i++)
		at[i] = (guint8)(value >> (24 - 8 * i));
}

static void
append32(GByteArray *octets, guint32 value)
{
	guint8 text[4];

	put32(text, value);
	g_byte_array_append(octets, text, 4);
}

static void
append_zeros(GByteArray *octets, gsize multiple)
{
	static const guint8 zeros[RP_ASN_BLOCK];
	gsize over = octets->len % multiple;

	if (over)
		g_byte_array_append(octets, zeros, (guint)(multiple - over));
}

/* What becomes of the rows, on its way. */
typedef struct {
	GByteArray *blocks;
	GByteArray *firsts;
	GByteArray *text;
	guint32 n_ipv4, n_ipv6, n_names;
} Output;

/* No entry crosses a block's end; the first key of each block stands in the head too. */
static void
append_entry(Output *output, const guint8 *entry, guint size, guint key)
{
	gsize used = output->blocks->len % RP_ASN_BLOCK;

	if (used + size > RP_ASN_BLOCK) {
		append_zeros(output->blocks, RP_ASN_BLOCK);
		used = 0;
	}
	if (!used)
		g_byte_array_append(output->firsts, entry, key);
	g_byte_array_append(output->blocks, entry, size);
}

static guint32
append_ranges(Output *output, const GArray *rows, RpFamily family)
{
	guint key = family == RP_FAMILY_IPV4 ? 4 : 16;
	RpAsnKey highest = {key == 4 ? 0 : G_MAXUINT64, key == 4 ? G_MAXUINT32 : G_MAXUINT64};
	g_autoptr(GArray) segments = rp_asn_flatten(rows, highest);
	guint8 entry[RP_ASN_IPV6_SIZE];

	for (guint i = 0; i < segments->len; i++) {
		const RpAsnSegment *segment = &g_array_index(segments, RpAsnSegment, i);
		RpAddress first = rp_asn_key_address(segment->first, family);

		memcpy(entry, first.bytes, key);
		put32(entry + key, segment->asn);
		append_entry(output, entry, key + 4, key);
	}
	append_zeros(output->blocks, RP_ASN_BLOCK);
	return segments->len;
}

static int
compare_numbers(const void *a, const void *b)
{
	guint x = GPOINTER_TO_UINT(*(const gconstpointer *)a);
	guint y = GPOINTER_TO_UINT(*(const gconstpointer *)b);

	return x < y ? -1 : x > y;
}

static guint32
append_names(Output *output, GHashTable *names)
{
	guint n;
	g_autofree gpointer *numbers = g_hash_table_get_keys_as_array(names, &n);
	guint8 entry[RP_ASN_NAME_SIZE];

	qsort(numbers, n, sizeof *numbers, compare_numbers);
	for (guint i = 0; i < n; i++) {
		const char *name = g_hash_table_lookup(names, numbers[i]);
		gsize length = strlen(name);

		put32(entry, GPOINTER_TO_UINT(numbers[i]));
		put32(entry + 4, output->text->len);
		put32(entry + 8, (guint32)length);
		append_entry(output, entry, sizeof entry, 4);
		g_byte_array_append(output->text, (const guint8 *)name, (guint)length);
	}
	append_zeros(output->blocks, RP_ASN_BLOCK);
	return n;
}

static void
append_sums(GByteArray *head, const GByteArray *blocks)
{
	guint8 sum[RP_ASN_SUM];

	for (gsize at = 0; at < blocks->len; at += RP_ASN_BLOCK) {
		rp_asn_sum(blocks->data + at, RP_ASN_BLOCK, 0, sum);
		g_byte_array_append(head, sum, RP_ASN_SUM);
	}
}

static GByteArray *
make_head(const Output *output, guint32 text_length, gint64 made, const char *note)
{
	GByteArray *head = g_byte_array_new();
	guint32 note_length = note ? (guint32)strlen(note) : 0;
	const guint32 fields[] = {RP_ASN_VERSION, 0, output->n_ipv4, output->n_ipv6,
		output->n_names, text_length, (guint32)((guint64)made >> 32), (guint32)made,
		note_length, 0, 0, 0};

	g_byte_array_append(head, (const guint8 *)RP_ASN_MAGIC, 8);
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		append32(head, fields[i]);
	append_sums(head, output->blocks);
	g_byte_array_append(head, output->firsts->data, output->firsts->len);
	if (note)
		g_byte_array_append(head, (const guint8 *)note, note_length);
	append_zeros(head, RP_ASN_BLOCK);
	put32(head->data + 12, head->len);
	rp_asn_sum(head->data, head->len, RP_ASN_HEAD, head->data + RP_ASN_HEAD - RP_ASN_SUM);
	return head;
}

GByteArray *
rp_asn_rows_compile(const RpAsnRows *rows, gint64 made, const char *note)
{
	g_autoptr(GByteArray) blocks = g_byte_array_new();
	g_autoptr(GByteArray) firsts = g_byte_array_new();
	g_autoptr(GByteArray) text = g_byte_array_new();
	Output output = {.blocks = blocks, .firsts = firsts, .text = text};

	output.n_ipv4 = append_ranges(&output, rows->ipv4, RP_FAMILY_IPV4);
	output.n_ipv6 = append_ranges(&output, rows->ipv6, RP_FAMILY_IPV6);
	output.n_names = append_names(&output, rows->names);
	guint32 text_length = text->len;
	append_zeros(text, RP_ASN_BLOCK);
	g_byte_array_append(blocks, text->data, text->len);
	GByteArray *table = make_head(&output, text_length, made, note);
	g_byte_array_append(table, blocks->data, blocks->len);
	return table;
}
