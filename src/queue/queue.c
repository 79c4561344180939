/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include <glib-unix.h>
#include <sys/stat.h>
#include "desk.h"

#include "roampost/language.h"

/* Opening and closing, the bell, changes put in, and what an
 * agent that ended in the middle has left. */

/* For an agent of an older version to be started anew: 5 s. */
#define AGENT_TRIES 50
#define AGENT_PAUSE (100 * G_TIME_SPAN_MILLISECOND)

static RpDb *
open_db(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "queue.db", NULL);

	return rp_db_open(path, error);
}

/* An agent that runs would not know a newer form of what it has open: then the form is its own to
 * change. What is empty is nobody's. The turn is held: what others were at meanwhile is done. */
static gboolean
try_upgrade(RpQueue *queue, gboolean *done, GError **error)
{
	g_auto(RpFd) lock = -1;
	gboolean empty = FALSE;

	if (!rp_schema_is_current(queue->db, done, error))
		return FALSE;
	if (*done)
		return TRUE;
	if (!rp_schema_is_empty(queue->db, &empty, error))
		return FALSE;
	if (queue->mode != RP_QUEUE_AGENT && !empty &&
		(lock = rp_files_lock_agent(queue->dir, NULL)) < 0)
		return TRUE;
	*done = rp_schema_upgrade(queue->db, error);
	return *done;
}

static gboolean
try_upgrade_in_turn(RpQueue *queue, gboolean *done, GError **error)
{
	gboolean ok;

	if (!rp_files_take_turn(queue->turn, error))
		return FALSE;
	ok = try_upgrade(queue, done, error);
	rp_files_give_turn(queue->turn);
	return ok;
}

/* The bell has an agent look whether it is of an older version than its program's file; then it
 * ends, and the next one raises the schema, or nobody has its lock for a moment. */
static gboolean
upgrade_schema(RpQueue *queue, GError **error)
{
	gboolean done = FALSE;

	for (guint i = 0; i < AGENT_TRIES; i++) {
		if (!try_upgrade_in_turn(queue, &done, error))
			return FALSE;
		if (done)
			return TRUE;
		if (i == 0)
			rp_files_ring(queue->dir);
		g_usleep(AGENT_PAUSE);
	}
	g_set_error(error, RP_ERROR, RP_ERROR_BUSY,
		_("the agent that runs is of an older version, and has the queue in %s: start it "
		  "anew (systemctl --user restart roampost)"),
		queue->dir);
	return FALSE;
}

/* Who reads raises nothing; what is of an older version is not empty. */
static gboolean
refuse_to_read(RpQueue *queue, GError **error)
{
	gboolean empty = FALSE;

	if (!rp_schema_is_empty(queue->db, &empty, error))
		return FALSE;
	if (empty)
		g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
			_("the queue in %s is empty: start the agent"), queue->dir);
	else
		g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
			_("the queue in %s is as an older version left it; the agent brings it up "
			  "to date when it starts, as “roampost queue” does"),
			queue->dir);
	return FALSE;
}

static gboolean
check_schema(RpQueue *queue, GError **error)
{
	gboolean current = FALSE;

	if (!rp_schema_is_current(queue->db, &current, error))
		return FALSE;
	if (current)
		return TRUE;
	if (queue->mode != RP_QUEUE_READER)
		return upgrade_schema(queue, error);
	return refuse_to_read(queue, error);
}

/* Who raises the schema is an agent for so long (try_upgrade), and has the turn: with the turn in
 * our hands it is over, and whoever has the lock then keeps it. */
static gboolean
become_agent(RpQueue *queue, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_auto(RpFd) turn = -1;

	queue->agent_lock = rp_files_lock_agent(queue->dir, &failure);
	if (g_error_matches(failure, RP_ERROR, RP_ERROR_BUSY)) {
		g_clear_error(&failure);
		if ((turn = rp_files_open(queue->dir, "turn", TRUE, error)) < 0 ||
			!rp_files_take_turn(turn, error))
			return FALSE;
		queue->agent_lock = rp_files_lock_agent(queue->dir, &failure);
	}
	if (failure)
		g_propagate_error(error, g_steal_pointer(&failure));
	return queue->agent_lock >= 0;
}

