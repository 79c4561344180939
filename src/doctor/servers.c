/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server-remedies.h"

#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/password-keeper.h"
#include "roampost/policy.h"
#include "roampost/ports.h"
#include "roampost/queue-records.h"
#include "roampost/transport.h"
#include "roampost/words.h"

#include <string.h>

/* Each server set's servers, from here: name, TLS, certificate and log-in, all sets at once, by the
 * sessions that the agent would make; no mail is sent or fetched. */

#define PATIENCE_SECONDS 20
/* Of them a password command gets. */
#define PASSWORD_SECONDS 10
/* Before that a certificate's end is near. */
#define NEAR_DAYS 14
/* Of the visit to a POP server, for a look at who answers beside it. */
#define LOOK_SECONDS 12

typedef struct Visits Visits;

/* One server of a set. */
typedef struct {
	Visits *visits;
	RpDoctorServer server;
	gboolean told;
	RpDelivery *delivery; /* while it goes on */
	RpPopLogin *login;
} Visit;

struct Visits {
	RpDoctor *doctor;
	RpTransport *transport;
	GMainLoop *loop;
	GPtrArray *facts; /* of RpSetFact: what the agent has written down; NULL: nothing */
	guint under_way;
};

/* ---- what is told ---- */

static char *
day_of(gint64 seconds)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(seconds);

	return time ? g_date_time_format(time, "%F") : g_strdup("?");
}

/* Takes the words. */
static char *
with_certificate(char *answers, gint64 end, gint64 left)
{
	g_autofree char *told = answers;
	g_autofree char *day = day_of(end);
	guint days = (guint)(MAX(left, 0) / 86400);

	if (!end)
		return g_steal_pointer(&told);
	if (left >= NEAR_DAYS * 86400)
		return g_strdup_printf(_("%s, certificate until %s"), told, day);
	return g_strdup_printf(
		rp_text_n("%1$s, certificate until %2$s: it ends in less than %3$u day",
			"%1$s, certificate until %2$s: it ends in less than %3$u days", days + 1),
		told, day, days + 1);
}

static void
tell_good(const Visit *visit, const RpSessionReport *report)
{
	gint64 left = report->certificate_end - g_get_real_time() / G_USEC_PER_SEC;
	gboolean near = report->certificate_end != 0 && left < NEAR_DAYS * 86400;
	char *answers =
		g_strdup_printf(!report->encrypted ? _("%s:%u answers, without TLS")
				: report->verified ? _("%s:%u answers, TLS")
						   : _("%s:%u answers, TLS that proves nothing"),
			report->host, report->port);
	g_autofree char *until = with_certificate(answers, report->certificate_end, left);
	g_autofree char *text = report->logged_in ? g_strdup_printf(_("%s, logged in"), until)
						  : g_steal_pointer(&until);

	rp_doctor_find(visit->visits->doctor, near ? RP_HEALTH_WARNING : RP_HEALTH_GOOD,
		visit->server.set->name, near ? rp_doctor_show_end(&visit->server, report) : NULL,
		"%s", text);
}

/* A set that works inside alone is not expected to answer outside. */
static gboolean
is_outside(const Visit *visit)
{
	const RpDoctor *doctor = visit->visits->doctor;
	gint provider = visit->server.set->provider
				? rp_catalogue_find_provider(rp_config_catalogue(doctor->config),
					  visit->server.set->provider)
				: -1;

	return provider >= 0 && !rp_doctor_is_inside(doctor, (guint)provider);
}

/* Most of what a session ends with names the server itself. */
static char *
what_happened(const RpSessionReport *report)
{
	g_autofree char *detail = rp_words_shown(
		report->detail ? report->detail : rp_session_result_name(report->result));
	g_autofree char *server = g_strdup_printf("%s:%u", report->host, report->port);

	return g_str_has_prefix(detail, server) ? g_steal_pointer(&detail)
						: g_strdup_printf("%s: %s", server, detail);
}

/* Its password would have gone in clear to whoever answers here: the SMTP server beside it, which
 * tells who that is, has a line of its own. */
static void
tell_no_login(const Visit *visit, const RpSessionReport *report, const char *detail)
{
	const RpEndpoint *pop = visit->server.set->pop;

	rp_doctor_find(visit->visits->doctor, RP_HEALTH_BAD, visit->server.set->name,
		rp_doctor_server_remedy(&visit->server, report),
		_("%s:%u is given no password, which would go without encryption: %s"), pop->host,
		pop->port, detail);
}

