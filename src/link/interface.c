/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interfaces-private.h"

#include <linux/if_arp.h>
#include <string.h>

/* One interface: where it is among all, and what kind of link it is, by what made it, by its
 * device, by its hardware. */

RpInterface *
rp_interfaces_find(GPtrArray *interfaces, int index)
{
	for (guint i = 0; i < interfaces->len; i++) {
		RpInterface *interface = g_ptr_array_index(interfaces, i);
		if (interface->index == index)
			return interface;
	}
	return NULL;
}

typedef struct {
	const char *name;
	RpLinkKind kind;
} KindRow;

static const KindRow info_kinds[] = {
	/* IFLA_INFO_KIND: what made the interface */
	{"ppp", RP_LINK_PPP},
	{"tun", RP_LINK_VPN},
	{"wireguard", RP_LINK_VPN},
	{"ipip", RP_LINK_VPN},
	{"sit", RP_LINK_OTHER}, /* 6in4, 6rd: IPv6 for the provider, or by a broker */
	{"gre", RP_LINK_VPN},
	{"gretap", RP_LINK_VPN},
	{"ip6tnl", RP_LINK_VPN},
	{"ip6gre", RP_LINK_VPN},
	{"vti", RP_LINK_VPN},
	{"vti6", RP_LINK_VPN},
	{"xfrm", RP_LINK_VPN},
	{"wwan", RP_LINK_CELLULAR},
	{"rmnet", RP_LINK_CELLULAR},
	{"dummy", RP_LINK_OTHER},
};

static const KindRow device_types[] = {
	/* DEVTYPE in sysfs: what the driver calls it */
	{"wlan", RP_LINK_WIFI},
	{"wwan", RP_LINK_CELLULAR},
	{"ppp", RP_LINK_PPP},
	{"wireguard", RP_LINK_VPN},
};

static gboolean
find_kind(const KindRow *rows, gsize n_rows, const char *name, RpLinkKind *kind)
{
	for (gsize i = 0; i < n_rows; i++) {
		if (g_strcmp0(rows[i].name, name) != 0)
			continue;
		*kind = rows[i].kind;
		return TRUE;
	}
	return FALSE;
}

/* sysfs may show another network namespace's interfaces, or be missing: then the rest decides. */
static char *
sysfs_device_type(const char *name)
{
	g_autofree char *path = g_build_filename("/sys/class/net", name, "uevent", NULL);
	g_autofree char *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		if (g_str_has_prefix(*line, "DEVTYPE="))
			return g_strdup(*line + strlen("DEVTYPE="));
	return NULL;
}

RpLinkKind
rp_interface_kind(const char *name, unsigned short hardware, const char *info_kind)
{
	RpLinkKind kind = RP_LINK_OTHER;
	if (find_kind(info_kinds, G_N_ELEMENTS(info_kinds), info_kind, &kind))
		return kind;
	if (hardware == ARPHRD_PPP)
		return RP_LINK_PPP;
	g_autofree char *type = sysfs_device_type(name);
	if (find_kind(device_types, G_N_ELEMENTS(device_types), type, &kind))
		return kind;
	if (hardware == ARPHRD_NONE || hardware == ARPHRD_TUNNEL || hardware == ARPHRD_TUNNEL6)
		return RP_LINK_VPN;
	return hardware == ARPHRD_ETHER ? RP_LINK_ETHERNET : RP_LINK_OTHER;
}
