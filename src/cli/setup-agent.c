/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "setup.h"

#include "roampost/bus.h"
#include "roampost/language.h"
#include "roampost/module.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* The agent: started now and at each login, by systemd's user manager where there is one, else by
 * the desktop's autostart and by ourselves. */

#define UNIT "roampost.service"

enum { WAIT_SECONDS = 15 };

gboolean
rp_setup_agent_runs(void)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);

	return client && rp_bus_client_has_agent(client);
}

static gboolean
enable_unit(RpCli *cli)
{
	char *argv[] = {(char *)"systemctl", (char *)"--user", (char *)"enable", (char *)"--now",
		(char *)UNIT, NULL};
	g_autofree char *words = NULL;
	g_autoptr(GError) error = NULL;
	gint status = 0;

	if (g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
		    NULL, NULL, &words, &status, &error) &&
		g_spawn_check_wait_status(status, &error)) {
		rp_cli_print(cli, _("The agent runs, and starts at each login (%s).\n"), UNIT);
		return TRUE;
	}
	rp_cli_fail(cli,
		_("“systemctl --user enable --now %1$s” failed (%2$s): until it is put right, "
		  "start roampostd by hand"),
		UNIT, words && *g_strstrip(words) ? words : error->message);
	return FALSE;
}

/* ---- without systemd ---- */

static gboolean
write_autostart(RpCli *cli, const char *agent)
{
	g_autofree char *folder = g_build_filename(g_get_user_config_dir(), "autostart", NULL);
	g_autofree char *path = g_build_filename(folder, "roampost.desktop", NULL);
	g_autofree char *text = g_strdup_printf("[Desktop Entry]\n"
						"Type=Application\n"
						"Name=roampost\n"
						"Comment=The outbox that knows where you are\n"
						"Exec=\"%s\"\n"
						"NoDisplay=true\n",
		agent);
	g_autoptr(GError) error = NULL;

	if (g_mkdir_with_parents(folder, 0700) != 0) {
		rp_cli_fail_write(cli, folder, errno);
		return FALSE;
	}
	if (!rp_file_write(path, text, &error)) {
		rp_cli_fail_error(cli, error);
		return FALSE;
	}
	rp_cli_print(cli, _("The agent starts at each login of a desktop (%s).\n"), path);
	return TRUE;
}

/* It is nobody's child, and outlives the terminal. */
static void
leave_session(gpointer user)
{
	setsid();
}

/* Until it has its name; the bus tells nobody who has not asked for it, and it takes a moment.
 * Where there is no bus, it is not waited for. */
static gboolean
wait_for_agent(RpCli *cli)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);

	for (guint i = 0; client && !rp_bus_client_has_agent(client); i++) {
		if (i >= WAIT_SECONDS * 20) {
			rp_cli_fail(cli,
				_("roampostd has been started, and is not on the session bus "
				  "after %d s: run it in a terminal to see what it says"),
				WAIT_SECONDS);
			return FALSE;
		}
		g_usleep(G_USEC_PER_SEC / 20);
	}
	rp_cli_print(cli, _("The agent runs.\n"));
	return TRUE;
}

static gboolean
start_now(RpCli *cli, const char *agent)
{
	char *argv[] = {(char *)agent, NULL};
	g_autoptr(GError) error = NULL;

	if (g_spawn_async("/", argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
		    leave_session, NULL, NULL, &error))
		return wait_for_agent(cli);
	rp_cli_fail(cli, _("%1$s can't be started (%2$s): “ls -l” shows who may run it"), agent,
		error->message);
	return FALSE;
}

gboolean
rp_setup_start_agent(RpCli *cli)
{
	g_autofree char *agent = rp_module_program("roampostd", "agent");

	if (rp_cli_has_user_manager())
		return enable_unit(cli);
	if (!agent) {
		rp_cli_fail(cli, _("roampostd is not installed: nothing sends the mail"));
		return FALSE;
	}
	return write_autostart(cli, agent) && (rp_setup_agent_runs() || start_now(cli, agent));
}
