/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/config-edit.h"

#include "roampost/language.h"

#include <string.h>

/* The file as lines, each with what has become of it: so the difference need not be looked for. */

typedef enum { KEPT, ADDED, REMOVED } Fate;

typedef struct {
	char *text;
	char *group; /* that it is in; of a heading the one it begins; NULL: before any */
	char *key;   /* NULL: a heading, a comment, a blank line */
	gboolean is_heading;
	Fate fate;
} Line;

struct RpConfigEdit {
	GPtrArray *lines;
};

static void
line_free(gpointer data)
{
	Line *line = data;

	rp_wipe(line->text, strlen(line->text));
	g_free(line->text);
	g_free(line->group);
	g_free(line->key);
	g_free(line);
}

/* ---- reading ---- */

/* "[server-set  odn ]" names the same as "[server-set odn]". */
static char *
heading_of(const char *text)
{
	const char *end = strrchr(text, ']');
	g_autofree char *inside = end ? g_strndup(text + 1, (gsize)(end - text - 1)) : NULL;
	g_autoptr(GString) name = g_string_new(NULL);

	if (!inside)
		return NULL;
	g_auto(GStrv) words = g_strsplit_set(inside, " \t", -1);
	for (char **word = words; *word; word++)
		if (**word)
			g_string_append_printf(name, "%s%s", name->len ? " " : "", *word);
	return g_string_free(g_steal_pointer(&name), FALSE);
}

static char *
key_of(const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals || *text == '#')
		return NULL;
	return g_strchomp(g_strndup(text, (gsize)(equals - text)));
}

static Line *
line_new(const char *text, const char *group, Fate fate)
{
	Line *line = g_new0(Line, 1);
	const char *start = text + strspn(text, " \t");

	line->text = g_strdup(text);
	line->fate = fate;
	line->group = *start == '[' ? heading_of(start) : NULL;
	line->is_heading = line->group != NULL;
	if (!line->group) {
		line->group = g_strdup(group);
		line->key = key_of(start);
	}
	return line;
}

RpConfigEdit *
rp_config_edit_new(const char *text)
{
	RpConfigEdit *edit = g_new0(RpConfigEdit, 1);
	const char *group = NULL;

	edit->lines = g_ptr_array_new_with_free_func(line_free);
	while (*text) {
		gsize length = strcspn(text, "\n");
		g_autoptr(RpSecret) one = g_strndup(text, length);
		Line *line = line_new(one, group, KEPT);

		g_ptr_array_add(edit->lines, line);
		group = line->group;
		text += length + (text[length] == '\n');
	}
	return edit;
}

void
rp_config_edit_free(RpConfigEdit *edit)
{
	if (!edit)
		return;
	g_ptr_array_unref(edit->lines);
	g_free(edit);
}

/* ---- finding ---- */

static Line *
line_at(const RpConfigEdit *edit, guint index)
{
	return edit->lines->pdata[index];
}

static gboolean
is_in(const Line *line, const char *group)
{
	return line->fate != REMOVED && g_strcmp0(line->group, group) == 0;
}

gboolean
rp_config_edit_has_group(const RpConfigEdit *edit, const char *group)
{
	for (guint i = 0; i < edit->lines->len; i++)
		if (line_at(edit, i)->is_heading && is_in(line_at(edit, i), group))
			return TRUE;
	return FALSE;
}

char **
rp_config_edit_groups(const RpConfigEdit *edit, const char *prefix)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < edit->lines->len; i++) {
		const Line *line = line_at(edit, i);

		if (line->is_heading && line->fate != REMOVED &&
			g_str_has_prefix(line->group, prefix) &&
			!g_ptr_array_find_with_equal_func(names, line->group, g_str_equal, NULL))
			g_ptr_array_add(names, line->group);
	}
	g_ptr_array_add(names, NULL);
	return g_strdupv((char **)names->pdata);
}

/* The last one is what a key file says; -1: none. */
static gint
find_key(const RpConfigEdit *edit, const char *group, const char *key)
{
	for (guint i = edit->lines->len; i-- > 0;)
		if (is_in(line_at(edit, i), group) && g_strcmp0(line_at(edit, i)->key, key) == 0)
			return (gint)i;
	return -1;
}

const char *
rp_config_edit_get(const RpConfigEdit *edit, const char *group, const char *key)
{
	gint at = find_key(edit, group, key);
	const char *value = at >= 0 ? strchr(line_at(edit, (guint)at)->text, '=') + 1 : NULL;

	return value ? value + strspn(value, " \t") : NULL;
}

/* ---- changing ---- */

static void
insert(RpConfigEdit *edit, guint at, const char *text, const char *group)
{
	g_ptr_array_insert(edit->lines, (gint)at, line_new(text, group, ADDED));
}

/* What was only added is gone without a trace. */
static void
take_out(RpConfigEdit *edit, guint at)
{
	if (line_at(edit, at)->fate == ADDED)
		g_ptr_array_remove_index(edit->lines, at);
	else
		line_at(edit, at)->fate = REMOVED;
}

/* Behind the last key of the group, or its heading; at the end of the file where there is none. */
static guint
place_in(RpConfigEdit *edit, const char *group)
{
	g_autofree char *heading = g_strdup_printf("[%s]", group);
	guint n;

	for (guint i = edit->lines->len; i-- > 0;)
		if (is_in(line_at(edit, i), group) &&
			(line_at(edit, i)->key || line_at(edit, i)->is_heading))
			return i + 1;
	n = edit->lines->len;
	if (n > 0 && *line_at(edit, n - 1)->text)
		insert(edit, n, "", line_at(edit, n - 1)->group);
	insert(edit, edit->lines->len, heading, NULL);
	return edit->lines->len;
}

