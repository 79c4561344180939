/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include "roampost/language.h"

#include <string.h>

/* What a provider says of its servers, as a server set. */

/* ---- which server ---- */

static gboolean
opens(const RpMailServer *server)
{
	return rp_mail_server_wants_login(server) || (server->ways & RP_MAIL_CERTIFICATE);
}

/* The lower the better; between equal ones the provider's order counts. */
static guint
rank(const RpMailServer *server)
{
	if (server->tls == RP_MAIL_PLAIN && rp_mail_server_wants_login(server))
		return 3; /* if that is true it gets no password */
	if (server->kind == RP_MAIL_POP && !opens(server))
		return 3; /* whose mail would that be? */
	if (server->ways == RP_MAIL_CERTIFICATE)
		return 2;
	if ((server->ways & RP_MAIL_TOKEN) && !(server->ways & RP_MAIL_PASSWORD))
		return 1;
	return 0;
}

GPtrArray *
rp_import_rank_servers(const GPtrArray *servers, RpMailKind kind)
{
	GPtrArray *ranked = g_ptr_array_new();

	for (guint want = 0; want <= 3; want++)
		for (guint i = 0; i < servers->len; i++) {
			RpMailServer *server = servers->pdata[i];

			if (server->kind == kind && rank(server) == want)
				g_ptr_array_add(ranked, server);
		}
	return ranked;
}

/* ---- its lines ---- */

/* A password is asked for encryption even where the document says that there is none: many say so
 * of servers that have it by now, and none is to be shown to anyone on the way. */
static RpMailTls
tls_of(const RpMailServer *server)
{
	return server->tls == RP_MAIL_PLAIN && rp_mail_server_wants_login(server) ? RP_MAIL_STARTTLS
										  : server->tls;
}

static void
set_url(RpImportSet *set, const RpMailServer *server)
{
	static const RpImportTls tls[] = {[RP_MAIL_TLS] = RP_IMPORT_TLS,
		[RP_MAIL_STARTTLS] = RP_IMPORT_STARTTLS,
		[RP_MAIL_PLAIN] = RP_IMPORT_TRY_STARTTLS}; /* it may have it by now */
	static const guint usual[2][3] = {
		[RP_MAIL_SMTP] = {465, 587, 587}, [RP_MAIL_POP] = {995, 110, 110}};
	gboolean is_usual = server->port == usual[server->kind][tls_of(server)];

	rp_import_set_server(set, server->kind == RP_MAIL_POP ? "pop" : "smtp", server->host,
		is_usual ? 0 : server->port, tls[tls_of(server)]);
}

static const char *
login_method(const RpMailServer *server)
{
	if (server->ways & RP_MAIL_PASSWORD)
		return NULL; /* auto */
	return server->ways & RP_MAIL_TOKEN ? "xoauth2" : "external";
}

void
rp_import_set_pop(RpImportSet *set, const RpMailServer *server)
{
	set_url(set, server);
	rp_import_set(set, "pop-user", server->user);
	rp_import_set(set, "pop-auth", login_method(server));
}

/* Of what opens the server the strongest is written; that it is from its own network only can't be,
 * as nobody says which that is. */
static const char *
relay_rule(const RpMailServer *server)
{
	if (opens(server))
		return "auth";
	return server->ways & RP_MAIL_AFTER_POP ? "pop-login" : "auto";
}

void
rp_import_set_smtp(RpImportSet *set, const RpMailServer *server)
{
	const char *relay = relay_rule(server);

	/* auth is the default where there is a user. */
	rp_import_set(set, "relay", strcmp(relay, "auth") == 0 && server->user ? NULL : relay);
	set_url(set, server);
	if (strcmp(relay, "auth") != 0)
		return;
	rp_import_set(set, "smtp-user", server->user);
	rp_import_set(set, "smtp-auth", login_method(server));
}

/* ---- the set ---- */

static void
remark_login(RpImport *import, RpImportSet *set, const RpMailServer *server)
{
	const char *name = set->name;
	gboolean logs_in = rp_mail_server_wants_login(server);

	if (logs_in && !server->user)
		rp_import_remark(import, server->line,
			_("the login's name is not known without the address: [server-set %s] "
			  "wants smtp-user (or use --address)"),
			name);
	if (logs_in && !(server->ways & RP_MAIL_PASSWORD))
		rp_import_token_missing(import, set, server->line, "smtp");
	else if (logs_in || rp_import_get(set, "pop-user"))
		rp_import_password_missing(
			import, set, server->line, _("the password is not there"));
	if (server->tls == RP_MAIL_PLAIN && logs_in)
		rp_import_remark(import, server->line,
			_("it is said to have no TLS: [server-set %s] asks for it all the same, "
			  "since the password would go in clear; if it has none, look for "
			  "another server"),
			name);
	if ((server->ways & RP_MAIL_BY_ADDRESS) && logs_in)
		rp_import_remark(import, server->line,
			_("it takes mail from its own network only: add a provider, and write "
			  "relay=inside+auth into [server-set %s]"),
			name);
}

void
rp_import_autoconfig(RpImport *import, const RpAutoconfig *config, const char *address)
{
	g_autoptr(GPtrArray) smtp = rp_import_rank_servers(config->servers, RP_MAIL_SMTP);
	g_autoptr(GPtrArray) pop = rp_import_rank_servers(config->servers, RP_MAIL_POP);
	RpImportSet *set = rp_import_add_set_for(import, address);
	const RpMailServer *server = smtp->pdata[0];

	for (guint i = 0; i < config->remarks->len; i++)
		rp_import_remark(import, 0, "%s", (const char *)config->remarks->pdata[i]);
	rp_import_set(set, "identities", address);
	rp_import_set_smtp(set, server);
	/* POP is beside the matter, unless it opens the server: a login that has to be seen to
	 * first is none to begin with. */
	if (pop->len && opens(pop->pdata[0]) &&
		(rank(pop->pdata[0]) == 0 || (server->ways & RP_MAIL_AFTER_POP)))
		rp_import_set_pop(set, pop->pdata[0]);
	else if (server->ways & RP_MAIL_AFTER_POP)
		rp_import_remark(import, server->line,
			_("it wants a POP login first, and no POP3 server is named: write pop and "
			  "pop-user into [server-set %s]"),
			set->name);
	remark_login(import, set, server);
}
