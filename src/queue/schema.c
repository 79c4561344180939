/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schema-private.h"

#include "roampost/language.h"

/* The tables, and how those of an earlier version become those of this one. */

/* Step N brings a database of version N to version N + 1. Steps that were released are never
 * edited: a change is a new step at the end.
 *
 * Row 0 of `classes` is the class of messages that have none yet; it also carries what is counted
 * for the queue as a whole (n_failed) and the last id given. Content is in rows of 64 KiB, all full
 * but the last, under the number message * 8192 + row, so that it needs no index of its own. */
static const char *const steps[] = {
	"CREATE TABLE messages( id INTEGER PRIMARY KEY, phase INTEGER NOT NULL, class INTEGER "
	"NOT NULL, rank INTEGER NOT NULL, size INTEGER NOT NULL, created INTEGER NOT NULL, flags "
	"INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_try INTEGER NOT NULL "
	"DEFAULT 0, user_hold INTEGER NOT NULL DEFAULT 0, hold_reason TEXT, hold_text TEXT, "
	"sender TEXT NOT NULL, header_from TEXT, pin TEXT);CREATE INDEX messages_by_class ON "
	"messages(class, phase, rank, id);CREATE INDEX messages_deferred ON messages(next_try) "
	"WHERE phase=2;CREATE TABLE recipients( message INTEGER NOT NULL, number INTEGER NOT "
	"NULL, address TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, set_name TEXT, reply "
	"TEXT, time INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(message, number)) WITHOUT "
	"ROWID;CREATE TABLE content(id INTEGER PRIMARY KEY, data BLOB NOT NULL);CREATE TABLE "
	"classes( id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, stale INTEGER NOT "
	"NULL DEFAULT 0, verdict INTEGER NOT NULL DEFAULT 0, sets TEXT, reasons TEXT, n_ready "
	"INTEGER NOT NULL DEFAULT 0, n_deferred INTEGER NOT NULL DEFAULT 0, n_held INTEGER NOT "
	"NULL DEFAULT 0, n_sending INTEGER NOT NULL DEFAULT 0, n_failed INTEGER NOT NULL DEFAULT "
	"0, last_id INTEGER NOT NULL DEFAULT 0, sender TEXT, header_from TEXT, recipients TEXT, "
	"size INTEGER, pin TEXT);CREATE UNIQUE INDEX classes_key ON classes(key) WHERE "
	"stale=0;CREATE INDEX classes_stale ON classes(id) WHERE stale=1;INSERT INTO classes(id, "
	"key) VALUES(0, '');CREATE TABLE pop_logins( set_name TEXT NOT NULL, place_key TEXT NOT "
	"NULL, source TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(set_name, place_key, "
	"source)) WITHOUT ROWID;CREATE TABLE failures( kind TEXT NOT NULL, set_name TEXT NOT "
	"NULL, revision TEXT, rule TEXT, place_key TEXT, sender TEXT, recipient_domain TEXT, at "
	"INTEGER NOT NULL, until INTEGER NOT NULL, count INTEGER NOT NULL, detail TEXT);CREATE "
	"TABLE learned( provider TEXT NOT NULL, connection_uuid TEXT NOT NULL, gateway_hwaddr "
	"TEXT NOT NULL, prefix TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(provider, "
	"connection_uuid, gateway_hwaddr, prefix)) WITHOUT ROWID;CREATE TABLE set_facts( "
	"set_name TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(set_name, "
	"name)) WITHOUT ROWID;CREATE TABLE override( id INTEGER PRIMARY KEY, set_name TEXT NOT "
	"NULL, keep INTEGER NOT NULL, place_key TEXT);CREATE TABLE history( number INTEGER "
	"PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, message INTEGER NOT NULL, sender "
	"TEXT, n_recipients INTEGER NOT NULL, set_name TEXT, provider TEXT, event INTEGER NOT "
	"NULL, text TEXT);",
	"CREATE TABLE fetched( set_name TEXT NOT NULL, pop_user TEXT NOT NULL, uidl TEXT NOT "
	"NULL, at INTEGER NOT NULL, header_only INTEGER NOT NULL DEFAULT 0, file TEXT, "
	"missing_since INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(set_name, pop_user, uidl)) "
	"WITHOUT ROWID;CREATE INDEX fetched_parked ON fetched(file) WHERE file IS NOT NULL;",
	"ALTER TABLE messages ADD COLUMN dsn_ret TEXT;"
	"ALTER TABLE messages ADD COLUMN dsn_envid TEXT;"
	"ALTER TABLE recipients ADD COLUMN dsn_notify TEXT;"
	"ALTER TABLE recipients ADD COLUMN dsn_original TEXT;",
	"CREATE TABLE reports( message INTEGER NOT NULL, recipient INTEGER NOT NULL, file TEXT, "
	"PRIMARY KEY(message, recipient)) WITHOUT ROWID;",
	/* UIDLs are a server's, whichever set names it. What is known of a set's until now waits
	 * under "?SET", which is no server, for fetched.c to adopt it. */
	"CREATE TABLE fetched_from( server TEXT NOT NULL, pop_user TEXT NOT NULL, uidl TEXT NOT "
	"NULL, at INTEGER NOT NULL, header_only INTEGER NOT NULL DEFAULT 0, file TEXT, "
	"missing_since INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(server, pop_user, uidl)) WITHOUT "
	"ROWID;INSERT INTO fetched_from SELECT '?' || set_name, pop_user, uidl, at, header_only, "
	"file, missing_since FROM fetched;DROP TABLE fetched;ALTER TABLE fetched_from RENAME TO "
	"fetched;CREATE INDEX fetched_parked ON fetched(file) WHERE file IS NOT NULL;",
	/* The counters of all classes by verdict: an outcome reads these, not every class. A change
	 * is either of the counters or of the verdict; a class that is made or pruned counts
	 * nothing. */
	"CREATE TABLE totals( verdict INTEGER PRIMARY KEY, n_ready INTEGER NOT NULL, n_deferred "
	"INTEGER NOT NULL, n_held INTEGER NOT NULL, n_sending INTEGER NOT NULL, n_failed INTEGER "
	"NOT NULL);INSERT INTO totals SELECT v.column1, ifnull(sum(n_ready), 0), "
	"ifnull(sum(n_deferred), 0), ifnull(sum(n_held), 0), ifnull(sum(n_sending), 0), "
	"ifnull(sum(n_failed), 0) FROM (VALUES(0), (1), (2), (3)) v LEFT JOIN classes ON "
	"verdict=v.column1 GROUP BY 1;CREATE TRIGGER totals_count AFTER UPDATE OF n_ready, "
	"n_deferred, n_held, n_sending, n_failed ON classes BEGIN UPDATE totals SET "
	"n_ready=n_ready+new.n_ready-old.n_ready, "
	"n_deferred=n_deferred+new.n_deferred-old.n_deferred, "
	"n_held=n_held+new.n_held-old.n_held, n_sending=n_sending+new.n_sending-old.n_sending, "
	"n_failed=n_failed+new.n_failed-old.n_failed WHERE verdict=new.verdict; END;CREATE "
	"TRIGGER totals_move AFTER UPDATE OF verdict ON classes WHEN old.verdict<>new.verdict "
	"BEGIN UPDATE totals SET n_ready=n_ready-old.n_ready, "
	"n_deferred=n_deferred-old.n_deferred, n_held=n_held-old.n_held, "
	"n_sending=n_sending-old.n_sending, n_failed=n_failed-old.n_failed WHERE "
	"verdict=old.verdict; UPDATE totals SET n_ready=n_ready+old.n_ready, "
	"n_deferred=n_deferred+old.n_deferred, n_held=n_held+old.n_held, "
	"n_sending=n_sending+old.n_sending, n_failed=n_failed+old.n_failed WHERE "
	"verdict=new.verdict; END;",
	/* A refusal has a number that is never given again: of the same recipient there can be two,
	 * and what is done of the one is not done of the other. */
	"CREATE TABLE refusals( number INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT "
	"NULL, recipient INTEGER NOT NULL, file TEXT);INSERT INTO refusals(message, recipient, "
	"file) SELECT message, recipient, file FROM reports;DROP TABLE reports;ALTER TABLE "
	"refusals RENAME TO reports;CREATE INDEX reports_of_message ON reports(message);",
	/* A UIDL may come again with another mail: what is known of a mail is its content too. */
	"CREATE TABLE fetched_mail( server TEXT NOT NULL, pop_user TEXT NOT NULL, uidl TEXT NOT "
	"NULL, digest TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL, size INTEGER NOT NULL "
	"DEFAULT -1, header_only INTEGER NOT NULL DEFAULT 0, file TEXT, missing_since INTEGER "
	"NOT NULL DEFAULT 0, doubt INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(server, pop_user, "
	"uidl, digest)) WITHOUT ROWID;INSERT INTO fetched_mail(server, pop_user, uidl, at, "
	"header_only, file, missing_since) SELECT server, pop_user, uidl, at, header_only, file, "
	"missing_since FROM fetched;DROP TABLE fetched;ALTER TABLE fetched_mail RENAME TO "
	"fetched;CREATE INDEX fetched_parked ON fetched(file) WHERE file IS NOT NULL;",
	/* Of sets whose rules are learned: what their servers said, and to what. */
	"CREATE TABLE observations("
	" set_name TEXT NOT NULL, server TEXT NOT NULL, family INTEGER NOT NULL,"
	" prefix TEXT NOT NULL, place TEXT NOT NULL, label TEXT NOT NULL, vector INTEGER NOT NULL,"
	" domain TEXT NOT NULL, said TEXT NOT NULL, first INTEGER NOT NULL, at INTEGER NOT NULL,"
	" count INTEGER NOT NULL, words TEXT,"
	" PRIMARY KEY(set_name, family, prefix, place, vector, domain, said)) WITHOUT ROWID;",
	/* What people know a mail by, in the rows that are written anyway: no page more for it. */
	"ALTER TABLE messages ADD COLUMN subject TEXT;"
	"ALTER TABLE messages ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX messages_not_before ON messages(not_before) WHERE not_before>0;"
	"ALTER TABLE history ADD COLUMN subject TEXT;"
	"ALTER TABLE history ADD COLUMN recipients TEXT;" /* addresses, one a line */
	"ALTER TABLE history ADD COLUMN size INTEGER NOT NULL DEFAULT -1;",
	/* What the server was given as the sender where that was another (rewrite-sender). */
	"ALTER TABLE recipients ADD COLUMN sent_as TEXT;"
	"ALTER TABLE recipients ADD COLUMN from_as TEXT;"
	"ALTER TABLE history ADD COLUMN sent_as TEXT;"
	"ALTER TABLE history ADD COLUMN from_as TEXT;",
	/* What was decided is a row of its own, for all classes that it was decided for: a class
	 * has its number. Those of before have the numbers that were their verdicts, and no words,
	 * until the next plan. `kept`: of classes that are worked out again, for people to see. */
	"CREATE TABLE verdicts( id INTEGER PRIMARY KEY, verdict INTEGER NOT NULL, sets TEXT, "
	"reasons TEXT, kept INTEGER NOT NULL DEFAULT 0);INSERT INTO verdicts(id, verdict, kept) "
	"VALUES(0, 0, 1), (1, 1, 1), (2, 2, 1), (3, 3, 1);UPDATE classes SET sets=NULL, "
	"reasons=NULL;DROP TRIGGER totals_move;DROP TRIGGER totals_count;CREATE TRIGGER "
	"totals_count AFTER UPDATE OF n_ready, n_deferred, n_held, n_sending, n_failed ON classes "
	"BEGIN UPDATE totals SET n_ready=n_ready+new.n_ready-old.n_ready, "
	"n_deferred=n_deferred+new.n_deferred-old.n_deferred, "
	"n_held=n_held+new.n_held-old.n_held, n_sending=n_sending+new.n_sending-old.n_sending, "
	"n_failed=n_failed+new.n_failed-old.n_failed WHERE verdict=(SELECT v.verdict FROM verdicts "
	"v WHERE v.id=new.verdict); END;",
};

