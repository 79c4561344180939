/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "change.h"
#include "commands.h"

/* What failed or waits is tried again at once, and what is
 * remembered of failures no longer counts. */

static void
forget_failures(RpQueueChange *change)
{
	rp_change_forget_failures(change, NULL, -1);
}

/* A running agent is asked, since it keeps what failed in mind; without one the record is cleared.
 */
int
rp_cmd_retry(RpCli *cli, int argc, char **argv)
{
	g_auto(GStrv) words = rp_cli_like(cli, argv + 1);
	if (words == NULL)
		return RP_EXIT_FAILED;
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);
	if (client == NULL || !rp_bus_client_has_agent(client))
		return rp_cli_change_messages(cli, words, rp_change_retry, forget_failures);
	return rp_cli_agent_change(cli, client, "retry", words) ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
