/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/notice.h"
#include "roampost/tray.h"

#include "roampost/dbusloop.h"

/*	notifier.c  what is on the screen, and what should be: with its parts, notifier-*.c
 *	slot.c      one cause's place on it, and the file in which it is noted
 *	notify.c    the arguments of the calls
 *	portal.c    the same for the notification portal
 *	doer.c      what a click asks for is done
 *	start.c     the programs that a click starts
 *	tray-item.c the icon in the panel
 *	tray-host.c the panels, which are told of it
 *	menu.c      its menu, with its parts, menu-*.c
 *	badge.c     the number on it */

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
	guint32 gone;    /* the id that `told` had when it was closed; 0: none */
	char *token;     /* by which what a click on it starts gets the focus; or NULL */
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
	gboolean lists_all; /* what a click on the notice does is listed among its buttons */
	gboolean outbox;    /* there is a window to show */
} RpNoticeAbilities;

/* Whether the answer, a list of strings, has this one. */
gboolean rp_names_hold(DBusMessage *reply, const char *name);
/* Reads the answer to GetCapabilities. */
void rp_notice_abilities_read(RpNoticeAbilities *abilities, DBusMessage *reply);
/* Reads the answer to GetServerInformation: what only its name tells. */
void rp_notice_abilities_read_name(RpNoticeAbilities *abilities, DBusMessage *reply);

/* Appends the arguments of Notify. Actions are left out where the daemon has none. The body is
 * escaped for a daemon that reads markup; for one that shows no bodies its first line joins the
 * summary. `quiet`: it makes no sound. */
void rp_notify_append(DBusMessage *message, const RpNotice *notice, guint32 replaces,
	const RpNoticeAbilities *abilities, gboolean quiet);
/* The action of a button, or of a click on the notice itself ("default"); NULL: it has no such one.
 */
const RpDesktopAction *rp_notify_action(
	const RpNotice *notice, const char *key, const RpNoticeAbilities *abilities);

/* A click on the notice itself. */
#define RP_NOTIFY_DEFAULT "default"

/* portal.c: calls to the notification portal; messages are the caller's. */
/* Whether it is there, which starts it; its answer: of which version it is. */
DBusMessage *rp_portal_ask(void);
gboolean rp_portal_read(DBusMessage *reply, guint *version);
/* Shows the notice as that of the id, in place of one before. */
DBusMessage *rp_portal_add(const char *id, const RpNotice *notice,
	const RpNoticeAbilities *abilities, guint version, gboolean quiet);
DBusMessage *rp_portal_remove(const char *id);
RpDBusSubscription *rp_portal_subscribe(RpDBus *bus, RpDBusSignalFunc clicked, gpointer user);
/* What was clicked, in such a signal: borrowed from it; the token may be NULL. */
gboolean rp_portal_clicked(
	DBusMessage *signal, const char **id, const char **key, const char **token);

/* doer.c: what a click asks for. */
typedef struct RpDoer RpDoer;
typedef struct {
	/* It is known what can be started; at each connection to the bus. */
	void (*ready)(gpointer user);
	/* The agent refused, in this sentence; both are borrowed. */
	void (*refused)(const RpDesktopAction *action, const char *sentence, gpointer user);
} RpDoerEvents;
/* The bus and `events` are borrowed, and outlive it. */
RpDoer *rp_doer_new(RpDBus *bus, const RpDoerEvents *events, gpointer user);
/* What is under way goes on, unheard. */
void rp_doer_free(RpDoer *doer);
gboolean rp_doer_is_ready(const RpDoer *doer);
/* There is a window to show. */
gboolean rp_doer_has_outbox(const RpDoer *doer);
/* `token` as with rp_start_page. */
void rp_doer_do(RpDoer *doer, const RpDesktopAction *action, const char *token);

/* tray-host.c: who keeps the list of icons for all panels, by the StatusNotifierItem specification.
 * `item` is the icon's name on the bus. Each watcher that comes is told of it, and `taken` is
 * called when it has said that it knows; one that refuses, does not answer, or drops the icon is
 * asked again five times, after 1 to 16 s. The bus is borrowed. */
typedef struct RpTrayHost RpTrayHost;
RpTrayHost *rp_tray_host_new(
	RpDBus *bus, const char *item, void (*taken)(gpointer user), gpointer user);
void rp_tray_host_free(RpTrayHost *host);
/* Whether the icon can be shown: before, nobody is told. */
void rp_tray_host_set_ready(RpTrayHost *host, gboolean is_ready);
gboolean rp_tray_host_has_taken(const RpTrayHost *host);

/* menu.c: a menu on the bus. */
#define RP_MENU_PATH "/StatusNotifierItem/Menu"
typedef struct RpMenuObject RpMenuObject;
typedef void (*RpMenuClicked)(const RpDesktopAction *action, gpointer user);
/* `*menu` is what it shows, at any time; NULL: nothing yet. All are borrowed. */
RpMenuObject *rp_menu_object_new(
	RpDBus *bus, RpMenuItem *const *menu, RpMenuClicked clicked, gpointer user);
void rp_menu_object_free(RpMenuObject *object);
/* Tells who shows it. */
void rp_menu_object_changed(RpMenuObject *object);

/* badge.c: a number, to be laid over an icon of `size` pixels each way; above 9: a plus. ARGB32 in
 * network byte order. */
GBytes *rp_badge_draw(guint n, guint size);

/* start.c: other programs. `token` (NULL: none) is the activation token of the click, by which the
 * window system lets them have the focus. Failures are logged. */
/* Never anything but a web page is opened. */
void rp_start_page(const char *url, const char *token);
/* The window, on the bus as RP_OUTBOX_NAME. */
#define RP_OUTBOX_NAME "org.roampost.Outbox"
void rp_start_outbox(RpDBus *bus, const char *token);
