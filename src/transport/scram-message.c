/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scram-private.h"

#include <string.h>

/* GNU SASL reads it too, but derives the key at once: what is asked of us has to be looked at
 * before. */

#define MAX_DIGITS 8

static char *
take_attribute(const char **at, char name)
{
	if ((*at)[0] != name || (*at)[1] != '=')
		return NULL;
	const char *value = *at + 2;
	gsize length = strcspn(value, ",");
	*at = value + length + (value[length] == ',');
	return g_strndup(value, length);
}

static gboolean
parse_iterations(const char *text, guint *iterations)
{
	gsize length = strlen(text);
	if (length == 0 || length > MAX_DIGITS || strspn(text, "0123456789") != length)
		return FALSE;
	*iterations = (guint)g_ascii_strtoull(text, NULL, 10);
	return TRUE;
}

gboolean
rp_scram_first_parse(RpScramFirst *first, const char *text)
{
	*first = (RpScramFirst){0};
	first->nonce = take_attribute(&text, 'r');
	g_autofree char *salt = take_attribute(&text, 's');
	g_autofree char *iterations = take_attribute(&text, 'i');
	if (!first->nonce || !salt || !iterations || !*salt)
		return FALSE;
	first->salt = g_base64_decode(salt, &first->salt_size);
	return first->salt_size > 0 && parse_iterations(iterations, &first->iterations);
}

void
rp_scram_first_clear(RpScramFirst *first)
{
	g_free(first->nonce);
	g_free(first->salt);
	*first = (RpScramFirst){0};
}
