/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modules that are loaded in several threads. */
#include "roampost/module.h"

#define THREADS 8

typedef gboolean (*IsWell)(void);

static gpointer
load(gpointer data)
{
	IsWell is_well = (IsWell)rp_module_function("module-of-test.so", "rp_module_is_well");

	return GINT_TO_POINTER(is_well && is_well());
}

static void
test_threads(void)
{
	GThread *threads[THREADS];
	guint n_well = 0;

	for (guint i = 0; i < THREADS; i++)
		threads[i] = g_thread_new("load", load, NULL);
	for (guint i = 0; i < THREADS; i++)
		n_well += GPOINTER_TO_INT(g_thread_join(threads[i]));
	g_assert_cmpuint(n_well, ==, THREADS);
}

static void
test_missing(void)
{
	g_assert_null(rp_module_function("no-such-module.so", "rp_module_is_well"));
	g_assert_null(rp_module_function("module-of-test.so", "no_such_function"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/module/threads", test_threads);
	g_test_add_func("/module/missing", test_missing);
	return g_test_run();
}
