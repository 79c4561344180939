/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

#include <string.h>

/* What was learned as lines of the configuration: rules that hold where it was seen that they do,
 * and nowhere where it was seen that they don't. */

/* So it was taken, in one class; and the rule that it comes to. */
typedef struct {
	guint class;
	guint vector;
	guint rule;
	gboolean inside;
	gboolean lost; /* no rule says it without saying too much */
} Finding;

typedef struct {
	const RpSetLearning *learning;
	GPtrArray *classes; /* of RpVantage, borrowed: one for each */
	GArray *findings;   /* of Finding */
} Work;

/* ---- what was seen ---- */

static guint
class_of(Work *work, const RpObservation *row)
{
	for (guint i = 0; i < work->classes->len; i++)
		if (rp_learning_is_here(work->learning, row, work->classes->pdata[i]))
			return i;
	g_ptr_array_add(work->classes, (gpointer)&row->from);
	return work->classes->len - 1;
}

static void
find(Work *work)
{
	const GPtrArray *rows = work->learning->rows;

	for (guint i = rows->len; i-- > 0;) {
		const RpObservation *row = rows->pdata[i];
		Finding finding = {.class = class_of(work, row), .vector = row->vector};
		gboolean again = FALSE;

		for (guint k = 0; k < work->findings->len; k++) {
			const Finding *other = &g_array_index(work->findings, Finding, k);

			again |= other->class == finding.class && other->vector == row->vector;
		}
		if (row->said == RP_SAID_TAKEN && !again &&
			!rp_learning_seems_local(work->learning, row))
			g_array_append_val(work->findings, finding);
	}
}

/* Refused there, and nothing since that says otherwise. */
static gboolean
is_refused(const Work *work, guint class, guint vector)
{
	const GPtrArray *rows = work->learning->rows;

	for (guint i = rows->len; i-- > 0;) {
		const RpObservation *row = rows->pdata[i];

		if (row->said == RP_SAID_UNCLEAR ||
			!rp_learning_bears(work->learning, row, vector) ||
			!rp_learning_is_here(work->learning, row, work->classes->pdata[class]) ||
			(row->said == RP_SAID_TAKEN &&
				rp_learning_seems_local(work->learning, row)))
			continue;
		return row->said == RP_SAID_REFUSED;
	}
	return FALSE;
}

/* ---- the rule of each ---- */

static gboolean
is_refused_anywhere(const Work *work, guint vector)
{
	for (guint i = 0; i < work->classes->len; i++)
		if (is_refused(work, i, vector))
			return TRUE;
	return FALSE;
}

static gboolean
is_refused_inside(const Work *work, guint vector)
{
	for (guint i = 0; i < work->findings->len; i++) {
		const Finding *finding = &g_array_index(work->findings, Finding, i);

		if (finding->inside && !finding->lost && is_refused(work, finding->class, vector))
			return TRUE;
	}
	return FALSE;
}

static guint
count_bits(guint vector)
{
	guint n = 0;

	for (; vector; vector &= vector - 1)
		n++;
	return n;
}

/* The fewest terms that were not refused there. TRUE: it is another rule than before. */
static gboolean
conclude(const Work *work, Finding *finding)
{
	Finding before = *finding;

	for (guint size = 0; size <= count_bits(finding->vector); size++)
		for (guint rule = 0; rule < RP_N_VECTORS; rule++) {
			if ((rule & ~finding->vector) || count_bits(rule) != size ||
				is_refused(work, finding->class, rule))
				continue;
			finding->rule = rule;
			finding->inside = is_refused_anywhere(work, rule);
			finding->lost = FALSE;
			if (!finding->inside || !is_refused_inside(work, rule))
				return before.rule != rule || before.inside != finding->inside ||
				       before.lost;
		}
	finding->lost = TRUE;
	return !before.lost;
}

/* What is inside depends on all of them. */
static void
conclude_all(Work *work)
{
	gboolean any = TRUE;

	for (guint round = 0; any && round < 2 * work->findings->len + 2; round++) {
		any = FALSE;
		for (guint i = 0; i < work->findings->len; i++)
			any |= conclude(work, &g_array_index(work->findings, Finding, i));
	}
}

/* ---- as text ---- */

static gboolean
is_implied(const Finding *finding, const Finding *by)
{
	return !by->lost && (by->rule & ~finding->rule) == 0 && (!by->inside || finding->inside);
}

static guint
cost_of(guint vector)
{
	return vector & RP_VECTOR_POP_LOGIN ? 3 : vector & RP_VECTOR_AUTH ? 1 : 0;
}

