/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup.h"

#include "roampost/discovery.h"
#include "roampost/language.h"

/* Servers that take a token (OAuth2) and no password: none is asked for, and none goes there. The
 * set says who gives the tokens; `roampost login` gets the first one. */

/* Who gives the tokens for servers within the domain; as configuration knows them by name. */
static const struct {
	const char *domain, *name;
} givers[] = {
	{"gmail.com", "google"},
	{"googlemail.com", "google"},
	{"office365.com", "microsoft"},
	{"outlook.com", "microsoft"},
	{"hotmail.com", "microsoft"},
	{"yahoo.com", "yahoo"},
	{"fastmail.com", "fastmail"},
	{"messagingengine.com", "fastmail"},
};

static const char *
giver_of(const char *host)
{
	for (gsize i = 0; i < G_N_ELEMENTS(givers); i++)
		if (rp_host_is_within(host, givers[i].domain))
			return givers[i].name;
	return NULL;
}

static gboolean
is_taken_by_nobody(gconstpointer user, const char *name)
{
	return FALSE;
}

/* Of others the user says it, in a group that is called as the address' set would be. */
static const char *
giver_for(const RpMailServer *server, const RpSetupAccount *account)
{
	const char *known = giver_of(server->host);
	g_autofree char *name =
		known ? NULL : rp_import_name_for(account->address, is_taken_by_nobody, NULL);

	return known ? known : g_intern_string(name);
}

static gboolean
takes_token_alone(const RpMailServer *server)
{
	return (server->ways & RP_MAIL_TOKEN) && !(server->ways & RP_MAIL_PASSWORD);
}

/* TRUE: none is left, where there were some. */
static gboolean
drop_those(GPtrArray *list)
{
	guint before = list->len;

	for (guint i = list->len; i-- > 0;)
		if (takes_token_alone(list->pdata[i]))
			g_ptr_array_remove_index(list, i);
	return before > 0 && list->len == 0;
}

/* The first that is known, or the first at all. */
static const RpMailServer *
choose(const GPtrArray *servers)
{
	for (guint i = 0; i < servers->len; i++)
		if (giver_of(((RpMailServer *)servers->pdata[i])->host))
			return servers->pdata[i];
	return servers->pdata[0];
}

/* Of a provider that is known: how there may be tokens. */
static void
say_known(RpCli *cli, const RpSetupFile *file, const RpMailServer *server, const char *name,
	const char *address, gboolean has_desktop)
{
	if (has_desktop)
		rp_cli_fail(cli,
			_("%1$s takes a token (OAuth2) and no password, so none is asked for: log "
			  "in as %2$s in GNOME's settings (gnome-control-center online-accounts), "
			  "or write [oauth %3$s] with client-id into %4$s (roampost.conf(5) says "
			  "how to get one), and run it again"),
			server->host, address, name, file->named);
	else
		rp_cli_fail(cli,
			_("%1$s takes a token (OAuth2) and no password, so none is asked for: "
			  "write "
			  "[oauth %2$s] with client-id into %3$s (roampost.conf(5) says how to get "
			  "one), and run it again"),
			server->host, name, file->named);
}

static void
say_unknown(RpCli *cli, const RpSetupFile *file, const RpMailServer *server, const char *name)
{
	rp_cli_fail(cli,
		_("%1$s takes a token (OAuth2) and no password, so none is asked for, and "
		  "who gives the token is not known: write [oauth %2$s] with its "
		  "authorization-endpoint, token-endpoint, scopes and client-id into %3$s "
		  "(roampost.conf(5)), and run it again"),
		server->host, name, file->named);
}

/* As the configuration has it, else the desktop's, in *giver. FALSE after saying what is missing.
 */
