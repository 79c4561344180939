/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/asn-rows.h"
#include "roampost/base.h"

#include <string.h>

/* What makers of tables write, what becomes of it, and that damage gives no answer at all. */

/* ---- as text ---- */

/* `asked` is ADDRESS=AS, or ADDRESS=AS:NAME; AS 0: none. */
static const struct {
	const char *what, *text;
	const char *asked[6];
	const char *wrong; /* a part of the complaint, or NULL */
} rows[] = {
	{"start, end, number, name",
		"203.0.113.0,203.0.113.255,64496,\"Example, Inc.\"\n"
		"2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64497,Six\n",
		{"203.0.113.0=64496:Example, Inc.", "203.0.113.255=64496", "203.0.112.255=0",
			"203.0.114.0=0", "2001:db8:1::1=64497:Six", "2001:db9::=0"}},
	{"all quoted, with CR LF and a mark of the encoding",
		"\xef\xbb\xbf\"203.0.113.0\",\"203.0.113.255\",\"64496\",\"A \"\"quoted\"\" "
		"name\"\r\n",
		{"203.0.113.7=64496:A \"quoted\" name"}},
	{"a name with a comma and without quotation marks",
		"203.0.113.0,203.0.113.255,64496,Example, Inc.\n",
		{"203.0.113.7=64496:Example, Inc."}},
	{"a line end within quotation marks",
		"203.0.113.0,203.0.113.9,64496,\"Two\nlines\"\n203.0.113.10,203.0.113.11,64497,b\n",
		{"203.0.113.7=64496:Two lines", "203.0.113.10=64497:b"}},
	{"an iptoasn table: tabs, a country, quotation marks that mean nothing, 0 for not routed",
		"203.0.113.0\t203.0.113.127\t64496\tJP\tEXAMPLE-AS \"Example\" Corp.\n"
		"203.0.113.128\t203.0.113.255\t0\tNone\tNot routed\n",
		{"203.0.113.7=64496:EXAMPLE-AS \"Example\" Corp.", "203.0.113.200=0"}},
	{"the same with numbers for addresses", "3405803776\t3405803903\t64496\tJP\tEXAMPLE-AS\n",
		{"203.0.113.7=64496:EXAMPLE-AS"}},
	{"GeoLite2's blocks",
		"network,autonomous_system_number,autonomous_system_organization\n"
		"203.0.113.0/24,64496,EXAMPLE\n2001:db8::/32,64497,\n",
		{"203.0.113.7=64496:EXAMPLE", "2001:db8::5=64497", "203.0.114.0=0"}},
	{"IPinfo's, old and with AS in front",
		"start_ip,end_ip,asn,name,domain\n"
		"203.0.113.0,203.0.113.255,AS64496,\"Example, K.K.\",example.net\n",
		{"203.0.113.7=64496:Example, K.K."}},
	{"IPinfo Lite: one address without a length, no AS for some",
		"network,country,country_code,continent,continent_code,asn,as_name,as_domain\n"
		"203.0.113.7,Japan,JP,Asia,AS,AS64496,Example,example.net\n"
		"203.0.113.8/31,Japan,JP,Asia,AS,,,\n",
		{"203.0.113.7=64496:Example", "203.0.113.6=0", "203.0.113.8=0"}},
	{"IP2Location's: numbers, a prefix, - for none",
		"\"3405803776\",\"3405804031\",\"203.0.113.0/24\",\"64496\",\"Example\"\n"
		"\"3405804032\",\"3405804287\",\"203.0.114.0/24\",\"-\",\"-\"\n",
		{"203.0.113.7=64496:Example", "203.0.114.7=0"}},
	{"IPv6 by numbers, beyond 64 bits, and IPv4 within",
		"0,281470681743359,0,-\n"
		"281474087547136,281474087547391,64496,Four\n"
		"42540766411282592856903984951653826560,42540766490510755371168322545197776895,"
		"64497,Six\n",
		{"203.0.113.7=64496:Four", "203.0.114.0=0", "::1=0", "2001:db8::1=64497:Six",
			"2001:db9::=0"}},
	{"IPv4 by numbers of IPv6", "281474087547136,281474087547391,64496,Four\n",
		{"203.0.113.7=64496:Four", "203.0.114.0=0"}},
	{"IPv4-mapped prefixes", "::ffff:203.0.113.0/120,64496,Four\n",
		{"203.0.113.7=64496:Four", "203.0.114.0=0"}},
	{"CAIDA's prefixes: a length, several origins",
		"203.0.113.0\t24\t64496_64497\n203.0.114.0\t24\t{64498,64499}\n",
		{"203.0.113.7=64496", "203.0.114.7=64498"}},
	{"asdot", "203.0.113.0,203.0.113.255,1.10,Dotted\n", {"203.0.113.7=65546:Dotted"}},
	{"host bits in a prefix", "203.0.113.77/24,64496,Example\n", {"203.0.113.7=64496"}},
	{"the narrowest wins, whatever the order",
		"203.0.113.0,203.0.113.255,64496,wide\n203.0.113.64,203.0.113.127,64497,narrow\n"
		"203.0.0.0,203.0.255.255,64498,widest\n203.0.113.100,203.0.113.100,64499,one\n",
		{"203.0.113.1=64496:wide", "203.0.113.64=64497", "203.0.113.100=64499:one",
			"203.0.113.128=64496", "203.0.114.0=64498:widest", "203.1.0.0=0"}},
	{"ranges that overlap by a part: the narrower; of two as wide the first",
		"203.0.113.0,203.0.113.99,64496,\n203.0.113.50,203.0.113.200,64497,\n"
		"203.0.114.0,203.0.114.9,64498,\n203.0.114.0,203.0.114.9,64499,\n",
		{"203.0.113.60=64496", "203.0.113.100=64497", "203.0.114.3=64498"}},
	{"not routed within what is", "203.0.113.0/24,64496,a\n203.0.113.8/29,0,\n",
		{"203.0.113.7=64496", "203.0.113.8=0", "203.0.113.16=64496"}},
	{"IPv6 that differs below 64 bits",
		"2001:db8::,2001:db8::7fff:ffff:ffff:ffff,64496,a\n"
		"2001:db8::8000:0:0:0,2001:db8::ffff:ffff:ffff:ffff,64497,b\n",
		{"2001:db8::7fff:ffff:ffff:ffff=64496", "2001:db8:0:0:8000::=64497",
			"2001:db8:0:1::=0"}},
	{"the first and the last address there are",
		"0.0.0.0/8,64496,a\n255.0.0.0/8,64497,b\n::/16,64498,c\nffff::/16,64499,d\n",
		{"0.0.0.0=64496", "255.255.255.255=64497", "::=64498",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff=64499", "1.0.0.0=0"}},
	{"a default route among the prefixes",
		"0.0.0.0/0,64496,a\n::/0,64496,a\n203.0.113.0/24,64497,b\n",
		{"203.0.113.7=64497", "203.0.114.7=0", "2001:db8::=0"}},
	{"GeoIPASNum2's: number and name in one field",
		"3405803776,3405804031,\"AS64496 EXAMPLE-AS Example, Inc.\"\n"
		"3405804032,3405804287,\"AS64497\"\n",
		{"203.0.113.7=64496:EXAMPLE-AS Example, Inc.", "203.0.114.7=64497"}},
	{"several origins behind blanks, asdot behind AS, a name that is none",
		"203.0.113.0/24,64496 64497 64498,a\n203.0.114.0/24,AS4.603,<unknown>\n",
		{"203.0.113.7=64496:a", "203.0.114.7=262747"}},
	{"remarks and empty lines", "# (c) somebody\n\n203.0.113.0/24,64496,a\n\n",
		{"203.0.113.7=64496"}},
	{"a name that is no text and would move the cursor",
		"203.0.113.0/24,64496,T\xe9l\xe9\x1b[2J\n",
		{"203.0.113.7=64496:T\xef\xbf\xbdl\xef\xbf\xbd?[2J"}},
	{"nothing but remarks", "# nothing\n", {"203.0.113.7=0"}},

	{"an address that is none",
		"203.0.113.0,203.0.113.255,64496,a\n203.0.113.0,203.0.256.0,1,b\n", {NULL},
		"line 2: this is no range of addresses: “203.0.113.0”"},
	{"the end before the beginning", "203.0.113.9,203.0.113.8,64496,a\n", {NULL},
		"line 1: the range ends before it begins"},
	{"two families", "203.0.113.9,2001:db8::,64496,a\n", {NULL}, "in another family"},
	{"no number", "203.0.113.0/24,4O96,a\n", {NULL}, "line 1: this is no AS number: “4O96”"},
	{"more than 32 bits", "203.0.113.0/24,4294967296,a\n", {NULL}, "this is no AS number"},
	{"numbers that a spreadsheet has rounded",
		"42540528726795000000000000000000000000.00,42540528806023200000000000000000000000."
		"00,64496,a\n",
		{NULL}, "is neither a range nor names of fields"},
	{"too long a prefix", "203.0.113.0/33,64496,a\n", {NULL}, "no range of addresses"},
	{"a quotation mark that is not closed",
		"203.0.113.0/24,64496,a\n203.0.114.0/24,64496,\"a\n203.0.115.0/24,64496,b\n",
		{NULL}, "line 2: a quotation mark is never closed"},
	{"cut off within a line", "203.0.113.0,203.0.113.255,64496,a\n203.0.114.0,203.0.1", {NULL},
		"line 2: this is no range"},
	{"another table: of countries", "network,geoname_id,is_anonymous_proxy\n", {NULL},
		"with asn among them"},
	{"another table: of nothing known", "a,b,c\n", {NULL},
		"no table of AS numbers that is known"},
	{"a page to log in at", "<!DOCTYPE html>", {NULL}, "it is a web page"},
	{"an archive", "PK\x03\x04zip", {NULL}, "it is a ZIP archive"},
	{"empty", "", {NULL}, "it is empty"},
};

static void
check_one(RpAsnTable *table, const char *asked)
{
	g_auto(GStrv) parts = g_strsplit(asked, "=", 2);
	g_autofree char *number = NULL, *name = NULL;
	char *wanted_name = strchr(parts[1], ':');
	RpAddress address;
	guint32 asn;

	g_assert_true(rp_address_parse(parts[0], &address));
	if (wanted_name)
		*wanted_name++ = '\0';
	RpAsnResult result = rp_asn_table_look_up(table, &address, &asn);
	number = g_strdup_printf("%u", asn);
	g_assert_cmpstr(number, ==, parts[1]);
	g_assert_cmpint(result, ==, asn ? RP_ASN_FOUND : RP_ASN_NONE);
	name = rp_asn_table_name(table, &address);
	if (wanted_name)
		g_assert_cmpstr(name, ==, wanted_name);
}

static void
test_row(gconstpointer data)
{
	const char *text = rows[GPOINTER_TO_UINT(data)].text;
	const char *wrong = rows[GPOINTER_TO_UINT(data)].wrong;
	const char *const *asked = rows[GPOINTER_TO_UINT(data)].asked;
	g_autoptr(RpAsnRows) read = rp_asn_rows_new();
	g_autoptr(GError) error = NULL;
	gboolean good = rp_asn_rows_read(read, (const guint8 *)text, strlen(text), &error);

	if (wrong) {
		g_assert_false(good);
		g_assert_error(error, RP_ERROR, RP_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, wrong));
		return;
	}
	g_assert_no_error(error);
	g_assert_true(good);
	g_autoptr(GByteArray) octets = rp_asn_rows_compile(read, 0, NULL);
	g_autoptr(RpAsnTable) table = rp_asn_table_new(octets->data, octets->len, &error);
	g_assert_no_error(error);
	g_assert_true(rp_asn_table_check(table));
	for (guint i = 0; i < 6 && asked[i]; i++)
		check_one(table, asked[i]);
}

/* ---- against a search through all rows ---- */

typedef struct {
	RpAddress first, last;
	guint32 asn;
} Range;

static RpAddress
random_address(RpFamily family)
{
	RpAddress address = {.family = family};

	/* Few values in the high octets, so that ranges meet; zeros and ones behind, so that they
	 * touch. */
	for (guint i = 0; i < (family == RP_FAMILY_IPV4 ? 4u : 16u); i++)
		address.bytes[i] = g_test_rand_bit()   ? (guint8)g_test_rand_int_range(0, 4)
				   : g_test_rand_bit() ? 255
						       : (guint8)g_test_rand_int();
	return address;
}

/* last - first, as octets that compare as numbers do. */
static void
width_of(const Range *range, guint8 width[16])
{
	guint n = range->first.family == RP_FAMILY_IPV4 ? 4 : 16;
	gint borrow = 0;

	memset(width, 0, 16);
	for (guint i = n; i-- > 0;) {
		gint value = range->last.bytes[i] - range->first.bytes[i] - borrow;

		borrow = value < 0;
		width[16 - n + i] = (guint8)value;
	}
}

static guint32
search(const GArray *ranges, const RpAddress *address)
{
	guint8 best[16], width[16];
	const Range *found = NULL;

	for (guint i = 0; i < ranges->len; i++) {
		const Range *range = &g_array_index(ranges, Range, i);

		if (range->first.family != address->family ||
			memcmp(range->first.bytes, address->bytes, 16) > 0 ||
			memcmp(range->last.bytes, address->bytes, 16) < 0)
			continue;
		width_of(range, width);
		if (!found || memcmp(width, best, 16) < 0) {
			found = range;
			memcpy(best, width, 16);
		}
	}
	return found ? found->asn : 0;
}

static GArray *
random_ranges(guint n, RpAsnRows *into)
{
	GArray *ranges = g_array_new(FALSE, FALSE, sizeof(Range));

	while (ranges->len < n) {
		RpFamily family = g_test_rand_bit() ? RP_FAMILY_IPV4 : RP_FAMILY_IPV6;
		Range range = {random_address(family), random_address(family),
			(guint32)g_test_rand_int_range(0, 50)};
		g_autofree char *name = g_strdup_printf("name of %u", range.asn);

		if (rp_asn_rows_add(into, &range.first, &range.last, range.asn, name))
			g_array_append_val(ranges, range);
	}
	return ranges;
}

static RpAddress
near_address(const GArray *ranges)
{
	const Range *range =
		&g_array_index(ranges, Range, (guint)g_test_rand_int_range(0, (gint)ranges->len));
	RpAddress address = g_test_rand_bit() ? range->first : range->last;

	if (g_test_rand_bit())
		address.bytes[range->first.family == RP_FAMILY_IPV4 ? 3 : 15] +=
			(guint8)g_test_rand_int_range(-1, 2);
	return address;
}

static void
check_against_search(RpAsnTable *table, const GArray *ranges, const RpAddress *address)
{
	guint32 wanted = search(ranges, address), asn;
	RpAsnResult result = rp_asn_table_look_up(table, address, &asn);

	g_assert_cmpuint(asn, ==, wanted);
	g_assert_cmpint(result, ==, wanted ? RP_ASN_FOUND : RP_ASN_NONE);
	if (!wanted)
		return;
	g_autofree char *name = rp_asn_table_name(table, address);
	g_autofree char *wanted_name = g_strdup_printf("name of %u", wanted);
	g_assert_cmpstr(name, ==, wanted_name);
}

static void
test_random(void)
{
	for (guint round = 0; round < 60; round++) {
		g_autoptr(RpAsnRows) into = rp_asn_rows_new();
		g_autoptr(GArray) ranges = random_ranges(
			(guint)g_test_rand_int_range(1, round < 50 ? 40 : 3000), into);
		g_autoptr(GByteArray) octets = rp_asn_rows_compile(into, 1, "a note");
		g_autoptr(RpAsnTable) table = rp_asn_table_new(octets->data, octets->len, NULL);

		g_assert_nonnull(table);
		for (guint i = 0; i < 300; i++) {
			RpAddress address =
				i % 3 ? near_address(ranges)
				      : random_address(i % 2 ? RP_FAMILY_IPV4 : RP_FAMILY_IPV6);
			check_against_search(table, ranges, &address);
		}
	}
}

/* A table that is read and written again is the same. */
static void
test_again(void)
{
	g_autoptr(RpAsnRows) into = rp_asn_rows_new(), again = rp_asn_rows_new();
	g_autoptr(GArray) ranges = random_ranges(2000, into);
	g_autoptr(GByteArray) octets = rp_asn_rows_compile(into, 77, "note");
	g_autoptr(GError) error = NULL;

	g_assert_true(rp_asn_rows_read(again, octets->data, octets->len, &error));
	g_assert_no_error(error);
	g_autoptr(GByteArray) second = rp_asn_rows_compile(again, 77, "note");
	g_autoptr(RpAsnTable) a = rp_asn_table_new(octets->data, octets->len, NULL);
	g_autoptr(RpAsnTable) b = rp_asn_table_new(second->data, second->len, NULL);
	RpAsnFacts x = rp_asn_table_facts(a), y = rp_asn_table_facts(b);
	g_assert_cmpuint(x.n_ipv4, ==, y.n_ipv4);
	g_assert_cmpuint(x.n_ipv6, ==, y.n_ipv6);
	g_assert_cmpint(y.made, ==, 77);
	g_assert_cmpstr(y.note, ==, "note");
	g_free(x.note);
	g_free(y.note);
	for (guint i = 0; i < 500; i++) {
		RpAddress address = near_address(ranges);
		check_against_search(b, ranges, &address);
	}
}

/* ---- damage ---- */

/* Whatever octet is another one: the same answer as before, or none. */
static void
test_flipped(void)
{
	g_autoptr(RpAsnRows) into = rp_asn_rows_new();
	g_autoptr(GArray) ranges = random_ranges(1500, into);
	g_autoptr(GByteArray) octets = rp_asn_rows_compile(into, 1, "a note");
	guint n_refused = 0, n_damaged = 0;

	for (guint round = 0; round < 3000; round++) {
		guint at = (guint)g_test_rand_int_range(0, (gint)octets->len);
		guint8 flip = (guint8)(1u << g_test_rand_int_range(0, 8));

		if (round < 300) /* the head is small */
			at = round % RP_ASN_HEAD;
		octets->data[at] ^= flip;
		g_autoptr(RpAsnTable) table = rp_asn_table_new(octets->data, octets->len, NULL);
		n_refused += !table;
		for (guint i = 0; table && i < 20; i++) {
			RpAddress address = near_address(ranges);
			guint32 asn, wanted = search(ranges, &address);
			RpAsnResult result = rp_asn_table_look_up(table, &address, &asn);
			g_autofree char *name = rp_asn_table_name(table, &address);

			n_damaged += result == RP_ASN_DAMAGED;
			g_assert_true(result == RP_ASN_DAMAGED || asn == wanted);
			g_assert_true(!name || g_str_has_prefix(name, "name of "));
		}
		g_assert_true(!table || !rp_asn_table_check(table));
		octets->data[at] ^= flip;
	}
	g_assert_cmpuint(n_refused, >, 300);
	g_assert_cmpuint(n_damaged, >, 0);
}

/* With checksums that are right: what the lengths say is not believed either. */
static void
test_lengths(void)
{
	g_autoptr(RpAsnRows) into = rp_asn_rows_new();
	g_autoptr(GArray) ranges = random_ranges(1500, into);
	g_autoptr(GByteArray) octets = rp_asn_rows_compile(into, 1, "a note");

	for (guint round = 0; round < 2000; round++) {
		g_autofree guint8 *copy = g_memdup2(octets->data, octets->len);
		guint at = (guint)g_test_rand_int_range(8, RP_ASN_HEAD - RP_ASN_SUM);
		guint32 head;

		copy[at] = (guint8)(g_test_rand_bit() ? g_test_rand_int() : copy[at] + 1);
		head = (guint32)copy[12] << 24 | (guint32)copy[13] << 16 | (guint32)copy[14] << 8 |
		       copy[15];
		if (head < RP_ASN_HEAD || head > octets->len)
			continue;
		rp_asn_sum(copy, head, RP_ASN_HEAD, copy + RP_ASN_HEAD - RP_ASN_SUM);
		g_autoptr(RpAsnTable) table = rp_asn_table_new(copy, octets->len, NULL);
		for (guint i = 0; table && i < 20; i++) {
			RpAddress address = near_address(ranges);
			guint32 asn;

			rp_asn_table_look_up(table, &address, &asn);
			g_free(rp_asn_table_name(table, &address));
		}
	}
}

static void
test_cut(void)
{
	g_autoptr(RpAsnRows) into = rp_asn_rows_new();
	g_autoptr(GArray) ranges = random_ranges(300, into);
	g_autoptr(GByteArray) octets = rp_asn_rows_compile(into, 1, NULL);

	for (guint length = 0; length < octets->len; length += length < 100 ? 1 : 509) {
		g_autofree guint8 *copy = g_memdup2(octets->data, length);
		g_autoptr(GError) error = NULL;
		g_autoptr(RpAsnTable) table =
			rp_asn_table_new(copy ? copy : octets->data, length, &error);

		g_assert_null(table);
		g_assert_error(error, RP_ERROR, RP_ERROR_INVALID);
	}
}

/* Whatever a text has become: it is read or refused, and what is made of it is whole. */
static void
test_mutated(void)
{
	for (guint round = 0; round < 6000; round++) {
		const char *text = rows[round % G_N_ELEMENTS(rows)].text;
		g_autoptr(GByteArray) octets = g_byte_array_new();
		g_autoptr(RpAsnRows) read = rp_asn_rows_new();
		g_autoptr(GError) error = NULL;

		g_byte_array_append(octets, (const guint8 *)text, (guint)strlen(text));
		for (guint i = 0; octets->len && i < 1 + round % 4; i++) {
			static const char usual[] = "\",\t\n\r;#/.:0-";
			guint at = (guint)g_test_rand_int_range(0, (gint)octets->len);

			octets->data[at] =
				(guint8)(g_test_rand_bit()
						 ? usual[g_test_rand_int_range(0, sizeof usual)]
						 : g_test_rand_int());
		}
		g_autofree guint8 *exact = g_memdup2(octets->data, octets->len);
		if (!exact || !rp_asn_rows_read(read, exact, octets->len, &error)) {
			g_assert_true(!exact || error);
			continue;
		}
		g_autoptr(GByteArray) made = rp_asn_rows_compile(read, 0, NULL);
		g_autoptr(RpAsnTable) table = rp_asn_table_new(made->data, made->len, NULL);
		g_assert_nonnull(table);
		g_assert_true(rp_asn_table_check(table));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *safe = g_strdelimit(g_strdup(rows[i].what), "/", '-');
		g_autofree char *path = g_strconcat("/asn/text/", safe, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_row);
	}
	g_test_add_func("/asn/random", test_random);
	g_test_add_func("/asn/again", test_again);
	g_test_add_func("/asn/flipped", test_flipped);
	g_test_add_func("/asn/lengths", test_lengths);
	g_test_add_func("/asn/cut", test_cut);
	g_test_add_func("/asn/mutated", test_mutated);
	return g_test_run();
}
