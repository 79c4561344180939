/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "place-private.h"

#include <string.h>

/* A network's routes and held addresses, and when two networks are the same. */

static int
compare_routes(const void *a, const void *b)
{
	const RpNetRoute *x = a, *y = b;
	int order = rp_address_compare(&x->destination.base, &y->destination.base);

	if (order == 0)
		order = (int)x->destination.length - (int)y->destination.length;
	return order ? order : strcmp(x->interface, y->interface);
}

static int
compare_held(const void *a, const void *b)
{
	const RpHeldAddress *x = a, *y = b;
	int order = rp_address_compare(&x->address, &y->address);

	return order ? order : strcmp(x->interface, y->interface);
}

/* In order, and once each. */
static void
insert(GArray *into, const void *item, int (*compare)(const void *, const void *))
{
	guint size = g_array_get_element_size(into), at = 0;

	for (; at < into->len; at++) {
		int order = compare(into->data + (gsize)at * size, item);

		if (order == 0)
			return;
		if (order > 0)
			break;
	}
	g_array_insert_vals(into, at, item, 1);
}

void
rp_network_add_route(RpNetwork *network, const RpPrefix *destination, const char *interface)
{
	RpNetRoute route = {.destination = *destination};

	g_strlcpy(route.interface, interface, sizeof route.interface);
	insert(network->routes, &route, compare_routes);
}

void
rp_network_add_held(RpNetwork *network, const RpAddress *address, const char *interface)
{
	RpHeldAddress held = {.address = *address};

	g_strlcpy(held.interface, interface, sizeof held.interface);
	insert(network->held, &held, compare_held);
}

const char *
rp_network_route_to(const RpNetwork *network, const RpAddress *address)
{
	const RpNetRoute *best = NULL;

	for (guint i = 0; i < network->routes->len; i++) {
		const RpNetRoute *route = &g_array_index(network->routes, RpNetRoute, i);

		if (route->destination.length > 0 &&
			rp_prefix_contains(&route->destination, address) &&
			(!best || route->destination.length > best->destination.length))
			best = route;
	}
	return best ? best->interface : NULL;
}

gboolean
rp_network_holds(const RpNetwork *network, const char *interface, const RpAddress *address)
{
	for (guint i = 0; i < network->links->len; i++) {
		const RpLink *link = network->links->pdata[i];

		if ((!interface || g_str_equal(link->interface, interface)) &&
			rp_link_has_address(link, address))
			return TRUE;
	}
	for (guint i = 0; i < network->held->len; i++) {
		const RpHeldAddress *held = &g_array_index(network->held, RpHeldAddress, i);

		if ((!interface || strcmp(held->interface, interface) == 0) &&
			rp_address_equal(&held->address, address))
			return TRUE;
	}
	return FALSE;
}

static gboolean
arrays_equal(const GArray *a, const GArray *b, int (*compare)(const void *, const void *))
{
	guint size = g_array_get_element_size((GArray *)a);

	if (a->len != b->len)
		return FALSE;
	for (guint i = 0; i < a->len; i++)
		if (compare(a->data + (gsize)i * size, b->data + (gsize)i * size) != 0)
			return FALSE;
	return TRUE;
}

static gboolean
publics_equal(const GArray *a, const GArray *b)
{
	if (a->len != b->len)
		return FALSE;
	for (guint i = 0; i < a->len; i++) {
		const RpPublicAddress *x = &g_array_index(a, RpPublicAddress, i);
		const RpPublicAddress *y = &g_array_index(b, RpPublicAddress, i);

		if (g_strcmp0(x->interface, y->interface) != 0 ||
			!rp_address_equal(&x->address, &y->address) || x->asn != y->asn)
			return FALSE;
	}
	return TRUE;
}

static gboolean
reached_equal(const GArray *a, const GArray *b)
{
	if (a->len != b->len)
		return FALSE;
	for (guint i = 0; i < a->len; i++) {
		const RpReached *x = &g_array_index(a, RpReached, i);
		const RpReached *y = &g_array_index(b, RpReached, i);

		if (!g_str_equal(x->where, y->where) || !g_str_equal(x->interface, y->interface) ||
			x->family != y->family)
			return FALSE;
	}
	return TRUE;
}

char *
rp_portal_page(const char *check_url)
{
	static const char tls[] = "https://";

	if (!check_url)
		return NULL;
	if (g_ascii_strncasecmp(check_url, tls, strlen(tls)) == 0)
		return g_strconcat("http://", check_url + strlen(tls), NULL);
	return g_ascii_strncasecmp(check_url, "http://", 7) == 0 ? g_strdup(check_url) : NULL;
}

/* Routes that come and go beside the links are no news: nothing begins or ends by them alone. */
gboolean
rp_network_equal(const RpNetwork *a, const RpNetwork *b)
{
	if (a->links->len != b->links->len || a->checking != b->checking ||
		!publics_equal(a->public_addresses, b->public_addresses) ||
		!reached_equal(a->reached, b->reached) ||
		!arrays_equal(a->held, b->held, compare_held))
		return FALSE;
	for (guint i = 0; i < a->links->len; i++) {
		if (!rp_link_equal(a->links->pdata[i], b->links->pdata[i]))
			return FALSE;
	}
	return TRUE;
}
