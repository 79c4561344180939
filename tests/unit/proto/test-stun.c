/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/stun.h"

#include <string.h>

/* The sample responses of RFC 5769 sections 2.2 and 2.3, and what can be wrong with a datagram. */

static const guint8 id[RP_STUN_ID_SIZE] = {
	0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

#define START "2112a442b7e7a701bc34d686fa87dfae"
#define SOFTWARE "8022000b7465737420766563746f7220"
#define INTEGRITY "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
#define XORED "002000080001a147e112a643" /* 192.0.2.1 */
#define PLAIN "0001000800011234c6336407" /* 198.51.100.7 */

static const struct {
	const char *what, *datagram;
	RpStunAnswer answer;
	const char *address;
} rows[] = {
	{"RFC 5769, IPv4", "0101003c" START SOFTWARE XORED INTEGRITY "80280004c07d4c96",
		RP_STUN_ADDRESS, "192.0.2.1"},
	{"RFC 5769, IPv6",
		"01010048" START SOFTWARE "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
		"00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c",
		RP_STUN_ADDRESS, "2001:db8:1234:5678:11:2233:4455:6677"},
	{"a server of RFC 3489", "0101000c" START PLAIN, RP_STUN_ADDRESS, "198.51.100.7"},
	{"stund 0.97 of vovida.org, as Debian 12 has it",
		"01010044" START "000100080001ea0c7f000001"
		"00040008000187dc7f000001"
		"00050008000187e67f000002"
		"802000080001cb1e5e12a443"
		"80220010566f766964612e6f726720302e393700",
		RP_STUN_ADDRESS, "127.0.0.1"},
	{"coturn 4.5.2 with two addresses",
		"01010030" START "0020000800012c896c9beed7"
		"0001000800010d9b4d894a95"
		"802b000800010d96dd0a6564"
		"802c000800010d97dd0a6567",
		RP_STUN_ADDRESS, "77.137.74.149"},
	{"reflected", "01010018" START PLAIN "000b000800010d96dd0a6564", RP_STUN_ADDRESS,
		"198.51.100.7"},
	{"both: a NAT may have changed the plain one", "01010018" START PLAIN XORED,
		RP_STUN_ADDRESS, "192.0.2.1"},
	{"an error",
		"01110010" START "000900090000040142616420610000"
		"00",
		RP_STUN_REFUSED, ""},
	{"no address", "01010010" START SOFTWARE, RP_STUN_REFUSED, ""},
	{"nothing", "01010000" START, RP_STUN_REFUSED, ""},
	{"what must be understood", "01010010" START XORED "00300000", RP_STUN_REFUSED, ""},
	{"an attribute beyond the end",
		"0101000c" START "00200028"
		"0001a147e112a643",
		RP_STUN_REFUSED, ""},
	{"an address of no family", "0101000c" START "002000080003a147e112a643", RP_STUN_REFUSED,
		""},
	{"too short an address", "01010008" START "002000040001a147", RP_STUN_REFUSED, ""},
	{"a request", "0001000c" START XORED, RP_STUN_NOT_OURS, ""},
	{"another length", "0101000d" START XORED, RP_STUN_NOT_OURS, ""},
	{"cut off", "0101000c" START "002000080001a147", RP_STUN_NOT_OURS, ""},
	{"another cookie", "0101000c2112a443b7e7a701bc34d686fa87dfae" XORED, RP_STUN_NOT_OURS, ""},
	{"another id", "0101000c2112a442b7e7a701bc34d686fa87dfaf" XORED, RP_STUN_NOT_OURS, ""},
	{"hardly anything", "0101", RP_STUN_NOT_OURS, ""},
};

static gsize
from_hex(const char *text, guint8 *out)
{
	gsize n = strlen(text) / 2;

	for (gsize i = 0; i < n; i++)
		out[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
				  g_ascii_xdigit_value(text[2 * i + 1]));
	return n;
}

static void
test_responses(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint8 octets[256];
		gsize length = from_hex(rows[i].datagram, octets);
		/* Of its own size, so that a sanitizer sees what is read beyond. */
		g_autofree guint8 *datagram = g_memdup2(octets, length);
		RpAddress address = {0};
		g_autofree char *text = NULL;

		g_test_message("%s", rows[i].what);
		g_assert_cmpint(rp_stun_read(datagram, length, id, &address), ==, rows[i].answer);
		text = rp_address_format(&address);
		if (rows[i].answer == RP_STUN_ADDRESS)
			g_assert_cmpstr(text, ==, rows[i].address);
	}
}

static void
test_request(void)
{
	guint8 request[RP_STUN_REQUEST_SIZE], want[RP_STUN_REQUEST_SIZE];

	rp_stun_request(request, id);
	g_assert_cmpuint(from_hex("00010000" START, want), ==, sizeof want);
	g_assert_cmpmem(request, sizeof request, want, sizeof want);
}

/* Whatever comes, only what is there is read. */
static void
test_random(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(8489);
	guint8 octets[64];

	from_hex("0101002c" START, octets);
	for (guint round = 0; round < 100000; round++) {
		gsize length = 20 + 4 * (gsize)g_rand_int_range(random, 0, 12);
		g_autofree guint8 *datagram = NULL;
		RpAddress address;

		for (gsize i = 20; i < length; i++)
			octets[i] = (guint8)g_rand_int_range(random, 0, i % 4 ? 24 : 2);
		octets[3] = (guint8)(length - 20);
		datagram = g_memdup2(octets, length);
		rp_stun_read(datagram, length, id, &address);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stun/request", test_request);
	g_test_add_func("/stun/responses", test_responses);
	g_test_add_func("/stun/random", test_random);
	return g_test_run();
}
