/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include "roampost/language.h"

#include <string.h>

/* What other files of this kind allow and this one does not: quotes around a value, and a comment
 * behind it. Both become part of the value here, which then looks as it was meant. */

static gboolean
is_typographic(gunichar c)
{
	static const gunichar quotes[] = {0x201c, 0x201d, 0x201e, 0x201f, 0x2018, 0x2019, 0x201a,
		0x201b, 0xab, 0xbb, 0x2039, 0x203a, 0x300c, 0x300d, 0x300e, 0x300f, 0xff02, 0xff07};

	for (gsize i = 0; i < G_N_ELEMENTS(quotes); i++)
		if (quotes[i] == c)
			return TRUE;
	return FALSE;
}

static gboolean
is_quote(gunichar c)
{
	return c == '"' || c == '\'' || is_typographic(c);
}

/* Its first and last character but blanks. FALSE: there are no two. No copy is made: it may be a
 * password. */
static gboolean
ends_of(const char *text, gunichar *first, gunichar *last)
{
	const char *end = text + strlen(text);

	while (g_ascii_isspace(*text))
		text++;
	while (end > text && g_ascii_isspace(end[-1]))
		end--;
	if (end == text)
		return FALSE;
	end = g_utf8_prev_char(end);
	*first = g_utf8_get_char(text);
	*last = g_utf8_get_char(end);
	return end > text;
}

gboolean
wording_is_quoted(const char *text)
{
	gunichar first, last;

	return ends_of(text, &first, &last) && is_quote(first) && is_quote(last);
}

/* An address may begin with one of ASCII's ("t t"@odn.example), and none with another. */
static gboolean
has_stray_quote(const char *text)
{
	gunichar first, last;

	return ends_of(text, &first, &last) && (is_typographic(first) || is_typographic(last));
}

gboolean
wording_check(const Option *option, const Value *value, GError **error)
{
	gboolean quoted = wording_is_quoted(value->text) || has_stray_quote(value->text);

	if (option->type->wording != WORDING_STRICT)
		return TRUE;
	for (char **element = value->list; element && *element; element++)
		quoted |= wording_is_quoted(*element) || has_stray_quote(*element);
	if (quoted)
		g_set_error_literal(error, RP_ERROR, RP_ERROR_CONFIG,
			_("values are written without quotes: leave the quotes out"));
	return !quoted;
}

static gboolean
has_comment(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((*at == ' ' || *at == '\t') && (at[1] == '#' || at[1] == ';'))
			return TRUE;
	return FALSE;
}

/* Never with the value: it may be a password. */
void
wording_warn(Reading *reading, const Group *group, const Option *option, const Value *value)
{
	gboolean quoted = !value->list && wording_is_quoted(value->text);

	if (option->type->wording != WORDING_FREE)
		return;
	for (char **element = value->list; element && *element; element++)
		quoted |= wording_is_quoted(*element);
	if (quoted)
		problem_add_key(reading, RP_CONFIG_WARNING, group, option->key,
			_("the quotes are taken as part of the value: leave them out, unless they "
			  "belong to it"));
	if (!value->list && has_comment(value->text))
		problem_add_key(reading, RP_CONFIG_WARNING, group, option->key,
			_("all of it is taken as the value: a comment must stand on a line of its "
			  "own"));
}
