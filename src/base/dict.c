/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

/* Members of the dictionaries that the bus has. */

void
rp_dict_add(GVariantBuilder *dict, const char *name, GVariant *value)
{
	g_variant_builder_add(dict, "{sv}", name, value);
}

void
rp_dict_add_text(GVariantBuilder *dict, const char *name, const char *text)
{
	rp_dict_add(dict, name, g_variant_new_take_string(g_utf8_make_valid(text ? text : "", -1)));
}

void
rp_dict_add_flag(GVariantBuilder *dict, const char *name, gboolean flag)
{
	rp_dict_add(dict, name, g_variant_new_boolean(flag));
}
