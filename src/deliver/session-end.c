/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include "roampost/retry.h"

/* What the end of a session means for the lane: by its result, one table. */

/* ---- refused ---- */

static void
refuse_rule(RpLane *lane, char *rule, const RpSessionReport *report)
{
	RpRecords *records = lane->lanes->ground->records;
	RpFailure failure = rp_lane_failure(lane, RP_FAILURE_REFUSED, report->detail);

	failure.rule = rule;
	/* A host of several may be without a login, or one whose logins are away; nothing was
	 * shown. */
	if (report->result == RP_SESSION_AUTH_MISSING)
		rp_records_failure_for_now(records, &failure);
	else
		rp_records_failure(records, &failure);
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
end_refused(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
{
	refuse_rules(lane, report);
	rp_lane_plan_anew(lane, rp_session_result_name(report->result));
}

/* ---- not open, or no more for now ---- */

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
		rp_lane_plan_anew(lane, "it asks for a POP login first");
}

static void
end_pop_first(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
{
	if (rp_lane_not_open(lane, report->detail)) {
		end_not_open(lane);
	} else {
		refuse_rules(lane, report);
		rp_lane_waits_save(lane);
		rp_lane_plan_anew(lane, "it asks for a POP login, which does not help");
	}
}

static void
wait_for_limit(RpLane *lane)
{
	RpSpan wait = rp_retry_limit_wait(++lane->n_limited);

	lane->probing = TRUE;
	rp_lane_defer_all(lane, rp_ground_now(lane->lanes->ground) + wait, "its limit is reached",
		lane->wait_words);
}

static void
end_limited(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
{
	rp_lane_set_wait_words(lane, report->detail);
	wait_for_limit(lane);
}

/* What the server has said of its being open, or of its limits, goes before how the session ended.
 */
static gboolean
end_told(RpLane *lane)
{
	if (lane->limited)
		wait_for_limit(lane);
	else if (lane->slowed)
		rp_lane_wait_as_told(lane);
	else if (lane->pop_refused && lane->force_pop)
		end_not_open(lane);
	else
		return FALSE;
	return TRUE;
}

/* ---- out of reach ---- */

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

/* A place is not judged by a server that hangs up once. */
static void
end_unreachable(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
{
	if (lane->try_again)
		rp_lane_plan_anew(lane, "it was to be tried once more meanwhile");
	else if (try_other_family(lane))
		rp_lane_plan_anew(lane, "it is tried over the other family");
	else if (rp_lane_is_first_hang_up(lane, report))
		rp_lane_wait_growing(lane, report);
	else
		rp_lane_fail(lane, report, kind);
}

/* ---- the others ---- */

static void
end_done(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
{
	lane->failures = 0;
	rp_lane_waits_save(lane);
	rp_lane_plan_anew(lane, "done");
}

static void
end_later(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
{
	/* It closed for the number of recipients: fewer can go now. */
	if (report->recipient_limit)
		rp_lane_plan_anew(lane, "it takes fewer recipients at once");
	else if (lane->n_accepted && !rp_lane_is_to_slow_down(report))
		rp_lane_begin_again_soon(lane, report);
	else
		rp_lane_wait_growing(lane, report);
}

/* ---- which ---- */

static const RpLaneEndRule ends[] = {
	[RP_SESSION_OK] = {end_done},
	[RP_SESSION_RESOLVE_FAILED] = {end_unreachable, RP_FAILURE_UNREACHABLE},
	[RP_SESSION_UNREACHABLE] = {end_unreachable, RP_FAILURE_UNREACHABLE},
	[RP_SESSION_PORT_BLOCKED] = {end_refused},
	[RP_SESSION_TLS_UNAVAILABLE] = {rp_lane_fail, RP_FAILURE_TLS_UNAVAILABLE},
	[RP_SESSION_INTERCEPTED] = {rp_lane_fail, RP_FAILURE_INTERCEPTED},
	[RP_SESSION_AUTH_FAILED] = {rp_lane_fail, RP_FAILURE_AUTH_FAILED},
	[RP_SESSION_AUTH_TEMPORARY] = {end_later},
	[RP_SESSION_AUTH_UNCLEAR] = {end_later},
	[RP_SESSION_AUTH_MISSING] = {end_refused},
	[RP_SESSION_CREDENTIALS_UNAVAILABLE] = {rp_lane_has_no_password, RP_FAILURE_AUTH_FAILED},
	[RP_SESSION_KEYRING_LOCKED] = {rp_lane_fail, RP_FAILURE_KEYRING_LOCKED},
	[RP_SESSION_REFUSED] = {end_refused},
	[RP_SESSION_REJECTED] = {rp_lane_fail, RP_FAILURE_REJECTED},
	[RP_SESSION_TRY_LATER] = {end_later},
	[RP_SESSION_LIMIT] = {end_limited},
	[RP_SESSION_POP_FIRST] = {end_pop_first},
	[RP_SESSION_BIND_FAILED] = {rp_lane_wait_for_network},
	[RP_SESSION_LOST] = {end_later},
	[RP_SESSION_PROTOCOL_ERROR] = {end_later},
	[RP_SESSION_UNPROVEN] = {end_later}, /* of POP logins */
};
G_STATIC_ASSERT(G_N_ELEMENTS(ends) == RP_N_SESSION_RESULTS);

/* What was there for its sessions, of which none is left. */
static void
end_beside(RpLane *lane)
{
	if (!lane->check) /* somebody waits for that one */
		g_clear_pointer(&lane->pop_login, rp_pop_login_cancel);
	rp_lane_end_elsewhere(lane);
	rp_lane_pace_keep(lane);
}

void
rp_lane_end_round(RpLane *lane, const char *reason)
{
	end_beside(lane);
	rp_records_save_observations(lane->lanes->ground->records);
	if (lane->disk_failed)
		rp_lane_wait_for_disk(lane);
	else if (!end_told(lane))
		rp_lane_plan_anew(lane, reason);
}

void
rp_session_end(RpLane *lane, const RpSessionReport *report)
{
	end_beside(lane);
	rp_lane_note_server(lane, report);
	rp_records_save_observations(lane->lanes->ground->records);
	if (lane->disk_failed && report->result == RP_SESSION_OK)
		rp_lane_wait_for_disk(lane);
	else if (report->stalled)
		rp_lane_plan_anew(lane, "it is tried with small packets");
	else if (!rp_lane_drop_hearsay(lane, report) && !end_told(lane))
		ends[report->result].end(lane, report, ends[report->result].kind);
}
