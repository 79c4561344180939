/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"

/* The end of a line that `dial` has brought up. */

int
rp_cmd_hangup(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	gboolean good = client != NULL && rp_cli_agent_do(cli, client, "HangUp", NULL);
	return good ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
