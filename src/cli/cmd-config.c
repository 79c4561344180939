/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "values.h"

#include "roampost/bus.h"
#include "roampost/language.h"

#include <string.h>

/* The configuration as the agent would read it: what is wrong with it, what it amounts to, an
 * example, the manual's list of options. */

/* ---- config check ---- */

static void
print_problems_json(RpCli *cli, const GPtrArray *problems)
{
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_array(&json, NULL);
	for (guint i = 0; i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];

		rp_json_begin_object(&json, NULL);
		rp_json_string(&json, "severity",
			problem->severity == RP_CONFIG_ERROR ? "error" : "warning");
		rp_json_string(&json, "file", problem->file);
		if (problem->line > 0)
			rp_json_int(&json, "line", problem->line);
		else
			rp_json_null(&json, "line");
		rp_json_string(&json, "group", problem->group);
		rp_json_string(&json, "key", problem->key);
		rp_json_string(&json, "message", problem->message);
		rp_json_end_object(&json);
	}
	rp_json_end_array(&json);
	rp_cli_print_json(cli, out->str);
}

static void
print_problems(RpCli *cli, const GPtrArray *problems)
{
	for (guint i = 0; i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];
		g_autofree char *line = rp_config_problem_format(problem);
		gboolean is_error = problem->severity == RP_CONFIG_ERROR;

		rp_cli_print(cli, "%s%s%s\n",
			rp_cli_colour(cli, is_error ? RP_COLOUR_BAD : RP_COLOUR_WAIT), line,
			rp_cli_colour(cli, RP_COLOUR_NONE));
	}
}

/* Read as a whole: an agent reads only what it needs of it, and finds out there. */
static void
check_asn_table(const RpConfig *config, GPtrArray *problems)
{
	g_autoptr(RpAsnFile) file = rp_cli_asn_file(config);
	RpAsnTable *table = file && g_file_test(rp_asn_file_path(file), G_FILE_TEST_EXISTS)
				    ? rp_asn_file_table(file)
				    : NULL;
	RpConfigProblem *problem;

	if (!table || rp_asn_table_check(table))
		return;
	problem = g_new0(RpConfigProblem, 1);
	problem->severity = RP_CONFIG_WARNING;
	problem->file = g_strdup(rp_asn_file_path(file));
	problem->message =
		g_strdup(_("this table of AS numbers is damaged in part, and answers "
			   "nothing there: make it anew with “roampost providers update”"));
	g_ptr_array_add(problems, problem);
}

/* "2 errors", to be freed. */
static char *
count_errors(guint n)
{
	return g_strdup_printf(rp_text_n("%u error", "%u errors", n), n);
}

static char *
count_warnings(guint n)
{
	return g_strdup_printf(rp_text_n("%u warning", "%u warnings", n), n);
}

static gboolean
any_file_exists(const RpConfigSources *sources)
{
	for (char **file = sources->files; *file != NULL; file++)
		if (g_file_test(*file, G_FILE_TEST_EXISTS))
			return TRUE;
	return FALSE;
}

static void
print_summary(RpCli *cli, const RpConfig *config, const RpConfigSources *sources, guint n_warnings)
{
	const RpCatalogue *catalogue = rp_config_catalogue(config);
	guint n_sets = rp_catalogue_n_sets(catalogue);
	guint n_providers = rp_catalogue_n_providers(catalogue);
	g_autofree char *files = rp_cli_list_or(sources->files);
	g_autofree char *warnings = count_warnings(n_warnings);
	g_autofree char *sets =
		g_strdup_printf(rp_text_n("%u server set", "%u server sets", n_sets), n_sets);
	g_autofree char *providers =
		g_strdup_printf(rp_text_n("%u provider", "%u providers", n_providers), n_providers);

	if (!any_file_exists(sources))
		rp_cli_print(cli,
			_("There is no configuration yet. “roampost setup” makes one; to write "
			  "it as %s, see roampost.conf(5).\n"),
			files);
	else
		rp_cli_print(cli, _("No errors, %1$s: %2$s, %3$s.\n"), warnings, sets, providers);
	if (any_file_exists(sources) && n_sets == 0)
		rp_cli_print(
			cli, _("Without a server set nothing can be sent: “roampost setup” makes "
			       "one.\n"));
}

/* It began without one, and has nothing to keep. */
static gboolean
agent_lacks_config(void)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);
	g_autoptr(GVariant) properties = client && rp_bus_client_has_agent(client)
						 ? rp_bus_client_get_all(client, NULL)
						 : NULL;
	g_autoptr(GVariant) problems =
		properties ? rp_cli_value_array(properties, "Problems", "aa{sv}") : NULL;

	for (gsize i = 0; problems && i < g_variant_n_children(problems); i++) {
		g_autoptr(GVariant) problem = g_variant_get_child_value(problems, i);
		if (g_strcmp0(rp_cli_value_text(problem, "code"), RP_CLI_NO_CONFIG) == 0)
			return TRUE;
	}
	return FALSE;
}

