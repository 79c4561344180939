/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "roampost/message.h"
#include "../scratch.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADD(path, func)                                                                            \
	g_test_add("/queue/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

static void
test_ids(Fixture *f, gconstpointer data)
{
	static const char *const none[] = {"", "no id", "00000000000", "000000000u"};
	char text[RP_MESSAGE_ID_SIZE];
	RpMessageId back = 0, last = 0;
	g_autoptr(GError) error = NULL;

	for (int i = 0; i < 50; i++) {
		RpMessageId id = fixture_submit(f, "a@b", "c@d", 10);
		g_assert_cmpint(id, >, last);
		last = id;
	}
	rp_message_id_format(last, text);
	g_assert_cmpuint(strlen(text), ==, 10);
	g_autofree char *upper = g_ascii_strup(text, -1);
	g_assert_true(rp_queue_resolve(f->agent, upper, &back, &error));
	g_assert_cmpint(back, ==, last);

	text[3] = '\0';
	g_assert_false(rp_queue_resolve(f->agent, text, &back, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_INVALID); /* several */
	g_clear_error(&error);
	g_assert_false(rp_queue_resolve(f->agent, "0000000000", &back, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_NOT_FOUND);
	g_clear_error(&error);
	for (guint i = 0; i < G_N_ELEMENTS(none); i++) {
		g_assert_false(rp_queue_resolve(f->agent, none[i], &back, &error));
		g_assert_error(error, RP_ERROR, RP_ERROR_INVALID);
		g_clear_error(&error);
	}
}

static void
test_content(Fixture *f, gconstpointer data)
{
	static const gsize sizes[] = {
		0, 1, 65535, 65536, 65537, 1048575, 1048576, 1048577, 3000000};
	g_autofree char *buffer = g_malloc(100000);

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GError) error = NULL;
		RpMessageId id = fixture_submit(f, "a@b", "c@d", sizes[i]);
		gint64 at = 0;
		gssize n;
		while ((n = rp_queue_read(f->agent, id, at, buffer, 16384 + at % 7, &error)) > 0) {
			for (gssize j = 0; j < n; j++)
				if (buffer[j] != "0123456789abcdef\r\n"[(at + j) % 18])
					g_error("octet %" G_GINT64_FORMAT " differs", at + j);
			at += n;
		}
		g_assert_no_error(error);
		g_assert_cmpint(at, ==, sizes[i]);
		g_autoptr(RpQueueMessage) message = rp_queue_get(f->agent, id, &error);
		g_assert_cmpint(message->size, ==, sizes[i]);
		RpQueueChange *change = fixture_change();
		rp_change_delete(change, id);
		fixture_apply(f, change);
		g_assert_cmpint(rp_queue_read(f->agent, id, 0, buffer, 100, &error), ==, -1);
		g_assert_error(error, RP_ERROR, RP_ERROR_NOT_FOUND);
	}
}

static void
test_given_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpQueueCounts counts;
	g_autofree char *block = g_malloc0(1 << 20);

	for (int blocks = 0; blocks < 3; blocks++) {
		RpSubmission *submission = rp_submission_new(f->writer);
		for (int i = 0; i < blocks; i++)
			g_assert_true(rp_submission_write(submission, block, 1 << 20, &error));
		rp_submission_write(submission, block, 1000, &error);
		/* Not seen while it is coming in, not swept while its program lives. */
		g_autoptr(GPtrArray) all = rp_queue_list(f->agent, 0, 0, 0, &error);
		g_assert_cmpuint(all->len, ==, 0);
		g_assert_true(rp_queue_recover(f->agent, NULL, &error));
		rp_submission_write(submission, block, 1000, &error);
		rp_submission_free(submission);
		fixture_check_counters(f);
	}
	g_assert_true(rp_queue_counts(f->agent, &counts, &error));
	g_assert_cmpint(counts.by_state[RP_MESSAGE_QUEUED], ==, 0);
}

static void
run_sql(Fixture *f, const char *sql)
{
	g_autofree char *path = g_build_filename(f->dir, "queue.db", NULL);
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
}

/* Without the row of new messages nothing is stored, whatever the size, and the program hears so.
 */
static void
test_no_row_zero(Fixture *f, gconstpointer data)
{
	static const gsize sizes[] = {10, 3 << 20};
	const char *const recipients[] = {"c@d", NULL};
	const RpEnvelope envelope = {.sender = "a@b", .recipients = recipients, .n_recipients = 1};
	g_autofree char *content = g_malloc0(3 << 20);

	run_sql(f, "CREATE TABLE kept AS SELECT * FROM classes WHERE id=0;"
		   "DELETE FROM classes WHERE id=0");
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(RpSubmission) submission = rp_submission_new(f->writer);
		g_autoptr(GError) error = NULL;
		RpMessageId id = -1;

		if (rp_submission_write(submission, content, sizes[i], &error))
			g_assert_false(rp_submission_commit(submission, &envelope, &id, &error));
		g_assert_error(error, RP_ERROR, RP_ERROR_IO);
		g_assert_cmpint(id, ==, -1);
	}
	run_sql(f, "INSERT INTO classes SELECT * FROM kept; DROP TABLE kept");
	fixture_submit(f, "a@b", "c@d", 10);
}

/* One of several fails; the others are stored, each is told its own. */
static void
test_several(Fixture *f, gconstpointer data)
{
	const char *const recipients[] = {"c@d", NULL};
	RpSubmissionEnd ends[3] = {0};

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		ends[i].submission = rp_submission_new(f->writer);
		ends[i].envelope = (RpEnvelope){.sender = i == 1 ? NULL : "a@b",
			.recipients = recipients,
			.n_recipients = 1};
	}
	rp_submission_commit_all(ends, G_N_ELEMENTS(ends));
	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_assert_cmpint(ends[i].stored, ==, i != 1);
		g_assert_cmpint(ends[i].error == NULL, ==, i != 1);
		if (ends[i].stored)
			g_assert_cmpint(fixture_state(f, ends[i].id), ==, RP_MESSAGE_QUEUED);
		g_clear_error(&ends[i].error);
		rp_submission_free(ends[i].submission);
	}
}

