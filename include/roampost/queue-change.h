/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/queue.h"

/* What changes the queue: a list of steps that is carried out as a whole or not at all, see
 * queue.h. Steps that are about what stands beside the messages are in queue-records.h. */

typedef struct RpQueueChange RpQueueChange;

/* A change takes its time from `now` (RpTime). */
RpQueueChange *rp_queue_change_new(RpTime now);
void rp_queue_change_free(RpQueueChange *change);
gboolean rp_queue_change_is_empty(const RpQueueChange *change);
/* Handed to the writer thread, it may wait for others to share its commit: until one comes that may
 * not, and has something to write, or for so long. It is durable when its callback runs, as ever.
 */
void rp_queue_change_set_patience(RpQueueChange *change, RpSpan patience);
/* For what is done of it at once, which somebody waits for: it is hardly longer than a sync. */
#define RP_PATIENCE_BRIEF (10 * G_TIME_SPAN_MILLISECOND)
/* Of outcomes of what was sent: so many of these are in doubt when the machine stops. */
#define RP_PATIENCE_OUTCOME (300 * G_TIME_SPAN_MILLISECOND)
/* Of what would not be missed if it were lost. */
#define RP_PATIENCE_FACT G_TIME_SPAN_SECOND
/* Nothing was promised by it, and what comes of it is found anew: a commit of the writer thread
 * that has nothing else in it is not synced. When its callback runs it outlives this program, and
 * the machine's stop once a later change is synced, or the system has written its files (within
 * half a minute or so); no later change outlives that without it. An empty one waits for nobody. */
void rp_queue_change_leave_unsynced(RpQueueChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpQueueChange, rp_queue_change_free)

/* Carries the change out, durably, and takes it. On error nothing of it is done:
 * RP_ERROR_NOT_FOUND, RP_ERROR_STATE (a message is being sent), RP_ERROR_FULL, RP_ERROR_IO,
 * RP_ERROR_PERMISSION. The bell is rung for an agent, unless the handle is the agent's. (On an
 * agent's handle this waits for the writer thread.) */
gboolean rp_queue_apply(RpQueue *queue, RpQueueChange *change, GError **error);

/* Agent only. `done` (may be NULL) runs in the main context that is the thread's default now;
 * `error` is NULL when the change is on the disk. Changes are carried out in the order of the
 * calls. `destroy` (may be NULL) runs in any case, in the same context. */
typedef void (*RpQueueDone)(const GError *error, gpointer user);
void rp_queue_apply_async(RpQueue *queue, RpQueueChange *change, RpQueueDone done, gpointer user,
	GDestroyNotify destroy);

/* Planning. */
/* Puts the message into the class with this key, which is made when there is none (unplanned, with
 * these facts as its example). From then on it is known, and no news. A message that has left the
 * queue meanwhile is passed over. */
void rp_change_classify(
	RpQueueChange *change, RpMessageId id, const char *key, const RpMessageFacts *facts);
/* Makes the verdict of this number, or makes it another for all classes that have it, however many:
 * `sets` (names of the chosen sets, ;-separated, or NULL) and `reasons` (rp_class_text_write, or
 * NULL) are kept as given. One that is kept stays as it is. */
void rp_change_write_verdict(RpQueueChange *change, gint64 id, RpClassVerdict verdict,
	const char *sets, const char *reasons);
/* The class has it from now on; one that is worked out again meanwhile stays as it is. */
void rp_change_give_verdict(RpQueueChange *change, gint64 class_id, gint64 verdict_id);
/* The classes of all messages are to be worked out again (the configuration has changed): cheap,
 * whatever their number. Until then the old verdict is what people see. */
void rp_change_reclass_all(RpQueueChange *change);
/* Removes classes that have no members any more, and verdicts that no class has. */
void rp_change_prune_classes(RpQueueChange *change);

/* Sending. */
/* Before the first octet is sent. Fails with RP_ERROR_STATE when the message is no longer ready
 * (held, deleted or edited meanwhile). */
void rp_change_sending(RpQueueChange *change, RpMessageId id);
/* Like it, but a message that is no longer ready is passed over: afterwards its state tells. */
void rp_change_sending_if_ready(RpQueueChange *change, RpMessageId id);

typedef struct {
	guint recipient; /* RpQueueRecipient's number */
	RpRecipientState state;
	const char *reply; /* may be NULL */
	gboolean report;   /* the refusal is to be reported: rp_queue_load_reports */
} RpRecipientResult;

