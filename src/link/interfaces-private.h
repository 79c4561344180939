/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/address.h"
#include "roampost/place.h"

#include <linux/netlink.h>

/* The machine's interfaces as the kernel has them now. */
typedef struct {
	int index;
	char *name;
	RpLinkKind kind;
	gboolean up;          /* with carrier, and not the loopback */
	gboolean enabled;     /* with carrier or without */
	gboolean has_hwaddrs; /* its neighbours have link-layer addresses */
	GArray *addresses;    /* of RpAddress: those that may be used as a source */
	GArray *unusable;     /* of RpAddress: tentative or deprecated */
	GArray *preferred;    /* of RpAddress: those that may be used, in the kernel's order */
	char *carrier;        /* of a tunnel: by which its packets leave, or NULL */
	gboolean extends;     /* CLAT, DS-Lite, 6rd: carries a family for the provider below */
	gboolean is_tunnel;
	guint8 inner;            /* of ip6tnl: IPPROTO_* of what it carries; 0: anything */
	RpAddress remote;        /* of a tunnel: its other end, in the network that carries it */
	int below;               /* of a tunnel: the interface it is set on; 0: any */
	GArray *connected;       /* of RpPrefix: what is on the link itself */
	gboolean reaches_beyond; /* a route leads through it to somewhere else */
	RpAddress gateway_ipv4;
	RpAddress gateway_ipv6;
	gboolean default_ipv4; /* where an address of the open internet would be sent */
	gboolean default_ipv6;
} RpInterface;

/* Of RpInterface*, with a free function; g_ptr_array_unref. Routes (of RpNetRoute) are added to
 * `routes`. */
GPtrArray *rp_interfaces_read(GArray *routes);

/* ---- interface.c ---- */

/* NULL: there is none with this number. */
RpInterface *rp_interfaces_find(GPtrArray *interfaces, int index);
/* `hardware` is an ARPHRD_*, `info_kind` what made it (IFLA_INFO_KIND) or NULL. */
RpLinkKind rp_interface_kind(const char *name, unsigned short hardware, const char *info_kind);

/* ---- routes.c ---- */

/* Notes in each interface where its routes lead, and adds all routes (RpNetRoute) to `routes`. */
void rp_routes_read(GPtrArray *interfaces, GArray *routes);

typedef struct {
	int interface; /* 0: no route */
	RpAddress source;
} RpRouteLookup;
/* By which interface and from which address the kernel would send to the destination; `only`: by
 * that interface (0: any). */
RpRouteLookup rp_route_lookup(const RpAddress *destination, int only);

/* Whether a route to `destination` leads beyond a link on which `connected` (of RpPrefix) is:
 * everything does that has a gateway, and every network that is not on the link. */
gboolean rp_route_leads_beyond(
	const RpPrefix *destination, gboolean has_gateway, const GArray *connected);

/* ---- neighbour.c ---- */

/* Of a message about a neighbour: its interface, its IP address and, returned, its link-layer
 * address in text. NULL for every other message, and while the last is not known. */
char *rp_neighbour_parse(const struct nlmsghdr *message, int *interface, RpAddress *address);
/* The link-layer address of a neighbour in text, or NULL while it is not known. */
char *rp_neighbour_hwaddr(int interface, const RpAddress *address);
/* Makes the kernel ask for it: sends an empty datagram to the discard port (RFC 863). */
void rp_neighbour_resolve(const char *interface, const RpAddress *address);
