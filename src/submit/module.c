/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "module.h"

#include <dlfcn.h>
#include <unistd.h>

/* Beside our own program or in the folder next to it (a build tree that is not installed), then
 * where it is installed. None of these places can be chosen by the environment. */
static void *
open_module(const char *name)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = program ? g_path_get_dirname(program) : NULL;
	g_autofree char *beside = dir ? g_build_filename(dir, "..", "submit", NULL) : NULL;
	const char *const places[] = {dir, beside, RP_MODULE_DIR};

	for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *path = places[i] ? g_build_filename(places[i], name, NULL) : NULL;

		if (path && access(path, R_OK) == 0) {
			void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);

			if (module)
				return module;
		}
	}
	return NULL;
}

void *
rp_module_function(const char *module, const char *function)
{
	static GMutex one_at_a_time;
	void (*init)(void) = NULL;
	void *opened, *found;

	/* Modules share libraries that count how often they are initialised, and do that for one
	 * thread only (GMime): so none is on its way while another one begins. */
	g_mutex_lock(&one_at_a_time);
	opened = open_module(module);
	found = opened ? dlsym(opened, function) : NULL;
	if (found)
		init = (void (*)(void))dlsym(opened, RP_MODULE_INIT);
	if (init)
		init();
	g_mutex_unlock(&one_at_a_time);
	return found;
}
