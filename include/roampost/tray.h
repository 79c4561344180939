/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/desktop-action.h"

/* What a panel shows of the agent: an icon by its state, a text beside the pointer, and the menu
 * with the server sets. Pure: made of what is so now, and compared with what is shown. */

typedef enum {
	RP_TRAY_IDLE,
	RP_TRAY_OFFLINE, /* nothing can go from here, whatever it is */
	RP_TRAY_SENDING,
	RP_TRAY_WAITING, /* mail is held */
	RP_TRAY_TROUBLE, /* and goes no sooner than the user does something: a full disk, a
			    configuration that was refused */
} RpTrayIcon;

/* The name of our icon, in the icon theme. */
const char *rp_tray_icon_name(RpTrayIcon icon);

typedef enum {
	RP_MENU_TEXT,      /* tells something */
	RP_MENU_COMMAND,   /* does its action */
	RP_MENU_RADIO,     /* likewise; one of those beside it is chosen */
	RP_MENU_SUBMENU,   /* has items of its own */
	RP_MENU_SEPARATOR, /* a line */
} RpMenuKind;

typedef struct {
	RpMenuKind kind;
	char *key;   /* tells it from all others of the menu; the same from one menu to the next */
	char *label; /* plain text */
	gboolean chosen;
	RpDesktopAction *action; /* NULL: none */
	GPtrArray *items;        /* of RpMenuItem; empty but for a submenu */
} RpMenuItem;

typedef struct {
	RpTrayIcon icon;
	guint n_held;     /* messages that wait for something; to be seen on the icon */
	char *title;      /* the place */
	char *text;       /* more of it, lines separated by \n */
	RpMenuItem *menu; /* a submenu */
} RpTrayView;

void rp_tray_view_free(RpTrayView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpTrayView, rp_tray_view_free)
gboolean rp_menu_equal(const RpMenuItem *a, const RpMenuItem *b);

/* A message that is held, for the menu. Borrowed. */
typedef struct {
	const char *id;
	const char *subject; /* NULL: none is known */
	const char *recipient;
	const char *reason; /* a sentence */
	gboolean by_user;   /* released, it goes; the others are tried again */
} RpTrayHeld;

/* What is so now. Borrowed for the call. */
typedef struct {
	const char *place; /* in words: "Inside ODN" */
	gboolean is_offline;
	gboolean is_sending;
	gboolean is_paused;
	gboolean has_outbox;     /* there is a window to show */
	const char *trouble;     /* a sentence; NULL: there is none */
	const char *current_set; /* NULL: none can send from here */
	const char *override;    /* the set that the user chose; NULL: the place decides */
	const RpCatalogue *catalogue;
	const char *const *dialled; /* providers with a line that was dialled by our word */
	const char *const *inside;  /* providers that the place is inside of */
	const RpTrayHeld *held;     /* the first of them */
	guint n_listed;             /* so many */
	guint n_held;               /* all that are held */
	guint n_waiting;            /* all that is not sent yet */
} RpTrayState;

RpTrayView *rp_tray_view_new(const RpTrayState *state);
