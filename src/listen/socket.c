/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-listen"
#include "listen-private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Where the local SMTP server listens: on TCP, at a path, or on what systemd hands over. */

#define BACKLOG 64

typedef union {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_storage storage;
} Address;

/* Another agent may have put its own there meanwhile. */
static void
remove_path(const RpListenSocket *socket)
{
	struct stat status;

	if (socket->path && lstat(socket->path, &status) == 0 && status.st_dev == socket->device &&
		status.st_ino == socket->inode)
		g_unlink(socket->path);
}

void
rp_listen_socket_free(RpListenSocket *socket)
{
	if (socket->source)
		g_source_remove(socket->source);
	remove_path(socket);
	rp_fd_clear(&socket->fd);
	g_free(socket->path);
	g_free(socket);
}

static RpListenSocket *
add_socket(GPtrArray *sockets, RpFd *fd)
{
	RpListenSocket *socket = g_new0(RpListenSocket, 1);

	socket->fd = rp_fd_steal(fd);
	g_ptr_array_add(sockets, socket);
	return socket;
}

/* ---- TCP ---- */

static gboolean
has_address(const GPtrArray *sockets, const Address *address, socklen_t size)
{
	for (guint i = 0; i < sockets->len; i++) {
		const RpListenSocket *other = sockets->pdata[i];
		Address theirs = {0};
		socklen_t their_size = sizeof theirs;

		if (getsockname(other->fd, &theirs.any, &their_size) == 0 && their_size == size &&
			memcmp(&theirs, address, size) == 0)
			return TRUE;
	}
	return FALSE;
}

static void
open_tcp(GPtrArray *sockets, const Address *address, socklen_t size, const char *where)
{
	const int on = 1;

	/* systemd may have opened it for us. */
	if (has_address(sockets, address, size))
		return;
	g_auto(RpFd) fd = socket(
		address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
		bind(fd, &address->any, size) != 0 || listen(fd, BACKLOG) != 0)
		g_warning("cannot listen on %s: %s", where, g_strerror(errno));
	else
		add_socket(sockets, &fd);
}

static void
open_ipv4(GPtrArray *sockets, const char *host, guint16 port, const char *where)
{
	Address address = {.in = {.sin_family = AF_INET, .sin_port = g_htons(port)}};

	if (inet_pton(AF_INET, host, &address.in.sin_addr) == 1)
		open_tcp(sockets, &address, sizeof address.in, where);
	else
		g_warning("cannot listen on %s: not an address", where);
}

static void
open_ipv6(GPtrArray *sockets, guint16 port, const char *where)
{
	Address address = {.in6 = {.sin6_family = AF_INET6,
				   .sin6_port = g_htons(port),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT}};

	open_tcp(sockets, &address, sizeof address.in6, where);
}

/* ---- unix ---- */

