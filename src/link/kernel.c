/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/link.h"

#include "interfaces-private.h"
#include "rtnl-private.h"

#include <glib-unix.h>
#include <linux/if_link.h>

/* The source of last resort, and of the routes: the kernel itself. It reads everything anew at each
 * notification: that is short (about a millisecond) and can't get out of step. */

typedef struct {
	RpLinkSource source;
	RpFd fd;
	GSource *watch;
	gboolean watches_neighbours; /* only while there are any of these */
	/* "index address" of each gateway, and its link-layer address; "": asked for, not known
	 * yet. Another device may answer in its place while the link stays as it is. */
	GHashTable *gateways;
} KernelSource;

static const int groups[] = {
	RTNLGRP_LINK,
	RTNLGRP_IPV4_IFADDR,
	RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_ROUTE,
	RTNLGRP_IPV6_ROUTE,
	RTNLGRP_IPV4_RULE,
	RTNLGRP_IPV6_RULE,
	0,
};

/* A PPP line leads to its peer, whatever the routes say. */
static gboolean
is_link(const RpInterface *interface)
{
	return interface->up && interface->addresses->len &&
	       (interface->reaches_beyond || interface->kind == RP_LINK_PPP);
}

static void
watch_neighbours(KernelSource *kernel, gboolean watch)
{
	if (kernel->watches_neighbours == watch)
		return;
	kernel->watches_neighbours = watch;
	rp_rtnl_join(kernel->fd, RTNLGRP_NEIGH, watch);
}

/* The answer may come before the next statement: so the table is listened to first. */
static char *
resolve_gateway(KernelSource *kernel, const RpInterface *interface, const RpAddress *gateway)
{
	watch_neighbours(kernel, TRUE);
	rp_neighbour_resolve(interface->name, gateway);
	return rp_neighbour_hwaddr(interface->index, gateway);
}

static char *
gateway_key(int interface, const RpAddress *gateway)
{
	g_autofree char *text = rp_address_format(gateway);

	return g_strdup_printf("%d %s", interface, text);
}

/* Each gateway goes into `gateways`; one that is not known is asked for once. */
static void
find_gateway(KernelSource *kernel, const RpInterface *interface, RpLink *link, GHashTable *gateways)
{
	const RpAddress *gateway = interface->gateway_ipv4.family != RP_FAMILY_ANY
					   ? &interface->gateway_ipv4
					   : &interface->gateway_ipv6;
	if (!interface->has_hwaddrs || gateway->family == RP_FAMILY_ANY)
		return;
	char *key = gateway_key(interface->index, gateway);
	const char *before = g_hash_table_lookup(kernel->gateways, key);
	link->gateway_hwaddr = rp_neighbour_hwaddr(interface->index, gateway);
	if (!link->gateway_hwaddr && (!before || *before))
		link->gateway_hwaddr = resolve_gateway(kernel, interface, gateway);
	g_hash_table_replace(
		gateways, key, g_strdup(link->gateway_hwaddr ? link->gateway_hwaddr : ""));
}

static RpLink *
make_link(const RpInterface *interface, const GArray *addresses)
{
	RpLink *link = rp_link_new(interface->name, interface->kind);
	for (guint i = 0; i < addresses->len; i++)
		rp_link_add_address(link, &g_array_index(addresses, RpAddress, i));
	return link;
}

static void
add_interface(
	KernelSource *kernel, const RpInterface *interface, RpLinkView *view, GHashTable *gateways)
{
	if (interface->unusable->len)
		rp_network_add_link(view->unusable, make_link(interface, interface->unusable));
	if (!is_link(interface))
		return;
	RpLink *link = make_link(interface, interface->addresses);
	for (guint i = 0; i < interface->preferred->len; i++)
		rp_link_add_preferred(link, &g_array_index(interface->preferred, RpAddress, i));
	link->carrier = g_strdup(interface->carrier);
	link->extends = interface->extends;
	link->default_route_ipv4 = interface->default_ipv4;
	link->default_route_ipv6 = interface->default_ipv6;
	link->gateway = interface->gateway_ipv4;
	find_gateway(kernel, interface, link, gateways);
	rp_network_add_link(view->network, link);
}

static void
hold_addresses(RpNetwork *network, const RpInterface *interface, const GArray *addresses)
{
	for (guint i = 0; i < addresses->len; i++)
		rp_network_add_held(
			network, &g_array_index(addresses, RpAddress, i), interface->name);
}

