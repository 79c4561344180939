/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fold-private.h"

#include <string.h>

/* Configuration and envelopes have domains as A-labels (RFC 5890); headers may have the letters. */
static void
fold_domain(RpFolded *folded)
{
	g_autofree char *ascii = g_hostname_to_ascii(folded->domain);

	if (!ascii)
		return;
	char *text = g_strdup_printf(
		"%.*s%s", (int)(folded->domain - folded->text), folded->text, ascii);
	g_free(folded->heap);
	folded->domain = text + (folded->domain - folded->text);
	folded->heap = folded->text = text;
}

void
rp_folded_init(RpFolded *folded, const char *address)
{
	/* <> is how people write the empty sender */
	const char *source = address && !g_str_equal(address, "<>") ? address : "";
	gsize length = strlen(source);

	folded->heap = length < sizeof folded->buffer ? NULL : g_malloc(length + 1);
	folded->text = folded->heap ? folded->heap : folded->buffer;
	folded->domain = NULL;
	for (gsize i = 0; i < length; i++) {
		folded->text[i] = g_ascii_tolower(source[i]);
		if (source[i] == '@')
			folded->domain = folded->text + i + 1;
	}
	folded->text[length] = '\0';
	folded->local_length = length;
	if (folded->domain)
		folded->local_length = (gsize)(folded->domain - folded->text) - 1;
	else
		folded->domain = folded->text + length;
	if (!g_str_is_ascii(folded->domain))
		fold_domain(folded);
}

void
rp_folded_clear(RpFolded *folded)
{
	g_clear_pointer(&folded->heap, g_free);
}
