/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/remedy.h"

#include <glib.h>
#include <string.h>

/* Remedies are said of a class of mail: what they leave open is filled in where they are shown of
 * one message, or of some. */

/* Whether it is a command that takes ids: then its length, with the blank behind it. */
static gsize
command_length(const char *text)
{
	static const char *const commands[] = {"roampost delete ", "roampost edit ",
		"roampost pin ", "roampost release ", "roampost retry "};

	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_str_has_prefix(text, commands[i]))
			return strlen(commands[i]);
	return 0;
}

/* What stands behind the id of a command that takes one alone. */
#define ONE_ALONE " --to "

/* Commands stand as they are typed, in every language. */
char *
rp_remedy_with_id(const char *text, const char *id)
{
	GString *named = g_string_new(NULL);
	gboolean several = strchr(id, ' ') != NULL;

	while (*text) {
		gsize length = command_length(text);

		g_string_append_len(named, text, (gssize)MAX(length, 1));
		text += MAX(length, 1);
		if (length && g_str_has_prefix(text, "ID") && !g_ascii_isalnum(text[2]) &&
			!(several && g_str_has_prefix(text + 2, ONE_ALONE))) {
			g_string_append(named, id);
			text += strlen("ID");
		}
	}
	return g_string_free(named, FALSE);
}

char *
rp_remedy_with_sender(const char *text, const char *header_from, const char *sender)
{
	const char *identity = header_from && *header_from ? header_from : sender;
	const char *at = identity ? strrchr(identity, '@') : NULL;
	const char *line = strstr(text, RP_REMEDY_CARRIES);
	const char *place = line ? strstr(line, RP_REMEDY_DOMAIN) : NULL;
	GString *named = g_string_new(NULL);

	if (!place)
		return g_string_free(g_string_append(named, text), FALSE);
	/* Nobody's, a report's, is in no list. */
	g_string_append_len(
		named, text, at ? place - text : line + strlen(RP_REMEDY_CARRIES) - text);
	g_string_append(named, at ? at : "any");
	text = place + strlen(RP_REMEDY_DOMAIN);
	g_autofree char *rest = rp_remedy_with_sender(text, header_from, sender);
	return g_string_free(g_string_append(named, rest), FALSE);
}
