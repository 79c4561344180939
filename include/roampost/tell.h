/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/bus.h"
#include "roampost/ground.h"
#include "roampost/lanes.h"
#include "roampost/notice.h"
#include "roampost/notifier.h"
#include "roampost/planner.h"

/* What the world is told: properties and signals on the bus, notices on the desktop, and the values
 * that methods answer with (dbus/org.roampost.Agent1.xml names their members). It reads the ground
 * and the plan, and changes neither; what else it has to know it asks by a table of questions. All
 * of it runs on the default main context. */
typedef struct RpTell RpTell;

typedef struct {
	void (*each_active)(RpActiveFunc func, gpointer func_user, gpointer user);
	/* What the set waits for now, or NULL; free with g_free. */
	char *(*waiting)(const char *set, gpointer user);
	/* Whether the set's mail is being checked. */
	gboolean (*is_checking)(const char *set, gpointer user);
	/* Where local programs may hand over mail by SMTP; free with g_strfreev. `*lacks`: not
	 * where the configuration wants it. */
	char **(*listening)(gboolean *lacks, gpointer user);
	/* One of its lines was dialled by our word, and is up. */
	gboolean (*has_dialled)(const RpProvider *provider, gpointer user);
	/* It is being asked where we are, or what was told is being planned for. */
	gboolean (*is_asking)(gpointer user);
	/* Mail waits because the queue can't be written. */
	gboolean (*disk_fails)(gpointer user);
} RpTellQueries;

/* All are borrowed, and outlive it. */
RpTell *rp_tell_new(const RpGround *ground, const RpPlanner *planner, RpBusService *bus,
	RpNotifier *notifier, const RpTellQueries *queries, gpointer user);
void rp_tell_free(RpTell *tell);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpTell, rp_tell_free)

/* ---- what has changed ---- */

/* Messages, what is being sent and checked, the current set, problems: only what has changed goes
 * out, some of it a moment later. */
/* The interface's Revision. */
guint64 rp_tell_revision(const RpTell *tell);
void rp_tell_state(RpTell *tell);
/* The same, and where we are. */
void rp_tell_place(RpTell *tell);
/* Why the newest configuration (of RpConfigProblem) was not taken; NULL: it was. `lacking`: there
 * is none from before either. */
void rp_tell_config(RpTell *tell, const GPtrArray *problems, gboolean lacking);
/* Messages (of RpQueueMessage, as they were before) were given their class: those that nobody heard
 * of yet, those that the user has put on hold; of those that were not held until now it is said
 * with rp_tell_held if the plan holds them. */
void rp_tell_classified(RpTell *tell, const GPtrArray *messages);
/* The messages of classes (gint64*) that are held now and were not before, and those that came into
 * a held class. Above 50 at once nothing but the counts. */
void rp_tell_held(RpTell *tell, const GPtrArray *entered_classes);
/* A plan is written: what is to be seen on the desktop. Mail that is held is told of when that has
 * lasted for a while (RP_TELL_HELD_LASTS, and longer each time when it comes back soon). */
void rp_tell_notices(RpTell *tell);
#define RP_TELL_HELD_LASTS (8 * G_USEC_PER_SEC)
RpTime rp_tell_screen_deadline(const RpTell *tell);
void rp_tell_screen_due(RpTell *tell);
/* The machine was asleep: what was held until then has not lasted. */
void rp_tell_woke(RpTell *tell);
/* Mail that failed before this agent began, and is kept, is on the desktop again; at the start. */
void rp_tell_recall(RpTell *tell);
/* What became of a message in a session. */
void rp_tell_outcome(RpTell *tell, const RpDeliveryOutcome *outcome);
/* A mail of so many octets (0: none) found no room in the queue: on the desktop until there is some
 * for such a one, and for all that is usual. */
void rp_tell_refused(RpTell *tell, guint64 octets);
/* A server set stopped as a whole: it is in the log; the desktop shows what is in force. */
void rp_tell_set_failed(RpTell *tell, const RpNotice *notice);

/* Somebody looks at how far messages are, from now on, or nobody does any more: octets alone are no
 * change that is told otherwise. */
void rp_tell_watched(RpTell *tell, gboolean watched);

/* When something is to go out that was put off, so that it does not come too often; G_MAXINT64:
 * nothing is. */
RpTime rp_tell_next_deadline(const RpTell *tell);
/* Says what is due, or all that was put off. */
void rp_tell_due(RpTell *tell, gboolean at_once);

/* ---- values, floating ---- */

/* Of the properties that the bus asks for (RpBusEvents). */
GVariant *rp_tell_property(const RpTell *tell, const char *property);
GVariant *rp_tell_message(const RpTell *tell, const RpQueueMessage *message);
/* The rows of Explain. */
GVariant *rp_tell_explanation(const RpTell *tell, const RpQueueMessage *message);
