/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/serverset.h"

/* The clock as a seam: the agent asks it for the time, tests set it. */
typedef struct RpClock {
	RpTime (*now)(const struct RpClock *clock); /* microseconds since the Epoch */
} RpClock;

/* The machine's own clock; never freed. */
const RpClock *rp_clock_system(void);

static inline RpTime
rp_clock_now(const RpClock *clock)
{
	return clock->now(clock);
}
