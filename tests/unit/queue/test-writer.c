/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The agent's asynchronous writes, the bell, several processes, and the records. */

#define ADD(path, func)                                                                            \
	g_test_add("/queue/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

typedef struct {
	GArray *order; /* of int */
	int wanted;
	GMainLoop *loop;
	int destroyed;
	GError *error;
} Log;

typedef struct {
	Log *log;
	int number;
} Entry;

static void
on_done(const GError *error, gpointer data)
{
	Entry *entry = data;
	g_array_append_val(entry->log->order, entry->number);
	if (error && !entry->log->error)
		entry->log->error = g_error_copy(error);
	if ((int)entry->log->order->len == entry->log->wanted)
		g_main_loop_quit(entry->log->loop);
}

static void
on_destroy(gpointer data)
{
	Entry *entry = data;
	entry->log->destroyed++;
	g_free(entry);
}

static void
push(Fixture *f, Log *log, int number, RpQueueChange *change)
{
	Entry *entry = g_new(Entry, 1);
	*entry = (Entry){log, number};
	rp_queue_apply_async(f->agent, change, on_done, entry, on_destroy);
}

static Log
log_new(int wanted)
{
	return (Log){.order = g_array_new(FALSE, FALSE, sizeof(int)),
		.wanted = wanted,
		.loop = g_main_loop_new(NULL, FALSE)};
}

static void
log_clear(Log *log)
{
	g_array_unref(log->order);
	g_main_loop_unref(log->loop);
	g_clear_error(&log->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Log, log_clear)

static gboolean
on_timeout(gpointer data)
{
	g_error("nothing happened for a minute");
	return G_SOURCE_REMOVE;
}

static void
run(GMainLoop *loop)
{
	guint guard = g_timeout_add_seconds(180, on_timeout, NULL);
	g_main_loop_run(loop);
	g_source_remove(guard);
}

/* Nobody writes to the queue until this is closed. */
static int
keep_turn(Fixture *f)
{
	g_autofree char *path = g_build_filename(f->dir, "turn", NULL);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
	return fd;
}

static void
test_async(Fixture *f, gconstpointer data)
{
	g_auto(Log) log = log_new(301);
	RpMessageId ids[300];

	for (int i = 0; i < 300; i++)
		ids[i] = fixture_submit(f, "a@b", "c@d", 100);
	int turn = keep_turn(f);
	for (int i = 0; i < 300; i++) {
		RpQueueChange *change = fixture_change();
		rp_change_hold(change, ids[i]);
		push(f, &log, i, change);
	}
	/* One that fails does not take the others with it. */
	RpQueueChange *change = fixture_change();
	rp_change_hold(change, ids[0]);
	rp_change_delete(change, 12345);
	push(f, &log, 300, change);
	close(turn); /* it did not wait for that */
	run(log.loop);
	for (int i = 0; i <= 300; i++)
		g_assert_cmpint(g_array_index(log.order, int, i), ==, i);
	g_assert_error(log.error, RP_ERROR, RP_ERROR_NOT_FOUND);
	g_assert_cmpint(log.destroyed, ==, 301);
	for (int i = 0; i < 300; i++)
		g_assert_cmpint(fixture_state(f, ids[i]), ==, RP_MESSAGE_HELD);
}

/* Of three in one transaction one fails, at its end: what it had done is taken back, and nothing
 * else; be it the first, behind which there is no savepoint. */
static void
test_one_fails(Fixture *f, gconstpointer data)
{
	for (int bad = 0; bad < 3; bad++) {
		g_auto(Log) log = log_new(3);
		RpMessageId ids[3];
		RpQueueCounts before, after;
		int turn;

		for (int i = 0; i < 3; i++)
			ids[i] = fixture_submit(f, "a@b", "c@d", 100);
		g_assert_true(rp_queue_counts(f->agent, &before, NULL));
		turn = keep_turn(f);
		for (int i = 0; i < 3; i++) {
			RpQueueChange *change = fixture_change();

			rp_change_hold(change, ids[i]);
			if (i == bad)
				rp_change_delete(change, 12345);
			push(f, &log, i, change);
		}
		close(turn);
		run(log.loop);
		g_assert_error(log.error, RP_ERROR, RP_ERROR_NOT_FOUND);
		for (int i = 0; i < 3; i++)
			g_assert_cmpint(fixture_state(f, ids[i]) == RP_MESSAGE_HELD, ==, i != bad);
		g_assert_true(rp_queue_counts(f->agent, &after, NULL));
		g_assert_cmpint(
			after.by_state[RP_MESSAGE_HELD], ==, before.by_state[RP_MESSAGE_HELD] + 2);
	}
}

static void
test_close(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_auto(Log) log = log_new(50);
	RpMessageId id = fixture_submit(f, "a@b", "c@d", 100);

	for (int i = 0; i < 50; i++) {
		RpQueueChange *change = fixture_change();
		rp_change_hold(change, id);
		push(f, &log, i, change);
	}
	rp_queue_close(f->agent);
	g_assert_cmpint(log.destroyed, ==, 50);
	g_assert_cmpuint(log.order->len, ==, 0);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(log.order->len, ==, 0);
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_HELD);
}

static int n_syncs;

static void
push_with(Fixture *f, Log *log, int first, int n, RpSpan patience)
{
	for (int i = first; i < first + n; i++) {
		RpQueueChange *change = fixture_change();
		g_autofree char *value = g_strdup_printf("%d", i);

		rp_change_save_set_fact(change, "odn", "number", value);
		rp_queue_change_set_patience(change, patience);
		push(f, log, i, change);
	}
}

static void
push_patient(Fixture *f, Log *log, int first, int n)
{
	push_with(f, log, first, n, RP_PATIENCE_OUTCOME);
}

static void
assert_number(Fixture *f, const char *want)
{
	g_autoptr(GPtrArray) facts = rp_queue_load_set_facts(f->writer, NULL);

	g_assert_cmpuint(facts->len, ==, 1);
	g_assert_cmpstr(((RpSetFact *)facts->pdata[0])->value, ==, want);
}

/* They wait for one that may not, or for a while, and share a commit; in their order, and on the
 * disk when it is said. */
static void
test_patient(Fixture *f, gconstpointer data)
{
	g_auto(Log) log = log_new(21);
	RpQueueChange *change = fixture_change();

	rp_change_save_set_fact(
		change, "odn", "number", "-1"); /* a log that begins anew is synced once more */
	fixture_apply(f, change);
	change = fixture_change();
	g_atomic_int_set(&n_syncs, 0);
	push_patient(f, &log, 0, 20);
	g_usleep(50 * G_TIME_SPAN_MILLISECOND); /* time enough for what would not wait */
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 0);
	rp_change_save_set_fact(change, "odn", "number", "20");
	push(f, &log, 20, change);
	run(log.loop);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 1);
	for (int i = 0; i <= 20; i++)
		g_assert_cmpint(g_array_index(log.order, int, i), ==, i);
	g_assert_no_error(log.error);
	assert_number(f, "20");

	log.wanted = 31;
	push_patient(f, &log, 21, 10);
	run(log.loop);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 2);
	assert_number(f, "30");
}

