/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "names-private.h"

#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

/* org.freedesktop.resolve1, of which one method is called. */

#define SERVICE "org.freedesktop.resolve1"

DBusMessage *
rp_resolved_call(const char *interface, RpFamily family, const char *host)
{
	static const dbus_int32_t families[] = {[RP_FAMILY_ANY] = AF_UNSPEC,
		[RP_FAMILY_IPV4] = AF_INET,
		[RP_FAMILY_IPV6] = AF_INET6};
	dbus_int32_t index = (dbus_int32_t)if_nametoindex(interface);
	dbus_int32_t wanted = families[family];
	dbus_uint64_t flags = 0;
	DBusMessage *call;

	if (!index)
		return NULL;
	call = dbus_message_new_method_call(
		SERVICE, "/org/freedesktop/resolve1", SERVICE ".Manager", "ResolveHostname");
	dbus_message_set_auto_start(call, FALSE);
	dbus_message_append_args(call, DBUS_TYPE_INT32, &index, DBUS_TYPE_STRING, &host,
		DBUS_TYPE_INT32, &wanted, DBUS_TYPE_UINT64, &flags, DBUS_TYPE_INVALID);
	return call;
}

/* (iiay): interface, family, octets. */
static void
read_address(DBusMessageIter *entry, GArray *addresses)
{
	dbus_int32_t family = 0;
	const guint8 *bytes = NULL;
	int length = 0;
	RpAddress address = {.family = RP_FAMILY_ANY};
	DBusMessageIter octets;

	dbus_message_iter_next(entry);
	dbus_message_iter_get_basic(entry, &family);
	dbus_message_iter_next(entry);
	dbus_message_iter_recurse(entry, &octets);
	dbus_message_iter_get_fixed_array(&octets, &bytes, &length);
	if (family == AF_INET && length == 4)
		address.family = RP_FAMILY_IPV4;
	else if (family == AF_INET6 && length == 16)
		address.family = RP_FAMILY_IPV6;
	else
		return;
	memcpy(address.bytes, bytes, (gsize)length);
	g_array_append_val(addresses, address);
}

void
rp_resolved_read(DBusMessage *reply, GArray *addresses)
{
	DBusMessageIter top, array, entry;

	if (!dbus_message_has_signature(reply, "a(iiay)st"))
		return;
	dbus_message_iter_init(reply, &top);
	dbus_message_iter_recurse(&top, &array);
	for (; dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRUCT;
		dbus_message_iter_next(&array)) {
		dbus_message_iter_recurse(&array, &entry);
		read_address(&entry, addresses);
	}
}
