/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include "roampost/language.h"
#include "roampost/ports.h"

/* Ports that are for the other kind of TLS than the URL says. A server may have it otherwise, so it
 * is a warning. */

static void
check_port(Reading *reading, const Group *group, const char *key, const char *scheme,
	const RpEndpoint *endpoint)
{
	const RpUsualPort *port = rp_port_mistaken(scheme, endpoint);
	g_autofree char *url = NULL, *other = NULL;

	if (!port)
		return;
	url = rp_port_url(scheme, port->implicit_tls, endpoint->host, port->port);
	other = rp_port_url(scheme, !port->implicit_tls, endpoint->host, port->instead);
	problem_add_key(reading, RP_CONFIG_WARNING, group, key,
		port->implicit_tls
			? _("port %1$u is for TLS from the start: write %2$s=%3$s (or %2$s=%4$s)")
			: _("port %1$u is for STARTTLS, not for TLS from the start: write "
			    "%2$s=%3$s (or %2$s=%4$s)"),
		port->port, key, url, other);
}

void
check_ports(Reading *reading, const Group *group, const RpServerSet *set)
{
	for (guint i = 0; i < set->smtp->len; i++)
		check_port(reading, group, "smtp", "smtp", set->smtp->pdata[i]);
	if (set->pop)
		check_port(reading, group, "pop", "pop3", set->pop);
}
