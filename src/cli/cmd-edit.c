/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"
#include "commands.h"

#include "roampost/submit.h"

#include <string.h>

static char *edit_from;
static char **edit_to;

const GOptionEntry rp_cmd_edit_options[] = {
	{"from", 0, 0, G_OPTION_ARG_STRING, &edit_from, "the new sender; <> for the empty one",
		"ADDRESS"},
	{"to", 0, 0, G_OPTION_ARG_STRING_ARRAY, &edit_to,
		"the new recipients, in place of those not yet sent to", "ADDRESS…"},
	G_OPTION_ENTRY_NULL,
};

static gboolean
is_address(const char *text)
{
	const char *at = strrchr(text, '@');
	return at != NULL && at > text && at[1] != '\0' && strpbrk(text, " <>,;\t\r\n") == NULL;
}

static gboolean
check_addresses(RpCli *cli, const char *sender)
{
	if (sender != NULL && *sender != '\0' && !is_address(sender)) {
		rp_cli_usage(cli, "“%s” is no address", sender);
		return FALSE;
	}
	for (char **to = edit_to; to != NULL && *to != NULL; to++)
		if (!is_address(*to)) {
			rp_cli_usage(cli, "“%s” is no address", *to);
			return FALSE;
		}
	return TRUE;
}

int
rp_cmd_edit(RpCli *cli, int argc, char **argv)
{
	const char *sender = g_strcmp0(edit_from, "<>") == 0 ? "" : edit_from;
	RpMessageId id;
	if (sender == NULL && edit_to == NULL)
		return rp_cli_usage(cli, "edit: say what to change: --from or --to");
	if (!check_addresses(cli, sender))
		return RP_EXIT_USAGE;
	g_autoptr(RpQueue) queue = rp_cli_write_queue(cli);
	if (queue == NULL || !rp_cli_resolve(cli, queue, argv[1], &id))
		return RP_EXIT_FAILED;
	RpQueueChange *change = rp_queue_change_new(g_get_real_time());
	rp_submit_edit(change, id, sender, (const char *const *)edit_to);
	return rp_cli_apply(cli, queue, change);
}
