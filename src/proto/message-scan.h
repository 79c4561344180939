/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "message-private.h"

/* Shared by message.c, message-header.c and message-emit.c: a scan under way. */

/* RFC 5322 section 2.1.1, without the line end. */
#define RP_SCAN_MAX_LINE 998
/* A field that is larger is passed on in pieces, by its name alone. */
#define RP_SCAN_MAX_FIELD (1024 * 1024)

typedef enum {
	RP_SCAN_AT_FIRST, /* no line has ended yet */
	RP_SCAN_AT_HEADER,
	RP_SCAN_AT_BODY,
	RP_SCAN_AT_END,
} RpScanState;

/* What happens to the rest of a field that was too large to be kept. */
typedef enum { RP_SCAN_REST_NONE, RP_SCAN_REST_PASS, RP_SCAN_REST_DROP } RpScanRest;

struct RpMessageScan {
	gboolean dot_ends;
	gboolean collect;
	char *date;
	char *unique;
	char *host;
	RpMessageFrom from;
	gboolean (*is_here)(const char *address, gpointer from_data);
	gpointer from_data;

	RpScanState state;
	GByteArray *head;  /* what came before it is known what ends lines; NULL: it is */
	gboolean cr_ends;  /* there is no LF: a CR does */
	gsize n_cr;        /* CRs at the end of what came: of the line end, if an LF follows */
	GByteArray *field; /* the header field so far, and the line that is not finished */
	gsize line;        /* where in it that line begins */
	RpScanRest rest;
	gboolean in_rest; /* the unfinished line belongs to it */
	gsize length;     /* of the body's unfinished line, or the rest's */
	gboolean dot;     /* that is a dot, not yet written */
	gsize collected;
	GPtrArray *resent;
	RpMessageScanResult result;
	GByteArray *out;
};

/* ---- message-emit.c ---- */

void rp_scan_emit(RpMessageScan *scan, const void *data, gsize size);
void rp_scan_emit_crlf(RpMessageScan *scan);
void rp_scan_emit_field(RpMessageScan *scan, const char *name, const char *value);
/* Notes what the octets mean for the transport: `eight_bit` where there are such. */
void rp_scan_note_octets(
	RpMessageScan *scan, const guint8 *data, gsize size, RpScanNotes eight_bit);
/* Of the header, and whether it is UTF-8: no piece of a field too large to be kept can be told to
 * be that by itself. */
void rp_scan_note_header(RpMessageScan *scan, const guint8 *data, gsize size);
/* Of a line without its end. */
void rp_scan_note_length(RpMessageScan *scan, gsize length);

/* ---- message-header.c ---- */

/* An octet that ends no line, and the end of a line; either may turn out to be the body's. */
void rp_scan_header_octet(RpMessageScan *scan, guint8 octet);
void rp_scan_end_header_line(RpMessageScan *scan);
/* There are no more: the fields that are missing, and the empty line. */
void rp_scan_finish_header(RpMessageScan *scan);
