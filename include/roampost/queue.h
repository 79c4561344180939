/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/learning.h"
#include "roampost/policy.h"

/* The durable queue, and the records that must outlive the agent: one SQLite database in the state
 * directory, used by several processes at once.
 *
 * Reading: every handle has a connection for reading; reads are short and happen in the caller.
 *
 * Writing: everything that changes the queue is put into an RpQueueChange, a list of steps that is
 * carried out as a whole or not at all. The same change can be applied at once (rp_queue_apply, for
 * the short-lived programs and for start-up) or handed to the agent's writer thread
 * (rp_queue_apply_async, which never blocks; several changes share a commit, and are durable when
 * their callback runs).
 *
 * Writers take turns by a lock file that is held only while a transaction is open, never while
 * input is awaited. A handle belongs to the thread that opened it.
 *
 * Planning: messages that the policy cannot tell apart share a class (rp_policy_class_key). The
 * verdict, the chosen sets and the reasons are the class's; what is the message's own (the user's
 * hold, a server's refusal, a deferral) is the message's. A message's state as people see it comes
 * from both. */

/* ---- names and times ---- */

/* A message's number: grows with time, never used twice. People see it as text of ten letters and
 * digits, and may give any unambiguous beginning of that. */
typedef gint64 RpMessageId;
#define RP_MESSAGE_ID_SIZE 11 /* with the final NUL */

/* Writes the text into `text` and returns it. */
const char *rp_message_id_format(RpMessageId id, char text[RP_MESSAGE_ID_SIZE]);
/* Reads a whole id (letters of any case); FALSE: it is not one. */
gboolean rp_message_id_parse(const char *text, RpMessageId *id);
/* Reads a whole id (letters of any case); FALSE: it is not one. */

/* ---- opening ---- */

typedef struct RpQueue RpQueue;

typedef enum {
	RP_QUEUE_READER, /* reads only; never creates anything */
	RP_QUEUE_WRITER, /* submits, and does what a user asks for */
	RP_QUEUE_AGENT,  /* the one that sends: at most one at a time; has the writer thread */
} RpQueueMode;

/* The state directory: $ROAMPOST_STATE, or .local/state/roampost in the home directory that the
 * password database gives for the effective uid. Does not touch it. */
char *rp_queue_state_dir(GError **error);

/* Opens the queue in the directory (NULL: rp_queue_state_dir), creating both as needed except for a
 * reader. Brings an older schema up to date.
 *
 * Errors: RP_ERROR_BUSY another agent has it (the message names its process id); RP_ERROR_NOT_FOUND
 * a reader found none; RP_ERROR_PERMISSION the directory is another user's or open to others;
 * RP_ERROR_BUSY also: the schema is of a newer version; RP_ERROR_FULL; RP_ERROR_IO. */
RpQueue *rp_queue_open(const char *state_dir, RpQueueMode mode, GError **error);
/* Carries out what was handed over (callbacks of changes still on their way do not run any more,
 * but their destroy functions do), then lets go of the locks. */
void rp_queue_close(RpQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpQueue, rp_queue_close)

const char *rp_queue_dir(const RpQueue *queue);

/* Reads all of the database and its indexes (SQLite's quick_check; a second for some hundred MB).
 * FALSE with RP_ERROR_IO: it is damaged; the error says the first thing that is wrong. */
gboolean rp_queue_is_sound(RpQueue *queue, GError **error);

/* Whether an agent has the queue: somebody listens for the bell. It may not be to be asked: its bus
 * can be another, or gone. */
gboolean rp_queue_has_agent(const RpQueue *queue);
/* The same of the queue in this folder, which need not be there. */
gboolean rp_queue_dir_has_agent(const char *dir);

/* Whether something can be written in this folder, by doing it, without leaving anything: a file
 * system that an error has made read-only may say so to none but who writes. The errno; 0: it can
 * be, or that is not known. */
int rp_queue_dir_try(const char *dir);

/* Agent only: what an earlier agent left behind. Messages it was sending when it ended go back to
 * pending and are marked as maybe sent, which the history keeps; submissions that stopped half-way
 * are removed. All in one transaction. */
