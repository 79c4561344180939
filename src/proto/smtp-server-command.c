/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-server-private.h"

#include <string.h>

/* Commands by their table, each with what must have come before it. MAIL, RCPT, DATA and BDAT
 * are in files of their own. */

static void
act_helo(RpSmtpServer *server, char *arguments)
{
	rp_smtp_server_reset(server);
	server->greeted = TRUE;
	rp_smtp_server_reply(server, "250 %s", server->name);
}

static void
act_ehlo(RpSmtpServer *server, char *arguments)
{
	rp_smtp_server_reset(server);
	server->greeted = TRUE;
	rp_smtp_server_reply(server, "250-%s", server->name);
	rp_smtp_server_reply(server, "250-PIPELINING");
	/* RFC 1870 section 4: without a number where there is no limit. */
	if (server->max_size > 0)
		rp_smtp_server_reply(server, "250-SIZE %" G_GINT64_FORMAT, server->max_size);
	else
		rp_smtp_server_reply(server, "250-SIZE");
	rp_smtp_server_reply(server, "250-AUTH PLAIN LOGIN");
	rp_smtp_server_reply(server, "250-ENHANCEDSTATUSCODES");
	rp_smtp_server_reply(server, "250-8BITMIME");
	rp_smtp_server_reply(server, "250-SMTPUTF8");
	rp_smtp_server_reply(server, "250-DSN");
	rp_smtp_server_reply(server, "250 CHUNKING");
}

/* ---- logins ---- */

/* RFC 4954 section 4: what cannot be base64 is refused. It is not decoded: nobody wants to know. */
static gboolean
is_base64(const char *text)
{
	gsize length =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

	return text[length + strspn(text + length, "=")] == '\0';
}

static void
ask_login(RpSmtpServer *server, const char *question, guint n_lines)
{
	rp_smtp_server_reply(server, "334 %s", question);
	server->login_lines = n_lines;
	rp_smtp_server_enter(server, RP_SMTP_PHASE_LOGIN);
}

static void
log_in(RpSmtpServer *server)
{
	server->logged_in = TRUE;
	rp_smtp_server_reply(server, "235 2.7.0 welcome, though no login is needed here");
}

#define ASK_PASSWORD "UGFzc3dvcmQ6" /* "Password:" */
#define ASK_USER "VXNlcm5hbWU6"     /* "Username:" */

void
rp_smtp_server_login(RpSmtpServer *server, const char *line)
{
	if (strcmp(line, "*") == 0)
		rp_smtp_server_reply(server, "501 5.7.0 the login is called off");
	else if (!is_base64(line))
		rp_smtp_server_reply(server, "501 5.5.2 that is not base64");
	else if (server->login_lines > 1)
		ask_login(server, ASK_PASSWORD, server->login_lines - 1);
	else
		log_in(server);
}

static void
begin_login(RpSmtpServer *server, const char *mechanism, const char *initial)
{
	gboolean plain = g_ascii_strcasecmp(mechanism, "PLAIN") == 0;

	if (!plain && g_ascii_strcasecmp(mechanism, "LOGIN") != 0)
		rp_smtp_server_reply(server, "504 5.5.4 only PLAIN and LOGIN are offered");
	else if (initial && !is_base64(initial))
		rp_smtp_server_reply(server, "501 5.5.2 that is not base64");
	else if (plain && !initial)
		ask_login(server, "", 1);
	else if (plain)
		log_in(server);
	else if (initial)
		ask_login(server, ASK_PASSWORD, 1);
	else
		ask_login(server, ASK_USER, 2);
}

static void
act_auth(RpSmtpServer *server, char *arguments)
{
	char *initial = strchr(arguments, ' ');

	if (server->logged_in || server->mail.open) {
		rp_smtp_server_reply(server, "503 5.5.1 not again, and not within a transaction");
		return;
	}
	if (initial) {
		*initial++ = '\0';
		initial += strspn(initial, " ");
	}
	begin_login(server, arguments, initial && *initial ? initial : NULL);
}

/* ---- the rest ---- */

static void
act_rset(RpSmtpServer *server, char *arguments)
{
	rp_smtp_server_reset(server);
	rp_smtp_server_reply(server, "250 2.0.0 done");
}

static void
act_noop(RpSmtpServer *server, char *arguments)
{
	rp_smtp_server_reply(server, "250 2.0.0 done");
}

static void
act_vrfy(RpSmtpServer *server, char *arguments)
{
	rp_smtp_server_reply(server, "252 2.5.0 not known here; mail for it will be taken");
}

static void
act_help(RpSmtpServer *server, char *arguments)
{
	rp_smtp_server_reply(server, "214 2.0.0 see roampostd(8)");
}

