/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interfaces-private.h"

#include "rtnl-private.h"

#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
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
	{"sit", RP_LINK_VPN},
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

/* ---- What the kernel tells ---- */

static void
on_link(const struct nlmsghdr *message, gpointer user_data)
{
	const struct ifinfomsg *body = NLMSG_DATA(message);
	const struct rtattr *name = rp_rtnl_attribute(message, sizeof *body, IFLA_IFNAME);
	const struct rtattr *info = rp_rtnl_nested(
		rp_rtnl_attribute(message, sizeof *body, IFLA_LINKINFO), IFLA_INFO_KIND);
	if (message->nlmsg_type != RTM_NEWLINK || !name)
		return;
	RpInterface *interface = g_new0(RpInterface, 1);
	interface->index = body->ifi_index;
	interface->name = g_strndup(RTA_DATA(name), RTA_PAYLOAD(name));
	interface->kind = find_link_kind(
		interface->name, body->ifi_type, info ? (const char *)RTA_DATA(info) : NULL);
	interface->up = (body->ifi_flags & IFF_UP) && (body->ifi_flags & IFF_LOWER_UP) &&
			!(body->ifi_flags & IFF_LOOPBACK);
	interface->has_hwaddrs = !(body->ifi_flags & IFF_NOARP) && body->ifi_type == ARPHRD_ETHER;
	interface->addresses = g_array_new(FALSE, FALSE, sizeof(RpAddress));
	interface->unusable = g_array_new(FALSE, FALSE, sizeof(RpAddress));
	interface->connected = g_array_new(FALSE, FALSE, sizeof(RpPrefix));
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
	if (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED))
		g_array_append_vals(interface->unusable, address, 1);
	else
		g_array_append_vals(interface->addresses, address, 1);
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

/* One way of a route: through an interface, perhaps by a gateway. */
static void
add_way(RpInterface *interface, const RpPrefix *destination, const RpAddress *gateway)
{
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
add_multipath(GPtrArray *interfaces, const RpPrefix *destination, int family,
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
		add_way(find_interface(interfaces, hop->rtnh_ifindex), destination, &gateway);
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
	add_way(find_interface(user_data, (int)rp_rtnl_u32(out)), &destination, &gateway);
}

/* ---- The default route ----
 * The kernel is asked where it would send an address that only a default route leads to: this knows
 * metrics, policy rules and the two halves (0/1 and 128/1) by which VPNs take the whole. */

static void
on_lookup(const struct nlmsghdr *message, gpointer user_data)
{
	const struct rtmsg *body = NLMSG_DATA(message);
	if (message->nlmsg_type == RTM_NEWROUTE && body->rtm_type == RTN_UNICAST)
		*(int *)user_data =
			(int)rp_rtnl_u32(rp_rtnl_attribute(message, sizeof *body, RTA_OIF));
}

static int
lookup_route(int family, const char *destination)
{
	struct {
		struct rtmsg body;
		struct rtattr attribute;
		guint8 bytes[16];
	} request = {.body.rtm_family = (unsigned char)family};
	RpAddress address;
	int index = 0;
	gsize size = family == AF_INET6 ? 16 : 4;
	if (!rp_address_parse(destination, &address))
		return 0;
	request.body.rtm_dst_len = (unsigned char)(size * 8);
	request.attribute.rta_type = RTA_DST;
	request.attribute.rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(request.bytes, address.bytes, size);
	if (!rp_rtnl_query(RTM_GETROUTE, 0, &request,
		    sizeof request.body + request.attribute.rta_len, on_lookup, &index))
		return 0;
	return index;
}

GPtrArray *
rp_interfaces_read(void)
{
	GPtrArray *interfaces = g_ptr_array_new_with_free_func(interface_free);
	rp_rtnl_dump(RTM_GETLINK, AF_UNSPEC, on_link, interfaces);
	rp_rtnl_dump(RTM_GETADDR, AF_UNSPEC, on_address, interfaces);
	rp_rtnl_dump(RTM_GETROUTE, AF_INET, on_route, interfaces);
	rp_rtnl_dump(RTM_GETROUTE, AF_INET6, on_route, interfaces);
	/* Never anybody's: the IPv4 dummy address (RFC 7600), and the first of 2000::/3. */
	RpInterface *ipv4 = find_interface(interfaces, lookup_route(AF_INET, "192.0.0.8"));
	RpInterface *ipv6 = find_interface(interfaces, lookup_route(AF_INET6, "2000::1"));
	if (ipv4)
		ipv4->default_ipv4 = TRUE;
	if (ipv6)
		ipv6->default_ipv6 = TRUE;
	return interfaces;
}
