/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The password database, in any thread: getpwuid has one place for all its answers. */

/* Larger than any entry that is one. */
#define MOST (1024 * 1024)

/* The entry's strings are in *buffer; NULL: there is none, or it can't be read. */
static const struct passwd *
find_entry(uid_t uid, struct passwd *entry, char **buffer)
{
	struct passwd *found = NULL;

	for (gsize size = 1024; size <= MOST; size *= 2) {
		*buffer = g_realloc(*buffer, size);
		int failure = getpwuid_r(uid, entry, *buffer, size, &found);
		if (failure == EINTR)
			size /= 2;
		else if (failure != ERANGE)
			break;
	}
	return found;
}

char *
rp_account_name_of(guint uid)
{
	g_autofree char *buffer = NULL;
	struct passwd entry;
	const struct passwd *found = find_entry(uid, &entry, &buffer);

	return found && found->pw_name && *found->pw_name ? g_strdup(found->pw_name) : NULL;
}

char *
rp_account_name(void)
{
	return rp_account_name_of(geteuid());
}

char *
rp_account_home(void)
{
	g_autofree char *buffer = NULL;
	struct passwd entry;
	const struct passwd *found = find_entry(geteuid(), &entry, &buffer);

	return found && found->pw_dir && g_path_is_absolute(found->pw_dir) ? g_strdup(found->pw_dir)
									   : NULL;
}

char *
rp_account_home_in_use(void)
{
	const char *named = g_get_home_dir();
	struct stat status;
	char *own =
		stat(named, &status) == 0 && status.st_uid != geteuid() ? rp_account_home() : NULL;

	return own ? own : g_strdup(named);
}

gboolean
rp_account_find(const char *name, guint *uid)
{
	g_autofree char *buffer = NULL;
	struct passwd entry, *found = NULL;

	for (gsize size = 1024; size <= MOST && !found; size *= 2) {
		buffer = g_realloc(buffer, size);
		if (getpwnam_r(name, &entry, buffer, size, &found) != ERANGE)
			break;
	}
	if (found)
		*uid = found->pw_uid;
	return found != NULL;
}

gboolean
rp_account_is_system(guint uid)
{
	return uid < 1000 || (uid >= 61184 && uid <= 65519) || uid == 65534;
}

char *
rp_machine_sendmail(void)
{
	char *path = realpath(RP_MACHINE_SENDMAIL, NULL);
	char *name = path ? g_path_get_basename(path) : NULL;

	free(path);
	return name;
}

gboolean
rp_machine_sendmail_is_ours(void)
{
	g_autofree char *name = rp_machine_sendmail();

	return g_strcmp0(name, "roampost-sendmail") == 0;
}
