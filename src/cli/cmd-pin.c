/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"
#include "commands.h"

#include <string.h>

/* Messages by one set only, until they are unpinned. */

static const char *chosen; /* NULL: none */

static void
pin(RpQueueChange *change, RpMessageId id)
{
	rp_change_pin(change, id, chosen);
}

int
rp_cmd_pin(RpCli *cli, int argc, char **argv)
{
	const char *set = argv[argc - 1];
	gboolean unpin = strcmp(set, "auto") == 0;
	if (!unpin && !rp_cli_set_exists(cli, set))
		return RP_EXIT_FAILED;
	chosen = unpin ? NULL : set;
	g_autofree char **ids = g_memdup2(argv + 1, (gsize)argc * sizeof(char *));
	ids[argc - 2] = NULL;
	g_auto(GStrv) words = rp_cli_like(cli, ids);
	return words ? rp_cli_change_messages(cli, words, pin, NULL) : RP_EXIT_FAILED;
}
