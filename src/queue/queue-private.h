/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/queue-records.h"
#include "schema-private.h"

/* ---- ids ---- */

RpMessageId rp_message_id_next(RpMessageId last, RpTime now, guint32 random);
gboolean rp_message_id_range(const char *text, RpMessageId *from, RpMessageId *to);

/* ---- the state directory and its files ---- */

/* Makes the directory (0700, with its parents) where `create`; checks that it is ours alone. */
gboolean rp_files_check_dir(const char *dir, gboolean create, GError **error);
/* Opens a lock or data file, creating it for this user only. -1 with an error. */
RpFd rp_files_open(const char *dir, const char *name, gboolean create, GError **error);
/* queue.db is there, or is made. One that is there is not opened: the close would take away the
 * locks by which SQLite, elsewhere in this process, keeps others from removing the log (POSIX: they
 * are the process's, and any close of the file drops them all). */
gboolean rp_files_check_data(const char *dir, gboolean create, GError **error);
/* The agent's lock; RP_ERROR_BUSY names the holder's process id. */
RpFd rp_files_lock_agent(const char *dir, GError **error);
/* The agent's end of the FIFO. */
RpFd rp_files_open_bell(const char *dir, GError **error);
void rp_files_ring(const char *dir);
/* The same, for a mail of so many octets that found no room. */
void rp_files_ring_for_room(const char *dir, guint64 octets);
gboolean rp_files_has_listener(const char *dir);
/* For a file that is ours: what may not be written now is waited for like a full disk. */
void rp_files_set_errno(GError **error, int number, const char *path);
/* Octets of the largest mail that was rung for so, rounded up; 0: of none. */
guint64 rp_files_drain_bell(int fd);
/* Waits for the turn to write; it is held until given back or the process ends. */
gboolean rp_files_take_turn(int turn_fd, GError **error);
void rp_files_give_turn(int turn_fd);
/* Marks a submission as being alive, for as long as the descriptor is open. */
gboolean rp_files_mark_incoming(int fd, RpMessageId id);
void rp_files_unmark_incoming(int fd, RpMessageId id);
gboolean rp_files_incoming_is_alive(int fd, RpMessageId id);

/* ---- a transaction ---- */

typedef struct {
	RpDb *db;
	int turn;
	RpTime now;
	GHashTable *deltas; /* class -> changes of its counters, written before the end */
	gboolean freed;     /* content was deleted */
	gboolean recount;   /* classes came under another verdict: the totals are to be added up */
	gboolean unsynced;  /* the log is not synced at its end */
	gboolean begun;     /* a part was */
	gboolean whole;     /* the part that is under way is all that is in it */
	gint64 room;        /* octets that the disk had left at its beginning */
	gint64 arrived;     /* and those of mail that came in it */
} RpTx;

/* Takes the turn and begins; then exactly one of commit and rollback. */
gboolean rp_tx_begin(RpTx *tx, RpDb *db, int turn, GError **error);
/* One whose sync is left to its caller, where there is a log: it may be the turn of others by then,
 * and theirs is done by the same one. */
gboolean rp_tx_begin_unsynced(RpTx *tx, RpDb *db, int turn, GError **error);
/* On the disk; of an unsynced one, after the turn was given back: others see it, and who is told
 * that it is stored is told so after rp_log_sync. */
gboolean rp_tx_commit(RpTx *tx, GError **error);
void rp_tx_rollback(RpTx *tx);
/* Something within it that can be undone alone. On an error that made SQLite undo everything,
 * rp_tx_is_open says FALSE. */
gboolean rp_tx_savepoint(RpTx *tx, GError **error);
gboolean rp_tx_release(RpTx *tx, GError **error);
void rp_tx_undo(RpTx *tx);
gboolean rp_tx_is_open(const RpTx *tx);

/* ---- the log: log.c ---- */

/* This connection commits to a log (WAL). */
gboolean rp_log_is_there(RpDb *db);
/* The file that this connection commits to. -1: there is none, as in a database that was put
 * together from a damaged one. Open before the commit, so that no failure of it is told to others
 * alone. */
RpFd rp_log_open(RpDb *db);
/* All that was committed to it is on the disk after this, by whichever connection and program, and
 * so is its name. */
gboolean rp_log_sync(const RpQueue *queue, GError **error);

/* ---- one message's own state ---- */

