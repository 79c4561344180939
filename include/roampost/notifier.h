/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/notice.h"

/* Where the user is told. The texts come from core (roampost/notice.h); a notifier only shows them.
 * Main context only. */

typedef struct RpNotifier RpNotifier;

typedef struct {
	/* All that is to be on the screen now, one notice (RpNotice) a cause; each takes the place
	 * of the one of its cause, and what is not among them is taken away. One that equals what
	 * is shown, or what the user closed by hand, shows nothing. They are borrowed for the call.
	 */
	void (*show)(RpNotifier *notifier, const GPtrArray *notices);
	/* Whether the notice of this cause, which is to be on the screen, was ever shown there; by
	 * an earlier agent, too. */
	gboolean (*was_seen)(RpNotifier *notifier, const char *cause);
	/* Shows a notice of what is over: it is not replaced, but by the next one where it need not
	 * be read (RP_URGENCY_LOW). Where there is a bus and nothing on it can show it, it is
	 * dropped. */
	void (*announce)(RpNotifier *notifier, const RpNotice *notice);
	/* What is on the screen goes: nobody would take it away. */
	void (*free)(RpNotifier *notifier);
} RpNotifierClass;

struct RpNotifier {
	const RpNotifierClass *class;
};

static inline void
rp_notifier_show(RpNotifier *notifier, const GPtrArray *notices)
{
	notifier->class->show(notifier, notices);
}

static inline gboolean
rp_notifier_was_seen(RpNotifier *notifier, const char *cause)
{
	return notifier->class->was_seen(notifier, cause);
}

static inline void
rp_notifier_announce(RpNotifier *notifier, const RpNotice *notice)
{
	notifier->class->announce(notifier, notice);
}

static inline void
rp_notifier_free(RpNotifier *notifier)
{
	if (notifier != NULL)
		notifier->class->free(notifier);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpNotifier, rp_notifier_free)

/* org.freedesktop.Notifications on the session bus. No bus and no notification daemon are no
 * errors: notices are kept and shown when one appears. What is on the screen is noted in the file
 * `memory` (NULL: nowhere), so that the next agent takes away what one left behind that was killed,
 * and does not show again what the user closed. What the user clicks is done: a page or the window
 * is shown, the agent is called by its D-Bus interface; what it refuses is told in its words. Never
 * NULL. */
RpNotifier *rp_desktop_notifier_new(const char *memory);
