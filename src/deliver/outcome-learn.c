/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include <string.h>

/* What a refusal teaches about the lane's server set, so that the policy plans anew. */

static gboolean
any_accepted_by(const RpOutgoing *outgoing, const RpOutcomeRecord *record, const char *rule)
{
	for (guint i = 0; i < outgoing->n_recipients; i++)
		if (record->results[i].state == RP_RECIPIENT_SENT &&
			g_str_equal(outgoing->rules[i], rule))
			return TRUE;
	return FALSE;
}

/* Another session was let send meanwhile: behind one address there may be several hosts, and this
 * one of them be set up in another way, which is no reason to ask none of them for a day. */
static gboolean
may_be_one_host(const RpLaneSession *session)
{
	for (guint i = 0; i < session->lane->sessions->len; i++) {
		const RpLaneSession *other = session->lane->sessions->pdata[i];

		if (other != session && other->n_taken)
			return !session->n_taken;
	}
	return FALSE;
}

/* A refusal counts for the sender or for the recipient's domain alone where it is about one of
 * them: the latter where the same rule has just let other recipients through. */
static void
learn_refusal(const RpLaneSession *session, const RpOutgoing *outgoing,
	const RpOutcomeRecord *record, guint i, RpRefusal about)
{
	RpLane *lane = session->lane;
	char *rule = outgoing->rules[i];
	const char *at = strrchr(outgoing->addresses[i], '@');
	const char *domain = at && any_accepted_by(outgoing, record, rule) ? at + 1 : NULL;
	RpFailure failure = rp_lane_failure(lane, RP_FAILURE_REFUSED, record->texts[i]);

	failure.rule = rule;
	failure.recipient_domain = (char *)domain;
	if (about == RP_REFUSAL_SENDER)
		failure.sender = outgoing->message->sender;
	if (may_be_one_host(session))
		rp_records_failure_for_now(lane->lanes->ground->records, &failure);
	else
		rp_records_failure(lane->lanes->ground->records, &failure);
	if (!lane->refused_by)
		lane->refused_at = rp_ground_now(lane->lanes->ground);
	lane->refused_by = session;
}

void
rp_outcome_contradict(const RpLaneSession *session)
{
	RpLane *lane = session->lane;

	if (!lane->refused_by || lane->refused_by == session)
		return;
	rp_records_refused_for_now(lane->lanes->ground->records, lane->set_name, lane->refused_at);
	lane->refused_by = NULL;
}

static void
learn_failure(RpLane *lane, RpFailureKind kind, const char *words)
{
	RpFailure failure = rp_lane_failure(lane, kind, words);

	rp_records_failure(lane->lanes->ground->records, &failure);
}

/* A POP login is to open the server for this, and it may be that it does not know of ours yet, or
 * any more, whatever it says: most say what they say to everybody. */
static gboolean
may_be_opened(const RpOutgoing *outgoing, const RpOutcomeRecord *record, guint i, RpRefusal about)
{
	const char *rule = outgoing->rules[i];

	switch (about) {
	case RP_REFUSAL_POP_FIRST: /* where it is learned that it wants one, the plan has it */
		return !rp_rule_is_learned(rule) || rp_rule_needs_pop_login(rule);
	case RP_REFUSAL_RELAY:
	case RP_REFUSAL_AUTH:
		return rp_rule_needs_pop_login(rule) && !any_accepted_by(outgoing, record, rule);
	case RP_REFUSAL_NONE:
	case RP_REFUSAL_SENDER:
	case RP_REFUSAL_TLS:
	case RP_REFUSAL_ADDRESS:
	case RP_REFUSAL_PORT:
	case RP_REFUSAL_SIZE:
		return FALSE;
	}
	return FALSE;
}

/* A login that was made for this attempt is younger. */
#define OLDER_LOGIN (30 * G_USEC_PER_SEC)

/* The first refusal since an older login: it opens the server no longer. */
static void
learn_window(const RpLaneSession *session, const char *rule)
{
	const RpLane *lane = session->lane;
	RpRecords *records = lane->lanes->ground->records;
	const RpPopLoginRecord *login;
	RpAddress local;
	RpSpan age;

	if (!rp_rule_is_learned(rule) || lane->not_open_since || !session->client_address ||
		!rp_address_parse(session->client_address, &local))
		return;
	login = rp_records_find_pop_login(records, lane->set_name, &local);
	age = login ? rp_ground_now(lane->lanes->ground) - login->at : 0;
	if (age >= OLDER_LOGIN)
		rp_records_observed_window(records, lane->set_name, age);
}

static gboolean
is_not_open(const RpLaneSession *session, const char *rule, const char *words)
{
	learn_window(session, rule);
	return rp_lane_not_open(session->lane, words);
}

void
rp_outcome_learn(const RpLaneSession *session, const RpOutgoing *outgoing, RpOutcomeRecord *record,
	guint i, const RpRecipientReply *said)
{
	RpLane *lane = session->lane;
	const RpReplyVerdict *verdict = &said->verdict;
	const char *words = record->texts[i];

	if (verdict->about == RP_REFUSAL_RELAY)
		lane->lanes->events.kept_out(lane->lanes->user);
	if (verdict->class == RP_REPLY_CREDENTIALS)
		learn_failure(lane, RP_FAILURE_AUTH_FAILED, words);
	else if (verdict->class == RP_REPLY_INTERCEPTED)
		learn_failure(lane, RP_FAILURE_INTERCEPTED, words);
	else if (may_be_opened(outgoing, record, i, verdict->about) &&
		 is_not_open(session, outgoing->rules[i], words))
		record->waits = TRUE;
	else if (rp_rule_is_learned(outgoing->rules[i]) && rp_outcome_is_of_rules(verdict))
		rp_outcome_observe(session, outgoing, i, RP_SAID_REFUSED, &said->reply);
	else if (verdict->about != RP_REFUSAL_NONE || !rp_rule_is_learned(outgoing->rules[i]))
		learn_refusal(session, outgoing, record, i, verdict->about);
}
