/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/nat-query.h"

#include <string.h>

/* A gateway by script: what is sent to it, what it answers, what comes of it. */

#define PMP "0000"
#define NONCE "000102030405060708090a0b"
#define MAPPED "00000000000000000000ffff"
#define MAP(lifetime)                                                                              \
	"02010000000000" lifetime MAPPED "c0a80107" NONCE "110000009c400000" MAPPED "00000000"
#define MAP_ANSWER(nonce, address)                                                                 \
	"028100000000003c00000001000000000000000000000000" nonce "110000009c401234" MAPPED address
#define TIMEOUT "-"

static const struct {
	const char *what;
	const char *steps[12]; /* sent, came, sent, came, ... ("": nothing is sent) */
	RpNatStep end;
	const char *address;
} plays[] = {
	{"NAT-PMP", {PMP, "00800000000000010b000001", ""}, RP_NAT_ADDRESS, "11.0.0.1"},
	{"at the third try", {PMP, TIMEOUT, PMP, TIMEOUT, PMP, "00800000000000010b000001", ""},
		RP_NAT_ADDRESS, "11.0.0.1"},
	{"silence", {PMP, TIMEOUT, PMP, TIMEOUT, PMP, TIMEOUT, ""}, RP_NAT_NONE, NULL},
	{"the gateway has no line", {PMP, "0080000300000001", ""}, RP_NAT_NONE, NULL},
	{"nor an address", {PMP, "008000000000000100000000", ""}, RP_NAT_NONE, NULL},
	{"what is no answer", {PMP, "0000", NULL}, RP_NAT_IGNORED, NULL},
	{"an answer to something else", {PMP, "0081000000000001", NULL}, RP_NAT_IGNORED, NULL},
	{"a short one", {PMP, "008000000000", NULL}, RP_NAT_IGNORED, NULL},
	{"PCP, by a gateway that says so",
		{PMP, "0080000100000001", MAP("3c"), MAP_ANSWER(NONCE, "0b000002"), MAP("00")},
		RP_NAT_ADDRESS, "11.0.0.2"},
	{"PCP, by one that speaks nothing else",
		{PMP, "028000010000000000000001000000000000000000000000", MAP("3c"), TIMEOUT,
			MAP("3c"), MAP_ANSWER(NONCE, "0b000002"), MAP("00")},
		RP_NAT_ADDRESS, "11.0.0.2"},
	{"PCP, of somebody else's mapping",
		{PMP, "0080000100000001", MAP("3c"),
			MAP_ANSWER("ff0102030405060708090a0b", "0b000002"), NULL},
		RP_NAT_IGNORED, NULL},
	{"PCP refused: not authorized",
		{PMP, "0080000100000001", MAP("3c"),
			"028100020000003c00000001000000000000000000000000", ""},
		RP_NAT_NONE, NULL},
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
assert_request(const RpNatQuery *query, const char *want)
{
	guint8 request[RP_NAT_REQUEST_SIZE], octets[RP_NAT_REQUEST_SIZE];
	gsize length = from_hex(want, octets);

	g_assert_cmpmem(request, rp_nat_query_request(query, request), octets, length);
}

static RpNatStep
answer(RpNatQuery *query, const char *datagram, RpAddress *address)
{
	guint8 octets[128];
	gsize length;

	if (g_str_equal(datagram, TIMEOUT))
		return rp_nat_query_timeout(query);
	length = from_hex(datagram, octets);
	g_autofree guint8 *own = g_memdup2(octets, length);
	return rp_nat_query_receive(query, own, length, address);
}

static void
test_plays(void)
{
	guint8 nonce[RP_NAT_NONCE_SIZE];
	RpAddress own;

	from_hex(NONCE, nonce);
	g_assert_true(rp_address_parse("192.168.1.7", &own));
	for (guint i = 0; i < G_N_ELEMENTS(plays); i++) {
		g_autoptr(RpNatQuery) query = rp_nat_query_new(nonce, &own, 40000);
		RpNatStep step = RP_NAT_SEND;
		RpAddress address = {0};

		g_test_message("%s", plays[i].what);
		for (guint k = 0; plays[i].steps[k]; k += 2) {
			assert_request(query, plays[i].steps[k]);
			if (!plays[i].steps[k + 1])
				break;
			g_assert_cmpint(step, ==, RP_NAT_SEND);
			step = answer(query, plays[i].steps[k + 1], &address);
		}
		g_assert_cmpint(step, ==, plays[i].end);
		if (plays[i].address) {
			g_autofree char *text = rp_address_format(&address);

			g_assert_cmpstr(text, ==, plays[i].address);
		}
	}
}

static void
test_waits(void)
{
	static const guint8 nonce[RP_NAT_NONCE_SIZE];
	RpAddress own = {.family = RP_FAMILY_IPV4};
	g_autoptr(RpNatQuery) query = rp_nat_query_new(nonce, &own, 1);
	guint total = 0;

	do
		total += rp_nat_query_wait(query);
	while (rp_nat_query_timeout(query) == RP_NAT_SEND);
	g_assert_cmpuint(total, ==, 1750);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nat-query/plays", test_plays);
	g_test_add_func("/nat-query/waits", test_waits);
	return g_test_run();
}
