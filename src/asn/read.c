/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"
#include "roampost/base.h"

#include <gio/gio.h>
#include <string.h>

/* A table in whatever form it comes, told by its first octets, or a MaxMind DB's last. */

enum { LARGEST = 1 << 30 }; /* octets that gzip may grow to */

static void
take_range(const RpAddress *first, const RpAddress *last, guint32 asn, const char *name,
	gsize name_length, gpointer user)
{
	g_autofree char *text = name ? g_strndup(name, name_length) : NULL;

	rp_asn_rows_add(user, first, last, asn, text);
}

static gboolean
read_table(RpAsnRows *rows, RpAsnTable *table, GError **error)
{
	if (rp_asn_table_check(table) && rp_asn_table_each(table, take_range, rows))
		return TRUE;
	g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID, "it is damaged: fetch it once more");
	return FALSE;
}

/* ---- gzip ---- */

static GByteArray *
unpack(const guint8 *octets, gsize length, GError **error)
{
	g_autoptr(GInputStream) packed =
		g_memory_input_stream_new_from_data(octets, (gssize)length, NULL);
	g_autoptr(GZlibDecompressor) gzip = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
	g_autoptr(GInputStream) stream = g_converter_input_stream_new(packed, G_CONVERTER(gzip));
	g_autoptr(GByteArray) unpacked = g_byte_array_new();
	g_autofree guint8 *block = g_malloc(1 << 16);
	gssize n;

	while ((n = g_input_stream_read(stream, block, 1 << 16, NULL, error)) > 0) {
		if (unpacked->len + (gsize)n > LARGEST) {
			g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID,
				"it is packed, and unpacked too large for a table of AS numbers");
			return NULL;
		}
		g_byte_array_append(unpacked, block, (guint)n);
	}
	if (n < 0) {
		g_prefix_error(error, "it is packed, and can't be unpacked: ");
		return NULL;
	}
	return g_steal_pointer(&unpacked);
}

static gboolean
read_packed(RpAsnRows *rows, const guint8 *octets, gsize length, GError **error)
{
	g_autoptr(GByteArray) unpacked = unpack(octets, length, error);

	return unpacked && rp_asn_rows_read(rows, unpacked->data, unpacked->len, error);
}

/* ---- which form ---- */

static gboolean
begins(const guint8 *octets, gsize length, gsize at, const char *text)
{
	return length >= at + strlen(text) && memcmp(octets + at, text, strlen(text)) == 0;
}

/* What people download, and what it is not; or NULL. */
static const char *
known_others(const guint8 *octets, gsize length)
{
	if (begins(octets, length, 0, "PK\x03\x04"))
		return "it is a ZIP archive: unpack it, and name the file of AS numbers in it";
	if (begins(octets, length, 257, "ustar"))
		return "it is a tar archive: unpack it, and name the file of AS numbers in it";
	if (begins(octets, length, 0, "<") || begins(octets, length, 0, "{"))
		return "it is a web page or JSON and no table: a page to log in at, perhaps";
	if (begins(octets, length, 0, "MRT") || begins(octets, length, 0, "BZh"))
		return "it is packed in a way that is not known here: unpack it first";
	return length ? NULL : "it is empty";
}

gboolean
rp_asn_rows_read(RpAsnRows *rows, const guint8 *octets, gsize length, GError **error)
{
	const char *other = known_others(octets, length);
	g_autoptr(GError) ignored = NULL;

	if (other) {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID, other);
		return FALSE;
	}
	if (begins(octets, length, 0, "\x1f\x8b"))
		return read_packed(rows, octets, length, error);
	gboolean binary = memchr(octets, '\0', MIN(length, RP_ASN_BLOCK)) != NULL;
	g_autoptr(RpAsnTable) table = rp_asn_table_new(octets, length, binary ? error : &ignored);
	if (table)
		return read_table(rows, table, error);
	return !binary && rp_asn_rows_read_text(rows, (const char *)octets, length, error);
}
