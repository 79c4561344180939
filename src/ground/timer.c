/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "roampost/timer.h"

#include "roampost/base.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* The one timer: armed for what is due first, and right across sleep and a clock that was set. */

/* The kernel's times have an end. */
#define LONGEST_WAIT (365 * G_TIME_SPAN_DAY)

struct RpTimer {
	const RpClock *clock;
	RpTimerEvents events;
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
	return g_get_real_time() - ((gint64)boot.tv_sec * G_USEC_PER_SEC + boot.tv_nsec / 1000);
}

static gboolean
on_expired(gint fd, GIOCondition condition, gpointer user)
{
	RpTimer *timer = user;
	guint64 expirations;
	RpSpan jump = 0;

	/* A read can find nothing when the timer was set anew after poll() saw it expire.
	 * ECANCELED: the clock was set; what is due now by the new one is found out, and the timer
	 * set by it.
	 */
	if (read(fd, &expirations, sizeof expirations) != sizeof expirations) {
		if (errno != ECANCELED)
			return G_SOURCE_CONTINUE;
		jump = clock_offset() - timer->offset;
		g_message("the clock was set, by %" G_GINT64_FORMAT " s", jump / G_USEC_PER_SEC);
	}
	timer->when = G_MAXINT64;
	timer->events.due(jump, timer->user);
	return G_SOURCE_CONTINUE;
}

RpTimer *
rp_timer_new(const RpClock *clock, const RpTimerEvents *events, gpointer user)
{
	RpTimer *timer = g_new0(RpTimer, 1);

	timer->clock = clock;
	timer->events = *events;
	timer->user = user;
	timer->when = G_MAXINT64;
	/* Deadlines are times of day, which go on during a suspend. */
	timer->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timer->fd < 0)
		g_error("timerfd_create: %s",
			g_strerror(errno)); /* only without memory or descriptors */
	timer->source = g_unix_fd_add(timer->fd, G_IO_IN, on_expired, timer);
	return timer;
}

void
rp_timer_free(RpTimer *timer)
{
	if (!timer)
		return;
	g_source_remove(timer->source);
	close(timer->fd);
	g_free(timer);
}

void
rp_timer_changed(RpTimer *timer)
{
	RpTime when = timer->events.next(timer->user);
	struct itimerspec spec = {0};

	if (timer->when == when)
		return;
	timer->when = when;
	if (when != G_MAXINT64) {
		/* By the kernel's clock, whatever ours is. Zero would disarm, and is long past. */
		RpSpan wait = MAX(when - rp_clock_now(timer->clock), 1);
		RpTime due = g_get_real_time() + MIN(wait, LONGEST_WAIT);

		spec.it_value.tv_sec = due / G_USEC_PER_SEC;
		spec.it_value.tv_nsec = due % G_USEC_PER_SEC * 1000;
	}
	timer->offset = clock_offset();
	timerfd_settime(timer->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL);
}
