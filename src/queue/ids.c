/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

#include <string.h>

/* Fifty bits in ten digits of Crockford's base 32: no letter that looks like
 * a digit or another. The upper 35 count sixteenths of a second since 2020,
 * the lower 15 are random, so that two machines' ids differ; within a
 * sixteenth, and when the clock was set back, ids count up from the last one. */

#define EPOCH_2020 (G_GINT64_CONSTANT(1577836800) * G_USEC_PER_SEC)
#define RANDOM_BITS 15
#define ID_BITS 50

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

RpMessageId
rp_message_id_next(RpMessageId last, RpTime now, guint32 random)
{
	gint64 tick = MAX(now - EPOCH_2020, 0) / (G_USEC_PER_SEC / 16);
	gint64 id = (tick & ((G_GINT64_CONSTANT(1) << (ID_BITS - RANDOM_BITS)) - 1))
			    << RANDOM_BITS |
		    (random & ((1 << RANDOM_BITS) - 1));

	return MAX(id, last + 1);
}

RpTime
rp_message_id_time(RpMessageId id)
{
	return EPOCH_2020 + (id >> RANDOM_BITS) * (G_USEC_PER_SEC / 16);
}

const char *
rp_message_id_format(RpMessageId id, char text[RP_MESSAGE_ID_SIZE])
{
	for (int i = RP_MESSAGE_ID_SIZE - 2; i >= 0; i--, id >>= 5)
		text[i] = digits[id & 31];
	text[RP_MESSAGE_ID_SIZE - 1] = '\0';
	return text;
}

/* The range of ids that begin like this. */
gboolean
rp_message_id_range(const char *text, RpMessageId *from, RpMessageId *to)
{
	gsize length = strlen(text);
	gint64 value = 0;

	if (length == 0 || length > RP_MESSAGE_ID_SIZE - 1)
		return FALSE;
	for (gsize i = 0; i < length; i++) {
		const char *digit = strchr(digits, g_ascii_tolower(text[i]));
		if (!digit)
			return FALSE;
		value = value << 5 | (digit - digits);
	}
	guint missing = 5 * (RP_MESSAGE_ID_SIZE - 1 - length);
	*from = value << missing;
	*to = *from | ((G_GINT64_CONSTANT(1) << missing) - 1);
	return TRUE;
}

gboolean
rp_message_id_parse(const char *text, RpMessageId *id)
{
	RpMessageId from, to;

	if (!rp_message_id_range(text, &from, &to) || from != to)
		return FALSE;
	*id = from;
	return TRUE;
}
