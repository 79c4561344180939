/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "submit-private.h"

#include "roampost/language.h"

#include <string.h>
#include <unistd.h>

/* Whose mail a bare name's is. There is one user's mail here: his, and root's and that of system
 * accounts where nobody else is named for it. All else would vanish into his maildir unseen. */

/* Names of tasks, as an MTA's aliases(5) has them for root (RFC 2142, Debian's /etc/aliases); most
 * of them are no accounts. */
static const char *const tasks[] = {"postmaster", "mailer-daemon", "abuse", "hostmaster",
	"webmaster", "security", "noc", "usenet", "news", "www", "ftp", NULL};

static gboolean
is_task(const char *name)
{
	for (const char *const *task = tasks; *task; task++)
		if (g_ascii_strcasecmp(*task, name) == 0)
			return TRUE;
	return FALSE;
}

/* A name of capitals is no other account's, and "taro+lists" is taro. */
static char *
account_of(const char *local_part)
{
	return g_ascii_strdown(local_part, (gssize)strcspn(local_part, "+"));
}

gboolean
rp_local_name_is_ours(const char *local_part, const char *system_mail_user, GError **error)
{
	g_autofree char *own = rp_account_name();
	g_autofree char *name = account_of(local_part);
	guint uid = 0;
	gboolean known = rp_account_find(name, &uid);

	/* Of a number without a name nobody knows what it is called. */
	if (!own || g_ascii_strcasecmp(name, own) == 0)
		return TRUE;
	if (is_task(name) || (known && rp_account_is_system(uid))) {
		if (!system_mail_user || g_str_equal(system_mail_user, own) ||
			rp_account_is_system(geteuid()))
			return TRUE;
		g_set_error(error, RP_ERROR, RP_ERROR_NO_USER,
			_("mail for “%1$s” is %2$s's here (system-mail-user=), to whom only root "
			  "and "
			  "system accounts can hand mail over by this program"),
			local_part, system_mail_user);
		return FALSE;
	}
	g_set_error(error, RP_ERROR, RP_ERROR_NO_USER,
		known ? _("“%s” is another user of this machine, to whom nothing is delivered by "
			  "roampost: write a whole address, or name the domain of bare names with "
			  "qualify-domain= under [agent]")
		      : _("“%s” is no user of this machine: write a whole address, or name the "
			  "domain of bare names with qualify-domain= under [agent]"),
		local_part);
	return FALSE;
}
