/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"
#include "commands.h"

/* What the user has held, or a server turned away, goes on. */

/* What a server turned away is to be tried: the agent hears of it by the bell. */
static void
forget_rejections(RpQueueChange *change)
{
	rp_change_forget_failures(change, NULL, RP_FAILURE_REJECTED);
}

int
rp_cmd_release(RpCli *cli, int argc, char **argv)
{
	return rp_cli_change_messages(cli, argv + 1, rp_change_release, forget_rejections);
}
