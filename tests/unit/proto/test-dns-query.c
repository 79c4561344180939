/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/dns-query.h"

#include <string.h>

/* Questions and answers in hexadecimal digits; blanks for reading. */

static GByteArray *
octets(const char *text)
{
	GByteArray *out = g_byte_array_new();

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		guint8 octet = (guint8)(g_ascii_xdigit_value(text[0]) * 16 +
					g_ascii_xdigit_value(text[1]));
		g_byte_array_append(out, &octet, 1);
		text++;
	}
	return out;
}

#define QUESTION "046d61696c036f646e0765 78616d706c6500"
#define ASKED_4 QUESTION "0001 0001"
#define ASKED_6 QUESTION "001c 0001"
#define A_RECORD "c00c 0001 0001 0000003c 0004 c6336409"

static const struct {
	RpFamily family;
	const char *answer;
	RpDnsAnswer want;
	const char *addresses;
} rows[] = {
	{RP_FAMILY_IPV4, "abcd 8180 0001 0001 0000 0000" ASKED_4 A_RECORD, RP_DNS_ADDRESSES,
		"198.51.100.9"},
	/* the name in another case; two addresses; an alias before them */
	{RP_FAMILY_IPV4,
		"abcd 8180 0001 0003 0000 0000 044d41494c036f646e0765 78616d706c6500 0001 0001"
		"c00c 0005 0001 0000003c 0006 036d7831c011" A_RECORD
		"c033 0001 0001 0000003c 0004 cb007107",
		RP_DNS_ADDRESSES, "198.51.100.9 203.0.113.7"},
	{RP_FAMILY_IPV6,
		"abcd 8180 0001 0001 0000 0000" ASKED_6
		"c00c 001c 0001 0000003c 0010 20010db8000100000000000000000025",
		RP_DNS_ADDRESSES, "2001:db8:1::25"},
	/* no such name; no address of the family */
	{RP_FAMILY_IPV4, "abcd 8183 0001 0000 0000 0000" ASKED_4, RP_DNS_NONE, ""},
	{RP_FAMILY_IPV4, "abcd 8180 0001 0000 0000 0000" ASKED_4, RP_DNS_NONE, ""},
	{RP_FAMILY_IPV6, "abcd 8180 0001 0001 0000 0000" ASKED_6 A_RECORD, RP_DNS_NONE, ""},
	/* it can't tell: refused, server failure, truncated */
	{RP_FAMILY_IPV4, "abcd 8185 0001 0000 0000 0000" ASKED_4, RP_DNS_FAILED, ""},
	{RP_FAMILY_IPV4, "abcd 8182 0001 0000 0000 0000" ASKED_4, RP_DNS_FAILED, ""},
	{RP_FAMILY_IPV4, "abcd 8380 0001 0001 0000 0000" ASKED_4 A_RECORD, RP_DNS_FAILED, ""},
	/* cut within a record, within its head, within a name; more records than there are */
	{RP_FAMILY_IPV4,
		"abcd 8180 0001 0001 0000 0000" ASKED_4 "c00c 0001 0001 0000003c 0004 c633",
		RP_DNS_FAILED, ""},
	{RP_FAMILY_IPV4, "abcd 8180 0001 0001 0000 0000" ASKED_4 "c00c 0001", RP_DNS_FAILED, ""},
	{RP_FAMILY_IPV4, "abcd 8180 0001 0001 0000 0000" ASKED_4 "3f61", RP_DNS_FAILED, ""},
	{RP_FAMILY_IPV4, "abcd 8180 0001 0002 0000 0000" ASKED_4 A_RECORD, RP_DNS_FAILED, ""},
	/* of another class; an address of another length */
	{RP_FAMILY_IPV4,
		"abcd 8180 0001 0001 0000 0000" ASKED_4 "c00c 0001 0003 0000003c 0004 c6336409",
		RP_DNS_NONE, ""},
	{RP_FAMILY_IPV4,
		"abcd 8180 0001 0001 0000 0000" ASKED_4 "c00c 0001 0001 0000003c 0003 c63364",
		RP_DNS_NONE, ""},
	/* another id, the question itself, another question, nothing */
	{RP_FAMILY_IPV4, "abce 8180 0001 0001 0000 0000" ASKED_4 A_RECORD, RP_DNS_NOT_OURS, ""},
	{RP_FAMILY_IPV4, "abcd 0100 0001 0000 0000 0000" ASKED_4, RP_DNS_NOT_OURS, ""},
	{RP_FAMILY_IPV4, "abcd 8180 0001 0001 0000 0000" ASKED_6 A_RECORD, RP_DNS_NOT_OURS, ""},
	{RP_FAMILY_IPV4,
		"abcd 8180 0001 0001 0000 0000 04736d7470036f646e0765 78616d706c6500 0001 "
		"0001" A_RECORD,
		RP_DNS_NOT_OURS, ""},
	{RP_FAMILY_IPV4, "abcd 8180 0000 0000 0000 0000", RP_DNS_NOT_OURS, ""},
	{RP_FAMILY_IPV4, "", RP_DNS_NOT_OURS, ""},
};

