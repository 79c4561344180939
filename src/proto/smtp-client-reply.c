/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

#include "roampost/base.h"

#include <string.h>

/* Replies out of octets: multi-line ones put together, cleaned
 * of what could move a cursor, and cut. */

/* RFC 5321 section 4.5.3.1.5 allows 512 octets a line; servers exceed it. What is longer than we
 * keep is dropped, a reply that doesn't end is not SMTP. But its last line says at its beginning
 * what it is: that counts, however long the line is. */
#define LINE_KEPT 1024
#define TEXT_KEPT 2048
#define REPLY_LIMIT (64 * 1024)

void
rp_smtp_parser_init(RpSmtpParser *parser)
{
	parser->line = g_string_new(NULL);
	parser->text = g_string_new(NULL);
	parser->total = 0;
	parser->code = 0;
	parser->skip = FALSE;
}

void
rp_smtp_parser_begin_anew(RpSmtpParser *parser)
{
	g_string_truncate(parser->line, 0);
	parser->total = 0;
}

void
rp_smtp_parser_clear(RpSmtpParser *parser)
{
	g_string_free(parser->line, TRUE);
	g_string_free(parser->text, TRUE);
}

static gboolean
is_code(const GString *line)
{
	return line->len >= 3 && line->str[0] >= '2' && line->str[0] <= '5' &&
	       g_ascii_isdigit(line->str[1]) && g_ascii_isdigit(line->str[2]) &&
	       (line->len == 3 || line->str[3] == ' ' || line->str[3] == '-');
}

static guint
code_of(const GString *line)
{
	return (guint)(line->str[0] - '0') * 100 + (guint)(line->str[1] - '0') * 10 +
	       (guint)(line->str[2] - '0');
}

/* Server text ends up in logs, on terminals and in notifications. */
static char *
clean_text(const char *text, gsize length)
{
	return rp_text_neutral(text, (gssize)length);
}

/* Servers repeat the enhanced code in each line (RFC 2034 section 4); one is enough. */
static gsize
repeated_code(const char *first, const char *words)
{
	gsize length = strspn(first, "0123456789.");
	if (length < 5 || first[length] != ' ' || strncmp(first, words, length + 1) != 0)
		return 0;
	return length + 1;
}

static void
add_text(RpSmtpParser *parser)
{
	gsize start = MIN(parser->line->len, 4);
	g_autofree char *words = clean_text(parser->line->str + start, parser->line->len - start);
	const char *rest = words;
	if (parser->text->len > 0)
		rest += repeated_code(parser->text->str, words);
	if (parser->text->len + strlen(rest) + 1 > TEXT_KEPT)
		return;
	if (parser->text->len > 0 && *rest)
		g_string_append_c(parser->text, '\n');
	g_string_append(parser->text, rest);
}

/* One whole line is there. */
static RpSmtpParse
take_line(RpSmtpParser *parser)
{
	while (parser->line->len > 0 && parser->line->str[parser->line->len - 1] == '\r')
		g_string_truncate(parser->line, parser->line->len - 1);
	if (!is_code(parser->line))
		return RP_SMTP_PARSE_BAD;
	/* The codes of all lines should be the same (RFC 5321 section 4.2.1); where they are not,
	 * the last one counts, as in other clients. */
	parser->code = code_of(parser->line);
	gboolean more = parser->line->len > 3 && parser->line->str[3] == '-';
	add_text(parser);
	g_string_truncate(parser->line, 0);
	return more ? RP_SMTP_PARSE_MORE : RP_SMTP_PARSE_REPLY;
}

static void
begin_reply(RpSmtpParser *parser)
{
	parser->code = 0;
	parser->total = 0;
	g_string_truncate(parser->text, 0);
}

static void
keep(RpSmtpParser *parser, const guint8 *data, gsize size)
{
	gsize room = LINE_KEPT - MIN(parser->line->len, LINE_KEPT);
	g_string_append_len(parser->line, (const char *)data, (gssize)MIN(size, room));
	parser->total += size;
}

static gboolean
is_last_line(const GString *line)
{
	return is_code(line) && (line->len == 3 || line->str[3] == ' ');
}

static RpSmtpParse
take_reply(RpSmtpParser *parser)
{
	RpSmtpParse parse = take_line(parser);

	if (parse == RP_SMTP_PARSE_REPLY)
		parser->total = 0;
	return parse;
}

/* What is left of a line that was taken for its beginning. */
static gsize
skip_line(RpSmtpParser *parser, const guint8 *data, gsize size)
{
	const guint8 *end = memchr(data, '\n', size);

	parser->skip = !end;
	return end ? (gsize)(end - data) + 1 : size;
}

RpSmtpParse
rp_smtp_parser_feed(RpSmtpParser *parser, const guint8 *data, gsize size, gsize *used)
{
	*used = parser->skip ? skip_line(parser, data, size) : 0;
	if (parser->total == 0)
		begin_reply(parser);
	while (*used < size) {
		const guint8 *from = data + *used;
		const guint8 *end = memchr(from, '\n', size - *used);
		gsize length = end ? (gsize)(end - from) : size - *used;
		keep(parser, from, length + (end ? 1 : 0));
		if (end && parser->line->len > 0 &&
			parser->line->str[parser->line->len - 1] == '\n')
			g_string_truncate(parser->line, parser->line->len - 1);
		*used += length + (end ? 1 : 0);
		gboolean too_long = parser->total > REPLY_LIMIT && parser->line->len > 3;
		if (too_long && !is_last_line(parser->line))
			return RP_SMTP_PARSE_BAD;
		if (!end && !too_long)
			return RP_SMTP_PARSE_MORE;
		parser->skip = !end;
		RpSmtpParse parse = take_reply(parser);
		if (parse != RP_SMTP_PARSE_MORE)
			return parse;
	}
	return RP_SMTP_PARSE_MORE;
}

RpSmtpReply *
rp_smtp_reply_new(RpStage stage, guint code, const char *text)
{
	RpSmtpReply *reply = g_new0(RpSmtpReply, 1);
	reply->text = g_strdup(text ? text : "");
	reply->reply = rp_reply_make(stage, code, reply->text);
	return reply;
}

void
rp_smtp_reply_free(RpSmtpReply *reply)
{
	if (!reply)
		return;
	g_free(reply->text);
	g_free(reply);
}
