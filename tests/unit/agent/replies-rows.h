/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The table of replies, for test-replies.c. */
#define REFUSED "held: pending, refused-here; learned refused for a day"
#define NO_LOGIN "held: pending, auth-missing; learned refused for a day"
#define NOT_SENDER "held: pending, refused-here; learned refused for the sender for a day"
#define DENIED "held: pending, auth-failed; learned auth-failed for ever"
#define INTERCEPTED "held: pending, intercepted; learned intercepted for minutes"
#define NOT_OPEN "deferred: pending, next try soon; 3 sessions; 2 POP logins"
#define LIMIT "deferred: pending, next try long"
#define LATER "deferred: pending, next try minutes"
#define REJECTED "held: rejected, server-rejected"
#define HELD "held: pending, server-rejected"
#define LARGE "held: pending, too-large"
#define TURNED_AWAY "held: pending, server-rejected; learned rejected for ever"
#define DEAD "failed: dead"

#define PLAIN "smtp-tls=off\n" LOGIN
#define WRONG "smtp-tls=off\nsmtp-user=taro\nsmtp-password=falsch\n"
#define TLS "tls-ca-file=@CERT@\n"
#define DENIES(reply) "{\"auth\": [\"PLAIN\"], \"denied\": \"" reply "\"}"
#define AUTH(reply) "{\"auth\": [\"PLAIN\"], \"replies\": {\"AUTH\": \"" reply "\"}}"
#define EHLO(reply) "{\"replies\": {\"EHLO\": \"" reply "\", \"HELO\": \"" reply "\"}}"
#define STARTTLS(reply) "{\"tls\": \"starttls\", \"replies\": {\"STARTTLS\": \"" reply "\"}}"
#define BDAT(reply)                                                                                \
	"{\"ehlo\": [\"PIPELINING\", \"CHUNKING\"], \"replies\": {\".\": \"" reply "\"}}"

