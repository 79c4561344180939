/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "place-private.h"

/* Which autonomous systems announce the addresses of a place. */

/* What is not global is nobody's, whatever a table says. */
static void
look_up(RpPlace *place, RpAsnTable *asns, const RpAddress *address)
{
	RpOrigin origin = {.address = *address};

	if (rp_address_is_global(address) &&
		rp_asn_table_look_up(asns, address, &origin.asn) == RP_ASN_FOUND)
		g_array_append_val(place->origins, origin);
}

void
rp_place_find_origins(RpPlace *place, RpAsnTable *asns)
{
	const RpNetwork *network = place->network;

	for (guint i = 0; i < network->links->len; i++) {
		const RpLink *link = network->links->pdata[i];

		for (guint k = 0; k < link->addresses->len; k++)
			look_up(place, asns, &g_array_index(link->addresses, RpAddress, k));
	}
	for (guint i = 0; i < network->public_addresses->len; i++)
		look_up(place, asns,
			&g_array_index(network->public_addresses, RpPublicAddress, i).address);
}

guint32
rp_place_origin(const RpPlace *place, const RpAddress *address)
{
	for (guint i = 0; i < place->origins->len; i++) {
		const RpOrigin *origin = &g_array_index(place->origins, RpOrigin, i);

		if (rp_address_equal(&origin->address, address))
			return origin->asn;
	}
	return 0;
}
