/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"
#include "commands.h"

/* A message stays until `release`, whatever the policy says of it. */

int
rp_cmd_hold(RpCli *cli, int argc, char **argv)
{
	return rp_cli_change_messages(cli, argv + 1, rp_change_hold, NULL);
}
