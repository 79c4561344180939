/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "desktop-private.h"

/* The menu's state, which its parts share:
 *
 *	menu.c          the object on the bus, and what a click in it does
 *	menu-layout.c   what who shows it asks: which items there are, and what they look like
 *	menu-item.c     an item in the protocol's words
 *	menu-numbers.c  which number stands for which item */

struct RpMenuObject {
	RpDBus *bus;
	RpDBusObject *object;
	RpMenuClicked clicked;
	gpointer user;
	RpMenuItem *const *menu; /* where whoever made it keeps it; *menu may be NULL */
	GHashTable *numbers;     /* key -> number */
	guint32 revision;
};

/* ---- menu-numbers.c ---- */

/* The menu itself. */
#define RP_MENU_ROOT 0

gint32 rp_menu_number_of(RpMenuObject *menu, const RpMenuItem *item);
/* NULL: there is no such item (any more). */
const RpMenuItem *rp_menu_find(RpMenuObject *menu, gint32 number);

/* ---- menu-item.c ---- */

/* Appends a dictionary of all that the item has: an a{sv}. */
void rp_menu_append_properties(DBusMessageIter *iter, const RpMenuItem *item);
/* Appends one of these, a variant. FALSE: it has none of this name, and nothing is appended. */
gboolean rp_menu_append_property(DBusMessageIter *iter, const RpMenuItem *item, const char *name);

/* ---- menu-layout.c ---- */

/* Appends this item and all below it to an array of (ia{sv}). */
void rp_menu_append_all(RpMenuObject *menu, DBusMessageIter *array, const RpMenuItem *item);
/* Methods; `menu` is the RpMenuObject. */
void rp_menu_get_layout(DBusMessage *call, gpointer menu);
void rp_menu_get_group_properties(DBusMessage *call, gpointer menu);
void rp_menu_get_property(DBusMessage *call, gpointer menu);
