/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox-private.h"

#include <string.h>

/* An address list in ASCII: what people wrote as encoded words (RFC 2047), all else as it was. */

/* RFC 2047 section 2: at most 75 octets; cut between characters. */
#define WORD_TEXT_MAX 45

static void
append_encoded(GString *out, const char *text)
{
	while (*text) {
		const char *end = text;

		while (*end && g_utf8_next_char(end) - text <= WORD_TEXT_MAX)
			end = g_utf8_next_char(end);
		g_autofree char *word = g_base64_encode((const guchar *)text, (gsize)(end - text));
		g_string_append_printf(out, "=?UTF-8?B?%s?=%s", word, *end ? " " : "");
		text = end;
	}
}

/* Without its marks, or the character behind a backslash. */
static void
append_plain(GString *out, const char *text, const RpMailboxToken *token)
{
	gboolean quoted = token->kind == RP_TOKEN_QUOTED;
	gsize end = token->end - (quoted ? 1 : 0);

	for (gsize at = token->start + (quoted ? 1 : 0); at < end; at++) {
		if (text[at] == '\\' && at + 1 < end)
			at++;
		g_string_append_c(out, text[at]);
	}
}

static gboolean
is_ascii(const char *text, gsize start, gsize end)
{
	for (gsize at = start; at < end; at++)
		if ((guchar)text[at] > 127)
			return FALSE;
	return TRUE;
}

static gboolean
is_blank_between(const RpMailboxToken *first, const RpMailboxToken *second)
{
	return first->end < second->start;
}

typedef struct {
	const RpMailboxList *list;
	GString *out;
	gsize done; /* of the text */
} Writer;

static const RpMailboxToken *
token_of(const Writer *writer, guint i)
{
	return &g_array_index(writer->list->tokens, RpMailboxToken, i);
}

static gboolean
is_token_ascii(const Writer *writer, guint i)
{
	return is_ascii(writer->list->text, token_of(writer, i)->start, token_of(writer, i)->end);
}

/* A word that is encoded already must not become the text of another one. */
static gboolean
is_encoded(const Writer *writer, guint i)
{
	const RpMailboxToken *token = token_of(writer, i);
	const char *word = writer->list->text + token->start;
	gsize length = token->end - token->start;

	return token->kind == RP_TOKEN_ATOM && length > 4 && strncmp(word, "=?", 2) == 0 &&
	       strncmp(word + length - 2, "?=", 2) == 0;
}

static void
copy_up_to(Writer *writer, gsize end)
{
	g_string_append_len(
		writer->out, writer->list->text + writer->done, (gssize)(end - writer->done));
	writer->done = end;
}

/* A comment lies there. */
static gboolean
is_interrupted(const Writer *writer, guint i)
{
	const char *between = writer->list->text + token_of(writer, i)->end;

	return memchr(between, '(', token_of(writer, i + 1)->start - token_of(writer, i)->end) !=
	       NULL;
}

/* The last token of the words that are encoded together: blanks between encoded words are none. */
static guint
last_of_run(const Writer *writer, guint first, guint end)
{
	guint last = first;

	for (guint i = first; i < end; i++) {
		if (is_encoded(writer, i))
			break;
		if (!is_token_ascii(writer, i))
			last = i;
		if (i + 1 < end && is_interrupted(writer, i))
			break;
	}
	return last;
}

static void
write_run(Writer *writer, guint first, guint last, gboolean after_encoded, gboolean before_encoded)
{
	g_autoptr(GString) plain = g_string_new(after_encoded ? " " : NULL);

	for (guint i = first; i <= last; i++) {
		append_plain(plain, writer->list->text, token_of(writer, i));
		if (i < last && is_blank_between(token_of(writer, i), token_of(writer, i + 1)))
			g_string_append_c(plain, ' ');
	}
	if (before_encoded)
		g_string_append_c(plain, ' ');
	copy_up_to(writer, token_of(writer, first)->start);
	/* Words are told apart by blanks: "Foo.Bü", "x"ü. */
	if (writer->out->len > 0 && !strchr(" \t(,;:", writer->out->str[writer->out->len - 1]))
		g_string_append_c(writer->out, ' ');
	append_encoded(writer->out, plain->str);
	writer->done = token_of(writer, last)->end;
	if (!strchr(" \t(),;:<", writer->list->text[writer->done]))
		g_string_append_c(writer->out, ' ');
}

