/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question.h"
#include "roampost/queue-records.h"

/* What servers have said, as the agent keeps it in the queue: it goes on counting, and so it counts
 * for what is simulated. Where there is no queue yet nothing was said. */

void
rp_cli_heard_load(RpCliHeard *heard, const RpConfig *config, RpAsnFile *asns, RpTime now)
{
	g_autoptr(RpQueue) queue = rp_queue_open(NULL, RP_QUEUE_READER, NULL);

	*heard = (RpCliHeard){NULL};
	if (!queue)
		return;
	heard->observations = rp_queue_load_observations(queue, NULL);
	heard->failures = rp_queue_load_failures(queue, NULL);
	if (!heard->observations)
		return;
	/* Of servers that the sets no longer have it says nothing. */
	g_ptr_array_unref(
		rp_observations_prune(heard->observations, rp_config_catalogue(config), now));
	rp_observations_find_origins(heard->observations, asns ? rp_asn_file_table(asns) : NULL);
}

void
rp_cli_heard_clear(RpCliHeard *heard)
{
	g_clear_pointer(&heard->observations, rp_observations_free);
	g_clear_pointer(&heard->failures, g_ptr_array_unref);
}
