/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

/* Who a message is from, where that was left open when it came in: the configuration, which says
 * it, had errors. */

#define OPEN (RP_MESSAGE_SENDER_OPEN | RP_MESSAGE_FROM_OPEN)

static gboolean
load_open(RpTx *tx, RpMessageId id, RpRow *row, gboolean *open, GError **error)
{
	g_autoptr(GError) failure = NULL;
	gboolean there = rp_row_load(tx, id, row, &failure);

	*open = there && (row->flags & OPEN);
	if (there || g_error_matches(failure, RP_ERROR, RP_ERROR_NOT_FOUND))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

/* A header that is too long to be edited keeps what it has: it is the envelope that mail goes by.
 */
static gboolean
settle_from(RpTx *tx, const RpStep *step, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (!rp_content_edit_header(tx, step, &failure)) {
		if (g_error_matches(failure, RP_ERROR, RP_ERROR_INVALID))
			return TRUE;
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	return rp_db_run(tx->db, error, "UPDATE messages SET header_from=? WHERE id=?", "si",
		step->s[0], step->id);
}

static gboolean
settle(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};
	gboolean open;

	if (!load_open(tx, step->id, &row, &open, error))
		return FALSE;
	if (!open)
		return TRUE;
	guint replaced = row.flags & OPEN & (guint)step->n[0];

	if (replaced & RP_MESSAGE_SENDER_OPEN &&
		!rp_db_run(tx->db, error, "UPDATE messages SET sender=? WHERE id=?", "si",
			step->s[0], step->id))
		return FALSE;
	if (replaced & RP_MESSAGE_FROM_OPEN && !settle_from(tx, step, error))
		return FALSE;
	row.flags &= ~OPEN;
	if (replaced && !g_str_is_ascii(step->s[0]))
		row.flags |= RP_MESSAGE_SMTPUTF8;
	return rp_row_save(tx, &row, "its sender is settled", error);
}

void
rp_change_settle_sender(RpQueueChange *change, RpMessageId id, const char *address, guint replaced,
	RpHeaderEdit edit)
{
	RpStep *step = rp_change_add(change, settle);

	step->id = id;
	step->s[0] = g_strdup(address);
	step->n[0] = replaced;
	step->edit_header = edit;
}