static void
write_phrase(Writer *writer, const RpMailboxPart *part)
{
	guint end = part->first + part->n;

	for (guint i = part->first; i < end; i++) {
		if (is_token_ascii(writer, i))
			continue;
		guint last = last_of_run(writer, i, end);
		write_run(writer, i, last, i > part->first && is_encoded(writer, i - 1),
			last + 1 < end && is_encoded(writer, last + 1));
		i = last;
	}
}

static gboolean
write_domain(Writer *writer, const RpMailboxPart *part)
{
	g_autoptr(GString) domain = g_string_new(NULL);
	g_autofree char *ascii = NULL;
	gsize start = token_of(writer, part->first)->start;
	gsize end = token_of(writer, part->first + part->n - 1)->end;

	if (is_ascii(writer->list->text, start, end))
		return TRUE;
	for (guint i = part->first; i < part->first + part->n; i++)
		append_plain(domain, writer->list->text, token_of(writer, i));
	copy_up_to(writer, start);
	writer->done = end;
	if (rp_mailbox_read_domain(domain->str, &ascii) != RP_MAILBOX_GOOD)
		return FALSE;
	g_string_append(writer->out, ascii);
	return TRUE;
}

static gboolean
write_part(Writer *writer, const RpMailboxPart *part)
{
	switch (part->kind) {
	case RP_PART_PHRASE:
		write_phrase(writer, part);
		return TRUE;
	case RP_PART_LOCAL:
		return is_ascii(writer->list->text, token_of(writer, part->first)->start,
			token_of(writer, part->first + part->n - 1)->end);
	case RP_PART_DOMAIN:
		return write_domain(writer, part);
	}
	return FALSE;
}

/* ---- comments ---- */

/* From the first word that is not ASCII to the last one; parentheses stay. */
static void
write_comment_text(GString *out, const char *text)
{
	gsize start = strlen(text), end = 0;

	for (gsize at = 0; text[at];) {
		gsize word = at + strspn(text + at, " \t");
		gsize after = word + strcspn(text + word, " \t");

		if (!is_ascii(text, word, after)) {
			start = MIN(start, word);
			end = after;
		}
		at = after;
	}
	if (end == 0) {
		g_string_append(out, text);
		return;
	}
	g_autofree char *words = g_strndup(text + start, end - start);
	g_string_append_len(out, text, (gssize)start);
	append_encoded(out, words);
	g_string_append(out, text + end);
}

static char *
comment_to_ascii(const char *text, gsize size)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GString) run = g_string_new(NULL);

	for (gsize at = 0; at < size; at++) {
		if (strchr("()", text[at])) {
			write_comment_text(out, run->str);
			g_string_truncate(run, 0);
			g_string_append_c(out, text[at]);
		} else if (text[at] == '\\' && (guchar)text[at + 1] <= 127) {
			g_string_append_len(run, text + at++, 2);
		} else if (text[at] != '\\') {
			g_string_append_c(run, text[at]);
		}
	}
	return g_strdup(out->str);
}

/* First of all: comments lie anywhere, and none of them is changed but for its letters. */
static char *
with_ascii_comments(const char *text)
{
	g_auto(RpMailboxList) list;
	g_autoptr(GString) out = g_string_new(NULL);
	gsize done = 0;

	rp_mailbox_list_init(&list, text, strlen(text));
	for (guint i = 0; i < list.comments->len; i++) {
		const RpMailboxToken *comment = &g_array_index(list.comments, RpMailboxToken, i);

		if (is_ascii(text, comment->start, comment->end))
			continue;
		g_autofree char *ascii =
			comment_to_ascii(text + comment->start, comment->end - comment->start);
		g_string_append_len(out, text + done, (gssize)(comment->start - done));
		g_string_append(out, ascii);
		done = comment->end;
	}
	g_string_append(out, text + done);
	return g_strdup(out->str);
}

/* ---- the list ---- */

char *
rp_mailbox_list_to_ascii(const char *text)
{
	if (!g_utf8_validate(text, -1, NULL))
		return NULL;
	g_autofree char *commented = with_ascii_comments(text);
	g_auto(RpMailboxList) list;
	g_autoptr(GString) out = g_string_new(NULL);
	Writer writer = {&list, out, 0};

	rp_mailbox_list_init(&list, commented, strlen(commented));
	if (rp_mailbox_list_parse(&list) != RP_MAILBOX_GOOD)
		return NULL;
	for (guint i = 0; i < list.parts->len; i++)
		if (!write_part(&writer, &g_array_index(list.parts, RpMailboxPart, i)))
			return NULL;
	copy_up_to(&writer, list.length);
	return g_str_is_ascii(out->str) ? g_strdup(out->str) : NULL;
}