static gboolean
get_version(RpDb *db, gint64 *version, GError **error)
{
	return rp_db_number(db, version, error, "PRAGMA user_version", "");
}

static gboolean
refuse_newer(gint64 version, GError **error)
{
	if (version <= (gint64)G_N_ELEMENTS(steps))
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_BUSY,
		_("the queue is of a newer version of roampost (schema %d, this program knows up "
		  "to %u), which has to be used: this one is left over from "
		  "before (“type -a” shows where there is another), or an older one was put back"),
		(int)MIN(version, G_MAXINT), (guint)G_N_ELEMENTS(steps));
	return FALSE;
}

gboolean
rp_schema_is_current(RpDb *db, gboolean *current, GError **error)
{
	gint64 version;

	if (!get_version(db, &version, error) || !refuse_newer(version, error))
		return FALSE;
	*current = version == G_N_ELEMENTS(steps);
	return TRUE;
}

gboolean
rp_schema_is_empty(RpDb *db, gboolean *empty, GError **error)
{
	gint64 version;
	if (!get_version(db, &version, error))
		return FALSE;
	*empty = version == 0;
	return TRUE;
}

static gboolean
run_step(RpDb *db, gint64 version, GError **error)
{
	g_autofree char *sql =
		g_strdup_printf("BEGIN IMMEDIATE; %s PRAGMA user_version=%d; COMMIT;",
			steps[version], (int)version + 1);

	if (rp_db_exec(db, sql, error))
		return TRUE;
	rp_db_exec(db, "ROLLBACK", NULL);
	return FALSE;
}

gboolean
rp_schema_upgrade(RpDb *db, GError **error)
{
	gint64 version;

	if (!get_version(db, &version, error) || !refuse_newer(version, error))
		return FALSE;
	/* auto_vacuum can be chosen only before the first page is written, and journal_mode=WAL
	 * writes it. */
	if (version == 0 &&
		!rp_db_exec(db, "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;", error))
		return FALSE;
	for (; version < (gint64)G_N_ELEMENTS(steps); version++)
		if (!run_step(db, version, error))
			return FALSE;
	return TRUE;
}
