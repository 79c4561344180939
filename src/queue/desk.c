/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "desk.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "handover-private.h"

#include "roampost/language.h"

/* Where programs hand their mail over to the agent, which writes it beside what it writes itself.
 */

/* More than these wait, or write themselves. */
#define MAX_GUESTS 64
#define BACKLOG 64

struct RpDesk {
	char *dir;
	RpHandoverQueue queue;
	RpWriter *writer;
	RpFd socket;
	GMainContext *context;
	GMainLoop *loop;
	GThread *thread;
	GHashTable *guests; /* the thread's: of Guest, those that have not said all */
};

/* A program at the desk. */
typedef struct {
	RpDesk *desk;
	RpFd fd;
	GSource *source;
	GByteArray *octets;
	RpHandoverMail *mail; /* when it has said all: then it is the writer thread's */
	RpMessageId id;
} Guest;

static void
guest_free(Guest *guest)
{
	rp_source_clear(&guest->source);
	rp_fd_clear(&guest->fd);
	g_byte_array_unref(guest->octets);
	g_clear_pointer(&guest->mail, rp_handover_mail_free);
	g_free(guest);
}

/* ---- the writer thread ---- */

static gboolean
is_there(const Guest *guest)
{
	struct pollfd end = {.fd = guest->fd, .events = POLLRDHUP};

	return poll(&end, 1, 0) == 0;
}

/* It fits: nothing else was said yet. */
static gboolean
answer(const Guest *guest, RpHandoverAnswer answer, RpMessageId id)
{
	const RpHandoverReply reply = {answer, id};

	return send(guest->fd, &reply, sizeof reply, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof reply;
}

static gboolean
set_gone(GError **error)
{
	g_set_error(error, RP_ERROR, RP_ERROR_STATE, _("the program has gone"));
	return FALSE;
}

static gboolean
take_in(RpTx *tx, const RpStep *step, GError **error)
{
	Guest *guest = step->object;
	const RpHandoverMail *mail = guest->mail;

	if (!is_there(guest))
		return set_gone(error);
	if (!rp_arrival_new_id(tx, &guest->id, error) ||
		!rp_arrival_content(tx, guest->id, 0, mail->content, mail->size, error) ||
		!rp_arrival_message(tx, guest->id, &mail->envelope, (gint64)mail->size, error))
		return FALSE;
	/* Within the turn: whoever gives up waiting knows the number before the turn is its own. */
	return answer(guest, RP_HANDOVER_TAKEN, guest->id) || set_gone(error);
}

static void
on_written(const GError *error, gpointer user)
{
	Guest *guest = user;
	char text[RP_MESSAGE_ID_SIZE];

	if (error) {
		g_debug("a message is not taken over: %s", error->message);
		answer(guest, RP_HANDOVER_REFUSED, 0);
		return;
	}
	answer(guest, RP_HANDOVER_STORED, guest->id);
	g_debug("%s: incoming -> ready (handed over, %" G_GSIZE_FORMAT " octets)",
		rp_message_id_format(guest->id, text), guest->mail->size);
	rp_files_ring(guest->desk->dir);
}

/* ---- the desk's own ---- */

static void
write_down(Guest *guest)
{
	RpQueueChange *change = rp_queue_change_new(g_get_real_time());

	rp_change_add(change, take_in)->object = guest;
	rp_writer_push_directly(
		guest->desk->writer, change, on_written, guest, (GDestroyNotify)guest_free);
}

static void
send_away(Guest *guest)
{
	g_hash_table_remove(guest->desk->guests, guest);
	guest_free(guest);
}

/* All has come. */
static void
take_mail(Guest *guest)
{
	RpDesk *desk = guest->desk;

	g_byte_array_remove_range(guest->octets, 0, sizeof(guint32));
	guest->mail = rp_handover_unpack(guest->octets);
	if (!guest->mail || guest->mail->queue.device != desk->queue.device ||
		guest->mail->queue.inode != desk->queue.inode) {
		send_away(guest);
		return;
	}
	g_hash_table_remove(desk->guests, guest);
	rp_source_clear(&guest->source);
	write_down(guest);
}

/* Octets that are still to come; -1: more than anything may have. */
static gint64
missing(const Guest *guest)
{
	gint64 size = sizeof(guint32);
	guint32 length;

	if (guest->octets->len >= sizeof length) {
		memcpy(&length, guest->octets->data, sizeof length);
		size += length;
	}
	return size <= RP_HANDOVER_MOST ? size - guest->octets->len : -1;
}

static gboolean
on_octets(gint fd, GIOCondition condition, gpointer user)
{
	Guest *guest = user;
	gint64 wanted = missing(guest);
	guint before = guest->octets->len;

	g_byte_array_set_size(guest->octets, before + (guint)wanted);
	ssize_t n = recv(fd, guest->octets->data + before, (gsize)wanted, MSG_DONTWAIT);
	g_byte_array_set_size(guest->octets, before + (guint)MAX(n, 0));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	wanted = missing(guest);
	if (n <= 0 || wanted < 0)
		send_away(guest);
	else if (wanted == 0)
		take_mail(guest);
	return G_SOURCE_CONTINUE;
}

static gboolean
is_ours(int fd)
{
	struct ucred program;
	socklen_t size = sizeof program;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &program, &size) == 0 &&
	       program.uid == geteuid();
}