static const Row rows[] = {
	/* relaying */
	{"Postfix: relay", RCPT("554 5.7.1 <a@x.example>: Relay access denied"), REFUSED, 1},
	{"Postfix: relay, softly", RCPT("454 4.7.1 <a@x.example>: Relay access denied"), REFUSED,
		1},
	{"Exim: relay", RCPT("550 relay not permitted"), REFUSED, 1},
	{"sendmail: relay", RCPT("550 5.7.1 <a@x.example>... Relaying denied"), REFUSED, 1},
	{"sendmail: login",
		RCPT("550 5.7.1 <a@x.example>... Relaying denied. Proper authentication required."),
		NO_LOGIN, 1},
	{"qmail: relay", RCPT("553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts"),
		REFUSED, 1},
	{"Exchange: relay", RCPT("550 5.7.1 Unable to relay"), REFUSED, 1},
	{"Exchange: relay, 5.7.54",
		RCPT("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"), REFUSED,
		1},
	{"Exchange: relay, 5.7.64", RCPT("550 5.7.64 TenantAttribution; Relay Access Denied"),
		REFUSED, 1},
	/* POP first */
	{"POP first, without a POP server", RCPT("550 5.7.1 Authenticate with POP first"), REFUSED,
		1},
	{"POP first, and it helps",
		"{\"first\": {\"RCPT\": \"550 5.7.1 Authenticate with POP first\"}}",
		"gone; 2 sessions; 1 POP logins", 0, NULL, POP},
	{"POP first, 553", RCPT("553 5.7.1 authenticate with POP3 before sending"), NOT_OPEN, 0,
		NULL, POP},
	{"POP first, 521", RCPT("521 must be pop-authenticated"), NOT_OPEN, 0, NULL, POP},
	{"POP first, e-mail", RCPT("550 first check your e-mail"), NOT_OPEN, 0, NULL, POP},
	{"POP first, mail", RCPT("553 Please receive your mail before sending"), NOT_OPEN, 0, NULL,
		POP},
	{"POP first at MAIL", AT("MAIL", "550 5.7.1 Authenticate with POP first"), NOT_OPEN, 0,
		NULL, POP},
	{"POP first in the greeting", AT("BANNER", "521 5.7.1 Authenticate with POP first"),
		NOT_OPEN, 0, NULL, POP},
	{"POP first, and the login fails", RCPT("550 5.7.1 Authenticate with POP first"),
		"held: pending, pop-login-failed; learned pop-login-failed for long; 1 POP logins",
		1, NULL, "{\"proto\": \"pop\", \"replies\": {\"PASS\": \"-ERR [AUTH] no\"}}"},
	/* the sender */
	{"sender not owned, at RCPT",
		RCPT("553 5.7.1 <taro@t.example>: Sender address rejected: not owned by user taro"),
		NOT_SENDER, 1},
	{"sender not owned, at MAIL",
		AT("MAIL", "553 5.7.1 <taro@t.example>: Sender address rejected: not owned by user "
			   "taro"),
		NOT_SENDER, 1},
	{"sender not logged in",
		RCPT("553 5.7.1 <taro@t.example>: Sender address rejected: not logged in"),
		NOT_SENDER, 1},
	{"Exchange: sender",
		AT(".", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
		NOT_SENDER, 1},
	{"Exchange: sender, at MAIL",
		AT("MAIL",
			"550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
		NOT_SENDER, 1},
	/* a login, or TLS */
	{"login wanted first", AT("MAIL", "503 AUTH first"), NO_LOGIN, 1},
	{"login wanted at MAIL", AT("MAIL", "530 5.7.0 Authentication Required"), NO_LOGIN, 1},
	{"login wanted at RCPT", RCPT("530 5.7.57 SMTP; Client was not authenticated"), NO_LOGIN,
		1},
	{"STARTTLS wanted at MAIL", AT("MAIL", "530 5.7.0 Must issue a STARTTLS command first"),
		REFUSED, 1},
	{"STARTTLS wanted at EHLO", EHLO("530 5.7.0 Must issue a STARTTLS command first"), REFUSED,
		1},
	{"STARTTLS refused", STARTTLS("454 4.7.0 TLS not available"), LATER, 0, TLS},
	{"STARTTLS refused for good", STARTTLS("502 no"),
		"held: pending, tls-unavailable; learned tls-unavailable for minutes", 1, TLS},
	{"421 at STARTTLS", STARTTLS("421 4.3.2 busy"), LATER, 0, TLS},
	{"STARTTLS not offered", "{}",
		"held: pending, tls-unavailable; learned tls-unavailable for minutes", 1, TLS},
	/* credentials */
	{"535", DENIES("535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6"), DENIED, 1, WRONG},
	{"535, Exim", DENIES("535 Incorrect authentication data"), DENIED, 1, WRONG},
	{"535, Exchange", DENIES("535 5.7.3 Authentication unsuccessful"), DENIED, 1, WRONG},
	{"535, switched off",
		DENIES("535 5.7.139 Authentication unsuccessful, basic authentication is disabled"),
		DENIED, 1, WRONG},
	{"534", DENIES("534 5.7.9 Application-specific password required"), DENIED, 1, WRONG},
	{"its words at MAIL are no credentials", AT("MAIL", "550 5.7.8 authentication failed"),
		REJECTED, 0},
	{"454 at AUTH", AUTH("454 4.7.0 Temporary authentication failure"), LATER, 0, PLAIN},
	{"too many logins at AUTH",
		AUTH("454 4.7.0 Too many login attempts, please try again later"), LATER, 0, PLAIN},
	{"too many logins at AUTH, for good as it says",
		AUTH("550 5.7.1 Too many logins: authentication failed"), LATER, 0, PLAIN},
	{"the day's limit at AUTH", AUTH("535 5.4.5 Daily user sending limit exceeded"), LIMIT, 0,
		PLAIN},
	{"the day's limit at AUTH, by 421", AUTH("421 4.7.0 Daily sending quota exceeded, bye"),
		LIMIT, 0, PLAIN},
	{"a mechanism that is not there now", AUTH("504 5.5.4 mechanism temporarily unavailable"),
		"held: pending, refused-here; learned refused for minutes", 1, PLAIN},
	{"421 at AUTH", AUTH("421 4.7.0 Too many errors"), LATER, 0, PLAIN},
	{"an unknown 5xx at AUTH", AUTH("550 no"), TURNED_AWAY, 0, PLAIN},
	/* our address */
	{"blocked using, at RCPT",
		RCPT("554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using "
		     "zen.spamhaus.org"),
		REFUSED, 1},
	{"blocked using, in the greeting",
		AT("BANNER", "554 5.7.1 Service unavailable; blocked using zen.spamhaus.org"),
		REFUSED, 1},
	{"blocked using, at EHLO", EHLO("550 5.7.1 blocked using x"), REFUSED, 1},
	{"Spamhaus", RCPT("550 see Spamhaus"), REFUSED, 1},
	{"not directly", RCPT("553 5.7.1 not authorized to send email directly to our servers"),
		REFUSED, 1},
	{"your ISP's", RCPT("550 please use the smtp server of your isp"), REFUSED, 1},
	{"5.7.25", RCPT("550 5.7.25 no"), REFUSED, 1},
	{"5.7.26", RCPT("550 5.7.26 no"), REFUSED, 1},
	/* later */
	{"421 in the greeting", AT("BANNER", "421 4.3.2 too busy"), LATER, 0},
	{"421 at EHLO", AT("EHLO", "421 4.3.2 too busy"), LATER, 0},
	{"421 at MAIL", AT("MAIL", "421 4.7.0 too many messages"), LATER, 0},
	{"421 at RCPT", RCPT("421 4.7.0 too many recipients"), LATER, 0},
	{"421 at DATA", AT("DATA", "421 4.3.2 shutting down"), LATER, 0},
	{"421 after the content", AT(".", "421 4.3.2 shutting down"), LATER, 0},
	{"451 at MAIL", AT("MAIL", "451 4.3.0 later"), LATER, 0},
	{"452 at RCPT, too many for now", RCPT("452 4.5.3 too many recipients"), LATER, 0},
	{"452 at MAIL, no space", AT("MAIL", "452 4.3.1 no space"), LATER, 0},
	{"greylisted", RCPT("450 4.2.0 Greylisted, see postgrey"), LATER, 0},
	{"rate limit", RCPT("451 4.7.1 rate limit exceeded"), LATER, 0},
	{"432", RCPT("432 4.7.12 a password transition is needed"), LATER, 0},
	{"451 at DATA", AT("DATA", "451 4.3.0 later"), LATER, 0},
	{"451 after the content", AT(".", "451 4.3.0 later"), LATER, 0},
	{"552 too many recipients", RCPT("552 too many"), LATER, 0},
	/* so much for today */
	{"Google: daily limit", AT(".", "550 5.4.5 Daily user sending quota exceeded"), LIMIT, 0},
	{"Google: daily limit, at MAIL",
		AT("MAIL", "550 5.4.5 Daily user sending limit exceeded. See help"), LIMIT, 0},
	{"cPanel: hourly limit",
		RCPT("550 Domain x.example has exceeded the max emails per hour (200/200) allowed"),
		LIMIT, 0},
	/* intercepted */
	{"asterisks", AT("BANNER", "220 **************"), INTERCEPTED, 1},
	{"another's certificate", "{\"tls\": \"starttls\", \"cert\": \"other\"}", INTERCEPTED, 1,
		TLS},
	{"a certificate for another name", "{\"tls\": \"starttls\", \"cert\": \"name\"}",
		INTERCEPTED, 1, "tls-ca-file=@CERT-NAME@\n"},
	/* dead */
	{"5.1.1", RCPT("550 5.1.1 <a@x.example>: User unknown"), DEAD, 0},
	{"5.1.1 without words", RCPT("550 5.1.1 no"), DEAD, 0},
	{"5.1.2", RCPT("553 5.1.2 no"), DEAD, 0},
	{"5.1.3", RCPT("553 5.1.3 no"), DEAD, 0},
	{"5.1.10", RCPT("550 5.1.10 no"), DEAD, 0},
	{"User unknown without a code", RCPT("551 User unknown"), DEAD, 0},
	{"disabled", RCPT("550 5.2.1 mailbox disabled"), DEAD, 0},
	{"full", RCPT("552 5.2.2 mailbox full"), DEAD, 0},
	{"full for now", RCPT("452 4.2.2 mailbox full"), LATER, 0},
	{"dead beside good", "{\"replies\": {\"RCPT#0\": \"550 5.1.1 User unknown\"}}",
		"failed: dead,sent", 0, NULL, NULL, "a@x.example,b@x.example"},
	/* the message */
	{"too big, at MAIL", AT("MAIL", "552 5.3.4 Message size exceeds fixed limit"), LARGE, 0},
	{"too big, at RCPT", RCPT("552 5.3.4 Message too big"), LARGE, 0},
	{"too big, after the content", AT(".", "552 5.3.4 Message too big"), LARGE, 0},
	/* rules 1 to 5 */
	{"5xx in the greeting", AT("BANNER", "554 no"), TURNED_AWAY, 0},
	{"5xx at EHLO", EHLO("550 no"), TURNED_AWAY, 0},
	{"User unknown at MAIL is no dead address", AT("MAIL", "550 5.1.1 User unknown"), REJECTED,
		0},
	{"bare 550 at MAIL", AT("MAIL", "550 no"), REJECTED, 0},
	{"bare 550 at RCPT", RCPT("550 no"), REJECTED, 0},
	{"bare 553 at RCPT", RCPT("553 no"), REJECTED, 0},
	{"bare 554 at RCPT", RCPT("554 no"), REJECTED, 0},
	{"5.7.1 alone at RCPT", RCPT("550 5.7.1 members only"), REJECTED, 0},
	{"one is rejected", "{\"replies\": {\"RCPT#0\": \"550 5.7.1 members only\"}}",
		"held: rejected,sent, server-rejected", 0, NULL, NULL, "a@x.example,b@x.example"},
	{"the same for two of one domain", RCPT("550 5.7.1 members only"),
		"held: rejected,rejected, server-rejected", 0, NULL, NULL,
		"a@x.example,b@x.example"},
	{"the same for two domains", RCPT("550 5.7.1 denied"),
		"held: pending,pending, refused-here; learned refused for a day", 1, NULL, NULL,
		"a@x.example,b@y.example"},
	{"different for two domains",
		"{\"replies\": {\"RCPT#0\": \"550 no\", \"RCPT#1\": \"550 not you\"}}",
		"held: rejected,rejected, server-rejected", 0, NULL, NULL,
		"a@x.example,b@y.example"},
	{"5xx at DATA", AT("DATA", "554 no"), REJECTED, 0},
	{"5xx after the content", AT(".", "554 5.7.1 this looks like spam"), HELD, 0},
	{"5xx after the content that names us", AT(".", "554 5.7.1 127.0.0.1 is not welcome"),
		REFUSED, 1},
	/* BDAT */
	{"BDAT: 5xx", BDAT("554 5.7.1 this looks like spam"), HELD, 0},
	{"BDAT: 451", BDAT("451 4.3.0 later"), LATER, 0},
	{"BDAT: 421", BDAT("421 4.3.2 shutting down"), LATER, 0},
	{"BDAT: dropped", BDAT("@close"), LATER ", maybe sent", 0},
	/* dropped */
	{"dropped at once", AT("BANNER", "@close"),
		"held: pending, unreachable; learned unreachable for minutes", 1, .may_vary = TRUE},
	{"dropped at EHLO", AT("EHLO", "@close"), LATER "; 2 sessions", 0},
	{"dropped at MAIL", AT("MAIL", "@close"), LATER "; 2 sessions", 0},
	{"dropped at RCPT", RCPT("@close"), LATER "; 2 sessions", 0},
	{"dropped at DATA", AT("DATA", "@close"), LATER "; 2 sessions", 0},
	{"dropped after the content", AT(".", "@close"), LATER ", maybe sent", 0},
};
