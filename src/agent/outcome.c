/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane-private.h"

#include "roampost/retry.h"

#include <string.h>

/* A server may learn of a POP login a moment late: asked again once, after this. */
#define POP_FIRST_PAUSE (2 * G_USEC_PER_SEC)
/* After a bind failed: the network's news are on their way. */
#define BIND_PAUSE (2 * G_USEC_PER_SEC)
/* A line that broke after it had carried something is tried again soon. */
#define LOST_PAUSE (5 * G_USEC_PER_SEC)

/* ---- what a reply does to the message ---- */

typedef enum {
	ACT_SENT,
	ACT_LATER,  /* the same way, at a later time */
	ACT_REPLAN, /* learned: pending, and planned anew */
	ACT_DEAD,   /* this recipient is refused for good */
	ACT_ASK,    /* held as server-rejected until the user says */
} RpAct;

static const RpAct acts[] = {
	[RP_REPLY_ACCEPTED] = ACT_SENT,
	[RP_REPLY_TRY_LATER] = ACT_LATER,
	[RP_REPLY_POLICY] = ACT_REPLAN,
	[RP_REPLY_CREDENTIALS] = ACT_REPLAN,
	[RP_REPLY_DEAD_RECIPIENT] = ACT_DEAD,
	[RP_REPLY_MESSAGE] = ACT_ASK,
	[RP_REPLY_INTERCEPTED] = ACT_REPLAN,
	[RP_REPLY_UNKNOWN] = ACT_ASK,
};

/* What comes of a whole message, gathered over its recipients. */
typedef struct {
	RpLane *lane;
	RpTrain *train;
	RpLoad *load;
	RpRecipientResult *results;
	char **texts; /* owned replies, parallel to results */
	RpRecipientReply *replies;
	gboolean maybe_sent;
	gboolean later;
	gboolean all_sent;
	gint hold_reason; /* or -1 */
	char *hold_text;
	char *failed_text;
} RpTally;

static char *
reply_text(const RpReply *reply)
{
	if (!reply || !reply->text)
		return NULL;
	return reply->code ? g_strdup_printf("%u %s", reply->code, reply->text)
			   : g_strdup(reply->text);
}

static void
hold(RpTally *tally, RpReason reason, const char *text)
{
	tally->hold_reason = reason;
	g_free(tally->hold_text);
	tally->hold_text = g_strdup(text);
}

static RpReplyVerdict
classify(const RpTrain *train, const RpReply *reply)
{
	RpReplyContext context = {
		.port = train->port,
		.client_address = train->client_address,
		.tls_verified = train->verified,
	};

	return rp_reply_classify(reply, &context);
}

static gboolean
any_accepted_by(const RpTally *tally, const char *rule)
{
	for (guint i = 0; i < tally->load->n_recipients; i++)
		if (tally->results[i].state == RP_RECIPIENT_SENT &&
			g_str_equal(tally->load->rules[i], rule))
			return TRUE;
	return FALSE;
}

/* A refusal counts for the sender or for the recipient's domain alone where it is about one of
 * them: the latter where the same rule has just let other recipients through. */
static void
learn_refusal(RpTally *tally, guint i)
{
	const RpReplyVerdict *verdict = &tally->replies[i].verdict;
	RpLoad *load = tally->load;
	const char *at = strrchr(load->addresses[i], '@');
	const char *domain = at && any_accepted_by(tally, load->rules[i]) ? at + 1 : NULL;
	const char *sender = verdict->about == RP_REFUSAL_SENDER ? load->message->sender : NULL;

	rp_memory_failure(tally->lane->agent, RP_FAILURE_REFUSED, tally->lane->set, load->rules[i],
		sender, domain, tally->texts[i]);
}

/* One login and one retry; then it is a refusal like any other. TRUE when it will be retried. */
static gboolean
answer_pop_first(RpLane *lane)
{
	if (lane->pop_refused)
		return lane->pop_asked <= 1;
	lane->pop_refused = TRUE;
	if (!lane->set->pop || ++lane->pop_asked > 1)
		return FALSE;
	lane->force_pop = TRUE;
	rp_memory_drop_pop_logins(lane->agent, lane->set_name);
	return TRUE;
}

