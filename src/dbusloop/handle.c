/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dbusloop-private.h"

/* A bus as those see it who hold it: how long it lives, and whether it is connected. */

RpDBus *
rp_dbus_ref(RpDBus *bus)
{
	bus->refs++;
	return bus;
}

void
rp_dbus_unref(RpDBus *bus)
{
	if (!bus || --bus->refs)
		return;
	rp_source_clear(&bus->first_try);
	bus->drop_connection(bus);
	rp_dbus_socket_free(bus->socket);
	g_ptr_array_unref(bus->entries);
	g_main_context_unref(bus->context);
	g_free(bus->address);
	g_free(bus);
}

gboolean
rp_dbus_is_connected(const RpDBus *bus)
{
	return bus->state == RP_DBUS_CONNECTED;
}
