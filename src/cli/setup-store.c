/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup.h"

#include "roampost/language.h"
#include "roampost/words.h"

/* Where the password is kept: in the keyring of the desktop, or in the configuration. A keyring
 * that answers may still take nothing (one that has no password yet asks for it on a display), so
 * it counts once it has the password. */

void
rp_setup_done_free(gpointer data)
{
	RpSetupDone *done = data;

	g_free(done->set);
	rp_setup_login_clear(&done->login);
	g_free(done);
}

/* ---- which ---- */

static gboolean
is_said(const RpSetupAccount *account, const char *store)
{
	return g_strcmp0(account->password_store, store) == 0;
}

/* It does not come to lie where more can read it without a word of the user's. */
static void
fail_unsaid(RpCli *cli, const RpSetupAccount *account, const GError *error)
{
	rp_cli_fail_error(cli, error);
	rp_cli_note(cli,
		_("where no keyring can be unlocked: --password-store file keeps the password in "
		  "the configuration, which you alone can read; --password-command has it from "
		  "elsewhere"));
	rp_setup_fail(cli, account);
}

gboolean
rp_setup_may_store(RpCli *cli, const RpSetupAccount *account)
{
	g_autoptr(GError) error = NULL;

	if (!account->password_store || is_said(account, "file"))
		return TRUE;
	if (!is_said(account, "secret-service")) {
		rp_cli_fail(cli, _("--password-store %s: valid are secret-service and file"),
			account->password_store);
		return FALSE;
	}
	if (rp_secretservice_probe(&error) == RP_SECRET_DONE)
		return TRUE;
	fail_unsaid(cli, account, error);
	return FALSE;
}

static void
say_in_file(RpCli *cli, const GError *error)
{
	g_autofree char *why = rp_words_shown(error->message);

	rp_cli_note(cli,
		/* TRANSLATORS: %s says why it is not in the keyring, and what helps. */
		_("the password goes into the configuration, which you alone can read: %s"), why);
}

static gboolean
is_in_keyring(const RpSetupFile *file, const char *address)
{
	const RpServerSet *set = rp_setup_owner(file, address);

	return set && (set->smtp_login.from == RP_PASSWORD_FROM_SECRET_SERVICE ||
			      set->pop_login.from == RP_PASSWORD_FROM_SECRET_SERVICE);
}

/* A new password stays where the old one is; where a command, say, gave that, it is a first one. */
static gboolean
stays_in_file(const RpSetupFile *file, const RpSetupAccount *account)
{
	const RpServerSet *set =
		account->new_password ? rp_setup_owner(file, account->address) : NULL;

	return set && !account->password_store && !is_in_keyring(file, account->address) &&
	       (set->smtp_login.password || set->pop_login.password);
}

gboolean
rp_setup_choose_store(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account,
	RpSetupLogin *login, gboolean ask)
{
	g_autoptr(GError) error = NULL;

	if (!login->secret || is_said(account, "file") || stays_in_file(file, account))
		return TRUE;
	login->in_keyring = rp_secretservice_probe(&error) == RP_SECRET_DONE;
	if (login->in_keyring)
		return TRUE;
	if (!account->password_store && (ask || !is_in_keyring(file, account->address))) {
		say_in_file(cli, error);
		return TRUE;
	}
	fail_unsaid(cli, account, error);
	return FALSE;
}

gboolean
rp_setup_leaves_keyring(const RpSetupFile *file, const GPtrArray *all_done)
{
	for (guint i = 0; i < all_done->len; i++) {
		const RpSetupDone *done = all_done->pdata[i];

		if (done->login.secret && !done->login.in_keyring &&
			is_in_keyring(file, done->account->address))
			return TRUE;
	}
	return FALSE;
}

/* ---- storing ---- */

static gboolean
store(RpCli *cli, const RpSetupDone *done, GError **error)
{
	g_autoptr(RpConfig) config = rp_setup_config(cli, done->account, &done->login);
	const RpServerSet *set = config ? rp_catalogue_set(rp_config_catalogue(config), 0) : NULL;
	RpSecretKey key;

	if (!set) {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_CONFIG,
			_("no good configuration comes of what is known"));
		return FALSE;
	}
	if (set->smtp_login.user &&
		rp_setup_is_in_keyring(done->account, &done->login, RP_MAIL_SMTP)) {
		key = rp_secret_key_smtp(set);
		if (!rp_cli_store_secret(&key, done->login.secret, error))
			return FALSE;
	}
	if (!set->pop || !set->pop_login.user ||
		!rp_setup_is_in_keyring(done->account, &done->login, RP_MAIL_POP))
		return TRUE;
	key = rp_secret_key_pop(set);
	return rp_cli_store_secret(&key, done->login.secret, error);
}

/* `refused`: why the keyring took none before, which is not asked once more then: it would show its
 * dialogue again to who has just closed it. */
static RpSetupStored
store_one(RpCli *cli, RpSetupFile *file, RpSetupDone *done, gboolean ask, GError **refused)
{
	gboolean again = *refused != NULL;

	if (!done->login.in_keyring || done->stored)
		return RP_SETUP_STORED;
	done->stored = !again && store(cli, done, refused);
	if (done->stored)
		return RP_SETUP_STORED;
	if (done->account->password_store || !ask) {
		fail_unsaid(cli, done->account, *refused);
		return RP_SETUP_NOT_STORED;
	}
	if (!again)
		say_in_file(cli, *refused);
	done->login.in_keyring = FALSE;
	g_autofree char *set = rp_setup_file_add(cli, file, done->account, done->set, &done->login);
	return set ? RP_SETUP_STORED_IN_FILE : RP_SETUP_NOT_STORED;
}

RpSetupStored
rp_setup_store_all(RpCli *cli, RpSetupFile *file, GPtrArray *all_done, gboolean ask)
{
	g_autoptr(GError) refused = NULL;
	RpSetupStored all = RP_SETUP_STORED;

	for (guint i = 0; i < all_done->len; i++) {
		RpSetupStored one = store_one(cli, file, all_done->pdata[i], ask, &refused);

		if (one == RP_SETUP_NOT_STORED)
			return one;
		all = MAX(all, one);
	}
	return all;
}

static gboolean
is_in_both(const RpSetupDone *done)
{
	const RpServerSet *set = done->account->known;

	return done->login.in_keyring && set && set->smtp_login.user && set->pop_login.user &&
	       rp_setup_is_in_keyring(done->account, &done->login, RP_MAIL_SMTP) !=
		       rp_setup_is_in_keyring(done->account, &done->login, RP_MAIL_POP);
}

void
rp_setup_say_stored(RpCli *cli, const RpSetupFile *file, const GPtrArray *all_done)
{
	for (guint i = 0; i < all_done->len; i++) {
		const RpSetupDone *done = all_done->pdata[i];

		if (!done->account->new_password || !done->login.secret)
			continue;
		if (is_in_both(done))
			rp_cli_print(cli,
				_("The new password of %1$s is in the keyring and in %2$s, each "
				  "time where the old one was.\n"),
				done->account->address, file->named);
		else if (done->login.in_keyring)
			rp_cli_print(cli, _("The new password of %s is in the keyring.\n"),
				done->account->address);
		else
			rp_cli_print(cli,
				_("The new password of %1$s is in %2$s, which you alone can "
				  "read.\n"),
				done->account->address, file->named);
	}
}
