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

/* What the kernel alone knows of interfaces: their addresses, what carries them, and which has the
 * default route. */

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
	interface->kind = rp_interface_kind(
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
	RpInterface *interface = rp_interfaces_find(user_data, (int)body->ifa_index);
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

/* ---- The default route ----
 * The kernel is asked where it would send an address that only a default route leads to: this knows
 * metrics, policy rules and the two halves (0/1 and 128/1) by which VPNs take the whole. */

/* Never anybody's: the IPv4 dummy address (RFC 7600), and the first of 2000::/3. */
static const RpAddress outside_ipv4 = {{192, 0, 0, 8}, RP_FAMILY_IPV4};
static const RpAddress outside_ipv6 = {{[0] = 0x20, [15] = 1}, RP_FAMILY_IPV6};

/* What the kernel itself would take towards the outside goes first. */
static void
prefer_kernels_choice(RpInterface *interface, const RpAddress *outside)
{
	RpRouteLookup found = {0};

	if (interface->up && has_family(interface, outside->family))
		found = rp_route_lookup(outside, interface->index);
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
		below = rp_route_lookup(&tunnel->remote, 0).interface;
	carrier = below && below != tunnel->index ? rp_interfaces_find(interfaces, below) : NULL;
	tunnel->carrier = carrier ? g_strdup(carrier->name) : NULL;
}

GPtrArray *
rp_interfaces_read(GArray *routes)
{
	GPtrArray *interfaces = g_ptr_array_new_with_free_func(interface_free);
	rp_rtnl_dump(RTM_GETLINK, AF_UNSPEC, on_link, interfaces);
	rp_rtnl_dump(RTM_GETADDR, AF_UNSPEC, on_address, interfaces);
	rp_routes_read(interfaces, routes);
	RpInterface *ipv4 =
		rp_interfaces_find(interfaces, rp_route_lookup(&outside_ipv4, 0).interface);
	RpInterface *ipv6 =
		rp_interfaces_find(interfaces, rp_route_lookup(&outside_ipv6, 0).interface);
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
