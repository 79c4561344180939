/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A message made fit for a server that takes less than it holds, or for a server set that wants
 * another From. Pure: octets in, octets out, in bounded memory; twice over the same message, first
 * to look, then to write. What need not be changed comes out octet for octet as it was.
 *
 * Bodies are encoded as quoted-printable or base64, whichever is shorter (RFC 2045, RFC 6152
 * section 3); what is quoted-printable already is only completed; header fields as encoded words
 * (RFC 2047, by the caller's function), or folded. Never touched is what is in multipart/signed or
 * multipart/encrypted (RFC 1847), and a message with a DKIM-Signature (RFC 6376 section 5.3: who
 * signs encodes first): if that would have to be changed, nothing is. */

typedef enum {
	RP_CONVERT_8BIT = 1 << 0,   /* no octets above 127 in bodies and in the headers of parts */
	RP_CONVERT_HEADER = 1 << 1, /* none in the message's header */
	/* No line over 998 octets, no NUL, no CR that ends no line (RFC 5322 sections 2.1.1, 2.3).
	 * Words of the header that are longer are cut. */
	RP_CONVERT_LINES = 1 << 2,
	RP_CONVERT_NOT_UTF8 =
		1 << 3, /* none in the message's header that are no UTF-8 (RFC 6532) */
} RpConvertWhat;

/* The value of a field in ASCII, on one line; or NULL: it can't be said so. */
typedef char *(*RpConvertField)(const char *name, const char *value);

typedef struct {
	guint what;            /* RpConvertWhat, or-ed */
	const char *from;      /* or NULL: what From's first address becomes. The old From becomes
				  Reply-To where there is none */
	RpConvertField encode; /* NULL: no field can be encoded */
} RpConvertOptions;

typedef struct RpConvert RpConvert;

/* Copies the options. */
RpConvert *rp_convert_new(const RpConvertOptions *options);
void rp_convert_free(RpConvert *convert);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpConvert, rp_convert_free)

/* The first time over a message in wire format, in any pieces. */
void rp_convert_scan(RpConvert *convert, const guint8 *data, gsize size);
/* Its end. NULL: it can be converted; else why not, a clause that belongs to the conversion, and in
 * *what which of the wishes it is about. */
const char *rp_convert_check(RpConvert *convert, RpConvertWhat *what);
/* The second time over the same octets; appends what is ready. */
void rp_convert_write(RpConvert *convert, const guint8 *data, gsize size, GByteArray *out);
void rp_convert_finish(RpConvert *convert, GByteArray *out);
