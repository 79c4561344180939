/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"
#include "commands.h"

#include <string.h>

/* One message by one set only, until it is unpinned. */

int
rp_cmd_pin(RpCli *cli, int argc, char **argv)
{
	gboolean unpin = strcmp(argv[2], "auto") == 0;
	RpMessageId id;
	if (!unpin && !rp_cli_set_exists(cli, argv[2]))
		return RP_EXIT_FAILED;
	g_autoptr(RpQueue) queue = rp_cli_write_queue(cli);
	if (queue == NULL || !rp_cli_resolve(cli, queue, argv[1], &id))
		return RP_EXIT_FAILED;
	RpQueueChange *change = rp_queue_change_new(g_get_real_time());
	rp_change_pin(change, id, unpin ? NULL : argv[2]);
	return rp_cli_apply(cli, queue, change);
}
