/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "desktop-private.h"

#include "roampost/base.h"
#include "roampost/dbusloop.h"
#include "roampost/language.h"
#include "roampost/notifier.h"

#include <string.h>

/* Notifications by the Desktop Notifications Specification 1.2, one a cause; by the notification
 * portal where there is no daemon.
 *
 * reconcile() brings what is on the screen together with what should be, one call at a time. What
 * no daemon shows is shown when one appears, and nobody is asked again before that or before there
 * is another text. */

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"
#define CALL_MS 10000
#define ANNOUNCEMENTS_MAX 16 /* that wait for a bus */

typedef struct {
	RpNotifier notifier;
	RpDBus *bus;
	RpDBusOwnerWatch *owner_watch;
	RpDBusSubscription *closed_signal;
	RpDBusSubscription *action_signal;
	RpDBusSubscription *token_signal;
	RpDBusCall *call; /* under way: one of these that ask, or Notify */
	RpSlot *calling;  /* which that is for; NULL: none */
	char *daemon;     /* who has the screen, in which run of the bus; NULL: nobody */
	gboolean knows_daemon;
	gboolean knows_abilities;
	gboolean has_orders; /* show() was called: what an earlier agent left is not touched before
			      */
	RpNoticeAbilities abilities;
	gboolean by_portal; /* nobody else shows anything */
	guint portal_version;
	guint n_by_portal; /* so many were shown: numbers in place of a daemon's ids */
	RpDBusSubscription *portal_signal;
	RpDoer *doer;

	char *memory;
	char *noted_daemon; /* whose the ids are that were read from there */
	GPtrArray *slots;
	GPtrArray *announcements; /* of RpNotice, until the abilities are known */
} Desktop;

static void reconcile(Desktop *desktop);

/* ---- calls ---- */

static DBusMessage *
call_new(const char *method)
{
	return dbus_message_new_method_call(NAME, PATH, NAME, method);
}

static void
end_call(Desktop *desktop)
{
	g_clear_pointer(&desktop->call, rp_dbus_call_free);
	desktop->calling = NULL;
}

static void
note(const Desktop *desktop)
{
	rp_slots_save(desktop->memory, desktop->slots, desktop->daemon);
}

/* Nothing can show anything: what is wanted waits for a daemon. */
static void
give_up(Desktop *desktop, const GError *error)
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

static void
close_notification(Desktop *desktop, const RpSlot *slot)
{
	DBusMessage *message =
		desktop->by_portal ? rp_portal_remove(slot->cause) : call_new("CloseNotification");

	if (!desktop->by_portal)
		dbus_message_append_args(message, DBUS_TYPE_UINT32, &slot->id, DBUS_TYPE_INVALID);
	dbus_message_set_no_reply(message, TRUE);
	dbus_message_set_auto_start(message, FALSE);
	rp_dbus_send(desktop->bus, message);
}

static void
on_notified(DBusMessage *reply, const GError *error, gpointer data)
{
	Desktop *desktop = data;
	RpSlot *slot = desktop->calling;
	end_call(desktop);
	if (error != NULL) {
		slot->unseen = TRUE;
		give_up(desktop, error);
		return;
	}
	if (desktop->by_portal)
		slot->id = ++desktop->n_by_portal;
	else
		dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &slot->id, DBUS_TYPE_INVALID);
	if (slot->id != 0)
		slot->seen = TRUE;
	else
		g_warning("the notification daemon's answer to Notify has no id");
	note(desktop);
	reconcile(desktop);
}

