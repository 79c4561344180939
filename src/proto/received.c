/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/received.h"

#include <string.h>

/* One Received field. The grammar has "from NAME (NAME [ADDRESS]) by NAME", and leaves a comment
 * to whoever writes it: so the client's name and address are looked for in all that stands between
 * "from" and "by". */

typedef enum {
	BEFORE_FROM,
	AT_NAME, /* behind "from" */
	IN_FROM,
	AT_BY,
	BEHIND_BY,
} Part;

typedef struct {
	RpReceived *received;
	Part part;
	char *name;       /* behind "from" */
	RpAddress bare;   /* without brackets: qmail, Exchange */
	gboolean at_helo; /* behind HELO in a comment */
} Reading;

/* ---- words ---- */

static gboolean
is_word(const char *word, const char *other)
{
	return g_ascii_strcasecmp(word, other) == 0;
}

/* "[ADDRESS]", with the tag of RFC 5321 section 4.1.3; a port stands behind it, or within. */
static gboolean
parse_literal(const char *word, RpAddress *address)
{
	const char *end = *word == '[' ? strchr(word, ']') : NULL;
	g_autofree char *text = end ? g_strndup(word + 1, (gsize)(end - word - 1)) : NULL;
	const char *plain = text;
	char *port;

	if (!text)
		return FALSE;
	if (g_ascii_strncasecmp(text, "IPv6:", 5) == 0)
		plain += 5;
	if (rp_address_parse(plain, address))
		return TRUE;
	port = strrchr(plain, ':');
	if (!port)
		port = strrchr(plain, '.');
	if (!port)
		return FALSE;
	*port = '\0';
	return rp_address_parse(plain, address);
}

/* "ADDRESS", or "NAME@ADDRESS", where somebody logged in or was asked for by ident. */
static gboolean
parse_bare(const char *word, RpAddress *address)
{
	const char *at = strrchr(word, '@');

	return rp_address_parse(at ? at + 1 : word, address);
}

static void
set_helo(Reading *reading, const char *word)
{
	if (!reading->received->helo)
		reading->received->helo = g_strdup(word);
}

/* Of a client. Some quote what it said. */
static void
take_word(Reading *reading, char *word)
{
	RpAddress *from = &reading->received->from, found;
	char *plain = g_strdelimit(word, "\"", ' ');

	g_strstrip(plain);
	if (reading->at_helo)
		set_helo(reading, plain);
	else if (g_ascii_strncasecmp(plain, "helo=", 5) == 0)
		set_helo(reading, plain + 5);
	else if (parse_literal(plain, &found))
		*from = from->family == RP_FAMILY_ANY ? found : *from;
	else if (reading->bare.family == RP_FAMILY_ANY && parse_bare(plain, &found))
		reading->bare = found;
	reading->at_helo = !reading->at_helo && (is_word(plain, "HELO") || is_word(plain, "EHLO"));
}

/* ---- comments ---- */

/* Of the comment that begins at `at`: behind its end. Comments in it count as blanks. */
static const char *
skip_comment(const char *at, GString *content)
{
	guint depth = 0;

	for (; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '(' && depth++ == 0)
			continue;
		else if (*at == ')' && --depth == 0)
			return at + 1;
		g_string_append_c(content, depth > 1 || *at == ')' ? ' ' : *at);
	}
	return at;
}

static void
take_comment(Reading *reading, const char *content)
{
	g_auto(GStrv) words = g_strsplit_set(content, " \t", -1);

	if (reading->part != AT_NAME && reading->part != IN_FROM)
		return;
	for (guint i = 0; words[i]; i++)
		if (*words[i])
			take_word(reading, words[i]);
	reading->at_helo = FALSE;
	reading->part = IN_FROM;
}

/* ---- the field ---- */

static void
take_by(Reading *reading, const char *word)
{
	gsize length = strlen(word);

	while (length && word[length - 1] == '.')
		length--;
	reading->received->by = g_strndup(word, length);
	reading->part = BEHIND_BY;
}

static void
take_outer(Reading *reading, char *word)
{
	switch (reading->part) {
	case BEFORE_FROM:
		if (is_word(word, "from"))
			reading->part = AT_NAME;
		else if (is_word(word, "by"))
			reading->part = AT_BY;
		break;
	case AT_NAME:
		reading->name = g_strdup(word);
		reading->part = IN_FROM;
		break;
	case IN_FROM:
		if (is_word(word, "by"))
			reading->part = AT_BY;
		else if (*word == '[')
			take_word(reading, word);
		break;
	case AT_BY:
		take_by(reading, word);
		break;
	case BEHIND_BY:
		break;
	}
}

static void
read_field(Reading *reading, const char *at)
{
	while (*at && reading->part != BEHIND_BY) {
		gsize length = strcspn(at, " \t;(");
		g_autofree char *word = g_strndup(at, length);
		g_autoptr(GString) content = g_string_new(NULL);

		if (length)
			take_outer(reading, word);
		at += length;
		if (*at == '(') {
			at = skip_comment(at, content);
			take_comment(reading, content->str);
		} else if (*at) {
			at++;
		}
	}
}

/* Who says what it was called beside an address alone has that as its name (Exim, CommuniGate). */
static void
conclude(Reading *reading)
{
	RpReceived *received = reading->received;

	if (received->from.family == RP_FAMILY_ANY)
		received->from = reading->bare;
	if (received->from.family == RP_FAMILY_ANY && received->helo && reading->name)
		parse_literal(reading->name, &received->from);
	if (reading->name)
		set_helo(reading, reading->name);
}

void
rp_received_parse(const char *text, gsize length, RpReceived *received)
{
	Reading reading = {.received = received};
	g_autofree char *field = NULL;

	*received = (RpReceived){0};
	if (length > RP_RECEIVED_MOST || memchr(text, '\0', length))
		return;
	field = g_strndup(text, length);
	g_strdelimit(field, "\r\n", ' ');
	read_field(&reading, field);
	conclude(&reading);
	g_free(reading.name);
}

void
rp_received_clear(RpReceived *received)
{
	g_clear_pointer(&received->helo, g_free);
	g_clear_pointer(&received->by, g_free);
}
