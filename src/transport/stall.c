/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

/* Whether larger packets get lost on the way (RFC 2923 section 2.1), or the line is only dead for a
 * while, which it will get over by itself. TCP sends the same octets again, and no acknowledgement
 * comes, in both. So a witness is asked, a connection to the same address by the same way: who
 * answers its SYN would have acknowledged what was sent again after that, had it come through. */

/* Retransmissions in a row, before it is asked: what is merely late is not among them. */
#define IN_VAIN_LEAST 3
/* And behind its answer; they are far apart by then. */
#define IN_VAIN_AFTER 1
#define WITNESS_MS (30 * 1000)

struct RpStall {
	RpWires *wires;
	const RpSession *session;
	RpEndpoint *endpoint;
	RpWire *witness; /* NULL: it is not asked */
	gboolean failed; /* it got no answer */
	gboolean answered;
	guint in_vain; /* when it answered */
	gboolean sure; /* since the look before */
};

/* ---- the witness ---- */

static void
on_connected(gpointer user)
{
	RpStall *stall = user;
	RpWireMeasure measure = {0};

	rp_wire_measure(rp_session_wire(stall->session), &measure);
	stall->answered = TRUE;
	stall->in_vain = measure.in_vain;
}

/* Nobody speaks to it. */
static gboolean
on_line(RpStage stage, const char *text, gsize size, gboolean tls, gpointer user)
{
	return FALSE;
}

static void
on_failed(const RpWireFailure *failure, gpointer user)
{
	((RpStall *)user)->failed = TRUE;
}

static void
on_up(gpointer user)
{
}

static void
forget(RpStall *stall)
{
	g_clear_pointer(&stall->endpoint, rp_endpoint_free);
	if (stall->witness)
		rp_wire_close(g_steal_pointer(&stall->witness), FALSE);
	stall->failed = stall->answered = stall->sure = FALSE;
}

static void
ask(RpStall *stall, const RpWireMeasure *measure)
{
	static const RpWireEvents events = {on_connected, on_line, on_failed, on_up};
	const RpSessionPlan *plan = rp_session_plan(stall->session);
	const RpSessionReport *report = rp_session_report(stall->session);
	RpWireTarget target = {
		.route = plan->route,
		.tls = {.mode = RP_TLS_OFF},
		.ehlo_name = plan->ehlo_name,
		.timeout_ms = WITNESS_MS,
	};

	forget(stall);
	stall->endpoint = g_new0(RpEndpoint, 1);
	stall->endpoint->host = measure->peer.family == RP_FAMILY_ANY
					? g_strdup(report->host)
					: rp_address_format(&measure->peer);
	stall->endpoint->port = report->port;
	target.endpoint = stall->endpoint;
	stall->witness = rp_wire_open(stall->wires, &target, &events, stall);
}

/* ---- what its owner calls ---- */

RpStall *
rp_stall_new(RpWires *wires, const RpSession *session)
{
	RpStall *stall = g_new0(RpStall, 1);

	stall->wires = wires;
	stall->session = session;
	return stall;
}

void
rp_stall_free(RpStall *stall)
{
	if (!stall)
		return;
	forget(stall);
	g_free(stall);
}

gboolean
rp_stall_look(RpStall *stall, const RpWireMeasure *measure)
{
	gboolean was_sure = stall->sure;

	g_debug("octets wait: sent again in vain %u times in a row; the server's address %s",
		measure->in_vain,
		stall->answered  ? "has answered"
		: stall->failed  ? "does not answer"
		: stall->witness ? "is asked"
				 : "is not asked");

	if (measure->in_vain < IN_VAIN_LEAST || measure->in_vain < stall->in_vain) {
		forget(stall);
		stall->in_vain = 0;
	} else if (!stall->witness || (stall->failed && !stall->answered)) {
		ask(stall, measure);
	} else if (stall->answered) {
		stall->sure = measure->in_vain >= stall->in_vain + IN_VAIN_AFTER;
	}
	return was_sure && stall->sure;
}
