/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"

/* Changes that need no agent: they are written into the queue, which rings its bell. */

static gboolean
resolve_all(RpCli *cli, RpQueue *queue, char **words, GArray *ids)
{
	for (; *words != NULL; words++) {
		RpMessageId id;
		if (!rp_cli_resolve(cli, queue, *words, &id))
			return FALSE;
		g_array_append_val(ids, id);
	}
	return TRUE;
}

gboolean
rp_cli_are_messages(RpCli *cli, char **words)
{
	g_autoptr(RpQueue) queue = rp_cli_write_queue(cli);
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(RpMessageId));

	return queue && resolve_all(cli, queue, words, ids);
}

int
rp_cli_apply(RpCli *cli, RpQueue *queue, RpQueueChange *change)
{
	g_autoptr(GError) error = NULL;
	return rp_queue_apply(queue, change, &error) ? RP_EXIT_DONE : rp_cli_fail_error(cli, error);
}

int
rp_cli_change_messages(RpCli *cli, char **words, RpCliChangeFunc func, RpCliAlsoFunc also)
{
	g_autoptr(RpQueue) queue = rp_cli_write_queue(cli);
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(RpMessageId));
	if (queue == NULL || !resolve_all(cli, queue, words, ids))
		return RP_EXIT_FAILED;
	RpQueueChange *change = rp_queue_change_new(g_get_real_time());
	if (also != NULL)
		also(change);
	for (guint i = 0; i < ids->len; i++)
		func(change, g_array_index(ids, RpMessageId, i));
	return rp_cli_apply(cli, queue, change);
}
