/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dbusloop-private.h"

/* What is registered on a bus hears of its comings and goings,
 * and may take itself or another off while it does. */

void
rp_dbus_entry_init(RpDBusEntry *entry, RpDBus *bus, const RpDBusEntryClass *class)
{
	entry->class = class;
	entry->bus = rp_dbus_ref(bus);
	g_ptr_array_add(bus->entries, entry);
}

void
rp_dbus_entry_clear(RpDBusEntry *entry)
{
	RpDBus *bus = entry->bus;
	guint index;

	rp_source_clear(&entry->soon);
	if (g_ptr_array_find(bus->entries, entry, &index)) {
		if (bus->notifying)
			g_ptr_array_index(bus->entries, index) = NULL;
		else
			g_ptr_array_remove_index(bus->entries, index);
	}
	rp_dbus_unref(g_steal_pointer(&entry->bus));
}

void
rp_dbus_entry_soon(RpDBusEntry *entry, GSourceFunc func)
{
	rp_source_clear(&entry->soon);
	entry->soon = g_idle_source_new();
	g_source_set_priority(entry->soon, G_PRIORITY_DEFAULT);
	rp_dbus_attach(entry->soon, entry->bus->context, func, entry);
}

static void
entry_notify(RpDBusEntry *entry, RpDBusEvent event, DBusMessage *message)
{
	switch (event) {
	case RP_DBUS_EVENT_CONNECTED:
		if (entry->class->connected)
			entry->class->connected(entry);
		return;
	case RP_DBUS_EVENT_DISCONNECTED:
		if (entry->class->disconnected)
			entry->class->disconnected(entry);
		return;
	case RP_DBUS_EVENT_SIGNAL:
		if (entry->class->signal)
			entry->class->signal(entry, message);
		return;
	}
}

/* Entries added while telling are not told: they look at the bus' state themselves. */
void
rp_dbus_entries_notify(RpDBus *bus, RpDBusEvent event, DBusMessage *message)
{
	rp_dbus_ref(bus);
	bus->notifying++;
	guint n = bus->entries->len;
	for (guint i = 0; i < n; i++)
		if (g_ptr_array_index(bus->entries, i))
			entry_notify(g_ptr_array_index(bus->entries, i), event, message);
	bus->notifying--;
	for (guint i = bus->entries->len; i-- > 0 && !bus->notifying;)
		if (!g_ptr_array_index(bus->entries, i))
			g_ptr_array_remove_index(bus->entries, i);
	rp_dbus_unref(bus);
}