static void
learn(RpTally *tally, guint i)
{
	const RpReplyVerdict *verdict = &tally->replies[i].verdict;
	RpLane *lane = tally->lane;

	if (verdict->class == RP_REPLY_CREDENTIALS)
		rp_memory_failure(lane->agent, RP_FAILURE_AUTH_FAILED, lane->set, NULL, NULL, NULL,
			tally->texts[i]);
	else if (verdict->class == RP_REPLY_INTERCEPTED)
		rp_memory_failure(lane->agent, RP_FAILURE_INTERCEPTED, lane->set, NULL, NULL, NULL,
			tally->texts[i]);
	else if (verdict->about != RP_REFUSAL_POP_FIRST || !answer_pop_first(lane))
		learn_refusal(tally, i);
}

static void
act(RpTally *tally, guint i)
{
	RpRecipientResult *result = &tally->results[i];

	switch (acts[tally->replies[i].verdict.class]) {
	case ACT_SENT:
		result->state = RP_RECIPIENT_SENT;
		break;
	case ACT_LATER:
		tally->later = TRUE;
		break;
	case ACT_REPLAN:
		break; /* learned when all recipients are known */
	case ACT_DEAD:
		result->state = RP_RECIPIENT_DEAD;
		g_free(tally->failed_text);
		tally->failed_text = g_strdup(tally->texts[i]);
		break;
	case ACT_ASK:
		hold(tally, RP_REASON_SERVER_REJECTED, tally->texts[i]);
		break;
	}
}

static void
tally_recipient(RpTally *tally, guint i, const RpSmtpRecipientResult *from)
{
	tally->texts[i] = reply_text(from->reply);
	tally->results[i].reply = tally->texts[i];
	switch (from->outcome) {
	case RP_SMTP_ACCEPTED:
		tally->results[i].state = RP_RECIPIENT_SENT;
		break;
	case RP_SMTP_REFUSED:
		act(tally, i);
		break;
	case RP_SMTP_IN_DOUBT:
		tally->maybe_sent = TRUE;
		break;
	case RP_SMTP_NOT_SENT:
		/* A 421 in mid-session; another session, if there is one, takes it at once. */
		tally->later |= from->reply != NULL && !rp_trains_any_up(tally->lane, tally->train);
		break;
	case RP_SMTP_UNFIT:
		break;
	}
	tally->all_sent &= tally->results[i].state == RP_RECIPIENT_SENT;
}

static void
tally_unfit(RpTally *tally, RpSmtpUnfit unfit)
{
	switch (unfit) {
	case RP_SMTP_FIT:
		break;
	case RP_SMTP_NEEDS_8BITMIME:
		hold(tally, RP_REASON_NEEDS_8BITMIME, "the server takes only 7-bit mail");
		break;
	case RP_SMTP_NEEDS_SMTPUTF8:
		hold(tally, RP_REASON_NEEDS_SMTPUTF8,
			"the server takes no addresses or headers outside ASCII");
		break;
	case RP_SMTP_TOO_BIG:
		hold(tally, RP_REASON_SERVER_REJECTED,
			"the message is larger than the server takes");
		break;
	case RP_SMTP_BAD_ADDRESS:
		hold(tally, RP_REASON_SERVER_REJECTED,
			"an address can't be written in an SMTP command");
		break;
	case RP_SMTP_READ_ERROR:
		tally->later = TRUE;
		break;
	}
}

/* Only refusals are classified; what is not one keeps the class `accepted`, which nothing reads. */
static void
classify_all(RpTally *tally, const RpSmtpMessageResult *result)
{
	for (guint i = 0; i < tally->load->n_recipients; i++) {
		const RpSmtpRecipientResult *from = &result->recipients[i];

		tally->replies[i].recipient = tally->load->addresses[i];
		if (from->reply)
			tally->replies[i].reply = *from->reply;
		if (from->outcome == RP_SMTP_REFUSED && from->reply)
			tally->replies[i].verdict = classify(tally->train, from->reply);
	}
	rp_reply_settle_recipients(tally->replies, tally->load->n_recipients);
}

