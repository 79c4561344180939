/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tell-private.h"

#include "roampost/language.h"

/* The one notice on the desktop for all mail that is held: what is held for the same reasons is one
 * thing to say. What the desktop is told by a notice of its own is left out. */

/* Whoever said so need not be told. */
static gboolean
is_by_user(const RpHoldReason *reason)
{
	return reason->reason == RP_REASON_PAUSED;
}

/* Messages that wait for the user's word: more than so many are not looked at. */
#define REJECTED_AT_MOST 50

typedef struct {
	RpNoticeGroup group;
	gint64 class_id; /* its first; 0: the recipient and the subject are there */
	guint index;     /* the recipient's in it */
	char *recipient;
	char *subject;
	char *id;
	char *identity;
	GPtrArray *reasons; /* owned, where the group has its own */
} RpHeldGroup;

static void
held_group_free(gpointer data)
{
	RpHeldGroup *held = data;

	g_free(held->recipient);
	g_free(held->subject);
	g_free(held->id);
	g_free(held->identity);
	g_clear_pointer(&held->reasons, g_ptr_array_unref);
	g_free(held);
}

/* Equal reasons, whatever the message: one thing to say. */
static char *
reasons_key(const GPtrArray *reasons)
{
	GString *key = g_string_new(NULL);

	for (guint i = 0; i < reasons->len; i++) {
		const RpHoldReason *reason = reasons->pdata[i];

		g_string_append_printf(key, "%s:%s;", reason->set ? reason->set : "",
			rp_reason_name(reason->reason));
	}
	return g_string_free(key, FALSE);
}

/* What is held for these reasons so far. */
static RpHeldGroup *
find_group(GHashTable *groups, const GPtrArray *reasons)
{
	g_autofree char *key = reasons_key(reasons);
	RpHeldGroup *held = g_hash_table_lookup(groups, key);

	if (!held) {
		held = g_new0(RpHeldGroup, 1);
		g_hash_table_insert(groups, g_steal_pointer(&key), held);
	}
	return held;
}

/* NULL: it has none. */
static char *
subject_of(const RpQueueMessage *message)
{
	return message->subject && *message->subject ? g_strdup(message->subject) : NULL;
}

/* What is said of one message alone. */
static void
take_example(RpHeldGroup *held, const RpQueueMessage *message)
{
	const char *from = message->header_from;
	char id[RP_MESSAGE_ID_SIZE];

	held->group.subject = held->subject = subject_of(message);
	held->group.id = held->id = g_strdup(rp_message_id_format(message->id, id));
	held->group.identity = held->identity = g_strdup(from && *from ? from : message->sender);
}

/* Only where it will be said: each is a look into the queue. */
static void
find_example(const RpTell *tell, RpHeldGroup *held)
{
	RpQueueCursor cursor = RP_QUEUE_CURSOR_INIT;
	g_autoptr(GPtrArray) messages = NULL;

	if (!held->class_id)
		return;
	held->group.recipient = held->recipient =
		rp_queue_class_recipient(tell->ground->queue, held->class_id, held->index);
	if (held->group.n_messages != 1)
		return;
	messages = rp_queue_next(tell->ground->queue, &held->class_id, 1, &cursor, 1, NULL);
	if (!messages || !messages->len)
		return;
	take_example(held, messages->pdata[0]);
}

typedef struct {
	const RpTell *tell;
	GHashTable *groups; /* by reasons_key */
	GHashTable *known;  /* by a decision's reasons, which many classes share: NULL where
			     * nothing is said of it */
	gboolean any_held;
} RpHeldSearch;

/* NULL: what it is held for is not said here. */
static RpHeldGroup *
group_of(RpHeldSearch *search, GPtrArray *reasons)
{
	gpointer held = NULL;

	if (g_hash_table_lookup_extended(search->known, reasons, NULL, &held))
		return held;
	if (!is_by_user(reasons->pdata[0]) && !rp_tell_has_alarm(search->tell, reasons->pdata[0]))
		held = find_group(search->groups, reasons);
	g_hash_table_insert(search->known, reasons, held);
	return held;
}

