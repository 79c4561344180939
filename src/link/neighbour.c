/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interfaces-private.h"

#include "rtnl-private.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel's table of neighbours: which link-layer address an IP address on a link has. */

typedef struct {
	int interface;
	RpAddress address;
	char *found;
} Search;

static char *
format_hwaddr(const guint8 *bytes, gsize length)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (gsize i = 0; i < length; i++)
		g_string_append_printf(text, "%s%02x", i ? ":" : "", bytes[i]);
	return g_strdup(text->str);
}

char *
rp_neighbour_parse(const struct nlmsghdr *message, int *interface, RpAddress *address)
{
	const struct ndmsg *body = NLMSG_DATA(message);
	const struct rtattr *hwaddr;

	if (message->nlmsg_type != RTM_NEWNEIGH ||
		(body->ndm_state & (NUD_INCOMPLETE | NUD_FAILED | NUD_NOARP)))
		return NULL;
	hwaddr = rp_rtnl_attribute(message, sizeof *body, NDA_LLADDR);
	if (!hwaddr || !rp_rtnl_address(rp_rtnl_attribute(message, sizeof *body, NDA_DST),
			       body->ndm_family, address))
		return NULL;
	*interface = body->ndm_ifindex;
	return format_hwaddr(RTA_DATA(hwaddr), RTA_PAYLOAD(hwaddr));
}

static void
on_neighbour(const struct nlmsghdr *message, gpointer user_data)
{
	Search *search = user_data;
	RpAddress address;
	int interface;
	g_autofree char *found = rp_neighbour_parse(message, &interface, &address);

	if (!found || interface != search->interface ||
		!rp_address_equal(&address, &search->address))
		return;
	g_free(search->found);
	search->found = g_steal_pointer(&found);
}

char *
rp_neighbour_hwaddr(int interface, const RpAddress *address)
{
	Search search = {interface, *address, NULL};
	struct ndmsg body = {
		.ndm_family = address->family == RP_FAMILY_IPV6 ? AF_INET6 : AF_INET,
	};
	rp_rtnl_query(RTM_GETNEIGH, NLM_F_DUMP, &body, sizeof body, on_neighbour, &search);
	return search.found;
}

void
rp_neighbour_resolve(const char *interface, const RpAddress *address)
{
	enum { DISCARD_PORT = 9 };
	struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(DISCARD_PORT)};
	struct sockaddr_in6 ipv6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(DISCARD_PORT),
		.sin6_scope_id = if_nametoindex(interface),
	};
	gboolean six = address->family == RP_FAMILY_IPV6;
	memcpy(&ipv4.sin_addr, address->bytes, sizeof ipv4.sin_addr);
	memcpy(&ipv6.sin6_addr, address->bytes, sizeof ipv6.sin6_addr);
	g_auto(RpFd) fd =
		socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
			      (socklen_t)strlen(interface)) < 0)
		return;
	sendto(fd, "", 0, MSG_NOSIGNAL, six ? (struct sockaddr *)&ipv6 : (struct sockaddr *)&ipv4,
		six ? sizeof ipv6 : sizeof ipv4);
}