static gboolean
open_files(RpQueue *queue, GError **error)
{
	gboolean create = queue->mode != RP_QUEUE_READER;

	if (!rp_files_check_dir(queue->dir, create, error))
		return FALSE;
	if (queue->mode == RP_QUEUE_AGENT &&
		(!become_agent(queue, error) ||
			(queue->bell = rp_files_open_bell(queue->dir, error)) < 0))
		return FALSE;
	/* The data file first of all, with its mode; SQLite gives the same one to its log. */
	if (!rp_files_check_data(queue->dir, create, error))
		return FALSE;
	return !create ||
	       ((queue->turn = rp_files_open(queue->dir, "turn", TRUE, error)) >= 0 &&
		       (queue->incoming = rp_files_open(queue->dir, "incoming", TRUE, error)) >= 0);
}

/* A program that hands over one message leaves its log to the agent or to a later program: closing
 * would otherwise copy it to the database and sync twice more. The next one, if it is alone, has to
 * read that log: who is the last to close takes away one that is no longer short. While others are
 * there they know it, and it may become as long as SQLite lets it (1,000 pages): whoever copies it
 * keeps all others waiting. */
#define SHORT_LOG_PAGES 100
#define LOG_PAGE_SIZE (4096 + 24) /* with the log's own header */

static void
keep_log(RpQueue *queue)
{
	sqlite3_db_config(rp_db_handle(queue->db), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/* What was copied to the database is noted in memory that goes with the last program; the next one
 * would take all of a log for new, and go on behind it. So whoever is alone with one that has
 * become long takes it away. */
static void
take_away_long_log(RpQueue *queue)
{
	g_autofree char *log = g_build_filename(queue->dir, "queue.db-wal", NULL);
	struct stat status;

	if (stat(log, &status) == 0 && status.st_size > SHORT_LOG_PAGES * LOG_PAGE_SIZE)
		sqlite3_db_config(
			rp_db_handle(queue->db), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
}

static gboolean
start_writer(RpQueue *queue, GError **error)
{
	RpDb *db = open_db(queue->dir, error);

	queue->writer = db ? rp_writer_new(queue->dir, db, error) : NULL;
	if (queue->writer)
		queue->desk = rp_desk_new(queue->dir, queue->writer);
	return queue->writer != NULL;
}

static gboolean
reopen_unwritable(RpQueue *queue, GError **error)
{
	g_autofree char *path = g_build_filename(queue->dir, "queue.db", NULL);

	g_clear_pointer(&queue->db, rp_db_close);
	queue->db = rp_db_open_unwritable(path, error);
	return queue->db && check_schema(queue, error);
}

/* Who only reads needs no room, and no disk that can be written. */
static gboolean
open_checked(RpQueue *queue, GError **error)
{
	g_autoptr(GError) failure = NULL;

	queue->db = open_db(queue->dir, &failure);
	if (queue->db && check_schema(queue, &failure))
		return TRUE;
	if (queue->mode == RP_QUEUE_READER && rp_queue_dir_try(queue->dir, FALSE) &&
		reopen_unwritable(queue, NULL))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

static RpQueue *
open_once(const char *state_dir, RpQueueMode mode, GError **error)
{
	g_autoptr(RpQueue) queue = g_new0(RpQueue, 1);

	queue->mode = mode;
	queue->agent_lock = queue->turn = queue->log = queue->incoming = queue->bell =
		queue->replaced = -1;
	queue->dir = state_dir ? g_strdup(state_dir) : rp_queue_state_dir(error);
	if (!queue->dir || !open_files(queue, error) || !open_checked(queue, error))
		return NULL;
	if (mode == RP_QUEUE_WRITER)
		queue->log = rp_log_open(queue->db);
	if (mode == RP_QUEUE_AGENT && rp_room_is_tight(queue->db))
		rp_room_empty_log(queue->db, queue->turn);
	if (mode == RP_QUEUE_AGENT)
		rp_shrink_make_possible(queue->db, queue->turn);
	if (mode != RP_QUEUE_AGENT)
		keep_log(queue);
	else if (!start_writer(queue, error))
		return NULL;
	return g_steal_pointer(&queue);
}

static gboolean
is_given_room(const char *state_dir, RpQueueMode mode, const GError *failure)
{
	g_autofree char *dir = state_dir ? g_strdup(state_dir) : rp_queue_state_dir(NULL);

	return mode == RP_QUEUE_AGENT && g_error_matches(failure, RP_ERROR, RP_ERROR_FULL) && dir &&
	       !rp_files_has_listener(dir) && rp_reserve_give_up(dir);
}

RpQueue *
rp_queue_open(const char *state_dir, RpQueueMode mode, GError **error)
{
	g_autoptr(GError) failure = NULL;
	RpQueue *queue = open_once(state_dir, mode, &failure);

	/* A disk's error may have passed; what is damaged says so twice. And on a full one there is
	 * what an agent that ended has kept. */
	if (!queue && (g_error_matches(failure, RP_ERROR, RP_ERROR_IO) ||
			      is_given_room(state_dir, mode, failure))) {
		g_info("tried once more: %s", failure->message);
		g_clear_error(&failure);
		queue = open_once(state_dir, mode, &failure);
	}
	if (!queue)
		g_propagate_error(error, g_steal_pointer(&failure));
	return queue;
}

void
rp_queue_close(RpQueue *queue)
{
	if (!queue)
		return;
	rp_queue_set_bell(queue, NULL, NULL);
	rp_queue_set_replaced(queue, NULL, NULL);
	rp_desk_stop(queue->desk);
	rp_writer_free(queue->writer);
	rp_desk_free(queue->desk);
	if (queue->db && queue->mode == RP_QUEUE_WRITER)
		take_away_long_log(queue);
	rp_db_close(queue->db);
	rp_fd_clear(&queue->bell);
	rp_fd_clear(&queue->incoming);
	rp_fd_clear(&queue->log);
	rp_fd_clear(&queue->turn);
	rp_fd_clear(&queue->agent_lock);
	g_free(queue->dir);
	g_free(queue);
}

const char *
rp_queue_dir(const RpQueue *queue)
{
	return queue->dir;
}

/* ---- the bell ---- */

gboolean
rp_queue_has_agent(const RpQueue *queue)
{
	return rp_files_has_listener(queue->dir);
}

gboolean
rp_queue_dir_has_agent(const char *dir)
{
	return rp_files_has_listener(dir);
}

typedef struct {
	RpQueue *queue;
	RpQueueBellFunc func;
	gpointer user;
} Bell;

static gboolean
on_bell(gint fd, GIOCondition condition, gpointer data)
{
	const Bell *bell = data;
	guint64 refused = rp_files_drain_bell(fd);

	bell->queue->refused = MAX(bell->queue->refused, refused);
	rp_writer_tidy(bell->queue->writer);
	bell->func(bell->user);
	return G_SOURCE_CONTINUE;
}

void
rp_queue_set_bell(RpQueue *queue, RpQueueBellFunc func, gpointer user)
{
	rp_source_clear(&queue->bell_source);
	if (!func)
		return;
	g_return_if_fail(queue->mode == RP_QUEUE_AGENT);
	Bell *bell = g_new(Bell, 1);
	*bell = (Bell){queue, func, user};
	rp_writer_tidy(queue->writer); /* of what was deleted while no agent was there */
	queue->bell_source = g_unix_fd_source_new(queue->bell, G_IO_IN);
	g_source_set_callback(queue->bell_source, G_SOURCE_FUNC(on_bell), bell, g_free);
	g_source_attach(queue->bell_source, g_main_context_get_thread_default());
}

/* ---- applying changes ---- */

static gboolean
try_here(RpQueue *queue, RpQueueChange *change, GError **error)
{
	RpTx tx;

	if (!rp_tx_begin(&tx, queue->db, queue->turn, error))
		return FALSE;
	if (!rp_change_run(change, &tx, error)) {
		rp_tx_rollback(&tx);
		return FALSE;
	}
	if (!rp_tx_commit(&tx, error))
		return FALSE;
	rp_files_ring(queue->dir);
	return TRUE;
}

/* What deletes mail makes room, and needs some for that. Without an agent nothing is under way that
 * the room which is kept would be for. */
static gboolean
make_room(RpQueue *queue)
{
	gboolean given = !rp_files_has_listener(queue->dir) && rp_reserve_give_up(queue->dir);

	return rp_room_empty_log(queue->db, queue->turn) || given;
}

static gboolean
apply_here(RpQueue *queue, RpQueueChange *change, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (try_here(queue, change, &failure))
		return TRUE;
	if (g_error_matches(failure, RP_ERROR, RP_ERROR_FULL) && make_room(queue))
		return try_here(queue, change, error);
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

gboolean
rp_queue_apply(RpQueue *queue, RpQueueChange *change, GError **error)
{
	g_return_val_if_fail(queue->mode != RP_QUEUE_READER, FALSE);
	if (queue->writer)
		return rp_writer_wait(queue->writer, change, error);
	gboolean ok = apply_here(queue, change, error);
	rp_queue_change_free(change);
	return ok;
}

void
rp_queue_apply_async(RpQueue *queue, RpQueueChange *change, RpQueueDone done, gpointer user,
	GDestroyNotify destroy)
{
	g_return_if_fail(queue->writer);
	rp_writer_push(queue->writer, change, done, user, destroy);
}

/* ---- what an earlier agent left ---- */

/* `sql` goes by the index of classes: the queue may be long. */
static gboolean
collect_ids(RpQueue *queue, const char *sql, GArray *ids, GError **error)
{
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error, sql, ""))
		return FALSE;
	return rp_rows_append_ints(&rows, ids, error);
}

static gboolean
drop_incoming(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {.id = step->id, .old_phase = RP_PHASE_INCOMING};
	gint64 phase = -1;
	gboolean found;

	if (!rp_db_find_number(tx->db, &phase, &found, error,
		    "SELECT phase FROM messages WHERE id=?", "i", step->id))
		return FALSE;
	/* It may have been committed since it was seen. */
	return !found || phase != RP_PHASE_INCOMING ||
	       rp_row_delete(tx, &row, "its program ended half-way", error);
}

static RpQueueChange *
recovery(RpQueue *queue, const GArray *sending, const GArray *incoming)
{
	RpQueueChange *change = rp_queue_change_new(g_get_real_time());

	for (guint i = 0; i < sending->len; i++)
		rp_change_doubt(change, g_array_index(sending, gint64, i), rp_history_agent_ended);
	for (guint i = 0; i < incoming->len; i++) {
		gint64 id = g_array_index(incoming, gint64, i);
		if (!rp_files_incoming_is_alive(queue->incoming, id))
			rp_change_add(change, drop_incoming)->id = id;
	}
	return change;
}

gboolean
rp_queue_recover(RpQueue *queue, guint *n_maybe_sent, GError **error)
{
	g_autoptr(GArray) sending = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GArray) incoming = g_array_new(FALSE, FALSE, sizeof(gint64));

	g_return_val_if_fail(queue->mode == RP_QUEUE_AGENT, FALSE);
	if (!collect_ids(queue,
		    "SELECT m.id FROM classes c CROSS JOIN messages m ON m.class=c.id AND"
		    " m.phase=4 WHERE c.n_sending>0",
		    sending, error) ||
		!collect_ids(queue, "SELECT id FROM messages WHERE class=0 AND phase=0", incoming,
			error))
		return FALSE;
	if (n_maybe_sent)
		*n_maybe_sent = sending->len;
	return rp_queue_apply(queue, recovery(queue, sending, incoming), error);
}
