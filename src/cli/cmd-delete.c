/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"
#include "commands.h"

#include "roampost/language.h"

/* Nothing else takes a message away unsent, so it is asked for once more. */

int
rp_cmd_delete(RpCli *cli, int argc, char **argv)
{
	g_auto(GStrv) words = rp_cli_like(cli, argv + 1);

	if (words == NULL || !rp_cli_are_messages(cli, words))
		return RP_EXIT_FAILED;
	int n = (int)g_strv_length(words);
	gboolean sure = n == 1 ? rp_cli_confirm(cli, _("Delete message %s for good?"), argv[1])
			       : rp_cli_confirm(cli,
					 rp_text_n("Delete this %d message for good?",
						 "Delete these %d messages for good?", (guint64)n),
					 n);
	if (!sure)
		return rp_cli_fail(cli, _("nothing was deleted"));
	return rp_cli_change_messages(cli, words, rp_change_delete, NULL);
}
