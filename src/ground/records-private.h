/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/records.h"

struct RpRecords {
	const RpClock *clock;
	RpQueue *queue;
	RpWrites *writes;
	const RpWhereabouts *whereabouts;
	RpRecordsEvents events;
	gpointer user;
	GPtrArray *pop_logins;        /* of RpPopLoginRecord */
	GPtrArray *failures;          /* of RpFailure */
	GPtrArray *facts;             /* of RpSetFact */
	GPtrArray *learned;           /* of RpLearned */
	RpObservations *observations; /* NULL: not loaded yet */
	GPtrArray *unsaved;           /* of RpObservation (borrowed): happened once more */
	RpTime looked_at;             /* when it was last looked for what may be tried again */
	GHashTable *counts;           /* "kind set" -> failures in a row */
	GHashTable *unresolved; /* names of sets whose server's name had no address, as a set */
	GHashTable *reached;    /* names of sets that answered at this place */
	GHashTable *proven;     /* those that did so as they are known to */
	GHashTable *suspects;   /* name -> in what way something else answers for it, or NULL */
};

/* failures.c: the waits of this kind begin anew. */
void rp_records_forget_count(RpRecords *records, RpFailureKind kind, const char *set);

/* ---- observations.c ---- */

void rp_records_load_observations(RpRecords *records);
/* TRUE: something that is refused may be tried again since the last time. */
gboolean rp_records_observations_due(RpRecords *records, RpTime now);
RpTime rp_records_observations_deadline(const RpRecords *records);
