/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* The login: one mechanism after the other, until the server has agreed or none is left. */

/* A command with its initial response, CRLF and all (RFC 4954 section 4, RFC 5034 section 4). What
 * is longer goes after the server has told us to go on. */
#define SMTP_COMMAND_LIMIT 512
#define POP_COMMAND_LIMIT 255
/* As for MAIL (RFC 5321 section 4.5.3.2): passwords are checked by slower machines than addresses.
 */
#define WAIT_SECONDS 300

typedef enum {
	AT_COMMAND,  /* AUTH was sent without an initial response */
	AT_RESPONSE, /* a response was sent, or a line that is one */
	AT_CANCEL,   /* "*" was sent */
	AT_WAIT,     /* the mechanism is not ready */
	AT_END,
} Phase;

struct RpSasl {
	RpSaslChoice choice;
	RpSaslOffer offer;
	RpSaslAccount account;
	char *user;
	char *secret;
	char *host;
	const RpSaslMechanism *mechanism;
	gpointer state;
	Phase phase;
	RpSaslSituation situation;
	RpSaslBuffer out;
	gsize out_taken;
	RpSaslBuffer initial; /* a response that waits until it is asked for */
	gboolean has_initial;
	gboolean no_initial; /* the server has not understood one with this mechanism */
	gboolean initial_sent;
	guint8 *challenge; /* decoded, and a NUL behind it */
	gsize challenge_size;
	RpSaslReader reader;
	RpSaslVerdict verdict;
};

static void begin_next(RpSasl *sasl);

/* ---- the end ---- */

static void
drop_mechanism(RpSasl *sasl)
{
	if (sasl->state)
		sasl->mechanism->free(sasl->state);
	sasl->state = NULL;
	rp_sasl_buffer_clear(&sasl->initial);
	sasl->has_initial = FALSE;
	g_clear_pointer(&sasl->challenge, g_free);
}

static const char *
complaint(const RpSasl *sasl)
{
	return sasl->state && sasl->mechanism->complaint ? sasl->mechanism->complaint(sasl->state)
							 : NULL;
}

static void
end(RpSasl *sasl)
{
	sasl->phase = AT_END;
	drop_mechanism(sasl);
	rp_sasl_buffer_clear(&sasl->out);
	sasl->out_taken = 0;
	g_clear_pointer(&sasl->secret, rp_secret_free);
}

/* Takes the text. People read it: the secret is not in it, whatever the server says. */
static void
note(RpSasl *sasl, RpSaslOutcome outcome, const RpSaslAnswer *answer, char *text)
{
	const char *secret = sasl->secret ? sasl->secret : "";
	g_autofree char *said = answer ? rp_sasl_mask(answer->text, secret) : NULL;
	RpSaslAnswer shown = answer ? *answer : (RpSaslAnswer){0};
	shown.text = said;
	rp_sasl_verdict_note(&sasl->verdict, outcome, answer ? &shown : NULL,
		text ? rp_sasl_mask(text, secret) : NULL);
	g_free(text);
}

/* Whatever was noted before, this decides. */
static void
conclude(RpSasl *sasl, RpSaslOutcome outcome, const RpSaslAnswer *answer, char *text)
{
	rp_sasl_verdict_clear(&sasl->verdict);
	if (outcome != RP_SASL_OK)
		note(sasl, outcome, answer, text);
	end(sasl);
}

/* None is left. */
static void
conclude_without(RpSasl *sasl, const RpSaslMechanism *withheld)
{
	RpSaslVerdict *verdict = &sasl->verdict;
	if (verdict->result.outcome == RP_SASL_OK) {
		conclude(sasl, RP_SASL_MISSING, NULL, rp_sasl_words_missing(&sasl->choice));
		return;
	}
	if (verdict->result.outcome == RP_SASL_UNAVAILABLE && !verdict->text && !withheld)
		rp_sasl_verdict_say(verdict, g_strdup("no login is left"));
	if (withheld)
		rp_sasl_verdict_deny(
			verdict, rp_sasl_words_withheld(&sasl->choice, withheld, verdict->text));
	end(sasl);
}

/* This one has failed, another may do. */
static void
give_up_mechanism(RpSasl *sasl, RpSaslOutcome outcome, const RpSaslAnswer *answer, char *text)
{
	note(sasl, outcome, answer, text);
	sasl->choice.hid_failed |= (sasl->mechanism->traits & RP_SASL_HIDES) != 0;
	begin_next(sasl);
}

/* ---- what is sent ---- */

static void
put_line_end(RpSasl *sasl)
{
	rp_sasl_buffer_append_string(&sasl->out, "\r\n");
}

