/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/submit.h"

#include "roampost/module.h"

#include <string.h>

/* What people know a message by: its Subject, as it is kept with it. */

/* RFC 2047's words are read by GMime, in a module that is loaded for them. NULL: it can't be. */
static char *
decode_words(const char *value)
{
	char *(*decode)(const char *value) = (char *(*)(const char *))rp_module_function(
		"roampost-addresses.so", "rp_module_decode_text");

	return decode ? decode(value) : NULL;
}

char *
rp_submit_subject(const char *value)
{
	g_autofree char *decoded = NULL;

	if (!value)
		return NULL;
	/* What is not UTF-8 is most likely Latin-1: that is how others read it too. */
	if (!g_utf8_validate(value, -1, NULL))
		decoded = g_convert(value, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
	if (strstr(value, "=?")) {
		char *words = decode_words(decoded ? decoded : value);

		if (words) {
			g_free(decoded);
			decoded = words;
		}
	}
	return rp_text_title(decoded ? decoded : value, RP_SUBJECT_MOST);
}
