/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "setup.h"

#include "roampost/language.h"
#include "roampost/system-user.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Root and the system accounts: where what they hand over goes is the machine's word, and a
 * sendmail that refuses it is nobody's gain. */

#define MODE 0644 /* other accounts read there whose their mail is */

/* ---- the machine's file ---- */

static gboolean
write_text(RpCli *cli, const char *path, const char *text)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(GError) error = NULL;
	GStatBuf before;
	mode_t mode = g_stat(path, &before) == 0 ? before.st_mode & 0777 : MODE;

	if (g_mkdir_with_parents(folder, 0755) != 0) {
		rp_cli_fail_write(cli, folder, errno);
		return FALSE;
	}
	mode_t mask = umask(0077); /* there may be passwords in it */
	gboolean written = rp_file_write(path, text, &error);
	umask(mask);
	if (!written)
		rp_cli_fail_error(cli, error);
	else if (g_chmod(path, (int)mode) != 0)
		rp_cli_fail_write(cli, path, errno);
	else
		return TRUE;
	return FALSE;
}

gboolean
rp_setup_take_own_mail(RpCli *cli)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	g_autoptr(RpSecret) before = rp_cli_read_config(cli, sources->files[0]);
	g_autoptr(RpConfigEdit) edit = before ? rp_config_edit_new(before) : NULL;
	g_autofree char *name = rp_account_name();

	if (!edit || !name)
		return FALSE;
	rp_config_edit_set(edit, "agent", "system-mail-user", name);
	g_autoptr(RpSecret) text = rp_config_edit_text(edit);
	if (!write_text(cli, sources->files[0], text))
		return FALSE;
	rp_cli_print(cli, _("What programs send as %1$s goes into this queue (%2$s).\n"), name,
		sources->files[0]);
	return TRUE;
}

/* ---- whose it is ---- */

static gboolean
nobody_is_named(void)
{
	gboolean has_errors;
	g_autofree char *owner = rp_config_read_system_mail_user(&has_errors);

	return !owner && !has_errors;
}

static gboolean
shall_be_own(RpCli *cli, const char *name, const char *file)
{
	return geteuid() == 0 && rp_cli_is_interactive(cli) &&
	       rp_cli_ask_yes(cli, FALSE,
		       _("What programs send as %1$s (cron, mutt, git) is refused: nobody is named "
			 "whose queue takes it. Shall %1$s's own take it, and that of all system "
			 "accounts (system-mail-user=%1$s in %2$s)?"),
		       name, file);
}

/* Nobody is named, or nobody who is there. */
static RpSetupOwnMail
refused(RpCli *cli, const GError *why, gboolean may_write)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	g_autofree char *name = rp_account_name();

	if (!name || !nobody_is_named()) {
		rp_cli_note(cli, "%s", why->message);
		return RP_SETUP_MAIL_REFUSED;
	}
	if (may_write && shall_be_own(cli, name, sources->files[0]))
		return RP_SETUP_MAIL_BECOMES_OWN;
	rp_cli_note(cli,
		_("what programs send as %1$s (cron, mutt, git) is refused: for this queue to take "
		  "it, write system-mail-user=%1$s under [agent] into %2$s; the address of a user "
		  "of this machine is set up as that user"),
		name, sources->files[0]);
	return RP_SETUP_MAIL_REFUSED;
}

RpSetupOwnMail
rp_setup_own_mail(RpCli *cli, gboolean may_write)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *owner = rp_system_user_name(&error);
	g_autofree char *name = rp_account_name();

	if (error)
		return refused(cli, error, may_write);
	if (!owner)
		return RP_SETUP_MAIL_OWN;
	rp_cli_fail(cli,
		_("what %1$s sends goes into the queue of %2$s (system-mail-user=), and nothing "
		  "set up here would carry it: set the address up as that user, su - %2$s -c "
		  "\"roampost setup\""),
		name ? name : "root", owner);
	return RP_SETUP_MAIL_ANOTHERS;
}
