/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"

/* NetworkManager dials, by way of the agent, which knows the connections of each provider. */

int
rp_cmd_dial(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	gboolean good = client != NULL;

	for (int i = 1; client != NULL && i < argc; i++)
		good &= rp_cli_agent_do(cli, client, "Dial", g_variant_new("(s)", argv[i]));
	return good ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
