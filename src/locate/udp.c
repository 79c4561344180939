/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-locate"
#include "locate-private.h"

#include "roampost/base.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>

/* Datagrams to one host and from it alone, by one link. */

#define LARGEST 1280 /* octets of an answer */

struct RpUdp {
	const RpUdpEvents *events;
	gpointer user;
	RpFd fd;
	RpAddress source;
	guint16 port;
	GSource *readable;
	GSource *timeout;
};

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
	RpUdp *udp = user;
	guint8 data[LARGEST];
	ssize_t length = recv(fd, data, sizeof data, MSG_DONTWAIT);

	if (length > 0)
		udp->events->received(data, (gsize)length, udp->user);
	else if (length < 0 && errno == ECONNREFUSED)
		udp->events->refused(udp->user);
	return G_SOURCE_CONTINUE;
}

static gboolean
on_timeout(gpointer user)
{
	RpUdp *udp = user;

	rp_source_clear(&udp->timeout);
	udp->events->timed_out(udp->user);
	return G_SOURCE_REMOVE;
}

void
rp_udp_send(RpUdp *udp, const guint8 *data, gsize length, guint wait_ms)
{
	rp_source_clear(&udp->timeout);
	if (send(udp->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		g_debug("a datagram is not sent: %s", g_strerror(errno));
	if (!wait_ms)
		return;
	udp->timeout = g_timeout_source_new(wait_ms);
	g_source_set_callback(udp->timeout, on_timeout, udp, NULL);
	g_source_attach(udp->timeout, g_main_context_get_thread_default());
}

guint16
rp_udp_port(const RpUdp *udp)
{
	return udp->port;
}

const RpAddress *
rp_udp_source(const RpUdp *udp)
{
	return &udp->source;
}

RpUdp *
rp_udp_new(const RpLink *link, const RpAddress *peer, guint16 port, const RpUdpEvents *events,
	gpointer user, GError **error)
{
	RpUdp *udp = g_new0(RpUdp, 1);

	udp->events = events;
	udp->user = user;
	udp->source = rp_link_source(link, peer->family, NULL);
	udp->fd = rp_bound_socket(link, peer, port, SOCK_DGRAM, error);
	if (udp->fd < 0) {
		rp_udp_free(udp);
		return NULL;
	}
	udp->port = rp_bound_port(udp->fd);
	udp->readable = g_unix_fd_source_new(udp->fd, G_IO_IN | G_IO_ERR);
	g_source_set_callback(udp->readable, G_SOURCE_FUNC(on_readable), udp, NULL);
	g_source_attach(udp->readable, g_main_context_get_thread_default());
	return udp;
}

void
rp_udp_free(RpUdp *udp)
{
	if (!udp)
		return;
	rp_source_clear(&udp->readable);
	rp_source_clear(&udp->timeout);
	rp_fd_clear(&udp->fd);
	g_free(udp);
}
