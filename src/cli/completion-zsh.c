/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "completion.h"

#include "output-private.h"

#include <string.h>

/* For zsh: each command is a call of _arguments(1), with the table's own words as descriptions. */

static const char head[] =
	"#compdef roampost\n"
	"# zsh completion for roampost, made from its table of commands\n"
	"\n"
	"# What `roampost complete` knows of a word.\n"
	"_roampost_ask() {\n"
	"\tlocal -a values\n"
	"\tvalues=(\"${(@f)$(_call_program values roampost complete ${(q)1} 2>/dev/null)}\")\n"
	"\tvalues=(\"${(@)values//:/\\\\:}\")\n"
	"\tvalues=(\"${(@)values//$'\\t'/:}\")\n"
	"\tvalues=(\"${(@)values:#}\")\n"
	"\t_describe -t values \"$1\" values\n"
	"}\n"
	"\n"
	"_roampost() {\n"
	"\tlocal curcontext=$curcontext state line\n"
	"\tlocal -a commands seconds\n"
	"\ttypeset -A opt_args\n"
	"\t_arguments -C '--json[" RP_CLI_JSON_TEXT "]' '--verbose[" RP_CLI_VERBOSE_TEXT "]' \\\n"
	"\t\t'(- *)'{-h,--help}'[" RP_CLI_HELP_TEXT
	"]' '(- *)--version[say which version this is]' \\\n"
	"\t\t'(-)1: :->command' '(-)*:: :->rest' && return\n"
	"\tif [[ $state == command ]]; then\n"
	"\t\tcommands=(\n";

static const char middle[] = "\t\t)\n"
			     "\t\t_describe -t commands command commands\n"
			     "\t\treturn\n"
			     "\tfi\n"
			     "\tcase $words[1] in\n";

static const char tail[] = "\tesac\n"
			   "}\n"
			   "\n"
			   "if [[ $funcstack[1] == _roampost ]]; then\n"
			   "\t_roampost \"$@\"\n"
			   "else\n"
			   "\tcompdef _roampost roampost\n"
			   "fi\n";

/* ---- rows ---- */

/* Inside single quotes, with what _arguments and _describe take for their own escaped. */
static char *
quote(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *c = text; *c; c++) {
		if (strchr(":[]\\", *c))
			g_string_append_c(out, '\\');
		if (*c == '\'')
			g_string_append(out, "'\\'");
		g_string_append_c(out, *c);
	}
	return g_string_free(out, FALSE);
}

/* How a word is completed: by nothing, where nobody can guess. What begins with a blank is called
 * as it stands. */
static char *
action(const char *word)
{
	switch (rp_completion_kind(word)) {
	case RP_COMPLETION_NOTHING:
		return g_strdup("()");
	case RP_COMPLETION_FILES:
		return g_strdup("_files");
	case RP_COMPLETION_FOLDERS:
		return g_strdup("_files -/");
	case RP_COMPLETION_ASKED:
		return g_strdup_printf(" _roampost_ask \"%s\"", word);
	}
	g_assert_not_reached();
}

static void
append_option(GString *out, const GOptionEntry *option)
{
	g_autofree char *text = quote(option->description);
	g_autofree char *word = rp_completion_word(option->arg_description);
	g_autofree char *how = word ? action(word) : NULL;
	g_autofree char *value = word ? g_strdup_printf(":%s:%s", word, how) : g_strdup("");
	const char *again = option->arg == G_OPTION_ARG_STRING_ARRAY ? "*" : "";

	g_string_append_printf(out, " \\\n\t\t\t'%s--%s%s[%s]%s'", again, option->long_name,
		word ? "=" : "", text, value);
	if (option->short_name)
		g_string_append_printf(out, " \\\n\t\t\t'%s-%c%s[%s]%s'", again, option->short_name,
			word ? "+" : "", text, value);
}

static void
append_command(GString *out, const RpCliCommand *command)
{
	gboolean more;
	g_auto(GStrv) arguments = rp_completion_arguments(command, &more);
	g_autoptr(GPtrArray) options = rp_cli_options(command);

	g_string_append(out, "_arguments");
	for (guint i = 0; i < options->len; i++)
		append_option(out, options->pdata[i]);
	for (guint i = 0; arguments[i]; i++) {
		g_autofree char *how = action(arguments[i]);
		gboolean last = more && !arguments[i + 1];

		g_string_append_printf(
			out, " \\\n\t\t\t'%s:%s:%s'", last ? "*" : "", arguments[i], how);
	}
	g_string_append(out, " ;;\n");
}

static void
append_description(GString *out, const char *name, gsize length, const char *summary)
{
	g_autofree char *text = quote(summary);

	g_string_append_printf(out, "\t\t\t'%.*s:%s'\n", (int)length, name, text);
}

static void
append_family(GString *out, const RpCliCommand *commands, const char *first, gsize length)
{
	g_string_append_printf(out, "\t%.*s)\n\t\tseconds=(\n", (int)length, first);
	for (const RpCliCommand *command = commands; command->name; command++)
		if (strncmp(command->name, first, length) == 0 && command->name[length] == ' ') {
			const char *second = command->name + length + 1;
			append_description(out, second, strlen(second), command->summary);
		}
	g_string_append(out,
		"\t\t)\n"
		"\t\t(( CURRENT == 2 )) && { _describe -t commands command seconds; return }\n"
		"\t\tshift words\n"
		"\t\t(( CURRENT-- ))\n"
		"\t\tcase $words[1] in\n");
	for (const RpCliCommand *command = commands; command->name; command++)
		if (strncmp(command->name, first, length) == 0 && command->name[length] == ' ') {
			g_string_append_printf(out, "\t\t%s) ", command->name + length + 1);
			append_command(out, command);
		}
	g_string_append(out, "\t\tesac ;;\n");
}

char *
rp_completion_zsh(const RpCliCommand *commands)
{
	g_autoptr(GString) firsts = g_string_new(NULL);
	g_autoptr(GString) rows = g_string_new(NULL);
	gsize length;

	for (const RpCliCommand *command = commands; command->name; command++) {
		if (command->flags & RP_CLI_HIDDEN ||
			!rp_completion_is_first(commands, command, &length))
			continue;
		append_description(firsts, command->name, length,
			rp_completion_is_family(command) ? "more follows" : command->summary);
		if (rp_completion_is_family(command)) {
			append_family(rows, commands, command->name, length);
		} else {
			g_string_append_printf(rows, "\t%s) ", command->name);
			append_command(rows, command);
		}
	}
	return g_strconcat(head, firsts->str, middle, rows->str, tail, NULL);
}
