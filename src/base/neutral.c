/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <string.h>

/* Text of others, which must not drive a terminal, forge a line
 * of its own, or turn round what stands beside it. */

/* What turns text round: Unicode's Bidi_Control. */
static gboolean
is_bidi_control(gunichar c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

gboolean
rp_is_neutral(gunichar c)
{
	return !g_unichar_iscntrl(c) && c != 0x2028 && c != 0x2029 && !is_bidi_control(c);
}

char *
rp_text_title(const char *text, guint most)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *out = g_string_new(NULL);
	guint n = 0;
	gboolean blank = FALSE;

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!rp_is_neutral(c) || g_unichar_isspace(c)) {
			blank = out->len > 0;
			continue;
		}
		n += blank ? 2 : 1;
		if (n > most)
			break;
		if (blank)
			g_string_append_c(out, ' ');
		blank = FALSE;
		g_string_append_unichar(out, c);
	}
	if (n > most) {
		while (g_utf8_strlen(out->str, -1) > (glong)most - 1)
			g_string_truncate(
				out, (gsize)(g_utf8_prev_char(out->str + out->len) - out->str));
		g_string_append(out, "…");
	}
	return g_string_free(out, FALSE);
}

char *
rp_text_neutral(const char *text, gssize length)
{
	gsize size = length < 0 ? strlen(text) : (gsize)length;
	g_autofree char *copy = g_malloc(size + 1);
	GString *out = g_string_sized_new(size);

	for (gsize i = 0; i < size; i++)
		copy[i] = text[i] ? text[i] : '?';
	g_autofree char *valid = g_utf8_make_valid(copy, (gssize)size);
	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		g_string_append_unichar(out, c == '\t' ? ' ' : rp_is_neutral(c) ? c : '?');
	}
	return g_string_free(out, FALSE);
}