static void
test_lock(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *pid = g_strdup_printf("process %d", (int)getpid());

	g_assert_null(rp_queue_open(f->dir, RP_QUEUE_AGENT, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_BUSY);
	g_assert_nonnull(strstr(error->message, pid));
	g_clear_error(&error);
	rp_queue_close(f->agent);
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
}

typedef struct {
	int turn, lock;
	gint over; /* the agent's end of it */
} Raiser;

/* Whether somebody waits for a lock on the file: the kernel's list has an arrow before such. */
static gboolean
is_awaited(int fd)
{
	g_autofree char *locks = NULL;
	struct stat status;

	g_assert_cmpint(fstat(fd, &status), ==, 0);
	g_autofree char *file = g_strdup_printf(":%lu ", (gulong)status.st_ino);
	g_assert_true(g_file_get_contents("/proc/locks", &locks, NULL, NULL));
	g_auto(GStrv) lines = g_strsplit(locks, "\n", -1);
	for (guint i = 0; lines[i]; i++)
		if (strstr(lines[i], "->") && strstr(lines[i], file))
			return TRUE;
	return FALSE;
}

static gpointer
let_go_when_awaited(gpointer data)
{
	Raiser *raiser = data;

	while (!is_awaited(raiser->turn) && !g_atomic_int_get(&raiser->over))
		g_thread_yield();
	close(raiser->lock);
	close(raiser->turn);
	return NULL;
}

static int
open_locked(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	g_assert_cmpint(flock(fd, LOCK_EX | LOCK_NB), ==, 0);
	return fd;
}

/* A program that raises the schema has both locks for a moment: an agent that starts waits. */
static void
test_lock_of_a_raiser(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	Raiser raiser = {0};
	GThread *thread;

	if (!g_file_test("/proc/locks", G_FILE_TEST_EXISTS)) {
		g_test_skip("no /proc/locks");
		return;
	}
	rp_queue_close(f->agent);
	raiser.turn = open_locked(f->dir, "turn");
	raiser.lock = open_locked(f->dir, "agent.lock");
	thread = g_thread_new("raiser", let_go_when_awaited, &raiser);
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_atomic_int_set(&raiser.over, 1);
	g_thread_join(thread);
	g_assert_no_error(error);
}

static void
test_directory(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *deep = g_build_filename(f->dir, "a", "b", NULL);
	g_autofree char *a = g_build_filename(f->dir, "a", NULL);
	struct stat status;

	g_assert_null(rp_queue_open(deep, RP_QUEUE_READER, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_NOT_FOUND);
	g_clear_error(&error);
	g_assert_false(g_file_test(deep, G_FILE_TEST_EXISTS));

	RpQueue *queue = rp_queue_open(deep, RP_QUEUE_WRITER, &error);
	g_assert_no_error(error);
	g_assert_cmpint(stat(deep, &status), ==, 0);
	g_assert_cmphex(status.st_mode & 0777, ==, 0700);
	g_autofree char *db = g_build_filename(deep, "queue.db", NULL);
	g_assert_cmpint(stat(db, &status), ==, 0);
	g_assert_cmphex(status.st_mode & 0777, ==, 0600);
	rp_queue_close(queue);

	g_assert_cmpint(chmod(deep, 0750), ==, 0);
	g_assert_null(rp_queue_open(deep, RP_QUEUE_WRITER, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_PERMISSION);
	g_clear_error(&error);
	chmod(deep, 0700);

	/* Without its log, which holds a good copy of all that was written lately. */
	g_autofree char *log = g_build_filename(deep, "queue.db-wal", NULL);
	g_assert_cmpint(g_unlink(log), ==, 0);
	g_file_set_contents(db, "this is no database, this is some text of no use", -1, NULL);
	g_assert_null(rp_queue_open(deep, RP_QUEUE_WRITER, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_IO);
	g_assert_nonnull(strstr(error->message, "damaged"));
	g_assert_null(strstr(error->message, "empty")); /* nothing that throws mail away */
	scratch_remove(deep);
	scratch_remove(a);
}

/* Why it waits is as true after it was on hold as before. */
static void
test_released_deferral(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpMessageId id = fixture_submit(f, "taro@odn", "a@x", 100);
	RpQueueChange *change = fixture_change();

	rp_change_defer(change, id, NOW + 60, "451 later");
	rp_change_hold(change, id);
	rp_change_release(change, id);
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_DEFERRED);
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->agent, id, &error);
	g_assert_cmpstr(message->hold_text, ==, "451 later");
}

static void
test_schema(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *command =
		g_strdup_printf("sqlite3 %s/queue.db 'PRAGMA user_version=99'", f->dir);
	g_autofree char *program = g_find_program_in_path("sqlite3");

	if (!program) {
		g_test_skip("no sqlite3 program");
		return;
	}
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_assert_null(rp_queue_open(f->dir, RP_QUEUE_WRITER, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_BUSY);
	g_assert_nonnull(strstr(error->message, "newer version"));
}

/* Whole life of a message: planned, held, sent in part, deferred, sent. */
static void
test_life(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpMessageId id = fixture_submit(f, "taro@odn", "a@x,b@y,c@z", 2000);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_QUEUED);
	gint64 class_id = fixture_plan(f, "k1", RP_CLASS_HOLD);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_HELD);

	RpQueueChange *change = fixture_change();
	fixture_verdict(change, class_id, RP_CLASS_SEND);
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_QUEUED);

	change = fixture_change();
	rp_change_sending(change, id);
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_SENDING);

	const RpRecipientResult part[] = {
		{0, RP_RECIPIENT_SENT, "250 ok"}, {1, RP_RECIPIENT_PENDING, "450 later"}};
	change = fixture_change();
	rp_change_outcome(change, id, part, 2, &(RpOutcomeWay){"odn", "ODN"});
	rp_change_defer(change, id, NOW + 60, "451 later");
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_DEFERRED);
	RpTime deadline;
	g_assert_true(rp_queue_next_deadline(f->agent, &deadline, &error));
	g_assert_cmpint(deadline, ==, NOW + 60);

	/* What is left is another message to the policy. */
	g_autoptr(GPtrArray) again = rp_queue_list_new(f->agent, 10, &error);
	g_assert_cmpuint(again->len, ==, 1);
	RpMessageFacts facts;
	g_autofree const char **scratch = NULL;
	rp_queue_message_facts(again->pdata[0], &facts, &scratch);
	g_assert_cmpuint(facts.n_recipients, ==, 2);
	g_assert_cmpstr(facts.recipients[0], ==, "b@y");
	class_id = fixture_plan(f, "k2", RP_CLASS_SEND);

	RpQueueCursor cursor = RP_QUEUE_CURSOR_INIT;
	g_autoptr(GPtrArray) none = rp_queue_next(f->agent, &class_id, 1, &cursor, 10, &error);
	g_assert_cmpuint(none->len, ==, 0);
	change = fixture_change();
	rp_change_undefer_due(change); /* not yet */
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_DEFERRED);
	change = fixture_change();
	rp_change_undefer_all(change);
	rp_change_sending(change, id);
	const RpRecipientResult rest[] = {
		{1, RP_RECIPIENT_SENT, "250 ok"}, {2, RP_RECIPIENT_SENT, "250 ok"}};
	rp_change_outcome(change, id, rest, 2, &(RpOutcomeWay){"sonet", NULL});
	fixture_apply(f, change);
	g_assert_null(rp_queue_get(f->agent, id, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_NOT_FOUND);
	g_clear_error(&error);

	g_autoptr(GPtrArray) history =
		rp_queue_load_history(f->agent, &(RpHistoryQuery){0}, &error);
	g_assert_cmpuint(history->len, ==, 2);
	const RpHistoryRecord *first = history->pdata[0];
	g_assert_cmpint(first->id, ==, id);
	g_assert_cmpuint(first->n_recipients, ==, 1);
	g_assert_cmpstr(first->set, ==, "odn");
	g_assert_cmpstr(first->provider, ==, "ODN");
	g_assert_cmpstr(first->sender, ==, "taro@odn");
	g_assert_cmpint(first->event, ==, RP_HISTORY_SENT);
	g_assert_cmpuint(((RpHistoryRecord *)history->pdata[1])->n_recipients, ==, 2);
}

