/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/stun.h"

#include <string.h>

/* A Binding request, and the mapped address of its response. */

#define HEADER_SIZE 20
#define BINDING_REQUEST 0x0001
#define BINDING_SUCCESS 0x0101
#define BINDING_ERROR 0x0111
/* Attributes from here on need not be understood (section 14). */
#define OPTIONAL 0x8000

enum {
	ATTRIBUTE_MAPPED_ADDRESS = 0x0001,
	/* What each response of RFC 3489 has beside it (section 11.1 there): who answers, from
	 * where he would answer else, and who is to be blamed. */
	ATTRIBUTE_SOURCE_ADDRESS = 0x0004,
	ATTRIBUTE_CHANGED_ADDRESS = 0x0005,
	ATTRIBUTE_REFLECTED_FROM = 0x000b,
	ATTRIBUTE_MESSAGE_INTEGRITY = 0x0008, /* both: of a long-term credential we don't have */
	ATTRIBUTE_MESSAGE_INTEGRITY_SHA256 = 0x001c,
	ATTRIBUTE_XOR_MAPPED_ADDRESS = 0x0020,
};
/* The magic cookie. */
static const guint8 cookie[] = {0x21, 0x12, 0xa4, 0x42};

static guint
read_u16(const guint8 *data)
{
	return (guint)data[0] << 8 | data[1];
}

void
rp_stun_request(guint8 out[RP_STUN_REQUEST_SIZE], const guint8 id[RP_STUN_ID_SIZE])
{
	memset(out, 0, 4);
	out[1] = BINDING_REQUEST;
	memcpy(out + 4, cookie, sizeof cookie);
	memcpy(out + 8, id, RP_STUN_ID_SIZE);
}

/* What begins like an answer to the request, to its last octet. */
static gboolean
is_ours(const guint8 *data, gsize length, const guint8 *id)
{
	guint type = length >= HEADER_SIZE ? read_u16(data) : 0;

	return (type == BINDING_SUCCESS || type == BINDING_ERROR) && length % 4 == 0 &&
	       read_u16(data + 2) == length - HEADER_SIZE &&
	       memcmp(data + 4, cookie, sizeof cookie) == 0 &&
	       memcmp(data + 8, id, RP_STUN_ID_SIZE) == 0;
}

/* The value of either attribute: `mask` (cookie and id) is XORed into the address. */
static gboolean
read_address(const guint8 *value, gsize length, const guint8 *mask, RpAddress *address)
{
	gsize size = length == 8 && value[1] == 1 ? 4 : length == 20 && value[1] == 2 ? 16 : 0;
	RpAddress read = {.family = size == 4 ? RP_FAMILY_IPV4 : RP_FAMILY_IPV6};

	if (!size)
		return FALSE;
	for (gsize i = 0; i < size; i++)
		read.bytes[i] = value[4 + i] ^ (mask ? mask[i] : 0);
	*address = read;
	return TRUE;
}

typedef struct {
	RpAddress plain, xored;
	gboolean bad; /* it has what is to be understood, and is not */
} Found;

static void
read_attribute(guint type, const guint8 *value, gsize length, const guint8 *mask, Found *found)
{
	switch (type) {
	case ATTRIBUTE_XOR_MAPPED_ADDRESS:
		found->bad |= !read_address(value, length, mask, &found->xored);
		return;
	case ATTRIBUTE_MAPPED_ADDRESS:
		found->bad |= !read_address(value, length, NULL, &found->plain);
		return;
	case ATTRIBUTE_SOURCE_ADDRESS:
	case ATTRIBUTE_CHANGED_ADDRESS:
	case ATTRIBUTE_REFLECTED_FROM:
	case ATTRIBUTE_MESSAGE_INTEGRITY:
	case ATTRIBUTE_MESSAGE_INTEGRITY_SHA256:
		return;
	default:
		found->bad |= type < OPTIONAL;
	}
}

static Found
read_attributes(const guint8 *data, gsize length)
{
	Found found = {0};
	gsize at = HEADER_SIZE;

	while (length - at >= 4) {
		gsize size = read_u16(data + at + 2);

		if (size > length - at - 4) {
			found.bad = TRUE;
			break;
		}
		read_attribute(read_u16(data + at), data + at + 4, size, data + 4, &found);
		at += 4 + (size + 3) / 4 * 4; /* padded; all of it is there: length % 4 == 0 */
	}
	return found;
}

RpStunAnswer
rp_stun_read(const guint8 *data, gsize length, const guint8 id[RP_STUN_ID_SIZE], RpAddress *address)
{
	Found found;

	if (!is_ours(data, length, id))
		return RP_STUN_NOT_OURS;
	if (read_u16(data) == BINDING_ERROR)
		return RP_STUN_REFUSED;
	found = read_attributes(data, length);
	*address = found.xored.family != RP_FAMILY_ANY ? found.xored : found.plain;
	return found.bad || address->family == RP_FAMILY_ANY ? RP_STUN_REFUSED : RP_STUN_ADDRESS;
}
