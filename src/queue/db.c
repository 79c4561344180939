/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "db-private.h"

#include "roampost/language.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>

/* SQLite without its ways: statements that are kept, values by a format, and its results as
 * codes that tell a full disk from a broken file. */

struct RpDb {
	sqlite3 *handle;
	GHashTable *statements; /* literal -> sqlite3_stmt */
	guint log_pages;        /* rp_db_bound_log; 0: SQLite's own */
};

static void
finalize(gpointer statement)
{
	sqlite3_finalize(statement);
}

/* What SQLite keeps with the open file of its last failure. */
static int
file_errno(sqlite3 *handle, int which)
{
	sqlite3_file *file = NULL;
	int last = 0;

	if (sqlite3_file_control(handle, "main", which, &file) == SQLITE_OK && file &&
		file->pMethods)
		file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &last);
	return last;
}

/* The errno of a failed write, sync or truncation. SQLite says SQLITE_FULL only for ENOSPC from
 * write(2) itself, and its sqlite3_system_errno is what errno was when the statement ended, which
 * may be another call's. Statements write to the log or journal first: the database's own errno may
 * be left from when the log could not be copied to it. */
static int
write_errno(sqlite3 *handle)
{
	int log = file_errno(handle, SQLITE_FCNTL_JOURNAL_POINTER);
	int database = file_errno(handle, SQLITE_FCNTL_FILE_POINTER);

	return log ? log : database ? database : sqlite3_system_errno(handle);
}

static gboolean
is_write(int status)
{
	return status == SQLITE_IOERR_WRITE || status == SQLITE_IOERR_FSYNC ||
	       status == SQLITE_IOERR_TRUNCATE;
}

static int
failed_errno(int status, sqlite3 *handle)
{
	return is_write(status) ? write_errno(handle) : sqlite3_system_errno(handle);
}

/* The files are ours: it is the file system that can't be written for now. */
static gboolean
is_read_only(int status, sqlite3 *handle)
{
	int number = failed_errno(status, handle);

	return (status & 0xff) == SQLITE_READONLY ||
	       ((status & 0xff) != SQLITE_FULL &&
		       (number == EACCES || number == EPERM || number == EROFS));
}

static RpErrorCode
io_code(int status, sqlite3 *handle)
{
	switch (failed_errno(status, handle)) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EACCES:
	case EPERM:
	case EROFS:
		return RP_ERROR_FULL;
	default:
		return RP_ERROR_IO;
	}
}

static RpErrorCode
code_of(int status, sqlite3 *handle)
{
	switch (status & 0xff) {
	case SQLITE_FULL:
		return RP_ERROR_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return RP_ERROR_BUSY;
	case SQLITE_READONLY:
		return RP_ERROR_FULL;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return RP_ERROR_PERMISSION;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return io_code(status, handle);
	default:
		return RP_ERROR_IO;
	}
}

/* SQLite calls a database corrupt, too, when a read(2) failed with EIO or ENXIO
 * (SQLITE_IOERR_CORRUPTFS): that is the disk's word, for the moment, and not the file's. */
static void
set_corrupt(RpDb *db, int status, const char *name, GError **error)
{
	int database = file_errno(db->handle, SQLITE_FCNTL_FILE_POINTER);
	int log = file_errno(db->handle, SQLITE_FCNTL_JOURNAL_POINTER);

	if (database || log)
		g_set_error(error, RP_ERROR, RP_ERROR_IO, _("%s can't be read: %s"), name,
			rp_text_errno(database ? database : log));
	else
		g_set_error(error, RP_ERROR, RP_ERROR_IO,
			_("%s is damaged (%s): copy its folder before anything else; what can be "
			  "read is saved by the command .recover of sqlite3"),
			name, sqlite3_errstr(status));
}

/* SQLite itself speaks of a full disk, and of an error of input and output where a limit is in the
 * way. */
static void
set_full(RpDb *db, int status, const char *name, GError **error)
{
	int number = (status & 0xff) == SQLITE_FULL ? ENOSPC : failed_errno(status, db->handle);
	g_autofree char *why = rp_file_why_not_written(number);

	/* TRANSLATORS: a file, and why, with what to do. */
	g_set_error(error, RP_ERROR, RP_ERROR_FULL, _("no room for %1$s: %2$s"),
		name ? name : _("the queue"), why);
}

/* The file system's words, not SQLite's, which calls it an error of input and output. */
static void
set_read_only(RpDb *db, int status, const char *name, GError **error)
{
	int number = failed_errno(status, db->handle);

	g_set_error(error, RP_ERROR, RP_ERROR_FULL,
		_("%s can't be written for now (%s): “roampost doctor” has what helps"),
		name ? name : _("the queue"),
		number == EROFS || number == EACCES || number == EPERM ? rp_text_errno(number)
								       : sqlite3_errstr(status));
}

