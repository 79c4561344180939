/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-private.h"

/* The password of a session: written down, a command's, or a keeper's. */

static void
lack_password(RpSession *session, RpPasswordResult result, const char *why)
{
	static const RpSessionResult results[] = {
		[RP_PASSWORD_GIVEN] = RP_SESSION_OK,
		[RP_PASSWORD_LACKING] = RP_SESSION_CREDENTIALS_UNAVAILABLE,
		[RP_PASSWORD_LOCKED] = RP_SESSION_KEYRING_LOCKED,
		[RP_PASSWORD_LATER] = RP_SESSION_AUTH_TEMPORARY,
	};

	rp_session_fill_report(session, NULL);
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
		session->report.result = RP_SESSION_OK;
	} else {
		lack_password(session, result, why);
	}
	session->steps->secret(session);
}

void
rp_session_renew_secret(RpSession *session, const char *refused)
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
	session->steps->secret(session);
	return G_SOURCE_REMOVE;
}

static gboolean
needs_secret(const RpSessionPlan *plan)
{
	return plan->user && plan->auth != RP_AUTH_EXTERNAL;
}

void
rp_session_find_secret(RpSession *session)
{
	const RpSessionPlan *plan = &session->plan;
	if (needs_secret(plan) && !plan->password && plan->password_command) {
		session->password = rp_password_run(
			plan->password_command, session->times.password_ms, on_password, session);
		return;
	}
	if (needs_secret(plan) && plan->wish && plan->passwords) {
		rp_session_renew_secret(session, NULL);
		return;
	}
	if (needs_secret(plan) && !plan->password) {
		lack_password(session, RP_PASSWORD_LACKING, "the password is not configured");
		session->later = rp_source_soon(on_later, session);
		return;
	}
	session->secret = rp_secret_dup(plan->password);
	session->steps->secret(session);
}
