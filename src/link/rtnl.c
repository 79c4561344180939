/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtnl-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* rtnetlink(7): a question with its answer, a subscription, and the attributes of what comes. */

enum { BUFFER = 32768 };

typedef struct {
	struct nlmsghdr header;
	char body[128];
} Request;

static RpFd
open_socket(int flags)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	g_auto(RpFd) fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	return rp_fd_steal(&fd);
}

/* Hands out one datagram. 0: more is to come; 1: the answer is complete; -1: refused. */
static int
read_datagram(char *buffer, gssize length, gboolean dump, RpRtnlFunc func, gpointer user_data)
{
	unsigned int left = (unsigned int)length;
	for (struct nlmsghdr *message = (gpointer)buffer; NLMSG_OK(message, left);
		message = NLMSG_NEXT(message, left)) {
		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		if (message->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *failure = NLMSG_DATA(message);
			errno = -failure->error;
			return failure->error ? -1 : 1;
		}
		func(message, user_data);
	}
	return dump ? 0 : 1;
}

static gboolean
read_answer(int fd, gboolean dump, RpRtnlFunc func, gpointer user_data)
{
	g_autofree char *buffer = g_malloc(BUFFER);
	for (;;) {
		gssize length = recv(fd, buffer, BUFFER, 0);
		if (length < 0 && errno == EINTR)
			continue;
		int end = length < 0 ? -1 : read_datagram(buffer, length, dump, func, user_data);
		if (end)
			return end > 0;
	}
}

gboolean
rp_rtnl_query(
	int type, int flags, const void *body, gsize size, RpRtnlFunc func, gpointer user_data)
{
	Request request = {{
		.nlmsg_len = (guint32)NLMSG_LENGTH(size),
		.nlmsg_type = (guint16)type,
		.nlmsg_flags = (guint16)(NLM_F_REQUEST | flags),
	}};
	g_auto(RpFd) fd = open_socket(0);
	g_return_val_if_fail(size <= sizeof request.body, FALSE);
	memcpy(request.body, body, size);
	if (fd < 0 || send(fd, &request, request.header.nlmsg_len, 0) < 0)
		return FALSE;
	return read_answer(fd, (flags & NLM_F_DUMP) != 0, func, user_data);
}

gboolean
rp_rtnl_dump(int type, int family, RpRtnlFunc func, gpointer user_data)
{
	/* The longest of the header structs, all of which begin with the family. */
	struct rtmsg body = {.rtm_family = (unsigned char)family};
	struct ifinfomsg link = {.ifi_family = (unsigned char)family};
	if (type == RTM_GETLINK)
		return rp_rtnl_query(type, NLM_F_DUMP, &link, sizeof link, func, user_data);
	return rp_rtnl_query(type, NLM_F_DUMP, &body, sizeof body, func, user_data);
}

gboolean
rp_rtnl_join(int fd, int group, gboolean join)
{
	return setsockopt(fd, SOL_NETLINK, join ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP,
		       &group, sizeof group) == 0;
}

RpFd
rp_rtnl_subscribe(const int *groups)
{
	g_auto(RpFd) fd = open_socket(SOCK_NONBLOCK);
	if (fd < 0)
		return -1;
	for (; *groups; groups++)
		rp_rtnl_join(fd, *groups, TRUE);
	return rp_fd_steal(&fd);
}

gboolean
rp_rtnl_drain(int fd, RpRtnlFunc func, gpointer user_data)
{
	g_autofree char *buffer = g_malloc(BUFFER);
	gboolean complete = TRUE;
	for (;;) {
		gssize length = recv(fd, buffer, BUFFER, MSG_DONTWAIT);
		if (length > 0)
			read_datagram(buffer, length, TRUE, func, user_data);
		else if (length < 0 && errno == ENOBUFS)
			complete = FALSE;
		else if (length == 0 || errno != EINTR)
			return complete;
	}
}

const struct rtattr *
rp_rtnl_attribute(const struct nlmsghdr *message, gsize header, unsigned short type)
{
	const struct rtattr *attribute =
		(gconstpointer)((const char *)NLMSG_DATA(message) + NLMSG_ALIGN(header));
	int left = (int)message->nlmsg_len - (int)NLMSG_SPACE(header);
	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if ((attribute->rta_type & NLA_TYPE_MASK) == type)
			return attribute;
	return NULL;
}

const struct rtattr *
rp_rtnl_nested(const struct rtattr *outer, unsigned short type)
{
	if (!outer)
		return NULL;
	const struct rtattr *attribute = RTA_DATA(outer);
	int left = (int)RTA_PAYLOAD(outer);
	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if ((attribute->rta_type & NLA_TYPE_MASK) == type)
			return attribute;
	return NULL;
}

gboolean
rp_rtnl_address(const struct rtattr *attribute, int family, RpAddress *address)
{
	gsize size = family == AF_INET6 ? 16 : 4;
	if (!attribute || RTA_PAYLOAD(attribute) != size)
		return FALSE;
	*address = (RpAddress){.family = family == AF_INET6 ? RP_FAMILY_IPV6 : RP_FAMILY_IPV4};
	memcpy(address->bytes, RTA_DATA(attribute), size);
	return TRUE;
}

guint32
rp_rtnl_u32(const struct rtattr *attribute)
{
	guint32 value = 0;
	if (attribute && RTA_PAYLOAD(attribute) == sizeof value)
		memcpy(&value, RTA_DATA(attribute), sizeof value);
	return value;
}
