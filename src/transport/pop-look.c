/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include "roampost/greeting.h"

/* Before a POP login whose password could go to whoever answers: where the POP server proves
 * nothing, by TLS or by a name, the SMTP server beside it may. A portal answers for both. What is
 * looked for is a proof: whoever refuses, closes or says nothing has given none. */

/* So long nobody who could not be made sure of is asked again. */
#define DOUBTED (5 * G_TIME_SPAN_MINUTE)

struct RpPopLook {
	RpWiredTransport *transport;
	RpSession *session; /* NULL: it was looked of late */
	RpSessionReport report;
	char *key; /* of its doubt */
	char *detail;
	RpEndpoint *endpoint; /* where there is no session; else NULL */
	gboolean for_smtp;
	gboolean may_log_in;
	GSource *later;
	RpPopLookDone done;
	gpointer user;
};

typedef struct {
	gint64 until; /* monotonic */
	char *detail;
} Doubt;

/* ---- whether there is something to look at ---- */

static gboolean
proves_nothing(const RpSessionPlan *pop)
{
	const RpEndpoint *endpoint = pop->endpoints->pdata[0];
	g_autofree char *name = rp_greetings_find(pop->greetings, endpoint->host, endpoint->port);

	return !name && !endpoint->implicit_tls && !rp_session_plan_verifies(pop);
}

/* Without its login; what that would have had TLS prove is still proved. */
static void
fill(RpSessionPlan *plan, const RpWiredTransport *transport, const RpServerSet *set,
	const RpRoute *route, const char *greetings)
{
	RpDeliveryOptions options = {.greetings = greetings};

	rp_session_plan_fill_smtp(plan, transport, set, route, &options);
	if (rp_session_plan_verifies(plan))
		plan->tls = RP_TLS_REQUIRED;
	g_clear_pointer(&plan->user, g_free);
	g_clear_pointer(&plan->password, rp_secret_free);
	g_clear_pointer(&plan->password_command, g_free);
	g_clear_pointer(&plan->wish, rp_password_wish_free);
}

static gboolean
knows_any(const RpSessionPlan *plan)
{
	for (guint i = 0; i < plan->endpoints->len; i++) {
		const RpEndpoint *endpoint = plan->endpoints->pdata[i];
		g_autofree char *name =
			rp_greetings_find(plan->greetings, endpoint->host, endpoint->port);

		if (name)
			return TRUE;
	}
	return FALSE;
}

/* ---- what was found of late ---- */

static void
doubt_free(gpointer data)
{
	Doubt *doubt = data;

	g_free(doubt->detail);
	g_free(doubt);
}

GHashTable *
rp_pop_doubts_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, doubt_free);
}

static void
note_doubt(RpWiredTransport *transport, const char *key, const char *detail)
{
	Doubt *doubt = g_new0(Doubt, 1);

	doubt->until = g_get_monotonic_time() + DOUBTED;
	doubt->detail = g_strdup(detail);
	g_hash_table_insert(transport->doubts, g_strdup(key), doubt);
}

/* ---- what it comes to ---- */

typedef enum {
	PROVEN,        /* or there was never anything to go by, and nobody answers */
	AS_SAID,       /* what the session ended with is why not */
	SOMEBODY_ELSE, /* it refuses under another name */
	UNPROVEN,
} Verdict;

static gboolean
refused_by_greeting(const RpSessionReport *report)
{
	return report->reply && report->reply->stage == RP_STAGE_BANNER &&
	       report->reply->code >= 400;
}

/* In whose name it greeted, be it with a refusal: some refuse until they know of a login. */
static char *
greeted_as(const RpSessionReport *report)
{
	return refused_by_greeting(report) ? rp_reply_banner_domain(report->reply->text)
					   : g_strdup(report->banner_domain);
}

static gboolean
is_out_of_reach(const RpSessionReport *report)
{
	return report->result == RP_SESSION_RESOLVE_FAILED ||
	       report->result == RP_SESSION_PORT_BLOCKED ||
	       (report->result == RP_SESSION_UNREACHABLE && !report->reply && !report->hung_up &&
		       !report->reached && report->local.family == RP_FAMILY_ANY);
}

static Verdict
judge_failure(const RpPopLook *look)
{
	const RpSessionReport *report = &look->report;
	const RpSessionPlan *plan = rp_session_plan(look->session);
	g_autofree char *name = greeted_as(report);

	if (name && plan->expected_domain) {
		if (g_ascii_strcasecmp(name, plan->expected_domain) != 0)
			return SOMEBODY_ELSE;
		if (refused_by_greeting(report) || !rp_session_plan_verifies(plan))
			return PROVEN;
	}
	if (!is_out_of_reach(report))
		return UNPROVEN;
	if (look->for_smtp)
		return AS_SAID;
	return knows_any(plan) ? UNPROVEN : PROVEN;
}

