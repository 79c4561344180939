/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <string.h>

/* Addresses of servers that were silent of late: of those that a name has they come last. */

#define SHUNNED_MOST 16
#define SHUNNED_FOR (10 * 60 * G_TIME_SPAN_SECOND)

typedef struct {
	RpAddress address;
	guint16 port;
	gint64 until; /* monotonic */
} Shunned;

struct RpShunned {
	Shunned all[SHUNNED_MOST];
};

RpShunned *
rp_shunned_new(void)
{
	return g_new0(RpShunned, 1);
}

void
rp_shunned_free(RpShunned *shunned)
{
	g_free(shunned);
}

void
rp_shunned_clear(RpShunned *shunned)
{
	memset(shunned->all, 0, sizeof shunned->all);
}

static Shunned *
find(const RpShunned *shunned, const RpAddress *address, guint16 port)
{
	for (guint i = 0; i < SHUNNED_MOST; i++) {
		const Shunned *one = &shunned->all[i];

		if (one->until && one->port == port && rp_address_equal(&one->address, address))
			return (Shunned *)one;
	}
	return NULL;
}

/* The one that is forgotten first. */
static Shunned *
oldest(RpShunned *shunned)
{
	Shunned *best = shunned->all;

	for (guint i = 1; i < SHUNNED_MOST; i++)
		if (shunned->all[i].until < best->until)
			best = &shunned->all[i];
	return best;
}

void
rp_shunned_add(RpShunned *shunned, const RpAddress *address, guint16 port)
{
	Shunned *one;

	if (address->family == RP_FAMILY_ANY)
		return;
	one = find(shunned, address, port);
	if (!one)
		one = oldest(shunned);
	*one = (Shunned){*address, port, g_get_monotonic_time() + SHUNNED_FOR};
}

void
rp_shunned_drop(RpShunned *shunned, const RpAddress *address, guint16 port)
{
	Shunned *one = find(shunned, address, port);

	if (one)
		one->until = 0;
}

gboolean
rp_shunned_has(const RpShunned *shunned, const RpAddress *address, guint16 port)
{
	const Shunned *one = find(shunned, address, port);

	return one && g_get_monotonic_time() < one->until;
}
