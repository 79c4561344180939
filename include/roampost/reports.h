/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/ground.h"

/* Delivery reports: of mail that was refused for good, into the user's own maildir. That one is due
 * is written with the refusal itself (RpRecipientResult); here it is made, parked, noted, shown and
 * then done, so that each of these steps may be the last of this agent: the next one goes on from
 * there, and the sender sees one report of each refusal. A delivery command alone can be given the
 * report that it was just given.
 *
 * One report is made at a time. All of it runs in the main context that it was made in. */

typedef struct RpReports RpReports;

RpReports *rp_reports_new(const RpGround *ground);
/* A report that is not written by now is the next agent's. NULL is fine. */
void rp_reports_free(RpReports *reports);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpReports, rp_reports_free)

/* Goes on with what an earlier agent left: shows what it had parked, makes what was due. */
void rp_reports_start(RpReports *reports);
/* One may have become due: makes all that are. Where the maildir can't be written it is tried
 * again, after growing pauses, by rp_reports_due. */
void rp_reports_make(RpReports *reports);
/* Begins no more. What is begun may go on to its end as long as the loop runs, but a delivery
 * command is ended. */
void rp_reports_stop(RpReports *reports);

/* When rp_reports_due is to be called; G_MAXINT64: nothing failed. */
RpTime rp_reports_next_deadline(const RpReports *reports);
void rp_reports_due(RpReports *reports);

/* None is being made. */
gboolean rp_reports_are_idle(const RpReports *reports);