gboolean rp_queue_recover(RpQueue *queue, guint *n_maybe_sent, GError **error);

/* Agent only: calls `func` in the main context that is the thread's default now, whenever another
 * process has changed the queue (the FIFO `bell`; several changes may be one call). Agents read the
 * queue once at start and then after each ring. NULL stops it. */
typedef void (*RpQueueBellFunc)(gpointer user);
void rp_queue_set_bell(RpQueue *queue, RpQueueBellFunc func, gpointer user);

/* Agent only: calls `func` once, in the main context that is the thread's default now, when the
 * state directory, a part of the path to it or one of the queue's files was removed, moved, or
 * replaced by another: what this handle reads and writes is no longer what other programs do. Where
 * the kernel can't watch, it is looked for now and then. NULL stops it. */
typedef void (*RpQueueReplacedFunc)(gpointer user);
void rp_queue_set_replaced(RpQueue *queue, RpQueueReplacedFunc func, gpointer user);

/* ---- submission (WRITER handles; another thread opens its own) ---- */

typedef enum {
	RP_MESSAGE_8BIT = 1 << 0,        /* has octets above 127 in its body */
	RP_MESSAGE_SMTPUTF8 = 1 << 1,    /* has them in its header or envelope: RFC 6531 */
	RP_MESSAGE_LONG_LINES = 1 << 2,  /* has lines longer than 998 octets */
	RP_MESSAGE_NUL = 1 << 3,         /* has NUL octets, or CRs that end no line */
	RP_MESSAGE_NOT_UTF8 = 1 << 4,    /* has octets above 127 in its header that are no UTF-8 */
	RP_MESSAGE_MAYBE_SENT = 1 << 16, /* the line broke when the server may have taken it */
	RP_MESSAGE_KNOWN = 1 << 17,      /* an agent has classified it: it is not new */
	/* The user put it on hold, or off until a time, and no agent has looked since. */
	RP_MESSAGE_HELD_UNSEEN = 1 << 18,
	/* The user wants it sent, as it is if it can't be changed. */
	RP_MESSAGE_RELEASED = 1 << 19,
	/* The configuration had errors when it came, and says whose it is: rp_change_settle_sender.
	 */
	RP_MESSAGE_SENDER_OPEN = 1 << 20, /* of the envelope */
	RP_MESSAGE_FROM_OPEN = 1 << 21,   /* of the From header */
} RpMessageFlags;

/* Characters of a subject that are kept. */
#define RP_SUBJECT_MOST 200

typedef struct {
	const char *sender;      /* envelope sender, "" for <> */
	const char *header_from; /* address of the first mailbox in From, or NULL */
	const char *const *recipients;
	guint n_recipients;
	guint flags;
	const char *pin;     /* a set's name, or NULL */
	const char *subject; /* to be shown: rp_text_title has been at it; NULL: none */
	gboolean hold;       /* as after rp_change_hold, from the beginning */
	RpTime not_before;   /* as after rp_change_not_before; 0: at once */
	/* What the sender wants to hear of the delivery (RFC 3461), as in RpSmtpMessage; each may
	 * be NULL. The last two are by recipient, and so may their entries be. */
	const char *dsn_ret;
	const char *dsn_envid;
	const char *const *dsn_notify;
	const char *const *dsn_original;
} RpEnvelope;

typedef struct RpSubmission RpSubmission;

/* Nothing is stored before the first write that fills a transaction, so a small message costs one.
 * The content is in wire format (CRLF, no dot-stuffing), as rp_message_scan makes it. */
RpSubmission *rp_submission_new(RpQueue *queue);
/* The same, to the queue in the directory (NULL: rp_queue_state_dir), which is opened when that is
 * needed: an agent that runs takes over what is not longer than 1 MiB, so that it shares a commit
 * with others. Where it can't, or does not answer, it is written here; once, in any case. All the
 * below is the same; that the queue can't be opened (RP_ERROR_UNAVAILABLE where nobody could make
 * it) is an error of the first call that has to. */
RpSubmission *rp_submission_new_at(const char *state_dir);
gboolean rp_submission_write(
	RpSubmission *submission, const void *data, gsize size, GError **error);
