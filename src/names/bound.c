/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "names-private.h"

#include "roampost/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/* Sockets that leave by one link, whatever the kernel routes. */

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
bind_to_link(int fd, const RpLink *link, const RpAddress *source, GError **error)
{
	struct sockaddr_storage name;
	socklen_t length = to_sockaddr(source, 0, &name);

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link->interface,
		    (socklen_t)strlen(link->interface)) != 0 &&
		errno != EPERM) {
		rp_error_set_errno(error, errno, "%s", link->interface);
		return FALSE;
	}
	if (bind(fd, (struct sockaddr *)&name, length) != 0) {
		rp_error_set_errno(error, errno, "an address of %s", link->interface);
		return FALSE;
	}
	return TRUE;
}

int
rp_bound_socket(const RpLink *link, const RpAddress *peer, guint16 port, int type, GError **error)
{
	struct sockaddr_storage name;
	socklen_t length = to_sockaddr(peer, port, &name);
	RpAddress source = rp_link_source(link, peer->family, NULL);
	g_auto(RpFd) fd = socket(peer->family == RP_FAMILY_IPV6 ? AF_INET6 : AF_INET,
		type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		rp_error_set_errno(error, errno, "a socket");
		return -1;
	}
	if (!bind_to_link(fd, link, &source, error))
		return -1;
	if (connect(fd, (struct sockaddr *)&name, length) != 0 && errno != EINPROGRESS) {
		rp_error_set_errno(error, errno, "no way there");
		return -1;
	}
	return rp_fd_steal(&fd);
}

guint16
rp_bound_port(int fd)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof name;

	if (getsockname(fd, (struct sockaddr *)&name, &length) != 0)
		return 0;
	return ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
						: ((struct sockaddr_in *)&name)->sin_port);
}
