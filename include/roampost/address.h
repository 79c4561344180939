/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* IP addresses and prefixes of both families, and the table that finds which prefixes contain an
 * address. Plain values: copied by assignment, nothing to free.
 *
 * An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) is read as the IPv4 address it carries, so
 * that one address has one form. */

typedef enum {
	RP_FAMILY_ANY = 0,
	RP_FAMILY_IPV4 = 4,
	RP_FAMILY_IPV6 = 6,
} RpFamily;

typedef struct {
	guint8 bytes[16]; /* network order; an IPv4 address uses the first four, the rest are zero
			   */
	RpFamily family;  /* RP_FAMILY_ANY: no address */
} RpAddress;

typedef struct {
	RpAddress base; /* host bits are zero */
	guint8 length;
} RpPrefix;

/* Reads the text form of RFC 4291 or dotted decimal; a zone ("%eth0") is not part of an address and
 * is refused. FALSE leaves *out untouched. */
gboolean rp_address_parse(const char *text, RpAddress *out);
/* The canonical text (RFC 5952 for IPv6); "" for no address. */
char *rp_address_format(const RpAddress *address);
int rp_address_compare(const RpAddress *a, const RpAddress *b);
gboolean rp_address_equal(const RpAddress *a, const RpAddress *b);
/* Whether the address can be told apart from the same digits elsewhere: not loopback, link-local,
 * RFC 1918, 6598 (CGN), 4193, unspecified, multicast, nor what nobody has (192.0.0.0/24 ...). */
gboolean rp_address_is_global(const RpAddress *address);
gboolean rp_address_is_link_local(const RpAddress *address);
gboolean rp_address_is_loopback(const RpAddress *address);
/* Whether a server's name, or address, is this machine by what it says: "localhost" or a loopback
 * address. Nobody is asked. */
gboolean rp_host_is_loopback(const char *host);

/* Reads "ADDRESS/LENGTH", or a bare address as its own /32 or /128. Host bits that are not zero are
 * an error (they are nearly always a typing mistake); the error says which prefix was meant. */
gboolean rp_prefix_parse(const char *text, RpPrefix *out, GError **error);
char *rp_prefix_format(const RpPrefix *prefix);
gboolean rp_prefix_contains(const RpPrefix *prefix, const RpAddress *address);
/* Whether all its addresses are such as rp_address_is_global means. */
gboolean rp_prefix_is_global(const RpPrefix *prefix);
/* The prefix of that length the address is in. */
RpPrefix rp_prefix_around(const RpAddress *address, guint8 length);
const char *rp_family_name(RpFamily family); /* "any", "ipv4", "ipv6" */

/* Many prefixes, each with a caller's number. Built once, then read only; a look-up costs the
 * logarithm of the number of prefixes plus the number of prefixes found. */
typedef struct RpPrefixTable RpPrefixTable;

typedef struct {
	RpPrefix prefix;
	guint value;
} RpPrefixEntry;

/* Takes a copy of the entries; equal prefixes with different values are all kept. */
RpPrefixTable *rp_prefix_table_new(const RpPrefixEntry *entries, gsize n_entries);
void rp_prefix_table_free(RpPrefixTable *table);
/* Appends every entry that contains the address to `found` (an array of RpPrefixEntry), longest
 * prefix first; among equal prefixes the lower value first. */
void rp_prefix_table_lookup(const RpPrefixTable *table, const RpAddress *address, GArray *found);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpPrefixTable, rp_prefix_table_free)
