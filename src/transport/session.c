/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include "roampost/greeting.h"

#include <errno.h>
#include <string.h>

/* From a plan to a session that is up: the password, then a wire, endpoint by endpoint, then the
 * login. */

typedef enum {
	SESSION_PASSWORD,
	SESSION_CONNECTING,
	SESSION_LOGIN,
	SESSION_UP,
	SESSION_FAILED,
} SessionState;

struct RpSession {
	RpWires *wires;
	RpSessionPlan plan;
	RpTransportTimes times;
	RpSessionDone done;
	RpSessionDone reached;
	gpointer user;
	SessionState state;
	guint endpoint;
	RpFamily only;   /* of the endpoint's addresses; or any */
	RpFamily silent; /* the one over which it took the connection, and gave no greeting; or any
			  */
	RpFamily over;   /* that the wire is connected over; or any */
	gboolean overdue;
	gboolean waits;         /* it is nobody's, and has come as far as it may */
	gboolean tells_reached; /* its owner is to hear that an address has answered */
	RpPassword *password;   /* the command that is running */
	RpPasswordAsk *ask;     /* the keeper that was asked */
	gboolean renewed;       /* a refused token was changed for another one */
	char *secret;
	RpWire *wire;
	RpWireLogin *login;
	gint64 rtt;
	gint64 greeted_at; /* and its EHLO is not answered; 0: it did not greet, or it is */
	GSource *later;
	GSource *deadline; /* of the stage that the set-up is at */
	RpDialogue dialogue;
	RpSessionReport report;
	RpSmtpReply *reply; /* what report.reply points to */
	char *detail;
	char *banner_domain;
};

static void connect_endpoint(RpSession *session);
static void ask_keeper(RpSession *session, const char *refused);

static const RpEndpoint *
current_endpoint(const RpSession *session)
{
	return g_ptr_array_index(session->plan.endpoints, session->endpoint);
}

static void
enter_state(RpSession *session, SessionState state, const char *reason)
{
	static const char *const names[] = {"password", "connecting", "login", "up", "failed"};
	const RpEndpoint *endpoint = current_endpoint(session);
	g_debug("session %s:%u: %s -> %s (%s)", endpoint->host, endpoint->port,
		names[session->state], names[state], reason);
	session->state = state;
}

void
rp_session_conclude(RpSession *session, RpSessionResult result, const RpReply *reply, char *detail)
{
	RpSmtpReply *kept =
		reply ? rp_smtp_reply_new(reply->stage, reply->code, reply->text) : NULL;
	session->report.result = result;
	rp_smtp_reply_free(session->reply);
	session->reply = kept;
	session->report.reply = kept ? &kept->reply : NULL;
	g_free(session->detail);
	session->detail = detail;
	session->report.detail = detail;
}

void
rp_session_note_seen(RpSession *session, RpSeen pipelining, RpSeen chunking)
{
	session->report.pipelining = pipelining;
	session->report.chunking = chunking;
}

void
rp_session_note_silence(RpSession *session)
{
	session->report.silent = TRUE;
}

void
rp_session_note_limit(RpSession *session, guint limit)
{
	session->report.recipient_limit = limit;
}

const RpSessionPlan *
rp_session_plan(const RpSession *session)
{
	return &session->plan;
}

const RpSessionReport *
rp_session_report(const RpSession *session)
{
	return &session->report;
}

RpWire *
rp_session_wire(const RpSession *session)
{
	return session->wire;
}

gint64
rp_session_rtt(const RpSession *session)
{
	return session->rtt;
}

/* ---- the end of the set-up ---- */

/* `wire`: what it knows, or NULL. */
static void
fill_report(RpSession *session, const RpWireMeasure *wire)
{
	RpDialogue *dialogue = &session->dialogue;
	const RpEndpoint *endpoint = current_endpoint(session);
	RpSessionReport *report = &session->report;
	report->host = endpoint->host;
	report->port = endpoint->port;
	if (wire && wire->local.family != RP_FAMILY_ANY)
		report->local = wire->local;
	if (wire)
		report->certificate_end = wire->certificate_end;
	g_free(session->banner_domain);
	session->banner_domain = g_strdup(dialogue->banner_domain);
	report->banner_domain = session->banner_domain;
	report->capabilities = dialogue->capabilities;
	if (session->plan.chunking_off)
		report->capabilities.can &= ~(guint)RP_SMTP_CAN_CHUNKING;
	report->pop_can = dialogue->pop_can;
}