/* When this returns TRUE the message is on the disk and queued, and the agent was rung for. Where
 * the state directory was removed, moved or replaced meanwhile it is RP_ERROR_IO, as for all
 * changes. The envelope is given here since parts of it are known only at the end of the input. */
gboolean rp_submission_commit(
	RpSubmission *submission, const RpEnvelope *envelope, RpMessageId *id, GError **error);
/* The ends of several submissions to the same queue: they share one transaction, and one sync. Each
 * is by itself. */
typedef struct {
	RpSubmission *submission;
	RpEnvelope envelope;
	gboolean stored; /* filled in, as the others: it is on the disk and queued */
	RpMessageId id;  /* when it is */
	GError *error;   /* when it is not: always set then */
} RpSubmissionEnd;
void rp_submission_commit_all(RpSubmissionEnd *ends, guint n_ends);
/* Frees; what was not committed is removed (or swept by the next agent). */
void rp_submission_free(RpSubmission *submission);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSubmission, rp_submission_free)

/* ---- reading ---- */

/* As the interface on D-Bus and the command line name them; a message is in exactly one. What an
 * agent that is no more was sending is queued, and maybe sent, as the next one will have it. */
typedef enum {
	RP_MESSAGE_QUEUED,
	RP_MESSAGE_HELD,
	RP_MESSAGE_SENDING,
	RP_MESSAGE_DEFERRED, /* has a time of the next try, also when that has passed */
	RP_MESSAGE_FAILED,
} RpMessageState;
#define RP_N_MESSAGE_STATES (RP_MESSAGE_FAILED + 1)

const char *rp_message_state_name(RpMessageState state);
gboolean rp_message_state_from_name(const char *name, RpMessageState *state);

/* Stored by number: never renumber. */
typedef enum {
	RP_RECIPIENT_PENDING,
	RP_RECIPIENT_SENT,
	RP_RECIPIENT_DEAD,
	RP_RECIPIENT_REJECTED, /* in words that don't say whether it can ever go: the user decides
				*/
} RpRecipientState;
#define RP_N_RECIPIENT_STATES (RP_RECIPIENT_REJECTED + 1)
const char *rp_recipient_state_name(RpRecipientState state);

/* Strings may be NULL where nothing is known. */
typedef struct {
	guint number; /* names it in RpRecipientResult; stays the same while others come and go */
	char *address;
	RpRecipientState state;
	char *set;     /* that took or refused it */
	char *reply;   /* the server's last words about it */
	RpTime time;   /* of that; 0: none yet */
	char *sent_as; /* what the set had for the sender then; NULL: it stayed */
	char *from_as; /* likewise From's address */
	char *dsn_notify;
	char *dsn_original;
} RpQueueRecipient;

typedef enum {
	RP_CLASS_UNPLANNED,
	RP_CLASS_SEND,
	RP_CLASS_HOLD,
	RP_CLASS_SPLIT,
} RpClassVerdict;

/* The number of the class of messages that have no class yet. */
#define RP_CLASS_NEW 0

typedef struct {
	RpMessageId id;
	RpMessageState state;
	char *sender;
	char *header_from;
	char *subject; /* as it can be shown; NULL: none, or it came in before subjects were kept */
	gint64 size;   /* octets on the wire */
	RpTime created;
	guint flags; /* RpMessageFlags */
	char *pin;
	char *dsn_ret;
	char *dsn_envid;
	gboolean user_hold;
	RpTime not_before; /* held until then; 0: it is not */
	gint hold_reason;  /* RpReason of the message's own hold, or -1 */
	char *hold_text;
	guint attempts;
	RpTime next_try; /* 0: none */
	gint64 class_id;
	RpClassVerdict class_verdict;
	char *class_sets;      /* as given to rp_change_write_verdict */
	char *class_reasons;   /* likewise, in the words for this class: rp_class_text_of */
	GPtrArray *recipients; /* of RpQueueRecipient, in the order given */
} RpQueueMessage;

void rp_queue_message_free(RpQueueMessage *message);
/* The first of its recipients that is in this state, or NULL. */
const RpQueueRecipient *rp_queue_message_find(
	const RpQueueMessage *message, RpRecipientState state);

