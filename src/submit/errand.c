/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-submit"
#include "roampost/errand.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "roampost/base.h"
#include "roampost/language.h"

/* A system account's side of an errand: the arguments and descriptors go to the agent, the exit
 * status comes back. The agent's side: listen/errands.c. */

/* For an agent that is stopped to let us in. */
#define PATIENCE_SECONDS 30

socklen_t
rp_errand_address(guint uid, struct sockaddr_un *address)
{
	int length;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	length = g_snprintf(address->sun_path + 1, sizeof address->sun_path - 1,
		"org.roampost/system-mail/%u", uid);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (gsize)length);
}

static GByteArray *
pack(char **arguments)
{
	GByteArray *packet = g_byte_array_new();

	for (guint i = 0; arguments[i]; i++)
		g_byte_array_append(
			packet, (const guint8 *)arguments[i], (guint)strlen(arguments[i]) + 1);
	return packet;
}

/* A standard descriptor that is closed can't be handed on. */
static void
open_standard(void)
{
	for (int fd = 0; fd < RP_ERRAND_FDS; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return;
}

static gboolean
send_packet(int fd, GByteArray *packet)
{
	const int standard[RP_ERRAND_FDS] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof standard)];
	} control = {0};
	struct iovec data = {.iov_base = packet->data, .iov_len = packet->len};
	struct msghdr message = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.octets,
		.msg_controllen = sizeof control.octets};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof standard);
	memcpy(CMSG_DATA(header), standard, sizeof standard);
	return sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)packet->len;
}

/* Whoever listened there; it need not be the agent. */
static gboolean
is_of(int fd, guint uid)
{
	struct ucred other;
	socklen_t size = sizeof other;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.uid == uid;
}

static RpFd
reach(guint uid, const char *owner, GError **error)
{
	const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	struct sockaddr_un address;
	socklen_t size = rp_errand_address(uid, &address);
	g_auto(RpFd) fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
		connect(fd, (struct sockaddr *)&address, size) != 0) {
		g_set_error(error, RP_ERROR, RP_ERROR_BUSY,
			_("mail of system accounts goes to %1$s, whose agent takes it and does not "
			  "run; with “loginctl enable-linger %1$s” it runs without a log-in"),
			owner);
		return -1;
	}
	if (is_of(fd, uid))
		return rp_fd_steal(&fd);
	g_set_error(error, RP_ERROR, RP_ERROR_PERMISSION,
		_("mail of system accounts goes to %s, and another user's program has put itself "
		  "in the place of that agent; nothing was handed to it"),
		owner);
	return -1;
}

/* Nothing: it hung up. */
static gboolean
await_status(int fd, int *status)
{
	guint8 answer = 0;
	ssize_t n;

	do
		n = recv(fd, &answer, sizeof answer, 0);
	while (n < 0 && errno == EINTR);
	*status = answer;
	return n == sizeof answer;
}

gboolean
rp_errand_run(guint uid, const char *owner, char **arguments, int *status, GError **error)
{
	g_autoptr(GByteArray) packet = pack(arguments);

	if (packet->len > RP_ERRAND_MOST) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("the recipients and options together are longer than %d octets"),
			RP_ERRAND_MOST);
		return FALSE;
	}
	open_standard();
	g_auto(RpFd) fd = reach(uid, owner, error);
	if (fd < 0)
		return FALSE;
	if (send_packet(fd, packet) && await_status(fd, status))
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_BUSY,
		_("mail of system accounts goes to %s, whose agent ended or has too much to do: it "
		  "is not known to be stored"),
		owner);
	return FALSE;
}
