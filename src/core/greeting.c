/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/greeting.h"

#include "roampost/serverset.h"

#include <string.h>

/* What is remembered of how a set's servers greet: each has its own name, and a set that is given
 * another server knows nothing of that one. */

static char *
key_of(const char *host, guint port)
{
	g_autofree char *lower = g_ascii_strdown(host ? host : "", -1);

	return g_strdup_printf("%s:%u=", lower, port);
}

static gboolean
is_of_any(const char *entry)
{
	return *entry && !strchr(entry, '=');
}

char *
rp_greetings_find(const char *greetings, const char *host, guint port)
{
	g_autofree char *key = key_of(host, port);
	g_auto(GStrv) entries = g_strsplit(greetings ? greetings : "", " ", -1);

	for (guint i = 0; entries[i]; i++) {
		if (g_str_has_prefix(entries[i], key))
			return g_strdup(entries[i] + strlen(key));
		if (is_of_any(entries[i]))
			return g_strdup(entries[i]);
	}
	return NULL;
}

char *
rp_greetings_note(const char *greetings, const char *host, guint port, const char *domain)
{
	g_autofree char *key = key_of(host, port);
	g_auto(GStrv) entries = g_strsplit(greetings ? greetings : "", " ", -1);
	GString *text = g_string_new(NULL);

	for (guint i = 0; entries[i]; i++)
		if (strchr(entries[i], '=') && !g_str_has_prefix(entries[i], key))
			g_string_append_printf(text, "%s ", entries[i]);
	g_string_append_printf(text, "%s%s", key, domain);
	return g_string_free(text, FALSE);
}

gboolean
rp_greetings_know_any(const char *greetings, const GPtrArray *endpoints)
{
	for (guint i = 0; i < endpoints->len; i++) {
		const RpEndpoint *endpoint = endpoints->pdata[i];
		g_autofree char *domain =
			rp_greetings_find(greetings, endpoint->host, endpoint->port);

		if (domain)
			return TRUE;
	}
	return FALSE;
}
