/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"
#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* Tables as text, as their makers write them. A line that can't be read refuses the table: what
 * follows from a range that is missing is a place that is not the right one. */

/* Numbers of IPv6 include ::ffff:0:0/96, which is IPv4 (as in rp_address_parse()). */
static RpAddress
address_of_number(RpAsnKey key)
{
	if (key.hi == 0 && key.lo >> 32 == 0xffff)
		key.lo &= 0xffffffff;
	return rp_asn_key_address(
		key, key.hi == 0 && key.lo <= G_MAXUINT32 ? RP_FAMILY_IPV4 : RP_FAMILY_IPV6);
}

static gboolean
read_address(const char *field, RpAddress *address)
{
	RpAsnKey key;

	if (rp_asn_key_parse(field, &key)) {
		*address = address_of_number(key);
		return TRUE;
	}
	return rp_address_parse(field, address);
}

/* An IPv6 table by numbers begins at 0, which alone could be IPv4's. */
static void
match_families(RpAddress *first, const char *first_text, const RpAddress *last)
{
	RpAsnKey key;

	if (first->family == RP_FAMILY_IPV4 && last->family == RP_FAMILY_IPV6 &&
		rp_asn_key_parse(first_text, &key))
		*first = rp_asn_key_address(key, RP_FAMILY_IPV6);
}

static gboolean
read_prefix(const char *address, const char *digits, RpAddress *first, RpAddress *last)
{
	RpAsnKey length;
	guint bits;

	if (!rp_address_parse(address, first) || !rp_asn_key_parse(digits, &length))
		return FALSE;
	bits = first->family == RP_FAMILY_IPV4 ? 32 : 128;
	/* ::ffff:192.0.2.0/120 has become 192.0.2.0 */
	if (bits == 32 && strchr(address, ':')) {
		if (length.lo < 96)
			return FALSE;
		length.lo -= 96;
	}
	if (length.hi || length.lo > bits)
		return FALSE;
	*last = *first;
	for (guint i = (guint)length.lo; i < bits; i++) {
		first->bytes[i / 8] &= (guint8) ~(0x80u >> i % 8);
		last->bytes[i / 8] |= (guint8)(0x80u >> i % 8);
	}
	return TRUE;
}

static gboolean
read_range(const RpCsv *csv, const RpAsnColumns *columns, RpAddress *first, RpAddress *last)
{
	const char *field = rp_csv_field(csv, columns->first);

	if (columns->length >= 0)
		return read_prefix(field, rp_csv_field(csv, columns->length), first, last);
	if (columns->first >= 0 && columns->last >= 0) {
		if (!read_address(field, first) ||
			!read_address(rp_csv_field(csv, columns->last), last))
			return FALSE;
		match_families(first, field, last);
		return TRUE;
	}
	field = rp_csv_field(csv, columns->prefix);
	const char *slash = strchr(field, '/');
	if (!slash) { /* one address */
		*last = (RpAddress){0};
		if (!rp_address_parse(field, first))
			return FALSE;
		*last = *first;
		return TRUE;
	}
	g_autofree char *address = g_strndup(field, (gsize)(slash - field));
	return read_prefix(address, slash + 1, first, last);
}

/* What stands for none. */
static gboolean
is_no_asn(const char *field)
{
	static const char *const none[] = {"", "-", "None", "NULL", "N/A", "NA"};

	for (guint i = 0; i < G_N_ELEMENTS(none); i++)
		if (g_ascii_strcasecmp(field, none[i]) == 0)
			return TRUE;
	return FALSE;
}

/* "13335", "AS13335", 6.7 (RFC 5396's asdot), and the first of several that announce the same:
 * "64496_64497", "{64496,64497}", "64496 64497". */
static gboolean
read_asn(const char *field, guint32 *asn)
{
	guint64 high, low = 0;
	char *end;

	*asn = 0;
	if (is_no_asn(field))
		return TRUE;
	field += *field == '{';
	if (g_ascii_strncasecmp(field, "AS", 2) == 0)
		field += field[2] == ' ' ? 3 : 2;
	if (!g_ascii_isdigit(*field))
		return FALSE;
	high = g_ascii_strtoull(field, &end, 10);
	if (*end == '.' && g_ascii_isdigit(end[1])) {
		low = g_ascii_strtoull(end + 1, &end, 10);
		if (high > G_MAXUINT16 || low > G_MAXUINT16)
			return FALSE;
		high <<= 16;
	}
	*asn = (guint32)(high + low);
	return high + low <= G_MAXUINT32 && (!*end || strchr("_,} ", *end));
}

/* GeoIPASNum2's: the name stands in the field of the number, "AS64496 Example". */
static const char *
name_behind_asn(const char *field)
{
	const char *blank = strchr(field, ' ');

	return blank && !g_ascii_isdigit(blank[1]) ? blank + 1 : "";
}

static void
complain(GError **error, const RpCsv *csv, const char *what, const char *field)
{
	if (field)
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("line %u: %s “%.60s”: nothing of the table is taken"), csv->line, what,
			field);
	else
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("line %u: %s: nothing of the table is taken"), csv->line, what);
}

static gboolean
add_record(RpAsnRows *rows, const RpCsv *csv, const RpAsnColumns *columns, GString *name,
	GError **error)
{
	RpAddress first, last;
	guint32 asn;

	if (!read_range(csv, columns, &first, &last)) {
		complain(error, csv, _("this is no range of addresses:"),
			rp_csv_field(csv, columns->prefix >= 0 ? columns->prefix : columns->first));
		return FALSE;
	}
	if (!read_asn(rp_csv_field(csv, columns->asn), &asn)) {
		complain(error, csv, _("this is no AS number:"), rp_csv_field(csv, columns->asn));
		return FALSE;
	}
	if (columns->open)
		rp_csv_join(csv, columns->name, name);
	else
		g_string_assign(name, rp_csv_field(csv, columns->name));
	if (!name->len)
		g_string_assign(name, name_behind_asn(rp_csv_field(csv, columns->asn)));
	if (rp_asn_rows_add(rows, &first, &last, asn, name->str))
		return TRUE;
	complain(error, csv, _("the range ends before it begins, or in another family:"),
		rp_csv_field(csv, columns->first));
	return FALSE;
}

gboolean
rp_asn_rows_read_text(RpAsnRows *rows, const char *text, gsize length, GError **error)
{
	g_autoptr(GString) name = g_string_new(NULL);
	g_autofree char *why = NULL;
	g_auto(RpCsv) csv;
	RpAsnColumns columns;
	gboolean more, is_head;
	const char *fault;

	rp_csv_init(&csv, text, length);
	more = rp_csv_read(&csv, &fault);
	if (more && !rp_asn_columns_tell(&columns, &csv, &is_head, &why)) {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID, why);
		return FALSE;
	}
	if (more && is_head)
		more = rp_csv_read(&csv, &fault);
	for (; more; more = rp_csv_read(&csv, &fault))
		if (!add_record(rows, &csv, &columns, name, error))
			return FALSE;
	if (fault)
		complain(error, &csv, fault, NULL);
	return !fault;
}