int
rp_cmd_config_check(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpConfigSources) sources =
		argc > 1 ? rp_config_sources_new_for_file(argv[1]) : rp_config_sources_new();
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);

	if (config) {
		check_asn_table(config, problems);
		rp_config_look_at_files(config, problems);
	}
	guint n_errors = rp_config_count_problems(problems, RP_CONFIG_ERROR);
	guint n_warnings = rp_config_count_problems(problems, RP_CONFIG_WARNING);

	if (cli->json)
		print_problems_json(cli, problems);
	else
		print_problems(cli, problems);
	g_autofree char *errors = count_errors(n_errors);
	g_autofree char *warnings = count_warnings(n_warnings);
	if (config == NULL)
		return rp_cli_fail(cli,
			argc == 1 && agent_lacks_config()
				? _("%1$s, %2$s: the agent that runs has no configuration, and "
				    "sends nothing until the errors are gone")
				: _("%1$s, %2$s: until the errors are gone, a running agent keeps "
				    "its last good configuration"),
			errors, warnings);
	if (!cli->json)
		print_summary(cli, config, sources, n_warnings);
	return RP_EXIT_DONE;
}

/* ---- config show ---- */

static void
print_settings_json(RpCli *cli, const GPtrArray *settings)
{
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_array(&json, NULL);
	for (guint i = 0; i < settings->len; i++) {
		const RpConfigSetting *setting = settings->pdata[i];

		rp_json_begin_object(&json, NULL);
		rp_json_string(&json, "group", setting->group);
		rp_json_string(&json, "key", setting->key);
		rp_json_string(&json, "value", setting->value);
		rp_json_string(&json, "file", setting->file);
		if (setting->line > 0)
			rp_json_int(&json, "line", setting->line);
		else
			rp_json_null(&json, "line");
		rp_json_end_object(&json);
	}
	rp_json_end_array(&json);
	rp_cli_print_json(cli, out->str);
}

/* The file's number in the list of files, from 1; new ones are added. */
static guint
file_number(GPtrArray *files, const char *file)
{
	guint index;

	if (!g_ptr_array_find_with_equal_func(files, file, g_str_equal, &index)) {
		index = files->len;
		g_ptr_array_add(files, (gpointer)file);
	}
	return index + 1;
}

static char *
describe_origin(GPtrArray *files, const RpConfigSetting *setting)
{
	if (setting->file == NULL)
		return g_strdup(_("default"));
	return g_strdup_printf(
		_("file %1$u:%2$u"), file_number(files, setting->file), setting->line);
}

/* Prints the settings from `start` on that are of one group; returns where the next begins. */
static guint
print_group(RpCli *cli, const GPtrArray *settings, guint start, GPtrArray *files)
{
	g_autoptr(RpCliTable) table = rp_cli_table_new(_("KEY"), _("FROM"), _("VALUE"), NULL);
	const char *group = ((RpConfigSetting *)settings->pdata[start])->group;
	guint i = start;

	for (; i < settings->len; i++) {
		const RpConfigSetting *setting = settings->pdata[i];
		g_autofree char *origin = describe_origin(files, setting);

		if (strcmp(setting->group, group) != 0)
			break;
		rp_cli_table_add(table, setting->key, origin, setting->value);
		if (setting->file == NULL)
			rp_cli_table_colour(table, 1, RP_COLOUR_DIM);
	}
	rp_cli_print(cli, "%s%s[%s]%s\n", start > 0 ? "\n" : "", rp_cli_colour(cli, RP_COLOUR_BOLD),
		group, rp_cli_colour(cli, RP_COLOUR_NONE));
	rp_cli_table_print(cli, table);
	return i;
}

int
rp_cmd_config_show(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	const GPtrArray *settings;

	if (config == NULL)
		return RP_EXIT_FAILED;
	settings = rp_config_settings(config);
	if (cli->json) {
		print_settings_json(cli, settings);
		return RP_EXIT_DONE;
	}
	for (guint i = 0; i < settings->len;)
		i = print_group(cli, settings, i, files);
	if (files->len > 0)
		rp_cli_print(cli, _("\nFiles:\n"));
	for (guint i = 0; i < files->len; i++)
		rp_cli_print(cli, "  %u  %s\n", i + 1, (char *)files->pdata[i]);
	return RP_EXIT_DONE;
}
