/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/place.h"

#include <string.h>

/* Link-layer addresses that gateways have in many networks. */

/* Each is made of a number that is chosen within one network (a group, a cluster), or is a maker's
 * default. */
static const char *const shared[] = {
	"00:00:5e:00:01:",   /* VRRP over IPv4, CARP, EVPN's (RFC 9568 section 7.3) */
	"00:00:5e:00:02:",   /* VRRP over IPv6 */
	"00:00:0c:07:ac:",   /* HSRP */
	"00:00:0c:9f:f",     /* HSRP version 2 */
	"00:05:73:a0:0",     /* the same over IPv6 */
	"00:07:b4:00:",      /* GLBP */
	"02:e0:52:00:0",     /* VRRP-E and the anycast gateway of Extreme (Brocade) */
	"00:22:bd:f8:19:ff", /* a bridge domain of Cisco's ACI */
	"00:1c:73:00:00:99", /* Arista's virtual router, as its manual has it */
	"44:38:39:ff:",      /* Cumulus Linux: what is kept for virtual routers */
	"02:50:56:56:44:52", /* NSX's distributed router */
	"00:09:0f:09:",      /* FortiGate's clusters: the group's number, and the interface's */
	"e0:23:ff:fc:",      /* the same, newer */
	"00:1b:17:00:",      /* Palo Alto's: likewise */
	"00:10:db:ff:",      /* SRX's and NetScreen's: likewise */
	"02:bf:",            /* Network Load Balancing: the cluster's IP address */
	"12:34:56:78:9a:bc", /* each network of Azure's */
	"52:54:00:12:35:0",  /* VirtualBox' NAT */
	"52:55:",            /* QEMU's user network: the gateway's IP address */
	"ee:ee:ee:ee:ee:ee", /* Calico's */
	"fe:ff:ff:ff:ff:ff", /* Xen's */
	"00:00:00:00:00:00",
};

/* The first octet's lowest bit (IEEE 802): no single device has such an address. InfiniBand's are
 * longer, and have no such bit. */
static gboolean
is_multicast(const char *hwaddr)
{
	return strlen(hwaddr) == strlen("00:00:00:00:00:00") && g_ascii_xdigit_value(hwaddr[1]) & 1;
}

gboolean
rp_gateway_is_of_a_group(const char *hwaddr)
{
	for (guint i = 0; hwaddr && i < G_N_ELEMENTS(shared); i++)
		if (g_ascii_strncasecmp(hwaddr, shared[i], strlen(shared[i])) == 0)
			return TRUE;
	return hwaddr && is_multicast(hwaddr);
}
