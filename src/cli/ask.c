/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "output-private.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Questions and their answers, a line each. Passwords: secret-input.c. */

enum { LONGEST = 1024, ANSWER = 3 /* columns: a blank, a letter, the cursor */ };

gboolean
rp_cli_is_interactive(const RpCli *cli)
{
	return cli->converse || (isatty(STDIN_FILENO) && isatty(STDERR_FILENO));
}

/* By read(2): what stdio would take beyond the line is another question's answer, or a password. */
static char *
read_line(RpCli *cli)
{
	g_autoptr(GString) line = g_string_new(NULL);
	gssize got = 1;
	char c;

	while (line->len < LONGEST) {
		got = read(STDIN_FILENO, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got != 1 || c == '\n')
			break;
		g_string_append_c(line, c);
	}
	cli->input_ended |= got != 1 && line->len == 0;
	g_autofree char *valid = g_utf8_make_valid(line->str, (gssize)line->len);
	g_strstrip(valid);
	return *valid ? g_steal_pointer(&valid) : NULL;
}

/* A terminal breaks lines wherever it ends, within words too. */
char *
rp_cli_fit_question(const char *question)
{
	struct winsize size;

	if (!isatty(STDERR_FILENO) || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 ||
		size.ws_col <= ANSWER)
		return g_strdup(question);
	g_auto(GStrv) lines = rp_cli_wrap(question, size.ws_col - ANSWER);
	return g_strjoinv("\n", lines);
}

static char *
ask(RpCli *cli, RpConverse kind, const char *question)
{
	g_autofree char *clean = rp_cli_clean(question, FALSE);
	g_autofree char *fitting = rp_cli_fit_question(clean);

	if (!rp_cli_is_interactive(cli))
		return NULL;
	fflush(stdout);
	if (cli->converse)
		rp_cli_converse(kind, clean);
	else
		fprintf(stderr, "%s ", fitting);
	fflush(stderr);
	char *answer = read_line(cli);
	if (cli->input_ended && !cli->converse)
		fputc('\n', stderr);
	return answer;
}

char *
rp_cli_ask(RpCli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *question = g_strdup_vprintf(format, args);
	va_end(args);
	return ask(cli, RP_CONVERSE_ASK, question);
}

gboolean
rp_cli_ask_yes(RpCli *cli, gboolean otherwise, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *question =
		/* TRANSLATORS: the letters stay: y is what has to be typed. */
		g_strdup_printf(otherwise ? _("%s [Y/n]") : _("%s [y/N]"), text);
	g_autofree char *answer = ask(cli, otherwise ? RP_CONVERSE_PROCEED : RP_CONVERSE_CONFIRM,
		cli->converse ? text : question);
	if (!answer) /* who has gone has agreed to nothing, whether a person or a program */
		return otherwise && !cli->converse && !cli->input_ended;
	return g_ascii_tolower(*answer) == 'y';
}
