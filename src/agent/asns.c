/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent-private.h"

/* Which table of AS numbers is looked into: as the configuration says, as the file is by now. */

static void
on_changed(gpointer user)
{
	g_message("the table of AS numbers has changed");
	rp_agent_place_taught(user);
}

void
rp_agent_open_asns(RpAgent *agent)
{
	const RpConfig *config = rp_whereabouts_config(agent->whereabouts);
	g_autofree char *path =
		rp_asn_file_choose(rp_config_agent(config)->asn_table, agent->parts.state_dir);

	if (g_strcmp0(path, agent->asns_path) == 0)
		return;
	g_free(agent->asns_path);
	rp_whereabouts_set_asn_file(
		agent->whereabouts, path ? rp_asn_file_new(path, on_changed, agent) : NULL);
	agent->asns_path = g_steal_pointer(&path);
}
