/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interfaces-private.h"

#include "rtnl-private.h"

#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <netinet/in.h>
#include <linux/if.h>
#include <string.h>
#include <sys/socket.h>

/* What the kernel alone knows of interfaces: their kind, their addresses, where they lead, and
 * which has the default route. */

static void
interface_free(gpointer data)
{
	RpInterface *interface = data;
	g_free(interface->name);
	g_array_unref(interface->addresses);
	g_array_unref(interface->unusable);
	g_array_unref(interface->preferred);
	g_free(interface->carrier);
	g_array_unref(interface->connected);
	g_free(interface);
}

static RpInterface *
find_interface(GPtrArray *interfaces, int index)
{
	for (guint i = 0; i < interfaces->len; i++) {
		RpInterface *interface = g_ptr_array_index(interfaces, i);
		if (interface->index == index)
			return interface;
	}
	return NULL;
}

/* ---- Kinds ---- */

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

static RpLinkKind
find_link_kind(const char *name, unsigned short hardware, const char *info_kind)
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

/* ---- Tunnels ---- */

static gboolean
is_tunnel_kind(const char *info_kind)
{
	static const char *const kinds[] = {"tun", "wireguard", "ipip", "sit", "gre", "gretap",
		"ip6tnl", "ip6gre", "vti", "vti6", "xfrm", NULL};

	return info_kind && g_strv_contains(kinds, info_kind);
}

/* 6to4 (RFC 3056) is what a sit device without 6rd has there. */
static gboolean
is_6rd_prefix(const struct rtattr *prefix)
{
	static const guint8 none[16] = {0}, six_to_four[16] = {0x20, 0x02};

	return prefix && RTA_PAYLOAD(prefix) >= 16 && memcmp(RTA_DATA(prefix), none, 16) != 0 &&
	       memcmp(RTA_DATA(prefix), six_to_four, 16) != 0;
}

static void
read_tunnel(RpInterface *interface, const char *kind, const struct rtattr *linkinfo)
{
	const struct rtattr *data = rp_rtnl_nested(linkinfo, IFLA_INFO_DATA);
	const struct rtattr *proto = rp_rtnl_nested(data, IFLA_IPTUN_PROTO);
	const struct rtattr *remote = rp_rtnl_nested(data, IFLA_IPTUN_REMOTE);
	gboolean six = kind && g_str_has_prefix(kind, "ip6");

	interface->is_tunnel = is_tunnel_kind(kind) || interface->kind == RP_LINK_VPN;
	if (!kind || !(six || g_str_equal(kind, "sit") || g_str_equal(kind, "ipip")) || !data)
		return;
	if (proto && RTA_PAYLOAD(proto) >= 1)
		interface->inner = *(const guint8 *)RTA_DATA(proto);
	rp_rtnl_address(remote, six ? AF_INET6 : AF_INET, &interface->remote);
	interface->below = (int)rp_rtnl_u32(rp_rtnl_nested(data, IFLA_IPTUN_LINK));
	interface->extends = g_str_equal(kind, "sit") &&
			     is_6rd_prefix(rp_rtnl_nested(data, IFLA_IPTUN_6RD_PREFIX));
}

static gboolean
has_family(const RpInterface *interface, RpFamily family)
{
	for (guint i = 0; i < interface->addresses->len; i++)
		if (g_array_index(interface->addresses, RpAddress, i).family == family)
			return TRUE;
	return FALSE;
}

/* RFC 7335: addresses of IPv4 service continuity, which 464XLAT and DS-Lite (RFC 6333) give their
 * end of it. */
static gboolean
has_continuity_address(const RpInterface *interface)
{
	static const RpPrefix continuity = {{{192, 0, 0, 0}, RP_FAMILY_IPV4}, 29};

	for (guint i = 0; i < interface->addresses->len; i++)
		if (rp_prefix_contains(
			    &continuity, &g_array_index(interface->addresses, RpAddress, i)))
			return TRUE;
	return FALSE;
}

/* A tunnel by which the provider gives the family that its own network does not have: it is no VPN.
 * An ip6tnl that carries IPv4 alone is DS-Lite or one of its kind. */
static void
tell_service_tunnels(RpInterface *interface)
{
	gboolean clat = g_str_has_prefix(interface->name, "clat") ||
			g_str_has_prefix(interface->name, "v4-");
	gboolean four_in_six =
		interface->remote.family == RP_FAMILY_IPV6 &&
		(interface->inner == IPPROTO_IPIP ||
			(interface->inner == 0 && !has_family(interface, RP_FAMILY_IPV6)));

	if (!interface->is_tunnel)
		return;
	if (has_continuity_address(interface) || clat || four_in_six)
		interface->extends = TRUE;
	if (interface->extends)
		interface->kind = RP_LINK_OTHER;
}

