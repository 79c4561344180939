/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/ground.h"

/* Gives every message its class and every class its verdict, and writes both down. Messages that
 * the policy can't tell apart are one class, and are planned once. A plan is made from the main
 * loop, soon after it was asked for, and stands until the next. */
typedef struct RpPlanner RpPlanner;

/* All run on the default main context. */
typedef struct {
	/* Messages (of RpQueueMessage, as they were before) have a class on the disk. */
	void (*classified)(const GPtrArray *messages, gpointer user);
	/* Every class has its verdict, which is on its way to the disk. */
	void (*planned)(gpointer user);
	/* It is there. `entered` are the classes (gint64 *) that are held now and were not before;
	 * NULL: it could not be written, and is planned again by itself. */
	void (*written)(const GPtrArray *entered, gpointer user);
	/* Something could not be written, and is tried again by itself. */
	void (*failed)(gpointer user);
} RpPlannerEvents;

/* The ground is borrowed. */
RpPlanner *rp_planner_new(const RpGround *ground, const RpPlannerEvents *events, gpointer user);
/* Those that wait are told. */
void rp_planner_free(RpPlanner *planner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpPlanner, rp_planner_free)

/* ---- asking for a plan ---- */

/* Plans soon: what is new, or everything. The reason is for the log. While the network is not known
 * nothing is planned; what was asked for is done when it is. */
void rp_planner_request(RpPlanner *planner, gboolean all, const char *reason);
/* Runs `done` when the plan that has been asked for by now is made, and is written or could not be
 * (it is then made again by itself); at the latest when the planner is freed. While the network is
 * not known it waits. */
typedef void (*RpPlannedFunc)(gpointer user);
void rp_planner_wait(RpPlanner *planner, RpPlannedFunc done, gpointer user);
/* Something could not be written: planned again, after a growing wait. */
void rp_planner_retry(RpPlanner *planner);
/* When that is; G_MAXINT64: nothing failed. */
RpTime rp_planner_next_deadline(const RpPlanner *planner);
void rp_planner_due(RpPlanner *planner);
/* Something could not be written, and nothing has been since. */
gboolean rp_planner_fails(const RpPlanner *planner);
/* Plans name server sets by their number in the catalogue: it is another one, and they go at once.
 * A new plan is to be asked for. */
void rp_planner_forget(RpPlanner *planner);
/* No plan is about to be made, and nothing is on its way to the disk. A retry may be waiting for
 * its time, or a request for the network. */
gboolean rp_planner_is_idle(const RpPlanner *planner);

/* ---- what the plan says ---- */

/* For the recipients of the class's example; it is good until the return to the main loop. NULL:
 * the class is not planned yet. */
const RpDecision *rp_planner_decision(const RpPlanner *planner, gint64 class_id);
/* Messages of the class that wait to be sent. */
guint rp_planner_n_ready(const RpPlanner *planner, gint64 class_id);
/* Another one whenever that number may have changed for any class; never 0. */
guint64 rp_planner_n_ready_version(const RpPlanner *planner);
/* One of them is taken, and is being marked so on the disk: it is not counted twice. */
void rp_planner_count_out(RpPlanner *planner, gint64 class_id);
/* The mark is there, or could not be made. A plan of meanwhile could not tell whether what it read
 * had it: now another one counts. */
void rp_planner_counted_out(RpPlanner *planner, gint64 class_id);
/* Runs `func` for every class that has a decision, in no order, until it says FALSE. */
typedef gboolean (*RpPlannedClassFunc)(
	gint64 class_id, const RpDecision *decision, guint n_ready, gpointer user);
void rp_planner_foreach(const RpPlanner *planner, RpPlannedClassFunc func, gpointer user);
/* What would be decided at another place, of a few hundred classes that have messages to send:
 * nothing is written down, and no plan changes. `n_ready` counts what waits for its next try too,
 * which a new place makes ready. */
void rp_planner_preview(
	const RpPlanner *planner, const RpPlace *place, RpPlannedClassFunc func, gpointer user);
