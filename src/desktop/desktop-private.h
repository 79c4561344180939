/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/notice.h"

#include <dbus/dbus.h>

/* What a notification daemon can do, as far as it matters here. */
typedef struct {
	gboolean body;
	gboolean markup;
} RpNoticeAbilities;

/* Reads the answer to GetCapabilities. */
void rp_notice_abilities_read(RpNoticeAbilities *abilities, DBusMessage *reply);

/* Appends the arguments of Notify. The body is escaped for a daemon that reads markup; for one that
 * shows no bodies its first line joins the summary. */
void rp_notify_append(DBusMessage *message, const RpNotice *notice, guint32 replaces,
	const RpNoticeAbilities *abilities);
