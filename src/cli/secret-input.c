/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "output-private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A password as its user types it, without showing it, or from a pipe; and where it is put. */

#define LONGEST 4096

/* Who is ended at the prompt leaves the terminal as it was: a script that goes on, which has no
 * shell to put that right, would be typed to blindly. */
static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static struct sigaction as_before[G_N_ELEMENTS(ending)];
static struct termios shown;

static void
on_ending(int number)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &shown);
	raise(number); /* by default now, once this returns */
}

static void
watch_for_end(const struct termios *before)
{
	const struct sigaction action = {.sa_handler = on_ending, .sa_flags = (int)SA_RESETHAND};

	shown = *before;
	for (gsize i = 0; i < G_N_ELEMENTS(ending); i++) {
		sigaction(ending[i], NULL, &as_before[i]);
		if (as_before[i].sa_handler == SIG_DFL)
			sigaction(ending[i], &action, NULL);
	}
}

static void
show_again(const struct termios *before)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
	for (gsize i = 0; i < G_N_ELEMENTS(ending); i++)
		sigaction(ending[i], &as_before[i], NULL);
}

/* TRUE: nothing that is typed is shown from here on, and `before` is how the terminal was. */
static gboolean
hide(struct termios *before)
{
	struct termios hidden;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, before) != 0)
		return FALSE;
	hidden = *before;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	hidden.c_lflag |= ECHONL;
	watch_for_end(before);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0)
		return TRUE;
	show_again(before);
	return FALSE;
}

/* Octet by octet and without stdio: what it buffers it does not wipe. */
static gboolean
read_line(RpCli *cli, char *line)
{
	gsize length = 0;
	gssize got = 1;

	while (length < LONGEST - 1) {
		got = read(STDIN_FILENO, line + length, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || line[length] == '\n')
			break;
		length++;
	}
	cli->input_ended |= got <= 0 && length == 0;
	if (length > 0 && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return length > 0;
}

char *
rp_cli_read_secret(RpCli *cli, const char *prompt)
{
	g_autoptr(RpSecret) line = rp_secret_alloc(LONGEST);
	g_autofree char *clean = rp_cli_clean(prompt, FALSE);
	g_autofree char *fitting = rp_cli_fit_question(clean);
	struct termios before;
	gboolean hidden = hide(&before), any;

	if (cli->converse)
		rp_cli_converse(RP_CONVERSE_SECRET, clean);
	else if (hidden)
		fputs(fitting, stderr);
	fflush(stderr);
	any = read_line(cli, line);
	if (hidden && cli->input_ended)
		fputc('\n', stderr);
	if (hidden)
		show_again(&before);
	return any ? g_steal_pointer(&line) : NULL;
}

gboolean
rp_cli_store_secret(const RpSecretKey *key, const char *secret, GError **error)
{
	/* TRANSLATORS: what keyring programs list it as: a login's name, a server. */
	g_autofree char *label =
		g_strdup_printf(g_str_equal(key->service, RP_SECRET_POP)
					? _("POP password of %1$s at %2$s (roampost)")
					: _("SMTP password of %1$s at %2$s (roampost)"),
			key->user, key->host);

	return rp_secretservice_store(key, label, secret, error) == RP_SECRET_DONE;
}
