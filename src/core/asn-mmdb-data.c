/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"

#include <string.h>

/* The values of a MaxMind DB: maps, numbers and texts, found by following what they say of
 * themselves, which need not be true. */

enum {
	TYPE_POINTER = 1,
	TYPE_TEXT = 2,
	TYPE_DOUBLE = 3,
	TYPE_OCTETS = 4,
	TYPE_UINT16 = 5,
	TYPE_UINT32 = 6,
	TYPE_MAP = 7,
	TYPE_INT32 = 8,
	TYPE_UINT64 = 9,
	TYPE_UINT128 = 10,
	TYPE_ARRAY = 11,
	TYPE_BOOLEAN = 14,
	TYPE_FLOAT = 15,

	DEEPEST = 16, /* maps and arrays within each other */
};

/* What stands before a value. */
typedef struct {
	guint type;
	gsize size; /* octets; of a map the pairs, of an array the elements */
	gsize at;   /* where the value itself begins */
} Head;

static gboolean
read_size(const RpMmdbData *data, Head *head, guint size)
{
	guint more = size < 29 ? 0 : size - 28; /* octets that say it */
	static const guint32 least[] = {0, 29, 285, 65821};
	guint32 value = 0;

	if (data->length - head->at < more)
		return FALSE;
	for (guint i = 0; i < more; i++)
		value = value << 8 | data->octets[head->at++];
	head->size = more ? (gsize)least[more] + value : size;
	return TRUE;
}

/* A pointer's size and value are one: `size` is where it leads then. */
static gboolean
read_pointer(const RpMmdbData *data, Head *head, guint control)
{
	guint more = (control >> 3 & 3) + 1;
	static const guint32 least[] = {0, 0, 2048, 526336, 0};
	guint32 value = more == 4 ? 0 : control & 7;

	if (data->length - head->at < more)
		return FALSE;
	for (guint i = 0; i < more; i++)
		value = value << 8 | data->octets[head->at++];
	head->size = (gsize)least[more] + value;
	return head->size >= value; /* 32 bits are not much */
}

static gboolean
read_head(const RpMmdbData *data, gsize at, Head *head)
{
	if (at >= data->length)
		return FALSE;
	guint control = data->octets[at];
	*head = (Head){.type = control >> 5, .at = at + 1};
	if (head->type == TYPE_POINTER)
		return read_pointer(data, head, control);
	if (head->type == 0) {
		if (head->at >= data->length)
			return FALSE;
		head->type = 7u + data->octets[head->at++];
	}
	return read_size(data, head, control & 31);
}

/* A pointer leads to no other one. */
static gboolean
read_value(const RpMmdbData *data, gsize at, Head *head)
{
	if (!read_head(data, at, head))
		return FALSE;
	return head->type != TYPE_POINTER ||
	       (read_head(data, head->size, head) && head->type != TYPE_POINTER);
}

/* Where the next value begins. Each one takes an octet at least, so this ends with the data. */
static gboolean
skip(const RpMmdbData *data, gsize *at, guint depth)
{
	Head head;
	gsize inner;

	if (depth > DEEPEST || !read_head(data, *at, &head))
		return FALSE;
	*at = head.at;
	if (head.type == TYPE_POINTER || head.type == TYPE_BOOLEAN)
		return TRUE;
	if (head.type == TYPE_MAP || head.type == TYPE_ARRAY) {
		inner = head.type == TYPE_MAP ? 2 * head.size : head.size;
		for (gsize i = 0; i < inner; i++)
			if (!skip(data, at, depth + 1))
				return FALSE;
		return TRUE;
	}
	if (head.size > data->length - head.at)
		return FALSE;
	*at = head.at + head.size;
	return TRUE;
}

gboolean
rp_mmdb_text(const RpMmdbData *data, gsize value, RpMmdbText *text)
{
	Head head;

	if (!read_value(data, value, &head) || head.type != TYPE_TEXT ||
		head.size > data->length - head.at)
		return FALSE;
	*text = (RpMmdbText){(const char *)data->octets + head.at, head.size};
	return TRUE;
}

gboolean
rp_mmdb_number(const RpMmdbData *data, gsize value, guint64 *number)
{
	Head head;

	if (!read_value(data, value, &head) || head.size > data->length - head.at ||
		(head.type != TYPE_UINT16 && head.type != TYPE_UINT32 && head.type != TYPE_INT32 &&
			head.type != TYPE_UINT64) ||
		head.size > 8)
		return FALSE;
	*number = 0;
	for (gsize i = 0; i < head.size; i++)
		*number = *number << 8 | data->octets[head.at + i];
	return TRUE;
}

gboolean
rp_mmdb_find(const RpMmdbData *data, gsize map, const char *key, gsize *value)
{
	gsize length = strlen(key);
	RpMmdbText name;
	Head head;

	if (!read_value(data, map, &head) || head.type != TYPE_MAP)
		return FALSE;
	gsize at = head.at;
	for (gsize i = 0; i < head.size; i++) {
		if (!rp_mmdb_text(data, at, &name) || !skip(data, &at, 0))
			return FALSE;
		if (name.length == length && memcmp(name.text, key, length) == 0) {
			*value = at;
			return TRUE;
		}
		if (!skip(data, &at, 0))
			return FALSE;
	}
	return FALSE;
}
