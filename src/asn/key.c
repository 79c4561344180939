/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"

/* Addresses as numbers of 128 bits, which not every compiler has. */

RpAsnKey
rp_asn_key_of(const RpAddress *address)
{
	RpAsnKey key = {0, 0};

	if (address->family == RP_FAMILY_IPV4) {
		for (guint i = 0; i < 4; i++)
			key.lo = key.lo << 8 | address->bytes[i];
		return key;
	}
	for (guint i = 0; i < 8; i++) {
		key.hi = key.hi << 8 | address->bytes[i];
		key.lo = key.lo << 8 | address->bytes[8 + i];
	}
	return key;
}

RpAddress
rp_asn_key_address(RpAsnKey key, RpFamily family)
{
	RpAddress address = {.family = family};
	guint n = family == RP_FAMILY_IPV4 ? 4 : 8;

	for (guint i = n; i-- > 0; key.lo >>= 8, key.hi >>= 8) {
		address.bytes[family == RP_FAMILY_IPV4 ? i : 8 + i] = (guint8)key.lo;
		if (family != RP_FAMILY_IPV4)
			address.bytes[i] = (guint8)key.hi;
	}
	return address;
}

RpAsnKey
rp_asn_key_next(RpAsnKey key)
{
	key.lo++;
	key.hi += key.lo == 0;
	return key;
}

RpAsnKey
rp_asn_key_minus(RpAsnKey a, RpAsnKey b)
{
	return (RpAsnKey){a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo};
}

/* Times ten, by halves of 32 bits; FALSE: it overflows. */
static gboolean
push_digit(RpAsnKey *key, guint digit)
{
	guint64 part[4] = {
		key->lo & 0xffffffff, key->lo >> 32, key->hi & 0xffffffff, key->hi >> 32};
	guint64 carry = digit;

	for (guint i = 0; i < 4; i++) {
		carry += part[i] * 10;
		part[i] = carry & 0xffffffff;
		carry >>= 32;
	}
	*key = (RpAsnKey){part[3] << 32 | part[2], part[1] << 32 | part[0]};
	return carry == 0;
}

gboolean
rp_asn_key_parse(const char *digits, RpAsnKey *key)
{
	*key = (RpAsnKey){0, 0};
	if (!*digits)
		return FALSE;
	for (; *digits; digits++)
		if (!g_ascii_isdigit(*digits) || !push_digit(key, (guint)(*digits - '0')))
			return FALSE;
	return TRUE;
}
