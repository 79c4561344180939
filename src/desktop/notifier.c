/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "notifier-private.h"

#include "roampost/language.h"

/* Notifications by the Desktop Notifications Specification 1.2, one a cause; by the notification
 * portal where there is no daemon. Here: what others ask of it, its beginning and its end. */

#define ANNOUNCEMENTS_MAX 16 /* that wait for a bus */

/* ---- what is wanted ---- */

static void
desktop_show(RpNotifier *notifier, const GPtrArray *notices)
{
	RpDesktop *desktop = (RpDesktop *)notifier;

	for (guint i = 0; i < desktop->slots->len; i++)
		rp_slot_want(desktop->slots->pdata[i], NULL);
	for (guint i = 0; i < notices->len; i++) {
		const RpNotice *notice = notices->pdata[i];
		RpSlot *slot = rp_desktop_find_slot(desktop, notice->cause);

		if (slot == NULL)
			g_ptr_array_add(desktop->slots, slot = rp_slot_new(notice->cause));
		rp_slot_want(slot, notice);
	}
	desktop->has_orders = TRUE;
	rp_desktop_reconcile(desktop);
}

static gboolean
desktop_was_seen(RpNotifier *notifier, const char *cause)
{
	const RpSlot *slot = rp_desktop_find_slot((RpDesktop *)notifier, cause);

	return slot != NULL && slot->seen;
}

static void
desktop_announce(RpNotifier *notifier, const RpNotice *notice)
{
	RpDesktop *desktop = (RpDesktop *)notifier;
	if (desktop->announcements->len < ANNOUNCEMENTS_MAX)
		g_ptr_array_add(desktop->announcements, rp_notice_copy(notice));
	rp_desktop_reconcile(desktop);
}

/* ---- clicks ---- */

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
	rp_desktop_reconcile(data);
}

static const RpDoerEvents doer_events = {.ready = on_ready, .refused = on_refused};

/* ---- the end ---- */

/* What is on the screen now is shown by the next agent if its cause is still there; what the user
 * closed is not. */
static void
leave(RpDesktop *desktop)
{
	for (guint i = 0; i < desktop->slots->len; i++) {
		RpSlot *slot = desktop->slots->pdata[i];

		if (slot->id == 0)
			continue;
		rp_desktop_close(desktop, slot);
		slot->id = 0;
		rp_slot_set_told(slot, NULL);
	}
	rp_desktop_note(desktop);
	rp_dbus_flush(desktop->bus);
}

static void
desktop_free(RpNotifier *notifier)
{
	RpDesktop *desktop = (RpDesktop *)notifier;
	if (desktop->calling != NULL) /* its id will not be known */
		rp_slot_set_told(desktop->calling, NULL);
	rp_desktop_end_call(desktop);
	g_clear_pointer(&desktop->over_call, rp_dbus_call_free);
	if (desktop->has_orders)
		leave(desktop);
	rp_doer_free(desktop->doer);
	rp_dbus_owner_watch_free(desktop->owner_watch);
	rp_desktop_unsubscribe(desktop);
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
	RpDesktop *desktop = g_new0(RpDesktop, 1);

	desktop->notifier.class = &desktop_class;
	desktop->announcements = g_ptr_array_new_with_free_func((GDestroyNotify)rp_notice_free);
	desktop->memory = g_strdup(memory);
	desktop->slots = rp_slots_load(memory, &desktop->noted_daemon);
	desktop->bus = rp_dbus_new_session();
	desktop->doer = rp_doer_new(desktop->bus, &doer_events, desktop);
	rp_desktop_subscribe(desktop);
	rp_desktop_watch_owner(desktop);
	return &desktop->notifier;
}
