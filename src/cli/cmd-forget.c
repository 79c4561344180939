/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"

/* Takes back what `learn` has taught the agent about this place, or clears all that failed. */

int
rp_cmd_forget(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	gboolean good = client != NULL &&
			rp_cli_agent_do(cli, client, "Forget", g_variant_new("(s)", argv[1]));
	return good ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
