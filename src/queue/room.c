/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include "roampost/language.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* What of the disk the log and new mail may take: what is queued has to be able to go, however
 * small the disk is. Next door: the room that is kept for outcomes (reserve.c). */

#define PAGE 4096
#define FRAME (PAGE + 24) /* a page in the log */
/* Pages of the log before it is copied to the database: SQLite's own number, and where there is
 * less room, halved until all of it is at most a part of that. */
#define LOG_MOST 1000
#define LOG_FEWEST 62
#define LOG_PART 4
/* More room than this is not looked at any closer. */
#define ROOMY (G_GINT64_CONSTANT(64) << 20)
/* What new mail leaves for the log, plans and history of what is queued: a part of the disk. */
#define LEFT_PART 8
#define LEFT_LEAST (128 * 1024)
#define LEFT_MOST (512 * 1024)
/* Pages of a commit beside the mail itself. */
#define BESIDE (16 * FRAME)
/* Octets of a mail that is hardly one, with its recipient. */
#define SMALL 512
/* Who reads is soon done. */
#define READERS_MS 1000

static const char *
database(RpDb *db)
{
	return sqlite3_db_filename(rp_db_handle(db), "main");
}

static gint64
file_size(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : 0;
}

static gint64
log_size(RpDb *db)
{
	return file_size(sqlite3_filename_wal(database(db)));
}

/* The `blocks` of them that the file system has, as octets; where nobody knows there are enough. */
static gint64
octets(const struct statvfs *room, guint64 blocks)
{
	return room->f_frsize ? (gint64)(blocks * room->f_frsize) : G_MAXINT64 / 2;
}

static void
ask(RpDb *db, struct statvfs *room)
{
	if (statvfs(database(db), room) != 0 || !room->f_blocks)
		*room = (struct statvfs){0};
}

static gint64
free_room(RpDb *db)
{
	struct statvfs room;

	ask(db, &room);
	return octets(&room, room.f_bavail);
}

gint64
rp_room_bound_log(RpDb *db)
{
	gint64 room = free_room(db);
	guint pages = LOG_MOST;

	if (room < ROOMY)
		while (pages > LOG_FEWEST && pages * FRAME > (room + log_size(db)) / LOG_PART)
			pages /= 2;
	rp_db_bound_log(db, pages, pages * FRAME);
	return room;
}

gboolean
rp_room_is_tight(RpDb *db)
{
	return free_room(db) < ROOMY;
}

/* By so much the database grows when the log is copied to it. */
static gint64
growth(RpDb *db)
{
	gint64 pages = 0;

	rp_db_number(db, &pages, NULL, "PRAGMA page_count", "");
	return MAX(pages * PAGE - file_size(database(db)), 0);
}

gboolean
rp_room_empty_log(RpDb *db, int turn)
{
	int status = SQLITE_ERROR;

	/* One that stops half-way has taken the room that is left, and given none back. */
	if (!log_size(db) || growth(db) > free_room(db) || !rp_files_take_turn(turn, NULL))
		return FALSE;
	sqlite3_busy_timeout(rp_db_handle(db), READERS_MS);
	status = sqlite3_wal_checkpoint_v2(
		rp_db_handle(db), "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(rp_db_handle(db), RP_DB_BUSY_MS);
	rp_files_give_turn(turn);
	g_debug("the disk is full: the log is emptied: %s", sqlite3_errstr(status));
	return status == SQLITE_OK;
}

/* Octets that are wanted beside a mail's own: the log takes what came, the database when it is
 * copied, and what is queued needs some to go. */
static gint64
beside(RpDb *db)
{
	struct statvfs room;

	ask(db, &room);
	return BESIDE + growth(db) + rp_reserve_missing(database(db)) +
	       CLAMP(octets(&room, room.f_blocks) / LEFT_PART, LEFT_LEAST, LEFT_MOST);
}

static gboolean
admits(RpDb *db, gint64 arrived, gint64 left, GError **error)
{
	gint64 needed;

	if (left - 2 * (arrived + BESIDE) > ROOMY)
		return TRUE;
	needed = arrived + beside(db);
	if (needed <= left)
		return TRUE;
	g_autofree char *has = g_format_size((guint64)left);
	g_autofree char *wants = g_format_size((guint64)needed);
	g_set_error(error, RP_ERROR, RP_ERROR_FULL,
		/* TRANSLATORS: a file, and two sizes. */
		_("no room for %1$s: %2$s are needed, so that what is queued can go, and %3$s are "
		  "left, with what the queue has set aside: make room on its disk"),
		database(db), wants, has);
	return FALSE;
}

gboolean
rp_room_admits(const RpTx *tx, GError **error)
{
	return admits(tx->db, tx->arrived, tx->room, error);
}

static gboolean
can_be_written(RpQueue *queue, GError **error)
{
	int number = rp_queue_dir_try(queue->dir, FALSE);

	if (!number || number == ENOSPC || number == EDQUOT)
		return TRUE;
	rp_files_set_errno(error, number, database(queue->db));
	return FALSE;
}

/* Who hands mail over empties the log where that is what lacks room. */
static gint64
room_left(RpDb *db)
{
	gint64 left = free_room(db);

	return growth(db) <= left ? left + log_size(db) : left;
}

gboolean
rp_queue_takes_mail(RpQueue *queue, GError **error)
{
	return can_be_written(queue, error) &&
	       admits(queue->db, SMALL, room_left(queue->db), error);
}

gint64
rp_queue_room_for_mail(RpQueue *queue)
{
	gint64 left = room_left(queue->db);

	return left > 2 * ROOMY ? G_MAXINT64 : MAX(left - beside(queue->db), 0);
}

/* ---- mail that found none ---- */

void
rp_queue_dir_refused(const char *state_dir, guint64 octets)
{
	g_autofree char *dir = state_dir ? g_strdup(state_dir) : rp_queue_state_dir(NULL);

	if (dir)
		rp_files_ring_for_room(dir, octets);
}

guint64
rp_queue_refused(RpQueue *queue)
{
	guint64 octets = queue->refused;

	queue->refused = 0;
	return octets;
}