static void
act_quit(RpSmtpServer *server, char *arguments)
{
	rp_smtp_server_reset(server);
	rp_smtp_server_reply(server, "221 2.0.0 bye");
	rp_smtp_server_close(server);
}

static void
act_not_offered(RpSmtpServer *server, char *arguments)
{
	rp_smtp_server_reply(server, "502 5.5.1 not offered");
}

/* Read by people, in their mail program. */
static void
act_starttls(RpSmtpServer *server, char *arguments)
{
	rp_smtp_server_reply(server,
		"502 5.7.4 no TLS here: to roampost mail does not leave this machine; set TLS (the "
		"connection's security) to none in your mail program");
}

void
rp_smtp_server_foreign(RpSmtpServer *server)
{
	rp_smtp_server_reply(server, "521 5.7.0 this is SMTP, without TLS");
	rp_smtp_server_close(server);
}

/* A browser that was led here by a page, to have its form read as commands: whatever follows is not
 * for us. */
static void
act_foreign(RpSmtpServer *server, char *arguments)
{
	rp_smtp_server_foreign(server);
}

typedef enum {
	NEEDS_HELLO = 1 << 0,
	NEEDS_ARGUMENT = 1 << 1,
	NO_ARGUMENT = 1 << 2,
	FOR_ALL = 1 << 3, /* also for those who are refused */
} CommandFlags;

static const struct {
	const char *verb;
	guint flags;
	void (*act)(RpSmtpServer *server, char *arguments);
} commands[] = {
	{"EHLO", NEEDS_ARGUMENT, act_ehlo},
	{"HELO", NEEDS_ARGUMENT, act_helo},
	{"MAIL", NEEDS_HELLO | NEEDS_ARGUMENT, rp_smtp_server_mail},
	{"RCPT", NEEDS_HELLO | NEEDS_ARGUMENT, rp_smtp_server_rcpt},
	{"DATA", NEEDS_HELLO | NO_ARGUMENT, rp_smtp_server_data},
	/* It looks for itself: a chunk follows, whatever the reply. */
	{"BDAT", 0, rp_smtp_server_bdat},
	{"RSET", NO_ARGUMENT, act_rset},
	{"NOOP", 0, act_noop},
	{"QUIT", NO_ARGUMENT | FOR_ALL, act_quit},
	{"AUTH", NEEDS_HELLO | NEEDS_ARGUMENT, act_auth},
	{"VRFY", NEEDS_ARGUMENT, act_vrfy},
	{"HELP", 0, act_help},
	{"EXPN", 0, act_not_offered},
	{"STARTTLS", 0, act_starttls},
	{"ETRN", 0, act_not_offered},
	{"TURN", 0, act_not_offered},
	{"GET", FOR_ALL, act_foreign},
	{"HEAD", FOR_ALL, act_foreign},
	{"POST", FOR_ALL, act_foreign},
	{"PUT", FOR_ALL, act_foreign},
	{"DELETE", FOR_ALL, act_foreign},
	{"OPTIONS", FOR_ALL, act_foreign},
	{"PATCH", FOR_ALL, act_foreign},
	{"TRACE", FOR_ALL, act_foreign},
	{"CONNECT", FOR_ALL, act_foreign},
};

static void
run(RpSmtpServer *server, guint index, char *arguments)
{
	guint flags = commands[index].flags;

	if (server->refused && !(flags & FOR_ALL))
		rp_smtp_server_reply(server, "503 5.7.1 not for you: only QUIT");
	else if (flags & NEEDS_HELLO && !server->greeted)
		rp_smtp_server_reply(server, "503 5.5.1 say EHLO first");
	else if (flags & NEEDS_ARGUMENT && !*arguments)
		rp_smtp_server_reply(server, "501 5.5.4 an argument is missing");
	else if (flags & NO_ARGUMENT && *arguments)
		rp_smtp_server_reply(server, "501 5.5.4 no argument is wanted");
	else
		commands[index].act(server, arguments);
}

void
rp_smtp_server_command(RpSmtpServer *server, char *line)
{
	gsize length = strcspn(line, " \t");
	char *arguments = line + length;

	if (*arguments) {
		*arguments++ = '\0';
		arguments += strspn(arguments, " \t");
	}
	g_strchomp(arguments);
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (g_ascii_strcasecmp(line, commands[i].verb) == 0) {
			run(server, i, arguments);
			return;
		}
	}
	if (*line && !g_ascii_isalpha(*line))
		rp_smtp_server_foreign(server);
	else
		rp_smtp_server_reply(server, "500 5.5.2 there is no such command");
}
