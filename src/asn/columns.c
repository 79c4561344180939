/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"

#include <string.h>

/* Which field is what: by the names in the first line, or by what its fields look like. */

/* As GeoLite2, IPinfo, IP2Location and iptoasn call them, and their like. */
static const struct {
	const char *name;
	gsize column;
} known[] = {
	{"network", G_STRUCT_OFFSET(RpAsnColumns, prefix)},
	{"cidr", G_STRUCT_OFFSET(RpAsnColumns, prefix)},
	{"prefix", G_STRUCT_OFFSET(RpAsnColumns, prefix)},
	{"range", G_STRUCT_OFFSET(RpAsnColumns, prefix)},
	{"start_ip", G_STRUCT_OFFSET(RpAsnColumns, first)},
	{"ip_start", G_STRUCT_OFFSET(RpAsnColumns, first)},
	{"range_start", G_STRUCT_OFFSET(RpAsnColumns, first)},
	{"ip_from", G_STRUCT_OFFSET(RpAsnColumns, first)},
	{"ip_range_start", G_STRUCT_OFFSET(RpAsnColumns, first)},
	{"start", G_STRUCT_OFFSET(RpAsnColumns, first)},
	{"first", G_STRUCT_OFFSET(RpAsnColumns, first)},
	{"end_ip", G_STRUCT_OFFSET(RpAsnColumns, last)},
	{"ip_end", G_STRUCT_OFFSET(RpAsnColumns, last)},
	{"range_end", G_STRUCT_OFFSET(RpAsnColumns, last)},
	{"ip_to", G_STRUCT_OFFSET(RpAsnColumns, last)},
	{"ip_range_end", G_STRUCT_OFFSET(RpAsnColumns, last)},
	{"end", G_STRUCT_OFFSET(RpAsnColumns, last)},
	{"last", G_STRUCT_OFFSET(RpAsnColumns, last)},
	{"asn", G_STRUCT_OFFSET(RpAsnColumns, asn)},
	{"as_number", G_STRUCT_OFFSET(RpAsnColumns, asn)},
	{"autonomous_system_number", G_STRUCT_OFFSET(RpAsnColumns, asn)},
	{"number", G_STRUCT_OFFSET(RpAsnColumns, asn)},
	{"as", G_STRUCT_OFFSET(RpAsnColumns, name)},
	{"as_name", G_STRUCT_OFFSET(RpAsnColumns, name)},
	{"as_description", G_STRUCT_OFFSET(RpAsnColumns, name)},
	{"name", G_STRUCT_OFFSET(RpAsnColumns, name)},
	{"org", G_STRUCT_OFFSET(RpAsnColumns, name)},
	{"as_organization", G_STRUCT_OFFSET(RpAsnColumns, name)},
	{"organization", G_STRUCT_OFFSET(RpAsnColumns, name)},
	{"description", G_STRUCT_OFFSET(RpAsnColumns, name)},
	{"autonomous_system_organization", G_STRUCT_OFFSET(RpAsnColumns, name)},
};

static void
take_name(RpAsnColumns *columns, const char *name, gint index)
{
	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		gint *column = G_STRUCT_MEMBER_P(columns, known[i].column);

		if (g_ascii_strcasecmp(name, known[i].name) == 0 && *column < 0)
			*column = index;
	}
}

static gboolean
tell_by_names(RpAsnColumns *columns, const RpCsv *csv, char **why)
{
	for (guint i = 0; i < csv->starts->len; i++)
		take_name(columns, rp_csv_field(csv, (gint)i), (gint)i);
	gboolean range = columns->prefix >= 0 || (columns->first >= 0 && columns->last >= 0);
	if (range && columns->asn >= 0)
		return TRUE;
	*why = g_strdup_printf(
		"it is no table of AS numbers that is known: its first line “%.60s%s” "
		"is neither a range nor names of fields with %s among them",
		rp_csv_field(csv, 0), csv->starts->len > 1 ? "…" : "",
		range ? "asn" : "network, or start_ip and end_ip,");
	return FALSE;
}

static gboolean
is_prefix(const char *field)
{
	const char *slash = strchr(field, '/');
	g_autofree char *address = slash ? g_strndup(field, (gsize)(slash - field)) : NULL;
	RpAddress parsed;

	return address && rp_address_parse(address, &parsed);
}

static gboolean
is_address(const char *field)
{
	RpAddress parsed;
	RpAsnKey key;

	return rp_address_parse(field, &parsed) || rp_asn_key_parse(field, &key);
}

/* "JP", or "None" where nobody announces it. */
static gboolean
is_country(const char *field)
{
	return strlen(field) == 2 || g_ascii_strcasecmp(field, "none") == 0;
}

static gboolean
is_short(const char *field)
{
	RpAsnKey length;

	return rp_asn_key_parse(field, &length) && length.hi == 0 && length.lo <= 128;
}

gboolean
rp_asn_columns_tell(RpAsnColumns *columns, const RpCsv *csv, gboolean *is_head, char **why)
{
	guint n = csv->starts->len;

	*columns = (RpAsnColumns){-1, -1, -1, -1, -1, -1, FALSE};
	*is_head = FALSE;
	if (n >= 2 && is_prefix(rp_csv_field(csv, 0))) {
		*columns = (RpAsnColumns){-1, -1, 0, -1, 1, 2, TRUE};
	} else if (n >= 4 && is_address(rp_csv_field(csv, 0)) && is_prefix(rp_csv_field(csv, 2))) {
		*columns = (RpAsnColumns){0, 1, -1, -1, 3, 4, TRUE};
	} else if (n == 3 && is_address(rp_csv_field(csv, 0)) && is_short(rp_csv_field(csv, 1))) {
		*columns = (RpAsnColumns){0, -1, -1, 1, 2, -1, FALSE};
	} else if (n >= 3 && is_address(rp_csv_field(csv, 0)) && is_address(rp_csv_field(csv, 1))) {
		gint name = n >= 5 && is_country(rp_csv_field(csv, 3)) ? 4 : 3;
		*columns = (RpAsnColumns){0, 1, -1, -1, 2, name, TRUE};
	} else {
		*is_head = TRUE;
		return tell_by_names(columns, csv, why);
	}
	return TRUE;
}
