/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/convert.h"
#include "roampost/queue.h"

/* A copy of a queued message with what a server can't be given changed (RpConvertWhat), made in a
 * thread. The queue's own is never changed. */
typedef struct RpConversion RpConversion;

typedef struct {
	guint what; /* RpConvertWhat: what was to be changed */
	RpFd copy;  /* without a name; the receiver may take it (rp_fd_steal) */
	gint64 size;
	char *trouble;       /* why it can't be made, or NULL */
	RpConvertWhat about; /* of what that is */
} RpConverted;

/* Runs once on the main context that it was started in, unless it was cancelled; with an error
 * where the queue or the disk failed. The conversion is gone when it returns. */
typedef void (*RpConversionDone)(RpConverted *converted, const GError *error, gpointer user);

/* `from`: what From's address becomes, or NULL: it stays. Strings are copied. */
RpConversion *rp_conversion_start(const char *state_dir, RpMessageId id, guint what,
	const char *from, RpConversionDone done, gpointer user);
/* NULL is fine. The conversion is gone. */
void rp_conversion_cancel(RpConversion *conversion);
