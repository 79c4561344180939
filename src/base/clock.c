/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <sys/stat.h>

/* Whether what the clock says can be so. */

gboolean
rp_clock_is_past(gint64 now)
{
	struct stat program;

	/* A day, for packages made ahead of the calendar by who lives east of here. */
	return stat("/proc/self/exe", &program) == 0 &&
	       program.st_mtime > now / G_USEC_PER_SEC + 86400;
}
