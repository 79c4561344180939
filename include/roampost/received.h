/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/address.h"

/* Received fields (RFC 5321 section 4.4) as servers write them, and what the first of them says of
 * a mail that we sent: the address that its server saw us come from. Anybody who had the mail in
 * his hands could have written any of it. */

/* One field, as far as it says who gave the mail to whom. */
typedef struct {
	char *helo;     /* what the client called itself; NULL: not said */
	char *by;       /* the server; NULL: not said */
	RpAddress from; /* the client, as the server saw it; family any: not said */
} RpReceived;

/* Reads what stands behind "Received:", folded or not, of at most so many octets: more is not read.
 */
#define RP_RECEIVED_MOST 2048
void rp_received_parse(const char *text, gsize length, RpReceived *received);
void rp_received_clear(RpReceived *received);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpReceived, rp_received_clear)

/* The Message-ID of a mail that begins with these octets, without white space around it. NULL: it
 * has none there. Free with g_free. */
char *rp_header_message_id(const char *header, gsize length);

/* A mail as a server took it from us, to be known again by; strings are owned by whoever says so.
 */
typedef struct {
	char *message_id;
	char *server;    /* the server's name in the configuration */
	char *greeted;   /* its name in its greeting; or NULL */
	RpAddress peer;  /* its address in that session; family any: not known */
	char *ehlo_name; /* what we called ourselves; NULL: an address of ours */
	RpAddress local; /* ours in that session */
} RpTaken;

RpTaken *rp_taken_copy(const RpTaken *taken);
void rp_taken_free(RpTaken *taken);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpTaken, rp_taken_free)

/* What that server says in the mail that begins with these octets, if it is the same mail: in the
 * topmost field that this server has written, of those that are not of mail that it had from
 * itself. It has to be of a client with our name, which no other server in the fields below says it
 * had the mail from (then a relay repeats it). FALSE: it is another mail, or nothing is said. */
gboolean rp_taken_seen_as(
	const RpTaken *taken, const char *header, gsize length, RpAddress *seen_as);
