/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <sys/resource.h>

/* What tests do with the directories that they make, and with the disk: a header alone, so that
 * each includes it as it is. */

/* Removes it with all that is in it; links are not followed. Nothing there is fine. */
static inline void
scratch_remove(const char *path)
{
	g_autoptr(GDir) listing =
		g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
	const char *name;

	while (listing && (name = g_dir_read_name(listing))) {
		g_autofree char *inside = g_build_filename(path, name, NULL);

		scratch_remove(inside);
	}
	g_remove(path);
}

/* No file of this process can grow any more (write() fails, SIGXFSZ is for the caller to ignore),
 * or they can again. */
static inline void
scratch_fill_disk(gboolean full)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = full ? 1 : limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}
