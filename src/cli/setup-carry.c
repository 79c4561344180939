/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "setup.h"

#include "roampost/language.h"
#include "roampost/policy.h"

#include <string.h>

/* Whose mail a set takes besides that of its own address: what this machine's programs send in its
 * name, and that of an address whose own server does not take it from everywhere. */

#define SETS "server-set "

/* ---- this machine's programs ---- */

/* Mail comes here that they send, and nobody carries it yet. */
static gboolean
matters(const RpSetupFile *file, const char *host, RpSetupOwnMail own_mail)
{
	const RpCatalogue *catalogue = rp_config_catalogue(file->config);
	const char *owner = rp_config_agent(file->config)->system_mail_user;
	g_autofree char *user = rp_account_name();
	g_autofree char *sender = g_strconcat("root@", host, NULL);

	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++)
		if (rp_policy_may_carry(catalogue, i, sender))
			return FALSE;
	if (owner)
		return g_strcmp0(owner, user) == 0;
	return own_mail != RP_SETUP_MAIL_REFUSED && rp_machine_sendmail_is_ours();
}

static void
take_machine_mail(RpSetupFile *file, const char *set, const char *host)
{
	g_autofree char *group = g_strconcat(SETS, set, NULL);
	g_autofree char *senders = g_strconcat("@", host, NULL);

	rp_setup_file_carry(file, set, senders);
	rp_config_edit_set(file->edit, group, "rewrite-sender", "header");
}

/* TRUE: it is, or nobody answers any more. */
static gboolean
offer_machine_mail(RpCli *cli, RpSetupFile *file, const RpSetupDone *done, const char *host)
{
	if (rp_cli_ask_yes(cli, FALSE,
		    _("Programs of this machine send as root@%1$s and the like (cron, for one). "
		      "Shall that mail go out by %2$s, with %3$s as its sender?"),
		    host, done->set, done->account->address))
		take_machine_mail(file, done->set, host);
	else
		return cli->input_ended;
	return TRUE;
}

static void
carry_machine_mail(
	RpCli *cli, RpSetupFile *file, const GPtrArray *all_done, RpSetupOwnMail own_mail)
{
	const char *host = g_get_host_name();
	gboolean said = FALSE;

	for (guint i = 0; i < all_done->len; i++) {
		const RpSetupDone *done = all_done->pdata[i];

		if (done->account->machine_mail)
			take_machine_mail(file, done->set, host);
		said |= done->account->machine_mail;
	}
	if (said || all_done->len == 0 || !rp_cli_is_interactive(cli) ||
		!matters(file, host, own_mail))
		return;
	for (guint i = 0; i < all_done->len; i++)
		if (offer_machine_mail(cli, file, all_done->pdata[i], host))
			return;
}

/* ---- an address that has to be inside ---- */

static gboolean
says(const RpSetupFile *file, const char *set, const char *key)
{
	g_autofree char *group = g_strconcat(SETS, set, NULL);
	const char *value = rp_config_edit_get(file->edit, group, key);

	return value && *value;
}

/* A server with a login takes mail from everywhere. One that carries such mail already needs not
 * be asked about. */
static gboolean
is_helper(const RpSetupFile *file, const char *set, const char *sender)
{
	return says(file, set, "smtp-user") && !says(file, set, "relay") &&
	       !says(file, set, "provider") && !rp_setup_file_carries(file, set, sender);
}

static gboolean
offer_helper(RpCli *cli, RpSetupFile *file, const RpSetupDone *done, const char *helper)
{
	const char *domain = strrchr(done->account->address, '@');

	if (rp_cli_ask_yes(cli, FALSE,
		    _("The server of %1$s takes no login, and so not mail from everywhere. Shall "
		      "%2$s carry the mail of %3$s where it does not? Its provider must allow "
		      "that sender."),
		    done->account->address, helper, domain))
		rp_setup_file_carry(file, helper, domain);
	else
		return cli->input_ended;
	return TRUE;
}

/* One after the other, until one is taken: which provider allows it is known to the user alone. */
static void
offer_helpers(RpCli *cli, RpSetupFile *file, const RpSetupDone *done)
{
	g_auto(GStrv) groups = rp_config_edit_groups(file->edit, SETS);
	const char *sender = strrchr(done->account->address, '@');

	if (rp_mail_server_wants_login(done->login.smtp))
		return;
	for (char **group = groups; *group; group++) {
		const char *other = *group + strlen(SETS);

		if (strcmp(other, done->set) != 0 && is_helper(file, other, sender) &&
			offer_helper(cli, file, done, other))
			return;
	}
}

/* ---- all of it ---- */

void
rp_setup_carry(RpCli *cli, RpSetupFile *file, const GPtrArray *all_done, RpSetupOwnMail own_mail)
{
	for (guint i = 0; i < all_done->len; i++) {
		const RpSetupDone *done = all_done->pdata[i];
		char **senders = done->account->carries;

		for (char **one = senders; one && *one; one++)
			rp_setup_file_carry(file, done->set, *one);
	}
	for (guint i = 0; i < all_done->len && rp_cli_is_interactive(cli); i++)
		offer_helpers(cli, file, all_done->pdata[i]);
	carry_machine_mail(cli, file, all_done, own_mail);
}
