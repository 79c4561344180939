/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent-private.h"

#include "roampost/base.h"

/* The local SMTP server, where the configuration wants one. What it stores rings the queue's
 * bell as any other program's mail does. */

void
rp_agent_listen(RpAgent *agent)
{
	const RpAgentOptions *options = rp_ground_options(&agent->ground);
	const char *moved = g_getenv("ROAMPOST_STATE");
	g_autofree char *own = rp_account_name();
	gboolean takes;

	if (!agent->listener)
		agent->listener = rp_listener_new(rp_queue_dir(agent->ground.queue));
	takes = own && g_strcmp0(options->system_mail_user, own) == 0;
	/* Their roampost-sendmail looks for the agent that has the user's usual queue. */
	rp_listener_take_system(agent->listener, takes, takes && !(moved && *moved));
	rp_listener_set(agent->listener, options->listen);
	rp_tell_state(agent->tell);
}
