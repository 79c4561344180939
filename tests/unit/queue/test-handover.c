/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include "handover-private.h"

/* Programs that hand their mail over while an agent runs: it is stored once, whatever becomes of
 * the agent, of the answer, or of the program's patience. */

#define ADD(path, func)                                                                            \
	g_test_add("/handover/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

static int n_syncs;

/* In the place of the C library's, for SQLite too. */
int
fdatasync(int fd)
{
	g_atomic_int_inc(&n_syncs);
	return (int)syscall(SYS_fdatasync, fd);
}

/* What the agent says of a message: all; or its line breaks before it says this. */
static int cut_before;
static int n_stored; /* by the agent */
static void (*before_cut)(void);

ssize_t
send(int fd, const void *data, size_t size, int flags)
{
	const RpHandoverReply *reply = data;

	if (size == sizeof *reply && cut_before && reply->answer == cut_before) {
		if (before_cut)
			before_cut();
		shutdown(fd, SHUT_RDWR);
		errno = EPIPE;
		return -1;
	}
	if (size == sizeof *reply && reply->answer == RP_HANDOVER_STORED)
		g_atomic_int_inc(&n_stored);
	return syscall(SYS_sendto, fd, data, size, flags, NULL, 0);
}

static RpMessageId
hand_in(const char *dir, gsize size, GError **error)
{
	const char *const recipients[] = {"c@d", "e@f", NULL};
	const char *const notify[] = {NULL, "NEVER"};
	const RpEnvelope envelope = {.sender = "a@b",
		.header_from = "\xe4@b",
		.recipients = recipients,
		.n_recipients = 2,
		.flags = RP_MESSAGE_8BIT,
		.pin = "odn",
		.dsn_envid = "x y",
		.dsn_notify = notify};
	g_autoptr(RpSubmission) submission = rp_submission_new_at(dir);
	g_autofree char *content = g_strnfill(size, 'x');
	RpMessageId id = 0;

	if (!rp_submission_write(submission, content, size, error) ||
		!rp_submission_commit(submission, &envelope, &id, error))
		return 0;
	g_assert_cmpint(id, >, 0);
	return id;
}

static RpMessageId
hand_in_well(const char *dir, gsize size)
{
	g_autoptr(GError) error = NULL;
	RpMessageId id = hand_in(dir, size, &error);

	g_assert_no_error(error);
	return id;
}

static void
assert_queued(Fixture *f, guint n)
{
	g_autoptr(GPtrArray) all = rp_queue_list(f->writer, 0, 0, 0, NULL);

	g_assert_cmpuint(all->len, ==, n);
}

static void
assert_whole(Fixture *f, RpMessageId id, gsize size)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->writer, id, NULL);
	const RpQueueRecipient *second;
	g_autofree char *content = g_malloc(size + 1);

	g_assert_nonnull(message);
	g_assert_cmpstr(message->sender, ==, "a@b");
	g_assert_cmpstr(message->header_from, ==, "\xe4@b");
	g_assert_cmpstr(message->pin, ==, "odn");
	g_assert_cmpstr(message->dsn_envid, ==, "x y");
	g_assert_null(message->dsn_ret);
	g_assert_cmpuint(message->flags, ==, RP_MESSAGE_8BIT);
	g_assert_cmpint(message->size, ==, size);
	g_assert_cmpuint(message->recipients->len, ==, 2);
	second = message->recipients->pdata[1];
	g_assert_cmpstr(second->address, ==, "e@f");
	g_assert_cmpstr(second->dsn_notify, ==, "NEVER");
	g_assert_null(second->dsn_original);
	for (gsize at = 0; at < size;) {
		gssize n = rp_queue_read(f->writer, id, (gint64)at, content, size, NULL);

		g_assert_cmpint(n, >, 0);
		for (gssize i = 0; i < n; i++)
			g_assert_cmpint(content[i], ==, 'x');
		at += (gsize)n;
	}
}

static void
on_bell(gpointer user)
{
	g_main_loop_quit(user);
}

/* By the agent, which is rung for it; without one, or where that can't, as it is. */
static void
test_both_ways(Fixture *f, gconstpointer data)
{
	static const gsize sizes[] = {0, 1, 2000, 200000, (1 << 20) - 1, 3 << 20};
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);

	rp_queue_set_bell(f->agent, on_bell, loop);
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		assert_whole(f, hand_in_well(f->dir, sizes[i]), sizes[i]);
		g_main_loop_run(loop);
	}
	g_assert_cmpint(g_atomic_int_get(&n_stored), ==, G_N_ELEMENTS(sizes) - 1);
	rp_queue_close(g_steal_pointer(&f->agent));
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
		assert_whole(f, hand_in_well(f->dir, sizes[i]), sizes[i]);
	assert_queued(f, 2 * G_N_ELEMENTS(sizes));
}

