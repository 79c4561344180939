/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-locate"
#include "locate-private.h"

#include "roampost/base.h"
#include "roampost/nat-query.h"

#include <sys/random.h>

/* The own gateway, by NAT-PMP and PCP: one host, by unicast. */

typedef struct {
	RpAsk *ask;
	RpUdp *udp;
	RpNatQuery *query;
} Gateway;

static void
gateway_free(gpointer kept)
{
	Gateway *gateway = kept;

	rp_udp_free(gateway->udp);
	rp_nat_query_free(gateway->query);
	g_free(gateway);
}

static void
send_request(Gateway *gateway, gboolean wait)
{
	guint8 request[RP_NAT_REQUEST_SIZE];
	gsize length = rp_nat_query_request(gateway->query, request);

	if (length)
		rp_udp_send(gateway->udp, request, length,
			wait ? rp_nat_query_wait(gateway->query) : 0);
}

static void
go_on(Gateway *gateway, RpNatStep step, const RpAddress *address)
{
	switch (step) {
	case RP_NAT_IGNORED:
		break;
	case RP_NAT_SEND:
		send_request(gateway, TRUE);
		break;
	case RP_NAT_ADDRESS:
		send_request(gateway, FALSE);
		rp_ask_answer(gateway->ask, address, NULL);
		break;
	case RP_NAT_NONE:
		send_request(gateway, FALSE);
		rp_ask_answer(gateway->ask, NULL, "the gateway does not tell");
		break;
	}
}

static void
on_received(const guint8 *data, gsize length, gpointer user)
{
	Gateway *gateway = user;
	RpAddress address = {0};

	go_on(gateway, rp_nat_query_receive(gateway->query, data, length, &address), &address);
}

static void
on_timed_out(gpointer user)
{
	Gateway *gateway = user;

	go_on(gateway, rp_nat_query_timeout(gateway->query), NULL);
}

static void
on_refused(gpointer user)
{
	rp_ask_answer(((Gateway *)user)->ask, NULL, "the gateway does not tell");
}

static const RpUdpEvents events = {on_received, on_timed_out, on_refused};

static gpointer
start(RpAsk *ask, const char *way)
{
	g_autoptr(GError) error = NULL;
	guint8 nonce[RP_NAT_NONCE_SIZE];
	Gateway *gateway;

	if (ask->link->gateway.family != RP_FAMILY_IPV4 ||
		getrandom(nonce, sizeof nonce, GRND_NONBLOCK) != sizeof nonce)
		return NULL;
	gateway = g_new0(Gateway, 1);
	gateway->ask = ask;
	gateway->udp =
		rp_udp_new(ask->link, &ask->link->gateway, RP_NAT_PORT, &events, gateway, &error);
	if (!gateway->udp) {
		g_debug("%s: the gateway can't be asked: %s", ask->link->interface, error->message);
		gateway_free(gateway);
		return NULL;
	}
	gateway->query =
		rp_nat_query_new(nonce, rp_udp_source(gateway->udp), rp_udp_port(gateway->udp));
	send_request(gateway, TRUE);
	return gateway;
}

const RpAskWay rp_ask_gateway = {start, gateway_free};
