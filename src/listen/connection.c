/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-listen"
#include "listen-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>
#include "roampost/submit.h"

/* One client of the local SMTP server: the engine, its socket, and the store, of which the
 * slower one is waited for. */

/* Content is handed to the store in parts of this size, one at a time: so much and as much again is
 * in memory. */
#define PART (256 * 1024)
#define MAX_RECIPIENTS 1000
#define MAX_ERRORS 50
/* RFC 5321 section 4.5.3.2.7: five minutes at least. */
#define SILENCE (5 * 60)
#define REFUSED_SILENCE 10
/* What the client has sent ahead is read off, so that it sees our last words. */
#define LINGER 2

typedef enum {
	OPEN,
	CLOSING,   /* the last output is on its way */
	LINGERING, /* it is sent; the client's end is awaited */
} Stage;

struct RpConnection {
	const RpConnectionOwner *owner;
	gpointer user;
	RpFd fd;
	RpSmtpServer *server;
	gboolean refused;
	Stage stage;
	gboolean end_of_input;
	guint source;
	GIOCondition condition; /* that the source waits for */
	guint timer;
	guint idle_limit;     /* seconds */
	gint64 last_activity; /* monotonic */

	RpStoreMail *mail;
	GByteArray *part;
	gboolean writing; /* a part is in the store's hands */
};

static void work(RpConnection *connection);

/* ---- the store ---- */

static void
on_part_written(gpointer user)
{
	RpConnection *connection = user;

	connection->writing = FALSE;
	work(connection);
}

static void
on_mail_ended(RpSmtpServerAnswer answer, const char *words, gpointer user)
{
	RpConnection *connection = user;

	connection->mail = NULL;
	connection->writing = FALSE;
	connection->last_activity = g_get_monotonic_time();
	rp_smtp_server_answer(connection->server, answer, words);
	if (connection->owner->is_closing(connection->user))
		rp_smtp_server_stop(connection->server, RP_SMTP_SERVER_SHUTDOWN);
	work(connection);
}

static const RpStoreFuncs store_funcs = {on_part_written, on_mail_ended};

void
rp_connection_drop_mail(RpConnection *connection)
{
	/* One that has ended is waited for. */
	if (!connection->mail || rp_smtp_server_is_waiting(connection->server))
		return;
	g_clear_pointer(&connection->mail, rp_store_drop);
	g_clear_pointer(&connection->part, g_byte_array_unref);
	connection->writing = FALSE;
}

static void
take_content(RpConnection *connection, const RpSmtpServerEvent *event)
{
	if (!connection->part)
		connection->part = g_byte_array_new();
	g_byte_array_append(connection->part, event->data, event->size);
}

/* ---- events ---- */

static void
take_event(RpConnection *connection, const RpSmtpServerEvent *event)
{
	switch (event->kind) {
	case RP_SMTP_SERVER_BEGIN:
		connection->mail =
			rp_store_begin(connection->owner->store(event->envelope, connection->user),
				event->envelope, &store_funcs, connection);
		return;
	case RP_SMTP_SERVER_CONTENT:
		take_content(connection, event);
		return;
	case RP_SMTP_SERVER_END:
		rp_store_end(connection->mail, g_steal_pointer(&connection->part));
		return;
	case RP_SMTP_SERVER_ABORT:
		rp_connection_drop_mail(connection);
		return;
	case RP_SMTP_SERVER_CLOSE:
		connection->stage = CLOSING;
		return;
	}
}

/* FALSE: the client is to wait until the store has caught up. */
static gboolean
hand_on_part(RpConnection *connection)
{
	if (!connection->part || connection->part->len < PART)
		return TRUE;
	if (connection->writing)
		return FALSE;
	connection->writing = TRUE;
	rp_store_write(connection->mail, g_steal_pointer(&connection->part));
	return TRUE;
}

