/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/dns-query.h"

#include <string.h>

/* A question for a host's addresses, and its answer; aliases (CNAME) are followed by the server. */

#define HEADER_SIZE 12
#define LABEL_MOST 63
#define NAME_MOST 253

enum { TYPE_A = 1, TYPE_AAAA = 28, CLASS_IN = 1 };
enum { RCODE_NONE = 0, RCODE_NO_NAME = 3 };
/* Of the header's second word. */
enum { IS_ANSWER = 0x8000, IS_TRUNCATED = 0x0200, WANTS_RECURSION = 0x0100, RCODE = 0x000f };

static guint
read_u16(const guint8 *data)
{
	return (guint)data[0] << 8 | data[1];
}

static void
write_u16(guint8 *out, guint value)
{
	out[0] = (guint8)(value >> 8);
	out[1] = (guint8)value;
}

/* Its length; 0: it is none. */
static gsize
write_name(guint8 *out, const char *host)
{
	gsize length = strlen(host), at = 0;

	if (length > 0 && host[length - 1] == '.')
		length--;
	if (length == 0 || length > NAME_MOST)
		return 0;
	for (gsize from = 0; from <= length;) {
		const char *dot = memchr(host + from, '.', length - from);
		gsize label = dot ? (gsize)(dot - host) - from : length - from;

		if (label == 0 || label > LABEL_MOST)
			return 0;
		out[at++] = (guint8)label;
		memcpy(out + at, host + from, label);
		at += label;
		from += label + 1;
	}
	out[at++] = 0;
	return at;
}

gsize
rp_dns_question(guint8 out[RP_DNS_LARGEST], const char *host, RpFamily family, const guint8 id[2])
{
	gsize name;

	memset(out, 0, HEADER_SIZE);
	memcpy(out, id, 2);
	write_u16(out + 2, WANTS_RECURSION);
	write_u16(out + 4, 1);
	name = write_name(out + HEADER_SIZE, host);
	if (!name)
		return 0;
	write_u16(out + HEADER_SIZE + name, family == RP_FAMILY_IPV6 ? TYPE_AAAA : TYPE_A);
	write_u16(out + HEADER_SIZE + name + 2, CLASS_IN);
	return HEADER_SIZE + name + 4;
}

/* Servers give the name back in another case. */
static gboolean
is_ours(const guint8 *data, gsize length, const guint8 *question, gsize question_length)
{
	return length >= question_length && memcmp(data, question, 2) == 0 &&
	       (read_u16(data + 2) & IS_ANSWER) && read_u16(data + 4) == 1 &&
	       g_ascii_strncasecmp((const char *)data + HEADER_SIZE,
		       (const char *)question + HEADER_SIZE,
		       question_length - HEADER_SIZE - 4) == 0 &&
	       memcmp(data + question_length - 4, question + question_length - 4, 4) == 0;
}

/* Past a name, which may end in a pointer; the data's length where it does not end. */
static gsize
skip_name(const guint8 *data, gsize length, gsize at)
{
	while (at < length) {
		if (data[at] == 0)
			return at + 1;
		if ((data[at] & 0xc0) == 0xc0)
			return MIN(at + 2, length);
		at += (gsize)data[at] + 1;
	}
	return length;
}

static void
add_address(GArray *addresses, const guint8 *record, gsize size, RpFamily family)
{
	RpAddress address = {.family = family};

	if (read_u16(record) != (family == RP_FAMILY_IPV6 ? TYPE_AAAA : TYPE_A) ||
		read_u16(record + 2) != CLASS_IN || size != (family == RP_FAMILY_IPV6 ? 16 : 4))
		return;
	memcpy(address.bytes, record + 10, size);
	g_array_append_val(addresses, address);
}

static gboolean
read_records(const guint8 *data, gsize length, gsize at, RpFamily family, GArray *addresses)
{
	for (guint n = read_u16(data + 6); n > 0; n--) {
		at = skip_name(data, length, at);
		if (length - at < 10 || length - at - 10 < read_u16(data + at + 8))
			return FALSE;
		add_address(addresses, data + at, read_u16(data + at + 8), family);
		at += 10 + (gsize)read_u16(data + at + 8);
	}
	return TRUE;
}

RpDnsAnswer
rp_dns_read(const guint8 *data, gsize length, const guint8 *question, gsize question_length,
	GArray *addresses)
{
	guint before = addresses->len, flags;
	gboolean six = read_u16(question + question_length - 4) == TYPE_AAAA;

	if (!is_ours(data, length, question, question_length))
		return RP_DNS_NOT_OURS;
	flags = read_u16(data + 2);
	if ((flags & RCODE) == RCODE_NO_NAME)
		return RP_DNS_NONE;
	if ((flags & RCODE) != RCODE_NONE || (flags & IS_TRUNCATED) ||
		!read_records(data, length, question_length, six ? RP_FAMILY_IPV6 : RP_FAMILY_IPV4,
			addresses)) {
		g_array_set_size(addresses, before);
		return RP_DNS_FAILED;
	}
	return addresses->len > before ? RP_DNS_ADDRESSES : RP_DNS_NONE;
}
