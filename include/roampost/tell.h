/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/bus.h"
#include "roampost/ground.h"
#include "roampost/lanes.h"
#include "roampost/notice.h"
#include "roampost/notifier.h"
#include "roampost/planner.h"

/* What the world is told: properties and signals on the bus, notices on the desktop, and the values
 * that methods answer with. It reads the ground and the plan, and changes neither; what else it has
 * to know it asks by a table of questions. All of it runs on the default main context. */
typedef struct RpTell RpTell;

typedef struct {
	void (*each_active)(RpActiveFunc func, gpointer func_user, gpointer user);
} RpTellQueries;

/* All are borrowed, and outlive it. */
RpTell *rp_tell_new(const RpGround *ground, const RpPlanner *planner, RpBusService *bus,
	RpNotifier *notifier, const RpTellQueries *queries, gpointer user);
void rp_tell_free(RpTell *tell);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpTell, rp_tell_free)

/* ---- what has changed ---- */

/* Counts, the current set, what is being sent: only what has changed goes out. */
void rp_tell_state(RpTell *tell);
/* The same, and where we are. */
void rp_tell_place(RpTell *tell);
/* Why the newest configuration (of RpConfigProblem) was not taken; NULL: it was. */
void rp_tell_config(RpTell *tell, const GPtrArray *problems);
/* Messages (of RpQueueMessage, as they were before) were given their class: those that nobody heard
 * of yet, those that the user has put on hold; of those that were not held until now it is said
 * with rp_tell_held if the plan holds them. */
void rp_tell_classified(RpTell *tell, const GPtrArray *messages);
/* The messages of classes (gint64*) that are held now and were not before, and those that came into
 * a held class. Above 50 at once nothing but the counts. */
void rp_tell_held(RpTell *tell, const GPtrArray *entered_classes);
/* The one notice for all held mail. */
void rp_tell_notice(RpTell *tell);
/* What became of a message in a session. */
void rp_tell_outcome(RpTell *tell, const RpDeliveryOutcome *outcome);
/* Something that happened, told once. */
void rp_tell_once(RpTell *tell, const RpNotice *notice);

/* ---- values, floating ---- */

GVariant *rp_tell_message(const RpTell *tell, const RpQueueMessage *message);
/* JSON; free with g_free. */
char *rp_tell_status(RpTell *tell);
char *rp_tell_where(const RpTell *tell);
char *rp_tell_sets(const RpTell *tell);
char *rp_tell_explanation(const RpTell *tell, const RpQueueMessage *message);
