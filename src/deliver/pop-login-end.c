/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* What the end of a POP login means for the lane: by its result, one table. */

/* ---- it failed ---- */

/* The fact that says with which revision of the set a login was made. */
#define POP_LOGIN_WORKED "pop-login-worked"

/* A password that has never worked here is wrong. One that has may be so since, or the server has a
 * bad day, which it does not say: it is not asked all the time. */
static void
end_unclear(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
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
	rp_lane_fail(lane, report, kind);
}

/* Most servers let in one at a time (RFC 1939 section 4). */
static void
end_later(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
{
	lane->awaits_check = lane->lanes->events.is_fetching(lane->set_name, lane->lanes->user);
	rp_lane_wait_growing(lane, report);
}

/* A place is not judged by a server that hangs up once. */
static void
end_unreachable(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
{
	if (rp_lane_is_first_hang_up(lane, report))
		rp_lane_wait_growing(lane, report);
	else
		rp_lane_fail(lane, report, kind);
}

static const RpLaneEndRule ends[] = {
	[RP_SESSION_OK] = {end_later}, /* does not fail */
	[RP_SESSION_RESOLVE_FAILED] = {end_unreachable, RP_FAILURE_UNREACHABLE},
	[RP_SESSION_UNREACHABLE] = {end_unreachable, RP_FAILURE_UNREACHABLE},
	[RP_SESSION_PORT_BLOCKED] = {rp_lane_fail, RP_FAILURE_POP_LOGIN_FAILED},
	[RP_SESSION_TLS_UNAVAILABLE] = {rp_lane_fail, RP_FAILURE_TLS_UNAVAILABLE},
	[RP_SESSION_INTERCEPTED] = {rp_lane_fail, RP_FAILURE_INTERCEPTED},
	[RP_SESSION_AUTH_FAILED] = {rp_lane_fail, RP_FAILURE_POP_LOGIN_FAILED},
	[RP_SESSION_AUTH_TEMPORARY] = {end_later},
	[RP_SESSION_AUTH_UNCLEAR] = {end_unclear, RP_FAILURE_POP_LOGIN_FAILED},
	[RP_SESSION_AUTH_MISSING] = {rp_lane_fail, RP_FAILURE_POP_LOGIN_FAILED},
	[RP_SESSION_CREDENTIALS_UNAVAILABLE] = {rp_lane_has_no_password, RP_FAILURE_AUTH_FAILED},
	[RP_SESSION_KEYRING_LOCKED] = {rp_lane_fail, RP_FAILURE_KEYRING_LOCKED},
	[RP_SESSION_REFUSED] = {rp_lane_fail, RP_FAILURE_POP_LOGIN_FAILED},
	[RP_SESSION_REJECTED] = {rp_lane_fail, RP_FAILURE_REJECTED},
	[RP_SESSION_TRY_LATER] = {end_later},
	[RP_SESSION_LIMIT] = {end_later},
	[RP_SESSION_POP_FIRST] = {rp_lane_fail, RP_FAILURE_POP_LOGIN_FAILED},
	[RP_SESSION_BIND_FAILED] = {rp_lane_wait_for_network},
	[RP_SESSION_LOST] = {end_later},
	[RP_SESSION_PROTOCOL_ERROR] = {end_later},
	[RP_SESSION_UNPROVEN] = {rp_lane_fail, RP_FAILURE_UNREACHABLE},
};
G_STATIC_ASSERT(G_N_ELEMENTS(ends) == RP_N_SESSION_RESULTS);

/* Of a check, in a set that sends without one: its mail has nothing to wait for. Who answers in
 * place of one server of a set may do so for the other. */
static gboolean
concerns_no_mail(const RpLane *lane, const RpSessionReport *report)
{
	for (guint i = 0; i < lane->set->relay->len; i++)
		if (rp_rule_needs_pop_login(((const RpRule *)lane->set->relay->pdata[i])->text))
			return FALSE;
	return lane->for_check && report->result != RP_SESSION_INTERCEPTED;
}

static void
end_failed(RpLane *lane, const RpSessionReport *report)
{
	if (report->stalled)
		rp_lane_plan_anew(lane, "it is tried with small packets");
	else if (concerns_no_mail(lane, report))
		rp_lane_plan_anew(lane, "the check failed, and mail goes without a POP login");
	else if (!rp_lane_drop_hearsay(lane, report))
		ends[report->result].end(lane, report, ends[report->result].kind);
}

/* ---- it was made ---- */

static void
logged_in(RpLane *lane, const RpSessionReport *report, gboolean beside)
{
	RpRecords *records = lane->lanes->ground->records;

	g_message("%s: POP login made", lane->set_name);
	lane->pop_unclear = 0;
	rp_lane_waits_save(lane);
	rp_records_save_fact(records, lane->set_name, POP_LOGIN_WORKED, lane->set->revision);
	if (rp_records_pop_login(records, lane->set, &lane->login_origin, &report->local))
		rp_lane_logged_in(lane, &report->local);
	rp_lane_note_greeting(lane, RP_FACT_POP_GREETINGS, report);
	if (beside && lane->sessions->len)
		lane->renew_at = lane->pop_login_at + rp_lane_window(lane) / 4 * 3;
	else if (!beside)
		rp_lane_enter(lane, RP_LANE_IDLE, "logged in by POP");
	rp_timer_changed(lane->lanes->ground->timer);
}

/* ---- either ---- */

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

void
rp_session_end_pop_login(RpLane *lane, const RpSessionReport *report)
{
	gboolean beside = lane->state != RP_LANE_LOGGING_IN;

	note_password(lane, report);
	if (report->result == RP_SESSION_OK)
		logged_in(lane, report, beside);
	else if (beside) /* the session goes on as long as the server lets it */
		g_message("%s: POP login beside the session: %s", lane->set_name,
			report->detail ? report->detail : rp_session_result_name(report->result));
	else
		end_failed(lane, report);
	report_check(lane, report);
}
