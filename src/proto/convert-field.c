/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert-private.h"

#include <string.h>
#include "message-private.h"

/* A part's header in the copy: encodings named anew, From
 * rewritten with Reply-To as what it was, lines folded. */

#define LINE_WISHED 76

static void
append(GByteArray *out, const char *text)
{
	g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
}

static gboolean
has_8bit(const char *data, gsize size)
{
	for (gsize i = 0; i < size; i++)
		if ((guint8)data[i] > 127)
			return TRUE;
	return FALSE;
}

static gboolean
is_not_utf8(const char *data, gsize size)
{
	return has_8bit(data, size) && !g_utf8_validate_len(data, size, NULL);
}

static gboolean
has_long_line(const char *data, gsize size)
{
	gsize line = 0;

	for (gsize i = 0; i < size; i++) {
		line = data[i] == '\n' || data[i] == '\r' ? 0 : line + 1;
		if (line > RP_CONVERT_LINE_MAX || data[i] == '\0' ||
			(data[i] == '\r' && (i + 1 == size || data[i + 1] != '\n')))
			return TRUE;
	}
	return FALSE;
}

/* How much of the text fits, whole characters of it; up to where a list can be folded, if it is
 * one. */
static gsize
cut(const char *text, gsize room)
{
	gsize n = room;

	while (n > 0 && !strchr(",;>", text[n - 1]))
		n--;
	if (n > 0)
		return n;
	n = room;

	while (n > 1 && ((guint8)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* A word that begins at the column; where it is too long for a line it is cut, as others do it too
 * (it must have been one before somebody unfolded it, or it could not have come here). */
static gsize
append_word(GByteArray *out, const char *word, gsize column)
{
	gsize length = strlen(word);

	while (column + length > RP_CONVERT_LINE_MAX) {
		gsize n = cut(word, RP_CONVERT_LINE_MAX - column);

		g_byte_array_append(out, (const guint8 *)word, (guint)n);
		append(out, "\r\n ");
		word += n;
		length -= n;
		column = 1;
	}
	append(out, word);
	return column + length;
}

/* RFC 5322 section 2.2.3: lines may be broken before blanks. FALSE: the name is too long for a
 * line.
 */
static gboolean
append_folded(GByteArray *out, const char *name, const char *value)
{
	gsize start = strlen(name) + 1, column = start;

	if (column >= RP_CONVERT_LINE_MAX)
		return FALSE;
	append(out, name);
	append(out, ":");
	while (*value) {
		gsize blanks = strspn(value, " \t");
		gsize size = blanks + strcspn(value + blanks, " \t");
		gsize dropped =
			blanks > LINE_WISHED ? blanks - 1 : 0; /* a line of blanks is none */
		g_autofree char *word = g_strdup_printf(
			"%s%.*s", blanks ? "" : " ", (int)(size - dropped), value + dropped);

		if (column > start && column + strlen(word) > LINE_WISHED) {
			append(out, "\r\n");
			column = 0;
		}
		column = append_word(out, word, column);
		value += size;
	}
	append(out, "\r\n");
	return TRUE;
}

static char *
field_name(const char *field, gsize size)
{
	gsize n = 0;

	while (n < size && field[n] != ':' && field[n] != ' ' && field[n] != '\t')
		n++;
	return g_strndup(field, n);
}

static gboolean
encode(const RpConvertHeader *header, const char *field, gsize size, GByteArray *out)
{
	RpConvertField encode_value = header->options->encode;
	g_autofree char *name = field_name(field, size);
	g_autofree char *value = rp_field_unfold(field, size);
	g_autofree char *ascii = encode_value ? encode_value(name, value) : NULL;

	return ascii && !has_8bit(ascii, strlen(ascii)) && append_folded(out, name, ascii);
}

static gboolean
write_field(const RpConvertHeader *header, const char *field, gsize size, GByteArray *out,
	RpConvertWhat *what)
{
	RpConvertWhat ascii = header->top ? RP_CONVERT_HEADER : RP_CONVERT_8BIT;
	guint wished = header->options->what;

	*what = ascii;
	if ((wished & ascii) && has_8bit(field, size))
		return encode(header, field, size, out);
	*what = RP_CONVERT_NOT_UTF8;
	if (header->top && (wished & RP_CONVERT_NOT_UTF8) && is_not_utf8(field, size))
		return encode(header, field, size, out);
	*what = RP_CONVERT_LINES;
	if ((wished & RP_CONVERT_LINES) && has_long_line(field, size)) {
		g_autofree char *name = field_name(field, size);
		g_autofree char *value = rp_field_unfold(field, size);
		return append_folded(out, name, value);
	}
	g_byte_array_append(out, (const guint8 *)field, (guint)size);
	return TRUE;
}

/* The new From, and what it was as Reply-To. */
static gboolean
write_from(const RpConvertHeader *header, const char *field, gsize size, gboolean reply,
	GByteArray *out, RpConvertWhat *what)
{
	g_autofree char *old = rp_field_unfold(field, size);
	g_autofree char *new_list = rp_field_replace_mailbox(old, header->options->from);
	g_autofree char *new_field = g_strdup_printf("From: %s\r\n", new_list);

	if (!write_field(header, new_field, strlen(new_field), out, what))
		return FALSE;
	if (!reply)
		return TRUE;
	const char *colon = memchr(field, ':', size);
	g_autoptr(GString) reply_field = g_string_new("Reply-To");
	g_string_append_len(reply_field, colon, field + size - colon);
	return write_field(header, reply_field->str, reply_field->len, out, what);
}

gboolean
rp_convert_has_field(const GByteArray *header, const char *name)
{
	const char *field;
	gsize at = 0, size;

	while (rp_mime_next_field(header, &at, &field, &size))
		if (rp_mime_field_is(field, size, name))
			return TRUE;
	return FALSE;
}

static void
append_field(GByteArray *out, const char *name, const char *value)
{
	append(out, name);
	append(out, ": ");
	append(out, value);
	append(out, "\r\n");
}

/* What an encoded body needs, and has not got. */
static void
add_missing(const RpConvertHeader *header, const GByteArray *from, GByteArray *out)
{
	if (!header->encoding)
		return;
	if (header->top && !rp_convert_has_field(from, "MIME-Version"))
		append_field(out, "MIME-Version", "1.0");
	if (header->type)
		append_field(out, "Content-Type", header->type);
	if (!rp_convert_has_field(from, "Content-Transfer-Encoding"))
		append_field(out, "Content-Transfer-Encoding", header->encoding);
}

/* The empty line; before it, in a broken header, what is no field. */
static gboolean
write_rest(const RpConvertHeader *header, const GByteArray *from, gsize at, GByteArray *out,
	RpConvertWhat *what)
{
	const char *rest = (const char *)from->data + at;
	gsize size = from->len - at;
	RpConvertWhat ascii = header->top ? RP_CONVERT_HEADER : RP_CONVERT_8BIT;

	if (size == 0)
		return TRUE;
	*what = ascii;
	if ((header->options->what & ascii) && has_8bit(rest, size))
		return FALSE;
	*what = RP_CONVERT_NOT_UTF8;
	if (header->top && (header->options->what & RP_CONVERT_NOT_UTF8) && is_not_utf8(rest, size))
		return FALSE;
	*what = RP_CONVERT_LINES;
	if ((header->options->what & RP_CONVERT_LINES) && has_long_line(rest, size))
		return FALSE;
	g_byte_array_append(out, (const guint8 *)rest, (guint)size);
	return TRUE;
}

gboolean
rp_convert_header(const RpConvertHeader *header, const GByteArray *from, GByteArray *out,
	char **name, RpConvertWhat *what)
{
	gboolean reply = !rp_convert_has_field(from, "Reply-To");
	gboolean rewrite = header->top && header->options->from;
	gsize at = 0, size;
	const char *field;

	while (rp_mime_next_field(from, &at, &field, &size)) {
		gboolean good = TRUE;

		if (header->encoding && rp_mime_field_is(field, size, "Content-Transfer-Encoding"))
			append_field(out, "Content-Transfer-Encoding", header->encoding);
		else if (rewrite && rp_mime_field_is(field, size, "From"))
			good = write_from(header, field, size, reply, out, what);
		else
			good = write_field(header, field, size, out, what);
		if (!good) {
			*name = field_name(field, size);
			return FALSE;
		}
	}
	add_missing(header, from, out);
	return write_rest(header, from, at, out, what);
}