static void
set_error(RpDb *db, int status, GError **error)
{
	const char *name = db->handle ? sqlite3_db_filename(db->handle, "main") : NULL;
	RpErrorCode code = db->handle ? code_of(status, db->handle) : RP_ERROR_IO;

	if (name && ((status & 0xff) == SQLITE_CORRUPT || (status & 0xff) == SQLITE_NOTADB))
		set_corrupt(db, status, name, error);
	else if (code == RP_ERROR_FULL && is_read_only(status, db->handle))
		set_read_only(db, status, name, error);
	else if (code == RP_ERROR_FULL)
		set_full(db, status, name, error);
	else if (code == RP_ERROR_BUSY)
		g_set_error(error, RP_ERROR, code,
			_("another program is busy with %1$s (%2$s): try again in a moment"),
			name ? name : _("the queue"), sqlite3_errstr(status));
	else
		g_set_error(error, RP_ERROR, code, "%s: %s", name ? name : _("the queue"),
			db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(status));
}

RpDb *
rp_db_open(const char *path, GError **error)
{
	/* FAST: deleted mail is overwritten where its page is written anyway; the full form logs
	 * every page of a large message a second time. MEMORY: what would undo a step of a large
	 * change is nobody's who reads /var/tmp, and need not be written at all. */
	static const char settings[] = "PRAGMA synchronous=FULL; PRAGMA secure_delete=FAST;"
				       "PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY;";
	g_autoptr(RpDb) db = g_new0(RpDb, 1);
	db->statements = g_hash_table_new_full(NULL, NULL, NULL, finalize);

	int status = sqlite3_open_v2(
		path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (status != SQLITE_OK) {
		set_error(db, status, error);
		return NULL;
	}
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, RP_DB_BUSY_MS);
	if (!rp_db_exec(db, settings, error))
		return NULL;
	return g_steal_pointer(&db);
}

/* Without its log's file SQLite wants to make one; with it, the memory beside it that programs
 * share. */
