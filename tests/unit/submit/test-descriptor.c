/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/submit.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Messages from descriptors as programs make them. */

typedef struct {
	char *dir;
	char *state;
	int ends[2];
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("roampost-descriptor-XXXXXX", NULL);
	f->state = g_build_filename(f->dir, "state", NULL);
	g_setenv("ROAMPOST_CONFIG", "/dev/null", TRUE);
	g_assert_cmpint(pipe2(f->ends, O_NONBLOCK | O_CLOEXEC), ==, 0);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	g_autoptr(GDir) files = g_dir_open(f->state, 0, NULL);
	const char *name;

	while (files && (name = g_dir_read_name(files))) {
		g_autofree char *path = g_build_filename(f->state, name, NULL);

		g_unlink(path);
	}
	g_rmdir(f->state);
	g_rmdir(f->dir);
	close(f->ends[0]);
	g_free(f->state);
	g_free(f->dir);
}

static gboolean
submit(Fixture *f, RpMessageId *id, GError **error)
{
	static const char *const recipients[] = {"a@b.example", NULL};
	RpSubmitRequest request = {.state_dir = f->state,
		.sender = "taro@odn.example",
		.recipients = recipients,
		.patience = 1};

	return rp_submit_fd(&request, f->ends[0], id, error);
}

/* Writes when the last has been read: the reader finds nothing there, again and again. */
static gpointer
write_slowly(gpointer data)
{
	Fixture *f = data;
	int unread;

	for (guint i = 0; i < 500; i++) {
		do
			g_assert_cmpint(ioctl(f->ends[1], FIONREAD, &unread), ==, 0);
		while (unread > 0);
		g_assert_cmpint(write(f->ends[1], "a line\n", 7), ==, 7);
	}
	close(f->ends[1]);
	return NULL;
}

/* Whoever made the pipe reads from it in a loop of its own, and it does not block. */
static void
test_not_blocking(Fixture *f, gconstpointer data)
{
	g_autoptr(GThread) writer = g_thread_new("writer", write_slowly, f);
	g_autoptr(GError) error = NULL;
	RpMessageId id = 0;

	g_assert_true(submit(f, &id, &error));
	g_assert_no_error(error);
	g_assert_cmpint(id, !=, 0);
	g_thread_join(g_steal_pointer(&writer));
}

/* The other end is open, and nobody writes any more. */
static void
test_silent(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	RpMessageId id = 0;

	if (data) /* one that blocks */
		g_assert_cmpint(fcntl(f->ends[0], F_SETFL, 0), ==, 0);
	g_assert_cmpint(write(f->ends[1], "Subject: x\n", 11), ==, 11);
	g_assert_false(submit(f, &id, &error));
	g_assert_error(error, RP_ERROR, RP_ERROR_IO);
	g_assert_cmpint(id, ==, 0);
	close(f->ends[1]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/descriptor/not-blocking", Fixture, NULL, set_up, test_not_blocking, tear_down);
	g_test_add("/descriptor/silent", Fixture, NULL, set_up, test_silent, tear_down);
	g_test_add("/descriptor/silent-blocking", Fixture, "", set_up, test_silent, tear_down);
	return g_test_run();
}
