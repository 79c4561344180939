/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A message on its way in: from what programs hand over to the wire format, in one pass and in
 * bounded memory. Pure: time and the unique part of a Message-ID are arguments.
 *
 * Wire format is RFC 5322's: every line ends in CRLF, no dot-stuffing. Line ends come as LF, and
 * CRs before it belong to it; in what has no LF (in its first MiB) they are CRs. The last one may
 * be missing. Other CRs are blanks in the header. Everything else in the body is kept as it is:
 * lines over 998 octets, CR, NUL and 8-bit octets are only noted. In the header, Bcc and Resent-Bcc
 * are taken out with their continuation lines, and what RFC 5322 section 3.6 requires (Date, From)
 * or wants (Message-ID) is added at its end. A mailbox file's "From " and ">From " lines at the top
 * are dropped. */

typedef struct RpMessageScan RpMessageScan;

/* Asked for only where it is needed (working it out may mean reading a configuration): the value of
 * a From header that is missing; or with `address_only` the address to put in the place of one that
 * has no domain. A string to be freed, or NULL: leave it as it is. */
typedef char *(*RpMessageFrom)(gboolean address_only, gpointer user_data);

typedef struct {
	gboolean dot_ends;           /* a line with a single dot ends the input */
	gboolean collect_recipients; /* keep the values of To, Cc and Bcc */
	const char *date;            /* for a missing Date; NULL: do not add */
	const char *unique;          /* for a missing Message-ID, before its @; NULL: do not add */
	const char *host;            /* after it, where From has no domain */
	RpMessageFrom from;          /* NULL: do not add */
	/* An address in From that has a domain, but stands for one without; NULL: there is none. */
	gboolean (*is_here)(const char *address, gpointer from_data);
	gpointer from_data;
} RpMessageScanOptions;

typedef enum {
	RP_SCAN_HAS_8BIT_HEADER = 1 << 0,
	RP_SCAN_HAS_8BIT_BODY = 1 << 1,
	RP_SCAN_HAS_LONG_LINES = 1 << 2, /* over 998 octets without the line end */
	RP_SCAN_HAS_NUL = 1 << 3,
	RP_SCAN_HAS_DATE = 1 << 4, /* of the input itself */
	RP_SCAN_HAS_MESSAGE_ID = 1 << 5,
	RP_SCAN_HAS_FROM = 1 << 6,
	RP_SCAN_HAS_RESENT = 1 << 7,          /* Resent- recipients count instead of the others */
	RP_SCAN_TOO_MANY_RECIPIENTS = 1 << 8, /* the values to collect were over 1 MiB */
	RP_SCAN_HAS_LONE_CR = 1 << 9,         /* in the body */
	RP_SCAN_NOT_UTF8_HEADER = 1 << 10, /* there are octets above 127 in it that are no UTF-8 */
} RpScanNotes;

typedef struct {
	char *name; /* as it was written */
	/* Without line ends; a NUL that was in it is in it, with the length after it. */
	char *value;
	gsize length;
} RpMessageField;

typedef struct {
	guint notes;
	char *header_from; /* address of From's first mailbox (rp_mailbox_list_first), also of an
			     added one; NULL: none */
	char *subject; /* of the first Subject, unfolded, as it was written; NULL: there is none, or
			  it is too large to be read */
	GPtrArray *recipient_fields; /* To, Cc, Bcc, or their Resent- forms where there is one; of
					RpMessageField * */
	gint64 size;                 /* octets in wire format */
} RpMessageScanResult;

/* Copies the options. */
RpMessageScan *rp_message_scan_new(const RpMessageScanOptions *options);
/* Appends what is ready to `out`. Feeding the same input in other pieces gives the same output.
 * Returns FALSE when the input has ended by a lone dot: what follows it is not read. */
gboolean rp_message_scan_feed(RpMessageScan *scan, const char *data, gsize size, GByteArray *out);
/* What the header says, once its end was fed; NULL before. Belongs to the scan. */
const RpMessageScanResult *rp_message_scan_header(const RpMessageScan *scan);
/* The end of the input. The result belongs to the scan. */
const RpMessageScanResult *rp_message_scan_finish(RpMessageScan *scan, GByteArray *out);
void rp_message_scan_free(RpMessageScan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpMessageScan, rp_message_scan_free)

/* Replaces the address of the From header in the beginning of a message in wire format, keeping a
 * display name; adds the header when there is none. FALSE: the header does not end within the data.
 */
gboolean rp_message_replace_from(GByteArray *data, const char *address);
