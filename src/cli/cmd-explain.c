/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"

int
rp_cmd_explain(RpCli *cli, int argc, char **argv)
{
	return rp_cli_agent_show(
		cli, "Explain", g_variant_new("(s)", argv[1]), rp_cli_render_explain);
}
