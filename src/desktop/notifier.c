/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "desktop-private.h"

#include "roampost/dbusloop.h"
#include "roampost/notifier.h"

/* One notification by the Desktop Notifications Specification 1.2.
 *
 * `wanted` is what should be on the screen, `told` what the daemon was last told; reconcile()
 * brings them together, one call at a time. What was closed or has expired stays `told` without an
 * id: the same text does not come back, another one does. What a daemon could not show, or took
 * with it when it went, is `unseen`: it is shown when one appears, and nobody is asked again before
 * that or before there is another text. */

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"
#define CALL_MS 10000
#define ANNOUNCEMENTS_MAX 16 /* that wait for a bus */

typedef struct {
	RpNotifier notifier;
	RpDBus *bus;
	RpDBusOwnerWatch *owner_watch;
	RpDBusSubscription *closed_signal;
	RpDBusCall *call; /* under way: GetCapabilities or Notify */
	gboolean has_daemon;
	gboolean knows_abilities;
	RpNoticeAbilities abilities;

	RpNotice *wanted; /* NULL: nothing */
	RpNotice *told;
	gboolean unseen;          /* told, but no daemon shows it */
	guint32 id;               /* of what is on the screen; 0: nothing is */
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
}

static void
set_told(Desktop *desktop, const RpNotice *notice)
{
	RpNotice *copy = notice != NULL ? rp_notice_copy(notice) : NULL;
	g_clear_pointer(&desktop->told, rp_notice_free);
	desktop->told = copy;
	desktop->unseen = FALSE;
}

/* Nothing can show anything: what is wanted waits for a daemon. */
static void
give_up(Desktop *desktop, const GError *error)
{
	g_info("no notification daemon: %s", error->message);
	if (rp_notice_action(desktop->told, desktop->wanted) != RP_NOTICE_KEEP) {
		set_told(desktop, desktop->wanted);
		desktop->unseen = desktop->told != NULL;
	}
	desktop->id = 0;
	g_ptr_array_set_size(desktop->announcements, 0);
}

static void
close_notification(Desktop *desktop, guint32 id)
{
	DBusMessage *message = call_new("CloseNotification");
	dbus_message_append_args(message, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID);
	dbus_message_set_no_reply(message, TRUE);
	dbus_message_set_auto_start(message, FALSE);
	rp_dbus_send(desktop->bus, message);
}

static void
on_notified(DBusMessage *reply, const GError *error, gpointer data)
{
	Desktop *desktop = data;
	end_call(desktop);
	if (error != NULL) {
		desktop->unseen = TRUE;
		give_up(desktop, error);
		return;
	}
	if (!dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &desktop->id, DBUS_TYPE_INVALID))
		g_warning("the notification daemon's answer to Notify has no id");
	reconcile(desktop);
}

static void
notify(Desktop *desktop)
{
	set_told(desktop, desktop->wanted);
	DBusMessage *message = call_new("Notify");
	rp_notify_append(message, desktop->told, desktop->id, &desktop->abilities);
	desktop->call = rp_dbus_call(desktop->bus, message, CALL_MS, on_notified, desktop);
}

static void
send_announcements(Desktop *desktop)
{
	for (guint i = 0; i < desktop->announcements->len; i++) {
		DBusMessage *message = call_new("Notify");
		rp_notify_append(message, g_ptr_array_index(desktop->announcements, i), 0,
			&desktop->abilities);
		dbus_message_set_no_reply(message, TRUE);
		rp_dbus_send(desktop->bus, message);
	}
	g_ptr_array_set_size(desktop->announcements, 0);
}

