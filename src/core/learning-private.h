/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/learning.h"

/* The parts of learning, from below: learning-names.c and learning-vantage.c say what an
 * observation is, learning-judge.c what follows from those of a set; learning.c keeps those of all
 * sets, learning-known.c, -text.c and -lines.c are asked. */

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
/* The observation says something of the vector. */
gboolean rp_learning_bears(const RpSetLearning *learning, const RpObservation *row, guint vector);
/* When what was refused so many times in a row is tried again. */
RpTime rp_learning_retry_time(RpTime at, guint count);
RpKnowledge rp_learning_judge_set(
	const RpSetLearning *learning, const RpVantage *from, guint vector, const char *domain);
/* Looks for what contradicts: `apart`, `split` and `named` anew. TRUE: `named` has changed. */
gboolean rp_learning_look_for_contradictions(RpSetLearning *learning);
/* A domain that is taken here where two others with the same vector are refused: final delivery, as
 * it seems. */
gboolean rp_learning_seems_local(const RpSetLearning *learning, const RpObservation *taken);
