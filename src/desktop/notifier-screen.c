/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "notifier-private.h"

#include "roampost/base.h"

/* rp_desktop_reconcile() brings what is on the screen together with what should be, one call at a
 * time. What no daemon shows is shown when one appears, and nobody is asked again before that or
 * before there is another text. */

#define CALL_MS 10000

/* ---- calls ---- */

static DBusMessage *
call_new(const char *method)
{
	return dbus_message_new_method_call(
		RP_NOTIFICATIONS, RP_NOTIFICATIONS_PATH, RP_NOTIFICATIONS, method);
}

void
rp_desktop_end_call(RpDesktop *desktop)
{
	g_clear_pointer(&desktop->call, rp_dbus_call_free);
	desktop->calling = NULL;
}

void
rp_desktop_note(const RpDesktop *desktop)
{
	rp_slots_save(desktop->memory, desktop->slots, desktop->daemon);
}

/* Nothing can show anything: what is wanted waits for a daemon. */
static void
give_up(RpDesktop *desktop, const GError *error)
{
	g_info("no notification daemon: %s", error->message);
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (rp_notice_change(slot->told, slot->wanted) != RP_NOTICE_KEEP) {
			rp_slot_set_told(slot, slot->wanted);
			slot->unseen = slot->told != NULL;
		}
		slot->id = 0;
	}
	g_ptr_array_set_size(desktop->announcements, 0);
}

void
rp_desktop_close(RpDesktop *desktop, const RpSlot *slot)
{
	DBusMessage *message =
		desktop->by_portal ? rp_portal_remove(slot->cause) : call_new("CloseNotification");

	if (!desktop->by_portal)
		dbus_message_append_args(message, DBUS_TYPE_UINT32, &slot->id, DBUS_TYPE_INVALID);
	dbus_message_set_no_reply(message, TRUE);
	dbus_message_set_auto_start(message, FALSE);
	rp_dbus_send(desktop->bus, message);
}

/* Daemons are to keep the id of what is replaced; those that give another one may leave the old one
 * on the screen. */
static void
take_id(RpDesktop *desktop, RpSlot *slot, guint32 id)
{
	if (slot->id != 0 && id != slot->id && !desktop->by_portal)
		rp_desktop_close(desktop, slot);
	slot->id = id;
}

static void
on_notified(DBusMessage *reply, const GError *error, gpointer data)
{
	RpDesktop *desktop = data;
	RpSlot *slot = desktop->calling;
	dbus_uint32_t id = 0;

	rp_desktop_end_call(desktop);
	if (error != NULL) {
		slot->unseen = TRUE;
		give_up(desktop, error);
		return;
	}
	if (desktop->by_portal)
		id = ++desktop->n_by_portal;
	else
		dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID);
	take_id(desktop, slot, id);
	if (slot->id != 0)
		slot->seen = TRUE;
	else
		g_warning("the notification daemon's answer to Notify has no id");
	rp_desktop_note(desktop);
	rp_desktop_reconcile(desktop);
}

static DBusMessage *
message_of(const RpDesktop *desktop, const RpNotice *notice, const char *name, guint32 replaces,
	gboolean quiet)
{
	if (desktop->by_portal)
		return rp_portal_add(
			name, notice, &desktop->abilities, desktop->portal_version, quiet);
	DBusMessage *message = call_new("Notify");
	rp_notify_append(message, notice, replaces, &desktop->abilities, quiet);
	return message;
}

static void
notify(RpDesktop *desktop, RpSlot *slot)
{
	rp_slot_set_told(slot, slot->wanted);
	DBusMessage *message = message_of(desktop, slot->told, slot->cause, slot->id,
		slot->seen || slot->told->urgency == RP_URGENCY_LOW);
	desktop->call = rp_dbus_call(desktop->bus, message, CALL_MS, on_notified, desktop);
	desktop->calling = slot;
}

static void
on_over(DBusMessage *reply, const GError *error, gpointer data)
{
	RpDesktop *desktop = data;
	dbus_uint32_t id = 0;

	g_clear_pointer(&desktop->over_call, rp_dbus_call_free);
	if (!error)
		dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID);
	desktop->over_id = id;
}

/* One that need not be read takes the place of the one before: GNOME never ends them, and has room
 * for three of ours, the oldest of which it takes away. */
static void
send_over(RpDesktop *desktop, const RpNotice *notice)
{
	DBusMessage *message = message_of(desktop, notice, "over", desktop->over_id, TRUE);

	g_clear_pointer(&desktop->over_call, rp_dbus_call_free);
	desktop->over_call = rp_dbus_call(desktop->bus, message, CALL_MS, on_over, desktop);
}

