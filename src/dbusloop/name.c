/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dbusloop-private.h"

#include <string.h>

/* A well-known name, asked for again with every new connection, and whether it is ours. */

struct RpDBusName {
	RpDBusEntry entry;
	char *name;
	unsigned int flags;
	RpDBusNameFunc func;
	gpointer user;
	RpDBusCall *request;
	gboolean told;
	gboolean owned;
	gboolean released;
};

/* Calls out: nothing of the name is touched after. */
static void
name_set_owned(RpDBusName *name, gboolean owned)
{
	if (name->released || (name->told && name->owned == owned))
		return;
	name->told = TRUE;
	name->owned = owned;
	name->func(owned, name->user);
}

static void
on_requested(DBusMessage *reply, const GError *error, gpointer user)
{
	RpDBusName *name = user;
	dbus_uint32_t result = 0;

	if (!error)
		dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &result, DBUS_TYPE_INVALID);
	name_set_owned(name, result == DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER ||
				     result == DBUS_REQUEST_NAME_REPLY_ALREADY_OWNER);
}

static void
name_connected(RpDBusEntry *entry)
{
	RpDBusName *name = (RpDBusName *)entry;
	DBusMessage *message = rp_dbus_driver_call("RequestName", name->name);

	dbus_message_append_args(message, DBUS_TYPE_UINT32, &name->flags, DBUS_TYPE_INVALID);
	g_clear_pointer(&name->request, rp_dbus_call_free);
	name->request = rp_dbus_call(entry->bus, message, -1, on_requested, name);
}

static void
name_disconnected(RpDBusEntry *entry)
{
	RpDBusName *name = (RpDBusName *)entry;

	g_clear_pointer(&name->request, rp_dbus_call_free);
	if (name->told)
		name_set_owned(name, FALSE);
}

static void
name_signal(RpDBusEntry *entry, DBusMessage *message)
{
	RpDBusName *name = (RpDBusName *)entry;
	const char *which = NULL;
	gboolean lost = dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameLost");

	if (!lost && !dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameAcquired"))
		return;
	if (dbus_message_has_sender(message, DBUS_SERVICE_DBUS) &&
		dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &which, DBUS_TYPE_INVALID) &&
		strcmp(which, name->name) == 0)
		name_set_owned(name, !lost);
}

static const RpDBusEntryClass name_class = {
	.connected = name_connected,
	.disconnected = name_disconnected,
	.signal = name_signal,
};

RpDBusName *
rp_dbus_request_name(
	RpDBus *bus, const char *well_known, unsigned int flags, RpDBusNameFunc func, gpointer user)
{
	RpDBusName *name = g_new0(RpDBusName, 1);

	rp_dbus_entry_init(&name->entry, bus, &name_class);
	name->name = g_strdup(well_known);
	name->flags = flags;
	name->func = func;
	name->user = user;
	if (rp_dbus_is_connected(bus))
		name_connected(&name->entry);
	return name;
}

#define RELEASE_TIMEOUT_MS 1000

void
rp_dbus_name_release(RpDBusName *name)
{
	RpDBus *bus = name->entry.bus;

	if (name->released || !rp_dbus_is_connected(bus))
		return;
	/* A bus that stands still is not waited for: libdbus would for ever. */
	if (dbus_connection_has_messages_to_send(bus->connection))
		return;
	name->released = TRUE;
	g_autoptr(RpDBusMessage) message = rp_dbus_driver_call("ReleaseName", name->name);
	g_autoptr(RpDBusMessage) reply = dbus_connection_send_with_reply_and_block(
		bus->connection, message, RELEASE_TIMEOUT_MS, NULL);
	/* Behind the answer comes nothing for this name any more. */
	while (rp_dbus_is_connected(bus) &&
		dbus_connection_dispatch(bus->connection) == DBUS_DISPATCH_DATA_REMAINS)
		;
}

void
rp_dbus_name_free(RpDBusName *name)
{
	if (!name)
		return;
	if (!name->released && rp_dbus_is_connected(name->entry.bus)) {
		DBusMessage *message = rp_dbus_driver_call("ReleaseName", name->name);
		dbus_message_set_no_reply(message, TRUE);
		rp_dbus_send(name->entry.bus, message);
	}
	rp_dbus_call_free(name->request);
	rp_dbus_entry_clear(&name->entry);
	g_free(name->name);
	g_free(name);
}
