/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include "roampost/retry.h"

/* What the end of a session, or of a POP login, means for the lane. */

typedef enum {
	END_DONE,        /* in order */
	END_FAILURE,     /* remembered for the set here; planned anew */
	END_REFUSED,     /* remembered for the alternatives used */
	END_LATER,       /* the same set, after a growing wait */
	END_LIMITED,     /* it has taken enough for now, of everything */
	END_LOST,        /* the same, but soon when it had carried something */
	END_CREDENTIALS, /* the secret can't be had now */
	END_UNCLEAR,     /* a POP login was refused, and nobody knows why */
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
	[RP_SESSION_PORT_BLOCKED] = {END_REFUSED, 0},
	[RP_SESSION_TLS_UNAVAILABLE] = {END_FAILURE, RP_FAILURE_TLS_UNAVAILABLE},
	[RP_SESSION_INTERCEPTED] = {END_FAILURE, RP_FAILURE_INTERCEPTED},
	[RP_SESSION_AUTH_FAILED] = {END_FAILURE, RP_FAILURE_AUTH_FAILED},
	[RP_SESSION_AUTH_TEMPORARY] = {END_LATER, 0},
	[RP_SESSION_AUTH_UNCLEAR] = {END_UNCLEAR, 0},
	[RP_SESSION_AUTH_MISSING] = {END_REFUSED, 0},
	[RP_SESSION_CREDENTIALS_UNAVAILABLE] = {END_CREDENTIALS, 0},
	[RP_SESSION_KEYRING_LOCKED] = {END_FAILURE, RP_FAILURE_KEYRING_LOCKED},
	[RP_SESSION_REFUSED] = {END_REFUSED, 0},
	[RP_SESSION_REJECTED] = {END_FAILURE, RP_FAILURE_REJECTED},
	[RP_SESSION_TRY_LATER] = {END_LATER, 0},
	[RP_SESSION_LIMIT] = {END_LIMITED, 0},
	[RP_SESSION_POP_FIRST] = {END_POP_FIRST, 0},
	[RP_SESSION_BIND_FAILED] = {END_REPLAN, 0},
	[RP_SESSION_LOST] = {END_LOST, 0},
	[RP_SESSION_PROTOCOL_ERROR] = {END_LATER, 0},
};

static void
refuse_rule(RpLane *lane, char *rule, const RpSessionReport *report)
{
	RpFailure failure = rp_lane_failure(lane, RP_FAILURE_REFUSED, report->detail);

	failure.rule = rule;
	rp_records_failure(lane->lanes->ground->records, &failure);
}

/* The server turned the whole session away: every alternative that led to it is refused here. */
static void
refuse_rules(RpLane *lane, const RpSessionReport *report)
{
	const RpServerSet *set = lane->set;

	for (guint i = 0; i < set->relay->len; i++)
		refuse_rule(lane, ((RpRule *)set->relay->pdata[i])->text, report);
	if (set->local_domains[0])
		refuse_rule(lane, (char *)"local", report);
}

static void
go_on(RpLane *lane, const char *reason)
{
	rp_feed_drop(lane, 0);
	rp_lane_enter(lane, RP_LANE_IDLE, reason);
	rp_planner_request(lane->lanes->planner, FALSE, reason);
}

/* After a login the server may need a while to know of it. */
static void
wait_open(RpLane *lane)
{
	RpTime now = rp_ground_now(lane->lanes->ground);
	RpTime last = lane->not_open_since + rp_retry_open_most(lane->set->pop_window);
	RpTime next = now + rp_retry_open_wait(++lane->n_not_open);

	lane->probing = TRUE;
	rp_lane_defer_all(lane, MIN(next, MAX(last, now)),
		"the server does not know of the POP login yet", lane->wait_words);
}

static void
end_not_open(RpLane *lane)
{
	if (lane->pop_login_at)
		wait_open(lane);
	else
		go_on(lane, "it asks for a POP login first");
}

static void
end_pop_first(RpLane *lane, const RpSessionReport *report)
{
	if (rp_lane_not_open(lane, report->detail)) {
		end_not_open(lane);
	} else {
		refuse_rules(lane, report);
		go_on(lane, "it asks for a POP login, which does not help");
	}
}

static void
end_limited(RpLane *lane)
{
	RpSpan wait = rp_retry_limit_wait(++lane->n_limited);

	lane->probing = TRUE;
	rp_lane_defer_all(lane, rp_ground_now(lane->lanes->ground) + wait, "its limit is reached",
		lane->wait_words);
}

/* What the server has said of its being open, or of its limits, goes before how the session ended.
 */
static gboolean
end_told(RpLane *lane)
{
	if (lane->limited)
		end_limited(lane);
	else if (lane->slowed)
		rp_lane_wait_as_told(lane);
	else if (lane->pop_refused && lane->force_pop)
		end_not_open(lane);
	else
		return FALSE;
	return TRUE;
}