/* The least patient of them says how long, also where it is not the first. */
static void
test_least_patient(Fixture *f, gconstpointer data)
{
	g_auto(Log) log = log_new(2);
	RpQueueChange *change = fixture_change();
	gint64 start;

	rp_change_save_set_fact(change, "odn", "number", "-1");
	fixture_apply(f, change);
	g_atomic_int_set(&n_syncs, 0);
	start = g_get_monotonic_time();
	push_with(f, &log, 0, 1, 10 * RP_PATIENCE_FACT);
	push_with(f, &log, 1, 1, RP_PATIENCE_BRIEF);
	run(log.loop);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 5 * RP_PATIENCE_FACT);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 1);
	assert_number(f, "1");
}

/* The end of the agent is no reason to forget what waits. */
static void
test_patient_at_the_end(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_auto(Log) log = log_new(0);

	push_patient(f, &log, 0, 3);
	rp_queue_close(f->agent);
	g_assert_cmpint(log.destroyed, ==, 3);
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	assert_number(f, "2");
}

static void
push_fact(Fixture *f, Log *log, int number, RpSpan patience, gboolean unsynced)
{
	RpQueueChange *change = fixture_change();
	g_autofree char *value = g_strdup_printf("%d", number);

	rp_change_save_set_fact(change, "odn", "number", value);
	rp_queue_change_set_patience(change, patience);
	if (unsynced)
		rp_queue_change_leave_unsynced(change);
	push(f, log, number, change);
}

static void
begin_counting(Fixture *f)
{
	RpQueueChange *change = fixture_change();

	rp_change_save_set_fact(change, "odn", "number", "-1");
	fixture_apply(f, change);
	g_atomic_int_set(&n_syncs, 0);
}

/* What promises nothing costs no sync, and is there for others; what comes after it has it synced
 * too, alone or in one commit with it. */
static void
test_unsynced(Fixture *f, gconstpointer data)
{
	g_auto(Log) log = log_new(1);

	begin_counting(f);
	push_fact(f, &log, 0, 0, TRUE);
	run(log.loop);
	g_assert_no_error(log.error);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 0);
	assert_number(f, "0");
	log.wanted = 2;
	push_fact(f, &log, 1, 0, FALSE);
	run(log.loop);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 1);
	log.wanted = 4;
	push_fact(f, &log, 2, RP_PATIENCE_FACT, TRUE);
	push_fact(f, &log, 3, 0, FALSE);
	run(log.loop);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 2);
	assert_number(f, "3");
}

/* Whoever is to be synced, and may wait, does not share a commit that is not; nor does anybody
 * cause one by sharing it. What comes of it is as if all had been written in their order. */
