/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/reply.h"

#include <string.h>

typedef struct {
	RpStage stage;
	guint code;
	const char *text;
	RpReplyClass want;
	RpRefusal about;
} Row;

/* Every row of rp_reply_table, with what the servers really
 * write, and the traps beside each. */
static const Row rows[] = {
	/* accepted */
	{RP_STAGE_BANNER, 220, "mail.odn.example ESMTP Postfix", RP_REPLY_ACCEPTED},
	{RP_STAGE_EHLO, 250, "mail.odn.example PIPELINING SIZE 10240000", RP_REPLY_ACCEPTED},
	{RP_STAGE_AUTH, 235, "2.7.0 Authentication successful", RP_REPLY_ACCEPTED},
	{RP_STAGE_RCPT, 250, "2.1.5 Ok", RP_REPLY_ACCEPTED},
	{RP_STAGE_RCPT, 251, "User not local; will forward to <b@x.example>", RP_REPLY_ACCEPTED},
	{RP_STAGE_DATA, 354, "End data with <CR><LF>.<CR><LF>", RP_REPLY_ACCEPTED},
	{RP_STAGE_CONTENT, 250, "2.0.0 Ok: queued as 4XyZ", RP_REPLY_ACCEPTED},

	/* relaying */
	{RP_STAGE_RCPT, 554, "5.7.1 <b@other.example>: Relay access denied", RP_REPLY_POLICY,
		RP_REFUSAL_RELAY}, /* Postfix */
	{RP_STAGE_RCPT, 454, "4.7.1 <b@other.example>: Relay access denied", RP_REPLY_POLICY,
		RP_REFUSAL_RELAY}, /* Postfix, soft bounce */
	{RP_STAGE_RCPT, 550, "relay not permitted", RP_REPLY_POLICY, RP_REFUSAL_RELAY}, /* Exim */
	{RP_STAGE_RCPT, 550, "5.7.1 <b@other.example>... Relaying denied", RP_REPLY_POLICY,
		RP_REFUSAL_RELAY}, /* sendmail */
	{RP_STAGE_RCPT, 550,
		"5.7.1 <b@other.example>... Relaying denied. IP name lookup failed [203.0.113.7]",
		RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{RP_STAGE_RCPT, 550,
		"5.7.1 <b@other.example>... Relaying denied. Proper authentication required.",
		RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{RP_STAGE_MAIL, 503, "AUTH first", RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{RP_STAGE_RCPT, 503, "5.5.1 need EHLO and AUTH", RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{RP_STAGE_AUTH, 0, "Login failed.", RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE}, /* Courier */
	{RP_STAGE_AUTH, 0, "Password supplied for \"taro\" is incorrect.", RP_REPLY_CREDENTIALS,
		RP_REFUSAL_NONE}, /* qpopper */
	{RP_STAGE_AUTH, 0, "Invalid user name or password", RP_REPLY_CREDENTIALS,
		RP_REFUSAL_NONE}, /* hMailServer */
	{RP_STAGE_AUTH, 0, "maildrop already locked", RP_REPLY_TRY_LATER, RP_REFUSAL_NONE},
	{RP_STAGE_AUTH, 0, "Temporary problem, please wait", RP_REPLY_TRY_LATER, RP_REFUSAL_NONE},
	{RP_STAGE_RCPT, 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
		RP_REPLY_POLICY, RP_REFUSAL_RELAY}, /* qmail */
	{RP_STAGE_RCPT, 550, "5.7.1 Unable to relay for b@other.example", RP_REPLY_POLICY,
		RP_REFUSAL_RELAY}, /* Exchange */
	{RP_STAGE_RCPT, 550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
		RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{RP_STAGE_RCPT, 550, "5.7.64 TenantAttribution; Relay Access Denied SMTP", RP_REPLY_POLICY,
		RP_REFUSAL_RELAY},
	{RP_STAGE_RCPT, 550, "5.7.64 TenantAttribution", RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{RP_STAGE_RCPT, 550, "5.7.54 no words we know", RP_REPLY_POLICY, RP_REFUSAL_RELAY},

	/* POP first */
	{RP_STAGE_RCPT, 550, "5.7.1 Authenticate with POP first", RP_REPLY_POLICY,
		RP_REFUSAL_POP_FIRST},
	{RP_STAGE_MAIL, 550, "Please authenticate with POP3 before sending", RP_REPLY_POLICY,
		RP_REFUSAL_POP_FIRST},
	{RP_STAGE_RCPT, 553, "Sorry, you must be pop-authenticated to relay", RP_REPLY_POLICY,
		RP_REFUSAL_POP_FIRST},
	{RP_STAGE_MAIL, 521, "You must first check your e-mail", RP_REPLY_POLICY,
		RP_REFUSAL_POP_FIRST},
	{RP_STAGE_RCPT, 550, "5.7.1 Please receive your mail before sending", RP_REPLY_POLICY,
		RP_REFUSAL_POP_FIRST},
	{RP_STAGE_RCPT, 450, "Please receive your mail before sending", RP_REPLY_POLICY,
		RP_REFUSAL_POP_FIRST},
	{RP_STAGE_RCPT, 550, "5.7.1 Relaying denied. Authenticate with POP first", RP_REPLY_POLICY,
		RP_REFUSAL_POP_FIRST},

	/* the sender */
	{RP_STAGE_RCPT, 553,
		"5.7.1 <x@odn.example>: Sender address rejected: not owned by user taro",
		RP_REPLY_POLICY, RP_REFUSAL_SENDER},
	{RP_STAGE_RCPT, 553, "5.7.1 <x@odn.example>: Sender address rejected: not logged in",
		RP_REPLY_POLICY, RP_REFUSAL_SENDER},
	{RP_STAGE_MAIL, 550, "5.7.60 SMTP; Client does not have permissions to send as this sender",
		RP_REPLY_POLICY, RP_REFUSAL_SENDER},
	{RP_STAGE_MAIL, 550, "5.7.60 whatever", RP_REPLY_POLICY, RP_REFUSAL_SENDER},
	{RP_STAGE_RCPT, 550, "5.1.8 <x@nowhere.example>: Sender address rejected: Domain not found",
		RP_REPLY_POLICY, RP_REFUSAL_SENDER}, /* not a dead recipient */

	/* a login, encryption */
	{RP_STAGE_MAIL, 530, "5.7.0 Authentication Required", RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{RP_STAGE_MAIL, 530,
		"5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM",
		RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{RP_STAGE_MAIL, 530, "5.7.0 something", RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{RP_STAGE_MAIL, 530, "no words", RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{RP_STAGE_MAIL, 530, "5.7.0 Must issue a STARTTLS command first", RP_REPLY_POLICY,
		RP_REFUSAL_TLS},

	/* credentials */
	{RP_STAGE_AUTH, 535, "5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
		RP_REPLY_CREDENTIALS},                                               /* Postfix */
	{RP_STAGE_AUTH, 535, "Incorrect authentication data", RP_REPLY_CREDENTIALS}, /* Exim */
	{RP_STAGE_AUTH, 535, "5.7.3 Authentication unsuccessful",
		RP_REPLY_CREDENTIALS}, /* Exchange */
	{RP_STAGE_AUTH, 535,
		"5.7.139 Authentication unsuccessful, basic authentication is disabled.",
		RP_REPLY_CREDENTIALS},
	{RP_STAGE_AUTH, 534, "5.7.9 Application-specific password required. Learn more",
		RP_REPLY_CREDENTIALS},
	{RP_STAGE_AUTH, 535, "5.7.8 x", RP_REPLY_CREDENTIALS},
	{RP_STAGE_AUTH, 535, "", RP_REPLY_CREDENTIALS},
	{RP_STAGE_AUTH, 454, "4.7.0 Temporary authentication failure: Connection lost",
		RP_REPLY_TRY_LATER},
	{RP_STAGE_AUTH, 421, "4.7.0 Too many errors", RP_REPLY_TRY_LATER},
	{RP_STAGE_AUTH, 504, "5.5.4 Unrecognized authentication type", RP_REPLY_UNKNOWN},
	{RP_STAGE_MAIL, 550, "authentication failed", RP_REPLY_UNKNOWN}, /* only from 535 and 534 */
	{RP_STAGE_AUTH, 0, "-ERR [AUTH] Authentication failed.",
		RP_REPLY_CREDENTIALS}, /* Dovecot */
	{RP_STAGE_AUTH, 0, "-ERR Password incorrect", RP_REPLY_CREDENTIALS},
	{RP_STAGE_AUTH, 0, "-ERR [IN-USE] Mailbox locked by another session", RP_REPLY_TRY_LATER},
	{RP_STAGE_AUTH, 0, "-ERR [SYS/TEMP] Temporary authentication failure", RP_REPLY_TRY_LATER},
	{RP_STAGE_AUTH, 0, "-ERR something", RP_REPLY_UNKNOWN},

	/* our address */
	{RP_STAGE_RCPT, 554,
		"5.7.1 Service unavailable; Client host [203.0.113.7] blocked using "
		"zen.spamhaus.org",
		RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{RP_STAGE_BANNER, 554, "Your access to this mail system has been rejected: Spamhaus PBL",
		RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{RP_STAGE_MAIL, 550,
		"5.7.1 [203.0.113.7] The IP you're using to send mail is not authorized to send "
		"email "
		"directly to our servers. Please use the SMTP relay at your service provider",
		RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{RP_STAGE_MAIL, 553, "Dynamic pool; please use the SMTP server of your ISP",
		RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{RP_STAGE_RCPT, 550, "5.7.25 fcrdns", RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{RP_STAGE_RCPT, 550, "5.7.26 unauthenticated", RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{RP_STAGE_RCPT, 450, "4.7.1 Client host rejected: cannot find your hostname, [203.0.113.7]",
		RP_REPLY_TRY_LATER},

	/* try later */
	{RP_STAGE_BANNER, 421, "4.3.2 Service not available, too many connections",
		RP_REPLY_TRY_LATER},
	{RP_STAGE_RCPT, 450, "4.2.0 <b@x.example>: Recipient address rejected: Greylisted",
		RP_REPLY_TRY_LATER},
	{RP_STAGE_RCPT, 451, "4.7.650 The mail server has been temporarily rate limited",
		RP_REPLY_TRY_LATER},
	{RP_STAGE_AUTH, 432, "4.7.12 A password transition is needed", RP_REPLY_TRY_LATER},
	{RP_STAGE_CONTENT, 451, "4.3.0 Error: queue file write error", RP_REPLY_TRY_LATER},
	{RP_STAGE_RCPT, 452, "4.2.2 Over quota", RP_REPLY_TRY_LATER},
	{RP_STAGE_RCPT, 452, "4.5.3 Too many recipients", RP_REPLY_TRY_LATER},
	{RP_STAGE_RCPT, 552, "Too many recipients", RP_REPLY_TRY_LATER}, /* RFC 5321, 4.5.3.1.10 */

	/* dead recipients */
	{RP_STAGE_RCPT, 550,
		"5.1.1 <b@x.example>: Recipient address rejected: User unknown in virtual mailbox "
		"table",
		RP_REPLY_DEAD_RECIPIENT},
	{RP_STAGE_RCPT, 550, "5.1.1 The email account that you tried to reach",
		RP_REPLY_DEAD_RECIPIENT},
	{RP_STAGE_RCPT, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound", RP_REPLY_DEAD_RECIPIENT},
	{RP_STAGE_RCPT, 553, "5.1.3 bad destination mailbox address", RP_REPLY_DEAD_RECIPIENT},
	{RP_STAGE_RCPT, 550, "5.1.2 bad destination system", RP_REPLY_DEAD_RECIPIENT},
	{RP_STAGE_RCPT, 550, "Unrouteable address", RP_REPLY_DEAD_RECIPIENT}, /* Exim */
	{RP_STAGE_RCPT, 551, "User unknown; try elsewhere", RP_REPLY_DEAD_RECIPIENT},
	{RP_STAGE_RCPT, 550, "5.2.1 account inactive", RP_REPLY_DEAD_RECIPIENT},
	{RP_STAGE_RCPT, 554, "5.2.1 x", RP_REPLY_DEAD_RECIPIENT},
	{RP_STAGE_RCPT, 552, "5.2.2 mailbox full", RP_REPLY_DEAD_RECIPIENT},
	{RP_STAGE_RCPT, 552, "5.2.2 x", RP_REPLY_DEAD_RECIPIENT},

	/* the message */
	{RP_STAGE_MAIL, 552, "5.3.4 Message size exceeds fixed limit", RP_REPLY_MESSAGE,
		RP_REFUSAL_SIZE},
	{RP_STAGE_MAIL, 552, "x", RP_REPLY_MESSAGE},
	{RP_STAGE_CONTENT, 552, "5.3.4 Message too big", RP_REPLY_MESSAGE, RP_REFUSAL_SIZE},

	/* A 5xx before RCPT never means a dead address. */
	{RP_STAGE_BANNER, 550, "5.1.1 User unknown", RP_REPLY_UNKNOWN},
	{RP_STAGE_EHLO, 550, "5.1.1 User unknown", RP_REPLY_UNKNOWN},
	{RP_STAGE_AUTH, 550, "5.1.1 User unknown", RP_REPLY_UNKNOWN},
	{RP_STAGE_MAIL, 550, "5.1.1 User unknown", RP_REPLY_UNKNOWN},
	{RP_STAGE_DATA, 550, "5.1.1 User unknown", RP_REPLY_UNKNOWN},
	/* 5.7.x alone proves nothing (a closed mailing list says it too). */
	{RP_STAGE_RCPT, 550, "5.7.1 You are not subscribed to this list", RP_REPLY_UNKNOWN},
	{RP_STAGE_RCPT, 554, "5.7.1 x", RP_REPLY_UNKNOWN},
	/* A bare 550, 553 or 554 decides nothing. */
	{RP_STAGE_RCPT, 550, "", RP_REPLY_UNKNOWN},
	{RP_STAGE_RCPT, 553, "no", RP_REPLY_UNKNOWN},
	{RP_STAGE_RCPT, 554, "Transaction failed", RP_REPLY_UNKNOWN},
	{RP_STAGE_BANNER, 554, "No SMTP service here", RP_REPLY_UNKNOWN},
	{RP_STAGE_EHLO, 502, "Error: command not implemented", RP_REPLY_UNKNOWN},
	/* After the final dot it is about this message. */
	{RP_STAGE_CONTENT, 554, "5.7.1 Spam message rejected", RP_REPLY_MESSAGE},
	{RP_STAGE_CONTENT, 550, "5.7.1 Message denied: it came through an open relay",
		RP_REPLY_MESSAGE},
	/* But relaying is refused whatever the message is (Zoho says it there). */
	{RP_STAGE_CONTENT, 550, "5.7.1 Relaying denied", RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{RP_STAGE_CONTENT, 554, "5.7.1 [203.0.113.77] is fine", RP_REPLY_MESSAGE},
	{RP_STAGE_CONTENT, 554, "5.7.1 [1203.0.113.7] is fine", RP_REPLY_MESSAGE},
	{RP_STAGE_CONTENT, 554, "5.7.1 Blocked: mail from [203.0.113.7] looks like spam",
		RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{RP_STAGE_CONTENT, 554, "rejected by reputation of 203.0.113.7.", RP_REPLY_POLICY,
		RP_REFUSAL_ADDRESS},

	/* Text beats the enhanced code, which beats the basic code. */
	{RP_STAGE_RCPT, 550, "5.1.1 Relaying denied", RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{RP_STAGE_RCPT, 550, "5.7.1 User unknown", RP_REPLY_DEAD_RECIPIENT},
	{RP_STAGE_RCPT, 550, "4.1.1 x", RP_REPLY_UNKNOWN}, /* contradicts the 550: no code */
	{RP_STAGE_RCPT, 550, "RELAY ACCESS DENIED", RP_REPLY_POLICY, RP_REFUSAL_RELAY},

	/* somebody in between */
	{RP_STAGE_BANNER, 220, "**************************", RP_REPLY_INTERCEPTED},
};

static void
test_rows(void)
{
	static const RpReplyContext context = {.client_address = "203.0.113.7"};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		RpReply reply = rp_reply_make(rows[i].stage, rows[i].code, rows[i].text);
		RpReplyVerdict got = rp_reply_classify(&reply, &context);

		g_test_message(
			"%s %u %s", rp_stage_name(rows[i].stage), rows[i].code, rows[i].text);
		g_assert_cmpstr(
			rp_reply_class_name(got.class), ==, rp_reply_class_name(rows[i].want));
		g_assert_cmpstr(rp_refusal_name(got.about), ==, rp_refusal_name(rows[i].about));
	}
}

static void
test_context(void)
{
	static const struct {
		RpStage stage;
		guint code;
		const char *text;
		RpReplyContext context;
		RpReplyClass want;
		RpRefusal about;
	} cases[] = {
		{RP_STAGE_CONNECT, 0, "Connection timed out",
			{.port = 25, .other_ports_answer = TRUE}, RP_REPLY_POLICY, RP_REFUSAL_PORT},
		{RP_STAGE_CONNECT, 0, "Connection timed out", {.port = 25}, RP_REPLY_TRY_LATER},
		{RP_STAGE_CONNECT, 0, "Connection refused",
			{.port = 587, .other_ports_answer = TRUE}, RP_REPLY_TRY_LATER},
		{RP_STAGE_STARTTLS, 220, "ready", {.tls_mismatch = TRUE}, RP_REPLY_INTERCEPTED},
		{RP_STAGE_CONNECT, 0, "certificate", {.tls_mismatch = TRUE}, RP_REPLY_INTERCEPTED},
		{RP_STAGE_BANNER, 220, "mail.odn.example ESMTP",
			{.remembered_domain = "odn.example"}, RP_REPLY_ACCEPTED},
		{RP_STAGE_BANNER, 220, "mx2.ODN.example ESMTP",
			{.remembered_domain = "odn.example"}, RP_REPLY_ACCEPTED},
		{RP_STAGE_BANNER, 220, "mail.hotel.example ESMTP",
			{.remembered_domain = "odn.example"}, RP_REPLY_INTERCEPTED},
		{RP_STAGE_BANNER, 220, "mail.hotel.example ESMTP",
			{.remembered_domain = "odn.example", .tls_verified = TRUE},
			RP_REPLY_ACCEPTED},
		{RP_STAGE_BANNER, 220, "ESMTP ready", {.remembered_domain = "odn.example"},
			RP_REPLY_INTERCEPTED},
		{RP_STAGE_BANNER, 220, "ESMTP ready",
			{.remembered_domain = "odn.example", .tls_verified = TRUE},
			RP_REPLY_ACCEPTED},
		{RP_STAGE_BANNER, 220, "mail.odn.example ESMTP",
			{.remembered_domain = "hotel.example", .host = "Mail.odn.example"},
			RP_REPLY_ACCEPTED},
		{RP_STAGE_BANNER, 220, "mx-3.odn.example ESMTP",
			{.remembered_domain = "hotel.example", .host = "mail.odn.example"},
			RP_REPLY_ACCEPTED},
		{RP_STAGE_BANNER, 220, "mail.hotel.example ESMTP",
			{.remembered_domain = "odn.example", .host = "mail.odn.example"},
			RP_REPLY_INTERCEPTED},
		{RP_STAGE_BANNER, 220, "mx.google.example ESMTP",
			{.remembered_domain = "google.example", .host = "mail.odn.example"},
			RP_REPLY_ACCEPTED},
		{RP_STAGE_BANNER, 220, "localhost ESMTP",
			{.remembered_domain = "odn.example", .host = "localhost"},
			RP_REPLY_INTERCEPTED},
		{RP_STAGE_BANNER, 220, "ESMTP ready", {0}, RP_REPLY_ACCEPTED},
		{RP_STAGE_CONTENT, 554, "[2001:db8::7] no", {.client_address = "2001:db8::7"},
			RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
		{RP_STAGE_CONTENT, 554, "[2001:db8::77] no", {.client_address = "2001:db8::7"},
			RP_REPLY_MESSAGE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		RpReply reply = rp_reply_make(cases[i].stage, cases[i].code, cases[i].text);
		RpReplyVerdict got = rp_reply_classify(&reply, &cases[i].context);

		g_test_message("%s", cases[i].text);
		g_assert_cmpstr(
			rp_reply_class_name(got.class), ==, rp_reply_class_name(cases[i].want));
		g_assert_cmpstr(rp_refusal_name(got.about), ==, rp_refusal_name(cases[i].about));
	}
	RpReply reply = rp_reply_make(RP_STAGE_CONTENT, 554, NULL);
	g_assert_cmpint(rp_reply_classify(&reply, NULL).class, ==, RP_REPLY_MESSAGE);
}

static void
test_enhanced(void)
{
	static const struct {
		const char *text;
		guint basic;
		guint class, subject, detail;
		const char *rest;
	} cases[] = {
		{"5.7.1 Relaying denied", 550, 5, 7, 1, "Relaying denied"},
		{"5.7.139  x", 535, 5, 7, 139, "x"},
		{"2.0.0", 250, 2, 0, 0, ""},
		{"5.7.1", 0, 5, 7, 1, ""},
		{"5.7.1 x", 450, 0, 0, 0, "5.7.1 x"},
		{"5.7.1000 x", 550, 0, 0, 0, "5.7.1000 x"},
		{"5.7 x", 550, 0, 0, 0, "5.7 x"},
		{"5.7.1.2 x", 550, 0, 0, 0, "5.7.1.2 x"},
		{"3.7.1 x", 354, 0, 0, 0, "3.7.1 x"},
		{"203.0.113 x", 0, 0, 0, 0, "203.0.113 x"},
		{"x 5.7.1", 550, 0, 0, 0, "x 5.7.1"},
		{"", 550, 0, 0, 0, ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		RpEnhancedCode got = {9, 9, 9};
		const char *rest;
		gboolean found = rp_enhanced_code_parse(cases[i].text, cases[i].basic, &got, &rest);

		g_test_message("%s", cases[i].text);
		g_assert_cmpint(found, ==, cases[i].class != 0);
		g_assert_cmpuint(got.class, ==, cases[i].class);
		g_assert_cmpuint(got.subject, ==, cases[i].subject);
		g_assert_cmpuint(got.detail, ==, cases[i].detail);
		g_assert_cmpstr(rest, ==, cases[i].rest);
	}
}

/* "ADDRESS CODE TEXT" lines, and the classes wanted. */
static void
test_recipients(void)
{
	static const struct {
		const char *replies, *want;
	} cases[] = {
		{"a@x 550 5.7.1 no\nb@y 550 5.7.1 no", "policy policy"},
		{"a@x 550 5.7.1 no\nb@x 550 5.7.1 no", "unknown unknown"}, /* one domain */
		{"a@x 550 5.7.1 no\nb@X 550 5.7.1 no", "unknown unknown"},
		{"a@x 550 5.7.1 no", "unknown"},
		{"a@x 550 5.7.1 <a@x>: no\nb@y 550 5.7.1 <b@y>: no", "policy policy"},
		{"a@x.example 550 no mail to x.example here\nb@y.example 550 no mail to Y.example "
		 "here",
			"policy policy"},
		{"a@x 550 5.7.1 no\nb@y 550 5.7.1 closed list", "unknown unknown"},
		{"a@x 550 5.7.1 no\nb@y 554 5.7.1 no", "unknown unknown"},
		{"a@x 550 5.7.1 no\nb@y 550 5.7.2 no", "unknown unknown"},
		{"a@x 550 5.7.1 no\nc@z 250 ok\nb@y 550 5.7.1 no", "policy accepted policy"},
		/* words have decided */
		{"a@x 550 5.1.1 User unknown\nb@y 550 5.1.1 User unknown",
			"dead-recipient dead-recipient"},
		/* a code alone has not */
		{"a@x 550 5.1.1 no\nb@y 550 5.1.1 no", "policy policy"},
		{"a@x 450 4.7.1 no\nb@y 450 4.7.1 no", "try-later try-later"},
		{"a@x 550 no\nb@x 550 no\nc@y 550 no", "policy policy policy"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) lines = g_strsplit(cases[i].replies, "\n", -1);
		g_autofree RpRecipientReply *replies = g_new0(RpRecipientReply, 8);
		g_autoptr(GString) got = g_string_new(NULL);
		guint n = g_strv_length(lines);

		for (guint k = 0; k < n; k++) {
			char *code = strchr(lines[k], ' ');
			*code++ = '\0';
			replies[k].recipient = lines[k];
			replies[k].reply =
				rp_reply_make(RP_STAGE_RCPT, (guint)atoi(code), code + 4);
			replies[k].verdict = rp_reply_classify(&replies[k].reply, NULL);
		}
		rp_reply_compare_recipients(replies, n);
		for (guint k = 0; k < n; k++)
			g_string_append_printf(got, "%s%s", k ? " " : "",
				rp_reply_class_name(replies[k].verdict.class));
		g_assert_cmpstr(got->str, ==, cases[i].want);
	}
}

static void
test_banner_domain(void)
{
	static const char *const cases[][2] = {
		{"mail.odn.example ESMTP Postfix", "odn.example"},
		{"MX1.ODN.Example", "odn.example"},
		{"odn.example ESMTP", "odn.example"},
		{"mail.odn.co.example ready", "odn.co.example"},
		{"ESMTP ready", NULL},
		{"<1234@odn.example> hello", NULL},
		{"", NULL},
		{"******", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = rp_reply_banner_domain(cases[i][0]);
		g_autofree char *host = rp_reply_banner_host(cases[i][0]);
		g_assert_cmpstr(got, ==, cases[i][1]);
		g_assert_true(!host == !got && (!host || g_str_has_suffix(host, got)));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/reply/rows", test_rows);
	g_test_add_func("/reply/context", test_context);
	g_test_add_func("/reply/enhanced", test_enhanced);
	g_test_add_func("/reply/recipients", test_recipients);
	g_test_add_func("/reply/banner-domain", test_banner_domain);
	return g_test_run();
}
