/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-private.h"

#include <string.h>

/* From a plan to a session that is up: the password, then a wire, then the login; and one that is
 * begun before anybody has mail for it. */

/* ---- its end ---- */

/* What its server says meanwhile (that it is busy, that it waited for too long) is for nobody. */
static void
on_unasked(GIOCondition condition, gpointer user)
{
	RpSession *session = user;

	rp_session_drop_wire(session);
	rp_session_conclude(session, RP_SESSION_LOST, NULL, NULL);
	rp_session_enter(session, SESSION_FAILED, "its server spoke while nobody had it");
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
	rp_session_enter(session, up ? SESSION_UP : SESSION_FAILED,
		session->detail ? session->detail : "set up");
	g_clear_pointer(&session->secret, rp_secret_free);
	if (session->done)
		session->done(session, session->user);
	else
		wait_for_owner(session);
}

/* ---- the login ---- */

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
	rp_session_drop_wire(session);
	rp_session_enter(session, SESSION_PASSWORD, "its token is refused: another one is fetched");
	rp_session_renew_secret(session, refused);
	return TRUE;
}

static void
on_login(const RpSaslResult *result, gboolean silent, gpointer user)
{
	RpSession *session = user;
	RpSessionResult verdict = rp_session_verdict_login(result);
	session->login = NULL;
	if (silent)
		rp_session_note_silence(session);
	if (renew_token(session, verdict))
		return;
	session->report.logged_in = verdict == RP_SESSION_OK;
	if (verdict != RP_SESSION_OK) {
		rp_session_conclude(session, verdict, result->reply,
			rp_session_login_words(rp_session_endpoint(session), result));
		rp_session_drop_wire(session);
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
	const RpEndpoint *endpoint = rp_session_endpoint(session);
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
	rp_session_enter(session, SESSION_LOGIN, "connected");
	session->login = rp_wire_login_new(
		session->wire, &options, session->times.reply_percent, on_login, session);
	/* A token is needed once more where it is refused. */
	if (!plan->wish || plan->wish->from != RP_PASSWORD_FROM_OAUTH)
		g_clear_pointer(&session->secret, rp_secret_free);
}

/* ---- one after the other ---- */

static void
on_secret(RpSession *session)
{
	if (session->report.result == RP_SESSION_OK)
		rp_session_connect(session);
	else
		finish(session);
}

/* A password goes to nobody who has not proved who he is before it is known where we are. */
static void
on_connected(RpSession *session)
{
	const RpSessionReport *report = &session->report;

	if (report->result != RP_SESSION_OK || !session->plan.user)
		finish(session);
	else if (!session->done && !report->verified)
		wait_for_owner(session);
	else
		log_in(session);
}

static const RpSessionSteps steps = {on_secret, on_connected};

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
	session->steps = &steps;
	rp_session_find_secret(session);
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
	g_free(session->banner_host);
	g_free(session->banner_domain);
	g_free(session);
}
