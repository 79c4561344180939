/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime-private.h"

#include <string.h>
#include "message-private.h"

/* Which parts a message has, in one pass and whatever their
 * size: headers whole, bodies as they come. */

/* Longer lines are no delimiters (RFC 2046 section 5.1.1: a boundary has 70 octets at most) and are
 * passed on in pieces. */
#define LINE_MAX_KEPT 1024
/* A delimiter goes out as it is: what may not, because it is too long or has NUL, is none. */
#define DELIMITER_MAX 998

/* A multipart that is open. */
typedef struct {
	char *boundary;
	gsize length;
	RpMimePart part;
	gboolean digest; /* its parts are messages where nothing is said */
} Level;

struct RpMimeScan {
	const RpMimeFuncs *funcs;
	gpointer user;
	GPtrArray *levels; /* of Level *, the innermost last */
	GByteArray *line;
	gboolean line_passed; /* its beginning */
	gboolean in_header;
	GByteArray *header;
	RpMimePart part;
	gboolean in_body;
	guint8 eol[2]; /* of the line before, in a body: maybe a delimiter's */
	gsize eol_size;
	guint n_parts;
	gboolean message_next; /* the default type in a digest */
};

static void
level_free(gpointer data)
{
	Level *level = data;

	g_free(level->boundary);
	g_free(level);
}

/* ---- fields ---- */

gboolean
rp_mime_next_field(const GByteArray *header, gsize *at, const char **field, gsize *size)
{
	const char *data = (const char *)header->data;
	gsize end = *at;

	if (end >= header->len || !rp_field_begins(data + end, header->len - end, NULL))
		return FALSE;
	do {
		const char *lf = memchr(data + end, '\n', header->len - end);
		end = lf ? (gsize)(lf + 1 - data) : header->len;
	} while (end < header->len && (data[end] == ' ' || data[end] == '\t'));
	*field = data + *at;
	*size = end - *at;
	*at = end;
	return TRUE;
}

gboolean
rp_mime_field_is(const char *field, gsize size, const char *name)
{
	gsize n = strlen(name);

	if (size <= n || g_ascii_strncasecmp(field, name, n) != 0)
		return FALSE;
	while (n < size && (field[n] == ' ' || field[n] == '\t'))
		n++;
	return n < size && field[n] == ':';
}

static char *
find_field(const GByteArray *header, const char *name)
{
	const char *field;
	gsize at = 0, size;

	while (rp_mime_next_field(header, &at, &field, &size))
		if (rp_mime_field_is(field, size, name))
			return rp_field_unfold(field, size);
	return NULL;
}

/* ---- what a header says ---- */

/* A word or a quoted string; comments are passed over. */
static char *
take_value(const char **at)
{
	GString *value = g_string_new(NULL);
	const char *c = *at;

	if (*c == '"') {
		for (c++; *c && *c != '"'; c++) {
			if (*c == '\\' && c[1])
				c++;
			g_string_append_c(value, *c);
		}
		c += *c == '"';
	} else {
		while (*c && !strchr("; \t(", *c))
			g_string_append_c(value, *c++);
	}
	*at = c;
	return g_string_free(value, FALSE);
}

static const char *
skip_blanks(const char *c)
{
	for (guint depth = 0; *c; c++) {
		if (*c == '(')
			depth++;
		else if (*c == ')' && depth > 0)
			depth--;
		else if (depth == 0 && *c != ' ' && *c != '\t')
			break;
	}
	return c;
}

/* A parameter of Content-Type, or NULL. */
static char *
find_parameter(const char *type, const char *name)
{
	const char *c = type + strcspn(type, ";(");

	while (*(c = skip_blanks(c))) {
		if (*c == ';') {
			c = skip_blanks(c + 1);
			gsize n = strcspn(c, "=; \t(");
			gboolean ours = n == strlen(name) && g_ascii_strncasecmp(c, name, n) == 0;
			c = skip_blanks(c + n);
			if (*c != '=')
				continue;
			c = skip_blanks(c + 1);
			g_autofree char *value = take_value(&c);
			if (ours)
				return g_steal_pointer(&value);
		} else {
			c++;
		}
	}
	return NULL;
}

static gboolean
type_is(const char *type, const char *wanted)
{
	gsize n = strlen(wanted);

	return g_ascii_strncasecmp(type, wanted, n) == 0 &&
	       (wanted[n - 1] == '/' || !type[n] || strchr("; \t(", type[n]));
}

