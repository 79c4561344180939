/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"

#include "roampost/language.h"

/* Takes back what `learn` has taught the agent about this place, or clears all that failed. */

static gboolean forget_provider, forget_set;

const GOptionEntry rp_cmd_forget_options[] = {
	{"provider", 0, 0, G_OPTION_ARG_NONE, &forget_provider,
		N_("the provider of this name, not the server set"), NULL},
	{"set", 0, 0, G_OPTION_ARG_NONE, &forget_set,
		N_("the server set of this name, not the provider"), NULL},
	G_OPTION_ENTRY_NULL,
};

int
rp_cmd_forget(RpCli *cli, int argc, char **argv)
{
	const char *kind = forget_provider ? "provider " : forget_set ? "set " : "";
	g_autofree char *what = g_strconcat(kind, argv[1], NULL);
	g_autoptr(RpBusClient) client = NULL;
	gboolean good;

	if (forget_provider && forget_set)
		return rp_cli_usage(cli, _("--provider and --set: only one of the two"));
	client = rp_cli_connect(cli);
	good = client && rp_cli_agent_do(cli, client, "Forget", g_variant_new("(s)", what));
	return good ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
