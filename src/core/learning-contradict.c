/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

/* What contradicts that a server is monotone, that it knows places by their prefix, and that it
 * treats domains alike: then less is inferred for its set. */

/* From when to when something was said. */
typedef struct {
	RpTime from, to; /* to < from: it was not */
} Span;

#define NEVER                                                                                      \
	(Span)                                                                                     \
	{                                                                                          \
		G_MAXINT64, G_MININT64                                                             \
	}

static void
widen(Span *span, const RpObservation *row)
{
	span->from = MIN(span->from, row->first);
	span->to = MAX(span->to, row->at);
}

/* It was said in between. */
static gboolean
is_within(const RpObservation *row, const Span *span)
{
	return (span->from < row->first && row->first < span->to) ||
	       (span->from < row->at && row->at < span->to);
}

static gboolean
same_place(const RpObservation *a, const RpObservation *b)
{
	return g_strcmp0(a->from.place, b->from.place) == 0 &&
	       rp_vantage_matches(&a->from, &b->from);
}

/* What was taken at a place with one vector. */
typedef struct {
	Span relayed;       /* to domains that nothing is delivered to there */
	const char *domain; /* one that may be delivered there */
	gboolean certain;   /* several were taken between refusals: at most one is */
} TakenWith;

static void
look_for_two_domains(TakenWith *taken, const RpObservation *row, const Span *refused)
{
	if (!is_within(row, refused))
		return;
	taken->certain |= taken->domain && !g_str_equal(taken->domain, row->domain);
	taken->domain = row->domain;
}

/* More was refused, and less taken, at the same place, and one of it again after the other was
 * said: a server that has changed once does not do that. */
static void
compare_vectors(RpSetLearning *learning, const RpObservation *refused, GHashTable *relayed)
{
	const GPtrArray *rows = learning->rows;
	Span said = NEVER;
	TakenWith taken[RP_N_VECTORS];

	for (guint i = 0; i < RP_N_VECTORS; i++)
		taken[i] = (TakenWith){.relayed = NEVER};
	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (row->said == RP_SAID_REFUSED && row->vector == refused->vector &&
			same_place(row, refused))
			widen(&said, row);
	}
	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];
		TakenWith *with = &taken[row->vector];

		if (row->said != RP_SAID_TAKEN || !same_place(row, refused))
			continue;
		look_for_two_domains(with, row, &said);
		if (!g_hash_table_contains(relayed, row->domain))
			continue;
		widen(&with->relayed, row);
		with->certain |= is_within(row, &said);
	}
	for (guint vector = 0; vector < RP_N_VECTORS; vector++)
		if (!(vector & ~refused->vector) &&
			(taken[vector].certain || is_within(refused, &taken[vector].relayed)))
			learning->apart |= refused->vector & ~vector;
}

/* The prefix is the same, the place another, and so is what is said at each: a server may tell an
 * access point from a network behind it. */
static void
compare_places(RpSetLearning *learning, const RpObservation *taken, const RpObservation *refused)
{
	if (taken->vector == refused->vector && g_str_equal(taken->domain, refused->domain) &&
		rp_vantage_matches(&taken->from, &refused->from) &&
		g_strcmp0(taken->from.place, refused->from.place) != 0)
		g_ptr_array_add(learning->split, (gpointer)taken);
}

static void
name(RpSetLearning *learning, const char *domain)
{
	if (*domain && !g_hash_table_contains(learning->named, domain))
		g_hash_table_add(learning->named, g_strdup(domain));
}

/* There may be a place that both are of: by its prefix, or by its key. */
static gboolean
may_meet(const RpVantage *a, const RpVantage *b)
{
	return rp_vantage_matches(a, b) ||
	       (a->family == b->family && g_strcmp0(a->place, b->place) == 0) ||
	       a->prefix.base.family != b->prefix.base.family;
}

static void
compare_with_taken(RpSetLearning *learning, const RpObservation *refused)
{
	for (guint i = 0; i < learning->rows->len; i++) {
		const RpObservation *taken = learning->rows->pdata[i];

		if (taken->said != RP_SAID_TAKEN)
			continue;
		if (refused->said == RP_SAID_REFUSED)
			compare_places(learning, taken, refused);
		if (!(taken->vector & ~refused->vector) && may_meet(&taken->from, &refused->from))
			name(learning, taken->domain);
	}
}

static gboolean
same_names(GHashTable *a, GHashTable *b)
{
	GHashTableIter iter;
	gpointer key;

	if (g_hash_table_size(a) != g_hash_table_size(b))
		return FALSE;
	g_hash_table_iter_init(&iter, a);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (!g_hash_table_contains(b, key))
			return FALSE;
	return TRUE;
}

/* Domains that were refused once: nothing is delivered to them there. */
static GHashTable *
find_relayed(const RpSetLearning *learning)
{
	GHashTable *relayed = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < learning->rows->len; i++) {
		const RpObservation *row = learning->rows->pdata[i];

		if (row->said == RP_SAID_REFUSED)
			g_hash_table_add(relayed, row->domain);
	}
	return relayed;
}

gboolean
rp_learning_look_for_contradictions(RpSetLearning *learning)
{
	g_autoptr(GHashTable) before = g_steal_pointer(&learning->named);
	g_autoptr(GHashTable) relayed = find_relayed(learning);

	learning->named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	learning->apart = 0;
	g_ptr_array_set_size(learning->split, 0);
	for (guint i = 0; i < learning->rows->len; i++) {
		const RpObservation *row = learning->rows->pdata[i];

		if (row->said == RP_SAID_TAKEN)
			continue;
		name(learning, row->domain);
		compare_with_taken(learning, row);
		if (row->said == RP_SAID_REFUSED)
			compare_vectors(learning, row, relayed);
	}
	return !same_names(before, learning->named);
}
