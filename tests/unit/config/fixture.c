/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"
#include "../scratch.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
fixture_set_up(Fixture *fixture, gconstpointer data)
{
	GError *error = NULL;

	fixture->root = g_dir_make_tmp("roampost-config-XXXXXX", &error);
	g_assert_no_error(error);
}

void
fixture_tear_down(Fixture *fixture, gconstpointer data)
{
	scratch_remove(fixture->root);
	g_free(fixture->root);
}

char *
fixture_write(Fixture *fixture, const char *name, const char *text, int mode)
{
	char *path = g_build_filename(fixture->root, name, NULL);
	g_autofree char *directory = g_path_get_dirname(path);
	GError *error = NULL;

	g_assert_cmpint(g_mkdir_with_parents(directory, 0700), ==, 0);
	g_file_set_contents(path, text, -1, &error);
	g_assert_no_error(error);
	g_assert_cmpint(g_chmod(path, mode), ==, 0);
	return path;
}

RpConfigSources *
fixture_sources(Fixture *fixture)
{
	RpConfigSources *sources = g_new0(RpConfigSources, 1);

	sources->files = g_new0(char *, 3);
	sources->files[0] = g_build_filename(fixture->root, "etc/roampost.conf", NULL);
	sources->files[1] = g_build_filename(fixture->root, "user/roampost.conf", NULL);
	sources->provider_dirs = g_new0(char *, 4);
	sources->provider_dirs[0] = g_build_filename(fixture->root, "share/providers.d", NULL);
	sources->provider_dirs[1] = g_build_filename(fixture->root, "etc/providers.d", NULL);
	sources->provider_dirs[2] = g_build_filename(fixture->root, "user/providers.d", NULL);
	sources->n_system_files = 1;
	return sources;
}