static DBusMessage *
message_of(const Desktop *desktop, const RpNotice *notice, const char *name, guint32 replaces,
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
notify(Desktop *desktop, RpSlot *slot)
{
	rp_slot_set_told(slot, slot->wanted);
	DBusMessage *message = message_of(desktop, slot->told, slot->cause, slot->id,
		slot->seen || slot->told->urgency == RP_URGENCY_LOW);
	desktop->call = rp_dbus_call(desktop->bus, message, CALL_MS, on_notified, desktop);
	desktop->calling = slot;
}

static void
send_announcements(Desktop *desktop)
{
	for (guint i = 0; i < desktop->announcements->len; i++) {
		g_autofree char *name = g_strdup_printf("over-%u", ++desktop->n_by_portal);
		DBusMessage *message =
			message_of(desktop, desktop->announcements->pdata[i], name, 0, TRUE);
		dbus_message_set_no_reply(message, TRUE);
		rp_dbus_send(desktop->bus, message);
	}
	g_ptr_array_set_size(desktop->announcements, 0);
}

static void
on_portal(DBusMessage *reply, const GError *error, gpointer data)
{
	Desktop *desktop = data;
	g_autoptr(GError) unreadable = NULL;

	end_call(desktop);
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
	reconcile(desktop);
}

/* No daemon is there, nor one to be started. */
static void
ask_portal(Desktop *desktop)
{
	desktop->call = rp_dbus_call(desktop->bus, rp_portal_ask(), CALL_MS, on_portal, desktop);
}

static void
on_abilities(DBusMessage *reply, const GError *error, gpointer data)
{
	Desktop *desktop = data;
	end_call(desktop);
	if (error != NULL) {
		ask_portal(desktop);
		return;
	}
	desktop->knows_abilities = TRUE;
	rp_notice_abilities_read(&desktop->abilities, reply);
	reconcile(desktop);
}

static void
ask_abilities(Desktop *desktop)
{
	desktop->call = rp_dbus_call(
		desktop->bus, call_new("GetCapabilities"), CALL_MS, on_abilities, desktop);
}

/* ---- what is on the screen, and what should be ---- */

/* What has no cause any more. TRUE: something has changed. */
static gboolean
take_away(Desktop *desktop)
{
	gboolean any = FALSE;

	for (guint i = desktop->slots->len; i-- > 0;) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->wanted != NULL || slot == desktop->calling)
			continue;
		if (slot->id != 0)
			close_notification(desktop, slot);
		g_ptr_array_remove_index(desktop->slots, i);
		any = TRUE;
	}
	return any;
}

static RpSlot *
next_to_show(const Desktop *desktop)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->wanted != NULL &&
			rp_notice_change(slot->told, slot->wanted) == RP_NOTICE_SHOW)
			return slot;
	}
	return NULL;
}

static void
reconcile(Desktop *desktop)
{
	if (!desktop->has_orders || desktop->call != NULL || !desktop->knows_daemon ||
		!rp_dbus_is_connected(desktop->bus) || !rp_doer_is_ready(desktop->doer))
		return; /* its end, on_owner, or on_ready comes back here */
	desktop->abilities.outbox = rp_doer_has_outbox(desktop->doer);
	if (take_away(desktop))
		note(desktop);
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

static RpSlot *
find_slot(const Desktop *desktop, const char *cause)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (g_str_equal(slot->cause, cause))
			return slot;
	}
	return NULL;
}

static void
desktop_show(RpNotifier *notifier, const GPtrArray *notices)
{
	Desktop *desktop = (Desktop *)notifier;

	for (guint i = 0; i < desktop->slots->len; i++)
		rp_slot_want(desktop->slots->pdata[i], NULL);
	for (guint i = 0; i < notices->len; i++) {
		const RpNotice *notice = notices->pdata[i];
		RpSlot *slot = find_slot(desktop, notice->cause);

		if (slot == NULL)
			g_ptr_array_add(desktop->slots, slot = rp_slot_new(notice->cause));
		rp_slot_want(slot, notice);
	}
	desktop->has_orders = TRUE;
	reconcile(desktop);
}

static gboolean
desktop_was_seen(RpNotifier *notifier, const char *cause)
{
	const RpSlot *slot = find_slot((Desktop *)notifier, cause);

	return slot != NULL && slot->seen;
}

static void
desktop_announce(RpNotifier *notifier, const RpNotice *notice)
{
	Desktop *desktop = (Desktop *)notifier;
	if (desktop->announcements->len < ANNOUNCEMENTS_MAX)
		g_ptr_array_add(desktop->announcements, rp_notice_copy(notice));
	reconcile(desktop);
}

/* ---- the daemon's doings ---- */

static void
on_closed(DBusMessage *signal, gpointer data)
{
	Desktop *desktop = data;
	dbus_uint32_t id = 0;
	dbus_uint32_t reason = 0;
	if (!dbus_message_get_args(signal, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_UINT32, &reason,
		    DBUS_TYPE_INVALID))
		return;
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->id != id)
			continue;
		slot->id = 0;
		note(desktop);
	}
}

