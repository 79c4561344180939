/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message-private.h"

#include <string.h>

static const struct {
	const char *name;
	RpFieldKind kind;
} fields[] = {
	{"from", RP_FIELD_FROM},
	{"date", RP_FIELD_DATE},
	{"message-id", RP_FIELD_MESSAGE_ID},
	{"to", RP_FIELD_RECIPIENTS},
	{"cc", RP_FIELD_RECIPIENTS},
	{"bcc", RP_FIELD_BCC},
	{"resent-to", RP_FIELD_RESENT_RECIPIENTS},
	{"resent-cc", RP_FIELD_RESENT_RECIPIENTS},
	{"resent-bcc", RP_FIELD_RESENT_BCC},
};

static gsize
name_length(const char *line, gsize size)
{
	gsize n = 0;
	while (n < size && line[n] > 32 && line[n] < 127 && line[n] != ':')
		n++;
	return n;
}

gboolean
rp_field_begins(const char *line, gsize size, gsize *value)
{
	gsize n = name_length(line, size);

	if (n == 0)
		return FALSE;
	while (n < size && (line[n] == ' ' || line[n] == '\t'))
		n++;
	if (n == size || line[n] != ':')
		return FALSE;
	if (value)
		*value = n + 1;
	return TRUE;
}

RpFieldKind
rp_field_kind(const char *field, gsize size)
{
	gsize n = name_length(field, size);

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (strlen(fields[i].name) == n &&
			g_ascii_strncasecmp(fields[i].name, field, n) == 0)
			return fields[i].kind;
	return RP_FIELD_OTHER;
}

char *
rp_field_unfold(const char *field, gsize size)
{
	gsize at = 0;
	GString *value = g_string_new(NULL);

	if (!rp_field_begins(field, size, &at))
		at = 0;
	for (; at < size; at++)
		if (field[at] != '\r' && field[at] != '\n' && field[at] != '\0')
			g_string_append_c(value, field[at]);
	return g_strstrip(g_string_free(value, FALSE));
}

RpMessageField *
rp_message_field_new(const char *field, gsize size)
{
	RpMessageField *copy = g_new0(RpMessageField, 1);
	GString *value = g_string_new(NULL);
	gsize at = 0;

	rp_field_begins(field, size, &at);
	for (; at < size; at++)
		if (field[at] != '\r' && field[at] != '\n')
			g_string_append_c(value, field[at]);
	copy->name = g_strndup(field, name_length(field, size));
	copy->length = value->len;
	copy->value = g_string_free(value, FALSE);
	return copy;
}

void
rp_message_field_free(RpMessageField *field)
{
	g_free(field->name);
	g_free(field->value);
	g_free(field);
}

/* ---- mailboxes ---- */

/* A reader of RFC 5322 section 3.4's tokens. */
typedef struct {
	const char *list;
	gsize at;
} Reader;

/* Blanks and nested comments. */
static void
skip_cfws(Reader *reader)
{
	guint depth = 0;

	for (char c; (c = reader->list[reader->at]); reader->at++) {
		if (c == '(')
			depth++;
		else if (depth == 0 && c != ' ' && c != '\t')
			return;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0 && reader->list[reader->at + 1])
			reader->at++;
	}
}

/* Up to and with the closing mark, or to the end of the text. */
static void
take_quoted(Reader *reader, char close, GString *into)
{
	do {
		char c = reader->list[reader->at];
		g_string_append_c(into, c);
		reader->at++;
		if (c == '\\' && reader->list[reader->at])
			g_string_append_c(into, reader->list[reader->at++]);
	} while (reader->list[reader->at] && reader->list[reader->at] != close);
	if (reader->list[reader->at])
		g_string_append_c(into, reader->list[reader->at++]);
}

/* Atoms with their dots, quoted strings and domain literals, as long as nothing is between them. */
static gboolean
take_word(Reader *reader, GString *into)
{
	gsize from = reader->at;

	for (char c; (c = reader->list[reader->at]) && !strchr(" \t(<>@,;:)]", c);) {
		if (c == '"' || c == '[')
			take_quoted(reader, c == '"' ? '"' : ']', into);
		else
			g_string_append_c(into, reader->list[reader->at++]);
	}
	return reader->at > from;
}

/* "local" or "local@domain"; FALSE where the words do not make one. */
static gboolean
take_address(Reader *reader, gsize *start, gsize *end, GString *address)
{
	skip_cfws(reader);
	*start = reader->at;
	g_string_truncate(address, 0);
	if (!take_word(reader, address))
		return FALSE;
	*end = reader->at;
	skip_cfws(reader);
	if (reader->list[reader->at] != '@')
		return TRUE;
	g_string_append_c(address, '@');
	reader->at++;
	skip_cfws(reader);
	if (!take_word(reader, address))
		return FALSE;
	*end = reader->at;
	skip_cfws(reader);
	return TRUE;
}

/* After "<"; a source route (RFC 5322 section 4.4) is passed over. */
static gboolean
take_angle(Reader *reader, gsize *start, gsize *end, GString *address)
{
	skip_cfws(reader);
	if (reader->list[reader->at] == '@') {
		const char *colon = strchr(reader->list + reader->at, ':');
		if (!colon)
			return FALSE;
		reader->at = colon + 1 - reader->list;
	}
	return take_address(reader, start, end, address) && reader->list[reader->at] == '>';
}

/* On to what ends this mailbox; "<" and ":" give the words before them another meaning. */
static char
skip_words(Reader *reader)
{
	g_autoptr(GString) ignored = g_string_new(NULL);

	for (char c; (c = reader->list[reader->at]) && !strchr("<:,;", c); skip_cfws(reader))
		if (!take_word(reader, ignored))
			reader->at++;
	return reader->list[reader->at];
}

gboolean
rp_mailbox_span(const char *list, gsize *start, gsize *end, GString *address)
{
	Reader reader = {list, 0};

	while (skip_cfws(&reader), list[reader.at]) {
		gsize before = reader.at;
		gboolean whole = take_address(&reader, start, end, address);
		char stop = list[reader.at];

		if (whole && (stop == '\0' || stop == ',' || stop == ';'))
			return TRUE;
		stop = skip_words(&reader);
		if (stop == '<') {
			reader.at++;
			if (take_angle(&reader, start, end, address))
				return TRUE;
			skip_words(&reader);
		}
		if (list[reader.at] && strchr(":,;", list[reader.at]))
			reader.at++;
		else if (reader.at == before)
			reader.at++;
	}
	return FALSE;
}

char *
rp_message_first_mailbox(const char *list)
{
	g_autoptr(GString) address = g_string_new(NULL);
	gsize start, end;

	if (!rp_mailbox_span(list, &start, &end, address))
		return NULL;
	return g_strdup(address->str);
}

char *
rp_mailbox_replace(const char *list, const char *address)
{
	g_autoptr(GString) old = g_string_new(NULL);
	gsize start, end;

	if (!rp_mailbox_span(list, &start, &end, old))
		return g_strdup(address);
	return g_strdup_printf("%.*s%s%s", (int)start, list, address, list + end);
}
