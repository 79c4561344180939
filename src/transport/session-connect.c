/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-private.h"

#include "roampost/greeting.h"
#include "roampost/ports.h"

/* The wire of a session: endpoint by endpoint, by one family of addresses and then the other, each
 * for as long as it may take. */

static gboolean
is_late(const RpSession *session)
{
	return session->latest && g_get_monotonic_time() >= session->latest;
}

/* Only what says nothing of the server leads to the next one. */
static gboolean
try_next(RpSession *session, RpSessionResult result)
{
	if (is_late(session))
		return FALSE;
	if (result != RP_SESSION_UNREACHABLE && result != RP_SESSION_RESOLVE_FAILED)
		return FALSE;
	if (session->endpoint + 1 >= session->plan.endpoints->len)
		return FALSE;
	session->endpoint++;
	session->only = session->silent = RP_FAMILY_ANY;
	return TRUE;
}

/* Addresses that were silent of late come last, behind those of the other endpoints too. */
static gboolean
try_shunned(RpSession *session, RpSessionResult result)
{
	if (is_late(session) || session->all || session->plan.elsewhere || !session->passed_at)
		return FALSE;
	if (result != RP_SESSION_UNREACHABLE && result != RP_SESSION_RESOLVE_FAILED)
		return FALSE;
	session->all = TRUE;
	if (session->endpoint + 1 != session->passed_at)
		session->only = session->silent = RP_FAMILY_ANY;
	session->endpoint = session->passed_at - 1;
	return TRUE;
}

/* ---- a server that is there by one family alone ---- */

static RpFamily
other_family(RpFamily family)
{
	return family == RP_FAMILY_IPV6 ? RP_FAMILY_IPV4 : RP_FAMILY_IPV6;
}

/* A name whose addresses of one family lead to somebody who takes connections and says nothing (a
 * load balancer without a server behind it, say) may have others. */
static gboolean
may_have_other_addresses(const RpSession *session)
{
	const RpRoute *route = &session->plan.route;
	const RpEndpoint *endpoint = rp_session_endpoint(session);
	RpAddress address;
	return route->family == RP_FAMILY_ANY && route->source.family == RP_FAMILY_ANY &&
	       session->silent == RP_FAMILY_ANY && !rp_address_parse(endpoint->host, &address);
}

static gboolean
try_other_family(RpSession *session, gboolean silent, RpSessionResult result)
{
	if (is_late(session))
		return FALSE;
	if (silent && may_have_other_addresses(session)) {
		session->silent = session->over;
		session->only = other_family(session->silent);
		return session->silent != RP_FAMILY_ANY;
	}
	/* It has none of the other family after all: it may be slow, and is waited for. */
	if (!silent && session->silent != RP_FAMILY_ANY && session->only != session->silent &&
		(result == RP_SESSION_UNREACHABLE || result == RP_SESSION_RESOLVE_FAILED)) {
		session->only = session->silent;
		return session->endpoint + 1 >= session->plan.endpoints->len;
	}
	return FALSE;
}

/* ---- time ---- */

/* From now on; 0: as long as it takes to connect. */
static void
allow(RpSession *session, guint ms)
{
	gint64 wait = (ms ? ms : session->times.connect_ms) * (gint64)1000;
	gint64 until = g_get_monotonic_time() + wait;
	if (session->latest)
		until = MIN(until, session->latest);
	if (session->deadline)
		g_source_set_ready_time(session->deadline, until);
}

void
rp_session_limit(RpSession *session, guint ms)
{
	session->latest = ms ? g_get_monotonic_time() + ms * (gint64)1000 : 0;
	if (ms && session->deadline)
		allow(session, ms);
}

/* Its certificate is the largest that a server sends by then: where large packets get lost that is
 * what never comes, and nobody needs to wait for it as for a server that takes its time. */
static gboolean
may_stall(const RpSession *session)
{
	const RpDialogue *dialogue = &session->dialogue;

	return !session->plan.route.small_segments && session->over != RP_FAMILY_ANY &&
	       (dialogue->reply ? dialogue->stage == RP_STAGE_STARTTLS
				: rp_session_endpoint(session)->implicit_tls);
}

static guint
stage_ms(const RpSession *session, guint whole)
{
	guint handshake = session->times.handshake_ms;

	return handshake && may_stall(session) ? MIN(handshake, whole) : whole;
}

