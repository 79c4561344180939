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

#define FACT_PIPELINING "pop-pipelining"
#define FACT_WORKS "works"
#define FACT_DOUBTED "doubted"
#define FACT_BROKEN "broken"

/* As of SMTP (deliver/server-facts.c): a line that ends may be any line, so to do without has to do
 * better before the server is blamed. */
static void
note_pipelining(const RpCheck *check, const RpSessionReport *report)
{
	RpRecords *records = check->room->ground->records;
	const char *known = rp_records_fact(records, check->set->name, FACT_PIPELINING);
	const char *now = known;

	switch (report->pipelining) {
	case RP_SEEN_WORKS:
		now = FACT_WORKS;
		break;
	case RP_SEEN_BROKEN:
		now = FACT_BROKEN;
		break;
	case RP_SEEN_DOUBTED:
		if (g_strcmp0(known, FACT_WORKS) != 0)
			now = FACT_DOUBTED;
		break;
	case RP_SEEN_UNTRIED:
		if (g_strcmp0(known, FACT_DOUBTED) == 0 && report->result == RP_SESSION_OK)
			now = FACT_BROKEN;
		break;
	}
	if (!now || g_strcmp0(now, known) == 0)
		return;
	if (!g_str_equal(now, FACT_WORKS))
		g_message("%s: its POP server announces PIPELINING and %s; from now on without",
			check->set->name,
			g_str_equal(now, FACT_BROKEN) ? "can't do it" : "may not do it");
	rp_records_save_fact(records, check->set->name, FACT_PIPELINING, now);
}

static void
on_closed(RpPopFetch *fetch, const RpSessionReport *report, gpointer user)
{
	RpCheck *check = user;

	check->fetch = NULL;
	note_pipelining(check, report);
	if (report->result != RP_SESSION_OK)
		rp_check_fail(check, "%s",
			report->detail ? report->detail : rp_session_result_name(report->result));
	if (!check->logged_in)
		tell_login(check, report);
	if (check->cut)
		rp_check_note_cut(check, check->cut, report->pipelining == RP_SEEN_BROKEN);
	rp_check_go_on(check);
}

void
rp_check_open_session(RpCheck *check, const RpRoute *route)
{
	static const RpPopFetchCallbacks callbacks = {on_ready, on_event, on_closed};
	const RpRecords *records = check->room->ground->records;
	const char *name = check->set->name;
	const char *pipelining = rp_records_fact(records, name, FACT_PIPELINING);
	RpPopFetchOptions options = {
		.login.greetings = rp_records_fact(records, name, RP_FACT_POP_GREETINGS),
		.login.smtp_greetings = rp_records_unproven_greetings(records, name),
		.pipelining_off = pipelining && !g_str_equal(pipelining, FACT_WORKS),
	};

	check->fetch = rp_pop_fetch_start(
		check->room->transport, check->set, route, &options, &callbacks, check);
}
