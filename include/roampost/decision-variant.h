/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/policy.h"

/* Decisions and reasons as values of the bus: dictionaries of type a{sv}, strings "" where nothing
 * is known, times in microseconds. dbus/org.roampost.Agent1.xml names the members. All are
 * floating. */

/* aa{sv}; NULL or an empty array is empty. The catalogue gives the names for the sentences and may
 * be NULL, then the configuration's own names stand. */
GVariant *rp_hold_reasons_variant(const GPtrArray *reasons, const RpCatalogue *catalogue);
/* One reason as it stands there, of what is known elsewhere: `unlock` is of type a(ss) and
 * `to_free` of type as, or both NULL: nothing is said of what would free it. */
GVariant *rp_reason_variant(const char *set, const char *reason, const char *text, GVariant *unlock,
	RpTime retry_after, GVariant *to_free);
/* A decision: a{sv}, with a member for each recipient. */
GVariant *rp_decision_variant(
	const RpSituation *situation, const RpMessageFacts *message, const RpDecision *decision);
/* The rows of rp_policy_explain: aa{sv}. */
GVariant *rp_explain_variant(
	const RpSituation *situation, const RpMessageFacts *message, const GArray *rows);
/* What a server set waits for now, as a sentence; NULL: nothing. Free with g_free. */
typedef char *(*RpSetWaiting)(const char *set, gpointer user);
/* Every server set as it could be used in this situation, in the catalogue's order: aa{sv};
 * `current` is the set in force, or NULL; `waiting` may be NULL. */
GVariant *rp_sets_variant(
	const RpSituation *situation, const char *current, RpSetWaiting waiting, gpointer user);
