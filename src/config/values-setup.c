/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values-private.h"

#include "roampost/language.h"

#include <string.h>

/* The types of values that say how servers are found for a new address. */

static gboolean
parse_autoconfig(const Option *option, const Value *value, gpointer object, GError **error)
{
	char ***field = FIELD(char **, option, object);
	gboolean off = value->list[0] && strcmp(value->list[0], "off") == 0;

	for (char **source = value->list; !off && *source; source++)
		if (!g_regex_match_simple("^https://[^\\s/]\\S*$", *source, 0, 0))
			return fail(error, _("“%s” is no https:// URL, nor off"), *source);
	if (off && value->list[1])
		return fail(error, _("“off” must stand alone"));
	g_strfreev(*field);
	*field = off ? g_new0(char *, 1) : g_strdupv(value->list);
	return TRUE;
}

const OptionType type_autoconfig = {"off or a list of https:// URLs", parse_autoconfig};
