/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/address.h"

/* DNS (RFC 1035), as far as a client needs it that asks one server for a host's addresses: one
 * question, and what its answer says. Without I/O: the caller sends the datagram, and hands in what
 * arrives. Nothing in it is authenticated; the random id and the port keep out those who can't see
 * the question. */

#define RP_DNS_LARGEST 512 /* octets, of a datagram without EDNS (section 4.2.1) */

/* Writes a recursive question for the host's addresses of the family (IPv4 or IPv6), with this id,
 * which is to be random. Its length; 0: the host is no name that can be asked for. */
gsize rp_dns_question(
	guint8 out[RP_DNS_LARGEST], const char *host, RpFamily family, const guint8 id[2]);

typedef enum {
	RP_DNS_NOT_OURS, /* no answer to this question: to be passed over */
	RP_DNS_FAILED,   /* the server can't tell, or not in a datagram */
	RP_DNS_NONE,     /* there is no such name, or it has no address of the family */
	RP_DNS_ADDRESSES,
} RpDnsAnswer;

/* What a datagram from the server is. Addresses (of RpAddress) are appended with RP_DNS_ADDRESSES
 * alone, in the server's order. */
RpDnsAnswer rp_dns_read(const guint8 *data, gsize length, const guint8 *question,
	gsize question_length, GArray *addresses);
