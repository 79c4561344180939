/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* Octets that may be secret: nothing of them is left behind where they were. */

/* It is a page anyway. */
#define FIRST_ROOM 4096

static void
make_room(RpSaslBuffer *buffer, gsize size)
{
	if (buffer->size + size <= buffer->room)
		return;
	gsize room = MAX(MAX(2 * buffer->room, FIRST_ROOM), buffer->size + size);
	guint8 *data = (guint8 *)rp_secret_alloc(room);
	if (buffer->size > 0)
		memcpy(data, buffer->data, buffer->size);
	rp_secret_free((char *)buffer->data);
	buffer->data = data;
	buffer->room = room;
}

void
rp_sasl_buffer_append(RpSaslBuffer *buffer, gconstpointer data, gsize size)
{
	if (size == 0)
		return;
	make_room(buffer, size);
	memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
}

void
rp_sasl_buffer_append_string(RpSaslBuffer *buffer, const char *text)
{
	rp_sasl_buffer_append(buffer, text, strlen(text));
}

void
rp_sasl_buffer_append_base64(RpSaslBuffer *buffer, gconstpointer data, gsize size)
{
	gint state = 0, save = 0;
	make_room(buffer, (size / 3 + 1) * 4 + 4);
	char *to = (char *)buffer->data + buffer->size;
	gsize n = g_base64_encode_step(data, size, FALSE, to, &state, &save);
	n += g_base64_encode_close(FALSE, to + n, &state, &save);
	rp_wipe(&save, sizeof save);
	buffer->size += n;
}

void
rp_sasl_buffer_clear(RpSaslBuffer *buffer)
{
	rp_secret_free((char *)buffer->data);
	*buffer = (RpSaslBuffer){0};
}