static void
test_company(Fixture *f, gconstpointer data)
{
	g_auto(Log) log = log_new(1);
	RpQueueChange *nothing = fixture_change();
	int turn;

	rp_change_undefer_all(nothing);
	begin_counting(f);
	turn = keep_turn(f);
	push(f, &log, 0, nothing);
	push_fact(f, &log, 1, 10 * RP_PATIENCE_FACT, FALSE);
	close(turn);
	run(log.loop);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 0);
	log.wanted = 3;
	push_fact(f, &log, 2, 0, FALSE);
	run(log.loop);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 1);
	for (int i = 0; i < 3; i++)
		g_assert_cmpint(g_array_index(log.order, int, i), ==, i);
	assert_number(f, "2");

	log.wanted = 4;
	turn = keep_turn(f);
	push_fact(f, &log, 3, 0, TRUE);
	push_fact(f, &log, 4, RP_PATIENCE_OUTCOME, FALSE);
	push_fact(f, &log, 5, RP_PATIENCE_OUTCOME, TRUE);
	close(turn);
	run(log.loop);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 1);
	log.wanted = 6;
	run(log.loop);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 2);
	assert_number(f, "5");
}

/* It is done at once, and what waits for company goes on waiting. */
static void
test_empty(Fixture *f, gconstpointer data)
{
	g_auto(Log) log = log_new(1);
	RpQueueChange *empty = fixture_change();

	begin_counting(f);
	push_fact(f, &log, 0, 10 * RP_PATIENCE_FACT, FALSE);
	rp_queue_change_leave_unsynced(empty);
	push(f, &log, 1, empty);
	run(log.loop);
	g_assert_cmpint(g_array_index(log.order, int, 0), ==, 1);
	g_usleep(50 * G_TIME_SPAN_MILLISECOND); /* time enough for what would not wait */
	g_assert_cmpint(g_atomic_int_get(&n_syncs), ==, 0);
	log.wanted = 3;
	push_fact(f, &log, 2, 0, FALSE);
	run(log.loop);
	assert_number(f, "2");
}

typedef struct {
	Fixture *f;
	GMainLoop *loop;
	guint rings;
	guint wanted; /* messages */
} Bell;

static void
on_bell(gpointer data)
{
	Bell *bell = data;
	RpQueueCounts counts;

	bell->rings++;
	g_assert_true(rp_queue_counts(bell->f->agent, &counts, NULL));
	if (counts.by_state[RP_MESSAGE_QUEUED] == bell->wanted)
		g_main_loop_quit(bell->loop);
}

/* ---- other processes ---- */

/* This program, to be run once more as `program what dir`: the agent's queue has a thread, and
 * beside one a forked child may do nothing but exec. */
static const char *program;

static pid_t
start_child(const char *what, const char *dir)
{
	const char *argv[] = {program, what, dir, NULL};
	g_autoptr(GError) error = NULL;
	GPid pid = 0;

	g_spawn_async(
		NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error);
	g_assert_no_error(error);
	return pid;
}

static void
finish_child(pid_t pid)
{
	int status;

	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
}

enum { PROCESSES = 4, EACH = 25 };

static int
child_submits(const char *dir)
{
	Fixture f = {.writer = rp_queue_open(dir, RP_QUEUE_WRITER, NULL)};
	for (int i = 0; i < EACH; i++)
		fixture_submit(&f, "a@b", "c@d", 2000);
	rp_queue_close(f.writer);
	return 0;
}

/* Several processes at once: nothing is lost, and the agent hears of the last one. */
static void
test_processes(Fixture *f, gconstpointer data)
{
	Bell bell = {f, g_main_loop_new(NULL, FALSE), 0, PROCESSES * EACH};
	pid_t pids[PROCESSES];

	rp_queue_set_bell(f->agent, on_bell, &bell);
	for (int i = 0; i < PROCESSES; i++)
		pids[i] = start_child("submits", f->dir);
	run(bell.loop);
	for (int i = 0; i < PROCESSES; i++)
		finish_child(pids[i]);
	g_assert_cmpuint(bell.rings, >, 0);
	rp_queue_set_bell(f->agent, NULL, NULL);
	g_main_loop_unref(bell.loop);
}

/* What another process sees of the locks on the data file. */
static int
child_looks_for_a_lock(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "queue.db", NULL);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(path, O_RDWR);

	return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_RDLCK ? 0 : 1;
}

/* A handle that is opened beside others of its process leaves them their locks: without these
 * another program would think that it is alone, and remove the log that is still written to. */
static void
test_locks_stay(Fixture *f, gconstpointer data)
{
	static const RpQueueMode modes[] = {RP_QUEUE_READER, RP_QUEUE_WRITER};

	fixture_submit(f, "a@b", "c@d", 100);
	for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
		RpQueue *queue = rp_queue_open(f->dir, modes[i], NULL);

		finish_child(start_child("looks-for-a-lock", f->dir));
		rp_queue_close(queue);
	}
}

