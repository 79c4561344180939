/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a message costs the disk on its way out of the queue: octets and syncs, counted where SQLite
 * asks for them. */
#include "fixture.h"

#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By the queue's own thread and this one. */
static gint64 n_octets;
static gint n_syncs;

static ssize_t
counting_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	__atomic_add_fetch(&n_octets, (gint64)size, __ATOMIC_RELAXED);
	return pwrite(fd, data, size, offset);
}

/* In the place of the C library's, for SQLite too. */
int
fdatasync(int fd)
{
	g_atomic_int_inc(&n_syncs);
	return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	g_atomic_int_inc(&n_syncs);
	return (int)syscall(SYS_fsync, fd);
}

static void
count_writes(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	void (*func)(void) = (void (*)(void))counting_pwrite;

	if (vfs->xSetSystemCall(vfs, "pwrite64", func) != SQLITE_OK)
		g_assert_cmpint(vfs->xSetSystemCall(vfs, "pwrite", func), ==, SQLITE_OK);
}

static void
submit_many(Fixture *f, guint n)
{
	const char *const recipients[] = {"a@x.example", NULL};
	g_autofree RpSubmissionEnd *ends = g_new0(RpSubmissionEnd, n);
	g_autofree char *content = g_strnfill(2048, 'x');

	for (guint i = 0; i < n; i++) {
		ends[i].submission = rp_submission_new(f->reader);
		g_assert_true(rp_submission_write(ends[i].submission, content, 2048, NULL));
		ends[i].envelope = (RpEnvelope){.sender = "taro@odn.example",
			.header_from = "taro@odn.example",
			.recipients = recipients,
			.n_recipients = 1};
	}
	rp_submission_commit_all(ends, n);
	for (guint i = 0; i < n; i++) {
		g_assert_no_error(ends[i].error);
		rp_submission_free(ends[i].submission);
	}
}

/* The server's own: time enough to write each outcome by itself. */
static void
take_time(FakeTransport *fake)
{
	g_usleep(2 * G_TIME_SPAN_MILLISECOND);
}

/* From the place where they can go until they have gone. */
static void
test_flush(Fixture *f, gconstpointer data)
{
	const guint n = GPOINTER_TO_UINT(data);
	RpQueueCounts counts;
	double octets, syncs;

	submit_many(f, n);
	settle(f);
	__atomic_store_n(&n_octets, 0, __ATOMIC_RELAXED);
	g_atomic_int_set(&n_syncs, 0);
	f->fake->answering = take_time;
	network(f, "203.0.113.7");
	g_assert_cmpuint(f->fake->sent->len, ==, n);
	g_assert_true(rp_queue_counts(f->reader, &counts, NULL));
	g_assert_cmpint(counts.by_state[RP_MESSAGE_SENDING], ==, 0);
	octets = (double)__atomic_load_n(&n_octets, __ATOMIC_RELAXED) / n;
	syncs = (double)g_atomic_int_get(&n_syncs) / n;
	g_test_message("a message: %.0f octets, %.3f syncs", octets, syncs);
	g_assert_cmpfloat(octets, >, 0);
	g_assert_cmpfloat(octets, <=, 16 * 1024);
	g_assert_cmpfloat(syncs, >, 0);
	g_assert_cmpfloat(syncs, <=, 0.1);
}

/* What is told as sent is on the disk: nobody waits for company when there is none. */
static void
test_alone(Fixture *f, gconstpointer data)
{
	gint64 before;

	network(f, "203.0.113.7");
	g_atomic_int_set(&n_syncs, 0);
	before = g_get_monotonic_time();
	submit(f, "taro@odn.example", "a@x.example");
	g_assert_cmpuint(f->fake->sent->len, ==, 1);
	g_test_message("%d syncs, %" G_GINT64_FORMAT " us", g_atomic_int_get(&n_syncs),
		g_get_monotonic_time() - before);
	g_assert_cmpint(g_atomic_int_get(&n_syncs), <=, 8);
}

int
main(int argc, char **argv)
{
	count_writes();
	fixture_init(&argc, &argv);
	g_test_add("/writes/flush", Fixture, GUINT_TO_POINTER(500), set_up, test_flush, tear_down);
	g_test_add(
		"/writes/flush-few", Fixture, GUINT_TO_POINTER(50), set_up, test_flush, tear_down);
	ADD("writes/alone", test_alone);
	return g_test_run();
}
