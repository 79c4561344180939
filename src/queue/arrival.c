/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

#include "roampost/language.h"

#include <string.h>

/* The rows of a message that comes into the queue, whoever writes them: the program that has it,
 * or the agent for it. */

gboolean
rp_arrival_new_id(RpTx *tx, RpMessageId *id, GError **error)
{
	gint64 last = 0;

	if (!rp_db_number(tx->db, &last, error, "SELECT last_id FROM classes WHERE id=0", ""))
		return FALSE; /* without that row nothing would be counted, nor seen by a plan */
	*id = rp_message_id_next(last, g_get_real_time(), g_random_int());
	return rp_db_run(tx->db, error, "UPDATE classes SET last_id=? WHERE id=0", "i", *id);
}

gboolean
rp_arrival_content(
	RpTx *tx, RpMessageId id, gint64 row, const void *data, gsize size, GError **error)
{
	const guint8 *from = data;

	for (gsize at = 0; at < size || row == 0; at += RP_CONTENT_ROW, row++) {
		if (row == RP_CONTENT_MAX_ROWS) {
			g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
				_("the message is larger than %d MiB"),
				(int)((gint64)RP_CONTENT_MAX_ROWS * RP_CONTENT_ROW >> 20));
			return FALSE;
		}
		gsize n = MIN(size - at, RP_CONTENT_ROW);
		if (!rp_db_run(tx->db, error, "INSERT INTO content(id, data) VALUES(?, ?)", "ib",
			    rp_content_key(id, row), n ? from + at : (const guint8 *)"", n))
			return FALSE;
		tx->arrived += (gint64)n;
	}
	return TRUE;
}

static gboolean
is_held(const RpEnvelope *envelope)
{
	return envelope->hold || envelope->not_before;
}

static RpPhase
first_phase(const RpEnvelope *envelope)
{
	return is_held(envelope) ? RP_PHASE_HELD : RP_PHASE_READY;
}

static gboolean
insert_message(RpTx *tx, RpMessageId id, const RpEnvelope *envelope, gint64 size, GError **error)
{
	return rp_db_run(tx->db, error,
		"INSERT INTO messages(id, class, rank, size, created, flags, sender,"
		" header_from, pin, dsn_ret, dsn_envid, subject, user_hold, not_before, phase)"
		" VALUES(?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"iiiinssssssnin", id, rp_size_rank(size), size, g_get_real_time(),
		envelope->flags | (is_held(envelope) ? RP_MESSAGE_HELD_UNSEEN : 0),
		envelope->sender, envelope->header_from, envelope->pin, envelope->dsn_ret,
		envelope->dsn_envid, envelope->subject, (int)envelope->hold, envelope->not_before,
		(int)first_phase(envelope));
}

static const char *
entry(const char *const *strings, guint i)
{
	return strings ? strings[i] : NULL;
}

/* Octets of a recipient beside its address. */
#define RECIPIENT 128

static gboolean
insert_recipients(RpTx *tx, RpMessageId id, const RpEnvelope *envelope, GError **error)
{
	for (guint i = 0; i < envelope->n_recipients; i++) {
		tx->arrived += (gint64)strlen(envelope->recipients[i]) + RECIPIENT;
		if (!rp_db_run(tx->db, error,
			    "INSERT INTO recipients(message, number, address, dsn_notify,"
			    " dsn_original) VALUES(?, ?, ?, ?, ?)",
			    "insss", id, i, envelope->recipients[i], entry(envelope->dsn_notify, i),
			    entry(envelope->dsn_original, i)))
			return FALSE;
	}
	return TRUE;
}

gboolean
rp_arrival_message(
	RpTx *tx, RpMessageId id, const RpEnvelope *envelope, gint64 size, GError **error)
{
	if (!insert_message(tx, id, envelope, size, error) ||
		!insert_recipients(tx, id, envelope, error) || !rp_room_admits(tx, error))
		return FALSE;
	rp_tx_count(tx, 0, -1, RP_CLASS_NEW, first_phase(envelope));
	return TRUE;
}
