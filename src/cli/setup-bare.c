/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup.h"

#include "roampost/language.h"

/* Servers that take mail without a login, from their own network mostly: whether one is such, where
 * nobody has said so. */

gboolean
rp_setup_may_be_bare(const RpSetupAccount *account, const RpProbeReport *report)
{
	if (account->new_password)
		return FALSE;
	/* Whoever sits between could take away the encryption, and the login with it: that is for
	 * the user to know, who has named the server. */
	return report->result == RP_SESSION_AUTH_MISSING ||
	       (report->result == RP_SESSION_TLS_UNAVAILABLE && account->smtp);
}

static RpMailServer *
new_bare(const RpMailServer *server, const RpProbeReport *report)
{
	RpMailServer *copy = rp_mail_server_copy(server);

	g_clear_pointer(&copy->user, g_free);
	copy->ways = RP_MAIL_NO_LOGIN;
	if (report && report->result == RP_SESSION_TLS_UNAVAILABLE)
		copy->tls = RP_MAIL_PLAIN;
	return copy;
}

void
rp_setup_add_bare(GPtrArray *bare, const RpMailServer *server, const RpProbeReport *report)
{
	g_ptr_array_add(bare, new_bare(server, report));
}

static void
say_login(RpCli *cli, const RpMailServer *server, const RpProbeReport *report, gboolean asked)
{
	g_autofree char *url = rp_mail_server_url(server);

	if (!report->encrypted)
		rp_cli_note(cli,
			_("%s: it offers a login, but no encryption, and gets no password: ask the "
			  "provider for a server with TLS, and say it with --smtp smtps://HOST; "
			  "where it takes mail without a login, say --no-login"),
			url);
	else if (asked)
		rp_cli_note(cli,
			_("%s: it offers a login: give the password, or, where it takes mail "
			  "without one, say --no-login"),
			url);
	else
		rp_cli_note(cli,
			_("%s: it offers no login that roampost knows: say a server that does with "
			  "--smtp smtps://HOST; where it takes mail without one, say --no-login"),
			url);
}

/* That it offers a login is a reason to want one, unless the user knows better. */
static RpSetupStep
judge(RpCli *cli, const RpSetupAccount *account, const RpSetupLogin *login,
	const RpProbeReport *report, RpSetupStep step)
{
	if (step == RP_SETUP_GOOD && report->offers_login && !account->no_login) {
		say_login(cli, login->smtp, report, login->nothing_typed);
		return login->nothing_typed && report->encrypted ? RP_SETUP_NEXT_PASSWORD
								 : RP_SETUP_NEXT_SERVER;
	}
	rp_setup_say(cli, login->smtp, report, FALSE);
	return step;
}

RpSetupStep
rp_setup_try_bare(RpCli *cli, const RpSetupAccount *account, GPtrArray *bare, RpSetupLogin *login)
{
	RpSetupStep best = RP_SETUP_NEXT_SERVER;

	for (guint i = 0; i < bare->len; i++) {
		RpProbeReport report;
		RpSetupStep step;

		g_clear_pointer(&login->smtp, rp_mail_server_free);
		login->smtp = rp_mail_server_copy(bare->pdata[i]);
		step = rp_setup_try(cli, account, login, FALSE, &report);
		if (report.result == RP_SESSION_TLS_UNAVAILABLE &&
			rp_setup_may_be_bare(account, &report))
			g_ptr_array_insert(bare, (gint)i + 1, new_bare(login->smtp, &report));
		else if (report.detail)
			step = judge(cli, account, login, &report, step);
		g_free(report.detail);
		if (step == RP_SETUP_GOOD || step == RP_SETUP_GIVE_UP)
			return step;
		if (step == RP_SETUP_NEXT_PASSWORD)
			best = step;
	}
	return best;
}