static gboolean
find_giver(RpCli *cli, const RpSetupFile *file, const RpMailServer *server, const char *address,
	const char **giver)
{
	g_autofree char *group = g_strconcat("oauth ", *giver, NULL);

	if (rp_config_edit_has_group(file->edit, group))
		return TRUE;
	RpSetupDesktop desktop = rp_setup_desktop_gives(address);
	switch (desktop) {
	case RP_SETUP_DESKTOP_LAPSED:
		rp_cli_note(cli,
			_("the login of %s has lapsed in GNOME's settings: “gnome-control-center "
			  "online-accounts” opens them, to log in again"),
			address);
		G_GNUC_FALLTHROUGH;
	case RP_SETUP_DESKTOP_GIVES:
		*giver = RP_SETUP_DESKTOP_GIVER;
		return TRUE;
	case RP_SETUP_DESKTOP_MAY:
	case RP_SETUP_DESKTOP_NONE:
		break;
	}
	if (giver_of(server->host))
		say_known(cli, file, server, *giver, address, desktop == RP_SETUP_DESKTOP_MAY);
	else
		say_unknown(cli, file, server, *giver);
	return FALSE;
}

static RpMailServer *
copy_for(const RpMailServer *server, const RpSetupAccount *account)
{
	RpMailServer *copy = rp_mail_server_copy(server);

	if (account->user || !copy->user) {
		g_free(copy->user);
		copy->user = g_strdup(account->user ? account->user : account->address);
	}
	return copy;
}

/* By POP as well, where that is wanted and goes by the same token. */
static gboolean
take_pop(RpCli *cli, const RpSetupAccount *account, const GPtrArray *pop, RpSetupLogin *login)
{
	if (!account->fetch && !account->pop)
		return TRUE;
	for (guint i = 0; i < pop->len && !login->pop; i++)
		if (takes_token_alone(pop->pdata[i]) &&
			g_str_equal(giver_for(pop->pdata[i], account), login->giver))
			login->pop = copy_for(pop->pdata[i], account);
	if (login->pop)
		return TRUE;
	rp_cli_fail(cli,
		_("%s sends by a token, and no POP3 server is known that takes the same one: leave "
		  "--fetch and --pop out"),
		account->address);
	return FALSE;
}

static gboolean
needs_pop(const RpSetupAccount *account, const RpSetupServers *servers)
{
	const RpMailServer *first = servers->smtp->pdata[0];

	return account->fetch || (first->ways & RP_MAIL_AFTER_POP);
}

static gboolean
any_takes_password(const GPtrArray *servers)
{
	for (guint i = 0; i < servers->len; i++)
		if (!takes_token_alone(servers->pdata[i]))
			return TRUE;
	return FALSE;
}

/* Where SMTP takes a password, so has POP to, if that is needed. */
static RpSetupTokens
leave_tokens(RpCli *cli, const RpSetupAccount *account, const RpSetupServers *servers)
{
	drop_those(servers->smtp);
	if (!drop_those(servers->pop) || !needs_pop(account, servers))
		return RP_SETUP_NO_TOKENS;
	rp_cli_fail(cli,
		_("the POP3 server of %s takes a token (OAuth2) and no password: leave "
		  "--fetch out, or write its set by hand (roampost.conf(5))"),
		account->address);
	return RP_SETUP_TOKENS_LACKING;
}

RpSetupTokens
rp_setup_tokens(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account,
	const RpSetupServers *servers, RpSetupLogin *login)
{
	const RpMailServer *server = choose(servers->smtp);

	if (any_takes_password(servers->smtp))
		return leave_tokens(cli, account, servers);
	login->giver = giver_for(server, account);
	if (!find_giver(cli, file, server, account->address, &login->giver))
		return RP_SETUP_TOKENS_LACKING;
	login->smtp = copy_for(server, account);
	if (!take_pop(cli, account, servers->pop, login))
		return RP_SETUP_TOKENS_LACKING;
	rp_cli_note(cli,
		g_str_equal(login->giver, RP_SETUP_DESKTOP_GIVER)
			? _("%s takes a token (OAuth2) and no password: it is that of the account "
			    "in GNOME's settings")
			: _("%s takes a token (OAuth2) and no password: none is asked for"),
		server->host);
	return RP_SETUP_TOKENS;
}
