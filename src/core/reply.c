/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reply-private.h"

#include "names-private.h"

#include <string.h>

/* What a server's reply is about: this message, this recipient, the sender, our address, or only
 * this moment. reply-table.c has the words; this is how they are looked up. */

static const char *const stage_names[] = {
	"connect",
	"banner",
	"ehlo",
	"starttls",
	"auth",
	"mail",
	"rcpt",
	"data",
	"content",
};

static const char *const class_names[] = {
	"accepted",
	"try-later",
	"policy",
	"credentials",
	"dead-recipient",
	"message",
	"limit",
	"slow-down",
	"intercepted",
	"unknown",
};

static const char *const refusal_names[] = {
	"none",
	"relay",
	"sender",
	"pop-first",
	"auth",
	"tls",
	"address",
	"port",
	"size",
};

const char *
rp_stage_name(RpStage stage)
{
	return rp_names_get(stage_names, G_N_ELEMENTS(stage_names), stage);
}

const char *
rp_reply_class_name(RpReplyClass class)
{
	return rp_names_get(class_names, G_N_ELEMENTS(class_names), class);
}

const char *
rp_refusal_name(RpRefusal refusal)
{
	return rp_names_get(refusal_names, G_N_ELEMENTS(refusal_names), refusal);
}

/* One to three digits. */
static gboolean
parse_number(const char **text, guint16 *value)
{
	guint digits = 0;

	*value = 0;
	for (; g_ascii_isdigit(**text) && digits < 3; (*text)++, digits++)
		*value = (guint16)(*value * 10 + (**text - '0'));
	return digits > 0;
}

gboolean
rp_enhanced_code_parse(const char *text, guint basic_code, RpEnhancedCode *out, const char **rest)
{
	RpEnhancedCode code = {0};
	const char *at = text;
	guint16 class = 0;

	*out = code;
	if (rest)
		*rest = text;
	if (!parse_number(&at, &class) || *at++ != '.' || !parse_number(&at, &code.subject) ||
		*at++ != '.' || !parse_number(&at, &code.detail))
		return FALSE;
	if ((*at && !g_ascii_isspace(*at)) || (class != 2 && class != 4 && class != 5))
		return FALSE;
	if (basic_code && class != basic_code / 100)
		return FALSE;
	code.class = (guint8) class;
	*out = code;
	while (g_ascii_isspace(*at))
		at++;
	if (rest)
		*rest = at;
	return TRUE;
}

RpReply
rp_reply_make(RpStage stage, guint code, const char *text)
{
	RpReply reply = {.stage = stage, .code = code, .text = text ? text : ""};

	rp_enhanced_code_parse(reply.text, code, &reply.enhanced, NULL);
	return reply;
}

static gboolean
row_matches(const RpReplyRow *row, const RpReply *reply, const RpReplyWords *words)
{
	const RpEnhancedCode *enhanced = &reply->enhanced;

	if (!(row->stages & 1u << reply->stage) || reply->code < row->code_from ||
		reply->code > row->code_to)
		return FALSE;
	if (row->class && (row->class != enhanced->class || row->subject != enhanced->subject ||
				  row->detail != enhanced->detail))
		return FALSE;
	return !row->words || rp_reply_words_say(words, row->words);
}

static gboolean
is_address_character(char c)
{
	return g_ascii_isxdigit(c) || c == '.' || c == ':';
}

/* The address as a word of its own: not 10.0.0.1 in 10.0.0.12. A full stop may follow it. */
static gboolean
text_names_address(const char *text, const char *address)
{
	gsize length = address ? strlen(address) : 0;

	for (const char *at = text; length && (at = strstr(at, address)); at++) {
		const char *behind = at + length;

		if (at > text && is_address_character(at[-1]))
			continue;
		if (*behind == '.' && !g_ascii_isdigit(behind[1]))
			return TRUE;
		if (!is_address_character(*behind))
			return TRUE;
	}
	return FALSE;
}

static RpReplyVerdict
no_reply(const RpReplyContext *context)
{
	if (context->port == 25 && context->other_ports_answer)
		return (RpReplyVerdict){RP_REPLY_POLICY, RP_REFUSAL_PORT, FALSE};
	return (RpReplyVerdict){RP_REPLY_TRY_LATER, RP_REFUSAL_NONE, FALSE};
}

gboolean
rp_reply_banner_is_masked(const char *text)
{
	return text[strspn(text, "*20 \t\r\n")] == '\0' && strchr(text, '*');
}

gboolean
rp_reply_banner_is_own(const char *host, const char *configured)
{
	g_autofree char *domain = host ? rp_reply_banner_domain(host) : NULL;
	g_autofree char *own = configured ? rp_reply_banner_domain(configured) : NULL;

	return domain && own && g_str_equal(domain, own);
}

/* A banner masked by something in between, or of another domain than this set's server has, or of
 * none: proxies call themselves that and no more. */
static gboolean
banner_is_foreign(const RpReply *reply, const RpReplyContext *context)
{
	if (rp_reply_banner_is_masked(reply->text))
		return TRUE;
	if (context->tls_verified || !context->remembered_domain)
		return FALSE;
	g_autofree char *domain = rp_reply_banner_domain(reply->text);
	if (rp_reply_banner_is_own(reply->text, context->host))
		return FALSE;
	return !domain || g_ascii_strcasecmp(domain, context->remembered_domain) != 0;
}

/* A 5xx after the final dot is about this message, unless it names our address, or what it says has
 * a row of its own there. */