static gint
compare_findings(gconstpointer a, gconstpointer b)
{
	const Finding *x = a, *y = b;

	if (cost_of(x->rule) != cost_of(y->rule))
		return (gint)cost_of(x->rule) - (gint)cost_of(y->rule);
	if (x->inside != y->inside)
		return x->inside ? -1 : 1;
	return (gint)x->rule - (gint)y->rule;
}

static void
add_text(GPtrArray *list, const char *text)
{
	if (!g_ptr_array_find_with_equal_func(list, text, g_str_equal, NULL))
		g_ptr_array_add(list, g_strdup(text));
}

static char *
rule_text(const Finding *finding)
{
	g_autofree char *terms = rp_vector_text(finding->rule);

	if (!finding->inside)
		return g_steal_pointer(&terms);
	return finding->rule ? g_strconcat("inside+", terms, NULL) : g_strdup("inside");
}

static void
add_rules(const Work *work, RpProposal *proposal)
{
	for (guint i = 0; i < work->findings->len; i++) {
		const Finding *finding = &g_array_index(work->findings, Finding, i);
		gboolean implied = finding->lost;

		for (guint k = 0; k < work->findings->len; k++) {
			const Finding *by = &g_array_index(work->findings, Finding, k);
			gboolean same = by->rule == finding->rule && by->inside == finding->inside;

			implied |= k != i && is_implied(finding, by) && !same;
		}
		g_autofree char *text = rule_text(finding);
		if (!implied)
			add_text(proposal->rules, text);
	}
}

/* Where nothing is known of the public address: what tells the place from others. */
static void
add_place(RpProposal *proposal, const char *place)
{
	g_auto(GStrv) parts = g_strsplit(place, ",", -1);

	for (guint i = 0; parts[i]; i++)
		if (g_str_has_prefix(parts[i], "uuid="))
			add_text(proposal->connections, parts[i] + strlen("uuid="));
	for (guint i = 0; parts[i] && !proposal->connections->len; i++)
		if (g_str_has_prefix(parts[i], "gw="))
			add_text(proposal->gateways, parts[i] + strlen("gw="));
}

static void
add_inside(const Work *work, RpProposal *proposal)
{
	for (guint i = 0; i < work->findings->len; i++) {
		const Finding *finding = &g_array_index(work->findings, Finding, i);
		const RpVantage *class = work->classes->pdata[finding->class];

		if (!finding->inside || finding->lost)
			continue;
		if (class->prefix.base.family != RP_FAMILY_ANY) {
			g_autofree char *prefix = rp_prefix_format(&class->prefix);
			add_text(proposal->prefixes, prefix);
		} else {
			add_place(proposal, class->place);
		}
	}
}

static void
add_local_domains(const Work *work, RpProposal *proposal)
{
	for (guint i = 0; i < work->learning->rows->len; i++) {
		const RpObservation *row = work->learning->rows->pdata[i];

		if (row->said == RP_SAID_TAKEN && *row->domain &&
			rp_learning_seems_local(work->learning, row))
			add_text(proposal->local_domains, row->domain);
	}
}

/* ---- what nobody knows ---- */

static gboolean
any_row(const Work *work, guint bit, gboolean with)
{
	for (guint i = 0; i < work->learning->rows->len; i++) {
		const RpObservation *row = work->learning->rows->pdata[i];

		if (((row->vector & bit) != 0) == with)
			return TRUE;
	}
	return FALSE;
}

static void
remark_untried(const Work *work, const RpServerSet *set, RpProposal *proposal)
{
	const struct {
		guint bit;
		gboolean with, applies;
		const char *text;
	} rows[] = {
		{RP_VECTOR_POP_LOGIN, TRUE, set->pop != NULL, "with a POP login first"},
		{RP_VECTOR_SENDER_DOMAIN, TRUE, set->domains[0] != NULL,
			"with a sender in its own domains"},
		{RP_VECTOR_SENDER_DOMAIN, FALSE, TRUE, "with a sender in other domains"},
		{RP_VECTOR_RECIPIENT_DOMAIN, TRUE, set->domains[0] != NULL,
			"to a recipient in its own domains"},
		{RP_VECTOR_RECIPIENT_DOMAIN, FALSE, TRUE, "to a recipient in other domains"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].applies && !any_row(work, rows[i].bit, rows[i].with))
			g_ptr_array_add(proposal->remarks,
				g_strdup_printf("never tried: %s", rows[i].text));
	if (work->classes->len == 1) {
		g_autofree char *where = rp_vantage_text(work->classes->pdata[0]);
		g_ptr_array_add(proposal->remarks,
			g_strdup_printf("never tried: from elsewhere than %s", where));
	}
}

