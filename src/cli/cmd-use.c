/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"

#include "roampost/language.h"

#include <string.h>

/* The user chooses the set, for as long as we are here or, kept, until told otherwise. */

static gboolean keep;

const GOptionEntry rp_cmd_use_options[] = {
	{"keep", 0, 0, G_OPTION_ARG_NONE, &keep, N_("at every place, until “use auto”"), NULL},
	G_OPTION_ENTRY_NULL,
};

int
rp_cmd_use(RpCli *cli, int argc, char **argv)
{
	if (keep && strcmp(argv[1], "auto") == 0)
		return rp_cli_usage(cli, _("use: “auto” can't be kept: it ends what is kept"));
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	gboolean good = client != NULL && rp_cli_agent_do(cli, client, "UseSet",
						  g_variant_new("(sb)", argv[1], keep));
	return good ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
