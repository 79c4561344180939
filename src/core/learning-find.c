/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

/* What was found of a set: what its server says in each class to each vector, taken together from
 * its answers to single domains. Nothing is inferred; which rules say all that is next door. */

/* ---- of which class, and which domains ---- */

static guint
class_of(RpFindings *findings, const RpObservation *row)
{
	for (guint i = 0; i < findings->classes->len; i++)
		if (rp_learning_is_here(findings->learning, row, findings->classes->pdata[i]))
			return i;
	g_ptr_array_add(findings->classes, (gpointer)&row->from);
	return findings->classes->len - 1;
}

static gboolean
is_refused(const RpFindings *findings, const char *domain)
{
	const GPtrArray *rows = findings->learning->rows;

	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (row->said == RP_SAID_REFUSED && g_str_equal(row->domain, domain))
			return TRUE;
	}
	return FALSE;
}

/* What is delivered there is never refused. */
static gboolean
may_be_local(const RpFindings *findings, const RpObservation *taken)
{
	return !(taken->vector & RP_VECTOR_RECIPIENT_DOMAIN) &&
	       !is_refused(findings, taken->domain);
}

/* Others were taken there with no more, and all of them before the refusals: then the server has
 * closed, and nothing is delivered there. */
static gboolean
has_closed(const RpFindings *findings, const RpObservation *taken)
{
	const GPtrArray *rows = findings->learning->rows;
	gboolean others = FALSE;

	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (g_str_equal(row->domain, taken->domain) ||
			!rp_learning_is_here(findings->learning, row, &taken->from))
			continue;
		if (row->said == RP_SAID_REFUSED && row->at < taken->at &&
			rp_learning_bears(findings->learning, row, taken->vector))
			return FALSE;
		others |= row->said == RP_SAID_TAKEN &&
			  rp_learning_bears(findings->learning, row, taken->vector);
	}
	return others;
}

static void
find_local(RpFindings *findings)
{
	const GPtrArray *rows = findings->learning->rows;

	for (guint i = 0; i < rows->len; i++) {
		RpObservation *row = rows->pdata[i];

		if (row->said == RP_SAID_TAKEN && *row->domain &&
			!is_refused(findings, row->domain) && !has_closed(findings, row) &&
			rp_learning_seems_local(findings->learning, row))
			g_hash_table_add(findings->local, row->domain);
	}
}

/* ---- the answer to a vector in a class ---- */

/* By what was said to each domain last. */
typedef struct {
	guint vector;
	GHashTable *domains;
	const RpObservation *last[RP_SAID_UNCLEAR + 1]; /* the newest of each kind, to the vector */
	guint n_taken;    /* domains, since the newest refusal, with no more than the vector */
	gboolean certain; /* so one was that is not delivered there */
} Answers;

static void
look_at(const RpFindings *findings, Answers *answers, const RpObservation *row)
{
	const RpObservation *refused = answers->last[RP_SAID_REFUSED];
	gboolean exact = row->vector == answers->vector;
	gboolean taken = row->said == RP_SAID_TAKEN;

	if (!exact && !(taken && rp_learning_bears(findings->learning, row, answers->vector)))
		return;
	if (g_hash_table_contains(findings->local, row->domain) ||
		!g_hash_table_add(answers->domains, row->domain))
		return;
	if (taken && !refused) {
		answers->n_taken++;
		answers->certain |= !may_be_local(findings, row);
	}
	if (exact && !answers->last[row->said])
		answers->last[row->said] = row;
}

/* One domain that is taken may be delivered there; two are not. */
static gboolean
is_certain(const Answers *answers)
{
	return answers->certain || answers->n_taken > 1;
}

static RpServerSaid
conclude(const Answers *answers)
{
	const RpObservation *taken = answers->last[RP_SAID_TAKEN];
	const RpObservation *refused = answers->last[RP_SAID_REFUSED];

	if (!taken)
		return refused ? RP_SAID_REFUSED : RP_SAID_UNCLEAR;
	if (!refused)
		return RP_SAID_TAKEN;
	return taken->at >= refused->at && is_certain(answers) ? RP_SAID_TAKEN : RP_SAID_REFUSED;
}

static void
add_finding(RpFindings *findings, guint class, guint vector)
{
	const GPtrArray *rows = findings->learning->rows;
	g_autoptr(GHashTable) domains = g_hash_table_new(g_str_hash, g_str_equal);
	Answers answers = {.vector = vector, .domains = domains};

	for (guint i = rows->len; i-- > 0;)
		if (class_of(findings, rows->pdata[i]) == class)
			look_at(findings, &answers, rows->pdata[i]);
	RpServerSaid said = conclude(&answers);
	if (!answers.last[said])
		return;
	g_array_append_vals(findings->all,
		&(RpFinding){.class = class,
			.vector = vector,
			.taken = said == RP_SAID_TAKEN,
			.certain = said == RP_SAID_REFUSED || is_certain(&answers),
			.at = answers.last[said]->at},
		1);
}

/* ---- all of them ---- */

static gboolean
is_found(const RpFindings *findings, guint class, guint vector)
{
	for (guint i = 0; i < findings->all->len; i++) {
		const RpFinding *finding = &g_array_index(findings->all, RpFinding, i);

		if (finding->class == class && finding->vector == vector)
			return TRUE;
	}
	return FALSE;
}

/* Newer beats older; what may be final delivery beats nothing. */
static gint
compare(gconstpointer a, gconstpointer b)
{
	const RpFinding *x = a, *y = b;

	if (x->certain != y->certain)
		return x->certain ? -1 : 1;
	return x->at > y->at ? -1 : x->at < y->at;
}

RpFindings *
rp_findings_new(const RpSetLearning *learning)
{
	RpFindings *findings = g_new0(RpFindings, 1);

	findings->learning = learning;
	findings->classes = g_ptr_array_new();
	findings->local = g_hash_table_new(g_str_hash, g_str_equal);
	findings->all = g_array_new(FALSE, FALSE, sizeof(RpFinding));
	find_local(findings);
	for (guint i = learning->rows->len; i-- > 0;) {
		const RpObservation *row = learning->rows->pdata[i];
		guint class = class_of(findings, row);

		if (!is_found(findings, class, row->vector))
			add_finding(findings, class, row->vector);
	}
	g_array_sort(findings->all, compare);
	return findings;
}

void
rp_findings_free(RpFindings *findings)
{
	if (!findings)
		return;
	g_ptr_array_unref(findings->classes);
	g_hash_table_unref(findings->local);
	g_array_unref(findings->all);
	g_free(findings);
}