static void
test_failed(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpMessageId id = fixture_submit(f, "taro@odn", "a@x,b@y", 2000);
	fixture_plan(f, "k", RP_CLASS_SEND);
	const RpRecipientResult results[] = {
		{0, RP_RECIPIENT_SENT, "250 ok"}, {1, RP_RECIPIENT_DEAD, "550 no such user"}};
	RpQueueChange *change = fixture_change();
	rp_change_sending(change, id);
	rp_change_outcome(change, id, results, 2, &(RpOutcomeWay){"odn", NULL});
	rp_change_defer(change, id, NOW + 1, NULL); /* nothing is left to be deferred */
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_FAILED);
	g_autoptr(GPtrArray) new_ones = rp_queue_list_new(f->agent, 10, &error);
	g_assert_cmpuint(new_ones->len, ==, 0);
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->agent, id, &error);
	const RpQueueRecipient *dead = message->recipients->pdata[1];
	g_assert_cmpint(dead->state, ==, RP_RECIPIENT_DEAD);
	g_assert_cmpstr(dead->reply, ==, "550 no such user");
	g_assert_cmpint(dead->time, ==, NOW);

	/* A recipient that was sent is never sent again. */
	change = fixture_change();
	rp_change_retry(change, id);
	rp_change_sending(change, id);
	rp_change_outcome(change, id, results, 1, &(RpOutcomeWay){"odn", NULL});
	fixture_refused(f, change, RP_ERROR_STATE);
	change = fixture_change();
	rp_change_retry(change, id);
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_QUEUED);
}

static void
send_with(Fixture *f, RpMessageId id, const RpRecipientResult *results, guint n)
{
	RpQueueChange *change = fixture_change();

	rp_change_sending(change, id);
	rp_change_outcome(change, id, results, n, &(RpOutcomeWay){"odn", NULL});
	fixture_apply(f, change);
}

static guint
n_in_state(Fixture *f, RpMessageId id, RpRecipientState state)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->agent, id, NULL);
	guint n = 0;

	for (guint i = 0; i < message->recipients->len; i++)
		n += ((RpQueueRecipient *)message->recipients->pdata[i])->state == state;
	return n;
}

static void
pin_elsewhere(RpQueueChange *change, RpMessageId id)
{
	rp_change_pin(change, id, "sonet");
}

