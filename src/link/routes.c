/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interfaces-private.h"

#include "rtnl-private.h"

#include <string.h>
#include <sys/socket.h>

/* The kernel's routes: all of them, for where each interface leads, and the one that it would take
 * to an address. */

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
		add_way(dump, rp_interfaces_find(dump->interfaces, hop->rtnh_ifindex), destination,
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
	add_way(dump, rp_interfaces_find(dump->interfaces, (int)rp_rtnl_u32(out)), &destination,
		&gateway);
}

void
rp_routes_read(GPtrArray *interfaces, GArray *routes)
{
	RouteDump dump = {interfaces, routes};

	rp_rtnl_dump(RTM_GETROUTE, AF_INET, on_route, &dump);
	rp_rtnl_dump(RTM_GETROUTE, AF_INET6, on_route, &dump);
}

/* ---- Asking for one ---- */

static void
on_lookup(const struct nlmsghdr *message, gpointer user_data)
{
	const struct rtmsg *body = NLMSG_DATA(message);
	RpRouteLookup *found = user_data;
	if (message->nlmsg_type != RTM_NEWROUTE || body->rtm_type != RTN_UNICAST)
		return;
	found->interface = (int)rp_rtnl_u32(rp_rtnl_attribute(message, sizeof *body, RTA_OIF));
	rp_rtnl_address(rp_rtnl_attribute(message, sizeof *body, RTA_PREFSRC), body->rtm_family,
		&found->source);
}

RpRouteLookup
rp_route_lookup(const RpAddress *destination, int only)
{
	struct {
		struct rtmsg body;
		guint8 attributes[64];
	} request = {0};
	int family = destination->family == RP_FAMILY_IPV6 ? AF_INET6 : AF_INET;
	gsize size = family == AF_INET6 ? 16 : 4;
	struct rtattr *attribute = (struct rtattr *)request.attributes;
	RpRouteLookup found = {0};

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
