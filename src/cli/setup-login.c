/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "setup.h"

#include "roampost/language.h"
#include "roampost/module.h"
#include "roampost/words.h"

#include <string.h>

/* The login: the first server that takes it is the one. */

enum { PROBE_SECONDS = 20, TRIES = 3, LONGEST_DETAIL = 1000 };
/* A document may name many servers, and each may hang. */
enum { MOST_SERVERS = 8, MOST_SECONDS = 60 };

void
rp_setup_login_clear(RpSetupLogin *login)
{
	g_clear_pointer(&login->smtp, rp_mail_server_free);
	g_clear_pointer(&login->pop, rp_mail_server_free);
	g_clear_pointer(&login->secret, rp_secret_free);
}

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

/* What a result leads to. */
typedef enum { GOOD, NEXT_SERVER, NEXT_PASSWORD, STOP } Step;

static const struct {
	Step step;
	const char *help;
} steps[] = {
	[RP_SESSION_OK] = {GOOD, NULL},
	[RP_SESSION_RESOLVE_FAILED] = {NEXT_SERVER, N_("is this machine online?")},
	[RP_SESSION_UNREACHABLE] = {NEXT_SERVER,
		N_("this network may block it: try from another one, or write the configuration "
		   "without the test (--untested)")},
	[RP_SESSION_PORT_BLOCKED] = {NEXT_SERVER,
		N_("this network blocks the port: try from another one, or write the configuration "
		   "without the test (--untested)")},
	[RP_SESSION_TLS_UNAVAILABLE] = {NEXT_SERVER,
		N_("the password is not shown to who offers no encryption: ask the provider for a "
		   "server with TLS, and say it with --smtp smtps://HOST")},
	[RP_SESSION_INTERCEPTED] = {NEXT_SERVER,
		N_("no password was given: try from another network; where the provider has an "
		   "authority of its own, say its certificate with --tls-ca-file FILE")},
	[RP_SESSION_AUTH_FAILED] = {NEXT_PASSWORD,
		N_("look at the password, and at the login's name (--user NAME); with two-step "
		   "login many providers want an app password, which is made on their web pages")},
	[RP_SESSION_AUTH_TEMPORARY] = {STOP, N_("run it again later")},
	[RP_SESSION_AUTH_UNCLEAR] = {NEXT_PASSWORD,
		N_("look at the password, and at the login's name (--user NAME)")},
	[RP_SESSION_AUTH_MISSING] = {NEXT_SERVER,
		N_("say a server that takes a login with --smtp smtps://HOST")},
	[RP_SESSION_CREDENTIALS_UNAVAILABLE] = {STOP,
		N_("try the command by itself: it must print the password as its first line")},
	[RP_SESSION_KEYRING_LOCKED] = {STOP, NULL}, /* not here: the password is given */
	[RP_SESSION_REFUSED] = {NEXT_SERVER, N_("it does not take sessions from here: try from "
						"another network")},
	[RP_SESSION_REJECTED] = {STOP, N_("ask the provider what that means")},
	[RP_SESSION_TRY_LATER] = {STOP, N_("run it again later")},
	[RP_SESSION_LIMIT] = {STOP, N_("run it again later")},
	[RP_SESSION_POP_FIRST] = {STOP, N_("it wants a POP login first: say the server with --pop "
					   "pop3s://HOST, and write relay=pop-login")},
	[RP_SESSION_BIND_FAILED] = {NEXT_SERVER, N_("is this machine online?")},
	[RP_SESSION_LOST] = {NEXT_SERVER, N_("run it again")},
	[RP_SESSION_PROTOCOL_ERROR] = {NEXT_SERVER,
		N_("that is no mail server: say the right one with --smtp smtps://HOST")},
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

/* `more`: another name for the login is tried next, where this one is refused. */
static Step
report_step(RpCli *cli, const RpMailServer *server, const RpProbeReport *report, gboolean more)
{
	g_autofree char *url = rp_mail_server_url(server);
	Step step = steps[report->result].step;
	const char *help = steps[report->result].help;
	g_autofree char *shown = rp_words_shown(report->detail);
	g_autofree char *detail = shown ? rp_text_title(shown, LONGEST_DETAIL) : NULL;
	const char *what = detail ? without_server(detail, server) : NULL;

	if (step == GOOD)
		rp_cli_note(cli, "%s: %s", url,
			report->logged_in ? _("the login is good")
					  : _("it answers, and asks for no login"));
	else if ((step != NEXT_PASSWORD || !more) && help)
		/* TRANSLATORS: what happened, and what helps. */
		rp_cli_note(cli, _("%1$s: %2$s; %3$s"), url, what, rp_text(help));
	else if (step != NEXT_PASSWORD || !more)
		rp_cli_note(cli, "%s: %s", url, what);
	return step;
}

static Step
try_once(RpCli *cli, const RpSetupAccount *account, const RpSetupLogin *login, gboolean pop,
	gboolean more)
{
	g_autoptr(RpConfig) config = rp_setup_config(cli, account, login);
	RpProbeReport report = {.detail = NULL};
	Step step;

	if (!config || !rp_setup_probe(cli, config, pop, &report))
		return STOP;
	step = report_step(cli, pop ? login->pop : login->smtp, &report, more);
	g_free(report.detail);
	return step;
}

/* ---- whose login ---- */

/* Without what stands behind a + (RFC 5233): that sorts mail, and is seldom part of a login. */
static char *
without_detail(const char *name)
{
	gsize local = strcspn(name, "@");
	gsize kept = MIN(local, strcspn(name, "+"));

	return kept > 0 ? g_strdup_printf("%.*s%s", (int)kept, name, name + local) : g_strdup(name);
}

static void
add_name(GStrvBuilder *names, const char *last, const char *name)
{
	if (g_strcmp0(last, name) != 0)
		g_strv_builder_add(names, name);
}

/* The name that the user says; else that which the provider says, or that of the address and then
 * its local part (RFC 6186 section 4). */
static char **
users_of(const RpSetupAccount *account, const RpMailServer *server)
{
	const char *whole = server->user ? server->user : account->address;
	g_autofree char *plain = without_detail(whole);
	g_autofree char *local = g_strndup(plain, strcspn(plain, "@"));
	const char *const said[] = {account->user, NULL};
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();

	if (account->user)
		return g_strdupv((char **)said);
	g_strv_builder_add(names, plain);
	add_name(names, plain, whole);
	if (!server->user)
		g_strv_builder_add(names, local);
	return g_strv_builder_end(names);
}

/* The server, with each of the names that the login may have. */
static Step
try_users(RpCli *cli, const RpSetupAccount *account, RpSetupLogin *login, gboolean pop)
{
	RpMailServer *server = pop ? login->pop : login->smtp;
	g_auto(GStrv) users = users_of(account, server);
	Step step = NEXT_SERVER;

	for (char **user = users; *user; user++) {
		g_free(server->user);
		server->user = rp_mail_server_wants_login(server) ? g_strdup(*user) : NULL;
		step = try_once(cli, account, login, pop, user[1] != NULL);
		if (step != NEXT_PASSWORD || !server->user)
			break;
	}
	return step;
}

static Step
try_servers(RpCli *cli, const RpSetupAccount *account, const GPtrArray *servers,
	RpSetupLogin *login, gboolean pop)
{
	RpMailServer **which = pop ? &login->pop : &login->smtp;
	gint64 end = g_get_monotonic_time() + MOST_SECONDS * G_TIME_SPAN_SECOND;
	Step step = STOP;

	for (guint i = 0; i < servers->len; i++) {
		if (i == MOST_SERVERS || g_get_monotonic_time() > end) {
			rp_cli_note(cli,
				_("the other servers (%u) are not tried: that would take too long "
				  "(--smtp and --pop name the right ones)"),
				servers->len - i);
			break;
		}
		g_clear_pointer(which, rp_mail_server_free);
		*which = rp_mail_server_copy(servers->pdata[i]);
		step = try_users(cli, account, login, pop);
		if (step != NEXT_SERVER)
			break;
	}
	return step;
}

/* ---- all of it ---- */

static gboolean
may_ask_again(const RpCli *cli, const RpSetupAccount *account)
{
	return !account->password_command && !account->password_file && rp_cli_is_interactive(cli);
}

static gboolean
wants_password(const RpSetupServers *servers, gboolean with_pop)
{
	const RpMailServer *first = servers->smtp->pdata[0];

	return rp_mail_server_wants_login(first) || with_pop;
}

/* Where nothing is to be tried, the first of each is taken as it is. */
static void
take_first(const RpSetupAccount *account, const RpSetupServers *servers, RpSetupLogin *login,
	gboolean with_pop)
{
	login->smtp = rp_mail_server_copy(servers->smtp->pdata[0]);
	login->pop = with_pop ? rp_mail_server_copy(servers->pop->pdata[0]) : NULL;
	for (int i = 0; i < 2; i++) {
		RpMailServer *server = i == 0 ? login->smtp : login->pop;
		g_auto(GStrv) users = server ? users_of(account, server) : NULL;

		if (!server || !rp_mail_server_wants_login(server))
			continue;
		g_free(server->user);
		server->user = g_strdup(*users);
	}
}

static Step
try_all(RpCli *cli, const RpSetupAccount *account, const RpSetupServers *servers,
	RpSetupLogin *login, gboolean with_pop)
{
	Step step = GOOD;

	g_clear_pointer(&login->smtp, rp_mail_server_free);
	login->smtp = rp_mail_server_copy(servers->smtp->pdata[0]); /* no set is without one */
	if (with_pop)
		step = try_servers(cli, account, servers->pop, login, TRUE);
	return step == GOOD ? try_servers(cli, account, servers->smtp, login, FALSE) : step;
}

/* A login that has been tried; FALSE: none was good, and why has been said. */
static gboolean
test(RpCli *cli, const RpSetupAccount *account, const RpSetupServers *servers, RpSetupLogin *login,
	gboolean with_pop)
{
	for (int i = 0; i < TRIES; i++) {
		Step step;

		if (i > 0 && !rp_setup_get_password(cli, account, login))
			return FALSE;
		step = try_all(cli, account, servers, login, with_pop);
		if (step == GOOD)
			return TRUE;
		if (step == NEXT_PASSWORD && login->secret && strpbrk(login->secret, " \t"))
			rp_cli_note(cli, _("there are blanks in the password: many pages show an "
					   "app password with some, and it has none"));
		if (step != NEXT_PASSWORD || !may_ask_again(cli, account))
			break;
	}
	rp_cli_fail(cli, _("%s is not set up: nothing of it is written"), account->address);
	return FALSE;
}

gboolean
rp_setup_log_in(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account,
	const RpSetupServers *servers, RpSetupLogin *login)
{
	RpSetupTokens tokens = rp_setup_tokens(cli, file, account, servers, login);
	const RpMailServer *first = servers->smtp->pdata[0];
	gboolean with_pop =
		account->fetch || account->pop || (account->new_password && servers->pop->len) ||
		(!rp_mail_server_wants_login(first) && (first->ways & RP_MAIL_AFTER_POP));

	if (tokens != RP_SETUP_NO_TOKENS)
		return tokens == RP_SETUP_TOKENS;
	if (wants_password(servers, with_pop) && !rp_setup_get_password(cli, account, login))
		return FALSE;
	if (!account->untested)
		return test(cli, account, servers, login, with_pop);
	take_first(account, servers, login, with_pop);
	return TRUE;
}
