/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

/* Servers that need no way out: on this machine, or where the kernel has a route to. */

gboolean
rp_endpoint_is_near(const RpPlace *place, const RpEndpoint *endpoint, const char **interface)
{
	RpAddress address;

	*interface = NULL;
	if (rp_host_is_loopback(endpoint->host))
		return TRUE;
	if (!rp_address_parse(endpoint->host, &address))
		return FALSE;
	if (rp_network_holds(place->network, NULL, &address))
		return TRUE;
	*interface = rp_network_route_to(place->network, &address);
	return *interface != NULL;
}

gboolean
rp_set_is_near(const RpPlace *place, const RpServerSet *set, const char **interface)
{
	*interface = NULL;
	for (guint i = 0; i < set->smtp->len; i++)
		if (rp_endpoint_is_near(place, set->smtp->pdata[i], interface))
			return TRUE;
	return FALSE;
}
