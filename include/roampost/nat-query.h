/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/address.h"

/* Asking one's own gateway for the address that it has outside: by NAT-PMP (RFC 6886 section 3.2),
 * which opens nothing, and where the gateway answers that it does not speak that, by PCP (RFC
 * 6887). PCP's ANNOUNCE names no address, so a UDP port of our own is mapped for a minute, and the
 * mapping is deleted as soon as it has been answered (section 15).
 *
 * Without I/O: the caller sends the request of now from a UDP socket that is connected to the
 * gateway's RP_NAT_PORT, hands in what arrives, and says when the time is over. One query is asked
 * of one gateway once. Nothing of it is authenticated: whoever is the gateway, or can pretend to
 * be, can name any address. */
typedef struct RpNatQuery RpNatQuery;

#define RP_NAT_PORT 5351
#define RP_NAT_REQUEST_SIZE 60 /* octets, at most */
#define RP_NAT_NONCE_SIZE 12

/* The nonce is to be random; the address and the port are those of the socket: PCP names them, and
 * a gateway that sees others refuses. */
RpNatQuery *rp_nat_query_new(
	const guint8 nonce[RP_NAT_NONCE_SIZE], const RpAddress *own, guint16 port);
void rp_nat_query_free(RpNatQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpNatQuery, rp_nat_query_free)

/* What is to be sent now, into `out`; its length. */
gsize rp_nat_query_request(const RpNatQuery *query, guint8 out[RP_NAT_REQUEST_SIZE]);
/* How long to wait for the answer to what was sent last, in milliseconds: 250, 500, 1,000. */
guint rp_nat_query_wait(const RpNatQuery *query);

typedef enum {
	RP_NAT_IGNORED, /* no answer to what was asked: go on waiting */
	RP_NAT_SEND,    /* send the request of now, and wait again */
	RP_NAT_ADDRESS, /* the address is known; what is still to be sent (the request of now, if it
			   is not empty) needs no answer */
	RP_NAT_NONE,    /* the gateway has none, or does not say: the end */
} RpNatStep;

/* A datagram from the gateway. `address` is set with RP_NAT_ADDRESS alone. */
RpNatStep rp_nat_query_receive(
	RpNatQuery *query, const guint8 *data, gsize length, RpAddress *address);
/* The wait is over: RP_NAT_SEND, or RP_NAT_NONE after three. */
RpNatStep rp_nat_query_timeout(RpNatQuery *query);
