/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/learning.h"

/* The parts of learning, from below: learning-names.c and learning-vantage.c say what an
 * observation is, learning-judge.c what follows from those of a set, as far as
 * learning-contradict.c lets it; learning-find.c and -fit.c make rules of it; learning.c keeps
 * those of all sets, learning-known.c, -text.c and -lines.c are asked. */

typedef struct {
	GPtrArray *rows;   /* of RpObservation, oldest first */
	RpSpan window;     /* of a POP login, as far as it was seen; 0: it was not */
	guint apart;       /* attributes over which nothing is inferred for this set */
	GPtrArray *split;  /* of RpObservation (borrowed): classes in whose prefix places differ */
	GHashTable *named; /* domains that are treated otherwise than the rest, as a set */
} RpSetLearning;

struct RpObservations {
	GHashTable *sets; /* name -> RpSetLearning */
	guint names_version;
};

const RpSetLearning *rp_observations_set(const RpObservations *observations, const char *set);

/* ---- learning-judge.c ---- */

/* The observation is of the class. */
gboolean rp_learning_is_here(
	const RpSetLearning *learning, const RpObservation *row, const RpVantage *from);
/* `small` is contained in `large`, as far as that may be inferred. */
gboolean rp_learning_contains(const RpSetLearning *learning, guint large, guint small);
/* How many attributes it has. */
guint rp_vector_size(guint vector);
/* The observation says something of the vector. */
gboolean rp_learning_bears(const RpSetLearning *learning, const RpObservation *row, guint vector);
/* When what was refused so many times in a row is tried again. */
RpTime rp_learning_retry_time(RpTime at, guint count);
RpKnowledge rp_learning_judge_set(
	const RpSetLearning *learning, const RpVantage *from, guint vector, const char *domain);
/* A domain that is taken here where two others with the same vector are refused: final delivery, as
 * it seems. */
gboolean rp_learning_seems_local(const RpSetLearning *learning, const RpObservation *taken);

/* ---- learning-contradict.c ---- */

/* Looks for what contradicts: `apart`, `split` and `named` anew. TRUE: `named` has changed. */
gboolean rp_learning_look_for_contradictions(RpSetLearning *learning);

/* ---- learning-find.c ---- */

/* What a server says in one class to one vector. */
typedef struct {
	guint class, vector;
	gboolean taken;
	gboolean certain; /* by no domain alone that may be final delivery */
	RpTime at;
	gboolean fits; /* the rules say so: rp_learning_fit */
} RpFinding;

typedef struct {
	const RpSetLearning *learning;
	GPtrArray *classes; /* of RpVantage, borrowed: one for each */
	GHashTable *local;  /* domains that seem to be delivered there: so they are from anywhere */
	GArray *all;        /* of RpFinding, what counts more first */
} RpFindings;

RpFindings *rp_findings_new(const RpSetLearning *learning);
void rp_findings_free(RpFindings *findings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpFindings, rp_findings_free)

/* ---- learning-fit.c ---- */

/* Alternatives of a relay rule: sets of vectors, vector V is bit V. */
typedef struct {
	guint anywhere, inside;
	guint64 classes; /* that are inside */
} RpFit;

/* The simplest rules that say what was found, from the first finding on; one that they can't say
 * beside those before it is left out. Sets `fits`. Of more than 64 classes the others are left out.
 */
RpFit rp_learning_fit(GArray *findings);
