/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values.h"

#include "roampost/language.h"

/* That the agent does without the configuration as it is written: said beside whatever an answer
 * of its would be. */

gboolean
rp_cli_note_config(RpCli *cli, GVariant *properties)
{
	g_autoptr(GVariant) problems = rp_cli_value_array(properties, "Problems", "aa{sv}");

	for (gsize i = 0; i < g_variant_n_children(problems); i++) {
		g_autoptr(GVariant) problem = g_variant_get_child_value(problems, i);
		g_autofree char *text = rp_cli_problem_text(problem);
		const char *code = rp_cli_value_text(problem, "code");
		gboolean lacking = g_strcmp0(code, RP_CLI_NO_CONFIG) == 0;

		if (!lacking && g_strcmp0(code, RP_CLI_CONFIG) != 0)
			continue;
		g_autofree char *note = g_strdup_printf(
			lacking ? _("no server set or provider is known, and nothing is "
				    "sent, until the configuration is mended: %s (roampost "
				    "config check)")
				: _("the newest configuration is not in force, the last good one "
				    "is: %s (roampost config check)"),
			text);
		rp_cli_note_above(cli, note);
		return lacking;
	}
	return FALSE;
}
