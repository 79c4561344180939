/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/policy.h"

/* What a notice offers to do, as a button: "actions" of the Desktop Notifications Specification.
 * Pure: it is done by whoever shows the notice, or by the agent. */

typedef enum {
	RP_NOTICE_OPEN_PAGE,   /* subject: the URL of a page that would free it */
	RP_NOTICE_DIAL,        /* a provider, by one of its NetworkManager connections */
	RP_NOTICE_CHECK_MAIL,  /* a server set: its POP login opens its SMTP server */
	RP_NOTICE_USE_AUTO,    /* "": the place decides again which set is used */
	RP_NOTICE_SHOW_OUTBOX, /* "": the window is shown */
} RpNoticeVerb;

typedef struct {
	RpNoticeVerb verb;
	char *subject;
	char *label; /* in people's words, as it stands on the button */
} RpNoticeAction;

void rp_notice_action_free(gpointer action);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpNoticeAction, rp_notice_action_free)

/* A list of RpNoticeAction; each is in it once. */
GPtrArray *rp_notice_actions_new(void);
GPtrArray *rp_notice_actions_copy(const GPtrArray *actions);
/* `title`: what the label calls the subject; NULL: the subject itself. */
void rp_notice_actions_add(
	GPtrArray *actions, RpNoticeVerb verb, const char *subject, const char *title);
/* The same, before those that are there. */
void rp_notice_actions_prefer(
	GPtrArray *actions, RpNoticeVerb verb, const char *subject, const char *title);
gboolean rp_notice_actions_equal(const GPtrArray *a, const GPtrArray *b);

/* What tells an action from others, on the bus and in files: "dial odn". Free with g_free. */
char *rp_notice_action_key(const RpNoticeAction *action);
/* The action of a key and its label; NULL: it is no such key. */
RpNoticeAction *rp_notice_action_parse(const char *key, const char *label);

/* Adds what would bring `unlock` about, where a click can do that. A provider that has no
 * connection to dial has to be entered by the user's own doing. */
void rp_notice_actions_add_unlock(
	GPtrArray *actions, const RpUnlock *unlock, const RpCatalogue *catalogue);