/* ---- What the kernel tells ---- */

static void
on_link(const struct nlmsghdr *message, gpointer user_data)
{
	const struct ifinfomsg *body = NLMSG_DATA(message);
	const struct rtattr *name = rp_rtnl_attribute(message, sizeof *body, IFLA_IFNAME);
	const struct rtattr *linkinfo = rp_rtnl_attribute(message, sizeof *body, IFLA_LINKINFO);
	const struct rtattr *info = rp_rtnl_nested(linkinfo, IFLA_INFO_KIND);
	if (message->nlmsg_type != RTM_NEWLINK || !name)
		return;
	RpInterface *interface = g_new0(RpInterface, 1);
	interface->index = body->ifi_index;
	interface->name = g_strndup(RTA_DATA(name), RTA_PAYLOAD(name));
	interface->kind = find_link_kind(
		interface->name, body->ifi_type, info ? (const char *)RTA_DATA(info) : NULL);
	interface->up = (body->ifi_flags & IFF_UP) && (body->ifi_flags & IFF_LOWER_UP) &&
			!(body->ifi_flags & IFF_LOOPBACK);
	interface->enabled = (body->ifi_flags & IFF_UP) != 0;
	interface->has_hwaddrs = !(body->ifi_flags & IFF_NOARP) && body->ifi_type == ARPHRD_ETHER;
	interface->addresses = g_array_new(FALSE, FALSE, sizeof(RpAddress));
	interface->unusable = g_array_new(FALSE, FALSE, sizeof(RpAddress));
	interface->connected = g_array_new(FALSE, FALSE, sizeof(RpPrefix));
	interface->preferred = g_array_new(FALSE, FALSE, sizeof(RpAddress));
	read_tunnel(interface, info ? (const char *)RTA_DATA(info) : NULL, linkinfo);
	g_ptr_array_add(user_data, interface);
}

static RpPrefix
make_prefix(const RpAddress *address, guint8 length)
{
	RpPrefix prefix = {*address, length};
	for (guint i = 0; i < sizeof prefix.base.bytes; i++) {
		guint bits = length > i * 8 ? MIN(length - i * 8, 8u) : 0;
		prefix.base.bytes[i] &= (guint8)(0xff00 >> bits);
	}
	return prefix;
}

static void
add_address(RpInterface *interface, const RpAddress *address, guint32 flags)
{
	if (rp_address_is_link_local(address) || rp_address_is_loopback(address))
		return;
	if (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)) {
		g_array_append_vals(interface->unusable, address, 1);
		return;
	}
	g_array_append_vals(interface->addresses, address, 1);
	/* One flag, two meanings: of IPv4 an alias, which comes last; of IPv6 a temporary address
	 * (RFC 8981), which goes first. */
	gboolean marked = (flags & IFA_F_SECONDARY) != 0;
	if (marked == (address->family == RP_FAMILY_IPV6))
		g_array_prepend_vals(interface->preferred, address, 1);
	else
		g_array_append_vals(interface->preferred, address, 1);
}

static void
on_address(const struct nlmsghdr *message, gpointer user_data)
{
	const struct ifaddrmsg *body = NLMSG_DATA(message);
	const struct rtattr *local = rp_rtnl_attribute(message, sizeof *body, IFA_LOCAL);
	const struct rtattr *remote = rp_rtnl_attribute(message, sizeof *body, IFA_ADDRESS);
	const struct rtattr *flags = rp_rtnl_attribute(message, sizeof *body, IFA_FLAGS);
	RpInterface *interface = find_interface(user_data, (int)body->ifa_index);
	RpAddress address;
	if (message->nlmsg_type != RTM_NEWADDR || !interface)
		return;
	/* On a point-to-point line IFA_ADDRESS is the other end, whose prefix is on the link. */
	if (rp_rtnl_address(remote, body->ifa_family, &address)) {
		RpPrefix prefix = make_prefix(&address, body->ifa_prefixlen);
		g_array_append_val(interface->connected, prefix);
	}
	if (rp_rtnl_address(local ? local : remote, body->ifa_family, &address))
		add_address(interface, &address, flags ? rp_rtnl_u32(flags) : body->ifa_flags);
}

static gboolean
is_prefix_within(const RpPrefix *inner, const RpPrefix *outer)
{
	return inner->length >= outer->length && rp_prefix_contains(outer, &inner->base);
}

gboolean
rp_route_leads_beyond(const RpPrefix *destination, gboolean has_gateway, const GArray *connected)
{
	if (has_gateway || destination->length == 0)
		return TRUE;
	/* A single host that is on the link is the other end of a tunnel. */
	if (rp_address_is_link_local(&destination->base) ||
		destination->length == (destination->base.family == RP_FAMILY_IPV6 ? 128 : 32))
		return FALSE;
	for (guint i = 0; i < connected->len; i++)
		if (is_prefix_within(destination, &g_array_index(connected, RpPrefix, i)))
			return FALSE;
	return TRUE;
}

