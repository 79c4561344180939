/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/address.h"
#include "roampost/base.h"

#include <string.h>

static RpAddress
address(const char *text)
{
	RpAddress result;

	g_assert_true(rp_address_parse(text, &result));
	return result;
}

static void
test_parse(void)
{
	static const struct {
		const char *text;
		const char *want; /* NULL: refused */
		RpFamily family;
	} rows[] = {
		{"203.0.113.7", "203.0.113.7", RP_FAMILY_IPV4},
		{"0.0.0.0", "0.0.0.0", RP_FAMILY_IPV4},
		{"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1", RP_FAMILY_IPV6},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", RP_FAMILY_IPV6},
		{"::", "::", RP_FAMILY_IPV6},
		{"::ffff:203.0.113.7", "203.0.113.7", RP_FAMILY_IPV4},
		{"::ffff:cb00:7107", "203.0.113.7", RP_FAMILY_IPV4},
		{"fe80::1%eth0", NULL, 0},
		{"203.0.113", NULL, 0},
		{"203.0.113.256", NULL, 0},
		{"203.0.113.7/24", NULL, 0},
		{" 203.0.113.7", NULL, 0},
		{"", NULL, 0},
		{"mail.example", NULL, 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		RpAddress got = {{1, 2, 3}, RP_FAMILY_ANY}, before = got;
		gboolean parsed = rp_address_parse(rows[i].text, &got);
		g_autofree char *text = rp_address_format(&got);

		g_test_message("%s", rows[i].text);
		g_assert_cmpint(parsed, ==, rows[i].want != NULL);
		if (rows[i].want) {
			g_assert_cmpstr(text, ==, rows[i].want);
			g_assert_cmpint(got.family, ==, rows[i].family);
		} else {
			g_assert_cmpmem(&got, sizeof got, &before, sizeof before);
		}
	}
	g_assert_false(rp_address_parse(NULL, &(RpAddress){0}));
}

static void
test_kinds(void)
{
	static const struct {
		const char *text;
		gboolean global, link_local, loopback;
	} rows[] = {
		{"203.0.113.7", TRUE, FALSE, FALSE},
		{"10.255.255.255", FALSE, FALSE, FALSE},
		{"11.0.0.0", TRUE, FALSE, FALSE},
		{"172.15.255.255", TRUE, FALSE, FALSE},
		{"172.16.0.0", FALSE, FALSE, FALSE},
		{"172.31.255.255", FALSE, FALSE, FALSE},
		{"172.32.0.0", TRUE, FALSE, FALSE},
		{"192.168.1.5", FALSE, FALSE, FALSE},
		{"100.64.0.1", FALSE, FALSE, FALSE},
		{"100.128.0.1", TRUE, FALSE, FALSE},
		{"127.0.0.53", FALSE, FALSE, TRUE},
		{"169.254.3.4", FALSE, TRUE, FALSE},
		{"0.0.0.0", FALSE, FALSE, FALSE},
		{"192.0.0.2", FALSE, FALSE, FALSE},
		{"192.0.1.1", TRUE, FALSE, FALSE},
		{"198.17.255.255", TRUE, FALSE, FALSE},
		{"198.18.0.1", FALSE, FALSE, FALSE},
		{"198.19.255.255", FALSE, FALSE, FALSE},
		{"198.20.0.0", TRUE, FALSE, FALSE},
		{"223.255.255.255", TRUE, FALSE, FALSE},
		{"224.0.0.5", FALSE, FALSE, FALSE},
		{"240.1.2.3", FALSE, FALSE, FALSE},
		{"255.255.255.255", FALSE, FALSE, FALSE},
		{"ff02::1", FALSE, FALSE, FALSE},
		{"2001:db8::1", TRUE, FALSE, FALSE},
		{"::1", FALSE, FALSE, TRUE},
		{"::", FALSE, FALSE, FALSE},
		{"fe80::1", FALSE, TRUE, FALSE},
		{"febf::1", FALSE, TRUE, FALSE},
		{"fec0::1", TRUE, FALSE, FALSE},
		{"fc00::1", FALSE, FALSE, FALSE},
		{"fdff::1", FALSE, FALSE, FALSE},
		{"fe00::1", TRUE, FALSE, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		RpAddress got = address(rows[i].text);

		g_test_message("%s", rows[i].text);
		g_assert_cmpint(rp_address_is_global(&got), ==, rows[i].global);
		g_assert_cmpint(rp_address_is_link_local(&got), ==, rows[i].link_local);
		g_assert_cmpint(rp_address_is_loopback(&got), ==, rows[i].loopback);
		g_assert_cmpint(rp_host_is_loopback(rows[i].text), ==, rows[i].loopback);
	}
	g_assert_true(rp_host_is_loopback("localhost"));
	g_assert_true(rp_host_is_loopback("LocalHost"));
	g_assert_false(rp_host_is_loopback("localhost.odn.example"));
	g_assert_false(rp_host_is_loopback(""));
	g_assert_false(rp_address_is_global(&(RpAddress){0}));
}

static void
test_prefix(void)
{
	static const struct {
		const char *text;
		const char *want;
		const char *error; /* a piece of it */
	} rows[] = {
		{"203.0.113.0/24", "203.0.113.0/24", NULL},
		{"203.0.113.7", "203.0.113.7/32", NULL},
		{"0.0.0.0/0", "0.0.0.0/0", NULL},
		{"::/0", "::/0", NULL},
		{"2001:db8::/32", "2001:db8::/32", NULL},
		{"2001:db8::1", "2001:db8::1/128", NULL},
		{"203.0.113.128/25", "203.0.113.128/25", NULL},
		{"::ffff:203.0.113.0/120", "203.0.113.0/24", NULL},
		{"::ffff:203.0.113.7", "203.0.113.7/32", NULL},
		{"203.0.113.7/24", NULL, "203.0.113.0/24"},
		{"2001:db8::1/32", NULL, "2001:db8::/32"},
		{"203.0.113.0/33", NULL, "32"},
		{"2001:db8::/129", NULL, "128"},
		{"203.0.113.0/", NULL, "203.0.113.0/"},
		{"203.0.113.0/-1", NULL, "203.0.113.0/-1"},
		{"203.0.113.0/2x", NULL, "203.0.113.0/2x"},
		{"203.0.113.0/0024", NULL, "0024"},
		{"/24", NULL, "/24"},
		{"", NULL, "prefix"},
		{"example/24", NULL, "example"},
		{"::ffff:0.0.0.0/95", NULL, "96"},
		{"2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/32", NULL, "2001"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		RpPrefix got;
		gboolean parsed = rp_prefix_parse(rows[i].text, &got, &error);

		g_test_message("%s", rows[i].text);
		g_assert_cmpint(parsed, ==, rows[i].want != NULL);
		if (rows[i].want) {
			g_autofree char *text = rp_prefix_format(&got);
			g_assert_cmpstr(text, ==, rows[i].want);
		} else {
			g_assert_error(error, RP_ERROR, RP_ERROR_INVALID);
			g_assert_nonnull(strstr(error->message, rows[i].error));
		}
	}
}

static void
test_contains(void)
{
	static const struct {
		const char *prefix, *address;
		gboolean want;
	} rows[] = {
		{"203.0.113.0/24", "203.0.113.255", TRUE},
		{"203.0.113.0/24", "203.0.114.0", FALSE},
		{"203.0.113.128/25", "203.0.113.127", FALSE},
		{"203.0.113.128/25", "203.0.113.128", TRUE},
		{"0.0.0.0/0", "1.2.3.4", TRUE},
		{"0.0.0.0/0", "::1", FALSE},
		{"::/0", "1.2.3.4", FALSE},
		{"2001:db8::/33", "2001:db8:7fff::1", TRUE},
		{"2001:db8::/33", "2001:db8:8000::1", FALSE},
		{"2001:db8::1/128", "2001:db8::1", TRUE},
		{"2001:db8::1/128", "2001:db8::2", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		RpPrefix prefix;
		RpAddress inside = address(rows[i].address);

		g_assert_true(rp_prefix_parse(rows[i].prefix, &prefix, NULL));
		g_assert_cmpint(rp_prefix_contains(&prefix, &inside), ==, rows[i].want);
	}
}

static RpPrefixTable *
table_of(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));

	for (guint i = 0; words[i]; i++) {
		g_auto(GStrv) parts = g_strsplit(words[i], "=", 2);
		RpPrefixEntry entry;

		g_assert_true(rp_prefix_parse(parts[0], &entry.prefix, NULL));
		entry.value = (guint)atoi(parts[1]);
		g_array_append_val(entries, entry);
	}
	return rp_prefix_table_new((RpPrefixEntry *)(gpointer)entries->data, entries->len);
}

static char *
found_text(const GArray *found)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < found->len; i++) {
		const RpPrefixEntry *entry = &g_array_index(found, RpPrefixEntry, i);
		g_autofree char *prefix = rp_prefix_format(&entry->prefix);
		g_string_append_printf(text, "%s%s=%u", i ? " " : "", prefix, entry->value);
	}
	return g_string_free(text, FALSE);
}

