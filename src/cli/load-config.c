/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"
#include "roampost/language.h"
#include "roampost/queue.h"

#include <stdio.h>

/* The configuration for commands that do without the agent,
 * with its errors said as `config check` says them. */

RpConfig *
rp_cli_load_config(RpCli *cli)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	g_autoptr(GPtrArray) problems = NULL;
	RpConfig *config = rp_config_load(sources, &problems);

	if (config != NULL)
		return config;
	rp_cli_fail(
		cli, _("the configuration has errors (“roampost config check” lists them too):"));
	for (guint i = 0; i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];
		g_autofree char *line = rp_config_problem_format(problem);

		if (problem->severity == RP_CONFIG_ERROR)
			fprintf(stderr, "  %s\n", line);
	}
	return NULL;
}

RpAsnFile *
rp_cli_asn_file(const RpConfig *config)
{
	g_autofree char *state = rp_queue_state_dir(NULL);
	g_autofree char *path = rp_asn_file_choose(rp_config_agent(config)->asn_table, state);

	return path ? rp_asn_file_new(path, NULL, NULL) : NULL;
}

const char *
rp_cli_nearest_set(const RpCatalogue *catalogue, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++)
		g_ptr_array_add(names, rp_catalogue_set(catalogue, i)->name);
	g_ptr_array_add(names, NULL);
	return rp_nearest(name, (const char *const *)names->pdata);
}

gboolean
rp_cli_check_set(const RpCatalogue *catalogue, const char *set, GError **error)
{
	const char *nearest;

	if (rp_catalogue_find_set(catalogue, set) >= 0)
		return TRUE;
	nearest = rp_cli_nearest_set(catalogue, set);
	if (nearest != NULL)
		g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
			_("there is no server set “%s”: did you mean “%s”?"), set, nearest);
	else
		g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
			_("there is no server set “%s”; “roampost sets” lists them"), set);
	return FALSE;
}

const RpCatalogue *
rp_cli_known_providers(void)
{
	static gboolean loaded;
	static RpConfig *config;

	if (!loaded) {
		g_autoptr(RpConfigSources) sources = rp_config_sources_new();
		g_autoptr(GPtrArray) problems = NULL;

		config = rp_config_load(sources, &problems);
		loaded = TRUE;
	}
	return config ? rp_config_catalogue(config) : NULL;
}

char *
rp_cli_provider_titles(const char *names)
{
	const RpCatalogue *catalogue = rp_cli_known_providers();

	return catalogue ? rp_catalogue_provider_titles(catalogue, names) : g_strdup(names);
}
