/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-private.h"

/* Our error codes as names on the bus, and a reply's name back
 * as the code: both ends read one table. */

#define PREFIX RP_BUS_ERROR_PREFIX
#define FAILED PREFIX "Failed"

static const char *const names[] = {
	[RP_ERROR_INVALID] = PREFIX "Invalid",
	[RP_ERROR_CONFIG] = PREFIX "Config",
	[RP_ERROR_NOT_FOUND] = PREFIX "NotFound",
	[RP_ERROR_STATE] = PREFIX "State",
	[RP_ERROR_BUSY] = PREFIX "Busy",
	[RP_ERROR_PERMISSION] = PREFIX "Permission",
	[RP_ERROR_FULL] = PREFIX "Full",
	[RP_ERROR_IO] = PREFIX "IO",
	[RP_ERROR_UNAVAILABLE] = PREFIX "Unavailable",
	[RP_ERROR_STARTING] = PREFIX "Starting",
	[RP_ERROR_NO_USER] = PREFIX "Invalid", /* and comes back as that */
};

/* What the bus itself says that has a meaning of ours. */
static const struct {
	const char *name;
	RpErrorCode code;
} foreign[] = {
	{DBUS_ERROR_ACCESS_DENIED, RP_ERROR_PERMISSION},
	{DBUS_ERROR_INVALID_ARGS, RP_ERROR_INVALID},
	{DBUS_ERROR_UNKNOWN_METHOD, RP_ERROR_INVALID},
	{DBUS_ERROR_LIMITS_EXCEEDED, RP_ERROR_FULL},
};

const char *
rp_bus_error_name(const GError *error)
{
	if (error->domain != RP_ERROR || error->code < 0 || error->code >= (int)G_N_ELEMENTS(names))
		return FAILED;
	return names[error->code];
}

GError *
rp_bus_error_from_reply(const char *name, const GError *raw)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_strcmp0(name, names[i]) == 0)
			return g_error_new_literal(RP_ERROR, (int)i, raw->message);
	for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++)
		if (g_strcmp0(name, foreign[i].name) == 0)
			return g_error_new_literal(RP_ERROR, foreign[i].code, raw->message);
	return g_error_copy(raw);
}
