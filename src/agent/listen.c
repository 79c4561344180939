/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent-private.h"

/* The local SMTP server, where the configuration wants one. What it stores rings the queue's
 * bell as any other program's mail does. */

void
rp_agent_listen(RpAgent *agent)
{
	if (!agent->listener)
		agent->listener = rp_listener_new(rp_queue_dir(agent->ground.queue));
	rp_listener_set(agent->listener, rp_ground_options(&agent->ground)->listen);
	rp_tell_state(agent->tell);
}
