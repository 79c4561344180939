/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/tray.h"

/* The icon in the panel: org.kde.StatusNotifierItem, with its menu by com.canonical.dbusmenu, on
 * the session bus. No bus and no panel are no errors: it is there as soon as a panel is
 * (org.kde.StatusNotifierWatcher). What is clicked is done as a notice's buttons are. Main context
 * only. */

typedef struct RpTrayItem RpTrayItem;

/* A panel wants to show us, or none does any more. */
typedef void (*RpTrayWanted)(gpointer user);
/* Something that was clicked was refused, in this sentence; both are borrowed. */
typedef void (*RpTrayRefused)(const RpDesktopAction *action, const char *sentence, gpointer user);
typedef struct {
	RpTrayWanted wanted;
	RpTrayRefused refused;
} RpTrayEvents;

/* `events` is borrowed and outlives it. Never NULL. */
RpTrayItem *rp_tray_item_new(const RpTrayEvents *events, gpointer user);
void rp_tray_item_free(RpTrayItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpTrayItem, rp_tray_item_free)
/* Whether anybody would see it: else it need not be made. */
gboolean rp_tray_item_is_wanted(const RpTrayItem *item);
/* There is a window to show. */
gboolean rp_tray_item_has_outbox(const RpTrayItem *item);
/* What is to be seen from now on; takes it. What is the same is not sent again. */
void rp_tray_item_show(RpTrayItem *item, RpTrayView *view);
