/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "setup.h"

#include "roampost/language.h"

#include <string.h>

/* The login: the first server that takes it is the one. */

enum { TRIES = 3 };
/* A document may name many servers, and each may hang. */
enum { MOST_SERVERS = 8, MOST_SECONDS = 60 };

void
rp_setup_login_clear(RpSetupLogin *login)
{
	g_clear_pointer(&login->smtp, rp_mail_server_free);
	g_clear_pointer(&login->pop, rp_mail_server_free);
	g_clear_pointer(&login->secret, rp_secret_free);
}

/* No password is to be shown to the SMTP server. */
static gboolean
does_without(const RpSetupAccount *account, const RpSetupLogin *login)
{
	return account->no_login || login->nothing_typed;
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

/* The server, with each of the names that the login may have; what is not the last word is not
 * said. With `bare`, what may do without a login is added to it. */
static RpSetupStep
try_users(RpCli *cli, const RpSetupAccount *account, RpSetupLogin *login, gboolean pop,
	GPtrArray *bare)
{
	RpMailServer *server = pop ? login->pop : login->smtp;
	g_auto(GStrv) users = users_of(account, server);
	RpSetupStep step = RP_SETUP_NEXT_SERVER;

	for (char **user = users; *user; user++) {
		RpProbeReport report;

		g_free(server->user);
		server->user = rp_mail_server_wants_login(server) ? g_strdup(*user) : NULL;
		step = rp_setup_try(cli, account, login, pop, &report);
		gboolean more = step == RP_SETUP_NEXT_PASSWORD && user[1] && server->user;
		gboolean may_be_bare = bare && rp_setup_may_be_bare(account, &report);
		if (may_be_bare)
			rp_setup_add_bare(bare, server, &report);
		if (report.detail && !more)
			rp_setup_say(cli, server, &report, may_be_bare);
		g_free(report.detail);
		if (!more)
			break;
	}
	return step;
}

static RpSetupStep
try_servers(RpCli *cli, const RpSetupAccount *account, const GPtrArray *servers,
	RpSetupLogin *login, gboolean pop, GPtrArray *bare)
{
	RpMailServer **which = pop ? &login->pop : &login->smtp;
	gint64 end = g_get_monotonic_time() + MOST_SECONDS * G_TIME_SPAN_SECOND;
	RpSetupStep step = RP_SETUP_GIVE_UP;

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
		step = try_users(cli, account, login, pop, bare);
		if (step != RP_SETUP_NEXT_SERVER)
			break;
	}
	return step;
}

/* With a login, and where no server has one, without. */
static RpSetupStep
try_smtp(RpCli *cli, const RpSetupAccount *account, const RpSetupServers *servers,
	RpSetupLogin *login)
{
	g_autoptr(GPtrArray) bare =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_mail_server_free);
	RpSetupStep step = RP_SETUP_NEXT_SERVER;

	if (does_without(account, login))
		for (guint i = 0; i < MIN(servers->smtp->len, MOST_SERVERS); i++)
			rp_setup_add_bare(bare, servers->smtp->pdata[i], NULL);
	else
		step = try_servers(cli, account, servers->smtp, login, FALSE, bare);
	return step == RP_SETUP_NEXT_SERVER ? rp_setup_try_bare(cli, account, bare, login) : step;
}

/* ---- all of it ---- */

static gboolean
may_ask_again(const RpCli *cli, const RpSetupAccount *account)
{
	return !account->password_command && !account->password_file && rp_cli_is_interactive(cli);
}

static gboolean
wants_password(const RpSetupAccount *account, const RpSetupServers *servers, gboolean with_pop)
{
	const RpMailServer *first = servers->smtp->pdata[0];

	return with_pop || (!account->no_login && rp_mail_server_wants_login(first));
}

