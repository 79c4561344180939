/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/words.h"

/* The decision as a table for people: every set, every alternative, every term, and why. */

typedef struct {
	const RpQuestion *question; /* all sets */
	const RpRecipientPlan *plan;
	const RpRecipientFacts *facts;
	guint recipient;
	GArray *rows;
} Table;

typedef struct {
	const RpCandidate *candidate;
	guint cost;
} Ranked;

static gboolean
is_chosen(const Table *table, const RpCandidate *candidate, const char *rule)
{
	return table->plan->verdict == RP_VERDICT_SEND && table->plan->set == candidate->index &&
	       g_strcmp0(table->plan->rule, rule) == 0;
}

static gboolean
counts_as_carrying(const RpQuestion *question, const RpCandidate *candidate)
{
	if (question->chosen)
		return g_str_equal(question->chosen, candidate->set->name);
	return candidate->may_carry;
}

/* Takes `why`. */
static void
add_row(const Table *table, const RpCandidate *candidate, gint rule, gint term, gboolean holds,
	char *why)
{
	const char *text = rp_rule_text(candidate, rule);
	RpExplainRow row = {
		.recipient = table->recipient,
		.set = candidate->index,
		.rule = text,
		.term = term,
		.holds = holds,
		.may_carry = counts_as_carrying(table->question, candidate),
		.owns = candidate->owns,
		.chosen = is_chosen(table, candidate, text),
		.why = why,
	};

	g_array_append_val(table->rows, row);
}

static const char *
provider_title(const Table *table, const RpCandidate *candidate)
{
	const RpCatalogue *catalogue = table->question->situation->catalogue;
	gint provider = rp_catalogue_set_provider(catalogue, candidate->index);

	return provider < 0 ? NULL : rp_catalogue_provider(catalogue, (guint)provider)->title;
}

static char *
why_not_inside(const char *doubt, const char *title)
{
	if (!doubt)
		return g_strdup_printf(_("this place is not inside %s"), title);
	if (g_str_equal(doubt, RP_DETAIL_HEARSAY) || g_str_equal(doubt, RP_DETAIL_OPEN_WIFI))
		return g_strdup_printf(_("this place may be inside %s, but anybody could make that "
					 "up, and the password could be read"),
			title);
	return g_strdup_printf(_("it is not known whether this place is inside %s"), title);
}

static char *
why_inside(const Table *table, const RpCandidate *candidate)
{
	const char *title = provider_title(table, candidate);

	if (!title)
		return g_strdup(_("the set names no provider to be inside of"));
	if (!candidate->inside)
		return why_not_inside(rp_candidate_doubt(table->question, candidate), title);
	const RpLink *link =
		table->question->situation->place->network->links->pdata[candidate->inside_link];
	if (candidate->inside_family == RP_FAMILY_IPV4)
		return g_strdup_printf(_("inside %s by %s, IPv4 only"), title, link->interface);
	if (candidate->inside_family == RP_FAMILY_IPV6)
		return g_strdup_printf(_("inside %s by %s, IPv6 only"), title, link->interface);
	return g_strdup_printf(_("inside %s by %s"), title, link->interface);
}

static char *
why_sender_domain(const Table *table, const RpCandidate *candidate, gboolean holds)
{
	const char *domain = table->question->sender.domain;

	if (candidate->new_sender)
		return g_strdup_printf(
			holds ? _("the sender becomes %s, whose domain is one of the set's")
			      : _("the sender becomes %s, whose domain is none of the set's"),
			candidate->new_sender);
	if (!*domain)
		return g_strdup(_("the sender has no domain"));
	return g_strdup_printf(holds ? _("the sender's domain %s is one of the set's")
				     : _("the sender's domain %s is none of the set's"),
		domain);
}

static char *
why_recipient_domain(const char *domain, gboolean holds)
{
	if (!*domain)
		return g_strdup(_("the recipient has no domain"));
	return g_strdup_printf(holds ? _("the recipient's domain %s is one of the set's")
				     : _("the recipient's domain %s is none of the set's"),
		domain);
}

