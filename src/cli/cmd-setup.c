/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "commands.h"
#include "find-servers.h"
#include "setup.h"

#include "roampost/language.h"

#include <string.h>

/* From an address to mail that goes: the accounts that are named, one after the other, and what is
 * written. What is done then is next door (setup-finish.c). */

static RpSetupAccount given; /* by options, for all addresses that are named */
static char *setup_from_file;
static char **setup_remove;
static gboolean setup_yes, setup_dry_run, setup_converse;
static RpSetupThen then; /* by options too, once they are written */

const GOptionEntry rp_cmd_setup_options[] = {
	{"user", 0, 0, G_OPTION_ARG_STRING, &given.user, N_("the login's name"), "NAME"},
	{"password-file", 0, 0, G_OPTION_ARG_FILENAME, &given.password_file,
		N_("a file whose first line is the password; - is standard input"), "FILE"},
	{"password-command", 0, 0, G_OPTION_ARG_STRING, &given.password_command,
		N_("a command that prints the password; it is written instead of the password"),
		"COMMAND"},
	{"password-store", 0, 0, G_OPTION_ARG_STRING, &given.password_store,
		N_("where the password is kept: in the keyring (the default where there is one), "
		   "or in the configuration"),
		"secret-service|file"},
	{"smtp", 0, 0, G_OPTION_ARG_STRING, &given.smtp,
		N_("the server to send through; nothing is looked up then"), "URL"},
	{"pop", 0, 0, G_OPTION_ARG_STRING, &given.pop, N_("the server to fetch from"), "URL"},
	{"fetch", 0, 0, G_OPTION_ARG_STRING, &given.fetch,
		N_("fetch mail too, and leave it there or delete it"), "leave|delete"},
	{"name", 0, 0, G_OPTION_ARG_STRING, &given.name, N_("what the server set is called"),
		"SET"},
	{"accept-host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &given.accept_hosts,
		N_("a server outside the address's domain that DNS alone names is the right one"),
		"HOST…"},
	{"carries", 0, 0, G_OPTION_ARG_STRING_ARRAY, &given.carries,
		N_("its server takes mail of these senders too"), "@DOMAIN…"},
	{"machine-mail", 0, 0, G_OPTION_ARG_NONE, &given.machine_mail,
		N_("what programs send as root@ this machine goes out by it too, with the address "
		   "as its sender"),
		NULL},
	{"tell-address", 0, 0, G_OPTION_ARG_NONE, &given.tell_address, RP_FIND_TELL_TEXT, NULL},
	{"tls-ca-file", 0, 0, G_OPTION_ARG_FILENAME, &given.ca_file, RP_FIND_CA_TEXT, "FILE"},
	{"untested", 0, 0, G_OPTION_ARG_NONE, &given.untested,
		N_("write it without a login from here"), NULL},
	{"no-login", 0, 0, G_OPTION_ARG_NONE, &given.no_login,
		N_("its server takes mail without a login, from its own network mostly"), NULL},
	{"new-password", 0, 0, G_OPTION_ARG_NONE, &given.new_password,
		N_("the password alone is another; the servers are those of the configuration"),
		NULL},
	{"from-file", 0, 0, G_OPTION_ARG_FILENAME, &setup_from_file,
		N_("the addresses and answers, as a key file"), "FILE"},
	{"remove", 0, 0, G_OPTION_ARG_STRING_ARRAY, &setup_remove, N_("take an address out"),
		"ADDRESS…"},
	{"no-agent", 0, 0, G_OPTION_ARG_NONE, &then.no_agent,
		N_("do not start the agent, nor see to it that it starts at each login"), NULL},
	{"sendmail-of", 0, 0, G_OPTION_ARG_STRING_ARRAY, &then.sendmail_of,
		N_("make roampost the sendmail of git, mutt or none, without asking"), "PROGRAM…"},
	{"test-mail", 0, 0, G_OPTION_ARG_NONE, &then.test_mail,
		N_("send each address a mail at the end, and wait until it is taken"), NULL},
	{"yes", 'y', 0, G_OPTION_ARG_NONE, &setup_yes, N_("write what is shown without asking"),
		NULL},
	{"dry-run", 'n', 0, G_OPTION_ARG_NONE, &setup_dry_run,
		N_("show what would change, and write nothing"), NULL},
	{"converse", 0, 0, G_OPTION_ARG_NONE, &setup_converse,
		N_("say and ask by lines of JSON, for a program that has a window"), NULL},
	G_OPTION_ENTRY_NULL,
};

