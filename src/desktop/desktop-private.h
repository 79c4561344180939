/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/notice.h"

#include <dbus/dbus.h>

/*	notifier.c  what is on the screen, and what should be
 *	slot.c      one cause's place on it, and the file in which it is noted
 *	notify.c    the arguments of the calls */

/* A cause: `wanted` is what should be on the screen for it, `told` what the daemon was last told.
 * What was closed or has expired stays `told` without an id: the same text does not come back,
 * another one does. What a daemon could not show, or took with it when it went, is `unseen`. */
typedef struct {
	char *cause;
	RpNotice *wanted; /* NULL: nothing */
	RpNotice *told;
	gboolean unseen; /* told, but no daemon shows it */
	gboolean seen;   /* a daemon has shown it, or an earlier text */
	guint32 id;      /* of what is on the screen; 0: nothing is */
} RpSlot;

RpSlot *rp_slot_new(const char *cause);
void rp_slot_free(gpointer slot);
/* Copies the notice (NULL: none). */
void rp_slot_want(RpSlot *slot, const RpNotice *notice);
void rp_slot_set_told(RpSlot *slot, const RpNotice *notice);

/* The slots (of RpSlot) as they were noted; *daemon is whose the ids are (free with g_free). Empty
 * and NULL where nothing can be read. */
GPtrArray *rp_slots_load(const char *file, char **daemon);
/* What can't be written is only lost: a log line says so. */
void rp_slots_save(const char *file, const GPtrArray *slots, const char *daemon);

/* What a notification daemon can do, as far as it matters here. */
typedef struct {
	gboolean body;
	gboolean markup;
	gboolean actions;
} RpNoticeAbilities;

/* Reads the answer to GetCapabilities. */
void rp_notice_abilities_read(RpNoticeAbilities *abilities, DBusMessage *reply);

/* The action that opens a notice's page; a click on the notice itself does so too. */
#define RP_NOTIFY_OPEN "open"
#define RP_NOTIFY_DEFAULT "default"

/* Appends the arguments of Notify. The action is left out where the daemon has none. The body is
 * escaped for a daemon that reads markup; for one that shows no bodies its first line joins the
 * summary. */
void rp_notify_append(DBusMessage *message, const RpNotice *notice, guint32 replaces,
	const RpNoticeAbilities *abilities);
