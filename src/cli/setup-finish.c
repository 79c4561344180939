/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "ask.h"
#include "setup.h"

#include "roampost/language.h"

#include <string.h>

/* What is done once the configuration is written, so that mail goes: the agent, the programs that
 * send by it, a test mail. */

/* Of one whose password alone is another the programs have been asked about. */
static gboolean
is_any_new(const GPtrArray *all_done)
{
	for (guint i = 0; i < all_done->len; i++)
		if (!((const RpSetupDone *)all_done->pdata[i])->account->new_password)
			return TRUE;
	return FALSE;
}

/* None, where their mail would be refused. */
static gboolean
offer_programs(RpCli *cli, char **wanted, RpSetupOwnMail own_mail, gboolean any_new)
{
	gboolean good = own_mail != RP_SETUP_MAIL_BECOMES_OWN || rp_setup_take_own_mail(cli);

	if (!good || own_mail == RP_SETUP_MAIL_REFUSED)
		return good;
	for (char **name = wanted; name && *name; name++)
		if (strcmp(*name, "none") != 0)
			good &= rp_setup_program(cli, *name);
	for (const char *const *name = rp_setup_programs; !wanted && any_new && *name; name++)
		if (rp_cli_is_interactive(cli) && rp_setup_program_wants(*name) &&
			rp_cli_ask_yes(
				cli, FALSE, _("Shall %s send its mail through roampost?"), *name))
			good &= rp_setup_program(cli, *name);
	return good;
}

static gboolean
send_tests(RpCli *cli, gboolean wanted, const GPtrArray *all_done)
{
	gboolean good = TRUE;

	for (guint i = 0; i < all_done->len; i++) {
		const RpSetupDone *done = all_done->pdata[i];
		const RpSetupAccount *account = done->account;

		/* Nothing goes before that; the desktop has done it. */
		if (done->login.giver && strcmp(done->login.giver, RP_SETUP_DESKTOP_GIVER) != 0)
			rp_cli_print(cli, _("“roampost login %1$s” logs in for %2$s.\n"), done->set,
				account->address);
		else if (wanted ||
			 rp_cli_ask_yes(cli, FALSE, _("Send a test mail to %s?"), account->address))
			good &= rp_setup_test_mail(cli, account->address,
				done->login.pop && !rp_mail_server_wants_login(done->login.smtp)
					? done->set
					: NULL);
	}
	return good;
}

/* When it starts was said when the address came; another password changes nothing of that. */
static gboolean
needs_agent(const RpSetupThen *then, const GPtrArray *all_done)
{
	if (then->no_agent || all_done->len == 0)
		return FALSE;
	return is_any_new(all_done) || !rp_setup_agent_runs();
}

gboolean
rp_setup_finish(RpCli *cli, const RpSetupThen *then, const GPtrArray *all_done)
{
	gboolean good = !needs_agent(then, all_done) || rp_setup_start_agent(cli);
	/* By the old one it would say what is so no longer, or send by what was taken out. */
	gboolean taken = rp_cli_agent_takes_config(cli);

	if (all_done->len) {
		rp_cli_agent_hears_of_passwords();
		good &= offer_programs(
			cli, then->sendmail_of, then->own_mail, is_any_new(all_done));
		good &= taken && send_tests(cli, then->test_mail, all_done);
	}
	return good && taken;
}
