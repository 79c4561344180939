/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "names-private.h"

/* Enums by name, so that no module has a search of its own. */

const char *
rp_names_get(const char *const *names, gsize n_names, guint value)
{
	return value < n_names ? names[value] : "?";
}

gboolean
rp_names_find(const char *const *names, gsize n_names, const char *name, guint *value)
{
	for (guint i = 0; name && i < n_names; i++) {
		if (g_str_equal(names[i], name)) {
			*value = i;
			return TRUE;
		}
	}
	return FALSE;
}