/* It is held for this: by itself, or by the plan for one of its recipients at least. */
gboolean rp_queue_message_is_held_for(const RpQueueMessage *message, RpReason reason);

/* What the plan says of one recipient of a class. */
typedef struct {
	const char *set; /* NULL: it is held */
	const char
		*reasons_json; /* an array of {"set", "reason", "text"}, empty where it is sent */
	gboolean told_apart;   /* its domain is, by the policy (rp_policy_names_recipient_domain) */
} RpClassSaid;

/* A verdict's `reasons`: of all recipients of a class, by their place in it. Classes that are
 * decided alike get the same one, whatever their domains are called. */
char *rp_class_text_write(const RpClassSaid *said, guint n);
/* The same as one class has it, whose recipients these are, a line each: a line for each recipient
 * domain that is told apart, and one for "*", all others: DOMAIN TAB SET-OR-EMPTY TAB REASONS LF.
 * NULL for NULL. */
char *rp_class_text_of(const char *text, const char *recipients);
/* What the plan says of one recipient: fills in copies of both (either may be NULL), FALSE when the
 * text does not speak of it. */
gboolean rp_class_text_find(
	const char *text, const char *recipient, char **set, char **reasons_json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpQueueMessage, rp_queue_message_free)

/* Finds the message that a user means by an id or the beginning of one. RP_ERROR_NOT_FOUND;
 * RP_ERROR_INVALID: not an id, or several begin like this. */
gboolean rp_queue_resolve(RpQueue *queue, const char *text, RpMessageId *id, GError **error);
/* NULL with RP_ERROR_NOT_FOUND when there is no such message (any more). */
RpQueueMessage *rp_queue_get(RpQueue *queue, RpMessageId id, GError **error);
/* Messages after the id (0: from the start), oldest first, at most `limit` (0: all). `states` is a
 * mask of 1 << RpMessageState; 0: all. An array of RpQueueMessage that frees itself. */
GPtrArray *rp_queue_list(
	RpQueue *queue, guint states, RpMessageId after, guint limit, GError **error);

typedef struct {
	gint64 by_state[RP_N_MESSAGE_STATES];
} RpQueueCounts;

/* From counters, not by counting. */
gboolean rp_queue_counts(RpQueue *queue, RpQueueCounts *counts, GError **error);

/* Another number whenever anything in the queue was changed since the last call, by whatever
 * process or thread; 0 when it can't be read. */
gint64 rp_queue_version(RpQueue *queue);

/* Reads content at the offset: up to `size` octets, 0 at the end, -1 on error (RP_ERROR_NOT_FOUND:
 * the message was deleted). May return less than asked for before the end. Each call is a read of
 * its own: no transaction stays open between calls. */
gssize rp_queue_read(
	RpQueue *queue, RpMessageId id, gint64 offset, void *buffer, gsize size, GError **error);

/* ---- planning and sending (agent) ---- */

/* A class, and the facts of one message as an example of all in it. Its texts are the queue's, and
 * last as long as the call it is given to. */
typedef struct {
	gint64 id;
	gint64 verdict_id; /* the verdict's number; 0: not planned yet */
	gint64 n_ready;    /* could be sent now if the verdict lets them */
	gint64 n_deferred; /* wait for their next try */
	gint64 n_held;     /* held by themselves: by the user or after a server's refusal */
	gint64 n_sending;
	const char *sender;
	const char *header_from;
	const char *const *recipients; /* NULL behind the last */
	guint n_recipients;
	gint64 size;
	const char *pin;
} RpQueueClass;

/* Fills in `facts`, borrowed from the class or the message. A message's facts name its pending
 * recipients, or where none is pending those that the user may set free; `scratch` keeps that array
 * (free it with g_free after the facts are done with). */
void rp_queue_class_facts(const RpQueueClass *class_, RpMessageFacts *facts);
void rp_queue_message_facts(
	const RpQueueMessage *message, RpMessageFacts *facts, const char ***scratch);

/* Of each class its numbers alone (all texts are NULL), or all of it: the one is read in a third of
 * the other's time, and there may be many thousands. */