/* FALSE: the connection is gone. */
static gboolean
send_output(RpConnection *connection)
{
	const guint8 *data;
	gsize size;

	while ((size = rp_smtp_server_output(connection->server, &data)) > 0) {
		ssize_t n = send(connection->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		rp_smtp_server_sent(connection->server, (gsize)n);
	}
	return TRUE;
}

static gboolean
has_output(RpConnection *connection)
{
	const guint8 *data;

	return rp_smtp_server_output(connection->server, &data) > 0;
}

/* ---- life ---- */

static void
connection_free(RpConnection *connection)
{
	if (connection->source)
		g_source_remove(connection->source);
	if (connection->timer)
		g_source_remove(connection->timer);
	/* What has ended is stored all the same: the client may never have seen our answer, and
	 * will send it again; better twice than not at all. */
	g_clear_pointer(&connection->mail, rp_store_drop);
	g_clear_pointer(&connection->part, g_byte_array_unref);
	rp_smtp_server_free(connection->server);
	rp_fd_clear(&connection->fd);
	g_free(connection);
}

static void
end(RpConnection *connection)
{
	connection->owner->gone(connection, connection->user);
	connection_free(connection);
}

void
rp_connection_shut_down(RpConnection *connection)
{
	rp_smtp_server_stop(connection->server, RP_SMTP_SERVER_SHUTDOWN);
	send_output(connection);
	connection_free(connection);
}

/* ---- time ---- */

static gboolean on_timer(gpointer user);

static void
set_timer(RpConnection *connection, guint seconds)
{
	if (connection->timer)
		g_source_remove(connection->timer);
	connection->timer = g_timeout_add_seconds(seconds, on_timer, connection);
}

static gboolean
on_timer(gpointer user)
{
	RpConnection *connection = user;
	gint64 silent = (g_get_monotonic_time() - connection->last_activity) / G_USEC_PER_SEC;

	connection->timer = 0;
	if (connection->stage != OPEN) {
		end(connection);
	} else if (connection->mail && rp_smtp_server_is_waiting(connection->server)) {
		set_timer(connection, connection->idle_limit); /* it is we who are slow */
	} else if (silent < connection->idle_limit) {
		set_timer(connection, connection->idle_limit - (guint)silent);
	} else {
		rp_smtp_server_stop(connection->server, RP_SMTP_SERVER_SILENCE);
		work(connection);
	}
	return G_SOURCE_REMOVE;
}

/* ---- the socket ---- */

static void
linger(RpConnection *connection)
{
	connection->stage = LINGERING;
	shutdown(connection->fd, SHUT_WR);
	set_timer(connection, LINGER);
}

/* FALSE: there is no more to come. */
static gboolean
read_off(RpConnection *connection)
{
	char scrap[4096];
	ssize_t n;

	while ((n = recv(connection->fd, scrap, sizeof scrap, MSG_DONTWAIT)) > 0)
		;
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* FALSE: the connection is gone. */
static gboolean
receive(RpConnection *connection)
{
	gsize space;
	guint8 *into = rp_smtp_server_space(connection->server, &space);

	if (space == 0 || connection->end_of_input)
		return TRUE;
	ssize_t n = recv(connection->fd, into, space, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	connection->end_of_input = n == 0;
	connection->last_activity = g_get_monotonic_time();
	rp_smtp_server_received(connection->server, (gsize)n);
	return TRUE;
}

static gboolean
on_ready(gint fd, GIOCondition condition, gpointer user)
{
	RpConnection *connection = user;

	if (connection->stage == LINGERING) {
		if (!read_off(connection))
			end(connection);
		return G_SOURCE_CONTINUE;
	}
	if (condition & G_IO_IN ? !receive(connection) : condition & (G_IO_HUP | G_IO_ERR))
		end(connection);
	else
		work(connection);
	return G_SOURCE_CONTINUE;
}

static void
await(RpConnection *connection)
{
	GIOCondition condition = 0;
	gsize space = 0;

	rp_smtp_server_space(connection->server, &space);
	if (connection->stage == LINGERING ||
		(connection->stage == OPEN && space > 0 && !connection->end_of_input &&
			hand_on_part(connection)))
		condition |= G_IO_IN;
	if (has_output(connection))
		condition |= G_IO_OUT;
	if (condition == connection->condition)
		return;
	if (connection->source)
		g_source_remove(connection->source);
	connection->condition = condition;
	connection->source =
		condition ? g_unix_fd_add(connection->fd, condition, on_ready, connection) : 0;
}

/* Everything that follows from what has been read, stored or sent; may end the connection. */
static void
work(RpConnection *connection)
{
	const RpSmtpServerEvent *event;

	for (gboolean again = TRUE; again;) {
		again = FALSE;
		while (hand_on_part(connection) &&
			(event = rp_smtp_server_next_event(connection->server)))
			take_event(connection, event);
		if (has_output(connection)) {
			if (!send_output(connection)) {
				end(connection);
				return;
			}
			again = !has_output(connection); /* it may have held the engine up */
		}
	}
	if (connection->stage == CLOSING && !has_output(connection))
		linger(connection);
	if (connection->end_of_input && !has_output(connection) && !connection->writing &&
		!rp_smtp_server_is_waiting(connection->server)) {
		end(connection);
		return;
	}
	await(connection);
}

gboolean
rp_connection_is_refused(const RpConnection *connection)
{
	return connection->refused;
}

RpConnection *
rp_connection_new(
	const RpConnectionOwner *owner, gpointer user, int fd, const char *refusal, gboolean busy)
{
	const RpSmtpServerOptions options = {
		.name = g_get_host_name(),
		.refusal = refusal,
		.max_size = RP_SUBMIT_MAX_SIZE,
		.max_recipients = MAX_RECIPIENTS,
		.max_errors = MAX_ERRORS,
		.refuse_recipient = rp_submit_refuse_recipient,
	};
	RpConnection *connection = g_new0(RpConnection, 1);

	connection->owner = owner;
	connection->user = user;
	connection->fd = fd;
	connection->refused = refusal != NULL;
	connection->server = rp_smtp_server_new(&options);
	connection->idle_limit = refusal ? REFUSED_SILENCE : SILENCE;
	connection->last_activity = g_get_monotonic_time();
	if (busy)
		rp_smtp_server_stop(connection->server, RP_SMTP_SERVER_BUSY);
	set_timer(connection, connection->idle_limit);
	/* From the loop: the caller has still to note it. The socket can be written to, so the
	 * banner goes out at once. */
	connection->condition = G_IO_OUT;
	connection->source = g_unix_fd_add(fd, G_IO_OUT, on_ready, connection);
	return connection;
}
