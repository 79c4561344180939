/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "notifier-private.h"

/* What is told of what is on the screen: it was closed, or clicked. */

/* Nobody clicks twice in so short a time. */
#define SAME_CLICK_US (500 * G_TIME_SPAN_MILLISECOND)

static void
on_closed(DBusMessage *signal, gpointer data)
{
	RpDesktop *desktop = data;
	dbus_uint32_t id = 0;
	dbus_uint32_t reason = 0;
	if (!dbus_message_get_args(signal, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_UINT32, &reason,
		    DBUS_TYPE_INVALID))
		return;
	if (desktop->over_id == id)
		desktop->over_id = 0;
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->id != id)
			continue;
		slot->gone = id;
		slot->id = 0;
		rp_desktop_note(desktop);
	}
}

/* Some daemons tell of a click after they have told that it closed (lxqt-notificationd may), and
 * histories bring back what was closed: what it said last still holds. */
static RpSlot *
find_shown(const RpDesktop *desktop, guint32 id)
{
	for (guint i = 0; id != 0 && i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if ((slot->id == id || slot->gone == id) && slot->told != NULL)
			return slot;
	}
	return NULL;
}

/* Comes before the action that it belongs to. */
static void
on_token(DBusMessage *signal, gpointer data)
{
	dbus_uint32_t id = 0;
	const char *token = NULL;
	if (!dbus_message_get_args(signal, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_STRING, &token,
		    DBUS_TYPE_INVALID))
		return;
	RpSlot *slot = find_shown(data, id);
	if (slot == NULL)
		return;
	g_free(slot->token);
	slot->token = g_strdup(token);
}

/* Some daemons tell of a click on a button once more, as one on the notification that it is in
 * (Budgie's): that is the same click, and done already. */
static gboolean
is_same_click(RpDesktop *desktop, guint32 id, const char *key)
{
	gint64 now = g_get_monotonic_time();

	if (g_str_equal(key, RP_NOTIFY_DEFAULT))
		return desktop->pressed_id == id && now - desktop->pressed_at < SAME_CLICK_US;
	desktop->pressed_id = id;
	desktop->pressed_at = now;
	return FALSE;
}

static void
on_action(DBusMessage *signal, gpointer data)
{
	RpDesktop *desktop = data;
	dbus_uint32_t id = 0;
	const char *key = NULL;
	if (!dbus_message_get_args(
		    signal, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_STRING, &key, DBUS_TYPE_INVALID))
		return;
	RpSlot *slot = find_shown(desktop, id);
	if (slot == NULL)
		return;
	const RpDesktopAction *action = rp_notify_action(slot->told, key, &desktop->abilities);
	g_autofree char *token = g_steal_pointer(&slot->token);
	if (action != NULL && !is_same_click(desktop, id, key))
		rp_doer_do(desktop->doer, action, token);
}

static void
on_portal_action(DBusMessage *signal, gpointer data)
{
	RpDesktop *desktop = data;
	const char *id, *key, *token;
	if (!desktop->by_portal || !rp_portal_clicked(signal, &id, &key, &token))
		return;
	const RpSlot *slot = rp_desktop_find_slot(desktop, id);
	const RpDesktopAction *action =
		slot != NULL && slot->told != NULL && slot->told->actions != NULL
			? rp_notify_action(slot->told, key, &desktop->abilities)
			: NULL;
	if (action != NULL)
		rp_doer_do(desktop->doer, action, token);
}

void
rp_desktop_subscribe(RpDesktop *desktop)
{
	static const RpDBusMatch closed = {.sender = RP_NOTIFICATIONS,
		.path = RP_NOTIFICATIONS_PATH,
		.interface = RP_NOTIFICATIONS,
		.member = "NotificationClosed"};
	static const RpDBusMatch action = {.sender = RP_NOTIFICATIONS,
		.path = RP_NOTIFICATIONS_PATH,
		.interface = RP_NOTIFICATIONS,
		.member = "ActionInvoked"};
	static const RpDBusMatch token = {.sender = RP_NOTIFICATIONS,
		.path = RP_NOTIFICATIONS_PATH,
		.interface = RP_NOTIFICATIONS,
		.member = "ActivationToken"};

	desktop->closed_signal = rp_dbus_subscribe(desktop->bus, &closed, on_closed, desktop);
	desktop->action_signal = rp_dbus_subscribe(desktop->bus, &action, on_action, desktop);
	desktop->token_signal = rp_dbus_subscribe(desktop->bus, &token, on_token, desktop);
	desktop->portal_signal = rp_portal_subscribe(desktop->bus, on_portal_action, desktop);
}

void
rp_desktop_unsubscribe(RpDesktop *desktop)
{
	rp_dbus_subscription_free(desktop->closed_signal);
	rp_dbus_subscription_free(desktop->action_signal);
	rp_dbus_subscription_free(desktop->token_signal);
	rp_dbus_subscription_free(desktop->portal_signal);
}