/* Everything of a message that changes on its way; loaded, altered, saved. `rp_row_save` is the one
 * place where a message enters a phase: counters and the log follow from it. */
typedef struct {
	RpMessageId id;
	RpPhase phase;
	gint64 class_id;
	gint64 rank;
	guint flags;
	guint attempts;
	RpTime next_try;
	gboolean user_hold;
	RpTime not_before; /* held until then; 0: not */
	char *hold_reason;
	char *hold_text;
	char *pin;
	/* as loaded */
	RpPhase old_phase;
	gint64 old_class;
} RpRow;

void rp_row_clear(RpRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpRow, rp_row_clear)
gboolean rp_row_load(RpTx *tx, RpMessageId id, RpRow *row, GError **error);
gboolean rp_row_save(RpTx *tx, RpRow *row, const char *why, GError **error);
/* Removes the message with all that belongs to it. */
gboolean rp_row_delete(RpTx *tx, RpRow *row, const char *why, GError **error);
/* The phase of a message that is not being sent: what its holds and next_try make of it. */
RpPhase rp_row_resting_phase(const RpRow *row);
/* Of a message that appears (from -1) or vanishes (to -1) too. */
void rp_tx_count(RpTx *tx, gint64 from_class, gint from, gint64 to_class, gint to);
gint64 rp_size_rank(gint64 size);

/* ---- history ---- */

/* What is written of a message; subject, size and addresses are looked up, where it is there. */
typedef struct {
	RpMessageId id;
	RpTime time; /* 0: the change's */
	RpHistoryEvent event;
	gint64 n_recipients; /* -1: as many as `states` says */
	const char *sender;  /* NULL: the message's */
	const char *set;
	const char *provider;
	const char *text;
	const char *sent_as, *from_as; /* as RpOutcomeWay's */
	guint states;   /* which recipients it is about: a mask of 1 << RpRecipientState */
	RpTime changed; /* and of these, those that came into it then; 0: all */
} RpHistoryEntry;

gboolean rp_history_write(RpTx *tx, const RpHistoryEntry *entry, GError **error);
/* The message has come to be held by itself. */
gboolean rp_history_held(RpTx *tx, RpMessageId id, const char *text, GError **error);
/* Its pending recipients may have it; by which set is not known any more. */
gboolean rp_history_in_doubt(RpTx *tx, RpMessageId id, const char *text, GError **error);
/* Why, of what an agent that is no more was sending. */
extern const char rp_history_agent_ended[];

/* ---- reports that are due ---- */

/* In the transaction that writes the refusal. */
gboolean rp_reports_add(RpTx *tx, RpMessageId id, guint recipient, GError **error);
/* The message is gone, or goes again: what was not begun is not made. */
gboolean rp_reports_drop(RpTx *tx, RpMessageId id, GError **error);

/* ---- content ---- */

#define RP_CONTENT_ROW 65536
#define RP_CONTENT_MAX_ROWS 8192
static inline gint64
rp_content_key(RpMessageId id, gint64 row)
{
	return id * RP_CONTENT_MAX_ROWS + row;
}

/* ---- a message that comes ---- */

gboolean rp_arrival_new_id(RpTx *tx, RpMessageId *id, GError **error);
/* Rows of content from this one on: one at least, all full but the last. */
gboolean rp_arrival_content(
	RpTx *tx, RpMessageId id, gint64 row, const void *data, gsize size, GError **error);
/* Then the message itself, ready, and its recipients. */
gboolean rp_arrival_message(
	RpTx *tx, RpMessageId id, const RpEnvelope *envelope, gint64 size, GError **error);

/* ---- changes ---- */

typedef struct RpStep RpStep;
struct RpStep {
	gboolean (*run)(RpTx *tx, const RpStep *step, GError **error);
	gint64 id;
	gint64 n[4];
	char *s[7];
	RpRecipientResult *results;
	guint n_results;
	char **strv;
	RpHeaderEdit edit_header;
	gpointer object; /* borrowed */
};

struct RpQueueChange {
	RpTime now;
	GArray *steps;     /* of RpStep */
	RpSpan patience;   /* 0: it waits for nobody */
	gboolean begins;   /* something that has to be written again when it ends */
	gboolean unsynced; /* alone it is not worth a sync */
};

/* A new step at the end, to be filled in. Valid until the next one. */
RpStep *rp_change_add(
	RpQueueChange *change, gboolean (*run)(RpTx *tx, const RpStep *step, GError **error));
