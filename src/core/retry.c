/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/retry.h"

/* How long to wait after a failure: longer each time, and not all at the same moment. */

typedef struct {
	RpSpan first;
	guint factor; /* 1: always the same */
	RpSpan most;
} Growth;

static const Growth deferred = {G_TIME_SPAN_MINUTE, 2, 2 * G_TIME_SPAN_HOUR};

static const Growth doubt = {2 * G_TIME_SPAN_MINUTE, 3, G_TIME_SPAN_DAY};

static const Growth resolve = {3 * G_TIME_SPAN_SECOND / 2, 2, G_TIME_SPAN_HOUR};

static const Growth locate = {2 * G_TIME_SPAN_MINUTE, 2, G_TIME_SPAN_HOUR};

static const Growth failures[] = {
	[RP_FAILURE_REFUSED] = {G_TIME_SPAN_DAY, 1, G_TIME_SPAN_DAY},
	[RP_FAILURE_POP_LOGIN_FAILED] = {10 * G_TIME_SPAN_MINUTE, 3, G_TIME_SPAN_DAY},
	/* Whoever takes STARTTLS out of what the server says may be a portal that opens. */
	[RP_FAILURE_TLS_UNAVAILABLE] = {G_TIME_SPAN_MINUTE, 2, G_TIME_SPAN_HOUR},
	[RP_FAILURE_UNREACHABLE] = {G_TIME_SPAN_MINUTE, 2, G_TIME_SPAN_HOUR},
	/* A portal may open, a name be put right; nothing is told to whoever answers. */
	[RP_FAILURE_INTERCEPTED] = {G_TIME_SPAN_MINUTE, 2, G_TIME_SPAN_HOUR},
	[RP_FAILURE_AUTH_FAILED] = {G_MAXINT64, 1, G_MAXINT64},
	/* Whoever unlocks it is heard; where that goes by unheard, asking costs no server anything.
	 */
	[RP_FAILURE_KEYRING_LOCKED] = {5 * G_TIME_SPAN_MINUTE, 2, G_TIME_SPAN_HOUR},
	[RP_FAILURE_REJECTED] = {G_MAXINT64, 1, G_MAXINT64},
};

/* Three quarters to five quarters of it, but never above the cap. */
static RpSpan
spread(RpSpan wait, RpSpan most, guint32 random)
{
	RpSpan offset = (RpSpan)((double)(wait / 2) * ((double)random / G_MAXUINT32));

	return MIN(wait - wait / 4 + offset, most);
}

static RpSpan
grow(const Growth *growth, guint count, guint32 random)
{
	RpSpan wait = growth->first;

	if (growth->factor == 1)
		return wait; /* nothing comes back in crowds by it */
	for (guint i = 1; i < count && wait < growth->most; i++)
		wait *= growth->factor;
	return spread(MIN(wait, growth->most), growth->most, random);
}

RpSpan
rp_retry_deferred_wait(guint count, guint32 random)
{
	return grow(&deferred, count, random);
}

RpSpan
rp_retry_doubt_wait(guint count, guint32 random)
{
	return grow(&doubt, count, random);
}

/* What a server may name (rp_reply_wait_seconds), and what is added to it. */
RpSpan
rp_retry_deferred_longest(void)
{
	return 8 * G_TIME_SPAN_DAY;
}

RpSpan
rp_retry_failure_wait(RpFailureKind kind, guint count, guint32 random)
{
	return grow(&failures[kind], count, random);
}

RpSpan
rp_retry_limit_wait(guint count)
{
	RpSpan wait = G_TIME_SPAN_HOUR;

	for (guint i = 1; i < count && wait < G_TIME_SPAN_DAY; i++)
		wait *= 2;
	return MIN(wait, G_TIME_SPAN_DAY);
}

RpSpan
rp_retry_greylist_wait(guint count)
{
	static const guint minutes[] = {1, 2, 5, 10, 15, 30, 60};

	return minutes[CLAMP(count, 1, G_N_ELEMENTS(minutes)) - 1] * (RpSpan)G_TIME_SPAN_MINUTE;
}

RpSpan
rp_retry_open_wait(guint count)
{
	static const guint seconds[] = {2, 5, 15, 60, 300};

	return seconds[CLAMP(count, 1, G_N_ELEMENTS(seconds)) - 1] * (RpSpan)G_TIME_SPAN_SECOND;
}

RpSpan
rp_retry_open_most(RpSpan pop_window)
{
	return MIN(pop_window, 10 * G_TIME_SPAN_MINUTE);
}

RpSpan
rp_retry_open_again(RpSpan pop_window)
{
	RpSpan first = rp_retry_open_wait(1) + rp_retry_open_wait(2) + rp_retry_open_wait(3);

	return MIN(first, rp_retry_open_most(pop_window));
}

RpSpan
rp_retry_resolve_wait(guint count, guint32 random)
{
	return grow(&resolve, count, random);
}

RpSpan
rp_retry_locate_wait(guint count)
{
	return grow(&locate, count, G_MAXUINT32 / 2);
}

RpTime
rp_retry_time(RpTime now, RpSpan wait)
{
	return wait >= G_MAXINT64 - MAX(now, 0) ? G_MAXINT64 : now + wait;
}