typedef enum {
	RP_QUEUE_CLASS_NUMBERS,
	RP_QUEUE_CLASS_WHOLE,
} RpQueueClassPart;

/* FALSE: no more of them are wanted. It may read other things of the queue, but not its classes. */
typedef gboolean (*RpQueueClassFunc)(const RpQueueClass *class_, gpointer user);
/* Hands over all classes in use with a number above `after` (RP_CLASS_NEW: all), by number. */
gboolean rp_queue_foreach_class(RpQueue *queue, RpQueueClassPart part, gint64 after,
	RpQueueClassFunc func, gpointer user, GError **error);

/* What was decided, once for all classes that it was decided for. Its texts are the queue's, and
 * last as long as the call it is given to. */
typedef struct {
	gint64 id; /* 0: nothing yet */
	RpClassVerdict verdict;
	const char *sets;
	const char *reasons; /* as rp_class_text_write made it */
	gboolean kept; /* of classes that are worked out again: it is neither changed nor given */
} RpQueueVerdict;
typedef void (*RpQueueVerdictFunc)(const RpQueueVerdict *verdict, gpointer user);
gboolean rp_queue_foreach_verdict(
	RpQueue *queue, RpQueueVerdictFunc func, gpointer user, GError **error);
/* The recipient of the class's example at this index; NULL: there is none such, or no class. */
char *rp_queue_class_recipient(RpQueue *queue, gint64 class_id, guint index);
/* Up to `limit` messages that have no class (or whose class is to be worked out again); classify
 * them and ask again. */
GPtrArray *rp_queue_list_new(RpQueue *queue, guint limit, GError **error);

/* What to send next, and where the list was left. Start with RP_QUEUE_CURSOR_INIT. */
typedef struct {
	gint64 rank;
	RpMessageId id;
} RpQueueCursor;
#define RP_QUEUE_CURSOR_INIT ((RpQueueCursor){-1, 0})

/* The next messages of these classes that are ready, small ones first (by power of four of the size
 * above 4 KiB), oldest first among equals: not held, not being sent, not deferred. They end before
 * one that is many times as large as the first: what has been taken goes before all that comes
 * later. The cursor moves behind the last one; an empty array is the end. */
GPtrArray *rp_queue_next(RpQueue *queue, const gint64 *classes, guint n_classes,
	RpQueueCursor *cursor, guint limit, GError **error);
/* The earliest time at which a deferred message is due, or G_MAXINT64. */
gboolean rp_queue_next_deadline(RpQueue *queue, RpTime *time, GError **error);
/* The same of those that are not to go before a time. */
gboolean rp_queue_next_not_before(RpQueue *queue, RpTime *time, GError **error);

/* ---- changes ---- */

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

/* What users do, in any process. RP_ERROR_STATE for a message being sent. */
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

/* ---- records beside the queue ---- */

/* One record a (set, place, source): the last login. */
void rp_change_save_pop_login(RpQueueChange *change, const RpPopLoginRecord *record);
/* Those of the set, at all places: its server does not know of them. */
void rp_change_forget_pop_logins(RpQueueChange *change, const char *set);
/* One record a (kind, set, rule, place, sender, recipient domain); replaces. */
void rp_change_save_failure(RpQueueChange *change, const RpFailure *failure);
/* Of the set (NULL: of all), of the kind (-1: of all). */
void rp_change_forget_failures(RpQueueChange *change, const char *set, gint kind);
/* Removes failures whose `until` has passed, and logins older than `logins_before`. */
void rp_change_expire(RpQueueChange *change, RpTime logins_before);
/* Arrays that free themselves. */
GPtrArray *rp_queue_load_pop_logins(RpQueue *queue, GError **error);
GPtrArray *rp_queue_load_failures(RpQueue *queue, GError **error);

/* What the user taught us about places: one record a (provider, connection, gateway, prefix). */
void rp_change_learn(RpQueueChange *change, const RpLearned *learned);
void rp_change_unlearn(RpQueueChange *change, const char *provider);
GPtrArray *rp_queue_load_learned(RpQueue *queue, GError **error); /* of RpLearned */