static gboolean
on_guest(gint fd, GIOCondition condition, gpointer user)
{
	RpDesk *desk = user;
	g_auto(RpFd) theirs = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	/* Who is not let in sees the end, and writes itself. */
	if (theirs < 0 || !is_ours(theirs) || g_hash_table_size(desk->guests) >= MAX_GUESTS)
		return G_SOURCE_CONTINUE;
	Guest *guest = g_new0(Guest, 1);
	guest->desk = desk;
	guest->fd = rp_fd_steal(&theirs);
	guest->octets = g_byte_array_new();
	guest->source = g_unix_fd_source_new(guest->fd, G_IO_IN);
	g_source_set_callback(guest->source, G_SOURCE_FUNC(on_octets), guest, NULL);
	g_source_attach(guest->source, desk->context);
	g_hash_table_add(desk->guests, guest);
	return G_SOURCE_CONTINUE;
}

static gpointer
serve(gpointer data)
{
	RpDesk *desk = data;
	GHashTableIter iter;
	gpointer guest;

	g_main_loop_run(desk->loop);
	g_hash_table_iter_init(&iter, desk->guests);
	while (g_hash_table_iter_next(&iter, &guest, NULL))
		guest_free(guest);
	return NULL;
}

/* ---- life ---- */

/* Who has the agent's lock may take away what an earlier one left. */
static int
open_socket(int fd, const struct sockaddr *address, guint size)
{
	const char *path = ((const struct sockaddr_un *)address)->sun_path;

	if ((g_unlink(path) != 0 && errno != ENOENT) || bind(fd, address, size) != 0)
		return -1;
	return chmod(path, 0600) == 0 ? listen(fd, BACKLOG) : -1;
}

static gboolean
quit(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_REMOVE;
}

static void
start(RpDesk *desk)
{
	g_autoptr(GSource) source = g_unix_fd_source_new(desk->socket, G_IO_IN);

	desk->context = g_main_context_new();
	desk->loop = g_main_loop_new(desk->context, FALSE);
	desk->guests = g_hash_table_new(NULL, NULL);
	g_source_set_callback(source, G_SOURCE_FUNC(on_guest), desk, NULL);
	g_source_attach(source, desk->context);
	desk->thread = g_thread_new("desk", serve, desk);
}

RpDesk *
rp_desk_new(const char *dir, RpWriter *writer)
{
	g_auto(RpFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	RpHandoverQueue queue;
	int why = fd < 0 ? errno : rp_handover_call(open_socket, fd, dir);

	if (why != 0 || !rp_handover_queue_look(dir, &queue)) {
		g_message("programs hand their mail over without the agent: %s/handover: %s", dir,
			rp_text_errno(why));
		return NULL;
	}
	RpDesk *desk = g_new0(RpDesk, 1);
	desk->dir = g_strdup(dir);
	desk->queue = queue;
	desk->writer = writer;
	desk->socket = rp_fd_steal(&fd);
	start(desk);
	return desk;
}

/* By a source: the loop may not run yet. */
void
rp_desk_stop(RpDesk *desk)
{
	g_autoptr(GSource) source = g_idle_source_new();

	if (!desk)
		return;
	g_source_set_callback(source, quit, desk->loop, NULL);
	g_source_attach(source, desk->context);
	g_thread_join(desk->thread);
}

void
rp_desk_free(RpDesk *desk)
{
	if (!desk)
		return;
	g_hash_table_unref(desk->guests);
	g_main_loop_unref(desk->loop);
	g_main_context_unref(desk->context);
	rp_fd_clear(&desk->socket);
	g_free(desk->dir);
	g_free(desk);
}