/* Left by a program that is no more: nobody listens. Whoever is only slow to accept is there. */
static gboolean
is_stale(const Address *address, struct stat *status)
{
	g_auto(RpFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && lstat(address->un.sun_path, status) == 0 && S_ISSOCK(status->st_mode) &&
	       status->st_uid == geteuid() && connect(fd, &address->any, sizeof address->un) != 0 &&
	       errno == ECONNREFUSED;
}

static gboolean
is_same(const char *path, const struct stat *status)
{
	struct stat now;

	return lstat(path, &now) == 0 && now.st_dev == status->st_dev &&
	       now.st_ino == status->st_ino;
}

/* In the place of the stale one, and of no other that has come there meanwhile. */
static gboolean
replace_stale(const char *ours, const char *path, const struct stat *stale)
{
	if (renameat2(AT_FDCWD, ours, AT_FDCWD, path, RENAME_EXCHANGE) != 0)
		return FALSE;
	if (is_same(ours, stale))
		return TRUE;
	renameat2(AT_FDCWD, ours, AT_FDCWD, path, RENAME_EXCHANGE);
	return FALSE;
}

/* Not every file system can exchange names. */
static gboolean
take_away_stale(const char *path, const struct stat *stale)
{
	return is_same(path, stale) && unlink(path) == 0;
}

/* Ours, which listens already, gets the path that no living one has. */
static gboolean
put_in_place(const char *ours, const Address *address)
{
	const char *path = address->un.sun_path;
	struct stat status;

	if (link(ours, path) == 0)
		return TRUE;
	if (errno != EEXIST)
		return FALSE;
	if (is_stale(address, &status) &&
		(replace_stale(ours, path, &status) ||
			(errno == EINVAL && take_away_stale(path, &status) &&
				link(ours, path) == 0)))
		return TRUE;
	errno = EADDRINUSE;
	return FALSE;
}

/* A name beside it that is no longer. */
static void
name_beside(const char *path, Address *beside)
{
	g_autofree char *dir = g_path_get_dirname(path);

	beside->un.sun_family = AF_UNIX;
	g_snprintf(beside->un.sun_path, sizeof beside->un.sun_path, "%s/.%06x", dir,
		g_random_int() & 0xffffff);
}

/* By the time it has its path it listens: one that is bound and does not listen yet can't be told
 * from one that is stale. Before listen() nobody can connect: so the mode is there first. */
static gboolean
bind_unix(int fd, const Address *address, struct stat *status)
{
	Address beside = {0};
	gboolean bound, placed;
	int why;

	name_beside(address->un.sun_path, &beside);
	bound = bind(fd, &beside.any, sizeof beside.un) == 0;
	placed = bound && chmod(beside.un.sun_path, 0600) == 0 &&
		 lstat(beside.un.sun_path, status) == 0 && listen(fd, BACKLOG) == 0 &&
		 put_in_place(beside.un.sun_path, address);
	why = errno;
	if (bound)
		g_unlink(beside.un.sun_path);
	errno = why;
	return placed;
}

static void
open_unix(GPtrArray *sockets, const char *path)
{
	Address address = {.un = {.sun_family = AF_UNIX}};
	struct stat status;

	if (strlen(path) >= sizeof address.un.sun_path) {
		g_warning("cannot listen on %s: the path is too long", path);
		return;
	}
	memcpy(address.un.sun_path, path, strlen(path));
	g_auto(RpFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !bind_unix(fd, &address, &status)) {
		g_warning("cannot listen on %s: %s", path,
			errno == EADDRINUSE
				? "another program does, or something else has this name"
				: g_strerror(errno));
		return;
	}
	RpListenSocket *opened = add_socket(sockets, &fd);
	opened->path = g_strdup(path);
	opened->device = status.st_dev;
	opened->inode = status.st_ino;
}

void
rp_listen_sockets_open(GPtrArray *sockets, const char *where)
{
	const char *colon = strrchr(where, ':');
	guint64 port = 0;

	if (*where == '/') {
		open_unix(sockets, where);
		return;
	}
	if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL)) {
		g_warning("cannot listen on %s: no port", where);
		return;
	}
	g_autofree char *host = g_strndup(where, colon - where);
	if (g_str_equal(host, "[::1]")) {
		open_ipv6(sockets, (guint16)port, where);
	} else if (g_str_equal(host, "localhost")) {
		/* Programs that are told "localhost" try either first. */
		open_ipv4(sockets, "127.0.0.1", (guint16)port, where);
		open_ipv6(sockets, (guint16)port, where);
	} else {
		open_ipv4(sockets, host, (guint16)port, where);
	}
}

/* ---- systemd: sd_listen_fds(3) ---- */

#define FIRST_FD 3

static gboolean
is_local(int fd)
{
	Address address;
	socklen_t size = sizeof address, value_size = sizeof(int);
	int listens = 0;

	if (getsockname(fd, &address.any, &size) != 0 ||
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &value_size) != 0 || !listens)
		return FALSE;
	if (address.any.sa_family == AF_INET)
		return (g_ntohl(address.in.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
	if (address.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address.in6.sin6_addr);
	return address.any.sa_family == AF_UNIX;
}

void
rp_listen_sockets_take_over(GPtrArray *sockets)
{
	const char *pid = g_getenv("LISTEN_PID"), *fds = g_getenv("LISTEN_FDS");
	guint64 our_pid = 0, n = 0;

	if (!pid || !fds || !g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT, &our_pid, NULL) ||
		our_pid != (guint64)getpid() ||
		!g_ascii_string_to_unsigned(fds, 10, 0, 1024, &n, NULL))
		return;
	g_unsetenv("LISTEN_PID");
	g_unsetenv("LISTEN_FDS");
	g_unsetenv("LISTEN_FDNAMES");
	for (guint64 i = 0; i < n; i++) {
		g_auto(RpFd) fd = FIRST_FD + (int)i;
		if (!is_local(fd)) {
			g_warning("socket %d of systemd's listens on no loopback address and no "
				  "path: not used",
				fd);
			continue;
		}
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		add_socket(sockets, &fd)->handed_over = TRUE;
	}
}

/* ---- what there is ---- */

static char *
format_inet(int family, const void *address, in_port_t port)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(family, address, text, sizeof text);
	return g_strdup_printf(family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, ntohs(port));
}

char *
rp_listen_socket_address(const RpListenSocket *socket)
{
	Address address = {0};
	socklen_t size = sizeof address;

	if (socket->path) /* it was bound beside it */
		return g_strdup(socket->path);
	if (getsockname(socket->fd, &address.any, &size) != 0)
		return g_strdup("");
	if (address.any.sa_family == AF_INET)
		return format_inet(AF_INET, &address.in.sin_addr, address.in.sin_port);
	if (address.any.sa_family == AF_INET6)
		return format_inet(AF_INET6, &address.in6.sin6_addr, address.in6.sin6_port);
	return g_strndup(address.un.sun_path, sizeof address.un.sun_path);
}
