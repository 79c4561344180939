/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox-private.h"

#include <string.h>

/* Address lists into words and marks (RFC 5322 section 3.2), with what is found in real ones: raw
 * 8-bit, ISO-2022-JP, encoded words with marks in them. */

#define ESC '\033'

typedef struct {
	const char *text;
	gsize length;
} Text;

static char
octet(const Text *text, gsize at)
{
	return at < text->length ? text->text[at] : '\0';
}

/* RFC 1468: ESC ( B and ESC ( J are ASCII as far as lists go. */
static gboolean
is_ascii_again(const Text *text, gsize at)
{
	char set = octet(text, at + 2);

	return octet(text, at) == ESC && octet(text, at + 1) == '(' && set && strchr("BJH", set);
}

/* Behind one character, which is all of another character set up to ASCII again; 0: that does not
 * come. */
static gsize
next(const Text *text, gsize at)
{
	if (octet(text, at) != ESC)
		return at + 1;
	if (is_ascii_again(text, at))
		return at + 3;
	if (octet(text, at + 1) != '$' &&
		(octet(text, at + 1) != '(' || octet(text, at + 2) != 'I'))
		return 0;
	/* No line end either: a line begins in ASCII. */
	for (at++; octet(text, at) == ESC || !g_ascii_iscntrl(octet(text, at)); at++)
		if (is_ascii_again(text, at))
			return at + 3;
	return 0;
}

/* Blanks, and line ends before blanks (RFC 5322 section 2.2.3). */
static gsize
skip_blanks(const Text *text, gsize at)
{
	for (;;) {
		gsize line = at;

		if (octet(text, line) == '\r' && octet(text, line + 1) == '\n')
			line++;
		line += octet(text, line) == '\n';
		if (octet(text, line) != ' ' && octet(text, line) != '\t')
			return at;
		at = line + 1;
	}
}

static RpMailboxToken
token(RpTokenKind kind, gsize start, gsize end)
{
	return (RpMailboxToken){(guint32)start, (guint32)end, (guint8)kind, RP_MAILBOX_GOOD};
}

static RpMailboxToken
bad(const Text *text, gsize start, RpMailboxResult why)
{
	return (RpMailboxToken){
		(guint32)start, (guint32)text->length, (guint8)RP_TOKEN_BAD, (guint8)why};
}

/* Control characters that are none of a blank, a fold or another character set. */
static gboolean
is_control(const Text *text, gsize at)
{
	char c = octet(text, at);

	return g_ascii_iscntrl(c) && c != ESC && skip_blanks(text, at) == at;
}

/* Up to what closes it; comments nest. */
static RpMailboxToken
enclosed(const Text *text, gsize start, RpTokenKind kind, char close, RpMailboxResult unclosed)
{
	guint depth = 1;

	for (gsize at = start + 1; at < text->length;) {
		char c = text->text[at];

		if (is_control(text, at))
			return bad(text, start, RP_MAILBOX_CONTROL);
		if (c == close && --depth == 0)
			return token(kind, start, at + 1);
		depth += kind == RP_TOKEN_COMMENT && c == '(';
		at += c == '\\' && at + 1 < text->length && !is_control(text, at + 1);
		gsize after = next(text, at);
		if (after == 0)
			return bad(text, start, RP_MAILBOX_OPEN_CHARSET);
		at = after;
	}
	return bad(text, start, unclosed);
}

/* RFC 2047 section 2: behind "=?charset?B?text?=", whatever marks are in the text; 0: it is none.
 */
static gsize
encoded_word(const Text *text, gsize at)
{
	gsize charset = at + 2;

	if (octet(text, at) != '=' || octet(text, at + 1) != '?')
		return 0;
	for (at = charset; g_ascii_isalnum(octet(text, at)) ||
			   (octet(text, at) && strchr("-_.:+*", octet(text, at)));)
		at++;
	char encoding = g_ascii_toupper(octet(text, at + 1));
	if (at == charset || octet(text, at) != '?' || (encoding != 'B' && encoding != 'Q') ||
		octet(text, at + 2) != '?')
		return 0;
	for (at += 3; g_ascii_isgraph(octet(text, at)) && octet(text, at) != '?';)
		at++;
	return octet(text, at) == '?' && octet(text, at + 1) == '=' ? at + 2 : 0;
}

static RpMailboxToken
atom(const Text *text, gsize start)
{
	gsize word = encoded_word(text, start), at = word ? word : start;

	while (rp_mailbox_is_atext(octet(text, at)) || octet(text, at) == ESC) {
		gsize after = next(text, at);

		if (after == 0)
			return bad(text, at, RP_MAILBOX_OPEN_CHARSET);
		at = after;
	}
	return token(RP_TOKEN_ATOM, start, at);
}

/* "Foo\ <a@b>": before a blank or a bracket it is only a mark; else it takes the next character. */
static RpMailboxToken
backslash(const Text *text, gsize start)
{
	char c = octet(text, start + 1);
	gsize after = start + 1 >= text->length || strchr(" \t\r\n<", c) ? start + 1
									 : next(text, start + 1);

	if (after > start + 1 && is_control(text, start + 1))
		return bad(text, start, RP_MAILBOX_CONTROL);
	return after ? token(RP_TOKEN_PAIR, start, after)
		     : bad(text, start, RP_MAILBOX_OPEN_CHARSET);
}

static RpMailboxToken
take(const Text *text, gsize start)
{
	char c = text->text[start];

	if (rp_mailbox_is_atext(c) || c == ESC)
		return atom(text, start);
	if (c == '"')
		return enclosed(text, start, RP_TOKEN_QUOTED, '"', RP_MAILBOX_OPEN_QUOTE);
	if (c == '(')
		return enclosed(text, start, RP_TOKEN_COMMENT, ')', RP_MAILBOX_OPEN_COMMENT);
	if (c == '[')
		return enclosed(text, start, RP_TOKEN_LITERAL, ']', RP_MAILBOX_OPEN_LITERAL);
	if (c == '\\')
		return backslash(text, start);
	if (c && strchr("<>],;:@.", c))
		return token(RP_TOKEN_MARK, start, start + 1);
	return bad(text, start, c == ')' ? RP_MAILBOX_STRAY : RP_MAILBOX_CONTROL);
}

void
rp_mailbox_tokens(const char *list, gsize length, GArray *tokens, GArray *comments)
{
	const Text text = {list, length};
	const RpMailboxToken end = token(RP_TOKEN_END, length, length);

	for (gsize at = 0; (at = skip_blanks(&text, at)) < length;) {
		RpMailboxToken found = take(&text, at);

		at = found.end;
		g_array_append_val(found.kind == RP_TOKEN_COMMENT ? comments : tokens, found);
	}
	g_array_append_val(tokens, end);
}
