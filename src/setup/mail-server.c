/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/autoconfig.h"

#include <string.h>

/* One server of a provider, whoever named it: a document, the DNS, or we ourselves. */

RpMailServer *
rp_mail_server_new(RpMailKind kind, const char *host, guint16 port, RpMailTls tls)
{
	RpMailServer *server = g_new0(RpMailServer, 1);
	gsize length = strlen(host);

	server->kind = kind;
	server->host = g_ascii_strdown(host, (gssize)length);
	if (length > 0 && server->host[length - 1] == '.')
		server->host[length - 1] = '\0';
	server->port = port;
	server->tls = tls;
	return server;
}

RpMailServer *
rp_mail_server_copy(const RpMailServer *server)
{
	RpMailServer *copy = g_new(RpMailServer, 1);

	*copy = *server;
	copy->host = g_strdup(server->host);
	copy->user = g_strdup(server->user);
	return copy;
}

void
rp_mail_server_free(RpMailServer *server)
{
	if (!server)
		return;
	g_free(server->host);
	g_free(server->user);
	g_free(server);
}

char *
rp_mail_server_url(const RpMailServer *server)
{
	gboolean literal = strchr(server->host, ':') != NULL;

	return g_strdup_printf("%s%s://%s%s%s:%u", server->kind == RP_MAIL_POP ? "pop3" : "smtp",
		server->tls == RP_MAIL_TLS ? "s" : "", literal ? "[" : "", server->host,
		literal ? "]" : "", server->port);
}

gboolean
rp_mail_server_wants_login(const RpMailServer *server)
{
	return (server->ways & (RP_MAIL_PASSWORD | RP_MAIL_TOKEN)) != 0;
}