static void
tell(const Visit *visit, const RpSessionReport *report)
{
	RpHealth health = rp_doctor_server_health(report->result);
	g_autofree char *detail = what_happened(report);
	gboolean outside = report->result == RP_SESSION_UNREACHABLE && is_outside(visit);

	if (report->result == RP_SESSION_OK) {
		tell_good(visit, report);
		return;
	}
	if (report->by_look) {
		tell_no_login(visit, report, detail);
		return;
	}
	if (outside)
		health = RP_HEALTH_WARNING;
	rp_doctor_find(visit->visits->doctor, health, visit->server.set->name,
		rp_doctor_server_remedy(&visit->server, report),
		outside ? _("%s; this place is not inside its provider") : "%s", detail);
}

/* ---- the visits ---- */

static void
leave(Visit *visit)
{
	Visits *visits = visit->visits;

	visit->delivery = NULL;
	visit->login = NULL;
	if (--visits->under_way == 0)
		g_main_loop_quit(visits->loop);
}

static void
on_ready(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	Visit *visit = user;

	visit->told = TRUE;
	tell(visit, report);
}

static void
on_want(RpDelivery *delivery, gpointer user)
{
	rp_delivery_finish(delivery);
}

static void
on_outcome(RpDelivery *delivery, const RpSmtpMessageResult *result, gpointer user)
{
}

static void
on_closed(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	const Visit *visit = user;

	if (!visit->told)
		tell(visit, report);
	leave(user);
}

static void
on_login(RpPopLogin *login, const RpSessionReport *report, gpointer user)
{
	tell(user, report);
	leave(user);
}

/* How its servers greeted the agent. */
static const char *
fact_of(const Visit *visit, const char *name)
{
	const GPtrArray *facts = visit->visits->facts;

	for (guint i = 0; facts && i < facts->len; i++) {
		const RpSetFact *fact = facts->pdata[i];

		if (g_str_equal(fact->set, visit->server.set->name) &&
			g_str_equal(fact->name, name))
			return fact->value;
	}
	return NULL;
}

static void
begin(Visit *visit)
{
	static const RpDeliveryCallbacks callbacks = {
		.ready = on_ready, .want = on_want, .outcome = on_outcome, .closed = on_closed};
	const RpRoute anywhere = {0};
	const char *greetings = fact_of(visit, RP_FACT_GREETINGS);
	const RpDeliveryOptions options = {.certificate = TRUE, .greetings = greetings};
	const RpPopLoginOptions login = {
		.greetings = fact_of(visit, RP_FACT_POP_GREETINGS),
		.smtp_greetings = greetings ? greetings : "",
	};
	RpTransport *transport = visit->visits->transport;

	visit->visits->under_way++;
	if (visit->server.pop)
		visit->login = rp_transport_pop_login(
			transport, visit->server.set, &anywhere, &login, on_login, visit);
	else
		visit->delivery = rp_delivery_start(
			transport, visit->server.set, &anywhere, &options, &callbacks, visit);
}

/* That the place has no way out is said already, once for all that are elsewhere. */
static gboolean
is_shut_off(const RpDoctor *doctor, const Visit *visit)
{
	return doctor->shut &&
	       !rp_host_is_loopback(rp_doctor_server_endpoint(&visit->server)->host);
}

static GPtrArray *
plan_visits(Visits *visits)
{
	const RpCatalogue *catalogue = rp_config_catalogue(visits->doctor->config);
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < 2 * rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(catalogue, i / 2);
		Visit *visit = g_new0(Visit, 1);
		*visit = (Visit){.visits = visits, .server = {visits->doctor, set, i % 2 == 1}};
		if ((visit->server.pop && !set->pop) || is_shut_off(visits->doctor, visit))
			g_free(visit);
		else
			g_ptr_array_add(all, visit);
	}
	return all;
}

