/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <string.h>

/* What is said while a session is set up, as the wire shows it: which command was answered how. */

/* Of a greeting that is none. */
#define STRANGE_KEPT 200

void
rp_dialogue_clear(RpDialogue *dialogue)
{
	if (!dialogue->parser.line)
		return;
	rp_smtp_parser_clear(&dialogue->parser);
	rp_smtp_reply_free(dialogue->reply);
	g_free(dialogue->banner_host);
	g_free(dialogue->banner_domain);
	g_free(dialogue->strange);
	memset(dialogue, 0, sizeof *dialogue);
}

void
rp_dialogue_reset(RpDialogue *dialogue)
{
	rp_dialogue_clear(dialogue);
	rp_smtp_parser_init(&dialogue->parser);
	dialogue->stage = RP_STAGE_BANNER;
}

static void
keep_reply(RpDialogue *dialogue, guint code, const char *text)
{
	rp_smtp_reply_free(dialogue->reply);
	dialogue->reply = rp_smtp_reply_new(dialogue->stage, code, text);
}

/* Keywords are without case (RFC 5321 section 2.4, RFC 2449 section 3), but not to libcurl. */
static gboolean
is_in_lower_case(const char *line, const char *word)
{
	gsize length = strlen(word);
	return g_ascii_strncasecmp(line, word, length) == 0 && strncmp(line, word, length) != 0;
}

/* ---- SMTP ---- */

static gboolean
check_banner(RpDialogue *dialogue, const RpSessionPlan *plan)
{
	RpReplyContext context = {
		.tls_verified = rp_session_plan_verifies(plan),
		.host = plan->host,
		.remembered_domain = plan->expected_domain,
	};
	if (!dialogue->banner_host) {
		dialogue->banner_host = rp_reply_banner_host(dialogue->reply->text);
		dialogue->banner_domain = rp_reply_banner_domain(dialogue->reply->text);
	}
	RpReplyVerdict verdict = rp_reply_classify(&dialogue->reply->reply, &context);
	dialogue->intercepted = verdict.class == RP_REPLY_INTERCEPTED;
	return !dialogue->intercepted;
}

/* libcurl says HELO after whatever answer, and the answer is lost with it. Only one that says that
 * EHLO is not known (RFC 5321 sections 3.2 and 4.1.4) is no refusal, and only where HELO is enough.
 */
static gboolean
may_say_helo(const RpDialogue *dialogue, const RpSessionPlan *plan)
{
	guint code = dialogue->parser.code;
	gboolean unknown = code == 500 || code == 502 || code == 504 || code == 550;
	gboolean tls_is_due = plan->tls == RP_TLS_REQUIRED && !dialogue->tls;
	return unknown && !plan->user && !tls_is_due;
}

static gboolean
smtp_reply(RpDialogue *dialogue, const RpSessionPlan *plan)
{
	guint code = dialogue->parser.code;
	keep_reply(dialogue, code, dialogue->parser.text->str);
	if (dialogue->stage == RP_STAGE_BANNER && code == 220)
		return check_banner(dialogue, plan);
	if (dialogue->stage == RP_STAGE_EHLO && code >= 400)
		return may_say_helo(dialogue, plan);
	return TRUE;
}