/* ---- writing it down ---- */

typedef struct {
	RpAgent *agent;
	RpMessageId id;
	char *set;
	gboolean sent;
	char *failed_text;
	char *failed_recipient;
	gint hold_reason; /* or -1 */
	char *hold_text;
} RpSettled;

static void
take_back(RpAgent *agent, RpMessageId id)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	rp_change_put_back(change, id, TRUE);
	rp_agent_write_and_plan(agent, change);
}

static void
on_settled(const GError *error, gpointer user)
{
	g_autofree RpSettled *settled = user;
	RpAgent *agent = settled->agent;
	char text[RP_MESSAGE_ID_SIZE];

	rp_message_id_format(settled->id, text);
	if (!error && settled->sent)
		rp_bus_service_message_sent(agent->bus, text, settled->set);
	if (!error && settled->failed_text) {
		g_autoptr(RpNotice) notice = rp_notice_failed(
			settled->failed_recipient, settled->set, 0, settled->failed_text);

		rp_bus_service_message_failed(
			agent->bus, text, "dead-recipient", settled->failed_text);
		if (rp_config_agent(agent->config)->report_by_notify)
			rp_announce_once(agent, notice);
	}
	if (error) /* said already; whatever it was, the message must not stay `sending` */
		take_back(agent, settled->id);
	if (!error && settled->hold_reason >= 0) {
		g_autoptr(RpHoldReason) reason = rp_hold_reason_new(
			settled->set, (RpReason)settled->hold_reason, settled->hold_text);
		g_autofree char *sentence = rp_reason_sentence(reason, rp_agent_catalogue(agent));

		rp_bus_service_message_held(
			agent->bus, text, rp_reason_name(reason->reason), sentence);
	}
	g_hash_table_remove(agent->busy, &settled->id);
	rp_planner_request(agent, FALSE, "a message came to its end");
	rp_announce_state(agent);
	g_free(settled->hold_text);
	g_free(settled->set);
	g_free(settled->failed_text);
	g_free(settled->failed_recipient);
}

static RpSettled *
settled_new(const RpTally *tally)
{
	RpSettled *settled = g_new0(RpSettled, 1);
	const RpQueueMessage *message = tally->load->message;

	settled->agent = tally->lane->agent;
	settled->id = tally->load->id;
	settled->set = g_strdup(tally->lane->set_name);
	settled->sent = tally->all_sent;
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];
		gboolean here = FALSE;

		for (guint j = 0; j < tally->load->n_recipients; j++)
			here |= tally->load->numbers[j] == recipient->number;
		if (!here && recipient->state != RP_RECIPIENT_SENT)
			settled->sent = FALSE;
	}
	settled->failed_text = g_strdup(tally->failed_text);
	settled->hold_reason = tally->hold_reason;
	settled->hold_text = g_strdup(tally->hold_text);
	for (guint i = 0; i < tally->load->n_recipients && !settled->failed_recipient; i++)
		if (tally->results[i].state == RP_RECIPIENT_DEAD)
			settled->failed_recipient = g_strdup(tally->load->addresses[i]);
	return settled;
}

static RpTime
next_try(const RpTally *tally)
{
	return rp_retry_time(rp_agent_now(tally->lane->agent),
		rp_retry_deferred_wait(tally->load->message->attempts + 1, g_random_int()));
}

static void
add_deferral(const RpTally *tally, RpQueueChange *change)
{
	RpHistoryRecord record = {
		.id = tally->load->id,
		.sender = tally->load->message->sender,
		.n_recipients = 0,
		.set = tally->lane->set_name,
		.provider = tally->lane->set->provider,
		.event = RP_HISTORY_DEFERRED,
	};

	for (guint i = 0; i < tally->load->n_recipients; i++) {
		if (tally->results[i].state != RP_RECIPIENT_PENDING)
			continue;
		record.n_recipients++;
		record.text = tally->texts[i];
	}
	rp_change_add_history(change, &record);
}

