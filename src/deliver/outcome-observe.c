/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* What an answer teaches about the rules of a set that learns them (roampost/learning.h). What it
 * means for the mail is next door. */

/* A server may let in for so long who has logged in by POP: then that is why. */
#define LOGIN_MAY_COUNT (6 * G_TIME_SPAN_HOUR)

gboolean
rp_rule_is_learned(const char *rule)
{
	return g_str_equal(rule, RP_RULE_AUTO) || g_str_equal(rule, RP_RULE_AUTO_POP);
}

/* As what the server saw us; FALSE: that is not known any more. */
static gboolean
seen_as(const RpLaneSession *session, RpVantage *vantage)
{
	const RpLane *lane = session->lane;
	const RpPlace *place = rp_whereabouts_place(lane->lanes->ground->whereabouts);
	RpAddress local;

	if (g_strcmp0(lane->place_key, place->key) != 0 || !session->client_address ||
		!rp_address_parse(session->client_address, &local))
		return FALSE;
	rp_policy_vantage(place, lane->set, &local, vantage);
	return TRUE;
}

static gboolean
login_may_count(const RpLaneSession *session)
{
	const RpLane *lane = session->lane;
	const RpPopLoginRecord *login;
	RpAddress local;

	if (!rp_address_parse(session->client_address, &local))
		return FALSE;
	login = rp_records_find_pop_login(lane->lanes->ground->records, lane->set_name, &local);
	return login && rp_ground_now(lane->lanes->ground) - login->at < LOGIN_MAY_COUNT;
}

void
rp_outcome_observe(const RpLaneSession *session, const RpOutgoing *outgoing, guint i,
	RpServerSaid said, const RpReply *reply)
{
	const RpLane *lane = session->lane;
	const char *sender = outgoing->sender ? outgoing->sender : outgoing->message->sender;
	g_autoptr(RpObservation) heard = NULL;
	g_autofree char *words = NULL;
	gint set = rp_catalogue_find_set(lane->catalogue, lane->set_name);

	/* At MAIL it was said once, to all. */
	if (set < 0 || !rp_rule_is_learned(outgoing->rules[i]) ||
		(said == RP_SAID_REFUSED && reply->stage == RP_STAGE_MAIL && i > 0))
		return;
	heard = rp_policy_observation(
		lane->catalogue, (guint)set, sender, outgoing->addresses[i], outgoing->rules[i]);
	if (said == RP_SAID_TAKEN && !(heard->vector & RP_VECTOR_POP_LOGIN) &&
		login_may_count(session))
		return;
	if (!seen_as(session, &heard->from))
		return;
	if (said == RP_SAID_REFUSED && reply->stage == RP_STAGE_MAIL)
		rp_observation_of_all(heard);
	if (said != RP_SAID_TAKEN)
		words = g_strdup_printf("%u %s", reply->code, reply->text ? reply->text : "");
	heard->said = said;
	heard->at = rp_ground_now(lane->lanes->ground);
	heard->words = g_steal_pointer(&words);
	rp_records_observed(lane->lanes->ground->records, heard);
}

gboolean
rp_outcome_is_of_rules(const RpReplyVerdict *verdict)
{
	if (verdict->class != RP_REPLY_POLICY)
		return FALSE;
	switch (verdict->about) {
	case RP_REFUSAL_RELAY:
	case RP_REFUSAL_POP_FIRST:
	case RP_REFUSAL_AUTH:
		return TRUE;
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

/* Some say only behind the content what others say to the recipient. */
static gboolean
is_late_refusal(const RpReply *reply)
{
	RpReply at_rcpt = *reply;
	RpReplyVerdict verdict;

	at_rcpt.stage = RP_STAGE_RCPT;
	verdict = rp_reply_classify(&at_rcpt, NULL);
	return rp_outcome_is_of_rules(&verdict);
}

/* It was taken at RCPT, whatever was said of the mail itself. */
static gboolean
was_taken(const RpSmtpRecipientResult *result, const RpReplyVerdict *verdict)
{
	if (result->outcome == RP_SMTP_ACCEPTED)
		return TRUE;
	return result->outcome == RP_SMTP_REFUSED && result->reply &&
	       (result->reply->stage == RP_STAGE_DATA ||
		       result->reply->stage == RP_STAGE_CONTENT) &&
	       !rp_outcome_is_of_rules(verdict) && !is_late_refusal(result->reply);
}

void
rp_outcome_observe_taken(const RpLaneSession *session, const RpOutgoing *outgoing, guint i,
	const RpSmtpRecipientResult *result, const RpReplyVerdict *verdict)
{
	if (was_taken(result, verdict))
		rp_outcome_observe(session, outgoing, i, RP_SAID_TAKEN, result->reply);
}

gboolean
rp_outcome_try_with_more(
	const RpLaneSession *session, const RpOutgoing *outgoing, guint i, const RpReply *reply)
{
	if (reply->stage != RP_STAGE_RCPT || !session->lane->set->pop ||
		!g_str_equal(outgoing->rules[i], RP_RULE_AUTO))
		return FALSE;
	rp_outcome_observe(session, outgoing, i, RP_SAID_UNCLEAR, reply);
	return TRUE;
}
