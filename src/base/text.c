/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* Text from elsewhere, as it is shown: nothing in it moves a cursor or begins a line. */

#define SHOWN_MAX 1000

static void
append_shown(GString *shown, gunichar c)
{
	if (g_unichar_isprint(c))
		g_string_append_unichar(shown, c);
	else
		g_string_append_printf(shown, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
}

char *
rp_text_shown(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_autoptr(GString) shown = g_string_new(NULL);
	glong left_out = g_utf8_strlen(valid, -1) - SHOWN_MAX;
	const char *p = valid;

	for (glong i = 0; *p; i++) {
		if (i == SHOWN_MAX / 2 && left_out > 0) {
			g_string_append(shown, "…");
			p = g_utf8_offset_to_pointer(p, left_out);
		}
		append_shown(shown, g_utf8_get_char(p));
		p = g_utf8_next_char(p);
	}
	return g_string_free(g_steal_pointer(&shown), FALSE);
}

char *
rp_text_sentence(const char *words)
{
	gsize word = strcspn(words, " ");
	gboolean is_plain = strcspn(words, "-=_/.:@") >= word;
	gsize length = strlen(words);
	gboolean ends =
		length > 0 && (strchr(".?!", words[length - 1]) || g_str_has_suffix(words, "。"));
	char *sentence = g_strconcat(words, !ends ? C_("end of a sentence", ".") : "", NULL);

	if (is_plain)
		*sentence = g_ascii_toupper(*sentence);
	return sentence;
}

void
rp_text_add_sentence(GString *text, const char *sentence)
{
	if (text->len && *sentence && !g_str_has_suffix(text->str, "。"))
		g_string_append_c(text, ' ');
	g_string_append(text, sentence);
}

char *
rp_url_shown(const char *url)
{
	const char *colon = strstr(url, "://");

	if (!colon)
		return g_strdup(url);
	g_autofree char *start = g_strndup(url, (gsize)(colon + 3 - url));
	g_autofree char *rest = g_strndup(colon + 3, strcspn(colon + 3, "?#"));
	const char *at = g_strrstr_len(rest, (gssize)strcspn(rest, "/"), "@");
	return g_strconcat(start, at ? at + 1 : rest, NULL);
}
