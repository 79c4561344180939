/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"
#include "../scratch.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

void
fixture_set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	f->dir = g_dir_make_tmp("roampost-queue-XXXXXX", NULL);
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	f->writer = rp_queue_open(f->dir, RP_QUEUE_WRITER, &error);
	g_assert_no_error(error);
}

void
fixture_tear_down(Fixture *f, gconstpointer data)
{
	if (f->agent)
		fixture_check_counters(f);
	rp_queue_close(f->writer);
	rp_queue_close(f->agent);
	scratch_remove(f->dir);
	g_free(f->dir);
}

RpQueueChange *
fixture_change(void)
{
	return rp_queue_change_new(NOW);
}

void
fixture_apply(Fixture *f, RpQueueChange *change)
{
	g_autoptr(GError) error = NULL;
	rp_queue_apply(f->agent, change, &error);
	g_assert_no_error(error);
}

void
fixture_refused(Fixture *f, RpQueueChange *change, RpErrorCode code)
{
	g_autoptr(GError) error = NULL;
	g_assert_false(rp_queue_apply(f->writer, change, &error));
	g_assert_error(error, RP_ERROR, (int)code);
}

RpMessageId
fixture_submit(Fixture *f, const char *sender, const char *recipients, gsize size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpSubmission) submission = rp_submission_new(f->writer);
	g_auto(GStrv) list = g_strsplit(recipients, ",", -1);
	g_autofree char *content = g_malloc(size + 1);
	const RpEnvelope envelope = {.sender = sender,
		.header_from = *sender ? sender : NULL,
		.recipients = (const char *const *)list,
		.n_recipients = g_strv_length(list)};
	RpMessageId id = 0;

	for (gsize i = 0; i < size; i++)
		content[i] = "0123456789abcdef\r\n"[i % 18];
	rp_submission_write(submission, content, size, &error);
	g_assert_no_error(error);
	rp_submission_commit(submission, &envelope, &id, &error);
	g_assert_no_error(error);
	return id;
}

RpMessageState
fixture_state(Fixture *f, RpMessageId id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->agent, id, &error);
	g_assert_no_error(error);
	return message->state;
}

static gint64
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;

	g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
	gint64 value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

void
fixture_check_counters(Fixture *f)
{
	static const char *const columns[] = {
		NULL, "n_ready", "n_deferred", "n_held", "n_sending", "n_failed"};
	g_autofree char *path = g_build_filename(f->dir, "queue.db", NULL);
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	for (guint phase = 1; phase < G_N_ELEMENTS(columns); phase++) {
		g_autofree char *sql = g_strdup_printf(
			"SELECT count(*) FROM classes c WHERE %s<>(SELECT count(*) FROM messages"
			" WHERE class=c.id AND phase=%u)",
			columns[phase], phase);
		g_assert_cmpint(number(db, sql), ==, 0);
		g_autofree char *totals = g_strdup_printf(
			"SELECT count(*) FROM totals t WHERE %s<>(SELECT ifnull(sum(%s), 0)"
			" FROM classes c JOIN verdicts v ON v.id=c.verdict"
			" WHERE v.verdict=t.verdict)",
			columns[phase], columns[phase]);
		g_assert_cmpint(number(db, totals), ==, 0);
	}
	g_assert_cmpint(number(db, "SELECT count(*) FROM totals"), ==, 4);
	g_assert_cmpint(number(db, "SELECT count(*) FROM recipients WHERE message NOT IN"
				   " (SELECT id FROM messages)"),
		==, 0);
	g_assert_cmpint(number(db, "SELECT count(*) FROM content WHERE id/8192 NOT IN"
				   " (SELECT id FROM messages)"),
		==, 0);
	sqlite3_close(db);
}

static gint64
class_number(Fixture *f, const char *key)
{
	g_autofree char *path = g_build_filename(f->dir, "queue.db", NULL);
	g_autofree char *sql =
		g_strdup_printf("SELECT id FROM classes WHERE key='%s' AND stale=0", key);
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	gint64 id = number(db, sql);
	sqlite3_close(db);
	return id;
}

/* Of a row of the class's own. */
void
fixture_verdict(RpQueueChange *change, gint64 class_id, RpClassVerdict verdict)
{
	gint64 row = 100 + class_id;

	rp_change_write_verdict(change, row, verdict, "odn", "0\todn\t[]\n");
	rp_change_give_verdict(change, class_id, row);
}

gint64
fixture_plan(Fixture *f, const char *key, RpClassVerdict verdict)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) new_ones = rp_queue_list_new(f->agent, 1000, &error);
	g_assert_no_error(error);
	RpQueueChange *change = fixture_change();
	for (guint i = 0; i < new_ones->len; i++) {
		RpMessageFacts facts;
		g_autofree const char **scratch = NULL;
		RpQueueMessage *message = new_ones->pdata[i];
		rp_queue_message_facts(message, &facts, &scratch);
		rp_change_classify(change, message->id, key, &facts);
	}
	fixture_apply(f, change);
	gint64 id = class_number(f, key);
	change = fixture_change();
	fixture_verdict(change, id, verdict);
	fixture_apply(f, change);
	return id;
}