/* The user is to decide about one recipient: the others don't wait for that. */
static void
test_rejected(Fixture *f, gconstpointer data)
{
	static const RpRecipientResult first[] = {
		{0, RP_RECIPIENT_REJECTED, "554 no"}, {1, RP_RECIPIENT_PENDING, "450 later"}};
	static const RpRecipientResult second[] = {
		{1, RP_RECIPIENT_DEAD, "550 no such user", TRUE}};
	static const struct {
		const char *name;
		void (*does)(RpQueueChange *change, RpMessageId id);
		guint n_pending;
		guint n_reports; /* that are still due */
	} frees[] = {{"release", rp_change_release, 1, 1}, {"pin", pin_elsewhere, 1, 1},
		{"retry", rp_change_retry, 2, 0}};
	g_autofree const char **scratch = NULL;
	g_autoptr(GError) error = NULL;
	RpMessageFacts facts;
	RpMessageId id = fixture_submit(f, "taro@odn", "a@x,b@y", 2000);

	fixture_plan(f, "k", RP_CLASS_SEND);
	send_with(f, id, first, 2);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_QUEUED);
	g_autoptr(RpQueueMessage) going = rp_queue_get(f->agent, id, &error);
	g_assert_cmpint(going->hold_reason, ==, -1);
	rp_queue_message_facts(going, &facts, &scratch);
	g_assert_cmpuint(facts.n_recipients, ==, 1);
	g_assert_cmpstr(facts.recipients[0], ==, "b@y");

	fixture_plan(f, "k", RP_CLASS_SEND);
	send_with(f, id, second, 1);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_HELD);
	g_autoptr(RpQueueMessage) held = rp_queue_get(f->agent, id, &error);
	g_assert_cmpint(held->hold_reason, ==, RP_REASON_SERVER_REJECTED);
	g_assert_cmpstr(held->hold_text, ==, "554 no");
	g_clear_pointer(&scratch, g_free);
	rp_queue_message_facts(held, &facts, &scratch);
	g_assert_cmpuint(facts.n_recipients, ==, 1); /* what it would be if it were set free */
	g_assert_cmpstr(facts.recipients[0], ==, "a@x");

	for (guint i = 0; i < G_N_ELEMENTS(frees); i++) {
		RpQueueChange *change = fixture_change();

		g_test_message("%s", frees[i].name);
		frees[i].does(change, id);
		fixture_apply(f, change);
		g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_QUEUED);
		g_assert_cmpuint(n_in_state(f, id, RP_RECIPIENT_PENDING), ==, frees[i].n_pending);
		g_assert_cmpuint(n_in_state(f, id, RP_RECIPIENT_REJECTED), ==, 0);
		g_autoptr(GPtrArray) due = rp_queue_load_reports(f->agent, &error);
		g_assert_cmpuint(due->len, ==, frees[i].n_reports);
		fixture_plan(f, "k", RP_CLASS_SEND);
		send_with(f, id, first, 1);
	}
	/* b@y is pending since the retry; an edit frees a@x too. */
	RpQueueChange *change = fixture_change();
	rp_change_edit(change, id, NULL, NULL);
	fixture_apply(f, change);
	g_assert_cmpuint(n_in_state(f, id, RP_RECIPIENT_PENDING), ==, 2);
	fixture_check_counters(f);

	g_autoptr(GPtrArray) history =
		rp_queue_load_history(f->agent, &(RpHistoryQuery){0}, &error);
	g_assert_cmpuint(history->len, ==, 5);
	const RpHistoryRecord *record = history->pdata[0];
	g_assert_cmpint(record->event, ==, RP_HISTORY_HELD);
	g_assert_cmpstr(record->text, ==, "554 no");
	g_assert_cmpstr(record->set, ==, "odn");
	g_assert_cmpint(((RpHistoryRecord *)history->pdata[1])->event, ==, RP_HISTORY_FAILED);
}

/* Refused, set free and refused again: each refusal is due a report of its own, whatever has become
 * of the first one's. */
static void
test_reports(Fixture *f, gconstpointer data)
{
	static const RpRecipientResult dead = {0, RP_RECIPIENT_DEAD, "550 no such user", TRUE};
	g_autoptr(GError) error = NULL;
	RpMessageId id = fixture_submit(f, "taro@odn", "a@x", 2000);
	gint64 first = 0;

	for (guint parked = 0; parked < 2; parked++) {
		fixture_plan(f, "k", RP_CLASS_SEND);
		send_with(f, id, &dead, 1);
		g_autoptr(GPtrArray) due = rp_queue_load_reports(f->agent, &error);
		g_assert_cmpuint(due->len, ==, 1);
		first = ((RpReportDue *)due->pdata[0])->number;
		RpQueueChange *change = fixture_change();
		if (parked)
			rp_change_report_parked(change, first, "/parked");
		rp_change_retry(change, id);
		fixture_apply(f, change);
		fixture_plan(f, "k", RP_CLASS_SEND);
		send_with(f, id, &dead, 1);
		g_autoptr(GPtrArray) both = rp_queue_load_reports(f->agent, &error);
		g_assert_cmpuint(both->len, ==, 1 + parked);
		if (parked)
			g_assert_cmpstr(((RpReportDue *)both->pdata[0])->file, ==, "/parked");
		change = fixture_change();
		rp_change_report_done(change, first);
		fixture_apply(f, change);
		g_autoptr(GPtrArray) left = rp_queue_load_reports(f->agent, &error);
		g_assert_cmpuint(left->len, ==, 1);
		g_assert_cmpint(((RpReportDue *)left->pdata[0])->number, !=, first);
		g_assert_null(((RpReportDue *)left->pdata[0])->file);
		change = fixture_change();
		rp_change_retry(change, id);
		fixture_apply(f, change);
	}
}

static void
mark_sending(Fixture *f, RpMessageId id)
{
	RpQueueChange *change = fixture_change();

	fixture_plan(f, "k", RP_CLASS_SEND);
	rp_change_sending(change, id);
	fixture_apply(f, change);
}

static void
record_result(Fixture *f, RpMessageId id, guint recipient)
{
	const RpRecipientResult result = {recipient, RP_RECIPIENT_SENT, "250 ok"};
	RpQueueChange *change = fixture_change();

	rp_change_outcome(change, id, &result, 1, &(RpOutcomeWay){"odn", "odn"});
	fixture_apply(f, change);
}

