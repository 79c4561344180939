/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scram-private.h"

#include <string.h>

/* GNU SASL makes the messages and checks the server's signature; which mechanism is used, and how
 * much work a server may ask for, is ours. Of its list of mechanisms nothing else is ever used. */

/* RFC 7677 section 4 has 4,096 at least; fewer make the password easier to find out from what was
 * said. More only keep us busy: 3,000,000 take four seconds. */
#define LEAST_ITERATIONS 4096
#define MOST_ITERATIONS 600000

struct RpScram {
	Gsasl *gsasl;
	RpScramKeys *keys;
};

typedef enum { AT_START, AT_FIRST, AT_FINAL, AT_DONE } Step;

typedef struct {
	const RpSaslAccount *account;
	const RpScram *scram;
	Gsasl_hash hash;
	Gsasl_session *session;
	RpScramJob *job;
	char *password; /* after SASLprep */
	char *nonce;    /* ours */
	Step step;
	gboolean derived; /* it was tried */
	gboolean told_failure;
	char complaint[128];
} Login;

RpScram *
rp_scram_new(void)
{
	RpScram *scram = g_new0(RpScram, 1);
	if (gsasl_init(&scram->gsasl) != GSASL_OK) {
		g_free(scram);
		return NULL;
	}
	scram->keys = rp_scram_keys_new();
	if (!scram->keys)
		g_clear_pointer(&scram, rp_scram_free);
	return scram;
}

void
rp_scram_free(RpScram *scram)
{
	if (!scram)
		return;
	rp_scram_keys_unref(scram->keys);
	gsasl_done(scram->gsasl);
	g_free(scram);
}

/* ---- a login ---- */

static Login *
begin(const RpSaslAccount *account, Gsasl_hash hash)
{
	Login *login = g_new0(Login, 1);
	login->account = account;
	login->scram = account->context;
	login->hash = hash;
	return login;
}

static gpointer
begin_sha_1(const RpSaslAccount *account)
{
	return begin(account, GSASL_HASH_SHA1);
}

static gpointer
begin_sha_256(const RpSaslAccount *account)
{
	return begin(account, GSASL_HASH_SHA256);
}

static void
login_free(gpointer state)
{
	Login *login = state;
	rp_scram_job_forget(login->job);
	if (login->session)
		gsasl_finish(login->session);
	rp_secret_free(login->password);
	g_free(login->nonce);
	g_free(login);
}

static gboolean
is_done(gconstpointer state)
{
	return ((const Login *)state)->step == AT_DONE;
}

static gboolean
told_failure(gconstpointer state)
{
	return ((const Login *)state)->told_failure;
}

static const char *
complaint(gconstpointer state)
{
	const Login *login = state;
	return *login->complaint ? login->complaint : NULL;
}