static RpSlot *
find_shown(const Desktop *desktop, guint32 id)
{
	for (guint i = 0; id != 0 && i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->id == id && slot->told != NULL)
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

static void
on_action(DBusMessage *signal, gpointer data)
{
	Desktop *desktop = data;
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
	if (action != NULL)
		rp_doer_do(desktop->doer, action, token);
}

static void
on_portal_action(DBusMessage *signal, gpointer data)
{
	Desktop *desktop = data;
	const char *id, *key, *token;
	if (!desktop->by_portal || !rp_portal_clicked(signal, &id, &key, &token))
		return;
	const RpSlot *slot = find_slot(desktop, id);
	const RpDesktopAction *action =
		slot != NULL && slot->told != NULL && slot->told->actions != NULL
			? rp_notify_action(slot->told, key, &desktop->abilities)
			: NULL;
	if (action != NULL)
		rp_doer_do(desktop->doer, action, token);
}

/* Who clicks sees nothing else of what came of it. */
static void
on_refused(const RpDesktopAction *action, const char *sentence, gpointer data)
{
	g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
	g_autoptr(RpNotice) notice = rp_notice_refused(action, sentence);

	desktop_announce(data, notice);
}

static void
on_ready(gpointer data)
{
	reconcile(data);
}

static const RpDoerEvents doer_events = {.ready = on_ready, .refused = on_refused};

/* Also what it was just being told is not to be seen any more. */
static void
forget_daemon(Desktop *desktop)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->told != NULL && (slot->id != 0 || slot == desktop->calling))
			slot->unseen = TRUE;
		slot->id = 0;
	}
	end_call(desktop);
	desktop->knows_abilities = FALSE;
	desktop->by_portal = FALSE;
}

static void
show_unseen(Desktop *desktop)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->unseen && slot != desktop->calling)
			rp_slot_set_told(slot, NULL);
	}
}

/* A daemon has come, and does it better: it tells what was closed. */
static void
leave_portal(Desktop *desktop)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->id != 0)
			close_notification(desktop, slot);
	}
	forget_daemon(desktop);
}

/* Told at each connection to the bus, too: then a daemon that isn't there may be one that the bus
 * can start, and is tried once. The ids that were noted are good for the daemon that gave them. */
static void
on_owner(const char *owner, gpointer data)
{
	Desktop *desktop = data;
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
	reconcile(desktop);
}

/* What is on the screen now is shown by the next agent if its cause is still there; what the user
 * closed is not. */
static void
leave(Desktop *desktop)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->id == 0)
			continue;
		close_notification(desktop, slot);
		slot->id = 0;
		rp_slot_set_told(slot, NULL);
	}
	note(desktop);
	rp_dbus_flush(desktop->bus);
}

static void
desktop_free(RpNotifier *notifier)
{
	Desktop *desktop = (Desktop *)notifier;
	if (desktop->calling != NULL) /* its id will not be known */
		rp_slot_set_told(desktop->calling, NULL);
	end_call(desktop);
	if (desktop->has_orders)
		leave(desktop);
	rp_doer_free(desktop->doer);
	rp_dbus_owner_watch_free(desktop->owner_watch);
	rp_dbus_subscription_free(desktop->closed_signal);
	rp_dbus_subscription_free(desktop->action_signal);
	rp_dbus_subscription_free(desktop->token_signal);
	rp_dbus_subscription_free(desktop->portal_signal);
	rp_dbus_unref(desktop->bus);
	g_ptr_array_unref(desktop->slots);
	g_ptr_array_unref(desktop->announcements);
	g_free(desktop->daemon);
	g_free(desktop->noted_daemon);
	g_free(desktop->memory);
	g_free(desktop);
}

static const RpNotifierClass desktop_class = {
	.show = desktop_show,
	.was_seen = desktop_was_seen,
	.announce = desktop_announce,
	.free = desktop_free,
};

RpNotifier *
rp_desktop_notifier_new(const char *memory)
{
	const RpDBusMatch closed = {
		.sender = NAME, .path = PATH, .interface = NAME, .member = "NotificationClosed"};
	const RpDBusMatch action = {
		.sender = NAME, .path = PATH, .interface = NAME, .member = "ActionInvoked"};
	const RpDBusMatch token = {
		.sender = NAME, .path = PATH, .interface = NAME, .member = "ActivationToken"};
	Desktop *desktop = g_new0(Desktop, 1);
	desktop->notifier.class = &desktop_class;
	desktop->announcements = g_ptr_array_new_with_free_func((GDestroyNotify)rp_notice_free);
	desktop->memory = g_strdup(memory);
	desktop->slots = rp_slots_load(memory, &desktop->noted_daemon);
	desktop->bus = rp_dbus_new_session();
	desktop->doer = rp_doer_new(desktop->bus, &doer_events, desktop);
	desktop->closed_signal = rp_dbus_subscribe(desktop->bus, &closed, on_closed, desktop);
	desktop->action_signal = rp_dbus_subscribe(desktop->bus, &action, on_action, desktop);
	desktop->token_signal = rp_dbus_subscribe(desktop->bus, &token, on_token, desktop);
	desktop->portal_signal = rp_portal_subscribe(desktop->bus, on_portal_action, desktop);
	desktop->owner_watch = rp_dbus_watch_owner(desktop->bus, NAME, on_owner, desktop);
	return &desktop->notifier;
}