/* Runs the steps within a savepoint. */
gboolean rp_change_run(RpQueueChange *change, RpTx *tx, GError **error);
/* The step's edit of the header, of a message that is there. */
gboolean rp_content_edit_header(RpTx *tx, const RpStep *step, GError **error);

/* ---- reserve.c ---- */

typedef struct RpReserve RpReserve;
RpReserve *rp_reserve_new(const char *dir);
void rp_reserve_free(RpReserve *reserve);
/* FALSE: there is no room for it now, and nothing is to begin that has an end to write. */
gboolean rp_reserve_hold(RpReserve *reserve);
/* Gives the room away. TRUE: what did not fit may fit now. */
gboolean rp_reserve_spend(RpReserve *reserve);
/* Gives away what an agent that is no more has kept. TRUE: there was some. */
gboolean rp_reserve_give_up(const char *dir);
/* Octets that are yet to be kept, for the queue with this database. */
gint64 rp_reserve_missing(const char *database);

/* ---- room.c ---- */

/* Before a transaction: the log is copied the sooner the less room there is. Octets that the disk
 * has left. */
gint64 rp_room_bound_log(RpDb *db);
/* Nothing is to lie about that can be given back. */
gboolean rp_room_is_tight(RpDb *db);
/* When something did not fit, outside of a transaction: copies the log to the database and makes it
 * empty. TRUE: what did not fit may fit now. */
gboolean rp_room_empty_log(RpDb *db, int turn);
/* Whether what came in this transaction leaves so much that what is queued can still go; else
 * RP_ERROR_FULL. */
gboolean rp_room_admits(const RpTx *tx, GError **error);

/* ---- the file's size: shrink.c ---- */

/* Zeroed at first. */
typedef struct {
	guint pages; /* of the next step */
	gint64 took; /* microseconds that the last one had the turn */
	gboolean begun;
} RpShrink;

/* Gives a few free pages back to the file system; FALSE: there are none to speak of, or it can't be
 * done. Whoever calls it again lets others have the turn meanwhile. */
gboolean rp_shrink_step(RpShrink *shrink, RpDb *db, int turn);
/* A database that can't be shrunk in steps (only one that was not made by rp_schema_upgrade)
 * becomes one that can, unless it is large. */
void rp_shrink_make_possible(RpDb *db, int turn);

/* ---- the handle ---- */

typedef struct RpWriter RpWriter;
typedef struct RpDesk RpDesk;

struct RpQueue {
	char *dir;
	RpQueueMode mode;
	RpDb *db; /* the opening thread's: reads, and a WRITER's writes */
	RpFd agent_lock;
	RpFd turn;
	RpFd log; /* a WRITER's; -1: there is none */
	RpFd incoming;
	RpFd bell;
	GSource *bell_source;
	guint64 refused; /* octets of a mail that found no room, since it was asked for */
	RpFd replaced;   /* the kernel's word of the files, while it is wanted */
	GSource *replaced_source;
	RpQueueReplacedFunc on_replaced;
	gpointer replaced_user;
	RpWriter *writer; /* these two: the agent's */
	RpDesk *desk;     /* or NULL */
};

/* With a connection of its own, which is taken, and the turn of this directory. */
RpWriter *rp_writer_new(const char *dir, RpDb *db, GError **error);
void rp_writer_free(RpWriter *writer);
/* Others may have deleted mail: looks, when it has nothing else to do, whether the file is to be
 * made smaller. */
void rp_writer_tidy(RpWriter *writer);
void rp_writer_push(RpWriter *writer, RpQueueChange *change, RpQueueDone done, gpointer user,
	GDestroyNotify destroy);
/* From any thread; `done` and `destroy` run in the writer's. */
void rp_writer_push_directly(RpWriter *writer, RpQueueChange *change, RpQueueDone done,
	gpointer user, GDestroyNotify destroy);
gboolean rp_writer_wait(RpWriter *writer, RpQueueChange *change, GError **error);

/* ---- a message that is read ---- */

/* message.c: one without recipients; several, owned. */
RpQueueMessage *rp_queue_message_new(void);
GPtrArray *rp_queue_message_array_new(void);
/* read.c: many short reads as one: each by itself would take and give back SQLite's locks. FALSE:
 * it is one already. */
gboolean rp_queue_begin_reading(RpQueue *queue);
void rp_queue_end_reading(RpQueue *queue, gboolean begun);
