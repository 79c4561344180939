/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

#include <string.h>

/* What was learned as lines of the configuration: rules that hold where it was seen that they do,
 * and nowhere where it was seen that they don't. */

/* A domain that no recipient has. */
#define NOBODY " "

/* So it was taken, in one class; and the rule that it comes to. */
typedef struct {
	guint class;
	guint vector;
	guint n_domains; /* that it was taken from */
	guint rule;
	gboolean inside;
	gboolean lost; /* no rule says it without saying too much */
} Finding;

typedef struct {
	const RpSetLearning *learning;
	GPtrArray *classes; /* of RpVantage, borrowed: one for each */
	GHashTable *local;  /* domains that seem to be delivered there: so they are from anywhere */
	GArray *all;        /* of Finding */
	GArray *findings;   /* those of them that rules are made of */
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
find_local(Work *work)
{
	for (guint i = 0; i < work->learning->rows->len; i++) {
		RpObservation *row = work->learning->rows->pdata[i];

		if (row->said == RP_SAID_TAKEN && *row->domain &&
			rp_learning_seems_local(work->learning, row))
			g_hash_table_add(work->local, row->domain);
	}
}

static Finding *
finding_of(const Work *work, guint class, guint vector)
{
	for (guint i = 0; i < work->all->len; i++) {
		Finding *finding = &g_array_index(work->all, Finding, i);

		if (finding->class == class && finding->vector == vector)
			return finding;
	}
	return NULL;
}

static void
find(Work *work)
{
	const GPtrArray *rows = work->learning->rows;

	for (guint i = rows->len; i-- > 0;) {
		const RpObservation *row = rows->pdata[i];
		guint class = class_of(work, row);
		Finding *finding = finding_of(work, class, row->vector);

		if (row->said != RP_SAID_TAKEN || g_hash_table_contains(work->local, row->domain))
			continue;
		if (finding)
			finding->n_domains++;
		else
			g_array_append_vals(work->all,
				&(Finding){.class = class, .vector = row->vector, .n_domains = 1},
				1);
	}
}

static gboolean
is_first_of_domain(const Work *work, guint index)
{
	const RpObservation *row = work->learning->rows->pdata[index];

	for (guint i = 0; i < index; i++)
		if (g_str_equal(((const RpObservation *)work->learning->rows->pdata[i])->domain,
			    row->domain))
			return FALSE;
	return TRUE;
}

/* Refused there: to anybody, or to no fewer domains than it was taken from. */
static gboolean
is_refused(const Work *work, guint class, guint vector)
{
	const GPtrArray *rows = work->learning->rows;
	const RpVantage *from = work->classes->pdata[class];
	guint n[3] = {0};

	if (rp_learning_judge_set(work->learning, from, vector, NOBODY).known == RP_KNOWN_REFUSED)
		return TRUE;
	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];
		RpKnowledge known;

		if (!is_first_of_domain(work, i) || g_hash_table_contains(work->local, row->domain))
			continue;
		known = rp_learning_judge_set(work->learning, from, vector, row->domain);
		if (known.by && g_str_equal(known.by->domain, row->domain))
			n[known.known]++;
	}
	return n[RP_KNOWN_REFUSED] > 0 && n[RP_KNOWN_REFUSED] >= n[RP_KNOWN_TAKEN];
}

/* What was taken there with less says all that this one says. */
static gboolean
is_minimal(const Work *work, const Finding *finding)
{
	for (guint i = 0; i < work->all->len; i++) {
		const Finding *other = &g_array_index(work->all, Finding, i);

		if (other != finding && !other->lost && other->class == finding->class &&
			rp_learning_contains(work->learning, finding->vector, other->vector) &&
			!is_refused(work, other->class, other->vector))
			return FALSE;
	}
	return TRUE;
}

