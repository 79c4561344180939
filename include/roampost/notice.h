/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/desktop-action.h"

/* The text of desktop notifications: one a cause, replaced rather than stacked, and taken away when
 * the cause is gone. A text has no numbers in it that grow with every message: it stays true, and
 * is not shown anew, while mail comes and goes. Pure. */

typedef enum { RP_URGENCY_LOW, RP_URGENCY_NORMAL, RP_URGENCY_CRITICAL } RpUrgency;

typedef struct {
	char *cause;   /* of two notices with the same one only one is on the screen */
	char *summary; /* what a panel shows of it is 30 letters */
	char *body;    /* plain text, lines separated by \n; not markup */
	RpUrgency urgency;
	const char *category; /* the specification's word for its kind; static */
	GPtrArray *actions;   /* of RpDesktopAction, as buttons: the first is what one wants most */
} RpNotice;

RpNotice *rp_notice_copy(const RpNotice *notice);
void rp_notice_free(RpNotice *notice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpNotice, rp_notice_free)

/* Held mail that has the same reasons. Borrowed. */
typedef struct {
	const GPtrArray *reasons; /* of RpHoldReason, never empty */
	guint n_messages;
	const char *recipient; /* one of the held recipients, to name */
	const char *subject;   /* of the message, where the group is one and has one; or NULL */
	guint n_recipients;    /* how many are held in all of the group */
	const char *id;        /* of the message, where the group is one; or NULL */
	const char *identity;  /* whose it is then: the address in From, else the envelope's */
} RpNoticeGroup;

/* The cause of the notice of held mail. */
#define RP_NOTICE_HELD "held"

/* Which, why, and what would free it, with the actions that do. The order of the groups does not
 * matter; at most three are named. NULL when nothing is held (no groups, or no messages in them).
 */
RpNotice *rp_notice_held(const RpNoticeGroup *groups, gsize n_groups, const RpCatalogue *catalogue);
/* The queue can't be written, and mail waits until it can. */
RpNotice *rp_notice_disk(void);
/* A mail that a program handed over found no room. */
RpNotice *rp_notice_no_room(void);
/* What the notice of held mail was about has left. */
RpNotice *rp_notice_sent(void);

/* What a click on a notice asked for was refused, in this sentence. */
RpNotice *rp_notice_refused(const RpDesktopAction *action, const char *sentence);

/* A recipient of a message was permanently refused. `subject` is the message's, `text` the server's
 * answer; each may be NULL. */
RpNotice *rp_notice_failed(
	const char *recipient, const char *subject, const char *set, const char *text);
/* A recipient was rejected in words that only the user can judge, while others of the same message
 * go on. The others as above. */
RpNotice *rp_notice_rejected(
	const char *recipient, const char *subject, const char *set, const char *text);
/* Makes the notice of `n_before` messages, which are refused or rejected, one of these and
 * `other`'s message. */
void rp_notice_add(RpNotice *notice, const RpNotice *other, guint n_before);
/* A set stopped as a whole: its login was refused, or something stands between us and its server.
 */
RpNotice *rp_notice_set_failed(RpFailureKind kind, const char *set, const char *detail);

typedef enum {
	RP_NOTICE_KEEP,  /* what is shown is right: do nothing */
	RP_NOTICE_SHOW,  /* show, or replace what is shown */
	RP_NOTICE_CLOSE, /* take away what is shown */
} RpNoticeChange;

/* What to do when `shown` is on the screen (NULL: nothing) and `wanted` should be (NULL: nothing).
 * The same text again is not shown again. */
RpNoticeChange rp_notice_change(const RpNotice *shown, const RpNotice *wanted);
