/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values.h"

#include "roampost/config.h"
#include "roampost/words.h"

/* What the agent says is wrong, in our language: it tells everybody at once, and in English. */

/* The configuration's files are ours to read too. NULL: they say nothing like that any more. */
static char *
config_text(const char *file, guint line)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);

	for (guint i = 0; !config && i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];

		if (problem->severity == RP_CONFIG_ERROR && problem->line == line &&
			g_strcmp0(problem->file, file) == 0)
			return rp_config_problem_format(problem);
	}
	return NULL;
}

char *
rp_cli_problem_text(GVariant *problem)
{
	const char *text = "", *file = "";
	guint32 line = 0;
	char *own;

	g_variant_lookup(problem, "text", "&s", &text);
	g_variant_lookup(problem, "file", "&s", &file);
	g_variant_lookup(problem, "line", "u", &line);
	own = *file != '\0' ? config_text(file, line) : NULL;
	return own != NULL ? own : rp_words_shown(text);
}
