/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
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

/* When the message was handed over, by its number: to a sixteenth of a second, but for a clock that
 * was put back. */
RpTime rp_message_id_time(RpMessageId id);

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
 * reader. Brings an older schema up to date; a reader does not: RP_ERROR_UNAVAILABLE.
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
 * system that an error has made read-only may say so to none but who writes. `to_disk`: and whether
 * that comes to the disk, which takes as long as a sync does. The errno; 0: it can be, or that is
 * not known. */
int rp_queue_dir_try(const char *dir, gboolean to_disk);
/* Whether a small mail would be taken now, which nobody has to hand over for that; else the error
 * is what he would be told. For readers too. */
gboolean rp_queue_takes_mail(RpQueue *queue, GError **error);
/* Octets of the largest mail for which there is room for sure; G_MAXINT64: for any. For readers
 * too. */
gint64 rp_queue_room_for_mail(RpQueue *queue);
/* The largest mail that is usual: servers take about so much. */
#define RP_QUEUE_LARGE_MAIL (32 << 20)
/* Tells the agent, if there is one, that a mail of at least so many octets found no room. */
void rp_queue_dir_refused(const char *state_dir, guint64 octets);
/* Agent only: octets of the largest of those since it was asked last, rounded up by a
 * quarter at most; 0: none. */
guint64 rp_queue_refused(RpQueue *queue);

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
