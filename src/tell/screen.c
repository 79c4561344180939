/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tell-private.h"

#include "roampost/language.h"

/* What is to be on the desktop: one notice a cause. Each is worked out of what is so now (the plan,
 * what is remembered of server sets, the queue), so that it goes with its cause; the notifier is
 * given all of them each time. */

/* Held again within this time after it was not: it flaps, and has to last longer each time. */
#define SOON (10 * G_TIME_SPAN_MINUTE)
#define MOST_FLAPS 5
/* A timer that comes so late was asleep with the machine. */
#define LATE (10 * G_TIME_SPAN_MINUTE)

void
rp_tell_aside_free(gpointer data)
{
	RpAside *aside = data;

	rp_notice_free(aside->notice);
	g_free(aside);
}

/* ---- held mail ---- */

static RpSpan
patience(const RpTell *tell)
{
	return (gint64)RP_TELL_HELD_LASTS << MIN(tell->n_flaps, MOST_FLAPS);
}

static void
drop_next(RpTell *tell)
{
	g_clear_pointer(&tell->held_next, rp_notice_free);
	tell->held_due = 0;
}

/* It is gone at once: whatever a notice says has to be true. */
static void
none_is_held(RpTell *tell)
{
	if (tell->held || tell->held_next)
		tell->held_gone_at = rp_ground_now(tell->ground);
	drop_next(tell);
	g_clear_pointer(&tell->held, rp_notice_free);
}

/* What holds mail for a moment only, as a link that comes back does, is not worth a word. */
static void
some_is_held(RpTell *tell, RpNotice *notice)
{
	RpTime now = rp_ground_now(tell->ground);

	if (!tell->held && !tell->held_next && tell->held_gone_at) {
		RpSpan since = now - tell->held_gone_at;

		tell->n_flaps = since >= 0 && since < SOON ? tell->n_flaps + 1 : 0;
	}
	if (!tell->held_next)
		tell->held_due = now + patience(tell);
	g_clear_pointer(&tell->held_next, rp_notice_free);
	tell->held_next = notice;
}

static void
work_out_held(RpTell *tell)
{
	g_autoptr(RpNotice) notice = rp_tell_make_held_notice(tell);

	switch (rp_notice_change(tell->held, notice)) {
	case RP_NOTICE_CLOSE:
		none_is_held(tell);
		break;
	case RP_NOTICE_SHOW:
		some_is_held(tell, g_steal_pointer(&notice));
		break;
	case RP_NOTICE_KEEP:
		if (notice)
			drop_next(tell);
		else
			none_is_held(tell);
		break;
	}
}

/* ---- messages that are refused, or rejected in part ---- */

/* Once a message is held for its rejected recipient the notice of held mail tells of it. */
static gboolean
aside_stands(const RpTell *tell, const RpAside *aside)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(tell->ground->queue, aside->id, NULL);

	if (!message)
		return FALSE;
	if (g_str_equal(aside->notice->cause, "failed"))
		return rp_queue_message_find(message, RP_RECIPIENT_DEAD) != NULL;
	return rp_queue_message_find(message, RP_RECIPIENT_REJECTED) != NULL &&
	       (message->state != RP_MESSAGE_HELD || message->hold_reason < 0);
}

static void
add_aside(const RpAside *aside, GPtrArray *screen, RpNotice **shared, guint *n)
{
	if (!*shared) {
		*shared = rp_notice_copy(aside->notice);
		g_ptr_array_add(screen, *shared);
	} else {
		rp_notice_add(*shared, aside->notice, *n);
	}
	++*n;
}

static void
add_asides(RpTell *tell, GPtrArray *screen)
{
	RpNotice *failed = NULL, *rejected = NULL;
	guint n_failed = 0, n_rejected = 0;

	for (guint i = 0; i < tell->asides->len;) {
		const RpAside *aside = tell->asides->pdata[i];

		if (!aside_stands(tell, aside)) {
			g_ptr_array_remove_index(tell->asides, i);
			continue;
		}
		if (g_str_equal(aside->notice->cause, "failed"))
			add_aside(aside, screen, &failed, &n_failed);
		else
			add_aside(aside, screen, &rejected, &n_rejected);
		i++;
	}
}

