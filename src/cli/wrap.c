/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"

/* How wide text is on a terminal, where it is cut or filled up, and where its lines are broken. */

static guint
char_width(gunichar c)
{
	if (c >= ' ' && c < 0x7f)
		return 1;
	if (g_unichar_iszerowidth(c))
		return 0;
	return g_unichar_iswide(c) ? 2 : 1;
}

guint
rp_cli_text_width(const char *text)
{
	guint width = 0;

	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
		width += char_width(g_utf8_get_char(p));
	return width;
}

const char *
rp_cli_text_at_width(const char *text, guint width)
{
	guint so_far = 0;

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		guint step = char_width(g_utf8_get_char(text));

		if (so_far + step > width)
			break;
		so_far += step;
	}
	return text;
}

char *
rp_cli_cut(const char *text, guint width)
{
	const char *end;

	if (rp_cli_text_width(text) <= width)
		return g_strdup(text);
	end = rp_cli_text_at_width(text, width - 1);
	return g_strdup_printf("%.*s…", (int)(end - text), text);
}

char *
rp_cli_pad(const char *text, guint width, gboolean right)
{
	g_autofree char *shown = rp_cli_cut(text, width);
	int fill = (int)(width - rp_cli_text_width(shown));

	return g_strdup_printf("%*s%s%*s", right ? fill : 0, "", shown, right ? 0 : fill, "");
}

#define BREAK(type) (G_GUINT64_CONSTANT(1) << G_UNICODE_BREAK_##type)

/* What stands at no line's beginning, and at no line's end (UAX #14; in Japanese, kinsoku). */
static const guint64 no_first = BREAK(CLOSE_PUNCTUATION) | BREAK(CLOSE_PARANTHESIS) |
				BREAK(NON_STARTER) | BREAK(EXCLAMATION) | BREAK(INFIX_SEPARATOR) |
				BREAK(CONDITIONAL_JAPANESE_STARTER) | BREAK(INSEPARABLE) |
				BREAK(COMBINING_MARK);
static const guint64 no_last = BREAK(OPEN_PUNCTUATION);

/* At a blank, and beside letters that have none between words. */
static gboolean
may_break(gunichar before, gunichar after)
{
	if (after == ' ')
		return TRUE;
	if (before == ' ' || (char_width(before) < 2 && char_width(after) < 2))
		return FALSE;
	return !(no_last >> g_unichar_break_type(before) & 1) &&
	       !(no_first >> g_unichar_break_type(after) & 1);
}

/* Where to break the text so that the first part fits; a word longer than a line is cut. */
static const char *
find_break(const char *text, guint width)
{
	const char *limit = rp_cli_text_at_width(text, width);

	if (*limit == '\0')
		return limit;
	for (const char *at = limit; at > text; at = g_utf8_prev_char(at))
		if (may_break(g_utf8_get_char(g_utf8_prev_char(at)), g_utf8_get_char(at)))
			return at;
	return limit > text ? limit : g_utf8_next_char(text);
}

char **
rp_cli_wrap(const char *text, guint width)
{
	g_autoptr(GStrvBuilder) lines = g_strv_builder_new();

	do {
		const char *end = find_break(text, width);
		g_autofree char *line = g_strndup(text, (gsize)(end - text));

		g_strv_builder_add(lines, line);
		text = end;
		while (*text == ' ')
			text++;
	} while (*text != '\0');
	return g_strv_builder_end(lines);
}
