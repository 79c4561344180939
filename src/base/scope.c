/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What must not be left behind at the end of a scope: descriptors, sources, secrets in memory. */

void
rp_fd_clear(RpFd *fd)
{
	int saved_errno = errno;

	if (*fd >= 0)
		close(*fd); /* EINTR: Linux has closed it all the same */
	*fd = -1;
	errno = saved_errno;
}

RpFd
rp_fd_steal(RpFd *fd)
{
	RpFd stolen = *fd;

	*fd = -1;
	return stolen;
}

void
rp_source_clear(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

void
rp_wipe(void *memory, gsize size)
{
	if (memory)
		explicit_bzero(memory, size);
}
