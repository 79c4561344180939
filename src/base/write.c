/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <errno.h>
#include <unistd.h>

/* All of a buffer into a descriptor, or an errno that says why not. */

gboolean
rp_write_all(int fd, const void *data, gsize size)
{
	const char *at = data;

	while (size > 0) {
		gssize n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* nothing was taken, and nothing said why */
		if (n <= 0)
			return FALSE;
		at += n;
		size -= (gsize)n;
	}
	return TRUE;
}
