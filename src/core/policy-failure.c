/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

#include "roampost/ports.h"

#include <string.h>

/* Which of the failures that are remembered count for a question, and which of a set's is named. */

static gboolean
failure_counts(const RpSituation *situation, const RpFailure *failure, gint set)
{
	if (set < 0 || failure->until <= situation->now)
		return FALSE;
	const RpServerSet *of = rp_catalogue_set(situation->catalogue, (guint)set);
	if (g_strcmp0(failure->revision, of->revision) != 0)
		return FALSE;
	return rp_failure_is_everywhere(failure->kind) ||
	       g_strcmp0(failure->place_key, situation->place->key) == 0;
}

gboolean
rp_policy_failure_counts(const RpSituation *situation, const RpFailure *failure)
{
	return failure_counts(
		situation, failure, rp_catalogue_find_set(situation->catalogue, failure->set));
}

void
rp_question_gather_failures(RpQuestion *question)
{
	const RpSituation *situation = question->situation;
	const GPtrArray *all = situation->failures;

	question->failures = question->few_failures;
	if (all && all->len > RP_FEW_FAILURES)
		question->failures = question->failures_heap = g_new(RpActiveFailure, all->len);
	for (guint i = 0; all && i < all->len; i++) {
		const RpFailure *failure = all->pdata[i];
		gint set = rp_catalogue_find_set(situation->catalogue, failure->set);

		if (failure_counts(situation, failure, set))
			question->failures[question->n_failures++] =
				(RpActiveFailure){failure, (guint)set};
	}
}

/* Of several failures of one set the one to name: what concerns most, then what lasts longest. No
 * two that differ in what is shown are equal, so that the order they were stored in never counts.
 */
static gboolean
failure_outranks(const RpFailure *a, const RpFailure *b)
{
	static const guint8 weight[] = {
		[RP_FAILURE_AUTH_FAILED] = 6,
		[RP_FAILURE_KEYRING_LOCKED] = 5,
		[RP_FAILURE_INTERCEPTED] = 4,
		[RP_FAILURE_TLS_UNAVAILABLE] = 3,
		[RP_FAILURE_POP_LOGIN_FAILED] = 2,
		[RP_FAILURE_UNREACHABLE] = 1,
		[RP_FAILURE_REJECTED] = 0,
		[RP_FAILURE_REFUSED] = 0,
	};

	if (!b || weight[a->kind] != weight[b->kind])
		return !b || weight[a->kind] > weight[b->kind];
	if (a->until != b->until)
		return a->until > b->until;
	return g_strcmp0(a->detail, b->detail) < 0;
}

RpRefusal
rp_refusal_of_detail(const char *detail)
{
	const char *said = detail ? strstr(detail, " said: ") : NULL;
	const char *words = said ? said + strlen(" said: ") : detail;
	char *text = NULL;

	if (!words)
		return RP_REFUSAL_NONE;
	guint code = (guint)g_ascii_strtoull(words, &text, 10);
	if (code < 400 || code > 599 || *text != ' ')
		return RP_REFUSAL_NONE;
	RpReply reply = rp_reply_make(RP_STAGE_MAIL, code, text + 1);
	return rp_reply_classify(&reply, NULL).about;
}

/* The endpoint with the other kind of TLS is what the words end with: of their own a server's words
 * have no say in what is written. The words of transport/session-report.c. */
static char *
line_of(const char *words, const RpEndpoint *endpoint, gboolean pop, gboolean *sure)
{
	static const struct {
		const char *before;
		gboolean sure;
	} rows[] = {{"begins in clear: write ", TRUE}, {"begins with TLS: write ", TRUE},
		{"begins with TLS, write ", FALSE}};
	g_autofree char *url = rp_port_url(
		pop ? "pop3" : "smtp", !endpoint->implicit_tls, endpoint->host, endpoint->port);
	g_autofree char *line = g_strconcat(pop ? "pop=" : "smtp=", url, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *end = g_strconcat(rows[i].before, line, NULL);

		if (g_str_has_suffix(words, end)) {
			*sure = rows[i].sure;
			return g_steal_pointer(&line);
		}
	}
	return NULL;
}

char *
rp_failure_line(const RpServerSet *set, const RpFailure *failure, gboolean *sure)
{
	char *line = NULL;

	*sure = FALSE;
	for (guint i = 0; failure->detail && !line && i < set->smtp->len; i++)
		line = line_of(failure->detail, set->smtp->pdata[i], FALSE, sure);
	if (failure->detail && !line && set->pop)
		line = line_of(failure->detail, set->pop, TRUE, sure);
	return line;
}

void
rp_candidate_attach_failures(const RpQuestion *question, RpCandidate *candidate)
{
	for (guint i = 0; i < question->n_failures; i++) {
		const RpFailure *failure = question->failures[i].failure;

		if (question->failures[i].set != candidate->index)
			continue;
		if (failure->kind == RP_FAILURE_REFUSED ||
			(failure->kind == RP_FAILURE_UNREACHABLE && failure->rule))
			candidate->refusals = TRUE;
		else if (failure_outranks(failure, candidate->failure))
			candidate->failure = failure;
	}
}
