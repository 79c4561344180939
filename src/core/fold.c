/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fold-private.h"

#include <string.h>
#include "roampost/mailbox.h"

/* Mail addresses as they are compared: in lower case, and in
 * one spelling where there are several. */

/* Configuration and envelopes have addresses as the reader prints them; what people ask about, and
 * old queues, may have letters in the domain, or quotation marks too many or too few. */
static char *
printed(const RpFolded *folded)
{
	g_autofree char *ascii = NULL;
	char *address;
	int n = (int)(folded->domain - folded->text);

	if (rp_mailbox_read(folded->text, &address) == RP_MAILBOX_GOOD)
		return address;
	g_free(address);
	/* "@domain" */
	if (rp_mailbox_read_domain(folded->domain, &ascii) == RP_MAILBOX_GOOD)
		return g_strdup_printf("%.*s%s", n, folded->text, ascii);
	return NULL;
}

static gboolean
is_as_printed(const RpFolded *folded)
{
	const char *text = folded->text;

	return *text != '"' && *text != '.' && !strstr(text, "..") && !strstr(text, ".@") &&
	       g_str_is_ascii(folded->domain);
}

static void
print(RpFolded *folded)
{
	char *text = printed(folded);

	if (!text)
		return;
	g_free(folded->heap);
	folded->heap = folded->text = text;
	folded->domain = strrchr(text, '@') + 1;
	folded->local_length = (gsize)(folded->domain - text) - 1;
}

/* Each address of each class goes through here at each plan: not by a call into a library. */
static inline char
lower(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
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
		folded->text[i] = lower(source[i]);
		if (source[i] == '@')
			folded->domain = folded->text + i + 1;
	}
	folded->text[length] = '\0';
	folded->local_length = length;
	if (folded->domain)
		folded->local_length = (gsize)(folded->domain - folded->text) - 1;
	else
		folded->domain = folded->text + length;
	if (!is_as_printed(folded))
		print(folded);
}

void
rp_folded_clear(RpFolded *folded)
{
	g_clear_pointer(&folded->heap, g_free);
}