/* `failure` is NULL when the wire is up. */
static void
judge(RpSession *session, RpSessionResult result, const RpWireFailure *failure)
{
	RpWireMeasure measure;
	const RpSmtpReply *reply = session->dialogue.reply;
	rp_wire_measure(session->wire, &measure);
	if (measure.rtt)
		session->rtt = measure.rtt;
	fill_report(session, &measure);
	if (result == RP_SESSION_OK)
		rp_session_conclude(session, result, NULL, NULL);
	else
		rp_session_conclude(session, result, reply ? &reply->reply : NULL,
			rp_session_verdict_words(&session->plan, current_endpoint(session),
				&session->dialogue, result, failure));
}

static void
drop_wire(RpSession *session)
{
	rp_source_clear(&session->deadline);
	rp_wire_close(g_steal_pointer(&session->wire), TRUE);
}

/* What its server says meanwhile (that it is busy, that it waited for too long) is for nobody. */
static void
on_unasked(GIOCondition condition, gpointer user)
{
	RpSession *session = user;

	drop_wire(session);
	rp_session_conclude(session, RP_SESSION_LOST, NULL, NULL);
	enter_state(session, SESSION_FAILED, "its server spoke while nobody had it");
}

static void
wait_for_owner(RpSession *session)
{
	session->waits = TRUE;
	if (session->wire)
		rp_wire_watch(session->wire, G_IO_IN, on_unasked, session);
}

static void
finish(RpSession *session)
{
	gboolean up = session->report.result == RP_SESSION_OK;
	enter_state(session, up ? SESSION_UP : SESSION_FAILED,
		session->detail ? session->detail : "set up");
	g_clear_pointer(&session->secret, rp_secret_free);
	if (session->done)
		session->done(session, session->user);
	else
		wait_for_owner(session);
}

/* Only what says nothing of the server leads to the next one. */
static gboolean
try_next(RpSession *session, RpSessionResult result)
{
	if (result != RP_SESSION_UNREACHABLE && result != RP_SESSION_RESOLVE_FAILED)
		return FALSE;
	if (session->endpoint + 1 >= session->plan.endpoints->len)
		return FALSE;
	session->endpoint++;
	session->only = session->silent = RP_FAMILY_ANY;
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
	const RpEndpoint *endpoint = current_endpoint(session);
	RpAddress address;
	return route->family == RP_FAMILY_ANY && route->source.family == RP_FAMILY_ANY &&
	       session->silent == RP_FAMILY_ANY && !rp_address_parse(endpoint->host, &address);
}

static gboolean
try_other_family(RpSession *session, gboolean silent, RpSessionResult result)
{
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
	if (session->deadline)
		g_source_set_ready_time(session->deadline, g_get_monotonic_time() + wait);
}

static guint
greeting_ms(const RpSession *session)
{
	gboolean last = session->endpoint + 1 >= session->plan.endpoints->len;
	return last && !may_have_other_addresses(session) ? session->times.greeting_ms
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

	failure.words = what_did_not_come(dialogue);
	session->overdue = TRUE;
	on_failed(&failure, session);
	return G_SOURCE_CONTINUE;
}

/* ---- what the wire says ---- */

static void
on_connected(gpointer user)
{
	RpSession *session = user;
	RpWireMeasure measure;
	if (!session->dialogue.reply)
		allow(session, greeting_ms(session));
	rp_wire_measure(session->wire, &measure);
	session->rtt = measure.rtt;
	session->over = measure.family;
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
	note_ehlo(session, stage, size);
	if (dialogue->reply && !dialogue->in_reply)
		allow(session, session->times.stage_ms);
	else if (dialogue->strange && !was_strange)
		allow(session, rest_ms(session));
	return go_on;
}

/* A reset may be quicker than the news that there is a connection. */
static gboolean
hung_up(const RpSession *session, const RpWireFailure *failure)
{
	const RpDialogue *dialogue = &session->dialogue;
	gboolean connected = session->over != RP_FAMILY_ANY ||
			     (failure->words && strstr(failure->words, g_strerror(ECONNRESET)));

	return failure->kind == RP_WIRE_BROKEN && connected && !session->overdue &&
	       !dialogue->reply && !dialogue->in_reply && !dialogue->strange;
}

static void
on_failed(const RpWireFailure *failure, gpointer user)
{
	RpSession *session = user;
	RpDialogue *dialogue = &session->dialogue;
	RpSessionResult result =
		rp_session_verdict(&session->plan, current_endpoint(session), dialogue, failure);
	gboolean silent = session->overdue && !dialogue->reply && !dialogue->in_reply;
	session->report.hung_up = hung_up(session, failure);
	g_autofree char *strange = strange_words(session, failure);
	RpWireFailure told = *failure;
	if (strange)
		told.words = strange;
	judge(session, result, &told);
	drop_wire(session);
	if (try_other_family(session, silent, result))
		g_message("%s; trying it over %s", session->detail, rp_family_name(session->only));
	else if (try_next(session, result))
		g_message("%s; trying the next one", session->detail);
	else {
		finish(session);
		return;
	}
	connect_endpoint(session);
}

