/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <stdio.h>
#include <unistd.h>

/* One line a message, for the journal or for a terminal, with
 * nothing in it that could pass for another line. */

/* Written once by rp_log_setup, before there are threads. */
static struct {
	const char *program;
	gboolean verbose;
	gboolean journal;
} setup;

/* Syslog's numbers, as sd-daemon(3) wants them in front of a line. */
static int
syslog_priority(GLogLevelFlags level)
{
	if (level & G_LOG_LEVEL_ERROR)
		return 2;
	if (level & G_LOG_LEVEL_CRITICAL)
		return 3;
	if (level & G_LOG_LEVEL_WARNING)
		return 4;
	if (level & G_LOG_LEVEL_MESSAGE)
		return 5;
	return level & G_LOG_LEVEL_INFO ? 6 : 7;
}

static const char *
level_word(GLogLevelFlags level)
{
	if (level & G_LOG_LEVEL_ERROR)
		return "fatal: ";
	if (level & G_LOG_LEVEL_CRITICAL)
		return "internal error: ";
	return level & G_LOG_LEVEL_WARNING ? "warning: " : "";
}

static const char *
find_field(const GLogField *fields, gsize n_fields, const char *key)
{
	for (gsize i = 0; i < n_fields; i++)
		if (g_strcmp0(fields[i].key, key) == 0 && fields[i].length < 0)
			return fields[i].value;
	return NULL;
}

static gboolean
is_dropped(GLogLevelFlags level, const char *domain)
{
	if (!(level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)))
		return FALSE;
	if (setup.verbose && domain && g_str_has_prefix(domain, "roampost"))
		return FALSE;
	return g_log_writer_default_would_drop(level, domain); /* G_MESSAGES_DEBUG */
}

gboolean
rp_log_says(GLogLevelFlags level, const char *domain)
{
	return !is_dropped(level, domain);
}

/* A server's words must not move the cursor or forge a second line. */
static void
append_printable(GString *line, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar letter = g_utf8_get_char(p);

		if (rp_is_neutral(letter))
			g_string_append_len(line, p, g_utf8_next_char(p) - p);
		else
			g_string_append_printf(
				line, letter < 0x100 ? "\\x%02x" : "\\u%04x", letter);
	}
}

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
	const char *message = find_field(fields, n_fields, "MESSAGE");
	const char *domain = find_field(fields, n_fields, "GLIB_DOMAIN");

	if (!message || is_dropped(level, domain))
		return G_LOG_WRITER_HANDLED;

	g_autoptr(GString) line = g_string_sized_new(160);
	if (setup.journal)
		g_string_append_printf(line, "<%d>", syslog_priority(level));
	else
		g_string_append_printf(line, "%s: ", setup.program);
	g_string_append(line, level_word(level));
	if (domain && (setup.verbose || !g_str_has_prefix(domain, "roampost")))
		g_string_append_printf(line, "%s: ", domain);
	append_printable(line, message);
	g_string_append_c(line, '\n');
	/* One write, so that lines of several threads and processes stay whole. */
	fflush(stdout);
	fwrite(line->str, 1, line->len, stderr);
	fflush(stderr);
	return G_LOG_WRITER_HANDLED;
}

void
rp_log_failure(const char *message)
{
	g_autoptr(GString) line = g_string_new(NULL);

	if (setup.journal)
		g_string_append(line, "<3>");
	else
		g_string_append_printf(line, "%s: ", setup.program);
	append_printable(line, message);
	g_string_append_c(line, '\n');
	fflush(stdout);
	fwrite(line->str, 1, line->len, stderr);
	fflush(stderr);
}

void
rp_log_setup(const char *program, gboolean verbose)
{
	static gboolean installed;

	setup.program = g_intern_string(program);
	setup.verbose = verbose;
	setup.journal = g_log_writer_is_journald(STDERR_FILENO);
	if (!installed)
		g_log_set_writer_func(write_log, NULL, NULL);
	installed = TRUE; /* GLib takes a writer only once */
}