static void
write_tally(const RpTally *tally)
{
	RpAgent *agent = tally->lane->agent;
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));
	RpMessageId id = tally->load->id;

	rp_change_outcome(change, id, tally->results, tally->load->n_recipients,
		tally->lane->set_name, tally->lane->set->provider);
	if (tally->maybe_sent)
		rp_change_put_back(change, id, TRUE);
	if (tally->hold_reason >= 0) {
		rp_change_hold_message(change, id, (RpReason)tally->hold_reason, tally->hold_text);
	} else if (tally->later) {
		add_deferral(tally, change);
		rp_change_defer(change, id, next_try(tally));
	}
	rp_agent_write(agent, change, on_settled, settled_new(tally));
}

static void
log_tally(const RpTally *tally)
{
	char text[RP_MESSAGE_ID_SIZE];

	rp_message_id_format(tally->load->id, text);
	for (guint i = 0; i < tally->load->n_recipients; i++)
		g_message("%s: to %s by %s (%s): %s: %s", text, tally->load->addresses[i],
			tally->lane->set_name, tally->load->rules[i],
			tally->results[i].state == RP_RECIPIENT_SENT ? "sent"
			: tally->maybe_sent                          ? "maybe sent"
								     : "not sent",
			tally->texts[i] ? tally->texts[i] : "no reply");
}

void
rp_outcome_message(RpTrain *train, RpLoad *load, const RpSmtpMessageResult *result)
{
	RpLane *lane = train->lane;
	guint n = load->n_recipients;
	RpTally tally = {
		.lane = lane, .train = train, .load = load, .all_sent = TRUE, .hold_reason = -1};

	tally.results = g_new0(RpRecipientResult, n);
	tally.texts = g_new0(char *, n + 1);
	tally.replies = g_new0(RpRecipientReply, n);
	classify_all(&tally, result);
	for (guint i = 0; i < n; i++) {
		tally.results[i].recipient = load->numbers[i];
		tally.results[i].state = RP_RECIPIENT_PENDING;
		tally_recipient(&tally, i, &result->recipients[i]);
	}
	tally_unfit(&tally, result->unfit);
	log_tally(&tally);
	for (guint i = 0; i < n; i++)
		if (result->recipients[i].outcome == RP_SMTP_REFUSED &&
			acts[tally.replies[i].verdict.class] == ACT_REPLAN)
			learn(&tally, i);
	lane->n_accepted += tally.all_sent;
	write_tally(&tally);
	g_free(tally.results);
	g_strfreev(tally.texts);
	g_free(tally.replies);
	g_free(tally.hold_text);
	g_free(tally.failed_text);
}

/* ---- what the end of a session means ---- */

typedef enum {
	END_DONE,        /* in order */
	END_FAILURE,     /* remembered for the set here; planned anew */
	END_REFUSED,     /* remembered for the alternatives used */
	END_LATER,       /* the same set, after a growing wait */
	END_LOST,        /* the same, but soon when it had carried something */
	END_CREDENTIALS, /* the secret can't be had now */
	END_POP_FIRST,
	END_REPLAN, /* the network is not what it was */
} RpEnd;

typedef struct {
	RpEnd end;
	RpFailureKind kind; /* for END_FAILURE */
} RpEndRule;