/* ---- which are asked for ---- */

static gboolean
add_account(RpCli *cli, const char *text, GPtrArray *accounts)
{
	RpSetupAccount *account = rp_setup_account_new(cli, &given, text, accounts);

	if (account)
		g_ptr_array_add(accounts, account);
	return account != NULL;
}

enum { TYPED_TRIES = 3 };

/* RP_EXIT_DONE, or what else after saying what is missing. *asked: the address was typed. */
static int
collect(RpCli *cli, int argc, char **argv, GPtrArray *accounts, gboolean *asked)
{
	for (int i = 1; i < argc; i++)
		if (!add_account(cli, argv[i], accounts))
			return RP_EXIT_USAGE;
	if (setup_from_file && !rp_setup_read_answers(cli, &given, setup_from_file, accounts))
		return RP_EXIT_FAILED;
	if (accounts->len || setup_remove)
		return RP_EXIT_DONE;
	g_autoptr(GPtrArray) known =
		rp_cli_is_interactive(cli) ? rp_setup_desktop_addresses() : NULL;
	for (guint i = 0; i < TYPED_TRIES && known && !cli->input_ended; i++) {
		g_autofree char *typed = rp_setup_ask_address(cli, known);

		*asked = typed && add_account(cli, typed, accounts);
		if (*asked)
			return RP_EXIT_DONE;
	}
	return rp_cli_usage(cli, _("say an address, or --from-file FILE"));
}

/* ---- one account ---- */

/* What is written is shown to somebody who can say no. */
static gboolean
asks(const RpCli *cli)
{
	return !setup_yes && rp_cli_is_interactive(cli);
}

static gboolean
find(RpCli *cli, const RpSetupFile *file, RpSetupAccount *account, RpSetupServers *servers)
{
	if (account->new_password)
		return rp_setup_find_known(cli, file, account, servers);
	if (!rp_setup_find(cli, account, servers)) {
		/* One that is there already is not mistyped. */
		if (!account->smtp && rp_setup_note_known(cli, file, account->address))
			servers->nowhere = FALSE;
		return FALSE;
	}
	if (servers->source)
		rp_cli_note(cli, _("found by %s"), servers->source);
	return TRUE;
}

/* `*nowhere`: nobody knows a server of its domain, which may be mistyped. */
static gboolean
try_account(RpCli *cli, RpSetupFile *file, RpSetupAccount *account, RpSetupDone *done,
	gboolean *nowhere)
{
	g_auto(RpSetupServers) servers = {NULL};
	gboolean found = rp_setup_may_store(cli, account) && find(cli, file, account, &servers);

	*nowhere = servers.nowhere;
	if (!found || !rp_setup_file_may_add(cli, file, account, &servers) ||
		!rp_setup_log_in(cli, file, account, &servers, &done->login) ||
		!rp_setup_choose_store(cli, file, account, &done->login, asks(cli)))
		return FALSE;
	done->set = rp_setup_file_add(cli, file, account, NULL, &done->login);
	return done->set != NULL;
}

/* Into `all_done`, where it is good. */
static gboolean
set_up(RpCli *cli, RpSetupFile *file, RpSetupAccount *account, GPtrArray *all_done,
	gboolean *nowhere)
{
	RpSetupDone *done = g_new0(RpSetupDone, 1);

	g_ptr_array_add(all_done, done);
	done->account = account;
	if (try_account(cli, file, account, done, nowhere))
		return TRUE;
	g_ptr_array_set_size(all_done, (gint)all_done->len - 1);
	return FALSE;
}

/* Typed until it is one; FALSE: there is no more. */
static gboolean
ask_for_another(RpCli *cli, GPtrArray *accounts)
{
	g_autofree char *typed = NULL;

	do {
		g_free(typed);
		typed = rp_cli_ask(cli, _("Another address (Enter where there is none):"));
	} while (typed && !add_account(cli, typed, accounts));
	return typed != NULL;
}

/* One that does not work out takes nothing from those that did: another one is asked for. */
static void
set_up_more(RpCli *cli, RpSetupFile *file, GPtrArray *accounts, GPtrArray *all_done)
{
	gboolean nowhere;

	while (ask_for_another(cli, accounts))
		if (!set_up(cli, file, accounts->pdata[accounts->len - 1], all_done, &nowhere))
			g_ptr_array_set_size(accounts, (gint)accounts->len - 1);
}

