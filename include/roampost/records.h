/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/clock.h"
#include "roampost/policy.h"
#include "roampost/whereabouts.h"
#include "roampost/writes.h"

/* What is remembered of servers and places, in memory as on the disk: POP logins, failures, facts
 * of a server set, what the user taught. Each change is handed to be written at once and counts
 * from then on. */
typedef struct RpRecords RpRecords;

/* Runs inside the call that changes something, on the default main context; the reason, which is
 * for the log, is borrowed for the call. */
typedef struct {
	/* What the policy stands on has changed: everything is to be planned anew. */
	void (*changed)(const char *reason, gpointer user);
} RpRecordsEvents;

/* All are borrowed. It is empty until it is loaded. */
RpRecords *rp_records_new(const RpClock *clock, RpQueue *queue, RpWrites *writes,
	const RpWhereabouts *whereabouts, const RpRecordsEvents *events, gpointer user);
void rp_records_free(RpRecords *records);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpRecords, rp_records_free)

/* Reads everything from the disk; what can't be read is empty, and the log says so. */
void rp_records_load(RpRecords *records);
/* For the policy; they are good until the records change. */
const GPtrArray *rp_records_pop_logins(const RpRecords *records); /* of RpPopLoginRecord */
const GPtrArray *rp_records_failures(const RpRecords *records);   /* of RpFailure */
const GPtrArray *rp_records_learned(const RpRecords *records);    /* of RpLearned */
const RpObservations *rp_records_observations(const RpRecords *records);

/* ---- failures ---- */

/* Copies what failed and where; when, how often in a row and for how long it counts is worked out.
 */
void rp_records_failure(RpRecords *records, const RpFailure *what);
/* The same of one that may be one host's of several, or of the moment: tried again after a minute,
 * then in growing waits. */
void rp_records_failure_for_now(RpRecords *records, const RpFailure *what);
/* Those of the set's refusals that came since then turn out to be such. */
void rp_records_refused_for_now(RpRecords *records, const char *set, RpTime since);
/* The server's name has no address here, or there is no resolver yet: tried again after a second or
 * two, then in growing waits; at once when the resolver has changed. */
void rp_records_unresolved(RpRecords *records, const RpFailure *what);
void rp_records_resolver_changed(RpRecords *records);
/* Its password can't be had (a command failed, a keyring is locked): tried again by itself. */
void rp_records_no_credentials(RpRecords *records, const RpFailure *what);
/* Removes those of the set and the kind (RpFailureKind); NULL and -1 stand for all. */
void rp_records_forget(RpRecords *records, const char *set, gint kind);

/* The refusals of this set's alternatives that stand on a POP login: one was made. */
void rp_records_forget_not_open(RpRecords *records, const char *set);

/* ---- POP logins ---- */

/* When a login was begun. */
typedef struct {
	char *place_key;
	guint n_networks;
} RpLoginOrigin;
/* Copies what holds now. `origin` was cleared, or is zero. */
void rp_login_origin_note(
	RpLoginOrigin *origin, const RpWhereabouts *whereabouts, const char *place_key);
void rp_login_origin_clear(RpLoginOrigin *origin);

/* A login was made from the address. FALSE: the address is gone, and the login opens nothing. */
gboolean rp_records_pop_login(RpRecords *records, const RpServerSet *set,
	const RpLoginOrigin *origin, const RpAddress *local);
/* Those of the set open nothing any more: the server does not know of them. */
void rp_records_drop_pop_logins(RpRecords *records, const char *set);
/* The login that opens the set from this source here, or NULL. */
const RpPopLoginRecord *rp_records_find_pop_login(
	const RpRecords *records, const char *set, const RpAddress *source);

/* ---- observations: roampost/learning.h ---- */

/* Copies what a server said to a recipient; what follows from it counts from now on. What only
 * happens once more is written when the session ends. */
void rp_records_observed(RpRecords *records, const RpObservation *heard);
void rp_records_save_observations(RpRecords *records);
/* A POP login of the set that was so old did not open its server any more. */
void rp_records_observed_window(RpRecords *records, const char *set, RpSpan age);
/* What servers refused may be tried again now, once: the user says so. */
void rp_records_try_observations(RpRecords *records);
/* The place is another, or the table of AS numbers: whose networks servers were asked from. */
void rp_records_find_origins(RpRecords *records);
/* Of the set: it is learned anew. */
void rp_records_forget_observations(RpRecords *records, const char *set);
/* The sets are other ones: what their servers of before said goes. */
void rp_records_reconfigured(RpRecords *records);

/* ---- facts ---- */

/* NULL: none of that name. The set "" is for what concerns no set. */
const char *rp_records_fact(const RpRecords *records, const char *set, const char *name);
/* Replaces it; all is copied. */
void rp_records_save_fact(RpRecords *records, const char *set, const char *name, const char *value);
/* The same of what would not be missed if it were lost: it may wait for others to share their
 * commit (RP_PATIENCE_FACT), and is not synced alone. */
void rp_records_note_fact(RpRecords *records, const char *set, const char *name, const char *value);

/* ---- who answers for the servers here ---- */

/* Something answers in place of the set's server (`detail`: in what way, or NULL), until it is
 * proven, or the connection another. */
void rp_records_suspect(RpRecords *records, const char *set, const char *detail);
/* The set's server answered as it is known to. */
void rp_records_prove(RpRecords *records, const char *set);
/* The greetings that the set's SMTP server is to be looked at by, before a password goes to a
 * server beside it that proves nothing: "" where none is known; NULL: it was proven here. Borrowed.
 */
const char *rp_records_unproven_greetings(const RpRecords *records, const char *set);
gboolean rp_records_is_suspect(const RpRecords *records, const char *set, const char **detail);
/* Every set that knows how its server greets has found something else here, and nobody's server is
 * proven: it is the place. */
gboolean rp_records_all_suspect(const RpRecords *records);
void rp_records_forget_suspects(RpRecords *records);
/* The set takes its servers as they greet next, and is tried at once. */
void rp_records_forget_greetings(RpRecords *records, const char *set);

/* ---- time and place ---- */

/* A set answered as it should: what was unreachable is not any more. */
void rp_records_reached(RpRecords *records, const char *set);
/* It did so at this place, since we came here. */
gboolean rp_records_was_reached(const RpRecords *records, const char *set);
/* What is only true of the connection that is gone. */
void rp_records_arrived(RpRecords *records);
/* The user wants it tried at once, on this one. */
void rp_records_try_now(RpRecords *records);
/* New mail has come: a server that could not be reached, and was not tried for a minute, may be
 * tried with it; how often it failed still counts for how long the next wait is. */
void rp_records_new_mail(RpRecords *records);
/* The earliest time at which something remembered ends, or G_MAXINT64. */
RpTime rp_records_next_deadline(const RpRecords *records);
/* Removes what has ended; TRUE when there was something. What is in the future by the clock as it
 * is now, which was put back then, counts from now. */
gboolean rp_records_expire(RpRecords *records);