/* The agent is gone, and another begins; how many messages it says may arrive twice. */
static guint
take_over(Fixture *f)
{
	g_autoptr(GError) error = NULL;
	guint n = 0;

	rp_queue_close(f->agent);
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	g_assert_true(rp_queue_recover(f->agent, &n, &error));
	return n;
}

static void
test_sending_left_over(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpMessageId id = fixture_submit(f, "taro@odn", "a@x", 2000);

	mark_sending(f, id);
	g_assert_cmpuint(take_over(f), ==, 1);
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->agent, id, &error);
	g_assert_cmpint(message->state, ==, RP_MESSAGE_QUEUED);
	g_assert_cmphex(message->flags & RP_MESSAGE_MAYBE_SENT, !=, 0);
}

/* Who sees the double afterwards finds why; of those alone who may have it twice. */
static void
test_sending_left_over_in_history(Fixture *f, gconstpointer data)
{
	const RpHistoryQuery query = {.events = 1u << RP_HISTORY_MAYBE_SENT};
	RpMessageId id = fixture_submit(f, "taro@odn", "a@x,b@x,c@x", 2000);
	gint64 before = g_get_real_time();

	fixture_submit(f, "taro@odn", "waits@x", 2000);
	mark_sending(f, id);
	record_result(f, id, 1);
	mark_sending(f, id);
	g_assert_cmpuint(take_over(f), ==, 1);
	g_assert_cmpuint(take_over(f), ==, 0);
	mark_sending(f, id);
	record_result(f, id, 0);
	mark_sending(f, id);
	record_result(f, id, 2);

	g_assert_null(rp_queue_get(f->agent, id, NULL));
	g_autoptr(GPtrArray) records = rp_queue_load_history(f->agent, &query, NULL);
	g_assert_cmpuint(records->len, ==, 1);
	const RpHistoryRecord *record = records->pdata[0];
	g_autofree char *to = g_strjoinv(" ", record->recipients);
	g_assert_cmpint(record->id, ==, id);
	g_assert_cmpstr(record->text, ==, "the agent ended while it was being sent");
	g_assert_cmpstr(record->sender, ==, "taro@odn");
	g_assert_cmpuint(record->n_recipients, ==, 2);
	g_assert_cmpstr(to, ==, "a@x c@x");
	g_assert_null(record->set);
	g_assert_cmpint(record->time, >=, before);
}

static void
test_refusals(Fixture *f, gconstpointer data)
{
	static void (*const actions[])(RpQueueChange *, RpMessageId) = {
		rp_change_hold, rp_change_release, rp_change_retry, rp_change_delete};
	RpMessageId id = fixture_submit(f, "taro@odn", "a@x", 2000);
	const char *const nobody[] = {NULL};
	fixture_plan(f, "k", RP_CLASS_SEND);

	RpQueueChange *change = fixture_change();
	rp_change_edit(change, id, NULL, nobody);
	fixture_refused(f, change, RP_ERROR_INVALID);
	change = fixture_change();
	rp_change_sending(change, id);
	fixture_apply(f, change);
	for (guint i = 0; i < G_N_ELEMENTS(actions); i++) {
		change = fixture_change();
		actions[i](change, id);
		fixture_refused(f, change, RP_ERROR_STATE);
		change = fixture_change();
		actions[i](change, 12345);
		fixture_refused(f, change, RP_ERROR_NOT_FOUND);
	}
	change = fixture_change();
	rp_change_pin(change, id, "odn");
	fixture_refused(f, change, RP_ERROR_STATE);
	change = fixture_change();
	rp_change_edit(change, id, "x@y", NULL);
	fixture_refused(f, change, RP_ERROR_STATE);
	change = fixture_change();
	rp_change_sending(change, id); /* a second time */
	fixture_refused(f, change, RP_ERROR_STATE);
	change = fixture_change();
	rp_change_sending_if_ready(change, id);
	rp_change_sending_if_ready(change, 12345);
	fixture_apply(f, change);

	/* All or nothing. */
	RpMessageId other = fixture_submit(f, "taro@odn", "a@x", 2000);
	change = fixture_change();
	rp_change_hold(change, other);
	rp_change_delete(change, id);
	fixture_refused(f, change, RP_ERROR_STATE);
	g_assert_cmpint(fixture_state(f, other), ==, RP_MESSAGE_QUEUED);
}

static void
test_user(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpMessageId id = fixture_submit(f, "taro@odn", "a@x", 2000);
	gint64 class_id = fixture_plan(f, "k", RP_CLASS_SEND);
	RpQueueCursor cursor = RP_QUEUE_CURSOR_INIT;

	RpQueueChange *change = fixture_change();
	rp_change_hold(change, id);
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_HELD);
	g_autoptr(GPtrArray) none = rp_queue_next(f->agent, &class_id, 1, &cursor, 10, &error);
	g_assert_cmpuint(none->len, ==, 0);
	change = fixture_change();
	rp_change_retry(change, id); /* that is another thing to want */
	fixture_refused(f, change, RP_ERROR_STATE);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_HELD);
	change = fixture_change();
	rp_change_release(change, id);
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_QUEUED);

	change = fixture_change();
	rp_change_hold_message(change, id, RP_REASON_SERVER_REJECTED, "550 5.7.1 spam");
	rp_change_pin(change, id, "sonet");
	fixture_apply(f, change);
	g_autoptr(RpQueueMessage) pinned = rp_queue_get(f->agent, id, &error);
	g_assert_cmpint(pinned->state, ==, RP_MESSAGE_QUEUED); /* another server may take it */
	g_assert_cmpint(pinned->hold_reason, ==, -1);
	g_assert_cmpstr(pinned->pin, ==, "sonet");
	g_assert_cmpint(pinned->class_id, ==, RP_CLASS_NEW);

	const char *const others[] = {"b@y", "c@z", "c@Z", "b@y", NULL};
	change = fixture_change();
	rp_change_retry(change, id);
	rp_change_edit(change, id, NULL, others);
	fixture_apply(f, change);
	g_autoptr(RpQueueMessage) edited = rp_queue_get(f->agent, id, &error);
	g_assert_cmpint(edited->state, ==, RP_MESSAGE_QUEUED);
	g_assert_cmpuint(edited->recipients->len, ==, 2);
	g_assert_cmpstr(((RpQueueRecipient *)edited->recipients->pdata[1])->address, ==, "c@z");
}

