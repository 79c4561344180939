/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/asn-table.h"

#include <stdio.h>
#include <string.h>

/* asn-play look-up TABLE: the AS and the name for each address on standard input.
 * asn-play damage TABLE ROUNDS SEED: octets are changed, cut off and doubled, and all is asked of
 * what is left; that it comes to an end, under the sanitizers, is the test. */

static void
look_up(RpAsnTable *table)
{
	static const char *const results[] = {"found", "none", "damaged"};
	char line[100];

	while (fgets(line, sizeof line, stdin)) {
		RpAddress address;
		guint32 asn;

		g_assert_true(rp_address_parse(g_strstrip(line), &address));
		RpAsnResult result = rp_asn_table_look_up(table, &address, &asn);
		g_autofree char *name = rp_asn_table_name(table, &address);
		printf("%s %u %s\n", results[result], asn, name ? name : "");
	}
}

static void
count_range(const RpAddress *first, const RpAddress *last, guint32 asn, const char *name,
	gsize name_length, gpointer user)
{
	guint *sum = user;

	for (gsize i = 0; i < name_length; i++) /* all of it is read */
		*sum += (guint)name[i];
}

static void
ask_all(GRand *rand, const guint8 *octets, gsize length)
{
	g_autofree guint8 *exact =
		g_memdup2(octets, length); /* so that one octet too far is seen */
	g_autoptr(RpAsnTable) table = rp_asn_table_new(exact ? exact : octets, length, NULL);
	guint sum = 0;

	if (!table)
		return;
	for (guint i = 0; i < 30; i++) {
		RpAddress address = {.family = i % 2 ? RP_FAMILY_IPV4 : RP_FAMILY_IPV6};
		guint32 asn;

		for (guint k = 0; k < (i % 2 ? 4 : 16); k++)
			address.bytes[k] = (guint8)g_rand_int(rand);
		if (i % 4 == 0)
			memcpy(address.bytes, "\x20\x01\x0d\xb8", 4);
		if (i % 4 == 1)
			memcpy(address.bytes, "\xcb\x00\x71", 3);
		rp_asn_table_look_up(table, &address, &asn);
		g_free(rp_asn_table_name(table, &address));
	}
	rp_asn_table_check(table);
	rp_asn_table_each(table, count_range, &sum);
	RpAsnFacts facts = rp_asn_table_facts(table);
	g_free(facts.note);
}

static void
damage(const char *octets, gsize length, guint rounds, guint32 seed)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

	for (guint round = 0; round < rounds; round++) {
		g_autofree guint8 *copy = g_memdup2(octets, length);
		guint n = (guint)g_rand_int_range(rand, 1, 6);
		/* More where it hurts: the metadata is at the end. */
		gsize from = round % 2 && length > 400 ? length - 400 : 0;

		for (guint i = 0; i < n; i++)
			copy[g_rand_int_range(rand, (gint)from, (gint)length)] =
				(guint8)(g_rand_boolean(rand) ? g_rand_int(rand) : 0xff);
		ask_all(rand, copy,
			round % 5 ? length : (gsize)g_rand_int_range(rand, 0, (gint)length));
	}
}

int
main(int argc, char **argv)
{
	g_autoptr(GMappedFile) map = g_mapped_file_new(argv[2], FALSE, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_nonnull(map);
	if (strcmp(argv[1], "damage") == 0) {
		damage(g_mapped_file_get_contents(map), g_mapped_file_get_length(map),
			(guint)atoi(argv[3]), (guint32)atoi(argv[4]));
		return 0;
	}
	g_autoptr(RpAsnTable) table =
		rp_asn_table_new((const guint8 *)g_mapped_file_get_contents(map),
			g_mapped_file_get_length(map), &error);
	g_assert_no_error(error);
	look_up(table);
	return 0;
}