static gboolean
add_class(const RpQueueClass *class_, gpointer user)
{
	RpHeldSearch *search = user;
	const RpDecision *decision = rp_planner_decision(search->tell->planner, class_->id);
	guint n = class_->n_ready + class_->n_deferred, n_held = 0, first = 0;

	search->any_held |= class_->n_held > 0;
	for (guint i = 0; decision && i < decision->n_recipients; i++)
		if (decision->recipients[i].verdict == RP_VERDICT_HOLD && !n_held++)
			first = i;
	RpHeldGroup *held =
		n && n_held ? group_of(search, decision->recipients[first].reasons) : NULL;
	if (!held)
		return TRUE;
	if (!held->group.n_messages) {
		held->group.reasons = decision->recipients[first].reasons;
		held->class_id = class_->id;
		held->index = first;
	}
	held->group.n_messages += n;
	held->group.n_recipients += n * n_held;
	return TRUE;
}

/* A message that a server rejected in a way that only the user can judge. */
static void
add_rejected(const RpTell *tell, GHashTable *groups, const RpQueueMessage *message)
{
	g_autoptr(GPtrArray) reasons =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_hold_reason_free);
	const RpQueueRecipient *waiting = rp_queue_message_find(message, RP_RECIPIENT_REJECTED);
	RpUnlock ways[RP_OWN_WAYS];
	RpHoldReason *reason;
	guint n;

	if (!waiting)
		waiting = rp_queue_message_find(message, RP_RECIPIENT_PENDING);
	if (!waiting)
		return;
	reason = rp_hold_reason_new(
		waiting->set, (RpReason)message->hold_reason, message->hold_text);
	n = reason->unlock->len ? 0
				: rp_reason_own_ways(reason, 0, rp_ground_catalogue(tell->ground),
					  message->sender, ways);
	for (guint i = 0; i < n; i++)
		g_ptr_array_add(reason->unlock, rp_unlock_new(ways[i].kind, ways[i].subject, 0));
	g_ptr_array_add(reasons, reason);
	RpHeldGroup *held = find_group(groups, reasons);
	if (!held->group.n_messages) {
		held->group.reasons = held->reasons = g_steal_pointer(&reasons);
		held->group.recipient = held->recipient = g_strdup(waiting->address);
		take_example(held, message);
	}
	held->group.n_messages++;
	held->group.n_recipients++;
}

static void
add_all_rejected(const RpTell *tell, GHashTable *groups)
{
	g_autoptr(GPtrArray) held = rp_queue_list(
		tell->ground->queue, 1u << RP_MESSAGE_HELD, 0, REJECTED_AT_MOST, NULL);

	for (guint i = 0; held && i < held->len; i++) {
		const RpQueueMessage *message = held->pdata[i];

		if (message->hold_reason >= 0 && !message->user_hold && !message->not_before)
			add_rejected(tell, groups, message);
	}
}

/* Before all else: nothing goes until the portal has let us through. */
static void
offer_page(const RpTell *tell, RpNotice *notice)
{
	const char *page = rp_whereabouts_network(tell->ground->whereabouts)->portal_page;

	if (page)
		rp_desktop_actions_prefer(notice->actions, RP_DO_OPEN_PAGE, page, NULL);
}

static RpNotice *
compose(const RpTell *tell, GHashTable *groups)
{
	guint n = g_hash_table_size(groups);
	g_autofree RpNoticeGroup *list = g_new0(RpNoticeGroup, n + 1);
	RpNotice *notice;
	GHashTableIter iter;
	gpointer value;
	guint i = 0;

	g_hash_table_iter_init(&iter, groups);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		find_example(tell, value);
		list[i++] = ((RpHeldGroup *)value)->group;
	}
	g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
	notice = rp_notice_held(list, n, rp_ground_catalogue(tell->ground));
	if (notice && rp_tell_is_at_portal(tell))
		offer_page(tell, notice);
	return notice;
}

RpNotice *
rp_tell_make_held_notice(const RpTell *tell)
{
	g_autoptr(GHashTable) groups =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, held_group_free);
	g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
	RpHeldSearch search = {.tell = tell, .groups = groups, .known = known};

	rp_queue_foreach_class(tell->ground->queue, RP_QUEUE_CLASS_NUMBERS, RP_CLASS_NEW, add_class,
		&search, NULL);
	if (search.any_held)
		add_all_rejected(tell, groups);
	return compose(tell, groups);
}
