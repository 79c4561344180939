/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "change.h"
#include "commands.h"

/* Nothing is sent, as on a plane, until mail is let go again. An agent is asked, and has stopped
 * when it answers; where none runs the next one finds it in the queue. */

static int
set_paused(RpCli *cli, gboolean pause)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);
	if (client != NULL && rp_bus_client_has_agent(client))
		return rp_cli_agent_do(cli, client, "Pause", g_variant_new("(b)", pause))
			       ? RP_EXIT_DONE
			       : RP_EXIT_FAILED;
	g_autoptr(RpQueue) queue = rp_cli_write_queue(cli);
	if (queue == NULL)
		return RP_EXIT_FAILED;
	RpQueueChange *change = rp_queue_change_new(g_get_real_time());
	rp_change_save_set_fact(change, "", RP_FACT_PAUSED, pause ? "yes" : NULL);
	return rp_cli_apply(cli, queue, change);
}

int
rp_cmd_pause(RpCli *cli, int argc, char **argv)
{
	return set_paused(cli, TRUE);
}

int
rp_cmd_resume(RpCli *cli, int argc, char **argv)
{
	return set_paused(cli, FALSE);
}
