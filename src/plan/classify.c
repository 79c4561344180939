/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

#include "roampost/message.h"

/* Which class a message belongs to: what the policy can't tell apart is planned once. */

/* New messages classified in one change: keeps each transaction, and each turn of the loop, short.
 */
#define CLASSIFY_AT_ONCE 256

/* What is announced when messages are classified on the disk. */
typedef struct {
	RpPlanner *planner;
	GPtrArray *messages; /* of RpQueueMessage, as they were before */
	gboolean last;       /* there were no more */
	guint n_waiters;     /* when they were looked for */
} RpClassifyWrite;

static void
note_moved(RpPlanner *planner, const GPtrArray *messages)
{
	for (guint i = 0; i < messages->len; i++)
		planner->reclassified |=
			((RpQueueMessage *)messages->pdata[i])->class_id != RP_CLASS_NEW;
}

static void
on_classified(const GError *error, gpointer data)
{
	g_autofree RpClassifyWrite *write = data;
	RpPlanner *planner = write->planner;
	g_autoptr(GPtrArray) messages = write->messages;

	/* What was asked for meanwhile (`again`) stays asked for: the bell of a message that none
	 * of these is. */
	planner->writing = FALSE;
	if (error) { /* said already */
		g_autoptr(GPtrArray) waiters = rp_planner_take_waiters(planner);

		planner->again = FALSE;
		rp_planner_retry(planner);
		rp_planner_tell_waiters(waiters);
		return;
	}
	rp_planner_note_written(planner);
	planner->events.classified(messages, planner->user);
	note_moved(planner, messages);
	/* Mail that comes faster than it is planned must not put the plan off for ever. */
	planner->all_classified = write->last && write->n_waiters == planner->waiters->len;
	rp_planner_request(planner, FALSE, "messages were classified");
}

static void
replace(char **text, const char *by)
{
	g_free(*text);
	*text = g_strdup(by);
}

/* What was put in because none was said (submit/identity.c), or one at this machine, by a name that
 * no set has. */
static gboolean
is_makeshift(const RpPlanner *planner, const char *address)
{
	const char *at = address ? strrchr(address, '@') : NULL;
	g_autofree char *user = rp_account_name();
	g_autofree char *own = g_strdup_printf("%s@%s", user ? user : "nobody", g_get_host_name());

	return !at || g_str_equal(address, own) ||
	       !rp_catalogue_has_domain(rp_ground_catalogue(planner->ground), at + 1);
}

/* The configuration says now whose it is, which it could not when the message came. */
static void
settle_sender(const RpPlanner *planner, RpQueueChange *change, RpQueueMessage *message)
{
	const char *identity = rp_ground_options(planner->ground)->default_identity;
	guint open = message->flags & (RP_MESSAGE_SENDER_OPEN | RP_MESSAGE_FROM_OPEN);

	if (!identity || !open)
		return;
	if (!is_makeshift(planner, message->sender))
		open &= ~(guint)RP_MESSAGE_SENDER_OPEN;
	if (!is_makeshift(planner, message->header_from))
		open &= ~(guint)RP_MESSAGE_FROM_OPEN;
	rp_change_settle_sender(change, message->id, identity, open, rp_message_replace_from);
	if (open & RP_MESSAGE_SENDER_OPEN)
		replace(&message->sender, identity);
	if (open & RP_MESSAGE_FROM_OPEN)
		replace(&message->header_from, identity);
}

/* Takes the messages. */
static void
classify(RpPlanner *planner, GPtrArray *messages)
{
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(planner->ground));
	RpClassifyWrite *write = g_new(RpClassifyWrite, 1);

	for (guint i = 0; i < messages->len; i++) {
		RpQueueMessage *message = messages->pdata[i];
		g_autofree const char **scratch = NULL;
		g_autofree char *key = NULL;
		RpMessageFacts facts;

		settle_sender(planner, change, message);
		rp_queue_message_facts(message, &facts, &scratch);
		key = rp_policy_class_key(rp_ground_catalogue(planner->ground),
			rp_records_failures(planner->ground->records),
			rp_records_observations(planner->ground->records),
			rp_ground_options(planner->ground)->metered_limit, &facts);
		rp_change_classify(change, message->id, key, &facts);
	}
	*write = (RpClassifyWrite){
		planner, messages, messages->len < CLASSIFY_AT_ONCE, planner->waiters->len};
	planner->writing = TRUE;
	rp_writes_apply(planner->ground->writes, change, on_classified, write);
}

/* What has no class; NULL: nothing, or everything had one a moment ago. */
static GPtrArray *
unclassified(RpPlanner *planner)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) messages = NULL;
	gboolean all_classified = planner->all_classified;

	planner->all_classified = FALSE;
	if (all_classified)
		return NULL;
	planner->again = FALSE; /* what was asked for until now is seen here */
	messages = rp_queue_list_new(planner->ground->queue, CLASSIFY_AT_ONCE, &error);
	if (!messages)
		g_warning("the queue can't be read: %s", error->message);
	return messages && messages->len ? g_steal_pointer(&messages) : NULL;
}

gboolean
rp_planner_classify(RpPlanner *planner)
{
	GPtrArray *messages = unclassified(planner);

	if (messages)
		classify(planner, messages);
	return messages != NULL;
}
