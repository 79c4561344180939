/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"
#include "config.h"

#include "roampost/base.h"

/* Another configuration, and what of the old one stands no longer. */

/* Classes are what this program made of this configuration, and of nothing else but the failures
 * that name a sender or a domain. */
#define CLASSES_FACT "classes-stand-on"

static gboolean
tells_messages_apart(gconstpointer failure, gconstpointer none)
{
	return ((const RpFailure *)failure)->sender ||
	       ((const RpFailure *)failure)->recipient_domain;
}

static char *
what_classes_stand_on(const RpAgent *agent)
{
	g_autofree char *config = rp_config_fingerprint(rp_whereabouts_config(agent->whereabouts));

	return g_strconcat(RP_VERSION " ", config, NULL);
}

/* The fact is one of no set. Both or none are written. */
static void
reclass_all(RpAgent *agent)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));
	g_autofree char *stand_on = what_classes_stand_on(agent);

	rp_change_reclass_all(change);
	rp_change_save_set_fact(change, "", CLASSES_FACT, stand_on);
	rp_agent_write_and_plan(agent, change);
}

void
rp_agent_check_classes(RpAgent *agent)
{
	g_autofree char *stand_on = what_classes_stand_on(agent);

	if (g_strcmp0(rp_records_fact(agent->ground.records, "", CLASSES_FACT), stand_on) != 0 ||
		g_ptr_array_find_with_equal_func(
			(GPtrArray *)rp_records_failures(agent->ground.records), NULL,
			tells_messages_apart, NULL))
		reclass_all(agent);
}

static gboolean
is_same_config(const RpConfig *a, const RpConfig *b)
{
	g_autofree char *x = rp_config_fingerprint(a);
	g_autofree char *y = rp_config_fingerprint(b);

	return g_str_equal(x, y);
}

void
rp_agent_note_sets(const RpAgent *agent)
{
	if (!rp_catalogue_n_sets(rp_agent_catalogue(agent)))
		g_message("no server set is configured, and nothing can be sent: “roampost setup” "
			  "makes one");
}

/* What waits for it says what is wrong. */
static void
set_error(RpAgent *agent, const GPtrArray *problems)
{
	g_autofree char *error = NULL;

	for (guint i = 0; i < problems->len && !error; i++)
		if (((const RpConfigProblem *)problems->pdata[i])->severity == RP_CONFIG_ERROR)
			error = rp_config_problem_format(problems->pdata[i]);
	rp_whereabouts_set_config_error(agent->whereabouts, error);
	rp_lanes_reconsider(agent->lanes);
}

void
rp_agent_set_config(RpAgent *agent, RpConfig *config)
{
	gboolean lacked = agent->lacks_config;

	agent->lacks_config = FALSE;
	rp_tell_config(agent->tell, NULL, FALSE);
	if (!lacked && is_same_config(rp_whereabouts_config(agent->ground.whereabouts), config)) {
		g_message("configuration: nothing has changed");
		rp_agent_listen(agent); /* a port that was taken may be free */
		return;
	}
	rp_whereabouts_set_config(agent->whereabouts, config);
	g_message("configuration: %u server set(s), %u provider(s)",
		rp_catalogue_n_sets(rp_agent_catalogue(agent)),
		rp_catalogue_n_providers(rp_agent_catalogue(agent)));
	rp_agent_note_sets(agent);
	rp_lanes_reconfigured(agent->lanes);
	rp_checks_reconfigured(agent->checks);
	rp_records_reconfigured(agent->ground.records);
	/* Plans name sets by their number in the old catalogue. */
	rp_planner_forget(agent->planner);
	reclass_all(agent);
	rp_agent_open_asns(agent);
	rp_agent_place_taught(agent);
	if (rp_whereabouts_override(agent->ground.whereabouts)->set &&
		!rp_agent_find_set(agent, rp_whereabouts_override(agent->ground.whereabouts)->set))
		rp_agent_use(agent, NULL, FALSE);
	rp_agent_listen(agent);
}

void
rp_agent_config_refused(RpAgent *agent, const GPtrArray *problems)
{
	for (guint i = 0; i < problems->len; i++) {
		g_autofree char *text = rp_config_problem_format(problems->pdata[i]);

		g_warning("%s", text);
	}
	rp_tell_config(agent->tell, problems, agent->lacks_config);
	if (agent->lacks_config)
		set_error(agent, problems);
	g_warning(agent->lacks_config ? "the new configuration is not taken either: nothing is "
					"sent until it is mended"
				      : "the new configuration is not taken; the last good one "
					"stays in force");
}

void
rp_agent_config_lacking(RpAgent *agent, const GPtrArray *problems)
{
	agent->lacks_config = TRUE;
	rp_tell_config(agent->tell, problems, TRUE);
	set_error(agent, problems);
}
