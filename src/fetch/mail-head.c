/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "fetch-private.h"

/* The first octets of a mail that comes, where somebody is to look at its header. They are kept no
 * longer than the mail takes. */

void
rp_check_head_begin(RpCheck *check)
{
	const RpChecks *room = check->room;

	if (room->events->wants_headers(room->user))
		check->head = g_string_new(NULL);
}

void
rp_check_head_data(RpCheck *check, const guint8 *data, gsize size)
{
	if (check->head && check->head->len < RP_CHECK_HEAD)
		g_string_append_len(check->head, (const char *)data,
			(gssize)MIN(size, RP_CHECK_HEAD - check->head->len));
}

void
rp_check_head_tell(const RpCheck *check)
{
	const RpChecks *room = check->room;

	if (check->head)
		room->events->header(check->head->str, check->head->len, room->user);
}

void
rp_check_head_drop(RpCheck *check)
{
	if (check->head)
		g_string_free(g_steal_pointer(&check->head), TRUE);
}
