/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

#include "roampost/reply.h"

/* Why a recipient is held, and what would free it. */

static RpReason
failure_reason(RpFailureKind kind)
{
	switch (kind) {
	case RP_FAILURE_REFUSED:
		return RP_REASON_REFUSED_HERE;
	case RP_FAILURE_POP_LOGIN_FAILED:
		return RP_REASON_POP_LOGIN_FAILED;
	case RP_FAILURE_TLS_UNAVAILABLE:
		return RP_REASON_TLS_UNAVAILABLE;
	case RP_FAILURE_UNREACHABLE:
		return RP_REASON_UNREACHABLE;
	case RP_FAILURE_INTERCEPTED:
		return RP_REASON_INTERCEPTED;
	case RP_FAILURE_AUTH_FAILED:
		return RP_REASON_AUTH_FAILED;
	case RP_FAILURE_KEYRING_LOCKED:
		return RP_REASON_KEYRING_LOCKED;
	case RP_FAILURE_REJECTED:
		return RP_REASON_SERVER_REJECTED;
	}
	return RP_REASON_UNREACHABLE;
}

/* The server has said that it wants a login first, and the set has none. */
static gboolean
wants_login(const RpCandidate *candidate, const RpFailure *failure)
{
	return failure->kind == RP_FAILURE_REFUSED && !candidate->set->smtp_login.user &&
	       rp_refusal_of_detail(failure->detail) == RP_REFUSAL_AUTH;
}

/* When the first of the alternatives that hold is free again, and the set as a whole is. */
static RpTime
retry_time(
	const RpQuestion *question, const RpCandidate *candidate, const RpRecipientFacts *recipient)
{
	RpTime set_free = 0, rule_free = G_MAXINT64;

	for (guint i = 0; i < question->n_failures; i++) {
		const RpActiveFailure *active = &question->failures[i];

		if (active->set == candidate->index &&
			active->failure->kind != RP_FAILURE_REFUSED &&
			!(active->failure->kind == RP_FAILURE_UNREACHABLE && active->failure->rule))
			set_free = MAX(set_free, active->failure->until);
	}
	for (gint rule = RP_RULE_LOCAL; rule < (gint)candidate->set->relay->len; rule++) {
		RpWay way;

		if (!rp_rule_way(question, candidate, recipient, rule, &way))
			continue;
		const RpFailure *refusal = rp_way_failure(question, candidate, recipient, &way);
		rule_free = MIN(rule_free, refusal ? refusal->until : 0);
	}
	return MAX(set_free, rule_free);
}

/* By an alternative with a POP login, and about that: it counts only after one. */
static gboolean
is_after_pop_login(const RpFailure *failure)
{
	RpRefusal about = rp_refusal_of_detail(failure->detail);

	return failure->kind == RP_FAILURE_REFUSED && rp_rule_needs_pop_login(failure->rule) &&
	       (about == RP_REFUSAL_RELAY || about == RP_REFUSAL_POP_FIRST ||
		       about == RP_REFUSAL_AUTH);
}

/* Where the user alone ends it, not time: TRUE, and how is in the reason. */
static gboolean
add_only_way(RpHoldReason *reason, const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, const RpFailure *failure)
{
	g_autofree char *group = rp_failure_oauth_group(failure);
	gboolean wants_secret = rp_failure_wants_secret(failure);

	if (wants_secret)
		rp_hold_reason_add(reason,
			group ? RP_UNLOCK_CLIENT : rp_refused_login_unlock(failure->detail),
			group ? group : candidate->set->name, 0);
	else if (failure->kind == RP_FAILURE_KEYRING_LOCKED)
		rp_hold_reason_add(reason, RP_UNLOCK_KEYRING, "unlock", 0);
	else if (failure->kind == RP_FAILURE_REJECTED)
		rp_hold_reason_add(reason, RP_UNLOCK_USER_RELEASE, NULL, 0);
	else
		return FALSE;
	if (wants_secret && failure->kind == RP_FAILURE_POP_LOGIN_FAILED)
		rp_hold_reason_add_rules(reason, question, candidate, recipient);
	return TRUE;
}