/* What servers were observed to do: one record a (set, class, vector, recipient domain, answer). */
void rp_change_save_observation(RpQueueChange *change, const RpObservation *observation);
void rp_change_drop_observation(RpQueueChange *change, const RpObservation *observation);
void rp_change_forget_observations(RpQueueChange *change, const char *set);
RpObservations *rp_queue_load_observations(RpQueue *queue, GError **error);

/* What was noticed about a set: ("banner-domain", "odn.example"), ("pipelining", "broken"). */
typedef struct {
	char *set;
	char *name;
	char *value;
} RpSetFact;

/* Of no set (""): when a message was last deferred, which every deferral writes down. */
#define RP_FACT_DEFERRED_AT "deferred-at"
/* Of no set: the user wants nothing sent (any value). */
#define RP_FACT_PAUSED "paused"
/* In whose names the set's servers greet (roampost/greeting.h). */
#define RP_FACT_GREETINGS "banner-domain"
#define RP_FACT_POP_GREETINGS "pop-banner-domain"

void rp_set_fact_free(RpSetFact *fact);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSetFact, rp_set_fact_free)
/* NULL value: forget it. */
void rp_change_save_set_fact(
	RpQueueChange *change, const char *set, const char *name, const char *value);
GPtrArray *rp_queue_load_set_facts(RpQueue *queue, GError **error);

/* A mailbox that is fetched from. UIDLs are the server's own: another one may give the same to
 * another mail. */
typedef struct {
	const char *server; /* no two servers have the same text here */
	const char *user;
	const char *set; /* under its name are the records of before servers were told apart */
} RpMaildrop;

/* A mail that was fetched by POP. There may be several of one (server, user, UIDL): an id is free
 * for another mail once the one before is deleted (RFC 1939 section 7), and some servers give two
 * mails the same. */
typedef struct {
	char *uidl;
	char *digest; /* SHA-256 of what came, in hexadecimal; "": not known, of an older version */
	RpTime at;    /* of the fetch */
	gint64 size;  /* octets, as the server listed it; -1: not known */
	gboolean header_only;
	char *file;           /* it is parked there and not yet shown (mail-file.h); NULL: it is */
	RpTime missing_since; /* the server did not list it, without being believed; 0: it does */
	gboolean doubt;       /* its deletion was asked for: what has its id may be another mail */
	gboolean cut; /* what came is not all of it: it is neither deleted nor fetched any more */
} RpFetched;

void rp_fetched_free(RpFetched *fetched);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpFetched, rp_fetched_free)
/* `at` is the change's, and the mail is not missing. It takes the place of those with its UIDL, but
 * for what is parked; `beside` them (of the one with the same digest only) it stays in doubt. */
void rp_change_save_fetched(
	RpQueueChange *change, const RpMaildrop *drop, const RpFetched *fetched, gboolean beside);
/* What is listed under the UIDL may be another mail than those that are remembered. */
void rp_change_doubt_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl);
/* What came under the UIDL is not all that there is, nor ever will be. */
void rp_change_cut_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl);
/* It is the one with that digest and no other, listed with this size; NULL: what is remembered is
 * in doubt no more. */
void rp_change_recognise_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl,
	const char *digest, gint64 size);
/* What is parked in the file is shown now. */
void rp_change_fetched_shown(RpQueueChange *change, const char *file);
/* But what is parked. */
void rp_change_forget_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl);
void rp_change_miss_fetched(
	RpQueueChange *change, const RpMaildrop *drop, const char *uidl, gboolean missing);
/* Records that an older version left under the set's name are this server's from now on. */
void rp_change_adopt_fetched(RpQueueChange *change, const RpMaildrop *drop);
/* With those; the last fetched of a UIDL comes last. */
GPtrArray *rp_queue_load_fetched(RpQueue *queue, const RpMaildrop *drop, GError **error);
/* The files (char *) of what an earlier agent parked and did not show. */
GPtrArray *rp_queue_load_parked(RpQueue *queue, GError **error);

/* Recipients that were refused for good and of whom the sender is to get a report: due from their
 * outcome on, until it is done; or until the message is deleted, retried or edited before it is
 * begun. */
