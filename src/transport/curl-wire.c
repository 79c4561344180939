/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"

#include <glib-unix.h>

/* The wire that libcurl makes: once it is up the socket is ours, through libcurl where there is
 * TLS. */

typedef struct {
	RpWires base;
	RpCurlMulti *multi;
	GPtrArray *places; /* curl-tickets.c */
	RpNames *names;
} CurlWires;

/* It has answered the SYN, and for so long nothing else. */
#define FAST_PATIENCE (5 * G_USEC_PER_SEC)

static void
judge_fast_open(const RpCurlWire *wire)
{
	if (wire->fast && !wire->up && wire->rtt &&
		g_get_monotonic_time() - wire->asked_at > FAST_PATIENCE)
		rp_curl_tickets_doubt_fast(rp_curl_multi_tickets(wire->multi));
}

static void
wire_close(RpWire *base, gboolean orderly)
{
	RpCurlWire *wire = (RpCurlWire *)base;
	judge_fast_open(wire);
	rp_source_clear(&wire->answered);
	rp_source_clear(&wire->later);
	rp_source_clear(&wire->socket);
	if (wire->up) {
		rp_curl_socket_set_close(wire->octets.fd, orderly);
		rp_curl_octets_clear(&wire->octets);
	}
	wire->events = NULL; /* libcurl may have something to say while it goes */
	if (wire->added)
		rp_curl_multi_remove(wire->multi, wire->easy);
	if (wire->easy)
		curl_easy_cleanup(wire->easy);
	rp_curl_multi_unref(wire->multi);
	rp_lookup_free(wire->lookup);
	curl_slist_free_all(wire->resolved);
	g_free(wire->host_and_port);
	g_free(wire->client_cert);
	g_free(wire->ca_file);
	g_free(wire->client_key);
	g_free(wire->complaint);
	g_free(wire->interface);
	g_free(wire);
}

static RpWireResult
wire_read(RpWire *wire, guint8 *buffer, gsize size, gsize *got)
{
	return rp_curl_octets_read(&((RpCurlWire *)wire)->octets, buffer, size, got);
}

static RpWireResult
wire_write(RpWire *wire, const guint8 *data, gsize size, gsize *taken)
{
	return rp_curl_octets_write(&((RpCurlWire *)wire)->octets, data, size, taken);
}

static gboolean
on_ready(gint fd, GIOCondition condition, gpointer user)
{
	RpCurlWire *wire = user;
	wire->ready(condition, wire->ready_user);
	return G_SOURCE_CONTINUE; /* the wire may be closed, and this source with it */
}

static void
wire_watch(RpWire *base, GIOCondition condition, RpWireReady ready, gpointer user)
{
	RpCurlWire *wire = (RpCurlWire *)base;
	rp_source_clear(&wire->socket);
	wire->ready = ready;
	wire->ready_user = user;
	if (!ready)
		return;
	wire->socket = g_unix_fd_source_new(wire->octets.fd, condition);
	g_source_set_callback(wire->socket, G_SOURCE_FUNC(on_ready), wire, NULL);
	g_source_attach(wire->socket, g_main_context_get_thread_default());
}

static guint64
wire_left(const RpWire *wire)
{
	return rp_curl_octets_left(&((const RpCurlWire *)wire)->octets);
}

static guint64
wire_arrived(const RpWire *wire)
{
	return rp_curl_octets_arrived(&((const RpCurlWire *)wire)->octets);
}

static void
wire_hint(RpWire *base, RpWireHint hint)
{
	RpCurlWire *wire = (RpCurlWire *)base;
	switch (hint) {
	case RP_WIRE_STREAMS:
		rp_curl_octets_spread(&wire->octets);
		break;
	case RP_WIRE_HEARD:
		rp_curl_octets_tune(&wire->octets);
		break;
	case RP_WIRE_WAITS:
		rp_curl_socket_acknowledge(wire->octets.fd);
		break;
	case RP_WIRE_ASTRAY:
	case RP_WIRE_ON_WAY:
		rp_curl_socket_set_astray(wire->octets.fd, hint == RP_WIRE_ASTRAY);
		break;
	}
}

static void
wire_measure(const RpWire *base, RpWireMeasure *measure)
{
	const RpCurlWire *wire = (const RpCurlWire *)base;
	if (wire->up)
		rp_curl_octets_measure(&wire->octets, measure);
	else
		measure->rtt = wire->rtt;
	measure->certificate_end = wire->certificate_end;
	measure->local = wire->local;
	measure->peer = wire->peer;
	measure->local_port = wire->local_port;
	measure->family = wire->family;
	measure->passed_over = wire->passed_over;
}

/* ---- wires ---- */

static const RpWireOps wire_ops = {
	.read = wire_read,
	.write = wire_write,
	.watch = wire_watch,
	.left = wire_left,
	.arrived = wire_arrived,
	.measure = wire_measure,
	.hint = wire_hint,
	.close = wire_close,
};

static RpWire *
wires_open(RpWires *wires, const RpWireTarget *target, const RpWireEvents *events, gpointer user)
{
	RpCurlWire *wire = g_new0(RpCurlWire, 1);
	wire->base.ops = &wire_ops;
	wire->events = events;
	wire->user = user;
	wire->multi = rp_curl_multi_ref(((CurlWires *)wires)->multi);
	wire->fd = -1;
	if (!rp_host_is_loopback(target->endpoint->host))
		wire->interface = g_strdup(target->route.interface);
	wire->small_segments = target->route.small_segments;
	wire->names = ((CurlWires *)wires)->names;
	wire->shunned = target->shunned;
	wire->port = target->endpoint->port;
	wire->implicit_tls = target->endpoint->implicit_tls;
	rp_curl_stage_init(&wire->stage, target->pop, target->endpoint->implicit_tls);
	rp_curl_set_up(wire, target);
	return &wire->base;
}

/* TLS sessions of the old place would tell the new one that we were there. Wires that are open keep
 * the old handle. */
static void
wires_place_changed(RpWires *base, const char *place)
{
	CurlWires *wires = (CurlWires *)base;
	RpCurlMulti *fresh = rp_curl_multi_new(rp_curl_places_enter(wires->places, place), NULL);

	if (!fresh)
		return;
	rp_curl_multi_unref(wires->multi);
	wires->multi = fresh;
}

static void
wires_free(RpWires *wires)
{
	rp_curl_multi_unref(((CurlWires *)wires)->multi);
	g_ptr_array_unref(((CurlWires *)wires)->places);
	g_free(wires);
}

RpWires *
rp_wires_new_curl(RpNames *names, GError **error)
{
	static const RpWiresOps ops = {wires_open, wires_place_changed, wires_free};
	static gsize initialised = 0;
	if (g_once_init_enter(&initialised)) {
		gboolean ok = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
		g_once_init_leave(&initialised, ok ? 1 : 2);
	}
	if (initialised != 1) {
		g_set_error_literal(
			error, RP_ERROR, RP_ERROR_UNAVAILABLE, "libcurl can't be initialised");
		return NULL;
	}
	g_autoptr(GPtrArray) places = rp_curl_places_new();
	RpCurlMulti *multi = rp_curl_multi_new(rp_curl_places_enter(places, ""), error);
	if (!multi)
		return NULL;
	CurlWires *wires = g_new0(CurlWires, 1);
	wires->base.ops = &ops;
	wires->multi = multi;
	wires->places = g_steal_pointer(&places);
	wires->names = names;
	return &wires->base;
}