/* Each is tried, whatever became of those before. */
static void
set_up_all(RpCli *cli, RpSetupFile *file, GPtrArray *accounts, GPtrArray *all_done)
{
	gboolean nowhere;

	for (guint i = 0; i < accounts->len; i++)
		set_up(cli, file, accounts->pdata[i], all_done, &nowhere);
}

/* Typed once more, with what was typed before in sight; FALSE: there is no other. */
static gboolean
ask_instead(RpCli *cli, GPtrArray *accounts)
{
	RpSetupAccount *before = g_ptr_array_steal_index(accounts, 0);
	g_autofree char *typed = NULL;

	do {
		g_free(typed);
		typed = rp_cli_ask(cli,
			_("You typed “%s”. Your mail address, if that is mistyped (Enter ends):"),
			before->address);
	} while (typed && !add_account(cli, typed, accounts));
	if (typed)
		rp_setup_account_free(before);
	else
		g_ptr_array_add(accounts, before);
	return typed != NULL;
}

/* The address that was typed first: a domain that nobody knows may be a slip. */
static void
set_up_typed(RpCli *cli, RpSetupFile *file, GPtrArray *accounts, GPtrArray *all_done)
{
	gboolean nowhere;

	while (!set_up(cli, file, accounts->pdata[0], all_done, &nowhere) && nowhere)
		if (!ask_instead(cli, accounts))
			return;
}

static gboolean
take_out_all(RpCli *cli, RpSetupFile *file)
{
	for (char **address = setup_remove; address && *address; address++)
		if (!rp_setup_file_remove(cli, file, *address))
			return FALSE;
	return TRUE;
}

/* What somebody else wrote meanwhile stays: the same is done again to the file as it is now. */
static gboolean
take_up(RpCli *cli, RpSetupFile *file, const GPtrArray *all_done)
{
	rp_cli_note(cli, _("%s has changed meanwhile: the change is made to what it says now"),
		file->named);
	rp_setup_file_clear(file);
	if (!rp_setup_file_open(cli, file) || !take_out_all(cli, file))
		return FALSE;
	for (guint i = 0; i < all_done->len; i++) {
		RpSetupDone *done = all_done->pdata[i];

		g_free(done->set);
		done->set = rp_setup_file_add(cli, file, done->account, NULL, &done->login);
		if (!done->set)
			return FALSE;
	}
	rp_setup_carry(cli, file, all_done, then.own_mail);
	return TRUE;
}

/* RP_REPLACE_CHANGED: there is another change to be shown. */
static RpReplaced
write_once(RpCli *cli, RpSetupFile *file, GPtrArray *all_done, gboolean ask, gboolean *in_file)
{
	RpReplaced replaced = RP_REPLACE_FAILED;

	switch (rp_setup_store_all(cli, file, all_done, ask)) {
	case RP_SETUP_STORED:
		replaced = rp_setup_file_write(cli, file);
		break;
	case RP_SETUP_STORED_IN_FILE:
		*in_file = TRUE;
		return RP_REPLACE_CHANGED;
	case RP_SETUP_NOT_STORED:
		break;
	}
	return replaced == RP_REPLACE_CHANGED && !take_up(cli, file, all_done) ? RP_REPLACE_FAILED
									       : replaced;
}

/* Shown, stored, written; what did not go into the keyring after all is shown again, with where it
 * goes instead, and so is what is put into a file that has changed. FALSE: it was not written, and
 * nothing is to follow; whoever did not want it after all has not got what he asked for. */
static gboolean
write_file(RpCli *cli, RpSetupFile *file, GPtrArray *all_done, gboolean *failed)
{
	gboolean ask = asks(cli), in_file = rp_setup_leaves_keyring(file, all_done);
	RpReplaced replaced;

	do {
		*failed = !setup_dry_run;
		if (!rp_setup_file_confirm(cli, file, ask, in_file, setup_dry_run))
			return FALSE;
		replaced = write_once(cli, file, all_done, ask, &in_file);
	} while (replaced == RP_REPLACE_CHANGED);
	*failed = replaced == RP_REPLACE_FAILED;
	return !*failed;
}

static const char *
set_of(const GPtrArray *all_done, const RpSetupAccount *account)
{
	for (guint i = 0; i < all_done->len; i++) {
		const RpSetupDone *done = all_done->pdata[i];

		if (done->account == account)
			return done->set;
	}
	return NULL;
}