/* ---- all of it ---- */

void
rp_tell_show(RpTell *tell)
{
	g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
	g_autoptr(GPtrArray) screen =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_notice_free);

	if (rp_ground_options(tell->ground)->notify) {
		rp_tell_add_alarms(tell, screen);
		if (tell->disk_fails)
			g_ptr_array_add(screen, rp_notice_disk());
		if (tell->refused)
			g_ptr_array_add(screen, rp_notice_no_room());
		add_asides(tell, screen);
		if (tell->held)
			g_ptr_array_add(screen, rp_notice_copy(tell->held));
	}
	tell->held_was_seen |= rp_notifier_was_seen(tell->notifier, RP_NOTICE_HELD);
	rp_notifier_show(tell->notifier, screen);
	rp_timer_changed(tell->ground->timer);
}

static gboolean
is_all_sent(const RpTell *tell)
{
	RpQueueCounts counts;

	return !tell->held && !tell->held_next &&
	       rp_queue_counts(tell->ground->queue, &counts, NULL) &&
	       !counts.by_state[RP_MESSAGE_QUEUED] && !counts.by_state[RP_MESSAGE_SENDING] &&
	       !counts.by_state[RP_MESSAGE_DEFERRED];
}

/* What the disk knows last of any message; -1: nothing. */
static gint
last_event(const RpTell *tell)
{
	const RpHistoryQuery newest = {.limit = 1};
	g_autoptr(GPtrArray) last = rp_queue_load_history(tell->ground->queue, &newest, NULL);

	return last && last->len ? (gint)((RpHistoryRecord *)last->pdata[0])->event : -1;
}

/* Whoever was told that mail waits is told, once, that it does not any more; not where the last of
 * it was taken out of the queue. */
static void
say_sent(RpTell *tell)
{
	g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
	g_autoptr(RpNotice) notice = rp_notice_sent();
	gint last;

	if (!tell->held_was_seen || !is_all_sent(tell))
		return;
	last = last_event(tell);
	/* The disk has it, and the agent is about to be told. */
	if (!tell->any_sent && last == RP_HISTORY_SENT)
		return;
	if (tell->any_sent && last != RP_HISTORY_DELETED && rp_ground_options(tell->ground)->notify)
		rp_notifier_announce(tell->notifier, notice);
	tell->held_was_seen = tell->any_sent = FALSE;
}

void
rp_tell_notices(RpTell *tell)
{
	work_out_held(tell);
	rp_tell_show(tell);
	say_sent(tell);
}

void
rp_tell_count_sent(RpTell *tell)
{
	tell->any_sent |= tell->held_was_seen;
	/* What is held next is no flapping: something got through. */
	tell->held_gone_at = 0;
	tell->n_flaps = 0;
	say_sent(tell);
}

void
rp_tell_add_aside(RpTell *tell, RpMessageId id, RpNotice *notice)
{
	RpAside *aside = g_new0(RpAside, 1);

	aside->id = id;
	aside->notice = notice;
	if (tell->asides->len >= RP_TELL_MOST_ASIDES)
		g_ptr_array_remove_index(tell->asides, 0);
	g_ptr_array_add(tell->asides, aside);
}

void
rp_tell_set_failed(RpTell *tell, const RpNotice *notice)
{
	g_message("%s: %s", notice->summary, notice->body);
	rp_tell_show(tell);
}

RpTime
rp_tell_screen_deadline(const RpTell *tell)
{
	return tell->held_next ? tell->held_due : G_MAXINT64;
}

void
rp_tell_screen_due(RpTell *tell)
{
	RpTime now = rp_ground_now(tell->ground);

	if (!tell->held_next || (now < tell->held_due && tell->held_due - now <= patience(tell)))
		return;
	if (now - tell->held_due > LATE || now < tell->held_due) {
		rp_tell_woke(tell);
		return;
	}
	g_clear_pointer(&tell->held, rp_notice_free);
	tell->held = g_steal_pointer(&tell->held_next);
	rp_tell_show(tell);
}

void
rp_tell_woke(RpTell *tell)
{
	if (!tell->held_next)
		return;
	tell->held_due = rp_ground_now(tell->ground) + patience(tell);
	rp_timer_changed(tell->ground->timer);
}
