/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include "roampost/language.h"

#include <string.h>

/* GKeyFile knows no line numbers, stops at the first broken line and keeps silent of keys that are
 * given twice. This walk over the same text, by the same rules (the Desktop Entry Specification's,
 * as GLib reads them), adds all that. */

typedef struct {
	Scan *scan;
	Reading *reading;
	Origin origin;
	char *group;   /* NULL: none yet */
	gboolean lost; /* of which group the lines are can't be told: its heading was wrong */
	gboolean wide_said;
} Walk;

void
scan_free(Scan *scan)
{
	if (!scan)
		return;
	g_hash_table_unref(scan->lines);
	/* The text may hold passwords. */
	rp_wipe(scan->clean->str, scan->clean->len);
	g_string_free(scan->clean, TRUE);
	g_free(scan);
}

static char *
line_key(const char *group, const char *key)
{
	return key ? g_strconcat(group, "\n", key, NULL) : g_strdup(group);
}

guint
scan_line(const Scan *scan, const char *group, const char *key)
{
	g_autofree char *name = line_key(group, key);

	return GPOINTER_TO_UINT(g_hash_table_lookup(scan->lines, name));
}

static void
warn_twice(Walk *walk, const char *key, guint first)
{
	problem_add(walk->reading, RP_CONFIG_WARNING, &walk->origin, walk->group, key,
		_("given twice: this one counts, the one in line %u does not"), first);
}

static gboolean
scan_group(Walk *walk, char *line)
{
	gsize length = strlen(line);
	guint line_number = walk->origin.line;

	if (*line != '[' || length < 3 || line[length - 1] != ']')
		return FALSE;
	line[length - 1] = '\0';
	if (strpbrk(line + 1, "[]"))
		return FALSE;
	g_free(walk->group);
	walk->group = g_strdup(line + 1);
	if (scan_line(walk->scan, walk->group, NULL) == 0)
		g_hash_table_insert(
			walk->scan->lines, g_strdup(walk->group), GUINT_TO_POINTER(line_number));
	return TRUE;
}

static gboolean
scan_pair(Walk *walk, const char *line)
{
	const char *equals = strchr(line, '=');
	g_autofree char *key = NULL;

	if (!equals || equals == line)
		return FALSE;
	key = g_strchomp(g_strndup(line, (gsize)(equals - line)));
	guint first = scan_line(walk->scan, walk->group, key);
	if (first != 0)
		warn_twice(walk, key, first);
	g_hash_table_insert(
		walk->scan->lines, line_key(walk->group, key), GUINT_TO_POINTER(walk->origin.line));
	return TRUE;
}

static void complain(Walk *walk, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
complain(Walk *walk, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *message = g_strdup_vprintf(format, args);
	va_end(args);
	problem_add(
		walk->reading, RP_CONFIG_ERROR, &walk->origin, walk->group, NULL, "%s", message);
}

#define WIDE_EQUALS "＝"
#define WIDE_BRACKET "［"

/* Whoever writes Japanese may have typed the full-width sign, then mostly in all lines: said once,
 * and read as what is meant, so that nothing else is complained of. */
static void
mend_wide(Walk *walk, char *text)
{
	const char *start = text + strspn(text, " \t");
	char *wide = strstr(text, WIDE_EQUALS);

	if (!wide || wide == start || strchr(text, '=') || strchr("#[;", *start))
		return;
	if (!walk->wide_said)
		complain(
			walk, _("“＝” is the full-width sign: write = here, and in lines like it"));
	walk->wide_said = TRUE;
	*wide = '=';
	memmove(wide + 1, wide + strlen(WIDE_EQUALS), strlen(wide + strlen(WIDE_EQUALS)) + 1);
}

/* "server-set odn", where [server-set odn] is meant. */
static gboolean
is_bare_heading(const char *line)
{
	gsize length = strcspn(line, " \t");

	for (int kind = 0; kind < N_GROUP_KINDS; kind++) {
		const char *name = group_kind_name((GroupKind)kind);

		if (strlen(name) == length && memcmp(name, line, length) == 0)
			return !strchr(line, '=');
	}
	return FALSE;
}

/* What is wrong is not the group's that stands before it. */
static void
begin_no_group(Walk *walk)
{
	g_clear_pointer(&walk->group, g_free);
	walk->lost = TRUE;
}

/* FALSE: GKeyFile must not see the line. */
static gboolean
scan_one(Walk *walk, const char *text)
{
	g_autofree char *line = g_strstrip(g_strdup(text));
	gboolean good = TRUE;

	if (*line == '\0' || *line == '#') {
		good = TRUE;
	} else if (!g_utf8_validate(line, -1, NULL)) {
		complain(walk, _("this line is not UTF-8"));
		good = FALSE;
	} else if (is_bare_heading(line)) {
		line[strcspn(line, "]")] = '\0';
		begin_no_group(walk);
		complain(walk, _("a group is written in brackets: did you mean [%s]?"), line);
		good = FALSE;
	} else if (*line == '[' || g_str_has_prefix(line, WIDE_BRACKET)) {
		good = scan_group(walk, line);
		walk->lost = FALSE;
		if (!good) {
			begin_no_group(walk);
			complain(walk, _("a group is written [NAME], on a line of its own"));
		}
	} else if (walk->lost) {
		good = FALSE;
	} else if (*line == ';') {
		complain(walk, _("a comment begins with #"));
		good = FALSE;
	} else if (!walk->group) {
		complain(walk, _("this stands before the first group, such as [agent]"));
		walk->lost = TRUE; /* and so does what follows */
		good = FALSE;
	} else if (!scan_pair(walk, line)) {
		complain(walk, _("this line is neither KEY=VALUE, nor [GROUP], nor a # comment"));
		good = FALSE;
	}
	rp_wipe(line, strlen(line));
	return good;
}

Scan *
scan_text(Reading *reading, const char *file, const char *text, gsize length)
{
	Scan *scan = g_new0(Scan, 1);
	Walk walk = {.scan = scan, .reading = reading, .origin = {.file = file}};
	const char *end = text + length;

	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3; /* some editors mark UTF-8 so */
	scan->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	scan->clean = g_string_sized_new(length + 1);
	while (text < end) {
		const char *newline = memchr(text, '\n', (gsize)(end - text));
		gsize n = newline ? (gsize)(newline - text) : (gsize)(end - text);
		g_autofree char *line = g_strndup(text, n);

		walk.origin.line++;
		if (strlen(line) != n) {
			complain(&walk, _("this line holds a NUL"));
		} else {
			mend_wide(&walk, line);
			if (scan_one(&walk, line))
				g_string_append(scan->clean, line);
		}
		g_string_append_c(scan->clean, '\n');
		rp_wipe(line, n);
		text += n + 1;
	}
	g_free(walk.group);
	return scan;
}
