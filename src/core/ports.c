/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/ports.h"

#include <string.h>

/* Which ports are for which kind of TLS. On one of the other kind a session waits for a greeting
 * that never comes, or takes one for TLS. */

static const RpUsualPort ports[] = {
	{"smtp", 25, FALSE, 465},
	{"smtp", 587, FALSE, 465},
	{"smtp", 465, TRUE, 587},
	{"pop3", 110, FALSE, 995},
	{"pop3", 995, TRUE, 110},
};

const RpUsualPort *
rp_port_usual(const char *scheme, const RpEndpoint *endpoint)
{
	for (gsize i = 0; i < G_N_ELEMENTS(ports); i++)
		if (ports[i].port == endpoint->port && strcmp(ports[i].scheme, scheme) == 0)
			return &ports[i];
	return NULL;
}

const RpUsualPort *
rp_port_mistaken(const char *scheme, const RpEndpoint *endpoint)
{
	const RpUsualPort *port = rp_port_usual(scheme, endpoint);

	return port && port->implicit_tls != endpoint->implicit_tls ? port : NULL;
}

char *
rp_port_url(const char *scheme, gboolean implicit_tls, const char *host, guint port)
{
	return g_strdup_printf(strchr(host, ':') ? "%s%s://[%s]:%u" : "%s%s://%s:%u", scheme,
		implicit_tls ? "s" : "", host, port);
}
