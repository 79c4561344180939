/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

#include "roampost/language.h"

#include <string.h>

/* A message's content: rows of 64 KiB, all full but the last and, once the header was edited, the
 * first. */

static gboolean
first_row_size(RpDb *db, RpMessageId id, gint64 *size, GError **error)
{
	char text[RP_MESSAGE_ID_SIZE];
	gboolean found;

	/* length() of a blob does not read it. */
	if (!rp_db_find_number(db, size, &found, error,
		    "SELECT length(data) FROM content WHERE id=?", "i", rp_content_key(id, 0)))
		return FALSE;
	if (!found)
		g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
			_("there is no message %s in the queue"), rp_message_id_format(id, text));
	return found;
}

gssize
rp_queue_read(
	RpQueue *queue, RpMessageId id, gint64 offset, void *buffer, gsize size, GError **error)
{
	g_auto(RpRows) rows = {0};
	gint64 first = 0, row = 0, skip = offset;
	gssize n = 0;

	g_return_val_if_fail(offset >= 0, -1);
	if (!first_row_size(queue->db, id, &first, error))
		return -1;
	if (offset >= first) {
		row = 1 + (offset - first) / RP_CONTENT_ROW;
		skip = (offset - first) % RP_CONTENT_ROW;
	}
	if (!rp_rows_open(&rows, queue->db, error, "SELECT data FROM content WHERE id=?", "i",
		    rp_content_key(id, row)))
		return -1;
	if (row < RP_CONTENT_MAX_ROWS && rp_rows_next(&rows)) {
		const char *data = sqlite3_column_blob(rows.statement, 0);
		n = MAX(sqlite3_column_bytes(rows.statement, 0) - skip, 0);
		n = MIN(n, (gssize)MIN(size, G_MAXSSIZE));
		if (n > 0)
			memcpy(buffer, data + skip, n);
	}
	return rp_rows_finish(&rows, error) ? n : -1;
}

static GByteArray *
read_first_row(RpTx *tx, RpMessageId id, GError **error)
{
	g_auto(RpRows) rows = {0};
	GByteArray *data = g_byte_array_new();

	if (!rp_rows_open(&rows, tx->db, error, "SELECT data FROM content WHERE id=?", "i",
		    rp_content_key(id, 0)))
		return data;
	if (rp_rows_next(&rows))
		g_byte_array_append(data, sqlite3_column_blob(rows.statement, 0),
			sqlite3_column_bytes(rows.statement, 0));
	rp_rows_finish(&rows, error);
	return data;
}

gboolean
rp_content_edit_header(RpTx *tx, const RpStep *step, GError **error)
{
	g_autoptr(GByteArray) data = read_first_row(tx, step->id, error);
	gssize before = data->len;

	if (before == 0)
		return FALSE;
	if (!step->edit_header(data, step->s[0])) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("the header is too long to be edited: delete the message and send it "
			  "again"));
		return FALSE;
	}
	return rp_db_run(tx->db, error, "UPDATE content SET data=? WHERE id=?", "bi", data->data,
		       (gsize)data->len, rp_content_key(step->id, 0)) &&
	       rp_db_run(tx->db, error, "UPDATE messages SET size=size+? WHERE id=?", "ii",
		       (gint64)data->len - before, step->id);
}

void
rp_change_edit_header(
	RpQueueChange *change, RpMessageId id, RpHeaderEdit header_edit, const char *value)
{
	RpStep *step = rp_change_add(change, rp_content_edit_header);

	step->id = id;
	step->edit_header = header_edit;
	step->s[0] = g_strdup(value);
}
