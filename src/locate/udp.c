/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-locate"
#include "locate-private.h"

#include "roampost/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

static socklen_t
to_sockaddr(const RpAddress *address, guint16 port, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof *out);
	if (address->family == RP_FAMILY_IPV6) {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, address->bytes, 16);
		return sizeof *v6;
	}
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;

	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	memcpy(&v4->sin_addr, address->bytes, 4);
	return sizeof *v4;
}

/* A source address alone does not choose the interface where two links share a network. (Since
 * Linux 5.7 nobody needs a privilege for it; before, the source is what there is.) */
static gboolean
bind_to_link(RpUdp *udp, const RpLink *link, GError **error)
{
	struct sockaddr_storage name;
	socklen_t length = to_sockaddr(&udp->source, 0, &name);

	if (setsockopt(udp->fd, SOL_SOCKET, SO_BINDTODEVICE, link->interface,
		    (socklen_t)strlen(link->interface)) != 0 &&
		errno != EPERM) {
		rp_error_set_errno(error, errno, "%s", link->interface);
		return FALSE;
	}
	if (bind(udp->fd, (struct sockaddr *)&name, length) != 0) {
		rp_error_set_errno(error, errno, "an address of %s", link->interface);
		return FALSE;
	}
	return TRUE;
}

static gboolean
connect_to(RpUdp *udp, const RpAddress *peer, guint16 port, GError **error)
{
	struct sockaddr_storage name;
	socklen_t length = to_sockaddr(peer, port, &name);

	if (connect(udp->fd, (struct sockaddr *)&name, length) == 0) {
		length = sizeof name;
		if (getsockname(udp->fd, (struct sockaddr *)&name, &length) == 0) {
			udp->port = ntohs(name.ss_family == AF_INET6
						  ? ((struct sockaddr_in6 *)&name)->sin6_port
						  : ((struct sockaddr_in *)&name)->sin_port);
			return TRUE;
		}
	}
	rp_error_set_errno(error, errno, "no way there");
	return FALSE;
}

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
	udp->fd = socket(peer->family == RP_FAMILY_IPV6 ? AF_INET6 : AF_INET,
		SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (udp->fd < 0)
		rp_error_set_errno(error, errno, "a socket");
	if (udp->fd < 0 || !bind_to_link(udp, link, error) || !connect_to(udp, peer, port, error)) {
		rp_udp_free(udp);
		return NULL;
	}
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
