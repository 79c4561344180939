/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

#include <string.h>

/* The rules that fit what was found. There are few: what a server takes is a set of vectors that
 * has with each vector all larger ones (168 sets of four attributes), and what it takes inside
 * contains what it takes anywhere (7,581 pairs). So none is guessed: all of them are looked at. */

#define N_SETS 168
#define MOST_CLASSES 64

typedef struct {
	guint16 sets[N_SETS];
	/* terms that are needed in each class for what was taken there, if a set is what is taken
	 */
	guint terms[N_SETS][MOST_CLASSES];
	guint n_classes;
} Choices;

/* Of sets, by their index. */
typedef struct {
	guint8 anywhere, inside;
	guint64 may_be_out, may_be_in; /* classes, as far as what was found allows it */
} Hypothesis;

static gboolean
has(guint vectors, guint vector)
{
	return vectors >> vector & 1;
}

static guint64
class_bit(guint class)
{
	return G_GUINT64_CONSTANT(1) << class;
}

/* ---- all there are ---- */

/* With each vector all that bring one attribute more. */
static gboolean
is_monotone(guint vectors)
{
	/* the vectors without it */
	static const struct {
		guint attribute, without;
	} rows[] = {{1, 0x5555}, {2, 0x3333}, {4, 0x0f0f}, {8, 0x00ff}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if ((vectors & rows[i].without) << rows[i].attribute & ~vectors)
			return FALSE;
	return TRUE;
}

static void
find_sets(Choices *choices)
{
	guint n = 0;

	for (guint vectors = 0; vectors <= G_MAXUINT16; vectors++)
		if (is_monotone(vectors))
			choices->sets[n++] = (guint16)vectors;
}

static GArray *
all_hypotheses(const Choices *choices)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(Hypothesis));

	for (guint i = 0; i < N_SETS; i++)
		for (guint k = 0; k < N_SETS; k++)
			if (!(choices->sets[i] & ~choices->sets[k]))
				g_array_append_vals(all,
					&(Hypothesis){
						(guint8)i, (guint8)k, G_MAXUINT64, G_MAXUINT64},
					1);
	return all;
}

/* ---- what fits ---- */

/* FALSE: the class can be neither inside nor outside then. */
static gboolean
agree(const Choices *choices, Hypothesis *hypothesis, const RpFinding *finding)
{
	guint64 class = class_bit(finding->class);

	if (has(choices->sets[hypothesis->anywhere], finding->vector) != finding->taken)
		hypothesis->may_be_out &= ~class;
	if (has(choices->sets[hypothesis->inside], finding->vector) != finding->taken)
		hypothesis->may_be_in &= ~class;
	return ((hypothesis->may_be_out | hypothesis->may_be_in) & class) != 0;
}

/* To those that agree; FALSE, and nothing done: there are none. */
static gboolean
narrow(const Choices *choices, GArray **alive, const RpFinding *finding)
{
	g_autoptr(GArray) left = g_array_sized_new(FALSE, FALSE, sizeof(Hypothesis), (*alive)->len);

	for (guint i = 0; i < (*alive)->len; i++) {
		Hypothesis one = g_array_index(*alive, Hypothesis, i);

		if (agree(choices, &one, finding))
			g_array_append_vals(left, &one, 1);
	}
	if (!left->len)
		return FALSE;
	g_array_unref(*alive);
	*alive = g_steal_pointer(&left);
	return TRUE;
}

/* ---- the simplest of those ---- */

static guint
terms_needed(guint vectors, guint vector)
{
	guint fewest = RP_N_VECTORS;

	for (guint rule = 0; rule < RP_N_VECTORS; rule++)
		if (has(vectors, rule) && !(rule & ~vector))
			fewest = MIN(fewest, rp_vector_size(rule));
	return fewest;
}

static void
count_terms(Choices *choices, const GArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const RpFinding *finding = &g_array_index(findings, RpFinding, i);

		if (finding->taken && finding->fits)
			for (guint set = 0; set < N_SETS; set++)
				choices->terms[set][finding->class] +=
					terms_needed(choices->sets[set], finding->vector);
	}
}

