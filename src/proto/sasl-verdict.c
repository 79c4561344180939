/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

/* How a login ended, while it is not known yet: several mechanisms may fail before one is taken. */

const char *
rp_sasl_outcome_name(RpSaslOutcome outcome)
{
	static const char *const names[] = {
		[RP_SASL_OK] = "ok",
		[RP_SASL_DENIED] = "denied",
		[RP_SASL_TEMPORARY] = "temporary",
		[RP_SASL_MISSING] = "missing",
		[RP_SASL_UNAVAILABLE] = "unavailable",
		[RP_SASL_REFUSED] = "refused",
		[RP_SASL_REJECTED] = "rejected",
		[RP_SASL_UNCLEAR] = "unclear",
		[RP_SASL_UNFIT] = "unfit",
		[RP_SASL_UNTRUSTED] = "untrusted",
		[RP_SASL_PROTOCOL] = "protocol",
		[RP_SASL_LOST] = "lost",
	};
	return names[outcome];
}

/* What an end says of the password tells more than what it says of the mechanism; what ends the
 * login at once tells most. */
static guint
weight(RpSaslOutcome outcome)
{
	static const RpSaslOutcome order[] = {RP_SASL_OK, RP_SASL_MISSING, RP_SASL_UNAVAILABLE,
		RP_SASL_PROTOCOL, RP_SASL_UNFIT, RP_SASL_UNTRUSTED, RP_SASL_DENIED};
	for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
		if (order[i] == outcome)
			return i;
	}
	return G_N_ELEMENTS(order);
}

void
rp_sasl_verdict_clear(RpSaslVerdict *verdict)
{
	const char *mechanism = verdict->result.mechanism;
	rp_smtp_reply_free(verdict->reply);
	g_free(verdict->text);
	*verdict = (RpSaslVerdict){.result = {.outcome = RP_SASL_OK, .mechanism = mechanism}};
}

static void
set_text(RpSaslVerdict *verdict, char *text)
{
	g_free(verdict->text);
	verdict->text = text;
	verdict->result.text = text;
}

void
rp_sasl_verdict_note(
	RpSaslVerdict *verdict, RpSaslOutcome outcome, const RpSaslAnswer *answer, char *text)
{
	if (weight(outcome) <= weight(verdict->result.outcome)) {
		g_free(text);
		return;
	}
	rp_smtp_reply_free(verdict->reply);
	verdict->reply =
		answer ? rp_smtp_reply_new(RP_STAGE_AUTH, answer->code, answer->text) : NULL;
	verdict->result.outcome = outcome;
	verdict->result.reply = verdict->reply ? &verdict->reply->reply : NULL;
	set_text(verdict, text);
}

void
rp_sasl_verdict_say(RpSaslVerdict *verdict, char *text)
{
	set_text(verdict, text);
}

void
rp_sasl_verdict_deny(RpSaslVerdict *verdict, char *text)
{
	verdict->result.outcome = RP_SASL_DENIED;
	set_text(verdict, text);
}
