/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* The mechanisms of a name and a password, and EXTERNAL, which needs none. */

/* ---- PLAIN ---- */

static RpSaslStep
respond_plain(gpointer user, const guint8 *challenge, gsize size, RpSaslBuffer *response)
{
	RpSaslSteps *steps = user;
	if (steps->n++ > 0)
		return RP_SASL_STEP_ODD;
	rp_sasl_buffer_append(response, "", 1);
	rp_sasl_buffer_append_string(response, steps->account->user);
	rp_sasl_buffer_append(response, "", 1);
	rp_sasl_buffer_append_string(response, steps->account->secret);
	return RP_SASL_STEP_RESPOND;
}

const RpSaslMechanism rp_sasl_plain = {
	.name = "PLAIN",
	.auth = RP_AUTH_PLAIN,
	.traits = RP_SASL_CLIENT_FIRST,
	.begin = rp_sasl_steps_new,
	.respond = respond_plain,
	.complete = rp_sasl_steps_one_made,
	.free = g_free,
};

/* ---- LOGIN ---- */

/* The words differ ("Username:", "User Name", "Login"), and so do their encodings: what would give
 * the password for the name, or the name for the password, is all that matters. */
static gboolean
asks_for(const guint8 *challenge, const char *word)
{
	return g_ascii_strncasecmp((const char *)challenge, word, strlen(word)) == 0;
}

static RpSaslStep
respond_login(gpointer user, const guint8 *challenge, gsize size, RpSaslBuffer *response)
{
	RpSaslSteps *steps = user;
	guint step = steps->n++;
	if (step > 1 || asks_for(challenge, step == 0 ? "pass" : "user"))
		return RP_SASL_STEP_ODD;
	rp_sasl_buffer_append_string(
		response, step == 0 ? steps->account->user : steps->account->secret);
	return RP_SASL_STEP_RESPOND;
}

const RpSaslMechanism rp_sasl_login = {
	.name = "LOGIN",
	.auth = RP_AUTH_LOGIN,
	.traits = RP_SASL_LENIENT, /* no initial response: servers take it for nothing, or for the
				      name */
	.begin = rp_sasl_steps_new,
	.respond = respond_login,
	.complete = rp_sasl_steps_two_made,
	.free = g_free,
};

/* ---- CRAM-MD5 ---- */

static RpSaslStep
respond_cram_md5(gpointer user, const guint8 *challenge, gsize size, RpSaslBuffer *response)
{
	RpSaslSteps *steps = user;
	const char *secret = steps->account->secret;
	if (steps->n++ > 0 || size == 0)
		return RP_SASL_STEP_ODD;
	g_autofree char *digest = g_compute_hmac_for_data(
		G_CHECKSUM_MD5, (const guchar *)secret, strlen(secret), challenge, size);
	rp_sasl_buffer_append_string(response, steps->account->user);
	rp_sasl_buffer_append_string(response, " ");
	rp_sasl_buffer_append_string(response, digest);
	return RP_SASL_STEP_RESPOND;
}

const RpSaslMechanism rp_sasl_cram_md5 = {
	.name = "CRAM-MD5",
	.auth = RP_AUTH_CRAM_MD5,
	.traits = RP_SASL_HIDES | RP_SASL_BLIND,
	.begin = rp_sasl_steps_new,
	.respond = respond_cram_md5,
	.complete = rp_sasl_steps_one_made,
	.free = g_free,
};

/* ---- EXTERNAL ---- */

static RpSaslStep
respond_external(gpointer user, const guint8 *challenge, gsize size, RpSaslBuffer *response)
{
	RpSaslSteps *steps = user;
	if (steps->n++ > 0)
		return RP_SASL_STEP_ODD;
	rp_sasl_buffer_append_string(response, steps->account->user);
	return RP_SASL_STEP_RESPOND;
}

const RpSaslMechanism rp_sasl_external = {
	.name = "EXTERNAL",
	.auth = RP_AUTH_EXTERNAL,
	.traits = RP_SASL_CLIENT_FIRST | RP_SASL_HIDES,
	.begin = rp_sasl_steps_new,
	.respond = respond_external,
	.complete = rp_sasl_steps_one_made,
	.free = g_free,
};
