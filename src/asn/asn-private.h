/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/asn-rows.h"

/* Shared by the files of this room, from below:
 *
 *	key.c      addresses as numbers
 *	rows.c     what was collected
 *	csv.c      lines into fields
 *	columns.c  which field is what
 *	text.c     tables as text
 *	read.c     tables in any form
 *	flatten.c  ranges that overlap into such as follow each other
 *	compile.c  the octets of our own form
 *	file.c     the file that these are in, which knows nothing of rows */

/* An address as a number: of IPv4 `lo` alone. */
typedef struct {
	guint64 hi, lo;
} RpAsnKey;

static inline int
rp_asn_key_compare(RpAsnKey a, RpAsnKey b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

RpAsnKey rp_asn_key_of(const RpAddress *address);
RpAddress rp_asn_key_address(RpAsnKey key, RpFamily family);
RpAsnKey rp_asn_key_next(RpAsnKey key); /* 0 behind the last */
RpAsnKey rp_asn_key_minus(RpAsnKey a, RpAsnKey b);
/* Decimal digits; FALSE: they are none, or too many for 128 bits. */
gboolean rp_asn_key_parse(const char *digits, RpAsnKey *key);

typedef struct {
	RpAsnKey first, last;
	guint32 asn;
} RpAsnRow;

struct RpAsnRows {
	GArray *ipv4, *ipv6; /* of RpAsnRow, in the order in which they came */
	GHashTable *names;   /* AS -> text */
};

/* ---- csv.c ---- */

typedef struct {
	const char *at, *end;
	char separator;
	guint line;      /* of the record that was read; 1: the first */
	guint next_line; /* of the next */
	GString *text;   /* its fields, each with a NUL */
	GArray *starts;  /* of gsize */
} RpCsv;

void rp_csv_init(RpCsv *csv, const char *text, gsize length);
void rp_csv_clear(RpCsv *csv);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpCsv, rp_csv_clear)
/* The next record that is neither empty nor a remark. FALSE: the end, or *fault is set to what is
 * wrong with csv->line (static). */
gboolean rp_csv_read(RpCsv *csv, const char **fault);
/* "" where there is none of that number. Without the blanks around it. */
const char *rp_csv_field(const RpCsv *csv, gint index);
/* That one and those behind it, as they stood: a name that has commas, and no quotation marks. */
void rp_csv_join(const RpCsv *csv, gint index, GString *into);

/* ---- columns.c ---- */

/* Numbers of fields; -1: there is none. */
typedef struct {
	gint first, last; /* the range's ends */
	gint prefix;      /* or all of it */
	gint length;      /* of a prefix whose address is `first` */
	gint asn;
	gint name;
	gboolean open; /* the name is the last, and may have the separator in it */
} RpAsnColumns;

/* From the first record. Sets *is_head where that is names and no row. FALSE: *why, to be freed. */
gboolean rp_asn_columns_tell(
	RpAsnColumns *columns, const RpCsv *csv, gboolean *is_head, char **why);

/* ---- text.c ---- */

gboolean rp_asn_rows_read_text(RpAsnRows *rows, const char *text, gsize length, GError **error);

/* ---- flatten.c ---- */

/* Begins where it says, ends where the next one does. */
typedef struct {
	RpAsnKey first;
	guint32 asn;
} RpAsnSegment;

/* Of RpAsnSegment, from the address 0 on; empty where there are no rows. */
GArray *rp_asn_flatten(const GArray *rows, RpAsnKey highest);