/* A token may have been taken back before its time: once, another one is fetched. */
static gboolean
renew_token(RpSession *session, RpSessionResult verdict)
{
	const RpPasswordWish *wish = session->plan.wish;
	g_autoptr(RpSecret) refused = g_steal_pointer(&session->secret);
	gboolean may_be_token =
		verdict == RP_SESSION_AUTH_FAILED || verdict == RP_SESSION_AUTH_UNCLEAR;

	if (!wish || wish->from != RP_PASSWORD_FROM_OAUTH || !may_be_token || session->renewed)
		return FALSE;
	session->renewed = TRUE;
	drop_wire(session);
	enter_state(session, SESSION_PASSWORD, "its token is refused: another one is fetched");
	ask_keeper(session, refused);
	return TRUE;
}

static void
on_login(const RpSaslResult *result, gpointer user)
{
	RpSession *session = user;
	RpSessionResult verdict = rp_session_verdict_login(result);
	session->login = NULL;
	if (renew_token(session, verdict))
		return;
	session->report.logged_in = verdict == RP_SESSION_OK;
	if (verdict != RP_SESSION_OK) {
		rp_session_conclude(session, verdict, result->reply,
			rp_session_login_words(current_endpoint(session), result));
		drop_wire(session);
	}
	finish(session);
}

/* A password is never sent where a token belongs, so that `auto` sends none: what is known to be
 * one goes by what the server has for it. */
static RpAuth
login_mechanism(const RpSession *session)
{
	const RpSessionPlan *plan = &session->plan;
	guint offered = session->dialogue.offer.mechanisms;

	if (plan->auth != RP_AUTH_AUTO || !plan->wish || plan->wish->from != RP_PASSWORD_FROM_OAUTH)
		return plan->auth;
	return (offered & (1U << RP_AUTH_OAUTHBEARER)) && !(offered & (1U << RP_AUTH_XOAUTH2))
		       ? RP_AUTH_OAUTHBEARER
		       : RP_AUTH_XOAUTH2;
}

static void
log_in(RpSession *session)
{
	const RpSessionPlan *plan = &session->plan;
	const RpEndpoint *endpoint = current_endpoint(session);
	RpSaslOptions options = {
		.pop = plan->pop,
		.verified = session->report.verified,
		.auth = login_mechanism(session),
		.offer = &session->dialogue.offer,
		.account = {.user = plan->user,
			.secret = session->secret,
			.host = endpoint->host,
			.port = endpoint->port,
			.context = plan->scram},
		.more = plan->scram ? rp_scram_mechanisms : NULL,
	};
	enter_state(session, SESSION_LOGIN, "connected");
	session->login = rp_wire_login_new(
		session->wire, &options, session->times.reply_percent, on_login, session);
	/* A token is needed once more where it is refused. */
	if (!plan->wish || plan->wish->from != RP_PASSWORD_FROM_OAUTH)
		g_clear_pointer(&session->secret, rp_secret_free);
}

static void
on_up(gpointer user)
{
	RpSession *session = user;
	RpSessionReport *report = &session->report;
	RpWireTls tls = rp_session_plan_tls(&session->plan, current_endpoint(session));
	rp_source_clear(&session->deadline);
	report->encrypted = session->dialogue.tls;
	report->verified = report->encrypted && tls.check_peer;
	judge(session, RP_SESSION_OK, NULL);
	/* A password goes to nobody who has not proved who he is before it is known where we are.
	 */
	if (session->plan.user && !session->done && !report->verified)
		wait_for_owner(session);
	else if (session->plan.user)
		log_in(session);
	else
		finish(session);
}

static const RpWireEvents wire_events = {
	.connected = on_connected,
	.line = on_line,
	.failed = on_failed,
	.up = on_up,
};

/* ---- the way there ---- */

static void
connect_endpoint(RpSession *session)
{
	RpSessionPlan *plan = &session->plan;
	const RpEndpoint *endpoint = current_endpoint(session);
	RpWireTarget target = {
		.certificate = session->plan.certificate,
		.endpoint = endpoint,
		.pop = plan->pop,
		.route = plan->route,
		.tls = rp_session_plan_tls(plan, endpoint),
		.ehlo_name = plan->ehlo_name,
		.timeout_ms = session->times.connect_ms,
	};
	if (session->only != RP_FAMILY_ANY)
		target.route.family = session->only;
	g_free(plan->expected_domain);
	plan->expected_domain = rp_greetings_find(plan->greetings, endpoint->host, endpoint->port);
	session->overdue = FALSE;
	session->over = RP_FAMILY_ANY;
	rp_dialogue_reset(&session->dialogue);
	enter_state(session, SESSION_CONNECTING, "next endpoint");
	session->deadline = rp_source_timer(on_deadline, session);
	/* A wire need not say when it is connected. */
	allow(session, session->times.connect_ms + session->times.greeting_ms);
	session->wire = rp_wire_open(session->wires, &target, &wire_events, session);
}