static guint
greeting_ms(const RpSession *session)
{
	gboolean last = session->endpoint + 1 >= session->plan.endpoints->len;
	/* One that waits for TLS itself says nothing, however long. */
	const RpUsualPort *mistaken =
		rp_port_mistaken(session->plan.pop ? "pop3" : "smtp", rp_session_endpoint(session));

	return last && !mistaken && !may_have_other_addresses(session)
		       ? session->times.greeting_ms
		       : session->times.greeting_next_ms;
}

/* Behind what is no greeting: a server that is there says its own soon. */
static guint
rest_ms(const RpSession *session)
{
	guint next = session->times.greeting_next_ms, whole = greeting_ms(session);

	return next && next < whole ? next : whole;
}

static void on_failed(const RpWireFailure *failure, gpointer user);

/* What was being waited for: behind the last whole reply, or the end of the one that had begun. */
static const char *
what_did_not_come(const RpDialogue *dialogue)
{
	if (dialogue->in_reply)
		return dialogue->stage == RP_STAGE_BANNER ? "its greeting came to no end"
							  : "its answer came to no end";
	if (!dialogue->reply)
		return "no greeting came";
	switch (dialogue->stage) {
	case RP_STAGE_BANNER:
		return "it greeted, but did not answer when we said who we are";
	case RP_STAGE_EHLO:
		return "it did not answer what came after we had said who we are";
	case RP_STAGE_STARTTLS:
		return "TLS came to no end";
	case RP_STAGE_CONNECT:
	case RP_STAGE_AUTH:
	case RP_STAGE_MAIL:
	case RP_STAGE_RCPT:
	case RP_STAGE_DATA:
	case RP_STAGE_CONTENT:
		break;
	}
	return "no answer came";
}

/* Of one that said something, and no greeting: whether it waits then or closes. */
static char *
strange_words(const RpSession *session, const RpWireFailure *failure)
{
	const RpDialogue *dialogue = &session->dialogue;

	if (!dialogue->strange || dialogue->reply)
		return NULL;
	if (dialogue->speaks && session->plan.pop)
		return g_strdup_printf("this is no POP3 server, it speaks %s: %s", dialogue->speaks,
			dialogue->strange);
	if (dialogue->speaks)
		return g_strdup_printf("this is no SMTP server, it speaks %s: %s", dialogue->speaks,
			dialogue->strange);
	if (failure->kind != RP_WIRE_BROKEN)
		return NULL;
	return g_strdup_printf(
		"it does not greet as an SMTP server does, but with: %s", dialogue->strange);
}

/* Nothing came that is a whole reply. */
static gboolean
on_deadline(gpointer user)
{
	RpSession *session = user;
	const RpDialogue *dialogue = &session->dialogue;
	RpStage stage = dialogue->reply || dialogue->in_reply ? dialogue->stage : RP_STAGE_BANNER;
	RpWireFailure failure = {.stage = stage, .kind = RP_WIRE_BROKEN};

	/* Connecting has its own time, which is shorter unless the whole has one. */
	failure.words = session->over == RP_FAMILY_ANY && !dialogue->reply
				? "Connection timed out"
				: what_did_not_come(dialogue);
	session->overdue = TRUE;
	session->report.stalled = may_stall(session);
	if (session->over != RP_FAMILY_ANY && !session->report.stalled)
		rp_session_note_silence(session);
	on_failed(&failure, session);
	return G_SOURCE_CONTINUE;
}

/* ---- what the wire says ---- */

static void
on_connected(gpointer user)
{
	RpSession *session = user;
	RpWireMeasure measure;
	rp_wire_measure(session->wire, &measure);
	session->heard_at = g_get_monotonic_time();
	session->rtt = measure.rtt;
	session->over = measure.family;
	session->report.reached = TRUE;
	if (!session->dialogue.reply)
		allow(session, stage_ms(session, greeting_ms(session)));
	if (session->reached)
		session->reached(session, session->user);
}

/* What EHLO and its answer take beside the round trip says how thin the line is. */
static void
note_ehlo(RpSession *session, RpStage stage, gsize size)
{
	RpSessionReport *report = &session->report;

	if (stage == RP_STAGE_BANNER) {
		session->greeted_at = g_get_monotonic_time();
		report->ehlo_octets = 0;
		report->ehlo_took = 0;
	} else if (stage == RP_STAGE_EHLO && session->greeted_at) {
		report->ehlo_octets += (guint)size;
		if (session->dialogue.in_reply)
			return;
		report->ehlo_took = MAX(g_get_monotonic_time() - session->greeted_at, 1);
		session->greeted_at = 0;
	}
}

