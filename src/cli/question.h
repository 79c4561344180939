/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"
#include "roampost/simulate.h"

/* Questions to the policy, from options or from a line of JSON. */

/* Whether the sets it names exist. */
gboolean rp_cli_question_check(
	const RpQuestion *question, const RpCatalogue *catalogue, GError **error);

/* Fills the question from the JSON of one line. FALSE with an error that says which member. */
gboolean rp_cli_question_read_json(RpQuestion *question, JsonObject *object, GError **error);

/* What servers have said to the agent, of the queue that is there; NULL: nothing. */
typedef struct {
	RpObservations *observations;
	GPtrArray *failures; /* of RpFailure */
} RpCliHeard;

void rp_cli_heard_load(RpCliHeard *heard, const RpConfig *config, RpAsnFile *asns, RpTime now);
void rp_cli_heard_clear(RpCliHeard *heard);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpCliHeard, rp_cli_heard_clear)

/* What a simulator answers from: the configuration, the table of AS numbers or NULL, and what was
 * heard; all must outlive it. */
RpSimulatorGround rp_cli_simulator_ground(
	const RpConfig *config, RpAsnFile *asns, const RpCliHeard *heard, RpTime now);

/* Standard input to standard output, a line of JSON each; the result is the exit status. */
int rp_cli_answer_batch(RpCli *cli, RpConfig *config, RpTime now);
