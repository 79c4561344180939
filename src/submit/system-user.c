/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-submit"
#include "roampost/system-user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>
#include "roampost/base.h"
#include "roampost/config.h"
#include "roampost/errand.h"
#include "roampost/language.h"

/* Mail of the system's own accounts becomes the mail of the user whom the administrator has
 * named: handed over as that user, or by his agent. */

static char *
configured_user(GError **error)
{
	gboolean has_errors;
	char *user = rp_config_read_system_mail_user(&has_errors);
	g_autoptr(RpConfigSources) sources = user ? NULL : rp_config_sources_new();

	if (!user)
		g_set_error(error, RP_ERROR, RP_ERROR_CONFIG,
			has_errors ? _("whose queue takes the mail of root and of system accounts "
				       "is not "
				       "known: there are errors in %s (“roampost config check” "
				       "shows them)")
				   : _("mail of root and of system accounts goes nowhere yet: name "
				       "a user with system-mail-user= in %s"),
			sources->files[0]);
	return user;
}

/* Begins once more as that user, since GLib remembers whose home it was asked for, and what root
 * had in memory is gone. By descriptor: the user need not be able to reach the program's folder. */
static void
begin_as(const struct passwd *user, char **argv, GError **error)
{
	g_auto(RpFd) program = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	if (program < 0 || initgroups(user->pw_name, user->pw_gid) != 0 ||
		setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) {
		rp_error_set_errno(error, errno, _("becoming %s"), user->pw_name);
		return;
	}
	g_setenv("HOME", user->pw_dir, TRUE);
	g_setenv("USER", user->pw_name, TRUE);
	g_setenv("LOGNAME", user->pw_name, TRUE);
	g_unsetenv("XDG_CONFIG_HOME");
	fexecve(program, argv, environ);
	rp_error_set_errno(error, errno, _("beginning once more as %s"), user->pw_name);
}

/* Who is no longer there is nobody. */
static const struct passwd *
find_user(const char *name, GError **error)
{
	const struct passwd *user = getpwnam(name);

	if (!user)
		g_set_error(error, RP_ERROR, RP_ERROR_CONFIG,
			_("system-mail-user=%s: there is no such user"), name);
	return user;
}

static RpEntry
have_it_done(const struct passwd *user, char **argv, int *status, GError **error)
{
	return rp_errand_run(user->pw_uid, user->pw_name, argv, status, error) ? RP_ENTRY_DONE
									       : RP_ENTRY_REFUSED;
}

static gboolean
has_own_queue(void)
{
	const char *state = g_getenv("ROAMPOST_STATE");

	return (state && *state) || !rp_account_is_system(geteuid());
}

char *
rp_system_user_name(GError **error)
{
	g_autofree char *name = has_own_queue() ? NULL : configured_user(error);
	const struct passwd *user = name ? find_user(name, error) : NULL;

	return user && user->pw_uid != geteuid() ? g_steal_pointer(&name) : NULL;
}

RpEntry
rp_system_user_enter(char **argv, gboolean hands_over, int *status, GError **error)
{
	if (has_own_queue())
		return RP_ENTRY_HERE;
	g_autofree char *name = configured_user(error);
	const struct passwd *user = name ? find_user(name, error) : NULL;
	if (!user)
		return RP_ENTRY_REFUSED;
	if (user->pw_uid == geteuid())
		return RP_ENTRY_HERE;
	if (geteuid() != 0 && hands_over)
		return have_it_done(user, argv, status, error);
	if (geteuid() == 0)
		begin_as(user, argv, error);
	else
		g_set_error(error, RP_ERROR, RP_ERROR_PERMISSION,
			_("the mail of system accounts is in the queue of %s, which only root and "
			  "this user see"),
			name);
	return RP_ENTRY_REFUSED;
}
