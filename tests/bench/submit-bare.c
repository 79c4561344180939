/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sqlite3.h>
#include <stdio.h>

/* The measure of tests/bench/submit.sh: the least that storing a message safely can cost. Opens a
 * database (WAL, synchronous=FULL), commits what comes on standard input, closes it. */

static int
run(sqlite3 *db, const char *data, int size)
{
	sqlite3_stmt *statement;

	if (sqlite3_exec(db,
		    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		    "CREATE TABLE IF NOT EXISTS m(id INTEGER PRIMARY KEY, data BLOB)",
		    NULL, NULL, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(db, "INSERT INTO m(data) VALUES(?)", -1, &statement, NULL) !=
			SQLITE_OK)
		return 1;
	sqlite3_bind_blob(statement, 1, data, size, SQLITE_STATIC);
	int status = sqlite3_step(statement);
	sqlite3_finalize(statement);
	return status != SQLITE_DONE;
}

int
main(int argc, char **argv)
{
	static char data[65536];
	sqlite3 *db;

	int size = (int)fread(data, 1, sizeof(data), stdin);
	if (argc != 2 || sqlite3_open(argv[1], &db) != SQLITE_OK)
		return 1;
	int status = run(db, data, size);
	return sqlite3_close(db) != SQLITE_OK || status;
}