static void
remark_lost(const Work *work, RpProposal *proposal)
{
	for (guint i = 0; i < work->findings->len; i++) {
		const Finding *finding = &g_array_index(work->findings, Finding, i);
		g_autofree char *where = rp_vantage_text(work->classes->pdata[finding->class]);
		g_autofree char *vector = rp_vector_text(finding->vector);

		if (finding->lost)
			g_ptr_array_add(proposal->remarks,
				g_strdup_printf("taken at %s (%s), and no rule tells it from what "
						"was refused",
					where, vector));
	}
}

/* ---- the whole ---- */

static GPtrArray *
new_list(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

RpProposal *
rp_learning_propose(const RpObservations *observations, const RpServerSet *set)
{
	RpProposal *proposal = g_new0(RpProposal, 1);
	g_autoptr(GPtrArray) classes = g_ptr_array_new();
	g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(Finding));
	Work work = {rp_observations_set(observations, set->name), classes, findings};

	*proposal = (RpProposal){
		new_list(), new_list(), new_list(), new_list(), new_list(), new_list()};
	if (!work.learning || !work.learning->rows->len) {
		g_ptr_array_add(proposal->remarks, g_strdup("nothing was tried yet"));
		return proposal;
	}
	find(&work);
	conclude_all(&work);
	g_array_sort(findings, compare_findings);
	add_rules(&work, proposal);
	add_inside(&work, proposal);
	add_local_domains(&work, proposal);
	remark_lost(&work, proposal);
	remark_untried(&work, set, proposal);
	return proposal;
}

void
rp_proposal_free(RpProposal *proposal)
{
	if (!proposal)
		return;
	g_ptr_array_unref(proposal->rules);
	g_ptr_array_unref(proposal->prefixes);
	g_ptr_array_unref(proposal->connections);
	g_ptr_array_unref(proposal->gateways);
	g_ptr_array_unref(proposal->local_domains);
	g_ptr_array_unref(proposal->remarks);
	g_free(proposal);
}

static void
add_line(GPtrArray *lines, const char *comment, const char *key, const GPtrArray *values)
{
	GString *line = g_string_new(comment);

	if (!values->len) {
		g_string_free(line, TRUE);
		return;
	}
	g_string_append_printf(line, "%s=", key);
	for (guint i = 0; i < values->len; i++)
		g_string_append_printf(line, "%s%s", i ? ";" : "", (const char *)values->pdata[i]);
	g_ptr_array_add(lines, g_string_free(line, FALSE));
}

static gboolean
needs_inside(const RpProposal *proposal)
{
	for (guint i = 0; i < proposal->rules->len; i++)
		if (g_str_has_prefix(proposal->rules->pdata[i], "inside"))
			return TRUE;
	return FALSE;
}

/* Where the set has a provider, what that is stays the user's word. */
static void
add_provider(GPtrArray *lines, const RpProposal *proposal, const RpServerSet *set)
{
	const char *comment = set->provider ? "# " : "";

	if (!needs_inside(proposal))
		return;
	g_ptr_array_add(lines, g_strdup_printf("%s[provider %s]", comment,
				       set->provider ? set->provider : set->name));
	add_line(lines, comment, "prefixes", proposal->prefixes);
	add_line(lines, comment, "nm-connections", proposal->connections);
	add_line(lines, comment, "gateways", proposal->gateways);
}

char **
rp_proposal_lines(const RpProposal *proposal, const RpServerSet *set)
{
	GPtrArray *lines = g_ptr_array_new();
	g_autoptr(GPtrArray) local = new_list();

	add_line(lines, "", "relay", proposal->rules);
	if (needs_inside(proposal) && !set->provider)
		g_ptr_array_add(lines, g_strdup_printf("provider=%s", set->name));
	for (char **domain = set->local_domains; proposal->local_domains->len && *domain; domain++)
		add_text(local, *domain);
	for (guint i = 0; i < proposal->local_domains->len; i++)
		add_text(local, proposal->local_domains->pdata[i]);
	add_line(lines, "", "local-domains", local);
	for (guint i = 0; i < proposal->remarks->len; i++)
		g_ptr_array_add(lines, g_strconcat("# ", proposal->remarks->pdata[i], NULL));
	add_provider(lines, proposal, set);
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(lines, FALSE);
}