static void
add_pop_login(RpHoldReason *reason, const RpCandidate *candidate, const RpFailure *failure)
{
	if (failure->kind == RP_FAILURE_POP_LOGIN_FAILED ||
		(failure->kind == RP_FAILURE_REFUSED && rp_rule_needs_pop_login(failure->rule)))
		rp_hold_reason_add(reason, RP_UNLOCK_POP_LOGIN, candidate->set->name, 0);
}

/* What stands in the configuration; and the time, unless that alone is at fault. */
static void
add_line_and_time(
	RpHoldReason *reason, const RpServerSet *set, const RpFailure *failure, RpTime retry)
{
	gboolean sure;
	g_autofree char *line = rp_failure_line(set, failure, &sure);

	if (line)
		rp_hold_reason_add(reason, RP_UNLOCK_WRITE, line, 0);
	if (rp_tells_of_own_files(failure->detail)) {
		rp_hold_reason_add(reason, RP_UNLOCK_FILES, set->name, 0);
		return;
	}
	if (retry != G_MAXINT64 && !sure)
		rp_hold_reason_add(reason, RP_UNLOCK_RETRY_AFTER, NULL, retry);
}

static RpHoldReason *
reason_of_failure(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, const RpFailure *failure)
{
	gboolean refused = failure->kind == RP_FAILURE_REFUSED;
	gboolean wants = wants_login(candidate, failure);
	g_autofree char *after = !wants && is_after_pop_login(failure)
					 ? rp_refused_after_pop(failure->at, failure->detail)
					 : NULL;
	RpHoldReason *reason = rp_hold_reason_new(candidate->set->name,
		wants ? RP_REASON_AUTH_MISSING : failure_reason(failure->kind),
		after ? after : failure->detail);

	if (add_only_way(reason, question, candidate, recipient, failure))
		return reason;
	if (wants)
		rp_hold_reason_add(reason, RP_UNLOCK_CREDENTIALS, candidate->set->name, 0);
	add_pop_login(reason, candidate, failure);
	if (refused && failure->sender && *failure->sender)
		rp_hold_reason_add_sender(reason, candidate->set, failure->sender);
	rp_hold_reason_add_rules(reason, question, candidate, recipient);
	if (refused && !question->chosen) /* by the user */
		rp_hold_reason_add_carriers(reason, question, recipient, TRUE);
	add_line_and_time(
		reason, candidate->set, failure, retry_time(question, candidate, recipient));
	return reason;
}

/* Had nothing failed, would an alternative hold? Then that failure is why; `*failure` is the set's
 * own, else the refusal of the first such alternative. */
static gboolean
only_failures_forbid(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, const RpFailure **failure)
{
	gint n_rules = (gint)candidate->set->relay->len;

	if (!candidate->failure && !candidate->refusals)
		return FALSE;
	for (gint rule = RP_RULE_LOCAL; rule < n_rules; rule++) {
		RpWay way;

		if (!rp_rule_way(question, candidate, recipient, rule, &way))
			continue;
		*failure = candidate->failure;
		if (!*failure)
			*failure = rp_way_failure(question, candidate, recipient, &way);
		return *failure != NULL;
	}
	return FALSE;
}

/* Its alternatives hold, and all of them were refused here: the one that asks for most. */
static gboolean
find_refused_way(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, RpWay *refused)
{
	gboolean found = FALSE;

	for (gint rule = 0; rule < (gint)candidate->set->relay->len; rule++) {
		RpWay way;

		if (!rp_rule_way(question, candidate, recipient, rule, &way) || !way.refused)
			continue;
		*refused = way;
		found = TRUE;
	}
	return found;
}

static const RpObservation *
find_taken_elsewhere(
	const RpQuestion *question, const RpCandidate *candidate, const RpRecipientFacts *recipient)
{
	guint vector = rp_candidate_vector(candidate, recipient, candidate->set->pop != NULL);

	if (!candidate->n_vantages)
		return NULL;
	return rp_learning_taken_elsewhere(question->situation->observations, candidate->set->name,
		&candidate->vantages[0], vector, recipient->address.domain);
}

