/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* The structure of a message in wire format (RFC 2045, RFC 2046), read line by line: its headers as
 * wholes, its bodies in pieces, and nothing is lost between them. */

typedef enum {
	RP_MIME_LEAF,
	RP_MIME_MULTIPART, /* what is before its first and after its last part */
	RP_MIME_MESSAGE,   /* message/rfc822: its body is the next part */
} RpMimeKind;

typedef enum {
	RP_MIME_7BIT,   /* also where nothing is said */
	RP_MIME_8BIT,   /* or binary */
	RP_MIME_QUOTED, /* quoted-printable */
	RP_MIME_BASE64,
	RP_MIME_ENCODED, /* one that we do not know */
} RpMimeEncoding;

typedef struct {
	guint index; /* counted in the order of the headers */
	RpMimeKind kind;
	RpMimeEncoding encoding;
	gboolean sealed; /* under a signature or encryption */
	gboolean typed;  /* has a Content-Type */
	gboolean text;
	gboolean unchangeable; /* must stay as it is: message/partial, message/external-body (RFC
				  2046 section 5.2), and multiparts that have no parts */
} RpMimePart;

typedef struct {
	/* Fields and the empty line after them, if there is one. */
	void (*header)(const RpMimePart *part, const GByteArray *header, gpointer user);
	/* Of the part whose header came last, or of the multipart around it again. The line end
	 * before a delimiter is the delimiter's. */
	void (*body)(const RpMimePart *part, const guint8 *data, gsize size, gpointer user);
	void (*body_end)(const RpMimePart *part, gpointer user);
	void (*delimiter)(const guint8 *data, gsize size, gpointer user);
} RpMimeFuncs;

typedef struct RpMimeScan RpMimeScan;

RpMimeScan *rp_mime_scan_new(const RpMimeFuncs *funcs, gpointer user);
void rp_mime_scan_feed(RpMimeScan *scan, const guint8 *data, gsize size);
void rp_mime_scan_finish(RpMimeScan *scan);
void rp_mime_scan_free(RpMimeScan *scan);

/* The next field in a header from *at on, line ends and all; FALSE: what is left is none. */
gboolean rp_mime_next_field(const GByteArray *header, gsize *at, const char **field, gsize *size);
gboolean rp_mime_field_is(const char *field, gsize size, const char *name);
