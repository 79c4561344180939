/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/probe.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <gmodule.h>

/* Sessions that end when they are set up. */

typedef struct {
	RpProbeReport *report;
	RpDelivery *delivery; /* NULL: over, or it is a POP login */
	RpPopLogin *login;
	guint *n_left;
} Attempt;

static void
finish(Attempt *attempt, const RpSessionReport *report)
{
	attempt->report->result = report->result;
	attempt->report->detail =
		g_strdup(report->detail ? report->detail : rp_session_result_name(report->result));
	attempt->report->verified = report->verified;
	attempt->report->logged_in = report->logged_in;
	attempt->report->encrypted = report->encrypted;
	attempt->report->offers_login = (report->capabilities.can & RP_SMTP_CAN_AUTH) != 0;
	attempt->delivery = NULL;
	attempt->login = NULL;
	--*attempt->n_left;
}

static void
on_ready(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	rp_delivery_finish(delivery);
}

static void
on_want(RpDelivery *delivery, gpointer user)
{
}

static void
on_outcome(RpDelivery *delivery, const RpSmtpMessageResult *result, gpointer user)
{
}

static void
on_closed(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	finish(user, report);
}

static void
on_login(RpPopLogin *login, const RpSessionReport *report, gpointer user)
{
	finish(user, report);
}

static void
begin(Attempt *attempt, RpTransport *transport, const RpServerSet *set, gboolean pop)
{
	static const RpDeliveryCallbacks callbacks = {
		.ready = on_ready, .want = on_want, .outcome = on_outcome, .closed = on_closed};
	const RpRoute route = {.family = RP_FAMILY_ANY};

	if (pop)
		attempt->login =
			rp_transport_pop_login(transport, set, &route, NULL, on_login, attempt);
	else
		attempt->delivery =
			rp_delivery_start(transport, set, &route, NULL, &callbacks, attempt);
}

/* It took too long. */
static void
give_up(Attempt *attempt, guint seconds)
{
	if (!attempt->delivery && !attempt->login)
		return;
	if (attempt->delivery)
		rp_delivery_cancel(attempt->delivery);
	else
		rp_pop_login_cancel(attempt->login);
	attempt->report->result = RP_SESSION_UNREACHABLE;
	attempt->report->detail = g_strdup_printf(_("no answer within %u s"), seconds);
}

static gboolean
on_timeout(gpointer user)
{
	*(gboolean *)user = TRUE;
	return G_SOURCE_REMOVE;
}

static void
wait_for(GMainContext *context, const guint *n_left, guint seconds)
{
	GSource *timeout = g_timeout_source_new_seconds(seconds);
	gboolean over = FALSE;

	g_source_set_callback(timeout, on_timeout, &over, NULL);
	g_source_attach(timeout, context);
	while (*n_left > 0 && !over)
		g_main_context_iteration(context, TRUE);
	rp_source_clear(&timeout);
}

static void
run(RpTransport *transport, GMainContext *context, const RpServerSet *const *sets, guint n_sets,
	gboolean pop, guint seconds, RpProbeReport *reports)
{
	g_autofree Attempt *attempts = g_new0(Attempt, n_sets);
	guint n_left = n_sets;

	/* Before the time is up, so that the server is not blamed for the command. */
	rp_transport_limit_password_command(transport, seconds * 1000 * 3 / 4);
	for (guint i = 0; i < n_sets; i++) {
		attempts[i].report = &reports[i];
		attempts[i].n_left = &n_left;
		begin(&attempts[i], transport, sets[i], pop);
	}
	wait_for(context, &n_left, seconds);
	for (guint i = 0; i < n_sets; i++)
		give_up(&attempts[i], seconds);
}

G_MODULE_EXPORT void
rp_module_probe(const RpServerSet *const *sets, guint n_sets, gboolean pop, guint seconds,
	RpProbeReport *reports)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	g_autoptr(GError) error = NULL;
	RpTransport *transport;

	g_main_context_push_thread_default(context);
	transport = rp_transport_new(&error);
	for (guint i = 0; i < n_sets; i++)
		reports[i] = (RpProbeReport){.result = RP_SESSION_UNREACHABLE,
			.detail = error ? g_strdup(error->message) : NULL};
	if (transport)
		run(transport, context, sets, n_sets, pop, seconds, reports);
	rp_transport_free(transport);
	g_main_context_pop_thread_default(context);
}
