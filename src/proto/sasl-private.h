/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/sasl.h"
#include "roampost/smtp-client.h"

/* ---- sasl-password.c, sasl-token.c, sasl-pop.c: the mechanisms ---- */

extern const RpSaslMechanism rp_sasl_plain;       /* RFC 4616 */
extern const RpSaslMechanism rp_sasl_login;       /* draft-murchison-sasl-login */
extern const RpSaslMechanism rp_sasl_external;    /* RFC 4422 appendix A */
extern const RpSaslMechanism rp_sasl_cram_md5;    /* RFC 2195 */
extern const RpSaslMechanism rp_sasl_xoauth2;     /* Google's */
extern const RpSaslMechanism rp_sasl_oauthbearer; /* RFC 7628 */
extern const RpSaslMechanism rp_sasl_user;        /* RFC 1939 section 7 */
extern const RpSaslMechanism rp_sasl_apop;        /* likewise */

/* ---- sasl-steps.c: the state of those that answer with a name and a password ---- */

typedef struct {
	const RpSaslAccount *account; /* borrowed */
	guint n;                      /* responses that were asked for */
	const char *complaint;        /* why none can be made, as words; NULL: nothing is said */
} RpSaslSteps;

/* As RpSaslMechanism has them; g_free() frees it. */
gpointer rp_sasl_steps_new(const RpSaslAccount *account);
gboolean rp_sasl_steps_one_made(gconstpointer steps);
gboolean rp_sasl_steps_two_made(gconstpointer steps);
const char *rp_sasl_steps_complaint(gconstpointer steps);

/* ---- sasl-offer.c ---- */

/* As servers write it ("CRAM-MD5"); RP_AUTH_AUTO has none. */
const char *rp_sasl_name(RpAuth auth);

/* ---- sasl-choice.c: what is tried next ---- */

typedef struct {
	gboolean pop;
	gboolean verified;
	RpAuth auth;
	const RpSaslOffer *offer;
	const RpSaslMechanism *const *more;
	guint tried;         /* 1 << RpAuth, or-ed */
	gboolean hid_failed; /* one that hides the password was not taken */
} RpSaslChoice;

/* NULL: none is left. *withheld is then one that would be, if it did not show the password. */
const RpSaslMechanism *rp_sasl_choose(const RpSaslChoice *choice, const RpSaslMechanism **withheld);

/* ---- sasl-read.c: what the server says ---- */

typedef enum {
	RP_SASL_ANSWER_GO_ON, /* 334, or + */
	RP_SASL_ANSWER_YES,   /* 235, or +OK */
	RP_SASL_ANSWER_NO,    /* 4xx and 5xx, or -ERR */
	RP_SASL_ANSWER_ODD,   /* a reply, but none to this */
	RP_SASL_ANSWER_BAD,   /* no reply at all */
} RpSaslAnswerKind;

/* Lives until more is read. */
typedef struct {
	RpSaslAnswerKind kind;
	guint code; /* POP3: 0 */
	const char *text;
	const char *challenge; /* with GO_ON, not decoded */
} RpSaslAnswer;

typedef struct {
	gboolean pop;
	gboolean answered; /* what is in the line was given out */
	GString *line;
	GString *words; /* POP3's, as RpSmtpReply has them */
	RpSmtpParser parser;
} RpSaslReader;

void rp_sasl_reader_init(RpSaslReader *reader, gboolean pop);
void rp_sasl_reader_clear(RpSaslReader *reader);
/* Takes from the input, at most to the end of an answer; *used says how much. TRUE: there is one.
 */
gboolean rp_sasl_reader_feed(
	RpSaslReader *reader, const guint8 *data, gsize size, gsize *used, RpSaslAnswer *answer);

/* The octets of a challenge and a NUL behind them, to be freed; NULL: it is not base64. `lenient`:
 * then it stands for itself. */
guint8 *rp_sasl_decode(const char *challenge, gboolean lenient, gsize *size);

/* ---- sasl-verdict.c: how it ends ---- */

typedef struct {
	RpSaslResult result; /* RP_SASL_OK: nothing is noted */
	RpSmtpReply *reply;
	char *text;
} RpSaslVerdict;

/* Nothing is noted any more; the mechanism stays. */
void rp_sasl_verdict_clear(RpSaslVerdict *verdict);
/* Of all that is noted the most telling is kept, of equals the first. Takes the text; the answer
 * may be NULL. */
void rp_sasl_verdict_note(
	RpSaslVerdict *verdict, RpSaslOutcome outcome, const RpSaslAnswer *answer, char *text);
/* More to say of what is noted. Takes the text. */
void rp_sasl_verdict_say(RpSaslVerdict *verdict, char *text);
/* RP_SASL_DENIED with the reply that is noted. Takes the text. */
void rp_sasl_verdict_deny(RpSaslVerdict *verdict, char *text);

/* ---- sasl-mask.c ---- */

/* The text without the secret, to be freed. */
char *rp_sasl_mask(const char *text, const char *secret);

/* ---- sasl-words.c: what people read; to be freed ---- */

char *rp_sasl_words_missing(const RpSaslChoice *choice);
/* `before`: what there was to say already, or NULL. */
char *rp_sasl_words_withheld(
	const RpSaslChoice *choice, const RpSaslMechanism *withheld, const char *before);
/* `reply`: of the refusal, or NULL; `status`: how the server named it, or NULL. */
char *rp_sasl_words_token(const RpReply *reply, const char *status);

/* ---- sasl-judge.c: what a refusal means ---- */

typedef struct {
	RpSaslOutcome outcome;
	gboolean next; /* it is this mechanism's fault: another may do */
} RpSaslJudgement;

typedef struct {
	const RpSaslMechanism *mechanism;
	gboolean given;        /* the secret, or what proves it, was sent */
	gboolean told_failure; /* see RpSaslMechanism */
} RpSaslSituation;

RpSaslJudgement rp_sasl_judge(const RpReply *reply, const RpSaslSituation *situation);
/* SMTP: the initial response is not understood, the mechanism may be (RFC 4954 section 4). */
gboolean rp_sasl_wants_no_initial(const RpReply *reply);