static void
choose_minimal(const Work *work)
{
	g_array_set_size(work->findings, 0);
	for (guint i = 0; i < work->all->len; i++) {
		const Finding *finding = &g_array_index(work->all, Finding, i);

		if (!finding->lost && is_minimal(work, finding))
			g_array_append_vals(work->findings, finding, 1);
	}
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

/* It says no more than was seen, here and at all places that are inside. */
static gboolean
is_possible(const Work *work, const Finding *finding, guint rule, gboolean inside)
{
	if ((rule & ~finding->vector) || is_refused(work, finding->class, rule))
		return FALSE;
	return inside ? is_refused_anywhere(work, rule) && !is_refused_inside(work, rule)
		      : !is_refused_anywhere(work, rule);
}

/* Of as many terms, what has to be brought before what the mail is like. */
static gboolean
find_of_size(const Work *work, Finding *finding, guint size, gboolean inside)
{
	for (guint rule = RP_N_VECTORS; rule-- > 0;)
		if (count_bits(rule) == size && is_possible(work, finding, rule, inside)) {
			finding->rule = rule;
			finding->inside = inside;
			return TRUE;
		}
	return FALSE;
}

/* The fewest terms that were not refused there, which are then enough inside alone, if they are
 * refused elsewhere; or, the other way round, such as are enough anywhere, if there are any. */
static gboolean
find_rule(const Work *work, Finding *finding, gboolean anywhere_first)
{
	guint most = count_bits(finding->vector);

	for (guint size = 0; anywhere_first && size <= most; size++)
		if (find_of_size(work, finding, size, FALSE))
			return TRUE;
	for (guint size = 0; size <= most; size++)
		if (find_of_size(work, finding, size, FALSE) ||
			find_of_size(work, finding, size, TRUE))
			return TRUE;
	return FALSE;
}

/* TRUE: it is another rule than before. */
static gboolean
conclude(const Work *work, Finding *finding, gboolean anywhere_first)
{
	Finding before = *finding;

	finding->lost = !find_rule(work, finding, anywhere_first);
	return before.lost != finding->lost || before.rule != finding->rule ||
	       before.inside != finding->inside;
}

/* What is inside depends on all of them. Returns how many no rule says. */
static guint
conclude_all(const Work *work, gboolean anywhere_first)
{
	gboolean any = TRUE;
	guint lost = 0;

	for (guint i = 0; i < work->findings->len; i++)
		g_array_index(work->findings, Finding, i).inside = FALSE;
	for (guint round = 0; any && round < 2 * work->findings->len + 2; round++) {
		any = FALSE;
		for (guint i = 0; i < work->findings->len; i++)
			any |= conclude(
				work, &g_array_index(work->findings, Finding, i), anywhere_first);
	}
	for (guint i = 0; i < work->findings->len; i++)
		lost += g_array_index(work->findings, Finding, i).lost;
	return lost;
}

/* Where no rule says some of them, what was taken from the fewest domains is left out, which may be
 * final delivery; and what it seemed to say already is looked at again. TRUE: there was some. */
static gboolean
leave_out_weakest(const Work *work)
{
	const Finding *weakest = NULL;
	gboolean any = FALSE;

	for (guint i = 0; i < work->findings->len; i++) {
		const Finding *finding = &g_array_index(work->findings, Finding, i);

		any |= finding->lost;
		if ((finding->lost || finding->inside) &&
			(!weakest || finding->n_domains < weakest->n_domains ||
				(finding->n_domains == weakest->n_domains && finding->lost &&
					!weakest->lost)))
			weakest = finding;
	}
	if (any)
		finding_of(work, weakest->class, weakest->vector)->lost = TRUE;
	return any;
}

/* Too few terms for one may say too much for the others. */
static void
make_rules(Work *work)
{
	find_local(work);
	find(work);
	do {
		choose_minimal(work);
		if (conclude_all(work, FALSE))
			conclude_all(work, TRUE);
	} while (leave_out_weakest(work));
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

/* What tells the place from others: its connection, as the user knows it, or its gateway. */
static void
add_place(RpProposal *proposal, const RpVantage *class)
{
	g_auto(GStrv) parts = g_strsplit(class->place, ",", -1);
	gboolean named = FALSE;

	for (guint i = 0; parts[i]; i++) {
		if (!g_str_has_prefix(parts[i], "uuid="))
			continue;
		add_text(proposal->connections,
			*class->label ? class->label : parts[i] + strlen("uuid="));
		named = TRUE;
	}
	for (guint i = 0; parts[i] && !named; i++)
		if (g_str_has_prefix(parts[i], "gw="))
			add_text(proposal->gateways, parts[i] + strlen("gw="));
}

/* The prefix alone would say too much: another place is seen with it, where this is refused. */
static gboolean
is_shared(const Work *work, const Finding *finding)
{
	const RpVantage *class = work->classes->pdata[finding->class];

	for (guint i = 0; i < work->classes->len; i++)
		if (i != finding->class && rp_vantage_matches(class, work->classes->pdata[i]) &&
			is_refused(work, i, finding->rule))
			return TRUE;
	return FALSE;
}

static void
add_inside(const Work *work, RpProposal *proposal)
{
	for (guint i = 0; i < work->findings->len; i++) {
		const Finding *finding = &g_array_index(work->findings, Finding, i);
		const RpVantage *class = work->classes->pdata[finding->class];

		if (!finding->inside || finding->lost)
			continue;
		if (class->prefix.base.family != RP_FAMILY_ANY && !is_shared(work, finding)) {
			g_autofree char *prefix = rp_prefix_format(&class->prefix);
			add_text(proposal->prefixes, prefix);
		} else {
			add_place(proposal, class);
		}
	}
}

static void
add_local_domains(const Work *work, RpProposal *proposal)
{
	for (guint i = 0; i < work->learning->rows->len; i++) {
		const RpObservation *row = work->learning->rows->pdata[i];

		if (g_hash_table_contains(work->local, row->domain))
			add_text(proposal->local_domains, row->domain);
	}
}

/* ---- what nobody knows ---- */

static gboolean
any_row(const Work *work, guint bit, gboolean with)
{
	for (guint i = 0; i < work->learning->rows->len; i++) {
		const RpObservation *row = work->learning->rows->pdata[i];

		/* What is refused at MAIL is refused to whomever it is for. */
		if ((bit == RP_VECTOR_RECIPIENT_DOMAIN && !*row->domain) ||
			((row->vector & bit) != 0) == with)
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
	for (guint i = 0; i < work->all->len; i++) {
		const Finding *finding = &g_array_index(work->all, Finding, i);
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
	g_autoptr(GHashTable) local = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Finding));
	g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(Finding));
	Work work = {rp_observations_set(observations, set->name), classes, local, all, findings};

	*proposal = (RpProposal){
		new_list(), new_list(), new_list(), new_list(), new_list(), new_list()};
	if (!work.learning || !work.learning->rows->len) {
		g_ptr_array_add(proposal->remarks, g_strdup("nothing was tried yet"));
		return proposal;
	}
	make_rules(&work);
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

/* Rules that are written have no domains by themselves, as those that are learned have. */
static void
add_domains(GPtrArray *lines, const RpProposal *proposal, const RpServerSet *set)
{
	g_autoptr(GPtrArray) domains = new_list();
	gboolean wanted = FALSE;

	for (guint i = 0; i < proposal->rules->len; i++)
		wanted |= strstr(proposal->rules->pdata[i], "-domain") != NULL;
	for (char **domain = set->domains; wanted && *domain; domain++)
		add_text(domains, *domain);
	add_line(lines, "", "domains", domains);
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
	add_domains(lines, proposal, set);
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
