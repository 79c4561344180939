/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/planner.h"

/* ---- answers.c: decisions, each made once a plan ---- */

/* What is decided for all classes that are alike (rp_policy_likeness), and what is written of it.
 */
typedef struct {
	RpDecision *decision;
	gboolean stands_on_login;
	char *sets;     /* the chosen sets' names, ;-separated; NULL: none */
	char **reasons; /* JSON, by recipient */
} RpAnswer;

void rp_answer_unref(RpAnswer *answer);
typedef struct RpAnswers RpAnswers;
/* In the situation of now; it is good until the return to the main loop. */
RpAnswers *rp_answers_new(const RpGround *ground);
void rp_answers_free(RpAnswers *answers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpAnswers, rp_answers_free)
/* A reference; outlives the answers. */
RpAnswer *rp_answers_get(RpAnswers *answers, const RpMessageFacts *facts);

/* What the plan says of a class of messages, while it holds. */
typedef struct {
	gint64 id;
	RpAnswer *answer;  /* for the example's recipients; NULL: not planned yet */
	gboolean recorded; /* the disk has this verdict */
	guint n_ready;
	guint n_marking; /* are off it, and perhaps not on the disk */
	guint64 plan;    /* the last one that found it in the queue */
} RpPlannedClass;

struct RpPlanner {
	const RpGround *ground;
	RpPlannerEvents events;
	gpointer user;
	GSourceFunc run;         /* makes a plan: planner.c */
	GHashTable *planned;     /* class id (gint64) -> RpPlannedClass */
	GString *reasons;        /* of the class that is recorded now */
	guint64 plan;            /* how many there were */
	guint64 n_ready_version; /* counts up when an n_ready may have changed */
	GPtrArray *waiters;      /* of RpWaiter */
	guint source;            /* a plan is asked for */
	gboolean all;            /* the situation has changed: every class, not only new ones */
	gboolean writing;        /* a plan is on its way to the disk */
	gboolean again;          /* something changed meanwhile */
	gboolean recount;        /* a plan was made while messages were being marked */
	gboolean all_classified; /* no message was without a class when the last ones got one */
	gboolean reclassified;   /* messages were moved from one class to another */
	guint failures;          /* writes in a row that failed */
	RpTime retry_at;         /* when it is tried again; G_MAXINT64: nothing failed */
};

/* ---- request.c: when a plan is made, and who waits for it ---- */

/* Takes those that wait now. */
GPtrArray *rp_planner_take_waiters(RpPlanner *planner);
/* Runs what they wait with. */
void rp_planner_tell_waiters(const GPtrArray *waiters);
/* The disk takes what is written: the waits begin anew. */
void rp_planner_note_written(RpPlanner *planner);

/* ---- verdict.c: a class's verdict as the queue keeps it ---- */

/* Adds to the change what the disk does not have yet, and to `entered` (gint64 *) the class when it
 * is held now and was not before. */
void rp_planner_record_verdict(const RpPlanner *planner, const RpQueueClass *class_,
	RpPlannedClass *planned, RpQueueChange *change, GPtrArray *entered);

/* ---- classify.c: which class a message belongs to ---- */

/* Gives some of the messages that have none their class; FALSE: there are none. */
gboolean rp_planner_classify(RpPlanner *planner);
