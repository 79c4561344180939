/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/module.h"

#include <dlfcn.h>
#include <unistd.h>

/* What is rarely needed stands in shared objects of its own,
 * loaded on first use: so that programs start fast. */

/* Beside our own program or in a folder next to it (a build tree that is not installed), then
 * where it is installed. None of these places can be chosen by the environment. */
static void *
open_module(const char *name)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = program ? g_path_get_dirname(program) : NULL;
	g_autofree char *submit = dir ? g_build_filename(dir, "..", "submit", NULL) : NULL;
	g_autofree char *transport = dir ? g_build_filename(dir, "..", "transport", NULL) : NULL;
	g_autofree char *doctor = dir ? g_build_filename(dir, "..", "doctor", NULL) : NULL;
	g_autofree char *asn = dir ? g_build_filename(dir, "..", "asn", NULL) : NULL;
	g_autofree char *secrets = dir ? g_build_filename(dir, "..", "secrets", NULL) : NULL;
	g_autofree char *setup = dir ? g_build_filename(dir, "..", "setup", NULL) : NULL;
	g_autofree char *bus = dir ? g_build_filename(dir, "..", "bus", NULL) : NULL;
	const char *const places[] = {
		dir, submit, transport, doctor, asn, secrets, setup, bus, RP_MODULE_DIR};

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

char *
rp_module_program(const char *name, const char *folder)
{
	g_autofree char *own = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *here = own ? g_path_get_dirname(own) : NULL;
	g_autofree char *beside = here ? g_build_filename(here, name, NULL) : NULL;
	g_autofree char *built = here ? g_build_filename(here, "..", folder, name, NULL) : NULL;

	if (beside && access(beside, X_OK) == 0)
		return g_steal_pointer(&beside);
	if (built && access(built, X_OK) == 0)
		return g_canonicalize_filename(built, NULL);
	return g_find_program_in_path(name);
}

static void *
find_function(const char *module, const char *function)
{
	void *opened = open_module(module);
	void *found = opened ? dlsym(opened, function) : NULL;
	void (*init)(void) = found ? (void (*)(void))dlsym(opened, RP_MODULE_INIT) : NULL;

	if (init)
		init();
	return found;
}

void *
rp_module_function(const char *module, const char *function)
{
	/* Modules share libraries that count how often they are initialised, and do that for one
	 * thread only (GMime): so none is on its way while another one begins. */
	static GMutex one_at_a_time;
	static GHashTable *known; /* "MODULE FUNCTION" -> it */
	g_autofree char *key = g_strconcat(module, " ", function, NULL);
	void *found;

	g_mutex_lock(&one_at_a_time);
	if (!known)
		known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	found = g_hash_table_lookup(known, key);
	if (!found) {
		found = find_function(module, function);
		if (found)
			g_hash_table_insert(known, g_steal_pointer(&key), found);
	}
	g_mutex_unlock(&one_at_a_time);
	return found;
}
