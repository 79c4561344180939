/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"
#include "commands.h"

#include "roampost/language.h"
#include "roampost/manual.h"

#include <stdio.h>
#include <string.h>

/* Usage lines, --help and the manual page, all from the table of commands. */

static char *
option_name(const GOptionEntry *option)
{
	return g_strdup_printf("  %s%c%s--%s%s%s", option->short_name != '\0' ? "-" : "",
		option->short_name != '\0' ? option->short_name : ' ',
		option->short_name != '\0' ? ", " : "   ", option->long_name,
		option->arg_description != NULL ? " " : "",
		option->arg_description != NULL ? option->arg_description : "");
}

/* It is text: where there is no terminal its lines are not as long as they might be. */
static void
print_text_table(const RpCli *cli, const RpCliTable *table)
{
	RpCli page = *cli;

	page.width = rp_cli_text_columns(cli, 0);
	rp_cli_table_print(&page, table);
}

/* Less than this beside the names, and what they mean stands below them: a name that is cut can't
 * be told from others. */
enum { MEANING_COLUMNS = 24, MEANING_INDENT = 6 };

static gboolean
fits_beside(const RpCli *cli, const GPtrArray *options)
{
	guint longest = 0;

	for (guint i = 0; i < options->len; i++) {
		g_autofree char *name = option_name(options->pdata[i]);

		longest = MAX(longest, (guint)rp_cli_text_width(name));
	}
	return longest + MEANING_COLUMNS <= rp_cli_text_columns(cli, 0);
}

static void
print_options_below(RpCli *cli, const GPtrArray *options)
{
	rp_cli_print(cli, "%s\n", _("Options:"));
	for (guint i = 0; i < options->len; i++) {
		const GOptionEntry *option = options->pdata[i];
		g_autofree char *name = option_name(option);

		rp_cli_print(cli, "  %s\n", g_strchug(name));
		rp_cli_print_wrapped(cli, MEANING_INDENT, rp_text(option->description));
	}
}

static void
print_options(RpCli *cli, const RpCliCommand *command)
{
	g_autoptr(RpCliTable) table = rp_cli_table_new(_("Options:"), "", NULL);
	g_autoptr(GPtrArray) options = rp_cli_options(command);

	if (!fits_beside(cli, options)) {
		print_options_below(cli, options);
		return;
	}
	for (guint i = 0; i < options->len; i++) {
		const GOptionEntry *option = options->pdata[i];
		g_autofree char *name = option_name(option);

		rp_cli_table_add(table, name, rp_text(option->description));
	}
	print_text_table(cli, table);
}

void
rp_cli_print_help(RpCli *cli, const RpCliCommand *command)
{
	g_autofree char *line = rp_cli_usage_line(command);
	const char *words = rp_text(command->summary);
	g_autofree char *capital = g_strdup_printf("%c%s", g_ascii_toupper(*words), words + 1);
	/* TRANSLATORS: a full stop behind what a command does. */
	g_autofree char *summary = g_strdup_printf(C_("sentence", "%s."), capital);

	printf(_("Usage: %s\n\n"), line);
	rp_cli_print_wrapped(cli, 0, summary);
	putchar('\n');
	if (command->help != NULL) {
		rp_cli_print_wrapped(cli, 0, rp_text(command->help));
		putchar('\n');
	}
	print_options(cli, command);
}

void
rp_cli_print_summary(RpCli *cli)
{
	g_autoptr(RpCliTable) table = rp_cli_table_new(_("Commands:"), "", NULL);

	fputs(_("Usage: roampost COMMAND [OPTION…] [ARGUMENT…]\n\n"
		"The outbox that knows where you are.\n\n"),
		stdout);
	for (const RpCliCommand *command = cli->commands; command->name != NULL; command++) {
		g_autofree char *name = g_strconcat("  ", command->name, " ", command->args, NULL);

		if (!(command->flags & RP_CLI_HIDDEN))
			rp_cli_table_add(table, name, rp_text(command->summary));
	}
	print_text_table(cli, table);
	fputs(_("\n“roampost COMMAND --help” says more about a command; see also roampost(1).\n"),
		stdout);
}

gboolean
rp_cli_print_family(RpCli *cli, const char *first)
{
	g_autoptr(RpCliTable) table = rp_cli_table_new(_("Commands:"), "", NULL);
	gsize length = strlen(first);

	for (const RpCliCommand *command = cli->commands; command->name != NULL; command++) {
		g_autofree char *name = g_strconcat("  ", command->name, " ", command->args, NULL);

		if (strncmp(command->name, first, length) == 0 && command->name[length] == ' ')
			rp_cli_table_add(table, name, rp_text(command->summary));
	}
	if (rp_cli_table_size(table) == 0)
		return FALSE;
	print_text_table(cli, table);
	return TRUE;
}

int
rp_cmd_help(RpCli *cli, int argc, char **argv)
{
	int n_words = 0;
	const RpCliCommand *command =
		rp_cli_find_command(cli->commands, argc - 1, argv + 1, &n_words);

	if (argc == 1) {
		rp_cli_print_summary(cli);
		return RP_EXIT_DONE;
	}
	if (command == NULL && argc == 2 && rp_cli_print_family(cli, argv[1]))
		return RP_EXIT_DONE;
	if (command == NULL)
		return rp_cli_usage(cli, _("there is no command “%s”"), argv[1]);
	rp_cli_print_help(cli, command);
	return RP_EXIT_DONE;
}

/* ---- the manual page ---- */

/* With a capital, and a full stop. */
static void
append_manual_summary(GString *out, const char *summary)
{
	g_autofree char *sentence =
		g_strdup_printf("%c%s.", g_ascii_toupper(summary[0]), summary + 1);

	rp_manual_append(out, sentence);
}

static void
append_manual_option(GString *out, const GOptionEntry *option)
{
	g_string_append_printf(out, ".It Fl -%s", option->long_name);
	if (option->arg_description != NULL) {
		g_autofree char *word = rp_manual_escape(option->arg_description);
		g_string_append_printf(out, " Ar %s", word);
	}
	g_string_append_c(out, '\n');
	append_manual_summary(out, option->description);
}

static void
append_manual_paragraphs(GString *out, const char *text)
{
	g_auto(GStrv) paragraphs = g_strsplit(text, "\n\n", -1);

	for (char **paragraph = paragraphs; *paragraph != NULL; paragraph++) {
		g_string_append(out, ".Pp\n");
		rp_manual_append(out, *paragraph);
	}
}

char *
rp_cli_manual(const RpCliCommand *commands)
{
	GString *out = g_string_new(NULL);

	for (const RpCliCommand *command = commands; command->name != NULL; command++) {
		if (command->flags & RP_CLI_HIDDEN)
			continue;
		g_autofree char *args = rp_manual_escape(command->args);
		g_string_append_printf(
			out, ".It Ic %s%s%s\n", command->name, *args != '\0' ? " Ar " : "", args);
		append_manual_summary(out, command->summary);
		if (command->help != NULL)
			append_manual_paragraphs(out, command->help);
		if (!rp_cli_has_options(command))
			continue;
		g_string_append(out, ".Bl -tag -width Ds\n");
		for (const GOptionEntry *option = command->options; option->long_name != NULL;
			option++)
			append_manual_option(out, option);
		g_string_append(out, ".El\n");
	}
	return g_string_free(out, FALSE);
}
