/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

#include "roampost/language.h"

#include <string.h>

/* Whether what is on the disk is what was written there. */

gboolean
rp_queue_is_sound(RpQueue *queue, GError **error)
{
	g_auto(RpRows) rows = {0};
	g_autofree char *found = NULL;

	if (!rp_rows_open(&rows, queue->db, error, "PRAGMA quick_check(1)", ""))
		return FALSE;
	if (rp_rows_next(&rows))
		found = rp_rows_text(&rows, 0);
	if (!found) {
		rp_rows_finish(&rows, error);
		if (error && !*error)
			g_set_error(error, RP_ERROR, RP_ERROR_IO, _("%s/queue.db can't be checked"),
				queue->dir);
		return FALSE;
	}
	if (strcmp(found, "ok") == 0)
		return TRUE;
	g_set_error(
		error, RP_ERROR, RP_ERROR_IO, _("%s/queue.db is damaged: %s"), queue->dir, found);
	return FALSE;
}
