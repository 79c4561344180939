/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values-private.h"

#include <string.h>

/* The types of values that say where the table of AS numbers comes from, and what vouches for it.
 */

enum { MINISIGN_OCTETS = 2 + 8 + 32 }; /* "Ed", the key's number, the key */

static gboolean
parse_source(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));

	if (g_str_has_prefix(text, "http://"))
		return fail(error, "“%s” is not protected on its way: it must be https://", text);
	if (!g_str_has_prefix(text, "https://"))
		return type_path.parse(option, value, object, error);
	replace_string(FIELD(char *, option, object), g_steal_pointer(&text));
	return TRUE;
}

const OptionType type_table_source = {"https:// URL or path", parse_source};

static gboolean
is_minisign_key(const char *text)
{
	gsize n = 0;
	g_autofree guchar *octets = *text ? g_base64_decode(text, &n) : NULL;

	return n == MINISIGN_OCTETS && memcmp(octets, "Ed", 2) == 0;
}

static gboolean
parse_trust(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));
	const char *rest = strchr(text, ':') ? strchr(text, ':') + 1 : "";

	if (g_str_has_prefix(text, "sha256:")) {
		if (!g_regex_match_simple("^[0-9a-fA-F]{64}$", rest, 0, 0))
			return fail(
				error, "“%s” is no SHA-256: that has 64 hexadecimal digits", rest);
		replace_string(FIELD(char *, option, object), g_ascii_strdown(text, -1));
		return TRUE;
	}
	if (*text && !(g_str_has_prefix(text, "minisign:") && is_minisign_key(rest)))
		return fail(error,
			"“%s” is neither sha256: and 64 hexadecimal digits nor minisign: and a "
			"public key (the second line of minisign.pub)",
			text);
	replace_string(FIELD(char *, option, object), *text ? g_steal_pointer(&text) : NULL);
	return TRUE;
}

const OptionType type_table_trust = {"sha256:SUM or minisign:KEY", parse_trust};
