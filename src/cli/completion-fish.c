/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "completion.h"

#include "output-private.h"

#include <string.h>

/* For fish: a line for each thing that can stand somewhere, with the condition for where. */

static const char head[] =
	"# fish completion for roampost, made from its table of commands\n"
	"\n"
	"# The command that is typed, and how many arguments it has so far: “pin 1”.\n"
	"function __roampost_at\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l command\n"
	"\tset -l count 0\n"
	"\tset -l waiting no\n"
	"\tfor word in $words[2..-1]\n"
	"\t\tif test $waiting = yes\n"
	"\t\t\tset waiting no\n"
	"\t\telse if string match -q -- '-*' $word\n"
	"\t\t\tcontains -- \"$command $word\" $__roampost_takes; and set waiting yes\n"
	"\t\telse if test -z \"$command\"\n"
	"\t\t\tset command $word\n"
	"\t\telse if contains -- $command $__roampost_families\n"
	"\t\t\tset command \"$command $word\"\n"
	"\t\telse\n"
	"\t\t\tset count (math $count + 1)\n"
	"\t\tend\n"
	"\tend\n"
	"\techo \"$command $count\"\n"
	"end\n"
	"\n"
	"# __roampost_is COMMAND [COUNT [more]]\n"
	"function __roampost_is\n"
	"\tset -l at (__roampost_at)\n"
	"\tset -l command (string replace -r ' [0-9]+$' '' -- $at)\n"
	"\tset -l count (string match -r '[0-9]+$' -- $at)\n"
	"\ttest \"$command\" = \"$argv[1]\"; or return 1\n"
	"\ttest (count $argv) -lt 2; and return 0\n"
	"\ttest \"$argv[3]\" = more -a \"$count\" -ge \"$argv[2]\"; or test \"$count\" = "
	"\"$argv[2]\"\n"
	"end\n"
	"\n"
	"# What `roampost complete` knows of a word.\n"
	"function __roampost_ask\n"
	"\troampost complete $argv[1] 2>/dev/null\n"
	"end\n"
	"\n"
	"complete -c roampost -f\n";

/* Inside single quotes. */
static char *
quote(const char *text)
{
	GString *out = g_string_new(text);

	g_string_replace(out, "\\", "\\\\", 0);
	g_string_replace(out, "'", "\\'", 0);
	return g_string_free(out, FALSE);
}

/* What `complete` is told of a word's values; with `option` a value must follow. */
static char *
values(const char *word, gboolean option)
{
	const char *none = option ? " -x" : "";

	switch (rp_completion_kind(word)) {
	case RP_COMPLETION_NOTHING:
		return g_strdup(none);
	case RP_COMPLETION_FILES:
		return g_strdup(option ? " -r -F" : " -F");
	case RP_COMPLETION_FOLDERS:
		return g_strdup_printf("%s -a '(__fish_complete_directories)'", none);
	case RP_COMPLETION_ASKED:
		return g_strdup_printf("%s -a '(__roampost_ask \"%s\")'", none, word);
	}
	g_assert_not_reached();
}

static void
append_option(GString *out, const char *name, const GOptionEntry *option)
{
	g_autofree char *text = quote(option->description);
	g_autofree char *word = rp_completion_word(option->arg_description);
	g_autofree char *how = word ? values(word, TRUE) : g_strdup("");

	g_string_append_printf(out, "complete -c roampost -n '__roampost_is \"%s\"' -l %s", name,
		option->long_name);
	if (option->short_name)
		g_string_append_printf(out, " -s %c", option->short_name);
	g_string_append_printf(out, "%s -d '%s'\n", how, text);
	if (word && option->short_name)
		g_string_append_printf(
			out, "set -a __roampost_takes '%s -%c'\n", name, option->short_name);
	if (word)
		g_string_append_printf(
			out, "set -a __roampost_takes '%s --%s'\n", name, option->long_name);
}

static void
append_command(GString *out, const RpCliCommand *command)
{
	gboolean more;
	g_auto(GStrv) arguments = rp_completion_arguments(command, &more);
	g_autoptr(GPtrArray) options = rp_cli_options(command);

	for (guint i = 0; i < options->len; i++)
		append_option(out, command->name, options->pdata[i]);
	for (guint i = 0; arguments[i]; i++) {
		g_autofree char *how = values(arguments[i], FALSE);

		if (*how)
			g_string_append_printf(out,
				"complete -c roampost -n '__roampost_is \"%s\" %u%s'%s\n",
				command->name, i, more && !arguments[i + 1] ? " more" : "", how);
	}
}

/* The word that the command is at its place in the line: the first, or the second behind it. */
static void
append_word(GString *out, const RpCliCommand *command, gsize length)
{
	g_autofree char *text = quote(command->summary);

	if (!rp_completion_is_family(command)) {
		g_string_append_printf(out,
			"complete -c roampost -n '__roampost_is \"\"' -a %s -d '%s'\n",
			command->name, text);
		return;
	}
	g_string_append_printf(out,
		"complete -c roampost -n '__roampost_is \"%.*s\"' -a %s -d '%s'\n", (int)length,
		command->name, command->name + length + 1, text);
}

char *
rp_completion_fish(const RpCliCommand *commands)
{
	GString *out = g_string_new(head);
	gsize length;

	g_string_append(out,
		"set -g __roampost_takes\n"
		"set -g __roampost_families\n"
		"complete -c roampost -n '__roampost_is \"\"' -l json -d '" RP_CLI_JSON_TEXT "'\n"
		"complete -c roampost -n '__roampost_is \"\"' -l verbose -d '" RP_CLI_VERBOSE_TEXT
		"'\n"
		"complete -c roampost -n '__roampost_is \"\"' -l help -s h -d '" RP_CLI_HELP_TEXT
		"'\n"
		"complete -c roampost -n '__roampost_is \"\"' -l version -d 'say which version "
		"this is'\n");
	for (const RpCliCommand *command = commands; command->name; command++) {
		if (command->flags & RP_CLI_HIDDEN)
			continue;
		if (rp_completion_is_first(commands, command, &length) &&
			rp_completion_is_family(command))
			g_string_append_printf(out,
				"set -a __roampost_families %.*s\n"
				"complete -c roampost -n '__roampost_is \"\"' -a %.*s -d 'more "
				"follows'\n",
				(int)length, command->name, (int)length, command->name);
		append_word(out, command, length);
		append_command(out, command);
	}
	return g_string_free(out, FALSE);
}