static char *
why_pop_login(
	const Table *table, const RpCandidate *candidate, const RpWay *way, gboolean rule_holds)
{
	if (!candidate->set->pop)
		return g_strdup(_("the set has no POP server"));
	if (!rule_holds)
		return g_strdup(_("a POP login can be made"));
	return g_strdup(way->pop_login_first ? _("a POP login is made first")
					     : _("the last POP login is still fresh"));
}

static char *
why_term(const Table *table, const RpCandidate *candidate, RpTerm term, const RpWay *way,
	gboolean rule_holds, gboolean holds)
{
	switch (term) {
	case RP_TERM_ANYWHERE:
		return g_strdup(_("always"));
	case RP_TERM_INSIDE:
		return why_inside(table, candidate);
	case RP_TERM_SENDER_DOMAIN:
		return why_sender_domain(table, candidate, holds);
	case RP_TERM_RECIPIENT_DOMAIN:
		return why_recipient_domain(table->facts->address.domain, holds);
	case RP_TERM_POP_LOGIN:
		return why_pop_login(table, candidate, way, rule_holds);
	case RP_TERM_AUTH:
		return g_strdup(holds ? _("a login is configured") : _("no login is configured"));
	}
	return NULL;
}

/* By one that is made of it. */
static void
replace(char **text, char *longer)
{
	g_free(*text);
	*text = longer;
}

/* With what was observed, where that is what it stands on. */
static char *
why_it_holds(const Table *table, const RpCandidate *candidate, gint rule, const RpWay *way,
	gboolean chosen)
{
	const RpCatalogue *catalogue = table->question->situation->catalogue;
	gboolean learned = rule != RP_RULE_LOCAL &&
			   ((const RpRule *)candidate->set->relay->pdata[rule])->learned;
	g_autofree char *known = learned ? rp_knowledge_text(&way->knowledge, catalogue) : NULL;
	g_autofree char *hint = way->hint.by ? rp_knowledge_text(&way->hint, catalogue) : NULL;

	g_autofree char *text =
		g_strdup_printf(chosen ? _("chosen, cost %u") : _("holds, cost %u"), way->cost);

	if (known)
		replace(&text, g_strdup_printf(_("%1$s: %2$s"), text, known));
	if (hint)
		replace(&text,
			g_strdup_printf(_("%1$s; elsewhere in the same AS: %2$s"), text, hint));
	if (learned && way->probe)
		replace(&text, g_strdup_printf(_("%s; it is tried with one recipient"), text));
	return g_steal_pointer(&text);
}

/* Why the set is out of the question here. */
static const char *const failed[] = {
	[RP_FAILURE_REFUSED] = N_("its server refused such mail here"),
	[RP_FAILURE_POP_LOGIN_FAILED] = N_("the POP login failed here"),
	[RP_FAILURE_TLS_UNAVAILABLE] = N_("there was no encrypted connection here"),
	[RP_FAILURE_UNREACHABLE] = N_("its server could not be reached from here"),
	[RP_FAILURE_INTERCEPTED] = N_("something else answered in its server's place here"),
	[RP_FAILURE_AUTH_FAILED] = N_("its login was refused"),
	[RP_FAILURE_KEYRING_LOCKED] = N_("the keyring, which has its password, is locked"),
	[RP_FAILURE_REJECTED] = N_("its server turned us away here"),
};

/* Why nothing goes here, whatever the set. */
static const char *const shut[RP_N_REASONS] = {
	[RP_REASON_PAUSED] = N_("holds, but sending is paused"),
	[RP_REASON_OFFLINE] = N_("holds, but there is no network"),
	[RP_REASON_PORTAL] = N_("holds, but this network wants a log-in on its web page first"),
	[RP_REASON_METERED] = N_("holds, but nothing of this size goes by a metered link"),
};

