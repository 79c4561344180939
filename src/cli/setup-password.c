/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "setup.h"

#include "roampost/language.h"

#include <string.h>

/* The password that an account is set up with: of a file, or typed. */

/* The first line; "-" is standard input. */
static char *
read_password_file(RpCli *cli, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpSecret) text = NULL;
	char *secret;

	if (strcmp(path, "-") == 0) {
		secret = rp_cli_read_secret(cli, "");
		if (!secret)
			rp_cli_fail(cli, _("there is no password on standard input"));
		return secret;
	}
	if (!rp_file_read(path, &text, NULL, &error)) {
		rp_cli_fail_error(cli, error);
		return NULL;
	}
	text[strcspn(text, "\r\n")] = '\0';
	if (*text)
		return rp_secret_dup(text);
	rp_cli_fail(cli, _("%s: its first line, which is to be the password, is empty"), path);
	return NULL;
}

static gboolean
is_utf8(RpCli *cli, const char *secret)
{
	if (g_utf8_validate(secret, -1, NULL))
		return TRUE;
	rp_cli_fail(cli, _("the password is not UTF-8: convert the file, or type it at a terminal "
			   "that has UTF-8"));
	return FALSE;
}

gboolean
rp_setup_get_password(RpCli *cli, const RpSetupAccount *account, RpSetupLogin *login)
{
	/* A window has a field that can show it. */
	g_autofree char *prompt = g_strdup_printf(
		cli->converse ? _("Password of %s:") : _("Password of %s (it is not shown): "),
		account->user ? account->user : account->address);

	g_clear_pointer(&login->secret, rp_secret_free);
	login->nothing_typed = FALSE;
	if (account->password_command)
		return TRUE;
	if (account->password_file) {
		login->secret = read_password_file(cli, account->password_file);
		return login->secret && is_utf8(cli, login->secret);
	}
	if (!rp_cli_is_interactive(cli)) {
		rp_cli_fail(cli,
			_("%s has a password: say --password-file FILE (- is standard "
			  "input) or --password-command COMMAND"),
			account->address);
		return FALSE;
	}
	login->secret = rp_cli_read_secret(cli, prompt);
	/* Enter alone says that there is none, which the server may agree with. */
	login->nothing_typed = !login->secret && !cli->input_ended && !account->new_password;
	if (!login->secret && !login->nothing_typed)
		rp_cli_fail(cli, _("no password was given: nothing of it is written"));
	return login->nothing_typed || (login->secret && is_utf8(cli, login->secret));
}
