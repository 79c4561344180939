/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "find-servers.h"
#include "setup.h"

#include "roampost/language.h"
#include "roampost/serverset.h"

#include <string.h>

/* Which servers an address has: as the user says, as is found, or as servers are called usually. */

void
rp_setup_servers_clear(RpSetupServers *servers)
{
	g_clear_pointer(&servers->smtp, g_ptr_array_unref);
	g_clear_pointer(&servers->pop, g_ptr_array_unref);
	g_clear_pointer(&servers->source, g_free);
}

static const char *
domain_of(const char *address)
{
	return strrchr(address, '@') + 1;
}

static GPtrArray *
new_list(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)rp_mail_server_free);
}

/* ---- said by the user ---- */

/* NULL: it is no URL of this kind. */
static RpMailServer *
read_one(const char *scheme, const char *rest, RpMailKind kind, GError **error)
{
	g_autofree char *url = g_strconcat(scheme, rest, NULL);
	RpEndpoint *endpoint = rp_endpoint_parse(url, kind == RP_MAIL_POP ? "pop3" : "smtp", error);
	RpMailServer *server;

	if (!endpoint)
		return NULL;
	server = rp_mail_server_new(kind, endpoint->host, endpoint->port,
		endpoint->implicit_tls ? RP_MAIL_TLS : RP_MAIL_STARTTLS);
	server->ways = RP_MAIL_PASSWORD;
	rp_endpoint_free(endpoint);
	return server;
}

/* TLS at once where STARTTLS is usual, or the other way round: that is mostly a slip. */
static gboolean
is_unusual(const RpMailServer *server)
{
	switch (server->port) {
	case 465:
	case 995:
		return server->tls != RP_MAIL_TLS;
	case 25:
	case 110:
	case 587:
		return server->tls == RP_MAIL_TLS;
	default:
		return FALSE;
	}
}

/* Takes the server. Where a slip is likely both kinds are tried, TLS first: that fails at once
 * where the other is right, which waits for a greeting. */
static void
add_server(GPtrArray *list, RpMailServer *server)
{
	RpMailServer *other;

	g_ptr_array_add(list, server);
	if (!is_unusual(server))
		return;
	other = rp_mail_server_copy(server);
	other->tls = server->tls == RP_MAIL_TLS ? RP_MAIL_STARTTLS : RP_MAIL_TLS;
	g_ptr_array_insert(
		list, other->tls == RP_MAIL_TLS ? (gint)list->len - 1 : (gint)list->len, other);
}

/* An empty list where nothing is said; NULL after saying what is wrong. A host alone is tried at
 * the usual ports: 25 only where no password is to go there, since networks have servers of their
 * own answer at it. */
static GPtrArray *
read_url(RpCli *cli, const char *url, RpMailKind kind, gboolean no_login)
{
	g_autoptr(GPtrArray) list = new_list();
	g_autoptr(GError) error = NULL;
	gboolean bare = url && !strstr(url, "://");
	RpMailServer *first;

	if (!url)
		return g_steal_pointer(&list);
	first = read_one(!bare                 ? ""
			 : kind == RP_MAIL_POP ? "pop3s://"
					       : "smtps://",
		url, kind, &error);
	if (!first) {
		rp_cli_fail_error(cli, error);
		return NULL;
	}
	add_server(list, first);
	if (bare && !strchr(url, ':'))
		g_ptr_array_add(list,
			read_one(kind == RP_MAIL_POP ? "pop3://" : "smtp://", url, kind, NULL));
	if (bare && !strchr(url, ':') && no_login) {
		g_autofree char *usual = g_strconcat(url, ":25", NULL);

		g_ptr_array_insert(list, 0, read_one("smtp://", usual, kind, NULL));
	}
	return g_steal_pointer(&list);
}

/* ---- found ---- */

/* What the user has said is left alone. */
static void
take_kind(GPtrArray *list, const RpAutoconfig *found, RpMailKind kind)
{
	g_autoptr(GPtrArray) ranked = rp_import_rank_servers(found->servers, kind);

	if (list->len)
		return;
	for (guint i = 0; i < ranked->len; i++)
		add_server(list, rp_mail_server_copy(ranked->pdata[i]));
}

static gboolean
is_accepted(RpCli *cli, const RpSetupAccount *account, const char *host)
{
	const char *domain = domain_of(account->address);

	if (rp_host_is_within(host, domain) ||
		(account->accept_hosts &&
			g_strv_contains((const char *const *)account->accept_hosts, host)))
		return TRUE;
	if (!rp_cli_is_interactive(cli)) {
		rp_cli_note(cli,
			_("%s is not within %s, and nothing but DNS says that it is the server: "
			  "if it is the right one, add --accept-host %s"),
			host, domain, host);
		return FALSE;
	}
	return rp_cli_ask_yes(cli, FALSE,
		_("DNS says that the server is %s, which is not within %s, and nothing vouches for "
		  "that. Your password would go there. Is it the right one?"),
		host, domain);
}

/* Each host once. */
static void
drop_unaccepted(RpCli *cli, const RpSetupAccount *account, GPtrArray *list)
{
	g_autoptr(GHashTable) answers =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < list->len;) {
		const RpMailServer *server = list->pdata[i];

		if (!g_hash_table_contains(answers, server->host))
			g_hash_table_insert(answers, g_strdup(server->host),
				GINT_TO_POINTER(is_accepted(cli, account, server->host)));
		if (g_hash_table_lookup(answers, server->host))
			i++;
		else
			g_ptr_array_remove_index(list, i);
	}
}

