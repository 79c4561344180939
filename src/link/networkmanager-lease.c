/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "networkmanager-private.h"

#include <string.h>

/* What DHCP servers say of a network, of that which stays the same while leases are renewed. */

void
rp_nm_device_leases(NMDevice *device, NMDhcpConfig *leases[2], guint *n)
{
	NMDhcpConfig *both[] = {
		nm_device_get_dhcp4_config(device), nm_device_get_dhcp6_config(device)};
	*n = 0;
	for (guint i = 0; i < G_N_ELEMENTS(both); i++)
		if (both[i])
			leases[(*n)++] = both[i];
}

static void
add_option(GPtrArray *options, const char *name, const char *value)
{
	g_auto(GStrv) words = g_strsplit(value, " ", -1);
	if (!*value)
		return;
	g_ptr_array_add(options, g_strconcat(name, "=", value, NULL));
	for (guint i = 0; words[1] && words[i]; i++)
		if (*words[i])
			g_ptr_array_add(options, g_strconcat(name, "=", words[i], NULL));
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
rp_nm_read_leases(NMDevice *device, RpLink *link)
{
	GPtrArray *options = g_ptr_array_new_with_free_func(g_free);
	NMDhcpConfig *leases[2];
	guint n;
	rp_nm_device_leases(device, leases, &n);
	for (guint i = 0; i < n; i++) {
		GHashTableIter iter;
		gpointer name, value;
		g_hash_table_iter_init(&iter, nm_dhcp_config_get_options(leases[i]));
		while (g_hash_table_iter_next(&iter, &name, &value))
			if (rp_dhcp_option_counts(name))
				add_option(options, name, value);
	}
	g_ptr_array_sort(options, compare_text);
	if (options->len) {
		g_ptr_array_add(options, NULL);
		link->dhcp_options = (char **)g_ptr_array_steal(options, NULL);
	}
	g_ptr_array_unref(options);
}
