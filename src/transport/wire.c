/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

/* The seam: hands each call to the wire that it is for. */

const char *
rp_wire_failure_kind_name(RpWireFailureKind kind)
{
	static const char *const names[] = {
		[RP_WIRE_RESOLVE] = "resolve",
		[RP_WIRE_LINK] = "link",
		[RP_WIRE_ADDRESS] = "address",
		[RP_WIRE_CONNECT] = "connect",
		[RP_WIRE_BROKEN] = "broken",
		[RP_WIRE_REFUSED] = "refused",
		[RP_WIRE_TLS_MISSING] = "tls-missing",
		[RP_WIRE_TLS_FAILED] = "tls-failed",
		[RP_WIRE_TLS_CLEAR] = "tls-clear",
		[RP_WIRE_PEER] = "peer",
		[RP_WIRE_STOPPED] = "stopped",
		[RP_WIRE_UNSUPPORTED] = "unsupported",
		[RP_WIRE_RESOURCES] = "resources",
		[RP_WIRE_OTHER] = "other",
	};
	return names[kind];
}

void
rp_wires_free(RpWires *wires)
{
	if (wires)
		wires->ops->free(wires);
}

void
rp_wires_place_changed(RpWires *wires, const char *place)
{
	if (wires->ops->place_changed)
		wires->ops->place_changed(wires, place);
}

RpWire *
rp_wire_open(RpWires *wires, const RpWireTarget *target, const RpWireEvents *events, gpointer user)
{
	return wires->ops->open(wires, target, events, user);
}

void
rp_wire_close(RpWire *wire, gboolean orderly)
{
	if (wire)
		wire->ops->close(wire, orderly);
}

RpWireResult
rp_wire_read(RpWire *wire, guint8 *buffer, gsize size, gsize *got)
{
	*got = 0;
	return wire->ops->read(wire, buffer, size, got);
}

RpWireResult
rp_wire_write(RpWire *wire, const guint8 *data, gsize size, gsize *taken)
{
	*taken = 0;
	return wire->ops->write(wire, data, size, taken);
}

void
rp_wire_watch(RpWire *wire, GIOCondition condition, RpWireReady ready, gpointer user)
{
	wire->ops->watch(wire, condition, ready, user);
}

guint64
rp_wire_left(const RpWire *wire)
{
	return wire->ops->left(wire);
}

guint64
rp_wire_arrived(const RpWire *wire)
{
	return wire->ops->arrived(wire);
}

void
rp_wire_hint(RpWire *wire, RpWireHint hint)
{
	if (wire->ops->hint)
		wire->ops->hint(wire, hint);
}

void
rp_wire_measure(const RpWire *wire, RpWireMeasure *measure)
{
	*measure = (RpWireMeasure){0};
	wire->ops->measure(wire, measure);
}
