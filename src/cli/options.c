/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"

#include <string.h>

/* The options of a command, as GOption reads them: with its own, those that all have, those that
 * take several words, and our words where one is mistyped. */

/* ---- several words ---- */

/* The option that the word names and that takes several words, or NULL. */
static const GOptionEntry *
several_words_option(const RpCliCommand *command, const char *word)
{
	gsize length = strcspn(word, "=");

	if (!g_str_has_prefix(word, "--") || length <= 2)
		return NULL;
	for (const GOptionEntry *option = command->options;
		option != NULL && option->long_name != NULL; option++)
		if (strlen(option->long_name) == length - 2 &&
			strncmp(option->long_name, word + 2, length - 2) == 0)
			return option->arg_description != NULL &&
					       g_str_has_suffix(option->arg_description, "…")
				       ? option
				       : NULL;
	return NULL;
}

/* "--at A B C" becomes "--at A --at B --at C", which is what GOption knows. */
static char **
expand_several(const RpCliCommand *command, char **words)
{
	g_autoptr(GStrvBuilder) out = g_strv_builder_new();
	const GOptionEntry *option = NULL;
	gboolean has_value = FALSE, only_arguments = FALSE;

	for (char **word = words; *word != NULL; word++) {
		gboolean is_option = !only_arguments && (*word)[0] == '-' && (*word)[1] != '\0';

		if (is_option) {
			only_arguments = strcmp(*word, "--") == 0;
			option = several_words_option(command, *word);
			has_value = strchr(*word, '=') != NULL;
		} else if (option != NULL && has_value) {
			g_autofree char *repeated = g_strconcat("--", option->long_name, NULL);

			g_strv_builder_add(out, repeated);
		} else {
			has_value = TRUE;
		}
		g_strv_builder_add(out, *word);
	}
	return g_strv_builder_end(out);
}

const char *
rp_cli_greedy_option(const RpCliCommand *command, int argc, char **argv)
{
	const GOptionEntry *option = NULL;
	guint n = 0;

	for (int i = 0; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			n++;
			continue;
		}
		option = several_words_option(command, argv[i]);
		n = strchr(argv[i], '=') ? 1 : 0;
	}
	return option && n > 1 ? option->long_name : NULL;
}

/* ---- which there are ---- */

/* Their long names, ended by NULL; borrowed. */
static GPtrArray *
names_of(const RpCliCommand *command)
{
	GPtrArray *names = g_ptr_array_new();

	for (const GOptionEntry *option = command->options; option && option->long_name; option++)
		g_ptr_array_add(names, (gpointer)option->long_name);
	if (command->flags & RP_CLI_JSON)
		g_ptr_array_add(names, (gpointer) "json");
	g_ptr_array_add(names, (gpointer) "verbose");
	g_ptr_array_add(names, (gpointer) "help");
	g_ptr_array_add(names, NULL);
	return names;
}

/* The first long one that the command does not have, without its value, to be freed; or NULL. */
static char *
find_unknown(const char *const *known, char *const *words)
{
	for (; *words && strcmp(*words, "--") != 0; words++) {
		g_autofree char *name = g_strndup(*words, strcspn(*words, "="));

		if (g_str_has_prefix(name, "--") && !g_strv_contains(known, name + 2))
			return g_steal_pointer(&name);
	}
	return NULL;
}

/* Said in our words where it is a name that is mistyped. */
static void
refuse(RpCli *cli, char *const *words, const GError *error)
{
	const char *command = cli->command->name;
	g_autoptr(GPtrArray) names = names_of(cli->command);
	const char *const *known = (const char *const *)names->pdata;
	g_autofree char *unknown =
		g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION)
			? find_unknown(known, words)
			: NULL;
	const char *nearest = unknown ? rp_nearest(unknown + 2, known) : NULL;

	if (nearest)
		rp_cli_usage(cli, _("%1$s: there is no option “%2$s”: did you mean “--%3$s”?"),
			command, unknown, nearest);
	else if (unknown)
		rp_cli_usage(cli, _("%1$s: there is no option “%2$s”"), command, unknown);
	else
		rp_cli_usage(
			cli, _("%1$s: its options can't be read (%2$s)"), command, error->message);
}

/* ---- reading ---- */

/* GOption leaves a "--" in place where an argument behind it begins with a dash. */
static void
drop_dashes(char **words)
{
	for (char **word = words + 1; *words != NULL && *word != NULL; word++) {
		if (strcmp(*word, "--") != 0)
			continue;
		g_free(*word);
		memmove(word, word + 1, sizeof *word * (g_strv_length(word + 1) + 1));
		return;
	}
}

static gboolean
parse(const RpCliCommand *command, char ***words, RpCliCommon *common, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	const GOptionEntry json[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &common->json, RP_CLI_JSON_TEXT, NULL},
		G_OPTION_ENTRY_NULL};
	const GOptionEntry entries[] = {
		{"verbose", 0, 0, G_OPTION_ARG_NONE, &common->verbose, RP_CLI_VERBOSE_TEXT, NULL},
		{"help", 'h', 0, G_OPTION_ARG_NONE, &common->help, RP_CLI_HELP_TEXT, NULL},
		G_OPTION_ENTRY_NULL};

	g_option_context_set_help_enabled(context, FALSE);
	if (command->options != NULL)
		g_option_context_add_main_entries(context, command->options, NULL);
	if (command->flags & RP_CLI_JSON)
		g_option_context_add_main_entries(context, json, NULL);
	g_option_context_add_main_entries(context, entries, NULL);
	return g_option_context_parse_strv(context, words, error);
}

gboolean
rp_cli_parse_options(RpCli *cli, char ***words, RpCliCommon *common)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) typed = *words;

	*words = expand_several(cli->command, typed);
	if (!parse(cli->command, words, common, &error)) {
		refuse(cli, typed, error);
		return FALSE;
	}
	drop_dashes(*words);
	return TRUE;
}
