/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/queue.h"

#include <string.h>

/* What the plan says of a class's recipients as one column of text. It is written for all classes
 * that were decided alike, whoever their recipients are, and read for one, a line a domain.
 *
 * As written, a line is NUMBERS TAB SET TAB REASONS LF: the recipients by their place in the class,
 * "0,3-5", each with a "*" behind it that stands for all that are not told apart (only the first of
 * these is there). */

/* ---- written ---- */

typedef struct {
	const RpClassSaid *said; /* of the first */
	guint last;              /* the last of the run that is being written */
	GString *numbers;
} Line;

static void
line_clear(gpointer data)
{
	g_string_free(((Line *)data)->numbers, TRUE);
}

static gboolean
is_alike(const RpClassSaid *a, const RpClassSaid *b)
{
	return g_strcmp0(a->set, b->set) == 0 && g_str_equal(a->reasons_json, b->reasons_json);
}

static Line *
line_for(GArray *lines, const RpClassSaid *said)
{
	for (guint i = 0; i < lines->len; i++)
		if (is_alike(g_array_index(lines, Line, i).said, said))
			return &g_array_index(lines, Line, i);
	g_array_append_val(lines, ((Line){.said = said, .numbers = g_string_new(NULL)}));
	return &g_array_index(lines, Line, lines->len - 1);
}

/* Those next to each other as one run, from the first to the last. */
static void
add_number(Line *line, guint number)
{
	GString *text = line->numbers;

	if (text->len && line->last + 1 == number && text->str[text->len - 1] != '*') {
		const char *run = strrchr(text->str, ',');
		const char *dash = strchr(run ? run : text->str, '-');

		if (dash)
			g_string_truncate(text, (gsize)(dash - text->str));
		g_string_append_printf(text, "-%u", number);
	} else {
		g_string_append_printf(text, "%s%u", text->len ? "," : "", number);
	}
	line->last = number;
}

static char *
join_lines(const GArray *lines)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < lines->len; i++) {
		const Line *line = &g_array_index(lines, Line, i);
		const char *set = line->said->set;

		g_string_append_printf(text, "%s\t%s\t%s\n", line->numbers->str, set ? set : "",
			line->said->reasons_json);
	}
	return g_string_free(text, FALSE);
}

char *
rp_class_text_write(const RpClassSaid *said, guint n)
{
	g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(Line));
	gboolean others = FALSE;

	g_array_set_clear_func(lines, line_clear);
	for (guint i = 0; i < n; i++) {
		if (said[i].told_apart) {
			add_number(line_for(lines, &said[i]), i);
		} else if (!others) {
			GString *numbers = line_for(lines, &said[i])->numbers;

			g_string_append_printf(numbers, "%s%u*", numbers->len ? "," : "", i);
			others = TRUE;
		}
	}
	return join_lines(lines);
}

/* ---- for one class ---- */

/* Where what is said of a recipient stands in the text. */
typedef struct {
	const char *said; /* SET TAB REASONS LF; NULL: nothing is */
	gboolean others;
} Said;

/* Of the numbers at the beginning of a line. */
static void
note_line(const char *line, const char *tab, Said *said, guint n)
{
	for (const char *at = line; at < tab;) {
		char *end;
		guint64 first = g_ascii_strtoull(at, &end, 10), last = first;

		if (end == at)
			return;
		if (*end == '-')
			last = g_ascii_strtoull(end + 1, &end, 10);
		for (guint64 i = first; i <= last && i < n; i++)
			said[i] = (Said){tab + 1, *end == '*'};
		at = end + (*end == '*');
		at += *at == ',';
	}
}

static void
note_lines(const char *text, Said *said, guint n)
{
	for (const char *line = text; *line;) {
		const char *tab = strchr(line, '\t');
		const char *end = strchr(line, '\n');

		if (!tab || !end)
			return;
		note_line(line, tab, said, n);
		line = end + 1;
	}
}

static char *
domain_of(const char *recipient, const Said *said)
{
	const char *at = strrchr(recipient, '@');

	return said->others ? g_strdup("*") : g_ascii_strdown(at ? at + 1 : "", -1);
}

static char *
lines_for(char **recipients, const Said *said, guint n)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < n; i++) {
		char *domain = said[i].said ? domain_of(recipients[i], &said[i]) : NULL;

		if (!domain || !g_hash_table_add(seen, domain)) /* which takes it in any case */
			continue;
		g_string_append_printf(
			text, "%s\t%.*s\n", domain, (int)strcspn(said[i].said, "\n"), said[i].said);
	}
	return g_string_free(text, FALSE);
}

char *
rp_class_text_of(const char *text, const char *recipients)
{
	g_auto(GStrv) each = g_strsplit(recipients ? recipients : "", "\n", -1);
	guint n = g_strv_length(each);
	g_autofree Said *said = g_new0(Said, n);

	if (!text)
		return NULL;
	note_lines(text, said, n);
	return lines_for(each, said, n);
}

/* ---- read ---- */

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
