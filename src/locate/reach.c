/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locate-private.h"

#include "roampost/base.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

/* Whether a host and port answer by one link: a connection, and nothing said over it. */

enum { SECONDS = 5 };

struct RpReach {
	const RpLink *link;
	RpReachDone done;
	gpointer user;
	guint16 port;
	RpFamily family;
	GCancellable *cancellable;
	RpFd fd;
	GSource *writable;
	GSource *timeout;
};

static gboolean
on_timeout(gpointer user)
{
	RpReach *reach = user;

	rp_source_clear(&reach->timeout);
	reach->done(RP_FAMILY_ANY, "it does not answer", reach->user);
	return G_SOURCE_REMOVE;
}

static gboolean
on_writable(gint fd, GIOCondition condition, gpointer user)
{
	RpReach *reach = user;
	int problem = 0;
	socklen_t length = sizeof problem;

	rp_source_clear(&reach->writable);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &length) != 0)
		problem = errno;
	if (problem)
		reach->done(RP_FAMILY_ANY, g_strerror(problem), reach->user);
	else
		reach->done(reach->family, NULL, reach->user);
	return G_SOURCE_REMOVE;
}

static void
begin(RpReach *reach, const RpAddress *address)
{
	g_autoptr(GError) error = NULL;

	reach->family = address->family;
	reach->fd = rp_bound_socket(reach->link, address, reach->port, SOCK_STREAM, &error);
	if (reach->fd < 0) {
		reach->done(RP_FAMILY_ANY, error->message, reach->user);
		return;
	}
	reach->writable = g_unix_fd_source_new(reach->fd, G_IO_OUT | G_IO_ERR | G_IO_HUP);
	g_source_set_callback(reach->writable, G_SOURCE_FUNC(on_writable), reach, NULL);
	g_source_attach(reach->writable, g_main_context_get_thread_default());
}

static RpAddress
read_address(GInetAddress *found)
{
	gsize size = g_inet_address_get_native_size(found);
	RpAddress address = {.family = size == 16 ? RP_FAMILY_IPV6 : RP_FAMILY_IPV4};

	memcpy(address.bytes, g_inet_address_to_bytes(found), MIN(size, sizeof address.bytes));
	return address;
}

/* Family any: none that the link could reach. */
static RpAddress
choose(const RpReach *reach, GList *found)
{
	for (; found; found = found->next) {
		RpAddress address = read_address(found->data);

		if (rp_link_has_family(reach->link, address.family))
			return address;
	}
	return (RpAddress){.family = RP_FAMILY_ANY};
}

static void
on_resolved(GObject *resolver, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	GList *found = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, &error);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	RpReach *reach = user;
	RpAddress address = choose(reach, found);
	g_resolver_free_addresses(found);
	if (address.family != RP_FAMILY_ANY)
		begin(reach, &address);
	else
		reach->done(
			RP_FAMILY_ANY, "it has no address that this link could reach", reach->user);
}

RpReach *
rp_reach_new(const char *where, const RpLink *link, RpReachDone done, gpointer user)
{
	RpReach *reach = g_new0(RpReach, 1);
	const char *colon = strrchr(where, ':');
	gboolean bracket = *where == '[';
	g_autofree char *host =
		g_strndup(where + bracket, (gsize)(colon - where) - 2 * (gsize)bracket);
	g_autoptr(GResolver) resolver = g_resolver_get_default();

	reach->link = link;
	reach->done = done;
	reach->user = user;
	reach->fd = -1;
	reach->port = (guint16)g_ascii_strtoull(colon + 1, NULL, 10);
	reach->cancellable = g_cancellable_new();
	reach->timeout = g_timeout_source_new_seconds(SECONDS);
	g_source_set_callback(reach->timeout, on_timeout, reach, NULL);
	g_source_attach(reach->timeout, g_main_context_get_thread_default());
	g_resolver_lookup_by_name_async(resolver, host, reach->cancellable, on_resolved, reach);
	return reach;
}

void
rp_reach_free(RpReach *reach)
{
	if (!reach)
		return;
	g_cancellable_cancel(reach->cancellable);
	g_object_unref(reach->cancellable);
	rp_source_clear(&reach->writable);
	rp_source_clear(&reach->timeout);
	rp_fd_clear(&reach->fd);
	g_free(reach);
}
