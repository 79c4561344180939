/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-postfix.h"

#include <string.h>
#include "roampost/serverset.h"

/* Relay hosts as Postfix writes them. */

void
rp_postfix_relay_clear(RpPostfixRelay *relay)
{
	g_free(relay->host);
}

static guint
read_port(const char *text)
{
	static const struct {
		const char *name;
		guint port;
	} services[] = {{"smtp", 25}, {"submission", 587}, {"submissions", 465}, {"smtps", 465}};
	guint64 port;

	if (g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL))
		return (guint)port;
	for (gsize i = 0; i < G_N_ELEMENTS(services); i++)
		if (strcmp(services[i].name, text) == 0)
			return services[i].port;
	return 0;
}

/* Postfix's tables and variables go further than what is read here. */
static gboolean
is_host(const char *text)
{
	const char *brackets = strchr(text, ':') != NULL ? "[]" : "";
	g_autofree char *url =
		g_strdup_printf("smtp://%.1s%s%s", brackets, text, *brackets != '\0' ? "]" : "");
	RpEndpoint *endpoint = rp_endpoint_parse(url, "smtp", NULL);
	gboolean good = endpoint != NULL;

	rp_endpoint_free(endpoint);
	return good;
}

gboolean
rp_postfix_read_relay(const char *text, RpPostfixRelay *relay)
{
	const char *host = g_str_has_prefix(text, "smtp:")    ? text + strlen("smtp:")
			   : g_str_has_prefix(text, "relay:") ? text + strlen("relay:")
							      : text;
	const char *end, *port = NULL;

	*relay = (RpPostfixRelay){.port = 25};
	if (*host == '[') {
		end = strchr(++host, ']');
		if (end == NULL)
			return FALSE;
		port = end[1] == ':' ? end + 2 : NULL;
	} else {
		relay->by_mx = TRUE;
		end = strrchr(host, ':');
		port = end != NULL ? end + 1 : NULL;
		end = end != NULL ? end : host + strlen(host);
	}
	if (g_str_has_prefix(host, "IPv6:"))
		host += 5;
	if (end <= host)
		return FALSE;
	relay->host = g_strndup(host, (gsize)(end - host));
	relay->port = port != NULL ? read_port(port) : 25;
	return relay->port > 0 && is_host(relay->host);
}
