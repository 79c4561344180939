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

/* What the endpoint's port is for, where that is the other kind of TLS than it has; else NULL. */
const RpUsualPort *rp_port_mistaken(const char *scheme, const RpEndpoint *endpoint);
/* "smtps://HOST:465"; free with g_free. */
char *rp_port_url(const char *scheme, gboolean implicit_tls, const char *host, guint port);
