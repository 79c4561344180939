/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

#include "roampost/language.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The log that SQLite commits to, as a file: synced without SQLite, so that others have the turn
 * meanwhile, and so that its name is brought to the disk once and not by every program that hands a
 * message over (SQLite does it with the first sync of each). */

/* Which log has its name on the disk; as it stands in the file `turn`. */
typedef struct {
	guint64 inode;
	gint64 born; /* numbers of files are given again */
	gint64 born_ns;
} Named;

gboolean
rp_log_is_there(RpDb *db)
{
	g_auto(RpRows) rows = {0};

	return rp_rows_open(&rows, db, NULL, "PRAGMA journal_mode", "") && rp_rows_next(&rows) &&
	       g_strcmp0(rp_rows_peek_text(&rows, 0), "wal") == 0;
}

RpFd
rp_log_open(RpDb *db)
{
	const char *name = sqlite3_db_filename(rp_db_handle(db), "main");

	if (!rp_log_is_there(db))
		return -1;
	return open(sqlite3_filename_wal(name), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
}

/* FALSE: a file system that does not know when a file was made. */
static gboolean
look(int log, Named *named)
{
	struct statx status;

	if (statx(log, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0 ||
		!(status.stx_mask & STATX_BTIME))
		return FALSE;
	*named = (Named){status.stx_ino, status.stx_btime.tv_sec, status.stx_btime.tv_nsec};
	return TRUE;
}

static gboolean
is_named(int turn, const Named *named)
{
	Named last;

	return pread(turn, &last, sizeof last, 0) == sizeof last && last.inode == named->inode &&
	       last.born == named->born && last.born_ns == named->born_ns;
}

static gboolean
sync_dir(const char *dir)
{
	g_auto(RpFd) fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fdatasync(fd) == 0;
}

gboolean
rp_log_sync(const RpQueue *queue, GError **error)
{
	Named named;
	gboolean known = look(queue->log, &named);

	if (fdatasync(queue->log) != 0) {
		rp_files_set_errno(error, errno, queue->dir);
		return FALSE;
	}
	if (known && is_named(queue->turn, &named))
		return TRUE;
	/* Where folders can't be synced there is no more to be done, as SQLite finds too. */
	if (sync_dir(queue->dir) && known &&
		pwrite(queue->turn, &named, sizeof named, 0) != sizeof named)
		g_debug("%s/turn: %s", queue->dir, rp_text_errno(errno));
	return TRUE;
}