static const RpEndRule end_rules[] = {
	[RP_SESSION_OK] = {END_DONE, 0},
	[RP_SESSION_RESOLVE_FAILED] = {END_FAILURE, RP_FAILURE_UNREACHABLE},
	[RP_SESSION_UNREACHABLE] = {END_FAILURE, RP_FAILURE_UNREACHABLE},
	[RP_SESSION_TLS_UNAVAILABLE] = {END_FAILURE, RP_FAILURE_TLS_UNAVAILABLE},
	[RP_SESSION_INTERCEPTED] = {END_FAILURE, RP_FAILURE_INTERCEPTED},
	[RP_SESSION_AUTH_FAILED] = {END_FAILURE, RP_FAILURE_AUTH_FAILED},
	[RP_SESSION_AUTH_TEMPORARY] = {END_LATER, 0},
	[RP_SESSION_AUTH_MISSING] = {END_REFUSED, 0},
	[RP_SESSION_CREDENTIALS_UNAVAILABLE] = {END_CREDENTIALS, 0},
	[RP_SESSION_REFUSED] = {END_REFUSED, 0},
	[RP_SESSION_TRY_LATER] = {END_LATER, 0},
	[RP_SESSION_POP_FIRST] = {END_POP_FIRST, 0},
	[RP_SESSION_BIND_FAILED] = {END_REPLAN, 0},
	[RP_SESSION_LOST] = {END_LOST, 0},
	[RP_SESSION_PROTOCOL_ERROR] = {END_LATER, 0},
};

static void
wait_growing(RpLane *lane, const RpSessionReport *report)
{
	RpTime until = rp_retry_time(rp_agent_now(lane->agent),
		rp_retry_deferred_wait(++lane->failures, g_random_int()));

	g_message("%s: %s, tried again later: %s", lane->set_name,
		rp_session_result_name(report->result), report->detail ? report->detail : "");
	rp_haul_drop(lane, until);
	rp_haul_defer_next(lane, until);
	rp_lane_wait(lane, until, rp_session_result_name(report->result));
}

/* The server turned the whole session away: every alternative that led to it is refused here. */
static void
refuse_rules(RpLane *lane, const RpSessionReport *report)
{
	const RpServerSet *set = lane->set;

	for (guint i = 0; i < set->relay->len; i++)
		rp_memory_failure(lane->agent, RP_FAILURE_REFUSED, set,
			((RpRule *)set->relay->pdata[i])->text, NULL, NULL, report->detail);
	if (set->local_domains[0])
		rp_memory_failure(
			lane->agent, RP_FAILURE_REFUSED, set, "local", NULL, NULL, report->detail);
}

static void
go_on(RpLane *lane, const char *reason)
{
	rp_haul_drop(lane, 0);
	rp_lane_enter(lane, RP_LANE_IDLE, reason);
	rp_planner_request(lane->agent, FALSE, reason);
}

/* After a login the server may need a moment to know of it. */
static void
end_pop_first(RpLane *lane, const RpSessionReport *report)
{
	if (!answer_pop_first(lane)) {
		refuse_rules(lane, report);
		go_on(lane, "it asks for a POP login, which does not help");
	} else if (lane->pop_login_at) {
		rp_lane_wait(lane, rp_agent_now(lane->agent) + POP_FIRST_PAUSE,
			"it does not know of the POP login yet");
	} else {
		go_on(lane, "it asks for a POP login first");
	}
}

/* The session came to its end in order, but may have been told to log in by POP on the way. */
static void
end_done(RpLane *lane)
{
	lane->failures = 0;
	if (lane->pop_refused && lane->force_pop && lane->pop_login_at)
		rp_lane_wait(lane, rp_agent_now(lane->agent) + POP_FIRST_PAUSE,
			"it does not know of the POP login yet");
	else
		go_on(lane, "done");
	if (!lane->pop_refused)
		lane->pop_asked = 0;
}

static void
fail(RpLane *lane, RpFailureKind kind, const RpSessionReport *report)
{
	g_autoptr(RpNotice) notice = rp_notice_set_failed(kind, lane->set_name, report->detail);

	rp_memory_failure(lane->agent, kind, lane->set, NULL, NULL, NULL, report->detail);
	if (kind == RP_FAILURE_AUTH_FAILED || kind == RP_FAILURE_INTERCEPTED)
		rp_announce_once(lane->agent, notice);
	go_on(lane, rp_session_result_name(report->result));
}

