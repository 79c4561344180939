/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What systemd wants to hear of a service of the type notify, without its library. */

static struct {
	char *socket; /* NULL: nobody listens */
	guint64 watchdog_us;
	gboolean ready;
} supervisor;

static guint64
watchdog_of_environment(void)
{
	const char *text = g_getenv("WATCHDOG_USEC"), *whose = g_getenv("WATCHDOG_PID");
	guint64 usec = 0, pid = 0;

	if (whose != NULL && (!g_ascii_string_to_unsigned(whose, 10, 1, G_MAXINT, &pid, NULL) ||
				     (pid_t)pid != getpid()))
		return 0;
	if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &usec, NULL))
		return 0;
	return usec;
}

void
rp_supervisor_init(void)
{
	const char *path = g_getenv("NOTIFY_SOCKET");

	g_free(supervisor.socket);
	supervisor.socket = path != NULL && (*path == '/' || *path == '@') ? g_strdup(path) : NULL;
	supervisor.watchdog_us = watchdog_of_environment();
	g_unsetenv("NOTIFY_SOCKET");
	g_unsetenv("WATCHDOG_USEC");
	g_unsetenv("WATCHDOG_PID");
}

gboolean
rp_supervisor_is_there(void)
{
	return supervisor.socket != NULL;
}

void
rp_supervisor_tell(const char *state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	gsize length = supervisor.socket != NULL ? strlen(supervisor.socket) : 0;
	g_auto(RpFd) fd = -1;

	if (length == 0 || length >= sizeof address.sun_path)
		return;
	memcpy(address.sun_path, supervisor.socket, length);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		g_debug("%s could not be told to %s", state, supervisor.socket);
}

static gboolean
on_watchdog(gpointer user)
{
	rp_supervisor_tell("WATCHDOG=1");
	return G_SOURCE_CONTINUE;
}

void
rp_supervisor_ready(void)
{
	if (supervisor.ready)
		return;
	supervisor.ready = TRUE;
	rp_supervisor_tell("READY=1");
	if (supervisor.socket != NULL && supervisor.watchdog_us > 0)
		g_timeout_add(
			(guint)MIN(supervisor.watchdog_us / 2000, G_MAXUINT), on_watchdog, NULL);
}