/* A response that is a line of its own. */
static void
put_response(RpSasl *sasl, const RpSaslBuffer *response)
{
	if (sasl->mechanism->traits & RP_SASL_LINES)
		rp_sasl_buffer_append(&sasl->out, response->data, response->size);
	else
		rp_sasl_buffer_append_base64(&sasl->out, response->data, response->size);
	put_line_end(sasl);
	sasl->phase = AT_RESPONSE;
}

/* "AUTH NAME", and the initial response where there is one and room for it; an empty one is "=". */
static void
put_command(RpSasl *sasl)
{
	gsize limit = sasl->choice.pop ? POP_COMMAND_LIMIT : SMTP_COMMAND_LIMIT;
	gsize size = strlen("AUTH  \r\n") + strlen(sasl->mechanism->name) +
		     MAX((sasl->initial.size + 2) / 3 * 4, 1);
	rp_sasl_buffer_append_string(&sasl->out, "AUTH ");
	rp_sasl_buffer_append_string(&sasl->out, sasl->mechanism->name);
	sasl->phase = AT_COMMAND;
	if (sasl->has_initial && !sasl->no_initial && size <= limit) {
		rp_sasl_buffer_append_string(&sasl->out, " ");
		if (sasl->initial.size == 0)
			rp_sasl_buffer_append_string(&sasl->out, "=");
		rp_sasl_buffer_append_base64(&sasl->out, sasl->initial.data, sasl->initial.size);
		rp_sasl_buffer_clear(&sasl->initial);
		sasl->has_initial = FALSE;
		sasl->initial_sent = TRUE;
		sasl->phase = AT_RESPONSE;
	}
	put_line_end(sasl);
}

/* `what` is said where the mechanism itself has nothing to say: what it complains of is not the
 * protocol. */
static void
cancel(RpSasl *sasl, RpSaslOutcome outcome, const char *what)
{
	const char *why = complaint(sasl);
	if (why && outcome == RP_SASL_PROTOCOL)
		outcome = RP_SASL_UNAVAILABLE;
	note(sasl, outcome, NULL, g_strdup(why ? why : what));
	rp_sasl_buffer_append_string(&sasl->out, "*\r\n");
	sasl->phase = AT_CANCEL;
}

/* ---- the exchange ---- */

static void
take_step(RpSasl *sasl, RpSaslStep step, const RpSaslBuffer *response)
{
	switch (step) {
	case RP_SASL_STEP_RESPOND:
		put_response(sasl, response);
		return;
	case RP_SASL_STEP_WAIT:
		sasl->phase = AT_WAIT;
		return;
	case RP_SASL_STEP_ODD:
		cancel(sasl, RP_SASL_PROTOCOL, "asks for what belongs to no such login");
		return;
	case RP_SASL_STEP_UNFIT:
		cancel(sasl, RP_SASL_UNFIT, "the user's name or password can't be used");
		return;
	case RP_SASL_STEP_FALSE: { /* nothing more for that one */
		const char *why = complaint(sasl);
		conclude(sasl, RP_SASL_UNTRUSTED, NULL,
			g_strdup(why ? why : "does not prove that it knows the password"));
		return;
	}
	}
}

static void
respond(RpSasl *sasl)
{
	RpSaslBuffer response = {0};
	RpSaslStep step = sasl->mechanism->respond(
		sasl->state, sasl->challenge, sasl->challenge_size, &response);
	sasl->situation.given = TRUE;
	take_step(sasl, step, &response);
	rp_sasl_buffer_clear(&response);
}

static void
go_on(RpSasl *sasl, const RpSaslAnswer *answer)
{
	if (sasl->phase == AT_CANCEL || sasl->mechanism->traits & RP_SASL_LINES) {
		conclude(sasl, RP_SASL_PROTOCOL, answer, g_strdup("does not answer as it should"));
		return;
	}
	if (sasl->has_initial) { /* whatever it says besides */
		RpSaslBuffer initial = sasl->initial;
		sasl->initial = (RpSaslBuffer){0};
		sasl->has_initial = FALSE;
		put_response(sasl, &initial);
		sasl->situation.given = TRUE;
		rp_sasl_buffer_clear(&initial);
		return;
	}
	gboolean lenient = (sasl->mechanism->traits & RP_SASL_LENIENT) != 0;
	g_free(sasl->challenge);
	sasl->challenge = rp_sasl_decode(answer->challenge, lenient, &sasl->challenge_size);
	if (sasl->challenge)
		respond(sasl);
	else
		cancel(sasl, RP_SASL_PROTOCOL, "asks for what belongs to no such login");
}

static gboolean
is_complete(const RpSasl *sasl)
{
	return sasl->phase == AT_RESPONSE &&
	       (!sasl->mechanism->complete || sasl->mechanism->complete(sasl->state));
}