typedef struct {
	GPtrArray *interfaces;
	GArray *routes; /* of RpNetRoute */
} RouteDump;

static void
note_route(const RouteDump *dump, const RpInterface *interface, const RpPrefix *destination)
{
	RpNetRoute route = {.destination = *destination};

	if (!interface || !interface->up || rp_address_is_link_local(&destination->base) ||
		rp_address_is_loopback(&destination->base))
		return;
	g_strlcpy(route.interface, interface->name, sizeof route.interface);
	g_array_append_val(dump->routes, route);
}

/* One way of a route: through an interface, perhaps by a gateway. */
static void
add_way(const RouteDump *dump, RpInterface *interface, const RpPrefix *destination,
	const RpAddress *gateway)
{
	note_route(dump, interface, destination);
	if (!interface || !rp_route_leads_beyond(destination, gateway->family != RP_FAMILY_ANY,
				  interface->connected))
		return;
	interface->reaches_beyond = TRUE;
	/* The default route's gateway is what tells one network from another. */
	if (destination->length != 0 || gateway->family == RP_FAMILY_ANY)
		return;
	RpAddress *into = gateway->family == RP_FAMILY_IPV6 ? &interface->gateway_ipv6
							    : &interface->gateway_ipv4;
	if (into->family == RP_FAMILY_ANY)
		*into = *gateway;
}

/* RTA_VIA: a gateway of the other family (an IPv4 route by an IPv6 neighbour). */
static RpAddress
read_gateway(const struct rtattr *plain, const struct rtattr *via, int family)
{
	RpAddress gateway = {.family = RP_FAMILY_ANY};
	if (!rp_rtnl_address(plain, family, &gateway) && via &&
		RTA_PAYLOAD(via) == sizeof(struct rtvia) + 16) {
		const struct rtvia *other = RTA_DATA(via);
		gateway.family = RP_FAMILY_IPV6;
		memcpy(gateway.bytes, other->rtvia_addr, 16);
	}
	return gateway;
}

static void
add_multipath(const RouteDump *dump, const RpPrefix *destination, int family,
	const struct rtattr *multipath)
{
	const struct rtnexthop *hop = RTA_DATA(multipath);
	int left = (int)RTA_PAYLOAD(multipath);
	for (; RTNH_OK(hop, left); left -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		const struct rtattr *attribute = RTNH_DATA(hop);
		int rest = hop->rtnh_len - (int)sizeof *hop;
		const struct rtattr *plain = NULL, *via = NULL;
		for (; RTA_OK(attribute, rest); attribute = RTA_NEXT(attribute, rest)) {
			if (attribute->rta_type == RTA_GATEWAY)
				plain = attribute;
			if (attribute->rta_type == RTA_VIA)
				via = attribute;
		}
		RpAddress gateway = read_gateway(plain, via, family);
		add_way(dump, find_interface(dump->interfaces, hop->rtnh_ifindex), destination,
			&gateway);
	}
}

static void
on_route(const struct nlmsghdr *message, gpointer user_data)
{
	const struct rtmsg *body = NLMSG_DATA(message);
	const struct rtattr *multipath = rp_rtnl_attribute(message, sizeof *body, RTA_MULTIPATH);
	const struct rtattr *out = rp_rtnl_attribute(message, sizeof *body, RTA_OIF);
	if (message->nlmsg_type != RTM_NEWROUTE || body->rtm_type != RTN_UNICAST ||
		body->rtm_table == RT_TABLE_LOCAL)
		return;
	RpPrefix destination = {.length = body->rtm_dst_len};
	if (!rp_rtnl_address(rp_rtnl_attribute(message, sizeof *body, RTA_DST), body->rtm_family,
		    &destination.base))
		destination.base.family =
			body->rtm_family == AF_INET6 ? RP_FAMILY_IPV6 : RP_FAMILY_IPV4;
	if (multipath) {
		add_multipath(user_data, &destination, body->rtm_family, multipath);
		return;
	}
	RpAddress gateway = read_gateway(rp_rtnl_attribute(message, sizeof *body, RTA_GATEWAY),
		rp_rtnl_attribute(message, sizeof *body, RTA_VIA), body->rtm_family);
	const RouteDump *dump = user_data;
	add_way(dump, find_interface(dump->interfaces, (int)rp_rtnl_u32(out)), &destination,
		&gateway);
}

/* ---- The default route ----
 * The kernel is asked where it would send an address that only a default route leads to: this knows
 * metrics, policy rules and the two halves (0/1 and 128/1) by which VPNs take the whole. */

