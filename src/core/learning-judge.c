/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

#include <string.h>

/* What follows from the observations of a set, for one class, vector and domain. */

#define MOST_DOUBLINGS 5 /* of a day: 32 */

/* ---- what may be inferred ---- */

static gboolean
is_split(const RpSetLearning *learning, const RpVantage *a, const RpVantage *b)
{
	for (guint i = 0; i < learning->split->len; i++) {
		const RpObservation *of = learning->split->pdata[i];

		if (rp_vantage_matches(&of->from, a) && rp_vantage_matches(&of->from, b))
			return TRUE;
	}
	return FALSE;
}

gboolean
rp_learning_is_here(const RpSetLearning *learning, const RpObservation *row, const RpVantage *from)
{
	if (!rp_vantage_matches(&row->from, from))
		return FALSE;
	return !learning->split->len || g_strcmp0(row->from.place, from->place) == 0 ||
	       !is_split(learning, &row->from, from);
}

guint
rp_vector_size(guint vector)
{
	guint n = 0;

	for (; vector; vector &= vector - 1)
		n++;
	return n;
}

gboolean
rp_learning_contains(const RpSetLearning *learning, guint large, guint small)
{
	return (small & ~large) == 0 && ((small ^ large) & learning->apart) == 0;
}

gboolean
rp_learning_bears(const RpSetLearning *learning, const RpObservation *row, guint vector)
{
	switch (row->said) {
	case RP_SAID_TAKEN:
		return rp_learning_contains(learning, vector, row->vector);
	case RP_SAID_REFUSED:
		return rp_learning_contains(learning, row->vector, vector);
	case RP_SAID_UNCLEAR:
		return row->vector == vector;
	}
	return FALSE;
}

/* ---- the verdict ---- */

/* Domains, as far as it matters how many they are. */
typedef struct {
	const char *domains[4];
	guint n;
} FewDomains;

/* At MAIL it was said to all: that is as good as two. */
static void
count_domain(FewDomains *few, const char *domain)
{
	for (guint i = 0; i < few->n; i++)
		if (g_str_equal(few->domains[i], domain))
			return;
	for (guint i = *domain ? 1 : 2; i > 0 && few->n < G_N_ELEMENTS(few->domains); i--)
		few->domains[few->n++] = domain;
}

typedef struct {
	const RpSetLearning *learning;
	const GPtrArray *here; /* of RpObservation: those of the class, oldest first */
	const char *domain;
	guint vector;
	/* of this domain alone */
	const RpObservation *own_taken, *own_refused;     /* the newest that bear on it */
	const RpObservation *exact_taken, *exact_refused; /* of this very vector */
	/* of all */
	const RpObservation *taken, *refused;
	RpTime taken_since;  /* when the newest of the domains that are taken became so */
	RpTime turned;       /* when the newest of those that were refused before became taken */
	RpTime refused_at;   /* the newest */
	guint refused_times; /* in a row */
	FewDomains ever, since;
	FewDomains closed; /* refused since its own was taken, and taken before themselves */
} Inquiry;

/* What was said at MAIL was said to each. */
static gboolean
is_own(const Inquiry *inquiry, const RpObservation *row)
{
	return !*row->domain || g_str_equal(row->domain, inquiry->domain);
}

static gboolean
counts(const Inquiry *inquiry, const RpObservation *row)
{
	return rp_learning_bears(inquiry->learning, row, inquiry->vector);
}

/* Rows come oldest first. */
static void
look_at_own(Inquiry *inquiry, const RpObservation *row)
{
	guint differs = row->vector ^ inquiry->vector;
	gboolean exact = !(differs & (*row->domain ? ~0u : ~(guint)RP_VECTOR_RECIPIENT_DOMAIN));

	if (!is_own(inquiry, row))
		return;
	if (row->said == RP_SAID_TAKEN) {
		inquiry->own_taken = row;
		if (exact)
			inquiry->exact_taken = row;
	} else {
		inquiry->own_refused = row;
		if (exact)
			inquiry->exact_refused = row;
	}
}

static gboolean
was_refused_before(const Inquiry *inquiry, const RpObservation *taken)
{
	const GPtrArray *rows = inquiry->here;

	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (row->said == RP_SAID_REFUSED && row->at <= taken->first &&
			g_str_equal(row->domain, taken->domain) && counts(inquiry, row))
			return TRUE;
	}
	return FALSE;
}

static gboolean
was_taken_before(const Inquiry *inquiry, const RpObservation *refused)
{
	const GPtrArray *rows = inquiry->here;

	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (row->said == RP_SAID_TAKEN && row->at <= refused->at &&
			g_str_equal(row->domain, refused->domain) && counts(inquiry, row))
			return TRUE;
	}
	return FALSE;
}

/* With so much others are taken too. */
static gboolean
is_nothing_special(const Inquiry *inquiry, const RpObservation *taken)
{
	const GPtrArray *rows = inquiry->here;

	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (row->said == RP_SAID_TAKEN && !g_str_equal(row->domain, taken->domain) &&
			rp_learning_bears(inquiry->learning, row, taken->vector))
			return TRUE;
	}
	return FALSE;
}

/* Since when the domain is taken here, with whatever it comes, and was not refused: one that is
 * delivered there is so with every vector. */
static RpTime
taken_since(const Inquiry *inquiry, const RpObservation *taken)
{
	const GPtrArray *rows = inquiry->here;
	RpTime since = taken->first, refused = 0;

	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (row->said == RP_SAID_REFUSED && g_str_equal(row->domain, taken->domain))
			refused = MAX(refused, row->at);
	}
	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (row->said == RP_SAID_TAKEN && row->first > refused && row->first < since &&
			g_str_equal(row->domain, taken->domain) &&
			!is_nothing_special(inquiry, row))
			since = row->first;
	}
	return since;
}

