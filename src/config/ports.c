/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include "roampost/language.h"

#include <string.h>

/* Ports that are for the other kind of TLS than the URL says: the session would wait for a greeting
 * that never comes, or take one for TLS. A server may have it otherwise, so it is a warning. */

typedef struct {
	const char *scheme;
	guint port;
	gboolean implicit_tls; /* what the port is for */
	guint instead;         /* the port for the other kind */
} Port;

static const Port ports[] = {
	{"smtp", 25, FALSE, 465},
	{"smtp", 587, FALSE, 465},
	{"smtp", 465, TRUE, 587},
	{"pop3", 110, FALSE, 995},
	{"pop3", 995, TRUE, 110},
};

static const Port *
find_port(const char *scheme, guint port)
{
	for (gsize i = 0; i < G_N_ELEMENTS(ports); i++)
		if (ports[i].port == port && g_str_equal(ports[i].scheme, scheme))
			return &ports[i];
	return NULL;
}

static char *
format_url(const char *scheme, gboolean implicit_tls, const char *host, guint port)
{
	return g_strdup_printf(strchr(host, ':') ? "%s%s://[%s]:%u" : "%s%s://%s:%u", scheme,
		implicit_tls ? "s" : "", host, port);
}

static void
check_port(Reading *reading, const Group *group, const char *key, const char *scheme,
	const RpEndpoint *endpoint)
{
	const Port *port = find_port(scheme, endpoint->port);
	g_autofree char *url = NULL, *other = NULL;

	if (!port || port->implicit_tls == endpoint->implicit_tls)
		return;
	url = format_url(scheme, port->implicit_tls, endpoint->host, port->port);
	other = format_url(scheme, !port->implicit_tls, endpoint->host, port->instead);
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