static Verdict
judge(const RpPopLook *look)
{
	const RpSessionReport *report = &look->report;

	switch (report->result) {
	case RP_SESSION_OK:
		return report->verified || rp_session_plan(look->session)->expected_domain
			       ? PROVEN
			       : UNPROVEN;
	case RP_SESSION_INTERCEPTED:
	case RP_SESSION_TLS_UNAVAILABLE:
	case RP_SESSION_BIND_FAILED:
		return AS_SAID;
	case RP_SESSION_RESOLVE_FAILED:
	case RP_SESSION_UNREACHABLE:
	case RP_SESSION_PORT_BLOCKED:
	case RP_SESSION_AUTH_FAILED:
	case RP_SESSION_AUTH_TEMPORARY:
	case RP_SESSION_AUTH_UNCLEAR:
	case RP_SESSION_AUTH_MISSING:
	case RP_SESSION_CREDENTIALS_UNAVAILABLE:
	case RP_SESSION_KEYRING_LOCKED:
	case RP_SESSION_REFUSED:
	case RP_SESSION_REJECTED:
	case RP_SESSION_TRY_LATER:
	case RP_SESSION_LIMIT:
	case RP_SESSION_POP_FIRST:
	case RP_SESSION_LOST:
	case RP_SESSION_PROTOCOL_ERROR:
	case RP_SESSION_UNPROVEN:
		return judge_failure(look);
	}
	return UNPROVEN;
}

/* core/policy-text.c knows these words. */
static char *
doubt_words(const RpSessionReport *report)
{
	g_autofree char *own =
		g_strdup_printf("%s:%u has told no name that is known", report->host, report->port);

	return g_strdup_printf("who answers here could not be made sure of: %s",
		report->detail ? report->detail : own);
}

/* What is told in place of how the session ended. */
static void
conclude(RpPopLook *look, RpSessionResult result, char *detail)
{
	g_free(look->detail);
	look->detail = detail;
	look->report.result = result;
	look->report.detail = detail;
}

static void
tell_somebody_else(RpPopLook *look)
{
	const RpSessionReport *report = &look->report;

	conclude(look, RP_SESSION_INTERCEPTED,
		rp_session_foreign_words(rp_session_plan(look->session), report->host, report->port,
			report->reply ? report->reply->text : ""));
}

static void
act(RpPopLook *look)
{
	switch (judge(look)) {
	case PROVEN:
		look->may_log_in = TRUE;
		break;
	case AS_SAID:
		break;
	case SOMEBODY_ELSE:
		tell_somebody_else(look);
		break;
	case UNPROVEN:
		conclude(look, RP_SESSION_UNPROVEN, doubt_words(&look->report));
		note_doubt(look->transport, look->key, look->detail);
		break;
	}
}

static void
on_session(RpSession *session, gpointer user)
{
	RpPopLook *look = user;

	look->report = *rp_session_report(session);
	look->report.by_look = TRUE;
	act(look);
	look->done(look, look->user);
}

/* ---- what was found of late is what is found now ---- */

/* Of this configuration, by this way, with what is known now. */
static char *
key_of(const RpServerSet *set, const RpSessionPlan *plan)
{
	return g_strjoin("\n", set->name, set->revision ? set->revision : "",
		plan->interface ? plan->interface : "", plan->greetings ? plan->greetings : "",
		NULL);
}

static gboolean
on_later(gpointer user)
{
	RpPopLook *look = user;

	rp_source_clear(&look->later);
	look->done(look, look->user);
	return G_SOURCE_REMOVE;
}

/* FALSE: it has to be looked. */
static gboolean
remembers(RpPopLook *look, const RpSessionPlan *plan)
{
	const Doubt *doubt = g_hash_table_lookup(look->transport->doubts, look->key);
	const RpEndpoint *endpoint = plan->endpoints->pdata[0];

	if (!doubt || doubt->until <= g_get_monotonic_time())
		return FALSE;
	look->endpoint = rp_endpoint_clone(endpoint);
	look->report.host = look->endpoint->host;
	look->report.port = look->endpoint->port;
	look->report.by_look = TRUE;
	conclude(look, RP_SESSION_UNPROVEN, g_strdup(doubt->detail));
	look->later = rp_source_soon(on_later, look);
	return TRUE;
}

/* ---- operations ---- */

RpPopLook *
rp_pop_look_new(RpWiredTransport *transport, const RpServerSet *set, const RpSessionPlan *pop,
	const RpPopLoginOptions *options, RpPopLookDone done, gpointer user)
{
	RpSessionPlan plan = {0};

	if (!options || !options->smtp_greetings || !proves_nothing(pop))
		return NULL;
	fill(&plan, transport, set, &pop->route, options->smtp_greetings);
	if (!rp_session_plan_verifies(&plan) && !knows_any(&plan)) {
		rp_session_plan_clear(&plan);
		return NULL;
	}
	RpPopLook *look = g_new0(RpPopLook, 1);
	look->transport = transport;
	look->for_smtp = options->for_smtp;
	look->done = done;
	look->user = user;
	look->key = key_of(set, &plan);
	if (!remembers(look, &plan)) {
		look->session = rp_session_new(
			transport->wires, &plan, &transport->times, on_session, NULL, look);
		rp_session_limit(look->session, transport->times.look_ms);
	}
	rp_session_plan_clear(&plan);
	return look;
}

const RpSessionReport *
rp_pop_look_report(const RpPopLook *look)
{
	return look->may_log_in ? NULL : &look->report;
}

/* QUIT is a courtesy; nobody waits for its answer. */
void
rp_pop_look_free(RpPopLook *look)
{
	static const char quit[] = "QUIT\r\n";
	RpWire *wire = look && look->session ? rp_session_wire(look->session) : NULL;
	gsize taken;

	if (!look)
		return;
	if (wire && rp_session_report(look->session)->result == RP_SESSION_OK &&
		look->report.by_look)
		rp_wire_write(wire, (const guint8 *)quit, sizeof quit - 1, &taken);
	rp_session_free(look->session, look->report.by_look);
	rp_source_clear(&look->later);
	rp_endpoint_free(look->endpoint);
	g_free(look->key);
	g_free(look->detail);
	g_free(look);
}
