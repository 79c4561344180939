/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/language.h"

#include <errno.h>

/* Errno as one of our codes, so that callers ask what can be
 * done about it and not which number it was. */

G_DEFINE_QUARK(rp - error - quark, rp_error)

static RpErrorCode
code_of_errno(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return RP_ERROR_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return RP_ERROR_PERMISSION;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return RP_ERROR_FULL;
	case EAGAIN:
	case EBUSY:
	case ETXTBSY:
		return RP_ERROR_BUSY;
	case ECONNREFUSED:
	case ENXIO:
		return RP_ERROR_UNAVAILABLE;
	default:
		return RP_ERROR_IO;
	}
}

void
rp_error_set_errno(GError **error, int saved_errno, const char *format, ...)
{
	va_list args;

	if (!error)
		return;
	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, RP_ERROR, code_of_errno(saved_errno), "%s: %s", what,
		rp_text_errno(saved_errno));
}
