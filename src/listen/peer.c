/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listen-private.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whose the other end of a connection is: the kernel says it,
 * for unix sockets and for TCP on this machine. */

/* sock_diag(7): one question, one answer. */
typedef struct {
	struct nlmsghdr header;
	struct inet_diag_req_v2 question;
} Question;

typedef union {
	struct nlmsghdr header;
	char octets[4096];
} Answer;

typedef union {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
} Address;

static gboolean
set_end(const Address *address, __be16 *port, __be32 ip[4])
{
	if (address->any.sa_family == AF_INET) {
		*port = address->in.sin_port;
		ip[0] = address->in.sin_addr.s_addr;
		return TRUE;
	}
	*port = address->in6.sin6_port;
	memcpy(ip, &address->in6.sin6_addr, 16);
	return address->any.sa_family == AF_INET6;
}

/* The peer's socket is ours seen from the other side. */
static gboolean
make_question(int fd, Question *question, GError **error)
{
	Address mine, peer;
	socklen_t mine_size = sizeof mine, peer_size = sizeof peer;

	*question = (Question){
		.header = {.nlmsg_len = sizeof *question,
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST},
		.question = {.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = ~0u,
			.id = {.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
	};
	if (getsockname(fd, &mine.any, &mine_size) != 0 ||
		getpeername(fd, &peer.any, &peer_size) != 0) {
		rp_error_set_errno(error, errno, "the connection");
		return FALSE;
	}
	question->question.sdiag_family = (guint8)mine.any.sa_family;
	if (set_end(&peer, &question->question.id.idiag_sport, question->question.id.idiag_src) &&
		set_end(&mine, &question->question.id.idiag_dport, question->question.id.idiag_dst))
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID, "not a TCP connection");
	return FALSE;
}

static gssize
ask(const Question *question, Answer *answer, GError **error)
{
	const struct timeval wait = {.tv_sec = 1};
	g_auto(RpFd) fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	gssize n = -1;

	/* The kernel answers within the call; the limit is for what should not happen. */
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
		send(fd, question, sizeof *question, 0) == sizeof *question)
		n = recv(fd, answer, sizeof *answer, 0);
	if (n < 0)
		rp_error_set_errno(error, errno, "sock_diag");
	return n;
}

/* Is the socket open here? */
static gboolean
is_own(guint inode)
{
	g_autofree char *socket = g_strdup_printf("socket:[%u]", inode);
	g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename("/proc/self/fd", name, NULL);
		g_autofree char *target = g_file_read_link(path, NULL);

		if (target && g_str_equal(target, socket))
			return TRUE;
	}
	return FALSE;
}

static gboolean
read_answer(const Answer *answer, gsize size, RpPeer *peer, GError **error)
{
	const struct inet_diag_msg *message = NLMSG_DATA(&answer->header);

	if (size >= NLMSG_LENGTH(sizeof(struct nlmsgerr)) &&
		answer->header.nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *failure = NLMSG_DATA(&answer->header);
		rp_error_set_errno(error, -failure->error, "sock_diag");
		return FALSE;
	}
	/* A socket that its program has closed already has no inode, and is shown as root's. */
	if (size < NLMSG_LENGTH(sizeof *message) ||
		answer->header.nlmsg_type != SOCK_DIAG_BY_FAMILY || message->idiag_inode == 0 ||
		message->idiag_state == TCP_LISTEN) {
		g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND, "the program has gone already");
		return FALSE;
	}
	peer->uid = message->idiag_uid;
	peer->self = peer->uid == geteuid() && is_own(message->idiag_inode);
	return TRUE;
}

static gboolean
look_by_tcp(int fd, RpPeer *peer, GError **error)
{
	Question question;
	Answer answer;
	gssize n;

	if (!make_question(fd, &question, error))
		return FALSE;
	n = ask(&question, &answer, error);
	return n >= 0 && read_answer(&answer, (gsize)n, peer, error);
}

gboolean
rp_peer_look(int fd, RpPeer *peer, GError **error)
{
	struct ucred process;
	socklen_t size = sizeof process, domain_size = sizeof(int);
	int domain = -1;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) != 0) {
		rp_error_set_errno(error, errno, "the connection");
		return FALSE;
	}
	if (domain != AF_UNIX)
		return look_by_tcp(fd, peer, error);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &size) != 0) {
		rp_error_set_errno(error, errno, "SO_PEERCRED");
		return FALSE;
	}
	*peer = (RpPeer){process.uid, process.pid == getpid()};
	return TRUE;
}
