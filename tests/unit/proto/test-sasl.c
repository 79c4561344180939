/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* Logins as transcripts. In a line {...} stands for the base64 of what is between the braces, with
 * ~ for a NUL and ^ for an octet 1. A case is played twice: what the server says whole, and octet
 * by octet. */

typedef struct {
	const char *name;
	gboolean pop;
	gboolean verified;
	RpAuth auth;
	const char *offers; /* lines of EHLO or CAPA, separated by |; NULL: CAPA was refused */
	const char *greeting;
	const char *user;
	const char *secret;
	const char *talk; /* "C:" and "S:" lines; "!": the connection is lost */
	RpSaslOutcome want;
	const char *text;  /* a part of the result's text; NULL: none */
	guint code;        /* of the deciding reply; 0: POP3's, or none */
	const char *reply; /* a part of its words */
} Case;

#define OFFERS_ALL "250-AUTH DIGEST-MD5 CRAM-MD5 LOGIN PLAIN GSSAPI NTLM"
#define LONG50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG19 "aaaaaaaaaaaaaaaaaaa"
#define LONG200 LONG50 LONG50 LONG50 LONG50
#define LONG400 LONG200 LONG200

static const Case cases[] = {
	/* PLAIN: RFC 4616 section 4, with the password as its secret */
	{"RFC 4616", .verified = TRUE, .offers = "250-AUTH PLAIN", .user = "tim",
		.secret = "tanstaaftanstaaf",
		.talk = "C: AUTH PLAIN {~tim~tanstaaftanstaaf}\nS: 235 2.7.0 ok\n"},
	{"PLAIN comes first under verified TLS", .verified = TRUE, .offers = OFFERS_ALL,
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 235 ok\n"},
	{"a wrong password is tried once", .verified = TRUE, .offers = OFFERS_ALL,
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 535 5.7.8 Error: authentication failed\n",
		.want = RP_SASL_DENIED, .code = 535, .reply = "authentication failed"},
	{"the strongest first without", .offers = OFFERS_ALL,
		.talk = "C: AUTH CRAM-MD5\nS: 334 {<1@x>}\nC: {taro "
			"05699e1e22622cd77d4538adcc627191}\nS: 235 ok\n"},
	{"not offered, shown at once", .offers = "250-AUTH LOGIN PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 235 ok\n"},
	/* CRAM-MD5: RFC 2195 section 2 */
	{"RFC 2195", .auth = RP_AUTH_CRAM_MD5, .offers = "250-AUTH CRAM-MD5", .user = "tim",
		.secret = "tanstaaftanstaaf",
		.talk = "C: AUTH CRAM-MD5\n"
			"S: 334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\n"
			"C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\nS: 235 ok\n"},
	{"CRAM-MD5 without a challenge", .auth = RP_AUTH_CRAM_MD5, .offers = "250-AUTH CRAM-MD5",
		.talk = "C: AUTH CRAM-MD5\nS: 334 \nC: *\nS: 501 cancelled\n",
		.want = RP_SASL_PROTOCOL, .text = "belongs to no such login"},
	/* servers.md: broken CRAM-MD5 and DIGEST-MD5 under TLS */
	{"broken CRAM-MD5 beside LOGIN under TLS", .verified = TRUE,
		.offers = "250-AUTH DIGEST-MD5 CRAM-MD5 LOGIN",
		.talk = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: {taro}\nS: 334 UGFzc3dvcmQ6\n"
			"C: {geheim}\nS: 235 ok\n"},
	{"DIGEST-MD5 alone", .verified = TRUE, .offers = "250-AUTH DIGEST-MD5 NTLM", .talk = "",
		.want = RP_SASL_MISSING, .text = "only DIGEST-MD5 NTLM"},
	{"a refused CRAM-MD5 does not show the password", .offers = OFFERS_ALL,
		.talk = "C: AUTH CRAM-MD5\nS: 334 {<1@x>}\nC: {taro "
			"05699e1e22622cd77d4538adcc627191}\n"
			"S: 535 5.7.8 no\n",
		.want = RP_SASL_DENIED, .text = "smtp-auth=plain", .code = 535, .reply = "no"},
	{"nor does one that is not there after all", .offers = OFFERS_ALL,
		.talk = "C: AUTH CRAM-MD5\nS: 504 5.5.4 Unrecognized authentication type\n",
		.want = RP_SASL_DENIED, .text = "smtp-auth=plain", .code = 504, .reply = "type"},
	{"nor one whose challenge is no base64", .offers = OFFERS_ALL,
		.talk = "C: AUTH CRAM-MD5\nS: 334 (*)\nC: *\nS: 501 5.7.0 cancelled\n",
		.want = RP_SASL_DENIED, .text = "smtp-auth=plain"},
	{"named, it is shown", .auth = RP_AUTH_PLAIN, .offers = OFFERS_ALL,
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 235 ok\n"},
	{"under verified TLS it goes on", .verified = TRUE, .offers = "250-AUTH PLAIN CRAM-MD5",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 504 5.7.4 not now\n"
			"C: AUTH CRAM-MD5\nS: 334 {<1@x>}\nC: {taro "
			"05699e1e22622cd77d4538adcc627191}\n"
			"S: 235 ok\n"},
	{"named, not offered", .verified = TRUE, .auth = RP_AUTH_CRAM_MD5,
		.offers = "250-AUTH PLAIN LOGIN", .talk = "", .want = RP_SASL_MISSING,
		.text = "does not offer CRAM-MD5, which smtp-auth asks for, but PLAIN LOGIN"},
	{"nothing offered", .offers = "250-PIPELINING", .talk = "", .want = RP_SASL_MISSING,
		.text = "offers no login"},
	/* servers.md: LOGIN takes no initial response */
	{"LOGIN", .auth = RP_AUTH_LOGIN, .offers = "250-AUTH LOGIN",
		.talk = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: {taro}\nS: 334 UGFzc3dvcmQ6\n"
			"C: {geheim}\nS: 235 ok\n"},
	{"LOGIN with words of its own", .auth = RP_AUTH_LOGIN, .offers = "250-AUTH LOGIN",
		.talk = "C: AUTH LOGIN\nS: 334 Benutzer?\nC: {taro}\nS: 334 Kennwort?\n"
			"C: {geheim}\nS: 235 ok\n"},
	{"LOGIN that asks for the password first", .auth = RP_AUTH_LOGIN,
		.offers = "250-AUTH LOGIN",
		.talk = "C: AUTH LOGIN\nS: 334 UGFzc3dvcmQ6\nC: *\nS: 501 cancelled\n",
		.want = RP_SASL_PROTOCOL, .text = "belongs to no such login"},
	{"LOGIN that asks for the name twice", .auth = RP_AUTH_LOGIN, .offers = "250-AUTH LOGIN",
		.talk = "C: AUTH LOGIN\nS: 334 {User Name}\nC: {taro}\nS: 334 {User Name}\nC: *\n"
			"S: 501 cancelled\n",
		.want = RP_SASL_PROTOCOL, .text = "belongs to no such login"},
	/* servers.md: keywords without case, the old spelling */
	{"AUTH=LOGIN PLAIN", .verified = TRUE, .offers = "250 AUTH=LOGIN PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 235 ok\n"},
	{"AUTH=LOGIN", .verified = TRUE, .offers = "250-SIZE|250 AUTH=LOGIN",
		.talk = "C: AUTH LOGIN\nS: 334 \nC: {taro}\nS: 334 \nC: {geheim}\nS: 235 ok\n"},
	{"auth login plain", .verified = TRUE, .offers = "250-auth login\tplain",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 235 ok\n"},
	{"AUTHORITY is something else", .offers = "250-AUTHORITY PLAIN|250-XAUTH=PLAIN", .talk = "",
		.want = RP_SASL_MISSING, .text = "no login"},
	/* initial responses, and those too long for one (RFC 4954 section 4, RFC 5034 section 4) */
	{"as long as may be", .verified = TRUE, .offers = "250-AUTH PLAIN", .user = "u",
		.secret = LONG200 LONG50 LONG50 LONG50 LONG19,
		.talk = "C: AUTH PLAIN {~u~" LONG200 LONG50 LONG50 LONG50 LONG19 "}\n"
			"S: 235 ok\n"},
	{"an octet longer", .verified = TRUE, .offers = "250-AUTH PLAIN", .user = "u",
		.secret = LONG200 LONG50 LONG50 LONG50 LONG19 "a",
		.talk = "C: AUTH PLAIN\nS: 334 \nC: {~u~" LONG200 LONG50 LONG50 LONG50 LONG19 "a}\n"
			"S: 235 ok\n"},
	{"longer than that", .verified = TRUE, .offers = "250-AUTH PLAIN", .user = "u",
		.secret = LONG400,
		.talk = "C: AUTH PLAIN\nS: 334 go on\nC: {~u~" LONG400 "}\nS: 235 ok\n"},
	{"longer than POP takes", TRUE, TRUE, .offers = "SASL PLAIN", .user = "u",
		.secret = LONG200, .talk = "C: AUTH PLAIN\nS: + \nC: {~u~" LONG200 "}\nS: +OK\n"},
	{"not understood with one", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 501 5.5.4 Syntax: AUTH mechanism\n"
			"C: AUTH PLAIN\nS: 334 \nC: {~taro~geheim}\nS: 235 ok\n"},
	{"nor without", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 501 5.5.4 Syntax\n"
			"C: AUTH PLAIN\nS: 501 5.5.4 Syntax\n",
		.want = RP_SASL_UNAVAILABLE, .text = "no login is left", .code = 501,
		.reply = "Syntax"},
	/* 250 and 334 at the wrong place */
	{"334 after all was said", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 334 more?\nC: *\nS: 501 cancelled\n",
		.want = RP_SASL_PROTOCOL, .text = "belongs to no such login"},
	{"334 after *", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 334 \nC: *\nS: 334 \n",
		.want = RP_SASL_PROTOCOL, .text = "does not answer", .code = 334},
	{"250 for 235", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 250 ok\n", .want = RP_SASL_PROTOCOL,
		.text = "does not answer", .code = 250, .reply = "ok"},
	{"250 to the command, another does", .verified = TRUE, .offers = "250-AUTH PLAIN LOGIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 250 ok\nC: AUTH LOGIN\nS: 334 \n"
			"C: {taro}\nS: 334 \nC: {geheim}\nS: 235 ok\n"},
	{"235 before the password", .verified = TRUE, .auth = RP_AUTH_LOGIN,
		.offers = "250-AUTH LOGIN", .talk = "C: AUTH LOGIN\nS: 235 ok\n",
		.want = RP_SASL_PROTOCOL, .text = "before it has the password", .code = 235},
	{"more than was asked for", .verified = TRUE, .offers = "250-AUTH PLAIN LOGIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 504 no\\n235 ok\n",
		.want = RP_SASL_PROTOCOL, .text = "as a mail server does"},
	{"no SMTP", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: +OK\n", .want = RP_SASL_PROTOCOL,
		.text = "as a mail server does"},
	/* what a refusal is about */
	{"for the moment", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\n"
			"S: 454 4.7.0 Temporary authentication failure\n",
		.want = RP_SASL_TEMPORARY, .code = 454, .reply = "Temporary"},
	{"closing", .verified = TRUE, .offers = "250-AUTH PLAIN LOGIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 421 4.7.0 Too many errors\n",
		.want = RP_SASL_TEMPORARY, .code = 421, .reply = "Too many"},
	{"a transition is needed", .auth = RP_AUTH_CRAM_MD5, .offers = "250-AUTH CRAM-MD5 PLAIN",
		.talk = "C: AUTH CRAM-MD5\nS: 334 {<1@x>}\nC: {taro "
			"05699e1e22622cd77d4538adcc627191}\n"
			"S: 432 4.7.12 A password transition is needed\n",
		.want = RP_SASL_UNAVAILABLE, .text = "no login is left", .code = 432,
		.reply = "transition"},
	{"an application's password", .verified = TRUE, .offers = "250-AUTH PLAIN LOGIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\n"
			"S: 534-5.7.9 Application-specific password required.\\n534 5.7.9 Learn "
			"more\n",
		.want = RP_SASL_DENIED, .code = 534, .reply = "Application-specific"},
	{"too weak", .verified = TRUE, .offers = "250-AUTH PLAIN LOGIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\n"
			"S: 534 5.7.9 Authentication mechanism is too weak\n"
			"C: AUTH LOGIN\nS: 334 \nC: {taro}\nS: 334 \nC: {geheim}\nS: 235 ok\n"},
	{"TLS is wanted", .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\n"
			"S: 530 5.7.0 Must issue a STARTTLS command first\n",
		.want = RP_SASL_REFUSED, .code = 530, .reply = "STARTTLS"},
	{"TLS is wanted for this one", .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\n"
			"S: 538 5.7.11 Encryption required for requested authentication "
			"mechanism\n",
		.want = RP_SASL_UNAVAILABLE, .text = "no login is left", .code = 538,
		.reply = "Encryption"},
	{"words that say nothing", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 550 go away\n", .want = RP_SASL_REJECTED,
		.code = 550, .reply = "go away"},
	{"the wrong code for a wrong password", .verified = TRUE, .offers = "250-AUTH PLAIN LOGIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 501 5.7.0 Authentication failed\n"
			"C: AUTH PLAIN\nS: 334 \nC: {~taro~geheim}\n"
			"S: 501 5.7.0 Authentication failed\n",
		.want = RP_SASL_DENIED, .code = 501, .reply = "failed"},
	{"lost", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\n!\n", .want = RP_SASL_LOST, .text = "lost"},
	/* tokens */
	{"a mechanism that is not there, in a wrong password's code", .verified = TRUE,
		.offers = "250-AUTH PLAIN LOGIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\n"
			"S: 535 5.7.8 Error: authentication failed: Invalid authentication "
			"mechanism\n"
			"C: AUTH LOGIN\nS: 334 {Username:}\nC: {taro}\nS: 334 {Password:}\n"
			"C: {geheim}\nS: 235 ok\n"},
	{"the moment, in a wrong password's code", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 535 5.7.8 Error: authentication failed: "
			"Temporary authentication failure\n",
		.want = RP_SASL_TEMPORARY, .code = 535, .reply = "Temporary"},
	{"Exchange, of itself", .verified = TRUE, .offers = "250-AUTH LOGIN",
		.talk = "C: AUTH LOGIN\nS: 432 4.3.2 sender thread limit exceeded\n",
		.want = RP_SASL_TEMPORARY, .code = 432, .reply = "limit"},
	{"a line that is too long", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: 500 5.5.2 Line too long\n"
			"C: AUTH PLAIN\nS: 334 \nC: {~taro~geheim}\nS: 235 ok\n"},
	{"the password in the answer", .verified = TRUE, .offers = "250-AUTH PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\n"
			"S: 535 no geheim here, nor Z2VoZWlt, nor {~taro~geheim}.\n",
		.want = RP_SASL_DENIED, .code = 535, .reply = "no *** here, nor ***, nor ***."},
	{"XOAUTH2, a form that can't be read", .verified = TRUE, .auth = RP_AUTH_XOAUTH2,
		.offers = "250-AUTH XOAUTH2",
		.talk = "C: AUTH XOAUTH2 {user=taro^auth=Bearer geheim^^}\n"
			"S: 501 5.5.124 Invalid XOAUTH2 auth data\n"
			"C: AUTH XOAUTH2\nS: 334 \nC: {user=taro^auth=Bearer geheim^^}\n"
			"S: 501 5.5.124 Invalid XOAUTH2 auth data\n",
		.want = RP_SASL_DENIED, .code = 501, .text = "its token is refused"},
	{"XOAUTH2", .verified = TRUE, .auth = RP_AUTH_XOAUTH2, .offers = "250-AUTH XOAUTH2",
		.user = "someuser@example.com",
		.secret = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
		.talk = "C: AUTH XOAUTH2 "
			"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRj"
			"Mk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==\nS: 235 ok\n"},
	/* servers.md: expired token (msmtp#109) */
	{"XOAUTH2, expired", .verified = TRUE, .auth = RP_AUTH_XOAUTH2,
		.offers = "250-AUTH PLAIN XOAUTH2",
		.talk = "C: AUTH XOAUTH2 {user=taro^auth=Bearer geheim^^}\n"
			"S: 334 "
			"eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOiJodHRwczovL21h"
			"aWwuZ29vZ2xlLmNvbS8ifQ==\n"
			"C: \nS: 535-5.7.8 Username and Password not accepted.\\n535 5.7.8 Learn\n",
		.want = RP_SASL_DENIED, .text = "its token is refused (status 401)", .code = 535,
		.reply = "not accepted"},
	{"XOAUTH2, expired, in words that say nothing", .verified = TRUE, .auth = RP_AUTH_XOAUTH2,
		.offers = "250-AUTH XOAUTH2",
		.talk = "C: AUTH XOAUTH2 {user=taro^auth=Bearer geheim^^}\n"
			"S: 334 {{\"status\" : 400}\nC: \nS: 501 5.5.2 Cannot decode\n",
		.want = RP_SASL_DENIED, .text = "(status 400)", .code = 501, .reply = "decode"},
	{"XOAUTH2, refused at once", .verified = TRUE, .auth = RP_AUTH_XOAUTH2,
		.offers = "250-AUTH XOAUTH2",
		.talk = "C: AUTH XOAUTH2 {user=taro^auth=Bearer geheim^^}\n"
			"S: 535 5.7.3 Authentication unsuccessful\n",
		.want = RP_SASL_DENIED, .text = "its token is refused:", .code = 535,
		.reply = "unsuccessful"},
	{"XOAUTH2, expired, and closed", .verified = TRUE, .auth = RP_AUTH_XOAUTH2,
		.offers = "250-AUTH XOAUTH2",
		.talk = "C: AUTH XOAUTH2 {user=taro^auth=Bearer geheim^^}\n"
			"S: 334 {{\"status\":\"401\"}}\nC: \n!\n",
		.want = RP_SASL_DENIED, .text = "its token is refused (status 401)"},
	{"XOAUTH2, later", .verified = TRUE, .auth = RP_AUTH_XOAUTH2, .offers = "250-AUTH XOAUTH2",
		.talk = "C: AUTH XOAUTH2 {user=taro^auth=Bearer geheim^^}\n"
			"S: 334 {{\"status\":\"503\"}}\nC: \nS: 454 4.7.0 Try later\n",
		.want = RP_SASL_TEMPORARY, .code = 454, .reply = "later"},
	{"XOAUTH2, two failures", .verified = TRUE, .auth = RP_AUTH_XOAUTH2,
		.offers = "250-AUTH XOAUTH2",
		.talk = "C: AUTH XOAUTH2 {user=taro^auth=Bearer geheim^^}\n"
			"S: 334 {{}}\nC: \nS: 334 {{}}\nC: *\nS: 501 cancelled\n",
		.want = RP_SASL_PROTOCOL, .text = "no such login"},
	{"XOAUTH2, a long token", .verified = TRUE, .auth = RP_AUTH_XOAUTH2,
		.offers = "250-AUTH XOAUTH2", .secret = LONG400,
		.talk = "C: AUTH XOAUTH2\nS: 334 \nC: {user=taro^auth=Bearer " LONG400
			"^^}\nS: 235 ok\n"},
	{"auto sends no password as a token", .verified = TRUE,
		.offers = "250-AUTH XOAUTH2 OAUTHBEARER", .talk = "", .want = RP_SASL_MISSING,
		.text = "smtp-auth=xoauth2"},
	{"a token in two lines", .verified = TRUE, .auth = RP_AUTH_XOAUTH2,
		.offers = "250-AUTH XOAUTH2", .secret = "a\nb", .talk = "", .want = RP_SASL_UNFIT,
		.text = "can't be used"},
	/* RFC 7628 section 4.1, with our host and port; 4.3: the failure */
	{"OAUTHBEARER", .verified = TRUE, .auth = RP_AUTH_OAUTHBEARER,
		.offers = "250-AUTH OAUTHBEARER", .user = "user@example.com",
		.secret = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
		.talk = "C: AUTH OAUTHBEARER "
			"{n,a=user@example.com,^host=server.example.com^port=587"
			"^auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==^^}\nS: 235 ok\n"},
	{"OAUTHBEARER, a name with commas", .verified = TRUE, .auth = RP_AUTH_OAUTHBEARER,
		.offers = "250-AUTH OAUTHBEARER", .user = "a,b=c",
		.talk = "C: AUTH OAUTHBEARER {n,a=a=2Cb=3Dc,^host=server.example.com^port=587"
			"^auth=Bearer geheim^^}\nS: 235 ok\n"},
	{"OAUTHBEARER, refused", .verified = TRUE, .auth = RP_AUTH_OAUTHBEARER,
		.offers = "250-AUTH OAUTHBEARER",
		.talk = "C: AUTH OAUTHBEARER {n,a=taro,^host=server.example.com^port=587"
			"^auth=Bearer geheim^^}\n"
			"S: 334 "
			"eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIn0=\n"
			"C: AQ==\nS: 535 no\n",
		.want = RP_SASL_DENIED, .text = "(status invalid_token)", .code = 535,
		.reply = "no"},
	{"EXTERNAL", .auth = RP_AUTH_EXTERNAL, .offers = "250-AUTH EXTERNAL PLAIN",
		.talk = "C: AUTH EXTERNAL {taro}\nS: 235 ok\n"},
	{"EXTERNAL of nobody", .auth = RP_AUTH_EXTERNAL, .offers = "250-AUTH EXTERNAL", .user = "",
		.talk = "C: AUTH EXTERNAL =\nS: 235 ok\n"},

	/* POP3. APOP: RFC 1939 section 7 */
	{"RFC 1939", TRUE, .offers = "USER", .user = "mrose", .secret = "tanstaaf",
		.greeting = "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>",
		.talk = "C: APOP mrose c4c9334bac560ecc979e58001b3e22fb\n"
			"S: +OK maildrop has 1 message (369 octets)\n"},
	{"USER and PASS", TRUE, .offers = "USER",
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: +OK 2 messages\n"},
	{"no CAPA", TRUE, .talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: +OK\n"},
	{"user in lower case, with a tab", TRUE, .offers = "uidl|user\t",
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: +ok\n"},
	{"sasl plain", TRUE, TRUE, .offers = "sasl cram-md5 plain|USER",
		.greeting = "+OK <1.2@a.example>",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: +OK\n"},
	/* servers.md: APOP offered and broken, USER would do */
	{"USER comes first under verified TLS", TRUE, TRUE, .offers = "USER",
		.greeting = "+OK ready <1.2@a.example>",
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: +OK\n"},
	{"a refused APOP does not show the password", TRUE, .offers = "USER|SASL PLAIN",
		.greeting = "+OK ready <1.2@a.example>",
		.talk = "C: APOP taro 0eb7eff10b01648e97c93037bf9e2c68\nS: -ERR APOP not done\n",
		.want = RP_SASL_DENIED, .text = "pop-auth=plain", .reply = "APOP not done"},
	{"nor where there is no CAPA", TRUE, .greeting = "+OK ready <1.2@a.example>",
		.talk = "C: APOP taro 0eb7eff10b01648e97c93037bf9e2c68\nS: -ERR unknown command\n",
		.want = RP_SASL_DENIED, .text = "pop-auth=user", .reply = "unknown command"},
	{"named, APOP is left out", TRUE, .auth = RP_AUTH_USER, .offers = "SASL CRAM-MD5",
		.greeting = "+OK ready <1.2@a.example>",
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: +OK\n"},
	{"broken CRAM-MD5, APOP does", TRUE, .offers = "SASL CRAM-MD5|USER",
		.greeting = "+OK ready <1.2@a.example>",
		.talk = "C: AUTH CRAM-MD5\nS: + {<1@x>}\nC: {taro "
			"05699e1e22622cd77d4538adcc627191}\n"
			"S: -ERR [AUTH] failed\nC: APOP taro 0eb7eff10b01648e97c93037bf9e2c68\nS: "
			"+OK\n"},
	{"refused, and closed at the next", TRUE, .offers = "SASL CRAM-MD5|USER",
		.greeting = "+OK ready <1.2@a.example>",
		.talk = "C: AUTH CRAM-MD5\nS: + {<1@x>}\nC: {taro "
			"05699e1e22622cd77d4538adcc627191}\nS: -ERR [AUTH] no\n!\n",
		.want = RP_SASL_DENIED, .reply = "[AUTH] no"},
	{"a moment in words alone", TRUE,
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: -ERR Too many connections\n",
		.want = RP_SASL_TEMPORARY, .reply = "Too many"},
	{"+ERR", TRUE,
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: +ERR Server error: Failed\n",
		.want = RP_SASL_UNCLEAR, .reply = "Server error: Failed"},
	{"the password in an answer", TRUE,
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: -ERR unknown command PASS "
			"geheim\n",
		.want = RP_SASL_UNAVAILABLE, .text = "no login is left",
		.reply = "unknown command PASS ***"},
	{"both broken, the first one's words", TRUE, .offers = "SASL CRAM-MD5|USER",
		.greeting = "+OK ready <1.2@a.example>",
		.talk = "C: AUTH CRAM-MD5\nS: + {<1@x>}\nC: {taro "
			"05699e1e22622cd77d4538adcc627191}\n"
			"S: -ERR [AUTH] first\nC: APOP taro 0eb7eff10b01648e97c93037bf9e2c68\n"
			"S: -ERR [AUTH] second\n",
		.want = RP_SASL_DENIED, .text = "pop-auth=user", .reply = "first"},
	{"a timestamp of two parts", TRUE, .offers = "USER", .greeting = "+OK <1@2@x>",
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: +OK\n"},
	{"CAPA forgets USER, under verified TLS", TRUE, TRUE, .offers = "UIDL|TOP",
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: +OK\n"},
	{"CAPA has no login", TRUE, .offers = "UIDL|TOP", .talk = "", .want = RP_SASL_MISSING,
		.text = "offers no login"},
	{"a timestamp that is none", TRUE, .offers = "USER", .greeting = "+OK <hello world@x>",
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: +OK\n"},
	/* servers.md: -ERR to PASS */
	{"[AUTH]", TRUE, .talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: -ERR [AUTH] no\n",
		.want = RP_SASL_DENIED, .reply = "[AUTH] no"},
	{"Courier", TRUE, .talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: -ERR Login failed.\n",
		.want = RP_SASL_DENIED, .reply = "Login failed."},
	{"qpopper", TRUE,
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\n"
			"S: -ERR Password supplied for \"taro\" is incorrect.\n",
		.want = RP_SASL_DENIED, .reply = "is incorrect"},
	{"hMailServer", TRUE,
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\n"
			"S: -ERR Invalid user name or password\n",
		.want = RP_SASL_DENIED, .reply = "Invalid"},
	{"[IN-USE]", TRUE,
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: -ERR [IN-USE] locked by you\n",
		.want = RP_SASL_TEMPORARY, .reply = "[IN-USE]"},
	{"[LOGIN-DELAY]", TRUE,
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: -ERR [LOGIN-DELAY] wait\n",
		.want = RP_SASL_TEMPORARY, .reply = "wait"},
	{"[SYS/TEMP]", TRUE, TRUE, .offers = "SASL PLAIN",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: -ERR [SYS/TEMP] ldap\n",
		.want = RP_SASL_TEMPORARY, .reply = "ldap"},
	{"locked", TRUE,
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: -ERR maildrop already locked\n",
		.want = RP_SASL_TEMPORARY, .reply = "locked"},
	{"[SYS/PERM]", TRUE,
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: -ERR [SYS/PERM] no maildrop\n",
		.want = RP_SASL_REJECTED, .reply = "no maildrop"},
	{"unknown words", TRUE,
		.talk = "C: USER taro\nS: +OK\nC: PASS geheim\nS: -ERR the moon is full\n",
		.want = RP_SASL_UNCLEAR, .reply = "the moon is full"},
	{"no login in clear", TRUE,
		.talk = "C: USER taro\nS: -ERR [AUTH] Plaintext authentication disallowed on "
			"non-secure (SSL/TLS) connections.\n",
		.want = RP_SASL_UNAVAILABLE, .text = "no login is left", .reply = "disallowed"},
	{"a mechanism that is not there after all", TRUE, TRUE, .offers = "SASL PLAIN|USER",
		.talk = "C: AUTH PLAIN {~taro~geheim}\nS: -ERR unknown command\n"
			"C: USER taro\nS: +OK\nC: PASS geheim\nS: +OK\n"},
	{"a line end in the password", TRUE, .secret = "a\r\nDELE 1", .talk = "",
		.want = RP_SASL_UNFIT, .text = "line end"},
	{"a line end in the password, SASL does", TRUE, .secret = "a\r\nb", .auth = RP_AUTH_PLAIN,
		.talk = "C: AUTH PLAIN {~taro~a\r\nb}\nS: +OK\n"},
	{"XOAUTH2 at a POP server", TRUE, TRUE, .auth = RP_AUTH_XOAUTH2, .offers = "SASL XOAUTH2",
		.talk = "C: AUTH XOAUTH2 {user=taro^auth=Bearer geheim^^}\n"
			"S: + {{\"status\":\"401\"}}\nC: \nS: -ERR nope\n",
		.want = RP_SASL_DENIED, .text = "its token is refused (status 401)",
		.reply = "nope"},
	{"no POP3", TRUE, .talk = "C: USER taro\nS: 220 hello\n", .want = RP_SASL_PROTOCOL,
		.text = "as a mail server does"},
};

/* ---- a play ---- */

/* A line of a transcript as it goes over the wire. */
static GString *
wire_line(const char *text, gsize length)
{
	GString *line = g_string_new(NULL);
	for (gsize i = 0; i < length; i++) {
		const char *close = text[i] == '{' ? strrchr(text + i, '}') : NULL;
		if (text[i] == '\\' && text[i + 1] == 'n') {
			g_string_append(line, "\r\n");
			i++;
			continue;
		}
		if (!close) {
			g_string_append_c(line, text[i]);
			continue;
		}
		close = memrchr(text + i, '}', length - i);
		g_autofree char *plain =
			g_strndup(text + i + 1, (gsize)(close - text - (gssize)i) - 1);
		gsize size = strlen(plain);
		for (gsize k = 0; k < size; k++)
			plain[k] = plain[k] == '~' ? '\0' : plain[k] == '^' ? '\x01' : plain[k];
		g_autofree char *encoded = g_base64_encode((const guchar *)plain, size);
		g_string_append(line, encoded);
		i = (gsize)(close - text);
	}
	g_string_append(line, "\r\n");
	return line;
}

static void
hear(const Case *c, RpSasl *sasl, const GString *want)
{
	const guint8 *data;
	gsize size = rp_sasl_output(sasl, &data);
	g_autofree char *got = g_strndup((const char *)data, size);
	if (size != want->len || memcmp(data, want->str, size) != 0)
		g_error("%s: it says\n%s and not\n%s", c->name, got, want->str);
	g_assert_cmpuint(rp_sasl_wait_seconds(sasl), >, 0);
	rp_sasl_sent(sasl, size / 2);
	g_assert_cmpuint(rp_sasl_output(sasl, &data), ==, size - size / 2);
	rp_sasl_sent(sasl, size - size / 2);
	g_assert_cmpuint(rp_sasl_output(sasl, &data), ==, 0);
}

static void
say(const Case *c, RpSasl *sasl, const GString *line, gboolean in_pieces)
{
	const guint8 *data = (const guint8 *)line->str;
	if (rp_sasl_result(sasl))
		g_error("%s: is over before the server says %s", c->name, line->str);
	for (gsize i = 0; in_pieces && i < line->len; i++)
		rp_sasl_input(sasl, data + i, 1);
	if (!in_pieces)
		rp_sasl_input(sasl, data, line->len);
}

/* A line ends where the next begins with who says it: there are line ends in passwords. */
static const char *
line_end(const char *at)
{
	for (const char *end = strchr(at, '\n'); end; end = strchr(end + 1, '\n')) {
		if (strchr("CS!", end[1]))
			return end; /* strchr finds the NUL as well */
	}
	g_assert_not_reached();
}

static void
play(const Case *c, RpSasl *sasl, gboolean in_pieces)
{
	for (const char *at = c->talk; *at;) {
		const char *end = line_end(at);
		if (*at == '!') {
			rp_sasl_lost(sasl);
		} else {
			g_autoptr(GString) line = wire_line(at + 3, (gsize)(end - at) - 3);
			if (*at == 'C')
				hear(c, sasl, line);
			else
				say(c, sasl, line, in_pieces);
		}
		at = end + 1;
	}
}

static void
check_result(const Case *c, const RpSasl *sasl)
{
	const RpSaslResult *result = rp_sasl_result(sasl);
	if (!result)
		g_error("%s: it is not over", c->name);
	const char *text = result->text ? result->text : "";
	g_test_message("%s: %s: %s", c->name, rp_sasl_outcome_name(result->outcome), text);
	g_assert_cmpstr(rp_sasl_outcome_name(result->outcome), ==, rp_sasl_outcome_name(c->want));
	g_assert_null(strstr(text, c->secret ? c->secret : "geheim"));
	if (c->text ? !strstr(text, c->text) : result->text != NULL)
		g_error("%s: it says: %s", c->name, text);
	g_assert_cmpuint(result->reply ? result->reply->code : 0, ==, c->code);
	if (c->reply)
		g_assert_nonnull(strstr(result->reply->text, c->reply));
	else if (c->code == 0)
		g_assert_null(result->reply);
	g_assert_cmpuint(rp_sasl_wait_seconds(sasl), ==, 0);
}

static void
read_offer(const Case *c, RpSaslOffer *offer)
{
	g_auto(GStrv) lines = c->offers ? g_strsplit(c->offers, "|", -1) : NULL;
	if (c->greeting)
		rp_sasl_offer_greeting(offer, c->greeting, strlen(c->greeting));
	for (gsize i = 0; lines && lines[i]; i++) {
		if (c->pop)
			rp_sasl_offer_add_capa(offer, lines[i], strlen(lines[i]));
		else
			rp_sasl_offer_add_ehlo(offer, lines[i], strlen(lines[i]));
	}
}

static void
test_case(gconstpointer data)
{
	const Case *c = data;
	for (guint pieces = 0; pieces < 2; pieces++) {
		RpSaslOffer offer = {0};
		read_offer(c, &offer);
		RpSaslOptions options = {.pop = c->pop,
			.verified = c->verified,
			.auth = c->auth,
			.offer = &offer,
			.account = {.user = c->user ? c->user : "taro",
				.secret = c->secret ? c->secret : "geheim",
				.host = "server.example.com",
				.port = 587}};
		g_autoptr(RpSasl) sasl = rp_sasl_new(&options);
		play(c, sasl, pieces > 0);
		check_result(c, sasl);
	}
}

/* ---- a mechanism that is handed in ---- */

/* First says "hello", then waits once, answers "key", and wants "proof" from the server. */
typedef struct {
	const RpSaslAccount *account;
	guint step;
} Fake;

static gpointer
fake_begin(const RpSaslAccount *account)
{
	Fake *fake = g_new0(Fake, 1);
	fake->account = account;
	return fake;
}

static RpSaslStep
fake_respond(gpointer state, const guint8 *challenge, gsize size, RpSaslBuffer *response)
{
	Fake *fake = state;
	guint step = fake->step++;
	if (strcmp(fake->account->secret, "unfit") == 0)
		return RP_SASL_STEP_UNFIT;
	if (step == 0)
		rp_sasl_buffer_append_string(response, "hello");
	if (step == 1) {
		if (size != 4 || memcmp(challenge, "salt", 4) != 0)
			return RP_SASL_STEP_ODD;
		fake->account->wake(fake->account->wake_user);
		return RP_SASL_STEP_WAIT;
	}
	if (step == 2)
		rp_sasl_buffer_append_string(response, "key");
	if (step == 3 && strcmp((const char *)challenge, "proof") != 0)
		return RP_SASL_STEP_FALSE;
	return step > 3 ? RP_SASL_STEP_ODD : RP_SASL_STEP_RESPOND;
}

static gboolean
fake_complete(gconstpointer state)
{
	return ((const Fake *)state)->step == 4;
}

static const char *
fake_complaint(gconstpointer state)
{
	const Fake *fake = state;
	return strcmp(fake->account->secret, "unfit") == 0 ? "not with this password" : NULL;
}

static const RpSaslMechanism fake = {.name = "SCRAM-SHA-256",
	.auth = RP_AUTH_SCRAM_SHA_256,
	.traits = RP_SASL_CLIENT_FIRST | RP_SASL_HIDES | RP_SASL_PROVES,
	.begin = fake_begin,
	.respond = fake_respond,
	.complete = fake_complete,
	.complaint = fake_complaint,
	.free = g_free};

static const Case handed_in[] = {
	{"all is well", .offers = "250-AUTH CRAM-MD5 SCRAM-SHA-256",
		.talk = "C: AUTH SCRAM-SHA-256 {hello}\nS: 334 {salt}\nC: {key}\n"
			"S: 334 {proof}\nC: \nS: 235 ok\n"},
	{"a wrong proof", .offers = "250-AUTH CRAM-MD5 SCRAM-SHA-256",
		.talk = "C: AUTH SCRAM-SHA-256 {hello}\nS: 334 {salt}\nC: {key}\nS: 334 {prove}\n",
		.want = RP_SASL_UNTRUSTED, .text = "does not prove"},
	{"no proof", .offers = "250-AUTH SCRAM-SHA-256",
		.talk = "C: AUTH SCRAM-SHA-256 {hello}\nS: 334 {salt}\nC: {key}\nS: 235 ok\n",
		.want = RP_SASL_UNTRUSTED, .text = "without a proof", .code = 235},
	{"agreed at once", .offers = "250-AUTH SCRAM-SHA-256",
		.talk = "C: AUTH SCRAM-SHA-256 {hello}\nS: 235 ok\n", .want = RP_SASL_UNTRUSTED,
		.text = "without a proof", .code = 235},
	{"the password is refused, nothing is shown",
		.offers = "250-AUTH PLAIN SCRAM-SHA-256 CRAM-MD5",
		.talk = "C: AUTH SCRAM-SHA-256 {hello}\nS: 334 {salt}\nC: {key}\nS: 535 no\n",
		.want = RP_SASL_DENIED, .text = "smtp-auth=plain", .code = 535},
	{"no such password", .secret = "unfit", .offers = "250-AUTH SCRAM-SHA-256 CRAM-MD5",
		.talk = "C: AUTH CRAM-MD5\nS: 334 {<1@x>}\n"
			"C: {taro ca253467d6c977dedd1500f04cdc7609}\nS: 235 ok\n"},
	{"no such password, and no other way", .secret = "unfit",
		.offers = "250-AUTH SCRAM-SHA-256", .talk = "", .want = RP_SASL_UNFIT,
		.text = "not with this password"},
	{"no such password, and one that shows it", .secret = "unfit",
		.offers = "250-AUTH SCRAM-SHA-256 PLAIN", .talk = "", .want = RP_SASL_DENIED,
		.text = "not with this password; PLAIN is left"},
};

static void
on_wake(gpointer user)
{
	*(gboolean *)user = TRUE;
}

static void
test_handed_in(gconstpointer data)
{
	static const RpSaslMechanism *const more[] = {&fake, NULL};
	const Case *c = data;
	gboolean awake = FALSE;
	RpSaslOffer offer = {0};
	read_offer(c, &offer);
	RpSaslOptions options = {.offer = &offer,
		.more = more,
		.account = {.user = "taro",
			.secret = c->secret ? c->secret : "geheim",
			.wake = on_wake,
			.wake_user = &awake}};
	g_autoptr(RpSasl) sasl = rp_sasl_new(&options);
	for (const char *at = c->talk; *at;) {
		const char *end = line_end(at);
		g_autoptr(GString) line = wire_line(at + 3, (gsize)(end - at) - 3);
		if (*at == 'C')
			hear(c, sasl, line);
		else
			say(c, sasl, line, FALSE);
		if (awake) { /* nobody is waited for but ourselves */
			const guint8 *none;
			g_assert_cmpuint(rp_sasl_wait_seconds(sasl), ==, 0);
			g_assert_cmpuint(rp_sasl_output(sasl, &none), ==, 0);
			rp_sasl_resume(sasl);
			awake = FALSE;
		}
		at = end + 1;
	}
	check_result(c, sasl);
}

static void
test_buffer(void)
{
	RpSaslBuffer buffer = {0};
	guint8 octets[6000];
	memset(octets, 'x', sizeof octets);
	rp_sasl_buffer_append(&buffer, octets, 100);
	guint8 *old = buffer.data;
	rp_sasl_buffer_append(&buffer, octets, sizeof octets);
	g_assert_true(buffer.data != old);
	g_assert_cmpuint(buffer.size, ==, 6100);
	for (gsize i = 0; i < buffer.size; i++)
		g_assert_cmpint(buffer.data[i], ==, 'x');
	rp_sasl_buffer_append_base64(&buffer, "abcd", 4);
	rp_sasl_buffer_append_base64(&buffer, "", 0);
	g_assert_cmpmem(buffer.data + 6100, buffer.size - 6100, "YWJjZA==", 8);
	rp_sasl_buffer_clear(&buffer);
	g_assert_null(buffer.data);
}

/* ---- whatever a server says ---- */

static const char *const sayings[] = {"334 \r\n", "334 PDFAeD4=\r\n", "334 VXNlcm5hbWU6\r\n",
	"334 UGFzc3dvcmQ6\r\n", "334 c2FsdA==\r\n", "334 cHJvb2Y=\r\n", "334 !\r\n", "235 ok\r\n",
	"250 ok\r\n", "535 5.7.8 no\r\n", "504 5.5.4 no such mechanism\r\n", "501 5.5.2 what\r\n",
	"454 4.7.0 later\r\n", "+ \r\n", "+ PDFAeD4=\r\n", "+OK\r\n", "-ERR [AUTH] no\r\n",
	"-ERR unknown command\r\n", "-ERR the moon\r\n", "-ERR [IN-USE]\r\n", "\r\n", "334-a\r\n",
	"x"};

/* The password as it is, or in base64 as PLAIN and LOGIN have it. */
static gboolean
shows_password(const GString *out)
{
	return strstr(out->str, "geheim") || strstr(out->str, "Z2VoZWlt");
}

static gboolean
hides_password(const GString *out)
{
	return strstr(out->str, "CRAM-MD5") || strstr(out->str, "APOP ") ||
	       strstr(out->str, "SCRAM");
}

/* What was said so far is looked at before what is said next. */
static void
check_order(RpSasl *sasl, GString *out, gboolean may_show)
{
	const guint8 *data;
	gsize size = rp_sasl_output(sasl, &data);
	gboolean hid = hides_password(out);
	gboolean shown = shows_password(out);
	g_string_append_len(out, (const char *)data, (gssize)size);
	rp_sasl_sent(sasl, size);
	if (hid && !shown && !may_show && shows_password(out))
		g_error("the password is shown: %s", out->str);
}

static void
run_random(GRand *random)
{
	static const RpSaslMechanism *const more[] = {&fake, NULL};
	gboolean awake = FALSE;
	RpSaslOffer offer = {.known = g_rand_boolean(random),
		.mechanisms = g_rand_int(random) & ((1u << RP_N_AUTHS) - 1)};
	RpSaslOptions options = {.pop = g_rand_boolean(random),
		.verified = g_rand_boolean(random),
		.auth = g_rand_boolean(random) ? RP_AUTH_AUTO
					       : (RpAuth)g_rand_int_range(random, 0, RP_N_AUTHS),
		.offer = &offer,
		.more = more,
		.account = {
			.user = "taro", .secret = "geheim", .wake = on_wake, .wake_user = &awake}};
	if (g_rand_boolean(random))
		g_strlcpy(offer.timestamp, "<1@x>", sizeof offer.timestamp);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(RpSasl) sasl = rp_sasl_new(&options);
	gboolean may_show = options.verified || options.auth != RP_AUTH_AUTO;
	for (guint i = 0; i < 60 && !rp_sasl_result(sasl); i++) {
		const char *line = sayings[g_rand_int_range(random, 0, G_N_ELEMENTS(sayings))];
		check_order(sasl, out, may_show);
		rp_sasl_input(sasl, (const guint8 *)line, strlen(line));
		if (awake && g_rand_boolean(random))
			rp_sasl_resume(sasl);
		awake = FALSE;
	}
	rp_sasl_lost(sasl);
	const RpSaslResult *result = rp_sasl_result(sasl);
	g_assert_nonnull(result);
	g_assert_true(result->outcome == RP_SASL_OK || result->text || result->reply);
	g_assert_true(!result->text || !strstr(result->text, "geheim"));
	if (options.auth == RP_AUTH_AUTO)
		g_assert_null(strstr(out->str, "OAUTH"));
}

static void
test_random(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(4954);
	for (guint i = 0; i < 20000; i++)
		run_random(random);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/sasl/%s", cases[i].name);
		g_strdelimit(path + strlen("/sasl/"), "/", '-');
		g_test_add_data_func(path, &cases[i], test_case);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(handed_in); i++) {
		g_autofree char *path = g_strdup_printf("/sasl/handed in: %s", handed_in[i].name);
		g_test_add_data_func(path, &handed_in[i], test_handed_in);
	}
	g_test_add_func("/sasl/buffer", test_buffer);
	g_test_add_func("/sasl/random", test_random);
	return g_test_run();
}
