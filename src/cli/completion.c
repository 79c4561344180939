/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "completion.h"

#include <string.h>

/* What the three scripts have in common. How each shell is told stands in completion-SHELL.c; what
 * is asked for while somebody types, in cmd-complete.c. */

RpCompletionKind
rp_completion_kind(const char *word)
{
	static const struct {
		const char *word;
		RpCompletionKind kind;
	} kinds[] = {
		{"FILE", RP_COMPLETION_FILES},
		{"FILE|URL", RP_COMPLETION_FILES},
		{"DIR", RP_COMPLETION_FOLDERS},
		{"PROFILE", RP_COMPLETION_FOLDERS},
		{"ID", RP_COMPLETION_ASKED},
		{"SET", RP_COMPLETION_ASKED},
		{"SET|auto", RP_COMPLETION_ASKED},
		{"PROVIDER", RP_COMPLETION_ASKED},
		{"PROVIDER|SET|failures", RP_COMPLETION_ASKED},
		{"STATE", RP_COMPLETION_ASKED},
		{"SHELL", RP_COMPLETION_ASKED},
		{"COMMAND", RP_COMPLETION_ASKED},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_equal(kinds[i].word, word))
			return kinds[i].kind;
	return RP_COMPLETION_NOTHING;
}

char *
rp_completion_word(const char *described)
{
	g_autoptr(GString) word = g_string_new(described);

	if (!described)
		return NULL;
	g_string_replace(word, "…", "", 0);
	g_string_replace(word, "[", "", 0);
	g_string_replace(word, "]", "", 0);
	return g_string_free(g_steal_pointer(&word), FALSE);
}

char **
rp_completion_arguments(const RpCliCommand *command, gboolean *more)
{
	g_auto(GStrv) described = g_strsplit(command->args, " ", -1);
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();

	*more = strstr(command->args, "…") != NULL;
	for (char **each = described; *each != NULL; each++) {
		g_autofree char *word = rp_completion_word(*each);

		if (*word != '\0')
			g_strv_builder_add(words, word);
	}
	return g_strv_builder_end(words);
}

gboolean
rp_completion_is_first(const RpCliCommand *commands, const RpCliCommand *command, gsize *length)
{
	*length = strcspn(command->name, " ");
	for (const RpCliCommand *other = commands; other != command; other++)
		if (strncmp(other->name, command->name, *length) == 0 &&
			other->name[*length] == ' ')
			return FALSE;
	return TRUE;
}

gboolean
rp_completion_is_family(const RpCliCommand *command)
{
	return strchr(command->name, ' ') != NULL;
}