/* Where nothing is to be tried, the first of each is taken as it is. */
static void
take_first(const RpSetupAccount *account, const RpSetupServers *servers, RpSetupLogin *login,
	gboolean with_pop)
{
	login->smtp = rp_mail_server_copy(servers->smtp->pdata[0]);
	if (does_without(account, login))
		login->smtp->ways = RP_MAIL_NO_LOGIN;
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

/* A new password is for the logins that the set has: a server that it uses without one was accepted
 * as it is, and has nothing to say of the password. */
static gboolean
tries_smtp(const RpSetupAccount *account, const RpSetupServers *servers)
{
	return !account->new_password || rp_mail_server_wants_login(servers->smtp->pdata[0]);
}

static gboolean
has_two_passwords(const RpServerSet *set)
{
	return set && set->smtp_login.user && set->pop_login.user &&
	       g_strcmp0(set->smtp_login.password, set->pop_login.password) != 0;
}

/* One password is asked for, and where each server has its own no typing helps. */
static void
say_apart(RpCli *cli, const RpSetupAccount *account)
{
	if (account->known)
		rp_cli_note(cli,
			_("where SMTP and POP have a password each, the one that has changed is "
			  "written as smtp-password= or pop-password= into [server-set %1$s]; "
			  "“roampost password %1$s” with --smtp or --pop changes one in the "
			  "keyring"),
			account->known->name);
	else
		rp_cli_note(cli, _("its POP server takes this password; where SMTP has another, "
				   "set it up without POP, and write pop=, pop-user= and "
				   "pop-password= into the server set then"));
}

static RpSetupStep
try_all(RpCli *cli, const RpSetupAccount *account, const RpSetupServers *servers,
	RpSetupLogin *login, gboolean with_pop)
{
	RpSetupStep step = RP_SETUP_GOOD;
	gboolean apart = has_two_passwords(account->known);

	g_clear_pointer(&login->smtp, rp_mail_server_free);
	login->smtp = rp_mail_server_copy(servers->smtp->pdata[0]); /* no set is without one */
	g_clear_pointer(&login->pop, rp_mail_server_free);
	if (with_pop && !login->nothing_typed)
		step = try_servers(cli, account, servers->pop, login, TRUE, NULL);
	if (step == RP_SETUP_GOOD && tries_smtp(account, servers)) {
		step = try_smtp(cli, account, servers, login);
		apart |= login->pop != NULL;
	}
	if (step == RP_SETUP_NEXT_PASSWORD && apart)
		say_apart(cli, account);
	return step;
}

/* A login that has been tried; FALSE: none was good, and why has been said. */
static gboolean
test(RpCli *cli, const RpSetupAccount *account, const RpSetupServers *servers, RpSetupLogin *login,
	gboolean with_pop)
{
	for (int i = 0; i < TRIES; i++) {
		RpSetupStep step;

		if (i > 0 && !rp_setup_get_password(cli, account, login))
			return FALSE;
		step = try_all(cli, account, servers, login, with_pop);
		if (step == RP_SETUP_GOOD)
			return TRUE;
		if (step == RP_SETUP_NEXT_PASSWORD && login->secret &&
			strpbrk(login->secret, " \t"))
			rp_cli_note(cli, _("there are blanks in the password: many pages show an "
					   "app password with some, and it has none"));
		if (step != RP_SETUP_NEXT_PASSWORD || !may_ask_again(cli, account))
			break;
	}
	rp_setup_fail(cli, account);
	return FALSE;
}

/* A server without a login may be one that a POP login opens, which relay=auto finds out if there
 * is one; and it is where the mail is. Who has no password for it types none. */
static gboolean
may_open_by_pop(RpCli *cli, const RpSetupAccount *account, const RpSetupServers *servers)
{
	return servers->pop_is_named &&
	       (rp_cli_is_interactive(cli) || account->password_file || account->password_command);
}

gboolean
rp_setup_log_in(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account,
	const RpSetupServers *servers, RpSetupLogin *login)
{
	RpSetupTokens tokens = rp_setup_tokens(cli, file, account, servers, login);
	const RpMailServer *first = servers->smtp->pdata[0];
	gboolean with_pop = account->fetch || account->pop ||
			    (account->new_password && servers->pop->len) ||
			    (!rp_mail_server_wants_login(first) &&
				    ((first->ways & RP_MAIL_AFTER_POP) ||
					    may_open_by_pop(cli, account, servers)));

	if (tokens != RP_SETUP_NO_TOKENS)
		return tokens == RP_SETUP_TOKENS;
	if (wants_password(account, servers, with_pop) &&
		!rp_setup_get_password(cli, account, login))
		return FALSE;
	if (account->untested)
		take_first(account, servers, login, with_pop && !login->nothing_typed);
	else if (!test(cli, account, servers, login, with_pop))
		return FALSE;
	if (!rp_mail_server_wants_login(login->smtp) && !login->pop)
		g_clear_pointer(&login->secret, rp_secret_free); /* nobody wants to see it */
	return TRUE;
}
