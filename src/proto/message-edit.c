/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message-private.h"

#include <string.h>

/* A message in wire format whose header is written anew. */

/* The extent of the From field, or an empty one at the start; FALSE: the header does not end here.
 */
static gboolean
find_from(const char *data, gsize size, gsize *start, gsize *end)
{
	gboolean inside = FALSE;

	*start = *end = 0;
	for (gsize at = 0; at < size;) {
		const char *line = data + at;
		const char *lf = memchr(line, '\n', size - at);
		if (!lf)
			return FALSE;
		gsize length = lf + 1 - line;
		if (length == 2)
			return TRUE;
		inside = rp_field_goes_on(*line)
				 ? inside
				 : *end == 0 && rp_field_kind(line, length) == RP_FIELD_FROM;
		if (inside && !rp_field_goes_on(*line))
			*start = at;
		at += length;
		if (inside)
			*end = at;
	}
	return FALSE;
}

gboolean
rp_message_replace_from(GByteArray *data, const char *address)
{
	gsize start, end;

	if (!find_from((const char *)data->data, data->len, &start, &end))
		return FALSE;
	g_autofree char *old = rp_field_unfold((const char *)data->data + start, end - start);
	g_autofree char *value = rp_field_replace_mailbox(old, address);
	g_autofree char *field = g_strdup_printf("From: %s\r\n", value);
	g_autoptr(GByteArray) tail = g_byte_array_new();

	g_byte_array_append(tail, data->data + end, data->len - end);
	g_byte_array_set_size(data, start);
	g_byte_array_append(data, (const guint8 *)field, strlen(field));
	g_byte_array_append(data, tail->data, tail->len);
	return TRUE;
}