/* A server that waits for TLS says nothing before. */
static void
tell_silent(const Visit *visit)
{
	RpDoctor *doctor = visit->visits->doctor;
	const RpEndpoint *endpoint = rp_doctor_server_endpoint(&visit->server);
	const char *scheme = rp_doctor_server_key(&visit->server, "smtp", "pop3");
	const RpUsualPort *port = rp_port_usual(scheme, endpoint);
	gboolean with_tls = port && port->implicit_tls && !endpoint->implicit_tls;
	g_autofree char *host = rp_doctor_quote(endpoint->host);
	g_autofree char *url = rp_port_url(scheme, TRUE, endpoint->host, endpoint->port);
	char *remedy = with_tls ? rp_doctor_change_scheme(&visit->server, endpoint) : NULL;

	if (!remedy)
		remedy = g_strdup_printf(
			"curl --max-time 60 -sv telnet://%s:%u </dev/null", host, endpoint->port);
	if (!port && !endpoint->implicit_tls)
		rp_doctor_find(doctor, RP_HEALTH_BAD, visit->server.set->name, remedy,
			_("%1$s:%2$u gave no answer within %3$d seconds; if the port begins with "
			  "TLS, write %4$s=%5$s"),
			endpoint->host, endpoint->port, PATIENCE_SECONDS,
			rp_doctor_server_key(&visit->server, "smtp", "pop"), url);
	else if (with_tls)
		rp_doctor_find(doctor, RP_HEALTH_BAD, visit->server.set->name, remedy,
			_("%1$s:%2$u gave no answer within %3$d seconds; the port begins with TLS: "
			  "write %4$s=%5$s"),
			endpoint->host, endpoint->port, PATIENCE_SECONDS,
			rp_doctor_server_key(&visit->server, "smtp", "pop"), url);
	else
		rp_doctor_find(doctor, RP_HEALTH_BAD, visit->server.set->name, remedy,
			_("%s:%u gave no answer within %d seconds"), endpoint->host, endpoint->port,
			PATIENCE_SECONDS);
}

static void
give_up(Visit *visit)
{
	if (!visit->delivery && !visit->login)
		return;
	tell_silent(visit);
	if (visit->delivery)
		rp_delivery_cancel(visit->delivery);
	if (visit->login)
		rp_pop_login_cancel(visit->login);
}

static gboolean
on_late(gpointer user)
{
	g_main_loop_quit(user);
	return G_SOURCE_CONTINUE;
}

static void
visit_all(Visits *visits, GPtrArray *all)
{
	guint late = g_timeout_add_seconds(PATIENCE_SECONDS, on_late, visits->loop);

	g_ptr_array_foreach(all, (GFunc)begin, NULL);
	g_main_loop_run(visits->loop);
	g_source_remove(late);
	g_ptr_array_foreach(all, (GFunc)give_up, NULL);
}

/* Whether it can be read is said by another check. */
static GPtrArray *
load_facts(const RpDoctor *doctor)
{
	g_autoptr(RpQueue) queue =
		doctor->state_dir ? rp_queue_open(doctor->state_dir, RP_QUEUE_READER, NULL) : NULL;

	return queue ? rp_queue_load_set_facts(queue, NULL) : NULL;
}

void
rp_doctor_look_at_servers(RpDoctor *doctor)
{
	g_autoptr(GError) error = NULL;
	Visits visits = {.doctor = doctor, .loop = g_main_loop_new(NULL, FALSE)};

	if (!doctor->config)
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, g_strdup("roampost config check"),
			_("they can't be looked at until the configuration is without errors"));
	else if (rp_catalogue_n_sets(rp_config_catalogue(doctor->config)) == 0)
		rp_doctor_good(doctor, _("none is configured"));
	else if (!(visits.transport = rp_transport_new(&error)))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, NULL, "%s", error->message);
	if (visits.transport) {
		g_autoptr(GPtrArray) all = plan_visits(&visits);
		g_autoptr(RpPasswordKeeper) keeper =
			rp_password_keeper_new_to_look(doctor->state_dir ? doctor->state_dir : "");
		rp_secret_guard_process();
		rp_transport_set_passwords(visits.transport, rp_password_keeper_passwords(keeper));
		rp_transport_limit_password_command(visits.transport, PASSWORD_SECONDS * 1000);
		rp_transport_limit_pop_look(visits.transport, LOOK_SECONDS * 1000);
		visits.facts = load_facts(doctor);
		if (all->len > 0)
			visit_all(&visits, all);
		else
			rp_doctor_good(doctor, _("not looked at: no mail can go from this place"));
		rp_transport_free(visits.transport);
		g_clear_pointer(&visits.facts, g_ptr_array_unref);
	}
	g_main_loop_unref(visits.loop);
}
