/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "mime-private.h"
#include "roampost/convert.h"

/* RFC 5322 section 2.1.1, without the line end. */
#define RP_CONVERT_LINE_MAX 998

/* ---- convert-field.c: a header of the message or of a part ---- */

typedef struct {
	const RpConvertOptions *options;
	gboolean top;         /* the message's own */
	const char *encoding; /* what Content-Transfer-Encoding becomes; NULL: as it is */
	const char *type;     /* the Content-Type to be added; NULL: none */
} RpConvertHeader;

/* Appends it as wished; FALSE: one of its fields can't be, which *name then is (owned; NULL: a line
 * that is no field), and in *what for which of the wishes. */
gboolean rp_convert_header(const RpConvertHeader *header, const GByteArray *from, GByteArray *out,
	char **name, RpConvertWhat *what);
gboolean rp_convert_has_field(const GByteArray *header, const char *name);

/* ---- convert-code.c: bodies ---- */

typedef enum {
	RP_CODE_KEEP,
	RP_CODE_QUOTED,
	RP_CODE_BASE64,
	RP_CODE_REQUOTE, /* quoted-printable that is not quite: what it left unquoted */
	RP_CODE_REWRAP,  /* base64 with other line ends */
	RP_CODE_REPLACE, /* text that nobody reads: what is not ASCII becomes a question mark */
} RpCode;

typedef struct {
	RpCode code;
	guint column;
	guint8 kept[57]; /* what base64 waits to fill a line with; a blank that may end a line */
	guint n_kept;
	guint escape; /* octets that the escape under way still has */
} RpCoder;

/* A line end comes by itself. */
void rp_coder_take(RpCoder *coder, const guint8 *data, gsize size, GByteArray *out);
void rp_coder_end(RpCoder *coder, GByteArray *out);