/* By which way a message went. All but the set may be NULL. */
typedef struct {
	const char *set;
	const char *provider; /* the set's, for the history */
	const char *sent_as;  /* the sender that the server was given in the place of its own */
	const char *from_as;  /* likewise From's address */
} RpOutcomeWay;

/* What became of the recipients named, by this way. A message that was being sent, as a whole: when
 * no recipient is pending it leaves the queue (all were sent), is held as server-rejected (one was
 * rejected) or is failed (kept); else it is pending and is planned anew, without those that were
 * rejected. Writes history. */
void rp_change_outcome(RpQueueChange *change, RpMessageId id, const RpRecipientResult *results,
	guint n_results, const RpOutcomeWay *way);
/* The session was lost: pending again, in its class; `maybe_sent` marks it for good, also after
 * rp_change_outcome in the same change. A message that is not being sent, or is gone, is passed
 * over. */
void rp_change_put_back(RpQueueChange *change, RpMessageId id, gboolean maybe_sent);
/* How far it came is not known: pending again, if it was being sent, marked as maybe sent, and the
 * history has that with our own clause `why`. One that is gone is passed over. */
void rp_change_doubt(RpQueueChange *change, RpMessageId id, const char *why);
/* Not before this time; counts as an attempt. Also of a message being sent (which then is not any
 * more), and after rp_change_outcome in the same change. One that is gone is passed over.
 * `why`: the server's words, or our own clause; hold_text until it is tried again. May be NULL. */
void rp_change_defer(RpQueueChange *change, RpMessageId id, RpTime until, const char *why);
/* The place has changed, or the user says so: what is deferred is due now, and its waits begin
 * anew. */
void rp_change_undefer_all(RpQueueChange *change);
/* The same for the messages of a class. */
void rp_change_undefer_class(RpQueueChange *change, gint64 class_id);
/* What is deferred and due by now is ready; so is what was not to go before now. */
void rp_change_undefer_due(RpQueueChange *change);
/* The user wants this one tried now; one that has left the queue meanwhile is passed over. */
void rp_change_undefer(RpQueueChange *change, RpMessageId id);
/* Held by itself: server-rejected, needs-8bitmime, needs-smtputf8, too-large. Likewise also of
 * a message being sent. Writes history. */
void rp_change_hold_message(
	RpQueueChange *change, RpMessageId id, RpReason reason, const char *text);

/* What users do, in any process. RP_ERROR_STATE for a message being sent; what an agent that is no
 * more was sending is put back first, as the next one would do it. */
/* Writes history. The agent finds it among the new ones, marked as RP_MESSAGE_HELD_UNSEEN. */
void rp_change_hold(RpQueueChange *change, RpMessageId id);
/* Held until this time; 0: not any more. The user's own hold is another thing. */
void rp_change_not_before(RpQueueChange *change, RpMessageId id, RpTime time);
/* Lifts the user's and the message's own hold, and the time before which it was not to go, and
 * makes rejected recipients pending. */
void rp_change_release(RpQueueChange *change, RpMessageId id);
/* Lifts hold and deferral, makes dead and rejected recipients pending, asks for a new plan. */
void rp_change_retry(RpQueueChange *change, RpMessageId id);
void rp_change_delete(RpQueueChange *change, RpMessageId id);
void rp_change_pin(RpQueueChange *change, RpMessageId id, const char *set); /* NULL: unpin */
/* NULL leaves as it is. A new sender is the envelope's and the one that the policy sees; the header
 * is not touched (rp_submit_edit does all of it). New recipients replace those not sent yet; dead
 * and rejected ones that stay are tried again. What a server said of the old form holds it no
 * longer; the user's own hold does. */
void rp_change_edit(
	RpQueueChange *change, RpMessageId id, const char *sender, const char *const *recipients);
/* Edits the beginning of the content in place, which holds the header: at most 64 KiB of it. Run
 * where changes are written, which may be another thread. FALSE: the header does not end in it, and
 * the change is refused (RP_ERROR_INVALID). */
typedef gboolean (*RpHeaderEdit)(GByteArray *beginning, const char *value);
/* After a change by which the message is known not to be sent. The value is copied. */
void rp_change_edit_header(
	RpQueueChange *change, RpMessageId id, RpHeaderEdit edit, const char *value);

/* Puts the address where the message's flags say that it was left open who it is from, and where
 * `replaced` (of the same flags) has it, by `edit` into the header too, as far as it can; the rest
 * stays as it is, and is left open no more. A message that has left meanwhile, or whose sender
 * somebody has said since, is passed over. */
void rp_change_settle_sender(RpQueueChange *change, RpMessageId id, const char *address,
	guint replaced, RpHeaderEdit edit);
