/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"
#include "commands.h"

/* A message stays until `release`, whatever the policy says of it. */

int
rp_cmd_hold(RpCli *cli, int argc, char **argv)
{
	g_auto(GStrv) words = rp_cli_like(cli, argv + 1);

	return words ? rp_cli_change_messages(cli, words, rp_change_hold, NULL) : RP_EXIT_FAILED;
}
