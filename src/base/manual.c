/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/manual.h"

#include <string.h>

/* Text of our tables as the source of a manual page, mdoc(7): in ASCII, so that every troff reads
 * it, in lines that end where sentences do and are not too long for it. */

#define MANUAL_WIDTH 78

char *
rp_manual_escape(const char *text)
{
	GString *out = g_string_new(NULL);

	/* groff has some of these for no terminal but one of UTF-8. */
	for (const char *c = text; *c; c = g_utf8_next_char(c)) {
		gunichar character = g_utf8_get_char(c);

		if (character == '\\')
			g_string_append(out, "\\e");
		else if (character < 0x80)
			g_string_append_c(out, (char)character);
		else if (character == 0x2026) /* … */
			g_string_append(out, "...");
		else if (character == 0x201C || character == 0x201D) /* “ ” */
			g_string_append(out, character == 0x201C ? "\\(lq" : "\\(rq");
		else
			g_string_append_printf(out, "\\[u%04X]", character);
	}
	return g_string_free(out, FALSE);
}

/* One sentence. A line that began with a dot or an apostrophe would be a request. */
static void
append_sentence(GString *out, const char *sentence)
{
	g_auto(GStrv) words = g_strsplit(sentence, " ", -1);
	gsize column = 0;

	for (char **word = words; *word; word++) {
		g_autofree char *escaped = rp_manual_escape(*word);
		gsize length = strlen(escaped);

		if (column > 0 && column + 1 + length > MANUAL_WIDTH) {
			g_string_append_c(out, '\n');
			column = 0;
		}
		if (column > 0)
			g_string_append_c(out, ' ');
		else if (*escaped == '.' || *escaped == '\'')
			g_string_append(out, "\\&");
		g_string_append(out, escaped);
		column += length + 1;
	}
}

void
rp_manual_append(GString *out, const char *text)
{
	g_auto(GStrv) sentences = g_strsplit(text, ". ", -1);

	for (char **sentence = sentences; *sentence; sentence++) {
		append_sentence(out, *sentence);
		g_string_append(out, sentence[1] ? ".\n" : "\n");
	}
}