static void
end_done(RpLane *lane)
{
	lane->failures = 0;
	rp_lane_waits_save(lane);
	go_on(lane, "done");
}

/* Of a false server: whether a password may have gone to whoever it is. */
static char *
failure_words(const RpLane *lane, RpFailureKind kind, const char *detail)
{
	return kind == RP_FAILURE_INTERCEPTED && lane->gave_password && detail
		       ? g_strdup_printf("%s; a POP password was given here before", detail)
		       : g_strdup(detail);
}

static void
fail(RpLane *lane, RpFailureKind kind, const RpSessionReport *report)
{
	g_autofree char *detail = failure_words(lane, kind, report->detail);
	g_autoptr(RpNotice) notice = rp_notice_set_failed(kind, lane->set_name, detail);
	RpFailure failure = rp_lane_failure(lane, kind, detail);
	g_autofree char *way = rp_way_text(lane->interface, lane->plan_family);

	if (kind == RP_FAILURE_UNREACHABLE)
		failure.rule = way;
	if (report->result == RP_SESSION_RESOLVE_FAILED)
		rp_records_unresolved(lane->lanes->ground->records, &failure);
	else
		rp_records_failure(lane->lanes->ground->records, &failure);
	go_on(lane, rp_session_result_name(report->result));
	if (kind == RP_FAILURE_INTERCEPTED)
		lane->lanes->events.intercepted(lane->set_name, detail, lane->lanes->user);
	if (kind == RP_FAILURE_AUTH_FAILED || kind == RP_FAILURE_INTERCEPTED)
		lane->lanes->events.notice(notice, lane->lanes->user);
}

static void
no_credentials(RpLane *lane, const RpSessionReport *report)
{
	RpFailure failure = rp_lane_failure(lane, RP_FAILURE_AUTH_FAILED, report->detail);

	rp_records_no_credentials(lane->lanes->ground->records, &failure);
}

/* The login was made over one family, and the server of this one takes connections by the other
 * only: it is made anew, once, over that. TRUE when there is something to try. */
static gboolean
try_other_family(RpLane *lane)
{
	RpFamily used = lane->family != RP_FAMILY_ANY ? lane->family : lane->source.family;
	RpFamily other = used == RP_FAMILY_IPV6 ? RP_FAMILY_IPV4 : RP_FAMILY_IPV6;

	/* A plan that names a family is inside by it, or has no way out by the other. */
	if (!lane->pop_needed || !lane->set->pop || used == RP_FAMILY_ANY ||
		lane->plan_family != RP_FAMILY_ANY || lane->login_family != RP_FAMILY_ANY ||
		!rp_lane_has_family(lane, other))
		return FALSE;
	g_message("%s: reached over %s only: the POP login is made over that", lane->set_name,
		other == RP_FAMILY_IPV6 ? "IPv6" : "IPv4");
	lane->login_family = other;
	lane->force_pop = TRUE;
	rp_records_drop_pop_logins(lane->lanes->ground->records, lane->set_name);
	return TRUE;
}

/* Many do so for a moment, while they begin or have too much to do: a place is not judged by it. */
static gboolean
is_first_hang_up(const RpLane *lane, const RpEndRule *rule, const RpSessionReport *report)
{
	return rule->kind == RP_FAILURE_UNREACHABLE && report->hung_up && !lane->failures;
}

/* Who answered, or did not, may be of the network that comes. */
static gboolean
is_hearsay(const RpLane *lane, const RpSessionReport *report)
{
	return report->result != RP_SESSION_OK && rp_lane_is_leaving(lane);
}

static void
end_session(RpLane *lane, const RpSessionReport *report)
{
	const RpEndRule *rule = &end_rules[report->result];

	if (is_hearsay(lane, report)) {
		go_on(lane, "another network comes");
		return;
	}
	if (end_told(lane))
		return;
	switch (rule->end) {
	case END_DONE:
		end_done(lane);
		break;
	case END_FAILURE:
		if (rule->kind == RP_FAILURE_UNREACHABLE && try_other_family(lane))
			go_on(lane, "it is tried over the other family");
		else if (is_first_hang_up(lane, rule, report))
			rp_lane_wait_growing(lane, report);
		else
			fail(lane, rule->kind, report);
		break;
	case END_REFUSED:
		refuse_rules(lane, report);
		go_on(lane, rp_session_result_name(report->result));
		break;
	case END_LIMITED:
		rp_lane_set_wait_words(lane, report->detail);
		end_limited(lane);
		break;
	case END_LOST:
	case END_LATER:
	case END_UNCLEAR:
		/* It closed for the number of recipients: fewer can go now. */
		if (report->recipient_limit)
			go_on(lane, "it takes fewer recipients at once");
		else if (lane->n_accepted && !rp_lane_is_to_slow_down(report))
			rp_lane_begin_again_soon(lane, report);
		else
			rp_lane_wait_growing(lane, report);
		break;
	case END_CREDENTIALS:
		no_credentials(lane, report);
		go_on(lane, "its password can't be had");
		break;
	case END_POP_FIRST:
		end_pop_first(lane, report);
		break;
	case END_REPLAN:
		rp_lane_wait_for_network(lane);
		break;
	}
}