/* A path that no socket has room for. */
static void
test_long_path(Fixture *f, gconstpointer data)
{
	g_autofree char *name = g_strnfill(200, 'd');
	g_autofree char *dir = g_build_filename(f->dir, name, NULL);
	g_autofree char *socket = g_build_filename(dir, "handover", NULL);
	g_autoptr(RpQueue) agent = rp_queue_open(dir, RP_QUEUE_AGENT, NULL);

	g_assert_nonnull(agent);
	g_assert_true(g_file_test(socket, G_FILE_TEST_EXISTS));
	g_atomic_int_set(&n_stored, 0);
	hand_in_well(dir, 100);
	g_assert_cmpint(g_atomic_int_get(&n_stored), ==, 1);
	g_clear_pointer(&agent, rp_queue_close);
}

enum { WRITERS = 8, EACH = 25 };

static gpointer
hand_in_some(gpointer dir)
{
	for (int i = 0; i < EACH; i++)
		hand_in_well(dir, 2000);
	return NULL;
}

/* Many at a time share commits; the turn is held up a little, as a disk would. */
static void
test_shared_commit(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->dir, "turn", NULL);
	g_auto(RpFd) turn = g_open(path, O_RDWR | O_CLOEXEC, 0);
	GThread *threads[WRITERS];

	hand_in_well(f->dir, 2000);
	g_atomic_int_set(&n_syncs, 0);
	flock(turn, LOCK_EX);
	for (guint i = 0; i < WRITERS; i++)
		threads[i] = g_thread_new("program", hand_in_some, f->dir);
	g_usleep(100 * G_TIME_SPAN_MILLISECOND);
	flock(turn, LOCK_UN);
	for (guint i = 0; i < WRITERS; i++)
		g_thread_join(threads[i]);
	g_test_message("%d syncs for %d messages", g_atomic_int_get(&n_syncs), WRITERS * EACH);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), <, WRITERS * EACH * 3 / 4);
	assert_queued(f, WRITERS * EACH + 1);
}

/* The line breaks at each word of the agent's. */
static void
test_lost_answer(Fixture *f, gconstpointer data)
{
	static const int words[] = {RP_HANDOVER_TAKEN, RP_HANDOVER_STORED};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		cut_before = words[i];
		assert_whole(f, hand_in_well(f->dir, 2000), 2000);
		assert_queued(f, i + 1);
	}
	cut_before = 0;
}

static Fixture *current;

/* By the time that it is looked for it has been sent. */
static void
send_it(void)
{
	g_autofree char *path = g_build_filename(current->dir, "queue.db", NULL);
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db,
				"INSERT INTO history(time, message, n_recipients, event)"
				" SELECT 1, id, 2, 0 FROM messages; DELETE FROM content;"
				"DELETE FROM recipients; DELETE FROM messages;"
				"UPDATE classes SET n_ready=0;",
				NULL, NULL, NULL),
		==, SQLITE_OK);
	sqlite3_close(db);
}

static void
test_sent_meanwhile(Fixture *f, gconstpointer data)
{
	current = f;
	before_cut = send_it;
	cut_before = RP_HANDOVER_STORED;
	hand_in_well(f->dir, 2000);
	cut_before = 0;
	before_cut = NULL;
	assert_queued(f, 0);
}

static gpointer
give_turn_later(gpointer turn)
{
	g_usleep(3 * G_USEC_PER_SEC);
	flock(*(RpFd *)turn, LOCK_UN);
	return NULL;
}

/* The program waits no longer, while the agent waits for its turn; then both can have it. */
static void
test_impatient(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->dir, "turn", NULL);
	g_auto(RpFd) turn = g_open(path, O_RDWR | O_CLOEXEC, 0);
	GThread *thread;
	RpQueueChange *change = fixture_change();

	flock(turn, LOCK_EX);
	thread = g_thread_new("turn", give_turn_later, &turn);
	assert_whole(f, hand_in_well(f->dir, 2000), 2000);
	g_thread_join(thread);
	rp_change_save_set_fact(change, "odn", "number", "1");
	fixture_apply(f, change); /* the agent has seen to all that came before */
	assert_queued(f, 1);
}

