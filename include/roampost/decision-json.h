/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/policy.h"

/* Decisions and reasons as the JSON that programs read. */

typedef enum {
	RP_REASON_JSON_TEXT = 1 << 0, /* "text": the English sentence */
	RP_REASON_JSON_UNLOCK =
		1 << 1, /* "unlock": what would free it; with both also "to-free": in words */
} RpReasonJson;

/* {"verdict", "inside": [...], "recipients": [...]}: what `simulate --json` prints. `name` is the
 * member's name, NULL at the top or in an array. */
void rp_decision_write_json(RpJson *json, const char *name, const RpSituation *situation,
	const RpMessageFacts *message, const RpDecision *decision);

/* [{"set", "reason", ...}]; NULL or an empty array is []. The catalogue gives the names for "text"
 * and may be NULL, then the configuration's own names stand. */
void rp_hold_reasons_write_json(RpJson *json, const char *name, const GPtrArray *reasons,
	const RpCatalogue *catalogue, RpReasonJson what);