static char *
why_rule(const Table *table, const RpCandidate *candidate, gint rule, const RpWay *way,
	gboolean terms_hold)
{
	const RpQuestion *question = table->question;
	const RpFailure *refusal =
		terms_hold ? rp_way_failure(question, candidate, table->facts, way) : NULL;
	const char *text = rp_rule_text(candidate, rule);

	if (!terms_hold)
		return g_strdup(_("does not hold"));
	if (candidate->failure)
		return g_strdup(rp_text(failed[candidate->failure->kind]));
	if (refusal) {
		g_autofree char *detail = rp_words_shown(refusal->detail ? refusal->detail : "");

		return g_strdup_printf(refusal->kind == RP_FAILURE_REFUSED
					       ? _("was refused here: %s")
					       : _("can't be reached so: %s"),
			detail);
	}
	if (way->refused)
		return rp_knowledge_text(&way->knowledge, question->situation->catalogue);
	if (candidate->shut >= 0 || way->metered)
		return g_strdup(
			rp_text(shut[candidate->shut >= 0 ? candidate->shut : RP_REASON_METERED]));
	if (!counts_as_carrying(question, candidate))
		return g_strdup(question->chosen
					? _("holds, but another set was chosen by hand")
					: _("holds, but the set may not carry this sender's mail"));
	return why_it_holds(table, candidate, rule, way, is_chosen(table, candidate, text));
}

static void
add_rule(const Table *table, const RpCandidate *candidate, gint rule)
{
	RpWay way;
	gboolean terms_hold = rp_rule_way(table->question, candidate, table->facts, rule, &way);
	gboolean holds = terms_hold && !candidate->failure && !way.refused &&
			 !rp_way_failure(table->question, candidate, table->facts, &way);

	add_row(table, candidate, rule, -1, holds,
		why_rule(table, candidate, rule, &way, terms_hold));
	if (rule == RP_RULE_LOCAL)
		return;
	const RpRule *written = candidate->set->relay->pdata[rule];
	for (guint i = 0; i < written->n_terms; i++) {
		RpTerm term = written->terms[i];
		gboolean term_holds = rp_term_check(candidate, table->facts, term).holds;

		add_row(table, candidate, rule, (gint)term, term_holds,
			why_term(table, candidate, term, &way, terms_hold, term_holds));
	}
}

static void
add_set(const Table *table, const RpCandidate *candidate)
{
	if (candidate->set->local_domains[0])
		add_rule(table, candidate, RP_RULE_LOCAL);
	for (guint i = 0; i < candidate->set->relay->len; i++)
		add_rule(table, candidate, (gint)i);
}

static int
compare_ranked(const void *a, const void *b, gpointer data)
{
	const RpQuestion *question = data;
	const Ranked *x = a, *y = b;
	gboolean x_carries = counts_as_carrying(question, x->candidate);
	gboolean y_carries = counts_as_carrying(question, y->candidate);

	if (x_carries != y_carries)
		return x_carries ? -1 : 1;
	/* one that can't take it stands behind all that can */
	if ((x->cost == RP_COST_NEVER) != (y->cost == RP_COST_NEVER))
		return x->cost == RP_COST_NEVER ? 1 : -1;
	return rp_candidate_compare(question, x->candidate, x->cost, y->candidate, y->cost);
}

static void
add_recipient(const Table *table)
{
	const RpQuestion *question = table->question;
	g_autofree Ranked *ranked = g_new(Ranked, question->n_candidates);

	for (guint i = 0; i < question->n_candidates; i++) {
		RpWay way;

		rp_candidate_best_way(question, &question->candidates[i], table->facts, &way);
		ranked[i] = (Ranked){&question->candidates[i], rp_way_rank(&way)};
	}
	if (question->n_candidates > 1)
		g_qsort_with_data(ranked, (gint)question->n_candidates, sizeof *ranked,
			compare_ranked, (gpointer)question);
	for (guint i = 0; i < question->n_candidates; i++)
		add_set(table, ranked[i].candidate);
}

static void
row_clear(gpointer row)
{
	g_free(((RpExplainRow *)row)->why);
}

GArray *
rp_policy_explain(const RpSituation *situation, const RpMessageFacts *message)
{
	g_autoptr(RpDecision) decision = rp_policy_decide(situation, message);
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(RpExplainRow));
	RpQuestion all;

	g_array_set_clear_func(rows, row_clear);
	rp_question_init(&all, situation, message, RP_SETS_ALL);
	for (guint i = 0; i < message->n_recipients; i++) {
		RpRecipientFacts facts;

		rp_recipient_facts_init(&facts, &all, message->recipients[i]);
		add_recipient(&(Table){&all, &decision->recipients[i], &facts, i, rows});
		rp_recipient_facts_clear(&facts);
	}
	rp_question_clear(&all);
	return rows;
}