static void
lack_password(RpSession *session, RpPasswordResult result, const char *why)
{
	static const RpSessionResult results[] = {
		[RP_PASSWORD_GIVEN] = RP_SESSION_OK,
		[RP_PASSWORD_LACKING] = RP_SESSION_CREDENTIALS_UNAVAILABLE,
		[RP_PASSWORD_LOCKED] = RP_SESSION_KEYRING_LOCKED,
		[RP_PASSWORD_LATER] = RP_SESSION_AUTH_TEMPORARY,
	};

	fill_report(session, NULL);
	rp_session_conclude(session, results[result], NULL, g_strdup(why));
}

static void
on_password(RpPasswordResult result, const char *secret, const char *why, gpointer user)
{
	RpSession *session = user;
	session->password = NULL;
	session->ask = NULL;
	if (secret) {
		session->secret = rp_secret_dup(secret);
		connect_endpoint(session);
		return;
	}
	lack_password(session, result, why);
	finish(session);
}

static void
ask_keeper(RpSession *session, const char *refused)
{
	const RpPasswords *passwords = session->plan.passwords;

	session->ask = passwords->ask(
		passwords->keeper, session->plan.wish, refused, on_password, session);
}

static gboolean
on_later(gpointer user)
{
	RpSession *session = user;
	rp_source_clear(&session->later);
	finish(session);
	return G_SOURCE_REMOVE;
}

static gboolean
needs_secret(const RpSessionPlan *plan)
{
	return plan->user && plan->auth != RP_AUTH_EXTERNAL;
}

static void
begin(RpSession *session)
{
	const RpSessionPlan *plan = &session->plan;
	if (needs_secret(plan) && !plan->password && plan->password_command) {
		session->password = rp_password_run(
			plan->password_command, session->times.password_ms, on_password, session);
		return;
	}
	if (needs_secret(plan) && plan->wish && plan->passwords) {
		ask_keeper(session, NULL);
		return;
	}
	if (needs_secret(plan) && !plan->password) {
		lack_password(session, RP_PASSWORD_LACKING, "the password is not configured");
		session->later = rp_source_soon(on_later, session);
		return;
	}
	session->secret = rp_secret_dup(plan->password);
	connect_endpoint(session);
}

RpSession *
rp_session_new(RpWires *wires, RpSessionPlan *plan, const RpTransportTimes *times,
	RpSessionDone done, RpSessionDone reached, gpointer user)
{
	RpSession *session = g_new0(RpSession, 1);
	session->reached = reached;
	session->wires = wires;
	session->plan = *plan;
	memset(plan, 0, sizeof *plan);
	session->times = *times;
	session->done = done;
	session->user = user;
	rp_dialogue_reset(&session->dialogue);
	begin(session);
	return session;
}

/* ---- one that was prepared ---- */

gboolean
rp_session_is_promising(const RpSession *session)
{
	return session->state != SESSION_FAILED;
}

/* The owner may free it in either call. */
static gboolean
on_taken(gpointer user)
{
	RpSession *session = user;

	if (session->tells_reached) {
		session->tells_reached = FALSE;
		session->reached(session, session->user);
		return G_SOURCE_CONTINUE;
	}
	rp_source_clear(&session->later);
	if (!session->waits)
		return G_SOURCE_REMOVE;
	session->waits = FALSE;
	if (session->state == SESSION_CONNECTING)
		log_in(session);
	else
		session->done(session, session->user);
	return G_SOURCE_REMOVE;
}

void
rp_session_take(RpSession *session, RpSessionDone done, RpSessionDone reached, gpointer user)
{
	session->done = done;
	session->reached = reached;
	session->user = user;
	session->tells_reached = reached && session->over != RP_FAMILY_ANY;
	if (session->waits && session->wire)
		rp_wire_watch(session->wire, 0, NULL, NULL);
	if (session->waits || session->tells_reached)
		session->later = rp_source_soon(on_taken, session);
}

void
rp_session_free(RpSession *session, gboolean orderly)
{
	if (!session)
		return;
	rp_wire_login_free(session->login);
	rp_wire_close(session->wire, orderly);
	rp_source_clear(&session->later);
	rp_source_clear(&session->deadline);
	rp_password_cancel(session->password);
	if (session->ask)
		session->plan.passwords->cancel(session->ask);
	rp_session_plan_clear(&session->plan);
	rp_secret_free(session->secret);
	rp_dialogue_clear(&session->dialogue);
	rp_smtp_reply_free(session->reply);
	g_free(session->detail);
	g_free(session->banner_domain);
	g_free(session);
}
