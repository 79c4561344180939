/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/planner.h"

/* ---- answers.c: decisions, each made once for all classes that are alike ---- */

/* What is decided, and what is written of it. */
typedef struct {
	RpDecision *decision;
	RpClassVerdict verdict;
	gboolean stands_on_login;
	char *sets;    /* the chosen sets' names, ;-separated; NULL: none */
	char *reasons; /* rp_class_text_write */
	char *text;    /* rp_verdict_text */
} RpAnswer;

/* Classes that are alike (rp_policy_likeness), wherever one is. */
typedef struct {
	RpAnswer *answer; /* NULL: not planned yet */
	guint64 planned;  /* the plan that made it */
	guint64 used;     /* the last one with a class of this kind */
	guint64 logged;   /* the last one that said something new of it */
	GPtrArray *texts; /* the example's, which the facts borrow */
	RpMessageFacts facts;
} RpKind;

/* All that the disk has of a verdict; of equal ones there is one, so that pointers tell. Free with
 * g_ref_string_release. */
char *rp_verdict_text(RpClassVerdict verdict, const char *sets, const char *reasons);

typedef struct RpAnswers RpAnswers;
RpAnswers *rp_answers_new(const RpGround *ground);
void rp_answers_free(RpAnswers *answers);
/* A plan begins, in the situation of now: what is asked of them is good until the return to the
 * main loop. FALSE: what makes classes alike is another than at the last one, all kinds are gone.
 */
gboolean rp_answers_begin(RpAnswers *answers, guint64 plan);
/* The kind of a message; it lasts until rp_answers_end of a plan that does not use it, or until
 * kinds go. */
RpKind *rp_answers_kind(RpAnswers *answers, const RpMessageFacts *facts);
/* Decides for its example, once a plan. */
void rp_answers_make(RpAnswers *answers, RpKind *kind);
/* All decisions are to be made anew. */
void rp_answers_drop(RpAnswers *answers);
/* Kinds without a class go. */
void rp_answers_end(RpAnswers *answers);
void rp_answers_forget(RpAnswers *answers);

/* What the plan says of a class of messages, while it holds. */
typedef struct {
	gint64 id;
	RpKind *kind;      /* NULL: not known yet */
	gint64 verdict_id; /* as the disk has it */
	guint n_ready;
	guint n_marking; /* are off it, and perhaps not on the disk */
	guint64 plan;    /* the last one that found it in the queue */
} RpPlannedClass;

struct RpPlanner {
	const RpGround *ground;
	RpPlannerEvents events;
	gpointer user;
	GSourceFunc run;     /* makes a plan: planner.c */
	GHashTable *planned; /* class id (gint64) -> RpPlannedClass */
	RpAnswers *answers;
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

/* ---- verdicts.c: what was decided as the queue keeps it ---- */

/* Adds to the change what the disk does not have yet of these classes (of RpPlannedClass, each of
 * them with a kind that has its answer), and to `entered` (gint64 *) those that are held now and
 * were not before. */
gboolean rp_planner_record_verdicts(const RpPlanner *planner, const GPtrArray *classes,
	RpQueueChange *change, GPtrArray *entered, GError **error);

/* ---- classify.c: which class a message belongs to ---- */

/* Gives some of the messages that have none their class; FALSE: there are none. */
gboolean rp_planner_classify(RpPlanner *planner);
