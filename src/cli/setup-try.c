/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "find-servers.h"
#include "setup.h"

#include "roampost/language.h"
#include "roampost/policy.h"
#include "roampost/words.h"
#include "roampost/module.h"

#include <string.h>

/* A session with one server, as the set that would be written, and what its result leads to. */

enum { PROBE_SECONDS = 20, LONGEST_DETAIL = 1000 };

/* ---- a session ---- */

gboolean
rp_setup_probe(RpCli *cli, const RpConfig *config, gboolean pop, RpProbeReport *reports)
{
	RpProbe probe = (RpProbe)rp_module_function(RP_PROBE_MODULE, RP_PROBE_FUNCTION);
	RpCatalogue *catalogue = rp_config_catalogue(config);
	g_autoptr(GPtrArray) sets = g_ptr_array_new();

	if (!probe) {
		rp_cli_fail(cli,
			_("%s is not installed, so nothing can be tried "
			  "from here: --untested writes "
			  "the configuration all the same"),
			RP_PROBE_MODULE);
		return FALSE;
	}
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++)
		g_ptr_array_add(sets, (gpointer)rp_catalogue_set(catalogue, i));
	probe((const RpServerSet *const *)sets->pdata, sets->len, pop, PROBE_SECONDS, reports);
	return TRUE;
}

static const struct {
	RpSetupStep step;
	const char *help;
	const char *pop_help;    /* of a POP server; NULL: the same */
	gboolean may_be_network; /* and none of the server: what is in the way is looked for */
} steps[] = {
	[RP_SESSION_OK] = {RP_SETUP_GOOD, NULL},
	[RP_SESSION_RESOLVE_FAILED] = {RP_SETUP_NEXT_SERVER,
		N_("look how the name is written; if it is right: is this machine online?"),
		.may_be_network = TRUE},
	[RP_SESSION_UNREACHABLE] = {RP_SETUP_NEXT_SERVER,
		N_("the port may be another one (--smtp HOST:PORT), or this network blocks it: "
		   "try from another one, or write the configuration without the test "
		   "(--untested)"),
		N_("the port may be another one (--pop HOST:PORT), or this network blocks it: "
		   "try from another one, or write the configuration without the test "
		   "(--untested)"),
		.may_be_network = TRUE},
	[RP_SESSION_PORT_BLOCKED] = {RP_SETUP_NEXT_SERVER,
		N_("this network blocks the port: try from another one, or write the configuration "
		   "without the test (--untested)"),
		.may_be_network = TRUE},
	[RP_SESSION_TLS_UNAVAILABLE] = {RP_SETUP_NEXT_SERVER,
		N_("the password is not shown to who offers no encryption: ask the provider for a "
		   "server with TLS, and say it with --smtp smtps://HOST"),
		N_("the password is not shown to who offers no encryption: ask the provider for a "
		   "server with TLS, and say it with --pop pop3s://HOST"),
		.may_be_network = TRUE},
	[RP_SESSION_INTERCEPTED] = {RP_SETUP_NEXT_SERVER,
		N_("no password was given: try from another network; where the provider has an "
		   "authority of its own, say its certificate with --tls-ca-file FILE"),
		.may_be_network = TRUE},
	[RP_SESSION_AUTH_FAILED] = {RP_SETUP_NEXT_PASSWORD,
		N_("look at the password, and at the login's name (--user NAME); with two-step "
		   "login many providers want an app password, which is made on their web pages")},
	[RP_SESSION_AUTH_TEMPORARY] = {RP_SETUP_GIVE_UP, N_("run it again later")},
	[RP_SESSION_AUTH_UNCLEAR] = {RP_SETUP_NEXT_PASSWORD,
		N_("look at the password, and at the login's name (--user NAME)")},
	[RP_SESSION_AUTH_MISSING] = {RP_SETUP_NEXT_SERVER,
		N_("say a server that takes a login with --smtp smtps://HOST"),
		N_("say a server that takes a login with --pop pop3s://HOST")},
	[RP_SESSION_CREDENTIALS_UNAVAILABLE] = {RP_SETUP_GIVE_UP,
		N_("try the command by itself: it must print the password as its first line")},
	[RP_SESSION_KEYRING_LOCKED] = {RP_SETUP_GIVE_UP,
		NULL}, /* not here: the password is given */
	[RP_SESSION_REFUSED] = {RP_SETUP_NEXT_SERVER,
		N_("it does not take sessions from here: try from "
		   "another network")},
	[RP_SESSION_REJECTED] = {RP_SETUP_GIVE_UP, N_("ask the provider what that means")},
	[RP_SESSION_TRY_LATER] = {RP_SETUP_GIVE_UP, N_("run it again later")},
	[RP_SESSION_LIMIT] = {RP_SETUP_GIVE_UP, N_("run it again later")},
	[RP_SESSION_POP_FIRST] = {RP_SETUP_GIVE_UP,
		N_("it wants a POP login first: say the server with --pop "
		   "pop3s://HOST, and write relay=pop-login")},
	[RP_SESSION_BIND_FAILED] = {RP_SETUP_NEXT_SERVER, N_("is this machine online?"),
		.may_be_network = TRUE},
	[RP_SESSION_LOST] = {RP_SETUP_NEXT_SERVER, N_("run it again"), .may_be_network = TRUE},
	[RP_SESSION_PROTOCOL_ERROR] = {RP_SETUP_NEXT_SERVER,
		N_("that is no mail server: say the right one with --smtp smtps://HOST"),
		N_("that is no mail server: say the right one with --pop pop3s://HOST"),
		.may_be_network = TRUE},
	[RP_SESSION_UNPROVEN] = {RP_SETUP_GIVE_UP, N_("run it again later")}, /* not here */
};