static void
end_session(RpLane *lane, const RpSessionReport *report)
{
	const RpEndRule *rule = &end_rules[report->result];

	switch (rule->end) {
	case END_DONE:
		end_done(lane);
		break;
	case END_FAILURE:
		fail(lane, rule->kind, report);
		break;
	case END_REFUSED:
		refuse_rules(lane, report);
		go_on(lane, rp_session_result_name(report->result));
		break;
	case END_LOST:
		if (lane->n_accepted) {
			lane->failures = 0;
			rp_lane_wait(
				lane, rp_agent_now(lane->agent) + LOST_PAUSE, "the line broke");
			break;
		}
		wait_growing(lane, report);
		break;
	case END_LATER:
		wait_growing(lane, report);
		break;
	case END_CREDENTIALS:
		rp_memory_no_credentials(lane->agent, lane->set, report->detail);
		go_on(lane, "its password can't be had");
		break;
	case END_POP_FIRST:
		end_pop_first(lane, report);
		break;
	case END_REPLAN:
		lane->agent->parts.rescan(lane->agent->parts.user);
		rp_lane_wait(lane, rp_agent_now(lane->agent) + BIND_PAUSE, "its link is gone");
		break;
	}
}

void
rp_outcome_suspect(RpLane *lane, const RpSessionReport *report)
{
	if (report->pipelining_suspect) {
		g_message(
			"%s: its server announces PIPELINING and can't do it; from now on without",
			lane->set_name);
		rp_memory_save_fact(lane->agent, lane->set_name, "pipelining", "broken");
	}
}

void
rp_outcome_session(RpLane *lane, const RpSessionReport *report)
{
	rp_outcome_suspect(lane, report);
	end_session(lane, report);
}

/* ---- POP logins ---- */

static void
report_check(RpLane *lane, const RpSessionReport *report)
{
	if (!lane->check)
		return;
	lane->check = FALSE;
	rp_bus_service_check_done(lane->agent->bus, lane->set_name, 0,
		report->result == RP_SESSION_OK ? ""
		: report->detail                ? report->detail
						: rp_session_result_name(report->result));
	rp_agent_try_now(lane->agent);
}

static void
pop_login_failed(RpLane *lane, const RpSessionReport *report)
{
	const RpEndRule *rule = &end_rules[report->result];

	switch (rule->end) {
	case END_FAILURE:
		fail(lane,
			rule->kind == RP_FAILURE_AUTH_FAILED ? RP_FAILURE_POP_LOGIN_FAILED
							     : rule->kind,
			report);
		break;
	case END_CREDENTIALS:
		end_session(lane, report);
		break;
	case END_REFUSED:
	case END_POP_FIRST:
		fail(lane, RP_FAILURE_POP_LOGIN_FAILED, report);
		break;
	case END_REPLAN:
		end_session(lane, report);
		break;
	case END_LATER:
	case END_LOST:
	case END_DONE:
		wait_growing(lane, report);
		break;
	}
}

void
rp_outcome_pop_login(RpLane *lane, const RpSessionReport *report)
{
	gboolean beside = lane->state != RP_LANE_LOGGING_IN;

	if (report->result == RP_SESSION_OK) {
		g_message("%s: POP login made", lane->set_name);
		lane->pop_login_at = rp_agent_now(lane->agent);
		if (report->banner_domain)
			rp_memory_save_fact(lane->agent, lane->set_name, "pop-banner-domain",
				report->banner_domain);
		rp_memory_pop_login(lane->agent, lane->set, &report->local);
		if (beside && lane->trains->len)
			lane->renew_at = lane->pop_login_at + lane->set->pop_window / 4 * 3;
		else if (!beside)
			rp_lane_enter(lane, RP_LANE_IDLE, "logged in by POP");
		rp_agent_schedule(lane->agent);
	} else if (beside) {
		/* The session goes on as long as the server lets it. */
		g_message("%s: POP login beside the session: %s", lane->set_name,
			report->detail ? report->detail : rp_session_result_name(report->result));
	} else {
		pop_login_failed(lane, report);
	}
	report_check(lane, report);
}
