/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "notifier-private.h"

/* Who shows notifications comes and goes: what it has shown is not there any more, and what nobody
 * could show is shown. */

/* Also what it was just being told is not to be seen any more. */
static void
forget_daemon(RpDesktop *desktop)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->told != NULL && (slot->id != 0 || slot == desktop->calling))
			slot->unseen = TRUE;
		slot->gone = 0;
		slot->id = 0;
	}
	rp_desktop_end_call(desktop);
	g_clear_pointer(&desktop->over_call, rp_dbus_call_free);
	desktop->over_id = 0;
	desktop->knows_abilities = FALSE;
	desktop->by_portal = FALSE;
}

static void
show_unseen(RpDesktop *desktop)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->unseen && slot != desktop->calling)
			rp_slot_set_told(slot, NULL);
	}
}

/* A daemon has come, and does it better: it tells what was closed. */
static void
leave_portal(RpDesktop *desktop)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->id != 0)
			rp_desktop_close(desktop, slot);
	}
	forget_daemon(desktop);
}

/* Told at each connection to the bus, too: then a daemon that isn't there may be one that the bus
 * can start, and is tried once. The ids that were noted are good for the daemon that gave them. */
static void
on_owner(const char *owner, gpointer data)
{
	RpDesktop *desktop = data;
	g_autofree char *before = g_steal_pointer(&desktop->daemon);
	g_autofree char *noted = g_steal_pointer(&desktop->noted_daemon);
	g_autofree char *run = rp_dbus_server_id(desktop->bus);

	desktop->knows_daemon = TRUE;
	if (owner != NULL && desktop->by_portal)
		leave_portal(desktop);
	if (owner != NULL)
		desktop->daemon = g_strdup_printf("%s %s", owner, run != NULL ? run : "");
	if (before != NULL || (noted != NULL && g_strcmp0(noted, desktop->daemon) != 0))
		forget_daemon(desktop);
	if (before != NULL && owner == NULL)
		return;
	show_unseen(desktop);
	rp_desktop_reconcile(desktop);
}

void
rp_desktop_watch_owner(RpDesktop *desktop)
{
	desktop->owner_watch =
		rp_dbus_watch_owner(desktop->bus, RP_NOTIFICATIONS, on_owner, desktop);
}
