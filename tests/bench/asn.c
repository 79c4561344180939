/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/asn-file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef HAVE_MAXMINDDB
#include <arpa/inet.h>
#include <maxminddb.h>
#endif

/* usage: bench-asn TABLE MMDB ADDRESSES
 *
 * How long a table of ours takes to open and to answer, and the same of a MaxMind DB with the same
 * ranges, read by us and by libmaxminddb; addresses are one a line, asked in that order, in rounds
 * that take turns. What is said is the best round: what else the machine does only adds. */

enum { ROUNDS = 15 };

typedef struct {
	RpAddress *at;
	struct sockaddr_storage *sockets;
	guint n;
} Addresses;

static double
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void
read_addresses(Addresses *addresses, const char *path)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		g_error("%s can't be read", path);
	lines = g_strsplit(g_strstrip(text), "\n", -1);
	addresses->n = g_strv_length(lines);
	addresses->at = g_new0(RpAddress, addresses->n);
	for (guint i = 0; i < addresses->n; i++)
		if (!rp_address_parse(lines[i], &addresses->at[i]))
			g_error("%s: no address", lines[i]);
}

/* ---- ours ---- */

typedef struct {
	double open, first, warm, named;
	guint n_found;
} Figures;

static void
keep_best(double *best, double value)
{
	if (*best == 0 || value < *best)
		*best = value;
}

static void
measure_ours(const char *path, const Addresses *addresses, Figures *figures)
{
	double start = now_us();
	g_autoptr(RpAsnFile) file = rp_asn_file_new(path, NULL, NULL);
	RpAsnTable *table = rp_asn_file_table(file);
	guint32 asn;

	keep_best(&figures->open, now_us() - start);
	if (!table)
		g_error("%s can't be used", path);
	start = now_us();
	rp_asn_table_look_up(table, &addresses->at[0], &asn);
	keep_best(&figures->first, now_us() - start);
	for (guint turn = 0; turn < 2; turn++) { /* the first one reads the file */
		figures->n_found = 0;
		start = now_us();
		for (guint i = 0; i < addresses->n; i++)
			figures->n_found += rp_asn_table_look_up(table, &addresses->at[i], &asn) ==
					    RP_ASN_FOUND;
		if (turn)
			keep_best(&figures->warm, (now_us() - start) / addresses->n);
	}
	start = now_us();
	for (guint i = 0; i < addresses->n; i++)
		g_free(rp_asn_table_name(table, &addresses->at[i]));
	keep_best(&figures->named, (now_us() - start) / addresses->n);
}

/* ---- libmaxminddb ---- */

#ifdef HAVE_MAXMINDDB
static void
make_sockets(Addresses *addresses)
{
	addresses->sockets = g_new0(struct sockaddr_storage, addresses->n);
	for (guint i = 0; i < addresses->n; i++) {
		struct sockaddr_in *four = (struct sockaddr_in *)&addresses->sockets[i];
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)&addresses->sockets[i];

		if (addresses->at[i].family == RP_FAMILY_IPV4) {
			four->sin_family = AF_INET;
			memcpy(&four->sin_addr, addresses->at[i].bytes, 4);
		} else {
			six->sin6_family = AF_INET6;
			memcpy(&six->sin6_addr, addresses->at[i].bytes, 16);
		}
	}
}

static gboolean
ask_library(MMDB_s *mmdb, const struct sockaddr_storage *address)
{
	MMDB_entry_data_s data;
	int error;
	MMDB_lookup_result_s found =
		MMDB_lookup_sockaddr(mmdb, (const struct sockaddr *)address, &error);

	return error == MMDB_SUCCESS && found.found_entry &&
	       MMDB_get_value(&found.entry, &data, "autonomous_system_number", NULL) ==
		       MMDB_SUCCESS &&
	       data.has_data;
}

static void
measure_library(const char *path, const Addresses *addresses, Figures *figures)
{
	double start = now_us();
	MMDB_s mmdb;

	if (MMDB_open(path, MMDB_MODE_MMAP, &mmdb) != MMDB_SUCCESS)
		g_error("%s can't be used", path);
	keep_best(&figures->open, now_us() - start);
	start = now_us();
	ask_library(&mmdb, &addresses->sockets[0]);
	keep_best(&figures->first, now_us() - start);
	for (guint turn = 0; turn < 2; turn++) {
		figures->n_found = 0;
		start = now_us();
		for (guint i = 0; i < addresses->n; i++)
			figures->n_found += ask_library(&mmdb, &addresses->sockets[i]);
		if (turn)
			keep_best(&figures->warm, (now_us() - start) / addresses->n);
	}
	MMDB_close(&mmdb);
}
#endif

/* ---- memory ---- */

/* In KiB, of the map of that file: what of it is in memory, and of that what is nobody else's. */
static void
print_memory(const char *path, const Addresses *addresses)
{
	g_autoptr(RpAsnFile) file = rp_asn_file_new(path, NULL, NULL);
	RpAsnTable *table = rp_asn_file_table(file);
	g_autofree char *text = NULL;
	long resident = 0, private = 0;
	guint32 asn;

	for (guint i = 0; i < 10; i++) /* as an agent asks, in a day */
		rp_asn_table_look_up(table, &addresses->at[i], &asn);
	g_file_get_contents("/proc/self/smaps", &text, NULL, NULL);
	const char *map = text ? strstr(text, path) : NULL;
	const char *rss = map ? strstr(map, "\nRss:") : NULL;
	const char *dirty = map ? strstr(map, "\nPrivate_Dirty:") : NULL;
	if (rss && dirty) {
		resident = strtol(rss + 5, NULL, 10);
		private = strtol(dirty + 15, NULL, 10);
	}
	printf("memory after 10 look-ups: %ld KiB of the file mapped in, %ld KiB its own\n",
		resident, private);
}

static void
print_figures(const char *whose, const Figures *figures, guint n)
{
	g_autofree char *named = figures->named > 0
					 ? g_strdup_printf(", the name too %.3f us", figures->named)
					 : g_strdup("");

	printf("%s: open %.1f us, first %.1f us, look-up %.3f us%s "
	       "(%u of %u found)\n",
		whose, figures->open, figures->first, figures->warm, named, figures->n_found, n);
}

int
main(int argc, char **argv)
{
	Figures table = {0}, mmdb = {0};
	Addresses addresses = {0};

	read_addresses(&addresses, argv[3]);
	print_memory(argv[1], &addresses);
#ifdef HAVE_MAXMINDDB
	Figures library = {0};
	make_sockets(&addresses);
#endif
	for (guint round = 0; round < ROUNDS; round++) {
		measure_ours(argv[1], &addresses, &table);
		measure_ours(argv[2], &addresses, &mmdb);
#ifdef HAVE_MAXMINDDB
		measure_library(argv[2], &addresses, &library);
#endif
	}
	print_figures("roampost", &table, addresses.n);
	print_figures("the same as MaxMind DB, by roampost", &mmdb, addresses.n);
#ifdef HAVE_MAXMINDDB
	print_figures("the same by libmaxminddb", &library, addresses.n);
	printf("roampost's look-up takes %.2f times libmaxminddb's\n", table.warm / library.warm);
#else
	printf("libmaxminddb was not there when this was built\n");
#endif
	return 0;
}
