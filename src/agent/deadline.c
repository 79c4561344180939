/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "deadline.h"

#include "roampost/base.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* The kernel's times have an end. */
#define LONGEST_WAIT (365 * G_TIME_SPAN_DAY)

struct RpDeadline {
	const RpClock *clock;
	RpDeadlineFunc due;
	gpointer user;
	int fd;
	guint source;
	RpTime when;
	RpSpan offset; /* of the time of day from the time since boot, when the timer was set */
};

static RpSpan
clock_offset(void)
{
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	return g_get_real_time() - (boot.tv_sec * G_USEC_PER_SEC + boot.tv_nsec / 1000);
}

static gboolean
on_expired(gint fd, GIOCondition condition, gpointer user)
{
	RpDeadline *deadline = user;
	guint64 expirations;
	RpSpan jump = 0;

	/* A read can find nothing when the timer was set anew after poll() saw it expire.
	 * ECANCELED: the clock was set; what is due now by the new one is found out, and the timer
	 * set by it.
	 */
	if (read(fd, &expirations, sizeof expirations) != sizeof expirations) {
		if (errno != ECANCELED)
			return G_SOURCE_CONTINUE;
		jump = clock_offset() - deadline->offset;
		g_message("the clock was set, by %" G_GINT64_FORMAT " s", jump / G_USEC_PER_SEC);
	}
	deadline->when = G_MAXINT64;
	deadline->due(jump, deadline->user);
	return G_SOURCE_CONTINUE;
}

RpDeadline *
rp_deadline_new(const RpClock *clock, RpDeadlineFunc due, gpointer user)
{
	RpDeadline *deadline = g_new0(RpDeadline, 1);

	deadline->clock = clock;
	deadline->due = due;
	deadline->user = user;
	deadline->when = G_MAXINT64;
	/* Deadlines are times of day, which go on during a suspend. */
	deadline->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
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
		/* By the kernel's clock, whatever ours is. Zero would disarm, and is long past. */
		RpSpan wait = MAX(when - rp_clock_now(deadline->clock), 1);
		RpTime due = g_get_real_time() + MIN(wait, LONGEST_WAIT);

		spec.it_value.tv_sec = due / G_USEC_PER_SEC;
		spec.it_value.tv_nsec = due % G_USEC_PER_SEC * 1000;
	}
	deadline->offset = clock_offset();
	timerfd_settime(deadline->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL);
}
