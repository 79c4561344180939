/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

#include <string.h>

/* What the words of a refusal mean for the transaction and the session, where the code alone does
 * not say it: limits, and what is said of commands that came together. Of the message itself:
 * core/reply*.c. */

static gboolean
has_any(const char *text, const char *const *words)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);

	for (; *words; words++)
		if (strstr(lower, *words))
			return TRUE;
	return FALSE;
}

static gboolean
has_enhanced(const char *text)
{
	return g_ascii_isdigit(text[0]) && text[1] == '.' && g_ascii_isdigit(text[2]);
}

/* RFC 3463 section 3.6. */
static gboolean
has_code_of_limit(const char *text)
{
	return has_enhanced(text) && strncmp(text + 1, ".5.3", 4) == 0 && !g_ascii_isdigit(text[5]);
}

gboolean
rp_smtp_speaks_of_limit(guint code, const char *text)
{
	static const char *const words[] = {"too many recipients", "too many rcpt",
		"too many receivers", "recipients limit", "recipient limit", "recipients exceed",
		"number of recipients", "maximum recipients", "max recipients", "recipient count",
		"too much recipients", NULL};
	static const char *const others[] = {
		"stor", "space", "disk", "quota", "full", "memory", "resource", "size", NULL};

	if (code < 400)
		return FALSE;
	if (has_code_of_limit(text))
		return TRUE;
	/* Where 452 says no more, it is what the RFC has it for. */
	return has_any(text, words) ||
	       (code == 452 && !has_enhanced(text) && !has_any(text, others));
}

/* A server that closes where others say 452. What it says may be about something else, and where it
 * says nothing, a limit of one is none. */
gboolean
rp_smtp_closes_for_limit(const char *text, guint n_accepted)
{
	static const char *const others[] = {"shut", "idle", "time", "load", "busy", "connection",
		"rate", "restart", "maintenance", NULL};

	return rp_smtp_speaks_of_limit(421, text) ||
	       (n_accepted > 1 && !has_enhanced(text) && !has_any(text, others));
}

/* A server that says what others say by 421 (a limit of messages in a session), and leaves it to us
 * to go: another session has what this one refuses. */
static gboolean
speaks_of_session_limit(guint code, const char *text)
{
	static const char *const what[] = {"message", "mail", "transaction", NULL};
	static const char *const where[] = {"session", "connection", NULL};
	static const char *const how[] = {
		"too many", "too much", "max", "limit", "exceed", "reconnect", NULL};

	return has_any(text, what) && has_any(text, where) && has_any(text, how) &&
	       !rp_smtp_speaks_of_limit(code, text);
}

/* The same, where no session is named: MAIL names no recipients, and who has too many of them there
 * (OpenSMTPD) means messages; nobody counts transactions but those of a session. */
static gboolean
speaks_of_transactions(RpSmtpCmd cmd, const char *text)
{
	static const char *const what[] = {"transactions", "transaction limit", NULL};
	static const char *const how[] = {"too many", "no more", "max", "limit", "exceed", NULL};
	/* A rate; or what it says of one transaction. */
	static const char *const span[] = {
		"rate", "second", "minute", "hour", "day", "later", NULL};
	static const char *const others[] = {"recip", "rcpt", NULL};

	if (has_any(text, span))
		return FALSE;
	return (cmd == RP_SMTP_CMD_MAIL && has_code_of_limit(text)) ||
	       (has_any(text, what) && has_any(text, how) && !has_any(text, others));
}

/* So many at a time, said where others close: it is this session that is one too many, and another
 * has what it refuses. */
static gboolean
speaks_of_connections(const char *text)
{
	static const char *const words[] = {"concurrent connection", "concurrent session",
		"concurrent smtp", "simultaneous connection", "simultaneous session",
		"too many connection", "too many session", "too many open connection",
		"thread limit", NULL};

	return has_any(text, words);
}

/* Others say it by 421: it is over, whatever the message. */
static gboolean
speaks_of_its_end(RpSmtpCmd cmd, const char *text)
{
	static const char *const words[] = {"closing connection", "closing transmission",
		"closing the connection", "closing channel", "closing session",
		"timeout waiting for", "idle timeout", NULL};

	return cmd == RP_SMTP_CMD_MAIL && has_any(text, words);
}

gboolean
rp_smtp_speaks_of_session(RpSmtpCmd cmd, gboolean of_message, guint code, const char *text)
{
	if (code < 400 || code >= 500)
		return FALSE;
	return speaks_of_connections(text) ||
	       (of_message &&
		       (speaks_of_session_limit(code, text) || speaks_of_transactions(cmd, text) ||
			       speaks_of_its_end(cmd, text)));
}

gboolean
rp_smtp_speaks_of_nesting(guint code, const char *text)
{
	static const char *const words[] = {"nested mail", "sender already", "already specified",
		"already given", "issue a reset", "ehlo", "helo", NULL};

	return code >= 400 && has_any(text, words);
}

/* Of the recipients that are in the transaction already: it can't be in one with them. */
gboolean
rp_smtp_speaks_of_fellows(guint code, const char *text)
{
	static const char *const words[] = {"multiple destination domains", "multiple domains",
		"different domains", "one domain per", "multiple regions", NULL};

	return code >= 400 && has_any(text, words);
}

gboolean
rp_smtp_speaks_of_pipelining(const char *text)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);
	return strstr(lower, "pipelin") || strstr(lower, "synchroni");
}
