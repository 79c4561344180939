/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "completion.h"

#include "output-private.h"

#include <string.h>

/* For bash: one function with a row for each command, which the code around it looks up. */

static const char head[] =
	"# bash completion for roampost, made from its table of commands\n"
	"\n"
	"# What `roampost complete` knows of a word; what is typed may be quoted half-way.\n"
	"_roampost_ask()\n"
	"{\n"
	"\tlocal value typed=${2//\\\\/}\n"
	"\twhile IFS=$'\\t' read -r value _; do\n"
	"\t\t[[ $value != \"$typed\"* ]] || COMPREPLY+=(\"$(printf %q \"$value\")\")\n"
	"\tdone < <(roampost complete \"$1\" 2>/dev/null)\n"
	"}\n"
	"\n"
	"_roampost_fill()\n"
	"{\n"
	"\tcase $1 in\n"
	"\tFILE | FILE\\|URL) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -f -- "
	"\"$2\") ;;\n"
	"\tDIR | PROFILE) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -d -- \"$2\") "
	";;\n"
	"\t*) _roampost_ask \"$1\" \"$2\" ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"_roampost()\n"
	"{\n"
	"\tlocal current=${COMP_WORDS[COMP_CWORD]} command= more= options= waiting= i word\n"
	"\tlocal -a arguments=() given=()\n"
	"\tlocal -A takes=()\n"
	"\tfor ((i = 1; i <= COMP_CWORD; i++)); do\n"
	"\t\tcase $command in\n";

static const char tail[] = "\t\tesac\n"
			   "\t\t[ $i -lt \"$COMP_CWORD\" ] || break\n"
			   "\t\tword=${COMP_WORDS[i]}\n"
			   "\t\tif [ \"$word\" = = ] && [ -n \"$waiting\" ]; then\n"
			   "\t\t\tcontinue\n"
			   "\t\telif [ -n \"$waiting\" ]; then\n"
			   "\t\t\twaiting=\n"
			   "\t\telif [[ $word == -* ]]; then\n"
			   "\t\t\twaiting=${takes[$word]:-}\n"
			   "\t\telif [ -z \"$command\" ]; then\n"
			   "\t\t\tcommand=$word\n"
			   "\t\telif [ -n \"$family\" ]; then\n"
			   "\t\t\tcommand+=\" $word\"\n"
			   "\t\telse\n"
			   "\t\t\tgiven+=(\"$word\")\n"
			   "\t\tfi\n"
			   "\tdone\n"
			   "\t[ \"$current\" != = ] || current=\n"
			   "\tif [ -n \"$waiting\" ]; then\n"
			   "\t\t_roampost_fill \"$waiting\" \"$current\"\n"
			   "\telif [[ $current == -* ]]; then\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
			   "\telif [ -n \"$words\" ]; then\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
			   "\telif [ ${#given[@]} -lt ${#arguments[@]} ]; then\n"
			   "\t\t_roampost_fill \"${arguments[${#given[@]}]}\" \"$current\"\n"
			   "\telif [ -n \"$more\" ]; then\n"
			   "\t\t_roampost_fill \"${arguments[-1]}\" \"$current\"\n"
			   "\tfi\n"
			   "}\n"
			   "complete -F _roampost roampost\n";

/* ---- rows ---- */

static void
append_takes(GString *out, const GOptionEntry *option)
{
	g_autofree char *word = rp_completion_word(option->arg_description);

	if (word && option->short_name)
		g_string_append_printf(out, " [-%c]='%s'", option->short_name, word);
	if (word)
		g_string_append_printf(out, " [--%s]='%s'", option->long_name, word);
}

static void
append_command(GString *out, const RpCliCommand *command)
{
	gboolean more;
	g_auto(GStrv) arguments = rp_completion_arguments(command, &more);
	g_autoptr(GPtrArray) options = rp_cli_options(command);

	g_string_append_printf(out, "\t\t'%s') words= family= more=%s options='", command->name,
		more ? "yes" : "");
	for (guint i = 0; i < options->len; i++)
		g_string_append_printf(
			out, "--%s ", ((const GOptionEntry *)options->pdata[i])->long_name);
	g_string_append(out, "' arguments=(");
	for (char **word = arguments; *word; word++)
		g_string_append_printf(out, " '%s'", *word);
	g_string_append(out, " ) takes=(");
	for (guint i = 0; i < options->len; i++)
		append_takes(out, options->pdata[i]);
	g_string_append(out, " ) ;;\n");
}

/* Its second words. */
static void
append_family(GString *out, const RpCliCommand *commands, const char *first, gsize length)
{
	g_string_append_printf(
		out, "\t\t'%.*s') family=yes options='--help' words='", (int)length, first);
	for (const RpCliCommand *command = commands; command->name; command++)
		if (strncmp(command->name, first, length) == 0 && command->name[length] == ' ')
			g_string_append_printf(out, "%s ", command->name + length + 1);
	g_string_append(out, "' ;;\n");
}

char *
rp_completion_bash(const RpCliCommand *commands)
{
	g_autoptr(GString) firsts = g_string_new(NULL);
	g_autoptr(GString) rows = g_string_new(NULL);
	gsize length;

	for (const RpCliCommand *command = commands; command->name; command++) {
		if (command->flags & RP_CLI_HIDDEN)
			continue;
		if (rp_completion_is_first(commands, command, &length)) {
			g_string_append_printf(firsts, "%.*s ", (int)length, command->name);
			if (rp_completion_is_family(command))
				append_family(rows, commands, command->name, length);
		}
		append_command(rows, command);
	}
	return g_strdup_printf(
		"%s\t\t'') family= options='--json --verbose --help --version' words='%s' ;;\n"
		"%s\t\t*) words= family= options= ;;\n%s",
		head, firsts->str, rows->str, tail);
}