void
rp_session_end(RpLane *lane, const RpSessionReport *report)
{
	rp_lane_note_server(lane, report);
	rp_records_save_observations(lane->lanes->ground->records);
	if (lane->disk_failed && report->result == RP_SESSION_OK)
		rp_lane_wait_for_disk(lane);
	else
		end_session(lane, report);
}

/* ---- POP logins ---- */

static void
report_check(RpLane *lane, const RpSessionReport *report)
{
	if (!lane->check)
		return;
	lane->check = FALSE;
	rp_lane_tell_checked(lane, report->result == RP_SESSION_OK ? NULL
				   : report->detail                ? report->detail
						    : rp_session_result_name(report->result));
}

/* The fact that says with which revision of the set a login was made. */
#define POP_LOGIN_WORKED "pop-login-worked"

/* A password that has never worked here is wrong. One that has may be so since, or the server has a
 * bad day, which it does not say: it is not asked all the time. */
static void
pop_login_unclear(RpLane *lane, const RpSessionReport *report)
{
	static const RpSpan pauses[] = {
		5 * G_TIME_SPAN_MINUTE, G_TIME_SPAN_HOUR, 4 * G_TIME_SPAN_HOUR};
	const char *worked =
		rp_records_fact(lane->lanes->ground->records, lane->set_name, POP_LOGIN_WORKED);

	if (g_strcmp0(worked, lane->set->revision) == 0 &&
		lane->pop_unclear < G_N_ELEMENTS(pauses)) {
		rp_lane_put_off(lane, report,
			rp_ground_now(lane->lanes->ground) + pauses[lane->pop_unclear++]);
		return;
	}
	lane->pop_unclear = 0;
	fail(lane, RP_FAILURE_POP_LOGIN_FAILED, report);
}

static void
pop_login_failed(RpLane *lane, const RpSessionReport *report)
{
	const RpEndRule *rule = &end_rules[report->result];

	if (is_hearsay(lane, report)) {
		go_on(lane, "another network comes");
		return;
	}
	switch (rule->end) {
	case END_FAILURE:
		if (is_first_hang_up(lane, rule, report)) {
			rp_lane_wait_growing(lane, report);
			break;
		}
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
	case END_UNCLEAR:
		pop_login_unclear(lane, report);
		break;
	case END_LIMITED:
	case END_LATER:
	case END_LOST:
	case END_DONE:
		/* Most servers let in one at a time (RFC 1939 section 4). */
		lane->awaits_check =
			lane->lanes->events.is_fetching(lane->set_name, lane->lanes->user);
		rp_lane_wait_growing(lane, report);
		break;
	}
}

/* Whoever it was that answered, whatever it said. */
static void
note_password(RpLane *lane, const RpSessionReport *report)
{
	gboolean answered = report->result == RP_SESSION_OK ||
			    report->result == RP_SESSION_AUTH_FAILED ||
			    report->result == RP_SESSION_AUTH_UNCLEAR ||
			    report->result == RP_SESSION_AUTH_TEMPORARY;

	lane->gave_password |= answered && !report->verified && !report->banner_domain;
}

void
rp_session_end_pop_login(RpLane *lane, const RpSessionReport *report)
{
	gboolean beside = lane->state != RP_LANE_LOGGING_IN;

	note_password(lane, report);
	if (report->result == RP_SESSION_OK) {
		g_message("%s: POP login made", lane->set_name);
		lane->pop_unclear = 0;
		rp_lane_waits_save(lane);
		rp_records_save_fact(lane->lanes->ground->records, lane->set_name, POP_LOGIN_WORKED,
			lane->set->revision);
		if (rp_records_pop_login(lane->lanes->ground->records, lane->set,
			    &lane->login_origin, &report->local))
			rp_lane_logged_in(lane, &report->local);
		rp_lane_note_greeting(lane, RP_FACT_POP_GREETINGS, report);
		if (beside && lane->sessions->len)
			lane->renew_at = lane->pop_login_at + rp_lane_window(lane) / 4 * 3;
		else if (!beside)
			rp_lane_enter(lane, RP_LANE_IDLE, "logged in by POP");
		rp_timer_changed(lane->lanes->ground->timer);
	} else if (beside) {
		/* The session goes on as long as the server lets it. */
		g_message("%s: POP login beside the session: %s", lane->set_name,
			report->detail ? report->detail : rp_session_result_name(report->result));
	} else {
		pop_login_failed(lane, report);
	}
	report_check(lane, report);
}