static RpMimeEncoding
read_encoding(const GByteArray *header)
{
	static const struct {
		const char *name;
		RpMimeEncoding encoding;
	} known[] = {{"7bit", RP_MIME_7BIT}, {"8bit", RP_MIME_8BIT}, {"binary", RP_MIME_8BIT},
		{"quoted-printable", RP_MIME_QUOTED}, {"base64", RP_MIME_BASE64},
		/* What programs write that mean none. */
		{"7-bit", RP_MIME_8BIT}, {"8-bit", RP_MIME_8BIT}, {"7", RP_MIME_8BIT},
		{"8", RP_MIME_8BIT}, {"7bits", RP_MIME_8BIT}, {"8bits", RP_MIME_8BIT},
		{"utf-8", RP_MIME_8BIT}, {"utf8", RP_MIME_8BIT}, {"us-ascii", RP_MIME_8BIT},
		{"iso-8859-1", RP_MIME_8BIT}, {"text", RP_MIME_8BIT}, {"text/plain", RP_MIME_8BIT},
		{"none", RP_MIME_8BIT}, {"identity", RP_MIME_8BIT}, {"plain", RP_MIME_8BIT}};
	g_autofree char *value = find_field(header, "Content-Transfer-Encoding");

	if (!value || !*value)
		return RP_MIME_7BIT;
	value[strcspn(value, "; \t(")] = '\0';
	for (guint i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_ascii_strcasecmp(value, known[i].name) == 0)
			return known[i].encoding;
	return RP_MIME_ENCODED;
}

static void
open_level(RpMimeScan *scan, const char *type)
{
	g_autofree char *boundary = find_parameter(type, "boundary");
	Level *level;

	/* Without one it has no parts, and stays what it is: a leaf that can't be encoded. */
	if (!boundary || !*boundary || strlen(boundary) > LINE_MAX_KEPT / 2) {
		scan->part.unchangeable = TRUE;
		return;
	}
	scan->part.kind = RP_MIME_MULTIPART;
	level = g_new0(Level, 1);
	level->length = strlen(boundary);
	level->boundary = g_steal_pointer(&boundary);
	level->part = scan->part;
	level->part.sealed |=
		type_is(type, "multipart/signed") || type_is(type, "multipart/encrypted");
	level->digest = type_is(type, "multipart/digest");
	g_ptr_array_add(scan->levels, level);
}

static void
end_header(RpMimeScan *scan)
{
	g_autofree char *type = find_field(scan->header, "Content-Type");
	gboolean in_digest = scan->message_next;

	scan->message_next = FALSE;
	scan->part.index = scan->n_parts++;
	scan->part.kind = RP_MIME_LEAF;
	scan->part.encoding = read_encoding(scan->header);
	scan->part.typed = type != NULL || in_digest;
	scan->part.text = !type || type_is(type, "text/");
	scan->part.unchangeable = FALSE;
	if (type && type_is(type, "multipart/"))
		open_level(scan, type);
	else if (type ? type_is(type, "message/rfc822") || type_is(type, "message/global")
		      : in_digest)
		scan->part.kind =
			scan->part.encoding <= RP_MIME_8BIT ? RP_MIME_MESSAGE : RP_MIME_LEAF;
	else if (type &&
		 (type_is(type, "message/partial") || type_is(type, "message/external-body")))
		scan->part.unchangeable = TRUE;
	scan->funcs->header(&scan->part, scan->header, scan->user);
	g_byte_array_set_size(scan->header, 0);
	scan->in_header = scan->part.kind == RP_MIME_MESSAGE;
	scan->in_body = !scan->in_header;
	if (scan->part.kind == RP_MIME_MULTIPART)
		scan->part = ((Level *)scan->levels->pdata[scan->levels->len - 1])->part;
}

/* ---- bodies ---- */

static void
pass_eol(RpMimeScan *scan)
{
	if (scan->eol_size)
		scan->funcs->body(&scan->part, scan->eol, scan->eol_size, scan->user);
	scan->eol_size = 0;
}

static void
end_body(RpMimeScan *scan)
{
	if (scan->in_body)
		scan->funcs->body_end(&scan->part, scan->user);
	scan->in_body = FALSE;
}

static gboolean
is_delimiter(const Level *level, const guint8 *line, gsize size, gboolean *last)
{
	gsize n = 2 + level->length, end = size;

	while (end > 0 && (line[end - 1] == '\r' || line[end - 1] == '\n'))
		end--;
	if (end < n || end > DELIMITER_MAX || memcmp(line, "--", 2) != 0 ||
		memcmp(line + 2, level->boundary, level->length) != 0)
		return FALSE;
	*last = end >= n + 2 && memcmp(line + n, "--", 2) == 0;
	for (n += *last ? 2 : 0; n < end; n++)
		if (line[n] != ' ' && line[n] != '\t')
			return FALSE;
	return TRUE;
}