/* ---- usual names ---- */

/* The names are tried without a login: what answers, and proves that it is what it is called. */
static void
take_answering(RpCli *cli, const RpSetupAccount *account, GPtrArray *list, RpMailKind kind)
{
	g_autoptr(GPtrArray) usual = rp_discovery_usual(kind, domain_of(account->address));
	g_autoptr(RpImport) import = rp_import_new("usual names");
	g_autofree RpProbeReport *reports = g_new0(RpProbeReport, usual->len);

	for (guint i = 0; i < usual->len; i++) {
		g_autofree char *name = g_strdup_printf("%02u", i);
		RpImportSet *set = rp_import_add_set(import, name);
		RpMailServer *bare = rp_mail_server_copy(usual->pdata[i]);

		bare->ways = RP_MAIL_NO_LOGIN;
		rp_import_set_smtp(set, bare);
		rp_import_set(set, "relay", "anywhere");
		rp_import_set(set, "tls-ca-file", account->ca_file);
		rp_mail_server_free(bare);
	}
	g_autoptr(RpConfig) config = rp_import_load(import);
	if (!config || !rp_setup_probe(cli, config, FALSE, reports))
		return;
	for (guint i = 0; i < usual->len; i++) {
		if (reports[i].verified)
			g_ptr_array_add(list, rp_mail_server_copy(usual->pdata[i]));
		g_free(reports[i].detail);
	}
}

static gboolean
try_usual(RpCli *cli, const RpSetupAccount *account, RpSetupServers *servers)
{
	const char *domain = domain_of(account->address);

	if (rp_find_obstacle()) /* which has been said */
		return FALSE;
	rp_cli_note(cli, _("trying the usual names: smtp.%s, mail.%s, %s"), domain, domain, domain);
	take_answering(cli, account, servers->smtp, RP_MAIL_SMTP);
	if (servers->smtp->len) {
		servers->source = g_strdup(_("usual names"));
		return TRUE;
	}
	servers->nowhere = TRUE;
	if (rp_domain_is_absent(domain))
		rp_cli_fail(cli,
			_("the DNS knows no domain %s, and no mail goes to it: is it mistyped? If "
			  "not, say its provider's server with --smtp smtps://HOST"),
			domain);
	else
		rp_cli_fail(
			cli, _("none of these answers as a mail server that proves its name: ask "
			       "your provider for its SMTP server, and say it with --smtp "
			       "smtps://HOST"));
	return FALSE;
}

/* ---- all of it ---- */

/* POP servers that are wanted and that nobody names are tried when it comes to the login. */
static void
add_usual_pop(const RpSetupAccount *account, RpSetupServers *servers)
{
	servers->pop_is_named = servers->pop->len > 0;
	if (servers->pop_is_named)
		return;
	g_ptr_array_unref(servers->pop);
	servers->pop = rp_discovery_usual(RP_MAIL_POP, domain_of(account->address));
}

/* The user's own words go before all others'. FALSE after saying what is wrong with them. */
static gboolean
take_said(RpCli *cli, const RpSetupAccount *account, RpSetupServers *servers)
{
	servers->smtp = read_url(cli, account->smtp, RP_MAIL_SMTP, account->no_login);
	servers->pop = servers->smtp ? read_url(cli, account->pop, RP_MAIL_POP, FALSE) : NULL;
	return servers->pop != NULL;
}

static gboolean
take_found(RpCli *cli, const RpSetupAccount *account, const RpDiscovery *discovery,
	RpSetupServers *servers)
{
	take_kind(servers->smtp, discovery->found, RP_MAIL_SMTP);
	take_kind(servers->pop, discovery->found, RP_MAIL_POP);
	servers->source = g_strdup(discovery->source);
	if (discovery->plain_dns) {
		drop_unaccepted(cli, account, servers->smtp);
		if (!account->pop) /* that is the user's word, not the DNS's */
			drop_unaccepted(cli, account, servers->pop);
	}
	if (servers->smtp->len)
		return TRUE;
	rp_cli_fail(cli, _("no server is left: nothing is written"));
	return FALSE;
}

static gboolean
look_up(RpCli *cli, const RpSetupAccount *account, RpSetupServers *servers)
{
	g_autoptr(RpDiscovery) discovery =
		rp_find_servers(cli, account->address, account->tell_address, account->ca_file);

	if (!discovery)
		return FALSE;
	if (discovery->found)
		return take_found(cli, account, discovery, servers);
	if (discovery->nothing_resolved) /* which has been said; nor would the usual names be */
		return FALSE;
	if (!discovery->not_offered)
		return try_usual(cli, account, servers);
	servers->nowhere = TRUE;
	rp_cli_fail(cli, _("the domain says by DNS that it has no server to send through: if you "
			   "know one, say it with --smtp smtps://HOST"));
	return FALSE;
}

gboolean
rp_setup_find(RpCli *cli, const RpSetupAccount *account, RpSetupServers *servers)
{
	if (!rp_find_may_read_ca(cli, account->ca_file) || !take_said(cli, account, servers))
		return FALSE;
	if (!servers->smtp->len && !look_up(cli, account, servers))
		return FALSE;
	add_usual_pop(account, servers);
	return TRUE;
}