static void
on_abilities(DBusMessage *reply, const GError *error, gpointer data)
{
	Desktop *desktop = data;
	end_call(desktop);
	if (error != NULL) {
		give_up(desktop, error);
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

static void
take_away(Desktop *desktop)
{
	if (desktop->id != 0)
		close_notification(desktop, desktop->id);
	desktop->id = 0;
	set_told(desktop, NULL);
}

static void
reconcile(Desktop *desktop)
{
	if (desktop->call != NULL || !rp_dbus_is_connected(desktop->bus))
		return; /* its end, or on_owner, comes back here */
	RpNoticeAction action = rp_notice_action(desktop->told, desktop->wanted);
	if (action == RP_NOTICE_CLOSE)
		take_away(desktop);
	else if (action != RP_NOTICE_SHOW && desktop->announcements->len == 0)
		return;
	else if (!desktop->knows_abilities)
		ask_abilities(desktop);
	else {
		send_announcements(desktop);
		if (action == RP_NOTICE_SHOW)
			notify(desktop);
	}
}

static void
desktop_show(RpNotifier *notifier, const RpNotice *notice)
{
	Desktop *desktop = (Desktop *)notifier;
	RpNotice *copy = rp_notice_copy(notice);
	g_clear_pointer(&desktop->wanted, rp_notice_free);
	desktop->wanted = copy;
	reconcile(desktop);
}

static void
desktop_close(RpNotifier *notifier)
{
	Desktop *desktop = (Desktop *)notifier;
	g_clear_pointer(&desktop->wanted, rp_notice_free);
	reconcile(desktop);
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
	if (dbus_message_get_args(signal, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_UINT32, &reason,
		    DBUS_TYPE_INVALID) &&
		id == desktop->id)
		desktop->id = 0;
}

/* Also what it was just being told is not to be seen any more. */
static void
forget_daemon(Desktop *desktop)
{
	if (desktop->told != NULL && (desktop->id != 0 || desktop->call != NULL))
		desktop->unseen = TRUE;
	end_call(desktop);
	desktop->id = 0;
	desktop->knows_abilities = FALSE;
}

/* Told at each connection to the bus, too: then a daemon that isn't there may be one that the bus
 * can start, and is tried once. */
static void
on_owner(const char *owner, gpointer data)
{
	Desktop *desktop = data;
	gboolean had_daemon = desktop->has_daemon;
	desktop->has_daemon = owner != NULL;
	if (had_daemon)
		forget_daemon(desktop);
	if (had_daemon && owner == NULL)
		return;
	if (desktop->unseen && desktop->call == NULL)
		set_told(desktop, NULL);
	reconcile(desktop);
}

static void
desktop_free(RpNotifier *notifier)
{
	Desktop *desktop = (Desktop *)notifier;
	end_call(desktop);
	if (desktop->id != 0) {
		close_notification(desktop, desktop->id);
		rp_dbus_flush(desktop->bus);
	}
	rp_dbus_owner_watch_free(desktop->owner_watch);
	rp_dbus_subscription_free(desktop->closed_signal);
	rp_dbus_unref(desktop->bus);
	g_clear_pointer(&desktop->wanted, rp_notice_free);
	g_clear_pointer(&desktop->told, rp_notice_free);
	g_ptr_array_unref(desktop->announcements);
	g_free(desktop);
}

static const RpNotifierClass desktop_class = {
	.show = desktop_show,
	.close = desktop_close,
	.announce = desktop_announce,
	.free = desktop_free,
};

RpNotifier *
rp_desktop_notifier_new(void)
{
	const RpDBusMatch closed = {
		.sender = NAME, .path = PATH, .interface = NAME, .member = "NotificationClosed"};
	Desktop *desktop = g_new0(Desktop, 1);
	desktop->notifier.class = &desktop_class;
	desktop->announcements = g_ptr_array_new_with_free_func((GDestroyNotify)rp_notice_free);
	desktop->bus = rp_dbus_new_session();
	desktop->closed_signal = rp_dbus_subscribe(desktop->bus, &closed, on_closed, desktop);
	desktop->owner_watch = rp_dbus_watch_owner(desktop->bus, NAME, on_owner, desktop);
	return &desktop->notifier;
}
