/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"

/* NetworkManager dials, by way of the agent, which knows the connections of each provider. */

static gboolean
dial_all(RpCli *cli, RpBusClient *client, guint n, char **providers)
{
	g_autofree GVariant **arguments = g_new0(GVariant *, n);
	g_autofree GError **errors = g_new0(GError *, n);
	gboolean good;

	for (guint i = 0; i < n; i++)
		arguments[i] = g_variant_ref_sink(g_variant_new("(s)", providers[i]));
	good = rp_bus_client_call_each(client, "Dial", arguments, n, errors);
	for (guint i = 0; i < n; i++) {
		if (errors[i] != NULL)
			rp_cli_fail_error(cli, errors[i]);
		g_clear_error(&errors[i]);
		g_variant_unref(arguments[i]);
	}
	return good;
}

int
rp_cmd_dial(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);

	if (client == NULL || !dial_all(cli, client, (guint)argc - 1, argv + 1))
		return RP_EXIT_FAILED;
	return RP_EXIT_DONE;
}