/* Of several, what became of each; TRUE: all are set up. */
static gboolean
tell_each(RpCli *cli, const GPtrArray *accounts, const GPtrArray *all_done, gboolean written)
{
	gboolean all = TRUE;

	for (guint i = 0; i < accounts->len; i++) {
		const RpSetupAccount *account = accounts->pdata[i];
		const char *set = written ? set_of(all_done, account) : NULL;

		all &= set != NULL;
		if (accounts->len > 1 && set)
			rp_cli_print(cli, _("%1$s is set up, as the server set %2$s.\n"),
				account->address, set);
		else if (accounts->len > 1)
			rp_cli_note(cli, _("%s is not set up"), account->address);
	}
	return all;
}

/* ---- all of it ---- */

/* One that is named with the command is as easily mistyped. */
static gboolean
may_ask_instead(RpCli *cli, const GPtrArray *accounts, gboolean asked)
{
	return asked || (accounts->len == 1 && !setup_from_file && !setup_remove &&
				!setup_converse && asks(cli));
}

/* FALSE, and said: what is set up would carry nothing of this account's, or not what it is told to.
 */
static gboolean
may_set_up(RpCli *cli)
{
	then.own_mail = rp_setup_own_mail(cli, !setup_dry_run);
	for (char **name = then.sendmail_of; name && *name; name++)
		if (then.own_mail == RP_SETUP_MAIL_REFUSED && strcmp(*name, "none") != 0) {
			rp_cli_fail(cli,
				_("--sendmail-of %s: its mail would be refused, and nothing is "
				  "written"),
				*name);
			return FALSE;
		}
	return then.own_mail != RP_SETUP_MAIL_ANOTHERS;
}

/* TRUE: there is something to be written. One address in another's place is all or nothing. */
static gboolean
prepare(RpCli *cli, RpSetupFile *file, GPtrArray *accounts, GPtrArray *all_done, gboolean asked)
{
	if (!rp_setup_file_open(cli, file) || !take_out_all(cli, file) ||
		(accounts->len > 0 && !may_set_up(cli)))
		return FALSE;
	(may_ask_instead(cli, accounts, asked) ? set_up_typed : set_up_all)(
		cli, file, accounts, all_done);
	if (all_done->len < accounts->len && (setup_remove || all_done->len == 0)) {
		tell_each(cli, accounts, all_done, FALSE);
		return FALSE;
	}
	if (asked)
		set_up_more(cli, file, accounts, all_done);
	rp_setup_carry(cli, file, all_done, then.own_mail);
	if (cli->input_ended)
		rp_cli_fail(
			cli, _("the input has ended before all was answered: nothing is written"));
	return !cli->input_ended;
}

int
rp_cmd_setup(RpCli *cli, int argc, char **argv)
{
	g_autoptr(GPtrArray) accounts = g_ptr_array_new_with_free_func(rp_setup_account_free);
	g_autoptr(GPtrArray) all_done = g_ptr_array_new_with_free_func(rp_setup_done_free);
	g_auto(RpSetupFile) file = {NULL};
	gboolean failed = FALSE, asked = FALSE, left_is_known, good;
	int status;

	rp_secret_guard_process();
	cli->converse = setup_converse;
	for (char **name = then.sendmail_of; name && *name; name++)
		if (!rp_setup_may_program(cli, *name))
			return RP_EXIT_USAGE;
	status = collect(cli, argc, argv, accounts, &asked);
	if (status != RP_EXIT_DONE)
		return status;
	if (!prepare(cli, &file, accounts, all_done, asked))
		return RP_EXIT_FAILED;
	left_is_known = !setup_remove || rp_setup_say_left(cli, &file);
	if (!write_file(cli, &file, all_done, &failed)) {
		good = !failed && all_done->len == accounts->len;
		if (!setup_dry_run || all_done->len < accounts->len)
			tell_each(cli, accounts, all_done, !failed);
		return good ? RP_EXIT_DONE : RP_EXIT_FAILED;
	}
	good = tell_each(cli, accounts, all_done, TRUE);
	rp_setup_say_stored(cli, &file, all_done);
	good &= left_is_known;
	good &= rp_setup_forget_passwords(cli, file.config);
	good &= rp_setup_finish(cli, &then, all_done);
	return good ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
