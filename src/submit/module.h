/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Parts that are loaded only where they are needed: GMime takes longer to load than handing over a
 * message takes. */

/* A function of the module (a file's name), which stays loaded; NULL: it can't be had. */
void *rp_module_function(const char *module, const char *function);
