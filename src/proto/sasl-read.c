/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* Answers out of a stream. A challenge is kept whole, which RpSmtpParser does not. */

#define MAX_LINE 12288 /* RFC 4954 section 4, for lines of the exchange */

void
rp_sasl_reader_init(RpSaslReader *reader, gboolean pop)
{
	reader->pop = pop;
	reader->line = g_string_new(NULL);
	reader->words = g_string_new(NULL);
	rp_smtp_parser_init(&reader->parser);
}

void
rp_sasl_reader_clear(RpSaslReader *reader)
{
	g_string_free(reader->line, TRUE);
	g_string_free(reader->words, TRUE);
	rp_smtp_parser_clear(&reader->parser);
}

/* ---- SMTP ---- */

static RpSaslAnswerKind
kind_of_code(guint code)
{
	if (code == 334)
		return RP_SASL_ANSWER_GO_ON;
	if (code == 235)
		return RP_SASL_ANSWER_YES;
	return code >= 400 ? RP_SASL_ANSWER_NO : RP_SASL_ANSWER_ODD;
}

/* TRUE: with this line the reply is complete. */
static gboolean
take_smtp(RpSaslReader *reader, RpSaslAnswer *answer)
{
	GString *line = reader->line;
	gsize used = 0;
	g_string_append_c(line, '\n');
	RpSmtpParse parse =
		rp_smtp_parser_feed(&reader->parser, (const guint8 *)line->str, line->len, &used);
	g_string_truncate(line, line->len - 1);
	if (parse == RP_SMTP_PARSE_MORE)
		return FALSE;
	answer->code = reader->parser.code;
	answer->text = reader->parser.text->str;
	answer->kind = parse == RP_SMTP_PARSE_BAD ? RP_SASL_ANSWER_BAD : kind_of_code(answer->code);
	answer->challenge = line->len > 4 ? line->str + 4 : "";
	return TRUE;
}

/* ---- POP3 ---- */

static gboolean
begins(const char *line, const char *word)
{
	gsize length = strlen(word);
	return g_ascii_strncasecmp(line, word, length) == 0 &&
	       (line[length] == '\0' || line[length] == ' ' || line[length] == '\t');
}

static gboolean
take_pop(RpSaslReader *reader, RpSaslAnswer *answer)
{
	static const struct {
		const char *word;
		RpSaslAnswerKind kind;
	} words[] = {
		{"+OK", RP_SASL_ANSWER_YES},
		{"-ERR", RP_SASL_ANSWER_NO},
		{"+ERR", RP_SASL_ANSWER_NO}, /* hMailServer, of an inbox that it can't open */
		{"+", RP_SASL_ANSWER_GO_ON},
	};
	const char *line = reader->line->str;
	answer->kind = RP_SASL_ANSWER_BAD;
	for (gsize i = 0; i < G_N_ELEMENTS(words) && answer->kind == RP_SASL_ANSWER_BAD; i++) {
		if (!begins(line, words[i].word))
			continue;
		answer->kind = words[i].kind;
		line += strlen(words[i].word);
	}
	g_autofree char *text = g_utf8_make_valid(line, -1);
	for (char *at = text; *at; at++) {
		if (g_ascii_iscntrl(*at))
			*at = ' ';
	}
	g_string_assign(reader->words, g_strstrip(text));
	answer->text = reader->words->str;
	answer->challenge = *line ? line + 1 : "";
	return TRUE;
}

/* ---- lines ---- */

static gboolean
take_line(RpSaslReader *reader, RpSaslAnswer *answer)
{
	GString *line = reader->line;
	while (line->len > 0 && line->str[line->len - 1] == '\r')
		g_string_truncate(line, line->len - 1);
	reader->answered = reader->pop ? take_pop(reader, answer) : take_smtp(reader, answer);
	if (!reader->answered)
		g_string_truncate(line, 0);
	return reader->answered;
}

gboolean
rp_sasl_reader_feed(
	RpSaslReader *reader, const guint8 *data, gsize size, gsize *used, RpSaslAnswer *answer)
{
	*used = 0;
	*answer = (RpSaslAnswer){.text = "", .challenge = ""};
	if (reader->answered)
		g_string_truncate(reader->line, 0);
	reader->answered = FALSE;
	while (*used < size) {
		const guint8 *from = data + *used;
		const guint8 *end = memchr(from, '\n', size - *used);
		gsize length = end ? (gsize)(end - from) : size - *used;
		if (reader->line->len + length > MAX_LINE) {
			answer->kind = RP_SASL_ANSWER_BAD;
			return TRUE;
		}
		g_string_append_len(reader->line, (const char *)from, (gssize)length);
		*used += length + (end ? 1 : 0);
		if (end && take_line(reader, answer))
			return TRUE;
	}
	return FALSE;
}

/* ---- challenges ---- */

/* Strict: what GLib would pass over is not base64. */
static gboolean
is_base64(const char *text, gsize length)
{
	gsize padding = 0;
	for (gsize i = 0; i < length; i++) {
		if (text[i] == '=')
			padding++;
		else if (padding > 0 ||
			 (!g_ascii_isalnum(text[i]) && text[i] != '+' && text[i] != '/'))
			return FALSE;
	}
	return length % 4 == 0 && padding <= 2;
}

guint8 *
rp_sasl_decode(const char *challenge, gboolean lenient, gsize *size)
{
	gsize length = strlen(challenge);
	while (length > 0 && g_ascii_isspace(challenge[length - 1]))
		length--;
	gboolean encoded = is_base64(challenge, length);
	if (!encoded && !lenient)
		return NULL;
	guint8 *octets = g_malloc0(length + 1);
	memcpy(octets, challenge, length);
	*size = length;
	if (encoded && length > 0)
		g_base64_decode_inplace((char *)octets, size);
	octets[*size] = '\0';
	return octets;
}
