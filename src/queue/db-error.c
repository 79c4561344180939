/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "db-private.h"

#include "roampost/language.h"

#include <errno.h>

/* SQLite's results as errors: what tells a full disk from a broken file, and from one that can't be
 * written for now. */

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
set_corrupt(sqlite3 *handle, int status, const char *name, GError **error)
{
	int database = file_errno(handle, SQLITE_FCNTL_FILE_POINTER);
	int log = file_errno(handle, SQLITE_FCNTL_JOURNAL_POINTER);

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
set_full(sqlite3 *handle, int status, const char *name, GError **error)
{
	int number = (status & 0xff) == SQLITE_FULL ? ENOSPC : failed_errno(status, handle);
	g_autofree char *why = rp_file_why_not_written(number);

	/* TRANSLATORS: a file, and why, with what to do. */
	g_set_error(error, RP_ERROR, RP_ERROR_FULL, _("no room for %1$s: %2$s"),
		name ? name : _("the queue"), why);
}

/* The file system's words, not SQLite's, which calls it an error of input and output. */
static void
set_read_only(sqlite3 *handle, int status, const char *name, GError **error)
{
	int number = failed_errno(status, handle);

	g_set_error(error, RP_ERROR, RP_ERROR_FULL,
		_("%s can't be written for now (%s): “roampost doctor” has what helps"),
		name ? name : _("the queue"),
		number == EROFS || number == EACCES || number == EPERM ? rp_text_errno(number)
								       : sqlite3_errstr(status));
}

void
rp_db_set_error(sqlite3 *handle, int status, GError **error)
{
	const char *name = handle ? sqlite3_db_filename(handle, "main") : NULL;
	RpErrorCode code = handle ? code_of(status, handle) : RP_ERROR_IO;

	if (name && ((status & 0xff) == SQLITE_CORRUPT || (status & 0xff) == SQLITE_NOTADB))
		set_corrupt(handle, status, name, error);
	else if (code == RP_ERROR_FULL && is_read_only(status, handle))
		set_read_only(handle, status, name, error);
	else if (code == RP_ERROR_FULL)
		set_full(handle, status, name, error);
	else if (code == RP_ERROR_BUSY)
		g_set_error(error, RP_ERROR, code,
			_("another program is busy with %1$s (%2$s): try again in a moment"),
			name ? name : _("the queue"), sqlite3_errstr(status));
	else
		g_set_error(error, RP_ERROR, code, "%s: %s", name ? name : _("the queue"),
			handle ? sqlite3_errmsg(handle) : sqlite3_errstr(status));
}
