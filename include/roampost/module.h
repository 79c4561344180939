/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Parts that are loaded only where they are needed: GMime takes longer to load than handing over a
 * message takes. */

/* What a module may have, `void (void)`: called before its functions are handed out, at least once,
 * never in two threads at once, whichever modules they are of. */
#define RP_MODULE_INIT "rp_module_init"

/* A function of the module (a file's name), which stays loaded and is remembered; NULL: it can't be
 * had, and is looked for again next time. In any thread. */
void *rp_module_function(const char *module, const char *function);

/* Another of our programs, to be freed: beside the one that runs, in a folder of this name next to
 * it (a build tree), or where PATH has it; NULL: it can't be found. */
char *rp_module_program(const char *name, const char *folder);
