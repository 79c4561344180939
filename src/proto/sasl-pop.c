/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* POP3's own logins (RFC 1939 section 7): lines instead of responses, +OK instead of challenges. */

/* A line end in it would begin another command. */
static gboolean
is_fit(RpSaslSteps *steps, const char *text, const char *why)
{
	if (strpbrk(text, "\r\n") == NULL)
		return TRUE;
	steps->complaint = why;
	return FALSE;
}

/* ---- USER and PASS ---- */

static RpSaslStep
respond_user(gpointer user, const guint8 *challenge, gsize size, RpSaslBuffer *response)
{
	RpSaslSteps *steps = user;
	const RpSaslAccount *account = steps->account;
	guint step = steps->n++;
	if (step > 1)
		return RP_SASL_STEP_ODD;
	if (!is_fit(steps, account->user, "there is a line end in the user's name") ||
		!is_fit(steps, account->secret, "there is a line end in the password"))
		return RP_SASL_STEP_UNFIT;
	rp_sasl_buffer_append_string(response, step == 0 ? "USER " : "PASS ");
	rp_sasl_buffer_append_string(response, step == 0 ? account->user : account->secret);
	return RP_SASL_STEP_RESPOND;
}

const RpSaslMechanism rp_sasl_user = {
	.name = "USER",
	.auth = RP_AUTH_USER,
	.traits = RP_SASL_LINES | RP_SASL_CLIENT_FIRST,
	.begin = rp_sasl_steps_new,
	.respond = respond_user,
	.complete = rp_sasl_steps_two_made,
	.complaint = rp_sasl_steps_complaint,
	.free = g_free,
};

/* ---- APOP ---- */

static RpSaslStep
respond_apop(gpointer user, const guint8 *challenge, gsize size, RpSaslBuffer *response)
{
	RpSaslSteps *steps = user;
	const RpSaslAccount *account = steps->account;
	if (steps->n++ > 0)
		return RP_SASL_STEP_ODD;
	/* The digest is its second argument. */
	if (!is_fit(steps, account->user, "there is a line end in the user's name"))
		return RP_SASL_STEP_UNFIT;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_MD5);
	g_checksum_update(
		sum, (const guchar *)account->timestamp, (gssize)strlen(account->timestamp));
	g_checksum_update(sum, (const guchar *)account->secret, (gssize)strlen(account->secret));
	rp_sasl_buffer_append_string(response, "APOP ");
	rp_sasl_buffer_append_string(response, account->user);
	rp_sasl_buffer_append_string(response, " ");
	rp_sasl_buffer_append_string(response, g_checksum_get_string(sum));
	return RP_SASL_STEP_RESPOND;
}

const RpSaslMechanism rp_sasl_apop = {
	.name = "APOP",
	.auth = RP_AUTH_APOP,
	.traits = RP_SASL_LINES | RP_SASL_CLIENT_FIRST | RP_SASL_HIDES | RP_SASL_BLIND,
	.begin = rp_sasl_steps_new,
	.respond = respond_apop,
	.complaint = rp_sasl_steps_complaint,
	.free = g_free,
};