static void
look_at_taken(Inquiry *inquiry, const RpObservation *row)
{
	inquiry->taken = row;
	inquiry->taken_since = MAX(inquiry->taken_since, taken_since(inquiry, row));
	if (row->first > inquiry->turned && was_refused_before(inquiry, row))
		inquiry->turned = row->first;
}

static void
look_at_refused(Inquiry *inquiry, const RpObservation *row)
{
	count_domain(&inquiry->ever, row->domain);
	if (row->at > inquiry->taken_since || !inquiry->taken)
		count_domain(&inquiry->since, row->domain);
	if (inquiry->own_taken && row->at > inquiry->own_taken->at &&
		was_taken_before(inquiry, row))
		count_domain(&inquiry->closed, row->domain);
	inquiry->refused = row;
	inquiry->refused_at = MAX(inquiry->refused_at, row->at);
	inquiry->refused_times = MAX(inquiry->refused_times, row->count);
}

static GPtrArray *
rows_here(const RpSetLearning *learning, const RpVantage *from)
{
	GPtrArray *here = g_ptr_array_new();

	for (guint i = 0; i < learning->rows->len; i++)
		if (rp_learning_is_here(learning, learning->rows->pdata[i], from))
			g_ptr_array_add(here, learning->rows->pdata[i]);
	return here;
}

static void
look(Inquiry *inquiry)
{
	const GPtrArray *rows = inquiry->here;

	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (!counts(inquiry, row))
			continue;
		look_at_own(inquiry, row);
		if (row->said == RP_SAID_TAKEN)
			look_at_taken(inquiry, row);
	}
	for (guint i = 0; i < rows->len; i++)
		if (((const RpObservation *)rows->pdata[i])->said == RP_SAID_REFUSED &&
			counts(inquiry, rows->pdata[i]))
			look_at_refused(inquiry, rows->pdata[i]);
}

/* Of two domains, with nothing taken since; where two were refused before and something was taken
 * then, perhaps by a domain that is delivered there, one is enough. */
static gboolean
all_are_refused(const Inquiry *inquiry)
{
	guint enough = inquiry->taken && inquiry->ever.n > 2 ? 1 : 2;

	return inquiry->since.n >= enough;
}

RpTime
rp_learning_retry_time(RpTime at, guint count)
{
	return at + (G_TIME_SPAN_DAY << MIN(MAX(count, 1) - 1, MOST_DOUBLINGS));
}

static RpKnowledge
refused(const Inquiry *inquiry, const RpObservation *by, gboolean all)
{
	RpKnowledge knowledge = {
		.known = RP_KNOWN_REFUSED,
		.retry = by->due ? by->at : rp_learning_retry_time(by->at, by->count),
		.said_at = by->at,
		.by = by,
	};

	if (!all)
		return knowledge;
	/* one asks for all */
	knowledge.said_at = inquiry->refused_at;
	if (by->due)
		return knowledge;
	knowledge.retry = MAX(knowledge.retry,
		rp_learning_retry_time(inquiry->refused_at, inquiry->refused_times));
	return knowledge;
}

/* TRUE: the domain has an answer of its own. Newer beats older; but what was said to this very
 * vector is not taken back by what was said to another one. */
static gboolean
judge_own(const Inquiry *inquiry, RpKnowledge *knowledge)
{
	const RpObservation *taken = inquiry->own_taken, *no = inquiry->own_refused;

	if (inquiry->closed.n >= 2) /* the server is not what it was */
		taken = NULL;
	else if (inquiry->exact_taken &&
		 (!inquiry->exact_refused ||
			 inquiry->exact_taken->at >= inquiry->exact_refused->at))
		no = NULL;
	if (!taken && !no)
		return FALSE;
	if (!no || (taken && taken->at >= no->at)) {
		*knowledge = (RpKnowledge){.known = RP_KNOWN_TAKEN, .by = taken};
		return TRUE;
	}
	if (inquiry->turned > no->at) /* others like it are taken now */
		return FALSE;
	*knowledge = refused(inquiry, no, all_are_refused(inquiry));
	return TRUE;
}

RpKnowledge
rp_learning_judge_set(
	const RpSetLearning *learning, const RpVantage *from, guint vector, const char *domain)
{
	g_autoptr(GPtrArray) here = rows_here(learning, from);
	Inquiry inquiry = {.learning = learning, .here = here, .domain = domain, .vector = vector};
	RpKnowledge knowledge = {.known = RP_KNOWN_UNTRIED};

	look(&inquiry);
	if (judge_own(&inquiry, &knowledge))
		return knowledge;
	if (all_are_refused(&inquiry))
		return refused(&inquiry, inquiry.refused, TRUE);
	if (inquiry.taken)
		return (RpKnowledge){.known = RP_KNOWN_TAKEN, .by = inquiry.taken};
	return knowledge;
}

gboolean
rp_learning_seems_local(const RpSetLearning *learning, const RpObservation *taken)
{
	/* As one that nobody has a name for would be treated. */
	g_autoptr(GPtrArray) here = rows_here(learning, &taken->from);
	Inquiry inquiry = {
		.learning = learning, .here = here, .domain = "", .vector = taken->vector};

	look(&inquiry);
	return inquiry.ever.n >= 2 && all_are_refused(&inquiry);
}