static void
send_announcement(RpDesktop *desktop, const RpNotice *notice)
{
	g_autofree char *name = g_strdup_printf("over-%u", ++desktop->n_by_portal);
	DBusMessage *message = message_of(desktop, notice, name, 0, TRUE);

	dbus_message_set_no_reply(message, TRUE);
	rp_dbus_send(desktop->bus, message);
}

static void
send_announcements(RpDesktop *desktop)
{
	for (guint i = 0; i < desktop->announcements->len; i++) {
		const RpNotice *notice = desktop->announcements->pdata[i];

		if (notice->urgency == RP_URGENCY_LOW)
			send_over(desktop, notice);
		else
			send_announcement(desktop, notice);
	}
	g_ptr_array_set_size(desktop->announcements, 0);
}

static void
on_portal(DBusMessage *reply, const GError *error, gpointer data)
{
	RpDesktop *desktop = data;
	g_autoptr(GError) unreadable = NULL;

	rp_desktop_end_call(desktop);
	if (error == NULL && !rp_portal_read(reply, &desktop->portal_version))
		unreadable = g_error_new_literal(RP_ERROR, RP_ERROR_UNAVAILABLE,
			"the notification portal's version can't be read");
	if (error != NULL || unreadable != NULL) {
		give_up(desktop, error != NULL ? error : unreadable);
		return;
	}
	desktop->by_portal = TRUE;
	desktop->knows_abilities = TRUE;
	desktop->abilities = (RpNoticeAbilities){.body = TRUE, .actions = TRUE};
	rp_desktop_reconcile(desktop);
}

/* No daemon is there, nor one to be started. */
static void
ask_portal(RpDesktop *desktop)
{
	desktop->call = rp_dbus_call(desktop->bus, rp_portal_ask(), CALL_MS, on_portal, desktop);
}

/* One that says nothing of itself shows notices all the same. */
static void
on_name(DBusMessage *reply, const GError *error, gpointer data)
{
	RpDesktop *desktop = data;

	rp_desktop_end_call(desktop);
	if (!error)
		rp_notice_abilities_read_name(&desktop->abilities, reply);
	desktop->knows_abilities = TRUE;
	rp_desktop_reconcile(desktop);
}

static void
on_abilities(DBusMessage *reply, const GError *error, gpointer data)
{
	RpDesktop *desktop = data;
	rp_desktop_end_call(desktop);
	if (error != NULL) {
		ask_portal(desktop);
		return;
	}
	rp_notice_abilities_read(&desktop->abilities, reply);
	desktop->call = rp_dbus_call(
		desktop->bus, call_new("GetServerInformation"), CALL_MS, on_name, desktop);
}

static void
ask_abilities(RpDesktop *desktop)
{
	desktop->call = rp_dbus_call(
		desktop->bus, call_new("GetCapabilities"), CALL_MS, on_abilities, desktop);
}

/* ---- what is on the screen, and what should be ---- */

/* What has no cause any more. TRUE: something has changed. */
static gboolean
take_away(RpDesktop *desktop)
{
	gboolean any = FALSE;

	for (guint i = desktop->slots->len; i-- > 0;) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->wanted != NULL || slot == desktop->calling)
			continue;
		if (slot->id != 0)
			rp_desktop_close(desktop, slot);
		g_ptr_array_remove_index(desktop->slots, i);
		any = TRUE;
	}
	return any;
}

static RpSlot *
next_to_show(const RpDesktop *desktop)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->wanted != NULL &&
			rp_notice_change(slot->told, slot->wanted) == RP_NOTICE_SHOW)
			return slot;
	}
	return NULL;
}

void
rp_desktop_reconcile(RpDesktop *desktop)
{
	if (!desktop->has_orders || desktop->call != NULL || !desktop->knows_daemon ||
		!rp_dbus_is_connected(desktop->bus) || !rp_doer_is_ready(desktop->doer))
		return; /* its end, on_owner, or on_ready comes back here */
	desktop->abilities.outbox = rp_doer_has_outbox(desktop->doer);
	if (take_away(desktop))
		rp_desktop_note(desktop);
	RpSlot *next = next_to_show(desktop);
	if (next == NULL && desktop->announcements->len == 0)
		return;
	if (!desktop->knows_abilities) {
		ask_abilities(desktop);
		return;
	}
	send_announcements(desktop);
	if (next != NULL)
		notify(desktop, next);
}

RpSlot *
rp_desktop_find_slot(const RpDesktop *desktop, const char *cause)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (g_str_equal(slot->cause, cause))
			return slot;
	}
	return NULL;
}