/* Beside the links themselves: what sessions live by, and where routes lead. */
static void
add_surroundings(RpNetwork *network, const GPtrArray *interfaces, const GArray *routes)
{
	network->tunnels_alone = TRUE;
	for (guint i = 0; i < interfaces->len; i++) {
		const RpInterface *interface = g_ptr_array_index(interfaces, i);

		/* Those of what is up and no link (docker0) come and go without end; what was set
		 * down is gone. */
		if (interface->enabled &&
			(!interface->up || is_link(interface) || interface->reaches_beyond)) {
			hold_addresses(network, interface, interface->addresses);
			hold_addresses(network, interface, interface->unusable);
		}
		if (!interface->is_tunnel && interface->kind != RP_LINK_OTHER)
			network->tunnels_alone = FALSE;
	}
	for (guint i = 0; i < routes->len; i++) {
		const RpNetRoute *route = &g_array_index(routes, RpNetRoute, i);

		rp_network_add_route(network, &route->destination, route->interface);
	}
}

static void
kernel_look(RpLinkSource *source)
{
	KernelSource *kernel = (KernelSource *)source;
	g_autoptr(GArray) routes = g_array_new(FALSE, FALSE, sizeof(RpNetRoute));
	g_autoptr(GPtrArray) interfaces = rp_interfaces_read(routes);
	RpLinkView *view = rp_link_view_new();
	GHashTable *gateways = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (guint i = 0; i < interfaces->len; i++)
		add_interface(kernel, g_ptr_array_index(interfaces, i), view, gateways);
	add_surroundings(view->network, interfaces, routes);
	g_hash_table_unref(kernel->gateways);
	kernel->gateways = gateways;
	watch_neighbours(kernel, g_hash_table_size(gateways) > 0);
	view->complete = TRUE;
	view->knows_routes = TRUE;
	source->report(source, view, source->report_data);
}

typedef struct {
	const KernelSource *kernel;
	gboolean changed;
} Drained;

/* Of the many changes of a neighbour's state only another link-layer address of a gateway is one
 * of ours; one that does not answer for a while is still the same. */
static gboolean
is_moved_gateway(const KernelSource *kernel, const struct nlmsghdr *message)
{
	RpAddress address;
	int interface;
	g_autofree char *hwaddr = rp_neighbour_parse(message, &interface, &address);

	if (!hwaddr)
		return FALSE;
	g_autofree char *key = gateway_key(interface, &address);
	const char *known = g_hash_table_lookup(kernel->gateways, key);
	return known && !g_str_equal(known, hwaddr);
}

/* Wireless drivers send a link message for each scan: nothing of ours changes by it. */
static gboolean
is_scan(const struct nlmsghdr *message)
{
	return message->nlmsg_type == RTM_NEWLINK &&
	       rp_rtnl_attribute(message, sizeof(struct ifinfomsg), IFLA_WIRELESS);
}

static void
on_message(const struct nlmsghdr *message, gpointer user_data)
{
	Drained *drained = user_data;
	gboolean neighbour =
		message->nlmsg_type == RTM_NEWNEIGH || message->nlmsg_type == RTM_DELNEIGH;

	if (neighbour ? is_moved_gateway(drained->kernel, message) : !is_scan(message))
		drained->changed = TRUE;
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user_data)
{
	Drained drained = {user_data, FALSE};
	if (!rp_rtnl_drain(fd, on_message, &drained) || drained.changed)
		kernel_look(user_data);
	return G_SOURCE_CONTINUE;
}

static void
kernel_start(RpLinkSource *source)
{
	KernelSource *kernel = (KernelSource *)source;
	kernel->fd = rp_rtnl_subscribe(groups);
	if (kernel->fd >= 0) {
		kernel->watch = g_unix_fd_source_new(kernel->fd, G_IO_IN);
		g_source_set_callback(
			kernel->watch, (GSourceFunc)(void (*)(void))on_readable, kernel, NULL);
		g_source_attach(kernel->watch, g_main_context_get_thread_default());
	}
	kernel_look(source);
}

static void
kernel_free(RpLinkSource *source)
{
	KernelSource *kernel = (KernelSource *)source;
	rp_source_clear(&kernel->watch);
	rp_fd_clear(&kernel->fd);
	g_hash_table_unref(kernel->gateways);
	g_free(kernel);
}

static const RpLinkSourceClass kernel_class = {
	.name = "kernel",
	.start = kernel_start,
	.rescan = kernel_look,
	.free = kernel_free,
};

RpLinkSource *
rp_link_source_kernel_new(void)
{
	KernelSource *kernel = g_new0(KernelSource, 1);
	kernel->source.class = &kernel_class;
	kernel->fd = -1;
	kernel->gateways = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return &kernel->source;
}
