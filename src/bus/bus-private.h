/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/bus.h"

#include <dbus/dbus.h>

#define RP_BUS_ERROR_PREFIX "org.roampost.Error."

/* dbus/org.roampost.Agent1.xml without its documentation; made by the build. */
extern const char rp_bus_interface_xml[];

/* GVariant and libdbus' iterators. Descriptors ("h") are no values:
 * they are not taken, and read as a string. */
void rp_bus_value_append(DBusMessageIter *iter, GVariant *value);

/* Appends the members of a tuple as the message's arguments; NULL: none. Takes floating ones. */
void rp_bus_values_append(DBusMessage *message, GVariant *tuple);
/* The message's arguments as a tuple, to be unreferenced. */
GVariant *rp_bus_values_read(DBusMessage *message);

/* A string for the bus: NULL is "", bad UTF-8 is repaired. */
GVariant *rp_bus_string(const char *text);

/* What a failed call means: `name` is the error reply's (NULL: there was none), `raw` what
 * rp_dbus_call_sync made of it. */
GError *rp_bus_error_from_reply(const char *name, const GError *raw);
