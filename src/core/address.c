/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/address.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <arpa/inet.h>
#include <string.h>

/* IP addresses and prefixes: read, printed, compared, and
 * which of them mean anything outside of this network. */

static const guint8 mapped_head[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static guint
family_bits(RpFamily family)
{
	return family == RP_FAMILY_IPV4 ? 32 : 128;
}

/* `mapped`: the text was an IPv6 one that carries an IPv4 address. */
static gboolean
parse_either(const char *text, RpAddress *out, gboolean *mapped)
{
	RpAddress address = {.family = RP_FAMILY_IPV4};

	*mapped = FALSE;
	if (!text)
		return FALSE;
	if (inet_pton(AF_INET, text, address.bytes) != 1) {
		if (inet_pton(AF_INET6, text, address.bytes) != 1)
			return FALSE;
		address.family = RP_FAMILY_IPV6;
	}
	if (address.family == RP_FAMILY_IPV6 &&
		memcmp(address.bytes, mapped_head, sizeof mapped_head) == 0) {
		memmove(address.bytes, address.bytes + 12, 4);
		memset(address.bytes + 4, 0, 12);
		address.family = RP_FAMILY_IPV4;
		*mapped = TRUE;
	}
	*out = address;
	return TRUE;
}

gboolean
rp_address_parse(const char *text, RpAddress *out)
{
	gboolean mapped;

	return parse_either(text, out, &mapped);
}

char *
rp_address_format(const RpAddress *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (address->family == RP_FAMILY_IPV4)
		inet_ntop(AF_INET, address->bytes, text, sizeof text);
	else if (address->family == RP_FAMILY_IPV6)
		inet_ntop(AF_INET6, address->bytes, text, sizeof text);
	return g_strdup(text);
}

int
rp_address_compare(const RpAddress *a, const RpAddress *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

gboolean
rp_address_equal(const RpAddress *a, const RpAddress *b)
{
	return rp_address_compare(a, b) == 0;
}

typedef struct {
	RpFamily family;
	guint8 head[16];
	guint8 length;
} Range;

static gboolean
bits_equal(const guint8 *a, const guint8 *b, guint bits)
{
	guint whole = bits / 8;
	guint8 mask = bits % 8 ? (guint8)(0xff << (8 - bits % 8)) : 0;

	return memcmp(a, b, whole) == 0 && (mask == 0 || (a[whole] & mask) == (b[whole] & mask));
}

static gboolean
in_ranges(const RpAddress *address, const Range *ranges, gsize n_ranges)
{
	for (gsize i = 0; i < n_ranges; i++) {
		if (ranges[i].family == address->family &&
			bits_equal(address->bytes, ranges[i].head, ranges[i].length))
			return TRUE;
	}
	return FALSE;
}

static const Range loopback[] = {
	{RP_FAMILY_IPV4, {127}, 8},
	{RP_FAMILY_IPV6, {[15] = 1}, 128},
};

static const Range link_local[] = {
	{RP_FAMILY_IPV4, {169, 254}, 16}, /* RFC 3927 */
	{RP_FAMILY_IPV6, {0xfe, 0x80}, 10},
};

static const Range private_use[] = {
	{RP_FAMILY_IPV4, {0}, 8}, /* "this network", RFC 1122; the unspecified address among them */
	{RP_FAMILY_IPV4, {10}, 8}, /* RFC 1918 */
	{RP_FAMILY_IPV4, {172, 16}, 12},
	{RP_FAMILY_IPV4, {192, 168}, 16},
	{RP_FAMILY_IPV4, {100, 64}, 10}, /* RFC 6598 */
	{RP_FAMILY_IPV6, {0xfc}, 7},     /* RFC 4193 */
	{RP_FAMILY_IPV6, {0}, 128},
};

/* Nobody's in the internet: what a router without a line of its own names, proxies' tunnels too. */
static const Range nobodys[] = {
	{RP_FAMILY_IPV4, {192, 0, 0}, 24}, /* RFC 6890; DS-Lite's and 464XLAT's own among them */
	{RP_FAMILY_IPV4, {198, 18}, 15},   /* RFC 2544 */
	{RP_FAMILY_IPV4, {224}, 3},        /* multicast, what is reserved, broadcast */
	{RP_FAMILY_IPV6, {0xff}, 8},       /* multicast */
};

gboolean
rp_address_is_loopback(const RpAddress *address)
{
	return in_ranges(address, loopback, G_N_ELEMENTS(loopback));
}

gboolean
rp_host_is_loopback(const char *host)
{
	RpAddress address;

	return g_ascii_strcasecmp(host, "localhost") == 0 ||
	       (rp_address_parse(host, &address) && rp_address_is_loopback(&address));
}

gboolean
rp_address_is_link_local(const RpAddress *address)
{
	return in_ranges(address, link_local, G_N_ELEMENTS(link_local));
}

gboolean
rp_address_is_global(const RpAddress *address)
{
	return address->family != RP_FAMILY_ANY && !rp_address_is_loopback(address) &&
	       !rp_address_is_link_local(address) &&
	       !in_ranges(address, private_use, G_N_ELEMENTS(private_use)) &&
	       !in_ranges(address, nobodys, G_N_ELEMENTS(nobodys));
}

static gboolean
overlap(const RpPrefix *prefix, const Range *range)
{
	return prefix->base.family == range->family &&
	       bits_equal(prefix->base.bytes, range->head, MIN(prefix->length, range->length));
}

gboolean
rp_prefix_is_global(const RpPrefix *prefix)
{
	const struct {
		const Range *ranges;
		gsize n;
	} kinds[] = {
		{loopback, G_N_ELEMENTS(loopback)},
		{link_local, G_N_ELEMENTS(link_local)},
		{private_use, G_N_ELEMENTS(private_use)},
		{nobodys, G_N_ELEMENTS(nobodys)},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		for (gsize k = 0; k < kinds[i].n; k++)
			if (overlap(prefix, &kinds[i].ranges[k]))
				return FALSE;
	return TRUE;
}

static void
clear_host_bits(RpAddress *address, guint length)
{
	for (guint bit = length; bit < 128; bit++) {
		if (bit % 8 == 0) {
			memset(address->bytes + bit / 8, 0, 16 - bit / 8);
			return;
		}
		address->bytes[bit / 8] &= (guint8) ~(0x80 >> bit % 8);
	}
}

static gboolean
parse_length(const char *text, guint max, guint *length)
{
	guint value = 0;

	if (!*text || strlen(text) > 3)
		return FALSE;
	for (; *text; text++) {
		if (!g_ascii_isdigit(*text))
			return FALSE;
		value = value * 10 + (guint)(*text - '0');
	}
	*length = value;
	return value <= max;
}

gboolean
rp_prefix_parse(const char *text, RpPrefix *out, GError **error)
{
	char address_text[INET6_ADDRSTRLEN + 1];
	const char *slash = strchr(text, '/');
	gsize size = slash ? (gsize)(slash - text) : strlen(text);
	RpPrefix prefix = {0};
	guint length = 0;
	gboolean mapped = FALSE;

	if (size < sizeof address_text) {
		memcpy(address_text, text, size);
		address_text[size] = '\0';
	}
	if (size >= sizeof address_text || !parse_either(address_text, &prefix.base, &mapped)) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("“%s” is no address prefix: write it like 203.0.113.0/24 or "
			  "2001:db8::/32"),
			text);
		return FALSE;
	}
	guint bits = mapped ? 128 : family_bits(prefix.base.family);
	if (!slash)
		length = bits;
	else if (!parse_length(slash + 1, bits, &length) || (mapped && length < 96)) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("“%s” is no address prefix: the length after the / goes from %u to %u"),
			text, mapped ? 96u : 0u, bits);
		return FALSE;
	}
	prefix.length = (guint8)(mapped ? length - 96 : length);

	RpPrefix clean = prefix;
	clear_host_bits(&clean.base, clean.length);
	if (!rp_address_equal(&clean.base, &prefix.base)) {
		g_autofree char *meant = rp_prefix_format(&clean);
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("“%s” has bits set after its length: was %s meant?"), text, meant);
		return FALSE;
	}
	*out = prefix;
	return TRUE;
}

char *
rp_prefix_format(const RpPrefix *prefix)
{
	g_autofree char *base = rp_address_format(&prefix->base);

	return *base ? g_strdup_printf("%s/%u", base, prefix->length) : g_strdup("");
}

gboolean
rp_prefix_contains(const RpPrefix *prefix, const RpAddress *address)
{
	return prefix->base.family == address->family && address->family != RP_FAMILY_ANY &&
	       bits_equal(prefix->base.bytes, address->bytes, prefix->length);
}

RpPrefix
rp_prefix_around(const RpAddress *address, guint8 length)
{
	RpPrefix prefix = {*address, length};

	clear_host_bits(&prefix.base, length);
	return prefix;
}

const char *
rp_family_name(RpFamily family)
{
	switch (family) {
	case RP_FAMILY_ANY:
		return "any";
	case RP_FAMILY_IPV4:
		return "ipv4";
	case RP_FAMILY_IPV6:
		return "ipv6";
	}
	return "?";
}
