/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/address.h"

/* STUN (RFC 8489), as far as a client needs it that wants to know its own address as the server
 * sees it: one Binding request without attributes, and what its answer says. Without I/O: the
 * caller sends the datagram, repeats it (section 6.2.1), and hands in what arrives.
 *
 * Nothing in it is authenticated: who can answer in the server's place can name any address. The
 * random transaction id keeps out those who can't see the request. */

#define RP_STUN_REQUEST_SIZE 20 /* octets */
#define RP_STUN_ID_SIZE 12

/* Writes a Binding request with this transaction id, which is to be random. */
void rp_stun_request(guint8 out[RP_STUN_REQUEST_SIZE], const guint8 id[RP_STUN_ID_SIZE]);

typedef enum {
	RP_STUN_NOT_OURS, /* no answer to this request: to be passed over */
	RP_STUN_REFUSED,  /* an error response, or one that says no address: asking again is no use
			   */
	RP_STUN_ADDRESS,
} RpStunAnswer;

/* What a datagram from the server is. The address is set with RP_STUN_ADDRESS alone: that of
 * XOR-MAPPED-ADDRESS (section 14.2), else of MAPPED-ADDRESS, which servers of RFC 3489 send. A
 * response with an attribute that would have to be understood, and is not, counts as a refusal
 * (section 6.3.3). */
RpStunAnswer rp_stun_read(
	const guint8 *data, gsize length, const guint8 id[RP_STUN_ID_SIZE], RpAddress *address);
