/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "fetch-private.h"

/* The POP session of a check: its login, and to whom its events go. */

static void
on_event(RpPopFetch *fetch, const RpPopEvent *event, gpointer user)
{
	RpCheck *check = user;

	switch (event->kind) {
	case RP_POP_EVENT_LISTED:
		rp_check_on_listed(check, event->listing);
		break;
	case RP_POP_EVENT_DATA:
		rp_check_on_data(check, event);
		break;
	case RP_POP_EVENT_MESSAGE:
		rp_check_on_message(check, event);
		break;
	case RP_POP_EVENT_DELETED:
		if (event->outcome == RP_POP_REFUSED)
			rp_check_not_deleted(check, event->user, event->text);
		break;
	case RP_POP_EVENT_CUT:
		check->cut = event->user;
		break;
	case RP_POP_EVENT_CLOSED: /* comes as on_closed */
		break;
	}
}

static void
tell_login(const RpCheck *check, const RpSessionReport *report)
{
	check->room->events->login(check->set->name, report, check->room->user);
}

static void
on_ready(RpPopFetch *fetch, const RpSessionReport *report, gpointer user)
{
	RpCheck *check = user;

	check->logged_in = TRUE;
	check->verified = report->verified;
	if (rp_network_holds(rp_whereabouts_network(check->room->ground->whereabouts),
		    check->interface, &report->local))
		check->source = report->local; /* what it lives by */
	/* What the login opens is open from now on: sending does not wait for the mail. */
	tell_login(check, report);
}

static void
on_closed(RpPopFetch *fetch, const RpSessionReport *report, gpointer user)
{
	RpCheck *check = user;

	check->fetch = NULL;
	if (report->pipelining_suspect)
		rp_records_save_fact(
			check->room->ground->records, check->set->name, "pop-pipelining", "broken");
	if (report->result != RP_SESSION_OK)
		rp_check_fail(check, "%s",
			report->detail ? report->detail : rp_session_result_name(report->result));
	if (!check->logged_in)
		tell_login(check, report);
	if (check->cut)
		rp_check_note_cut(check, check->cut, report->pipelining_suspect);
	rp_check_go_on(check);
}

void
rp_check_open_session(RpCheck *check, const RpRoute *route)
{
	static const RpPopFetchCallbacks callbacks = {on_ready, on_event, on_closed};
	const RpRecords *records = check->room->ground->records;
	const char *name = check->set->name;
	RpPopFetchOptions options = {
		.expected_banner_domain = rp_records_fact(records, name, "pop-banner-domain"),
		.pipelining_off =
			g_strcmp0(rp_records_fact(records, name, "pop-pipelining"), "broken") == 0,
	};

	check->fetch = rp_pop_fetch_start(
		check->room->transport, check->set, route, &options, &callbacks, check);
}
