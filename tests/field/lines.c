/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lines.h"

static void
try_file(const char *folder, const char *file, RpFieldLine try_line)
{
	g_autofree char *path = g_build_filename(folder, file, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	if (!g_file_get_contents(path, &text, NULL, &error))
		g_error("%s", error->message);
	if (!g_str_has_prefix(text, "# source: "))
		g_error("%s: it names no source", path);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++)
		if (*lines[i] && *lines[i] != '#')
			try_line(file, i + 1, lines[i]);
}

void
rp_field_lines(const char *folder, const char *suffix, RpFieldLine try_line)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	g_assert_nonnull(dir);
	while ((name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, suffix))
			try_file(folder, name, try_line);
}