typedef struct {
	int interface; /* 0: no route */
	RpAddress source;
} Lookup;

static void
on_lookup(const struct nlmsghdr *message, gpointer user_data)
{
	const struct rtmsg *body = NLMSG_DATA(message);
	Lookup *found = user_data;
	if (message->nlmsg_type != RTM_NEWROUTE || body->rtm_type != RTN_UNICAST)
		return;
	found->interface = (int)rp_rtnl_u32(rp_rtnl_attribute(message, sizeof *body, RTA_OIF));
	rp_rtnl_address(rp_rtnl_attribute(message, sizeof *body, RTA_PREFSRC), body->rtm_family,
		&found->source);
}

/* By which interface and from which address the kernel would send to the destination; `only`: by
 * that interface (0: any). */
static Lookup
lookup_route(const RpAddress *destination, int only)
{
	struct {
		struct rtmsg body;
		guint8 attributes[64];
	} request = {0};
	int family = destination->family == RP_FAMILY_IPV6 ? AF_INET6 : AF_INET;
	gsize size = family == AF_INET6 ? 16 : 4;
	struct rtattr *attribute = (struct rtattr *)request.attributes;
	Lookup found = {0};

	request.body.rtm_family = (unsigned char)family;
	request.body.rtm_dst_len = (unsigned char)(size * 8);
	attribute->rta_type = RTA_DST;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(attribute), destination->bytes, size);
	gsize length = RTA_ALIGN(attribute->rta_len);
	if (only) {
		attribute = (struct rtattr *)(request.attributes + length);
		attribute->rta_type = RTA_OIF;
		attribute->rta_len = (unsigned short)RTA_LENGTH(sizeof only);
		memcpy(RTA_DATA(attribute), &only, sizeof only);
		length += RTA_ALIGN(attribute->rta_len);
	}
	rp_rtnl_query(RTM_GETROUTE, 0, &request, sizeof request.body + length, on_lookup, &found);
	return found;
}

/* Never anybody's: the IPv4 dummy address (RFC 7600), and the first of 2000::/3. */
static const RpAddress outside_ipv4 = {{192, 0, 0, 8}, RP_FAMILY_IPV4};
static const RpAddress outside_ipv6 = {{[0] = 0x20, [15] = 1}, RP_FAMILY_IPV6};

/* What the kernel itself would take towards the outside goes first. */
static void
prefer_kernels_choice(RpInterface *interface, const RpAddress *outside)
{
	Lookup found = {0};

	if (interface->up && has_family(interface, outside->family))
		found = lookup_route(outside, interface->index);
	for (guint i = 0; found.source.family && i < interface->preferred->len; i++) {
		if (!rp_address_equal(
			    &g_array_index(interface->preferred, RpAddress, i), &found.source))
			continue;
		g_array_remove_index(interface->preferred, i);
		g_array_prepend_val(interface->preferred, found.source);
		return;
	}
}

static void
find_carrier(GPtrArray *interfaces, RpInterface *tunnel)
{
	int below = tunnel->below;
	const RpInterface *carrier;

	if (!below && tunnel->is_tunnel && tunnel->remote.family != RP_FAMILY_ANY)
		below = lookup_route(&tunnel->remote, 0).interface;
	carrier = below && below != tunnel->index ? find_interface(interfaces, below) : NULL;
	tunnel->carrier = carrier ? g_strdup(carrier->name) : NULL;
}

GPtrArray *
rp_interfaces_read(GArray *routes)
{
	GPtrArray *interfaces = g_ptr_array_new_with_free_func(interface_free);
	RouteDump dump = {interfaces, routes};
	rp_rtnl_dump(RTM_GETLINK, AF_UNSPEC, on_link, interfaces);
	rp_rtnl_dump(RTM_GETADDR, AF_UNSPEC, on_address, interfaces);
	rp_rtnl_dump(RTM_GETROUTE, AF_INET, on_route, &dump);
	rp_rtnl_dump(RTM_GETROUTE, AF_INET6, on_route, &dump);
	RpInterface *ipv4 = find_interface(interfaces, lookup_route(&outside_ipv4, 0).interface);
	RpInterface *ipv6 = find_interface(interfaces, lookup_route(&outside_ipv6, 0).interface);
	if (ipv4)
		ipv4->default_ipv4 = TRUE;
	if (ipv6)
		ipv6->default_ipv6 = TRUE;
	for (guint i = 0; i < interfaces->len; i++) {
		RpInterface *interface = g_ptr_array_index(interfaces, i);

		prefer_kernels_choice(interface, &outside_ipv4);
		prefer_kernels_choice(interface, &outside_ipv6);
		tell_service_tunnels(interface);
		find_carrier(interfaces, interface);
	}
	return interfaces;
}