static RpReplyVerdict
content_refused(
	const RpReply *reply, const RpReplyContext *context, const RpReplyVerdict *looked_up)
{
	if (text_names_address(reply->text, context->client_address))
		return (RpReplyVerdict){RP_REPLY_POLICY, RP_REFUSAL_ADDRESS, TRUE};
	if (looked_up->class != RP_REPLY_UNKNOWN)
		return *looked_up;
	return (RpReplyVerdict){RP_REPLY_MESSAGE, RP_REFUSAL_NONE, FALSE};
}

static RpReplyVerdict
look_up(const RpReply *reply)
{
	g_autoptr(RpReplyWords) words = rp_reply_words_new(reply->text);

	for (gsize i = 0; i < rp_reply_table_size; i++) {
		const RpReplyRow *row = &rp_reply_table[i];

		if (row_matches(row, reply, words))
			return (RpReplyVerdict){row->means, row->about, row->words != NULL};
	}
	return (RpReplyVerdict){RP_REPLY_UNKNOWN, RP_REFUSAL_NONE, FALSE};
}

/* MAIL names no recipient: who is told a time there would be told it with the next message too. */
static gboolean
is_of_the_sender_for_now(const RpReply *reply, const RpReplyVerdict *verdict)
{
	return verdict->class == RP_REPLY_TRY_LATER && reply->stage == RP_STAGE_MAIL &&
	       !rp_reply_is_greylisting(reply->text) && rp_reply_wait_seconds(reply->text);
}

RpReplyVerdict
rp_reply_classify(const RpReply *reply, const RpReplyContext *context)
{
	static const RpReplyContext nothing;

	if (!context)
		context = &nothing;
	if (context->tls_mismatch)
		return (RpReplyVerdict){RP_REPLY_INTERCEPTED, RP_REFUSAL_NONE, FALSE};
	if (reply->stage == RP_STAGE_CONNECT)
		return no_reply(context);
	if (reply->code >= 200 && reply->code < 400) {
		gboolean foreign =
			reply->stage == RP_STAGE_BANNER && banner_is_foreign(reply, context);
		return (RpReplyVerdict){foreign ? RP_REPLY_INTERCEPTED : RP_REPLY_ACCEPTED,
			RP_REFUSAL_NONE, foreign};
	}
	RpReplyVerdict verdict = look_up(reply);
	if (is_of_the_sender_for_now(reply, &verdict))
		return (RpReplyVerdict){RP_REPLY_SLOW_DOWN, RP_REFUSAL_NONE, TRUE};
	if (reply->stage == RP_STAGE_CONTENT && reply->code >= 500)
		return content_refused(reply, context, &verdict);
	return verdict;
}

char *
rp_reply_banner_host(const char *text)
{
	gsize length = strcspn(text, " \t\r\n");
	g_autofree char *host = g_ascii_strdown(text, (gssize)length);
	guint dots = 0;

	for (const char *c = host; *c; c++) {
		dots += *c == '.';
		if (!g_ascii_isalnum(*c) && *c != '.' && *c != '-')
			return NULL;
	}
	return dots ? g_steal_pointer(&host) : NULL; /* "220 ESMTP ready" */
}

char *
rp_reply_banner_domain(const char *text)
{
	g_autofree char *host = rp_reply_banner_host(text);
	char *dot = host ? strchr(host, '.') : NULL;

	return g_strdup(dot && strchr(dot + 1, '.') ? dot + 1 : host);
}

static const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at ? at + 1 : "";
}

/* The words without the recipient's own address or domain in them, lower case. */
static char *
text_apart_from(const char *text, const char *recipient)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);
	g_autofree char *address = g_ascii_strdown(recipient, -1);
	const char *parts[] = {address, domain_of(address)};
	GString *words = g_string_new(lower);

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (*parts[i])
			g_string_replace(words, parts[i], "*", 0);
	}
	return g_string_free(words, FALSE);
}

static gboolean
may_be_policy(const RpRecipientReply *reply)
{
	return reply->reply.stage == RP_STAGE_RCPT && reply->reply.code >= 500 &&
	       !reply->verdict.by_text && reply->verdict.class != RP_REPLY_POLICY;
}

static gboolean
same_refusal(const RpRecipientReply *a, const char *a_text, const RpRecipientReply *b)
{
	const RpEnhancedCode *x = &a->reply.enhanced, *y = &b->reply.enhanced;
	g_autofree char *b_text = text_apart_from(b->reply.text, b->recipient);

	return a->reply.code == b->reply.code && x->class == y->class && x->subject == y->subject &&
	       x->detail == y->detail && g_str_equal(a_text, b_text);
}

static gboolean
refused_for_two_domains(const RpRecipientReply *replies, gsize n_replies, gsize index)
{
	const RpRecipientReply *one = &replies[index];
	g_autofree char *words = text_apart_from(one->reply.text, one->recipient);

	for (gsize i = 0; i < n_replies; i++) {
		if (i != index && replies[i].reply.stage == RP_STAGE_RCPT &&
			g_ascii_strcasecmp(
				domain_of(replies[i].recipient), domain_of(one->recipient)) != 0 &&
			same_refusal(one, words, &replies[i]))
			return TRUE;
	}
	return FALSE;
}

void
rp_reply_compare_recipients(RpRecipientReply *replies, gsize n_replies)
{
	/* each looks at replies only, so the order of changing the verdicts does not count */
	for (gsize i = 0; i < n_replies; i++) {
		if (may_be_policy(&replies[i]) && refused_for_two_domains(replies, n_replies, i))
			replies[i].verdict =
				(RpReplyVerdict){RP_REPLY_POLICY, RP_REFUSAL_RELAY, FALSE};
	}
}