/* A list with one address mended names those, too, who have the message. */
static void
test_edit_after_a_part_was_sent(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpMessageId id = fixture_submit(f, "taro@odn", "a@x,b@y", 100);
	const RpRecipientResult part[] = {
		{0, RP_RECIPIENT_SENT, "250 ok"}, {1, RP_RECIPIENT_DEAD, "550 no such user"}};
	const char *const mended[] = {"a@X", "c@y", NULL}, *const again[] = {"a@x", NULL};
	RpQueueChange *change = fixture_change();

	rp_change_sending(change, id);
	rp_change_outcome(change, id, part, 2, &(RpOutcomeWay){"odn", "ODN"});
	rp_change_edit(change, id, NULL, mended);
	fixture_apply(f, change);
	g_autoptr(RpQueueMessage) edited = rp_queue_get(f->agent, id, &error);
	g_assert_cmpuint(edited->recipients->len, ==, 2);
	const RpQueueRecipient *sent = edited->recipients->pdata[0];
	const RpQueueRecipient *left = edited->recipients->pdata[1];
	g_assert_cmpint(sent->state, ==, RP_RECIPIENT_SENT);
	g_assert_cmpstr(left->address, ==, "c@y");
	g_assert_cmpint(left->state, ==, RP_RECIPIENT_PENDING);

	change = fixture_change();
	rp_change_edit(change, id, NULL, again);
	g_assert_false(rp_queue_apply(f->agent, change, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_INVALID);
}

static void
test_change_sender(Fixture *f, gconstpointer data)
{
	static const char header[] = "From: Taro <taro@odn>\r\nSubject: s\r\n\r\n";
	static const char want[] = "From: Taro <taro@sonet.example>\r\nSubject: s\r\n\r\n";
	g_autoptr(GError) error = NULL;
	const char *const recipients[] = {"a@x"};
	const RpEnvelope envelope = {.sender = "taro@odn",
		.header_from = "taro@odn",
		.recipients = recipients,
		.n_recipients = 1};
	g_autofree char *body = g_malloc(200000), *got = g_malloc(300000);
	RpMessageId id;

	memset(body, 'x', 200000);
	for (int i = 0; i < 200000; i += 1000)
		g_snprintf(body + i, 20, "%d\r\n", i);
	RpSubmission *submission = rp_submission_new(f->writer);
	rp_submission_write(submission, header, strlen(header), &error);
	rp_submission_write(submission, body, 200000, &error);
	g_assert_true(rp_submission_commit(submission, &envelope, &id, &error));
	rp_submission_free(submission);

	RpQueueChange *change = fixture_change();
	rp_change_edit(change, id, "taro@sonet.example", NULL);
	rp_change_edit_header(change, id, rp_message_replace_from, "taro@sonet.example");
	fixture_apply(f, change);
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->agent, id, &error);
	g_assert_cmpstr(message->sender, ==, "taro@sonet.example");
	g_assert_cmpstr(message->header_from, ==, "taro@sonet.example");
	gint64 at = 0;
	gssize n;
	while ((n = rp_queue_read(f->agent, id, at, got + at, 10000, &error)) > 0)
		at += n;
	g_assert_cmpint(at, ==, strlen(want) + 200000);
	g_assert_cmpint(message->size, ==, at);
	g_assert_cmpmem(got, strlen(want), want, strlen(want));
	g_assert_cmpmem(got + strlen(want), 200000, body, 200000);
}

static void
test_order(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	static const gsize sizes[] = {50000, 2000, 5000, 1000, 60000, 3000, 300000};
	static const guint want[] = {1, 3, 5, 2, 0, 4, 6};
	RpMessageId ids[G_N_ELEMENTS(sizes)];
	gint64 classes[2];

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		ids[i] = fixture_submit(f, "a@b", "c@d", sizes[i]);
		classes[i & 1] = fixture_plan(f, i & 1 ? "odd" : "even", RP_CLASS_SEND);
	}
	RpQueueCursor cursor = RP_QUEUE_CURSOR_INIT;
	for (guint i = 0; i < G_N_ELEMENTS(want);) {
		g_autoptr(GPtrArray) page = rp_queue_next(f->agent, classes, 2, &cursor, 2, &error);
		g_assert_cmpuint(page->len, >, 0);
		for (guint j = 0; j < page->len; j++, i++)
			g_assert_cmpint(((RpQueueMessage *)page->pdata[j])->id, ==, ids[want[i]]);
	}
	g_autoptr(GPtrArray) end = rp_queue_next(f->agent, classes, 2, &cursor, 2, &error);
	g_assert_cmpuint(end->len, ==, 0);
}

static gboolean
look_at_class(const RpQueueClass *class_, gpointer user)
{
	RpMessageFacts facts;

	g_assert_cmpint(class_->n_ready, ==, 5);
	g_assert_cmpint(class_->n_held, ==, 1);
	rp_queue_class_facts(class_, &facts);
	g_assert_cmpstr(facts.sender, ==, "a@b");
	g_assert_cmpuint(facts.n_recipients, ==, 1);
	g_assert_cmpstr(facts.recipients[0], ==, "c@d");
	g_assert_cmpint(facts.size, ==, 100);
	++*(guint *)user;
	return TRUE;
}

