/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-listen"
#include "listen-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The local SMTP server's sockets: who is let in, how many at a time, and where they are when
 * the configuration changes. */

/* Our own programs; others can't take their places, of which they have few. */
#define MAX_CONNECTIONS 64
#define MAX_REFUSED 8
/* Without descriptors accept() fails and the socket stays ready: not in a circle. */
#define ACCEPT_PAUSE 1

struct RpListener {
	char *state_dir;
	char *where;
	GPtrArray *sockets;      /* of RpListenSocket */
	GHashTable *connections; /* of RpConnection */
	guint n_refused;
	RpStore *store;
	RpStore *local_store; /* for what may run a mail delivery command, and wait for it */
	guint pause;
	gboolean closing;
	gboolean takes_system; /* this user has the mail of the system's accounts */
	RpErrands *errands;    /* or NULL */
};

static void watch_sockets(RpListener *listener);

/* ---- what connections ask of us ---- */

/* A bare name, or one of this machine as far as can be seen without looking: a delivery command may
 * take long. */
static gboolean
may_be_local(const char *recipient)
{
	const char *at = strrchr(recipient, '@');

	return !at || !strchr(at, '.') || g_ascii_strcasecmp(at + 1, "localhost.localdomain") == 0;
}

static RpStore *
on_store_wanted(const RpSmtpServerEnvelope *envelope, gpointer user)
{
	RpListener *listener = user;
	RpStore **store = &listener->store;

	for (guint i = 0; i < envelope->n_recipients; i++)
		if (may_be_local(envelope->recipients[i]))
			store = &listener->local_store;
	if (!*store)
		*store = rp_store_new(listener->state_dir);
	return *store;
}

static gboolean
is_closing(gpointer user)
{
	const RpListener *listener = user;

	return listener->closing;
}

static void
on_gone(RpConnection *connection, gpointer user)
{
	RpListener *listener = user;

	listener->n_refused -= rp_connection_is_refused(connection);
	g_hash_table_remove(listener->connections, connection);
}

static const RpConnectionOwner owner = {on_store_wanted, is_closing, on_gone};

/* ---- accepting ---- */

static char *
user_name(guint uid)
{
	g_autofree char *name = rp_account_name_of(uid);

	return name ? g_steal_pointer(&name) : g_strdup_printf("user %u", uid);
}

/* NULL: the client is ours. */
static char *
refusal(const RpListener *listener, int fd)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *own = user_name(geteuid());
	RpPeer peer = {0};

	if (!rp_peer_look(fd, &peer, &error)) {
		g_warning("a client is refused, since its user can't be seen: %s", error->message);
		return g_strdup_printf(
			"roampost takes mail from %s alone, and can't see who you are", own);
	}
	/* RFC 5321 section 6.3: it would come back for ever. */
	if (peer.self)
		return g_strdup("is roampost itself, whose mail would come back to it: smtp= of "
				"the server set must be the provider's server");
	if (peer.uid == geteuid() || (listener->takes_system && rp_account_is_system(peer.uid)))
		return NULL;
	g_autofree char *theirs = user_name(peer.uid);
	g_message("a client of %s is refused", theirs);
	return g_strdup_printf("roampost takes mail from %s alone; you are %s", own, theirs);
}

/* A client that sends ahead may acknowledge no reply before the next one comes, and the kernel
 * would hold that one back until then: 40 ms a message. A unix socket knows no such thing. */
static void
hold_nothing_back(int fd)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void
take_client(RpListener *listener, int fd)
{
	g_autofree char *why = refusal(listener, fd);
	guint n_own = g_hash_table_size(listener->connections) - listener->n_refused;

	hold_nothing_back(fd);
	if (why && listener->n_refused >= MAX_REFUSED) {
		close(fd);
		return;
	}
	listener->n_refused += why != NULL;
	g_hash_table_add(listener->connections,
		rp_connection_new(&owner, listener, fd, why, !why && n_own >= MAX_CONNECTIONS));
}

static gboolean
on_pause_over(gpointer user)
{
	RpListener *listener = user;

	listener->pause = 0;
	watch_sockets(listener);
	return G_SOURCE_REMOVE;
}

