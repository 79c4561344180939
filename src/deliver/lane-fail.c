/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* A round of a lane is over: what failed in it is remembered for this place and told, and the lane
 * is planned anew. */

void
rp_lane_plan_anew(RpLane *lane, const char *reason)
{
	rp_feed_drop(lane, 0);
	rp_lane_enter(lane, RP_LANE_IDLE, reason);
	rp_planner_request(lane->lanes->planner, FALSE, reason);
}

/* Of a false server: whether a password may have gone to whoever it is. */
static char *
failure_words(const RpLane *lane, RpFailureKind kind, const char *detail)
{
	return kind == RP_FAILURE_INTERCEPTED && lane->gave_password && detail
		       ? g_strdup_printf("%s; a POP password was given here before", detail)
		       : g_strdup(detail);
}

void
rp_lane_fail(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
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
	rp_lane_plan_anew(lane, rp_session_result_name(report->result));
	if (kind == RP_FAILURE_INTERCEPTED)
		lane->lanes->events.intercepted(lane->set_name, detail, lane->lanes->user);
	if (kind == RP_FAILURE_AUTH_FAILED || kind == RP_FAILURE_INTERCEPTED)
		lane->lanes->events.notice(notice, lane->lanes->user);
}

void
rp_lane_has_no_password(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
{
	RpFailure failure = rp_lane_failure(lane, kind, report->detail);

	rp_records_no_credentials(lane->lanes->ground->records, &failure);
	rp_lane_plan_anew(lane, "its password can't be had");
}

/* Many do so for a moment, while they begin or have too much to do. */
gboolean
rp_lane_is_first_hang_up(const RpLane *lane, const RpSessionReport *report)
{
	return report->hung_up && !lane->failures;
}

/* Who answered, or did not, may be of the network that comes. */
gboolean
rp_lane_drop_hearsay(RpLane *lane, const RpSessionReport *report)
{
	if (report->result == RP_SESSION_OK || !rp_lane_is_leaving(lane))
		return FALSE;
	rp_lane_plan_anew(lane, "another network comes");
	return TRUE;
}