static gboolean
on_line(RpStage stage, const char *text, gsize size, gboolean tls, gpointer user)
{
	RpSession *session = user;
	RpDialogue *dialogue = &session->dialogue;
	gboolean was_strange = dialogue->strange != NULL;
	gboolean go_on = rp_dialogue_line(dialogue, &session->plan, stage, text, size, tls);
	session->heard_at = g_get_monotonic_time();
	note_ehlo(session, stage, size);
	if (dialogue->reply && !dialogue->in_reply)
		allow(session, stage_ms(session, session->times.stage_ms));
	else if (dialogue->strange && !was_strange)
		allow(session, rest_ms(session));
	return go_on;
}

static gboolean
hung_up(const RpSession *session, const RpWireFailure *failure)
{
	const RpDialogue *dialogue = &session->dialogue;

	return failure->kind == RP_WIRE_BROKEN && !session->overdue && !dialogue->reply &&
	       !dialogue->in_reply && !dialogue->strange;
}

static void
on_failed(const RpWireFailure *failure, gpointer user)
{
	RpSession *session = user;
	RpDialogue *dialogue = &session->dialogue;
	RpSessionResult result =
		rp_session_verdict(&session->plan, rp_session_endpoint(session), dialogue, failure);
	gboolean silent = session->overdue && !dialogue->reply && !dialogue->in_reply;
	session->report.hung_up = hung_up(session, failure);
	/* It may be closed before there is news that it is connected. */
	session->report.reached |= failure->kind == RP_WIRE_BROKEN && !session->overdue;
	g_autofree char *strange = strange_words(session, failure);
	RpWireFailure told = *failure;
	if (strange)
		told.words = strange;
	rp_session_judge(session, result, &told);
	rp_session_drop_wire(session);
	if (try_other_family(session, silent, result))
		g_message("%s; trying it over %s", session->detail, rp_family_name(session->only));
	else if (try_next(session, result))
		g_message("%s; trying the next one", session->detail);
	else if (try_shunned(session, result))
		g_message("%s; trying those that were silent of late", session->detail);
	else {
		session->steps->connected(session);
		return;
	}
	rp_session_connect(session);
}

static void
on_up(gpointer user)
{
	RpSession *session = user;
	RpSessionReport *report = &session->report;
	RpWireTls tls = rp_session_plan_tls(&session->plan, rp_session_endpoint(session));
	rp_source_clear(&session->deadline);
	report->encrypted = session->dialogue.tls;
	report->verified = report->encrypted && tls.check_peer;
	rp_session_judge(session, RP_SESSION_OK, NULL);
	session->steps->connected(session);
}

static const RpWireEvents wire_events = {
	.connected = on_connected,
	.line = on_line,
	.failed = on_failed,
	.up = on_up,
};

/* ---- the way there ---- */

void
rp_session_connect(RpSession *session)
{
	RpSessionPlan *plan = &session->plan;
	const RpEndpoint *endpoint = rp_session_endpoint(session);
	RpWireTarget target = {
		.certificate = session->plan.certificate,
		.endpoint = endpoint,
		.pop = plan->pop,
		.route = plan->route,
		.tls = rp_session_plan_tls(plan, endpoint),
		.ehlo_name = plan->ehlo_name,
		.timeout_ms = session->times.connect_ms,
		.shunned = session->all ? NULL : plan->shunned,
	};
	if (session->only != RP_FAMILY_ANY)
		target.route.family = session->only;
	plan->host = endpoint->host;
	g_free(plan->expected_domain);
	plan->expected_domain = rp_greetings_find(plan->greetings, endpoint->host, endpoint->port);
	session->overdue = session->report.stalled = session->report.silent = FALSE;
	session->over = RP_FAMILY_ANY;
	rp_dialogue_reset(&session->dialogue);
	rp_session_enter(session, SESSION_CONNECTING, "next endpoint");
	session->deadline = rp_source_timer(on_deadline, session);
	/* A wire need not say when it is connected. */
	allow(session, session->times.connect_ms + session->times.greeting_ms);
	session->wire = rp_wire_open(session->wires, &target, &wire_events, session);
}
