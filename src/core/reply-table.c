/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reply-private.h"

/* What servers say, and what they mean by it. The words are those of the servers named beside them,
 * as long a piece as their versions have in common. */

#define ENVELOPE RP_STAGES(MAIL, DATA) /* a 5xx after the final dot: content_refused in reply.c */
#define SESSION RP_STAGES(BANNER, DATA)
#define AT(stage) RP_STAGES(stage, stage)
#define REFUSED_5XX 500, 599

const RpReplyRow rp_reply_table[] = {
	/* Credentials: only from 535 and 534, or a -ERR that says so. */
	{AT(AUTH), 534, 535, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"authentication failed|authentication credentials invalid|"
		"incorrect authentication data|authentication unsuccessful|"
		"application-specific password required|username and password not accepted|"
		"please log in via your web browser|invalid login|bad username or password|"
		"basic authentication is disabled",
		RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{AT(AUTH), 0, 0, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"[in-use]|[sys/temp]|[login-delay]|mailbox locked|mailbox is locked|maildrop "
		"locked|"
		"already locked|locked by|unable to lock|lock busy|temporar",
		RP_REPLY_TRY_LATER, RP_REFUSAL_NONE}, /* RFC 2449, RFC 3206 */
	{AT(AUTH), 0, 0, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"[auth]|authentication failed|invalid login|invalid password|wrong password|"
		"password incorrect|incorrect password|bad password|login incorrect|bad login|"
		"username or password|"
		"login failed|"          /* Courier */
		"is incorrect|"          /* qpopper */
		"user name or password", /* hMailServer */
		RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},

	/* A POP login would open the server: before relaying, whose words stand beside these. */
	{SESSION, 400, 599, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"authenticate with pop|pop3 before sending|pop before smtp|pop-before-smtp|"
		"must be pop-authenticated|first check your e-mail|first check your mail|"
		"check your mail first|receive your mail before sending|check for new mail first|"
		"pop3 login first|retrieve your mail first",
		RP_REPLY_POLICY, RP_REFUSAL_POP_FIRST},

	/* Encryption or a login would. */
	{SESSION, REFUSED_5XX, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"must issue a starttls|must use starttls|issue a starttls command first|"
		"encryption required|tls required|requires tls|session encryption is required",
		RP_REPLY_POLICY, RP_REFUSAL_TLS},

	/* The sender is not one this login, or this network, may use. */
	{ENVELOPE, REFUSED_5XX, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"not owned by user|not owned by auth user|sender address rejected|not logged in|"
		"permissions to send as this sender|not allowed to send as|"
		"sender address is not allowed|sender is not allowed to|not have permission to "
		"send as|"
		"sendasdenied|sender verify failed|from address is not owned|"
		"sender address must match",
		RP_REPLY_POLICY, RP_REFUSAL_SENDER},
	{SESSION, REFUSED_5XX, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"proper authentication required|authentication required|authentication is required|"
		"not authenticated|you must authenticate|must be authenticated|smtp auth required|"
		"smtp authentication is required|client was not authenticated|"
		"requires authentication|auth first|need ehlo and auth",
		RP_REPLY_POLICY, RP_REFUSAL_AUTH},

	/* Our address is on a list, or in a range that is to use its provider's server. */
	{SESSION, REFUSED_5XX, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"blocked using|spamhaus|spamcop|sorbs|dnsbl|dynamic ip|dial-up|dialup|"
		"not authorized to send email directly|not authorized to send mail directly|"
		"use the smtp server of your isp|use your isp's|use your isps|"
		"use your provider's|blocklist|block list|blacklist|ip address blocked|"
		"listed in rbl|reverse dns|ptr record|cannot find your hostname|"
		"client host [|client host rejected|bad reputation|poor reputation|your "
		"ip|connecting ip",
		RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},

	/* Relaying. 454 is what Postfix answers in its soft-bounce mode. */
	{ENVELOPE, 454, 454, 0, RP_ANY_NUMBER, RP_ANY_NUMBER, "relay access denied",
		RP_REPLY_POLICY, RP_REFUSAL_RELAY}, /* Postfix */
	{ENVELOPE, REFUSED_5XX, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"relay access denied|"                  /* Postfix; Exchange */
		"relay not permitted|"                  /* Exim */
		"relaying denied|relaying not allowed|" /* sendmail */
		"list of allowed rcpthosts|"            /* qmail */
		"unable to relay|"                      /* Exchange */
		"relaying is not allowed|relaying is prohibited|relaying prohibited|"
		"not permitted to relay|not allowed to relay|relay denied|relay prohibited|"
		"we do not relay|do not relay|not relay for|no relaying|relay not allowed|"
		"not a gateway|not local host",
		RP_REPLY_POLICY, RP_REFUSAL_RELAY},

	/* Dead recipients, and mailboxes that can't take more. */
	{AT(RCPT), REFUSED_5XX, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"user unknown|unknown user|no such user|no such recipient|recipient unknown|"
		"unknown recipient|unrouteable address|no such mailbox|mailbox not found|"
		"does not exist|doesn't exist|unknown local part|invalid mailbox|no mailbox here|"
		"user not found|recipient not found|no such person|mailbox unavailable: unknown|"
		"unknown or illegal alias|address unknown|domain not found|host or domain name not "
		"found",
		RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), REFUSED_5XX, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"mailbox disabled|account disabled|account is disabled|account has been disabled|"
		"mailbox is inactive|account inactive|account suspended|mailbox full|"
		"mailbox is full|over quota|quota exceeded|exceeded storage",
		RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{ENVELOPE, 552, 554, 0, RP_ANY_NUMBER, RP_ANY_NUMBER,
		"too big|too large|size exceeds|exceeds size|exceeds fixed maximum|"
		"exceeds maximum|maximum message size",
		RP_REPLY_MESSAGE, RP_REFUSAL_NONE},

	/* Enhanced codes. */
	{AT(AUTH), 534, 535, 5, 7, 8, NULL, RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{AT(AUTH), 534, 535, 5, 7, 3, NULL, RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{AT(AUTH), 534, 535, 5, 7, 9, NULL, RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{AT(AUTH), 534, 535, 5, 7, 139, NULL, RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{SESSION, 530, 530, 5, 7, 0, NULL, RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{SESSION, 530, 530, 5, 7, 57, NULL, RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{ENVELOPE, 550, 554, 5, 7, 54, NULL, RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{ENVELOPE, 550, 554, 5, 7, 64, NULL, RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{ENVELOPE, 550, 554, 5, 7, 60, NULL, RP_REPLY_POLICY, RP_REFUSAL_SENDER},
	{SESSION, 550, 554, 5, 7, 25, NULL, RP_REPLY_POLICY, RP_REFUSAL_ADDRESS}, /* RFC 7372 */
	{SESSION, 550, 554, 5, 7, 26, NULL, RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{AT(RCPT), 550, 554, 5, 1, 1, NULL, RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), 550, 554, 5, 1, 2, NULL, RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), 550, 554, 5, 1, 3, NULL, RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), 550, 554, 5, 1, 10, NULL, RP_REPLY_DEAD_RECIPIENT,
		RP_REFUSAL_NONE}, /* RFC 7505 */
	{AT(RCPT), REFUSED_5XX, 5, 2, 1, NULL, RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), REFUSED_5XX, 5, 2, 2, NULL, RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{ENVELOPE, REFUSED_5XX, 5, 3, 4, NULL, RP_REPLY_MESSAGE, RP_REFUSAL_NONE},

	/* Basic codes. 521 and a 5xx at the banner are about us or about nobody: unknown. */
	{RP_STAGES_ANY, 400, 499, 0, RP_ANY_NUMBER, RP_ANY_NUMBER, NULL, RP_REPLY_TRY_LATER,
		RP_REFUSAL_NONE},
	{AT(AUTH), 534, 535, 0, RP_ANY_NUMBER, RP_ANY_NUMBER, NULL, RP_REPLY_CREDENTIALS,
		RP_REFUSAL_NONE},
	{SESSION, 530, 530, 0, RP_ANY_NUMBER, RP_ANY_NUMBER, NULL, RP_REPLY_POLICY,
		RP_REFUSAL_AUTH},
	{AT(RCPT), 552, 552, 0, RP_ANY_NUMBER, RP_ANY_NUMBER, NULL, RP_REPLY_TRY_LATER,
		RP_REFUSAL_NONE}, /* RFC 5321 section 4.5.3.1.10: too many recipients */
	{ENVELOPE, 552, 552, 0, RP_ANY_NUMBER, RP_ANY_NUMBER, NULL, RP_REPLY_MESSAGE,
		RP_REFUSAL_NONE},
};

const gsize rp_reply_table_size = G_N_ELEMENTS(rp_reply_table);
