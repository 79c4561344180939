/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "messages.h"

#include "roampost/language.h"

/* All waits are over: what may go is tried now. With --wait
 * the exit status says whether it went. */

static gboolean flush_wait;

const GOptionEntry rp_cmd_flush_options[] = {
	{"wait", 0, 0, G_OPTION_ARG_NONE, &flush_wait,
		N_("wait until nothing is on its way; exit 1 when something is left"), NULL},
	G_OPTION_ENTRY_NULL,
};

int
rp_cmd_flush(RpCli *cli, int argc, char **argv)
{
	char **ids = argv + 1;
	guint n_left = 0;
	g_auto(RpCliWait) wait;
	rp_cli_wait_init(&wait);
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	if (client == NULL)
		return RP_EXIT_FAILED;
	if (flush_wait)
		rp_bus_client_subscribe(client);
	if (!rp_cli_agent_change(cli, client, "flush", ids))
		return RP_EXIT_FAILED;
	if (!flush_wait)
		return rp_cli_print_held(cli, ids) ? RP_EXIT_DONE : RP_EXIT_FAILED;
	if (!rp_cli_wait(cli, client, &wait, rp_cli_all_done, ids) ||
		!rp_cli_print_left(cli, ids, &n_left))
		return RP_EXIT_FAILED;
	return n_left == 0 && wait.n_failed == 0 ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
