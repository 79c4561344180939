/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

/* Pages of mail that is gone are given back to the file system: while nothing else is to be done,
 * in steps so short that whoever wants to write hardly waits. */

/* So many stay for the mail to come (8 MiB); and where room is short (256 KiB). */
#define KEPT 2048
#define KEPT_TIGHT 64
/* Pages a step: it becomes what takes a few milliseconds here. */
#define FEWEST 16
#define MOST 512
#define SHORT_US 2000
#define LONG_US 5000

static gboolean
give_back(RpDb *db, guint pages)
{
	g_autofree char *vacuum = g_strdup_printf("PRAGMA incremental_vacuum(%u)", pages);
	gboolean ok;

	/* Nothing is lost with a step that a power cut undoes: it waits for no disk. */
	if (!rp_db_exec(db, "PRAGMA synchronous=NORMAL", NULL))
		return FALSE;
	ok = rp_db_exec(db, vacuum, NULL);
	return rp_db_exec(db, "PRAGMA synchronous=FULL", NULL) && ok;
}

static gboolean
has_much_free(RpDb *db)
{
	gint64 n_free = 0;

	return rp_db_number(db, &n_free, NULL, "PRAGMA freelist_count", "") &&
	       n_free > KEPT_TIGHT && n_free > (rp_room_is_tight(db) ? KEPT_TIGHT : KEPT);
}

/* The file becomes smaller when the log is copied to it. */
static void
end(RpShrink *shrink, RpDb *db, int turn)
{
	if (shrink->begun && rp_room_is_tight(db))
		rp_room_empty_log(db, turn);
	shrink->begun = FALSE;
}

gboolean
rp_shrink_step(RpShrink *shrink, RpDb *db, int turn)
{
	gint64 began;
	gboolean ok;

	if (!has_much_free(db)) {
		end(shrink, db, turn);
		return FALSE;
	}
	if (!rp_files_take_turn(turn, NULL))
		return FALSE;
	shrink->begun = TRUE;
	began = g_get_monotonic_time();
	ok = give_back(db, CLAMP(shrink->pages, FEWEST, MOST));
	rp_files_give_turn(turn);
	shrink->took = g_get_monotonic_time() - began;
	if (shrink->took < SHORT_US)
		shrink->pages = MIN(2 * MAX(shrink->pages, FEWEST), MOST);
	else if (shrink->took > LONG_US)
		shrink->pages = MAX(shrink->pages / 2, FEWEST);
	if (!ok)
		end(shrink, db, turn);
	return ok;
}

/* Larger ones would be written anew for seconds, while others wait. */
#define CONVERTED_PAGES 16384

static gboolean
needs_conversion(RpDb *db)
{
	gint64 mode = 0, n_pages = 0, n_free = 0;

	return rp_db_number(db, &mode, NULL, "PRAGMA auto_vacuum", "") && mode == 0 &&
	       rp_db_number(db, &n_pages, NULL, "PRAGMA page_count", "") &&
	       rp_db_number(db, &n_free, NULL, "PRAGMA freelist_count", "") &&
	       n_pages - n_free <= CONVERTED_PAGES;
}

void
rp_shrink_make_possible(RpDb *db, int turn)
{
	g_autoptr(GError) error = NULL;

	if (!needs_conversion(db) || !rp_files_take_turn(turn, NULL))
		return;
	/* One transaction: done, or not begun. */
	if (needs_conversion(db) &&
		!rp_db_exec(db, "PRAGMA auto_vacuum=INCREMENTAL; VACUUM", &error))
		g_message("the queue's file stays as large as it is: %s", error->message);
	rp_files_give_turn(turn);
}