static void
agreed(RpSasl *sasl, const RpSaslAnswer *answer)
{
	if (is_complete(sasl)) {
		conclude(sasl, RP_SASL_OK, NULL, NULL);
		return;
	}
	if (sasl->phase == AT_RESPONSE && sasl->mechanism->traits & RP_SASL_LINES) {
		g_clear_pointer(&sasl->challenge, g_free);
		sasl->challenge = g_malloc0(1);
		sasl->challenge_size = 0;
		respond(sasl);
		return;
	}
	/* RFC 5802 section 5: without the signature it is not the server that has our key. */
	gboolean proves = sasl->mechanism->traits & RP_SASL_PROVES && sasl->phase == AT_RESPONSE;
	const char *why = complaint(sasl);
	if (!why)
		why = proves ? "agrees to the login without a proof that it knows the password"
			     : "agrees to the login before it has the password";
	conclude(sasl, proves ? RP_SASL_UNTRUSTED : RP_SASL_PROTOCOL, answer, g_strdup(why));
}

/* The password is refused, and this way shows it to nobody: whether it is wrong, or a way that
 * shows it is wanted, can't be known. None is taken any more, and the choice says which would be.
 */
static gboolean
hides_in_vain(RpSasl *sasl)
{
	if (sasl->choice.verified || sasl->choice.auth != RP_AUTH_AUTO ||
		!(sasl->mechanism->traits & RP_SASL_HIDES))
		return FALSE;
	if (!(sasl->mechanism->traits & RP_SASL_BLIND))
		sasl->choice.tried |= 1u << RP_AUTH_SCRAM_SHA_256 | 1u << RP_AUTH_SCRAM_SHA_1 |
				      1u << RP_AUTH_CRAM_MD5 | 1u << RP_AUTH_APOP;
	return TRUE;
}

static void
refused(RpSasl *sasl, const RpSaslAnswer *answer)
{
	RpReply reply = rp_reply_make(RP_STAGE_AUTH, answer->code, answer->text);
	const RpSaslMechanism *mechanism = sasl->mechanism;
	char *text = NULL;
	if (sasl->phase == AT_CANCEL && answer->code != 421) {
		sasl->choice.hid_failed |= (mechanism->traits & RP_SASL_HIDES) != 0;
		begin_next(sasl);
		return;
	}
	if (mechanism->told_failure)
		sasl->situation.told_failure = mechanism->told_failure(sasl->state);
	RpSaslJudgement judgement = rp_sasl_judge(&reply, &sasl->situation);
	if (judgement.outcome == RP_SASL_DENIED && mechanism->traits & RP_SASL_TOKEN)
		text = rp_sasl_words_token(&reply, complaint(sasl));
	if (judgement.outcome == RP_SASL_DENIED && hides_in_vain(sasl))
		judgement.next = TRUE;
	if (judgement.next)
		give_up_mechanism(sasl, judgement.outcome, answer, text);
	else
		conclude(sasl, judgement.outcome, answer, text);
}

static void begin_mechanism(RpSasl *sasl);

static void
take_answer(RpSasl *sasl, const RpSaslAnswer *answer)
{
	gboolean with_initial =
		sasl->phase == AT_RESPONSE && sasl->initial_sent && !sasl->challenge;
	switch (answer->kind) {
	case RP_SASL_ANSWER_GO_ON:
		go_on(sasl, answer);
		return;
	case RP_SASL_ANSWER_YES:
		agreed(sasl, answer);
		return;
	case RP_SASL_ANSWER_NO: {
		RpReply reply = rp_reply_make(RP_STAGE_AUTH, answer->code, answer->text);
		if (with_initial && rp_sasl_wants_no_initial(&reply)) {
			sasl->no_initial = TRUE;
			begin_mechanism(sasl);
			return;
		}
		refused(sasl, answer);
		return;
	}
	case RP_SASL_ANSWER_ODD:
		give_up_mechanism(sasl, RP_SASL_PROTOCOL, answer,
			g_strdup("does not answer a login as it should"));
		return;
	case RP_SASL_ANSWER_BAD:
		conclude(sasl, RP_SASL_PROTOCOL, NULL,
			g_strdup("does not answer a login as a mail server does"));
		return;
	}
}

/* ---- a mechanism begins ---- */