/* An alternative that is learned holds, and is known to be refused here. */
static RpHoldReason *
reason_of_learning(
	const RpQuestion *question, const RpCandidate *candidate, const RpRecipientFacts *recipient)
{
	RpWay way;

	if (!find_refused_way(question, candidate, recipient, &way))
		return NULL;
	const RpObservation *by = way.knowledge.by;
	RpFailure failure = {.kind = RP_FAILURE_REFUSED, .detail = by ? by->words : NULL};
	gboolean wants = wants_login(candidate, &failure);
	gboolean with_pop = by && by->vector & RP_VECTOR_POP_LOGIN;
	g_autofree char *after =
		with_pop && !wants ? rp_refused_after_pop(by->at, by->words) : NULL;
	RpHoldReason *reason = rp_hold_reason_new(candidate->set->name,
		wants ? RP_REASON_AUTH_MISSING : RP_REASON_REFUSED_HERE,
		after ? after : failure.detail);
	if (wants)
		rp_hold_reason_add(reason, RP_UNLOCK_CREDENTIALS, candidate->set->name, 0);
	const RpObservation *elsewhere = find_taken_elsewhere(question, candidate, recipient);
	if (elsewhere) {
		const RpCatalogue *catalogue = question->situation->catalogue;
		gint provider = rp_vantage_provider(&elsewhere->from, catalogue);
		g_autofree char *where =
			provider < 0
				? rp_vantage_text(&elsewhere->from, NULL)
				: g_strdup(rp_catalogue_provider(catalogue, (guint)provider)->name);

		rp_hold_reason_add(reason, RP_UNLOCK_ENTER, where, 0);
	} else if ((with_pop || candidate->set->provider) && !candidate->inside) {
		rp_hold_reason_add(reason, RP_UNLOCK_ENTER, rp_set_home(candidate->set), 0);
	}
	if (!question->chosen)
		rp_hold_reason_add_carriers(reason, question, recipient, TRUE);
	rp_hold_reason_add(reason, RP_UNLOCK_RETRY_AFTER, NULL, way.knowledge.retry);
	return reason;
}

static RpReason
first_missing(const RpCandidate *candidate, const RpRecipientFacts *recipient)
{
	const GPtrArray *relay = candidate->set->relay;
	const RpRule *rule = relay->len ? relay->pdata[0] : NULL;

	for (guint i = 0; rule && i < rule->n_terms; i++) {
		RpTermResult result = rp_term_check(candidate, recipient, rule->terms[i]);

		if (!result.holds)
			return result.reason;
	}
	return RP_REASON_OUTSIDE; /* a set without a rule takes only what is local to it */
}

/* `set` is NULL where it is true of all that may carry it. */
static RpHoldReason *
shut_reason(const RpQuestion *question, const char *set, RpReason why)
{
	gboolean checking =
		why == RP_REASON_OFFLINE && question->situation->place->network->checking;
	RpHoldReason *reason = rp_hold_reason_new(set, why,
		checking                  ? "waiting for NetworkManager's check"
		: why == RP_REASON_PORTAL ? question->situation->portal_heard
					  : NULL);

	if (why == RP_REASON_METERED)
		rp_hold_reason_add(reason, RP_UNLOCK_UNMETERED, NULL, 0);
	if (why == RP_REASON_PAUSED)
		rp_hold_reason_add(reason, RP_UNLOCK_USER_RESUME, "resume", 0);
	return reason;
}

/* Some alternative would do, had it another link. */
static gboolean
only_the_meter_forbids(
	const RpQuestion *question, const RpCandidate *candidate, const RpRecipientFacts *recipient)
{
	gint n_rules = (gint)candidate->set->relay->len;

	for (gint rule = RP_RULE_LOCAL; !candidate->failure && rule < n_rules; rule++) {
		RpWay way;

		if (rp_rule_way(question, candidate, recipient, rule, &way) && way.metered &&
			!way.refused && !rp_way_failure(question, candidate, recipient, &way))
			return TRUE;
	}
	return FALSE;
}

