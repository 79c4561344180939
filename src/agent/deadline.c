/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "deadline.h"

#include "roampost/base.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct RpDeadline {
	const RpClock *clock;
	void (*due)(gpointer user);
	gpointer user;
	int fd;
	guint source;
	RpTime when;
};

static gboolean
on_expired(gint fd, GIOCondition condition, gpointer user)
{
	RpDeadline *deadline = user;
	guint64 expirations;

	/* A read can find nothing when the timer was set anew after poll() saw it expire. */
	if (read(fd, &expirations, sizeof expirations) != sizeof expirations)
		return G_SOURCE_CONTINUE;
	deadline->when = G_MAXINT64;
	deadline->due(deadline->user);
	return G_SOURCE_CONTINUE;
}

RpDeadline *
rp_deadline_new(const RpClock *clock, void (*due)(gpointer user), gpointer user)
{
	RpDeadline *deadline = g_new0(RpDeadline, 1);

	deadline->clock = clock;
	deadline->due = due;
	deadline->user = user;
	deadline->when = G_MAXINT64;
	deadline->fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (deadline->fd < 0)
		g_error("timerfd_create: %s",
			g_strerror(errno)); /* only without memory or descriptors */
	deadline->source = g_unix_fd_add(deadline->fd, G_IO_IN, on_expired, deadline);
	return deadline;
}

void
rp_deadline_free(RpDeadline *deadline)
{
	if (!deadline)
		return;
	g_source_remove(deadline->source);
	close(deadline->fd);
	g_free(deadline);
}

void
rp_deadline_set(RpDeadline *deadline, RpTime when)
{
	struct itimerspec spec = {0};

	if (deadline->when == when)
		return;
	deadline->when = when;
	if (when != G_MAXINT64) {
		/* Zero would disarm: what is due already is due in a microsecond. */
		RpSpan wait = MAX(when - rp_clock_now(deadline->clock), 1);

		spec.it_value.tv_sec = wait / G_USEC_PER_SEC;
		spec.it_value.tv_nsec = wait % G_USEC_PER_SEC * 1000;
	}
	timerfd_settime(deadline->fd, 0, &spec, NULL);
}
