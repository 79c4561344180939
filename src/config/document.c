/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"
#include "roampost/manual.h"

#include <string.h>

/* The option table as an example file and as the list in the
 * manual, so that neither can lag behind it. */

guint
rp_config_n_options(void)
{
	return n_options;
}

RpConfigOption
rp_config_option(guint index)
{
	const Option *option = &options[index];

	return (RpConfigOption){
		.group = group_kind_name(option->group),
		.key = option->key,
		.type = option->type->name,
		.fallback = option->fallback,
		.example = option->example,
		.help = option->help,
	};
}

/* Appends the text as comment lines of at most 78 columns. */
static void
append_comment(GString *out, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	gsize column = 0;

	for (char **word = words; *word; word++) {
		gsize length = strlen(*word);

		if (column > 0 && column + 1 + length > 78) {
			g_string_append_c(out, '\n');
			column = 0;
		}
		g_string_append(out, column == 0 ? "# " : " ");
		g_string_append(out, *word);
		column += length + (column == 0 ? 2 : 1);
	}
	g_string_append_c(out, '\n');
}

static const char *const example_headings[N_GROUP_KINDS] = {
	[GROUP_AGENT] = "[agent]",
	[GROUP_PROVIDER] = "#[provider odn]",
	[GROUP_SET] = "#[server-set odn]",
	[GROUP_SETUP] = "[setup]",
	[GROUP_OAUTH] = "#[oauth google]",
};

static const char *const introductions[N_GROUP_KINDS] = {
	[GROUP_AGENT] = "The agent as a whole.",
	[GROUP_PROVIDER] =
		"One group for every network operator whose network you use. All of these "
		"are evidence that the machine is inside; any one is enough.",
	[GROUP_SET] = "One group for every provider you have mail with: its servers, the addresses "
		      "that belong to it, and the rules under which it takes mail.",
	[GROUP_SETUP] = "How roampost setup finds servers.",
	[GROUP_OAUTH] = "One group for every provider of tokens that smtp-password-from=oauth:NAME "
			"or pop-password-from= names.",
};

/* A default is shown where there is one, else an example. */
static void
append_option(GString *out, const Option *option)
{
	g_string_append_c(out, '\n');
	append_comment(out, option->help);
	g_string_append_printf(out, "#%s=%s\n", option->key,
		*option->fallback != '\0' ? option->fallback : option->example);
}

char *
rp_config_example(void)
{
	GString *out = g_string_new(NULL);

	append_comment(out, "roampost's configuration. This one is /etc/roampost/roampost.conf or "
			    "~/.config/roampost/roampost.conf; what both say, the latter decides.");
	append_comment(out,
		"Remove the # in front of what you need. Lists are separated by ; and comments "
		"stand on "
		"lines of their own. Times: 90s, 10min, 2h, 1d. Sizes: 512K, 10M. Check it with: "
		"roampost config check. All about it: roampost.conf(5).");
	for (int kind = 0; kind < N_GROUP_KINDS; kind++) {
		g_string_append_c(out, '\n');
		append_comment(out, introductions[kind]);
		g_string_append_printf(out, "%s\n", example_headings[kind]);
		for (guint i = 0; i < n_options; i++)
			if ((int)options[i].group == kind)
				append_option(out, &options[i]);
	}
	return g_string_free(out, FALSE);
}

/* In the sentence; a list of long values has a line for each. */
static void
append_default(GString *out, const char *value)
{
	g_auto(GStrv) parts = g_strsplit(value, ";", -1);

	g_string_append(out, "The default is\n");
	if (!parts[0] || !parts[1]) {
		g_string_append_printf(out, ".Li %s .\n", value);
		return;
	}
	for (char **part = parts; *part; part++)
		g_string_append_printf(out, ".Dl %s%s\n", *part, part[1] ? ";" : "");
}

char *
rp_config_manual(const char *group)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < n_options; i++) {
		const Option *option = &options[i];

		if (strcmp(group_kind_name(option->group), group) != 0)
			continue;
		g_string_append_printf(
			out, ".It Ic %s Ns = Ns Ar %s\n", option->key, option->type->name);
		rp_manual_append(out, option->help);
		if (*option->fallback != '\0')
			append_default(out, option->fallback);
	}
	return g_string_free(out, FALSE);
}
