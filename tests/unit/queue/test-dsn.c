/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"
#include "../scratch.h"

#include <sqlite3.h>
#include <string.h>

/* What the sender wants to hear of the delivery (RFC 3461) stays with the message. */

/* "RET ENVID | ADDRESS NOTIFY ORIGINAL, ...", with "-" for what is not there. */
static char *
dsn_of(RpQueue *queue, RpMessageId id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueueMessage) message = rp_queue_get(queue, id, &error);
	g_assert_no_error(error);
	GString *all = g_string_new(NULL);

	g_string_printf(all, "%s %s |", message->dsn_ret ? message->dsn_ret : "-",
		message->dsn_envid ? message->dsn_envid : "-");
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		g_string_append_printf(all, "%s %s %s %s", i ? "," : "", recipient->address,
			recipient->dsn_notify ? recipient->dsn_notify : "-",
			recipient->dsn_original ? recipient->dsn_original : "-");
	}
	return g_string_free(all, FALSE);
}

static void
check(RpQueue *queue, RpMessageId id, const char *want)
{
	g_autofree char *got = dsn_of(queue, id);
	g_assert_cmpstr(got, ==, want);
}

static RpMessageId
submit(Fixture *f, const RpEnvelope *envelope)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpSubmission) submission = rp_submission_new(f->writer);
	RpMessageId id = 0;

	rp_submission_write(submission, "\r\nx\r\n", 5, &error);
	g_assert_no_error(error);
	rp_submission_commit(submission, envelope, &id, &error);
	g_assert_no_error(error);
	return id;
}

static void
test_kept(Fixture *f, gconstpointer data)
{
	const char *const recipients[] = {"a@x", "b@y", "c@z"};
	const char *const notify[] = {"NEVER", NULL, "SUCCESS,DELAY"};
	const char *const original[] = {NULL, "rfc822;b+old@y", NULL};
	const RpEnvelope envelope = {
		.sender = "taro@odn",
		.recipients = recipients,
		.n_recipients = 3,
		.dsn_ret = "HDRS",
		.dsn_envid = "QQ 314159",
		.dsn_notify = notify,
		.dsn_original = original,
	};
	RpMessageId id = submit(f, &envelope);
	check(f->agent, id,
		"HDRS QQ 314159 | a@x NEVER -, b@y - rfc822;b+old@y, c@z SUCCESS,DELAY -");

	/* Others are asked nothing about; who was a recipient before keeps what was asked. */
	const char *const others[] = {"d@z", "c@z", "b@y", NULL};
	RpQueueChange *change = fixture_change();
	rp_change_edit(change, id, NULL, others);
	fixture_apply(f, change);
	check(f->agent, id, "HDRS QQ 314159 | d@z - -, c@z SUCCESS,DELAY -, b@y - rfc822;b+old@y");
}

static void
test_none(Fixture *f, gconstpointer data)
{
	const char *const recipients[] = {"a@x"};
	const RpEnvelope envelope = {
		.sender = "taro@odn", .recipients = recipients, .n_recipients = 1};

	check(f->agent, submit(f, &envelope), "- - | a@x - -");
}

/* A queue that the version before this left: nothing of it is lost, and it takes new mail. */
static void
test_upgrade(gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_dir_make_tmp("roampost-queue-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "queue.db", NULL);
	g_autofree char *sql = NULL;
	char content[256] = "";
	RpMessageId id;
	sqlite3 *db;

	g_assert_true(g_file_get_contents(data, &sql, NULL, NULL));
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
	RpQueue *queue = rp_queue_open(dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	g_assert_true(rp_queue_resolve(queue, "37scwt45av", &id, &error));
	check(queue, id, "- - | a@x.example - -, b@y.example - -");
	g_autoptr(RpQueueMessage) message = rp_queue_get(queue, id, &error);
	g_assert_cmpint(message->state, ==, RP_MESSAGE_HELD);
	g_assert_cmpint(rp_queue_read(queue, id, 0, content, sizeof content - 1, &error), ==,
		message->size);
	g_assert_true(g_str_has_suffix(content, "\r\n\r\nkept\r\n"));

	Fixture f = {.dir = dir, .agent = queue};
	f.writer = rp_queue_open(dir, RP_QUEUE_WRITER, &error);
	g_assert_no_error(error);
	const char *const recipients[] = {"a@x"};
	const RpEnvelope envelope = {.sender = "taro@odn",
		.recipients = recipients,
		.n_recipients = 1,
		.dsn_ret = "FULL",
		.dsn_notify = recipients};
	check(queue, submit(&f, &envelope), "FULL - | a@x a@x -");
	rp_queue_close(f.writer);
	rp_queue_close(queue);
	scratch_remove(dir);
}

#define ADD(path, func)                                                                            \
	g_test_add("/queue/dsn/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	ADD("kept", test_kept);
	ADD("none", test_none);
	g_test_add_data_func("/queue/dsn/upgrade", argv[1], test_upgrade);
	return g_test_run();
}
