/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/bus.h"

#include <dbus/dbus.h>

#define RP_BUS_ERROR_PREFIX "org.roampost.Error."

/* ---- interface-tables.c, made by the build from dbus/org.roampost.Agent1.xml ---- */

/* The document without its documentation. */
extern const char rp_bus_interface_xml[];

typedef struct {
	const char *name;
	const char *in;      /* a signature */
	const char *out;     /* a tuple's type; "(h)": answered by rp_bus_call_return_fd */
	const char *options; /* "set s;hold b": what the dictionary among the arguments may hold, or
				NULL: there is none */
	guint options_at;    /* which argument that is */
} RpBusMethod;

typedef struct {
	const char *name;
	const char *type; /* a tuple's */
} RpBusSignal;

typedef enum {
	RP_BUS_EMITS_VALUE, /* a change is announced with the value */
	RP_BUS_EMITS_NAME,  /* ... without it: the value is worked out when somebody asks for it */
	RP_BUS_EMITS_NEVER,
} RpBusEmits;

typedef struct {
	const char *name;
	const char *type;
	RpBusEmits emits;
} RpBusProperty;

/* Each ends with a NULL name. */
extern const RpBusMethod rp_bus_methods[];
extern const RpBusSignal rp_bus_signals[];
extern const RpBusProperty rp_bus_properties[];

/* ---- value.c ---- */

/* GVariant and libdbus' iterators. Descriptors ("h") are no values: they are not taken, and read as
 * the handle 0. */
void rp_bus_value_append(DBusMessageIter *iter, GVariant *value);

/* Appends the members of a tuple as the message's arguments; NULL: none. Takes floating ones. */
void rp_bus_values_append(DBusMessage *message, GVariant *tuple);
/* The message's arguments as a tuple, to be unreferenced. */
GVariant *rp_bus_values_read(DBusMessage *message);

/* Whether a bus carries the message with these arguments: one that is too large makes it hang up on
 * the sender. */
gboolean rp_bus_fits(DBusMessage *message, GVariant *arguments);

/* A string for the bus: NULL is "", bad UTF-8 is repaired. */
GVariant *rp_bus_string(const char *text);

/* What a failed call means: `name` is the error reply's (NULL: there was none), `raw` what
 * rp_dbus_call_sync made of it. */
GError *rp_bus_error_from_reply(const char *name, const GError *raw);