static int
open_unwritable(const char *path, sqlite3 **handle)
{
	g_autofree char *log = g_strconcat(path, "-wal", NULL);
	g_autofree char *escaped = g_uri_escape_string(path, "/", FALSE);
	g_autofree char *uri = g_strdup_printf("file:%s?immutable=1", escaped);
	struct stat status;
	int result;

	if (stat(log, &status) != 0 || status.st_size == 0)
		return sqlite3_open_v2(uri, handle,
			SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
	result = sqlite3_open_v2(
		path, handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, "unix-none");
	if (result == SQLITE_OK)
		result = sqlite3_exec(*handle, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
	return result;
}

RpDb *
rp_db_open_unwritable(const char *path, GError **error)
{
	g_autoptr(RpDb) db = g_new0(RpDb, 1);
	db->statements = g_hash_table_new_full(NULL, NULL, NULL, finalize);

	int status = open_unwritable(path, &db->handle);
	if (status != SQLITE_OK) {
		set_error(db, status, error);
		return NULL;
	}
	sqlite3_extended_result_codes(db->handle, 1);
	if (!rp_db_exec(db, "PRAGMA temp_store=MEMORY", error))
		return NULL;
	return g_steal_pointer(&db);
}

void
rp_db_close(RpDb *db)
{
	if (!db)
		return;
	g_hash_table_unref(db->statements);
	sqlite3_close(db->handle);
	g_free(db);
}

sqlite3 *
rp_db_handle(RpDb *db)
{
	return db->handle;
}

void
rp_db_bound_log(RpDb *db, guint pages, gint64 size)
{
	g_autofree char *limit = NULL;

	if (pages == db->log_pages)
		return;
	db->log_pages = pages;
	sqlite3_wal_autocheckpoint(db->handle, (int)pages);
	limit = g_strdup_printf("PRAGMA journal_size_limit=%" G_GINT64_FORMAT, size);
	rp_db_exec(db, limit, NULL);
}

gboolean
rp_db_is_there(RpDb *db)
{
	int has_moved = 0;

	return sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) !=
		       SQLITE_OK ||
	       !has_moved;
}

gboolean
rp_db_exec(RpDb *db, const char *sql, GError **error)
{
	int status = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	if (status == SQLITE_OK)
		return TRUE;
	set_error(db, status, error);
	return FALSE;
}

static sqlite3_stmt *
prepare(RpDb *db, const char *sql, GError **error)
{
	sqlite3_stmt *statement = g_hash_table_lookup(db->statements, sql);

	if (statement)
		return statement;
	int status = sqlite3_prepare_v3(
		db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
	if (status != SQLITE_OK) {
		set_error(db, status, error);
		return NULL;
	}
	g_hash_table_insert(db->statements, (gpointer)sql, statement);
	return statement;
}

static void
bind(sqlite3_stmt *statement, const char *format, va_list *values)
{
	for (int column = 1; *format; format++, column++) {
		const void *blob;
		switch (*format) {
		case 'i':
			sqlite3_bind_int64(statement, column, va_arg(*values, gint64));
			break;
		case 'n':
			sqlite3_bind_int64(statement, column, va_arg(*values, int));
			break;
		case 's':
			sqlite3_bind_text(statement, column, va_arg(*values, const char *), -1,
				SQLITE_STATIC);
			break;
		case 'b':
			blob = va_arg(*values, const void *);
			sqlite3_bind_blob64(
				statement, column, blob, va_arg(*values, gsize), SQLITE_STATIC);
			break;
		default:
			g_assert_not_reached();
		}
	}
}

static gboolean
rows_open(RpRows *rows, RpDb *db, GError **error, const char *sql, const char *format,
	va_list *values)
{
	*rows = (RpRows){.db = db, .statement = prepare(db, sql, error), .status = SQLITE_ROW};
	if (!rows->statement)
		return FALSE;
	bind(rows->statement, format, values);
	return TRUE;
}

gboolean
rp_rows_open(RpRows *rows, RpDb *db, GError **error, const char *sql, const char *format, ...)
{
	va_list values;
	va_start(values, format);
	gboolean ok = rows_open(rows, db, error, sql, format, &values);
	va_end(values);
	return ok;
}

gboolean
rp_rows_next(RpRows *rows)
{
	if (rows->status == SQLITE_ROW)
		rows->status = sqlite3_step(rows->statement);
	return rows->status == SQLITE_ROW;
}

gboolean
rp_rows_finish(RpRows *rows, GError **error)
{
	int status = rows->status;

	if (status != SQLITE_ROW && status != SQLITE_DONE)
		set_error(rows->db, status, error);
	rp_rows_clear(rows);
	return status == SQLITE_ROW || status == SQLITE_DONE;
}

void
rp_rows_clear(RpRows *rows)
{
	if (!rows->statement)
		return;
	sqlite3_reset(rows->statement);
	sqlite3_clear_bindings(rows->statement);
	rows->statement = NULL;
}

gint64
rp_rows_int(RpRows *rows, int column)
{
	return sqlite3_column_int64(rows->statement, column);
}

const char *
rp_rows_peek_text(RpRows *rows, int column)
{
	return (const char *)sqlite3_column_text(rows->statement, column);
}

char *
rp_rows_text(RpRows *rows, int column)
{
	return g_strdup(rp_rows_peek_text(rows, column));
}

gboolean
rp_rows_append_ints(RpRows *rows, GArray *ints, GError **error)
{
	while (rp_rows_next(rows)) {
		gint64 value = rp_rows_int(rows, 0);

		g_array_append_val(ints, value);
	}
	return rp_rows_finish(rows, error);
}

gboolean
rp_db_run(RpDb *db, GError **error, const char *sql, const char *format, ...)
{
	g_auto(RpRows) rows = {0};
	va_list values;
	va_start(values, format);
	gboolean ok = rows_open(&rows, db, error, sql, format, &values);
	va_end(values);
	if (!ok)
		return FALSE;
	while (rp_rows_next(&rows))
		;
	return rp_rows_finish(&rows, error);
}

int
rp_db_changes(RpDb *db)
{
	return sqlite3_changes(db->handle);
}

static gboolean
find_number(RpDb *db, gint64 *number, gboolean *found, GError **error, const char *sql,
	const char *format, va_list *values)
{
	g_auto(RpRows) rows = {0};

	*found = FALSE;
	if (!rows_open(&rows, db, error, sql, format, values))
		return FALSE;
	*found = rp_rows_next(&rows);
	if (*found)
		*number = rp_rows_int(&rows, 0);
	return rp_rows_finish(&rows, error);
}

gboolean
rp_db_find_number(RpDb *db, gint64 *number, gboolean *found, GError **error, const char *sql,
	const char *format, ...)
{
	va_list values;
	va_start(values, format);
	gboolean ok = find_number(db, number, found, error, sql, format, &values);
	va_end(values);
	return ok;
}

gboolean
rp_db_number(RpDb *db, gint64 *number, GError **error, const char *sql, const char *format, ...)
{
	gboolean found;
	va_list values;

	va_start(values, format);
	gboolean ok = find_number(db, number, &found, error, sql, format, &values);
	va_end(values);
	if (ok && !found)
		g_set_error(error, RP_ERROR, RP_ERROR_IO,
			_("%s: a row that is always there is missing"),
			sqlite3_db_filename(db->handle, "main"));
	return ok && found;
}