static void
test_table(void)
{
	g_autoptr(RpPrefixTable) table =
		table_of("10.1.2.0/24=3 0.0.0.0/0=9 10.0.0.0/8=1 10.0.0.0/8=0 10.1.0.0/16=2 "
			 "10.1.2.0/24=3 2001:db8::/32=4 2001:db8:1::/48=5 2001:db8:1::/48=4 "
			 "203.0.113.7/32=7 10.1.2.128/25=6");
	static const struct {
		const char *address, *want;
	} rows[] = {
		{"10.1.2.3", "10.1.2.0/24=3 10.1.2.0/24=3 10.1.0.0/16=2 10.0.0.0/8=0 10.0.0.0/8=1 "
			     "0.0.0.0/0=9"},
		{"10.1.2.200", "10.1.2.128/25=6 10.1.2.0/24=3 10.1.2.0/24=3 10.1.0.0/16=2 "
			       "10.0.0.0/8=0 10.0.0.0/8=1 0.0.0.0/0=9"},
		{"10.255.0.1", "10.0.0.0/8=0 10.0.0.0/8=1 0.0.0.0/0=9"},
		{"11.0.0.0", "0.0.0.0/0=9"},
		{"0.0.0.0", "0.0.0.0/0=9"},
		{"203.0.113.7", "203.0.113.7/32=7 0.0.0.0/0=9"},
		{"255.255.255.255", "0.0.0.0/0=9"},
		{"2001:db8:1::1", "2001:db8:1::/48=4 2001:db8:1::/48=5 2001:db8::/32=4"},
		{"2001:db8:2::1", "2001:db8::/32=4"},
		{"2001:db9::", ""},
		{"::", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));
		RpAddress at = address(rows[i].address);

		rp_prefix_table_lookup(table, &at, found);
		g_autofree char *got = found_text(found);
		g_assert_cmpstr(got, ==, rows[i].want);
	}
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));
	rp_prefix_table_lookup(table, &(RpAddress){0}, found);
	g_assert_cmpuint(found->len, ==, 0);
}

