/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* An agent that does not run is started where a session bus can do that (its activation, by systemd
 * where the bus is systemd's). */

/* After something was handed over: where nobody hears the queue's bell, the bus of this user is
 * asked to start the agent. No answer is waited for, and nothing is said of what comes of it. Takes
 * 20 ms at most, and nothing but the look where an agent runs. */
void rp_wake_agent(void);
