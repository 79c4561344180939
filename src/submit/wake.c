/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/wake.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "roampost/base.h"
#include "roampost/module.h"
#include "roampost/queue.h"

/* Which bus is asked to start the agent: that of the user whose queue it is. A program that became
 * this user (cron's, by system-mail-user) still has the other one's environment. */

#define PATIENCE_MS 20

static gboolean
is_own(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_uid == geteuid();
}

/* Of "unix:path=/run/user/1000/bus,guid=...", or NULL. */
static char *
socket_path(const char *address)
{
	const char *path =
		g_str_has_prefix(address, "unix:path=") ? address + strlen("unix:path=") : NULL;

	return path ? g_strndup(path, strcspn(path, ",;")) : NULL;
}

/* NULL: there is none that is known to be ours. */
static char *
own_bus(void)
{
	const char *said = g_getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *moved = g_getenv("ROAMPOST_STATE");
	g_autofree char *named = said ? socket_path(said) : NULL;
	g_autofree char *usual = g_strdup_printf("/run/user/%u/bus", (guint)geteuid());

	if (named && (is_own(named) || !g_file_test(named, G_FILE_TEST_EXISTS)))
		return is_own(named) ? g_strdup(said) : NULL;
	/* The agent that is started there has the usual queue. */
	if ((moved && *moved) || !is_own(usual))
		return NULL;
	return g_strdup_printf("unix:path=%s", usual);
}

void
rp_wake_agent(void)
{
	g_autofree char *dir = rp_queue_state_dir(NULL);
	g_autofree char *address = NULL;
	void (*wake)(const char *, guint);

	if (!dir || rp_queue_dir_has_agent(dir))
		return;
	address = own_bus();
	wake = address ? (void (*)(const char *, guint))rp_module_function(
				 "roampost-wake.so", "rp_wake_by_bus")
		       : NULL;
	if (wake)
		wake(address, PATIENCE_MS);
}
