/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/policy.h"

/* What a click on the desktop does: a button of a notice ("actions" of the Desktop Notifications
 * Specification), an item of the tray's menu. Pure: it is done by the desktop, or by the agent. */

typedef enum {
	RP_DO_OPEN_PAGE,   /* subject: the URL of a page that would free it */
	RP_DO_DIAL,        /* a provider, by one of its NetworkManager connections */
	RP_DO_HANG_UP,     /* "": what was dialled */
	RP_DO_CHECK_MAIL,  /* a server set: its POP login opens its SMTP server; "": all */
	RP_DO_USE_SET,     /* a server set, for as long as the place is this one; "auto": the place
			      decides */
	RP_DO_FLUSH,       /* "": all that waits for a time is tried at once */
	RP_DO_PAUSE,       /* "": nothing is sent until */
	RP_DO_RESUME,      /* this; "" */
	RP_DO_RELEASE,     /* the id of a message */
	RP_DO_RETRY,       /* likewise */
	RP_DO_DELETE,      /* likewise */
	RP_DO_PIN,         /* likewise, and the set that it is to take: "ID SET" */
	RP_DO_SHOW_OUTBOX, /* "": the window is shown */
} RpDesktopVerb;

typedef struct {
	RpDesktopVerb verb;
	char *subject;
	char *label; /* in people's words, as it stands on the button */
} RpDesktopAction;

/* `title`: what the label calls the subject; NULL: the subject itself. */
RpDesktopAction *rp_desktop_action_new(RpDesktopVerb verb, const char *subject, const char *title);
/* The name of the verb, as it is in keys; of what changes messages it is the D-Bus method's. */
const char *rp_desktop_verb_name(RpDesktopVerb verb);
RpDesktopAction *rp_desktop_action_copy(const RpDesktopAction *action);
void rp_desktop_action_free(gpointer action);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDesktopAction, rp_desktop_action_free)

/* A list of RpDesktopAction; each is in it once. */
GPtrArray *rp_desktop_actions_new(void);
GPtrArray *rp_desktop_actions_copy(const GPtrArray *actions);
/* Titles as with rp_desktop_action_new. */
void rp_desktop_actions_add(
	GPtrArray *actions, RpDesktopVerb verb, const char *subject, const char *title);
/* The same, before those that are there. */
void rp_desktop_actions_prefer(
	GPtrArray *actions, RpDesktopVerb verb, const char *subject, const char *title);
gboolean rp_desktop_actions_equal(const GPtrArray *a, const GPtrArray *b);

/* What tells an action from others, on the bus and in files: "dial odn". Free with g_free. */
char *rp_desktop_action_key(const RpDesktopAction *action);
/* The action of a key and its label; NULL: it is no such key. */
RpDesktopAction *rp_desktop_action_parse(const char *key, const char *label);

/* Adds what would bring `unlock` about, where a click can do that. A provider that has no
 * connection to dial has to be entered by the user's own doing. */
void rp_desktop_actions_add_unlock(
	GPtrArray *actions, const RpUnlock *unlock, const RpCatalogue *catalogue);
