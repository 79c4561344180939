/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The path of a unix socket is its first listener's for as long as that lives. */
#include "listen-private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
	char *dir;
	char *path;
} Fixture;

static char said[256]; /* last */
static GMutex saying;

static void
on_log(const char *domain, GLogLevelFlags level, const char *text, gpointer user)
{
	g_mutex_lock(&saying);
	g_strlcpy(said, text, sizeof said);
	g_mutex_unlock(&saying);
}

static void
set_up(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("roampost-socket-XXXXXX", NULL);
	f->path = g_build_filename(f->dir, "smtp", NULL);
}

/* Nothing else was left in the folder. */
static void
tear_down(Fixture *f, gconstpointer data)
{
	g_unlink(f->path);
	g_assert_cmpint(g_rmdir(f->dir), ==, 0);
	g_free(f->path);
	g_free(f->dir);
}

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	return address;
}

/* What a program leaves that was killed. */
static void
leave_stale(const char *path)
{
	const struct sockaddr_un address = address_of(path);
	g_auto(RpFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
}

static gboolean
answers(const char *path, const RpListenSocket *listener)
{
	const struct sockaddr_un address = address_of(path);
	g_auto(RpFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_auto(RpFd) client = -1;

	if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		return FALSE;
	client = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
	return client >= 0;
}

static GPtrArray *
new_sockets(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)rp_listen_socket_free);
}

static void
test_first_keeps_it(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) first = new_sockets();
	g_autoptr(GPtrArray) second = new_sockets();

	leave_stale(f->path);
	rp_listen_sockets_open(first, f->path);
	g_assert_cmpuint(first->len, ==, 1);
	g_autofree char *address = rp_listen_socket_address(first->pdata[0]);
	g_assert_cmpstr(address, ==, f->path);
	rp_listen_sockets_open(second, f->path);
	g_assert_nonnull(strstr(said, "another program"));
	g_assert_cmpuint(second->len, ==, 0);
	g_assert_true(answers(f->path, first->pdata[0]));
}

/* One that is stopped has its backlog full: connect() would wait for it. */
static void
test_first_is_stopped(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) first = new_sockets();
	g_autoptr(GPtrArray) second = new_sockets();
	g_autoptr(GArray) clients = g_array_new(FALSE, FALSE, sizeof(int));
	const struct sockaddr_un address = address_of(f->path);
	int fd;

	rp_listen_sockets_open(first, f->path);
	do {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		g_assert_cmpint(fd, >=, 0);
		g_array_append_val(clients, fd);
	} while (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
	rp_listen_sockets_open(second, f->path);
	g_assert_nonnull(strstr(said, "another program"));
	g_assert_cmpuint(second->len, ==, 0);
	for (guint i = 0; i < clients->len; i++)
		close(g_array_index(clients, int, i));
	while ((fd = accept(((RpListenSocket *)first->pdata[0])->fd, NULL, NULL)) >= 0)
		close(fd);
	g_assert_true(answers(f->path, first->pdata[0]));
}

/* ---- several begin at the same moment ---- */

#define THREADS 3
#define ROUNDS 600

typedef struct {
	const char *path;
	GPtrArray *sockets;
	gint *waiting; /* of all */
} Beginner;

static gpointer
begin(gpointer data)
{
	Beginner *beginner = data;

	g_atomic_int_dec_and_test(beginner->waiting);
	while (g_atomic_int_get(beginner->waiting) > 0)
		g_thread_yield(); /* where there are more threads than processors */
	rp_listen_sockets_open(beginner->sockets, beginner->path);
	return NULL;
}

static void
begin_all(const char *path)
{
	Beginner beginners[THREADS];
	GThread *threads[THREADS];
	gint waiting = THREADS;
	guint n = 0;

	for (guint i = 0; i < THREADS; i++) {
		beginners[i] = (Beginner){path, new_sockets(), &waiting};
		threads[i] = g_thread_new("begin", begin, &beginners[i]);
	}
	for (guint i = 0; i < THREADS; i++)
		g_thread_join(threads[i]);
	for (guint i = 0; i < THREADS; i++) {
		n += beginners[i].sockets->len;
		if (beginners[i].sockets->len)
			g_assert_true(answers(path, beginners[i].sockets->pdata[0]));
	}
	g_assert_cmpuint(n, ==, 1);
	for (guint i = 0; i < THREADS; i++)
		g_ptr_array_unref(beginners[i].sockets);
}

static void
test_one_of_several(Fixture *f, gconstpointer data)
{
	for (guint i = 0; i < ROUNDS; i++) {
		if (i % 2)
			leave_stale(f->path);
		begin_all(f->path);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK);
	g_log_set_default_handler(on_log, NULL);
#define ADD(path, func) g_test_add("/socket/" path, Fixture, NULL, set_up, func, tear_down)
	ADD("first-keeps-it", test_first_keeps_it);
	ADD("first-is-stopped", test_first_is_stopped);
	ADD("one-of-several", test_one_of_several);
	return g_test_run();
}