static void
test_reclass(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpMessageId ids[6];

	for (int i = 0; i < 6; i++)
		ids[i] = fixture_submit(f, "a@b", "c@d", 100);
	gint64 old = fixture_plan(f, "k", RP_CLASS_HOLD);
	RpQueueChange *change = fixture_change();
	rp_change_hold(change, ids[5]);
	rp_change_reclass_all(change);
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, ids[0]), ==, RP_MESSAGE_HELD);
	g_assert_cmpint(fixture_state(f, ids[5]), ==, RP_MESSAGE_HELD);
	g_autoptr(GPtrArray) new_ones = rp_queue_list_new(f->agent, 4, &error);
	g_assert_cmpuint(new_ones->len, ==, 4);
	/* The same key again is another class. */
	gint64 class_id = fixture_plan(f, "k", RP_CLASS_SEND);
	g_assert_cmpint(class_id, !=, old);
	g_autoptr(GPtrArray) none = rp_queue_list_new(f->agent, 4, &error);
	g_assert_cmpuint(none->len, ==, 0);
	/* An old number means nothing any more. */
	change = fixture_change();
	fixture_verdict(change, old, RP_CLASS_HOLD);
	rp_change_prune_classes(change);
	fixture_apply(f, change);
	guint n = 0;
	g_assert_true(rp_queue_foreach_class(
		f->agent, RP_QUEUE_CLASS_WHOLE, RP_CLASS_NEW, look_at_class, &n, &error));
	g_assert_cmpuint(n, ==, 1);
	g_autofree char *recipient = rp_queue_class_recipient(f->agent, class_id, 0);
	g_assert_cmpstr(recipient, ==, "c@d");
	g_assert_null(rp_queue_class_recipient(f->agent, class_id, 1));
	g_assert_null(rp_queue_class_recipient(f->agent, old, 0));
}

/* ---- reading classes ---- */

static gboolean
look_at_many(const RpQueueClass *class_, gpointer user)
{
	guint *n = user;
	RpMessageFacts facts;

	rp_queue_class_facts(class_, &facts);
	g_assert_cmpuint(facts.n_recipients, ==, 2);
	g_assert_cmpstr(facts.recipients[0], ==, "c@d");
	g_assert_cmpstr(facts.recipients[1], ==, "e@f");
	g_assert_null(facts.recipients[2]);
	return ++*n < 2;
}

static gboolean
look_at_numbers(const RpQueueClass *class_, gpointer user)
{
	g_assert_cmpint(class_->n_ready, ==, 1);
	g_assert_cmpint(class_->verdict_id, >, 0);
	g_assert_null(class_->sender);
	g_assert_cmpuint(class_->n_recipients, ==, 0);
	++*(guint *)user;
	return TRUE;
}

static void
test_foreach_class(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	char key[] = "k0";
	guint n = 0;

	for (; key[1] < '3'; key[1]++) {
		fixture_submit(f, "a@b", "c@d,e@f", 100);
		fixture_plan(f, key, RP_CLASS_SEND);
	}
	/* Who has seen enough is asked no more, and the next one begins anew. */
	for (guint i = 0; i < 2; i++, n = 0) {
		g_assert_true(rp_queue_foreach_class(
			f->agent, RP_QUEUE_CLASS_WHOLE, RP_CLASS_NEW, look_at_many, &n, &error));
		g_assert_cmpuint(n, ==, 2);
	}
	g_assert_true(rp_queue_foreach_class(
		f->agent, RP_QUEUE_CLASS_NUMBERS, RP_CLASS_NEW, look_at_numbers, &n, &error));
	g_assert_cmpuint(n, ==, 3);
}

static void
test_list(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpMessageId ids[10];
	RpMessageId after = 0;
	guint seen = 0;

	for (int i = 0; i < 10; i++)
		ids[i] = fixture_submit(f, "a@b", "c@d,e@f", 100);
	fixture_plan(f, "k", RP_CLASS_SEND);
	RpQueueChange *change = fixture_change();
	for (int i = 0; i < 10; i += 3)
		rp_change_hold(change, ids[i]);
	fixture_apply(f, change);
	for (;;) {
		g_autoptr(GPtrArray) page = rp_queue_list(f->agent,
			1u << RP_MESSAGE_QUEUED | 1u << RP_MESSAGE_FAILED, after, 4, &error);
		g_assert_no_error(error);
		if (page->len == 0)
			break;
		for (guint i = 0; i < page->len; i++) {
			const RpQueueMessage *message = page->pdata[i];
			g_assert_cmpint(message->id, >, after);
			g_assert_cmpint(message->state, ==, RP_MESSAGE_QUEUED);
			g_assert_cmpuint(message->recipients->len, ==, 2);
			after = message->id;
			seen++;
		}
	}
	g_assert_cmpuint(seen, ==, 6);
	g_autoptr(GPtrArray) held = rp_queue_list(f->agent, 1u << RP_MESSAGE_HELD, 0, 0, &error);
	g_assert_cmpuint(held->len, ==, 4);
}

