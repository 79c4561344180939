/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert-private.h"

#include <string.h>

/* Octets as quoted-printable or base64, a piece at a time, and
 * base64 put into lines that are short enough. */

#define LINE_ENCODED 76 /* RFC 2045 sections 6.7 and 6.8 */

static void
append(GByteArray *out, const char *text)
{
	g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
}

/* ---- quoted-printable ---- */

static void
quote(RpCoder *coder, guint8 octet, gboolean plain, GByteArray *out)
{
	char text[4];

	g_snprintf(text, sizeof text, plain ? "%c" : "=%02X", octet);
	guint size = plain ? 1 : 3;
	if (coder->column + size > LINE_ENCODED - 1) {
		append(out, "=\r\n");
		coder->column = 0;
	}
	append(out, text);
	coder->column += size;
}

/* A blank is plain where another octet follows it in the line. */
static void
flush_blank(RpCoder *coder, gboolean plain, GByteArray *out)
{
	if (coder->n_kept)
		quote(coder, coder->kept[0], plain, out);
	coder->n_kept = 0;
}

static void
take_quoted(RpCoder *coder, const guint8 *data, gsize size, GByteArray *out)
{
	if (data[size - 1] == '\n') {
		flush_blank(coder, FALSE, out);
		append(out, "\r\n");
		coder->column = 0;
		return;
	}
	for (gsize i = 0; i < size; i++) {
		flush_blank(coder, TRUE, out);
		if (data[i] == ' ' || data[i] == '\t')
			coder->kept[coder->n_kept++] = data[i];
		else
			quote(coder, data[i], data[i] > ' ' && data[i] < 127 && data[i] != '=',
				out);
	}
}

/* What is quoted stays so, and so do soft line breaks; a line that grew too long gets some more,
 * but none within an escape. */
static void
take_requoted(RpCoder *coder, const guint8 *data, gsize size, GByteArray *out)
{
	if (data[size - 1] == '\n') {
		append(out, "\r\n");
		coder->column = 0;
		coder->escape = 0;
		return;
	}
	for (gsize i = 0; i < size; i++) {
		gboolean plain = data[i] == '\t' || (data[i] >= ' ' && data[i] < 127);
		guint needed = plain && data[i] != '=' ? 1 : 3;

		if (coder->escape > 0) {
			coder->escape--;
			needed = 0;
		}
		if (coder->column + needed > LINE_ENCODED - 1 && coder->column > 0 && needed) {
			append(out, "=\r\n");
			coder->column = 0;
		}
		g_autofree char *text =
			plain ? g_strdup_printf("%c", data[i]) : g_strdup_printf("=%02X", data[i]);
		append(out, text);
		coder->column += (guint)strlen(text);
		if (data[i] == '=')
			coder->escape = 2;
	}
}

/* ---- base64: the line end after the last line is the delimiter's, or the message's ---- */

static void
flush_base64(RpCoder *coder, GByteArray *out)
{
	g_autofree char *line = g_base64_encode(coder->kept, coder->n_kept);

	if (coder->column)
		append(out, "\r\n");
	append(out, line);
	coder->column = 1;
	coder->n_kept = 0;
}

static void
take_base64(RpCoder *coder, const guint8 *data, gsize size, GByteArray *out)
{
	while (size > 0) {
		gsize n = MIN(size, sizeof coder->kept - coder->n_kept);

		memcpy(coder->kept + coder->n_kept, data, n);
		coder->n_kept += (guint)n;
		data += n;
		size -= n;
		if (coder->n_kept == sizeof coder->kept)
			flush_base64(coder, out);
	}
}

static void
rewrap(RpCoder *coder, const guint8 *data, gsize size, GByteArray *out)
{
	for (gsize i = 0; i < size; i++) {
		if (!g_ascii_isgraph(data[i]))
			continue;
		if (coder->column == LINE_ENCODED) {
			append(out, "\r\n");
			coder->column = 0;
		}
		g_byte_array_append(out, &data[i], 1);
		coder->column++;
	}
}

static void
replace(RpCoder *coder, const guint8 *data, gsize size, GByteArray *out)
{
	for (gsize i = 0; i < size; i++) {
		gboolean good = data[i] < 128 && data[i] && (data[i] != '\r' || size == 2);

		if (data[i] == '\n' || data[i] == '\r') {
			coder->column = 0;
		} else if (++coder->column > RP_CONVERT_LINE_MAX) {
			append(out, "\r\n ");
			coder->column = 2;
		}
		g_byte_array_append(out, good ? &data[i] : (const guint8 *)"?", 1);
	}
}

void
rp_coder_take(RpCoder *coder, const guint8 *data, gsize size, GByteArray *out)
{
	switch (coder->code) {
	case RP_CODE_KEEP:
		g_byte_array_append(out, data, (guint)size);
		break;
	case RP_CODE_QUOTED:
		take_quoted(coder, data, size, out);
		break;
	case RP_CODE_REQUOTE:
		take_requoted(coder, data, size, out);
		break;
	case RP_CODE_BASE64:
		take_base64(coder, data, size, out);
		break;
	case RP_CODE_REWRAP:
		rewrap(coder, data, size, out);
		break;
	case RP_CODE_REPLACE:
		replace(coder, data, size, out);
		break;
	}
}

void
rp_coder_end(RpCoder *coder, GByteArray *out)
{
	if (coder->code == RP_CODE_QUOTED)
		flush_blank(coder, FALSE, out);
	else if (coder->code == RP_CODE_BASE64 && coder->n_kept)
		flush_base64(coder, out);
	coder->code = RP_CODE_KEEP;
}
