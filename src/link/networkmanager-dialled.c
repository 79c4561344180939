/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "networkmanager-dialled-private.h"

/* Which of NetworkManager's active connections we dialled, over its restarts and ours. */

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define TEXT_TYPE G_VARIANT_TYPE("a(sss)")

typedef struct {
	char *uuid, *id;
	char *line; /* this time that it came up, and no other */
} Entry;

struct RpDialled {
	GPtrArray *entries; /* of Entry, the last one last */
	char *boot;         /* paths and names of the bus come again after a boot */
};

static void
entry_free(gpointer data)
{
	Entry *entry = data;

	g_free(entry->uuid);
	g_free(entry->id);
	g_free(entry->line);
	g_free(entry);
}

RpDialled *
rp_dialled_new(void)
{
	RpDialled *dialled = g_new0(RpDialled, 1);

	dialled->entries = g_ptr_array_new_with_free_func(entry_free);
	if (g_file_get_contents(BOOT_ID, &dialled->boot, NULL, NULL))
		g_strchomp(dialled->boot);
	else
		dialled->boot = g_strdup("");
	return dialled;
}

void
rp_dialled_free(RpDialled *dialled)
{
	if (!dialled)
		return;
	g_ptr_array_unref(dialled->entries);
	g_free(dialled->boot);
	g_free(dialled);
}

/* ---- as text ---- */

char *
rp_dialled_format(const RpDialled *dialled)
{
	GVariantBuilder builder;

	if (dialled->entries->len == 0)
		return g_strdup("");
	g_variant_builder_init(&builder, TEXT_TYPE);
	for (guint i = 0; i < dialled->entries->len; i++) {
		const Entry *entry = dialled->entries->pdata[i];

		g_variant_builder_add(&builder, "(sss)", entry->uuid, entry->id, entry->line);
	}
	g_autoptr(GVariant) value = g_variant_ref_sink(g_variant_builder_end(&builder));
	return g_variant_print(value, FALSE);
}

static void
append(RpDialled *dialled, const char *uuid, const char *id, const char *line)
{
	Entry *entry = g_new(Entry, 1);

	*entry = (Entry){g_strdup(uuid), g_strdup(id), g_strdup(line)};
	g_ptr_array_add(dialled->entries, entry);
}

void
rp_dialled_parse(RpDialled *dialled, const char *text)
{
	g_autoptr(GVariant) value = g_variant_parse(TEXT_TYPE, text, NULL, NULL, NULL);
	const char *uuid, *id, *line;
	GVariantIter iter;

	if (!value)
		return;
	g_variant_iter_init(&iter, value);
	while (g_variant_iter_next(&iter, "(&s&s&s)", &uuid, &id, &line))
		append(dialled, uuid, id, line);
}

/* ---- lines ---- */

static char *
line_of(const RpDialled *dialled, NMClient *client, NMActiveConnection *line)
{
	const char *owner = nm_client_get_dbus_name_owner(client);

	return g_strdup_printf(
		"%s %s %s", dialled->boot, owner ? owner : "", nm_object_get_path(NM_OBJECT(line)));
}

static gint
find(const RpDialled *dialled, NMClient *client, NMActiveConnection *line)
{
	g_autofree char *name = line_of(dialled, client, line);

	for (guint i = 0; i < dialled->entries->len; i++) {
		const Entry *entry = dialled->entries->pdata[i];

		if (g_str_equal(entry->line, name) &&
			g_strcmp0(entry->uuid, nm_active_connection_get_uuid(line)) == 0)
			return (gint)i;
	}
	return -1;
}

gboolean
rp_dialled_add(RpDialled *dialled, NMClient *client, NMActiveConnection *line)
{
	g_autofree char *name = line_of(dialled, client, line);

	if (find(dialled, client, line) >= 0)
		return FALSE;
	append(dialled, nm_active_connection_get_uuid(line), nm_active_connection_get_id(line),
		name);
	return TRUE;
}

gboolean
rp_dialled_has(const RpDialled *dialled, NMClient *client, NMActiveConnection *line)
{
	return find(dialled, client, line) >= 0;
}

gboolean
rp_dialled_remove(RpDialled *dialled, NMClient *client, NMActiveConnection *line)
{
	gint index = find(dialled, client, line);

	if (index >= 0)
		g_ptr_array_remove_index(dialled->entries, (guint)index);
	return index >= 0;
}

static gboolean
is_among(const char *const *names, const char *uuid, const char *id)
{
	return !names || (uuid && g_strv_contains(names, uuid)) ||
	       (id && g_strv_contains(names, id));
}

gboolean
rp_dialled_has_name(const RpDialled *dialled, const char *const *names)
{
	for (guint i = 0; i < dialled->entries->len; i++) {
		const Entry *entry = dialled->entries->pdata[i];

		if (is_among(names, entry->uuid, entry->id))
			return TRUE;
	}
	return FALSE;
}

gboolean
rp_dialled_is_named(NMActiveConnection *line, const char *const *names)
{
	return is_among(
		names, nm_active_connection_get_uuid(line), nm_active_connection_get_id(line));
}

static gboolean
is_up(const RpDialled *dialled, NMClient *client, const Entry *entry)
{
	const GPtrArray *lines = nm_client_get_active_connections(client);

	for (guint i = 0; i < lines->len; i++) {
		gint index = find(dialled, client, lines->pdata[i]);

		if (index >= 0 && dialled->entries->pdata[index] == entry)
			return TRUE;
	}
	return FALSE;
}

guint
rp_dialled_remove_gone(RpDialled *dialled, NMClient *client, const char *const *names)
{
	guint n = 0;

	for (guint i = dialled->entries->len; i-- > 0;) {
		const Entry *entry = dialled->entries->pdata[i];

		if (!is_among(names, entry->uuid, entry->id) || is_up(dialled, client, entry))
			continue;
		g_ptr_array_remove_index(dialled->entries, i);
		n++;
	}
	return n;
}
