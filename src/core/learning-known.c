/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

/* What is known of a set, asked of all that was observed. */

RpKnowledge
rp_learning_judge(const RpObservations *observations, const char *set, const RpVantage *from,
	guint vector, const char *domain)
{
	const RpSetLearning *learning = rp_observations_set(observations, set);

	return learning ? rp_learning_judge_set(learning, from, vector, domain)
			: (RpKnowledge){.known = RP_KNOWN_UNTRIED};
}

RpKnowledge
rp_learning_hint(const RpObservations *observations, const char *set, const RpVantage *from,
	guint vector, const char *domain)
{
	const RpSetLearning *learning = rp_observations_set(observations, set);

	for (guint i = learning && from->asn ? learning->rows->len : 0; i-- > 0;) {
		const RpObservation *row = learning->rows->pdata[i];
		RpKnowledge known;

		if (row->from.asn != from->asn || !rp_learning_bears(learning, row, vector) ||
			rp_learning_is_here(learning, row, from))
			continue;
		known = rp_learning_judge_set(learning, &row->from, vector, domain);
		if (known.known != RP_KNOWN_UNTRIED)
			return known;
	}
	return (RpKnowledge){.known = RP_KNOWN_UNTRIED};
}

RpSpan
rp_learning_window(const RpObservations *observations, const char *set)
{
	const RpSetLearning *learning = rp_observations_set(observations, set);

	return learning && learning->window ? learning->window : G_MAXINT64;
}

gboolean
rp_learning_saw_family(const RpObservations *observations, const char *set, RpFamily family)
{
	const RpSetLearning *learning = rp_observations_set(observations, set);

	for (guint i = 0; learning && i < learning->rows->len; i++)
		if (((const RpObservation *)learning->rows->pdata[i])->from.family == family)
			return TRUE;
	return FALSE;
}

const RpObservation *
rp_learning_taken_elsewhere(const RpObservations *observations, const char *set,
	const RpVantage *from, guint vector, const char *domain)
{
	const RpSetLearning *learning = rp_observations_set(observations, set);

	for (guint i = learning ? learning->rows->len : 0; i-- > 0;) {
		const RpObservation *row = learning->rows->pdata[i];

		if (row->said == RP_SAID_TAKEN && rp_learning_bears(learning, row, vector) &&
			!rp_learning_is_here(learning, row, from) &&
			rp_learning_judge_set(learning, &row->from, vector, domain).known ==
				RP_KNOWN_TAKEN)
			return row;
	}
	return NULL;
}

gboolean
rp_learning_names_domain(const RpObservations *observations, const char *domain)
{
	GHashTableIter iter;
	gpointer learning;

	if (!observations)
		return FALSE;
	g_hash_table_iter_init(&iter, observations->sets);
	while (g_hash_table_iter_next(&iter, NULL, &learning))
		if (g_hash_table_contains(((RpSetLearning *)learning)->named, domain))
			return TRUE;
	return FALSE;
}

guint
rp_learning_names_version(const RpObservations *observations)
{
	return observations->names_version;
}

RpTime
rp_learning_next_retry(const RpObservations *observations, RpTime since)
{
	RpTime next = G_MAXINT64;
	GHashTableIter iter;
	gpointer learning;

	g_hash_table_iter_init(&iter, observations->sets);
	while (g_hash_table_iter_next(&iter, NULL, &learning)) {
		const GPtrArray *rows = ((RpSetLearning *)learning)->rows;

		for (guint i = 0; i < rows->len; i++) {
			const RpObservation *row = rows->pdata[i];
			RpTime retry = rp_learning_retry_time(row->at, row->count);

			if (row->said != RP_SAID_TAKEN && !row->due && retry > since)
				next = MIN(next, retry);
		}
	}
	return next;
}
