/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"
#include "roampost/base.h"

#include <string.h>

/* Rows as they come, in whatever order. */

enum { NAME_LONGEST = 255 };

RpAsnRows *
rp_asn_rows_new(void)
{
	RpAsnRows *rows = g_new0(RpAsnRows, 1);

	rows->ipv4 = g_array_new(FALSE, FALSE, sizeof(RpAsnRow));
	rows->ipv6 = g_array_new(FALSE, FALSE, sizeof(RpAsnRow));
	rows->names = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return rows;
}

void
rp_asn_rows_free(RpAsnRows *rows)
{
	if (!rows)
		return;
	g_array_unref(rows->ipv4);
	g_array_unref(rows->ipv6);
	g_hash_table_unref(rows->names);
	g_free(rows);
}

guint
rp_asn_rows_n(const RpAsnRows *rows)
{
	return rows->ipv4->len + rows->ipv6->len;
}

/* The names on the list of who announces nothing are no names. */
static gboolean
is_name(const char *name)
{
	static const char *const none[] = {"-", "None", "NULL", "Not routed", "N/A", "<unknown>"};

	for (guint i = 0; i < G_N_ELEMENTS(none); i++)
		if (g_ascii_strcasecmp(name, none[i]) == 0)
			return FALSE;
	return *name != '\0';
}

static void
add_name(RpAsnRows *rows, guint32 asn, const char *name)
{
	g_autofree char *shown = NULL;

	if (!asn || !name || !is_name(name) ||
		g_hash_table_contains(rows->names, GUINT_TO_POINTER(asn)))
		return;
	shown = rp_text_neutral(name, -1);
	if (strlen(shown) > NAME_LONGEST)
		*g_utf8_find_prev_char(shown, shown + NAME_LONGEST + 1) = '\0';
	g_hash_table_insert(rows->names, GUINT_TO_POINTER(asn), g_steal_pointer(&shown));
}

/* A default route that somebody told: no AS has all addresses. */
static gboolean
is_everything(const RpAddress *first, const RpAddress *last)
{
	guint n = first->family == RP_FAMILY_IPV4 ? 4 : 16;

	for (guint i = 0; i < n; i++)
		if (first->bytes[i] != 0 || last->bytes[i] != 0xff)
			return FALSE;
	return TRUE;
}

gboolean
rp_asn_rows_add(RpAsnRows *rows, const RpAddress *first, const RpAddress *last, guint32 asn,
	const char *name)
{
	RpAsnRow row = {rp_asn_key_of(first), rp_asn_key_of(last), asn};

	if (first->family != last->family || first->family == RP_FAMILY_ANY ||
		rp_asn_key_compare(row.first, row.last) > 0)
		return FALSE;
	if (is_everything(first, last))
		return TRUE;
	g_array_append_val(first->family == RP_FAMILY_IPV4 ? rows->ipv4 : rows->ipv6, row);
	add_name(rows, asn, name);
	return TRUE;
}
