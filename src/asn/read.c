/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"
#include "roampost/base.h"
#include "roampost/language.h"

#include <gio/gio.h>
#include <string.h>

/* A table in whatever form it comes, told by its first octets, or a MaxMind DB's last. */

enum { LARGEST = 1 << 30 }; /* octets that gzip may grow to */
#define GZIP "\x1f\x8b"

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
	g_set_error_literal(
		error, RP_ERROR, RP_ERROR_INVALID, _("it is damaged: fetch it once more"));
	return FALSE;
}

static gboolean
begins(const guint8 *octets, gsize length, gsize at, const char *text)
{
	return length >= at + strlen(text) && memcmp(octets + at, text, strlen(text)) == 0;
}

/* ---- gzip ---- */

/* The one that begins at *at, which then is behind it. */
static gboolean
unpack_member(GConverter *gzip, const guint8 *octets, gsize length, gsize *at, GByteArray *into,
	GError **error)
{
	g_autofree guint8 *block = g_malloc(1 << 16);
	GConverterResult result;
	gsize n_read, n_written;

	do {
		n_read = n_written = 0;
		result = g_converter_convert(gzip, octets + *at, length - *at, block, 1 << 16,
			G_CONVERTER_INPUT_AT_END, &n_read, &n_written, error);
		if (result == G_CONVERTER_ERROR) {
			g_prefix_error(error, _("it is packed, and can't be unpacked: "));
			return FALSE;
		}
		*at += n_read;
		if (into->len + n_written > LARGEST) {
			g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID,
				_("it is packed, and unpacked too large for a table of AS "
				  "numbers"));
			return FALSE;
		}
		g_byte_array_append(into, block, (guint)n_written);
	} while (result != G_CONVERTER_FINISHED);
	return TRUE;
}

/* RFC 1952 section 2.2: members, one behind the other. */
static GByteArray *
unpack(const guint8 *octets, gsize length, GError **error)
{
	g_autoptr(GZlibDecompressor) gzip = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
	g_autoptr(GByteArray) unpacked = g_byte_array_new();
	gsize at = 0;

	do {
		g_converter_reset(G_CONVERTER(gzip));
		if (!unpack_member(G_CONVERTER(gzip), octets, length, &at, unpacked, error))
			return NULL;
	} while (begins(octets, length, at, GZIP));
	while (at < length && octets[at] == 0) /* as on tapes; gzip(1) passes over it too */
		at++;
	if (at == length)
		return g_steal_pointer(&unpacked);
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		_("it is packed, and %.0f octets follow that are not: fetch it once more"),
		(double)(length - at));
	return NULL;
}

static gboolean
read_packed(RpAsnRows *rows, const guint8 *octets, gsize length, GError **error)
{
	g_autoptr(GByteArray) unpacked = unpack(octets, length, error);

	return unpacked && rp_asn_rows_read(rows, unpacked->data, unpacked->len, error);
}

/* ---- which form ---- */

/* What people download, and what it is not; or NULL. */
static const char *
known_others(const guint8 *octets, gsize length)
{
	if (begins(octets, length, 0, "PK\x03\x04"))
		return _("it is a ZIP archive: unpack it, and name the file of AS numbers in it");
	if (begins(octets, length, 257, "ustar"))
		return _("it is a tar archive: unpack it, and name the file of AS numbers in it");
	if (begins(octets, length, 0, "<") || begins(octets, length, 0, "{"))
		return _("it is a web page or JSON and no table: a page to log in at, perhaps");
	if (begins(octets, length, 0, "MRT") || begins(octets, length, 0, "BZh"))
		return _("it is packed in a way that is not known here: unpack it first");
	return length ? NULL : _("it is empty");
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
	if (begins(octets, length, 0, GZIP))
		return read_packed(rows, octets, length, error);
	gboolean binary = memchr(octets, '\0', MIN(length, RP_ASN_BLOCK)) != NULL;
	g_autoptr(RpAsnTable) table = rp_asn_table_new(octets, length, binary ? error : &ignored);
	if (table)
		return read_table(rows, table, error);
	return !binary && rp_asn_rows_read_text(rows, (const char *)octets, length, error);
}