/* Whatever is done in whatever order, the counters hold and nothing is lost. */
static void
test_random(Fixture *f, gconstpointer data)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(15);
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	const RpRecipientResult results[] = {{0, RP_RECIPIENT_SENT, "250"},
		{0, RP_RECIPIENT_DEAD, "550"}, {0, RP_RECIPIENT_PENDING, "450"},
		{0, RP_RECIPIENT_REJECTED, "554"}};

	for (int i = 0; i < 600; i++) {
		g_autoptr(GError) error = NULL;
		RpQueueChange *change = rp_queue_change_new(NOW + i);
		if (ids->len < 20) {
			RpMessageId id = fixture_submit(f, "a@b", "c@d", 100);
			g_array_append_val(ids, id);
		}
		for (int n = g_rand_int_range(rand, 1, 4); n > 0; n--) {
			RpMessageId id =
				g_array_index(ids, gint64, g_rand_int_range(rand, 0, ids->len));
			const RpMessageFacts facts = {.sender = "a@b"};
			char key[2] = {(char)g_rand_int_range(rand, 'a', 'f'), '\0'};
			switch (g_rand_int_range(rand, 0, 16)) {
			case 0:
				rp_change_hold(change, id);
				break;
			case 1:
				rp_change_release(change, id);
				break;
			case 2:
				rp_change_retry(change, id);
				break;
			case 3:
				rp_change_delete(change, id);
				break;
			case 4:
				rp_change_pin(change, id, key);
				break;
			case 5:
				rp_change_defer(change, id, NOW + i + 10, NULL);
				break;
			case 6:
				rp_change_undefer_due(change);
				break;
			case 7:
				rp_change_reclass_all(change);
				break;
			case 8:
				rp_change_prune_classes(change);
				break;
			case 9:
				rp_change_put_back(change, id, TRUE);
				break;
			case 10:
				rp_change_hold_message(change, id, RP_REASON_SERVER_REJECTED, "x");
				break;
			case 11:
				rp_change_outcome(change, id,
					&results[g_rand_int_range(rand, 0, 4)], 1,
					&(RpOutcomeWay){"s", NULL});
				break;
			case 12:
				rp_change_sending_if_ready(change, id);
				break;
			case 13:
				rp_change_sending_if_ready(change, id);
				break;
			default:
				rp_change_classify(change, id, key, &facts);
				break;
			}
		}
		if (!rp_queue_apply(i & 1 ? f->agent : f->writer, change, &error) &&
			error->code != RP_ERROR_STATE && error->code != RP_ERROR_NOT_FOUND)
			g_assert_no_error(error);
		for (guint n = 0; n < ids->len;) {
			g_autoptr(RpQueueMessage) message =
				rp_queue_get(f->agent, g_array_index(ids, gint64, n), NULL);
			if (message)
				n++;
			else
				g_array_remove_index_fast(ids, n);
		}
		g_autoptr(GPtrArray) all = rp_queue_list(f->agent, 0, 0, 0, &error);
		g_assert_cmpuint(all->len, ==, ids->len);
		if (i % 20 == 0)
			fixture_check_counters(f);
	}
}

/* Held from the beginning: each by what it was said, and free when that is over. */
static void
test_held_from_the_start(Fixture *f, gconstpointer data)
{
	static const char *const recipients[] = {"b@x.example"};
	RpEnvelope envelope = {.sender = "a@b", .recipients = recipients, .n_recipients = 1};
	RpMessageId ids[3];
	RpTime due = 0;

	for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
		g_autoptr(RpSubmission) submission = rp_submission_new(f->writer);

		envelope.hold = i != 1;
		envelope.not_before = i >= 1 ? NOW + 100 : 0;
		g_assert_true(rp_submission_commit(submission, &envelope, &ids[i], NULL));
		g_assert_cmpint(fixture_state(f, ids[i]), ==, RP_MESSAGE_HELD);
	}
	fixture_check_counters(f);
	g_assert_true(rp_queue_next_not_before(f->agent, &due, NULL));
	g_assert_cmpint(due, ==, NOW + 100);
	RpQueueChange *change = rp_queue_change_new(NOW + 99);
	rp_change_undefer_due(change);
	rp_change_undefer_all(change);
	rp_change_edit(change, ids[1], "c@d", NULL); /* another form is no other time */
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, ids[1]), ==, RP_MESSAGE_HELD);
	change = rp_queue_change_new(NOW + 100);
	rp_change_undefer_due(change);
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, ids[0]), ==, RP_MESSAGE_HELD);
	g_assert_cmpint(fixture_state(f, ids[1]), ==, RP_MESSAGE_QUEUED);
	g_assert_cmpint(fixture_state(f, ids[2]), ==, RP_MESSAGE_HELD); /* by the user's hold */
	g_assert_true(rp_queue_next_not_before(f->agent, &due, NULL));
	g_assert_cmpint(due, ==, G_MAXINT64);
	change = fixture_change();
	rp_change_release(change, ids[0]);
	rp_change_release(change, ids[2]);
	rp_change_not_before(change, ids[1], NOW + 500);
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, ids[0]), ==, RP_MESSAGE_QUEUED);
	g_assert_cmpint(fixture_state(f, ids[2]), ==, RP_MESSAGE_QUEUED);
	g_assert_cmpint(fixture_state(f, ids[1]), ==, RP_MESSAGE_HELD);
	change = fixture_change();
	rp_change_release(change, ids[1]);
	fixture_apply(f, change);
	g_assert_cmpint(fixture_state(f, ids[1]), ==, RP_MESSAGE_QUEUED);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("ids", test_ids);
	ADD("content", test_content);
	ADD("given-up", test_given_up);
	ADD("no-row-zero", test_no_row_zero);
	ADD("several", test_several);
	ADD("lock", test_lock);
	ADD("lock-of-a-raiser", test_lock_of_a_raiser);
	ADD("directory", test_directory);
	ADD("edit-after-a-part-was-sent", test_edit_after_a_part_was_sent);
	ADD("schema", test_schema);
	ADD("released-deferral", test_released_deferral);
	ADD("life", test_life);
	ADD("failed", test_failed);
	ADD("rejected", test_rejected);
	ADD("reports", test_reports);
	ADD("sending-left-over", test_sending_left_over);
	ADD("sending-left-over-in-history", test_sending_left_over_in_history);
	ADD("refusals", test_refusals);
	ADD("user", test_user);
	ADD("held-from-the-start", test_held_from_the_start);
	ADD("change-sender", test_change_sender);
	ADD("order", test_order);
	ADD("reclass", test_reclass);
	ADD("foreach-class", test_foreach_class);
	ADD("list", test_list);
	ADD("random", test_random);
	return g_test_run();
}
