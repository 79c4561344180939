/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* OAuth's bearer tokens: OAUTHBEARER (RFC 7628), and XOAUTH2, which Google and Microsoft had
 * before. In both a failure is told by a challenge, JSON with a status, which has to be answered
 * before the server refuses. */

#define SEPARATOR "\x01"

typedef struct {
	const RpSaslAccount *account;
	gboolean sent;
	gboolean failed;
	gboolean has_status;
	char status[64];
} State;

static gpointer
begin(const RpSaslAccount *account)
{
	State *state = g_new0(State, 1);
	state->account = account;
	return state;
}

static gboolean
is_sent(gconstpointer user)
{
	const State *state = user;
	return state->sent && !state->failed;
}

static gboolean
told_failure(gconstpointer user)
{
	return ((const State *)user)->failed;
}

static const char *
complaint(gconstpointer user)
{
	const State *state = user;
	return state->has_status ? state->status : NULL;
}

/* The value of "status": a string ("401", "invalid_token") or, from some, a number. */
static void
read_status(State *state, const char *json)
{
	const char *at = strstr(json, "\"status\"");
	gsize length = 0;
	if (!at)
		return;
	at += strlen("\"status\"");
	at += strspn(at, " \t\r\n:\"");
	while (length < sizeof state->status - 1 &&
		(g_ascii_isalnum(at[length]) || at[length] == '_' || at[length] == '-'))
		length++;
	memcpy(state->status, at, length);
	state->status[length] = '\0';
	state->has_status = length > 0;
}

/* What can't stand between the separators. */
static gboolean
is_fit(const char *text)
{
	for (; *text; text++) {
		if (g_ascii_iscntrl(*text))
			return FALSE;
	}
	return TRUE;
}

static RpSaslStep
take_failure(State *state, const guint8 *challenge, RpSaslBuffer *response, const char *answer)
{
	if (state->failed)
		return RP_SASL_STEP_ODD;
	state->failed = TRUE;
	read_status(state, (const char *)challenge);
	rp_sasl_buffer_append_string(response, answer);
	return RP_SASL_STEP_RESPOND;
}

static void
append_token(State *state, RpSaslBuffer *response)
{
	rp_sasl_buffer_append_string(response, SEPARATOR "auth=Bearer ");
	rp_sasl_buffer_append_string(response, state->account->secret);
	rp_sasl_buffer_append_string(response, SEPARATOR SEPARATOR);
	state->sent = TRUE;
}

/* ---- XOAUTH2 ---- */

static RpSaslStep
respond_xoauth2(gpointer user, const guint8 *challenge, gsize size, RpSaslBuffer *response)
{
	State *state = user;
	if (state->sent)
		return take_failure(state, challenge, response, "");
	if (!is_fit(state->account->user) || !is_fit(state->account->secret))
		return RP_SASL_STEP_UNFIT;
	rp_sasl_buffer_append_string(response, "user=");
	rp_sasl_buffer_append_string(response, state->account->user);
	append_token(state, response);
	return RP_SASL_STEP_RESPOND;
}

const RpSaslMechanism rp_sasl_xoauth2 = {
	.name = "XOAUTH2",
	.auth = RP_AUTH_XOAUTH2,
	.traits = RP_SASL_CLIENT_FIRST | RP_SASL_TOKEN | RP_SASL_LENIENT,
	.begin = begin,
	.respond = respond_xoauth2,
	.complete = is_sent,
	.complaint = complaint,
	.told_failure = told_failure,
	.free = g_free,
};

/* ---- OAUTHBEARER ---- */

/* RFC 5801 section 4: saslname. */
static void
append_name(RpSaslBuffer *response, const char *name)
{
	for (; *name; name++) {
		if (*name == ',')
			rp_sasl_buffer_append_string(response, "=2C");
		else if (*name == '=')
			rp_sasl_buffer_append_string(response, "=3D");
		else
			rp_sasl_buffer_append(response, name, 1);
	}
}

static RpSaslStep
respond_oauthbearer(gpointer user, const guint8 *challenge, gsize size, RpSaslBuffer *response)
{
	State *state = user;
	const RpSaslAccount *account = state->account;
	char port[8];
	if (state->sent)
		return take_failure(state, challenge, response, SEPARATOR);
	if (!is_fit(account->user) || !is_fit(account->secret))
		return RP_SASL_STEP_UNFIT;
	g_snprintf(port, sizeof port, "%u", account->port);
	rp_sasl_buffer_append_string(response, "n,a=");
	append_name(response, account->user);
	rp_sasl_buffer_append_string(response, "," SEPARATOR "host=");
	rp_sasl_buffer_append_string(response, account->host);
	rp_sasl_buffer_append_string(response, SEPARATOR "port=");
	rp_sasl_buffer_append_string(response, port);
	append_token(state, response);
	return RP_SASL_STEP_RESPOND;
}

const RpSaslMechanism rp_sasl_oauthbearer = {
	.name = "OAUTHBEARER",
	.auth = RP_AUTH_OAUTHBEARER,
	.traits = RP_SASL_CLIENT_FIRST | RP_SASL_TOKEN | RP_SASL_LENIENT,
	.begin = begin,
	.respond = respond_oauthbearer,
	.complete = is_sent,
	.complaint = complaint,
	.told_failure = told_failure,
	.free = g_free,
};
