/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Which files and folders are read, and in which order: the system's, then the user's. */

static const char *
get_nonempty(const char *name)
{
	const char *value = g_getenv(name);

	return value && *value != '\0' ? value : NULL;
}

static const char *
directory(const char *variable, const char *compiled_in)
{
	const char *value = get_nonempty(variable);

	return value ? value : compiled_in;
}

/* The base directory specification: a relative XDG_CONFIG_HOME is invalid and ignored.
 * g_get_user_config_dir would keep its first answer for the life of the process. */
static char *
user_directory(void)
{
	const char *xdg = get_nonempty("XDG_CONFIG_HOME");

	if (xdg && g_path_is_absolute(xdg))
		return g_build_filename(xdg, "roampost", NULL);
	g_autofree char *home = rp_account_home_in_use();
	return g_build_filename(home, ".config", "roampost", NULL);
}

static char **
provider_directories(const char *system, const char *user)
{
	const char *named = get_nonempty("ROAMPOST_PROVIDERS");
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	if (named)
		return g_strsplit(named, ":", -1);
	if (!user) /* ROAMPOST_CONFIG: that file alone */
		return g_new0(char *, 1);
	const char *const parents[] = {directory("ROAMPOST_DATA", RP_DATADIR), system, user};
	for (gsize i = 0; i < G_N_ELEMENTS(parents); i++) {
		g_autofree char *path = g_build_filename(parents[i], "providers.d", NULL);

		g_strv_builder_add(builder, path);
	}
	return g_strv_builder_end(builder);
}

RpConfigSources *
rp_config_sources_new_for_file(const char *file)
{
	RpConfigSources *sources = g_new0(RpConfigSources, 1);
	const char *const files[] = {file, NULL};

	sources->files = g_strdupv((char **)files);
	sources->provider_dirs = provider_directories(NULL, NULL);
	sources->n_system_files = 1;
	sources->must_exist = TRUE;
	return sources;
}

RpConfigSources *
rp_config_sources_new(void)
{
	const char *alone = get_nonempty("ROAMPOST_CONFIG");

	if (alone)
		return rp_config_sources_new_for_file(alone);

	RpConfigSources *sources = g_new0(RpConfigSources, 1);
	const char *system = directory("ROAMPOST_SYSCONF", RP_SYSCONFDIR);
	g_autofree char *user = user_directory();
	sources->files = g_new0(char *, 3);
	sources->files[0] = g_build_filename(system, "roampost.conf", NULL);
	sources->files[1] = g_build_filename(user, "roampost.conf", NULL);
	sources->provider_dirs = provider_directories(system, user);
	sources->n_system_files = 1;
	return sources;
}

RpConfigSources *
rp_config_sources_copy(const RpConfigSources *sources)
{
	RpConfigSources *copy = g_new(RpConfigSources, 1);

	*copy = *sources;
	copy->files = g_strdupv(sources->files);
	copy->provider_dirs = g_strdupv(sources->provider_dirs);
	return copy;
}

void
rp_config_sources_free(RpConfigSources *sources)
{
	if (!sources)
		return;
	g_strfreev(sources->files);
	g_strfreev(sources->provider_dirs);
	g_free(sources);
}
