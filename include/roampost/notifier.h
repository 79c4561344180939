/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/notice.h"

/* Where the user is told: of mail that waits by one notice, replaced rather than stacked, and of
 * what failed by one notice each. The texts come from core (roampost/notice.h); a notifier only
 * shows them. Main context only. */

typedef struct RpNotifier RpNotifier;

typedef struct {
	/* Shows the notice of held mail, in place of the one that is shown. One that equals what is
	 * shown, or what the user closed by hand, shows nothing. The notice is borrowed for the
	 * call. */
	void (*show)(RpNotifier *notifier, const RpNotice *notice);
	/* Takes the notice away: the mail has left. What the user closed is forgotten, too. */
	void (*close)(RpNotifier *notifier);
	/* Shows a notice that stands by itself, as that of a failure: it is not replaced. Where
	 * there is a bus and nothing on it can show it, it is dropped. */
	void (*announce)(RpNotifier *notifier, const RpNotice *notice);
	void (*free)(RpNotifier *notifier);
} RpNotifierClass;

struct RpNotifier {
	const RpNotifierClass *class;
};

static inline void
rp_notifier_show(RpNotifier *notifier, const RpNotice *notice)
{
	notifier->class->show(notifier, notice);
}

static inline void
rp_notifier_close(RpNotifier *notifier)
{
	notifier->class->close(notifier);
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
 * errors: the notice is kept and shown when one appears. Never NULL. */
RpNotifier *rp_desktop_notifier_new(void);