static void
begin_mechanism(RpSasl *sasl)
{
	const RpSaslMechanism *mechanism = sasl->mechanism;
	RpSaslStep step = RP_SASL_STEP_RESPOND;
	drop_mechanism(sasl);
	sasl->initial_sent = FALSE;
	sasl->state = mechanism->begin(&sasl->account);
	sasl->situation = (RpSaslSituation){.mechanism = mechanism};
	if (mechanism->traits & RP_SASL_CLIENT_FIRST) {
		step = mechanism->respond(sasl->state, NULL, 0, &sasl->initial);
		sasl->has_initial = TRUE;
	}
	if (step != RP_SASL_STEP_RESPOND) {
		const char *why = complaint(sasl);
		give_up_mechanism(sasl, RP_SASL_UNFIT, NULL,
			g_strdup(why ? why : "the user's name or password can't be used"));
		return;
	}
	if (!(mechanism->traits & RP_SASL_LINES)) {
		put_command(sasl);
		sasl->situation.given = sasl->phase == AT_RESPONSE;
		return;
	}
	sasl->has_initial = FALSE;
	put_response(sasl, &sasl->initial);
	rp_sasl_buffer_clear(&sasl->initial);
	/* A name alone is nothing that could be refused for being wrong. */
	sasl->situation.given = TRUE;
}

static void
begin_next(RpSasl *sasl)
{
	const RpSaslMechanism *withheld = NULL;
	drop_mechanism(sasl);
	const RpSaslMechanism *mechanism = rp_sasl_choose(&sasl->choice, &withheld);
	if (!mechanism) {
		conclude_without(sasl, withheld);
		return;
	}
	sasl->choice.tried |= 1u << mechanism->auth;
	sasl->mechanism = mechanism;
	sasl->no_initial = FALSE;
	sasl->verdict.result.mechanism = mechanism->name;
	begin_mechanism(sasl);
}

/* ---- the owner's side ---- */

RpSasl *
rp_sasl_new(const RpSaslOptions *options)
{
	RpSasl *sasl = g_new0(RpSasl, 1);
	sasl->offer = *options->offer;
	sasl->choice = (RpSaslChoice){.pop = options->pop,
		.verified = options->verified,
		.auth = options->auth,
		.offer = &sasl->offer,
		.more = options->more};
	sasl->user = g_strdup(options->account.user);
	sasl->secret = rp_secret_dup(options->account.secret ? options->account.secret : "");
	sasl->host = g_strdup(options->account.host ? options->account.host : "");
	sasl->account = options->account;
	sasl->account.user = sasl->user;
	sasl->account.secret = sasl->secret;
	sasl->account.host = sasl->host;
	sasl->account.timestamp = sasl->offer.timestamp;
	rp_sasl_reader_init(&sasl->reader, options->pop);
	begin_next(sasl);
	return sasl;
}

void
rp_sasl_free(RpSasl *sasl)
{
	if (!sasl)
		return;
	end(sasl);
	rp_sasl_reader_clear(&sasl->reader);
	rp_sasl_verdict_clear(&sasl->verdict);
	g_free(sasl->user);
	g_free(sasl->host);
	g_free(sasl);
}

gsize
rp_sasl_output(RpSasl *sasl, const guint8 **data)
{
	*data = sasl->out.data + sasl->out_taken;
	return sasl->out.size - sasl->out_taken;
}

void
rp_sasl_sent(RpSasl *sasl, gsize size)
{
	sasl->out_taken += size;
	if (sasl->out_taken < sasl->out.size)
		return;
	rp_sasl_buffer_clear(&sasl->out);
	sasl->out_taken = 0;
}

void
rp_sasl_input(RpSasl *sasl, const guint8 *data, gsize size)
{
	RpSaslAnswer answer;
	while (size > 0 && sasl->phase != AT_END) {
		gsize used = 0;
		if (!rp_sasl_reader_feed(&sasl->reader, data, size, &used, &answer))
			return;
		data += used;
		size -= used;
		/* An answer to what was not asked yet. */
		if (sasl->out.size > 0 || sasl->phase == AT_WAIT)
			answer.kind = RP_SASL_ANSWER_BAD;
		take_answer(sasl, &answer);
	}
}

void
rp_sasl_resume(RpSasl *sasl)
{
	if (sasl->phase == AT_WAIT)
		respond(sasl);
}

void
rp_sasl_lost(RpSasl *sasl)
{
	if (sasl->phase == AT_END)
		return;
	/* The password was refused, and the next attempt with it is one too many for the server. */
	if (sasl->verdict.result.outcome == RP_SASL_DENIED) {
		end(sasl);
		return;
	}
	/* It had said what is wrong. */
	gboolean told = sasl->state && sasl->mechanism->told_failure &&
			sasl->mechanism->told_failure(sasl->state);
	conclude(sasl, told ? RP_SASL_DENIED : RP_SASL_LOST, NULL,
		told ? rp_sasl_words_token(NULL, complaint(sasl))
		     : g_strdup("the connection was lost at the login"));
}

guint
rp_sasl_wait_seconds(const RpSasl *sasl)
{
	return sasl->phase == AT_WAIT || sasl->phase == AT_END ? 0 : WAIT_SECONDS;
}

const RpSaslResult *
rp_sasl_result(const RpSasl *sasl)
{
	return sasl->phase == AT_END ? &sasl->verdict.result : NULL;
}
