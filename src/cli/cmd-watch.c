/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "values.h"
#include "watch.h"

#include "roampost/language.h"

#include <stdio.h>
#include <string.h>

/* What the agent does, as it does it: a view on a terminal, else a line each time, until
 * interrupted. */

static gboolean as_lines;

const GOptionEntry rp_cmd_watch_options[] = {
	{"lines", 0, 0, G_OPTION_ARG_NONE, &as_lines,
		N_("a line each time on a terminal too, as it is where there is none"), NULL},
	G_OPTION_ENTRY_NULL,
};

static void
print_line(const char *state, const char *text, gpointer user)
{
	RpCli *cli = user;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = g_date_time_format(now, "%H:%M:%S");
	rp_cli_print(cli, "%s%s%s  %s%s%s\n", rp_cli_colour(cli, RP_COLOUR_DIM), time,
		rp_cli_colour(cli, RP_COLOUR_NONE), rp_cli_colour(cli, rp_cli_state_colour(state)),
		text, rp_cli_colour(cli, RP_COLOUR_NONE));
}

static void
tell_json(RpCli *cli, const char *signal, GVariant *arguments)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *time = rp_time_format(g_get_real_time());
	g_autofree char *values =
		arguments != NULL ? json_gvariant_serialize_data(arguments, NULL) : NULL;
	RpJson json;
	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	rp_json_string(&json, "time", time);
	rp_json_string(&json, "signal", *signal != '\0' ? signal : "AgentGone");
	rp_json_raw(&json, "arguments", values != NULL ? values : "[]");
	rp_json_end_object(&json);
	rp_cli_print_json(cli, out->str);
}

static int
print_lines(RpCli *cli, RpBusClient *client, char **argv)
{
	g_autoptr(GError) error = NULL;
	if (!cli->json)
		rp_cmd_status(cli, 1, argv);
	for (;;) {
		fflush(stdout);
		g_autoptr(GVariant) arguments = NULL;
		g_autofree char *signal = rp_bus_client_next(client, -1, &arguments, &error);
		if (signal == NULL)
			return rp_cli_fail_error(cli, error);
		if (cli->json)
			tell_json(cli, signal, arguments);
		else
			rp_watch_lines(signal, arguments, print_line, cli);
	}
}

int
rp_cmd_watch(RpCli *cli, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	if (client == NULL)
		return RP_EXIT_FAILED;
	rp_bus_client_subscribe(client);
	g_autoptr(GVariant) version = rp_bus_client_get(client, "Version", "s", &error);
	if (version == NULL)
		return rp_cli_fail_error(cli, error);
	if (cli->json || as_lines || !rp_watch_terminal_is_there())
		return print_lines(cli, client, argv);
	return rp_watch_view(cli, client);
}
