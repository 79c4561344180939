/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"

#include <string.h>

/* What can be read from the table of commands without running one. Whoever starts the program hands
 * the table in: what stands here and above is linked by the commands, and must not know them. */

/* How many words of argv the name takes, when they say it; else 0. */
static int
match_name(const char *name, int argc, char **argv)
{
	g_auto(GStrv) words = g_strsplit(name, " ", -1);
	int n = 0;

	for (; words[n] != NULL; n++)
		if (n >= argc || strcmp(words[n], argv[n]) != 0)
			return 0;
	return n;
}

const RpCliCommand *
rp_cli_find_command(const RpCliCommand *commands, int argc, char **argv, int *n_words)
{
	for (const RpCliCommand *command = commands; command->name != NULL; command++) {
		*n_words = match_name(command->name, argc, argv);
		if (*n_words > 0)
			return command;
	}
	return NULL;
}

gboolean
rp_cli_has_options(const RpCliCommand *command)
{
	return command->options != NULL && command->options[0].long_name != NULL;
}

char *
rp_cli_usage_line(const RpCliCommand *command)
{
	return g_strdup_printf("roampost %s%s%s%s", command->name,
		rp_cli_has_options(command) ? " [OPTION…]" : "", *command->args != '\0' ? " " : "",
		command->args);
}

GPtrArray *
rp_cli_options(const RpCliCommand *command)
{
	static const GOptionEntry common[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, NULL, RP_CLI_JSON_TEXT, NULL},
		{"verbose", 0, 0, G_OPTION_ARG_NONE, NULL, RP_CLI_VERBOSE_TEXT, NULL},
		{"help", 'h', 0, G_OPTION_ARG_NONE, NULL, RP_CLI_HELP_TEXT, NULL},
	};
	GPtrArray *options = g_ptr_array_new();

	for (const GOptionEntry *option = command->options; option && option->long_name; option++)
		g_ptr_array_add(options, (gpointer)option);
	for (gsize i = command->flags & RP_CLI_JSON ? 0 : 1; i < G_N_ELEMENTS(common); i++)
		g_ptr_array_add(options, (gpointer)&common[i]);
	return options;
}
