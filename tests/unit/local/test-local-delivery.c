/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local delivery: what is in the maildir after which calls, and what is told of it. */
#include "roampost/local-delivery.h"
#include "../scratch.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	char *dir, *maildir;
	RpLocalDelivery *delivery;
	GString *told;  /* "parked 1, shown 1" */
	GString *error; /* the last one */
	guint n_told;
	char *paths[10]; /* where messages are parked */
	gboolean show;   /* what is parked is shown */
} Fixture;

static const char *const kinds[] = {
	[RP_LOCAL_PARKED] = "parked",
	[RP_LOCAL_SHOWN] = "shown",
	[RP_LOCAL_DELIVERED] = "delivered",
	[RP_LOCAL_FAILED] = "failed",
	[RP_LOCAL_ROOM] = "room",
};

static void
on_event(const RpLocalEvent *event, gpointer user)
{
	Fixture *f = user;
	guint message = GPOINTER_TO_UINT(event->message);

	g_string_append_printf(
		f->told, "%s%s %u", f->told->len ? ", " : "", kinds[event->kind], message);
	f->n_told++;
	if (event->error)
		g_string_assign(f->error, event->error);
	if (event->kind != RP_LOCAL_PARKED)
		return;
	f->paths[message] = g_strdup(event->path);
	if (f->show)
		rp_local_delivery_show(f->delivery, event->message, event->path);
}

static void
set_up(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("rp-local-XXXXXX", NULL);
	f->maildir = g_build_filename(f->dir, "Maildir", NULL);
	f->told = g_string_new(NULL);
	f->error = g_string_new(NULL);
	f->show = TRUE;
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	rp_local_delivery_free(f->delivery);
	for (guint i = 0; i < G_N_ELEMENTS(f->paths); i++)
		g_free(f->paths[i]);
	scratch_remove(f->dir);
	g_free(f->dir);
	g_free(f->maildir);
	g_string_free(f->told, TRUE);
	g_string_free(f->error, TRUE);
}

static void
start(Fixture *f, const char *mda)
{
	f->delivery = rp_local_delivery_new(f->maildir, mda, on_event, f);
}

static void
put(Fixture *f, guint message, const char *text)
{
	rp_local_delivery_begin(f->delivery, GUINT_TO_POINTER(message));
	rp_local_delivery_data(f->delivery, text, strlen(text));
	rp_local_delivery_end(f->delivery);
}

static void
wait_for(Fixture *f, guint n_told)
{
	while (f->n_told < n_told)
		g_main_context_iteration(NULL, TRUE);
}

/* The texts of a folder's mails, in no order. */
static char *
mails_in(Fixture *f, const char *folder)
{
	g_autofree char *path = g_build_filename(f->maildir, folder, NULL);
	g_autoptr(GDir) listing = g_dir_open(path, 0, NULL);
	GString *all = g_string_new(NULL);
	const char *name;

	while (listing && (name = g_dir_read_name(listing))) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		g_autofree char *text = NULL;

		g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
		g_string_append(all, text);
	}
	return g_string_free(all, FALSE);
}

#define assert_mails(f, folder, want)                                                              \
	G_STMT_START                                                                               \
	{                                                                                          \
		g_autofree char *got_ = mails_in(f, folder);                                       \
		g_assert_cmpstr(got_, ==, want);                                                   \
	}                                                                                          \
	G_STMT_END

/* ---- the maildir ---- */

static void
test_shown(Fixture *f, gconstpointer data)
{
	start(f, NULL);
	put(f, 1, "Subject: a\r\n\r\na\r\n");
	wait_for(f, 2);
	g_assert_cmpstr(f->told->str, ==, "parked 1, shown 1");
	assert_mails(f, "new", "Subject: a\n\na\n");
	assert_mails(f, "tmp", "");
}

/* Nobody said that it is to be seen: it is not, and it goes with the delivery. */
static void
test_not_shown(Fixture *f, gconstpointer data)
{
	f->show = FALSE;
	start(f, NULL);
	put(f, 1, "a\r\n");
	wait_for(f, 1);
	assert_mails(f, "new", "");
	assert_mails(f, "tmp", "a\n");
	g_clear_pointer(&f->delivery, rp_local_delivery_free);
	assert_mails(f, "tmp", "");
	g_assert_cmpstr(f->told->str, ==, "parked 1");
}

/* What was told to be shown is shown, whether its owner waits for the word of it or not. */
static void
test_shown_at_the_end(Fixture *f, gconstpointer data)
{
	start(f, NULL);
	put(f, 1, "a\r\n");
	wait_for(f, 1);
	g_clear_pointer(&f->delivery, rp_local_delivery_free);
	assert_mails(f, "new", "a\n");
}

static void
test_dropped(Fixture *f, gconstpointer data)
{
	start(f, NULL);
	rp_local_delivery_begin(f->delivery, GUINT_TO_POINTER(1));
	rp_local_delivery_data(f->delivery, "half", 4);
	rp_local_delivery_drop(f->delivery);
	put(f, 2, "b\r\n");
	wait_for(f, 2);
	g_assert_cmpstr(f->told->str, ==, "parked 2, shown 2");
	assert_mails(f, "new", "b\n");
	assert_mails(f, "tmp", "");
}

