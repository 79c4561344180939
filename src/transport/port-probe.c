/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <string.h>

/* Many networks let nothing out to port 25. When it does not answer, the ports for submission (RFC
 * 6409, RFC 8314) of the same host are asked, one after the other, over the same route, for a
 * greeting and an EHLO, and for TLS as the set wants it: nobody logs in, and nothing is sent. */

struct RpPortProbe {
	RpWires *wires;
	RpSession *failed; /* the owner's: what it is asked for */
	RpTransportTimes times;
	RpPortProbeDone done;
	gpointer user;
	GPtrArray *endpoints; /* of RpEndpoint */
	guint next;
	RpSession *session;
};

static gboolean
is_tried(const RpSessionPlan *plan, const RpEndpoint *endpoint)
{
	for (guint i = 0; i < plan->endpoints->len; i++) {
		const RpEndpoint *tried = plan->endpoints->pdata[i];

		if (tried->port == endpoint->port && g_str_equal(tried->host, endpoint->host))
			return TRUE;
	}
	return FALSE;
}

/* Takes the endpoint. */
static void
add_untried(GPtrArray *endpoints, const RpSessionPlan *plan, RpEndpoint *endpoint)
{
	if (is_tried(plan, endpoint))
		rp_endpoint_free(endpoint);
	else
		g_ptr_array_add(endpoints, endpoint);
}

static RpEndpoint *
other_port(const RpEndpoint *endpoint, guint16 port, gboolean implicit_tls)
{
	RpEndpoint *other = rp_endpoint_clone(endpoint);

	other->port = port;
	other->implicit_tls = implicit_tls;
	return other;
}

static GPtrArray *
others(const RpSessionPlan *plan, const RpTransportTimes *times)
{
	GPtrArray *endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)rp_endpoint_free);

	for (guint i = 0; i < plan->endpoints->len && !endpoints->len; i++) {
		const RpEndpoint *tried = plan->endpoints->pdata[i];

		if (tried->port != times->port_smtp)
			continue;
		add_untried(endpoints, plan, other_port(tried, times->port_submission, FALSE));
		add_untried(endpoints, plan, other_port(tried, times->port_submissions, TRUE));
	}
	return endpoints;
}

/* A set that logs in would do so over TLS that has proved itself, whatever its port 25 is like. */
static RpTls
probe_tls(const RpSessionPlan *plan, const RpEndpoint *endpoint)
{
	if (plan->user && (plan->tls != RP_TLS_OFF || endpoint->implicit_tls))
		return RP_TLS_REQUIRED;
	return plan->tls;
}

static void ask_next(RpPortProbe *probe);

/* As a client that has nothing to send. */
static void
say_quit(RpSession *session)
{
	gsize sent;

	rp_wire_write(rp_session_wire(session), (const guint8 *)"QUIT\r\n", 6, &sent);
	rp_session_free(session, TRUE);
}

static void
conclude(RpPortProbe *probe, const RpEndpoint *answers)
{
	gboolean v6 = strchr(answers->host, ':') != NULL;

	rp_session_conclude(probe->failed, rp_session_verdict_port(TRUE), NULL,
		g_strdup_printf("port %u of %s is blocked here, %u answers: "
				"smtp=smtp%s://%s%s%s:%u would go",
			probe->times.port_smtp, answers->host, answers->port,
			answers->implicit_tls ? "s" : "", v6 ? "[" : "", answers->host,
			v6 ? "]" : "", answers->port));
}

static void
on_asked(RpSession *session, gpointer user)
{
	RpPortProbe *probe = user;
	gboolean answers = rp_session_report(session)->result == RP_SESSION_OK;

	probe->session = NULL;
	if (answers) {
		say_quit(session);
		conclude(probe, probe->endpoints->pdata[probe->next]);
		probe->done(probe->user);
		return;
	}
	rp_session_free(session, FALSE);
	probe->next++;
	ask_next(probe);
}

static void
ask_next(RpPortProbe *probe)
{
	const RpSessionPlan *from = rp_session_plan(probe->failed);
	RpSessionPlan plan = {0};
	const RpEndpoint *endpoint;

	if (probe->next == probe->endpoints->len) {
		probe->done(probe->user);
		return;
	}
	endpoint = probe->endpoints->pdata[probe->next];
	plan.endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)rp_endpoint_free);
	g_ptr_array_add(plan.endpoints, rp_endpoint_clone(endpoint));
	plan.tls = probe_tls(from, endpoint);
	plan.ca_file = g_strdup(from->ca_file);
	plan.fingerprint = g_strdup(from->fingerprint);
	plan.ehlo_name = g_strdup(from->ehlo_name);
	plan.greetings = g_strdup(from->expected_domain); /* the host is the same */
	rp_session_plan_set_route(&plan, &from->route);
	probe->session = rp_session_new(probe->wires, &plan, &probe->times, on_asked, NULL, probe);
}

RpPortProbe *
rp_port_probe_start(RpWires *wires, RpSession *failed, const RpTransportTimes *times,
	RpPortProbeDone done, gpointer user)
{
	const RpSessionPlan *plan = rp_session_plan(failed);
	g_autoptr(GPtrArray) endpoints = NULL;
	RpPortProbe *probe;

	if (plan->pop || !times->probe_ms)
		return NULL;
	endpoints = others(plan, times);
	if (!endpoints->len)
		return NULL;
	probe = g_new0(RpPortProbe, 1);
	probe->wires = wires;
	probe->failed = failed;
	probe->times = *times;
	probe->times.connect_ms = times->probe_ms;
	probe->times.greeting_ms = probe->times.greeting_next_ms = probe->times.stage_ms = 0;
	probe->times.probe_ms = 0; /* it asks for no other ports itself */
	probe->done = done;
	probe->user = user;
	probe->endpoints = g_steal_pointer(&endpoints);
	ask_next(probe);
	return probe;
}

void
rp_port_probe_free(RpPortProbe *probe)
{
	if (!probe)
		return;
	rp_session_free(probe->session, FALSE);
	g_ptr_array_unref(probe->endpoints);
	g_free(probe);
}
