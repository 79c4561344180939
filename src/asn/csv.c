/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"

#include "roampost/language.h"

#include <string.h>

/* Lines into fields: RFC 4180 where commas separate, plain where tabs do (there a quotation mark is
 * one like any other). */

enum { FIELD_LONGEST = 4096 }; /* what is longer has lost its closing quotation mark */

static gboolean
begins_remark(char c)
{
	return c == '#' || c == ';';
}

/* By the first line that is no remark. */
static char
tell_separator(const char *at, const char *end)
{
	while (at < end) {
		const char *newline = memchr(at, '\n', (gsize)(end - at));
		const char *line_end = newline ? newline : end;

		if (!begins_remark(*at) && line_end - at > 1)
			return memchr(at, '\t', (gsize)(line_end - at)) ? '\t' : ',';
		at = newline ? newline + 1 : end;
	}
	return ',';
}

void
rp_csv_init(RpCsv *csv, const char *text, gsize length)
{
	*csv = (RpCsv){.at = text, .end = text + length, .next_line = 1};
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		csv->at += 3;
	csv->separator = tell_separator(csv->at, csv->end);
	csv->text = g_string_new(NULL);
	csv->starts = g_array_new(FALSE, FALSE, sizeof(gsize));
}

void
rp_csv_clear(RpCsv *csv)
{
	g_string_free(csv->text, TRUE);
	g_array_unref(csv->starts);
}

/* Of a quoted field, from behind the opening mark to behind the closing one. FALSE: there is none.
 */
static gboolean
read_quoted(RpCsv *csv)
{
	gsize start = csv->text->len;

	for (; csv->at < csv->end && csv->text->len - start <= FIELD_LONGEST; csv->at++) {
		if (*csv->at == '"' && (csv->at + 1 == csv->end || csv->at[1] != '"')) {
			csv->at++;
			return TRUE;
		}
		csv->at += *csv->at == '"';
		csv->next_line += *csv->at == '\n';
		g_string_append_c(csv->text, *csv->at == '\n' || !*csv->at ? ' ' : *csv->at);
	}
	return FALSE;
}

static gboolean
read_field(RpCsv *csv)
{
	gsize start = csv->text->len;

	g_array_append_val(csv->starts, start);
	while (csv->at < csv->end && *csv->at == ' ')
		csv->at++;
	if (csv->separator == ',' && csv->at < csv->end && *csv->at == '"') {
		csv->at++;
		if (!read_quoted(csv))
			return FALSE;
	}
	for (; csv->at < csv->end && *csv->at != csv->separator && *csv->at != '\n'; csv->at++)
		g_string_append_c(csv->text, *csv->at ? *csv->at : '?');
	while (csv->text->len > start && strchr(" \r", csv->text->str[csv->text->len - 1]))
		g_string_truncate(csv->text, csv->text->len - 1);
	g_string_append_c(csv->text, '\0');
	return TRUE;
}

static gboolean
is_empty(const RpCsv *csv)
{
	return csv->starts->len == 1 && *rp_csv_field(csv, 0) == '\0';
}

gboolean
rp_csv_read(RpCsv *csv, const char **fault)
{
	gboolean closed;

	*fault = NULL;
	do {
		if (csv->at >= csv->end)
			return FALSE;
		g_string_truncate(csv->text, 0);
		g_array_set_size(csv->starts, 0);
		csv->line = csv->next_line;
		while ((closed = read_field(csv)) && csv->at < csv->end &&
			*csv->at == csv->separator)
			csv->at++;
		if (!closed) {
			*fault = _("a quotation mark is never closed");
			return FALSE;
		}
		csv->next_line++;
		csv->at++;
	} while (is_empty(csv) || begins_remark(*rp_csv_field(csv, 0)));
	return TRUE;
}

const char *
rp_csv_field(const RpCsv *csv, gint index)
{
	return index >= 0 && (guint)index < csv->starts->len
		       ? csv->text->str + g_array_index(csv->starts, gsize, index)
		       : "";
}

void
rp_csv_join(const RpCsv *csv, gint index, GString *into)
{
	g_string_truncate(into, 0);
	for (; (guint)index < csv->starts->len; index++) {
		if (into->len)
			g_string_append(into, csv->separator == ',' ? ", " : " ");
		g_string_append(into, rp_csv_field(csv, index));
	}
}
