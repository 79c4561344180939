/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* What was learned as lines of the configuration: the rules that fit what was found, as text, and
 * what they don't say. */

/* ---- as text ---- */

static guint
cost_of(guint vector)
{
	return vector & RP_VECTOR_POP_LOGIN ? 3 : vector & RP_VECTOR_AUTH ? 1 : 0;
}

static void
add_text(GPtrArray *list, const char *text)
{
	if (!g_ptr_array_find_with_equal_func(list, text, g_str_equal, NULL))
		g_ptr_array_add(list, g_strdup(text));
}

static char *
rule_text(guint vector, gboolean inside)
{
	g_autofree char *terms = rp_vector_text(vector);

	if (!inside)
		return g_steal_pointer(&terms);
	return vector ? g_strconcat("inside+", terms, NULL) : g_strdup("inside");
}

static void
add_rules_of_cost(RpProposal *proposal, guint alternatives, gboolean inside, guint cost)
{
	for (guint vector = 0; vector < RP_N_VECTORS; vector++) {
		g_autofree char *text = rule_text(vector, inside);

		if (alternatives >> vector & 1 && cost_of(vector) == cost)
			add_text(proposal->rules, text);
	}
}

/* The cheapest first. */
static void
add_rules(RpProposal *proposal, const RpFit *fit)
{
	static const guint costs[] = {0, 1, 3};

	for (guint i = 0; i < G_N_ELEMENTS(costs); i++) {
		add_rules_of_cost(proposal, fit->inside, TRUE, costs[i]);
		add_rules_of_cost(proposal, fit->anywhere, FALSE, costs[i]);
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
		if (g_str_has_prefix(parts[i], RP_PLACE_KEY_GATEWAY))
			add_text(proposal->gateways, parts[i] + strlen(RP_PLACE_KEY_GATEWAY));
}

static gboolean
is_inside(const RpFit *fit, guint class)
{
	return class < 64 && fit->classes >> class & 1;
}

/* The prefix alone would say too much: another place is seen with it, and is not inside. */
static gboolean
is_shared(const RpFindings *findings, const RpFit *fit, guint class)
{
	for (guint i = 0; i < findings->classes->len; i++)
		if (!is_inside(fit, i) && rp_vantage_matches(findings->classes->pdata[class],
						  findings->classes->pdata[i]))
			return TRUE;
	return FALSE;
}

static void
add_inside(const RpFindings *findings, const RpFit *fit, RpProposal *proposal)
{
	for (guint i = 0; fit->inside && i < findings->classes->len; i++) {
		const RpVantage *class = findings->classes->pdata[i];

		if (!is_inside(fit, i))
			continue;
		if (class->prefix.base.family != RP_FAMILY_ANY && !is_shared(findings, fit, i)) {
			g_autofree char *prefix = rp_prefix_format(&class->prefix);
			add_text(proposal->prefixes, prefix);
		} else {
			add_place(proposal, class);
		}
	}
}

static void
add_local_domains(const RpFindings *findings, RpProposal *proposal)
{
	const GPtrArray *rows = findings->learning->rows;

	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (g_hash_table_contains(findings->local, row->domain))
			add_text(proposal->local_domains, row->domain);
	}
}

/* ---- what nobody knows ---- */

#define LOGINS (RP_VECTOR_POP_LOGIN | RP_VECTOR_AUTH)

static gboolean
any_row(const RpFindings *findings, guint bit, gboolean with)
{
	for (guint i = 0; i < findings->learning->rows->len; i++) {
		const RpObservation *row = findings->learning->rows->pdata[i];

		/* What is refused at MAIL is refused to whomever it is for. */
		if ((bit == RP_VECTOR_RECIPIENT_DOMAIN && !*row->domain) ||
			((row->vector & bit) != 0) == with)
			return TRUE;
	}
	return FALSE;
}

static void
remark_untried(const RpFindings *findings, const RpServerSet *set, RpProposal *proposal)
{
	const struct {
		guint bit;
		gboolean with, applies;
		const char *text;
	} rows[] = {
		{RP_VECTOR_POP_LOGIN, TRUE, set->pop != NULL,
			N_("never tried: with a POP login first")},
		{RP_VECTOR_SENDER_DOMAIN, TRUE, set->domains[0] != NULL,
			N_("never tried: with a sender in its own domains")},
		{RP_VECTOR_SENDER_DOMAIN, FALSE, TRUE,
			N_("never tried: with a sender in other domains")},
		{RP_VECTOR_RECIPIENT_DOMAIN, TRUE, set->domains[0] != NULL,
			N_("never tried: to a recipient in its own domains")},
		{RP_VECTOR_RECIPIENT_DOMAIN, FALSE, TRUE,
			N_("never tried: to a recipient in other domains")},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].applies && !any_row(findings, rows[i].bit, rows[i].with))
			g_ptr_array_add(proposal->remarks, g_strdup(rp_text(rows[i].text)));
	if (findings->classes->len == 1) {
		g_autofree char *where = rp_vantage_text(findings->classes->pdata[0], NULL);
		g_ptr_array_add(proposal->remarks,
			g_strdup_printf(_("never tried: from elsewhere than %s"), where));
	}
}

