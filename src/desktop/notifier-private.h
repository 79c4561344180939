/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "desktop-private.h"

#include "roampost/notifier.h"

/* A notifier's state, which its parts share:
 *
 *	notifier.c          what others ask of it; its beginning and end
 *	notifier-screen.c   what is on the screen is brought together with what should be
 *	notifier-signals.c  what the daemon, or the portal, tells of clicks and of what was closed
 *	notifier-owner.c    a daemon comes or goes */

#define RP_NOTIFICATIONS "org.freedesktop.Notifications"
#define RP_NOTIFICATIONS_PATH "/org/freedesktop/Notifications"

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
	guint32 pressed_id; /* of the notification of which a button was clicked last, or 0 */
	gint64 pressed_at;  /* when that was, by the monotonic clock */

	char *memory;
	char *noted_daemon; /* whose the ids are that were read from there */
	GPtrArray *slots;
	GPtrArray *announcements; /* of RpNotice, until the abilities are known */
	RpDBusCall *over_call;    /* Notify of one that need not be read; NULL: answered */
	guint32 over_id;          /* its notification; 0: none, or it is gone */
} RpDesktop;

/* ---- notifier-screen.c ---- */

/* One call at a time: what is under way comes back here. */
void rp_desktop_reconcile(RpDesktop *desktop);
/* The slots are noted for the next run. */
void rp_desktop_note(const RpDesktop *desktop);
/* The call that is under way, if one is, is not waited for any more. */
void rp_desktop_end_call(RpDesktop *desktop);
/* Takes the notification off the screen. */
void rp_desktop_close(RpDesktop *desktop, const RpSlot *slot);
/* NULL: there is none of this cause. */
RpSlot *rp_desktop_find_slot(const RpDesktop *desktop, const char *cause);

/* ---- notifier-signals.c ---- */

void rp_desktop_subscribe(RpDesktop *desktop);
void rp_desktop_unsubscribe(RpDesktop *desktop);

/* ---- notifier-owner.c ---- */

/* Until its `owner_watch` is freed. */
void rp_desktop_watch_owner(RpDesktop *desktop);
