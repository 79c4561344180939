/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service-private.h"

#include "roampost/language.h"

#include <string.h>

/* What a dictionary of options may hold. A caller who asks for something that is not understood, or
 * not in this form, is to hear so: its mail would be treated otherwise than it thinks. */

/* The type in "set s;hold b", or NULL: there is no such option. */
static const char *
known_type(const char *known, const char *name)
{
	gsize length = strlen(name);

	for (const char *at = known; at != NULL; at = strchr(at, ';')) {
		at += *at == ';';
		if (length == strcspn(at, " ;") && strncmp(at, name, length) == 0 &&
			at[length] == ' ')
			return at + length + 1;
	}
	return NULL;
}

static gboolean
is_of_type(GVariant *value, const char *type)
{
	const char *got = g_variant_get_type_string(value);

	return strncmp(got, type, strcspn(type, ";")) == 0 && strlen(got) == strcspn(type, ";");
}

static gboolean
option_fits(const char *known, const char *name, GVariant *value, GError **error)
{
	const char *type = known_type(known, name);

	if (type == NULL && *known != '\0')
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("there is no option “%s”; there are: %s"), name, known);
	else if (type == NULL)
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("there is no option “%s”"), name);
	else if (!is_of_type(value, type))
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("the option “%s” is of type %.*s, not %s"), name, (int)strcspn(type, ";"),
			type, g_variant_get_type_string(value));
	else
		return TRUE;
	return FALSE;
}

gboolean
rp_bus_options_fit(GVariant *options, const char *known, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GVariantIter iter;
	const char *name;
	GVariant *value;

	g_variant_iter_init(&iter, options);
	while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		gboolean fits = option_fits(known, name, value, error);

		g_variant_unref(value);
		if (!fits)
			return FALSE;
		if (!g_hash_table_add(seen, (gpointer)name)) {
			g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
				_("the option “%s” is given twice"), name);
			return FALSE;
		}
	}
	return TRUE;
}
