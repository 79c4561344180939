/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/address.h"
#include "roampost/base.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* rtnetlink(7), just enough to read interfaces, addresses, routes and neighbours. */

typedef void (*RpRtnlFunc)(const struct nlmsghdr *message, gpointer user_data);

/* Asks the kernel and hands out what it answers. `body` is the request's header struct, of `size`
 * bytes, with its attributes behind it. The kernel answers at once: this does not block. FALSE when
 * it refused (errno is set). */
gboolean rp_rtnl_query(
	int type, int flags, const void *body, gsize size, RpRtnlFunc func, gpointer user_data);
/* All objects of a kind (RTM_GETLINK, ...). */
gboolean rp_rtnl_dump(int type, int family, RpRtnlFunc func, gpointer user_data);

/* A non-blocking socket that is told of changes in these groups (RTNLGRP_*, ended by 0), or -1. */
RpFd rp_rtnl_subscribe(const int *groups);
gboolean rp_rtnl_join(int fd, int group, gboolean join);
/* Hands out everything that waits on the socket. FALSE when messages were lost: look at everything.
 */
gboolean rp_rtnl_drain(int fd, RpRtnlFunc func, gpointer user_data);

/* The attribute of a message whose header struct has `header` bytes, or NULL. */
const struct rtattr *rp_rtnl_attribute(
	const struct nlmsghdr *message, gsize header, unsigned short type);
const struct rtattr *rp_rtnl_nested(const struct rtattr *attribute, unsigned short type);
gboolean rp_rtnl_address(const struct rtattr *attribute, int family, RpAddress *address);
guint32 rp_rtnl_u32(const struct rtattr *attribute); /* 0 for NULL */
