/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/serverset.h"

/* Ports that are for one kind of TLS (RFC 8314). A server may have it otherwise. */
typedef struct {
	const char *scheme; /* "smtp", "pop3" */
	guint port;
	gboolean implicit_tls; /* what the port is for: TLS from the start, or STARTTLS */
	guint instead;         /* the port for the other kind */
} RpUsualPort;

/* What a port turns out to be, beside what the URL says of it. */
typedef enum {
	RP_PORT_AS_WRITTEN, /* or nothing is known of it */
	RP_PORT_IN_CLEAR,   /* the URL has TLS from the start, and the server begins in clear */
	RP_PORT_WITH_TLS,   /* the other way */
	RP_PORT_SILENT,     /* no such port is known, and nothing was said there: as with TLS */
} RpPortKind;

/* What the port is for; NULL: it is none of these. */
const RpUsualPort *rp_port_usual(const char *scheme, const RpEndpoint *endpoint);
/* The same, where that is the other kind of TLS than the endpoint has; else NULL. */
const RpUsualPort *rp_port_mistaken(const char *scheme, const RpEndpoint *endpoint);
/* "smtps://HOST:465"; free with g_free. */
char *rp_port_url(const char *scheme, gboolean implicit_tls, const char *host, guint port);