static void
test_empty_table(void)
{
	g_autoptr(RpPrefixTable) table = rp_prefix_table_new(NULL, 0);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));
	RpAddress at = address("10.1.2.3");

	rp_prefix_table_lookup(table, &at, found);
	g_assert_cmpuint(found->len, ==, 0);
}

static int
compare_found(const void *a, const void *b)
{
	const RpPrefixEntry *x = a, *y = b;

	if (x->prefix.length != y->prefix.length)
		return x->prefix.length > y->prefix.length ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

/* A few bits, so that prefixes nest, repeat and miss; against the plain walk over all of them. */
static RpAddress
random_address(GRand *random, RpFamily family)
{
	RpAddress result = {.family = family};
	guint n = family == RP_FAMILY_IPV4 ? 4 : 16;

	for (guint i = 0; i < n; i++)
		result.bytes[i] =
			g_rand_int_range(random, 0, 4) ? 0 : 1 << g_rand_int_range(random, 0, 8);
	return result;
}

static void
test_table_random(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed((guint32)g_test_rand_int());

	for (guint round = 0; round < 50; round++) {
		guint n = (guint)g_rand_int_range(random, 1, 400);
		g_autofree RpPrefixEntry *entries = g_new(RpPrefixEntry, n);

		for (guint i = 0; i < n; i++) {
			gboolean ipv4 = g_rand_boolean(random);
			RpAddress at =
				random_address(random, ipv4 ? RP_FAMILY_IPV4 : RP_FAMILY_IPV6);
			guint8 length = (guint8)g_rand_int_range(random, 0, ipv4 ? 33 : 129);
			entries[i] = (RpPrefixEntry){rp_prefix_around(&at, length),
				(guint)g_rand_int_range(random, 0, 5)};
		}
		g_autoptr(RpPrefixTable) table = rp_prefix_table_new(entries, n);
		for (guint k = 0; k < 100; k++) {
			RpAddress at =
				random_address(random, k % 2 ? RP_FAMILY_IPV4 : RP_FAMILY_IPV6);
			g_autoptr(GArray) got = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));
			g_autoptr(GArray) want = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));

			rp_prefix_table_lookup(table, &at, got);
			for (guint i = 0; i < n; i++) {
				if (rp_prefix_contains(&entries[i].prefix, &at))
					g_array_append_val(want, entries[i]);
			}
			g_array_sort(want, compare_found);
			g_autofree char *got_text = found_text(got);
			g_autofree char *want_text = found_text(want);
			g_assert_cmpstr(got_text, ==, want_text);
		}
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/parse", test_parse);
	g_test_add_func("/address/kinds", test_kinds);
	g_test_add_func("/address/prefix", test_prefix);
	g_test_add_func("/address/contains", test_contains);
	g_test_add_func("/address/table", test_table);
	g_test_add_func("/address/empty-table", test_empty_table);
	g_test_add_func("/address/table-random", test_table_random);
	return g_test_run();
}
