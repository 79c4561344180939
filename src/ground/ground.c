/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/ground.h"

/* The situation that the policy is asked about, out of what the parts of the ground know. */

void
rp_ground_situation(const RpGround *ground, RpSituation *situation)
{
	const RpAgentOptions *options = rp_ground_options(ground);

	*situation = (RpSituation){
		.place = rp_whereabouts_place(ground->whereabouts),
		.catalogue = rp_ground_catalogue(ground),
		.pop_logins = rp_records_pop_logins(ground->records),
		.failures = rp_records_failures(ground->records),
		.observations = rp_records_observations(ground->records),
		.override = rp_whereabouts_override(ground->whereabouts)->set,
		.choose = options->choose,
		.metered_limit = options->metered_limit,
		.now = rp_ground_now(ground),
		.paused = rp_ground_is_paused(ground),
		.portal_heard = rp_whereabouts_portal_heard(ground->whereabouts),
		.config_error = rp_whereabouts_config_error(ground->whereabouts),
	};
}