/* ---- one login ---- */

/* What is said of a server begins with its name, which stands before it already. */
static const char *
without_server(const char *detail, const RpMailServer *server)
{
	const char *rest =
		g_str_has_prefix(detail, server->host) ? detail + strlen(server->host) : "";

	if (*rest == ':' && g_ascii_isdigit(rest[1]))
		rest += 1 + strspn(rest + 1, "0123456789");
	return g_str_has_prefix(rest, ": ") ? rest + 2 : detail;
}

static void
say(RpCli *cli, const char *url, const char *what, const char *help)
{
	if (help)
		/* TRANSLATORS: what happened, and what helps. */
		rp_cli_fail(cli, _("%1$s: %2$s; %3$s"), url, what, rp_text(help));
	else
		rp_cli_fail(cli, "%s: %s", url, what);
}

static void
say_good(RpCli *cli, const RpMailServer *server, const char *url, const RpProbeReport *report)
{
	if (report->logged_in)
		rp_cli_note(cli, "%s: %s", url, _("the login is good"));
	else if (server->ways != RP_MAIL_NO_LOGIN)
		rp_cli_note(cli, "%s: %s", url, _("it answers, and asks for no login"));
	else if (server->tls == RP_MAIL_PLAIN && !report->encrypted)
		rp_cli_note(cli,
			_("%s: it offers neither a login nor encryption, and is set up without: "
			  "mail goes to it in clear, and from where it takes mail is learned from "
			  "its answers"),
			url);
	else
		rp_cli_note(cli,
			_("%s: it is set up without a login; from where it takes mail is learned "
			  "from its answers"),
			url);
}

static const char *
help_for(const RpProbeReport *report, RpMailKind kind)
{
	const char *pop_help = steps[report->result].pop_help;
	const char *obstacle = steps[report->result].may_be_network ? rp_find_obstacle() : NULL;

	if (obstacle)
		return obstacle;
	if (rp_tells_of_dates(report->detail))
		return N_("no password was given: look at this machine's clock (timedatectl); "
			  "where it is right, the provider has to mend its certificate");
	return kind == RP_MAIL_POP && pop_help ? pop_help : steps[report->result].help;
}

void
rp_setup_say(RpCli *cli, const RpMailServer *server, const RpProbeReport *report, gboolean helpless)
{
	g_autofree char *url = rp_mail_server_url(server);
	g_autofree char *shown = rp_words_shown(report->detail);
	g_autofree char *detail = shown ? rp_text_title(shown, LONGEST_DETAIL) : NULL;

	if (report->result == RP_SESSION_OK)
		say_good(cli, server, url, report);
	else
		say(cli, url, detail ? without_server(detail, server) : "",
			helpless ? NULL : help_for(report, server->kind));
}

RpSetupStep
rp_setup_try(RpCli *cli, const RpSetupAccount *account, const RpSetupLogin *login, gboolean pop,
	RpProbeReport *report)
{
	g_autoptr(RpConfig) config = rp_setup_config(cli, account, login);

	*report = (RpProbeReport){.detail = NULL};
	if (!config || !rp_setup_probe(cli, config, pop, report))
		return RP_SETUP_GIVE_UP;
	return steps[report->result].step;
}
