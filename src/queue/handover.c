/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handover-private.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A program's side of the handover: it has a message, and there may be an agent. */

/* For all of it. An agent that writes has the turn meanwhile: who does not wait for its answer
 * waits for that. */
#define PATIENCE (2 * G_USEC_PER_SEC)

static gboolean
wait_for(int fd, short events, gint64 until)
{
	struct pollfd ready = {.fd = fd, .events = events};
	gint64 left;
	int n = 0;

	do {
		left = until - g_get_monotonic_time();
		n = left > 0 ? poll(&ready, 1, (int)(left / 1000) + 1) : 0;
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

static gboolean
is_ours(int fd)
{
	struct ucred agent;
	socklen_t size = sizeof agent;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &agent, &size) == 0 &&
	       agent.uid == geteuid();
}

static int
do_connect(int fd, const struct sockaddr *address, guint size)
{
	return connect(fd, address, size);
}

static gboolean
send_all(int fd, const GByteArray *octets)
{
	gint64 until = g_get_monotonic_time() + PATIENCE;

	for (gsize at = 0; at < octets->len;) {
		ssize_t n = send(fd, octets->data + at, octets->len - at, MSG_NOSIGNAL);

		if (n > 0)
			at += (gsize)n;
		else if (errno != EINTR && (errno != EAGAIN || !wait_for(fd, POLLOUT, until)))
			return FALSE;
	}
	return TRUE;
}

RpFd
rp_handover_offer(const char *dir, const RpEnvelope *envelope, const void *content, gsize size)
{
	RpHandoverQueue queue;
	g_auto(RpFd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* EAGAIN: more wait there than are let in. */
	if (fd < 0 || rp_handover_call(do_connect, fd, dir) != 0 || !is_ours(fd) ||
		!rp_handover_queue_look(dir, &queue))
		return -1;
	g_autoptr(GByteArray) octets = rp_handover_pack(&queue, envelope, content, size);
	/* Without its last octet it is not taken. */
	return octets->len <= RP_HANDOVER_MOST && send_all(fd, octets) ? rp_fd_steal(&fd) : -1;
}

/* The next reply that is here: they are sent as a whole. */
static gboolean
next_reply(int fd, RpHandoverReply *reply)
{
	ssize_t n;

	do
		n = recv(fd, reply, sizeof *reply, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n == sizeof *reply;
}

RpHandoverEnd
rp_handover_wait(int fd, RpMessageId *id)
{
	gint64 until = g_get_monotonic_time() + PATIENCE;
	RpHandoverReply reply;

	while (wait_for(fd, POLLIN, until) && next_reply(fd, &reply)) {
		*id = reply.id;
		if (reply.answer == RP_HANDOVER_STORED)
			return RP_HANDOVER_END_STORED;
		if (reply.answer == RP_HANDOVER_REFUSED)
			return RP_HANDOVER_END_REFUSED;
	}
	return RP_HANDOVER_END_UNKNOWN;
}

void
rp_handover_give_up(int fd)
{
	shutdown(fd, SHUT_WR);
}

void
rp_handover_last_word(int fd, RpMessageId *id)
{
	RpHandoverReply reply;

	while (next_reply(fd, &reply))
		*id = reply.id;
}