/* What no SMTP server says, whatever it is behind. */
static const char *
other_protocol(const char *line)
{
	static const struct {
		const char *begins, *protocol;
	} known[] = {
		{"HTTP/", "HTTP"},
		{"<!DOCTYPE", "HTTP"},
		{"<html", "HTTP"},
		{"SSH-", "SSH"},
		{"+OK", "POP3"},
		{"* OK", "IMAP"},
		{"* PREAUTH", "IMAP"},
		{"RFB ", "VNC"},
		{"<?xml version", "XMPP"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_ascii_strncasecmp(line, known[i].begins, strlen(known[i].begins)) == 0)
			return known[i].protocol;
	return NULL;
}

/* A greeting may still follow it: some boxes say something first. */
static void
note_strange(RpDialogue *dialogue, const char *line, gsize size)
{
	if (dialogue->stage != RP_STAGE_BANNER || dialogue->strange)
		return;
	while (size > 0 && g_ascii_isspace(line[size - 1])) /* its end is no part of the words */
		size--;
	dialogue->strange = rp_text_neutral(line, (gssize)MIN(size, STRANGE_KEPT));
	g_strstrip(dialogue->strange);
	dialogue->speaks = other_protocol(dialogue->strange);
}

static gboolean
smtp_line(RpDialogue *dialogue, const RpSessionPlan *plan, const char *line, gsize size)
{
	gsize used = 0;
	/* Capabilities are what the last EHLO says (RFC 3207 section 4.2). */
	if (dialogue->stage == RP_STAGE_EHLO && !dialogue->in_reply) {
		memset(&dialogue->capabilities, 0, sizeof dialogue->capabilities);
		dialogue->lower_case_tls = FALSE;
		rp_sasl_offer_forget(&dialogue->offer);
	}
	if (dialogue->stage == RP_STAGE_EHLO) {
		rp_smtp_capabilities_add_line(&dialogue->capabilities, line, size);
		rp_sasl_offer_add_ehlo(&dialogue->offer, line, size);
		dialogue->lower_case_tls |= size > 4 && is_in_lower_case(line + 4, "STARTTLS");
	}
	RpSmtpParse parse =
		rp_smtp_parser_feed(&dialogue->parser, (const guint8 *)line, size, &used);
	dialogue->in_reply = parse == RP_SMTP_PARSE_MORE;
	if (parse == RP_SMTP_PARSE_BAD)
		note_strange(dialogue, line, size);
	if (dialogue->speaks)
		return FALSE;
	return parse != RP_SMTP_PARSE_REPLY || smtp_reply(dialogue, plan);
}

/* ---- POP3 ---- */

/* APOP's timestamp names the host: "+OK POP3 ready <1896.697170952@pop.odn.example>" (RFC 1939
 * section 7). */
static char *
pop_banner_host(const char *text)
{
	const char *at = strchr(text, '@');
	const char *end = at ? strchr(at, '>') : NULL;
	if (!end)
		return NULL;
	g_autofree char *host = g_strndup(at + 1, (gsize)(end - at - 1));
	return rp_reply_banner_host(host);
}

static gboolean
check_pop_banner(RpDialogue *dialogue, const RpSessionPlan *plan, const char *text)
{
	g_free(dialogue->banner_host);
	g_free(dialogue->banner_domain);
	dialogue->banner_host = pop_banner_host(text);
	dialogue->banner_domain =
		dialogue->banner_host ? rp_reply_banner_domain(dialogue->banner_host) : NULL;
	/* One that has hidden its name is not the server that told it. */
	gboolean foreign = plan->expected_domain &&
			   !rp_reply_banner_is_own(dialogue->banner_host, plan->host) &&
			   (!dialogue->banner_domain || g_ascii_strcasecmp(plan->expected_domain,
								dialogue->banner_domain) != 0);
	dialogue->intercepted =
		rp_reply_banner_is_masked(text) || (foreign && !rp_session_plan_verifies(plan));
	return !dialogue->intercepted;
}

static void
add_capability(RpDialogue *dialogue, const char *words)
{
	rp_pop_capabilities_add_line(&dialogue->pop_can, words, strlen(words));
	rp_sasl_offer_add_capa(&dialogue->offer, words, strlen(words));
	dialogue->lower_case_tls |= is_in_lower_case(words, "STLS");
}

/* Nothing but the greeting says so: capabilities are lines of any words. */
static gboolean
is_other_than_pop(RpDialogue *dialogue, const char *words)
{
	gboolean smtp = g_str_has_prefix(words, "220 ") || g_str_has_prefix(words, "220-");

	if (dialogue->stage != RP_STAGE_BANNER || dialogue->strange)
		return FALSE;
	dialogue->speaks = smtp ? "SMTP" : other_protocol(words);
	if (dialogue->speaks)
		dialogue->strange = g_strndup(words, STRANGE_KEPT);
	return dialogue->speaks != NULL;
}

static gboolean
pop_line(RpDialogue *dialogue, const RpSessionPlan *plan, const char *line, gsize size)
{
	g_autofree char *raw = g_strndup(line, MIN(size, 1024));
	g_strchomp(raw);
	g_autofree char *words = rp_text_neutral(raw, -1);
	gboolean yes = g_str_has_prefix(words, "+OK");
	gboolean no = g_str_has_prefix(words, "-ERR");
	if (dialogue->stage == RP_STAGE_EHLO && !yes && !no)
		add_capability(dialogue, words);
	if (!yes && !no)
		return !is_other_than_pop(dialogue, words);
	if (dialogue->stage == RP_STAGE_EHLO) {
		dialogue->pop_can = 0;
		dialogue->lower_case_tls = FALSE;
		rp_sasl_offer_forget(&dialogue->offer);
		dialogue->offer.known = yes;
	}
	const char *text = words + (yes ? 3 : 4);
	keep_reply(dialogue, 0, *text == ' ' ? text + 1 : text);
	if (dialogue->stage != RP_STAGE_BANNER || !yes)
		return TRUE;
	rp_sasl_offer_greeting(&dialogue->offer, words, strlen(words));
	return check_pop_banner(dialogue, plan, text);
}

gboolean
rp_dialogue_line(RpDialogue *dialogue, const RpSessionPlan *plan, RpStage stage, const char *line,
	gsize size, gboolean tls)
{
	dialogue->stage = stage;
	dialogue->tls = tls;
	return plan->pop ? pop_line(dialogue, plan, line, size)
			 : smtp_line(dialogue, plan, line, size);
}
