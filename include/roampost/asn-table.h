/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/address.h"

/* Which autonomous system announces an address: the look-up in a table that is there as octets, a
 * mapped file as a rule. Two forms are read, told apart by their first or last octets: our own
 * (written by asn/, described in roampost-asn(5)), and the MaxMind DB file format 2.0 as MaxMind,
 * DB-IP and IPinfo fill it.
 *
 * The octets may be damaged in any way: nothing is read outside them, and nothing loops. Each part
 * of our own form has a checksum, so that a damaged one gives no answer rather than a wrong one; a
 * MaxMind DB has none. What is known of damage is kept in the object, so that one object is for one
 * thread. */
typedef struct RpAsnTable RpAsnTable;

typedef enum {
	RP_ASN_FOUND,
	RP_ASN_NONE,    /* nobody announces it, as far as the table knows */
	RP_ASN_DAMAGED, /* the part that says so can't be relied on */
} RpAsnResult;

/* Borrows the octets, which must outlast it. NULL with RP_ERROR_INVALID: what is wrong with them,
 * as the end of "FILE: …". Takes microseconds, whatever the size. */
RpAsnTable *rp_asn_table_new(const guint8 *octets, gsize length, GError **error);
void rp_asn_table_free(RpAsnTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpAsnTable, rp_asn_table_free)

/* Sets *asn (never 0) where the result is RP_ASN_FOUND, else to 0. */
RpAsnResult rp_asn_table_look_up(RpAsnTable *table, const RpAddress *address, guint32 *asn);
/* The name that the table has for the AS of this address; NULL: none. It is fit to be shown
 * (rp_text_neutral). Free with g_free. */
char *rp_asn_table_name(RpAsnTable *table, const RpAddress *address);
/* A look-up has met a damaged part. */
gboolean rp_asn_table_is_damaged(const RpAsnTable *table);
/* Reads all of it: FALSE where a part is damaged. A MaxMind DB says TRUE. */
gboolean rp_asn_table_check(RpAsnTable *table);

/* All of it that has an AS, in ranges that do not overlap; `name` may be NULL, and is as it stands.
 * FALSE: it is damaged somewhere, and the rest is not told. */
typedef void (*RpAsnRange)(const RpAddress *first, const RpAddress *last, guint32 asn,
	const char *name, gsize name_length, gpointer user);
gboolean rp_asn_table_each(RpAsnTable *table, RpAsnRange range, gpointer user);

typedef struct {
	const char *form; /* "roampost" or "MaxMind DB"; static */
	guint32 n_ipv4;   /* ranges with one AS or none; 0 where the form has no such number */
	guint32 n_ipv6;   /* the same */
	guint32 n_names;  /* systems with a name, as above */
	gint64 made;      /* seconds since the epoch; 0: not known */
	char *note;       /* what the writer noted, or NULL */
} RpAsnFacts;

/* Free `note` with g_free. */
RpAsnFacts rp_asn_table_facts(const RpAsnTable *table);

/* The form of ours, for its writer. All numbers are big-endian; a file is a head, whose parts
 *follow each other, and blocks of 4096 octets:
 *
 *	octets      what
 *	0           "\x89RPASN\r\n"
 *	8           version: 1
 *	12          length of the head, a multiple of 4096
 *	16, 20, 24  entries of IPv4, of IPv6, of names
 *	28          octets of names' text
 *	32          when it was made: seconds since the epoch, 8 octets
 *	40          length of the note
 *	44          0, 4 octets
 *	48          checksum of the head, these 8 octets taken as 0
 *	56          8 octets for each block: its checksum
 *	then        the first key of each block of IPv4 (4 octets), of IPv6 (16), of names (4)
 *	then        the note, then zeros
 *
 * The blocks are those of IPv4, of IPv6, of names, of text; an entry never crosses a block's end.
 *An entry of IPv4 is the first address of a range (4 octets) and its AS (4; 0: none); of IPv6 the
 *same with 16 and 4. The range ends where the next one begins. An entry of names is an AS (4),
 *where its name begins in the text (4), and how long it is (4). All are sorted by their first
 *field, without doubles. A checksum is the first 8 octets of SHA-256. */
enum {
	RP_ASN_BLOCK = 4096,
	RP_ASN_HEAD = 56, /* its fixed part */
	RP_ASN_SUM = 8,
	RP_ASN_VERSION = 1,
	RP_ASN_IPV4_SIZE = 8,
	RP_ASN_IPV6_SIZE = 20,
	RP_ASN_NAME_SIZE = 12,
};
#define RP_ASN_MAGIC "\x89RPASN\r\n"

/* The checksum of these octets. `skip`: of the first so many, the last RP_ASN_SUM count as 0; 0:
 * none do. */
void rp_asn_sum(const guint8 *octets, gsize length, gsize skip, guint8 *sum);
