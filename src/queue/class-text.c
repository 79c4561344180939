/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/queue.h"

#include <string.h>

/* What the plan says of a class's recipients as one column of text, a line a domain. */

void
rp_class_text_append(GString *text, const char *domain, const char *set, const char *reasons_json)
{
	for (const char *letter = domain; *letter; letter++)
		g_string_append_c(text, g_ascii_tolower(*letter));
	g_string_append_c(text, '\t');
	if (set)
		g_string_append(text, set);
	g_string_append_c(text, '\t');
	g_string_append(text, reasons_json);
	g_string_append_c(text, '\n');
}

static void
take_fields(char **fields, char **set, char **reasons_json)
{
	if (set)
		*set = *fields[1] ? g_strdup(fields[1]) : NULL;
	if (reasons_json)
		*reasons_json = g_strdup(fields[2]);
}

/* Elsewhere in the text a quotation mark is escaped. */
gboolean
rp_queue_message_is_held_for(const RpQueueMessage *message, RpReason reason)
{
	g_autofree char *member = g_strdup_printf("\"reason\":\"%s\"", rp_reason_name(reason));

	return message->state == RP_MESSAGE_HELD &&
	       (message->hold_reason == (gint)reason ||
		       (message->class_reasons && strstr(message->class_reasons, member)));
}

gboolean
rp_class_text_find(const char *text, const char *recipient, char **set, char **reasons_json)
{
	const char *at = strrchr(recipient, '@');
	g_autofree char *domain = g_ascii_strdown(at ? at + 1 : "", -1);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	g_auto(GStrv) others = NULL;

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, "\t", 3);

		if (g_strv_length(fields) != 3)
			continue;
		if (g_str_equal(fields[0], domain)) {
			take_fields(fields, set, reasons_json);
			return TRUE;
		}
		if (g_str_equal(fields[0], "*") && !others)
			others = g_steal_pointer(&fields);
	}
	if (!others)
		return FALSE;
	take_fields(others, set, reasons_json);
	return TRUE;
}
