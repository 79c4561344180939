/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>
#include "roampost/base.h"

/* One SQLite connection, for one thread: statements are prepared when first used and kept, values
 * are bound by a format, and SQLite's results become RpErrorCode. */

typedef struct RpDb RpDb;

/* Opens an existing file (the caller creates it, with its mode). */
RpDb *rp_db_open(const char *path, GError **error);
/* The same to read where nothing can be written, by anybody: what SQLite needs beside the file is
 * not made, and no lock is taken. What was committed to the log is seen. */
RpDb *rp_db_open_unwritable(const char *path, GError **error);
void rp_db_close(RpDb *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDb, rp_db_close)

sqlite3 *rp_db_handle(RpDb *db);
/* What a result that is no success means, of this connection, which may be NULL: db-error.c. */
void rp_db_set_error(sqlite3 *handle, int status, GError **error);
/* Turns are taken by a lock file, so SQLite itself waits so long only for a checkpoint or a
 * recovery.
 */
#define RP_DB_BUSY_MS 10000
/* From so many pages on a commit copies the log to the database; and begun anew it keeps no more of
 * its file than so many octets. */
void rp_db_bound_log(RpDb *db, guint pages, gint64 size);
/* The open file still has the name by which it was opened: others who open it find the same one. */
gboolean rp_db_is_there(RpDb *db);
/* For texts of several statements that are used once. */
gboolean rp_db_exec(RpDb *db, const char *sql, GError **error);

/* `sql` must be a literal: its address is the key under which the statement is kept. Formats: i
 * gint64, n int or guint, s string or NULL, b pointer and gsize. Strings and blobs are borrowed. */
gboolean rp_db_run(RpDb *db, GError **error, const char *sql, const char *format, ...);
/* Rows changed by the last rp_db_run. */
int rp_db_changes(RpDb *db);

typedef struct {
	RpDb *db;
	sqlite3_stmt *statement;
	int status;
} RpRows;

/* Rows of a query; no read transaction stays open once it is cleared. */
gboolean rp_rows_open(
	RpRows *rows, RpDb *db, GError **error, const char *sql, const char *format, ...);
gboolean rp_rows_next(RpRows *rows);
/* After rp_rows_next said FALSE: whether that was the end or an error. */
gboolean rp_rows_finish(RpRows *rows, GError **error);
void rp_rows_clear(RpRows *rows);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpRows, rp_rows_clear)

gint64 rp_rows_int(RpRows *rows, int column);
char *rp_rows_text(RpRows *rows, int column); /* a copy; NULL for NULL */
/* The row's own, until the next one is asked for. */
const char *rp_rows_peek_text(RpRows *rows, int column);
/* Appends the first column of all rows (gint64), and finishes. */
gboolean rp_rows_append_ints(RpRows *rows, GArray *ints, GError **error);

/* The single number that a query always gives: no row is an error. */
gboolean rp_db_number(
	RpDb *db, gint64 *number, GError **error, const char *sql, const char *format, ...);
/* The single number that a query may give; `found`: there was a row. FALSE: an error. */
gboolean rp_db_find_number(RpDb *db, gint64 *number, gboolean *found, GError **error,
	const char *sql, const char *format, ...);