static void
test_answers(void)
{
	static const guint8 id[] = {0xab, 0xcd};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint8 question[RP_DNS_LARGEST];
		gsize length = rp_dns_question(question, "mail.odn.example", rows[i].family, id);
		g_autoptr(GByteArray) answer = octets(rows[i].answer);
		g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(RpAddress));
		g_autoptr(GString) got = g_string_new(NULL);

		g_test_message("%u", i);
		g_assert_cmpint(rp_dns_read(answer->data, answer->len, question, length, addresses),
			==, rows[i].want);
		for (guint k = 0; k < addresses->len; k++) {
			g_autofree char *text =
				rp_address_format(&g_array_index(addresses, RpAddress, k));
			g_string_append_printf(got, "%s%s", k ? " " : "", text);
		}
		g_assert_cmpstr(got->str, ==, rows[i].addresses);
	}
}

static void
test_questions(void)
{
	static const guint8 id[] = {0xab, 0xcd};
	g_autoptr(GByteArray) want = octets("abcd 0100 0001 0000 0000 0000" ASKED_4);
	g_autofree char *long_label = g_strnfill(64, 'a'), *long_name = NULL;
	const char *bad[] = {"", ".", "a..example", ".example", long_label, NULL};
	guint8 got[RP_DNS_LARGEST];
	gsize length = rp_dns_question(got, "mail.odn.example.", RP_FAMILY_IPV4, id);

	g_assert_cmpmem(got, length, want->data, want->len);
	for (guint i = 0; bad[i]; i++)
		g_assert_cmpuint(rp_dns_question(got, bad[i], RP_FAMILY_IPV4, id), ==, 0);
	long_name = g_strnfill(254, 'a');
	for (guint i = 50; i < 254; i += 50)
		long_name[i] = '.';
	g_assert_cmpuint(rp_dns_question(got, long_name, RP_FAMILY_IPV4, id), ==, 0);
	long_name[253] = '\0';
	g_assert_cmpuint(rp_dns_question(got, long_name, RP_FAMILY_IPV4, id), >, 253);
}

/* Whatever comes, nothing is read beyond it. */
static void
test_noise(void)
{
	static const guint8 id[] = {0xab, 0xcd};
	guint8 question[RP_DNS_LARGEST];
	gsize length = rp_dns_question(question, "mail.odn.example", RP_FAMILY_IPV4, id);

	for (guint i = 0; i < 20000; i++) {
		gsize size = length + (gsize)g_test_rand_int_range(0, 60);
		g_autofree guint8 *data = g_malloc(size);
		g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(RpAddress));

		memcpy(data, question, length);
		data[2] = 0x81;
		data[3] = 0x80;
		data[7] = (guint8)g_test_rand_int_range(0, 6);
		for (gsize k = length; k < size; k++)
			data[k] = (guint8)g_test_rand_int_range(0, i % 2 ? 256 : 16);
		rp_dns_read(data, size, question, length, addresses);
		g_assert_cmpuint(addresses->len, <, 6);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/dns/questions", test_questions);
	g_test_add_func("/dns/answers", test_answers);
	g_test_add_func("/dns/noise", test_noise);
	return g_test_run();
}