typedef struct {
	gint64 number; /* of this refusal: none has had it before, and none will again */
	RpMessageId id;
	guint recipient; /* RpQueueRecipient's number */
	char *file;      /* the report is parked there and not yet shown (mail-file.h); or NULL */
} RpReportDue;

void rp_report_due_free(RpReportDue *due);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpReportDue, rp_report_due_free)
/* By message, and the earlier first; an array that frees itself. */
GPtrArray *rp_queue_load_reports(RpQueue *queue, GError **error);
/* Of one that is due no more: nothing. */
void rp_change_report_parked(RpQueueChange *change, gint64 number, const char *file);
void rp_change_report_done(RpQueueChange *change, gint64 number);
/* What is parked in the file is shown: done, for all its recipients. */
void rp_change_report_shown(RpQueueChange *change, const char *file);

/* `roampost use`. */
typedef struct {
	char *set; /* NULL: no override */
	gboolean keep;
	char *place_key; /* where it was said; NULL while there is none */
} RpOverride;

void rp_override_clear(RpOverride *override); /* frees the strings */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpOverride, rp_override_clear)
/* A NULL set takes the override away. */
void rp_change_save_override(
	RpQueueChange *change, const char *set, gboolean keep, const char *place_key);
gboolean rp_queue_load_override(RpQueue *queue, RpOverride *override, GError **error);

typedef enum {
	RP_HISTORY_SENT,
	RP_HISTORY_HELD,
	RP_HISTORY_FAILED,
	RP_HISTORY_DEFERRED,
	RP_HISTORY_DELETED,
	RP_HISTORY_MAYBE_SENT, /* the line broke, or the agent ended (the text says so), when the
				  server may have had it already */
	RP_HISTORY_PLACE, /* of no message: the machine is elsewhere; provider: inside of which,
			     text: how the network is there */
} RpHistoryEvent;
const char *rp_history_event_name(RpHistoryEvent event);
gboolean rp_history_event_from_name(const char *name, RpHistoryEvent *event);

typedef struct {
	gint64 number; /* grows */
	RpTime time;
	RpMessageId id;
	char *sender;
	guint n_recipients; /* that this is about */
	char *set;
	char *provider;
	RpHistoryEvent event;
	char *text;
	char *subject;     /* as the message's */
	char **recipients; /* their addresses, the first RP_HISTORY_RECIPIENTS of them; NULL: not
			      known, of an older version */
	gint64 size;       /* the message's; -1: not known, likewise */
	char *sent_as;     /* as RpOutcomeWay's */
	char *from_as;
} RpHistoryRecord;

/* Of many recipients these are remembered by name, the others counted. */
#define RP_HISTORY_RECIPIENTS 20

void rp_history_record_free(RpHistoryRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpHistoryRecord, rp_history_record_free)
/* Copies; `number` is the queue's, a `time` of 0 the change's; subject, size and recipients (those
 * that are pending) the message's. Outcomes and deletions write their own; this is for the rest. */
void rp_change_add_history(RpQueueChange *change, const RpHistoryRecord *record);
/* A time before 2026, or after the change's, is a wrong clock's: it goes with a later record. */
void rp_change_prune_history(RpQueueChange *change, RpTime before);
/* What is asked for of the history; all of it. */
typedef struct {
	RpTime since;     /* not before this */
	RpTime until;     /* and before this; 0: whenever */
	RpMessageId id;   /* of this message; 0: of all */
	const char *set;  /* NULL: of all */
	const char *text; /* is part of the subject, sender, a recipient or the words; NULL: any */
	guint events;     /* a mask of 1 << RpHistoryEvent; 0: all that is of mail */
	gint64 before;    /* numbers below this one; 0: all */
	guint limit;      /* the newest so many; 0: all */
} RpHistoryQuery;

/* Oldest first. */
GPtrArray *rp_queue_load_history(RpQueue *queue, const RpHistoryQuery *query, GError **error);
/* The same as rp_queue_resolve, among those that the history knows: messages that are gone. */
gboolean rp_queue_resolve_gone(RpQueue *queue, const char *text, RpMessageId *id, GError **error);
/* When the message was handed over, by its number: to a sixteenth of a second, but for a clock that
 * was put back. */
RpTime rp_message_id_time(RpMessageId id);