/* What is left out is said: the server has changed, or does what no rule says. */
static void
remark_left_out(const RpFindings *findings, RpProposal *proposal)
{
	for (guint i = 0; i < findings->all->len; i++) {
		const RpFinding *finding = &g_array_index(findings->all, RpFinding, i);
		g_autofree char *where =
			rp_vantage_text(findings->classes->pdata[finding->class], NULL);
		g_autofree char *vector = rp_vector_text(finding->vector);
		g_autofree char *when = rp_time_format(finding->at);

		if (!finding->fits)
			g_ptr_array_add(proposal->remarks,
				g_strdup_printf(
					finding->taken ? _("taken at %s (%s) on %s: no rule says "
							   "this and the rest too")
						       : _("refused at %s (%s) on %s: no rule says "
							   "this and the rest too"),
					where, vector, when));
	}
}

static guint
count_places(const RpFindings *findings)
{
	g_autoptr(GHashTable) places = g_hash_table_new(g_direct_hash, g_direct_equal);

	for (guint i = 0; i < findings->all->len; i++) {
		const RpFinding *finding = &g_array_index(findings->all, RpFinding, i);

		if (finding->taken && !(finding->vector & LOGINS))
			g_hash_table_add(places, GUINT_TO_POINTER(finding->class));
	}
	return g_hash_table_size(places);
}

static guint
count_domains(const RpFindings *findings)
{
	const GPtrArray *rows = findings->learning->rows;
	g_autoptr(GHashTable) domains = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < rows->len; i++) {
		const RpObservation *row = rows->pdata[i];

		if (row->said == RP_SAID_TAKEN && !(row->vector & LOGINS) &&
			!g_hash_table_contains(findings->local, row->domain))
			g_hash_table_add(domains, row->domain);
	}
	return g_hash_table_size(domains);
}

/* "anywhere" is the simplest rule that fits, also where hardly anything was seen. It is said of a
 * server that has taken mail without a login from two places, and for two domains: one may be
 * delivered there. */
static void
look_whether_anywhere(const RpFindings *findings, RpProposal *proposal)
{
	guint n_places = count_places(findings), n_domains = count_domains(findings);

	proposal->unproven =
		g_ptr_array_find_with_equal_func(proposal->rules, "anywhere", g_str_equal, NULL) &&
		(n_places < 2 || n_domains < 2);
	if (proposal->unproven)
		g_ptr_array_add(proposal->remarks,
			g_strdup_printf(
				_("no relay= line yet: what was taken without a login (places: "
				  "%1$u, "
				  "recipients' domains: %2$u) is too little to say “anywhere”"),
				n_places, n_domains));
}

/* Why there is no line of rules. */
static void
remark_no_rule(const RpSetLearning *learning, RpProposal *proposal)
{
	gboolean any_taken = FALSE;

	for (guint i = 0; i < learning->rows->len; i++) {
		const RpObservation *row = learning->rows->pdata[i];

		any_taken |= row->said == RP_SAID_TAKEN;
	}
	if (!proposal->rules->len)
		g_ptr_array_add(proposal->remarks,
			g_strdup(any_taken ? _("no relay= line: no rule says what was seen")
					   : _("no relay= line: all that was tried was refused")));
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
	const RpSetLearning *learning = rp_observations_set(observations, set->name);
	g_autoptr(RpFindings) findings = NULL;

	*proposal = (RpProposal){
		new_list(), new_list(), new_list(), new_list(), new_list(), new_list()};
	if (!learning || !learning->rows->len) {
		g_ptr_array_add(proposal->remarks, g_strdup(_("nothing was tried yet")));
		return proposal;
	}
	findings = rp_findings_new(learning);
	RpFit fit = rp_learning_fit(findings->all);
	add_rules(proposal, &fit);
	add_inside(findings, &fit, proposal);
	add_local_domains(findings, proposal);
	remark_no_rule(learning, proposal);
	look_whether_anywhere(findings, proposal);
	remark_left_out(findings, proposal);
	remark_untried(findings, set, proposal);
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

	if (!proposal->unproven)
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