/* A socket that nobody answers at: an agent that is stopped. */
static void
test_silence(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->dir, "handover", NULL);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	g_auto(RpFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	rp_queue_close(g_steal_pointer(&f->agent));
	g_unlink(path);
	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(fd, 1), ==, 0);
	for (guint i = 1; i < 4; i++) { /* and then the socket is full */
		hand_in_well(f->dir, 2000);
		assert_queued(f, i);
	}
}

/* The agent has a queue that nobody else sees any more. */
static void
test_another_queue(Fixture *f, gconstpointer data)
{
	static const char *const names[] = {"queue.db", "queue.db-wal", "queue.db-shm"};

	rp_queue_close(g_steal_pointer(&f->writer));
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(f->dir, names[i], NULL);

		g_unlink(path);
	}
	f->writer = rp_queue_open(f->dir, RP_QUEUE_WRITER, NULL);
	g_assert_nonnull(f->writer);
	hand_in_well(f->dir, 2000);
	assert_queued(f, 1);
	rp_queue_close(g_steal_pointer(&f->agent));
}

static RpFd
start_saying(const char *dir, const void *octets, gsize size)
{
	g_autofree char *path = g_build_filename(dir, "handover", NULL);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	g_auto(RpFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	rp_write_all(fd, octets, size);
	return rp_fd_steal(&fd);
}

static void
read_to_the_end(int fd)
{
	char answer[64];

	while (read(fd, answer, sizeof answer) > 0)
		;
}

static void
say(const char *dir, const void *octets, gsize size)
{
	g_auto(RpFd) fd = start_saying(dir, octets, size);

	shutdown(fd, SHUT_WR);
	read_to_the_end(fd);
}

/* What has come as a whole is not taken from a program that gives up before its turn. */
static void
test_gone(Fixture *f, gconstpointer data)
{
	const char *const recipients[] = {"c@d", NULL};
	const RpEnvelope envelope = {.sender = "a@b", .recipients = recipients, .n_recipients = 1};
	g_autofree char *path = g_build_filename(f->dir, "turn", NULL);
	g_auto(RpFd) turn = g_open(path, O_RDWR | O_CLOEXEC, 0);
	RpHandoverQueue queue;

	g_assert_true(rp_handover_queue_look(f->dir, &queue));
	g_autoptr(GByteArray) mail = rp_handover_pack(&queue, &envelope, "hello\r\n", 7);
	flock(turn, LOCK_EX);
	g_auto(RpFd) fd = start_saying(f->dir, mail->data, mail->len);
	g_usleep(50 * G_TIME_SPAN_MILLISECOND); /* it may have come to the writer by then, or not */
	shutdown(fd, SHUT_WR);
	flock(turn, LOCK_UN);
	read_to_the_end(fd);
	assert_queued(f, 0);
}

/* What is no message, or only a part of one, is none. */
static void
test_nonsense(Fixture *f, gconstpointer data)
{
	const char *const recipients[] = {"c@d", NULL};
	const RpEnvelope envelope = {.sender = "a@b", .recipients = recipients, .n_recipients = 1};
	static const guint32 huge = G_MAXUINT32;
	RpHandoverQueue queue;

	g_assert_true(rp_handover_queue_look(f->dir, &queue));
	g_autoptr(GByteArray) good = rp_handover_pack(&queue, &envelope, "hello\r\n", 7);
	say(f->dir, "", 0);
	say(f->dir, &huge, sizeof huge);
	for (guint i = 0; i < good->len; i++)
		say(f->dir, good->data, i); /* the last one is gone before all has come */
	for (guint i = sizeof(guint32); i < good->len; i++) {
		g_autofree guint8 *bad = g_memdup2(good->data, good->len);

		bad[i] ^= 0xff;
		g_autoptr(GByteArray) rest = g_byte_array_new();
		g_byte_array_append(rest, bad + sizeof(guint32), good->len - sizeof(guint32));
		rp_handover_mail_free(rp_handover_unpack(rest));
	}
	assert_queued(f, 0);
	hand_in_well(f->dir, 2000);
	assert_queued(f, 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("both-ways", test_both_ways);
	ADD("long-path", test_long_path);
	ADD("shared-commit", test_shared_commit);
	ADD("lost-answer", test_lost_answer);
	ADD("sent-meanwhile", test_sent_meanwhile);
	ADD("impatient", test_impatient);
	ADD("silence", test_silence);
	ADD("another-queue", test_another_queue);
	ADD("gone", test_gone);
	ADD("nonsense", test_nonsense);
	return g_test_run();
}
