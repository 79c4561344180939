/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/asn-table.h"

/* Ranges of addresses and their autonomous systems, on their way from what their makers publish
 * into a table of ours (roampost/asn-table.h). Roughly 40 octets a range, all in memory.
 *
 * Ranges may overlap. Then the narrowest wins, address by address; of two as wide the one that came
 * first. A range with AS 0 says that nobody announces it, and wins by the same rule. A range that
 * is all addresses of its family does not count. */
typedef struct RpAsnRows RpAsnRows;

RpAsnRows *rp_asn_rows_new(void);
void rp_asn_rows_free(RpAsnRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpAsnRows, rp_asn_rows_free)

guint rp_asn_rows_n(const RpAsnRows *rows);

/* From `first` to `last`, both of one family and in order; FALSE: they are not. The name may be
 * NULL or empty; of several for one AS the first counts. It is made fit to be shown, and cut at 255
 * octets. */
gboolean rp_asn_rows_add(RpAsnRows *rows, const RpAddress *first, const RpAddress *last,
	guint32 asn, const char *name);

/* Adds what the octets hold, whatever form that is: gzip of any of these, a table of ours (but not
 * its names of systems without ranges), a MaxMind DB, or text: a range a line, fields separated by
 * commas (RFC 4180) or tabs. A first line of names says which field is what; without one it is told
 * by what the fields look like: FIRST LAST ASN [COUNTRY] [NAME], PREFIX ASN NAME, ADDRESS LENGTH
 * ASN, or FIRST LAST PREFIX ASN NAME. Addresses may be numbers.
 *
 * FALSE with RP_ERROR_INVALID, as the end of "FILE: …": what can't be read and in which line. Some
 * rows may have been added then. */
gboolean rp_asn_rows_read(RpAsnRows *rows, const guint8 *octets, gsize length, GError **error);

/* The table. `made` is in seconds since the epoch; `note` is kept with it, and may be NULL. */
GByteArray *rp_asn_rows_compile(const RpAsnRows *rows, gint64 made, const char *note);
