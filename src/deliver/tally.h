/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "lane.h"

/* A message on its way from a server's answers (outcome.c) to what is written of it
 * (outcome-whole.c). */

/* What comes of a whole message, gathered over its recipients. */
typedef struct {
	RpLane *lane;
	RpLaneSession *session;
	RpOutgoing *outgoing;
	RpOutcomeRecord *record;
	RpRecipientReply *replies;
	gboolean all_sent; /* to all that this lane had it for */
	gboolean later;
	gboolean aside; /* one that asked is put off: others of the message are asked */
	RpTime until;   /* when one of those that wait can succeed; 0: that can't be told */
} RpTally;

/* When it is tried again, by how often it was. */
RpTime rp_tally_next_try(const RpTally *tally);
/* Once all its recipients are known: what comes of the whole. Takes the record. */
void rp_tally_write(RpTally *tally);