/* Inside where it has to be, or where less is needed then. */
static gboolean
is_inside(const Choices *choices, const Hypothesis *one, guint class)
{
	if (!(one->may_be_out & class_bit(class)))
		return TRUE;
	return (one->may_be_in & class_bit(class)) &&
	       choices->terms[one->inside][class] < choices->terms[one->anywhere][class];
}

/* Those of them that contain no other. */
static guint
minimal(guint vectors)
{
	guint found = 0;

	for (guint vector = 0; vector < RP_N_VECTORS; vector++) {
		gboolean least = has(vectors, vector);

		for (guint bit = 1; bit < RP_N_VECTORS; bit <<= 1)
			least &= !(vector & bit) || !has(vectors, vector & ~bit);
		found |= (guint)least << vector;
	}
	return found;
}

static RpFit
rules_of(const Choices *choices, const Hypothesis *one)
{
	guint anywhere = choices->sets[one->anywhere], inside = choices->sets[one->inside];
	RpFit fit = {.anywhere = minimal(anywhere), .inside = minimal(inside) & ~anywhere};

	for (guint class = 0; class < choices->n_classes; class ++)
		if (is_inside(choices, one, class))
			fit.classes |= class_bit(class);
	return fit;
}

/* What makes one simpler than another, the most important first. */
typedef enum {
	NEEDED, /* terms, for what was taken: one stays only where its absence was refused */
	ALTERNATIVES,
	WRITTEN, /* terms of all of them */
	INSIDE,  /* of them */
	MAIL,    /* what the mail is like comes after what is brought */
	N_COSTS,
} Cost;

static void
add_alternatives(guint *cost, guint vectors)
{
	for (guint vector = 0; vector < RP_N_VECTORS; vector++)
		if (has(vectors, vector)) {
			cost[ALTERNATIVES]++;
			cost[WRITTEN] += rp_vector_size(vector);
			cost[MAIL] += RP_N_VECTORS - vector;
		}
}

static void
find_cost(const Choices *choices, const Hypothesis *one, guint *cost)
{
	RpFit fit = rules_of(choices, one);

	memset(cost, 0, N_COSTS * sizeof *cost);
	for (guint class = 0; class < choices->n_classes; class ++)
		cost[NEEDED] +=
			choices->terms[fit.classes & class_bit(class) ? one->inside : one->anywhere]
				      [class];
	add_alternatives(cost, fit.anywhere);
	cost[INSIDE] -= cost[ALTERNATIVES];
	add_alternatives(cost, fit.inside);
	cost[INSIDE] += cost[ALTERNATIVES];
}

static gboolean
is_simpler(const guint *a, const guint *b)
{
	for (guint i = 0; i < N_COSTS; i++)
		if (a[i] != b[i])
			return a[i] < b[i];
	return FALSE;
}

static const Hypothesis *
simplest(const Choices *choices, const GArray *alive)
{
	const Hypothesis *best = NULL;
	guint least[N_COSTS];

	for (guint i = 0; i < alive->len; i++) {
		const Hypothesis *one = &g_array_index(alive, Hypothesis, i);
		guint cost[N_COSTS];

		find_cost(choices, one, cost);
		if (best && !is_simpler(cost, least))
			continue;
		best = one;
		memcpy(least, cost, sizeof cost);
	}
	return best;
}

RpFit
rp_learning_fit(GArray *findings)
{
	g_autofree Choices *choices = g_new0(Choices, 1);
	g_autoptr(GArray) alive = NULL;

	find_sets(choices);
	alive = all_hypotheses(choices);
	for (guint i = 0; i < findings->len; i++) {
		RpFinding *finding = &g_array_index(findings, RpFinding, i);

		finding->fits = finding->class < MOST_CLASSES && narrow(choices, &alive, finding);
		choices->n_classes = MAX(choices->n_classes, MIN(finding->class + 1, MOST_CLASSES));
	}
	count_terms(choices, findings);
	return rules_of(choices, simplest(choices, alive));
}