/* One that can't be written says so, and the next is another matter. */
static void
test_failed(Fixture *f, gconstpointer data)
{
	g_assert_true(g_file_set_contents(f->maildir, "a file", -1, NULL));
	start(f, NULL);
	put(f, 1, "a\r\n");
	wait_for(f, 1);
	g_assert_cmpstr(f->told->str, ==, "failed 1");
	g_assert_nonnull(strstr(f->error->str, "Maildir"));
	g_unlink(f->maildir);
	put(f, 2, "b\r\n");
	wait_for(f, 3);
	g_assert_cmpstr(f->told->str, ==, "failed 1, parked 2, shown 2");
	assert_mails(f, "new", "b\n");
}

/* It can't be shown: it stays where it is for who comes later, since its owner may have written
 * that it is there. */
static void
test_show_failed(Fixture *f, gconstpointer data)
{
	g_autofree char *new = g_build_filename(f->maildir, "new", NULL);

	f->show = FALSE;
	start(f, NULL);
	put(f, 1, "a\r\n");
	wait_for(f, 1);
	g_assert_cmpint(g_rmdir(new), ==, 0);
	g_assert_true(g_file_set_contents(new, "a file", -1, NULL));
	rp_local_delivery_show(f->delivery, GUINT_TO_POINTER(1), f->paths[1]);
	wait_for(f, 2);
	g_assert_cmpstr(f->told->str, ==, "parked 1, failed 1");
	g_clear_pointer(&f->delivery, rp_local_delivery_free);
	assert_mails(f, "tmp", "a\n");
}

/* ---- the command ---- */

typedef struct {
	const char *name;
	const char *mda; /* %s: the directory */
	const char *want_told;
	const char *want_error;
} CommandCase;

static const CommandCase command_cases[] = {
	{"taken", "cat > %s/box", "delivered 1", ""},
	{"refused", "exit 75; : %s", "failed 1", "75"},
	{"killed", "kill -9 $$; : %s", "failed 1", "signal 9"},
};

static void
test_command(Fixture *f, gconstpointer data)
{
	const CommandCase *c = data;
	g_auto(GStrv) parts = g_strsplit(c->mda, "%s", 2);
	g_autofree char *mda = g_strjoinv(f->dir, parts);
	g_autofree char *box = g_build_filename(f->dir, "box", NULL);
	g_autofree char *text = NULL;

	start(f, mda);
	put(f, 1, "Subject: a\r\n\r\na\r\n");
	wait_for(f, 1);
	g_assert_cmpstr(f->told->str, ==, c->want_told);
	g_assert_nonnull(strstr(f->error->str, c->want_error));
	if (!*c->want_error) {
		g_assert_true(g_file_get_contents(box, &text, NULL, NULL));
		g_assert_cmpstr(text, ==, "Subject: a\n\na\n");
	}
	g_assert_false(g_file_test(f->maildir, G_FILE_TEST_EXISTS));
}

/* A command that is run until somebody reads or writes its FIFO. */
static char *
make_fifo(Fixture *f)
{
	char *path = g_build_filename(f->dir, "fifo", NULL);

	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	return path;
}

/* More comes than is written meanwhile: the thread waits for the first one's command. */
static void
test_full(Fixture *f, gconstpointer data)
{
	g_autofree char *piece = g_strnfill(1024 * 1024, 'x');
	g_autofree char *fifo = make_fifo(f);
	g_autofree char *mda = g_strdup_printf("cat %s", fifo);

	start(f, mda);
	put(f, 1, "a\r\n");
	rp_local_delivery_begin(f->delivery, GUINT_TO_POINTER(2));
	for (guint i = 0; i < 4; i++) {
		g_assert_false(rp_local_delivery_is_full(f->delivery));
		rp_local_delivery_data(f->delivery, piece, 1024 * 1024);
	}
	g_assert_true(rp_local_delivery_is_full(f->delivery));
	int fd = open(fifo, O_WRONLY | O_CLOEXEC);
	g_assert_cmpint(fd, >=, 0);
	close(fd);
	wait_for(f, 2);
	g_assert_cmpstr(f->told->str, ==, "delivered 1, room 0");
	g_assert_false(rp_local_delivery_is_full(f->delivery));
}

/* The end waits neither for a command that hangs nor for those behind it. */
static void
test_hurry(Fixture *f, gconstpointer data)
{
	g_autofree char *begun = make_fifo(f);
	g_autofree char *mda = g_strdup_printf("echo >> %s; exec sleep 1000", begun);
	g_autofree char *text = NULL;

	start(f, mda);
	put(f, 1, "a\r\n");
	put(f, 2, "b\r\n");
	g_assert_true(g_file_get_contents(begun, &text, NULL, NULL)); /* waits for the first */
	rp_local_delivery_hurry(f->delivery);
	wait_for(f, 2);
	g_assert_cmpstr(f->told->str, ==, "failed 1, failed 2");
	g_assert_cmpstr(f->error->str, ==, "the agent ends");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add("/local-delivery/" path, Fixture, NULL, set_up, func, tear_down)
	ADD("shown", test_shown);
	ADD("not-shown", test_not_shown);
	ADD("shown-at-the-end", test_shown_at_the_end);
	ADD("dropped", test_dropped);
	ADD("failed", test_failed);
	ADD("show-failed", test_show_failed);
	ADD("full", test_full);
	ADD("hurry", test_hurry);
	for (guint i = 0; i < G_N_ELEMENTS(command_cases); i++) {
		g_autofree char *path =
			g_strconcat("/local-delivery/command/", command_cases[i].name, NULL);

		g_test_add(path, Fixture, &command_cases[i], set_up, test_command, tear_down);
	}
	return g_test_run();
}
