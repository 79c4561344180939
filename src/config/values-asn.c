/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values-private.h"

#include "roampost/language.h"

#include <string.h>

/* The types of values that say where the table of AS numbers comes from, and what vouches for it.
 */

enum { MINISIGN_OCTETS = 2 + 8 + 32 }; /* "Ed", the key's number, the key */

static char *
read_source(const char *text, GError **error)
{
	if (g_str_has_prefix(text, "https://"))
		return g_strdup(text);
	if (*text == '/')
		return g_strdup(text);
	if (g_str_has_prefix(text, "~/"))
		return rp_config_below_home(text);
	if (g_str_has_prefix(text, "http://"))
		fail(error, _("“%s” is not protected on its way: it must be https://"), text);
	else
		fail(error, _("“%s” is neither an https:// URL nor a full path"), text);
	return NULL;
}

static gboolean
parse_sources(const Option *option, const Value *value, gpointer object, GError **error)
{
	return read_list(FIELD(char **, option, object), value->list, read_source, error);
}

const OptionType type_table_sources = {"list of https:// URLs or paths", parse_sources};

static gboolean
is_minisign_key(const char *text)
{
	gsize n = 0;
	g_autofree guchar *octets = *text ? g_base64_decode(text, &n) : NULL;

	return n == MINISIGN_OCTETS && memcmp(octets, "Ed", 2) == 0;
}

static char *
read_anchor(const char *text, GError **error)
{
	const char *rest = strchr(text, ':') ? strchr(text, ':') + 1 : "";

	if (g_str_has_prefix(text, "sha256:")) {
		if (g_regex_match_simple("^[0-9a-fA-F]{64}$", rest, 0, 0))
			return g_ascii_strdown(text, -1);
		fail(error, _("“%s” is no SHA-256: that has 64 hexadecimal digits"), rest);
		return NULL;
	}
	if (g_str_has_prefix(text, "minisign:") && is_minisign_key(rest))
		return g_strdup(text);
	fail(error,
		_("“%s” is neither sha256: and 64 hexadecimal digits nor minisign: and a public "
		  "key "
		  "(the second line of minisign.pub)"),
		text);
	return NULL;
}

static gboolean
parse_anchors(const Option *option, const Value *value, gpointer object, GError **error)
{
	return read_list(FIELD(char **, option, object), value->list, read_anchor, error);
}

const OptionType type_table_anchors = {"list of sha256:SUM or minisign:KEY", parse_anchors};