static int
child_fills(const char *dir)
{
	const struct rlimit limit = {200 * 1024, 200 * 1024};
	g_autoptr(GError) error = NULL;
	g_autofree char *data_block = g_malloc0(3 << 20);

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	RpQueue *queue = rp_queue_open(dir, RP_QUEUE_WRITER, &error);
	RpSubmission *submission = rp_submission_new(queue);
	gboolean stored = rp_submission_write(submission, data_block, 3 << 20, &error);
	int code = stored ? 1 : error->code == RP_ERROR_FULL ? 0 : 2;
	rp_submission_free(submission);
	rp_queue_close(queue);
	return code;
}

/* A file system that takes no more: an error that says so, and all that was there is still there.
 */
static void
test_full(Fixture *f, gconstpointer data)
{
	RpMessageId id = fixture_submit(f, "a@b", "c@d", 2000);

	fixture_plan(f, "k", RP_CLASS_SEND);
	finish_child(start_child("fills", f->dir));
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_QUEUED);
	fixture_submit(f, "a@b", "c@d", 2000);
	g_assert_true(rp_queue_recover(f->agent, NULL, NULL));
}

/* Puts another function in the place of one that SQLite calls ("pread64", or "pread" where it was
 * built so); NULL: its own again. */
static void
replace_call(const char *name, const char *other_name, void (*func)(void))
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	if (vfs->xSetSystemCall(vfs, name, func) != SQLITE_OK)
		g_assert_cmpint(vfs->xSetSystemCall(vfs, other_name, func), ==, SQLITE_OK);
}

static int failing_errno;

static ssize_t
failing_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	errno = failing_errno;
	return -1;
}

/* What a write fails with is what is said, under a limit of the size of files too. */
static void
test_write_errors(Fixture *f, gconstpointer data)
{
	static const struct {
		int failing;
		RpErrorCode code;
		const char *says;
	} rows[] = {
		{EIO, RP_ERROR_IO, "queue.db: disk I/O error"},
		{ENOSPC, RP_ERROR_FULL, "queue.db: its disk is full: make room on it"},
		{EDQUOT, RP_ERROR_FULL, "queue.db: your quota is used up: make room"},
		{EFBIG, RP_ERROR_FULL, "queue.db: a limit on the size of files is in the way"},
		{EIO, RP_ERROR_IO, "queue.db: disk I/O error"},
	};
	const struct rlimit limit = {1 << 30, RLIM_INFINITY};
	struct rlimit before;

	getrlimit(RLIMIT_FSIZE, &before);
	setrlimit(RLIMIT_FSIZE, &limit);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		RpQueueChange *change = fixture_change();
		g_autoptr(GError) error = NULL;

		rp_change_save_override(change, "odn", FALSE, NULL);
		failing_errno = rows[i].failing;
		replace_call("pwrite64", "pwrite", (void (*)(void))failing_pwrite);
		g_assert_false(rp_queue_apply(f->writer, change, &error));
		replace_call("pwrite64", "pwrite", NULL);
		g_test_message("%s: %s", g_strerror(rows[i].failing), error->message);
		g_assert_error(error, RP_ERROR, (int)rows[i].code);
		g_assert_nonnull(strstr(error->message, rows[i].says));
	}
	setrlimit(RLIMIT_FSIZE, &before);
	fixture_submit(f, "a@b", "c@d", 2000);
}

static char *kept_file;

/* Of a disk that has no room but what is kept. */
static ssize_t
pwrite_into_kept(int fd, const void *data, size_t size, off_t offset)
{
	struct stat kept;

	if (stat(kept_file, &kept) != 0 || kept.st_size == 0)
		return pwrite(fd, data, size, offset);
	errno = ENOSPC;
	return -1;
}

/* What became of a message has the room that is kept for it, whatever begins in the same
 * transaction: that has to wait. */
static void
test_reserve(Fixture *f, gconstpointer data)
{
	const RpRecipientResult sent = {0, RP_RECIPIENT_SENT, "250 ok"};
	g_autofree char *path = g_build_filename(f->dir, "reserve", NULL);

	kept_file = path;
	for (int first = 0; first < 2; first++) {
		RpMessageId ends = fixture_submit(f, "a@b", "c@d", 100);
		RpMessageId begins = fixture_submit(f, "a@b", "c@d", 100);
		RpQueueChange *changes[] = {fixture_change(), fixture_change(), fixture_change()};
		g_autoptr(GError) gone = NULL;
		g_auto(Log) log = log_new(2);
		int turn;

		rp_change_sending(changes[2], ends);
		fixture_apply(f, changes[2]);
		turn = keep_turn(f);
		replace_call("pwrite64", "pwrite", (void (*)(void))pwrite_into_kept);
		rp_change_outcome(changes[first], ends, &sent, 1, &(RpOutcomeWay){"odn"});
		rp_change_sending(changes[!first], begins);
		push(f, &log, 0, changes[0]);
		push(f, &log, 1, changes[1]);
		close(turn);
		run(log.loop);
		replace_call("pwrite64", "pwrite", NULL);
		g_assert_error(log.error, RP_ERROR, RP_ERROR_FULL);
		g_assert_null(rp_queue_get(f->agent, ends, &gone));
		g_assert_error(gone, RP_ERROR, RP_ERROR_NOT_FOUND);
		g_assert_cmpint(fixture_state(f, begins), ==, RP_MESSAGE_QUEUED);
	}
}

