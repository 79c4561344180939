/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module that notices when it is initialised twice, or in two threads at once, or used before. */
#include <gmodule.h>

G_MODULE_EXPORT void rp_module_init(void);
G_MODULE_EXPORT gboolean rp_module_is_well(void);

static gint within, n_inits, n_overlaps;

void
rp_module_init(void)
{
	if (g_atomic_int_add(&within, 1) > 0)
		g_atomic_int_inc(&n_overlaps);
	g_usleep(1000);
	g_atomic_int_add(&within, -1);
	g_atomic_int_inc(&n_inits);
}

gboolean
rp_module_is_well(void)
{
	return g_atomic_int_get(&n_inits) == 1 && g_atomic_int_get(&n_overlaps) == 0;
}
