/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include "roampost/greeting.h"

/* Before a POP login whose password could go to whoever answers: where the POP server proves
 * nothing, by TLS or by a name, the SMTP server beside it may. A portal answers for both. */

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

RpSession *
rp_pop_look_new(RpWiredTransport *transport, const RpServerSet *set, const RpSessionPlan *pop,
	const RpPopLoginOptions *options, RpSessionDone done, gpointer user)
{
	RpSessionPlan plan = {0};

	if (!options || !options->smtp_greetings || !proves_nothing(pop))
		return NULL;
	fill(&plan, transport, set, &pop->route, options->smtp_greetings);
	if (rp_session_plan_verifies(&plan) ||
		rp_greetings_know_any(options->smtp_greetings, set->smtp))
		return rp_session_new(transport->wires, &plan, &transport->times, done, NULL, user);
	rp_session_plan_clear(&plan);
	return NULL;
}

gboolean
rp_pop_look_forbids(const RpSession *look, gboolean for_smtp)
{
	const RpSessionReport *report = rp_session_report(look);

	switch (report->result) {
	case RP_SESSION_INTERCEPTED:
	case RP_SESSION_TLS_UNAVAILABLE:
	case RP_SESSION_PROTOCOL_ERROR:
		return TRUE;
	/* Some close at once, or refuse, until they know of a login. */
	case RP_SESSION_UNREACHABLE:
		return for_smtp && !report->hung_up;
	case RP_SESSION_RESOLVE_FAILED:
	case RP_SESSION_PORT_BLOCKED:
	case RP_SESSION_BIND_FAILED:
	case RP_SESSION_LOST:
		return for_smtp;
	case RP_SESSION_OK:
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
		return FALSE;
	}
	return TRUE;
}

/* QUIT is a courtesy; nobody waits for its answer. */
void
rp_pop_look_leave(RpSession *look)
{
	static const char quit[] = "QUIT\r\n";
	RpWire *wire =
		rp_session_report(look)->result == RP_SESSION_OK ? rp_session_wire(look) : NULL;
	gsize taken;

	if (wire)
		rp_wire_write(wire, (const guint8 *)quit, sizeof quit - 1, &taken);
	rp_session_free(look, TRUE);
}
