/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "values.h"

#include "roampost/language.h"

/* Each server set as the agent sees it here and now. */

static gboolean as_config;

const GOptionEntry rp_cmd_sets_options[] = {
	{"as-config", 0, 0, G_OPTION_ARG_NONE, &as_config,
		N_("the rules that were learned (relay=auto), as lines to keep"), NULL},
	G_OPTION_ENTRY_NULL,
};

int
rp_cmd_sets(RpCli *cli, int argc, char **argv)
{
	if (as_config && cli->json)
		return rp_cli_usage(cli, _("sets: either --as-config or --json"));
	g_autoptr(GVariant) properties = rp_cli_agent_properties(cli);
	if (properties == NULL)
		return RP_EXIT_FAILED;
	if (rp_cli_note_config(cli, properties))
		return RP_EXIT_FAILED;
	if (rp_cli_agent_is_starting(properties))
		rp_cli_note(
			cli, _("the agent has just started, and is still looking at the network"));
	if (rp_cli_value_flag(properties, "Paused"))
		rp_cli_note(cli, _("nothing is sent until “roampost resume”"));
	g_autoptr(GVariant) sets = rp_cli_value_array(properties, "Sets", "aa{sv}");
	g_autofree char *json = rp_cli_sets_json(sets);
	return rp_cli_show(
		cli, json, as_config ? rp_cli_render_sets_as_config : rp_cli_render_sets);
}
