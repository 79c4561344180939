/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "db-private.h"

#include "roampost/language.h"

#include <stdarg.h>
#include <sys/stat.h>

/* SQLite without its ways: statements that are kept, and values by a format. What its results mean
 * is in db-error.c. */

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
		rp_db_set_error(db->handle, status, error);
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
		rp_db_set_error(db->handle, status, error);
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
	rp_db_set_error(db->handle, status, error);
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
		rp_db_set_error(db->handle, status, error);
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
		rp_db_set_error(rows->db->handle, status, error);
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