static RpSaslStep complain(Login *login, RpSaslStep step, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static RpSaslStep
complain(Login *login, RpSaslStep step, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_vsnprintf(login->complaint, sizeof login->complaint, format, args);
	va_end(args);
	return step;
}

/* ---- the client's first message ---- */

/* RFC 4013. Characters younger than its tables are passed on as they are. */
static gboolean
prepare_password(Login *login)
{
	char *prepared = NULL;
	if (gsasl_saslprep(login->account->secret, GSASL_ALLOW_UNASSIGNED, &prepared, NULL) !=
		GSASL_OK)
		return FALSE;
	login->password = rp_secret_dup(prepared);
	rp_wipe(prepared, strlen(prepared));
	gsasl_free(prepared);
	return *login->password != '\0';
}

static int
make_message(Login *login, const char *input, gsize size, RpSaslBuffer *response)
{
	char *output = NULL;
	size_t length = 0;
	int code = gsasl_step(login->session, input, size, &output, &length);
	if (code == GSASL_OK || code == GSASL_NEEDS_MORE)
		rp_sasl_buffer_append(response, output, length);
	gsasl_free(output);
	return code;
}

/* "n,,n=NAME,r=NONCE". */
static gboolean
keep_nonce(Login *login, const RpSaslBuffer *message)
{
	g_autofree char *text = g_strndup((const char *)message->data, message->size);
	const char *nonce = strstr(text, ",r=");
	login->nonce = nonce ? g_strdup(nonce + 3) : NULL;
	return login->nonce && *login->nonce;
}

static RpSaslStep
say_first(Login *login, RpSaslBuffer *response)
{
	const char *name = login->hash == GSASL_HASH_SHA1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256";
	if (!prepare_password(login))
		return complain(login, RP_SASL_STEP_UNFIT,
			"the password has characters that %s can't take (SASLprep)", name);
	if (!login->scram ||
		gsasl_client_start(login->scram->gsasl, name, &login->session) != GSASL_OK)
		return complain(login, RP_SASL_STEP_UNFIT, "%s is not to be had here", name);
	gsasl_property_set(login->session, GSASL_AUTHID, login->account->user);
	if (make_message(login, NULL, 0, response) != GSASL_NEEDS_MORE ||
		!keep_nonce(login, response))
		return complain(login, RP_SASL_STEP_UNFIT,
			"the user's name has characters that %s can't take (SASLprep)", name);
	login->step = AT_FIRST;
	return RP_SASL_STEP_RESPOND;
}

/* ---- the client's final message ---- */

static void
on_derived(gpointer user)
{
	Login *login = user;
	login->job = NULL;
	login->account->wake(login->account->wake_user);
}

static RpSaslStep
derive(Login *login, const RpScramSource *source)
{
	if (login->derived)
		return complain(login, RP_SASL_STEP_ODD, "no key could be derived");
	login->derived = TRUE;
	login->job = rp_scram_keys_derive(login->scram->keys, source, on_derived, login);
	return RP_SASL_STEP_WAIT;
}

static RpSaslStep
check_first(Login *login, const RpScramFirst *first)
{
	gsize ours = strlen(login->nonce);
	/* An answer to another login, made once more. */
	if (strncmp(first->nonce, login->nonce, ours) != 0 || !first->nonce[ours])
		return complain(login, RP_SASL_STEP_FALSE, "answers with a nonce that is not ours");
	if (first->iterations < LEAST_ITERATIONS || first->iterations > MOST_ITERATIONS)
		return complain(login, RP_SASL_STEP_ODD,
			"asks for %u iterations of the password's hash, and not for %u to %u",
			first->iterations, LEAST_ITERATIONS, MOST_ITERATIONS);
	return RP_SASL_STEP_RESPOND;
}

static RpSaslStep
say_final(Login *login, const char *challenge, gsize size, RpSaslBuffer *response)
{
	g_auto(RpScramFirst) first = {0};
	if (!rp_scram_first_parse(&first, challenge))
		return RP_SASL_STEP_ODD;
	RpSaslStep step = check_first(login, &first);
	if (step != RP_SASL_STEP_RESPOND)
		return step;
	RpScramSource source = {
		login->hash, login->password, first.salt, first.salt_size, first.iterations};
	const char *key = rp_scram_keys_find(login->scram->keys, &source);
	if (!key)
		return derive(login, &source);
	gsasl_property_set(login->session, GSASL_SCRAM_SALTED_PASSWORD, key);
	if (make_message(login, challenge, size, response) != GSASL_NEEDS_MORE)
		return RP_SASL_STEP_ODD;
	login->step = AT_FINAL;
	return RP_SASL_STEP_RESPOND;
}

/* ---- the server's signature ---- */

/* RFC 5802 section 7: "e=" instead of "v=", which our empty answer gets the refusal for. */
static RpSaslStep
check_final(Login *login, const char *challenge, gsize size, RpSaslBuffer *response)
{
	if (g_str_has_prefix(challenge, "e=")) {
		login->told_failure = TRUE;
		return RP_SASL_STEP_RESPOND;
	}
	if (make_message(login, challenge, size, response) != GSASL_OK)
		return complain(login, RP_SASL_STEP_FALSE,
			"proves with a wrong signature that it does not know the password");
	login->step = AT_DONE;
	return RP_SASL_STEP_RESPOND;
}

static RpSaslStep
respond(gpointer state, const guint8 *challenge, gsize size, RpSaslBuffer *response)
{
	Login *login = state;
	const char *text = (const char *)challenge;
	if (login->told_failure)
		return RP_SASL_STEP_ODD;
	switch (login->step) {
	case AT_START:
		return say_first(login, response);
	case AT_FIRST:
		return say_final(login, text, size, response);
	case AT_FINAL:
		return check_final(login, text, size, response);
	case AT_DONE:
		return RP_SASL_STEP_ODD;
	}
	return RP_SASL_STEP_ODD;
}

#define SCRAM(n, a, b)                                                                             \
	.name = n, .auth = a, .begin = b, .respond = respond, .complete = is_done,                 \
	.traits = RP_SASL_CLIENT_FIRST | RP_SASL_HIDES | RP_SASL_PROVES, .complaint = complaint,   \
	.told_failure = told_failure, .free = login_free

static const RpSaslMechanism sha_256 = {
	SCRAM("SCRAM-SHA-256", RP_AUTH_SCRAM_SHA_256, begin_sha_256)};
static const RpSaslMechanism sha_1 = {SCRAM("SCRAM-SHA-1", RP_AUTH_SCRAM_SHA_1, begin_sha_1)};

const RpSaslMechanism *const rp_scram_mechanisms[] = {&sha_256, &sha_1, NULL};
