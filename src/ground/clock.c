/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/clock.h"

/* The system's time, where no test brings another. */

static RpTime
system_now(const RpClock *clock)
{
	return g_get_real_time();
}

const RpClock *
rp_clock_system(void)
{
	static const RpClock clock = {.now = system_now};

	return &clock;
}
