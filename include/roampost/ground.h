/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/durable.h"
#include "roampost/records.h"
#include "roampost/timer.h"
#include "roampost/whereabouts.h"
#include "roampost/writes.h"

/* What all rooms of the agent stand on, as it is handed to each of them. The parts are the agent's:
 * they are made before the rooms and outlive them. */
typedef struct {
	const RpClock *clock;
	RpQueue *queue;
	RpTimer *timer;
	RpWrites *writes;
	RpDurable *durable;
	const RpWhereabouts *whereabouts;
	RpRecords *records;
} RpGround;

static inline RpTime
rp_ground_now(const RpGround *ground)
{
	return rp_clock_now(ground->clock);
}

static inline const RpCatalogue *
rp_ground_catalogue(const RpGround *ground)
{
	return rp_whereabouts_catalogue(ground->whereabouts);
}

static inline const RpServerSet *
rp_ground_find_set(const RpGround *ground, const char *name)
{
	return rp_whereabouts_find_set(ground->whereabouts, name);
}

static inline const RpAgentOptions *
rp_ground_options(const RpGround *ground)
{
	return rp_config_agent(rp_whereabouts_config(ground->whereabouts));
}

/* Everything that the policy asks for but the message; it is good until the ground changes, which
 * it does not before the return to the main loop. */
/* The user wants nothing sent, until he says otherwise. */
static inline gboolean
rp_ground_is_paused(const RpGround *ground)
{
	return rp_records_fact(ground->records, "", RP_FACT_PAUSED) != NULL;
}

void rp_ground_situation(const RpGround *ground, RpSituation *situation);