static RpHoldReason *
candidate_reason(
	const RpQuestion *question, const RpCandidate *candidate, const RpRecipientFacts *recipient)
{
	const RpFailure *failure;

	if (candidate->shut >= 0)
		return shut_reason(question, candidate->set->name, (RpReason)candidate->shut);
	if (only_the_meter_forbids(question, candidate, recipient))
		return shut_reason(question, candidate->set->name, RP_REASON_METERED);
	if (only_failures_forbid(question, candidate, recipient, &failure))
		return reason_of_failure(question, candidate, recipient, failure);
	RpHoldReason *learned = reason_of_learning(question, candidate, recipient);
	if (learned)
		return learned;
	RpReason missing = first_missing(candidate, recipient);
	/* Inside of nothing, because there is nothing: a server on this machine, for one. */
	if (missing == RP_REASON_OUTSIDE && !question->way_out && !candidate->inside)
		return shut_reason(question, candidate->set->name,
			rp_place_no_way_out(question->situation->place));
	RpHoldReason *reason = rp_hold_reason_new(candidate->set->name, missing,
		missing == RP_REASON_OUTSIDE ? rp_candidate_doubt(question, candidate) : NULL);
	rp_hold_reason_add_rules(reason, question, candidate, recipient);
	if (!question->chosen &&
		(missing == RP_REASON_OUTSIDE || missing == RP_REASON_POP_UNAVAILABLE))
		rp_hold_reason_add_carriers(reason, question, recipient, TRUE);
	return reason;
}

static RpHoldReason *
pinned_reason(const RpQuestion *question)
{
	RpHoldReason *reason = rp_hold_reason_new(question->chosen, RP_REASON_PINNED, NULL);

	rp_hold_reason_add(reason, question->message->pin ? RP_UNLOCK_PIN_AUTO : RP_UNLOCK_USE_AUTO,
		"auto", 0);
	return reason;
}

/* The rank without the cost, which nobody who can't send has. */
static int
compare_candidates(const void *a, const void *b, gpointer question)
{
	return rp_candidate_compare(
		question, *(RpCandidate *const *)a, 0, *(RpCandidate *const *)b, 0);
}

static void
add_candidate_reasons(
	const RpQuestion *question, const RpRecipientFacts *recipient, GPtrArray *reasons)
{
	const RpCandidate *few[RP_FEW_CANDIDATES];
	g_autofree const RpCandidate **many =
		question->n_candidates > RP_FEW_CANDIDATES
			? g_new(const RpCandidate *, question->n_candidates)
			: NULL;
	const RpCandidate **order = many ? many : few;

	for (guint i = 0; i < question->n_candidates; i++)
		order[i] = &question->candidates[i];
	if (question->n_candidates > 1)
		g_qsort_with_data(order, (gint)question->n_candidates, sizeof *order,
			compare_candidates, (gpointer)question);
	for (guint i = 0; i < question->n_candidates; i++) {
		RpWay way;

		/* One that would take it is not asked: another one's server has to be decided about
		 * first. */
		if (!rp_candidate_best_way(question, order[i], recipient, &way))
			g_ptr_array_add(reasons, candidate_reason(question, order[i], recipient));
	}
}

/* The link forbids it for all that may carry it: then it concerns no set. */
static gboolean
join_shut(const RpQuestion *question, GPtrArray *reasons)
{
	if (!reasons->len || reasons->len != question->n_candidates)
		return FALSE;
	RpReason first = ((const RpHoldReason *)reasons->pdata[0])->reason;
	if (first != RP_REASON_METERED && first != RP_REASON_OFFLINE && first != RP_REASON_PORTAL)
		return FALSE;
	for (guint i = 1; i < reasons->len; i++)
		if (((const RpHoldReason *)reasons->pdata[i])->reason != first)
			return FALSE;
	g_ptr_array_set_size(reasons, 0);
	g_ptr_array_add(reasons, shut_reason(question, NULL, first));
	return TRUE;
}

GPtrArray *
rp_question_reasons(const RpQuestion *question, const RpRecipientFacts *recipient)
{
	GPtrArray *reasons = g_ptr_array_new_full(
		MAX(1, question->n_candidates), (GDestroyNotify)rp_hold_reason_free);
	gint shut = rp_question_shut(question);

	if (shut >= 0) {
		g_ptr_array_add(reasons, shut_reason(question, NULL, (RpReason)shut));
	} else if (question->chosen) {
		add_candidate_reasons(question, recipient, reasons);
		if (!join_shut(question, reasons))
			g_ptr_array_add(reasons, pinned_reason(question));
	} else if (question->n_candidates > 0) {
		add_candidate_reasons(question, recipient, reasons);
		join_shut(question, reasons);
	} else {
		RpHoldReason *reason = rp_hold_reason_new(
			NULL, RP_REASON_NO_SET_FOR_SENDER, question->situation->config_error);

		rp_hold_reason_add_carriers(reason, question, recipient, FALSE);
		g_ptr_array_add(reasons, reason);
	}
	return reasons;
}