/* A line of the file that said just that, and was taken out before: it is there again, and nothing
 * has changed. Not where its heading went too. NULL: none did. */
static Line *
find_removed(const RpConfigEdit *edit, const char *group, const char *key, const char *value)
{
	gboolean headed = FALSE;

	for (guint i = 0; i < edit->lines->len; i++) {
		Line *line = line_at(edit, i);

		if (line->text[0] == '[')
			headed = line->fate != REMOVED;
		if (!headed)
			continue;
		const char *said = g_strcmp0(line->key, key) == 0 ? strchr(line->text, '=') : NULL;

		if (said && line->fate == REMOVED && g_strcmp0(line->group, group) == 0 &&
			strcmp(said + 1 + strspn(said + 1, " \t"), value) == 0)
			return line;
	}
	return NULL;
}

void
rp_config_edit_set(RpConfigEdit *edit, const char *group, const char *key, const char *value)
{
	const char *old = rp_config_edit_get(edit, group, key);
	gint at = find_key(edit, group, key);

	if (g_strcmp0(old, value) == 0)
		return;
	g_autoptr(RpSecret) text = value ? g_strconcat(key, "=", value, NULL) : NULL;
	Line *again = value ? find_removed(edit, group, key, value) : NULL;
	if (again)
		again->fate = KEPT;
	else if (text && at >= 0)
		insert(edit, (guint)at + 1, text, group);
	else if (text)
		insert(edit, place_in(edit, group), text, group);
	if (at >= 0)
		take_out(edit, (guint)at);
	if (!value && find_key(edit, group, key) >= 0)
		rp_config_edit_set(edit, group, key, NULL);
}

static gboolean
is_comment(const Line *line)
{
	return line->text[strspn(line->text, " \t")] == '#';
}

/* What stands between a group's last key and the next heading belongs to that, where nothing parts
 * them. */
static guint
end_of_group(const RpConfigEdit *edit, guint heading)
{
	guint end = heading + 1, next;

	for (next = end; next < edit->lines->len && !line_at(edit, next)->is_heading; next++)
		if (line_at(edit, next)->key)
			end = next + 1;
	for (guint i = end; i < next && is_comment(line_at(edit, i)); i++)
		if (i + 1 == next && next < edit->lines->len)
			return end;
	while (end < next && is_comment(line_at(edit, end)))
		end++;
	if (end < next && !*line_at(edit, end)->text)
		end++;
	return end;
}

void
rp_config_edit_remove_group(RpConfigEdit *edit, const char *group)
{
	for (guint i = edit->lines->len; i-- > 0;) {
		guint begin = i, end;

		if (!line_at(edit, i)->is_heading || !is_in(line_at(edit, i), group))
			continue;
		end = end_of_group(edit, i);
		while (begin > 0 && is_comment(line_at(edit, begin - 1)))
			begin--;
		for (guint j = end; j-- > begin;)
			take_out(edit, j);
		i = begin;
	}
}

/* ---- what it comes to ---- */

gboolean
rp_config_edit_is_changed(const RpConfigEdit *edit)
{
	for (guint i = 0; i < edit->lines->len; i++)
		if (line_at(edit, i)->fate != KEPT)
			return TRUE;
	return FALSE;
}

char *
rp_config_edit_text(const RpConfigEdit *edit)
{
	gsize size = 1;
	char *text, *end;

	for (guint i = 0; i < edit->lines->len; i++)
		size += strlen(line_at(edit, i)->text) + 1;
	end = text = g_malloc(size);
	*end = '\0';
	for (guint i = 0; i < edit->lines->len; i++)
		if (line_at(edit, i)->fate != REMOVED)
			end = g_stpcpy(g_stpcpy(end, line_at(edit, i)->text), "\n");
	return text;
}

static gboolean
is_secret(const Line *line)
{
	return line->key &&
	       (g_str_equal(line->key, "smtp-password") || g_str_equal(line->key, "pop-password"));
}

/* Of a password that becomes another nothing is to be seen in two lines that are alike. */
static gboolean
has_other(const RpConfigEdit *edit, const Line *line, Fate fate)
{
	for (guint i = 0; i < edit->lines->len; i++) {
		const Line *other = line_at(edit, i);

		if (other->fate == fate && g_strcmp0(other->key, line->key) == 0 &&
			g_strcmp0(other->group, line->group) == 0)
			return TRUE;
	}
	return FALSE;
}

static void
show_line(GString *out, const Line *line)
{
	gboolean secret = is_secret(line);

	g_string_append_printf(out, "%c%s%s\n", line->fate == ADDED ? '+' : '-',
		secret ? line->key : line->text, secret ? "=****" : "");
}

char *
rp_config_edit_difference(const RpConfigEdit *edit)
{
	GString *out = g_string_new(NULL);
	const char *shown = NULL;

	for (guint i = 0; i < edit->lines->len; i++) {
		const Line *line = line_at(edit, i);

		if (line->fate == KEPT)
			continue;
		if (line->group && line->key && g_strcmp0(shown, line->group) != 0)
			g_string_append_printf(out, " [%s]\n", line->group);
		if (!is_secret(line) || line->fate == ADDED || !has_other(edit, line, ADDED))
			show_line(out, line);
		if (is_secret(line) && line->fate == ADDED && has_other(edit, line, REMOVED)) {
			g_string_truncate(out, out->len - 1);
			g_string_append_printf(out, " (%s)\n", _("another one than before"));
		}
		if (line->key || line->is_heading)
			shown = line->group;
	}
	return g_string_free(out, FALSE);
}