static void
pause_accepting(RpListener *listener, int why)
{
	g_warning("cannot accept a client: %s", g_strerror(why));
	for (guint i = 0; i < listener->sockets->len; i++) {
		RpListenSocket *socket = listener->sockets->pdata[i];
		g_clear_handle_id(&socket->source, g_source_remove);
	}
	listener->pause = g_timeout_add_seconds(ACCEPT_PAUSE, on_pause_over, listener);
}

static gboolean
on_client(gint fd, GIOCondition condition, gpointer user)
{
	RpListener *listener = user;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (client >= 0)
		take_client(listener, client);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		pause_accepting(listener, errno);
	return G_SOURCE_CONTINUE;
}

static void
watch_sockets(RpListener *listener)
{
	for (guint i = 0; i < listener->sockets->len && !listener->pause; i++) {
		RpListenSocket *socket = listener->sockets->pdata[i];
		if (!socket->source)
			socket->source = g_unix_fd_add(socket->fd, G_IO_IN, on_client, listener);
	}
}

/* ---- where ---- */

static void
close_configured(RpListener *listener)
{
	for (guint i = listener->sockets->len; i-- > 0;) {
		const RpListenSocket *socket = listener->sockets->pdata[i];
		if (!socket->handed_over)
			g_ptr_array_remove_index(listener->sockets, i);
	}
}

static gboolean
has_configured(const RpListener *listener)
{
	for (guint i = 0; i < listener->sockets->len; i++)
		if (!((RpListenSocket *)listener->sockets->pdata[i])->handed_over)
			return TRUE;
	return FALSE;
}

void
rp_listener_take_system(RpListener *listener, gboolean takes, gboolean runs_errands)
{
	listener->takes_system = takes;
	if (!runs_errands)
		g_clear_pointer(&listener->errands, rp_errands_free);
	else if (!listener->errands)
		listener->errands = rp_errands_new();
}

void
rp_listener_set(RpListener *listener, const char *where)
{
	if (g_strcmp0(where, listener->where) == 0 && has_configured(listener))
		return;
	close_configured(listener);
	g_free(listener->where);
	listener->where = g_strdup(where);
	if (where)
		rp_listen_sockets_open(listener->sockets, where);
	if (has_configured(listener))
		g_message("local programs may hand over mail by SMTP on %s", where);
	watch_sockets(listener);
}

char **
rp_listener_addresses(const RpListener *listener)
{
	g_autoptr(GStrvBuilder) addresses = g_strv_builder_new();

	for (guint i = 0; i < listener->sockets->len; i++) {
		g_autofree char *address = rp_listen_socket_address(listener->sockets->pdata[i]);

		g_strv_builder_add(addresses, address);
	}
	return g_strv_builder_end(addresses);
}

gboolean
rp_listener_lacks(const RpListener *listener)
{
	return listener->where && !has_configured(listener);
}

/* ---- life ---- */

RpListener *
rp_listener_new(const char *state_dir)
{
	RpListener *listener = g_new0(RpListener, 1);

	listener->state_dir = g_strdup(state_dir);
	listener->sockets = g_ptr_array_new_with_free_func((GDestroyNotify)rp_listen_socket_free);
	listener->connections = g_hash_table_new(NULL, NULL);
	rp_listen_sockets_take_over(listener->sockets);
	watch_sockets(listener);
	return listener;
}

void
rp_listener_free(RpListener *listener)
{
	GHashTableIter iter;
	gpointer connection;

	if (!listener)
		return;
	listener->closing = TRUE;
	rp_errands_free(listener->errands);
	g_ptr_array_unref(listener->sockets);
	g_clear_handle_id(&listener->pause, g_source_remove);
	g_hash_table_iter_init(&iter, listener->connections);
	while (g_hash_table_iter_next(&iter, &connection, NULL))
		rp_connection_drop_mail(connection);
	/* What has ended is answered here. */
	g_clear_pointer(&listener->store, rp_store_free);
	g_clear_pointer(&listener->local_store, rp_store_free);
	g_hash_table_iter_init(&iter, listener->connections);
	while (g_hash_table_iter_next(&iter, &connection, NULL)) {
		g_hash_table_iter_steal(&iter);
		rp_connection_shut_down(connection);
	}
	g_hash_table_unref(listener->connections);
	g_free(listener->where);
	g_free(listener->state_dir);
	g_free(listener);
}