static int reads_until_failure;

static ssize_t
failing_pread(int fd, void *data, size_t size, off_t offset)
{
	if (reads_until_failure-- != 0)
		return pread(fd, data, size, offset);
	errno = EIO;
	return -1;
}

/* NULL: it could not be opened. */
static RpQueue *
submit_with_failing_read(Fixture *f, int nth, GError **error)
{
	const char *const recipients[] = {"c@d", NULL};
	const RpEnvelope envelope = {.sender = "a@b", .recipients = recipients, .n_recipients = 1};
	RpQueue *queue;

	reads_until_failure = nth;
	replace_call("pread64", "pread", (void (*)(void))failing_pread);
	queue = rp_queue_open(f->dir, RP_QUEUE_WRITER, error);
	if (queue) {
		g_autoptr(RpSubmission) submission = rp_submission_new(queue);

		rp_submission_commit(submission, &envelope, NULL, error);
	}
	replace_call("pread64", "pread", NULL);
	return queue;
}

/* Each read fails once: the message is stored, or it is said what the disk said; nobody is told
 * that the queue is damaged. That it can't be opened at all is never the end of one such error. */
static void
test_passing_read_errors(Fixture *f, gconstpointer data)
{
	guint n_stored = 0, n_failed = 0;
	RpQueueCounts counts;

	for (int nth = 0;; nth++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(RpQueue) queue = submit_with_failing_read(f, nth, &error);

		g_assert_nonnull(queue);
		if (error) {
			g_assert_null(strstr(error->message, "damaged"));
			g_assert_nonnull(strstr(error->message, "queue.db"));
			n_failed++;
		} else {
			n_stored++;
		}
		if (reads_until_failure >= 0)
			break;
	}
	g_test_message("%u stored, %u failed", n_stored, n_failed);
	g_assert_cmpuint(n_stored, >, 2);
	g_assert_true(rp_queue_counts(f->agent, &counts, NULL));
	g_assert_cmpint(counts.by_state[RP_MESSAGE_QUEUED], ==, n_stored);
}

static int syncs_until_failure = G_MAXINT;
static gboolean failing_for_good;

/* In the place of the C library's, for SQLite too. */
int
fdatasync(int fd)
{
	gboolean fails = syncs_until_failure == 0 || (failing_for_good && syncs_until_failure < 0);

	syncs_until_failure--;
	g_atomic_int_inc(&n_syncs);
	if (!fails)
		return (int)syscall(SYS_fdatasync, fd);
	errno = EIO;
	return -1;
}

/* Whether it says that it stored the message. */
static gboolean
submit_with_failing_sync(Fixture *f, gsize size, int nth, gboolean *failed)
{
	const char *const recipients[] = {"c@d", NULL};
	const RpEnvelope envelope = {.sender = "a@b", .recipients = recipients, .n_recipients = 1};
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueue) queue = rp_queue_open(f->dir, RP_QUEUE_WRITER, &error);
	g_autoptr(RpSubmission) submission = rp_submission_new(queue);
	g_autofree char *content = g_malloc0(size);
	gboolean stored;

	syncs_until_failure = nth;
	stored = rp_submission_write(submission, content, size, &error) &&
		 rp_submission_commit(submission, &envelope, NULL, &error);
	*failed = syncs_until_failure < 0;
	syncs_until_failure = G_MAXINT;
	g_assert_cmpint(stored, ==, error == NULL);
	return stored;
}

/* No program has the queue open but the one that hands over; what it says is what the next one
 * finds. */
static void
check_syncs(Fixture *f, gsize size, gboolean for_good)
{
	gboolean failed = TRUE;

	failing_for_good = for_good;
	for (int nth = 0; failed; nth++) {
		g_autoptr(GError) error = NULL;
		RpQueueCounts before, after;
		gboolean stored;

		f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, NULL);
		g_assert_true(rp_queue_counts(f->agent, &before, NULL));
		rp_queue_close(g_steal_pointer(&f->agent));
		stored = submit_with_failing_sync(f, size, nth, &failed);
		f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
		g_assert_no_error(error);
		g_assert_true(rp_queue_recover(f->agent, NULL, NULL));
		g_assert_true(rp_queue_counts(f->agent, &after, NULL));
		g_assert_cmpint(after.by_state[RP_MESSAGE_QUEUED], ==,
			before.by_state[RP_MESSAGE_QUEUED] + (stored ? 1 : 0));
		fixture_check_counters(f);
		rp_queue_close(g_steal_pointer(&f->agent));
	}
}

