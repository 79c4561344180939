/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* Servers repeat commands in their answers ("unknown command: PASS ..."), and people read answers:
 * the secret is taken out of them, as it is and in base64. */

#define MASK "***"
/* What is shorter stands in any text, and says nothing of itself. */
#define SHORTEST 3
/* Base64 of the shortest secret. */
#define SHORTEST_WORD 4

static gboolean
is_base64(char c)
{
	return g_ascii_isalnum(c) || c == '+' || c == '/';
}

/* `word` has the secret in it, when it is decoded; padding or an end that is cut off don't matter.
 */
static gboolean
hides(const char *word, gsize length, const char *secret)
{
	gint state = 0;
	guint save = 0;
	g_autofree guchar *octets = g_malloc0(length + 4);
	gsize size = g_base64_decode_step(word, length, octets, &state, &save);
	/* The last octets of a word without its padding. */
	size += g_base64_decode_step(
		"==", length % 4 ? (4 - length % 4) % 3 : 0, octets + size, &state, &save);
	gboolean found = memmem(octets, size, secret, strlen(secret)) != NULL;
	rp_wipe(octets, length + 4);
	rp_wipe(&save, sizeof save);
	return found;
}

char *
rp_sasl_mask(const char *text, const char *secret)
{
	gsize length = strlen(secret);
	if (length < SHORTEST)
		return g_strdup(text);
	GString *masked = g_string_new(NULL);
	while (*text) {
		gsize word = 0;
		if (strncmp(text, secret, length) == 0) {
			g_string_append(masked, MASK);
			text += length;
			continue;
		}
		while (is_base64(text[word]))
			word++;
		if (word >= SHORTEST_WORD && hides(text, word, secret)) {
			g_string_append(masked, MASK);
			text += word + strspn(text + word, "=");
		} else {
			g_string_append_c(masked, *text++);
		}
	}
	return g_string_free(masked, FALSE);
}
