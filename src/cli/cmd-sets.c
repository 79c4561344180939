/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"

int
rp_cmd_sets(RpCli *cli, int argc, char **argv)
{
	return rp_cli_agent_show(cli, "Sets", NULL, rp_cli_render_sets);
}