static void
test_failing_syncs(Fixture *f, gconstpointer data)
{
	static const gsize sizes[] = {100, 200000, 3 << 20};

	rp_queue_close(g_steal_pointer(&f->agent));
	rp_queue_close(g_steal_pointer(&f->writer));
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		check_syncs(f, sizes[i], FALSE);
		check_syncs(f, sizes[i], TRUE);
	}
}

/* The agent's lock holds without room for the process id; who comes second is told as much as is
 * known. */
static void
test_lock_without_room(Fixture *f, gconstpointer data)
{
	const struct rlimit limit = {1, RLIM_INFINITY};
	g_autoptr(GError) error = NULL;
	struct rlimit before;

	rp_queue_close(g_steal_pointer(&f->agent));
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	setrlimit(RLIMIT_FSIZE, &before);
	g_assert_no_error(error);
	g_assert_null(rp_queue_open(f->dir, RP_QUEUE_AGENT, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_BUSY);
	fixture_submit(f, "a@b", "c@d", 2000);
}

static void
test_pop_logins(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpPopLoginRecord login = {.set = (char *)"odn", .place_key = (char *)"p", .at = 1000};
	g_assert_true(rp_address_parse("203.0.113.7", &login.source));
	RpQueueChange *change = fixture_change();
	rp_change_save_pop_login(change, &login);
	login.at = 2000;
	rp_change_save_pop_login(change, &login);
	login.set = (char *)"old";
	login.at = 10;
	rp_change_save_pop_login(change, &login);
	rp_change_expire(change, 100);
	fixture_apply(f, change);
	g_autoptr(GPtrArray) all = rp_queue_load_pop_logins(f->writer, &error);
	g_assert_cmpuint(all->len, ==, 1);
	const RpPopLoginRecord *got = all->pdata[0];
	g_assert_cmpstr(got->set, ==, "odn");
	g_assert_cmpint(got->at, ==, 2000);
	g_assert_true(rp_address_equal(&got->source, &login.source));
}

static void
test_failures(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpFailure failure = {.kind = RP_FAILURE_REFUSED,
		.set = (char *)"odn",
		.revision = (char *)"r",
		.rule = (char *)"inside",
		.place_key = (char *)"p",
		.sender = (char *)"",
		.at = NOW,
		.until = NOW + 10,
		.count = 1,
		.detail = (char *)"554"};
	RpQueueChange *change = fixture_change();
	rp_change_save_failure(change, &failure);
	failure.sender = NULL; /* all senders: not the same as <> */
	rp_change_save_failure(change, &failure);
	failure.count = 2;
	rp_change_save_failure(change, &failure);
	failure.kind = RP_FAILURE_UNREACHABLE;
	failure.set = (char *)"sonet";
	failure.until = NOW - 1;
	rp_change_save_failure(change, &failure);
	fixture_apply(f, change);
	g_autoptr(GPtrArray) all = rp_queue_load_failures(f->agent, &error);
	g_assert_cmpuint(all->len, ==, 3);
	g_assert_cmpstr(((RpFailure *)all->pdata[0])->sender, ==, "");
	g_assert_cmpstr(((RpFailure *)all->pdata[1])->sender, ==, NULL);
	g_assert_cmpuint(((RpFailure *)all->pdata[1])->count, ==, 2);
	g_assert_cmpstr(((RpFailure *)all->pdata[1])->detail, ==, "554");
	change = fixture_change();
	rp_change_expire(change, 0);
	fixture_apply(f, change);
	g_autoptr(GPtrArray) fresh = rp_queue_load_failures(f->agent, &error);
	g_assert_cmpuint(fresh->len, ==, 2);
	change = fixture_change();
	rp_change_forget_failures(change, NULL, RP_FAILURE_UNREACHABLE);
	rp_change_forget_failures(change, "other", -1);
	fixture_apply(f, change);
	g_autoptr(GPtrArray) same = rp_queue_load_failures(f->agent, &error);
	g_assert_cmpuint(same->len, ==, 2);
	change = fixture_change();
	rp_change_forget_failures(change, "odn", RP_FAILURE_REFUSED);
	fixture_apply(f, change);
	g_autoptr(GPtrArray) none = rp_queue_load_failures(f->agent, &error);
	g_assert_cmpuint(none->len, ==, 0);
}

static void
test_small_records(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_auto(RpOverride) override = {0};
	RpLearned learned = {
		.provider = (char *)"odn", .gateway_hwaddr = (char *)"02:00:00:00:00:01"};
	g_assert_true(rp_prefix_parse("203.0.113.0/24", &learned.prefix, NULL));

	RpQueueChange *change = fixture_change();
	rp_change_learn(change, &learned);
	rp_change_learn(change, &learned);
	rp_change_save_set_fact(change, "odn", "banner-domain", "odn.example");
	rp_change_save_set_fact(change, "odn", "pipelining", "broken");
	rp_change_save_set_fact(change, "odn", "pipelining", NULL);
	rp_change_save_override(change, "odn", TRUE, "p");
	fixture_apply(f, change);
	g_autoptr(GPtrArray) all = rp_queue_load_learned(f->agent, &error);
	g_assert_cmpuint(all->len, ==, 1);
	const RpLearned *got = all->pdata[0];
	g_assert_cmpstr(got->gateway_hwaddr, ==, learned.gateway_hwaddr);
	g_assert_cmpstr(got->connection_uuid, ==, NULL);
	g_assert_cmpint(got->prefix.length, ==, 24);
	g_autoptr(GPtrArray) facts = rp_queue_load_set_facts(f->agent, &error);
	g_assert_cmpuint(facts->len, ==, 1);
	g_assert_cmpstr(((RpSetFact *)facts->pdata[0])->value, ==, "odn.example");
	g_assert_true(rp_queue_load_override(f->agent, &override, &error));
	g_assert_cmpstr(override.set, ==, "odn");
	g_assert_true(override.keep);
	g_assert_cmpstr(override.place_key, ==, "p");
	change = fixture_change();
	rp_change_unlearn(change, "odn");
	rp_change_save_override(change, NULL, FALSE, NULL);
	fixture_apply(f, change);
	rp_override_clear(&override);
	g_assert_true(rp_queue_load_override(f->agent, &override, &error));
	g_assert_cmpstr(override.set, ==, NULL);
	g_autoptr(GPtrArray) none = rp_queue_load_learned(f->agent, &error);
	g_assert_cmpuint(none->len, ==, 0);
}

static void
add_held(RpQueueChange *change, RpTime time)
{
	const RpHistoryRecord record = {.time = time,
		.id = 7,
		.sender = (char *)"a@b",
		.n_recipients = 2,
		.event = RP_HISTORY_HELD,
		.text = (char *)"outside"};

	rp_change_add_history(change, &record);
}

static void
test_history(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpQueueChange *change = fixture_change();

	for (int i = 1; i <= 10; i++)
		add_held(change, NOW - 20 + i);
	rp_change_prune_history(change, NOW - 16);
	fixture_apply(f, change);
	g_autoptr(GPtrArray) all = rp_queue_load_history(f->agent, &(RpHistoryQuery){0}, &error);
	g_assert_cmpuint(all->len, ==, 7);
	g_autoptr(GPtrArray) newest = rp_queue_load_history(
		f->agent, &(RpHistoryQuery){.since = NOW - 15, .limit = 2}, &error);
	g_assert_cmpuint(newest->len, ==, 2);
	g_assert_cmpint(((RpHistoryRecord *)newest->pdata[0])->time, ==, NOW - 11);
	g_assert_cmpint(((RpHistoryRecord *)newest->pdata[1])->event, ==, RP_HISTORY_HELD);
}

/* Days before now, as the clock said them then, and what is left once what is older than ten days
 * went. */
static const struct {
	int days[5];
	const char *left;
} pruned[] = {
	{{30, 20, 5, 1, 0}, "5 1 0"},
	/* A clock that was years back, or ahead. */
	{{5, 20000, 9000, 1, 0}, "5 20000 9000 1 0"},
	{{20, 20000, 5, 9000, 0}, "20000 5 9000 0"},
	{{20, 20000, 15, -9000, 0}, "-9000 0"},
	{{5, -9000, 1, -9000, 0}, "5 -9000 1 -9000 0"},
	{{-9000, 20, 1, -9000, 0}, "1 -9000 0"},
};

static void
test_history_of_wrong_clocks(Fixture *f, gconstpointer data)
{
	for (guint i = 0; i < G_N_ELEMENTS(pruned); i++) {
		g_autoptr(GString) left = g_string_new(NULL);
		g_autoptr(GPtrArray) records = NULL;
		RpQueueChange *change = fixture_change();

		for (guint k = 0; k < G_N_ELEMENTS(pruned[i].days); k++)
			add_held(change, NOW - pruned[i].days[k] * G_TIME_SPAN_DAY);
		rp_change_prune_history(change, NOW - 10 * G_TIME_SPAN_DAY);
		fixture_apply(f, change);
		records = rp_queue_load_history(
			f->agent, &(RpHistoryQuery){.since = G_MININT64}, NULL);
		for (guint k = 0; k < records->len; k++) {
			RpTime time = ((RpHistoryRecord *)records->pdata[k])->time;

			g_string_append_printf(
				left, "%s%d", k ? " " : "", (int)((NOW - time) / G_TIME_SPAN_DAY));
		}
		g_assert_cmpstr(left->str, ==, pruned[i].left);
		/* The next one begins with none. */
		change = rp_queue_change_new(NOW + 10000 * G_TIME_SPAN_DAY);
		rp_change_prune_history(change, NOW + 10000 * G_TIME_SPAN_DAY);
		fixture_apply(f, change);
	}
}

static int
run_as_child(const char *what, const char *dir)
{
	if (g_str_equal(what, "submits"))
		return child_submits(dir);
	if (g_str_equal(what, "looks-for-a-lock"))
		return child_looks_for_a_lock(dir);
	return g_str_equal(what, "fills") ? child_fills(dir) : 3;
}

/* ---- the file's size ---- */

static gint64
number_of(Fixture *f, const char *pragma)
{
	g_autofree char *path = g_build_filename(f->dir, "queue.db", NULL);
	sqlite3 *db;
	sqlite3_stmt *statement;
	gint64 number;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	g_assert_cmpint(sqlite3_prepare_v2(db, pragma, -1, &statement, NULL), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static void
on_bell_ignored(gpointer user)
{
}

/* More than is kept free, by far. */
static void
fill_and_delete(Fixture *f)
{
	RpQueueChange *change = fixture_change();
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 60; i++)
		rp_change_delete(change, fixture_submit(f, "a@b", "c@d", 512 * 1024));
	g_assert_cmpint(number_of(f, "PRAGMA page_count"), >, 7000);
	rp_queue_apply(f->writer, change, &error);
	g_assert_no_error(error);
}

static gboolean
tick(gpointer user)
{
	++*(guint *)user;
	return G_SOURCE_CONTINUE;
}

/* How many sizes were seen on the way: it goes in steps. */
static guint
wait_until_small(Fixture *f)
{
	gint64 pages = G_MAXINT64;
	guint n_sizes = 0, ticks = 0;
	guint source = g_timeout_add(5, tick, &ticks);

	while (pages > 2500 && ticks < 4000) {
		gint64 now = number_of(f, "PRAGMA page_count");

		n_sizes += now < pages;
		pages = now;
		g_main_context_iteration(NULL, TRUE);
	}
	g_source_remove(source);
	g_assert_cmpint(pages, <=, 2500);
	return n_sizes;
}

/* What other programs delete is given back, too: the bell tells of it. */
static void
test_shrinks(Fixture *f, gconstpointer data)
{
	rp_queue_set_bell(f->agent, on_bell_ignored, NULL);
	fill_and_delete(f);
	g_assert_cmpuint(wait_until_small(f), >, 3);
}

/* And what was deleted while there was no agent. */
static void
test_shrinks_at_start(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	rp_queue_close(f->agent);
	fill_and_delete(f);
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	rp_queue_set_bell(f->agent, on_bell_ignored, NULL);
	wait_until_small(f);
}

/* A database that can't be shrunk in steps (one that was recovered by hand) becomes one that can.
 */
static void
test_becomes_incremental(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_build_filename(f->dir, "queue.db", NULL);
	RpMessageId id = fixture_submit(f, "a@b", "c@d", 100);
	sqlite3 *db;

	rp_queue_close(f->agent);
	rp_queue_close(f->writer);
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(
		sqlite3_exec(db, "PRAGMA auto_vacuum=0; VACUUM", NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
	g_assert_cmpint(number_of(f, "PRAGMA auto_vacuum"), ==, 0);
	f->writer = rp_queue_open(f->dir, RP_QUEUE_WRITER, &error);
	g_assert_no_error(error);
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	g_assert_cmpint(number_of(f, "PRAGMA auto_vacuum"), ==, 2);
	g_assert_cmpint(fixture_state(f, id), ==, RP_MESSAGE_QUEUED);
	fixture_submit(f, "a@b", "e@d", 100);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && argv[1][0] != '-')
		return run_as_child(argv[1], argv[2]);
	program = argv[0];
	g_test_init(&argc, &argv, NULL);
	ADD("async", test_async);
	ADD("one-fails", test_one_fails);
	ADD("reserve", test_reserve);
	ADD("close", test_close);
	ADD("patient", test_patient);
	ADD("least-patient", test_least_patient);
	ADD("patient-at-the-end", test_patient_at_the_end);
	ADD("unsynced", test_unsynced);
	ADD("company", test_company);
	ADD("empty", test_empty);
	ADD("processes", test_processes);
	ADD("locks-stay", test_locks_stay);
	ADD("full", test_full);
	ADD("write-errors", test_write_errors);
	ADD("lock-without-room", test_lock_without_room);
	ADD("passing-read-errors", test_passing_read_errors);
	ADD("failing-syncs", test_failing_syncs);
	ADD("pop-logins", test_pop_logins);
	ADD("failures", test_failures);
	ADD("small-records", test_small_records);
	ADD("history", test_history);
	ADD("history-of-wrong-clocks", test_history_of_wrong_clocks);
	ADD("shrinks", test_shrinks);
	ADD("shrinks-at-start", test_shrinks_at_start);
	ADD("becomes-incremental", test_becomes_incremental);
	return g_test_run();
}