/* Closes what is open inside of the multipart that it belongs to, and that one too where it is the
 * last. */
static gboolean
take_delimiter(RpMimeScan *scan)
{
	gboolean last = FALSE;
	guint i = scan->levels->len;

	while (i > 0 &&
		!is_delimiter(scan->levels->pdata[i - 1], scan->line->data, scan->line->len, &last))
		i--;
	if (scan->line_passed || i == 0)
		return FALSE;
	const Level level = *(Level *)scan->levels->pdata[i - 1];
	if (scan->in_header)
		end_header(scan); /* without an empty line */
	end_body(scan);
	g_byte_array_prepend(scan->line, scan->eol, (guint)scan->eol_size);
	scan->eol_size = 0;
	scan->funcs->delimiter(scan->line->data, scan->line->len, scan->user);
	g_ptr_array_set_size(scan->levels, (gint)(last ? i - 1 : i));
	scan->part = last ? level.part : (RpMimePart){.sealed = level.part.sealed};
	scan->in_header = !last;
	scan->in_body = last;
	scan->message_next = !last && level.digest;
	return TRUE;
}

static void
pass_body(RpMimeScan *scan, gsize size)
{
	pass_eol(scan);
	if (size > 0)
		scan->funcs->body(&scan->part, scan->line->data, size, scan->user);
}

/* A line with its end; at the end of the input maybe without. */
static void
take_line(RpMimeScan *scan)
{
	const guint8 *line = scan->line->data;
	gsize size = scan->line->len, eol = 0;
	gboolean passed = scan->line_passed;

	if (take_delimiter(scan)) {
		g_byte_array_set_size(scan->line, 0);
		return;
	}
	if (size > 0 && line[size - 1] == '\n')
		eol = size > 1 && line[size - 2] == '\r' ? 2 : 1;
	if (scan->in_header) {
		g_byte_array_append(scan->header, line, (guint)size);
		if (!passed && size == eol && size > 0)
			end_header(scan);
	} else {
		pass_body(scan, size - eol);
		memcpy(scan->eol, line + size - eol, eol);
		scan->eol_size = eol;
	}
	scan->line_passed = FALSE;
	g_byte_array_set_size(scan->line, 0);
}

/* The beginning of a long line; a CR at its end may be half of a line end. */
static void
pass_piece(RpMimeScan *scan)
{
	gsize size = scan->line->len - (scan->line->data[scan->line->len - 1] == '\r');

	if (scan->in_header)
		g_byte_array_append(scan->header, scan->line->data, (guint)size);
	else
		pass_body(scan, size);
	g_byte_array_remove_range(scan->line, 0, (guint)size);
	scan->line_passed = TRUE;
}

RpMimeScan *
rp_mime_scan_new(const RpMimeFuncs *funcs, gpointer user)
{
	RpMimeScan *scan = g_new0(RpMimeScan, 1);

	scan->funcs = funcs;
	scan->user = user;
	scan->levels = g_ptr_array_new_with_free_func(level_free);
	scan->line = g_byte_array_new();
	scan->header = g_byte_array_new();
	scan->in_header = TRUE;
	return scan;
}

void
rp_mime_scan_feed(RpMimeScan *scan, const guint8 *data, gsize size)
{
	while (size > 0) {
		const guint8 *lf = memchr(data, '\n', size);
		gsize n = lf ? (gsize)(lf + 1 - data) : size;

		g_byte_array_append(scan->line, data, (guint)n);
		data += n;
		size -= n;
		if (lf)
			take_line(scan);
		else if (scan->line->len > LINE_MAX_KEPT)
			pass_piece(scan);
	}
}

void
rp_mime_scan_finish(RpMimeScan *scan)
{
	if (scan->line->len > 0)
		take_line(scan);
	if (scan->in_header)
		end_header(scan);
	if (scan->in_header) /* of a message in it that has nothing */
		end_header(scan);
	pass_eol(scan);
	end_body(scan);
}

void
rp_mime_scan_free(RpMimeScan *scan)
{
	if (!scan)
		return;
	g_ptr_array_unref(scan->levels);
	g_byte_array_unref(scan->line);
	g_byte_array_unref(scan->header);
	g_free(scan);
}
